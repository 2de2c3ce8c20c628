//! The last day of an intent. A platform that stays silent, or whose answers stay unreadable, ends nothing by itself: on
//! the last day a person is told, and what was paid has from then on the date of a case that a person looks at.

use clearway_domain::case::{CaseState, Stopped};
use clearway_domain::{civil_date, day_over};
use clearway_store::Tx;
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};
use jiff::Timestamp;
use jiff::civil::Date;

use super::look::{OBJECTION, reviewed_by};
use super::{Done, Matter, end};
use crate::dossier::{instant, state_of};
use crate::{Error, World, jobs};

/// Kind of the finding of an accepted intent that is older than its last day.
pub const NOT_IN_TIME: &str = "intent-not-in-time";

/// Working days in which a decision is written; the tries go on meanwhile.
const DAYS: u16 = 3;

/// Whether the last day is over.
pub(super) fn is_over(world: &World, matter: &Matter, runs: Timestamp) -> bool {
    world.now() >= day_over(last_day(world, &matter.case, runs, matter.since(OBJECTION)))
}

/// The last day, counted from the intent that stands (one that a person asked for again begins anew) or from the opening
/// that it waits for. A review of an objection has its own.
fn last_day(world: &World, case: &CaseFile, runs: Timestamp, objection_ms: Option<i64>) -> Date {
    let begun = civil_date(runs.max(instant(case.changed_at_ms)));
    let intent = world.calendar.working_days_after(begun, DAYS);
    objection_ms.map_or(intent, |since| intent.max(reviewed_by(world, instant(since))))
}

/// What a driver who has paid is told while the decision is not written: on this day it is decided, or the money is on its
/// way back. `None` for a case that is not at that point.
///
/// # Errors
/// [`Error::Store`].
pub fn promised(world: &World, tx: &mut Tx, case: &CaseFile) -> Result<Option<Date>, Error> {
    if case.order_id.is_none() || !matches!(state_of(case)?, CaseState::Paid | CaseState::Deciding) {
        return Ok(None);
    }
    let steps = case_file::steps(tx, &case.driver, &case.case_id)?;
    let objection = steps.iter().find(|step| step.step == OBJECTION).map(|step| step.at_ms);
    let last = last_day(world, case, instant(case.changed_at_ms), objection);
    Ok(Some(world.calendar.working_days_after(last, jobs::manual::DAYS)))
}

/// Past the last day: with money a person looks, and has a date; without, the tries go on and a person is told.
pub(super) fn over(world: &World, matter: &Matter, again: Done) -> Result<Done, Error> {
    if matter.paid.is_some() {
        return end::stop(world, matter, Stopped::NotInTime, "the platform did not take it in time");
    }
    let now_ms = world.now().as_millisecond();
    let (driver, case_id) = (matter.case.driver.as_str(), matter.case.case_id.as_str());
    world.db.write(|tx| {
        finding::put(tx, &Finding::new(NOT_IN_TIME, case_id, Some(driver), 0, now_ms)).map_err(Error::from)
    })?;
    Ok(again)
}
