//! From our decision to the platform's fields, and back: is what is there what we wrote?

use clearway_domain::{Fen, world};
use jiff::Timestamp;

use super::fields::{Fields, to_wire};
use super::profile::AuthorityProfile;
use super::records::{DecisionRecord, Paid};
use super::writes::{Decided, DecisionWrite, PaidMark, Penalty};
use crate::Fault;

/// The fields of 04C54 in the order in which it is sent, with the record number before and points and remark behind.
pub(crate) fn decision(profile: &AuthorityProfile, write: &DecisionWrite) -> Vec<(&'static str, String)> {
    let office = &profile.office;
    let text = |own: &Option<String>, usual: &str| own.clone().unwrap_or_else(|| usual.to_owned());
    let warning = write.penalty == Penalty::Warning;
    let paid = match (warning, &write.paid) {
        (true, _) => "9",
        (false, Some(_)) => "1",
        (false, None) => "0",
    };
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let found_by = if office.found_by.is_empty() { &profile.unit_code } else { &office.found_by };
    vec![
        ("xh", write.record.clone()),
        ("jdsbh", write.number.clone().unwrap_or_default()),
        ("ryfl", office.person_class.clone()),
        ("jszh", write.licence.reveal().to_owned()),
        ("dabh", write.file_number.clone()),
        ("fzjg", write.issuing_office.clone()),
        ("zjcx", write.classes.clone()),
        ("dsr", write.party.reveal().to_owned()),
        ("dh", write.phone.as_ref().map(|phone| phone.reveal().to_owned()).unwrap_or_default()),
        ("clfl", office.vehicle_class.clone()),
        ("hpzl", write.plate.kind().code().to_owned()),
        ("hphm", to_wire(&write.plate, &profile.province, false)),
        ("jtfs", office.travel_mode.clone()),
        ("wfsj", minute(write.occurred)),
        ("xzqh", office.division.clone()),
        ("wfdd", text(&write.place_code, &office.place_code)),
        ("lddm", text(&write.road_section, &office.road_section)),
        ("ddms", write.metres.clone().unwrap_or_default()),
        ("wfdz", write.place.clone()),
        ("wfxw", write.code.clone()),
        ("scz", number(write.measured)),
        ("bzz", number(write.limit)),
        ("cfzl", if warning { "1" } else { "2" }.to_owned()),
        ("fkje", write.fine.yuan()),
        ("zqmj", text(&write.officer, &office.officer)),
        ("jkfs", if warning { "0".to_owned() } else { office.payment_method.clone() }),
        ("jkbj", paid.to_owned()),
        ("jkrq", write.paid.as_ref().map(|mark| second(mark.paid)).unwrap_or_default()),
        ("fxjg", found_by.clone()),
        ("clsj", second(write.decided)),
        ("jsjqbj", office.refused_mark.clone()),
        ("sgdj", String::new()),
        ("wfjfs", write.points.to_string()),
        ("bz", write.case.clone()),
    ]
}

/// The fields of a payment mark.
pub(crate) fn paid(number: &str, mark: &PaidMark) -> Vec<(&'static str, String)> {
    vec![
        ("jdsbh", number.to_owned()),
        ("jkbj", "1".to_owned()),
        ("jkrq", second(mark.paid)),
        ("fkje", mark.fine.yuan()),
        ("znj", mark.surcharge.yuan()),
        ("jylsh", mark.transaction.clone()),
    ]
}

/// The decision number out of a successful write. Without one the outcome is open: the record must be looked at.
pub(crate) fn decided(answer: &Fields, write: &DecisionWrite) -> Result<Decided, Fault> {
    let number = answer
        .text("jdsbh")
        .or_else(|| write.number.clone())
        .ok_or_else(|| Fault::garbled("a written decision without its number"))?;
    if write.number.as_ref().is_some_and(|ours| *ours != number) {
        return Err(Fault::garbled("a written decision under another number than ours"));
    }
    Ok(Decided { number, check_digit: answer.text("wsjyw") })
}

fn minute(at: Timestamp) -> String {
    world::civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn second(at: Timestamp) -> String {
    world::civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Whose decision stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// It came of our write.
    Ours,
    /// Somebody else made it.
    Anothers,
    /// It may have come of our write, or the same driver was decided in another channel: a person has to look.
    Unclear,
}

impl DecisionRecord {
    /// Whose decision this is, as far as a write of ours goes that was sent to the platform or was not. Our mark tells, where the
    /// site tells it (`bz`). Where it does not, a decision is ours only if a write was sent, every field agrees, and the site
    /// tells our instant; and another's only if none was sent, or it is against somebody else.
    #[must_use]
    pub fn whose(&self, write: &DecisionWrite, sent: bool) -> Whose {
        match &self.remark {
            Some(mark) if *mark == write.case => Whose::Ours,
            Some(_) => Whose::Anothers,
            None if !sent => Whose::Anothers,
            None if self.decided.is_some() && self.is_result_of(write) => Whose::Ours,
            None if self.licence.as_ref().is_some_and(|licence| *licence != write.licence) => Whose::Anothers,
            None => Whose::Unclear,
        }
    }

    /// Whether this decision is the one that `write` asked for, field by field: every one that the platform tells must agree,
    /// and party, offence, time, penalty, fine and points must be told. That a write of ours was sent at all it cannot know:
    /// the same driver may have handled the record in another channel, for the same fine ([`DecisionRecord::whose`]).
    #[must_use]
    pub fn is_result_of(&self, write: &DecisionWrite) -> bool {
        let penalty = if write.penalty == Penalty::Warning { "1" } else { "2" };
        let told = self.licence.as_ref() == Some(&write.licence)
            && self.code.as_ref() == Some(&write.code)
            && self.occurred.map(minute) == Some(minute(write.occurred))
            && self.penalty.as_deref() == Some(penalty)
            && self.fine == Some(write.fine)
            && self.points == Some(write.points);
        let agrees = self.record.as_ref().is_none_or(|record| *record == write.record)
            && self.plate.as_ref().is_none_or(|plate| *plate == write.plate)
            && self.party.as_ref().is_none_or(|party| *party == write.party)
            && self.file_number.as_ref().is_none_or(|number| *number == write.file_number)
            && (self.measured.is_none() || write.measured.is_none() || self.measured == write.measured)
            && (self.limit.is_none() || write.limit.is_none() || self.limit == write.limit)
            && write.number.as_ref().is_none_or(|number| *number == self.number)
            && (write.penalty == Penalty::Fine || matches!(self.paid, None | Some(Paid::NothingDue)))
            && self.decided.is_none_or(|at| is_instant(at, write.decided))
            && self
                .surcharge
                .is_none_or(|surcharge| write.penalty == Penalty::Fine || surcharge == Fen::ZERO)
            && self.remark.as_ref().is_none_or(|mark| *mark == write.case);
        told && agrees && !self.is_annulled()
    }
}

/// Whether a told instant is ours: to the second, or to the minute where the site keeps no seconds.
fn is_instant(told: Timestamp, ours: Timestamp) -> bool {
    second(told) == second(ours) || (told.as_second() % 60 == 0 && minute(told) == minute(ours))
}
