//! The rules of the page in a form that any engine can read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use clearway_domain::refusal::{Layer, NextStep};
use clearway_domain::rules::{Fact, derive};
use clearway_domain::{Question, Refusal};
use clearway_service::assess::Line;
use clearway_service::{World, law};
use clearway_web::text::{self, Lang};
use serde_json::{Value as Json, json};

use crate::policy::{self, Policy};

const ASKED: [Question; 4] = [Question::Handle, Question::Pay, Question::First, Question::Study];

/// Of what a fact speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Of the moment or of the service: the same for everybody.
    Moment,
    /// Of the driver.
    Person,
    /// Of one violation, its vehicle or their relation.
    Violation,
}

/// The conditions of all four questions; notes, which refuse nothing, are left out.
pub struct Rules {
    policy: Policy,
    conditions: Vec<Json>,
    /// The facts that conditions name, each with what it speaks of.
    named: BTreeMap<String, Level>,
    /// The days on which conditions turn.
    turning: BTreeMap<String, Fact>,
}

impl Rules {
    /// The rules in force at the world's moment.
    pub fn of(world: &World) -> Result<Rules> {
        let policy = policy::read(world.pack_at(world.now())?, world.now(), &ASKED.map(Question::word));
        let whole = policy.to_json();
        let list = whole["conditions"].as_array().context("a list of conditions")?;
        let mut conditions = Vec::new();
        let (mut named, mut turning) = (BTreeSet::new(), BTreeSet::new());
        for condition in list.iter().filter(|one| one["note"] == json!(false)) {
            let mut condition = condition.clone();
            for tree in ["holds", "fails"] {
                condition[tree] = numbered(&condition[tree]);
                names(&condition[tree], &mut named);
            }
            for day in condition["turns_on"].as_array().into_iter().flatten() {
                turning.extend(day.as_str().map(str::to_owned));
            }
            describe(&mut condition)?;
            conditions.push(condition);
        }
        let fact = |name: &String| {
            Fact::ALL.iter().copied().find(|fact| plain(*fact) == *name).context("a fact that turns")
        };
        let turning = turning.difference(&named).map(|name| Ok((name.clone(), fact(name)?)));
        let turning = turning.collect::<Result<_>>()?;
        let named = named.into_iter().map(|name| (name.clone(), level(&name)));
        Ok(Rules { policy, conditions, named: named.collect(), turning })
    }

    /// The facts of a violation that the rules name, each with what it speaks of.
    pub fn facts(&self, world: &World, line: &Line) -> Result<Vec<(&str, Level, Json)>> {
        let params = world.pack_at(world.now())?.params(world.today());
        let facts = derive(&line.facts, params, world.now(), &world.calendar);
        let mut found = Vec::with_capacity(self.named.len() + self.turning.len());
        let all = self.policy.facts(&facts);
        for (name, value) in all.as_object().into_iter().flatten() {
            if let Some((name, level)) = self.named.get_key_value(name) {
                found.push((name.as_str(), *level, number(value)));
            }
        }
        for (name, fact) in &self.turning {
            let day = facts.get(*fact).as_day().map(policy::day_number);
            found.push((name, level_of(*fact), json!(day)));
        }
        Ok(found)
    }

    /// Everything that the peers need of the rules. `moment` are the facts of [`Level::Moment`], as they were found.
    pub fn to_json(&self, world: &World, moment: &[(String, Json)]) -> Result<Json> {
        let now = world.now();
        let (opens, closes) = law::hours(world.pack_at(now)?, now);
        let minutes = |time: jiff::civil::Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
        let cannot = Refusal::SvcCannotDetermine;
        let moment: BTreeMap<_, _> = moment.iter().filter(|(name, _)| !by_clock(name)).cloned().collect();
        Ok(json!({
            "conditions": self.conditions,
            "opens_minute": minutes(opens), "closes_minute": minutes(closes),
            "credit": law::study_credit(world.pack_at(now)?, world.today()).unwrap_or(0),
            "moment": moment,
            "cannot_determine": { "refusal": cannot.code(), "rank": rank(cannot), "title": title(cannot) },
            "unknown_title": text::ta(Lang::Zh, "reason-unknown-title", &[("title", &"{title}")]),
        }))
    }
}

/// Adds what a list shows of a reason: its title, its rank, whether waiting cures it, whether the service itself is meant.
fn describe(condition: &mut Json) -> Result<()> {
    let code = condition["refusal"].as_str().context("a code")?;
    let refusal: Refusal = code.parse().map_err(|_| anyhow::anyhow!("{code} is no reason"))?;
    let waits = match condition["cure"].as_str().context("a cure")? {
        "date" | "later" => true,
        "now" => matches!(refusal.next_step(), NextStep::Wait | NextStep::Retry),
        _ => false,
    };
    let title = title(refusal);
    let asked = condition["questions"].as_array().context("a list of questions")?;
    let shown = ["handle", "pay"].iter().any(|question| asked.contains(&json!(question)));
    ensure!(title.is_some() || !shown, "the title of {code} names a fact, which is not exported");
    condition["rank"] = json!(rank(refusal));
    condition["waits"] = json!(waits);
    condition["service"] = json!(refusal.layer() == Layer::Service);
    condition["title"] = json!(title);
    Ok(())
}

fn rank(refusal: Refusal) -> Option<usize> {
    Refusal::ALL.iter().position(|one| *one == refusal)
}

/// The title of a reason that names no fact.
fn title(refusal: Refusal) -> Option<String> {
    let key = format!("reason-{}", refusal.code().to_ascii_lowercase().replace('_', "-"));
    let plain = text::keys(Lang::Zh).get(&key)?.is_empty();
    plain.then(|| text::t(Lang::Zh, &key).into_owned())
}

/// What follows from the clock alone, and is left to the peers.
fn by_clock(name: &str) -> bool {
    matches!(name, "today" | "service_open" | "service_opens_on")
}

fn plain(fact: Fact) -> String {
    fact.name().replace('.', "_")
}

/// Of what a fact speaks, from its name in the rules; a sum always has a part that speaks of the violation.
fn level(name: &str) -> Level {
    let named = |fact: &&Fact| {
        let plain = plain(**fact);
        name == plain || name.strip_suffix("_least") == Some(&plain)
    };
    Fact::ALL.iter().find(named).map_or(Level::Violation, |fact| level_of(*fact))
}

fn level_of(fact: Fact) -> Level {
    let section = fact.name().split('.').next().unwrap_or_default();
    match section {
        "today" | "service" | "step" => Level::Moment,
        _ if fact.is_about_record() => Level::Violation,
        _ => Level::Person,
    }
}

/// The names in a tree of the policy.
fn names(tree: &Json, found: &mut BTreeSet<String>) {
    for word in ["all", "any"] {
        tree[word].as_array().into_iter().flatten().for_each(|part| names(part, found));
    }
    for word in ["fact", "other"] {
        found.extend(tree[word].as_str().map(str::to_owned));
    }
}

/// A tree with 0 and 1 for false and true among its values: SQLite keeps no others.
fn numbered(tree: &Json) -> Json {
    let Json::Object(node) = tree else { return tree.clone() };
    let mut node = node.clone();
    for word in ["all", "any"] {
        if let Some(Json::Array(parts)) = node.get_mut(word) {
            parts.iter_mut().for_each(|part| *part = numbered(part));
        }
    }
    if let Some(value) = node.get_mut("value") {
        *value = number(value);
    }
    Json::Object(node)
}

fn number(value: &Json) -> Json {
    value.as_bool().map_or_else(|| value.clone(), |flag| json!(i64::from(flag)))
}
