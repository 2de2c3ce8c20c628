//! Figures with a gate that must hold and an aim worth being known for.

use anyhow::{Result, bail};

use super::round::{Better, Figure, median};
use crate::say::wide;

/// A figure that has to reach something.
pub struct Goal {
    /// The figure: (what is compared with us or we, the other).
    pub figure: Figure,
    /// What the second-worst round must reach; `None`: shown for comparison only.
    pub gate: Option<f64>,
    /// What we want to be known for.
    pub aim: Option<f64>,
}

impl Goal {
    fn reaches(&self, mark: f64) -> bool {
        let worst = self.figure.second_worst();
        match self.figure.better {
            Better::Lower => worst <= mark,
            Better::Higher => worst >= mark,
        }
    }

    fn word(&self) -> &'static str {
        match (self.gate, self.aim) {
            (Some(gate), _) if !self.reaches(gate) => "MISSED",
            (_, Some(aim)) if self.reaches(aim) => "aim reached",
            (Some(_), _) => "gate passed",
            (None, _) => "",
        }
    }
}

/// How often a gate stands beside a goal, and how often it was missed.
pub fn gates(goals: &[Goal]) -> (usize, usize) {
    let marked = goals.iter().filter_map(|goal| goal.gate.map(|gate| goal.reaches(gate)));
    let reached: Vec<bool> = marked.collect();
    (reached.len(), reached.iter().filter(|reached| !**reached).count())
}

/// The cells of a goal: figure, this, to that, ratio, second-worst, gate, aim, and a word.
pub fn cells(goal: &Goal) -> [String; 8] {
    let rounds = &goal.figure.rounds;
    let mark = |mark: Option<f64>| mark.map_or_else(|| "–".to_owned(), |mark| format!("{mark}"));
    [
        goal.figure.name.clone(),
        format!("{:.1}", median(rounds.iter().map(|(this, _)| *this))),
        format!("{:.1}", median(rounds.iter().map(|(_, that)| *that))),
        format!("{:.3}", median(goal.figure.ratios().into_iter())),
        format!("{:.3}", goal.figure.second_worst()),
        mark(goal.gate),
        mark(goal.aim),
        goal.word().to_owned(),
    ]
}

/// Prints goals as a table.
pub fn print(goals: &[Goal]) {
    let titles = ["figure", "this", "to that", "ratio", "second-worst", "gate", "aim", ""];
    line(&titles.map(str::to_owned));
    for goal in goals {
        line(&cells(goal));
    }
}

fn line([name, this, that, ratio, worst, gate, aim, word]: &[String; 8]) {
    println!("{} {this:>12} {that:>12} {ratio:>9} {worst:>13} {gate:>8} {aim:>8}  {word}", wide(name, 62));
}

/// Prints all goals; an error when a gate was missed.
pub fn judge(goals: &[Goal], rounds: usize) -> Result<()> {
    println!();
    print(goals);
    println!(
        "\nthis and that are medians; the ratio is the median of the rounds' own ratios, {rounds} rounds, interleaved; \
         the second-worst round has to pass the gate."
    );
    let (marked, missed) = gates(goals);
    if missed > 0 {
        bail!("{missed} of {marked} gates missed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(better: Better, ratio: f64) -> Goal {
        let figure = Figure { name: String::new(), better, rounds: vec![(ratio, 1.0); 3] };
        Goal { figure, gate: Some(3.0), aim: Some(2.0) }
    }

    #[test]
    fn a_gate_is_passed_from_its_good_side_only() {
        assert_eq!(goal(Better::Lower, 3.5).word(), "MISSED");
        assert_eq!(goal(Better::Lower, 2.5).word(), "gate passed");
        assert_eq!(goal(Better::Lower, 1.5).word(), "aim reached");
        assert_eq!(goal(Better::Higher, 2.5).word(), "MISSED");
        assert!(judge(&[goal(Better::Higher, 2.5)], 3).is_err());
        assert!(judge(&[goal(Better::Lower, 1.0)], 3).is_ok());
    }
}
