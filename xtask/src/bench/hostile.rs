//! P-4, hostile traffic: how much longer honest drivers wait while somebody floods the server or holds its sockets.
//!
//! The honest load comes on a schedule, as through the operator's proxy, and goes on over new connections all the time: who
//! comes during an attack is part of the figure. Each attack stands beside the calm seconds just before it. The server is pinned
//! to one core, everybody else to the other. A driver who is not answered at all waits for ever, and so says the figure.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value as Json, json};

use super::goal::Goal;
use super::page::pin;
use super::round::{Better, Figure};
use super::scheduled::{Failed, Flood, Scheduled, Seen};
use super::{example, look};
use crate::http::Visitor;
use crate::process;
use crate::say::{now, step};
use crate::shell::{self, Background};
use crate::stack::{self, Stack};
use crate::walk;

/// Violations in the store, at most: its size does not matter here.
const VIOLATIONS: u32 = 40_000;
/// Honest requests a second, for how long, and how many over one connection.
const RATE: u32 = 1_000;
const SECONDS: u32 = 6;
const VISITS: u32 = 20;
/// For how long in a try of the bench itself, the first of them not counted.
const TRIAL_SECONDS: u32 = 2;
/// Requests a second of a flood, and where it comes from: not from 127.0.0.1, which is the operator's own proxy.
const FLOOD: u32 = 10_000;
const FROM: &str = "127.0.0.2";
/// Who signs in to flood.
const PERSONA: &str = "demo-many";
/// Cookies that nobody was given, another one with every request.
const MADE_UP: &str = "cw_session=%%.%%.%%";
/// The attacks that hold sockets, with their connections.
const HOLDS: [(&str, u32); 5] =
    [("idle", 15_000), ("half-open", 5_000), ("slow-body", 2_000), ("slow-reader", 500), ("big-head", 200)];
/// An attack that is not stopped ends by itself, seconds.
const ENDS: &str = "900";
/// So long may the server take to be there, or to give connections back, and so many sockets more it may keep.
const WITHIN: Duration = Duration::from_secs(60);
const SPARE: usize = 16;

/// One attack.
struct Attack {
    name: String,
    way: Way,
}

enum Way {
    /// Requests: the path, and the cookie.
    Flood(&'static str, Option<String>),
    /// Sockets: how, and how many.
    Hold(&'static str, u32),
}

/// The world under attack.
struct Siege {
    stack: Stack,
    openloop: PathBuf,
    drivers: u32,
    /// A try of the bench itself attacks with a tenth.
    part: u32,
    /// Sockets of the server when nobody is there.
    quiet: usize,
}

/// The figures of P-4.
pub fn measure(rounds: usize, profile: &'static str, violations: u32) -> Result<Vec<Goal>> {
    stack::build(profile)?;
    let openloop = example("clearway-tests", "openloop", profile)?;
    let violations = violations.min(VIOLATIONS);
    let stack = look::serve("bench-hostile", &look::store(violations, profile)?, profile)?;
    let drivers = violations / look::EACH;
    look::one_answer(&stack.url, drivers / 3)?;
    let part = if profile == "debug" { 10 } else { 1 };
    let attacks = attacks(signed_in(&stack.url)?, part);
    pin(stack.server_id(), 0)?;
    // What the sign-in set going in the background ends first.
    shell::pause(3_000);
    let quiet = sockets(stack.server_id())?;
    let siege = Siege { stack, openloop, drivers, part, quiet };
    // Brings pages in and is not counted.
    siege.calm(0)?;
    let mut all: Vec<Vec<(f64, f64)>> = attacks.iter().map(|_| Vec::new()).collect();
    for round in 1..=rounds {
        for (attack, pairs) in attacks.iter().zip(&mut all) {
            step(&format!("{}, round {round} of {rounds}", attack.name));
            let calm = siege.calm(round)?;
            let attacked = siege.under(attack, round).with_context(|| attack.name.clone())?;
            pairs.push((attacked, calm.p99));
        }
    }
    let goals = attacks.into_iter().zip(all).map(|(attack, rounds)| Goal {
        figure: Figure { name: format!("{}: p99 µs ÷ calm", attack.name), better: Better::Lower, rounds },
        gate: Some(2.0),
        aim: None,
    });
    Ok(goals.collect())
}

/// All attacks, of one in `part` of their size.
fn attacks(cookie: String, part: u32) -> Vec<Attack> {
    let floods = [
        ("no session", "/sign-in", None),
        ("one account", walk::LIST, Some(cookie)),
        ("made-up sessions", walk::LIST, Some(MADE_UP.to_owned())),
    ];
    let floods = floods.into_iter().map(|(who, path, cookie)| Attack {
        name: format!("{}/s from one address, {who}", FLOOD / part),
        way: Way::Flood(path, cookie),
    });
    let holds = HOLDS.into_iter().map(|(how, connections)| Attack {
        name: format!("{} connections, {how}", connections / part),
        way: Way::Hold(how, connections / part),
    });
    floods.chain(holds).collect()
}

/// The cookies of an account that really signed in and sees its violations.
fn signed_in(url: &str) -> Result<String> {
    let mut visitor = Visitor::new("application/json");
    let landed = walk::sign_in(&mut visitor, url, PERSONA)?;
    if landed.url.ends_with("/welcome") {
        let welcomed = visitor.post_json(&format!("{url}/welcome"), &json!({}))?;
        visitor.follow(welcomed)?;
    }
    let list = visitor.get(&format!("{url}{}", walk::LIST))?;
    ensure!(list.status == 200, "{PERSONA} signed in and is answered {} by {}", list.status, list.url);
    Ok(visitor.cookies(url))
}

impl Siege {
    fn scheduled(&self) -> Scheduled<'_> {
        Scheduled {
            program: &self.openloop,
            url: &self.stack.url,
            drivers: self.drivers,
            rate: RATE / self.part,
            seconds: if self.part > 1 { TRIAL_SECONDS } else { SECONDS },
            visits: Some(VISITS),
            trial: self.part > 1,
        }
    }

    fn calm(&self, seed: usize) -> Result<Seen> {
        Ok(self.scheduled().measure(seed, None)?)
    }

    /// p99 of the honest load under an attack, µs.
    fn under(&self, attack: &Attack, seed: usize) -> Result<f64> {
        let before = self.own_mib()?;
        let (seen, told) = match &attack.way {
            Way::Flood(path, cookie) => {
                let rate = FLOOD / self.part;
                let flood = Flood { rate, from: FROM, path, cookie: cookie.as_deref() };
                (self.scheduled().measure(seed, Some(&flood)), None)
            }
            Way::Hold(how, connections) => {
                let hold = Hold::begin(&self.stack, how, *connections)?;
                let seen = self.scheduled().measure(seed, None);
                let standing = sockets(self.stack.server_id())?;
                (seen, Some((standing, hold)))
            }
        };
        let own = self.own_mib()?;
        let mut said = format!("{}: {own:.1} MiB of private memory ({before:.1} before)", attack.name);
        if let Some((standing, hold)) = told {
            said = format!("{said}, {standing} sockets; {}", hold.end()?);
        }
        let p99 = match seen {
            Ok(seen) => {
                let flood = seen.flood.map(|flood| format!("; {}", flood.told()));
                step(&format!("{said}{}", flood.unwrap_or_default()));
                seen.p99
            }
            Err(Failed::Unanswered(error)) => {
                step(&format!("{said}; honest drivers were not answered: {error:#}"));
                f64::INFINITY
            }
            Err(failed) => return Err(failed.into()),
        };
        self.given_back()?;
        Ok(p99)
    }

    /// Waits until the server has given the attack's connections back.
    fn given_back(&self) -> Result<()> {
        let begun = now();
        loop {
            let held = sockets(self.stack.server_id())?;
            if held <= self.quiet + SPARE {
                return Ok(());
            }
            if begun.elapsed() > WITHIN {
                bail!("the server still holds {held} sockets, {} when nobody was there", self.quiet);
            }
            shell::stop_if_interrupted()?;
            shell::pause(100);
        }
    }

    fn own_mib(&self) -> Result<f64> {
        let (_, kb) = process::cost(self.stack.server_id()).context("the server has ended")?;
        Ok(f64::from(u32::try_from(kb)?) / 1_024.0)
    }
}

/// An attack that holds sockets, while it runs.
struct Hold {
    process: Background,
    log: PathBuf,
}

impl Hold {
    /// Begins it; returns once its connections are open.
    fn begin(stack: &Stack, how: &str, connections: u32) -> Result<Hold> {
        let log = stack.dir().join(format!("hostile-{how}.log"));
        let mut attack = Command::new("taskset");
        attack.args(["-c", "1"]).arg(stack.program("clearway-sims").get_program());
        attack.args(["hostile", "--server", stack.url.trim_start_matches("http://"), "--how", how]);
        attack.args(["--connections", &connections.to_string(), "--seconds", ENDS]);
        let mut hold = Hold { process: Background::start("clearway-sims hostile", &mut attack, &log)?, log };
        let begun = now();
        while begun.elapsed() < WITHIN {
            shell::stop_if_interrupted()?;
            hold.process.check(&hold.log)?;
            if let Some(open) = ready(&hold.said()) {
                ensure!(
                    open == connections,
                    "only {open} of {connections} connections could be opened: is the server's limit of open files \
                     (ulimit -n) below that?"
                );
                return Ok(hold);
            }
            shell::pause(20);
        }
        bail!("{how} did not begin within {WITHIN:?}")
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it; what became of its connections, in words.
    fn end(self) -> Result<String> {
        let Hold { process, log } = self;
        drop(process);
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        told(&said).with_context(|| format!("the attack said:\n{said}"))
    }
}

/// How many connections an attack has opened, once it says so.
fn ready(said: &str) -> Option<u32> {
    said.lines().find_map(|line| line.strip_prefix("READY ")?.split(' ').next()?.parse().ok())
}

/// What an attack says at its end, in words.
fn told(said: &str) -> Result<String> {
    let last: Json = serde_json::from_str(said.lines().last().unwrap_or_default())?;
    let count = |name: &str| last[name].as_u64().with_context(|| format!("no count {name}"));
    Ok(format!(
        "the server closed {} of {} connections, {} were opened again, {} could not be, {} stood at the end; answers: {}",
        count("closed")?,
        count("opened")?,
        count("reopened")?,
        count("failed")?,
        count("open")?,
        last["answers"]
    ))
}

/// Sockets of a process, the one it listens on among them.
fn sockets(process: u32) -> Result<usize> {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).context("the server has ended")?;
    // A file that was closed meanwhile is none.
    let targets = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
    Ok(targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attack_is_there_when_it_says_so() {
        assert_eq!(ready(""), None);
        assert_eq!(ready("READY 14990 of 15000\n"), Some(14_990));
    }

    #[test]
    fn the_end_of_an_attack_is_told_in_words() {
        let line = r#"{"answers":{"408":2},"closed":3,"connections":5,"failed":0,"how":"idle","open":5,"opened":8,"reopened":3}"#;
        let words = told(&format!("READY 5 of 5\n{line}\n")).unwrap();
        assert!(words.contains("closed 3 of 8 connections, 3 were opened again"), "{words}");
        assert!(words.ends_with(r#"{"408":2}"#), "{words}");
        assert!(told("READY 5 of 5\n").is_err());
    }

    #[test]
    fn own_sockets_are_counted() {
        let before = sockets(std::process::id()).unwrap();
        let listeners = [(); 3].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        assert!(sockets(std::process::id()).unwrap() >= before + listeners.len());
    }

    #[test]
    fn a_try_attacks_with_a_tenth() {
        let names: Vec<String> = attacks(String::new(), 10).into_iter().map(|attack| attack.name).collect();
        assert_eq!(names.len(), 8);
        assert_eq!(names[0], "1000/s from one address, no session");
        assert_eq!(names[3], "1500 connections, idle");
    }
}
