//! Facts with holes and broken facts: never allowed by a gap, never refused by a gap, never a crash.

use serde_json::{Value as Json, json};

use super::laws::{clean, facts, pack};
use crate::Calendar;
use crate::facts::facts_from_value;
use crate::refusal::{Question, Refusal};
use crate::rules::{Outcome, Packs, SHIPPED, Verdict};

const MOMENTS: [&str; 3] = ["2018-04-05T10:00+08:00", "2020-04-05T10:00+08:00", "2026-11-23T10:00+08:00"];

fn leaves(tree: &Json) -> Vec<(String, String)> {
    let sections = tree.as_object().unwrap();
    sections
        .iter()
        .flat_map(|(section, leaves)| {
            leaves.as_object().unwrap().keys().map(|leaf| (section.clone(), leaf.clone()))
        })
        .collect()
}

/// Without one fact the answer is the same or unknown; it never becomes a refusal.
#[test]
fn a_missing_fact_never_refuses() {
    let mut undecided = 0;
    let calendar = Calendar::builtin();
    for (number, at) in MOMENTS.iter().enumerate() {
        let (pack, at) = (pack(number), at.parse().unwrap());
        for (section, leaf) in leaves(&clean(&pack)) {
            let patch = json!({section.as_str(): {leaf.as_str(): "unknown"}});
            let holed = facts(&pack, patch);
            for question in Question::ALL {
                let verdict = pack.evaluate(question, &holed, at, &calendar);
                assert_ne!(
                    verdict.outcome,
                    Outcome::Refused,
                    "{} {question:?} without {section}.{leaf}",
                    pack.id()
                );
                undecided += u32::from(verdict.outcome == Outcome::Unknown);
            }
        }
    }
    assert!(undecided > 200, "only {undecided} holes mattered: are the facts read at all?");
}

#[test]
fn nothing_known_at_all_is_unknown_for_every_question() {
    for (number, at) in MOMENTS.iter().enumerate() {
        let pack = pack(number);
        for question in Question::ALL {
            let empty = facts_from_value(json!({})).unwrap();
            let verdict = pack.evaluate(question, &empty, at.parse().unwrap(), &Calendar::builtin());
            assert_eq!(verdict.outcome, Outcome::Unknown, "{} {question:?}", pack.id());
            let cannot =
                verdict.reasons.iter().find(|one| one.refusal == Refusal::SvcCannotDetermine).unwrap();
            assert!(cannot.missing.len() > 5, "{:?}", cannot.missing);
        }
    }
}

/// A broken value in any leaf: an answer, never a panic, and never "allowed" because of it where it was not before.
#[test]
fn broken_values_never_crash() {
    let numbers = [json!(-1), json!(0), json!(i64::MAX), json!(i64::MIN)];
    let days = [json!("-009999-01-01"), json!("9999-12-31"), json!("2020-02-29")];
    let instants = [json!("-009999-01-02T01:59:59Z"), json!("9999-12-30T22:00:00Z")];
    let texts = [json!(""), json!("   "), json!("ZZZZ"), json!("零"), json!("1")];
    let values: Vec<&Json> = numbers.iter().chain(&days).chain(&instants).chain(&texts).collect();
    let mut tried = 0;
    let calendar = Calendar::builtin();
    for (number, at) in MOMENTS.iter().enumerate() {
        let (pack, at) = (pack(number), at.parse().unwrap());
        let tree = clean(&pack);
        for (section, leaf) in leaves(&tree) {
            for value in &values {
                let mut broken = tree.clone();
                broken[section.as_str()][leaf.as_str()] = (*value).clone();
                let Ok(facts) = facts_from_value(broken) else { continue };
                tried += 1;
                for question in Question::ALL {
                    let _ = pack.evaluate(question, &facts, at, &calendar);
                }
            }
        }
    }
    assert!(tried > 500, "only {tried} broken values had the right shape");
}

#[test]
fn any_moment_is_answered() {
    let pack = pack(2);
    let facts = facts(&pack, json!({}));
    for at in
        ["-009999-01-02T01:59:59Z", "0001-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "9999-12-30T22:00:00Z"]
    {
        for question in Question::ALL {
            let _ = pack.explain(question, &facts, at.parse().unwrap(), &Calendar::builtin());
        }
    }
}

#[test]
fn a_negative_sum_or_count_is_unknown_and_not_small() {
    let pack = pack(1);
    for patch in [
        json!({"violation": {"fine_fen": -1}}),
        json!({"violation": {"points_then": -3}}),
        json!({"driver": {"points": -1}}),
        json!({"batch": {"points": -5}}),
    ] {
        let broken = facts(&pack, patch);
        let verdict =
            pack.evaluate(Question::Handle, &broken, MOMENTS[1].parse().unwrap(), &Calendar::builtin());
        assert_eq!(verdict.outcome, Outcome::Unknown);
    }
}

#[test]
fn a_verdict_survives_its_own_json() {
    let packs = Packs::parse(&SHIPPED, &crate::OffenceTable::builtin()).unwrap();
    let pack = packs.by_id("wuhan-2019").unwrap();
    let facts = facts(pack, json!({"driver": {"points": 11}, "vehicle": {"states": "AZ"}}));
    let verdict = pack.evaluate(Question::Handle, &facts, MOMENTS[1].parse().unwrap(), &Calendar::builtin());
    assert!(verdict.reasons.len() >= 2);
    let text = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
    assert!(!text.contains("12345"), "a verdict holds no plate");
}
