//! Figures for the operator: this node's, as it tells them with its heartbeat, and everybody's.

use std::sync::{Mutex, PoisonError};

use clearway_domain::admission::{Window, meter::Rates};
use clearway_domain::civil_date;
pub use clearway_store::queue::Count as JobCount;
use clearway_store::turn::Tally;
use clearway_store::{node, queue, turn};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::ceiling::{self, Ceiling};
use crate::dossier::instant;
use crate::{Error, World, jobs};

/// What a node tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfNode {
    /// The pace that it set itself, thousandths of a call a second.
    pub rate: u32,
    /// Calls to the platform in the last second.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
    /// Those that were told there are too many.
    pub throttled: u32,
    /// Mean time of an answer, ms; 0 when there was none.
    pub latency_ms: u32,
    /// Requests being answered.
    pub in_flight: usize,
    /// Requests refused since its start because one caller asked too much; 0 from a node of an earlier build.
    #[serde(default)]
    pub refused: u64,
    /// Writers that wait.
    pub writers: usize,
    /// Whether the last write failed.
    pub failing: bool,
    /// p95 of recent requests by step, ms.
    pub p95_ms: Vec<(String, u64)>,
}

/// A node as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its part of the ceiling, thousandths of a call a second.
    pub share: i64,
    /// When it was heard, by its own clock.
    pub heard: Timestamp,
    /// What it tells; absent when another build tells it otherwise.
    pub figures: Option<OfNode>,
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Figures {
    /// When the queue was looked at.
    pub at: Timestamp,
    /// People who wait.
    pub waiting: u64,
    /// Turns drawn and over since the service began.
    pub drawn: u64,
    /// See `drawn`.
    pub gone: u64,
    /// Since when the one who waits longest waits.
    pub oldest: Option<Timestamp>,
    /// How fast turns end.
    pub rates: Option<Rates>,
    /// The ceiling.
    pub ceiling: Ceiling,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Open orders whose end is still asked about, those that are just being paid among them.
    pub unknown_payments: i64,
    /// Jobs by kind: all, due, set aside.
    pub jobs: Vec<JobCount>,
    /// When they were counted.
    pub jobs_at: Timestamp,
    /// How well yesterday's waits were foretold.
    pub yesterday: Option<Tally>,
    /// How well today's are.
    pub today: Option<Tally>,
}

/// What this node tells with its heartbeat.
pub(super) fn of_node(world: &World, seen: Window, rate: u32) -> Result<serde_json::Value, Error> {
    let stats = world.db.stats();
    let steps = world.admission.steps.all();
    let told = OfNode {
        rate,
        calls: seen.calls,
        failed: seen.failed,
        throttled: seen.throttled,
        latency_ms: seen.latency_ms,
        in_flight: world.admission.in_flight.load(std::sync::atomic::Ordering::Relaxed),
        refused: world.admission.refused.load(std::sync::atomic::Ordering::Relaxed),
        writers: stats.waiting,
        failing: stats.failing,
        p95_ms: steps.into_iter().filter_map(|(name, step)| Some((name, step.p95_ms()?))).collect(),
    };
    serde_json::to_value(told).map_err(|error| Error::Broken(format!("figures: {error}")))
}

/// How well the waits of the day before were foretold; `None` when nobody was told one.
///
/// # Errors
/// [`Error::Store`].
pub fn yesterday(world: &World) -> Result<Option<Tally>, Error> {
    let day = world.today().saturating_sub(1.day()).to_string();
    world.db.read(|tx| turn::tally(tx, &day).map_err(Error::from))
}

/// The jobs as they were counted last. Counting walks along all of them, and on a launch day there are hundreds of thousands.
#[derive(Debug, Default)]
pub struct Counted(Mutex<Option<(i64, Vec<JobCount>)>>);

impl Counted {
    /// The jobs by kind, and when they were counted, ms UTC: again when the last count is older than a hundred times what it took,
    /// at a microsecond a job.
    fn jobs(&self, world: &World, now_ms: i64) -> Result<(i64, Vec<JobCount>), Error> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let good = last.as_ref().filter(|(at_ms, jobs)| {
            let good_ms = jobs.iter().map(|count| count.jobs).sum::<i64>() / 10;
            (0..good_ms).contains(&(now_ms - at_ms))
        });
        if let Some(good) = good {
            return Ok(good.clone());
        }
        let jobs = world.db.read(|tx| queue::counts(tx, now_ms).map_err(Error::from))?;
        Ok(last.insert((now_ms, jobs)).clone())
    }
}

/// Everything, for the operator.
///
/// # Errors
/// [`Error::Store`].
pub fn all(world: &World) -> Result<Figures, Error> {
    let seen = world.admission.lobby.look(world)?;
    let now_ms = world.now().as_millisecond();
    let today = civil_date(instant(now_ms)).to_string();
    let (nodes, today) = world.db.read(|tx| Ok::<_, Error>((node::all(tx)?, turn::tally(tx, &today)?)))?;
    let (jobs_at_ms, jobs) = world.admission.counted.jobs(world, now_ms)?;
    let asked = jobs.iter().find(|count| count.kind == jobs::pay::ASK).map_or(0, |count| count.jobs);
    Ok(Figures {
        at: instant(seen.at_ms),
        waiting: seen.room.waiting(),
        drawn: seen.room.drawn(),
        gone: seen.room.gone(),
        oldest: seen.room.oldest().map(|second| instant(second.saturating_mul(1_000))),
        rates: seen.rates,
        ceiling: ceiling::read(world)?,
        nodes: nodes
            .into_iter()
            .map(|row| Node {
                name: row.node,
                share: row.share,
                heard: instant(row.at_ms),
                figures: serde_json::from_str(&row.figures).ok(),
            })
            .collect(),
        unknown_payments: asked,
        jobs,
        jobs_at: instant(jobs_at_ms),
        yesterday: yesterday(world)?,
        today,
    })
}
