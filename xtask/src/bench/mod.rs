//! `cargo x bench …`: what our work costs beside the floor below which nothing can go, and beside what others would
//! use for it, measured in the same seconds. Rounds are interleaved (A B A B …); the figure is the median of the paired
//! ratios, and the second-worst round, which has to pass the gate, stands beside it.

mod cities;
mod flat;
mod goal;
mod hostile;
mod load;
mod look;
mod page;
mod peers;
mod round;
mod scheduled;
mod settle;
mod start;
mod verdict;
mod verdicts;
mod whole;

use std::path::PathBuf;

use anyhow::{Result, bail};

use self::goal::Goal;
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

const USAGE: &str = "cargo x bench baseline | verdicts | page | peers | settle | hostile | flat | start | all
  baseline   our costs beside the floors, one figure each
  verdicts   P-7: both programmes judged with all reasons, beside three rules engines and hand-written Rust
  page       P-1: 我的违法 beside the plaintext answer of the same server
  peers      P-2: 我的违法 beside three servers that a city would write, their answers compared with ours first
  settle     P-3: settlements beside the best of pgbench, a commit beside a flush
  hostile    P-4: how much longer honest drivers wait under floods from one address, and while somebody holds the server's
             sockets: silent, half-open, slow and endless connections, 15,000 of them at most (--debug: a tenth of everything)
  flat       P-9: the same on ten thousand violations and on --violations
  start      P-10: start beside fastify, start after SIGKILL with a long log, size, idle memory
  all        all of these but the baseline, in turn, in one table
options: --rounds N (7 if not told)  --violations N (of the large store; ten million if not told: 20 GB with the peers' copy)
  --page FILE (all: writes the table as Markdown)  --debug (unoptimised, to try the bench itself)
One bench ends with an error when a gate is missed; `all` marks the miss and fails only when a run itself fails.";

/// Violations in the large store.
const VIOLATIONS: &str = "10000000";

/// How a bench is run.
#[derive(Clone, Copy)]
struct Settings {
    rounds: usize,
    profile: &'static str,
    violations: u32,
}

/// A bench with its goals.
struct Bench {
    word: &'static str,
    id: &'static str,
    title: &'static str,
    run: fn(Settings) -> Result<Vec<Goal>>,
}

const BENCHES: [Bench; 7] = [
    Bench {
        word: "verdicts",
        id: "P-7",
        title: "verdicts",
        run: |with| verdicts::measure(with.rounds, with.profile),
    },
    Bench {
        word: "page",
        id: "P-1",
        title: "one look",
        run: |with| look::measure(with.rounds, with.profile, with.violations),
    },
    Bench {
        word: "peers",
        id: "P-2",
        title: "what a city would write",
        run: |with| cities::measure(with.rounds, with.profile, with.violations),
    },
    Bench {
        word: "settle",
        id: "P-3",
        title: "settlement",
        run: |with| settle::measure(with.rounds, with.profile),
    },
    Bench {
        word: "hostile",
        id: "P-4",
        title: "hostile traffic",
        run: |with| hostile::measure(with.rounds, with.profile, with.violations),
    },
    Bench {
        word: "flat",
        id: "P-9",
        title: "flat in size",
        run: |with| flat::measure(with.rounds, with.profile, with.violations),
    },
    Bench {
        word: "start",
        id: "P-10",
        title: "start and size",
        run: |with| start::measure(with.rounds, with.profile, with.violations),
    },
];

/// Runs what `rest` names.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &["debug"], &["rounds", "violations", "page"])?;
    let with = Settings {
        rounds: args.value("rounds").unwrap_or("7").parse()?,
        profile: if args.has("debug") { "debug" } else { "release" },
        violations: args.value("violations").unwrap_or(VIOLATIONS).parse()?,
    };
    if with.rounds < 3 {
        bail!("--rounds is at least 3: the second-worst round is part of the figure");
    }
    let [word] = args.words() else { bail!(USAGE) };
    if args.value("page").is_some() && word != "all" {
        bail!("--page belongs to `all`\n\n{USAGE}");
    }
    match (word.as_str(), BENCHES.iter().find(|bench| bench.word == word)) {
        (_, Some(bench)) => goal::judge(&(bench.run)(with)?, with.rounds),
        ("baseline", _) => baseline(with.rounds, with.profile),
        ("all", _) => whole::run(with, args.value("page")),
        _ => bail!(USAGE),
    }
}

fn baseline(rounds: usize, profile: &'static str) -> Result<()> {
    needs::ensure(&[Need::Wrk])?;
    stack::build(profile)?;
    let settled = settle::measure(rounds, profile)?;
    let figures = [
        verdict::measure(rounds, profile)?,
        page::measure(rounds, profile)?,
        settled.into_iter().map(|goal| goal.figure).collect(),
    ];
    let figures = figures.concat();
    println!("\n{:<52} {:>12} {:>12} {:>9} {:>13}", "figure", "ours", "floor", "ratio", "second-worst");
    for figure in &figures {
        println!("{figure}");
    }
    println!(
        "\nours and floor are medians; the ratio is the median of the rounds' own ratios, {rounds} rounds each."
    );
    Ok(())
}
