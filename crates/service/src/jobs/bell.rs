//! A bell between requests and workers of one process: only a shortcut, never the sole way to be woken.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Requests that wait for the end of a job at the same time, at most. A waiting request holds a thread, and on a launch day
/// threads are what the next request needs: whoever comes when so many wait already is shown the state as it is.
const WAITING_MAX: usize = 48;
/// Milliseconds after which a waiting request looks by itself: another process may have ended the job.
const LOOK_MS: u64 = 250;

/// Rung when a job was stored, and when one was finished.
#[derive(Debug, Default)]
pub struct Bell {
    state: Mutex<State>,
    /// Nobody else works in this process: waiting would be in vain.
    alone: bool,
    stored: Condvar,
    /// For the workers of [`Lane::Away`]: a ring for one of them alone would leave the others asleep.
    stored_away: Condvar,
}

/// What a worker works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Whatever is due.
    Any,
    /// What needs nothing of the platform.
    Away,
}

#[derive(Debug, Default)]
struct State {
    /// Rings so far.
    rings: u64,
    /// Who waits for which job. A job that ends wakes those who wait for it and nobody else.
    waiting: HashMap<String, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Ends of this job that were seen since somebody waits for it.
    ends: u64,
    requests: usize,
    ended: Arc<Condvar>,
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

    /// Wakes a worker of each lane. One that finds work rings for the next, so that as many wake as there is work for.
    pub fn ring(&self) {
        self.lock().rings += 1;
        self.stored.notify_one();
        self.stored_away.notify_one();
    }

    /// How often it has been rung: to be asked before looking for work, and given to [`Bell::wait`] when there was none.
    #[must_use]
    pub fn rings(&self) -> u64 {
        self.lock().rings
    }

    /// Waits for a ring later than `heard`, at most `wait_ms`.
    pub fn wait(&self, lane: Lane, heard: u64, wait_ms: u64) {
        let wait = Duration::from_millis(wait_ms);
        let stored = match lane {
            Lane::Any => &self.stored,
            Lane::Away => &self.stored_away,
        };
        let waited = stored.wait_timeout_while(self.lock(), wait, |state| state.rings == heard);
        drop(waited);
    }

    /// Tells the requests that wait for this job that a try of it ended.
    pub fn finished(&self, job: &str) {
        if let Some(waiting) = self.lock().waiting.get_mut(job) {
            waiting.ends += 1;
            waiting.ended.notify_all();
        }
    }

    /// Waits until `over` holds, at most `wait_ms`: looks again whenever the job ends, and now and then besides. Ends at
    /// once when too many wait already.
    pub fn wait_finished(&self, job: &str, wait_ms: u64, over: impl Fn() -> bool) {
        let Some(mut ends) = self.begin(job) else { return };
        let mut left = wait_ms;
        while !over() && left > 0 {
            let look = left.min(LOOK_MS);
            let (seen, in_vain) = self.wait_end(job, ends, look);
            ends = seen;
            // A job that ends again and again is looked at as often; the time for that is bounded all the same.
            left = left.saturating_sub(if in_vain { look } else { 1 });
        }
        self.end(job);
    }

    /// Waits for an end of the job later than `ends`: what was seen, and whether the time ran out.
    fn wait_end(&self, job: &str, ends: u64, wait_ms: u64) -> (u64, bool) {
        let state = self.lock();
        let Some(ended) = state.waiting.get(job).map(|waiting| Arc::clone(&waiting.ended)) else {
            return (ends, true);
        };
        let seen = |state: &State| state.waiting.get(job).map_or(ends, |waiting| waiting.ends);
        let (state, timeout) = ended
            .wait_timeout_while(state, Duration::from_millis(wait_ms), |state| seen(state) == ends)
            .unwrap_or_else(PoisonError::into_inner);
        (seen(&state), timeout.timed_out())
    }

    /// Takes a place among those who wait; `None` when nobody works here or there is none.
    fn begin(&self, job: &str) -> Option<u64> {
        let mut state = self.lock();
        let all: usize = state.waiting.values().map(|waiting| waiting.requests).sum();
        if self.alone || all >= WAITING_MAX {
            return None;
        }
        let waiting = state.waiting.entry(job.to_owned()).or_default();
        waiting.requests += 1;
        Some(waiting.ends)
    }

    fn end(&self, job: &str) {
        let mut state = self.lock();
        if let Some(waiting) = state.waiting.get_mut(job) {
            waiting.requests -= 1;
            if waiting.requests == 0 {
                state.waiting.remove(job);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// What happens between `begin` and `end`, with nobody to end the job.
    fn looks(bell: &Bell, wait_ms: u64) -> usize {
        let looks = AtomicUsize::new(0);
        bell.wait_finished("a", wait_ms, || {
            looks.fetch_add(1, Ordering::Relaxed);
            false
        });
        looks.into_inner()
    }

    #[test]
    fn the_end_of_another_job_wakes_nobody() {
        let bell = Bell::new();
        let looked = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| {
                bell.wait_finished("a", 60_000, || looked.fetch_add(1, Ordering::Relaxed) > 0);
            });
            while looked.load(Ordering::Relaxed) == 0 {
                std::thread::yield_now();
            }
            (0..1_000).for_each(|_| bell.finished("b"));
            // Only its own end, or the look that everybody takes now and then, lets it look a second time.
            bell.finished("a");
            waits.join().expect("no panic");
        });
        assert_eq!(looked.into_inner(), 2);
        assert!(bell.lock().waiting.is_empty(), "whoever has waited leaves nothing behind");
    }

    #[test]
    fn too_many_do_not_wait_and_a_lonely_process_never_does() {
        let bell = Bell::new();
        for _ in 0..WAITING_MAX {
            assert!(bell.begin("x").is_some());
        }
        assert_eq!(looks(&bell, 60_000), 0);
        bell.end("x");
        assert_eq!(looks(&bell, 1), 2, "there is a place again: a look before and one after");
        assert_eq!(looks(&Bell::that_never_waits(), 60_000), 0);
    }

    #[test]
    fn a_ring_between_looking_and_waiting_is_heard() {
        let bell = Bell::new();
        let heard = bell.rings();
        bell.ring();
        bell.wait(Lane::Any, heard, 60_000);
        bell.wait(Lane::Away, heard, 60_000);
    }
}
