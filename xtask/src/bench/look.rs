//! P-1, one look: 我的违法 on a store of ten million violations against the plaintext answer of the same server process.
//!
//! Every request is another driver's, drawn at random from the whole store, so nothing that was kept for one request
//! helps the next. The server is pinned to one core and the generator to the other.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use super::goal::Goal;
use super::load::Load;
use super::page::pin;
use super::round::{Better, Figure};
use super::{example, peers};
use crate::http::Visitor;
use crate::needs::{self, Need};
use crate::say::step;
use crate::shell;
use crate::stack::{self, Plan, Stack};

/// Seconds of one measurement.
const SECONDS: u32 = 3;
/// When the demo's clock starts, and when the store was made.
pub(super) const AT: &str = "2020-04-05T02:00:00Z";
/// How far the drivers' ids lie apart (`crates/tests/examples/bigstore.rs`).
pub(super) const STEP: u32 = 1_600;
/// Violations of each driver.
pub(super) const EACH: u32 = 4;

/// The key that the store's sessions were made with: a bench's, known to everybody.
pub(super) fn secret() -> String {
    "5a".repeat(32)
}

/// A store of so many violations, made when it is not there yet.
pub(super) fn store(violations: u32, profile: &str) -> Result<PathBuf> {
    let folder = peers::folder().join("page");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let drivers = violations / EACH;
    // The name changes with what the server wants to find there: since it knows its secret they are begun with it.
    let file = folder.join(format!("begun-{drivers}.db"));
    let whole = folder.join(format!("begun-{drivers}.whole"));
    if whole.exists() {
        return Ok(file);
    }
    for ending in ["", "-wal", "-shm"] {
        // What an interrupted run left behind; usually there is nothing.
        drop(std::fs::remove_file(format!("{}{ending}", file.display())));
    }
    step(&format!("making a store of {violations} violations"));
    let program = example("clearway-tests", "bigstore", profile)?;
    shell::read(Command::new(program).arg(&file).args([&drivers.to_string(), &secret(), AT]))?;
    std::fs::write(&whole, "")?;
    Ok(file)
}

/// The server on such a store, with the sessions' key, in a folder of that name.
pub(super) fn serve(name: &str, file: &Path, profile: &'static str) -> Result<Stack> {
    let plan = Plan {
        dir: shell::root().join(".run").join(name),
        at: Some(AT.parse()?),
        db: Some(format!("sqlite:{}", file.display())),
        port: shell::free_port()?,
        sims_port: shell::free_port()?,
        drivers: 100,
        violations: 100,
        profile,
    };
    Stack::start_keyed(&plan, &secret())
}

/// The figures of P-1.
pub fn measure(rounds: usize, profile: &'static str, violations: u32) -> Result<Vec<Goal>> {
    needs::ensure(&[Need::Wrk])?;
    stack::build(profile)?;
    let file = store(violations, profile)?;
    let stack = serve("bench-look", &file, profile)?;
    let drivers = violations / EACH;
    let script = script(&stack, drivers)?;
    one_answer(&stack.url, drivers / 3)?;
    pin(stack.server_id(), 0)?;
    let list = format!("{}/violations", stack.url);
    let health = format!("{}/healthz", stack.url);
    let server = [stack.server_id()];
    let load = |url: &str, accept: &str, connections: &str| {
        Load { accept, connections, script: Some(&script), seconds: SECONDS }.on(url, &server)
    };
    load(&list, "text/html", "32")?;
    let mut all: [Vec<(f64, f64)>; 5] = Default::default();
    for round in 1..=rounds {
        step(&format!("one look, round {round} of {rounds}"));
        let floor = load(&health, "text/html", "32")?;
        let page = load(&list, "text/html", "32")?;
        let json = load(&list, "application/json", "32")?;
        let sent = load(&list, "text/html\nAccept-Encoding: gzip", "32")?;
        let alone = (load(&health, "text/html", "1")?, load(&list, "text/html", "1")?);
        let alone_json = load(&list, "application/json", "1")?;
        all[0].push((page.cpu, floor.cpu));
        all[1].push((json.cpu, floor.cpu));
        all[2].push((alone.1.p50, alone.0.p50));
        all[3].push((alone_json.p50, alone.0.p50));
        all[4].push((sent.cpu, floor.cpu));
    }
    let names = [
        "我的违法 as a page ÷ plaintext, CPU-µs a request",
        "我的违法 as JSON ÷ plaintext, CPU-µs a request",
        "我的违法 as a page ÷ plaintext, p50 µs, one connection",
        "我的违法 as JSON ÷ plaintext, p50 µs, one connection",
        "我的违法 as a page, gzip ÷ plaintext, CPU-µs a request",
    ];
    let marks = [(3.0, 2.0), (3.0, 2.0), (1.5, 1.3), (1.5, 1.3)];
    let goals = names.into_iter().zip(all).enumerate().map(|(at, (name, rounds))| Goal {
        figure: Figure { name: name.to_owned(), better: Better::Lower, rounds },
        gate: marks.get(at).map(|(gate, _)| *gate),
        aim: marks.get(at).map(|(_, aim)| *aim),
    });
    Ok(goals.collect())
}

fn driver(number: u32) -> String {
    format!("{:08x}{:024}", number * STEP, 0)
}

/// What a driver is answered, as JSON.
pub(super) fn answer(url: &str, number: u32) -> Result<Json> {
    let mut visitor = Visitor::new("application/json");
    visitor.keep(url, "cw_session", &format!("{}.bench", driver(number)));
    visitor.get(&format!("{url}/violations"))?.json()
}

/// One driver's answer has all that the figure speaks of: the violations, both programmes, a next step each.
pub(super) fn one_answer(url: &str, number: u32) -> Result<()> {
    let json = answer(url, number)?;
    let cards = json["groups"][0]["cards"].as_array().map_or(0, Vec::len);
    let tiles = json["tiles"].as_array().map_or(0, Vec::len);
    let finished = json["checks"]["finished"] == serde_json::json!(true);
    if cards != EACH as usize || tiles != 2 || !finished {
        bail!("driver {number} should see {EACH} violations and 2 programmes, all verified: {json}");
    }
    Ok(())
}

/// What the generator asks, as a file of its own.
pub(super) fn script(stack: &Stack, drivers: u32) -> Result<PathBuf> {
    let script = stack.dir().join("drivers.lua");
    std::fs::write(&script, lua(drivers))?;
    Ok(script)
}

/// What the generator asks: each time a driver at random.
fn lua(drivers: u32) -> String {
    format!(
        "init = function(args)\n  math.randomseed(tonumber(args[1]))\nend\n\
         request = function()\n  local id = string.format(\"%08x\", math.random(0, {last}) * {STEP}) .. string.rep(\"0\", 24)\n  \
         wrk.headers[\"Cookie\"] = \"cw_session=\" .. id .. \".bench\"\n  return wrk.format()\nend\n",
        last = drivers - 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_store() {
        assert_eq!(driver(3), "000012c0000000000000000000000000");
    }
}
