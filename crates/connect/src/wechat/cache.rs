//! One value that the platform gives for a while (token, ticket), fetched by one caller for all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::Fault;

/// Renewed this long before its end, in seconds, so that no call starts with a dying value.
const MARGIN_S: i64 = 300;

/// A value and how long it is good, in seconds.
pub(crate) type Fresh = (String, i64);

/// The central holder. While one caller fetches, the others wait and share what comes of it, a fault included: a slow
/// or failing platform is asked once, not once a visitor.
#[derive(Default)]
pub(crate) struct Cached {
    state: Mutex<State>,
    attempts: AtomicU64,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    failed: Option<Fault>,
}

struct Held {
    value: String,
    fetched: Timestamp,
    until: Timestamp,
}

impl Cached {
    /// The value, fetched if there is none that is still good.
    pub(crate) fn get(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> Result<Fresh, Fault>,
    ) -> Result<String, Fault> {
        self.get_unless(None, now, fetch)
    }

    /// The value, when the platform has just refused `bad`: fetched anew unless another caller already did.
    pub(crate) fn renew(
        &self,
        bad: &str,
        now: Timestamp,
        fetch: impl FnOnce() -> Result<Fresh, Fault>,
    ) -> Result<String, Fault> {
        self.get_unless(Some(bad), now, fetch)
    }

    fn get_unless(
        &self,
        bad: Option<&str>,
        now: Timestamp,
        fetch: impl FnOnce() -> Result<Fresh, Fault>,
    ) -> Result<String, Fault> {
        let seen = self.attempts.load(Ordering::SeqCst);
        let mut state = self.lock();
        if let Some(held) = &state.held {
            // A clock that was set back makes a value look good for too long; then it is fetched again.
            let good = held.fetched <= now && now < held.until;
            if good && bad != Some(held.value.as_str()) {
                return Ok(held.value.clone());
            }
        }
        if self.attempts.load(Ordering::SeqCst) != seen
            && let Some(fault) = &state.failed
        {
            return Err(fault.clone());
        }
        let fetched = fetch();
        self.attempts.fetch_add(1, Ordering::SeqCst);
        let (value, seconds) = match fetched {
            Ok(fresh) => fresh,
            Err(fault) => {
                state.failed = Some(fault.clone());
                return Err(fault);
            }
        };
        let good_for = SignedDuration::from_secs((seconds - MARGIN_S).clamp(1, 7_200));
        let until = now.checked_add(good_for).unwrap_or(now);
        *state = State { held: Some(Held { value: value.clone(), fetched: now, until }), failed: None };
        Ok(value)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicU32;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    #[test]
    fn a_herd_fetches_once_and_shares_even_a_fault() {
        for outcome in [Ok(("T".to_owned(), 7_200)), Err(Fault::TimedOut)] {
            let (cached, calls, start) = (Cached::default(), AtomicU32::new(0), Barrier::new(20));
            thread::scope(|scope| {
                for _ in 0..20 {
                    scope.spawn(|| {
                        start.wait();
                        let got = cached.get(at(0), || {
                            calls.fetch_add(1, Ordering::SeqCst);
                            thread::sleep(Duration::from_millis(200));
                            outcome.clone()
                        });
                        assert_eq!(got, outcome.clone().map(|(value, _)| value));
                    });
                }
            });
            assert_eq!(calls.load(Ordering::SeqCst), 1, "{outcome:?}");
        }
    }

    #[test]
    fn a_value_ends_before_its_end_and_when_the_clock_jumps_back() {
        let cached = Cached::default();
        let fresh = |value: &str| Ok((value.to_owned(), 7_200));
        assert_eq!(cached.get(at(10_000), || fresh("A")), Ok("A".to_owned()));
        assert_eq!(cached.get(at(16_899), || fresh("B")), Ok("A".to_owned()));
        assert_eq!(cached.get(at(16_900), || fresh("B")), Ok("B".to_owned()), "300 s before its end");
        assert_eq!(cached.get(at(5_000), || fresh("C")), Ok("C".to_owned()), "the clock was set back");
    }

    #[test]
    fn a_refused_value_is_renewed_once_for_all() {
        let cached = Cached::default();
        assert_eq!(cached.get(at(0), || Ok(("A".to_owned(), 7_200))), Ok("A".to_owned()));
        assert_eq!(cached.renew("A", at(1), || Ok(("B".to_owned(), 7_200))), Ok("B".to_owned()));
        let third = cached.renew("A", at(1), || panic!("already renewed"));
        assert_eq!(third, Ok("B".to_owned()), "the second caller that was refused with A takes B");
    }

    #[test]
    fn after_a_fault_the_next_caller_tries_again() {
        let cached = Cached::default();
        assert_eq!(cached.get(at(0), || Err(Fault::TimedOut)), Err(Fault::TimedOut));
        assert_eq!(cached.get(at(0), || Ok(("A".to_owned(), 7_200))), Ok("A".to_owned()));
    }
}
