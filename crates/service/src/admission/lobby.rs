//! The one snapshot that answers everybody: taken at most once a second, however many ask.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_domain::admission::meter::{Meter, Rates, wait};
use clearway_domain::admission::{Beside, Place, Room, Wait};
use clearway_store::{node, queue, turn};
use jiff::Timestamp;

use super::ceiling;
use crate::{Error, World, jobs, law};

/// Milliseconds for which a snapshot is as good as new.
const FRESH_MS: i64 = 1_000;
/// Milliseconds of waiting that nobody needs to be told about.
const SHORT_MS: i64 = 10_000;
/// People who wait without a measured rate before a queue is spoken of.
const FEW: u64 = 20;

/// The snapshot and what was measured over it.
#[derive(Debug, Default)]
pub struct Lobby {
    /// Held by the one who looks; the others wait for what that one sees. A look that another has overtaken would set the count of
    /// ended turns back, and what was measured with it. Inside is the room of the look before the last, to be filled again: made anew
    /// every second by whichever thread looks, each thread would keep the memory of one.
    looking: Mutex<Room>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    taken: bool,
    at_ms: i64,
    room: Arc<Room>,
    meter: Meter,
    beside: Beside,
    rates: Option<Rates>,
    number: Arc<str>,
    standing: Standing,
}

/// Why nobody, or not everybody, is let through.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    halted: bool,
    opens: Option<Timestamp>,
}

impl Standing {
    fn now(world: &World, set: &node::Ceiling) -> Self {
        let now = world.now();
        let opens = world.pack_at(now).ok().map(|pack| law::opens_next(pack, now)).filter(|at| *at > now);
        Self { halted: ceiling::holds(world, set) == 0, opens }
    }
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
    /// When the service opens, while it is closed: places from there on wait for it.
    pub opens: Option<Timestamp>,
}

impl Seen {
    /// People whose work could be carried out now: everybody but those who wait for the opening.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        waiting(&self.room, self.opens)
    }

    /// When the service opens, for a place that waits for it.
    #[must_use]
    pub fn opens_for(&self, place: Place) -> Option<Timestamp> {
        self.opens.filter(|opens| place.second >= opens.as_second())
    }

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

fn waiting(room: &Room, opens: Option<Timestamp>) -> u64 {
    let before = |at: Timestamp| room.ahead(Place { second: at.as_second(), ordinal: 0, lane: 0 });
    opens.map_or(room.waiting(), before)
}

impl Lobby {
    /// The snapshot; looked at anew when it is older than a second.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn look(&self, world: &World) -> Result<Seen, Error> {
        if let Some(seen) = self.fresh(world.now().as_millisecond()) {
            return Ok(seen);
        }
        let mut spare = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = world.now().as_millisecond();
        if let Some(seen) = self.fresh(now_ms) {
            return Ok(seen);
        }
        let set = world.db.read(|tx| {
            turn::room(tx, &mut spare)?;
            node::ceiling(tx).map_err(Error::from)
        })?;
        let room = Arc::new(std::mem::take(&mut *spare));
        let (seen, before) = self.take(world, now_ms, room, Standing::now(world, &set));
        *spare = Arc::try_unwrap(before).unwrap_or_default();
        Ok(seen)
    }

    /// Counts the checks that wait beside the turns, when somebody waits for a turn. Counting walks along all of them: it is for the
    /// node's own heart, and never for a request, of which a thousand come while one counts.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn count_checks(&self, world: &World) -> Result<(), Error> {
        if self.lock().room.waiting() == 0 {
            self.lock().beside.forget();
            return Ok(());
        }
        let checks = world.db.read(|tx| {
            let each = jobs::KNOWLEDGE.iter().map(|kind| queue::open_of(tx, kind));
            each.sum::<Result<u64, _>>().map_err(Error::from)
        })?;
        self.lock().beside.count(world.now().as_millisecond(), checks);
        Ok(())
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

    /// What is seen now, and the room that was seen before.
    fn take(&self, world: &World, now_ms: i64, room: Arc<Room>, standing: Standing) -> (Seen, Arc<Room>) {
        let mut inner = self.lock();
        inner.meter.look(now_ms, room.gone(), waiting(&room, standing.opens));
        let (checks, worth) = (inner.beside.now(now_ms), world.admission.shares.worth());
        inner.rates = inner.meter.rates().and_then(|rates| rates.beside(checks, worth));
        // While nobody is let through nothing is foretold, whatever was measured before.
        let rates = inner.rates.filter(|_| !standing.halted).unwrap_or_default();
        // A minute's rate, so that a phone divides whole numbers.
        let (slow, fast) = rates.per_minute();
        let number = format!(
            "{{\"called\":{},\"slow\":{slow},\"fast\":{fast},\"beside\":{},\"more\":{},\"at\":{}{}}}",
            room.gone(),
            rates.beside,
            rates.more_per_minute(),
            now_ms.div_euclid(1_000),
            if standing.halted { ",\"halted\":1" } else { "" }
        );
        inner.taken = true;
        inner.standing = standing;
        inner.at_ms = now_ms;
        inner.number = number.into();
        let before = std::mem::replace(&mut inner.room, room);
        (inner.seen(), before)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn seen(&self) -> Seen {
        Seen {
            at_ms: self.at_ms,
            room: Arc::clone(&self.room),
            rates: self.rates,
            number: Arc::clone(&self.number),
            halted: self.standing.halted,
            opens: self.standing.opens,
        }
    }
}
