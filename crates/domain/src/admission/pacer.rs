//! How fast a counterpart may be asked: a little faster while it is well, much slower at once when it is not, and never
//! above the ceiling that was agreed with it.

/// What was seen of a counterpart in about a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Calls that ended.
    pub calls: u32,
    /// Those without a usable answer: not reached, timed out, not understood. A refusal is an answer.
    pub failed: u32,
    /// Those that were told there are too many.
    pub throttled: u32,
    /// Mean time of a call that was answered, ms; 0 when none was.
    pub latency_ms: u32,
    /// Whether somebody had to wait for a permit: a rate that nobody uses up says nothing about a higher one.
    pub wanted: bool,
}

/// Slowest pace, thousandths of a call a second: one a second, so that an end of an outage is noticed.
pub const FLOOR: u32 = 1_000;
/// The ceiling is reached from the floor in so many windows.
const STEPS: u32 = 20;
/// Latency that is still well, whatever the usual one is, ms.
const LATENCY_FREE_MS: u32 = 250;
/// Windows after a decrease in which its effect is awaited.
const COOLDOWN: u8 = 2;

/// Additive increase, multiplicative decrease. All rates are thousandths of a call a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacer {
    ceiling: u32,
    rate: u32,
    /// Usual latency, ms; 0 before the first answer.
    usual_ms: u32,
    cooldown: u8,
}

impl Pacer {
    /// Begins at half of the ceiling: a restart in the middle of trouble must not make it worse.
    #[must_use]
    pub fn new(ceiling: u32) -> Self {
        Self { ceiling, rate: (ceiling / 2).max(FLOOR.min(ceiling)), usual_ms: 0, cooldown: 0 }
    }

    /// The pace now.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// The ceiling now.
    #[must_use]
    pub const fn ceiling(&self) -> u32 {
        self.ceiling
    }

    /// Another ceiling: a lower one holds at once, a higher one is climbed to.
    pub fn set_ceiling(&mut self, ceiling: u32) {
        self.ceiling = ceiling;
        self.rate = self.rate.min(ceiling).max(FLOOR.min(ceiling));
    }

    /// Takes a window in; the pace from here on.
    pub fn observe(&mut self, window: &Window) -> u32 {
        let slow = self.is_slow(window.latency_ms);
        // One in twenty fails on an ordinary day; one in five does not.
        let failing = window.failed.saturating_mul(5) > window.calls;
        let floor = FLOOR.min(self.ceiling);
        if self.cooldown > 0 {
            self.cooldown -= 1;
        }
        if window.throttled > 0 || (window.calls > 0 && (failing || slow)) {
            if self.cooldown == 0 {
                self.rate = (self.rate / 10 * 7).max(floor);
                self.cooldown = COOLDOWN;
            }
        } else if window.wanted && window.calls > 0 {
            let step = (self.ceiling / STEPS).max(100);
            self.rate = self.rate.saturating_add(step).min(self.ceiling);
        }
        self.rate
    }

    /// Whether answers take more than twice their usual time. The usual time follows slowly upwards and at once
    /// downwards.
    fn is_slow(&mut self, latency_ms: u32) -> bool {
        if latency_ms == 0 {
            return false;
        }
        if self.usual_ms == 0 || latency_ms < self.usual_ms {
            self.usual_ms = latency_ms;
            return false;
        }
        let slow = latency_ms > LATENCY_FREE_MS && latency_ms > self.usual_ms.saturating_mul(2);
        self.usual_ms = self.usual_ms.saturating_add(self.usual_ms / 64 + 1).min(latency_ms);
        slow
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CEILING: u32 = 200_000;

    fn well(rate: u32) -> Window {
        Window { calls: rate / 1_000, latency_ms: 40, wanted: true, ..Window::default() }
    }

    fn down() -> Window {
        Window { calls: 3, failed: 3, wanted: true, ..Window::default() }
    }

    #[test]
    fn a_well_platform_is_used_up_to_the_ceiling_and_no_further() {
        let mut pacer = Pacer::new(CEILING);
        for _ in 0..10 {
            pacer.observe(&well(pacer.rate()));
        }
        assert_eq!(pacer.rate(), CEILING);
        pacer.observe(&well(CEILING));
        assert_eq!(pacer.rate(), CEILING);
    }

    #[test]
    fn one_failure_in_twenty_is_an_ordinary_day() {
        let mut pacer = Pacer::new(CEILING);
        for _ in 0..100 {
            let calls = pacer.rate() / 1_000;
            pacer.observe(&Window { failed: calls / 20, ..well(pacer.rate()) });
        }
        assert_eq!(pacer.rate(), CEILING);
    }

    #[test]
    fn an_outage_ends_in_one_call_a_second_and_the_return_takes_its_time() {
        let mut pacer = Pacer::new(CEILING);
        for _ in 0..60 {
            pacer.observe(&down());
        }
        assert_eq!(pacer.rate(), FLOOR);
        let mut windows = 0;
        while pacer.rate() < CEILING {
            let before = pacer.rate();
            let after = pacer.observe(&well(before));
            assert!(after - before <= CEILING / STEPS, "no stampede: {before} to {after}");
            windows += 1;
        }
        assert!(windows <= 25, "back within half a minute, not {windows} s");
    }

    #[test]
    fn a_rate_that_nobody_uses_up_is_not_raised() {
        let mut pacer = Pacer::new(CEILING);
        let before = pacer.rate();
        for _ in 0..50 {
            pacer.observe(&Window { calls: 3, latency_ms: 40, ..Window::default() });
            pacer.observe(&Window::default());
        }
        assert_eq!(pacer.rate(), before);
    }

    #[test]
    fn nothing_is_nothing() {
        let mut pacer = Pacer::new(CEILING);
        pacer.set_ceiling(0);
        assert_eq!((pacer.rate(), pacer.observe(&well(1_000))), (0, 0), "paused");
        pacer.set_ceiling(CEILING);
        assert!(pacer.rate() <= FLOOR, "and goes on slowly");
    }

    /// A platform that answers in 40 ms up to what it can bear and queues above it.
    fn played(capacity: u32, seconds: u32) -> (Pacer, u32) {
        let mut pacer = Pacer::new(CEILING);
        let (mut backlog, mut served) = (0_u32, 0_u32);
        for _ in 0..seconds {
            let asked = pacer.rate() / 1_000 + backlog;
            let done = asked.min(capacity);
            backlog = asked - done;
            served += done;
            let latency_ms = 40 + backlog.saturating_mul(1_000) / capacity;
            pacer.observe(&Window { calls: done, latency_ms, wanted: true, ..Window::default() });
        }
        (pacer, served)
    }

    #[test]
    fn a_platform_that_bears_less_than_was_agreed_is_found_out_by_its_latency() {
        let (_, served) = played(80, 300);
        let most = 80 * 300;
        assert!(served * 100 >= most * 80, "{served} of {most}");
        let mut pacer = Pacer::new(CEILING);
        for _ in 0..300 {
            let calls = (pacer.rate() / 1_000).min(80);
            let throttled = (pacer.rate() / 1_000).saturating_sub(80);
            pacer.observe(&Window { calls, throttled, latency_ms: 40, wanted: true, failed: 0 });
            assert!(pacer.rate() <= CEILING);
        }
        assert!(pacer.rate() < 120_000, "{}", pacer.rate());
    }

    proptest! {
        #[test]
        fn whatever_happens_the_pace_stays_between_floor_and_ceiling(
            ceiling in 0_u32..1_000_000,
            windows in prop::collection::vec((0_u32..500, 0_u32..500, 0_u32..3, 0_u32..60_000, any::<bool>(), 0_u32..1_000_000), 1..200),
        ) {
            let mut pacer = Pacer::new(ceiling);
            for (calls, failed, throttled, latency_ms, wanted, other) in windows {
                if other % 7 == 0 {
                    pacer.set_ceiling(other);
                }
                let before = pacer.rate();
                let window = Window { calls, failed, throttled, latency_ms, wanted };
                let after = pacer.observe(&window);
                prop_assert!(after <= pacer.ceiling());
                prop_assert!(after >= FLOOR.min(pacer.ceiling()));
                prop_assert!(after.saturating_sub(before) <= (pacer.ceiling() / STEPS).max(100));
                prop_assert!(throttled == 0 || after <= before, "faster although it said no");
            }
        }
    }
}
