//! The compiled form against a naive interpreter of the tree.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::offences::OffenceTable;
use crate::refusal::Question;
use crate::rules::catalogue::Fact;
use crate::rules::expr::{Expr, List, Operand};
use crate::rules::flat::{Facts, Program};
use crate::rules::params::{Param, Params};
use crate::rules::value::{Cmp, Kind, Truth, Val};
use crate::rules::{Packs, SHIPPED};

/// What a condition means, written a second time and as plainly as possible: by the set of worlds that agree with what is
/// known. A value that is not known stands for every possible value; the answer is true or false when all worlds agree.
fn naive(expr: &Expr, facts: &Facts<'_>, params: &Params) -> Truth {
    match expr {
        Expr::All(parts) => {
            let all: Vec<Truth> = parts.iter().map(|part| naive(part, facts, params)).collect();
            if all.contains(&Truth::False) {
                Truth::False
            } else if all.contains(&Truth::Unknown) {
                Truth::Unknown
            } else {
                Truth::True
            }
        }
        Expr::Any(parts) => {
            let all: Vec<Truth> = parts.iter().map(|part| naive(part, facts, params)).collect();
            if all.contains(&Truth::True) {
                Truth::True
            } else if all.contains(&Truth::Unknown) {
                Truth::Unknown
            } else {
                Truth::False
            }
        }
        Expr::Not(part) => match naive(part, facts, params) {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        },
        Expr::Is(item) => match worth(item, facts, params) {
            Worth::Flag(true) => Truth::True,
            Worth::Flag(false) => Truth::False,
            _ => Truth::Unknown,
        },
        Expr::Compare(left, cmp, right) => {
            naive_compare(&worth(left, facts, params), *cmp, &worth(right, facts, params))
        }
        Expr::Between(item, low, high) => {
            let item = worth(item, facts, params);
            let not_below = naive_compare(&item, Cmp::Ge, &worth(low, facts, params));
            let not_above = naive_compare(&item, Cmp::Le, &worth(high, facts, params));
            match (not_below, not_above) {
                (Truth::False, _) | (_, Truth::False) => Truth::False,
                (Truth::True, Truth::True) => Truth::True,
                _ => Truth::Unknown,
            }
        }
        Expr::In(item, list) => naive_in(&worth(item, facts, params), list, params),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Worth {
    Nothing,
    /// Some number in this range, the upper end may be open.
    Number(i64, Option<i64>),
    Flag(bool),
    Day(Date),
    Text(String),
}

fn worth(operand: &Operand, facts: &Facts<'_>, params: &Params) -> Worth {
    let of = |value: Val<'_>| match value {
        Val::Unknown => Worth::Nothing,
        Val::AtLeast(least) => Worth::Number(least, None),
        Val::Int(number) => Worth::Number(number, Some(number)),
        Val::Flag(flag) => Worth::Flag(flag),
        Val::Day(day) => Worth::Day(day),
        Val::Text(text) => Worth::Text(text.to_owned()),
    };
    match operand {
        Operand::Fact(fact) => of(facts.get(*fact)),
        Operand::Param(param) => of(params.val(*param)),
        Operand::Int(number) => Worth::Number(*number, Some(*number)),
        Operand::Day(day) => Worth::Day(*day),
        Operand::Flag(flag) => Worth::Flag(*flag),
        Operand::Plus(parts) => {
            let mut low = 0;
            let mut high = Some(0);
            for part in parts {
                match worth(part, facts, params) {
                    Worth::Number(least, most) => {
                        low += least;
                        high = high.zip(most).map(|(high, most)| high + most);
                    }
                    _ => high = None,
                }
            }
            Worth::Number(low, high)
        }
    }
}

fn naive_compare(left: &Worth, cmp: Cmp, right: &Worth) -> Truth {
    let by = |order: std::cmp::Ordering| match cmp {
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
    };
    match (left, right) {
        (Worth::Day(a), Worth::Day(b)) => Truth::from(by(a.cmp(b))),
        (Worth::Text(a), Worth::Text(b)) => Truth::from(by(a.cmp(b))),
        (Worth::Flag(a), Worth::Flag(b)) => Truth::from(by(a.cmp(b))),
        (Worth::Number(a, a_most), Worth::Number(b, b_most)) => {
            // Try the ends of both ranges; an open end is tried far out.
            let far = 1_000_000_000;
            let mut seen = Vec::new();
            for left in ends(*a, a_most.unwrap_or(far), *b, b_most.unwrap_or(far)) {
                for right in ends(*b, b_most.unwrap_or(far), *a, a_most.unwrap_or(far)) {
                    seen.push(by(left.cmp(&right)));
                }
            }
            match (seen.contains(&true), seen.contains(&false)) {
                (true, false) => Truth::True,
                (false, true) => Truth::False,
                _ => Truth::Unknown,
            }
        }
        _ => Truth::Unknown,
    }
}

/// Both ends of a range and those values of the other range that lie inside it.
fn ends(low: i64, high: i64, other_low: i64, other_high: i64) -> Vec<i64> {
    let mut values = vec![low, high];
    values.extend([other_low, other_high].into_iter().filter(|value| (low..=high).contains(value)));
    values
}

fn naive_in(item: &Worth, list: &List, params: &Params) -> Truth {
    match (item, list) {
        (Worth::Text(text), List::Words(words)) => Truth::from(words.contains(text)),
        (Worth::Text(code), List::Codes(param)) => {
            let listed: Vec<&str> = params.codes(*param).unwrap().iter().collect();
            if listed.iter().any(|one| one == code || (code.len() >= 4 && **one == code[..4])) {
                Truth::True
            } else if code.len() == 4 && listed.iter().any(|one| one.starts_with(code.as_str())) {
                Truth::Unknown
            } else {
                Truth::False
            }
        }
        (Worth::Number(low, Some(high)), List::Ints(numbers)) if low == high => {
            Truth::from(numbers.contains(low))
        }
        (Worth::Number(low, None), List::Ints(numbers)) if numbers.iter().all(|number| number < low) => {
            Truth::False
        }
        _ => Truth::Unknown,
    }
}

fn facts_of(kind: Kind) -> Vec<Fact> {
    Fact::ALL.iter().copied().filter(|fact| fact.kind() == kind).collect()
}

fn params_of(kind: Kind) -> Vec<Param> {
    Param::ALL.iter().copied().filter(|param| param.kind() == kind).collect()
}

fn amount() -> impl Strategy<Value = Operand> {
    let kinds = prop::sample::select(vec![Kind::Fen, Kind::Points, Kind::Count]);
    kinds.prop_flat_map(|kind| {
        let one = prop_oneof![
            prop::sample::select(facts_of(kind)).prop_map(Operand::Fact),
            prop::sample::select(params_of(kind)).prop_map(Operand::Param),
            (0..15i64).prop_map(Operand::Int),
        ];
        prop_oneof![one.clone(), prop::collection::vec(one, 1..4).prop_map(Operand::Plus)]
    })
}

fn day() -> impl Strategy<Value = Operand> {
    prop_oneof![
        prop::sample::select(facts_of(Kind::Day)).prop_map(Operand::Fact),
        (1..28i8).prop_map(|day| Operand::Day(date(2020, 2, day))),
    ]
}

fn comparison() -> impl Strategy<Value = Cmp> {
    prop::sample::select(vec![Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge])
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        prop::sample::select(facts_of(Kind::Flag)).prop_map(|fact| Expr::Is(Operand::Fact(fact))),
        any::<bool>().prop_map(|flag| Expr::Is(Operand::Flag(flag))),
        (amount(), comparison(), amount()).prop_map(|(a, cmp, b)| Expr::Compare(a, cmp, b)),
        (day(), comparison(), day()).prop_map(|(a, cmp, b)| Expr::Compare(a, cmp, b)),
        (amount(), amount(), amount()).prop_map(|(a, low, high)| Expr::Between(a, low, high)),
        (prop::sample::select(facts_of(Kind::Points)), prop::collection::vec(0..13i64, 1..4))
            .prop_map(|(fact, list)| Expr::In(Operand::Fact(fact), List::Ints(list))),
        prop::sample::select(params_of(Kind::Codes))
            .prop_map(|param| Expr::In(Operand::Fact(Fact::Code), List::Codes(param))),
        Just(Expr::In(Operand::Fact(Fact::Code), List::Words(vec!["1039".to_owned(), "1625".to_owned()]))),
    ]
}

fn tree() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::Any),
            inner.prop_map(|part| Expr::Not(Box::new(part))),
        ]
    })
}

/// Facts from a seed: quick to make, and the seed is what proptest prints.
fn facts_of_seed(seed: u64) -> Facts<'static> {
    let mut state = seed;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let texts = ["1039", "10391", "1625", "420100", "ZZ"];
    let mut facts = Facts::unknown();
    for fact in Fact::ALL {
        let small = next(15);
        let known = match fact.kind() {
            Kind::Flag => Val::Flag(small.is_multiple_of(2)),
            Kind::Day => Val::Day(date(2020, 2, 1 + i8::try_from(small).unwrap())),
            Kind::Text => Val::Text(texts[usize::try_from(small % 5).unwrap()]),
            _ if next(4) == 0 => Val::AtLeast(i64::try_from(small).unwrap()),
            _ => Val::Int(i64::try_from(small).unwrap()),
        };
        facts.set(*fact, if next(4) == 0 { Val::Unknown } else { known });
    }
    facts
}

fn shipped() -> &'static Packs {
    static PACKS: std::sync::OnceLock<Packs> = std::sync::OnceLock::new();
    PACKS.get_or_init(|| Packs::parse(&SHIPPED, &OffenceTable::builtin()).unwrap())
}

fn some_params() -> &'static Params {
    shipped().by_id("wuhan-2019").unwrap().params(date(2020, 4, 5))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_compiled_form_says_what_the_tree_says(trees in prop::collection::vec(tree(), 1..6), seed in any::<u64>()) {
        let (params, facts) = (some_params(), facts_of_seed(seed));
        let mut program = Program::default();
        trees.iter().for_each(|tree| program.push(tree, params));
        for (number, tree) in trees.iter().enumerate() {
            prop_assert_eq!(program.run(number, &facts), naive(tree, &facts, params), "{:?}", tree);
        }
    }

    /// Learning one more fact never turns a decided answer round: unknown is honest.
    #[test]
    fn knowing_more_never_reverses_an_answer(tree in tree(), seed in any::<u64>(), hidden in prop::collection::vec(any::<bool>(), Fact::COUNT)) {
        let (params, full) = (some_params(), facts_of_seed(seed));
        let mut program = Program::default();
        program.push(&tree, params);
        let mut less = full.clone();
        for (fact, hide) in Fact::ALL.iter().zip(hidden) {
            if hide {
                less.set(*fact, Val::Unknown);
            }
        }
        let (before, after) = (program.run(0, &less), program.run(0, &full));
        prop_assert!(before == Truth::Unknown || before == after, "{:?} became {:?} in {:?}", before, after, tree);
    }
}

/// What a hearing remembers of one question never outlives the facts that it rests on.
#[test]
fn a_hearing_that_is_told_other_facts_answers_like_a_new_one() {
    let at = "2020-04-05T10:00:00+08:00".parse().unwrap();
    for pack in shipped().iter() {
        for seed in 0..100 {
            let mut facts = facts_of_seed(seed);
            let other = facts_of_seed(seed + 1_000);
            let mut hearing = pack.hear_derived(facts.clone(), at);
            for (turn, fact) in Fact::ALL.iter().enumerate() {
                let question = [Question::First, Question::Handle, Question::Pay][turn % 3];
                let anew = pack.hear_derived(facts.clone(), at).judge(question);
                assert_eq!(hearing.judge(question), anew, "{} {seed} {turn}", pack.id());
                facts.set(*fact, other.get(*fact));
                hearing.set(*fact, other.get(*fact));
            }
        }
    }
}

/// The conditions of the shipped packs themselves, over random facts.
#[test]
fn the_shipped_conditions_are_compiled_faithfully() {
    for pack in shipped().iter() {
        let era = &pack.eras[0];
        for seed in 0..400 {
            let facts = facts_of_seed(seed);
            for (number, condition) in pack.conditions.iter().enumerate() {
                let ours = era.program.run(number, &facts);
                assert_eq!(
                    ours,
                    naive(&condition.holds, &facts, &era.params),
                    "{} {}",
                    pack.id(),
                    condition.id
                );
            }
        }
    }
}
