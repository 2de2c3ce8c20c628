//! Not more calls a second than agreed with a counterpart.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::Fault;
use crate::http::ConfigFault;

/// A bucket of permits, refilled by its own thread. It reads no clock: the demo clock may stand still or jump, but the
/// counterpart must see real seconds.
pub(crate) struct Pace {
    shared: Arc<Shared>,
    wait: Duration,
}

struct Shared {
    state: Mutex<State>,
    taken: Condvar,
    refilled: Condvar,
}

struct State {
    permits: u32,
    permits_max: u32,
    closed: bool,
}

impl Pace {
    /// `per_second` calls, with bursts of at most a tenth of that; a caller waits at most `wait_ms_max`.
    pub(crate) fn new(per_second: u32, wait_ms_max: u64) -> Result<Pace, ConfigFault> {
        if per_second == 0 {
            return Err(ConfigFault("a pace of 0 calls a second would never call".to_owned()));
        }
        let permits_max = (per_second / 10).max(1);
        let shared = Arc::new(Shared {
            state: Mutex::new(State { permits: permits_max, permits_max, closed: false }),
            taken: Condvar::new(),
            refilled: Condvar::new(),
        });
        let (refill, interval) = (Arc::clone(&shared), Duration::from_secs(1) / per_second);
        thread::Builder::new()
            .name("pace".to_owned())
            .spawn(move || refill.run(interval))
            .map_err(|fault| ConfigFault(format!("no thread for the pace: {fault}")))?;
        Ok(Pace { shared, wait: Duration::from_millis(wait_ms_max) })
    }

    /// Waits for a permit.
    pub(crate) fn take(&self) -> Result<(), Fault> {
        let (mut state, _) = self
            .shared
            .refilled
            .wait_timeout_while(self.shared.lock(), self.wait, |state| state.permits == 0)
            .unwrap_or_else(PoisonError::into_inner);
        if state.permits == 0 {
            return Err(Fault::Throttled);
        }
        state.permits -= 1;
        self.shared.taken.notify_one();
        Ok(())
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.taken.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One permit an interval while any is missing; asleep while the bucket is full.
    fn run(&self, interval: Duration) {
        loop {
            let state = self
                .taken
                .wait_while(self.lock(), |state| !state.closed && state.permits == state.permits_max)
                .unwrap_or_else(PoisonError::into_inner);
            if state.closed {
                return;
            }
            drop(state);
            thread::sleep(interval);
            self.lock().permits += 1;
            self.refilled.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_calls_than_agreed_wait_and_then_are_held_back() {
        let pace = Pace::new(20, 0).expect("a thread");
        assert_eq!(pace.take(), Ok(()));
        assert_eq!(pace.take(), Ok(()));
        assert_eq!(pace.take(), Err(Fault::Throttled), "a burst is a tenth of the pace");
        let patient = Pace::new(20, 5_000).expect("a thread");
        for _ in 0..4 {
            assert_eq!(patient.take(), Ok(()), "the refill comes within the wait");
        }
    }

    #[test]
    fn a_pace_of_nothing_is_refused() {
        assert!(Pace::new(0, 0).is_err());
    }
}
