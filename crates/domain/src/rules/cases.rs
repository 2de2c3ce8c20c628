//! Case files: facts and the answer the law gives, readable by a lawyer, run against a pack.
//!
//! The format is described in `docs/guide/add-a-rule.md`.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value as Json;

use super::pack::Pack;
use super::verdict::{Outcome, Verdict};
use crate::calendar::Calendar;
use crate::facts::{RawFacts, facts_from_value, merge_json, toml_to_json};
use crate::refusal::{Question, Refusal};
use crate::world::civil_date;

/// A driver, vehicle and violation about whom everything is known and nothing stands in the way, at a moment of the pack.
/// A pack that does not ship with the program is laid over the one of `national-2022`.
pub fn clean(pack_id: &str) -> &'static str {
    match pack_id {
        "wuhan-2016" => include_str!("../../../../packs/wuhan-2016/clean.toml"),
        "wuhan-2019" => include_str!("../../../../packs/wuhan-2019/clean.toml"),
        _ => include_str!("../../../../packs/national-2022/clean.toml"),
    }
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows, in one line.
    pub title: String,
    /// Why the law answers so.
    pub why: String,
    /// Article or source.
    pub article: String,
    /// Reading of the law, as `A9`; absent when the text has only one.
    #[serde(default)]
    pub reading: Option<String>,
    /// Trap of domain.md, by number; absent when it is none.
    #[serde(default)]
    pub trap: Option<u8>,
    /// The moment.
    pub at: String,
    /// `clean` (the default) lays the facts over [`clean`]; `empty` over nothing.
    #[serde(default)]
    pub base: Option<String>,
    /// Laid over the base; the word `unknown` takes a fact away.
    #[serde(default)]
    pub facts: Json,
    /// The answers, at least one.
    pub expect: Vec<Expect>,
}

/// One expected answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// handle, pay, first or study.
    pub question: Question,
    /// Ask for the person alone, without a violation.
    #[serde(default)]
    pub person: bool,
    /// allowed, refused or unknown.
    pub outcome: Outcome,
    /// Exactly the reasons known to refuse, in order of precedence.
    #[serde(default)]
    pub reasons: Vec<Refusal>,
    /// Exactly the reasons that cannot be decided, in order of precedence. SVC_CANNOT_DETERMINE is understood.
    #[serde(default)]
    pub unknown: Vec<Refusal>,
    /// Notes that must be among the notes.
    #[serde(default)]
    pub notes: Vec<Refusal>,
    /// Notes that must not be there.
    #[serde(default)]
    pub no_notes: Vec<Refusal>,
    /// Days on which a reason turns. The day is also tried: the reason stands the day before and is gone on the day.
    #[serde(default)]
    pub turns_on: Vec<Turn>,
}

/// The day on which a reason turns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The reason.
    pub reason: Refusal,
    /// First day without it; absent: the verdict must give no day.
    #[serde(default)]
    pub date: Option<Date>,
}

/// Reads a case file.
pub fn parse(text: &str) -> Result<Case, String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    let case: Case =
        serde_json::from_value(toml_to_json(toml::Value::Table(table))).map_err(|e| e.to_string())?;
    if case.expect.is_empty() {
        return Err("a case without `[[expect]]` proves nothing".to_owned());
    }
    Ok(case)
}

/// The facts of a case, laid over its base.
pub fn facts(case: &Case, pack_id: &str) -> Result<RawFacts, String> {
    let mut tree = match case.base.as_deref() {
        None | Some("clean") => {
            let table: toml::Table = clean(pack_id).parse().map_err(|e: toml::de::Error| e.to_string())?;
            toml_to_json(toml::Value::Table(table))
        }
        Some("empty") => Json::Object(serde_json::Map::new()),
        Some(other) => return Err(format!("unknown base `{other}`; write clean or empty")),
    };
    if !case.facts.is_null() {
        merge_json(&mut tree, case.facts.clone());
    }
    facts_from_value(tree).map_err(|e| e.to_string())
}

/// The moment of a case.
pub fn moment(case: &Case) -> Result<Timestamp, String> {
    case.at.parse().map_err(|e| format!("`at = {}`: {e}; write it as 2020-04-05T10:00+08:00", case.at))
}

/// Runs a case file against a pack with the built-in calendar. The error says everything that differs.
pub fn run(pack: &Pack, text: &str) -> Result<(), String> {
    let case = parse(text)?;
    let (facts, at, calendar) = (facts(&case, pack.id())?, moment(&case)?, Calendar::builtin());
    if !pack.covers(civil_date(at)) {
        return Err(format!("{} is not in force at {}", pack.id(), case.at));
    }
    let mut wrong = Vec::new();
    for expect in &case.expect {
        let ask = |at| match expect.person {
            true => pack.evaluate_person(expect.question, &facts, at, &calendar),
            false => pack.evaluate(expect.question, &facts, at, &calendar),
        };
        let verdict = ask(at);
        compare(expect, &verdict, &mut wrong);
        for turn in &expect.turns_on {
            try_turn(turn, &verdict, at, pack, &ask, &mut wrong);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n  {}", case.title, wrong.join("\n  "))) }
}

fn compare(expect: &Expect, verdict: &Verdict, wrong: &mut Vec<String>) {
    let word = expect.question.word();
    if verdict.outcome != expect.outcome {
        wrong.push(format!("{word}: expected {:?}, the pack says {:?}", expect.outcome, verdict.outcome));
    }
    let refused: Vec<Refusal> = verdict.refused().collect();
    if refused != expect.reasons {
        wrong.push(format!(
            "{word}: expected reasons {}, the pack gives {}",
            list(&expect.reasons),
            list(&refused)
        ));
    }
    let undecided: Vec<Refusal> =
        verdict.undecided().filter(|refusal| *refusal != Refusal::SvcCannotDetermine).collect();
    if undecided != expect.unknown {
        let missing: Vec<&str> =
            verdict.reasons.iter().flat_map(|one| one.missing.iter().map(|name| &**name)).collect();
        wrong.push(format!(
            "{word}: expected undecided {}, the pack leaves {} (missing: {})",
            list(&expect.unknown),
            list(&undecided),
            missing.join(", ")
        ));
    }
    for note in &expect.notes {
        if !verdict.notes.iter().any(|there| there.refusal == *note) {
            wrong.push(format!("{word}: the note {note} is missing"));
        }
    }
    for note in &expect.no_notes {
        if verdict.notes.iter().any(|there| there.refusal == *note) {
            wrong.push(format!("{word}: the note {note} should not be there"));
        }
    }
}

/// Compares the turning day, and tries it: the same hour of the day before must still refuse, the day itself must not.
/// Reasons of the service turn within a day and are only compared.
fn try_turn(
    turn: &Turn,
    verdict: &Verdict,
    at: Timestamp,
    pack: &Pack,
    ask: &impl Fn(Timestamp) -> Verdict,
    wrong: &mut Vec<String>,
) {
    let reason = turn.reason;
    let Some(found) = verdict.reasons.iter().find(|one| one.refusal == reason) else {
        wrong.push(format!("{reason} is not among the reasons, so it cannot turn"));
        return;
    };
    if found.turns_on != turn.date {
        wrong.push(format!(
            "{reason}: expected to turn on {:?}, the pack says {:?}",
            turn.date, found.turns_on
        ));
        return;
    }
    let Some(day) = turn.date.filter(|_| reason.layer() != crate::refusal::Layer::Service) else { return };
    let Ok(days) = civil_date(at).until(day).map(|span| i64::from(span.get_days())) else { return };
    let stands = |days: i64| {
        let then = at + SignedDuration::from_hours(24 * days);
        // Beyond the end of the pack another pack answers.
        pack.covers(civil_date(then)).then(|| ask(then).refused().any(|one| one == reason))
    };
    if stands(days) == Some(true) {
        wrong.push(format!("{reason} still stands on {day}"));
    }
    if days > 0 && stands(days - 1) == Some(false) {
        wrong.push(format!("{reason} is gone before {day} already"));
    }
}

fn list(refusals: &[Refusal]) -> String {
    let codes: Vec<&str> = refusals.iter().map(|refusal| refusal.code()).collect();
    format!("[{}]", codes.join(", "))
}
