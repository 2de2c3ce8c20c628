//! One run: some simulated days of one seed, and the ending in which every promise must have been kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use clearway_connect::payments::RefundState;
use clearway_sims::city::numbers::Dice;
use clearway_store::audit;

use super::acts::next;
use super::books::Books;
use super::check::{Checker, at_the_end};
use super::plants::Plant;
use super::stage::{ENDING, Stage};
use super::world::authority::Night;
use super::world::network::Weather;
use super::world::town::Draw;
use super::world::{Options, SimWorld};

/// Instants at which runs begin: both regimes, the day between them, closing time, the end of a year, a leap day.
const BEGINNINGS: [&str; 8] = [
    "2020-04-05T10:00:00+08:00",
    "2020-04-03T20:30:00+08:00",
    "2020-06-10T21:40:00+08:00",
    "2020-12-30T15:00:00+08:00",
    "2022-03-30T09:00:00+08:00",
    "2023-05-10T11:00:00+08:00",
    "2023-12-30T21:50:00+08:00",
    "2024-02-28T08:00:00+08:00",
];
/// Steps before the ending.
const STEPS: usize = 160;
/// Days within which everything must have ended.
const ENDING_DAYS: i64 = 60;
/// How long an idle worker sleeps, ms.
const IDLE_MS: i64 = 250;

/// What one run tells.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Steps, the ending's among them.
    pub steps: u64,
    /// Simulated time, ms.
    pub passed_ms: i64,
    /// Orders.
    pub orders: u64,
    /// Payments that the rail took.
    pub payments: u64,
    /// Refunds that reached the payer.
    pub refunds: u64,
    /// Decisions that were written for our cases.
    pub decisions: u64,
    /// Deaths of the process.
    pub deaths: u64,
    /// Calls by fate.
    pub fates: BTreeMap<(&'static str, &'static str), u64>,
    /// Deeds by name and answer.
    pub tally: BTreeMap<String, u64>,
    /// Hash over every audit chain and every step.
    pub hash: String,
    /// What went wrong at the first step at which anything did.
    pub broken: Vec<String>,
    /// The last steps.
    pub trail: Vec<String>,
}

impl Report {
    /// How often something of this name was counted.
    pub fn tallied(&self, name: &str) -> u64 {
        self.tally.get(name).copied().unwrap_or(0)
    }
}

/// The options of a seed.
pub fn options(seed: u64) -> Options {
    let mut dice = Dice::new(seed ^ 0x0710_0F11_FE00_0007);
    let beginning = *dice.pick(&BEGINNINGS);
    let night = *dice.pick(&[Night::Open, Night::Open, Night::Away, Night::Refuses]);
    let draw = Draw { drivers: dice.below(3) + 2, ..Draw::default() };
    let per_leg = dice.chance(35);
    Options { at: beginning.parse().expect("an instant"), night, draw, per_leg, ..Options::of_seed(seed) }
}

/// Runs a seed.
pub fn run(seed: u64) -> Report {
    run_with(seed, None)
}

/// Runs a seed with a bug planted in it.
pub fn run_with(seed: u64, plant: Option<Plant>) -> Report {
    let mut options = options(seed);
    if let Some(plant) = plant {
        options.seams = Arc::new(plant);
    }
    let stage = Arc::new(Stage::new(SimWorld::with(options)));
    let hash = Arc::new(Mutex::new(digest::Context::new(&digest::SHA256)));
    let weak = Arc::downgrade(&stage);
    let interlude = move |_| {
        if let Some(stage) = weak.upgrade()
            && let Some(said) = next::meanwhile(&stage)
        {
            stage.note(&format!("  meanwhile: {said}"));
        }
    };
    stage.sim.network.set_meanwhile(Some(Arc::new(interlude)));
    stage.sim.rail.till().errs = true;
    let mut checker = Checker::new(&stage);
    for _ in 0..STEPS {
        if stage.chance(6) {
            let seams = i64::try_from(stage.below(40)).unwrap_or(0);
            stage.sim.life.die_in(seams);
        }
        let said = next::step(&stage);
        stage.sim.life.spare();
        if let Some(plant) = plant {
            plant.poke(&stage);
        }
        after_step(&stage, &mut checker, &hash, &said);
        if is_broken(&stage) {
            return report(&stage, &hash);
        }
    }
    ending(&stage, &mut checker, &hash);
    if !is_broken(&stage) {
        at_the_end(&stage);
    }
    report(&stage, &hash)
}

fn is_broken(stage: &Stage) -> bool {
    !stage.scene().breaks.is_empty()
}

fn after_step(stage: &Stage, checker: &mut Checker, hash: &Mutex<digest::Context>, said: &str) {
    stage.note(said);
    hash.lock().unwrap_or_else(PoisonError::into_inner).update(said.as_bytes());
    checker.check(stage);
}

/// Faults end, officers do their work, time passes: from one thing that is due to the next.
fn ending(stage: &Stage, checker: &mut Checker, hash: &Mutex<digest::Context>) {
    let sim = &stage.sim;
    sim.network.set_meanwhile(None);
    sim.network.set_weather(Weather::default());
    sim.network.unplan();
    sim.authority.files().answer_objections();
    let last_ms = sim.life.ms() + ENDING_DAYS * 86_400_000;
    for _ in 0..2_500 {
        let (jobs, posts) = (sim.run_due_jobs(), sim.deliver_due());
        after_step(stage, checker, hash, &format!("{ENDING} {jobs} jobs, {posts} notices"));
        if is_broken(stage) {
            return;
        }
        // What is due and was not done waits for something else: an idle worker looks again after a while.
        let least_ms = if jobs == 0 && posts == 0 { IDLE_MS } else { 1 };
        match next_due(stage) {
            Some(due_ms) if due_ms <= last_ms => sim.life.pass((due_ms - sim.life.ms()).max(least_ms)),
            _ => return,
        }
    }
}

/// When the next thing is due, if anything is left.
fn next_due(stage: &Stage) -> Option<i64> {
    let books = Books::read(&stage.sim.world().db).ok()?;
    let jobs = books.jobs.iter().filter(|job| !job.buried).map(|job| job.due_ms);
    jobs.chain(stage.sim.rail.till().next_ms()).min()
}

fn report(stage: &Stage, hash: &Mutex<digest::Context>) -> Report {
    let sim = &stage.sim;
    let mut hash = hash.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let world = sim.world();
    let heads = world.db.read(|tx| {
        let mut heads = Vec::new();
        for driver in audit::chains(tx, "", 1_000)? {
            heads.extend(audit::head(tx, &driver)?);
        }
        Ok::<_, clearway_store::StoreError>(heads)
    });
    for (seq, head) in heads.unwrap_or_default() {
        hash.update(format!("{seq}{head}").as_bytes());
    }
    let scene = stage.scene();
    let till = sim.rail.till();
    let files = sim.authority.files();
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Report {
        seed: sim.options.seed,
        steps: scene.step,
        passed_ms: sim.life.ms() - sim.options.at.as_millisecond(),
        orders: count(till.orders.len()),
        payments: count(till.orders.values().map(|kept| kept.payments.len()).sum()),
        refunds: count(
            till.orders
                .values()
                .flat_map(|kept| &kept.refunds)
                .filter(|back| back.state == RefundState::Success)
                .count(),
        ),
        decisions: count(files.decisions.values().filter(|kept| !kept.case.is_empty()).count()),
        deaths: sim.deaths(),
        fates: sim.network.counts(),
        tally: scene.tally.clone(),
        hash: hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
        broken: scene.breaks.clone(),
        trail: scene.trail.iter().cloned().collect(),
    }
}
