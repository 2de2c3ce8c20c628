//! CPU per request of 我的违法 against the plaintext answer of the same server process.
//!
//! The server is pinned to one core and the generator to another; what is counted is the server's own CPU
//! time (user and system) divided by the requests answered, so neighbours disturb little.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::load::Load;
use super::round::{Better, Figure};
use crate::http::Visitor;
use crate::process;
use crate::say::step;
use crate::shell;
use crate::stack::{Plan, Stack};
use crate::walk;

/// A persona with several vehicles and many violations: not the easiest page.
const PERSONA: &str = "demo-many";
/// Seconds of one measurement.
const SECONDS: u32 = 3;

/// One figure, on SQLite.
pub fn measure(rounds: usize, profile: &'static str) -> Result<Vec<Figure>> {
    let plan = Plan {
        dir: shell::root().join(".run/bench-page"),
        at: Some("2020-04-05T02:00:00Z".parse()?),
        db: None,
        port: shell::free_port()?,
        sims_port: shell::free_port()?,
        drivers: 2_000,
        violations: 5_000,
        profile,
    };
    let stack = Stack::start(&plan)?;
    let mut visitor = Visitor::new("text/html");
    let landed = walk::sign_in(&mut visitor, &stack.url, PERSONA)?;
    if landed.status != 200 || !landed.body.contains("<h1") {
        bail!("{PERSONA} did not arrive at a page but at {} with {}", landed.url, landed.status);
    }
    let list = format!("{}{}", stack.url, walk::LIST);
    let cookie = visitor.cookies(&stack.url);
    // The checks in the background settle first; they are not what is measured.
    shell::pause(3_000);
    pin(stack.server_id(), 0)?;
    let health = format!("{}/healthz", stack.url);
    load(stack.server_id(), &list, &cookie, 1)?;
    let mut pairs = Vec::new();
    for round in 1..=rounds {
        step(&format!("我的违法 against plaintext, round {round} of {rounds}"));
        let ours = load(stack.server_id(), &list, &cookie, SECONDS)?;
        let floor = load(stack.server_id(), &health, "", SECONDS)?;
        pairs.push((ours, floor));
    }
    let name = "我的违法 (page), CPU-µs per request, SQLite".to_owned();
    Ok(vec![Figure { name, better: Better::Lower, rounds: pairs }])
}

/// The server's CPU-µs per request of one page, under load for `seconds`.
fn load(server: u32, url: &str, cookie: &str, seconds: u32) -> Result<f64> {
    let accept = format!("text/html\nCookie: {cookie}");
    let load = Load { accept: &accept, connections: "32", script: None, seconds };
    load.on(url, &[server]).map(|found| found.cpu)
}

/// User and system time of all threads of a process, in µs.
pub(super) fn cpu_micros(process: u32) -> Result<f64> {
    let (ms, _) = process::cost(process).context("CPU time is read from /proc")?;
    Ok(f64::from(u32::try_from(ms)?) * 1_000.0)
}

/// How often threads are pinned anew because one of them had ended meanwhile.
const PIN_TRIES: u32 = 20;

/// Pins all threads of a process to one core. A thread that ends while they are gone through makes the program fail in the middle of
/// them: then all are gone through again.
pub(super) fn pin(process: u32, core: u32) -> Result<()> {
    let once = || {
        let mut taskset = Command::new("taskset");
        taskset.args(["--all-tasks", "--cpu-list", "--pid", &core.to_string(), &process.to_string()]);
        shell::read(&mut taskset)
    };
    (0..PIN_TRIES).find_map(|_| once().ok()).map_or_else(once, Ok).map(|_| ())
}
