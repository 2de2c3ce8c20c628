//! Time per verdict of the compiled pack against the same conditions written by hand in Rust.

use std::process::Command;

use anyhow::{Context, Result};

use super::round::{Better, Figure};
use crate::say::step;
use crate::shell;

/// One figure; the rounds themselves are interleaved inside the example, in one process.
pub fn measure(rounds: usize, profile: &str) -> Result<Vec<Figure>> {
    step("verdicts against hand-written Rust");
    let program = super::example("clearway-domain", "verdict", profile)?;
    let said = shell::read(Command::new(program).arg(rounds.to_string()))?;
    let pair = |line: &str| -> Result<(f64, f64)> {
        let (ours, floor) = line.split_once(' ').context("two numbers a line")?;
        Ok((ours.parse()?, floor.parse()?))
    };
    let rounds =
        said.lines().map(pair).collect::<Result<Vec<_>>>().with_context(|| format!("it said:\n{said}"))?;
    let name = "verdict 首违警告, ns each, with explanation".to_owned();
    Ok(vec![Figure { name, better: Better::Lower, rounds }])
}
