//! The simulation: `cargo x sim --seeds N [--seed S]`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use simulation::run::{self, Report};

#[path = "../tests/it/simulation/mod.rs"]
mod simulation;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let seeds: u64 = words.first().and_then(|word| word.parse().ok()).unwrap_or(1);
    let from: u64 = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    if let Some(word) = words.get(2) {
        let report = run::run(word.parse().expect("a seed"));
        println!("{:#?}", report.broken);
        return ExitCode::SUCCESS;
    }
    if words.first().is_some_and(|word| word == "plants") {
        for plant in simulation::plants::Plant::ALL {
            let found = (1..=300).find_map(|seed| {
                run::run_with(seed, Some(plant)).broken.map(|broken| (seed, broken.0[0].clone()))
            });
            println!("{plant:?}: {found:?}");
        }
        return ExitCode::SUCCESS;
    }
    let start = now();
    let next = AtomicU64::new(from);
    let reports: Mutex<BTreeMap<u64, Report>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        return;
                    }
                    let report = run::run(seed);
                    reports.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, report);
                }
            });
        }
    });
    let reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    let spent = start.elapsed();
    let broken = reports.values().filter(|report| report.broken.is_some()).count();
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut tally: BTreeMap<String, u64> = BTreeMap::new();
    for report in reports.values() {
        for (k, v) in &report.tally {
            *tally.entry(k.clone()).or_insert(0) += v;
        }
        if let Some((what, _)) = &report.broken {
            let kind: String = what[0]
                .split(' ')
                .filter(|word| word.len() < 20 && word.parse::<i64>().is_err())
                .collect::<Vec<_>>()
                .join(" ");
            let entry = kinds.entry(kind).or_insert((0, report.seed));
            entry.0 += 1;
        }
    }
    println!("{tally:#?}");
    println!("{kinds:#?}");
    if let Some(report) = reports.values().find(|report| report.broken.is_some()) {
        let (what, trail) = report.broken.clone().unwrap_or_default();
        println!("seed {}: {what:#?}", report.seed);
        trail.iter().for_each(|line| println!("{line}"));
    }
    let sum = |f: fn(&Report) -> u64| reports.values().map(f).sum::<u64>();
    println!(
        "{} seeds {broken} broken, {} steps, {} orders {} payments {} decisions {} deaths, {spent:?}",
        reports.len(),
        sum(|r| r.steps),
        sum(|r| r.orders),
        sum(|r| r.payments),
        sum(|r| r.decisions),
        sum(|r| r.deaths)
    );
    ExitCode::SUCCESS
}

#[expect(clippy::disallowed_methods, reason = "a tool measures real time")]
fn now() -> Instant {
    Instant::now()
}
