//! Turns of drivers: drawn with an intent, over with the last one, sealed into a ticket for the phone.

use clearway_domain::admission::ticket::{Holder, day_of};
use clearway_domain::admission::{Ticket, TicketFault};
use clearway_domain::civil_date;
use clearway_store::queue::{self, Claimed, NewJob};
use clearway_store::turn::{self, Turn};
use clearway_store::{StoreError, Tx};
use jiff::civil::Date;

use crate::dossier::instant;
use crate::jobs::decide::DECIDE;
use crate::jobs::refresh;
use crate::{Error, World, law};

/// Stores the intent to decide a case at the driver's place: the open one, or a new one behind everybody who is here. All
/// intents of a driver share the place, as all papers share the number at a counter. `from_ms` is the instant from which on it is
/// carried out: now, or the opening that it waits for.
///
/// # Errors
/// Any [`StoreError`].
pub fn intend(tx: &mut Tx, driver: &str, case_id: &str, now_ms: i64, from_ms: i64) -> Result<(), StoreError> {
    let turn = turn::draw(tx, driver, now_ms, from_ms)?;
    let job = NewJob { driver, kind: DECIDE, key: case_id, run_at_ms: turn.run_at_ms, payload: "{}" };
    // Due at the opening itself, in the order of the places: nobody looks at it before.
    queue::enqueue_due(tx, &job, now_ms.max(from_ms))?;
    // Nobody looks at what is still being checked: others do.
    refresh::put_behind(tx, driver)
}

/// Takes the turn that a job belongs to in hand, in the transaction that ends the job.
///
/// # Errors
/// Any [`StoreError`].
pub fn hold(tx: &mut Tx, job: &Claimed) -> Result<Option<Turn>, StoreError> {
    if job.kind == DECIDE { turn::hold(tx, &job.driver) } else { Ok(None) }
}

/// Ends the turn when nothing of it waits for the platform any more. An intent that waits for something else, such as an
/// objection, has had its turn: it blocks nobody and is counted nowhere. Whether a turn ended.
///
/// # Errors
/// Any [`StoreError`].
pub fn settle(tx: &mut Tx, job: &Claimed, held: Option<Turn>, now_ms: i64) -> Result<bool, StoreError> {
    let Some(turn) = held else { return Ok(false) };
    let day = civil_date(instant(now_ms)).to_string();
    turn::settle(tx, &job.driver, DECIDE, &turn, now_ms, &day)
}

/// Whose ticket of a second it is: keyed hash of driver and civil day.
fn holder(world: &World, driver: &str, second: i64) -> Holder {
    let hash = world.keyed("turn-holder", &format!("{driver}|{}", day_of(second)));
    let mut holder = Holder::default();
    for (byte, pair) in holder.iter_mut().zip(hash.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    holder
}

fn key(world: &World, day: Date) -> Vec<u8> {
    world.keyed("turn-key", &day.to_string()).into_bytes()
}

/// The ticket of a place.
#[must_use]
pub fn ticket(world: &World, driver: &str, turn: &Turn) -> Option<String> {
    let second = turn.place.second;
    let ticket = Ticket { place: turn.place, holder: holder(world, driver, second) };
    ticket.seal(&key(world, day_of(second)))
}

/// Reads a ticket that somebody shows: genuine, of these days, and not of the future.
///
/// # Errors
/// A [`TicketFault`].
pub fn open(world: &World, text: &str) -> Result<Ticket, TicketFault> {
    let now = world.now();
    let latest = world.pack_at(now).map_or(now, |pack| law::opens_next(pack, now));
    Ticket::open(text, now, latest, |day| key(world, day))
}

/// Reads a ticket that a driver shows as their own. What counts is the place that is stored for the driver: a ticket
/// whose turn is over opens nothing, and showing it again draws nothing.
///
/// # Errors
/// A [`TicketFault`] within; [`Error::Store`] without.
pub fn open_own(world: &World, driver: &str, text: &str) -> Result<Result<Ticket, TicketFault>, Error> {
    let ticket = match open(world, text) {
        Ok(ticket) => ticket,
        Err(fault) => return Ok(Err(fault)),
    };
    if ticket.holder != holder(world, driver, ticket.place.second) {
        return Ok(Err(TicketFault::Foreign));
    }
    let turn = world.db.read(|tx| turn::of(tx, driver).map_err(Error::from))?;
    let open = turn.is_some_and(|turn| turn.left_at_ms.is_none() && turn.place == ticket.place);
    Ok(if open { Ok(ticket) } else { Err(TicketFault::Spent) })
}
