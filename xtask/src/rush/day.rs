//! One day: the world is started, the crowd comes, what is planned goes wrong, and everything is looked at afterwards.

use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::judge::Turn;
use super::line::Line;
use super::turns::{self, Store};
use super::watch::{self, Look, Meter, OPERATOR, behave, command, control, real_ms};
use super::{Ask, Kind};
use crate::pg::{Postgres, Purpose};
use crate::process;
use crate::say::step;
use crate::shell::{self, Background};
use crate::stack::{self, Extra, Plan, Stack};

/// Morning of the quick day, and when the slow one closes.
const MORNING: &str = "2020-04-05T09:00:00+08:00";
pub(super) const CLOSING: &str = "2020-04-05T22:00:00+08:00";
/// Calls to the platform that one driver needs, about: only to place the closing time in the middle of the day.
const CALLS_EACH: u64 = 8;
/// A platform without a limit, for the quick day.
const NO_LIMIT: u64 = 100_000;

/// A server is at rest that took less than a twentieth of a core for so long, ms; it is waited for so often.
const REST_MS: u64 = 2_000;
const REST_LOOKS_MAX: usize = 150;

/// What one path cost again and again, with nothing else going on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Floor {
    /// Real time of a request, generator included, µs.
    pub wall_us: f64,
    /// CPU of the server for a request, µs.
    pub cpu_us: f64,
}

/// A server (0 or 1) that was down, from when to when, real ms.
pub type Down = (usize, i64, i64);

/// What was found out about one day.
pub struct Day {
    /// Which day.
    pub kind: Kind,
    /// The crowd's totals.
    pub crowd: Value,
    /// The crowd's seconds.
    pub seconds: Vec<Value>,
    /// The server's seconds.
    pub looks: Vec<Look>,
    /// What happened: real ms and words.
    pub events: Vec<(i64, String)>,
    /// The floor: `/healthz` and `/robots.txt`, before and after.
    pub floors: Vec<(&'static str, Floor)>,
    /// One look at the number that is called.
    pub poll: Floor,
    /// What the police platform counted.
    pub limit: Value,
    /// What was paid at the rail.
    pub takings: Value,
    /// `clearway verify`.
    pub verify: Value,
    /// Turns.
    pub turns: Vec<Turn>,
    /// What a line of strangers cost afterwards.
    pub line: Line,
    /// When the platform was away, simulated ms.
    pub away: Option<(i64, i64)>,
    /// Decisions that the platform took more than once.
    pub decided_twice: usize,
    /// Real ms in which the service was closed and nothing was left to do.
    pub night_ms: i64,
    /// Which server was down, from when to when, real ms.
    pub down: Vec<Down>,
    /// From when to when PostgreSQL was away, real ms.
    pub db_away: Option<(i64, i64)>,
    /// When the last call of the crowd's day came to the platform, real ms.
    pub last_call_ms: i64,
    /// How long an operator's command took in the middle of it, ms, or what it said instead.
    pub command: Option<Result<u64, String>>,
}

/// Plays a day.
pub fn play(ask: &Ask, kind: Kind) -> Result<Day> {
    let cluster = if ask.postgres { Some(Postgres::start(Purpose::Figures)?) } else { None };
    let mut run = Run::start(ask, kind, cluster.as_ref())?;
    let mut floors = run.floors(ask)?;
    run.misbehave()?;
    run.rush()?;
    behave(&run.stack.sims_url)?;
    shell::pause(2_000);
    if run.second.is_none() && run.ask.nodes == 2 {
        run.event("the killed node stays away");
    }
    run.at_rest();
    floors.extend(run.floors(ask)?);
    let poll = run.flood("/turn/number", ask.floor)?;
    run.look_back(floors, poll)
}

/// A day that is being played.
pub struct Run<'a> {
    pub(super) ask: &'a Ask,
    pub(super) cluster: Option<&'a Postgres>,
    pub(super) kind: Kind,
    pub(super) stack: Stack,
    pub(super) second: Option<Background>,
    second_url: Option<String>,
    /// The simulated instant that was set, and when, real ms.
    pub(super) clock: (Timestamp, i64),
    pub(super) meter: Meter,
    looks: Vec<Look>,
    seconds: Vec<Value>,
    events: Vec<(i64, String)>,
    pub(super) down: Vec<Down>,
    pub(super) crashed: bool,
    pub(super) command: Option<Result<u64, String>>,
    /// From when to when PostgreSQL was away, real ms; until it is back, to the end of time.
    pub(super) db_away: Option<(i64, i64)>,
    /// Real ms since which the platform is or was away.
    pub(super) outage: Option<i64>,
    /// From and to, simulated ms, once it is back.
    pub(super) away: Option<(i64, i64)>,
    pub(super) night_ms: Option<i64>,
    pub(super) last_call_ms: i64,
}

impl<'a> Run<'a> {
    fn start(ask: &'a Ask, kind: Kind, cluster: Option<&'a Postgres>) -> Result<Run<'a>> {
        let at = begin(ask, kind)?;
        let limit = if kind == Kind::Slow { ask.rate } else { NO_LIMIT };
        let seed = ask.seed.to_string();
        let extra = Extra {
            city: Some(["rush-city", "--seed", &seed].map(str::to_owned).to_vec()),
            sims: vec!["--authority-per-second".to_owned(), limit.to_string()],
            config: OPERATOR.to_owned(),
        };
        let plan = Plan {
            dir: PathBuf::from(".run/rush/world"),
            at: Some(at),
            db: cluster.map(|pg| pg.fresh(kind.word())).transpose()?,
            port: shell::free_port()?,
            sims_port: shell::free_port()?,
            drivers: u32::try_from(ask.drivers)?,
            violations: 0,
            profile: ask.profile,
        };
        let stack = Stack::start_with(&plan, &extra)?;
        let clock = (at, real_ms()?);
        stack::set_clock(&stack.dir().join("clock"), at)?;
        let (second, second_url) = if ask.nodes == 2 {
            let port = shell::free_port()?;
            (Some(stack.start_node("b", port)?), Some(format!("http://127.0.0.1:{port}")))
        } else {
            (None, None)
        };
        if kind == Kind::Slow {
            command(&stack.sims_url, "limit", &json!({ "per_second": ask.rate }))?;
        }
        Ok(Run {
            ask,
            cluster,
            kind,
            stack,
            second,
            second_url,
            clock,
            meter: Meter::default(),
            looks: Vec::new(),
            seconds: Vec::new(),
            events: Vec::new(),
            down: Vec::new(),
            crashed: false,
            command: None,
            db_away: None,
            outage: None,
            away: None,
            night_ms: None,
            last_call_ms: 0,
        })
    }

    pub(super) fn event(&mut self, words: impl Into<String>) {
        let words = words.into();
        step(&words);
        if let Ok(now) = real_ms() {
            self.events.push((now, words));
        }
    }

    /// What the simulated clock says at a real instant, ms.
    pub(super) fn demo(&self, real_ms: i64) -> Timestamp {
        self.clock.0 + jiff::SignedDuration::from_millis(real_ms - self.clock.1)
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        [self.stack.server_id(), self.second.as_ref().map_or(0, Background::id)]
            .into_iter()
            .filter(|id| *id > 0)
            .collect()
    }

    /// Both floors: a page of the service that costs as little as any, and the health page.
    fn floors(&mut self, ask: &Ask) -> Result<Vec<(&'static str, Floor)>> {
        ["/healthz", "/robots.txt"].into_iter().map(|path| Ok((path, self.flood(path, ask.floor)?))).collect()
    }

    /// Waits until the servers have nothing left to do of the day: what they ask for whoever has looked is no cost of a look at the number.
    fn at_rest(&self) {
        let spent = || self.pids().into_iter().filter_map(process::cost).map(|(ms, _)| ms).sum::<u64>();
        for _ in 0..REST_LOOKS_MAX {
            let before = spent();
            shell::pause(REST_MS);
            if spent().saturating_sub(before) <= REST_MS / 20 {
                return;
            }
        }
        step("the servers still work at something: a look at the number bears it");
    }

    pub(super) fn flood(&mut self, path: &str, requests: u64) -> Result<Floor> {
        let pid = self.stack.server_id();
        let cpu = |pid| process::cost(pid).map_or(0, |(ms, _)| ms);
        let before = cpu(pid);
        let mut flood = self.stack.program("clearway-sims");
        flood.args([
            "flood",
            "--server",
            &self.stack.url,
            "--path",
            path,
            "--requests",
            &requests.to_string(),
        ]);
        let told: Value = serde_json::from_str(&shell::read(&mut flood)?)?;
        let spent_ms = cpu(pid).saturating_sub(before);
        let count = told["requests"].as_f64().unwrap_or(1.0).max(1.0);
        let wall_us = told["seconds"].as_f64().unwrap_or(0.0) * 1e6 / count;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of one run")]
        let cpu_us = spent_ms as f64 * 1e3 / count;
        Ok(Floor { wall_us, cpu_us })
    }

    /// From the arrival of the first to the end of the last.
    fn rush(&mut self) -> Result<()> {
        let ask = self.ask;
        let out = self.stack.dir().join("crowd.json");
        let mut servers = self.stack.url.clone();
        if let Some(url) = &self.second_url {
            servers = format!("{servers},{url}");
        }
        let mut crowd = self.stack.program("clearway-sims");
        crowd.args(["crowd", "--servers", &servers, "--public-url", &self.stack.url]);
        crowd.args(["--sims", &self.stack.sims_url, "--pauses", if ask.human { "human" } else { "none" }]);
        for (name, value) in [
            ("--drivers", ask.drivers),
            ("--seed", ask.seed),
            ("--sockets", ask.sockets),
            ("--within", ask.within),
            ("--deadline", ask.deadline),
        ] {
            crowd.arg(name).arg(value.to_string());
        }
        crowd.arg("--bank").arg(shell::root().join("packs/bank")).arg("--out").arg(&out);
        let log = self.stack.dir().join("crowd.log");
        let mut crowd = Background::start("the crowd", &mut crowd, &log)?;
        self.event(format!("{} people come", ask.drivers));
        let mut kept = std::fs::File::create(self.stack.dir().join("looks.jsonl"))?;
        let mut lines = Lines { file: out.with_extension("jsonl"), seen: 0 };
        let mut shown = 0;
        loop {
            let begun = crate::say::now();
            shell::stop_if_interrupted()?;
            lines.read(&mut self.seconds)?;
            writeln!(kept, "{}", self.look(crowd.id())?)?;
            if let Some(well) = crowd.ended()? {
                lines.read(&mut self.seconds)?;
                if !well {
                    bail!("the crowd fell over; see {}", log.display());
                }
                return self.all_went_wrong();
            }
            self.stack.check()?;
            self.act()?;
            shown += 1;
            if shown % 15 == 0 {
                self.tell();
            }
            let spent = u64::try_from(begun.elapsed().as_millis()).unwrap_or(0);
            shell::pause(1_000_u64.saturating_sub(spent));
        }
    }

    /// One look; its line for the file.
    fn look(&mut self, crowd: u32) -> Result<String> {
        let (cpu_ms, own_kb) = self.meter.read(&self.pids());
        let calls = control(&self.stack.sims_url, "limit")?["calls"].as_u64().unwrap_or(0);
        let at_ms = real_ms()?;
        if self.looks.last().is_none_or(|last| last.calls != calls) {
            self.last_call_ms = at_ms;
        }
        let metrics = watch::metrics(&self.stack.url);
        let cost = |pid| process::cost(pid).map_or(0, |(ms, _)| ms);
        let others_ms = (cost(self.stack.sims_id()), cost(crowd));
        let look = Look { at_ms, cpu_ms, own_kb, metrics, calls, others_ms };
        let line = look.line();
        self.looks.push(look);
        Ok(line)
    }

    pub(super) fn seen(&self, name: &str) -> u64 {
        self.seconds.last().and_then(|line| line[name].as_u64()).unwrap_or(0)
    }

    fn tell(&self) {
        let names = ["arrived", "admitted", "promised", "waiting", "finished", "requests", "asked", "errors"];
        let told: Vec<String> = names.iter().map(|name| format!("{} {name}", self.seen(name))).collect();
        step(&told.join(", "));
    }

    fn look_back(mut self, floors: Vec<(&'static str, Floor)>, poll: Floor) -> Result<Day> {
        let sims = self.stack.sims_url.clone();
        let (limit, takings, called) =
            (control(&sims, "limit")?, control(&sims, "takings")?, control(&sims, "turns")?);
        let mut verify = self.stack.program("clearway");
        verify.args(["verify", "--json", "--config"]).arg(self.stack.config());
        // It ends with 1 when a sentence is not true, and says so in its answer.
        let said = verify.output().context("cannot start clearway verify")?;
        let verify: Value = serde_json::from_slice(&said.stdout)
            .with_context(|| format!("clearway verify said {}", String::from_utf8_lossy(&said.stderr)))?;
        let crowd: Value =
            serde_json::from_str(&std::fs::read_to_string(self.stack.dir().join("crowd.json"))?)?;
        let file = self.stack.dir().join("clearway.db");
        let (turns, url) = match self.cluster {
            None => {
                let turns = turns::read(&Store::Sqlite(&file), &called, &crowd)?;
                (turns, format!("sqlite:{}", file.display()))
            }
            Some(pg) => {
                let url = pg.named(self.kind.word());
                (turns::read(&Store::Postgres(pg.bin(), &url), &called, &crowd)?, url)
            }
        };
        let line = self.line(&url)?;
        let rows = called["turns"].as_array().map_or(&[][..], Vec::as_slice);
        let decided_twice = rows.iter().filter(|row| row[4].as_u64().unwrap_or(0) > 1).count();
        self.stack.check()?;
        Ok(Day {
            kind: self.kind,
            crowd,
            seconds: self.seconds,
            looks: self.looks,
            events: self.events,
            floors,
            poll,
            limit,
            takings,
            verify,
            turns,
            away: self.away,
            line,
            decided_twice,
            night_ms: self.night_ms.unwrap_or(0),
            down: self.down,
            db_away: self.db_away,
            last_call_ms: self.last_call_ms,
            command: self.command,
        })
    }
}

/// When the day begins: the slow one so that the doors close in the middle of it.
fn begin(ask: &Ask, kind: Kind) -> Result<Timestamp> {
    if kind == Kind::Quick {
        return Ok(MORNING.parse()?);
    }
    let drain = ask.drivers * CALLS_EACH / ask.rate.max(1) + ask.outage;
    let before = ask.closes_in.unwrap_or((drain * 6 / 10).max(40));
    let closing: Timestamp = CLOSING.parse()?;
    Ok(closing - jiff::SignedDuration::from_secs(i64::try_from(before)?))
}

/// The crowd's file of seconds, read as it grows.
struct Lines {
    file: PathBuf,
    seen: usize,
}

impl Lines {
    fn read(&mut self, into: &mut Vec<Value>) -> Result<()> {
        let Ok(file) = std::fs::File::open(&self.file) else { return Ok(()) };
        for line in BufReader::new(file).lines().skip(self.seen) {
            // A line that is being written is read in the next second.
            let Ok(value) = serde_json::from_str(&line?) else { break };
            into.push(value);
            self.seen += 1;
        }
        Ok(())
    }
}
