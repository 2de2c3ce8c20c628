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

use std::sync::atomic::AtomicUsize;

pub use clearway_domain::admission::{Deed, Pressure, Ticket, TicketFault, Wait};
pub use lobby::{Lobby, Seen};
pub use steps::Steps;

use crate::World;

/// Requests that are answered at the same time at most; the sockets of one process.
pub const IN_FLIGHT_MAX: usize = 20_000;

/// What one process knows about who waits and how busy it is.
#[derive(Debug, Default)]
pub struct Admission {
    /// Everybody who waits, as of the last look.
    pub lobby: Lobby,
    /// How long requests took, by step.
    pub steps: Steps,
    /// Requests that are being answered.
    pub in_flight: AtomicUsize,
    /// Claims made, so that knowledge has its part of the platform beside decisions.
    pub(crate) claims: AtomicUsize,
}

/// How full what can run out is: the queue before the writer, the requests in flight, the disk.
#[must_use]
pub fn pressure(world: &World) -> Pressure {
    let stats = world.db.stats();
    let in_flight = world.admission.in_flight.load(std::sync::atomic::Ordering::Relaxed);
    Pressure::of(&[(stats.waiting, stats.waiting_max), (in_flight, IN_FLIGHT_MAX)], stats.failing)
}
