//! The compiled form: all conditions of a pack as one flat run of operations over a small stack.
//!
//! Parameters are constants within an era, so what they decide alone is decided when the pack is read; what is left
//! stops at the first part that settles an `all` or an `any`.

use jiff::civil::Date;

use super::catalogue::Fact;
use super::codes::CodeList;
use super::expr::{Expr, List, MAX_DEPTH, Operand};
use super::params::{PVal, Params};
use super::value::{Cmp, Truth, Val, compare, sum};

/// The derived facts of one question, by [`Fact`].
#[derive(Debug, Clone)]
pub struct Facts<'a>(pub(super) [Val<'a>; Fact::COUNT]);

impl<'a> Facts<'a> {
    /// All unknown.
    pub fn unknown() -> Facts<'a> {
        Facts([Val::Unknown; Fact::COUNT])
    }

    /// The value of a fact.
    pub fn get(&self, fact: Fact) -> Val<'a> {
        self.0[fact as usize]
    }

    /// Sets a fact.
    pub fn set(&mut self, fact: Fact, value: Val<'a>) {
        self.0[fact as usize] = value;
    }
}

/// Where a value comes from.
#[derive(Debug, Clone)]
enum Source {
    Fact(Fact),
    Int(i64),
    Day(Date),
    Flag(bool),
    Text(Box<str>),
    Sum(Box<[Source]>),
}

impl Source {
    /// It is the same whatever the facts are.
    fn is_fixed(&self) -> bool {
        match self {
            Source::Fact(_) => false,
            Source::Sum(parts) => parts.iter().all(Source::is_fixed),
            _ => true,
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    Fixed(Truth),
    /// A flag that must be true.
    Yes(Fact),
    /// A flag that must be false.
    No(Fact),
    /// An amount against a limit.
    Limit(Fact, Cmp, i64),
    Compare(Source, Cmp, Source),
    Words(Source, Box<[String]>),
    Ints(Source, Box<[i64]>),
    Codes(Source, CodeList),
    /// Joins the two on top.
    And,
    /// Joins the two on top.
    Or,
    Not,
    /// Leaves out so many operations when the one on top is this.
    Skip(Truth, usize),
}

/// The conditions of a pack, compiled for one stretch of time in which no parameter changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Program {
    ops: Vec<Op>,
    ends: Vec<usize>,
}

/// Each level of nesting leaves at most one answer on the stack while its next part is worked out.
const STACK: usize = MAX_DEPTH + 8;

impl Program {
    /// Adds a condition; it gets the next number.
    pub fn push(&mut self, expr: &Expr, params: &Params) {
        let ops = compiled(expr, params);
        self.ops.extend(ops);
        self.ends.push(self.ops.len());
    }

    /// Adds condition `number` of another program.
    pub fn push_from(&mut self, other: &Program, number: usize) {
        self.ops.extend_from_slice(other.ops_of(number));
        self.ends.push(self.ops.len());
    }

    /// Evaluates a condition by its number.
    pub fn run(&self, number: usize, facts: &Facts<'_>) -> Truth {
        run(self.ops_of(number), facts)
    }

    /// Evaluates all conditions in order.
    pub fn run_all<'p>(&'p self, facts: &'p Facts<'_>) -> impl Iterator<Item = Truth> + 'p {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let ops = &self.ops[start..*end];
            start = *end;
            run(ops, facts)
        })
    }

    /// What the parameters alone make of a condition, whatever the facts are.
    pub fn fixed(&self, number: usize) -> Option<Truth> {
        match self.ops_of(number) {
            [Op::Fixed(truth)] => Some(*truth),
            _ => None,
        }
    }

    fn ops_of(&self, number: usize) -> &[Op] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.ops[start..self.ends[number]]
    }
}

fn run(ops: &[Op], facts: &Facts<'_>) -> Truth {
    if let [op] = ops {
        return leaf(op, facts);
    }
    let mut stack = [Truth::Unknown; STACK];
    let (mut at, mut top) = (0, 0);
    while let Some(op) = ops.get(at) {
        at += 1;
        match op {
            Op::Skip(when, count) => {
                if stack[top - 1] == *when {
                    at += count;
                }
            }
            Op::Not => stack[top - 1] = !stack[top - 1],
            Op::And => {
                top -= 1;
                stack[top - 1] = stack[top - 1].and(stack[top]);
            }
            Op::Or => {
                top -= 1;
                stack[top - 1] = stack[top - 1].or(stack[top]);
            }
            op => {
                stack[top] = leaf(op, facts);
                top += 1;
            }
        }
    }
    stack[0]
}

fn leaf(op: &Op, facts: &Facts<'_>) -> Truth {
    match op {
        Op::Yes(fact) => facts.get(*fact).as_truth(),
        Op::No(fact) => !facts.get(*fact).as_truth(),
        Op::Limit(fact, cmp, limit) => compare(facts.get(*fact), *cmp, Val::Int(*limit)),
        Op::Compare(left, cmp, right) => compare(value(left, facts), *cmp, value(right, facts)),
        Op::Words(source, words) => in_words(value(source, facts), words),
        Op::Ints(source, numbers) => in_ints(value(source, facts), numbers),
        Op::Codes(source, codes) => in_codes(value(source, facts), codes),
        Op::Fixed(truth) => *truth,
        // These join what stands on the stack; the compiler puts none of them first.
        Op::And | Op::Or | Op::Not | Op::Skip(..) => Truth::Unknown,
    }
}

fn compiled(expr: &Expr, params: &Params) -> Vec<Op> {
    match expr {
        Expr::All(parts) => joined(parts, params, Truth::True),
        Expr::Any(parts) => joined(parts, params, Truth::False),
        Expr::Not(part) => negated(compiled(part, params)),
        Expr::Is(item) => vec![match source(item, params) {
            Source::Fact(fact) => Op::Yes(fact),
            Source::Flag(flag) => Op::Fixed(flag.into()),
            // The loader lets only flags stand alone.
            _ => Op::Fixed(Truth::Unknown),
        }],
        Expr::Compare(left, cmp, right) => vec![compared(source(left, params), *cmp, source(right, params))],
        Expr::Between(item, low, high) => {
            let item = source(item, params);
            let low = compared(item.clone(), Cmp::Ge, source(low, params));
            let high = compared(item, Cmp::Le, source(high, params));
            join(vec![vec![low], vec![high]], Truth::True)
        }
        Expr::In(item, list) => {
            let item = source(item, params);
            vec![match list {
                List::Words(words) => Op::Words(item, words.clone().into_boxed_slice()),
                List::Ints(numbers) => Op::Ints(item, numbers.clone().into_boxed_slice()),
                List::Codes(param) => Op::Codes(item, params.codes(*param).cloned().unwrap_or_default()),
            }]
        }
    }
}

fn joined(parts: &[Expr], params: &Params, neutral: Truth) -> Vec<Op> {
    join(parts.iter().map(|part| compiled(part, params)).collect(), neutral)
}

/// Joins parts with `and` (neutral: true) or `or` (neutral: false). What is neutral falls out; what settles the whole
/// alone is all that is left of it.
fn join(parts: Vec<Vec<Op>>, neutral: Truth) -> Vec<Op> {
    let fixed = |part: &[Op], truth: Truth| matches!(part, [Op::Fixed(fixed)] if *fixed == truth);
    if parts.iter().any(|part| fixed(part, !neutral)) {
        return vec![Op::Fixed(!neutral)];
    }
    let parts: Vec<Vec<Op>> = parts.into_iter().filter(|part| !fixed(part, neutral)).collect();
    let Some((first, rest)) = parts.split_first() else { return vec![Op::Fixed(neutral)] };
    let with = if neutral == Truth::True { Op::And } else { Op::Or };
    // From the back, so that each part knows how much is left out when it settles the whole.
    let tail = rest.iter().rev().fold(Vec::new(), |tail, part| {
        let mut ops = part.clone();
        ops.push(with.clone());
        followed(ops, !neutral, tail)
    });
    followed(first.clone(), !neutral, tail)
}

/// `ops`, then `tail` unless they settle the whole.
fn followed(mut ops: Vec<Op>, settled: Truth, tail: Vec<Op>) -> Vec<Op> {
    if !tail.is_empty() {
        ops.push(Op::Skip(settled, tail.len()));
        ops.extend(tail);
    }
    ops
}

fn negated(mut ops: Vec<Op>) -> Vec<Op> {
    match ops.as_mut_slice() {
        [Op::Fixed(truth)] => *truth = !*truth,
        [Op::Yes(fact)] => ops = vec![Op::No(*fact)],
        [Op::No(fact)] => ops = vec![Op::Yes(*fact)],
        _ => ops.push(Op::Not),
    }
    ops
}

fn compared(left: Source, cmp: Cmp, right: Source) -> Op {
    if left.is_fixed() && right.is_fixed() {
        let nothing = Facts::unknown();
        return Op::Fixed(compare(value(&left, &nothing), cmp, value(&right, &nothing)));
    }
    match (left, right) {
        (Source::Fact(fact), Source::Int(limit)) => Op::Limit(fact, cmp, limit),
        (left, right) => Op::Compare(left, cmp, right),
    }
}

fn source(operand: &Operand, params: &Params) -> Source {
    match operand {
        Operand::Fact(fact) => Source::Fact(*fact),
        Operand::Int(number) => Source::Int(*number),
        Operand::Day(day) => Source::Day(*day),
        Operand::Flag(flag) => Source::Flag(*flag),
        Operand::Plus(parts) => Source::Sum(parts.iter().map(|part| source(part, params)).collect()),
        Operand::Param(param) => match params.get(*param) {
            PVal::Flag(flag) => Source::Flag(*flag),
            PVal::Int(number) => Source::Int(*number),
            PVal::Day(day) => Source::Day(*day),
            PVal::Text(text) => Source::Text(text.as_str().into()),
            // Lists and hours are no values; the loader refuses them here.
            PVal::Clock(_) | PVal::Codes(_) | PVal::Behaviours(_) => Source::Text("".into()),
        },
    }
}

fn value<'v>(source: &'v Source, facts: &Facts<'v>) -> Val<'v> {
    match source {
        Source::Fact(fact) => facts.get(*fact),
        Source::Int(number) => Val::Int(*number),
        Source::Day(day) => Val::Day(*day),
        Source::Flag(flag) => Val::Flag(*flag),
        Source::Text(text) => Val::Text(text),
        Source::Sum(parts) => sum(parts.iter().map(|part| value(part, facts))),
    }
}

fn in_words(item: Val<'_>, words: &[String]) -> Truth {
    match item {
        Val::Text(text) => words.iter().any(|word| word == text).into(),
        _ => Truth::Unknown,
    }
}

fn in_ints(item: Val<'_>, numbers: &[i64]) -> Truth {
    match item {
        Val::Int(number) => numbers.contains(&number).into(),
        Val::AtLeast(least) if numbers.iter().all(|number| *number < least) => Truth::False,
        _ => Truth::Unknown,
    }
}

fn in_codes(item: Val<'_>, codes: &CodeList) -> Truth {
    match item {
        Val::Text(code) => codes.lists(code),
        _ => Truth::Unknown,
    }
}
