//! What goes wrong on purpose: at the counterparts all day long; the server, the database and the platform once each. And what an
//! operator does meanwhile.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde_json::json;

use super::Kind;
use super::day::{CLOSING, Run};
use super::watch::{behave, command, real_ms};
use crate::stack;

/// When the doors open after the slow day.
const OPENING: &str = "2020-04-06T06:00:00+08:00";
/// The clock is set so many seconds before opening, once nothing may run any more.
const BEFORE_OPENING_S: i64 = 10;
/// Seconds without a call to the platform after closing, after which nothing is left that may run.
const QUIET_S: i64 = 10;
/// Parts of the crowd, in thousandths, after which things happen: promised for the operator's command, for the crash and for the
/// database, finished for the outage.
const COMMAND_AT: u64 = 150;
const CRASH_AT: u64 = 300;
const DB_AT: u64 = 550;
const OUTAGE_AT: u64 = 300;

impl Run<'_> {
    /// What goes wrong all day long, at rail and platform.
    pub(super) fn misbehave(&self) -> Result<()> {
        let mut rules = vec![
            json!({ "match": { "call": "notify" }, "fault": "twice", "every": 3 }),
            json!({ "match": { "call": "notify" }, "fault": "late:3000", "every": 7 }),
        ];
        if self.kind == Kind::Slow {
            rules.push(json!({ "match": { "call": "decide" }, "fault": "acted_no_reply", "every": 50 }));
            for call in ["queryObjectOut", "writeObjectOut"] {
                let every = self.ask.fails.max(1);
                rules.push(json!({ "match": { "call": call }, "fault": "http500", "every": every }));
            }
            if self.ask.fails == 0 {
                rules.truncate(rules.len() - 2);
            }
        }
        rules.iter().try_for_each(|rule| command(&self.stack.sims_url, "faults", rule))
    }

    /// What goes wrong once.
    pub(super) fn act(&mut self) -> Result<()> {
        let part = |count: u64| count * 1_000 / self.ask.drivers.max(1);
        let (promised, finished) = (part(self.seen("promised")), part(self.seen("finished")));
        let crashes = self.kind == Kind::Slow || self.ask.nodes == 2;
        if self.command.is_none() && promised >= COMMAND_AT {
            self.operate()?;
        }
        // Not both in the same breath: each is to be seen by itself.
        if crashes && !self.crashed && promised >= CRASH_AT {
            self.crash()?;
        } else if promised >= DB_AT || self.db_away.is_some() {
            self.database()?;
        }
        if self.kind != Kind::Slow {
            return Ok(());
        }
        match self.outage {
            None if finished >= OUTAGE_AT => {
                self.event(format!("the platform is away for {} s", self.ask.outage));
                behave(&self.stack.sims_url)?;
                for call in ["queryObjectOut", "writeObjectOut"] {
                    let rule = json!({ "match": { "call": call }, "fault": "http500" });
                    command(&self.stack.sims_url, "faults", &rule)?;
                }
                self.outage = Some(real_ms()?);
            }
            Some(since)
                if self.away.is_none() && real_ms()? - since >= i64::try_from(self.ask.outage)? * 1_000 =>
            {
                behave(&self.stack.sims_url)?;
                self.misbehave()?;
                self.away = Some((self.demo(since).as_millisecond(), self.demo(real_ms()?).as_millisecond()));
                self.event("the platform is back");
            }
            _ => {}
        }
        self.night()
    }

    /// An operator sets the ceiling to what it is, in a process beside the servers: it writes, and has to have its turn.
    fn operate(&mut self) -> Result<()> {
        let run = |more: &[&str]| {
            let mut command = self.stack.program("clearway");
            command.args(["admission", "--config"]).arg(self.stack.config()).args(more).output()
        };
        let told = run(&[])?;
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let ceiling = told.split_whitespace().next().unwrap_or_default();
        let begun = crate::say::now();
        let said =
            run(&["--ceiling", ceiling, "--by", "rehearsal", "--reason", "in the middle of the rush"])?;
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let refusal = String::from_utf8_lossy(&said.stderr).trim().to_owned();
        self.event(format!("an operator sets the ceiling to {ceiling}: {took} ms {refusal}"));
        self.command = Some(if said.status.success() { Ok(took) } else { Err(refusal) });
        Ok(())
    }

    /// PostgreSQL falls, and is there again after some seconds. Nothing else is touched: whoever lost a connection has to find
    /// the way back alone.
    fn database(&mut self) -> Result<()> {
        let Some(cluster) = self.cluster.filter(|_| self.ask.db_away > 0) else { return Ok(()) };
        let now = real_ms()?;
        match self.db_away {
            None => {
                self.event(format!("PostgreSQL is away for {} s", self.ask.db_away));
                cluster.fall()?;
                self.db_away = Some((now, i64::MAX));
            }
            Some((from, i64::MAX)) if now - from >= i64::try_from(self.ask.db_away)? * 1_000 => {
                cluster.rise()?;
                self.db_away = Some((from, real_ms()?));
                self.event("PostgreSQL is back");
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// A day on which something planned did not go wrong proves less than its report says.
    pub(super) fn all_went_wrong(&self) -> Result<()> {
        let planned = self.cluster.is_some() && self.ask.db_away > 0;
        ensure!(
            !planned || self.db_away.is_some_and(|(_, to)| to < i64::MAX),
            "the crowd went home before PostgreSQL was away and back"
        );
        Ok(())
    }

    fn crash(&mut self) -> Result<()> {
        self.crashed = true;
        let from = real_ms()?;
        if let Some(mut second) = self.second.take() {
            self.event("one of two nodes is killed");
            second.kill()?;
            // Nobody starts it again: the other one has to do.
            self.down.push((1, from, i64::MAX));
            return Ok(());
        }
        self.event("the server is killed");
        let said = self.stack.kill_server()?;
        std::fs::write(self.stack.dir().join("server-before.log"), said)?;
        self.stack.start_server()?;
        self.event("the server answers again");
        self.down.push((0, from, real_ms()?));
        Ok(())
    }

    /// When the doors are closed and nothing is left that may run, the night is skipped.
    fn night(&mut self) -> Result<()> {
        let now = real_ms()?;
        let demo = self.demo(now);
        let closing: Timestamp = CLOSING.parse()?;
        let quiet = now - self.last_call_ms >= QUIET_S * 1_000;
        let is_away = self.outage.is_some() && self.away.is_none();
        if self.night_ms.is_some() || demo < closing || !quiet || is_away {
            return Ok(());
        }
        let opening: Timestamp = OPENING.parse()?;
        let at = opening - jiff::SignedDuration::from_secs(BEFORE_OPENING_S);
        stack::set_clock(&self.stack.dir().join("clock"), at)?;
        self.clock = (at, now);
        let closed_real = now - (demo.as_millisecond() - closing.as_millisecond());
        self.night_ms = Some(now - self.last_call_ms.max(closed_real) + BEFORE_OPENING_S * 1_000);
        self.event("closed, and nothing is left to do: the night is skipped");
        Ok(())
    }
}
