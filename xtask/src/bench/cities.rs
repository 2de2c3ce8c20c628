//! P-2, cheaper than what a city would write: 我的违法 as JSON, whole, from three servers that others would write for it.
//!
//! They get the same drivers and violations in plain tables of their own (`crates/tests/examples/citystore`), with the
//! facts of the rules already derived, and the same rules in the form of their engine. Their answers are compared with
//! ours field by field before any time is taken. All servers are pinned to one core and the generator to the other; one
//! is under load at a time, in turn.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use super::goal::Goal;
use super::load::Load;
use super::page::pin;
use super::round::{Better, Figure};
use super::{example, look, peers};
use crate::http::Visitor;
use crate::needs::{self, Need};
use crate::say::{now, step};
use crate::shell::{self, Background};
use crate::stack::{self, Stack};

/// Seconds of one measurement.
const SECONDS: u32 = 3;
/// Drivers whose answers are compared, drawn evenly from the whole store.
const COMPARED: u32 = 1_000;

/// The city's data and the programs that serve it.
pub(super) struct City {
    db: PathBuf,
    rules: PathBuf,
    fastify: PathBuf,
    python: (PathBuf, PathBuf),
}

/// A peer that runs.
pub(super) struct Peer {
    server: Background,
    log: PathBuf,
    /// Its address.
    pub url: String,
}

/// The peers by the names under which they are published.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// fastify, better-sqlite3, json-rules-engine.
    Fastify,
    /// FastAPI on uvloop and httptools, sqlite3, zen-engine.
    FastApi,
    /// Django, its REST framework and its ORM under gunicorn, rules in plain Python.
    Django,
}

impl City {
    /// Installs the peers and exports the store of a running stack for them.
    pub fn of(stack: &Stack, violations: u32, profile: &str) -> Result<City> {
        needs::ensure(&[Need::Node, Need::Python])?;
        peers::node("rules/json-rules-engine")?;
        let fastify = peers::node("page/fastify")?;
        let python = peers::python("page/python")?;
        let folder = peers::folder().join("page");
        let file = |ending: &str| folder.join(format!("city-{}.{ending}", violations / look::EACH));
        let (db, rules, whole) = (file("db"), file("json"), file("whole"));
        let program = example("clearway-tests", "citystore", profile)?;
        if !whole.exists() {
            step("the same city as others would keep it");
            for ending in ["", "-wal", "-shm", "-journal"] {
                // What an interrupted run left behind; usually there is nothing.
                drop(std::fs::remove_file(format!("{}{ending}", db.display())));
            }
            let mut export = Command::new(program);
            export.arg(stack.config()).arg(&db).arg(&rules).arg(look::AT);
            shell::read(&mut export)?;
            std::fs::write(&whole, "")?;
        }
        Ok(City { db, rules, fastify, python })
    }

    /// Starts a peer; returns once it answers at all.
    pub fn start(&self, kind: Kind, stack: &Stack) -> Result<Peer> {
        let port = shell::free_port()?.to_string();
        let log = stack.dir().join(format!("{}.log", kind.word()));
        let at = clock(stack)?;
        let mut command = match kind {
            Kind::Fastify => {
                let mut node = Command::new("node");
                node.arg(self.fastify.join("main.js")).args([&self.db, &self.rules]);
                node.args([port.as_str(), &look::secret(), &at]);
                node
            }
            Kind::FastApi => {
                let mut python = self.python(&at);
                python.args(["uvicorn", "city_fastapi:app", "--port", &port, "--loop", "uvloop"]);
                python.args(["--http", "httptools", "--no-access-log", "--log-level", "warning"]);
                python
            }
            Kind::Django => {
                let mut python = self.python(&at);
                python.args(["gunicorn", "city_django:application", "--workers", "1"]);
                python.args(["--bind", &format!("127.0.0.1:{port}"), "--log-level", "warning"]);
                python
            }
        };
        let server = Background::start(kind.word(), &mut command, &log)?;
        let mut peer = Peer { server, log, url: format!("http://127.0.0.1:{port}") };
        peer.wait()?;
        Ok(peer)
    }

    fn python(&self, at: &str) -> Command {
        let (folder, program) = &self.python;
        let mut python = Command::new(program);
        python.current_dir(folder).arg("-m").env("CITY_DB", &self.db).env("CITY_RULES", &self.rules);
        python.env("CITY_SECRET", look::secret()).env("CITY_AT", at);
        python
    }
}

impl Peer {
    fn wait(&mut self) -> Result<()> {
        let deadline = now() + Duration::from_secs(60);
        while now() < deadline {
            shell::stop_if_interrupted()?;
            self.server.check(&self.log)?;
            let answer = Visitor::new("text/plain").get(&format!("{}/healthz", self.url));
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            shell::pause(1);
        }
        bail!("{} did not answer within a minute; see {}", self.url, self.log.display())
    }

    /// The processes that answer: the one started, and the workers that it started.
    fn processes(&self) -> Result<Vec<u32>> {
        let id = self.server.id();
        let path = format!("/proc/{id}/task/{id}/children");
        let children = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let children = children.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        Ok([vec![id], children].concat())
    }

    /// Ends it at once.
    pub fn kill(&mut self) -> Result<()> {
        self.server.kill()
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Fastify => "fastify",
            Kind::FastApi => "fastapi",
            Kind::Django => "django",
        }
    }
}

/// What the demo's clock says now, for peers that keep their own from then on.
fn clock(stack: &Stack) -> Result<String> {
    let text = std::fs::read_to_string(stack.dir().join("clock"))?;
    let (at, real) = text.trim().split_once(' ').context("a moment and when it was")?;
    let (at, real): (jiff::Timestamp, i64) = (at.parse()?, real.parse()?);
    let gone = stack::unix_now()?.as_millisecond() - real;
    Ok((at + jiff::SignedDuration::from_millis(gone)).to_string())
}

/// Compares a peer's answers with ours, field by field.
fn compare(ours: &str, theirs: &str, drivers: u32) -> Result<()> {
    let count = COMPARED.min(drivers);
    for at in 0..count {
        let number = u32::try_from(u64::from(at) * u64::from(drivers) / u64::from(count))?;
        let (mine, other) = (look::answer(ours, number)?, look::answer(theirs, number)?);
        if let Some(field) = difference("", &mine, &other) {
            bail!("driver {number}: {field}; nothing is timed before all answers are the same");
        }
    }
    step(&format!("{count} answers alike, field by field"));
    Ok(())
}

/// The first field in which two answers differ.
fn difference(path: &str, ours: &Json, theirs: &Json) -> Option<String> {
    match (ours, theirs) {
        (Json::Object(one), Json::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter().find_map(|(key, value)| difference(&format!("{path}/{key}"), value, &other[key]))
        }
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.into_iter().find_map(|(at, (one, other))| difference(&format!("{path}/{at}"), one, other))
        }
        (one, other) if one == other => None,
        (one, other) => Some(format!("{path} is {one} here and {other} there")),
    }
}

/// The figures of P-2.
pub fn measure(rounds: usize, profile: &'static str, violations: u32) -> Result<Vec<Goal>> {
    needs::ensure(&[Need::Wrk])?;
    stack::build(profile)?;
    let stack = look::serve("bench-peers", &look::store(violations, profile)?, profile)?;
    let drivers = violations / look::EACH;
    let script = look::script(&stack, drivers)?;
    let city = City::of(&stack, violations, profile)?;
    let kinds = [Kind::Fastify, Kind::FastApi, Kind::Django];
    let peers = kinds.iter().map(|kind| city.start(*kind, &stack)).collect::<Result<Vec<Peer>>>()?;
    for (peer, kind) in peers.iter().zip(kinds) {
        step(&format!("comparing the answers of {} with ours", kind.word()));
        compare(&stack.url, &peer.url, drivers)?;
    }
    let ours = (stack.url.clone(), vec![stack.server_id()]);
    let theirs = peers.iter().map(|peer| Ok((peer.url.clone(), peer.processes()?)));
    let all: Vec<(String, Vec<u32>)> = std::iter::once(Ok(ours)).chain(theirs).collect::<Result<Vec<_>>>()?;
    for process in all.iter().flat_map(|(_, processes)| processes) {
        pin(*process, 0)?;
    }
    let mut pairs: [Vec<(f64, f64)>; 3] = Default::default();
    // The first round warms everything up and is not counted.
    for round in 0..=rounds {
        step(&format!("four servers in turn, round {round} of {rounds}"));
        let mut costs = Vec::new();
        for (url, processes) in &all {
            let load = Load {
                accept: "application/json",
                connections: "32",
                script: Some(&script),
                seconds: SECONDS,
            };
            costs.push(load.on(&format!("{url}/violations"), processes)?.cpu);
        }
        if round > 0 {
            for (place, pair) in pairs.iter_mut().enumerate() {
                pair.push((costs[place + 1], costs[0]));
            }
        }
    }
    Ok(goals(pairs))
}

fn goals(pairs: [Vec<(f64, f64)>; 3]) -> Vec<Goal> {
    let names = [
        ("fastify + better-sqlite3 + json-rules-engine ÷ ours, CPU-µs", 8.0, 12.0),
        ("FastAPI + sqlite3 + zen-engine ÷ ours, CPU-µs", 10.0, 15.0),
        ("Django + REST framework + ORM ÷ ours, CPU-µs", 50.0, 80.0),
    ];
    let goals = names.into_iter().zip(pairs).map(|((name, gate, aim), rounds)| Goal {
        figure: Figure { name: name.to_owned(), better: Better::Higher, rounds },
        gate: Some(gate),
        aim: Some(aim),
    });
    goals.collect()
}

/// How long fastify takes from its start to its first right answer, ms; it is killed afterwards.
pub(super) fn first_answer(city: &City, stack: &Stack, number: u32) -> Result<f64> {
    let begun = now();
    let mut peer = city.start(Kind::Fastify, stack)?;
    look::one_answer(&peer.url, number)?;
    let spent = begun.elapsed().as_secs_f64() * 1_000.0;
    peer.kill()?;
    Ok(spent)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_named_by_its_path() {
        let ours = json!({ "a": [1, { "b": "x" }], "c": null });
        assert_eq!(difference("", &ours, &ours), None);
        let theirs = json!({ "a": [1, { "b": "y" }], "c": null });
        assert_eq!(difference("", &ours, &theirs).unwrap(), "/a/1/b is \"x\" here and \"y\" there");
        assert!(difference("", &ours, &json!({ "a": [1], "c": null })).unwrap().starts_with("/a is"));
        assert!(difference("", &ours, &json!({ "a": [1, { "b": "x" }] })).is_some());
    }
}
