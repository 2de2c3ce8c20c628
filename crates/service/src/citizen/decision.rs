//! The decision document with all its fields (domain.md §6): number and check digit as the platform returned them.

use clearway_connect::authority::DecisionRecord;
use clearway_domain::case::Route;
use clearway_domain::deadlines::Term;
use clearway_domain::{Fen, IdNumber, PersonName, Plate, civil_date};
use clearway_store::case_file;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Who, found};
use crate::dossier::{Dossier, instant, route_of, state_of};
use crate::error::Conflict;
use crate::{Error, World};

/// A summary decision, ready to be shown.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Case.
    pub case_id: String,
    /// 15-digit number.
    pub number: String,
    /// Check digit; absent while the platform has not told it.
    pub check_digit: Option<String>,
    /// Warning, or fine.
    pub warning: bool,
    /// Party.
    pub party: Option<PersonName>,
    /// Licence number.
    pub licence: Option<IdNumber>,
    /// File number.
    pub file_number: Option<String>,
    /// Classes.
    pub classes: Option<String>,
    /// Issuing office of the licence.
    pub issuing_office: Option<String>,
    /// Plate.
    pub plate: Plate,
    /// When the violation happened.
    pub occurred: Option<Timestamp>,
    /// Where.
    pub place: Option<String>,
    /// Offence code.
    pub code: String,
    /// The offence in words.
    pub act: String,
    /// Fine.
    pub fine: Fen,
    /// Points given.
    pub points: i64,
    /// Points taken off by study.
    pub points_saved: i64,
    /// When it was decided.
    pub decided: Timestamp,
    /// When it was served: electronically, at the instant of the system's success (order 157 art. 55).
    pub served: Timestamp,
    /// Whether the fine was paid, and when.
    pub paid: Option<Timestamp>,
    /// Last day for paying, where nothing was paid.
    pub pay_by: Date,
    /// Last day for asking for reconsideration: 60 days (Administrative Reconsideration Law art. 20).
    pub reconsider_by: Date,
    /// Last day for going to court: 6 months (Administrative Litigation Law art. 46).
    pub sue_by: Date,
    /// Office.
    pub office: String,
    /// What the party confirmed, word by word, with the instants.
    pub confirmed: Vec<(String, String, Timestamp)>,
    /// Whether the regime of order 163 applies to the points line.
    pub national: bool,
}

/// The decision of a case.
///
/// # Errors
/// [`Conflict::CaseMoved`] before there is one; [`Error::NotFound`] for somebody else's case.
pub fn page(world: &World, who: &Who, case_id: &str) -> Result<Decision, Error> {
    let (case, confirmed, dossier, violation) = world.db.read(|tx| {
        let case = found(case_file::find(tx, &who.driver, case_id)?, "case")?;
        let confirmed = case_file::confirmed(tx, &who.driver, case_id)?;
        let dossier = Dossier::load(tx, &who.driver)?;
        let violation = dossier.matter(tx, &case)?;
        Ok::<_, Error>((case, confirmed, dossier, violation))
    })?;
    if !state_of(&case)?.has_decision() {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    let number = case.decision_number.clone().ok_or(Error::Conflict(Conflict::CaseMoved))?;
    let violation = found(violation, "violation")?;
    let existing = violation.decision.as_ref().filter(|decision| decision.number == number);
    let decided = existing
        .and_then(|decision| decision.decided)
        .unwrap_or_else(|| instant(case.decided_at_ms.unwrap_or(case.changed_at_ms)));
    let served = existing.and_then(DecisionRecord::served_on).unwrap_or(decided);
    let day = civil_date(served);
    let code = violation.code().unwrap_or_default().to_owned();
    let paid = case
        .order_id
        .as_ref()
        .and_then(|id| dossier.orders.iter().find(|order| order.order_id == *id))
        .and_then(|order| order.paid_at_ms)
        .map(instant);
    Ok(Decision {
        act: violation
            .record
            .as_ref()
            .and_then(|record| record.text.clone())
            .or_else(|| world.offences.lookup(&code).map(|offence| offence.zh.clone()))
            .unwrap_or_else(|| code.clone()),
        warning: route_of(&case) == Route::First,
        party: dossier.account.name.as_deref().and_then(|name| PersonName::parse(name).ok()),
        licence: dossier.account.id_number.as_deref().and_then(|id| IdNumber::parse(id).ok()),
        file_number: dossier.licence.as_ref().and_then(|licence| licence.file_number.clone()),
        classes: dossier.licence.as_ref().and_then(|licence| licence.classes.clone()),
        issuing_office: dossier.licence.as_ref().and_then(|licence| licence.issuing_office.clone()),
        plate: violation.plate.clone(),
        occurred: violation.occurred(),
        place: violation.place().map(str::to_owned),
        fine: Fen(case.fine_fen),
        points: case.points_given,
        points_saved: if existing.is_some() { 0 } else { case.points_full - case.points_given },
        decided,
        served,
        paid,
        pay_by: world.calendar.payment_due(day),
        reconsider_by: Term::Reconsideration.end(day, &world.calendar),
        sue_by: Term::Court.end(day, &world.calendar),
        office: world.site.office_zh.clone(),
        confirmed: confirmed.into_iter().map(|(act, words, at)| (act, words, instant(at))).collect(),
        national: case.pack_id.starts_with("national"),
        check_digit: case.check_digit.clone(),
        case_id: case.case_id.clone(),
        number,
        code,
    })
}
