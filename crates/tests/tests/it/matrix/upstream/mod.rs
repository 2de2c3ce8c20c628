//! what the police platform may do to us, to which of our calls, and when: accepted money is never lost and never
//! doubled, and the driver reads what is true, with its time.

mod platform;
mod play;
mod wire;

use std::sync::Arc;

use super::stage::Clients;
use super::tally::Tally;

/// The axes of the upstream matrix.
const AXES: [&str; 4] = ["authority", "call", "timing", "town"];

/// What the platform does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is not there.
    Down,
    /// It answers after thirty seconds; our deadline is ten.
    Slow,
    /// It says no.
    Refuses,
    /// It leaves rows out.
    PartialPage,
    /// It gives every row twice.
    DuplicateRows,
    /// One of its answers denies another.
    Contradictory,
    /// It answers in a shape that was not agreed.
    ChangedSchema,
    /// It takes the violation, or the decision, back after the payment.
    Withdrawn,
    /// It does what it was asked and its answer is lost.
    ActsThenTimesOut,
}

/// Which calls meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Reading.
    Query,
    /// Marking a decision that exists as paid.
    Settle,
    /// Writing a decision.
    Decision,
}

/// When they meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// From before the quote until the order is there.
    BeforeTheOrder,
    /// For twenty minutes after the money came.
    BetweenPaymentAndDecision,
    /// Once, when the decision is being written.
    DuringTheWrite,
    /// For an hour after closing time, the order having begun before it.
    Night,
}

/// One combination.
#[derive(Debug, Clone, Copy)]
pub struct Combination {
    /// What the platform does.
    pub trouble: Trouble,
    /// To which calls.
    pub class: Class,
    /// When.
    pub timing: Timing,
}

fn combinations() -> Vec<Combination> {
    use {Class as C, Timing as T, Trouble as A};
    let mut all = Vec::new();
    for trouble in [
        A::Down,
        A::Slow,
        A::Refuses,
        A::PartialPage,
        A::DuplicateRows,
        A::Contradictory,
        A::ChangedSchema,
        A::Withdrawn,
        A::ActsThenTimesOut,
    ] {
        for class in [C::Query, C::Settle, C::Decision] {
            for timing in [T::BeforeTheOrder, T::BetweenPaymentAndDecision, T::DuringTheWrite, T::Night] {
                all.push(Combination { trouble, class, timing });
            }
        }
    }
    all
}

/// `Down` → `down`, `PartialPage` → `partial page`.
pub fn plain(word: &str) -> String {
    let mut text = String::new();
    for letter in word.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[test]
fn every_combination_ends_decided_once_or_with_the_money_back() {
    let mut tally = Tally::new("upstream", &AXES);
    let clients = Arc::new(Clients::new());
    let cameras = play::towns(&clients, Class::Decision);
    let tickets = play::towns(&clients, Class::Settle);
    assert!(!cameras.is_empty() && !tickets.is_empty(), "towns with records and with tickets");
    for one in combinations() {
        let towns = if one.class == Class::Settle { &tickets } else { &cameras };
        for (number, town) in towns.iter().enumerate() {
            let (outcome, wrong) = play::run(&one, &clients, town);
            let words = [
                plain(&format!("{:?}", one.trouble)),
                plain(&format!("{:?}", one.class)),
                plain(&format!("{:?}", one.timing)),
                format!("town {}", number + 1),
            ];
            let values: Vec<&str> = words.iter().map(String::as_str).collect();
            tally.note(&values, outcome, wrong);
        }
    }
    tally.close(27 * 3);
}
