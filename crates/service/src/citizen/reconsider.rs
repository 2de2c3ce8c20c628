//! Paid although a warning was free: within the pack's window the driver may ask for another look. Nothing changes by
//! asking; two officers annul the decision, and then everything comes back (`officer::annul`).

use clearway_domain::case::Route;
use clearway_domain::refusal::Question;
use clearway_domain::rules::Param;
use clearway_domain::{civil_date, day_over};
use clearway_store::case_file::{self, CaseFile, Step};
use clearway_store::finding::{self, Finding};
use clearway_store::{audit, programme};
use jiff::civil::Date;

use super::{Who, found};
use crate::assess::allowed_when_open;
use crate::dossier::{instant, opened_on, route_of, state_of};
use crate::error::Conflict;
use crate::{Error, World};

/// Kind of the request, of its finding and of the step on the timeline.
pub const RECONSIDER: &str = "reconsider";

/// Working days in which a person has looked (order 157, art. 5: an objection is reviewed in five working days).
const DAYS: u16 = 5;

/// The last day on which the driver may ask, or `None` when there is nothing to ask for: the case paid no fine, a warning was
/// not open to the driver when the case was opened, or the window is over.
///
/// # Errors
/// [`Error::Broken`] when no pack covers the day of the decision.
pub fn until(world: &World, case: &CaseFile) -> Result<Option<Date>, Error> {
    let decided = state_of(case)?.has_decision();
    let Some(decided_ms) = case.decided_at_ms.filter(|_| decided && route_of(case) != Route::First) else {
        return Ok(None);
    };
    // A ticket's decision was made on the street, before this service could offer anything.
    if case.violation.starts_with('d') {
        return Ok(None);
    }
    let opened = instant(case.opened_at_ms);
    let pack = world.pack_at(opened)?;
    let Some(facts) = world.db.read(|tx| opened_on(tx, case))? else { return Ok(None) };
    if !allowed_when_open(&pack.evaluate(Question::First, &facts, opened, &world.calendar)) {
        return Ok(None);
    }
    let day = civil_date(instant(decided_ms));
    let days = pack.params(day).int(Param::ReconsiderDays);
    // As every term whose last day is a holiday (police procedure rule art. 35).
    let last = world.calendar.open_on_or_after(day.saturating_add(jiff::Span::new().days(days)));
    Ok(Some(last).filter(|last| world.today() <= *last))
}

/// Whether the steps of a case say that the driver has asked already.
#[must_use]
pub fn asked(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.step == RECONSIDER)
}

/// Asks for another look. Asking twice is asking once.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's case; [`Conflict::CaseMoved`] when there is nothing to ask for.
pub fn ask(world: &World, who: &Who, case_id: &str) -> Result<(), Error> {
    let case =
        found(world.db.read(|tx| case_file::find(tx, &who.driver, case_id).map_err(Error::from))?, "case")?;
    if until(world, &case)?.is_none() {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    let request_id = world.new_id();
    let now_ms = world.now().as_millisecond();
    let due = world.calendar.working_days_after(world.today(), DAYS);
    let due_ms = day_over(due).as_millisecond();
    world.db.write(|tx| {
        let mut finding = Finding::new(RECONSIDER, case_id, Some(&who.driver), case.fine_fen, now_ms);
        finding.due_at_ms = due_ms;
        let new = finding::find(tx, &finding.finding_id)?.is_none();
        if !new {
            return Ok(());
        }
        finding::put(tx, &finding)?;
        let row = programme::RequestRow {
            request_id: request_id.clone(),
            kind: RECONSIDER.to_owned(),
            subject: case_id.to_owned(),
            body: "{}".to_owned(),
            due_at_ms: Some(due_ms),
            created_at_ms: now_ms,
        };
        programme::request(tx, &who.driver, &row)?;
        case_file::step(tx, &case, "driver", RECONSIDER, &format!("{{\"by\":\"{due}\"}}"), now_ms)?;
        audit::append(tx, &who.driver, now_ms, "driver", RECONSIDER, &format!("{{\"case\":\"{case_id}\"}}"))?;
        Ok::<_, Error>(())
    })
}
