//! P-10, start and size: how long from exec to the first correct answer on the store of the page's bench, after the
//! server was killed with SIGKILL; how large the one file is; what an idle server keeps for itself.

use anyhow::{Context, Result};

use super::goal::Goal;
use super::look;
use super::round::{Better, Figure};
use crate::say::{now, step};
use crate::shell;
use crate::stack;

/// Milliseconds for which a server is left alone before its memory is looked at.
const IDLE_MS: u64 = 1_500;

/// The figures of P-10 that need no peer; each stands beside one unit.
pub fn measure(rounds: usize, profile: &'static str, violations: u32) -> Result<Vec<Goal>> {
    stack::build(profile)?;
    let mut stack = look::serve(&look::store(violations, profile)?, profile)?;
    let (mut starts, mut idles) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        step(&format!("killed and started again, round {round} of {rounds}"));
        stack.kill_server()?;
        let begun = now();
        stack.start_server()?;
        look::one_answer(&stack.url, violations / 12)?;
        starts.push((begun.elapsed().as_secs_f64() * 1_000.0, 1.0));
        shell::pause(IDLE_MS);
        idles.push((private_mib(stack.server_id())?, 1.0));
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
        goal("SIGKILL, then exec → first correct answer, ms", starts, 2_000.0, 500.0),
        goal("one file with assets and packs, MB", size, 20.0, 12.0),
        goal("idle private memory, MiB", idles, 24.0, 12.0),
    ])
}

/// Memory that only this process has and that is no copy of a file, in MiB.
fn private_mib(process: u32) -> Result<f64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Private_Dirty:"));
    let kib = line.and_then(|rest| rest.trim().split(' ').next()?.parse::<f64>().ok());
    Ok(kib.with_context(|| format!("{path} has no Private_Dirty"))? / 1_024.0)
}
