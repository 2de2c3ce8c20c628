//! The waiting room and the pace: who is next, how long it takes, and how much of the platform this node may use.
//!
//! A turn is a view on the durable intents of the job queue, not a second queue: see `docs/adr/0010-turns.md`. What is
//! held in memory is a snapshot of counts, the same for everybody.

pub mod ceiling;
pub mod figures;
pub mod lobby;
pub mod node;
pub mod steps;
pub mod turn;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clearway_domain::admission::{Balance, Head, Side};
pub use clearway_domain::admission::{Deed, Pressure, Ticket, TicketFault, Wait, again_ms};
pub use lobby::{Lobby, Seen};
pub use steps::Steps;

use crate::World;

/// Requests that are answered at the same time at most, where nobody has said how many connections there are.
pub const IN_FLIGHT_MAX: usize = 20_000;
/// Milliseconds for which a request stands before the threads that answer at which nobody is let in any more; new money is refused at
/// half of it. A crowd that comes in one second is answered sooner; where the disk or the database stands still it is not.
const STANDS_MAX_MS: usize = 8_000;

/// Event streams of one process at the same time at most. Each is a look every few hundred milliseconds: so many are a tenth of a core,
/// and a city on an ordinary day has a few dozen. Whoever finds none free asks now and then, as a page without events does.
pub const STREAMS_MAX: usize = 1_000;

/// What one process knows about who waits and how busy it is.
#[derive(Debug, Default)]
pub struct Admission {
    /// Everybody who waits, as of the last look.
    pub lobby: Lobby,
    /// How long requests took, by step.
    pub steps: Steps,
    /// Requests that are being answered.
    pub in_flight: AtomicUsize,
    /// Connections that this process takes in at most; 0 while nobody has said.
    pub connections: AtomicUsize,
    /// Requests that stand before the threads which answer them.
    pub hands: Hands,
    /// Event streams that are open.
    pub streams: Streams,
    /// Requests that were refused because one caller asked too much.
    pub refused: AtomicU64,
    /// How far the work has come for which nobody draws a turn: who waits for it has no place, only an instant.
    pub(crate) checks: Line,
    /// The same for orders that are placed at the rail.
    pub(crate) orders: Line,
    /// The jobs as they were counted last, for the operator.
    pub(crate) counted: figures::Counted,
    /// How decisions and knowledge share the platform.
    pub(crate) shares: Shares,
    /// Whether decisions wait for the platform to answer again.
    pub(crate) turns: Turns,
    /// Workers to whom the queue did not answer.
    pub(crate) unheard: crate::jobs::Unheard,
}

/// The places for event streams, see [`STREAMS_MAX`].
#[derive(Debug, Default)]
pub struct Streams(AtomicUsize);

impl Streams {
    /// Whether one is free. By the time somebody comes for it that may have changed.
    #[must_use]
    pub fn have_room(&self) -> bool {
        self.0.load(Ordering::Relaxed) < STREAMS_MAX
    }

    /// Takes one, if one is free: to be given back.
    #[must_use]
    pub fn take(&self) -> bool {
        let taken = |open| (open < STREAMS_MAX).then_some(open + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    /// Gives one back.
    pub fn give_back(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Requests that stand before the threads which answer them, as their instants in real time: whoever came first is taken first. How many
/// they are says little; how long the first of them stands is what everybody waits who comes now.
#[derive(Debug, Default)]
pub struct Hands(Mutex<VecDeque<Instant>>);

impl Hands {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request comes.
    pub fn stand(&self, now: Instant) {
        self.lock().push_back(now);
    }

    /// The first of them is taken in hand.
    pub fn begin(&self) {
        self.lock().pop_front();
    }

    /// How long the first of them stands.
    #[must_use]
    pub fn longest(&self, now: Instant) -> Duration {
        self.lock().front().map_or(Duration::ZERO, |came| now.saturating_duration_since(*came))
    }
}

/// A line of work without places, as this process sees it: every node claims from the same line.
#[derive(Debug, Default)]
pub(crate) struct Line(Mutex<Head>);

impl Line {
    /// Something was begun that had been wanted at `wanted_ms`.
    pub fn begun(&self, now_ms: i64, wanted_ms: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).begun(now_ms, wanted_ms);
    }

    /// How long something still waits that was wanted at `wanted_ms`.
    pub fn wait(&self, now_ms: i64, wanted_ms: i64) -> Wait {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).wait(wanted_ms, now_ms)
    }
}

/// What this process asked the platform for, on behalf of whom. Every node keeps to the shares by itself.
#[derive(Debug, Default)]
pub(crate) struct Shares(Mutex<Balance>);

impl Shares {
    fn lock(&self) -> MutexGuard<'_, Balance> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The side that comes next.
    pub fn next(&self) -> Side {
        self.lock().next()
    }

    /// Only one side waits at present.
    pub fn alone(&self) {
        self.lock().alone();
    }

    /// Work of a side took so many calls, and so many turns or checks were over with it.
    pub fn spend(&self, side: Side, calls: u64, ended: u64) {
        self.lock().spend(side, calls, ended);
    }

    /// How many turns the calls of one check would end, thousandths; nothing while that is not known.
    pub fn worth(&self) -> u64 {
        self.lock().worth().unwrap_or(0)
    }
}

/// Milliseconds for which no decision is claimed, at most, after one was found to be held up by an older one: long enough that
/// an outage does not turn the whole queue over again and again, short enough that nobody notices its end late.
const HOLD_MS: i64 = 1_000;

/// Milliseconds after an outage in which whoever was in the middle of a try looks once more who is older: longer than a try takes.
const JUST_BACK_MS: i64 = 10_000;

/// What one process knows of the platform's trouble with decisions. Only a shortcut: the queue says who waits for whom.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    held_until_ms: AtomicI64,
    /// Nobody was failed by the platform since the last waking. Unknown at first, so the first decision wakes whoever sleeps.
    calm: AtomicBool,
    /// A decision was failed while the platform as a whole was down, and none has been answered since.
    away: AtomicBool,
    /// When it was found to be back, ms UTC.
    back_at_ms: AtomicI64,
}

impl Turns {
    /// An older decision holds the others up until it is tried again; it must be claimed at that instant itself.
    pub fn hold(&self, now_ms: i64, until_ms: i64) {
        self.calm.store(false, Ordering::Relaxed);
        self.held_until_ms.store(until_ms.min(now_ms + HOLD_MS), Ordering::Relaxed);
    }

    /// Whether decisions are held up at this moment.
    pub fn held(&self, now_ms: i64) -> bool {
        // A clock that stepped back holds nobody for longer.
        (1..=HOLD_MS).contains(&(self.held_until_ms.load(Ordering::Relaxed).saturating_sub(now_ms)))
    }

    /// The platform failed a decision, which is tried again at that instant: nobody is held up by it for longer.
    pub fn trouble(&self, again_ms: i64) {
        self.calm.store(false, Ordering::Relaxed);
        self.held_until_ms.fetch_min(again_ms, Ordering::Relaxed);
    }

    /// The platform as a whole is down.
    pub fn away(&self) {
        self.away.store(true, Ordering::Relaxed);
    }

    /// Whether nothing was answered since it was found down.
    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// It answers again, and whoever it failed has been told. Not before: whoever asks meanwhile tells them as well.
    pub fn back(&self, now_ms: i64) {
        self.back_at_ms.store(now_ms, Ordering::Relaxed);
        self.away.store(false, Ordering::Relaxed);
    }

    /// Whether it came back so lately that somebody may be in the middle of a try that was begun before.
    pub fn is_just_back(&self, now_ms: i64) -> bool {
        (0..JUST_BACK_MS).contains(&(now_ms.saturating_sub(self.back_at_ms.load(Ordering::Relaxed))))
    }

    /// The platform took a decision: `true` when somebody may sleep who does not know it. Asked before waking, so that
    /// whoever is failed meanwhile is woken by the next one.
    pub fn calm_again(&self) -> bool {
        self.held_until_ms.store(0, Ordering::Relaxed);
        !self.calm.swap(true, Ordering::Relaxed)
    }
}

/// How full what can run out is: the threads that answer, where the first of those before them stands for so long; the connections; the
/// queue before the writer, for whoever writes without a thread of those; the disk.
#[must_use]
pub fn pressure(world: &World, stands: Duration) -> Pressure {
    let stats = world.db.stats();
    let in_flight = world.admission.in_flight.load(Ordering::Relaxed);
    let most = match world.admission.connections.load(Ordering::Relaxed) {
        0 => IN_FLIGHT_MAX,
        connections => connections,
    };
    let stands_ms = usize::try_from(stands.as_millis()).unwrap_or(usize::MAX);
    let parts = [(stands_ms, STANDS_MAX_MS), (in_flight, most), (stats.waiting, stats.waiting_max)];
    Pressure::of(&parts, stats.failing)
}
