//! The one snapshot that answers everybody: taken at most once a second, however many ask.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_domain::admission::meter::{Meter, Rates, wait};
use clearway_domain::admission::{Room, Wait};
use clearway_store::{node, queue, turn};

use super::ceiling;
use crate::jobs::{own, refresh};
use crate::{Error, World};

/// Milliseconds for which a snapshot is as good as new.
const FRESH_MS: i64 = 1_000;
/// Milliseconds of waiting that nobody needs to be told about.
const SHORT_MS: i64 = 10_000;
/// People who wait without a measured rate before a queue is spoken of.
const FEW: u64 = 20;

/// The snapshot and what was measured over it.
#[derive(Debug, Default)]
pub struct Lobby(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    taken: bool,
    at_ms: i64,
    room: Arc<Room>,
    meter: Meter,
    /// Checks that waited when they were counted last.
    checks: u64,
    /// How many turns the calls of one check would end, thousandths.
    worth: u64,
    number: Arc<str>,
    halted: bool,
}

/// What is known at one moment.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When, ms UTC.
    pub at_ms: i64,
    /// Everybody who waits.
    pub room: Arc<Room>,
    /// How fast turns end; absent while it was not measured long enough.
    pub rates: Option<Rates>,
    /// The one number for everybody, as JSON of less than 100 bytes.
    pub number: Arc<str>,
    /// Whether an officer lets nobody through at present.
    pub halted: bool,
}

impl Seen {
    /// The wait behind that many people. While nobody is let through it is nobody's turn, and nobody can say when.
    #[must_use]
    pub fn wait(&self, ahead: u64) -> Wait {
        if self.halted { Wait::Unknown } else { wait(self.rates, ahead) }
    }

    /// Whether there is a queue to speak of for somebody with so many people ahead: more than is done within seconds.
    #[must_use]
    pub fn is_queue(&self, ahead: u64) -> bool {
        match self.wait(ahead) {
            Wait::Turn => false,
            Wait::Unknown => self.halted || ahead >= FEW,
            Wait::Between { low_ms, high_ms } => high_ms.unwrap_or(low_ms) > SHORT_MS,
        }
    }
}

impl Lobby {
    /// The snapshot; looked at anew when it is older than a second.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn look(&self, world: &World) -> Result<Seen, Error> {
        let now_ms = world.now().as_millisecond();
        if let Some(seen) = self.fresh(now_ms) {
            return Ok(seen);
        }
        let due = self.lock().meter.is_due(now_ms);
        let (room, checks, set) = world.db.read(|tx| {
            let room = turn::room(tx)?;
            // Counting walks along all of them: once a window, and only where somebody waits for a turn.
            let checks = if due && room.waiting() > 0 {
                Some(queue::open_of(tx, refresh::REFRESH)? + queue::open_of(tx, own::OWN)?)
            } else {
                None
            };
            Ok::<_, Error>((room, checks, node::ceiling(tx)?))
        })?;
        Ok(self.take(world, now_ms, room, checks, ceiling::holds(world, &set) == 0))
    }

    /// The snapshot while it is as good as new: costs no look at the store.
    #[must_use]
    pub fn fresh(&self, now_ms: i64) -> Option<Seen> {
        let inner = self.lock();
        // A clock that stepped back makes it old too.
        let fresh = inner.taken && (0..FRESH_MS).contains(&(now_ms - inner.at_ms));
        fresh.then(|| inner.seen())
    }

    /// Makes the next look go to the store.
    pub fn forget(&self) {
        self.lock().taken = false;
    }

    fn take(&self, world: &World, now_ms: i64, room: Room, checks: Option<u64>, halted: bool) -> Seen {
        let mut inner = self.lock();
        inner.worth = world.admission.shares.worth();
        inner.checks = checks.unwrap_or(inner.checks);
        let checks = inner.checks;
        inner.meter.look(now_ms, room.gone(), room.waiting(), checks);
        let rates = inner.meter.rates(inner.worth).unwrap_or_default();
        // A minute's rate, so that a phone divides whole numbers.
        let (slow, fast) = rates.per_minute();
        let number = format!(
            "{{\"called\":{},\"slow\":{slow},\"fast\":{fast},\"beside\":{},\"more\":{},\"at\":{}}}",
            room.gone(),
            rates.beside,
            rates.more_per_minute(),
            now_ms.div_euclid(1_000)
        );
        inner.taken = true;
        inner.halted = halted;
        inner.at_ms = now_ms;
        inner.room = Arc::new(room);
        inner.number = number.into();
        inner.seen()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn seen(&self) -> Seen {
        Seen {
            at_ms: self.at_ms,
            room: Arc::clone(&self.room),
            rates: self.meter.rates(self.worth),
            number: Arc::clone(&self.number),
            halted: self.halted,
        }
    }
}
