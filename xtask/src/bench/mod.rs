//! `cargo x bench …`: what our work costs beside the floor below which nothing can go, and beside what others would
//! use for it, measured in the same seconds. Rounds are interleaved (A B A B …); the figure is the median of the paired
//! ratios, and the second-worst round, which has to pass the gate, stands beside it.

mod cities;
mod goal;
mod load;
mod look;
mod page;
mod peers;
mod round;
mod settle;
mod start;
mod verdict;
mod verdicts;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::needs::{self, Need};
use crate::shell;
use crate::stack;

/// `cargo build` of an example; returns the program.
fn example(package: &str, name: &str, profile: &str) -> Result<PathBuf> {
    let mut build = shell::cargo();
    build.args(["build", "--quiet", "-p", package, "--example", name]);
    if profile == "release" {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    Ok(shell::target().join(profile).join("examples").join(name))
}

const USAGE: &str = "cargo x bench baseline | verdicts | page | start [--rounds N] [--violations N: of the store of page and start; ten million \
     if not told] [--debug: unoptimised, to try the bench itself]";

/// Violations in the store of `page` and `start`.
const VIOLATIONS: &str = "10000000";

/// Runs what `rest` names.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &["debug"], &["rounds", "violations"])?;
    let profile = if args.has("debug") { "debug" } else { "release" };
    let rounds: usize = args.value("rounds").unwrap_or("7").parse()?;
    if rounds < 3 {
        bail!("--rounds is at least 3: the second-worst round is part of the figure");
    }
    let violations: u32 = args.value("violations").unwrap_or(VIOLATIONS).parse()?;
    match args.words() {
        [what] if what == "baseline" => baseline(rounds, profile),
        [what] if what == "verdicts" => goal::judge(&verdicts::measure(rounds, profile)?, rounds),
        [what] if what == "page" => goal::judge(&look::measure(rounds, profile, violations)?, rounds),
        [what] if what == "peers" => goal::judge(&cities::measure(rounds, profile, violations)?, rounds),
        [what] if what == "start" => goal::judge(&start::measure(rounds, profile, violations)?, rounds),
        _ => bail!(USAGE),
    }
}

fn baseline(rounds: usize, profile: &'static str) -> Result<()> {
    needs::ensure(&[Need::Postgres, Need::Wrk])?;
    stack::build(profile)?;
    let figures = [
        verdict::measure(rounds, profile)?,
        page::measure(rounds, profile)?,
        settle::measure(rounds, profile)?,
    ];
    let figures = figures.concat();
    println!("\n{:<46} {:>12} {:>12} {:>9} {:>13}", "figure", "ours", "floor", "ratio", "second-worst");
    for figure in &figures {
        println!("{figure}");
    }
    println!(
        "\nours and floor are medians; the ratio is the median of the rounds' own ratios, {rounds} rounds each."
    );
    Ok(())
}
