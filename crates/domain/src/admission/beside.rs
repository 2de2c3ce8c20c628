//! Checks that wait beside the turns: how many, and how fast they become fewer. Counting them walks along all of them, so that it is done
//! some times a minute; in between what was measured goes on.

use std::collections::VecDeque;

/// Milliseconds over which the speed is measured, at most.
const SPAN_MS: i64 = 90_000;
/// Milliseconds without a count after which nothing is known.
const SILENT_MS: i64 = 60_000;

/// Checks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checks {
    /// Those that wait.
    pub waiting: u64,
    /// By how many they become fewer, thousandths a second; nothing while they become more: what comes as fast as it is made takes
    /// nothing away that would be given back.
    pub drained: u64,
}

/// The counts of the last minute and a half, while somebody waits for a turn.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// When, ms, and how many.
    counts: VecDeque<(i64, u64)>,
}

impl Beside {
    /// At `at_ms` so many checks waited.
    pub fn count(&mut self, at_ms: i64, checks: u64) {
        // The clock stepped, or nobody counted: what was measured belongs to another crowd.
        if self.counts.back().is_some_and(|(last_ms, _)| !(0..=SILENT_MS).contains(&(at_ms - last_ms))) {
            self.counts.clear();
        }
        self.counts.push_back((at_ms, checks));
        while self.counts.front().is_some_and(|(first_ms, _)| at_ms - first_ms > SPAN_MS) {
            self.counts.pop_front();
        }
    }

    /// Nobody waits for a turn: what is measured from then on is another day.
    pub fn forget(&mut self) {
        self.counts.clear();
    }

    /// What is to be expected of the checks at `now_ms`; none where they were not counted lately.
    #[must_use]
    pub fn now(&self, now_ms: i64) -> Checks {
        let (Some((first_ms, before)), Some((last_ms, counted))) = (self.counts.front(), self.counts.back())
        else {
            return Checks::default();
        };
        let age_ms = now_ms - last_ms;
        if !(0..=SILENT_MS).contains(&age_ms) {
            return Checks::default();
        }
        let fewer = u128::from(before.saturating_sub(*counted)) * 1_000_000;
        let drained = fewer.checked_div(u128::from((last_ms - first_ms).unsigned_abs())).unwrap_or(0);
        let since = drained * u128::from(age_ms.unsigned_abs()) / 1_000_000;
        Checks {
            waiting: counted.saturating_sub(u64::try_from(since).unwrap_or(u64::MAX)),
            drained: u64::try_from(drained).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted every fifteen seconds for two minutes, from ten thousand on.
    fn counted(a_second: i64) -> Beside {
        let mut beside = Beside::default();
        for second in (0..=120).step_by(15) {
            beside.count(second * 1_000, 10_000_u64.saturating_add_signed(second * a_second));
        }
        beside
    }

    #[test]
    fn between_two_counts_they_go_on_becoming_fewer() {
        let beside = counted(-20);
        assert_eq!(beside.now(120_000), Checks { waiting: 7_600, drained: 20_000 });
        assert_eq!(beside.now(130_000), Checks { waiting: 7_400, drained: 20_000 });
    }

    #[test]
    fn those_that_become_more_give_nothing_back() {
        assert_eq!(counted(20).now(125_000), Checks { waiting: 12_400, drained: 0 });
    }

    #[test]
    fn what_was_counted_long_ago_or_only_once_says_little() {
        assert_eq!(counted(-20).now(181_000), Checks::default());
        assert_eq!(counted(-20).now(100_000), Checks::default(), "the clock stepped back");
        let mut beside = counted(-20);
        beside.count(300_000, 50);
        assert_eq!(beside.now(301_000), Checks { waiting: 50, drained: 0 });
        beside.forget();
        assert_eq!(beside.now(301_000), Checks::default());
    }
}
