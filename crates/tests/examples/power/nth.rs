//! Every single call to the disk fails once: the n-th, for n = 1, 2, 3 … until the workload completes untouched.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, ensure};

use crate::check;
use crate::deeds::Plan;
use crate::record;
use crate::replay::{Place, Recording, recorder};
use crate::rng::Rng;
use crate::trace::Trace;

/// How a call fails: the shim's words. With `:on` every later call fails as well.
pub const KINDS: [&str; 5] = ["eio", "enospc", "short", "eio:on", "enospc:on"];
/// More calls than the workload makes.
const CALLS_MAX: usize = 20_000;
/// Kinds after which the power fails as well, on top of the plain reopening.
const THEN_LOSES_POWER: [&str; 2] = ["eio", "short"];

/// What came of one kind.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Calls that were failed, one in each run.
    pub calls: usize,
    /// Acknowledged steps that were looked for, over all runs.
    pub acks: u64,
    /// What was wrong.
    pub wrong: Vec<String>,
}

/// Runs the whole row for one kind.
pub fn row(place: &Place, kind: &str, seed: u64) -> Result<Outcome> {
    let (next, untouched) = (AtomicUsize::new(1), AtomicBool::new(false));
    let sum = Mutex::new(Outcome::default());
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..place.threads)
            .map(|worker| {
                let (next, untouched, sum) = (&next, &untouched, &sum);
                scope.spawn(move || -> Result<()> {
                    while !untouched.load(Ordering::SeqCst) {
                        let n = next.fetch_add(1, Ordering::SeqCst);
                        ensure!(n < CALLS_MAX, "the workload never completes untouched");
                        let (hit, acks, wrong) = one(place, worker, kind, n, seed)?;
                        let mut sum = sum.lock().map_err(|_| anyhow::anyhow!("a worker panicked"))?;
                        sum.acks += acks;
                        sum.wrong.extend(wrong);
                        if hit {
                            sum.calls += 1;
                        } else {
                            untouched.store(true, Ordering::SeqCst);
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow::anyhow!("a worker panicked"))??;
        }
        Ok(())
    })?;
    sum.into_inner().map_err(|_| anyhow::anyhow!("a worker panicked"))
}

/// One run: whether a call was failed, acknowledged steps, and what is wrong.
fn one(place: &Place, worker: usize, kind: &str, n: usize, seed: u64) -> Result<(bool, u64, Vec<String>)> {
    let folder = place.images.join(format!("nth-{worker}"));
    let file = place.images.join(format!("nth-{worker}.trace"));
    let hit = place.images.join(format!("nth-{worker}.hit"));
    if hit.exists() {
        std::fs::remove_file(&hit)?;
    }
    let mut command = recorder(place, &folder, &file, seed, "short")?;
    command.env("CLEARWAY_DISK_FAIL", format!("{n}:{kind}")).env("CLEARWAY_DISK_HIT", &hit);
    command.env("CLEARWAY_DISK_SYNC_US", "0").stderr(Stdio::null());
    let ended = command.status()?;
    let mut wrong = Vec::new();
    if !ended.success() {
        wrong.push(format!("{kind}, call {n}: the program ended with {ended}"));
    }
    let was_hit = hit.exists();
    let trace = Trace::read(&file)?;
    let plan = Plan::short(seed);
    let acks = check::acks(&trace.acks(trace.ops.len()));
    let complete = plan.stories.iter().all(|story| acks.get(&story.number) == Some(&story.steps()));
    if !was_hit && !complete {
        wrong.push(format!("{kind}: untouched, and not all of it was acknowledged"));
    }
    let found = check::image(&folder, &plan, &acks)?;
    wrong.extend(found.first().map(|first| format!("{kind}, call {n}, reopened: {first}")));
    if THEN_LOSES_POWER.contains(&kind) {
        wrong.extend(loss(&folder, plan, trace, n as u64, kind)?);
    }
    Ok((was_hit, found.acks, wrong))
}

/// The power fails as well, somewhere in that run; what is wrong then.
fn loss(folder: &Path, plan: Plan, trace: Trace, n: u64, kind: &str) -> Result<Option<String>> {
    if trace.ops.is_empty() {
        return Ok(None);
    }
    let recording = Recording::new(n, plan, trace)?;
    let (cut, _, found) = recording.lose_power(folder, &mut Rng::new(n, 20))?;
    Ok(found.first().map(|first| format!("{kind}, call {n}, power lost before call {cut}: {first}")))
}

/// Lives the short plan in `folder`: what the shim's own checks record.
pub fn short(folder: &Path, seed: u64) -> Result<()> {
    record::run(folder, &Plan::short(seed), seed)
}
