//! Counters of the store, for the operator's page and for benches.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What the store has done since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits asked of the engine: groups on SQLite, transactions on PostgreSQL.
    pub flushes: u64,
    /// Commits that failed.
    pub flushes_failed: u64,
    /// Logical transactions in those commits, including ones whose closure refused.
    pub members: u64,
    /// The largest number of logical transactions in one commit.
    pub members_max: u64,
    /// Closures run again: serialisation failures, deadlocks, lost connections, races for the next audit number.
    pub reruns: u64,
    /// Connections to PostgreSQL that had to be made.
    pub connects: u64,
    /// Checkpoints of SQLite's write-ahead log.
    pub checkpoints: u64,
    /// Callers that stand before SQLite's writer at this moment, the one being served among them; on PostgreSQL those that wait for a
    /// connection.
    pub waiting: usize,
    /// How many may stand there.
    pub waiting_max: usize,
    /// Whether the last write failed for want of a disk or a server: nothing has gone well since.
    pub failing: bool,
}

#[derive(Default)]
pub(crate) struct Counters {
    flushes: AtomicU64,
    flushes_failed: AtomicU64,
    members: AtomicU64,
    members_max: AtomicU64,
    reruns: AtomicU64,
    connects: AtomicU64,
    checkpoints: AtomicU64,
    pub(crate) waiting: AtomicUsize,
    pub(crate) waiting_max: AtomicUsize,
    failing: AtomicBool,
}

impl Counters {
    pub(crate) fn flushed(&self, members: usize, well: bool) {
        let members = u64::try_from(members).unwrap_or(u64::MAX);
        self.flushes.fetch_add(1, Ordering::Relaxed);
        self.flushes_failed.fetch_add(u64::from(!well), Ordering::Relaxed);
        self.members.fetch_add(members, Ordering::Relaxed);
        self.members_max.fetch_max(members, Ordering::Relaxed);
    }

    /// Notes whether the engine could write.
    pub(crate) fn wrote(&self, well: bool) {
        self.failing.store(!well, Ordering::Relaxed);
    }

    pub(crate) fn rerun(&self) {
        self.reruns.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connect(&self) {
        self.connects.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn checkpoint(&self) {
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        Stats {
            flushes: self.flushes.load(Ordering::Relaxed),
            flushes_failed: self.flushes_failed.load(Ordering::Relaxed),
            members: self.members.load(Ordering::Relaxed),
            members_max: self.members_max.load(Ordering::Relaxed),
            reruns: self.reruns.load(Ordering::Relaxed),
            connects: self.connects.load(Ordering::Relaxed),
            checkpoints: self.checkpoints.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
            waiting_max: self.waiting_max.load(Ordering::Relaxed),
            failing: self.failing.load(Ordering::Relaxed),
        }
    }
}
