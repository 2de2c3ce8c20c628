//! What the crowd has seen: counts, latencies by step, and what each driver was promised.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::hist::Hist;
use super::mix::Deed;

/// Examples of what went wrong that are kept, of each kind.
const EXAMPLES: usize = 20;

/// How it ended for a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Done, as the server's own page says.
    Done,
    /// Nothing was wanted but to look.
    Looked,
    /// The server's page says something else than done.
    Otherwise,
    /// No end while the crowd was there.
    Unfinished,
    /// Never got through.
    TurnedAway,
}

/// What was promised to a driver.
#[derive(Clone, Debug, Default)]
pub struct Promise {
    /// An order that the driver paid, or a case that was confirmed: an address.
    pub page: Option<String>,
    /// Whether money was taken.
    pub paid: bool,
    /// Place number that was shown first.
    pub place: Option<u64>,
    /// The wait that was shown first: simulated instant, at least and at most so many ms from then.
    pub told: Option<(i64, i64, i64)>,
    /// The number that was told to be final.
    pub number: Option<u64>,
}

/// How a driver's day went.
#[derive(Clone, Debug)]
pub struct Life {
    /// What for the driver came.
    pub deed: Deed,
    /// How it ended.
    pub end: End,
    /// What was promised.
    pub promise: Promise,
    /// Requests that the server answered.
    pub requests: u64,
}

/// One step's figures.
#[derive(Default)]
struct Step {
    /// With the wait for a socket.
    whole: Hist,
    /// From having a socket.
    alone: Hist,
    errors: u64,
}

/// All counts.
#[derive(Default)]
pub struct Tally {
    /// Drivers who have arrived.
    pub arrived: u64,
    /// Drivers who have signed in.
    pub admitted: u64,
    /// Drivers who hold a promise.
    pub promised: u64,
    /// Drivers who wait with a place shown.
    pub waiting: i64,
    /// Drivers whose end was seen.
    pub finished: u64,
    /// Requests that the server answered.
    pub requests: u64,
    /// Connections refused or broken.
    pub cut: u64,
    /// The same by server.
    pub cuts: Vec<u64>,
    /// Times that the server asked to come again, and the seconds.
    pub asked: (u64, u64),
    /// Errors: 5xx, broken answers, silence.
    pub errors: u64,
    /// Sessions that were gone.
    pub sessions_lost: u64,
    /// Places whose final number was another one on a second look.
    pub moved: u64,
    /// Places whose number rose before it was told to be final.
    pub risen: u64,
    /// Places that were held against a second phone.
    pub compared: u64,
    /// Places shown.
    pub places: u64,
    /// Times that the service was closed for what was wanted.
    pub closed: u64,
    /// Latency of all requests since the last sample.
    pub recent: Hist,
    steps: BTreeMap<&'static str, Step>,
    asked_by: BTreeMap<String, u64>,
    examples: BTreeMap<&'static str, Vec<String>>,
}

impl Tally {
    /// An answer of the server.
    pub fn answered(&mut self, step: &'static str, queued_us: u64, took_us: u64) {
        self.requests += 1;
        let seen = self.steps.entry(step).or_default();
        seen.whole.note(queued_us + took_us);
        seen.alone.note(took_us);
        self.recent.note(took_us);
    }

    /// A connection to this server was refused or broke.
    pub fn cut_off(&mut self, server: usize) {
        self.cut += 1;
        if self.cuts.len() <= server {
            self.cuts.resize(server + 1, 0);
        }
        self.cuts[server] += 1;
    }

    /// An error of the server.
    pub fn error(&mut self, step: &'static str, words: &str) {
        self.errors += 1;
        self.steps.entry(step).or_default().errors += 1;
        self.example("error", format!("{step}: {words}"));
    }

    /// The server asked to come again.
    pub fn asked_to_wait(&mut self, slug: &str, seconds: u64) {
        self.asked = (self.asked.0 + 1, self.asked.1 + seconds);
        *self.asked_by.entry(slug.to_owned()).or_default() += 1;
    }

    /// Keeps an example of a kind.
    pub fn example(&mut self, kind: &'static str, words: String) {
        let list = self.examples.entry(kind).or_default();
        if list.len() < EXAMPLES {
            list.push(words.chars().take(300).collect());
        }
    }

    /// One line of the second, and the recent latencies begin anew.
    pub fn sample(&mut self, at_ms: i64, demo_ms: i64) -> Value {
        let recent = std::mem::take(&mut self.recent);
        json!({
            "at_ms": at_ms, "demo_ms": demo_ms, "arrived": self.arrived, "admitted": self.admitted,
            "promised": self.promised, "waiting": self.waiting, "finished": self.finished,
            "requests": self.requests, "cut": self.cut, "cuts": self.cuts, "errors": self.errors, "asked": self.asked.0,
            "p50_us": recent.quantile(500), "p99_us": recent.quantile(990),
        })
    }

    /// Everything, with how it ended for each driver.
    pub fn total(&self, people: &[Life]) -> Value {
        let steps: BTreeMap<&str, Value> = self
            .steps
            .iter()
            .map(|(name, step)| {
                let figures = json!({
                    "whole": step.whole.figures(), "alone": step.alone.figures(), "errors": step.errors,
                });
                (*name, figures)
            })
            .collect();
        let ended = |want: End| people.iter().filter(|life| life.end == want).count();
        let with = |pick: fn(&Promise) -> bool| people.iter().filter(|life| pick(&life.promise)).count();
        let promised = || people.iter().filter(|life| life.promise.page.is_some());
        let unkept = promised().filter(|life| !matches!(life.end, End::Done));
        let lost: Vec<&str> = unkept.filter_map(|life| life.promise.page.as_deref()).take(50).collect();
        let lost_count = promised().filter(|life| life.end == End::Unfinished).count();
        let told = promised().filter_map(|life| life.promise.page.as_ref().zip(life.promise.told));
        let told: Vec<Value> = told.map(|(page, (at, low, high))| json!([page, at, low, high])).collect();
        // Of each deed: who came, for whom it ended as wanted, and their requests.
        let mut deeds: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
        for life in people {
            let entry = deeds.entry(life.deed.words()).or_default();
            entry.0 += 1;
            entry.1 += u64::from(matches!(life.end, End::Done | End::Looked));
            entry.2 += life.requests;
        }
        json!({
            "drivers": people.len(), "arrived": self.arrived, "admitted": self.admitted,
            "done": ended(End::Done), "looked": ended(End::Looked), "otherwise": ended(End::Otherwise),
            "unfinished": ended(End::Unfinished), "turned_away": ended(End::TurnedAway),
            "promised": with(|p| p.page.is_some()), "paid": with(|p| p.paid), "lost": lost_count,
            "unkept": lost, "requests": self.requests, "cut": self.cut, "errors": self.errors,
            "asked": self.asked.0, "asked_s": self.asked.1, "asked_by": self.asked_by,
            "sessions_lost": self.sessions_lost, "moved": self.moved, "risen": self.risen, "compared": self.compared,
            "places": self.places, "bands": with(|p| p.told.is_some()), "told": told,
            "closed": self.closed, "steps": steps, "deeds": deeds, "examples": self.examples,
        })
    }
}
