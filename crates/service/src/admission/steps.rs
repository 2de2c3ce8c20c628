//! How long requests took, by step: counts in fixed classes, no matter how many requests there were.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Upper ends of the classes, ms; what took longer is in a last one.
pub const BOUNDS_MS: [u64; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
/// Steps that are told apart at most: addresses are templates, so there are few.
const STEPS_MAX: usize = 200;

/// Counts of one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Requests by class, since the start.
    pub counts: [u64; BOUNDS_MS.len() + 1],
    /// Their time together, ms.
    pub sum_ms: u64,
    /// Those that ended in a fault of ours (status 500 and above).
    pub failed: u64,
    /// As it was at the last turn of the window, and at the one before.
    windows: [[u64; BOUNDS_MS.len() + 1]; 2],
}

/// All steps.
#[derive(Debug, Default)]
pub struct Steps(Mutex<BTreeMap<String, Step>>);

impl Steps {
    /// Counts a request of that step.
    pub fn took(&self, step: &str, ms: u64, failed: bool) {
        let class = BOUNDS_MS.partition_point(|bound| *bound < ms);
        let mut steps = self.lock();
        if let Some(known) = steps.get_mut(step) {
            known.count(class, ms, failed);
        } else if steps.len() < STEPS_MAX {
            steps.entry(step.to_owned()).or_default().count(class, ms, failed);
        }
    }

    /// Begins a new window for [`Step::p95_ms`], which looks at the last one or two.
    pub fn turn(&self) {
        for step in self.lock().values_mut() {
            step.windows = [step.windows[1], step.counts];
        }
    }

    /// All steps, by name.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Step)> {
        self.lock().iter().map(|(name, step)| (name.clone(), *step)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Step>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Step {
    fn count(&mut self, class: usize, ms: u64, failed: bool) {
        self.counts[class] += 1;
        self.sum_ms += ms;
        self.failed += u64::from(failed);
    }

    /// Time within which 95 of 100 recent requests were answered, ms: the upper end of its class. `None` when there were
    /// none.
    #[must_use]
    pub fn p95_ms(&self) -> Option<u64> {
        let recent: Vec<u64> =
            self.counts.iter().zip(&self.windows[0]).map(|(now, then)| now - then).collect();
        let all: u64 = recent.iter().sum();
        let mut left = (all * 95).div_ceil(100);
        (all > 0).then(|| {
            let class = recent.iter().position(|count| {
                left = left.saturating_sub(*count);
                left == 0
            });
            class.and_then(|class| BOUNDS_MS.get(class).copied()).unwrap_or(u64::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_slow_ones_in_a_hundred_do_not_show_and_six_do() {
        let steps = Steps::default();
        (0..95).for_each(|_| steps.took("list", 4, false));
        (0..5).for_each(|_| steps.took("list", 900, false));
        assert_eq!(steps.all()[0].1.p95_ms(), Some(5));
        (0..2).for_each(|_| steps.took("list", 900, true));
        let step = steps.all()[0].1;
        assert_eq!((step.p95_ms(), step.failed, step.sum_ms), (Some(1_000), 2, 95 * 4 + 7 * 900));
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let steps = Steps::default();
        steps.took("list", 4_000, false);
        steps.turn();
        steps.turn();
        assert_eq!(steps.all()[0].1.p95_ms(), None);
        steps.took("list", 1, false);
        assert_eq!(steps.all()[0].1.p95_ms(), Some(1));
    }
}
