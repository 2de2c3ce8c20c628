//! The exported policy in zen-engine: `peer-zen check DIR` compares its answers with ours, `peer-zen time DIR MILLIS`
//! prints CPU nanoseconds for each fact set: by the decision graph, and by its bare expression machine.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine};
use zen_expression::expression::Standard;
use zen_expression::variable::Variable;
use zen_expression::vm::VM;
use zen_expression::{Expression, Isolate};

const BOTH: [&str; 2] = ["first", "study"];

/// A condition with everything that a reason says.
struct Condition {
    told: [Arc<str>; 4],
    note: bool,
    asked: [bool; 2],
    expression: String,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(&words[1]);
    let read = |name: &str| -> Json {
        let text = std::fs::read_to_string(folder.join(name)).expect("the export is there");
        serde_json::from_str(&text).expect("JSON")
    };
    let conditions: Vec<Condition> =
        read("policy.json")["conditions"].as_array().expect("a list").iter().map(condition).collect();
    let sets: Vec<Variable> =
        read("facts.json").as_array().expect("a list").iter().cloned().map(Variable::from).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let graph = Graph::new(&conditions, &runtime);
    let machine = Machine::new(&conditions);
    match words[0].as_str() {
        "check" => {
            let ours = read("answers.json");
            for (at, facts) in sets.iter().enumerate() {
                for found in [graph.judge(facts), machine.judge(facts)] {
                    let answer = shown(&answer(&conditions, &found));
                    if answer != ours[at] {
                        eprintln!("fact set {at}\nzen:  {answer}\nours: {}", ours[at]);
                        std::process::exit(1);
                    }
                }
            }
            println!("{} fact sets answered alike, both ways", sets.len());
        }
        _ => {
            let millis: u64 = words[2].parse().expect("milliseconds");
            let by_graph = nanos(&sets, millis, |facts| {
                black_box(answer(&conditions, &graph.judge(facts)));
            });
            let by_machine = nanos(&sets, millis, |facts| {
                black_box(answer(&conditions, &machine.judge(facts)));
            });
            println!("{by_graph:.1} {by_machine:.1}");
        }
    }
}

/// One expression node with one expression for each condition: 0 holds, 1 fails, 2 cannot be decided.
struct Graph<'r> {
    decision: Decision,
    count: usize,
    runtime: &'r tokio::runtime::Runtime,
}

impl<'r> Graph<'r> {
    fn new(conditions: &[Condition], runtime: &'r tokio::runtime::Runtime) -> Graph<'r> {
        let names: Vec<String> = (0..conditions.len()).map(|at| format!("c{at}")).collect();
        let expressions: Vec<Json> = conditions
            .iter()
            .zip(&names)
            .map(|(one, name)| json!({ "id": name, "key": name, "value": one.expression }))
            .collect();
        let content = json!({
            "nodes": [
                { "id": "in", "name": "in", "type": "inputNode", "position": { "x": 0, "y": 0 } },
                { "id": "all", "name": "all", "type": "expressionNode", "position": { "x": 0, "y": 0 },
                  "content": { "expressions": expressions } },
                { "id": "out", "name": "out", "type": "outputNode", "position": { "x": 0, "y": 0 } },
            ],
            "edges": [
                { "id": "1", "type": "edge", "sourceId": "in", "targetId": "all" },
                { "id": "2", "type": "edge", "sourceId": "all", "targetId": "out" },
            ],
        });
        let content: DecisionContent = serde_json::from_value(content).expect("a decision graph");
        let mut decision = DecisionEngine::default().create_decision(content.into()).expect("a decision");
        decision.compile();
        Graph { decision, count: conditions.len(), runtime }
    }

    fn judge(&self, facts: &Variable) -> Vec<u8> {
        let response = self.runtime.block_on(self.decision.evaluate(facts.clone())).expect("a result");
        let Variable::Object(found) = response.result else { panic!("an object was expected") };
        let found = found.borrow();
        assert_eq!(found.len(), self.count, "every condition has a result");
        let mut all = vec![0; self.count];
        for (name, value) in found.iter() {
            all[name[1..].parse::<usize>().expect("the number of a condition")] = outcome(value);
        }
        all
    }
}

/// The same expressions, compiled, without a graph around them.
struct Machine {
    expressions: Vec<Expression<Standard>>,
}

impl Machine {
    fn new(conditions: &[Condition]) -> Machine {
        let mut isolate = Isolate::new();
        let compile = |one: &Condition| isolate.compile_standard(&one.expression).expect("an expression");
        Machine { expressions: conditions.iter().map(compile).collect() }
    }

    fn judge(&self, facts: &Variable) -> Vec<u8> {
        let mut vm = VM::new();
        let run = |one: &Expression<Standard>| {
            outcome(&one.evaluate_with(facts.clone(), &mut vm).expect("a value"))
        };
        self.expressions.iter().map(run).collect()
    }
}

fn outcome(value: &Variable) -> u8 {
    match value {
        Variable::Number(number) => u8::try_from(*number).expect("0, 1 or 2"),
        other => panic!("{other:?} is no outcome"),
    }
}

type Answer = [(u8, Vec<([Arc<str>; 4], u8)>, Vec<[Arc<str>; 4]>); 2];

fn answer(conditions: &[Condition], found: &[u8]) -> Answer {
    [0, 1].map(|question: usize| {
        let (mut reasons, mut notes, mut outcome) = (Vec::new(), Vec::new(), 0);
        for (condition, found) in conditions.iter().zip(found) {
            if *found == 0 || !condition.asked[question] {
                continue;
            }
            if condition.note {
                if *found == 1 {
                    notes.push(condition.told.clone());
                }
                continue;
            }
            outcome = if *found == 1 || outcome == 1 { 1 } else { 2 };
            reasons.push((condition.told.clone(), *found));
        }
        (outcome, reasons, notes)
    })
}

fn shown(answer: &Answer) -> Json {
    let word = |outcome: u8| ["allowed", "refused", "unknown"][usize::from(outcome)];
    let row = |told: &[Arc<str>; 4], outcome: u8| {
        json!([&*told[0], &*told[1], word(outcome), &*told[2], &*told[3]])
    };
    let one = |(outcome, reasons, notes): &(u8, Vec<([Arc<str>; 4], u8)>, Vec<[Arc<str>; 4]>)| {
        json!({
            "outcome": word(*outcome),
            "reasons": reasons.iter().map(|(told, outcome)| row(told, *outcome)).collect::<Vec<_>>(),
            "notes": notes.iter().map(|told| row(told, 0)).collect::<Vec<_>>(),
        })
    };
    json!({ "first": one(&answer[0]), "study": one(&answer[1]) })
}

fn condition(json: &Json) -> Condition {
    let text = |key: &str| Arc::from(json[key].as_str().expect("a text"));
    let questions = json["questions"].as_array().expect("a list");
    Condition {
        told: [text("id"), text("refusal"), text("article"), text("confidence")],
        note: json["note"] == json!(true),
        asked: BOTH.map(|question| questions.contains(&json!(question))),
        expression: format!("{} ? 1 : ({} ? 0 : 2)", tree(&json["fails"]), tree(&json["holds"])),
    }
}

/// A tree of the policy as an expression.
fn tree(json: &Json) -> String {
    if let Some(fixed) = json.as_bool() {
        return fixed.to_string();
    }
    let joined = |parts: &Json, word: &str| {
        let parts: Vec<String> = parts.as_array().expect("a list").iter().map(tree).collect();
        format!("({})", parts.join(word))
    };
    if let Some(parts) = json.get("all") {
        return joined(parts, " and ");
    }
    if let Some(parts) = json.get("any") {
        return joined(parts, " or ");
    }
    let fact = json["fact"].as_str().expect("a fact");
    let right = json
        .get("other")
        .map_or_else(|| json["value"].to_string(), |other| other.as_str().expect("a fact").to_owned());
    // Nothing is ever compared with an unknown fact; null is no value in these expressions.
    let other = json.get("other").map_or_else(String::new, |_| format!(" and {right} != null"));
    match json["op"].as_str().expect("an operator") {
        "eq" => format!("{fact} == {right}"),
        "in" => format!("{fact} in {right}"),
        "ne" => format!("({fact} != null and {fact} != {right})"),
        "out" => format!("({fact} != null and {fact} not in {right})"),
        "lt" => format!("({fact} != null{other} and {fact} < {right})"),
        "le" => format!("({fact} != null{other} and {fact} <= {right})"),
        "gt" => format!("({fact} != null{other} and {fact} > {right})"),
        "ge" => format!("({fact} != null{other} and {fact} >= {right})"),
        other => panic!("{other} is no operator"),
    }
}

/// CPU nanoseconds for each fact set, over at least `millis` of work.
fn nanos(sets: &[Variable], millis: u64, mut judge: impl FnMut(&Variable)) -> f64 {
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

fn cpu_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("the kernel counts CPU time");
    text.split_whitespace().next().and_then(|first| first.parse().ok()).expect("a number stands first")
}
