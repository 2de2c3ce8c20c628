//! P-9, flat in size: the same on a store of ten thousand violations and on a large one, in turn: the page read and judged in
//! process; the page over HTTP at a fixed load that comes on a schedule; settlements; the start of the server.
//!
//! The servers are pinned to one core and the generator to the other. One runs at a time, and only while it is measured: what is read
//! in process and what is settled has the machine and the store to itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::goal::Goal;
use super::page::pin;
use super::round::{Better, Figure};
use super::scheduled::Scheduled;
use super::{example, look, peers, settle};
use crate::say::{now, step};
use crate::shell;
use crate::stack::{self, Stack};

/// Violations of the small store.
const SMALL: u32 = 10_000;
/// Reads in process in one measurement.
const READS: &str = "20000";
/// Requests a second, and for how long.
const RATE: u32 = 1_000;
const SECONDS: u32 = 6;
/// Settlements in one measurement.
const SETTLEMENTS: u32 = 10_000;

struct Programs {
    pageread: PathBuf,
    openloop: PathBuf,
    settlements: PathBuf,
}

/// A store with its server.
struct Side {
    stack: Stack,
    drivers: u32,
    file: PathBuf,
}

/// The figures of P-9.
pub fn measure(rounds: usize, profile: &'static str, violations: u32) -> Result<Vec<Goal>> {
    if violations <= SMALL {
        bail!("--violations is more than {SMALL} here, the size of the small store");
    }
    stack::build(profile)?;
    let built = |name: &str| example("clearway-tests", name, profile);
    let programs = Programs {
        pageread: built("pageread")?,
        openloop: built("openloop")?,
        settlements: built("settlements")?,
    };
    let side = |name: &str, violations: u32| -> Result<Side> {
        let file = look::store(violations, profile)?;
        let mut stack = look::serve(name, &file, profile)?;
        stack.kill_server()?;
        Ok(Side { stack, drivers: violations / look::EACH, file })
    };
    let (mut small, mut large) = (side("bench-small", SMALL)?, side("bench-large", violations)?);
    // It is the depth of the trees that is compared, and not a disk with memory: both files are read once. A round that is not counted
    // warms the rest.
    for side in [&small, &large] {
        std::io::copy(&mut std::fs::File::open(&side.file)?, &mut std::io::sink())?;
    }
    let mut all: [Vec<(f64, f64)>; 5] = Default::default();
    for round in 0..=rounds {
        step(&format!("{SMALL} and {violations} violations in turn, round {round} of {rounds}"));
        let one = [large.figures(&programs, round)?, small.figures(&programs, round)?];
        let spare = settled(&programs, &small.file)?;
        let large_rate = settle::settle(&programs.settlements, &url(&large.file), Some(SETTLEMENTS))?.rate;
        if round == 0 {
            continue;
        }
        let [large, small] = one;
        let pairs = [
            (large.read.0, small.read.0),
            (large.read.1, small.read.1),
            (large.http_p99, small.http_p99),
            (large_rate, spare),
            (large.start, small.start),
        ];
        all.iter_mut().zip(pairs).for_each(|(rounds, pair)| rounds.push(pair));
    }
    Ok(goals(all))
}

fn goals(all: [Vec<(f64, f64)>; 5]) -> Vec<Goal> {
    let names = [
        ("page read and judged in process, p50 ns, large ÷ small store", Better::Lower, 1.5, 1.3),
        ("page read and judged in process, p99 ns, large ÷ small", Better::Lower, 2.5, 1.8),
        ("page over HTTP at 1,000/s, p99 µs, large ÷ small", Better::Lower, 1.25, 1.1),
        ("settlements/s, large ÷ small", Better::Higher, 0.8, 0.95),
        ("exec → first correct answer, ms, large ÷ small", Better::Lower, 1.2, 1.05),
    ];
    let goals = names.into_iter().zip(all).map(|((name, better, gate, aim), rounds)| Goal {
        figure: Figure { name: name.to_owned(), better, rounds },
        gate: Some(gate),
        aim: Some(aim),
    });
    goals.collect()
}

/// What one side showed in one round.
struct Figures {
    /// p50 and p99, ns.
    read: (f64, f64),
    /// µs.
    http_p99: f64,
    /// ms.
    start: f64,
}

impl Side {
    fn figures(&mut self, programs: &Programs, round: usize) -> Result<Figures> {
        let (drivers, seed) = (self.drivers.to_string(), round + 1);
        let stride = look::STEP.to_string();
        let mut read = Command::new("taskset");
        read.args(["-c", "0"]).arg(&programs.pageread).arg(self.stack.config());
        read.args([&drivers, &stride, READS, &seed.to_string(), look::AT]);
        let read = numbers(&mut read)?;
        let begun = now();
        self.stack.start_server()?;
        look::one_answer(&self.stack.url, self.drivers / 3)?;
        let start = begun.elapsed().as_secs_f64() * 1_000.0;
        pin(self.stack.server_id(), 0)?;
        let http_p99 = self.scheduled(programs, seed)?;
        self.stack.kill_server()?;
        Ok(Figures { read: (read[0], read[1]), http_p99, start })
    }

    /// p99 of the page at the fixed load, µs.
    fn scheduled(&self, programs: &Programs, seed: usize) -> Result<f64> {
        let load = Scheduled {
            program: &programs.openloop,
            url: &self.stack.url,
            drivers: self.drivers,
            rate: RATE,
            seconds: SECONDS,
            visits: None,
            trial: false,
        };
        Ok(load.measure(seed, None)?.p99)
    }
}

/// Settlements on a fresh copy of the small store, which would not stay small.
fn settled(programs: &Programs, store: &Path) -> Result<f64> {
    let copy = peers::folder().join("page/settled.db");
    for ending in ["", "-wal", "-shm"] {
        // Absent in the first round.
        drop(std::fs::remove_file(format!("{}{ending}", copy.display())));
    }
    let whole = rusqlite::Connection::open(store)?;
    whole.execute("vacuum into ?1", [copy.to_string_lossy()])?;
    Ok(settle::settle(&programs.settlements, &url(&copy), Some(SETTLEMENTS))?.rate)
}

fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

fn numbers(command: &mut Command) -> Result<Vec<f64>> {
    let said = shell::read(command)?;
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    if numbers.len() < 2 {
        bail!("numbers were expected, it said:\n{said}");
    }
    Ok(numbers)
}
