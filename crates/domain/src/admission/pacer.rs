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
/// Answered calls behind a mean that says something about the platform: it answers one thing in 60 ms and another in 400, and which of
/// them a few calls were is chance. Fewer are gathered over several windows.
const ENOUGH: u32 = 30;
/// Windows for which the usual time follows upwards at once, at most: a quiet hour between two looks is not an hour of slowness.
const FOLLOWED: u32 = 60;

/// Additive increase, multiplicative decrease. All rates are thousandths of a call a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacer {
    ceiling: u32,
    rate: u32,
    /// Usual latency, ms; 0 before the first answer.
    usual_ms: u32,
    cooldown: u8,
    gathered: Gathered,
}

/// Answered calls until there are [`ENOUGH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Gathered {
    windows: u32,
    calls: u32,
    ms: u64,
}

impl Gathered {
    /// Takes a window in; once there are enough calls, their mean, ms, and in how many windows they came.
    fn mean(&mut self, window: &Window) -> Option<(u32, u32)> {
        let answered = window.calls.saturating_sub(window.failed).saturating_sub(window.throttled);
        self.windows = self.windows.saturating_add(1);
        if window.latency_ms > 0 {
            self.calls = self.calls.saturating_add(answered);
            self.ms = self.ms.saturating_add(u64::from(window.latency_ms) * u64::from(answered));
        }
        if self.calls < ENOUGH {
            return None;
        }
        let all = std::mem::take(self);
        Some((u32::try_from(all.ms / u64::from(all.calls)).unwrap_or(u32::MAX), all.windows))
    }
}

impl Pacer {
    /// Begins at half of the ceiling: a restart in the middle of trouble must not make it worse.
    #[must_use]
    pub fn new(ceiling: u32) -> Self {
        let (rate, gathered) = (at_rest(ceiling), Gathered::default());
        Self { ceiling, rate, usual_ms: 0, cooldown: 0, gathered }
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
        // Where nobody had to wait a slower pace would hold nobody back: the slowness is not of our making.
        let slow = self.is_slow(window) && window.wanted;
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
        } else if window.calls > 0 && (window.wanted || self.rate < at_rest(self.ceiling)) {
            // While nobody wants more it comes back to where a start begins, and no further: of a hundred single calls in a quiet hour
            // five fail by themselves, and the rush after it must not begin with one call a second.
            let step = (self.ceiling / STEPS).max(100);
            let most = if window.wanted { self.ceiling } else { at_rest(self.ceiling) };
            self.rate = self.rate.saturating_add(step).min(most);
        }
        self.rate
    }

    /// Whether answers take more than twice their usual time. The usual time follows slowly upwards and at once
    /// downwards, and both only with enough calls behind it.
    fn is_slow(&mut self, window: &Window) -> bool {
        let Some((mean_ms, windows)) = self.gathered.mean(window) else { return false };
        if self.usual_ms == 0 || mean_ms < self.usual_ms {
            self.usual_ms = mean_ms;
            return false;
        }
        let slow = mean_ms > LATENCY_FREE_MS && mean_ms > self.usual_ms.saturating_mul(2);
        let step = (self.usual_ms / 64 + 1).saturating_mul(windows.min(FOLLOWED));
        self.usual_ms = self.usual_ms.saturating_add(step).min(mean_ms);
        slow
    }
}

/// Half of a ceiling: where the pace begins, and where it stands while nobody needs more.
fn at_rest(ceiling: u32) -> u32 {
    (ceiling / 2).max(FLOOR.min(ceiling))
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

    /// A platform that answers one call in four in 60 ms and the others in about 400, whatever it is asked for.
    fn mixed(calls: u32, draw: &mut u32) -> Window {
        let mut next = || {
            *draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *draw >> 16
        };
        let ms: u32 = (0..calls).map(|_| if next() % 4 == 0 { 60 } else { 360 + next() % 80 }).sum();
        let latency_ms = ms.checked_div(calls).unwrap_or(0);
        Window { calls, latency_ms, wanted: calls > 1, ..Window::default() }
    }

    /// Calls of ten minutes of a rush, percent of what the ceiling lets through.
    fn rushed(pacer: &mut Pacer, draw: &mut u32) -> u32 {
        let mut made = 0;
        for _ in 0..600 {
            let calls = pacer.rate() / 1_000;
            made += calls;
            pacer.observe(&Window { wanted: true, ..mixed(calls, draw) });
        }
        made * 100 / (pacer.ceiling() / 1_000 * 600)
    }

    #[test]
    fn after_a_quiet_hour_of_quick_and_slow_calls_a_rush_has_the_ceiling() {
        for seed in 0..50 {
            for ceiling in [50_000, 25_000] {
                let (mut pacer, mut draw) = (Pacer::new(ceiling), seed);
                for second in 0..3_600_u32 {
                    pacer.observe(&mixed(u32::from(second % 3 != 0), &mut draw));
                }
                let used = rushed(&mut pacer, &mut draw);
                assert!(used >= 90, "{used} % of {ceiling}, draw {seed}");
            }
        }
    }

    #[test]
    fn after_an_outage_too() {
        for seed in 0..50 {
            let (mut pacer, mut draw) = (Pacer::new(50_000), seed);
            for second in 0..3_600_u32 {
                pacer.observe(&if second < 600 { down() } else { mixed(1, &mut draw) });
            }
            let used = rushed(&mut pacer, &mut draw);
            assert!(used >= 90, "{used} %, draw {seed}");
            // In the middle of the rush: down to one call a second, and back.
            (0..60).for_each(|_| {
                pacer.observe(&down());
            });
            assert_eq!(pacer.rate(), FLOOR);
            let used = rushed(&mut pacer, &mut draw);
            assert!(used >= 90, "{used} % after the outage, draw {seed}");
        }
    }

    #[test]
    fn single_calls_that_fail_in_a_quiet_hour_do_not_wear_the_pace_down() {
        let mut pacer = Pacer::new(50_000);
        for call in 0..3_600 {
            let failed = u32::from(call % 20 == 0);
            let latency_ms = if failed == 0 { 60 } else { 0 };
            pacer.observe(&Window { calls: 1, failed, latency_ms, ..Window::default() });
        }
        assert_eq!(pacer.rate(), 25_000, "where a start begins");
    }

    #[test]
    fn three_times_slower_under_load_lowers_it_and_unasked_it_does_not() {
        let mut pacer = Pacer::new(50_000);
        let took = |pacer: &Pacer, latency_ms, wanted| Window {
            calls: pacer.rate() / 1_000,
            latency_ms,
            wanted,
            ..Window::default()
        };
        (0..60).for_each(|_| {
            pacer.observe(&took(&pacer, 200, true));
        });
        assert_eq!(pacer.rate(), 50_000);
        (0..10).for_each(|_| {
            pacer.observe(&took(&pacer, 600, false));
        });
        assert_eq!(pacer.rate(), 50_000, "nobody had to wait for a permit");
        (0..10).for_each(|_| {
            pacer.observe(&took(&pacer, 600, true));
        });
        assert!(pacer.rate() <= 15_000, "{}", pacer.rate());
        // What it bears, it is given: 600 ms above 30 calls a second, 200 below.
        let mut made = 0;
        for _ in 0..300 {
            let latency_ms = if pacer.rate() > 30_000 { 600 } else { 200 };
            pacer.observe(&took(&pacer, latency_ms, true));
            made += pacer.rate() / 1_000;
        }
        assert!((20 * 300..=36 * 300).contains(&made), "{made}");
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
