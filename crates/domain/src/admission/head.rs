//! How far a line of work has come: the instant at which what is begun now was wanted, and how fast that instant moves on. From
//! that follows when something wanted at another instant is begun, without counting anybody.

use std::collections::VecDeque;

use super::Wait;

/// Milliseconds between two things that are remembered.
const STEP_MS: i64 = 1_000;
/// Milliseconds over which the speed is measured, at most: what was longer ago says nothing about now.
const SPAN_MS: i64 = 30_000;
/// Milliseconds over which it is measured, at least.
const SPAN_LEAST_MS: i64 = 3_000;
/// Milliseconds without anything begun after which nothing is known.
const SILENT_MS: i64 = 10_000;

/// The head of a line in which whoever came first is served first.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// When something was begun, and when the latest of what had been begun by then was wanted, ms.
    seen: VecDeque<(i64, i64)>,
}

impl Head {
    /// At `at_ms` something was begun that had been wanted at `wanted_ms`.
    pub fn begun(&mut self, at_ms: i64, wanted_ms: i64) {
        let last = self.seen.back().copied();
        // The clock stepped, or this is a new crowd: what was measured before belongs to another line.
        if last.is_some_and(|(last_ms, _)| !(0..=SILENT_MS).contains(&(at_ms - last_ms))) {
            self.seen.clear();
        }
        match self.seen.back_mut() {
            Some((last_ms, head_ms)) if at_ms - *last_ms < STEP_MS => *head_ms = wanted_ms.max(*head_ms),
            _ => {
                // What is tried again was wanted long ago; the line does not go back for it.
                let head_ms = self.seen.back().map_or(wanted_ms, |(_, head_ms)| wanted_ms.max(*head_ms));
                self.seen.push_back((at_ms, head_ms));
            }
        }
        while self.seen.front().is_some_and(|(first_ms, _)| at_ms - first_ms > SPAN_MS) {
            self.seen.pop_front();
        }
    }

    /// How long something still waits that was wanted at `wanted_ms`.
    #[must_use]
    pub fn wait(&self, wanted_ms: i64, now_ms: i64) -> Wait {
        let (Some((first_ms, from_ms)), Some((last_ms, head_ms))) = (self.seen.front(), self.seen.back())
        else {
            return Wait::Unknown;
        };
        if !(0..=SILENT_MS).contains(&(now_ms - last_ms)) {
            return Wait::Unknown;
        }
        if *head_ms >= wanted_ms {
            return Wait::Turn;
        }
        let (span_ms, moved_ms) = (last_ms - first_ms, head_ms - from_ms);
        if span_ms < SPAN_LEAST_MS || moved_ms <= 0 {
            return Wait::Unknown;
        }
        let ahead_ms = i128::from(wanted_ms - head_ms);
        let low_ms = ahead_ms * i128::from(span_ms) / i128::from(moved_ms) - i128::from(now_ms - last_ms);
        Wait::Between { low_ms: i64::try_from(low_ms.max(0)).unwrap_or(i64::MAX), high_ms: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that began at 0: each second what was wanted within the next `speed_ms` is begun.
    fn line(speed_ms: i64, seconds: i64) -> Head {
        let mut head = Head::default();
        for second in 0..seconds {
            for part in 0..10 {
                head.begun(second * 1_000 + part * 100, second * speed_ms + part * speed_ms / 10);
            }
        }
        head
    }

    fn low_ms(wait: Wait) -> i64 {
        match wait {
            Wait::Between { low_ms, .. } => low_ms,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_crowd_that_came_within_half_a_minute_and_is_served_within_five() {
        // A tenth of a second of arrivals a second: whoever came after 20 s is begun after 200 s.
        let head = line(100, 50);
        let foretold = low_ms(head.wait(20_000, 50_000));
        assert!((145_000..=155_000).contains(&foretold), "{foretold}");
        assert_eq!(head.wait(4_000, 50_000), Wait::Turn, "begun already, or as good as");
    }

    #[test]
    fn what_is_not_known_is_not_foretold() {
        assert_eq!(Head::default().wait(5, 10), Wait::Unknown);
        let head = line(100, 50);
        assert_eq!(head.wait(20_000, 70_000), Wait::Unknown, "nothing was begun for long");
        assert_eq!(head.wait(20_000, 30_000), Wait::Unknown, "the clock stepped back");
        assert_eq!(line(100, 2).wait(20_000, 2_000), Wait::Unknown, "too little was seen");
        assert_eq!(line(0, 50).wait(20_000, 50_000), Wait::Unknown, "the line stands");
    }

    #[test]
    fn what_is_tried_again_does_not_take_the_line_back() {
        let mut head = line(100, 50);
        let before = head.wait(20_000, 50_000);
        head.begun(50_000, 7);
        assert!((low_ms(head.wait(20_000, 50_000)) - low_ms(before)).abs() < 10_000);
    }

    #[test]
    fn a_line_that_changes_its_speed_is_believed_after_half_a_minute() {
        let mut head = line(100, 60);
        for second in 60..92 {
            head.begun(second * 1_000, 6_000 + (second - 60) * 1_000);
        }
        let foretold = low_ms(head.wait(60_000, 92_000));
        assert!((20_000..=25_000).contains(&foretold), "{foretold}");
    }
}
