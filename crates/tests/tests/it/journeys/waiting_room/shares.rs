//! While both wait, checks have three quarters of the platform and decisions the rest: over the wire, by what the platform was asked.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::super::driver::{Driver, number};
use super::super::stack::{Engine, Stack, on_both_engines};
use super::places::{Payer, crowd_of, ended, pay_one_by_one};
use super::queue::go_on;

on_both_engines!(whoever_looks_has_three_quarters_of_the_platform_and_whoever_has_paid_the_rest);

/// People who have paid, and as many who look.
const EACH: usize = 16;
/// Calls a second that the platform takes.
const PER_SECOND: u32 = 60;
/// Calls for a decision on a violation that is only paid: the record once more, and the decision.
const A_DECISION: usize = 2;
/// Calls for a check of somebody with one vehicle: licence, decisions, file, and the vehicle, its records and the decisions on it.
const A_CHECK: usize = 6;

/// People who have paid, what was known of them has become old, and they look again, with so many others; nothing goes out.
fn both_wait(stack: &Stack, others: usize) -> Vec<Payer> {
    let payers = pay_one_by_one(stack, EACH);
    stack.pass(11 * 60);
    let paid = |openid: &str| payers.iter().any(|payer| payer.openid == openid);
    let looks = crowd_of(stack).filter(|openid| !paid(openid)).take(others);
    for openid in payers.iter().map(|payer| payer.openid.as_str()).chain(looks) {
        let home = Driver::enter(stack, openid).open("/violations");
        assert_eq!(home["checks"]["finished"], false, "{openid}: {home}");
    }
    payers
}

/// A minute and more in which turns end and checks are made: the one number of all says what waits beside the turns, and the wait that it
/// stands for is never longer than without.
#[test]
fn the_number_of_all_tells_of_the_checks_beside_the_turns() {
    let stack = Stack::of_a_rush(Engine::Sqlite, 120);
    let payers = both_wait(&stack, 16);
    let look = || -> Value {
        stack.world.admission.lobby.forget();
        let raw = Driver::visitor(&stack).get("/turn/number").body;
        assert!(raw.len() < 100, "{} bytes: {raw}", raw.len());
        serde_json::from_str(&raw).expect("JSON")
    };
    let begun = number(&look(), "/called");
    let pace = stack.world.authority.pace().expect("a pace");
    let mut told = Vec::new();
    for window in 1..=7 {
        // Two turns a window of measuring, however slow the machine; nothing goes out while time passes.
        pace.set(PER_SECOND * 200);
        while number(&look(), "/called") < begun + window * 2 {
            thread::sleep(Duration::from_millis(20));
        }
        pace.set(0);
        stack.pass(10);
        // As the node's heart does it.
        stack.world.admission.lobby.count_checks(&stack.world).expect("counted");
        told.push(look());
    }
    let known: Vec<&Value> = told.iter().filter(|now| number(now, "/fast") > 0).collect();
    assert!(!known.is_empty(), "a minute was measured: {told:?}");
    for now in known {
        let [fast, beside, more] = ["/fast", "/beside", "/more"].map(|name| number(now, name));
        // Forty checks of six calls beside sixteen turns of two: some wait still, and they become fewer.
        assert!(beside > 0 && more > 0, "{now}");
        assert!(beside <= 40 * 4, "a check is worth three turns, and there were forty: {now}");
        assert!((10..=60).contains(&fast), "two turns in ten seconds: {now}");
    }
    go_on(&stack);
    ended(&stack, &payers);
}

fn whoever_looks_has_three_quarters_of_the_platform_and_whoever_has_paid_the_rest(engine: Engine) {
    let stack = Stack::of_a_rush(engine, 120);
    let payers = both_wait(&stack, 0);
    let before = stack.calls().len();
    stack.world.authority.pace().expect("a pace").set(PER_SECOND * 1_000);
    stack.world.bell.ring();
    ended(&stack, &payers);
    let mut calls: Vec<String> = Vec::new();
    for call in stack.calls().split_off(before) {
        calls.extend(call["call"].as_str().map(str::to_owned));
    }
    let count = |calls: &[String], name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!(count(&calls, "decide"), EACH, "{calls:?}");
    // Of the first half of the calls both sides want as much as they can have.
    let both = &calls[..EACH * (A_DECISION + A_CHECK) / 2];
    let decisions = count(both, "decide") * A_DECISION;
    assert!(
        decisions.abs_diff(both.len() / 4) <= 10,
        "{decisions} of {} for decisions: {both:?}",
        both.len()
    );
}
