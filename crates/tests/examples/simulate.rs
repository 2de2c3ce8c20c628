//! The simulation: `cargo x sim --seeds N [--from S]`, one seed with its last steps: `cargo x sim --seed S`, and every
//! planted bug with the first seed that finds it: `cargo x sim --plants`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use simulation::plants::Plant;
use simulation::run::{self, Report};
use simulation::tally::Tally;

#[expect(dead_code, reason = "the tests and the matrices use more of it than this program")]
#[path = "../tests/it/simulation/mod.rs"]
mod simulation;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Seeds within which a planted bug must be found.
const PLANT_SEEDS: u64 = 300;

/// Seeds after which a long run says how far it is.
const TELL_EVERY: u64 = 1_000;

/// What was asked for.
struct Ask {
    from: u64,
    seeds: u64,
    one: bool,
    plants: bool,
    threads: usize,
}

fn ask() -> Result<Ask> {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut ask = Ask { from: 1, seeds: 200, one: false, plants: false, threads };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64> {
            let value = words.next().with_context(|| format!("{word} needs a number"))?;
            value.parse().with_context(|| format!("{word} needs a number, not {value}"))
        };
        match word.as_str() {
            "--seeds" => ask.seeds = number()?,
            "--from" => ask.from = number()?,
            "--threads" => ask.threads = usize::try_from(number()?)?.max(1),
            "--seed" => (ask.one, ask.from, ask.seeds) = (true, number()?, 1),
            "--plants" => ask.plants = true,
            other => bail!("{other} is not known here"),
        }
    }
    Ok(ask)
}

fn main() -> Result<ExitCode> {
    let ask = ask()?;
    if ask.plants {
        return Ok(plants());
    }
    let start = now();
    let reports = all(&ask);
    let sum = Tally::of(&reports);
    print!("{}", sum.told());
    println!("time {}, {} times as fast as the clock", shown(start.elapsed()), ratio(&sum, start.elapsed()));
    if ask.one {
        reports.values().flat_map(|report| &report.trail).for_each(|line| println!("{line}"));
    }
    let Some(report) = reports.values().find(|report| !report.broken.is_empty()) else {
        println!("0 lost, 0 doubled, 0 invariant breaks");
        return Ok(ExitCode::SUCCESS);
    };
    println!("\n{} seeds broke an invariant; the first is {}:", sum.broken.len(), report.seed);
    report.broken.iter().for_each(|what| println!("  {what}"));
    println!("its last steps (again: cargo x sim --seed {}):", report.seed);
    report.trail.iter().for_each(|line| println!("{line}"));
    Ok(ExitCode::FAILURE)
}

/// Runs every seed, each on one thread, several side by side; the order of the reports is that of the seeds.
fn all(ask: &Ask) -> BTreeMap<u64, Report> {
    let next = AtomicU64::new(ask.from);
    let reports = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..ask.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= ask.from + ask.seeds {
                        return;
                    }
                    let report = run::run(seed);
                    if let Some(what) = report.broken.first() {
                        eprintln!("seed {seed}: {what}");
                    }
                    if (seed - ask.from + 1).is_multiple_of(TELL_EVERY) {
                        eprintln!("{} of {} seeds begun", seed - ask.from + 1, ask.seeds);
                    }
                    reports.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, report);
                }
            });
        }
    });
    reports.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Every planted bug, and the first seed that finds it.
fn plants() -> ExitCode {
    let mut missed = 0;
    for plant in Plant::ALL {
        let found =
            (1..=PLANT_SEEDS).map(|seed| run::run_with(seed, Some(plant))).find(|run| !run.broken.is_empty());
        match found {
            Some(run) => println!("{plant:?}: found by seed {}: {}", run.seed, run.broken[0]),
            None => {
                missed += 1;
                println!("{plant:?}: NOT FOUND in {PLANT_SEEDS} seeds");
            }
        }
    }
    println!("{} planted bugs, {missed} not found", Plant::ALL.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn ratio(sum: &Tally, spent: Duration) -> u128 {
    u128::try_from(sum.passed_ms).unwrap_or(0) / spent.as_millis().max(1)
}

fn shown(spent: Duration) -> String {
    format!("{}.{:03} s", spent.as_secs(), spent.subsec_millis())
}

#[expect(clippy::disallowed_methods, reason = "a tool measures real time")]
fn now() -> Instant {
    Instant::now()
}
