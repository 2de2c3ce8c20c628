//! The compiled packs against a naive interpreter that shares nothing with them but the names of facts and reasons: it
//! reads each pack's TOML itself and walks the conditions as they are written, for random facts with holes.
//!
//! `cargo x test` gives the small dose; `cargo x oracle` a million fact sets for each pack.

use std::collections::BTreeMap;

use clearway_domain::facts::RawFacts;
use clearway_domain::rules::{Fact, Facts, Kind, Outcome, Pack, Packs, SHIPPED, Val, cases, derive};
use clearway_domain::{Calendar, OffenceTable, Question, Refusal, civil_date};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use toml::Value as Toml;

/// Fact sets for each pack when nobody asks for more.
const DOSE: u64 = 1_500;

/// What the lawyer's text says, and nothing else.
struct Naive {
    params: BTreeMap<String, Toml>,
    conditions: Vec<Toml>,
    facts: BTreeMap<&'static str, Fact>,
}

/// What may be true of a value: an amount lies between two ends, of which the upper may be open.
#[derive(Clone, Debug, PartialEq)]
enum Worth {
    Nothing,
    Between(i64, Option<i64>),
    Flag(bool),
    Day(Date),
    Text(String),
}

impl Naive {
    fn read(text: &str, day: Date) -> Naive {
        let mut table: toml::Table = text.parse().expect("TOML");
        let Some(Toml::Array(conditions)) = table.remove("condition") else { panic!("conditions") };
        let Some(Toml::Table(params)) = table.remove("param") else { panic!("parameters") };
        let params = params.into_iter().map(|(name, param)| (name, on(&param, day))).collect();
        let facts = Fact::ALL.iter().map(|fact| (fact.name(), *fact)).collect();
        Naive { params, conditions, facts }
    }

    /// Whether a condition holds, by its number; `None`: cannot be decided.
    fn holds(&self, number: usize, facts: &Facts<'_>) -> Option<bool> {
        let condition = &self.conditions[number];
        if let Some(note) = condition.get("note_when") {
            let due = self.truth(note, facts);
            // A note that is due counts as a condition that fails.
            return match condition.get("when").map(|when| self.truth(when, facts)) {
                None | Some(Some(true)) => due.map(|due| !due),
                Some(Some(false)) => Some(true),
                Some(None) => {
                    if due == Some(false) {
                        Some(true)
                    } else {
                        None
                    }
                }
            };
        }
        let met = self.truth(&condition["require"], facts);
        match condition.get("when").map(|when| self.truth(when, facts)) {
            None | Some(Some(true)) => met,
            Some(Some(false)) => Some(true),
            Some(None) => {
                if met == Some(true) {
                    Some(true)
                } else {
                    None
                }
            }
        }
    }

    fn truth(&self, node: &Toml, facts: &Facts<'_>) -> Option<bool> {
        let Some(table) = node.as_table() else {
            return match self.worth(node, facts) {
                Worth::Flag(flag) => Some(flag),
                _ => None,
            };
        };
        assert_eq!(table.len(), 1, "one operator");
        let (operator, below) = table.iter().next().expect("one operator");
        if operator == "not" {
            return self.truth(below, facts).map(|truth| !truth);
        }
        let parts = below.as_array().expect("a list");
        match operator.as_str() {
            "all" | "any" => {
                let settles = operator == "any";
                let truths: Vec<Option<bool>> = parts.iter().map(|part| self.truth(part, facts)).collect();
                if truths.contains(&Some(settles)) {
                    Some(settles)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(!settles)
                }
            }
            "between" => {
                let [item, low, high] = [0, 1, 2].map(|at| self.worth(&parts[at], facts));
                match (compared(&item, "ge", &low), compared(&item, "le", &high)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            "in" => self.within(&self.worth(&parts[0], facts), &parts[1]),
            compare => compared(&self.worth(&parts[0], facts), compare, &self.worth(&parts[1], facts)),
        }
    }

    fn within(&self, item: &Worth, list: &Toml) -> Option<bool> {
        let (list, codes) = match list {
            Toml::String(name) => (&self.params[name.strip_prefix('$').expect("a parameter")], true),
            list => (list, false),
        };
        let list = list.as_array().expect("a list");
        match item {
            Worth::Text(text) => {
                let mut words = list.iter().filter_map(Toml::as_str);
                if !codes {
                    return Some(words.any(|word| word == text));
                }
                // Reading A45: a listed code lists its sub-codes; a listed sub-code leaves the code itself open.
                let four = text.get(..4).unwrap_or(text);
                if words.clone().any(|code| code == text || code == four) {
                    return Some(true);
                }
                let open = text.len() == 4 && words.any(|code| code.len() > 4 && code.starts_with(four));
                if open { None } else { Some(false) }
            }
            Worth::Between(low, high) => {
                let numbers: Vec<i64> = list.iter().filter_map(Toml::as_integer).collect();
                match high {
                    Some(high) if low == high => Some(numbers.contains(low)),
                    _ => numbers.iter().all(|number| number < low).then_some(false),
                }
            }
            _ => None,
        }
    }

    fn worth(&self, node: &Toml, facts: &Facts<'_>) -> Worth {
        match node {
            Toml::Integer(number) => Worth::Between(*number, Some(*number)),
            Toml::Boolean(flag) => Worth::Flag(*flag),
            Toml::Datetime(day) => Worth::Day(day.to_string().parse().expect("a date")),
            Toml::Table(sum) => {
                let parts = sum["plus"].as_array().expect("a sum");
                parts
                    .iter()
                    .fold(Worth::Between(0, Some(0)), |sum, part| added(&sum, &self.worth(part, facts)))
            }
            Toml::String(name) => match name.strip_prefix('$') {
                Some(param) => match &self.params[param] {
                    Toml::String(text) => Worth::Text(text.clone()),
                    other => self.worth(other, facts),
                },
                None => told(facts.get(self.facts[name.as_str()])),
            },
            other => panic!("{other} is no value"),
        }
    }
}

/// The value of a parameter on a day.
fn on(param: &Toml, day: Date) -> Toml {
    if let Some(value) = param.get("value") {
        return value.clone();
    }
    let dated = param["dated"].as_array().expect("values by date");
    let from =
        |one: &Toml| one["from"].as_datetime().expect("a date").to_string().parse::<Date>().expect("a date");
    let last = dated.iter().rfind(|one| from(one) <= day);
    last.expect("a value from the first day on")["value"].clone()
}

fn told(value: Val<'_>) -> Worth {
    match value {
        Val::Unknown => Worth::Nothing,
        Val::AtLeast(low) => Worth::Between(low, None),
        Val::Int(number) => Worth::Between(number, Some(number)),
        Val::Flag(flag) => Worth::Flag(flag),
        Val::Day(day) => Worth::Day(day),
        Val::Text(text) => Worth::Text(text.to_owned()),
    }
}

/// An amount that is not known can still only add.
fn added(sum: &Worth, part: &Worth) -> Worth {
    let Worth::Between(low, high) = sum else { panic!("a sum of amounts") };
    match part {
        Worth::Between(more, most) => {
            Worth::Between(low + more, high.zip(*most).map(|(high, most)| high + most))
        }
        _ => Worth::Between(*low, None),
    }
}

fn compared(left: &Worth, operator: &str, right: &Worth) -> Option<bool> {
    let by = |order: std::cmp::Ordering| match operator {
        "eq" => order.is_eq(),
        "ne" => order.is_ne(),
        "lt" => order.is_lt(),
        "le" => order.is_le(),
        "gt" => order.is_gt(),
        "ge" => order.is_ge(),
        other => panic!("{other} is no comparison"),
    };
    match (left, right) {
        (Worth::Day(left), Worth::Day(right)) => Some(by(left.cmp(right))),
        (Worth::Text(left), Worth::Text(right)) => Some(by(left.cmp(right))),
        (Worth::Flag(left), Worth::Flag(right)) => Some(by(left.cmp(right))),
        (Worth::Between(..), Worth::Between(..)) => {
            let mut seen: Vec<bool> = Vec::new();
            for one in tried(left, right) {
                for other in tried(right, left) {
                    seen.push(by(one.cmp(&other)));
                }
            }
            seen.iter().all(|truth| *truth == seen[0]).then_some(seen[0])
        }
        _ => None,
    }
}

/// Values an amount may have: its ends, and whatever of the other's ends, or just beside them, it may be.
fn tried(one: &Worth, other: &Worth) -> Vec<i64> {
    const FAR: i64 = 1_000_000_000_000;
    let ends = |worth: &Worth| match worth {
        Worth::Between(low, high) => [*low, high.unwrap_or(FAR)],
        _ => panic!("an amount"),
    };
    let [low, high] = ends(one);
    let near = ends(other).into_iter().flat_map(|end| [end - 1, end, end + 1]);
    [low, high].into_iter().chain(near).filter(|value| (low..=high).contains(value)).collect()
}

/// A small generator (splitmix64): the seed in a failure says everything.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).expect("small")]
    }

    /// Any facts, a fifth of them unknown and some amounts known in part only.
    fn facts(&mut self) -> Facts<'static> {
        let mut facts = Facts::unknown();
        self.change(&mut facts, 1);
        facts
    }

    /// Facts of a driver with nothing in the way, one in forty of them otherwise or unknown.
    fn nearly(&mut self, clean: &Facts<'static>) -> Facts<'static> {
        let mut facts = clean.clone();
        self.change(&mut facts, 40);
        facts
    }

    fn change(&mut self, facts: &mut Facts<'static>, one_in: u64) {
        for fact in Fact::ALL {
            if self.below(one_in) != 0 {
                continue;
            }
            if self.below(5) == 0 {
                facts.set(*fact, Val::Unknown);
                continue;
            }
            let value = match fact.kind() {
                Kind::Flag => Val::Flag(self.below(2) == 0),
                Kind::Day => {
                    Val::Day(date(2020, 1, 1).saturating_add(jiff::Span::new().days(self.of(&DAYS))))
                }
                Kind::Text => Val::Text(self.of(&TEXTS)),
                _ if self.below(5) == 0 => Val::AtLeast(self.of(&AMOUNTS)),
                _ => Val::Int(self.of(&AMOUNTS)),
            };
            facts.set(*fact, value);
        }
    }
}

/// The pack's driver about whom everything is known and nothing stands in the way, in the morning of a day.
fn clean(pack: &Pack) -> (Facts<'static>, Timestamp) {
    let at: Timestamp = match &**pack.id() {
        "wuhan-2016" => "2018-04-05T10:00:00+08:00",
        "wuhan-2019" => "2020-04-05T10:00:00+08:00",
        _ => "2026-04-05T10:00:00+08:00",
    }
    .parse()
    .expect("an instant");
    let case = "title = \"\"\nwhy = \"\"\narticle = \"\"\nat = \"\"\n[[expect]]\nquestion = \"pay\"\noutcome = \"allowed\"\n";
    let facts = cases::facts(&cases::parse(case).expect("a case"), pack.id()).expect("clean facts");
    // The facts borrow its texts for as long as the test runs.
    let raw: &'static RawFacts = Box::leak(Box::new(facts));
    (derive(raw, pack.params(civil_date(at)), at, &Calendar::builtin()), at)
}

const DAYS: [i64; 6] = [0, 1, 2, 95, 365, 830];
const TEXTS: [&str; 14] = [
    "1039", "10393", "1352", "13522", "1625", "1603", "1712", "5701", "1126", "1130", "420100", "420000",
    "330100", "A",
];
const AMOUNTS: [i64; 20] =
    [0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 19, 20, 24, 29, 30, 1_800, 10_000, 20_000, 20_001];

type Reasons = Vec<(String, Refusal, Outcome)>;

/// What a question must be answered: the outcome, the reasons and the notes in order of precedence.
fn expected(naive: &Naive, holds: &[Option<bool>], question: Question) -> (Outcome, Reasons, Reasons) {
    let (mut outcome, mut reasons, mut notes) = (Outcome::Allowed, Vec::new(), Vec::new());
    for (condition, holds) in naive.conditions.iter().zip(holds) {
        let asked = condition["for"].as_array().expect("a list");
        if *holds == Some(true) || !asked.iter().any(|one| one.as_str() == Some(question.word())) {
            continue;
        }
        let id = condition["id"].as_str().expect("an id").to_owned();
        let refusal: Refusal = condition["refusal"].as_str().expect("a reason").parse().expect("a reason");
        if condition.get("note_when").is_some() {
            if *holds == Some(false) {
                notes.push((id, refusal, Outcome::Allowed));
            }
            continue;
        }
        let found = if *holds == Some(false) { Outcome::Refused } else { Outcome::Unknown };
        if outcome != Outcome::Refused {
            outcome = found;
        }
        reasons.push((id, refusal, found));
    }
    reasons.sort_by_key(|(_, refusal, _)| *refusal);
    notes.sort_by_key(|(_, refusal, _)| *refusal);
    (outcome, reasons, notes)
}

/// Fails unless both say the same of every question.
fn agree(pack: &Pack, naive: &Naive, at: Timestamp, mut facts: Facts<'static>, seed: &str) -> [usize; 3] {
    let mut seen = [0; 3];
    let all = |facts: &Facts<'_>| -> Vec<Option<bool>> {
        (0..naive.conditions.len()).map(|number| naive.holds(number, facts)).collect()
    };
    // Whether a warning would be free is a fact to those who handle and pay; it rests on the other facts alone.
    facts.set(Fact::FirstAvailable, Val::Unknown);
    let alone = all(&facts);
    let mut hearing = pack.hear_derived(facts.clone(), at);
    let first = expected(naive, &alone, Question::First).0;
    let told = match first {
        Outcome::Allowed => Val::Flag(true),
        Outcome::Refused => Val::Flag(false),
        Outcome::Unknown => Val::Unknown,
    };
    facts.set(Fact::FirstAvailable, told);
    let with_first = all(&facts);
    for question in [Question::Study, Question::First, Question::Handle, Question::Pay] {
        let holds = if matches!(question, Question::Handle | Question::Pay) { &with_first } else { &alone };
        let (outcome, reasons, notes) = expected(naive, holds, question);
        let judgement = hearing.judge(question);
        let listed =
            |one: clearway_domain::rules::Why<'_>| (one.condition.to_string(), one.refusal, one.outcome);
        let ours: Reasons = hearing.reasons(&judgement).map(listed).collect();
        let our_notes: Reasons = hearing.notes(&judgement).map(listed).collect();
        assert_eq!(
            (judgement.outcome, ours, our_notes),
            (outcome, reasons, notes),
            "{} {question:?} {seed}",
            pack.id()
        );
        seen[outcome as usize] += 1;
    }
    seen
}

#[test]
fn every_pack_says_what_its_text_says() {
    let dose = std::env::var("CLEARWAY_FACT_SETS").ok().map_or(DOSE, |text| text.parse().expect("a number"));
    let packs = Packs::shipped(&OffenceTable::builtin());
    for (file, pack) in SHIPPED.iter().zip(packs.iter()) {
        assert!(file.name.contains(&**pack.id()), "the files and the packs stand in one order");
        let (clean, at) = clean(pack);
        let naive = Naive::read(file.text, civil_date(at));
        let mut kinds = [0; 3];
        for number in 0..dose {
            let mut dice = Dice(number.wrapping_mul(0x2545_f491_4f6c_dd1d));
            let facts = if number % 2 == 0 { dice.facts() } else { dice.nearly(&clean) };
            let seen = agree(pack, &naive, at, facts, &format!("fact set {number}"));
            (0..3).for_each(|kind| kinds[kind] += seen[kind]);
        }
        println!("{}: {dose} fact sets, answers allowed, refused, unknown: {kinds:?}", pack.id());
        assert!(!kinds.contains(&0), "every kind of answer has been compared");
    }
}
