//! The power fails: `cargo x power` starts this. docs/adr/0007-power-loss-by-recorded-writes.md says why it is so.
//!
//! `power run --shim SO --work DIR [--seeds N] [--seed S] [--threads N]` loses the power N times;
//! `power ring …` proves first that this would find what it looks for, and fails every single call to the disk once.

mod check;
mod deeds;
mod image;
mod nth;
mod record;
mod replay;
mod rng;
mod shim;
mod trace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::image::Harm;
use crate::replay::{Place, Recording, Sum};
use crate::trace::{Op, Trace};

/// Losses of power that are looked at and summed together.
const PIECE: usize = 100;
/// Losses of power that fall on one recording.
const LOSSES_EACH: usize = 250;
/// Losses in which a planted fault must have been found.
const FOUND_WITHIN: usize = 400;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("power: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<bool> {
    match words.first().map(String::as_str) {
        Some("record") => {
            let [_, folder, seed, how] = words else { bail!("power record FOLDER SEED HOW") };
            let (folder, seed) = (Path::new(folder), seed.parse()?);
            match how.as_str() {
                "full" => record::run(folder, &deeds::Plan::of(seed), seed)?,
                "short" => nth::short(folder, seed)?,
                "calls" => shim::calls(folder)?,
                "faults" => shim::faults(folder)?,
                other => bail!("no way to record “{other}”"),
            }
            Ok(true)
        }
        Some("run") => Options::read(&words[1..])?.run(),
        Some("ring") => Options::read(&words[1..])?.ring(),
        _ => bail!("power run | ring --shim SO --work DIR [--seeds N] [--seed S] [--threads N]"),
    }
}

struct Options {
    place: Place,
    seeds: usize,
    seed: u64,
}

impl Options {
    fn read(words: &[String]) -> Result<Self> {
        let value = |name: &str| {
            words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).map(String::as_str)
        };
        let number = |name: &str, usual: u64| value(name).map_or(Ok(usual), str::parse);
        let work = PathBuf::from(value("--work").context("--work is missing")?);
        std::fs::create_dir_all(&work)?;
        // Images are flushed by the store under test; in memory that costs nothing.
        let memory = Path::new("/dev/shm");
        let images = if memory.is_dir() {
            memory.join(format!("clearway-power-{}", std::process::id()))
        } else {
            work.join("images")
        };
        std::fs::create_dir_all(&images)?;
        let place = Place {
            shim: PathBuf::from(value("--shim").context("--shim is missing")?),
            work,
            images,
            threads: usize::try_from(number("--threads", 2)?)?,
        };
        ensure!(place.shim.is_file(), "{} is not there", place.shim.display());
        Ok(Self { place, seeds: usize::try_from(number("--seeds", 1_000)?)?, seed: number("--seed", 1)? })
    }

    fn recordings(&self) -> Result<Vec<Recording>> {
        let count = self.seeds.div_ceil(LOSSES_EACH).max(8) as u64;
        replay::forget_others(&self.place)?;
        (0..count).map(|number| Recording::of(&self.place, self.seed + number)).collect()
    }

    fn run(&self) -> Result<bool> {
        let from = now();
        let recordings = self.recordings()?;
        let mut sum = Sum::default();
        for start in (0..self.seeds).step_by(PIECE) {
            sum.join(self.piece(&recordings, start)?);
            eprintln!("{} of {} losses, {:.0} s", sum.images, self.seeds, from.elapsed().as_secs_f64());
        }
        print(&sum, recordings.len(), from);
        Ok(sum.well())
    }

    fn piece(&self, recordings: &[Recording], start: usize) -> Result<Sum> {
        let piece = start..self.seeds.min(start + PIECE);
        replay::piece(&self.place, recordings, self.seed, piece)
    }

    /// The proofs of the proof, then the losses themselves, a part of them twice.
    fn ring(&self) -> Result<bool> {
        let from = now();
        let mut tests = Tests::default();
        tests.run("the shim writes down what was done and fails what it is told to", || {
            shim::prove(&self.place)
        });
        let recordings = self.recordings()?;
        for (what, planted) in planted(&self.place, &recordings, self.seed)? {
            tests.run(&format!("planted: {what}"), || {
                match replay::until_found(&self.place, &planted, FOUND_WITHIN)? {
                    Some((losses, first)) => println!("  found after {losses} losses: {first}"),
                    None => bail!("not found within {FOUND_WITHIN} losses"),
                }
                Ok(())
            });
        }
        for kind in nth::KINDS {
            tests.run(&format!("every call fails once: {kind}"), || {
                let outcome = nth::row(&self.place, kind, self.seed)?;
                println!("  {} calls failed one by one, {} acks checked", outcome.calls, outcome.acks);
                ensure!(outcome.calls > 0, "no call was failed");
                ensure!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
                Ok(())
            });
        }
        let mut sum = Sum::default();
        tests.run("a seed means the same twice", || {
            sum = self.piece(&recordings, 0)?;
            ensure!(self.piece(&recordings, 0)?.hash.0 == sum.hash.0, "another result");
            Ok(())
        });
        tests.run("the power fails", || {
            for start in (PIECE..self.seeds).step_by(PIECE) {
                sum.join(self.piece(&recordings, start)?);
            }
            print(&sum, recordings.len(), from);
            ensure!(sum.well(), "something is wrong after a loss of power");
            let Harm { dropped, reordered, torn, .. } = sum.harm;
            ensure!(dropped > 0 && reordered > 0 && torn > 0, "the disk was too kind");
            Ok(())
        });
        Ok(tests.close())
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // Best effort: what stays behind is found under the name of the process.
        drop(std::fs::remove_dir_all(&self.place.images));
    }
}

/// What must be found: a disk that lies, and a store that forgets one kind of flush.
fn planted(
    place: &Place,
    recordings: &[Recording],
    seed: u64,
) -> Result<Vec<(&'static str, Vec<Recording>)>> {
    let without = |taken: fn(&Trace, &Op) -> bool| -> Result<Vec<Recording>> {
        recordings.iter().map(|recording| recording.without(taken)).collect()
    };
    Ok(vec![
        ("the disk says that it has flushed and has not", vec![Recording::lying(place, seed)?]),
        (
            "the log is never flushed",
            without(
                |trace, op| matches!(op, Op::Flushed { file, .. } if trace.made_as(*file).ends_with("-wal")),
            )?,
        ),
        (
            "the database is never flushed before its log is used anew",
            without(
                |trace, op| matches!(op, Op::Flushed { file, .. } if replay::is_database(trace.made_as(*file))),
            )?,
        ),
        ("the folder is never flushed", without(|_, op| matches!(op, Op::FolderFlushed { .. }))?),
    ])
}

fn print(sum: &Sum, recordings: usize, from: Instant) {
    let Sum { images, harm, acks, .. } = sum;
    println!("{images} losses of power on {recordings} recordings, {acks} acknowledged writes looked for");
    println!(
        "{} unflushed writes: {} dropped, {} reordered, {} torn; {} names undone",
        harm.pending, harm.dropped, harm.reordered, harm.torn, harm.names
    );
    for story in &sum.stories {
        println!("  WRONG: {story}");
    }
    println!(
        "{} lost, {} doubled, {} invariant breaks; result {:016x}; {:.1} s",
        sum.lost,
        sum.doubled,
        sum.breaks,
        sum.hash.0,
        from.elapsed().as_secs_f64()
    );
}

#[expect(clippy::disallowed_methods, reason = "a command-line tool says how long it took")]
fn now() -> Instant {
    Instant::now()
}

/// Tests that are not cargo's: named, counted, and summed in the same words.
#[derive(Default)]
struct Tests {
    passed: u32,
    failed: u32,
}

impl Tests {
    fn run(&mut self, name: &str, test: impl FnOnce() -> Result<()>) {
        let from = now();
        let ended = test();
        let took = from.elapsed().as_secs_f64();
        match ended {
            Ok(()) => {
                self.passed += 1;
                println!("power::{name} ... ok ({took:.1} s)");
            }
            Err(error) => {
                self.failed += 1;
                println!("power::{name} ... FAILED ({took:.1} s)\n  {error:#}");
            }
        }
    }

    fn close(&self) -> bool {
        let word = if self.failed == 0 { "ok" } else { "FAILED" };
        println!("test result: {word}. {} passed; {} failed", self.passed, self.failed);
        self.failed == 0
    }
}
