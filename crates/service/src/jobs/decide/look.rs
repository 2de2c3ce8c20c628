//! What the platform shows of a record, and whether a write of ours may be behind it. Money never goes back on the
//! strength of what the platform does *not* show while a decision of ours may stand.

use clearway_connect::Fault;
use clearway_connect::authority::{Decided, DecisionRecord, DecisionWrite};
use clearway_domain::case::{CaseState, Stopped, Why};
use clearway_domain::civil_date;
use clearway_store::case_file;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Done, Matter, end};
use crate::dossier::instant;
use crate::{Error, World};

/// The step that stands before the first write of a decision or of a payment: from then on one of ours may stand there.
pub const SENT: &str = "sent";
/// The step of a record that the platform did not list.
const MISSING: &str = "record-missing";

/// Milliseconds after which a record that the platform did not list is looked for again.
const MISSING_MS: i64 = 60_000;

/// What stands on a record that is handled.
pub(super) enum Found {
    /// Our own write.
    Ours(Decided),
    /// The decision that the record names is there, and is none of ours.
    Anothers,
    /// The record names none, or one that the platform does not show.
    Nowhere,
}

/// Looks for our own write: by its number where one is known, otherwise among the driver's decisions.
pub(super) fn find_ours(world: &World, write: &DecisionWrite, number: Option<&str>) -> Result<Found, Fault> {
    // An annulled decision decides nothing.
    let ours = |decision: &DecisionRecord| decision.annulled != Some(true) && decision.is_result_of(write);
    let shown = number.map(|number| world.authority.decision(number)).transpose()?.flatten();
    let anothers = shown.as_ref().is_some_and(|decision| !ours(decision));
    let found = match shown.filter(ours) {
        Some(found) => Some(found),
        None => world.authority.decisions(&write.licence)?.into_iter().find(ours),
    };
    Ok(match found {
        Some(decision) => Found::Ours(Decided { number: decision.number, check_digit: decision.check_digit }),
        None if anothers => Found::Anothers,
        None => Found::Nowhere,
    })
}

/// Whether a decision that the read model knows of is the result of a write of ours and none that was there before. The second
/// of its payment is the platform's own, so the second of the decision must be told and be ours.
pub(super) fn is_ours(told: &DecisionRecord, write: &DecisionWrite) -> bool {
    told.decided.is_some() && told.is_result_of(write)
}

/// Notes that a write is on its way, before it is.
pub(super) fn sending(world: &World, matter: &Matter) -> Result<(), Error> {
    note_once(world, matter, SENT, "{}").map(|_| ())
}

/// Whether a write was sent by a try before this one.
pub(super) fn was_sent(matter: &Matter) -> bool {
    matter.since(SENT).is_some()
}

/// What became of a write of ours that was never answered.
pub(in crate::jobs) enum Stands {
    /// None was ever sent.
    NeverSent,
    /// It stands: the platform shows it as ours.
    Yes,
    /// The platform does not show it, or does not answer.
    Unknown,
}

/// Looks once more for a write of ours, before the money of a case that waits for a person goes back.
pub(in crate::jobs) fn stands(world: &World, driver: &str, case_id: &str) -> Result<Stands, Error> {
    let Ok(matter) = super::load(world, driver, case_id, CaseState::Manual)? else {
        return Ok(Stands::NeverSent);
    };
    if !was_sent(&matter) {
        return Ok(Stands::NeverSent);
    }
    let ticket = matter.violation.as_ref().and_then(|violation| violation.decision.as_ref());
    let shown = match (ticket, super::decision_write(world, &matter)) {
        (Some(ticket), write) => world.authority.decision(&ticket.number).map(|told| {
            let told = told.filter(|told| told.annulled != Some(true));
            let mark = super::paid_mark(&matter, world.now()).map(|mark| mark.paid.as_second());
            let paid_at = told.as_ref().and_then(|told| told.paid_at);
            let ours = told.zip(write.ok()).is_some_and(|(told, write)| is_ours(&told, &write));
            ours || (mark.is_some() && paid_at.map(jiff::Timestamp::as_second) == mark)
        }),
        (None, Ok(write)) => find_ours(world, &write, None).map(|found| matches!(found, Found::Ours(_))),
        (None, Err(_)) => Ok(false),
    };
    Ok(if shown == Ok(true) { Stands::Yes } else { Stands::Unknown })
}

/// The platform does not list the record, or not the decision by which it is handled. Once may be a page that was cut
/// short, so it is looked for again before any money goes back. If a write of ours may stand, what is not shown proves
/// nothing: it is looked for until the last day, and then a person looks.
pub(super) fn missing(world: &World, matter: &Matter, why: Why) -> Result<Done, Error> {
    let since = note_once(world, matter, MISSING, "{}")?;
    if was_sent(matter) {
        return Ok(Done::Later(None, "a decision of ours may stand, and is not shown".to_owned()));
    }
    match since {
        Some(since) if world.now().as_millisecond() - since >= MISSING_MS => {
            end::nothing_to_decide(world, matter, why)
        }
        _ => Ok(Done::Later(Some(MISSING_MS), "the platform does not list the record".to_owned())),
    }
}

/// Notes a step on the timeline unless it stands there; since when it does, ms, or `None` when it is new.
pub(super) fn note_once(
    world: &World,
    matter: &Matter,
    step: &str,
    detail: &str,
) -> Result<Option<i64>, Error> {
    if let Some(since) = matter.since(step) {
        return Ok(Some(since));
    }
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let steps = case_file::steps(tx, &matter.case.driver, &matter.case.case_id)?;
        if let Some(there) = steps.iter().find(|there| there.step == step) {
            return Ok(Some(there.at_ms));
        }
        case_file::step(tx, &matter.case, "platform", step, detail, now_ms)?;
        Ok(None)
    })
}

/// Working days within which an objection is reviewed (order 157, art. 5), and one for the answer to reach us.
const OBJECTION_DAYS: u16 = 6;
/// The step of an objection that is being reviewed.
pub(super) const OBJECTION: &str = "objection";

/// The last day of the review of an objection that stands since an instant.
pub(super) fn reviewed_by(world: &World, since: Timestamp) -> Date {
    world.calendar.working_days_after(civil_date(since), OBJECTION_DAYS)
}

/// An objection is being reviewed: nothing is decided meanwhile, and the driver is told so once, with the date. If it is
/// upheld the record is removed and the money goes back; if nobody answers in time a person looks.
pub(super) fn objection(world: &World, matter: &Matter) -> Result<Done, Error> {
    let now = world.now();
    let detail = format!("{{\"by\":\"{}\"}}", reviewed_by(world, now));
    let since = note_once(world, matter, OBJECTION, &detail)?.map_or(now, instant);
    if civil_date(now) > reviewed_by(world, since) {
        return end::stop(world, matter, Stopped::Objection, "an objection was not answered in time");
    }
    Ok(Done::Later(Some(3_600_000), "an objection is pending".to_owned()))
}
