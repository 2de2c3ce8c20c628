//! Facts of the violation, its vehicle, its binding and its batch.

use super::classes;
use super::{Known, amount, months_after, sane};
use crate::deadlines::Term;
use crate::facts::RecordedBy;
use crate::rules::catalogue::Fact;
use crate::rules::flat::Facts;
use crate::rules::params::Param;
use crate::rules::value::{Truth, Val};

impl<'a> Known<'a, '_> {
    pub(super) fn violation(&self, facts: &mut Facts<'a>) {
        let record = &self.raw.violation;
        let day = self.day;
        facts
            .set(Fact::Code, Val::text(record.code.as_deref().map(str::trim).filter(|code| code.len() >= 4)));
        facts.set(Fact::ViolationDay, Val::day(day));
        let changed = self.params.day(Param::ScaleChanged);
        let older = day.map(|day| day < changed && self.today >= changed);
        facts.set(Fact::OlderThanScale, Val::flag(older));
        facts.set(Fact::ViolationPoints, self.points_of_record(older));
        facts.set(Fact::Fine, self.fine_of_record(older));
        facts.set(Fact::Handled, Val::flag(record.handled));
        facts.set(Fact::Paid, Val::flag(record.paid));
        facts.set(Fact::InOtherChannel, Val::flag(record.in_other_channel));
        facts.set(Fact::DisputePending, Val::flag(record.dispute_pending));
        facts.set(Fact::Audited, Val::flag(record.audited));
        facts.set(Fact::EvidencePresent, Val::flag(record.evidence_present));
        facts.set(Fact::ToBeRemoved, Val::flag(record.to_be_removed));
        facts.set(Fact::OnSiteTicket, Val::flag(record.on_site_ticket));
        facts.set(Fact::CompulsoryMeasure, Val::flag(record.compulsory_measure));
        facts.set(Fact::SuspensionPossible, Val::flag(record.suspension_possible));
        facts.set(Fact::DetentionPossible, Val::flag(record.detention_possible));
        facts.set(Fact::CausedCrash, Val::flag(record.caused_crash));
        facts.set(Fact::CausedJam, Val::flag(record.caused_jam));
        facts.set(Fact::RecordedCity, Val::text(record.recorded_city.as_deref()));
        facts.set(Fact::RecordedProvince, Val::text(record.recorded_province.as_deref()));
        facts.set(Fact::HighwayCorps, Val::flag(record.highway_corps));
        facts.set(Fact::ByCamera, Val::flag(record.recorded_by.map(|by| by == RecordedBy::Camera)));
        facts.set(Fact::SpeedOver, self.speed_over());
        facts.set(Fact::Overload, amount(record.overload_percent));
        facts.set(Fact::UnloadedAtOnce, Val::flag(record.unloaded_at_once));
        facts.set(Fact::InThisYear, Val::truth(self.in_year(day)));
    }

    /// The points by the scale that applies; for an older record decided now the lighter of both (penalty law article 37).
    fn points_of_record(&self, older: Option<bool>) -> Val<'a> {
        let record = &self.raw.violation;
        match older {
            None => match (record.points_now, record.points_then) {
                (Some(now), Some(then)) if now == then => amount(Some(now)),
                _ => Val::Unknown,
            },
            Some(true) => match (amount(record.points_now), amount(record.points_then)) {
                (Val::Int(now), Val::Int(then)) => Val::Int(now.min(then)),
                _ => Val::Unknown,
            },
            Some(false) if self.today < self.params.day(Param::ScaleChanged) => amount(record.points_then),
            Some(false) => amount(record.points_now),
        }
    }

    /// The fine; fines are compared by themselves (reading A42).
    fn fine_of_record(&self, older: Option<bool>) -> Val<'a> {
        let record = &self.raw.violation;
        let (Val::Int(now), then) = (amount(record.fine_fen), amount(record.fine_then_fen)) else {
            return Val::Unknown;
        };
        match (older, then) {
            (Some(true), Val::Int(then)) => Val::Int(now.min(then)),
            _ => Val::Int(now),
        }
    }

    /// Percent above the limit, rounded down. Not above the limit at all contradicts a speeding record: unknown.
    fn speed_over(&self) -> Val<'a> {
        match (self.raw.violation.speed_measured, self.raw.violation.speed_limit) {
            (Some(measured), Some(limit)) if limit > 0 && measured > limit => Val::int(
                measured.checked_sub(limit).and_then(|over| over.checked_mul(100)).map(|over| over / limit),
            ),
            _ => Val::Unknown,
        }
    }

    pub(super) fn terms(&self, facts: &mut Facts<'a>) {
        let record = &self.raw.violation;
        let over = |last: jiff::civil::Date| self.today > last;
        let notice = record.notice_date.and_then(sane).map(|told| Term::ComeIn.end(told, self.calendar));
        facts.set(Fact::NoticeLast, Val::day(notice));
        facts.set(Fact::NoticeOver, Val::Flag(notice.is_some_and(over)));
        let served = record.decision_served.and_then(sane);
        let due = served.map(|served| self.calendar.payment_due(served));
        facts.set(Fact::PaymentDue, Val::day(due));
        let unpaid = !Truth::of(record.paid);
        facts.set(Fact::PaymentOverdue, Val::truth(Truth::from(due.is_some_and(over)).and(unpaid)));
        let redress = served.map(|served| Term::Reconsideration.end(served, self.calendar));
        facts.set(Fact::ReconsiderLast, Val::day(redress));
        facts.set(Fact::ReconsiderOpen, Val::Flag(redress.is_some_and(|last| !over(last))));
    }

    pub(super) fn vehicle(&self, facts: &mut Facts<'a>) {
        let vehicle = &self.raw.vehicle;
        let states = vehicle.states.as_deref();
        let clear = no_letter_of(
            states,
            self.params.text(Param::VehicleBlock),
            self.params.text(Param::VehicleLetters),
        );
        facts.set(Fact::VehicleStateClear, Val::truth(clear));
        facts.set(Fact::VehicleStates, Val::text(states.filter(|letters| !letters.is_empty())));
        facts.set(Fact::VehicleCity, Val::text(vehicle.home_city.as_deref()));
        facts.set(Fact::VehicleProvince, Val::text(vehicle.home_province.as_deref()));
        let months = self.params.int(Param::FirstMonths);
        let full =
            |day: Option<jiff::civil::Date>| day.and_then(sane).and_then(|day| months_after(day, months));
        facts.set(Fact::RegisteredFullOn, Val::day(full(vehicle.registered)));
        facts.set(Fact::ChangedFullOn, Val::day(full(vehicle.last_changed)));
        facts.set(Fact::CompanyOwned, Val::flag(vehicle.company_owned));
        let own = Truth::of(vehicle.owner_is_driver);
        facts.set(Fact::OwnerIsDriver, Val::truth(own));
        let since = match (vehicle.owner_since.and_then(sane), self.day) {
            (Some(since), Some(day)) => (since <= day).into(),
            _ => Truth::Unknown,
        };
        facts.set(Fact::OwnedThen, Val::truth(own.and(since)));
        facts.set(Fact::KeyWatch, Val::flag(vehicle.key_watch));
        let fits = classes::covers(self.raw.driver.classes.as_deref(), vehicle.needed_class.as_deref());
        facts.set(Fact::ClassFits, Val::truth(fits));
        facts.set(Fact::LicencesThisCycle, amount(vehicle.licences_this_cycle));
        facts.set(Fact::DriverAmongLicences, Val::flag(vehicle.driver_among_licences));
        facts.set(Fact::OtherUsers, amount(vehicle.other_users));
    }

    pub(super) fn relation(&self, facts: &mut Facts<'a>) {
        let relation = &self.raw.relation;
        facts.set(Fact::Bound, Val::flag(relation.bound));
        let in_time = match (relation.bound_at, self.raw.violation.occurred_at) {
            // Bound at the very time of the record is allowed (reading A35).
            (Some(bound), Some(occurred)) => (bound <= occurred).into(),
            _ => Truth::Unknown,
        };
        facts.set(Fact::BoundInTime, Val::truth(in_time));
        facts.set(Fact::OthersNow, amount(relation.others_bound_now));
        facts.set(Fact::OthersEver, amount(relation.others_bound_ever));
        facts.set(Fact::NewBinding, Val::int(relation.bound.map(|bound| i64::from(!bound))));
        let (batch, plate) = (self.raw.batch.vehicles.as_deref(), self.raw.vehicle.plate.as_ref());
        facts.set(Fact::BatchPoints, amount(self.raw.batch.points));
        let all_this = match (batch, plate) {
            (Some([]), _) => Truth::True,
            (Some(vehicles), Some(plate)) => vehicles.iter().all(|vehicle| vehicle == plate).into(),
            _ => Truth::Unknown,
        };
        facts.set(Fact::BatchOnlyThis, Val::truth(all_this));
        let some = Truth::of(batch.map(|vehicles| !vehicles.is_empty()));
        facts.set(Fact::BatchSameVehicle, Val::truth(all_this.and(some)));
    }
}

/// None of the letters is on the blocking list. An empty text or an unknown letter is unknown unless another letter
/// blocks already (reading A24, domain.md §8 trap 13).
pub(super) fn no_letter_of(states: Option<&str>, blocking: &str, known: &str) -> Truth {
    let letters: &str = match states {
        Some(letters) if !letters.trim().is_empty() => letters.trim(),
        _ => return Truth::Unknown,
    };
    let mut clear = Truth::True;
    for letter in letters.chars() {
        clear = clear.and(match letter {
            letter if blocking.contains(letter) => Truth::False,
            letter if known.contains(letter) => Truth::True,
            _ => Truth::Unknown,
        });
    }
    clear
}
