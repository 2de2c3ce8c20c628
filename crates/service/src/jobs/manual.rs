//! A paid case that waits for a person does not wait for ever: on the day that the driver was told its money goes back.

use clearway_domain::case::{CaseEvent, CaseState, Why};
use clearway_domain::{civil_date, day_over};
use clearway_store::Tx;
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};

use super::Done;
use super::decide::{self, Stands};
use crate::dossier::{instant, state_of};
use crate::money::Move;
use crate::{Error, World, money};

/// Gives the money of a case back that nobody could decide in time; its key is the case.
pub const MANUAL: &str = "case.manual";

/// Working days in which a person has looked (`ux.md` §2.9).
pub const DAYS: u16 = 3;

/// The end of the last of the working days after an instant, ms: the first instant of the day after it, in China.
#[must_use]
pub fn due_ms(world: &World, since_ms: i64) -> i64 {
    day_over(last_day(world, since_ms)).as_millisecond()
}

/// The day by which the driver hears of a case that waits for a person.
#[must_use]
pub fn day(world: &World, case: &CaseFile) -> jiff::civil::Date {
    last_day(world, case.changed_at_ms)
}

fn last_day(world: &World, since_ms: i64) -> jiff::civil::Date {
    world.calendar.working_days_after(civil_date(instant(since_ms)), DAYS)
}

/// Kind of the finding of money that went back although a decision of ours may stand on the platform.
pub const MAY_STAND: &str = "refunded-may-stand";

/// The body of [`MANUAL`].
pub(super) fn manual(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let now_ms = world.now().as_millisecond();
    let due_ms = |case: &CaseFile| due_ms(world, case.changed_at_ms);
    let case = world.db.read(|tx| case_file::find(tx, driver, key).map_err(Error::from))?;
    let Some(case) = case else { return Ok(Done::Yes) };
    if state_of(&case)? != CaseState::Manual {
        return Ok(Done::Yes);
    }
    if now_ms < due_ms(&case) {
        return Ok(Done::Later(Some(due_ms(&case) - now_ms), "a person is looking".to_owned()));
    }
    let stands = decide::stands(world, driver, key)?;
    world.db.write(|tx| {
        let now_ms = world.now().as_millisecond();
        let Some(mut case) = case_file::find(tx, driver, key)? else { return Ok(()) };
        if state_of(&case)? != CaseState::Manual || now_ms < due_ms(&case) {
            return Ok(());
        }
        if matches!(stands, Stands::Yes) {
            // Decided after all: the next try finds it, and the money stays where it belongs.
            return again(tx, &mut case, "system", "a decision of ours stands", now_ms);
        }
        if matches!(stands, Stands::Unknown) {
            let finding = Finding::new(MAY_STAND, key, Some(driver), case.fine_fen, now_ms);
            finding::put(tx, &finding)?;
        }
        money::back::leg(tx, &mut case, Why::NotDecided, "system", now_ms)
    })?;
    world.bell.ring();
    Ok(Done::Yes)
}

/// A case that waits for a person is tried again: nobody waits for it any more.
///
/// # Errors
/// [`crate::error::Conflict::CaseMoved`] when it does not wait for a person.
pub fn again(tx: &mut Tx, case: &mut CaseFile, by: &str, why: &str, now_ms: i64) -> Result<(), Error> {
    let detail = serde_json::json!({ "why": why }).to_string();
    case.refusal = None;
    finding::close(tx, &finding::id(decide::NOT_DECIDED, &case.case_id), by, why, now_ms)?;
    money::intend(tx, case, Move { event: CaseEvent::Retried, actor: by, detail: &detail }, now_ms, now_ms)
}
