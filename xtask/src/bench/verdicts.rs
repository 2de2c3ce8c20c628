//! Both programmes judged with all their reasons, policy as data: ours beside three rules engines and beside
//! hand-written Rust.
//!
//! The policy is exported from the pack itself, the fact sets are seeded, and every peer must give our answers, reason
//! by reason, before any time is taken. What counts is CPU time; each side judges the same fact sets one by one.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::goal::Goal;
use super::round::{Better, Figure};
use super::{example, peers};
use crate::needs::{self, Need};
use crate::say::step;
use crate::shell;

/// Fact sets, and the seed they come from.
const SETS: &str = "500";
const SEED: &str = "20200405";
/// Milliseconds of work of the quick sides, and of the slow ones, in one round.
const QUICK: &str = "300";
const SLOW: &str = "1500";

/// One engine that is asked the same.
struct Peer {
    name: &'static str,
    program: String,
    before: Vec<String>,
    millis: &'static str,
}

impl Peer {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.before);
        command
    }

    /// CPU-ns for each fact set: one number, or two where it is measured in two ways.
    fn time(&self, data: &Path) -> Result<Vec<f64>> {
        numbers(self.command().arg("time").arg(data).arg(self.millis))
    }
}

/// All figures of P-7.
pub fn measure(rounds: usize, profile: &str) -> Result<Vec<Goal>> {
    needs::ensure(&[Need::Node, Need::Python])?;
    let ours = example("clearway-domain", "verdicts", profile)?;
    let by_hand = example("clearway-domain", "verdict", profile)?;
    let data = peers::folder().join("verdicts");
    std::fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    shell::read(Command::new(&ours).arg("export").arg(&data).args([SETS, SEED]))?;
    let [rules, zen, openfisca] = installed()?;
    for peer in [&rules, &zen, &openfisca] {
        peers::check(peer.name, &mut peer.command(), &data)?;
    }
    let mut all: [Vec<(f64, f64)>; 6] = Default::default();
    for round in 1..=rounds {
        step(&format!("verdicts, round {round} of {rounds}"));
        let ours = numbers(Command::new(&ours).args(["time", SETS, SEED, QUICK]))?;
        let (judged, told) = (ours[0], ours[1]);
        let zen = zen.time(&data)?;
        let floor = numbers(Command::new(&by_hand).arg("1"))?;
        all[0].push((rules.time(&data)?[0], judged));
        all[1].push((zen[0], judged));
        all[2].push((openfisca.time(&data)?[0], judged));
        all[3].push((floor[0], floor[1]));
        all[4].push((zen[1], judged));
        all[5].push((told, judged));
    }
    let [rules, zen, openfisca, floor, machine, told] = all;
    let times = |name: &str, rounds, gate: Option<f64>, aim| Goal {
        figure: Figure { name: name.to_owned(), better: Better::Higher, rounds },
        gate,
        aim,
    };
    Ok(vec![
        times("json-rules-engine ÷ ours, CPU-ns a fact set", rules, Some(200.0), Some(500.0)),
        times("zen-engine (native) ÷ ours", zen, Some(10.0), Some(25.0)),
        times("OpenFisca, one person ÷ ours", openfisca, Some(500.0), Some(1500.0)),
        Goal {
            figure: Figure {
                name: "ours from raw facts, one programme ÷ hand-written Rust".to_owned(),
                better: Better::Lower,
                rounds: floor,
            },
            gate: Some(50.0),
            aim: Some(20.0),
        },
        times("zen's bare expression machine ÷ ours", machine, None, None),
        times("ours with every value as text ÷ ours", told, None, None),
    ])
}

fn installed() -> Result<[Peer; 3]> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let rules = peers::node("rules/json-rules-engine")?;
    let (openfisca, python) = peers::python("rules/openfisca")?;
    let zen = peers::rust("rules/zen", "peer-zen")?;
    Ok([
        Peer {
            name: "json-rules-engine",
            program: "node".to_owned(),
            before: vec![text(&rules.join("main.js"))],
            millis: SLOW,
        },
        Peer { name: "zen-engine", program: text(&zen), before: Vec::new(), millis: QUICK },
        Peer {
            name: "OpenFisca",
            program: text(&python),
            before: vec![text(&openfisca.join("main.py"))],
            millis: SLOW,
        },
    ])
}

fn numbers(command: &mut Command) -> Result<Vec<f64>> {
    let said = shell::read(command)?;
    let numbers: Option<Vec<f64>> = said.split_whitespace().map(|word| word.parse().ok()).collect();
    numbers
        .filter(|numbers| !numbers.is_empty())
        .with_context(|| format!("numbers were expected, it said:\n{said}"))
}
