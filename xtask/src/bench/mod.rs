//! `cargo x bench baseline`: what our work costs beside the floor below which nothing can go, measured in
//! the same seconds. Rounds are interleaved (A B A B …); the figure is the median of the paired ratios,
//! and the second-worst round stands beside it.

mod page;
mod round;
mod settle;
mod verdict;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::needs::{self, Need};
use crate::say::step;
use crate::shell;

/// Runs what `rest` names; only `baseline` so far.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &[], &["rounds"])?;
    if args.words() != ["baseline"] {
        bail!("cargo x bench baseline [--rounds N]");
    }
    let rounds: usize = args.value("rounds").unwrap_or("7").parse()?;
    if rounds < 3 {
        bail!("--rounds is at least 3: the second-worst round is part of the figure");
    }
    needs::ensure(&[Need::Postgres, Need::Wrk])?;
    step("building for release");
    shell::run(shell::cargo().args(["build", "--release", "-p", "clearway", "-p", "clearway-sims"]))?;
    let figures = [verdict::measure(rounds)?, page::measure(rounds)?, settle::measure(rounds)?].concat();
    println!("\n{:<44} {:>12} {:>12} {:>9} {:>13}", "figure", "ours", "floor", "ratio", "second-worst");
    for figure in &figures {
        println!("{figure}");
    }
    println!(
        "\nours and floor are medians; the ratio is the median of the rounds' own ratios, {rounds} rounds each."
    );
    Ok(())
}
