//! The driver's place: how many are ahead, how long it may take, and that the phone may be put away.

use clearway_domain::admission::meter::Told;
use clearway_domain::admission::{TicketFault, Wait};
use clearway_domain::case::CaseState;
use clearway_store::case_file::{self, CaseFile};
use clearway_store::turn::{self, Tally, Turn};
use jiff::Timestamp;

use super::Who;
use crate::admission::{Seen, figures};
use crate::{Error, World, admission};

/// A place as it stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// The ticket, for the phone.
    pub ticket: String,
    /// Number on it: turns drawn before it. From the number that is called a phone computes who is ahead.
    pub number: u64,
    /// Whether the number is final: while people of the same second may still come to stand before it, it is not.
    pub settled: bool,
    /// People ahead.
    pub ahead: u64,
    /// The wait.
    pub wait: Wait,
    /// Whether the wait that was told first is over although the turn has not come.
    pub late: bool,
    /// Milliseconds until what was told first is over; absent while nothing was told.
    pub late_in_ms: Option<i64>,
    /// Whether there is a queue to speak of.
    pub queue: bool,
    /// When it is carried out, while the service is closed and the work waits for its opening: no wait is foretold before.
    pub opens: Option<Timestamp>,
    /// Whether an officer lets nobody through at present.
    pub halted: bool,
    /// Second of arrival, ms UTC.
    pub arrived_ms: i64,
}

/// What the page of the queue shows.
#[derive(Debug, Clone)]
pub struct TurnPage {
    /// The driver's place; absent when nothing of the driver waits.
    pub place: Option<Place>,
    /// The case that the turn has come for, or came for: its result can be looked at.
    pub result: Option<CaseFile>,
    /// People who wait in all.
    pub waiting: u64,
    /// How well yesterday's waits were foretold.
    pub yesterday: Option<Tally>,
}

/// The page. Whoever sees a wait for the first time is remembered, so that what was told is held against what came.
///
/// # Errors
/// [`Error::Store`].
pub fn page(world: &World, who: &Who) -> Result<TurnPage, Error> {
    let seen = world.admission.lobby.look(world)?;
    let last = world.db.read(|tx| turn::of(tx, &who.driver).map_err(Error::from))?;
    let open = last.filter(|turn| turn.left_at_ms.is_none());
    let place = told_place(world, who, &seen, open)?;
    // While somebody is ahead there is nothing to see yet, and a great many look.
    let result = match last.filter(|_| place.as_ref().is_none_or(|place| place.wait == Wait::Turn)) {
        Some(turn) => result_of(world, who, turn.drawn_at_ms)?,
        None => None,
    };
    Ok(TurnPage { place, result, waiting: seen.room.waiting(), yesterday: figures::yesterday(world)? })
}

/// The driver's place, which a page is about to show.
fn told_place(world: &World, who: &Who, seen: &Seen, open: Option<Turn>) -> Result<Option<Place>, Error> {
    let mut place = open.and_then(|turn| place_of(world, who, seen, &turn));
    if let (Some(Turn { told: None, .. }), Some(place)) = (open, &mut place)
        && place.queue
        && let Wait::Between { low_ms, high_ms: Some(high_ms) } = place.wait
    {
        let told = Told { at_ms: world.now().as_millisecond(), low_ms, high_ms };
        world.db.write(|tx| turn::tell(tx, &who.driver, &told).map_err(Error::from))?;
        place.late_in_ms = Some(high_ms);
    }
    Ok(place)
}

/// The case that moved last since a turn was drawn, where it has come as far as a turn brings it.
fn result_of(world: &World, who: &Who, since_ms: i64) -> Result<Option<CaseFile>, Error> {
    use CaseState::{Decided, Deciding, Manual, Paid, Refunded, Refunding, Refused, Written};
    let there = [Paid, Deciding, Written, Decided, Refused, Manual, Refunding, Refunded];
    let cases = world.db.read(|tx| case_file::of_driver(tx, &who.driver).map_err(Error::from))?;
    let come = |case: &CaseFile| {
        case.changed_at_ms >= since_ms
            && CaseState::from_slug(&case.state).is_some_and(|state| there.contains(&state))
    };
    Ok(cases.into_iter().filter(come).max_by_key(|case| case.changed_at_ms))
}

/// The driver's turn, while it is not over.
fn open_turn(world: &World, who: &Who) -> Result<Option<Turn>, Error> {
    let found = world.db.read(|tx| turn::of(tx, &who.driver).map_err(Error::from))?;
    Ok(found.filter(|turn| turn.left_at_ms.is_none()))
}

/// The driver's place where there is a queue to speak of: for pages about something else, which tell the wait as the page of the queue
/// does.
///
/// # Errors
/// [`Error::Store`].
pub fn in_queue(world: &World, who: &Who) -> Result<Option<Place>, Error> {
    let seen = world.admission.lobby.look(world)?;
    if !seen.is_queue(seen.waiting()) {
        return Ok(None);
    }
    Ok(told_place(world, who, &seen, open_turn(world, who)?)?.filter(|place| place.queue))
}

/// Milliseconds after which the page of somebody who has waited since an instant looks again; `queued` while it is the turn
/// that is waited for, whose wait may be foretold.
///
/// # Errors
/// [`Error::Store`].
pub fn again_ms(world: &World, who: &Who, since_ms: i64, queued: bool) -> Result<u32, Error> {
    let waited_ms = world.now().as_millisecond().saturating_sub(since_ms);
    let seen = world.admission.lobby.look(world)?;
    // The whole room is the longest wait that there is: where even that is short, nobody's own place is looked up.
    let longest_ms = seen.wait(seen.waiting()).least_ms();
    if !queued || admission::again_ms(longest_ms, Wait::Turn) == admission::again_ms(0, Wait::Turn) {
        return Ok(admission::again_ms(waited_ms, Wait::Turn));
    }
    let open = open_turn(world, who)?;
    let wait = open.map_or(Wait::Turn, |turn| seen.wait(seen.room.ahead(turn.place)));
    // A queue may empty much faster than it was measured: half of what is foretold, and never late.
    Ok(admission::again_ms(waited_ms.max(wait.least_ms()), Wait::Turn))
}

/// Whether an intent stored now would wait for longer than a page should be held for.
#[must_use]
pub fn is_crowded(world: &World) -> bool {
    world.admission.lobby.look(world).is_ok_and(|seen| seen.is_queue(seen.waiting()))
}

/// Longest time from the drawing of a turn to where everybody sees it, ms: a flush that takes long.
const STORED_MS: i64 = 500;

/// Whether a look at the room has everybody who drew a turn within that second.
fn is_settled(looked_ms: i64, second: i64) -> bool {
    looked_ms >= (second + 1) * 1_000 + STORED_MS
}

fn place_of(world: &World, who: &Who, seen: &Seen, turn: &Turn) -> Option<Place> {
    let (ahead, opens) = (seen.room.ahead(turn.place), seen.opens_for(turn.place));
    Some(Place {
        ticket: admission::turn::ticket(world, &who.driver, turn)?,
        number: seen.room.number(turn.place),
        settled: is_settled(seen.at_ms, turn.place.second),
        ahead,
        // Before the opening it is nobody's turn.
        wait: if opens.is_some() { Wait::Unknown } else { seen.wait(ahead) },
        late: ahead > 0 && turn.told.is_some_and(|told| told.is_late(seen.at_ms)),
        late_in_ms: turn.told.map(|told| told.at_ms.saturating_add(told.high_ms) - seen.at_ms),
        queue: opens.is_none() && seen.is_queue(ahead),
        opens,
        halted: seen.halted,
        arrived_ms: turn.drawn_at_ms,
    })
}

/// A ticket that a driver shows: the place behind it, or why there is none.
///
/// # Errors
/// [`Error::Store`].
pub fn shown(world: &World, who: &Who, ticket: &str) -> Result<Result<Place, TicketFault>, Error> {
    if let Err(fault) = admission::turn::open_own(world, &who.driver, ticket)? {
        return Ok(Err(fault));
    }
    Ok(page(world, who)?.place.ok_or(TicketFault::Spent))
}
