//! Every day after ten the bill of the day before is fetched and compared; a bill that is not there is asked for again with
//! growing waits, and a day that does not balance is looked at again until it does or its time is over.

use clearway_domain::midnight;
use clearway_domain::reconcile::Day;
use clearway_store::{Tx, queue, reconcile as store};
use jiff::civil::Date;

use super::Done;
use crate::reconcile::{self, Source};
use crate::{Error, World};

/// Compares a day; its key is the day.
pub const DAY: &str = "reconcile.day";

/// Minutes after ten at which the bill is asked for again while it is not there.
const AGAIN_MIN: [i64; 9] = [2, 5, 10, 30, 60, 120, 240, 480, 840];
/// Hours between two looks at a day that does not balance.
const OPEN_HOURS: i64 = 4;
/// Days after which only a person looks at it.
const OPEN_DAYS: i64 = 3;
const MINUTE_MS: i64 = 60_000;

/// Days that are made up for at most when the service was down.
const DAYS_BACK: usize = 31;

/// Stores the comparison of yesterday, and of the days since the last one that was compared; every one stores the next, so
/// that calling this once at each start is enough.
///
/// # Errors
/// [`Error::Store`].
pub fn schedule(world: &World) -> Result<(), Error> {
    let rail = world.payments.rail().slug;
    world.db.write(|tx| {
        let last = store::last_day(tx, rail)?.and_then(|day| day.parse::<Date>().ok());
        let mut day = world.today().yesterday().unwrap_or(world.today());
        enqueue(tx, day)?;
        for _ in 1..DAYS_BACK {
            day = day.yesterday().unwrap_or(day);
            if last.is_none_or(|last| day <= last) {
                break;
            }
            enqueue(tx, day)?;
        }
        Ok::<_, Error>(())
    })
}

fn enqueue(tx: &mut Tx, day: Date) -> Result<(), Error> {
    let run_at_ms = reconcile::ready_at(day).as_millisecond();
    let key = day.to_string();
    // Asked for again by a start in the middle of its waits, it would be run at once.
    if queue::find(tx, reconcile::CHAIN, DAY, &key)?.is_none() {
        super::enqueue(tx, reconcile::CHAIN, DAY, &key, run_at_ms)?;
    }
    Ok(())
}

/// The body of [`DAY`].
pub(super) fn day(world: &World, key: &str) -> Result<Done, Error> {
    let Ok(day) = key.parse::<Date>() else { return Ok(Done::Never("the key is no day".to_owned())) };
    let next = day.tomorrow().unwrap_or(day);
    world.db.write(|tx| enqueue(tx, next))?;
    let report = reconcile::run(world, day, Source::Rail)?;
    let since_ms = world.now().as_millisecond() - reconcile::ready_at(day).as_millisecond();
    if let Some(why) = report.day.missing_why {
        let later = AGAIN_MIN.iter().map(|minutes| minutes * MINUTE_MS).find(|at_ms| *at_ms > since_ms);
        let wait_ms = later.map_or(OPEN_HOURS * 60 * MINUTE_MS, |at_ms| at_ms - since_ms);
        return Ok(Done::Later(Some(wait_ms.max(MINUTE_MS)), why));
    }
    let over_ms = midnight(day).as_millisecond() + (OPEN_DAYS + 1) * 24 * 60 * MINUTE_MS;
    if report.state == Day::Open && world.now().as_millisecond() < over_ms {
        let open = format!("{} exceptions are open", report.open().count());
        return Ok(Done::Later(Some(OPEN_HOURS * 60 * MINUTE_MS), open));
    }
    Ok(Done::Yes)
}
