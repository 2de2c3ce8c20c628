//! What the platform shows of a record, and whether a write of ours may be behind it. Money never goes back on the
//! strength of what the platform does *not* show while a decision of ours may stand.

use clearway_connect::Fault;
use clearway_connect::authority::{Decided, DecisionRecord, DecisionWrite, Whose};
use clearway_domain::case::{CaseState, Stopped, Why};
use clearway_domain::civil_date;
use clearway_store::queue::{self, Claimed};
use clearway_store::{StoreError, case_file};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Done, Matter, end};
use crate::dossier::instant;
use crate::jobs::LEASE_MS;
use crate::{Error, World};

/// The step that stands before the first write of a decision or of a payment: from then on one of ours may stand there.
pub const SENT: &str = "sent";
/// What that step says: when the last write was sent, ms; when it was answered, if it was; and whether one may have been carried out
/// without our having learned of it.
const LAST: &str = "last_ms";
/// See [`LAST`].
const ANSWERED: &str = "answered_ms";
/// See [`LAST`].
const LOST: &str = "lost";
/// Milliseconds after which a write that may be on its way is looked for again, at least.
const LOOK_MS_MIN: i64 = 250;
/// How often a note about a write that was not sent is taken back.
const UNSENT_TRIES: u32 = 3;
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
    /// The decision that the record names is there, and may be ours: the platform does not tell enough of it.
    Unclear,
    /// The record names none, or one that the platform does not show.
    Nowhere,
}

/// Looks for our own write, which was sent or never was: by its number where one is known, otherwise among the driver's
/// decisions.
pub(super) fn find_ours(
    world: &World,
    write: &DecisionWrite,
    number: Option<&str>,
    sent: bool,
) -> Result<Found, Fault> {
    // An annulled decision decides nothing.
    let whose = |decision: &DecisionRecord| match decision.is_annulled() {
        true => Whose::Anothers,
        false => decision.whose(write, sent),
    };
    let ours = |told: &DecisionRecord| whose(told) == Whose::Ours;
    let shown = number.map(|number| world.authority.decision(number)).transpose()?.flatten();
    let (found, beside) = match shown {
        Some(shown) if ours(&shown) => (Some(shown), None),
        shown => {
            let all = world.authority.decisions(&write.licence)?;
            let on_it =
                |told: &&DecisionRecord| !told.is_annulled() && told.record.as_ref() == Some(&write.record);
            let beside = shown.as_ref().or_else(|| all.iter().find(on_it)).map(whose);
            (all.into_iter().find(ours), beside)
        }
    };
    Ok(match (found, beside) {
        (Some(decision), _) => {
            Found::Ours(Decided { number: decision.number, check_digit: decision.check_digit })
        }
        (None, Some(Whose::Unclear)) => Found::Unclear,
        (None, Some(_)) => Found::Anothers,
        (None, None) => Found::Nowhere,
    })
}

/// A decision stands there that may be ours or another's. With money a person looks; a warning is tried on, and on its last day
/// a person is told.
pub(super) fn unclear(world: &World, matter: &Matter) -> Result<Done, Error> {
    const WHY: &str = "whose decision stands there is not told";
    if matter.paid.is_some() {
        return end::stop(world, matter, Stopped::Differs, WHY);
    }
    Ok(Done::Later(None, WHY.to_owned()))
}

/// Notes that a write is on its way, before it is, and holds on to the job for longer than the write can take. Whoever has lost
/// the job by now does not write: another worker may be at it.
pub(super) fn sending(world: &World, job: &Claimed, matter: &Matter) -> Result<(), Error> {
    let lost = Sent::of(matter).is_some_and(Sent::is_lost);
    let noted: Result<(), Error> = world.db.write(|tx| {
        let now_ms = world.now().as_millisecond();
        queue::extend(tx, job, now_ms.saturating_add(LEASE_MS).saturating_add(whole_ms(world)))?;
        let detail = serde_json::json!({ LAST: now_ms, LOST: lost }).to_string();
        if !case_file::restep(tx, &matter.case, SENT, &detail)? {
            case_file::step(tx, &matter.case, "platform", SENT, &detail, now_ms)?;
        }
        Ok(())
    });
    // Nothing was sent yet: a note of which nobody knows whether it was kept must not hold the next try up as if something had been.
    if matches!(noted, Err(Error::Store(StoreError::InDoubt(_)))) {
        for _ in 0..UNSENT_TRIES {
            if answered(world, matter, false).is_ok() {
                break;
            }
        }
    }
    noted
}

/// Notes that the last write was answered: it is on its way no longer. `lost` is whether it may have been carried out all the same.
/// `matter` is as it was before the write.
pub(super) fn answered(world: &World, matter: &Matter, lost: bool) -> Result<(), Error> {
    let lost = lost || Sent::of(matter).is_some_and(Sent::is_lost);
    let now_ms = world.now().as_millisecond();
    let detail = serde_json::json!({ ANSWERED: now_ms, LOST: lost }).to_string();
    world.db.write(|tx| case_file::restep(tx, &matter.case, SENT, &detail).map(drop).map_err(Error::from))
}

/// Longest that a call to the platform takes, ms.
fn whole_ms(world: &World) -> i64 {
    i64::try_from(world.authority.whole_call().as_millis()).unwrap_or(i64::MAX)
}

/// What the step [`SENT`] says of the writes so far.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// When the last one was sent, unless it was answered, ms.
    unanswered_ms: Option<i64>,
    /// One before it may have been carried out without our having learned of it.
    lost: bool,
}

impl Sent {
    fn of(matter: &Matter) -> Option<Sent> {
        let sent = matter.steps.iter().find(|there| there.step == SENT)?;
        let told: serde_json::Value = serde_json::from_str(&sent.detail).unwrap_or_default();
        // Steps of builds before this one tell nothing of their own.
        let last_ms = told.get(LAST).and_then(serde_json::Value::as_i64).unwrap_or(sent.at_ms);
        let unanswered_ms = told.get(ANSWERED).is_none().then_some(last_ms);
        Some(Sent { unanswered_ms, lost: told.get(LOST) == Some(&serde_json::Value::Bool(true)) })
    }

    /// Whether one of them may have been carried out without our having learned of it.
    fn is_lost(self) -> bool {
        self.lost || self.unanswered_ms.is_some()
    }
}

/// A platform that is slow may carry a write out after we gave it up, and one that died with its process was perhaps sent:
/// for two whole calls from the last write that nobody answered it is only looked for. That holds nobody up, and is no failure.
pub(super) fn on_its_way(world: &World, matter: &Matter) -> Option<Done> {
    let (last_ms, now_ms) = (Sent::of(matter)?.unanswered_ms?, world.now().as_millisecond());
    let until_ms = last_ms.saturating_add(whole_ms(world).saturating_mul(2));
    let look_ms = ((now_ms - last_ms) / 2).max(LOOK_MS_MIN);
    (now_ms < until_ms).then(|| {
        Done::At(now_ms.saturating_add(look_ms).min(until_ms), "a write may be on its way".to_owned())
    })
}

/// Whether a write was sent by a try before this one.
pub(super) fn was_sent(matter: &Matter) -> bool {
    matter.since(SENT).is_some()
}

/// What became of a write of ours that was never answered.
pub(crate) enum Stands {
    /// None was ever sent, or each was refused.
    NeverSent,
    /// It stands: the platform shows it as ours.
    Yes,
    /// The platform does not show it, or does not answer.
    Unknown,
}

/// Looks once more for a write of ours, before the money of a case that waits for a person goes back.
pub(crate) fn stands(world: &World, driver: &str, case_id: &str) -> Result<Stands, Error> {
    let Ok(matter) = super::load(world, driver, case_id, CaseState::Manual)? else {
        return Ok(Stands::NeverSent);
    };
    // One that was refused stands nowhere.
    if !Sent::of(&matter).is_some_and(Sent::is_lost) {
        return Ok(Stands::NeverSent);
    }
    let ticket = matter.violation.as_ref().and_then(|violation| violation.decision.as_ref());
    let shown = match (ticket, super::decision_write(world, &matter)) {
        (Some(ticket), write) => world.authority.decision(&ticket.number).map(|told| {
            let told = told.filter(|told| !told.is_annulled());
            let mark = super::paid_mark(&matter, world.now()).map(|mark| mark.paid.as_second());
            let paid_at = told.as_ref().and_then(|told| told.paid_at);
            let ours = told.zip(write.ok()).map(|(told, write)| told.whose(&write, true));
            ours == Some(Whose::Ours) || (mark.is_some() && paid_at.map(jiff::Timestamp::as_second) == mark)
        }),
        (None, Ok(write)) => {
            find_ours(world, &write, None, true).map(|found| matches!(found, Found::Ours(_)))
        }
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
