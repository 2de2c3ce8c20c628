//! Paired rounds and what is printed of them.

use std::fmt;

use crate::say::wide;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// A cost, in ns or CPU-µs: the ratio is ours ÷ floor, small is good.
    Lower,
    /// A rate, in units per second: the ratio is ours ÷ floor, large is good.
    Higher,
}

/// One figure: our values and the floor's, round by round.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What is measured, with its unit.
    pub name: String,
    /// Which way is better.
    pub better: Better,
    /// (ours, floor) of each round, measured one right after the other.
    pub rounds: Vec<(f64, f64)>,
}

impl Figure {
    /// The ratios of the rounds, from the best to the worst.
    pub fn ratios(&self) -> Vec<f64> {
        let mut ratios: Vec<f64> = self.rounds.iter().map(|(ours, floor)| ours / floor).collect();
        ratios.sort_by(f64::total_cmp);
        if self.better == Better::Higher {
            ratios.reverse();
        }
        ratios
    }

    /// The ratio of the round that only one round was worse than.
    pub fn second_worst(&self) -> f64 {
        let ratios = self.ratios();
        ratios[ratios.len().saturating_sub(2)]
    }
}

/// The middle value; of an even number, the lower of the two in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = median(self.rounds.iter().map(|(ours, _)| *ours));
        let floor = median(self.rounds.iter().map(|(_, floor)| *floor));
        let ratio = median(self.ratios().into_iter());
        let Figure { name, .. } = self;
        write!(
            out,
            "{} {ours:>12.1} {floor:>12.1} {ratio:>9.3} {:>13.3}",
            wide(name, 52),
            self.second_worst()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_worst_round_is_on_the_bad_side() {
        let rounds = vec![(1.0, 1.0), (5.0, 1.0), (2.0, 1.0), (3.0, 1.0)];
        let cost = Figure { name: String::new(), better: Better::Lower, rounds: rounds.clone() };
        assert!((cost.second_worst() - 3.0).abs() < 1e-9);
        let rate = Figure { name: String::new(), better: Better::Higher, rounds };
        assert!((rate.second_worst() - 2.0).abs() < 1e-9);
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
    }
}
