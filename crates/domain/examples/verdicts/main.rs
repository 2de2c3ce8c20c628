//! Both programmes of wuhan-2019 judged with all reasons, for `cargo x bench verdicts`.
//!
//! `verdicts export DIR COUNT SEED` writes the policy as read from the pack's TOML (`policy.json`), seeded fact sets
//! (`facts.json`) and our answers (`answers.json`); the peers read the first two and must give the third.
//! `verdicts time COUNT SEED MILLIS` prints CPU nanoseconds for each fact set: judged with all reasons, and the same
//! with every found value, limit and cure as text.

mod policy;
mod sets;

use std::hint::black_box;
use std::path::Path;

use clearway_domain::rules::{Facts, Hearing, Judgement, Packs, Why};
use clearway_domain::{OffenceTable, Question};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Which pack, and when: the city's announcement in force.
const PACK: &str = "wuhan-2019";
const AT: &str = "2020-04-05T10:00:00+08:00";
const BOTH: [Question; 2] = [Question::First, Question::Study];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let offences = OffenceTable::builtin();
    let packs = Packs::shipped(&offences);
    let pack = packs.by_id(PACK).expect("the pack ships with the program");
    let at: Timestamp = AT.parse().expect("an instant");
    let number = |text: &str| text.parse::<u64>().expect("a number");
    match words.as_slice() {
        ["export", folder, count, seed] => {
            let names = sets::Names::of(pack, at);
            let sets = names.sets(number(count), number(seed));
            let policy = policy::read(pack, at, &BOTH.map(Question::word));
            let facts: Vec<Json> = sets.iter().map(|facts| policy.facts(facts)).collect();
            let answers: Vec<Json> =
                sets.iter().map(|facts| answer(pack.hear_derived(facts.clone(), at))).collect();
            let write = |name: &str, value: &Json| {
                std::fs::write(Path::new(folder).join(name), value.to_string())
                    .expect("the folder can be written");
            };
            write("policy.json", &policy.to_json());
            write("facts.json", &Json::Array(facts));
            write("answers.json", &Json::Array(answers));
        }
        ["time", count, seed, millis] => {
            let names = sets::Names::of(pack, at);
            let sets = names.sets(number(count), number(seed));
            let mut reasons = Vec::with_capacity(256);
            let judged = nanos(&sets, number(millis), |facts| {
                let mut hearing = pack.hear_derived(facts.clone(), at);
                reasons.clear();
                for question in BOTH {
                    let judgement = hearing.judge(question);
                    reasons.extend(hearing.reasons(&judgement));
                    reasons.extend(hearing.notes(&judgement));
                    black_box(judgement.outcome);
                }
                black_box(&reasons);
            });
            let told = nanos(&sets, number(millis), |facts| {
                let mut hearing = pack.hear_derived(facts.clone(), at);
                for question in BOTH {
                    let judgement = hearing.judge(question);
                    black_box(hearing.verdict(&judgement));
                }
            });
            println!("{judged:.1} {told:.1}");
        }
        _ => {
            eprintln!("verdicts export DIR COUNT SEED | verdicts time COUNT SEED MILLIS");
            std::process::exit(2);
        }
    }
}

/// The answer to both questions, as the peers must give it: every reason by itself, in order of precedence.
fn answer(mut hearing: Hearing<'_, '_>) -> Json {
    let mut both = serde_json::Map::new();
    for question in BOTH {
        let judgement: Judgement = hearing.judge(question);
        let reasons: Vec<Json> = hearing.reasons(&judgement).map(told).collect();
        let notes: Vec<Json> = hearing.notes(&judgement).map(told).collect();
        let one = json!({ "outcome": judgement.outcome, "reasons": reasons, "notes": notes });
        both.insert(question.word().to_owned(), one);
    }
    Json::Object(both)
}

fn told(why: Why<'_>) -> Json {
    json!([why.condition, why.refusal.code(), why.outcome, why.article, why.confidence])
}

/// CPU nanoseconds for each fact set, over at least `millis` of work.
fn nanos(sets: &[Facts<'_>], millis: u64, mut judge: impl FnMut(&Facts<'_>)) -> f64 {
    let (start, mut judged) = (cpu_nanos(), 0_u64);
    loop {
        for facts in sets {
            judge(black_box(facts));
        }
        judged += sets.len() as u64;
        let spent = cpu_nanos() - start;
        if spent >= millis * 1_000_000 {
            return spent as f64 / judged as f64;
        }
    }
}

/// CPU time of this thread so far, as the kernel counts it.
fn cpu_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("the kernel counts CPU time");
    text.split_whitespace().next().and_then(|first| first.parse().ok()).expect("a number stands first")
}
