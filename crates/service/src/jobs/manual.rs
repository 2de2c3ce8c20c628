//! A paid case that waits for a person does not wait for ever: on the day that the driver was told its money goes back.

use clearway_domain::case::{CaseState, Why};
use clearway_domain::{civil_date, day_over};
use clearway_store::case_file::{self, CaseFile};

use super::Done;
use crate::dossier::{instant, state_of};
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

/// The body of [`MANUAL`].
pub(super) fn manual(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let now_ms = world.now().as_millisecond();
    let done = world.db.write(|tx| {
        let Some(mut case) = case_file::find(tx, driver, key)? else { return Ok(Done::Yes) };
        if state_of(&case)? != CaseState::Manual {
            return Ok(Done::Yes);
        }
        let due_ms = due_ms(world, case.changed_at_ms);
        if now_ms < due_ms {
            return Ok(Done::Later(Some(due_ms - now_ms), "a person is looking".to_owned()));
        }
        money::back::leg(tx, &mut case, Why::NotDecided, "system", now_ms)?;
        Ok::<_, Error>(Done::Yes)
    })?;
    world.bell.ring();
    Ok(done)
}
