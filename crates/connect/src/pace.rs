//! Not more calls a second than agreed with a counterpart, and fewer while it is not well: the wire part. How fast is
//! decided elsewhere (`clearway_domain::admission::Pacer`), from what is seen here.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clearway_domain::admission::Window;

use crate::Fault;
use crate::http::ConfigFault;

/// A bucket of permits that fills with real time: the demo clock may stand still or jump, but the counterpart sees real
/// seconds.
pub struct Pace {
    state: Mutex<State>,
    changed: Condvar,
    wait: Duration,
    agreed: u32,
}

struct State {
    /// Thousandths of a call a second.
    rate: u32,
    /// Millionths of a permit.
    permits: u64,
    filled: Instant,
    /// Callers that stand here for a permit.
    waiting: u64,
    seen: Window,
    answered: u64,
    answered_ms: u64,
    /// Whether answers were quick and none failed when that was last seen.
    quick: bool,
    /// Calls without an answer since the last that was answered.
    failed_in_a_row: u32,
}

/// Calls without an answer in a row from which on the counterpart itself is held to be down: more than one piece of work makes
/// while others wait for it (`service::jobs::decide`: three tries of two calls), so that what is wrong with one is not taken for
/// an outage. Where one call in twenty fails by itself that happens never.
const DOWN_FROM: u32 = 8;
/// Mean time of an answer up to which a counterpart is quick, ms.
const QUICK_MS: u32 = 500;
/// Millionths of a permit in a permit.
const WHOLE: u64 = 1_000_000;
/// Longest single sleep of a caller: a changed rate is noticed after it at the latest.
const NAP: Duration = Duration::from_millis(100);

thread_local! {
    /// Calls for which this thread had a permit: a piece of work is done by one thread from its beginning to its end.
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// Calls that the asking thread has made under any pace so far, whatever came of them. The difference of two is what the work between
/// them cost a counterpart.
#[must_use]
pub fn calls_made() -> u64 {
    MADE.get()
}

#[expect(clippy::disallowed_methods, reason = "a pace is kept in real seconds, whatever the demo clock says")]
fn real() -> Instant {
    Instant::now()
}

impl Pace {
    /// `per_second` calls, with bursts of at most a twentieth of that; a caller waits at most `wait_ms_max`.
    pub(crate) fn new(per_second: u32, wait_ms_max: u64) -> Result<Pace, ConfigFault> {
        if per_second == 0 {
            return Err(ConfigFault("a pace of 0 calls a second would never call".to_owned()));
        }
        let agreed = per_second.saturating_mul(1_000);
        let state = State {
            rate: agreed,
            // Empty at the start: the process that was killed a moment ago may just have used its own.
            permits: 0,
            filled: real(),
            waiting: 0,
            seen: Window::default(),
            answered: 0,
            answered_ms: 0,
            quick: true,
            failed_in_a_row: 0,
        };
        let wait = Duration::from_millis(wait_ms_max);
        Ok(Pace { state: Mutex::new(state), changed: Condvar::new(), wait, agreed })
    }

    /// What was agreed with the counterpart, thousandths of a call a second. No rate is above it.
    #[must_use]
    pub const fn agreed(&self) -> u32 {
        self.agreed
    }

    /// The pace now, thousandths of a call a second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.lock().rate
    }

    /// Another pace from here on, thousandths of a call a second; 0 holds every call back.
    pub fn set(&self, rate: u32) {
        let mut state = self.lock();
        state.fill();
        state.rate = rate.min(self.agreed);
        state.permits = state.permits.min(most(state.rate));
        self.changed.notify_all();
    }

    /// Whether a call that began now would go out at once. Work that finds no room is better not begun.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let mut state = self.lock();
        state.fill();
        let room = state.has_room();
        state.seen.wanted |= !room;
        room
    }

    /// Waits for room, at most `wait_ms`; whether there is some.
    #[must_use]
    pub fn wait_room(&self, wait_ms: u64) -> bool {
        let begun = real();
        let wait = Duration::from_millis(wait_ms);
        let mut state = self.lock();
        loop {
            state.fill();
            if state.has_room() {
                return true;
            }
            state.seen.wanted = true;
            let left = wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            state = self.nap(state, left);
        }
    }

    /// What was seen since the last time this was asked.
    #[must_use]
    pub fn window(&self) -> Window {
        let mut state = self.lock();
        let mut seen = std::mem::take(&mut state.seen);
        let mean = state.answered_ms.checked_div(state.answered).unwrap_or(0);
        seen.latency_ms = u32::try_from(mean).unwrap_or(u32::MAX);
        (state.answered, state.answered_ms) = (0, 0);
        if seen.calls > 0 {
            state.quick = seen.failed == 0 && seen.throttled == 0 && seen.latency_ms <= QUICK_MS;
        }
        seen
    }

    /// Whether the counterpart answered quickly and without failing in the last window with calls.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        self.lock().quick
    }

    /// Whether the counterpart as a whole fails at present, and not just this call or that. Its next answer ends it.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.lock().failed_in_a_row >= DOWN_FROM
    }

    /// Makes a call when there is a permit for it, and remembers how it went. One that is given up early (`brief`) tells
    /// how long it took, and not that the counterpart failed.
    pub(crate) fn call<T>(&self, brief: bool, call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        self.take()?;
        MADE.set(MADE.get() + 1);
        let begun = real();
        let answer = call();
        let gave_up = brief && matches!(answer, Err(Fault::TimedOut));
        self.saw(begun.elapsed(), answer.as_ref().err().filter(|_| !gave_up), gave_up);
        answer
    }

    fn saw(&self, took: Duration, fault: Option<&Fault>, gave_up: bool) {
        let mut state = self.lock();
        match fault {
            Some(Fault::Unreachable | Fault::TimedOut | Fault::Garbled(_) | Fault::Throttled) => {
                state.failed_in_a_row = state.failed_in_a_row.saturating_add(1);
            }
            // Whoever did not wait for the answer does not know whether there is one.
            None if gave_up => {}
            Some(Fault::Refused { .. }) | None => state.failed_in_a_row = 0,
        }
        state.seen.calls = state.seen.calls.saturating_add(1);
        match fault {
            Some(Fault::Throttled) => state.seen.throttled = state.seen.throttled.saturating_add(1),
            Some(Fault::Unreachable | Fault::TimedOut | Fault::Garbled(_)) => {
                state.seen.failed = state.seen.failed.saturating_add(1);
            }
            // A refusal is an answer.
            Some(Fault::Refused { .. }) | None => {
                state.answered += 1;
                state.answered_ms += u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
            }
        }
    }

    /// Waits for a permit.
    fn take(&self) -> Result<(), Fault> {
        let begun = real();
        let mut state = self.lock();
        loop {
            state.fill();
            if state.permits >= WHOLE {
                state.permits -= WHOLE;
                return Ok(());
            }
            state.seen.wanted = true;
            let left = self.wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(Fault::Throttled);
            }
            state.waiting += 1;
            state = self.nap(state, left);
            state.waiting -= 1;
        }
    }

    /// Sleeps until a permit may be there.
    fn nap<'a>(&self, state: MutexGuard<'a, State>, most: Duration) -> MutexGuard<'a, State> {
        let nap = state.next_in().min(NAP).min(most);
        let (state, _) = self.changed.wait_timeout(state, nap).unwrap_or_else(PoisonError::into_inner);
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Most permits that pile up: a twentieth of a second's, at least one. Counterparts take a tenth above what was agreed; the other half
/// is for calls that left apart and arrive together. None while the pace is none.
fn most(rate: u32) -> u64 {
    if rate == 0 { 0 } else { (u64::from(rate / 1_000) / 20).max(1) * WHOLE }
}

impl State {
    fn fill(&mut self) {
        let micros = u64::try_from(self.filled.elapsed().as_micros()).unwrap_or(u64::MAX);
        let gained = micros.saturating_mul(u64::from(self.rate)) / 1_000;
        if gained > 0 || self.rate == 0 {
            self.filled = real();
            self.permits = self.permits.saturating_add(gained).min(most(self.rate));
        }
    }

    fn has_room(&self) -> bool {
        self.permits / WHOLE > self.waiting
    }

    /// Time until one more permit is there than callers wait for.
    fn next_in(&self) -> Duration {
        let missing = ((self.waiting.max(1)) * WHOLE).saturating_sub(self.permits);
        let micros = missing.saturating_mul(1_000).checked_div(u64::from(self.rate)).unwrap_or(u64::MAX);
        Duration::from_micros(micros.clamp(200, 1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pace that nobody used for a while.
    fn rested(per_second: u32, wait_ms_max: u64) -> Pace {
        let pace = Pace::new(per_second, wait_ms_max).expect("a pace");
        pace.lock().permits = most(per_second * 1_000);
        pace
    }

    #[test]
    fn a_process_that_has_just_begun_has_no_burst() {
        let pace = Pace::new(20, 0).expect("a pace");
        assert_eq!(pace.take(), Err(Fault::Throttled), "the one before it may have used the last second");
        assert!(pace.wait_room(5_000));
        assert_eq!(pace.take(), Ok(()));
    }

    #[test]
    fn more_calls_than_agreed_wait_and_then_are_held_back() {
        let pace = rested(40, 0);
        assert_eq!(pace.take(), Ok(()));
        assert_eq!(pace.take(), Ok(()));
        assert_eq!(pace.take(), Err(Fault::Throttled), "a burst is a twentieth of the pace");
        let patient = Pace::new(20, 5_000).expect("a pace");
        for _ in 0..4 {
            assert_eq!(patient.take(), Ok(()), "the refill comes within the wait");
        }
    }

    #[test]
    fn each_thread_knows_what_its_own_work_cost() {
        let pace = rested(1_000, 0);
        let before = calls_made();
        for answer in [Ok(()), Err(Fault::TimedOut), Err(Fault::refused("0", "no"))] {
            assert_eq!(pace.call(false, || answer.clone()), answer);
        }
        assert_eq!(calls_made() - before, 3, "also those that failed");
        pace.set(0);
        assert_eq!(pace.call(false, || Ok(())), Err(Fault::Throttled));
        assert_eq!(calls_made() - before, 3, "what was not let out cost nothing");
        let other = std::thread::scope(|scope| scope.spawn(calls_made).join());
        assert_eq!(other.expect("a thread"), 0);
    }

    #[test]
    fn a_pace_of_nothing_is_refused() {
        assert!(Pace::new(0, 0).is_err());
    }

    #[test]
    fn a_pace_is_kept_over_a_second_and_never_above_what_was_agreed() {
        let pace = Pace::new(200, 5_000).expect("a pace");
        pace.set(1_000_000);
        assert_eq!(pace.rate(), 200_000, "more than agreed is not to be had");
        let begun = real();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..40).for_each(|_| pace.take().expect("a permit")));
            }
        });
        // 160 permits; even with a burst of 10 they last longer than this.
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(690), "{took:?}: faster than agreed");
    }

    #[test]
    fn a_pause_lets_nobody_through_and_its_end_is_noticed() {
        let pace = Pace::new(50, 10_000).expect("a pace");
        pace.set(0);
        assert!(!pace.has_room() && !pace.wait_room(20));
        std::thread::scope(|scope| {
            let held = scope.spawn(|| pace.take());
            std::thread::sleep(Duration::from_millis(50));
            assert!(!held.is_finished());
            pace.set(50_000);
            assert_eq!(held.join().expect("no panic"), Ok(()));
        });
    }

    #[test]
    fn what_was_seen_is_told_once() {
        let pace = rested(100, 0);
        let answers = [Ok(1), Err(Fault::TimedOut), Err(Fault::refused("0", "no")), Err(Fault::Throttled)];
        for answer in answers {
            assert_eq!(pace.call(false, || answer.clone()), answer);
        }
        let seen = pace.window();
        assert_eq!((seen.calls, seen.failed, seen.throttled), (4, 1, 1));
        assert!(seen.latency_ms >= 1 && !seen.wanted, "{seen:?}");
        assert_eq!(pace.window(), Window::default());
    }

    #[test]
    fn whoever_gives_up_early_learns_that_it_is_slow_and_not_that_it_failed() {
        let pace = rested(100, 0);
        assert!(pace.is_quick());
        assert_eq!(pace.call(true, || Err::<(), _>(Fault::TimedOut)), Err(Fault::TimedOut));
        assert_eq!((pace.window().failed, pace.is_quick()), (0, true));
        let slow = || {
            std::thread::sleep(Duration::from_millis(u64::from(QUICK_MS) + 20));
            Err::<(), _>(Fault::TimedOut)
        };
        assert!(pace.call(true, slow).is_err());
        assert_eq!((pace.window().failed, pace.is_quick()), (0, false));
        assert_eq!(pace.window().calls, 0);
        assert!(!pace.is_quick(), "a window without calls says nothing");
        assert!(pace.call(false, || Ok(())).is_ok());
        assert!(pace.window().calls == 1 && pace.is_quick());
    }

    #[test]
    fn a_counterpart_is_down_when_several_calls_in_a_row_fail_and_until_one_is_answered() {
        let pace = rested(1_000, 0);
        let fails = |brief| drop(pace.call(brief, || Err::<(), _>(Fault::Garbled("500".to_owned()))));
        (1..DOWN_FROM).for_each(|_| fails(false));
        assert!(!pace.is_down(), "a few may fail by themselves");
        assert!(pace.call(false, || Err::<(), _>(Fault::refused("0", "no"))).is_err());
        (1..DOWN_FROM).for_each(|_| fails(false));
        assert!(!pace.is_down(), "a refusal is an answer");
        fails(true);
        assert!(pace.is_down());
        assert!(
            pace.call(true, || Err::<(), _>(Fault::TimedOut)).is_err() && pace.is_down(),
            "nobody waited"
        );
        assert!(pace.call(false, || Ok(())).is_ok() && !pace.is_down());
    }

    #[test]
    fn our_own_waiting_is_not_held_against_the_counterpart() {
        let pace = rested(1, 0);
        assert_eq!(pace.call(false, || Ok(())), Ok(()));
        assert_eq!(pace.call(false, || Ok(())), Err(Fault::Throttled));
        let seen = pace.window();
        assert_eq!((seen.calls, seen.throttled, seen.wanted), (1, 0, true));
    }
}
