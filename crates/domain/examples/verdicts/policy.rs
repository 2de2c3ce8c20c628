//! The conditions of both programmes as a peer can read them: from the pack's TOML, with its parameters filled in, each
//! as two plain trees: when it is sure to hold, and when it is sure to fail. In between it cannot be decided.
//!
//! A leaf compares one fact with a value or with another fact, and is false when a fact is null. An amount of which
//! only a part is known is null and has its known part in `…_least`; a known one has the same number in both.

use std::collections::BTreeSet;

use clearway_domain::rules::{Fact, Facts, PVal, Pack, Param, Params, SHIPPED, Val, sum};
use clearway_domain::{Refusal, civil_date};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value as Json, json};
use toml::Value as Toml;

/// A policy for the peers.
pub struct Policy {
    conditions: Vec<Json>,
    facts: BTreeSet<Fact>,
    sums: Vec<Vec<Fact>>,
}

/// Reads the conditions of some questions as a pack has them at a moment.
pub fn read(pack: &Pack, at: Timestamp, asked: &[&str]) -> Policy {
    let file = SHIPPED.iter().find(|file| file.name.contains(&**pack.id())).expect("a shipped pack");
    let table: toml::Table = file.text.parse().expect("the pack is TOML");
    let params = pack.params(civil_date(at));
    let mut policy = Policy { conditions: Vec::new(), facts: BTreeSet::new(), sums: Vec::new() };
    let mut conditions: Vec<&Toml> = table["condition"].as_array().expect("a list").iter().collect();
    conditions.sort_by_key(|one| one["refusal"].as_str().and_then(|code| code.parse::<Refusal>().ok()));
    for condition in conditions {
        let questions: Vec<&str> =
            condition["for"].as_array().expect("a list").iter().filter_map(Toml::as_str).collect();
        if !questions.iter().any(|question| asked.contains(question)) {
            continue;
        }
        let mut reader = Reader { params, policy: &mut policy };
        let note = condition.get("note_when");
        let tree = match note {
            Some(when) => Tree::Not(Box::new(reader.tree(when))),
            None => reader.tree(&condition["require"]),
        };
        let tree = match condition.get("when") {
            Some(when) => Tree::Any(vec![Tree::Not(Box::new(reader.tree(when))), tree]),
            None => tree,
        };
        let (holds, fails) = (tree.sure(true), tree.sure(false));
        if holds == json!(true) {
            continue;
        }
        let days = turning(condition.get("turns_on"));
        let text = |key: &str| condition[key].as_str().expect("a text").to_owned();
        let cure = condition.get("cure").and_then(Toml::as_str);
        policy.conditions.push(json!({
            "id": text("id"), "refusal": text("refusal"), "article": text("article"), "confidence": text("confidence"),
            "questions": questions, "note": note.is_some(), "holds": holds, "fails": fails, "cure": cure,
            "turns_on": days.iter().map(|day| name(*day)).collect::<Vec<_>>(),
        }));
    }
    policy
}

/// The days on which a condition turns.
fn turning(node: Option<&Toml>) -> Vec<Fact> {
    let named =
        |node: &Toml| node.as_str().and_then(Fact::by_name).expect("the loader has checked every fact");
    match node {
        None => Vec::new(),
        Some(Toml::Array(list)) => list.iter().map(named).collect(),
        Some(one) => vec![named(one)],
    }
}

impl Policy {
    /// As the peers read it.
    pub fn to_json(&self) -> Json {
        json!({ "conditions": self.conditions })
    }

    /// The facts that the policy reads, under the names of its leaves.
    pub fn facts(&self, facts: &Facts<'_>) -> Json {
        let mut all = serde_json::Map::new();
        for fact in &self.facts {
            let value = facts.get(*fact);
            put(&mut all, &name(*fact), value, fact.kind().is_amount());
            if *fact == Fact::Code {
                let four = match value {
                    Val::Text(code) => Val::Text(code.get(..4).unwrap_or(code)),
                    other => other,
                };
                put(&mut all, FIRST_FOUR, four, false);
            }
        }
        for parts in &self.sums {
            put(&mut all, &sum_name(parts), sum(parts.iter().map(|part| facts.get(*part))), true);
        }
        Json::Object(all)
    }
}

/// The first four digits of the offence code: a listed code lists its sub-codes too.
const FIRST_FOUR: &str = "violation_code_four";

fn name(fact: Fact) -> String {
    fact.name().replace('.', "_")
}

fn sum_name(parts: &[Fact]) -> String {
    let names: Vec<String> = parts.iter().map(|part| name(*part)).collect();
    names.join("_and_")
}

fn put(all: &mut serde_json::Map<String, Json>, name: &str, value: Val<'_>, amount: bool) {
    let (known, least) = match value {
        Val::Int(number) => (json!(number), json!(number)),
        Val::AtLeast(number) => (Json::Null, json!(number)),
        Val::Flag(flag) => (json!(flag), Json::Null),
        Val::Day(day) => (json!(day_number(day)), Json::Null),
        Val::Text(text) => (json!(text), Json::Null),
        Val::Unknown => (Json::Null, Json::Null),
    };
    all.insert(name.to_owned(), known);
    if amount {
        all.insert(format!("{name}_least"), least);
    }
}

/// Days since 1970, so that every engine can compare them.
pub fn day_number(day: Date) -> i64 {
    i64::from(day.since(date(1970, 1, 1)).expect("within the calendar").get_days())
}

/// A condition before it is split into its sure halves.
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Fixed(bool),
    /// When it is sure to hold, and when it is sure to fail.
    Leaf(Json, Json),
}

impl Tree {
    /// When it is sure to hold (`true`) or sure to fail (`false`).
    fn sure(&self, holds: bool) -> Json {
        match self {
            Tree::Fixed(fixed) => json!(*fixed == holds),
            Tree::Leaf(sure, fails) => {
                if holds {
                    sure.clone()
                } else {
                    fails.clone()
                }
            }
            Tree::Not(part) => part.sure(!holds),
            Tree::All(parts) => joined(parts, holds, holds),
            Tree::Any(parts) => joined(parts, holds, !holds),
        }
    }
}

fn joined(parts: &[Tree], holds: bool, all: bool) -> Json {
    let mut parts: Vec<Json> = parts.iter().map(|part| part.sure(holds)).collect();
    if parts.contains(&json!(!all)) {
        return json!(!all);
    }
    parts.retain(|part| *part != json!(all));
    match parts.len() {
        0 => json!(all),
        1 => parts.remove(0),
        _ => json!({ (if all { "all" } else { "any" }): parts }),
    }
}

/// A value in a condition.
enum Operand {
    Fact(String, bool),
    Value(Json),
}

struct Reader<'r> {
    params: &'r Params,
    policy: &'r mut Policy,
}

impl Reader<'_> {
    fn tree(&mut self, node: &Toml) -> Tree {
        let Some(table) = node.as_table() else {
            return match self.operand(node) {
                Operand::Fact(name, _) => {
                    Tree::Leaf(leaf(&name, "eq", json!(true)), leaf(&name, "eq", json!(false)))
                }
                Operand::Value(value) => Tree::Fixed(value == json!(true)),
            };
        };
        let (operator, below) = table.iter().next().expect("a condition has one operator");
        let parts = below.as_array();
        let list = || parts.expect("a list").iter();
        match operator.as_str() {
            "all" => Tree::All(list().map(|part| self.tree(part)).collect()),
            "any" => Tree::Any(list().map(|part| self.tree(part)).collect()),
            "not" => Tree::Not(Box::new(self.tree(below))),
            "in" => self.within(&below[0], &below[1]),
            compare => {
                let (left, right) = (self.operand(&below[0]), self.operand(&below[1]));
                compared(compare, left, right)
            }
        }
    }

    fn operand(&mut self, node: &Toml) -> Operand {
        match node {
            Toml::Integer(number) => Operand::Value(json!(number)),
            Toml::Boolean(flag) => Operand::Value(json!(flag)),
            Toml::String(text) => match text.strip_prefix('$') {
                Some(param) => Operand::Value(self.param(param)),
                None => Operand::Fact(
                    self.fact(text),
                    Fact::by_name(text).is_some_and(|fact| fact.kind().is_amount()),
                ),
            },
            Toml::Table(table) => {
                let parts = table["plus"].as_array().expect("only `plus` makes a value");
                let parts: Vec<Fact> = parts
                    .iter()
                    .map(|part| part.as_str().and_then(Fact::by_name).expect("a sum of facts"))
                    .collect();
                let name = sum_name(&parts);
                if !self.policy.sums.contains(&parts) {
                    self.policy.sums.push(parts);
                }
                Operand::Fact(name, true)
            }
            other => panic!("{other} is not exported yet"),
        }
    }

    fn fact(&mut self, text: &str) -> String {
        let fact = Fact::by_name(text).expect("the loader has checked every fact");
        self.policy.facts.insert(fact);
        name(fact)
    }

    fn param(&self, param: &str) -> Json {
        match self.params.get(Param::by_name(param).expect("the loader has checked every parameter")) {
            PVal::Int(number) => json!(number),
            PVal::Flag(flag) => json!(flag),
            PVal::Text(text) => json!(text),
            PVal::Day(day) => json!(day_number(*day)),
            other => panic!("{other:?} is no value"),
        }
    }

    fn within(&mut self, item: &Toml, list: &Toml) -> Tree {
        let Operand::Fact(name, false) = self.operand(item) else {
            panic!("only lists of codes are exported yet")
        };
        let param =
            list.as_str().and_then(|text| Param::by_name(text.strip_prefix('$')?)).expect("a list of codes");
        let codes: Vec<&str> = self.params.codes(param).expect("a list of codes").iter().collect();
        assert!(codes.iter().all(|code| code.len() == 4), "sub-codes in a list are not exported yet");
        Tree::Any(vec![
            Tree::Leaf(leaf(&name, "in", json!(codes)), leaf(&name, "out", json!(codes))),
            Tree::Leaf(leaf(FIRST_FOUR, "in", json!(codes)), leaf(FIRST_FOUR, "out", json!(codes))),
        ])
    }
}

fn leaf(fact: &str, operator: &str, value: Json) -> Json {
    json!({ "fact": fact, "op": operator, "value": value })
}

fn compared(operator: &str, left: Operand, right: Operand) -> Tree {
    let opposite = match operator {
        "eq" => "ne",
        "ne" => "eq",
        "lt" => "ge",
        "ge" => "lt",
        "le" => "gt",
        "gt" => "le",
        other => panic!("`{other}` is not exported yet"),
    };
    match (left, right) {
        (Operand::Value(left), Operand::Value(right)) => {
            let order = left.as_i64().cmp(&right.as_i64());
            Tree::Fixed(match operator {
                "eq" => order.is_eq(),
                "ne" => order.is_ne(),
                "lt" => order.is_lt(),
                "le" => order.is_le(),
                "gt" => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        (Operand::Fact(fact, amount), Operand::Value(value)) => {
            let one = |operator: &str| {
                // What grows can only pass a limit: the known part is enough to be above it.
                let side = if amount && ["gt", "ge"].contains(&operator) {
                    format!("{fact}_least")
                } else {
                    fact.clone()
                };
                let sure = leaf(&side, operator, value.clone());
                if amount && operator == "ne" {
                    return json!({ "any": [sure, leaf(&format!("{fact}_least"), "gt", value.clone())] });
                }
                sure
            };
            Tree::Leaf(one(operator), one(opposite))
        }
        (Operand::Fact(fact, false), Operand::Fact(other, false)) => {
            let one = |operator: &str| json!({ "fact": fact, "op": operator, "other": other });
            Tree::Leaf(one(operator), one(opposite))
        }
        _ => panic!("amounts of which a part is known are compared with limits only"),
    }
}
