//! What is checked for somebody who does not look goes behind everybody who does, and comes back at the place that it had.

use clearway_service::jobs::refresh::{self, AFTER, REFRESH};
use clearway_store::queue::{self, Job};
use serde_json::json;

use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, on_both_engines};
use super::queue::go_on;

on_both_engines!(
    j03_looking_again_costs_nobody_the_place_of_their_checks,
    j14_whoever_pays_lets_others_be_checked_first_and_has_the_place_back_by_looking,
    j14_what_was_not_asked_yet_is_not_asked_twice_after_a_decision,
    j14_what_nobody_looked_at_while_its_answer_would_have_been_fresh_is_not_asked,
);

const SERIAL: &str = "4201000000000177";

fn jobs(stack: &Stack, openid: &str, kind: &str) -> Vec<Job> {
    let driver = stack.world.driver_of(openid);
    stack.world.db.read(|tx| queue::of_kind(tx, &driver, kind)).expect("jobs")
}

/// Whose checks they are, and since when they wait.
fn places(stack: &Stack, kind: &str) -> Vec<(String, i64)> {
    let jobs = jobs(stack, "demo-pay-one", kind);
    jobs.into_iter().map(|job| (job.key, job.run_at_ms)).collect()
}

/// A driver whose checks are asked again and are not answered, because the platform takes nothing.
fn waiting(stack: &Stack) -> Driver<'_> {
    let ruan = Driver::at_home(stack, "demo-pay-one");
    stack.settle();
    stack.pass(11 * 60);
    stack.world.authority.pace().expect("a pace").set(0);
    let home = ruan.open("/violations");
    assert_eq!(home["checks"]["finished"], false, "{home}");
    ruan
}

fn j03_looking_again_costs_nobody_the_place_of_their_checks(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = waiting(&stack);
    let before = places(&stack, REFRESH);
    assert!(!before.is_empty());
    for _ in 0..3 {
        stack.pass(70);
        ruan.open("/violations");
        ruan.open("/violations/checks");
    }
    assert_eq!(places(&stack, REFRESH), before, "whoever reloads every minute would never be checked");
    go_on(&stack);
    ruan.until("/violations", "/checks/finished", &json!(true));
}

fn j14_whoever_pays_lets_others_be_checked_first_and_has_the_place_back_by_looking(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = waiting(&stack);
    let before = places(&stack, REFRESH);
    let order = ruan.order(&ruan.quote(&[SERIAL]));
    let handed = ruan.hand_over(&order);
    ruan.press(&handed, "pay");
    ruan.until(&format!("/orders/{}", text(&order, "/id")), "/money", &json!("charged"));
    assert_eq!(
        (places(&stack, REFRESH), places(&stack, AFTER)),
        (Vec::new(), before.clone()),
        "nobody looks"
    );
    // The page that shows them asks how far they are; that is a look.
    let checks = ruan.open("/violations/checks");
    assert_eq!(checks["finished"], false, "{checks}");
    assert_eq!((places(&stack, REFRESH), places(&stack, AFTER)), (before, Vec::new()));
    go_on(&stack);
    ruan.until("/violations", "/checks/finished", &json!(true));
}

fn j14_what_was_not_asked_yet_is_not_asked_twice_after_a_decision(engine: Engine) {
    let stack = Stack::new(engine);
    waiting(&stack);
    let driver = stack.world.driver_of("demo-pay-one");
    let now = stack.world.now().as_millisecond();
    stack.world.db.write(|tx| refresh::put_behind(tx, &driver)).expect("put behind");
    let before = places(&stack, AFTER);
    stack.world.db.write(|tx| refresh::enqueue_after(tx, &driver, now)).expect("asked");
    assert_eq!(places(&stack, AFTER), before, "its answer will have the decision in it");
    let asked = || ["driver", "decisions"].map(|call| stack.calls_of(call).len());
    let already = asked();
    go_on(&stack);
    stack.settle();
    assert_eq!(asked(), already.map(|count| count + 1));
}

/// An answer is good for ten minutes. Whose turn comes later than that, behind everybody, would be asked for nothing.
fn j14_what_nobody_looked_at_while_its_answer_would_have_been_fresh_is_not_asked(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = waiting(&stack);
    let driver = stack.world.driver_of("demo-pay-one");
    stack.world.db.write(|tx| refresh::put_behind(tx, &driver)).expect("put behind");
    assert!(!places(&stack, AFTER).is_empty());
    stack.pass(10 * 60 + 1);
    let asked = || ["driver", "decisions"].map(|call| stack.calls_of(call).len());
    let before = asked();
    go_on(&stack);
    stack.settle();
    assert_eq!((asked(), places(&stack, AFTER)), (before, Vec::new()), "the driver is gone");
    // Nothing is lost with it: whoever comes back is checked.
    let home = ruan.open("/violations");
    assert_eq!(home["checks"]["finished"], false, "{home}");
    ruan.until("/violations", "/checks/finished", &json!(true));
    assert_eq!(asked(), before.map(|count| count + 1));
}
