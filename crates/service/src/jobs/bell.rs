//! A bell between requests and workers of one process: only a shortcut, never the sole way to be woken.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Rung when a job was stored, and when one was finished.
#[derive(Debug, Default)]
pub struct Bell {
    counts: Mutex<Counts>,
    /// Nobody else works in this process: waiting would be in vain.
    alone: bool,
    stored: Condvar,
    done: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    stored: u64,
    done: u64,
}

impl Bell {
    /// A silent bell.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A bell of a process in which nobody works beside the caller: waiting ends at once. Pages then show the state as it
    /// is, and jobs are run by whoever steps through them.
    #[must_use]
    pub fn that_never_waits() -> Self {
        Self { alone: true, ..Self::default() }
    }

    /// Wakes the workers.
    pub fn ring(&self) {
        self.lock().stored += 1;
        self.stored.notify_all();
    }

    /// Tells waiting requests that a job ended.
    pub fn finished(&self) {
        self.lock().done += 1;
        self.done.notify_all();
    }

    /// Waits for the next ring, at most `wait_ms`.
    pub fn wait(&self, wait_ms: u64) {
        let guard = self.lock();
        let before = guard.stored;
        let waited = self
            .stored
            .wait_timeout_while(guard, Duration::from_millis(wait_ms), |counts| counts.stored == before);
        drop(waited);
    }

    /// Waits until `over` holds, looking again whenever a job ends and every 50 ms besides, at most `wait_ms`.
    pub fn wait_finished(&self, wait_ms: u64, over: impl Fn() -> bool) {
        const LOOK_MS: u64 = 50;
        let mut waited = 0;
        loop {
            let seen = self.lock().done;
            if over() || waited >= wait_ms || self.alone {
                return;
            }
            let guard = self.lock();
            let (guard, timeout) = self
                .done
                .wait_timeout_while(guard, Duration::from_millis(LOOK_MS), |counts| counts.done == seen)
                .unwrap_or_else(PoisonError::into_inner);
            drop(guard);
            if timeout.timed_out() {
                waited += LOOK_MS;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
