//! `cargo x crash`: the real server under load, killed with SIGKILL at random instants and started again on the same
//! database. Whatever a client was told must be there, and the books must be right.

mod load;
mod rail;
mod rng;
mod study;
mod watch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;

use self::load::{Acks, Load};
use self::rng::Rng;
use self::watch::Watch;
use crate::args::Args;
use crate::check;
use crate::http::Visitor;
use crate::pg::{Postgres, Purpose};
use crate::say::{now, step};
use crate::shell;
use crate::stack::{self, Plan, Stack};

/// Kills in the ring; the full run is a hundred times that.
pub const RING_KILLS: u32 = 100;
/// Kills in one world: then a new city is drawn, because the drivers have nothing left to pay.
const SESSION_KILLS: u32 = 250;
/// Kills between two looks at what was acknowledged, and between two looks at everything.
const LOOK_EVERY: u32 = 5;
const FULL_EVERY: u32 = 50;
/// Drivers at the same time.
const THREADS: usize = 4;
/// Morning in the pretend city.
const AT: &str = "2020-04-05T08:00:00+08:00";

/// Builds the program that looks into the database.
fn build_eye(profile: &str) -> Result<()> {
    step("building the program that looks into the database");
    shell::build_example("crash", profile)
}

/// The dose of the ring: this program again, on both engines. Server and counterparts are built already.
pub fn ring() -> Result<Command> {
    build_eye("debug")?;
    let mut run = Command::new(std::env::current_exe()?);
    run.args(["crash", "--no-build", "--kills", &RING_KILLS.to_string()]);
    Ok(run)
}

/// What a whole run did and found.
#[derive(Default)]
struct Sum {
    kills: u32,
    acks: BTreeMap<&'static str, u64>,
    checked: u64,
    lost: Vec<String>,
    doubled: Vec<String>,
    breaks: Vec<String>,
    paid_fen: i64,
    /// Time spent waiting for the server to answer again, and looking into the database.
    restarting: Duration,
    looking: Duration,
}

/// Runs it: `--kills N` on each engine, `--db sqlite|postgres|both`, `--seed S`, `--worlds W` at the same time, `--release`.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &["release", "no-build"], &["kills", "db", "seed", "worlds"])?;
    if let Some(word) = args.words().first() {
        bail!("`cargo x crash` takes no “{word}”; `cargo x help` lists what it takes");
    }
    let number = |name: &str, usual: u32| -> Result<u32> {
        args.value(name).map_or(Ok(usual), |text| {
            text.parse().with_context(|| format!("--{name} takes a number, “{text}” is none"))
        })
    };
    let (kills, seed) = (number("kills", 10_000)?, number("seed", 1)?);
    let profile = if args.has("release") { "release" } else { "debug" };
    if !args.has("no-build") {
        stack::build(profile)?;
        build_eye(profile)?;
    }
    let eye = shell::example("crash", profile);
    let engines: &[&str] = match args.value("db").unwrap_or("both") {
        "both" => &["sqlite", "postgres"],
        "sqlite" => &["sqlite"],
        "postgres" => &["postgres"],
        other => bail!("--db takes sqlite, postgres or both, “{other}” is none"),
    };
    let mut well = true;
    for engine in engines {
        let cluster = if *engine == "postgres" { Some(Postgres::start(Purpose::Figures)?) } else { None };
        let from = now();
        let season = Season { engine, cluster: cluster.as_ref(), eye: &eye, profile, seed, kills };
        let sum = season.run(number("worlds", 1)?.max(1))?;
        well &= print(engine, &sum, from.elapsed());
    }
    if !well {
        bail!("something was lost, doubled or broken");
    }
    Ok(())
}

/// All the worlds of one engine.
struct Season<'a> {
    engine: &'a str,
    cluster: Option<&'a Postgres>,
    eye: &'a Path,
    profile: &'static str,
    seed: u32,
    kills: u32,
}

impl Season<'_> {
    /// Runs them, so many at the same time, each in a folder and a database of its own.
    fn run(&self, worlds: u32) -> Result<Sum> {
        let (next, sum) = (AtomicU32::new(0), Mutex::new(Sum::default()));
        std::thread::scope(|scope| {
            let lanes: Vec<_> = (0..worlds)
                .map(|lane| {
                    scope.spawn({
                        let (next, sum) = (&next, &sum);
                        move || self.lane(lane, next, sum)
                    })
                })
                .collect();
            for lane in lanes {
                lane.join().map_err(|_| anyhow::anyhow!("a lane panicked"))??;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        Ok(sum.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// One world after the other until none is left.
    fn lane(&self, lane: u32, next: &AtomicU32, sum: &Mutex<Sum>) -> Result<()> {
        loop {
            let session = next.fetch_add(1, Ordering::Relaxed);
            let before = session.saturating_mul(SESSION_KILLS);
            if before >= self.kills {
                return Ok(());
            }
            let db = self.cluster.map(|pg| pg.fresh(&format!("crash_{session}"))).transpose()?;
            let plan = plan(db, self.profile, lane)?;
            let seed = u64::from(self.seed) * 10_000 + u64::from(session);
            let mut one = Sum::default();
            one_world(&plan, self.eye, seed, SESSION_KILLS.min(self.kills - before), &mut one)?;
            let mut sum = sum.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            sum.add(one);
            step(&format!("{}: {} of {} kills", self.engine, sum.kills, self.kills));
        }
    }
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.kills += other.kills;
        for (kind, count) in other.acks {
            *self.acks.entry(kind).or_insert(0) += count;
        }
        self.checked += other.checked;
        self.lost.extend(other.lost);
        self.doubled.extend(other.doubled);
        self.breaks.extend(other.breaks);
        self.paid_fen += other.paid_fen;
        self.restarting += other.restarting;
        self.looking += other.looking;
    }
}

fn plan(db: Option<String>, profile: &'static str, lane: u32) -> Result<Plan> {
    Ok(Plan {
        dir: PathBuf::from(format!(".run/crash-{lane}")),
        at: Some(AT.parse()?),
        db,
        port: shell::free_port()?,
        sims_port: shell::free_port()?,
        drivers: 600,
        violations: 2_400,
        profile,
    })
}

/// One city, killed `kills` times.
fn one_world(plan: &Plan, eye: &Path, seed: u64, kills: u32, sum: &mut Sum) -> Result<()> {
    let mut stack = Stack::start(plan)?;
    rail::misbehave(&stack.sims_url)?;
    let mut watch = Watch::start(eye, &stack.config(), &stack.dir().join("clock"))?;
    let drivers = drivers(&stack)?;
    let (acks, stop, next) = (Acks::default(), AtomicBool::new(false), AtomicUsize::new(0));
    let url = stack.url.clone();
    let (chance, key) = (Rng::new(seed ^ 0x5EED), check::answer_key()?);
    let load =
        Load { url: &url, drivers: &drivers, next: &next, stop: &stop, acks: &acks, rng: &chance, key: &key };
    let ended = std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| load.run());
        }
        let ended = kill_again_and_again(&mut stack, &mut watch, &acks, &Rng::new(seed), kills, sum);
        stop.store(true, Ordering::Relaxed);
        ended
    });
    let mut clock = ended?;
    rail::behave(&stack.sims_url)?;
    let rest = settle(&mut stack, &mut watch, &mut clock)?;
    take(&watch.look(&acks.since(0), true)?, sum);
    rail::compare(&stack.sims_url, &rest, sum)?;
    sum.lost.extend(acks.wrong());
    for (kind, count) in acks.counts() {
        *sum.acks.entry(kind).or_insert(0) += count;
    }
    Ok(())
}

/// Who can sign in: everybody of the crowd who is verified.
fn drivers(stack: &Stack) -> Result<Vec<String>> {
    let city = std::fs::read_to_string(stack.dir().join("city.json")).context("the city was not drawn")?;
    let city: Value = serde_json::from_str(&city)?;
    let accounts = city["accounts"].as_array().context("the city has accounts")?;
    let crowd = accounts.iter().filter(|account| account["persona"] == "" && account["verified"] == true);
    Ok(crowd.filter_map(|account| account["openid"].as_str().map(str::to_owned)).collect())
}

/// The clock of the world: set forward at each kill, so that leases, pauses and deadlines pass too.
struct Clock {
    file: PathBuf,
    at: Timestamp,
    since: std::time::Instant,
}

impl Clock {
    fn forward(&mut self, seconds: u64) -> Result<()> {
        self.at += jiff::SignedDuration::try_from(self.since.elapsed() + Duration::from_secs(seconds))?;
        self.since = now();
        stack::set_clock(&self.file, self.at)
    }
}

fn kill_again_and_again(
    stack: &mut Stack,
    watch: &mut Watch,
    acks: &Acks,
    rng: &Rng,
    kills: u32,
    sum: &mut Sum,
) -> Result<Clock> {
    let mut clock = Clock { file: stack.dir().join("clock"), at: AT.parse()?, since: now() };
    let mut looked = 0;
    for kill in 1..=kills {
        // Mostly short, so that start-up itself is hit as well; sometimes long enough for whole payments.
        let most = [15, 60, 150, 400][usize::try_from(rng.below(4))?];
        shell::pause(rng.below(most));
        let said = stack.kill_server()?;
        if let Some(line) = said.lines().find(|line| line.contains("panicked")) {
            sum.breaks.push(format!("the server panicked: {line}"));
        }
        clock.forward(rng.below(29))?;
        let from = now();
        stack.start_server()?;
        sum.restarting += from.elapsed();
        sum.kills += 1;
        if kill % LOOK_EVERY == 0 {
            let from = now();
            let heard = acks.since(if kill % FULL_EVERY == 0 { 0 } else { looked });
            looked += if kill % FULL_EVERY == 0 { heard.len() - looked } else { heard.len() };
            take(&watch.look(&heard, kill % FULL_EVERY == 0)?, sum);
            sum.looking += from.elapsed();
        }
        shell::stop_if_interrupted()?;
    }
    Ok(clock)
}

fn take(answer: &Value, sum: &mut Sum) {
    let words = |name: &str| {
        let list = answer[name].as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    sum.lost.extend(words("lost"));
    let (doubled, breaks) = words("breaks").into_iter().partition(|what| what.starts_with("doubled"));
    let (mut doubled, mut breaks): (Vec<String>, Vec<String>) = (doubled, breaks);
    sum.doubled.append(&mut doubled);
    sum.breaks.append(&mut breaks);
    sum.checked += answer["checked"].as_u64().unwrap_or(0);
}

/// Nobody drives any more and nothing dies: the clock moves on until all work is done.
fn settle(stack: &mut Stack, watch: &mut Watch, clock: &mut Clock) -> Result<Value> {
    let from = now();
    loop {
        let rest = watch.rest()?;
        let open = rest["orders"].as_array().map_or(0, |orders| {
            let open =
                |state: &Value| ["created", "submitted", "unknown", "paid"].iter().any(|word| state == word);
            orders.iter().filter(|order| open(&order["state"])).count()
        });
        if open == 0 {
            return Ok(rest);
        }
        if from.elapsed() > Duration::from_secs(60) {
            bail!("{open} orders have no end a minute after the last kill: {rest:.2000}");
        }
        stack.check()?;
        clock.forward(30)?;
        shell::pause(100);
    }
}

fn print(engine: &str, sum: &Sum, took: Duration) -> bool {
    let told: Vec<String> = sum.acks.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    println!(
        "\n{engine}: {} kills; acknowledged: {}; {} yuan paid; {} sentences checked",
        sum.kills,
        told.join(", "),
        sum.paid_fen / 100,
        sum.checked
    );
    for what in sum.lost.iter().chain(&sum.doubled).chain(&sum.breaks).take(20) {
        println!("  WRONG: {what}");
    }
    println!(
        "{engine}: {} lost, {} doubled, {} invariant breaks; {:.0} s, {:.1} kills/s; a restart took {} ms, \
         looking {:.0} s in all",
        sum.lost.len(),
        sum.doubled.len(),
        sum.breaks.len(),
        took.as_secs_f64(),
        f64::from(sum.kills) / took.as_secs_f64(),
        (sum.restarting / sum.kills.max(1)).as_millis(),
        sum.looking.as_secs_f64()
    );
    sum.lost.is_empty() && sum.doubled.is_empty() && sum.breaks.is_empty()
}

/// A visitor who reads JSON.
fn visitor() -> Visitor {
    Visitor::new("application/json")
}
