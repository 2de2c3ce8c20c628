//! The compiled form: all conditions of a pack as one flat run of operations over a small stack.

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

#[derive(Debug, Clone)]
enum Op {
    Is(Source),
    Compare(Source, Cmp, Source),
    Words(Source, Box<[String]>),
    Ints(Source, Box<[i64]>),
    Codes(Source, CodeList),
    All(u8),
    Any(u8),
    Not,
}

/// The conditions of a pack, compiled for one stretch of time in which no parameter changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Program {
    ops: Vec<Op>,
    ends: Vec<usize>,
}

/// Each level of nesting leaves at most its parts on the stack, and a list has at most 16 parts.
const STACK: usize = (MAX_DEPTH + 2) * 16;

/// Room for the answers of the parts of one condition.
pub(super) type Stack = [Truth; STACK];

impl Program {
    /// Adds a condition; it gets the next number.
    pub fn push(&mut self, expr: &Expr, params: &Params) {
        self.compile(expr, params);
        self.ends.push(self.ops.len());
    }

    /// A stack for [`Program::run`], made once for many runs.
    pub fn stack() -> Stack {
        [Truth::Unknown; STACK]
    }

    /// Evaluates a condition by its number. What an earlier run left on the stack does not matter.
    pub fn run(&self, number: usize, facts: &Facts<'_>, stack: &mut Stack) -> Truth {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        let mut top = 0;
        for op in &self.ops[start..self.ends[number]] {
            let (truth, taken) = match op {
                Op::Is(source) => (value(source, facts).as_truth(), 0),
                Op::Compare(left, cmp, right) => (compare(value(left, facts), *cmp, value(right, facts)), 0),
                Op::Words(source, words) => (in_words(value(source, facts), words), 0),
                Op::Ints(source, numbers) => (in_ints(value(source, facts), numbers), 0),
                Op::Codes(source, codes) => (in_codes(value(source, facts), codes), 0),
                Op::All(count) => (fold(&stack[..top], *count, Truth::True, Truth::and), *count),
                Op::Any(count) => (fold(&stack[..top], *count, Truth::False, Truth::or), *count),
                Op::Not => (!stack[top - 1], 1),
            };
            top -= usize::from(taken);
            stack[top] = truth;
            top += 1;
        }
        stack[0]
    }

    fn compile(&mut self, expr: &Expr, params: &Params) {
        match expr {
            Expr::All(parts) => {
                parts.iter().for_each(|part| self.compile(part, params));
                self.ops.push(Op::All(count(parts)));
            }
            Expr::Any(parts) => {
                parts.iter().for_each(|part| self.compile(part, params));
                self.ops.push(Op::Any(count(parts)));
            }
            Expr::Not(part) => {
                self.compile(part, params);
                self.ops.push(Op::Not);
            }
            Expr::Is(item) => self.ops.push(Op::Is(source(item, params))),
            Expr::Compare(left, cmp, right) => {
                self.ops.push(Op::Compare(source(left, params), *cmp, source(right, params)));
            }
            Expr::Between(item, low, high) => {
                let item = source(item, params);
                self.ops.push(Op::Compare(item.clone(), Cmp::Ge, source(low, params)));
                self.ops.push(Op::Compare(item, Cmp::Le, source(high, params)));
                self.ops.push(Op::All(2));
            }
            Expr::In(item, list) => {
                let item = source(item, params);
                self.ops.push(match list {
                    List::Words(words) => Op::Words(item, words.clone().into_boxed_slice()),
                    List::Ints(numbers) => Op::Ints(item, numbers.clone().into_boxed_slice()),
                    List::Codes(param) => Op::Codes(item, params.codes(*param).cloned().unwrap_or_default()),
                });
            }
        }
    }
}

fn count(parts: &[Expr]) -> u8 {
    u8::try_from(parts.len()).expect("the loader allows at most 16 parts")
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

fn fold(stack: &[Truth], count: u8, from: Truth, join: fn(Truth, Truth) -> Truth) -> Truth {
    stack[stack.len() - usize::from(count)..].iter().copied().fold(from, join)
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
