//! P-10, start and size: how long from exec to the first correct answer on the store of the page's bench, beside fastify on
//! the same city; the same after the server was killed with SIGKILL and left a long log; how large the one file is; what an
//! idle server keeps for itself.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::cities::{self, City};
use super::goal::Goal;
use super::round::{Better, Figure};
use super::{example, look};
use crate::process::cost;
use crate::say::{now, step};
use crate::shell;
use crate::stack::{self, Stack};

/// Milliseconds for which a server is left alone before its memory is looked at.
const IDLE_MS: u64 = 1_500;
/// MiB of the log that a killed writer leaves.
const LOG_MIB: u64 = 64;

/// The figures of P-10; where there is no peer, each stands beside one unit.
pub fn measure(rounds: usize, profile: &'static str, violations: u32) -> Result<Vec<Goal>> {
    stack::build(profile)?;
    let longlog = example("clearway-tests", "longlog", profile)?;
    let store = look::store(violations, profile)?;
    let mut stack = look::serve("bench-start", &store, profile)?;
    let city = City::of(&stack, violations, profile)?;
    let number = violations / 12;
    let (mut starts, mut restarts, mut idles) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        step(&format!("killed and started again, round {round} of {rounds}"));
        let ours = started_again(&mut stack, number)?;
        starts.push((ours, cities::first_answer(&city, &stack, number)?));
        shell::pause(IDLE_MS);
        idles.push((own_mib(stack.server_id())?, 1.0));
        stack.kill_server()?;
        let log = lengthen(&longlog, &store)?;
        let ours = started_again(&mut stack, number)?;
        step(&format!("with a log of {} MiB: {ours:.0} ms", log >> 20));
        restarts.push((ours, 1.0));
    }
    let program = shell::target().join(profile).join("clearway");
    let bytes = std::fs::metadata(&program).with_context(|| format!("no {}", program.display()))?.len();
    let size = vec![(f64::from(u32::try_from(bytes / 1_000)?) / 1_000.0, 1.0); rounds];
    let goal = |name: &str, rounds, gate, aim| Goal {
        figure: Figure { name: name.to_owned(), better: Better::Lower, rounds },
        gate: Some(gate),
        aim: Some(aim),
    };
    Ok(vec![
        goal("exec → first correct answer ÷ fastify's, ms", starts, 0.1, 0.05),
        goal("SIGKILL with a log of 64 MiB → first correct answer, ms", restarts, 2_000.0, 500.0),
        goal("one file with assets and packs, MB", size, 20.0, 12.0),
        goal("idle private memory, MiB", idles, 24.0, 12.0),
    ])
}

/// Kills the server, if it runs, and starts it again; milliseconds until its first right answer.
fn started_again(stack: &mut Stack, number: u32) -> Result<f64> {
    stack.kill_server()?;
    let begun = now();
    stack.start_server()?;
    look::one_answer(&stack.url, number)?;
    Ok(begun.elapsed().as_secs_f64() * 1_000.0)
}

/// Lets a writer die that leaves a long log; its bytes.
fn lengthen(longlog: &Path, store: &Path) -> Result<u64> {
    let said = shell::read(Command::new(longlog).arg(store).arg(LOG_MIB.to_string()))?;
    let there = std::fs::metadata(format!("{}-wal", store.display()))?.len();
    if there < LOG_MIB << 20 {
        bail!("the log has only {there} bytes after it was written; it said:\n{said}");
    }
    Ok(there)
}

/// Own memory of a process, MiB.
fn own_mib(process: u32) -> Result<f64> {
    let (_, kb) = cost(process).with_context(|| format!("process {process} has ended"))?;
    Ok(f64::from(u32::try_from(kb)?) / 1_024.0)
}
