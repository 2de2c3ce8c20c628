//! A police platform that stays unreadable, or does not show what it has: money that may be behind a decision of ours does
//! not go back on the strength of silence, and no paid case is tried for ever.

use clearway_service::officer::{self, Deed};
use clearway_store::finding;
use serde_json::{Value, json};

use super::super::books;
use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, on_both_engines};

/// Ruan's only violation, 200 yuan.
const ONE: &str = "4201000000000177";
/// Lan's record with a decision that is not paid.
const TICKET: &str = "4201000000000178";

on_both_engines!(
    a_record_that_vanished_before_anything_was_written_is_paid_back,
    a_decision_that_is_hidden_after_its_reply_was_lost_is_not_paid_back,
    a_mark_whose_reply_was_lost_and_whose_ticket_is_hidden_is_not_paid_back,
    an_answer_that_stays_unreadable_ends_with_a_person_and_a_date,
    a_decision_found_on_the_last_day_is_not_paid_back,
    a_lost_write_is_known_by_its_mark_whatever_clock_the_site_tells,
    a_lost_write_without_its_mark_under_another_clock_waits_for_a_person,
    a_duplicate_of_a_lost_write_that_is_not_listed_yet_is_no_refusal,
    a_refund_by_officers_looks_once_more_and_finds_the_decision,
    a_refund_by_officers_that_may_leave_a_decision_standing_tells_a_person,
);

fn findings(stack: &Stack) -> Vec<String> {
    let open = stack.world.db.read(|tx| finding::open(tx, 50)).expect("findings");
    open.into_iter().map(|finding| finding.kind).collect()
}

/// Ruan comes back on another day; the session has ended meanwhile.
fn days_later<'s>(stack: &'s Stack, at: &str) -> Driver<'s> {
    stack.set_clock(at);
    Driver::enter(stack, "demo-pay-one")
}

/// Ruan has an order: with its path.
fn ordered(stack: &Stack) -> (Driver<'_>, Value, String) {
    let ruan = Driver::at_home(stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    let path = format!("/orders/{}", text(&order, "/id"));
    (ruan, order, path)
}

/// The answer to the write is lost, and from then on the platform shows neither record nor decision.
fn written_and_hidden(stack: &Stack) -> (Driver<'_>, String, String) {
    let (ruan, order, path) = ordered(stack);
    stack.fault("decide", "acted_no_reply", 1);
    stack.fault("decisions", "refuse:系统忙", 10_000);
    ruan.cashier(&order, "pay");
    for _ in 0..400 {
        if !stack.calls_of("decide").is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    let number = text(&stack.change("record", ONE, &json!({ "hidden": true })), "/decision").to_owned();
    assert!(!number.is_empty(), "the write acted");
    stack.change("decision", &number, &json!({ "hidden": true }));
    stack.control_delete("faults");
    (ruan, path, number)
}

fn a_record_that_vanished_before_anything_was_written_is_paid_back(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    stack.change("record", ONE, &json!({ "hidden": true }));
    ruan.cashier(&order, "pay");
    ruan.until(&path, "/word", &json!("handling"));
    stack.look_again();
    let back = ruan.until(&path, "/word", &json!("back"));
    assert_eq!((&back["back_why"], &back["back_fen"]), (&json!(["record-gone"]), &json!(20_000)), "{back}");
    assert!(stack.calls_of("decide").is_empty(), "nothing was written");
    books::right(&stack);
}

fn a_decision_that_is_hidden_after_its_reply_was_lost_is_not_paid_back(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path, number) = written_and_hidden(&stack);
    for _ in 0..5 {
        stack.look_again();
    }
    let shown = ruan.open(&path);
    assert_eq!((&shown["money"], &shown["word"]), (&json!("charged"), &json!("handling")), "{shown}");
    assert_eq!(shown["decided_by"], json!("2020-04-14"), "three working days, and three for a person");
    // It is shown again: found, and never written twice.
    stack.change("record", ONE, &json!({ "hidden": false }));
    stack.change("decision", &number, &json!({ "hidden": false }));
    stack.pass(600);
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    assert_eq!(stack.calls_of("decide").len(), 1);
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    stack.settle();
    books::right(&stack);
}

fn a_mark_whose_reply_was_lost_and_whose_ticket_is_hidden_is_not_paid_back(engine: Engine) {
    let stack = Stack::new(engine);
    let driver = Driver::at_home(&stack, "demo-surcharge");
    let number = text(&stack.change("record", TICKET, &json!({})), "/decision").to_owned();
    let order = driver.order(&driver.quote(&[TICKET]));
    let path = format!("/orders/{}", text(&order, "/id"));
    stack.fault("mark_paid", "acted_no_reply", 1);
    driver.cashier(&order, "pay");
    for _ in 0..200 {
        if !stack.calls_of("mark_paid").is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    stack.change("decision", &number, &json!({ "hidden": true }));
    for _ in 0..5 {
        stack.look_again();
    }
    assert_eq!(driver.open(&path)["word"], "handling", "what is not shown proves nothing");
    stack.change("decision", &number, &json!({ "hidden": false }));
    stack.pass(600);
    assert_eq!(driver.until(&path, "/word", &json!("done"))["money"], "charged");
    stack.settle();
    books::right(&stack);
}

/// For three working days it is tried, for three more a person may look; then the money goes back.
fn an_answer_that_stays_unreadable_ends_with_a_person_and_a_date(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    stack.fault("records", "garbled", 100_000);
    ruan.cashier(&order, "pay");
    ruan.until(&path, "/word", &json!("handling"));
    // Sunday 5 April is the day before a holiday (Qingming): the working days are the 7th, 8th and 9th.
    stack.set_clock("2020-04-09T21:00:00+08:00");
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!(ruan.open(&path)["word"], "handling", "the last day is not over");
    let ruan = days_later(&stack, "2020-04-10T09:00:00+08:00");
    let manual = ruan.until(&path, "/word", &json!("manual"));
    assert_eq!(
        (&manual["money"], &manual["manual_by"]),
        (&json!("charged"), &json!("2020-04-15")),
        "{manual}"
    );
    assert_eq!(findings(&stack), ["paid-not-decided"]);
    let ruan = days_later(&stack, "2020-04-16T09:00:00+08:00");
    let back = ruan.until(&path, "/word", &json!("back"));
    assert_eq!(back["back_why"], json!(["not-decided"]), "{back}");
    assert!(
        findings(&stack).is_empty(),
        "nothing was ever written, so nothing may stand: {:?}",
        findings(&stack)
    );
    books::right(&stack);
}

fn a_decision_found_on_the_last_day_is_not_paid_back(engine: Engine) {
    let stack = Stack::new(engine);
    let (_, path, number) = written_and_hidden(&stack);
    let ruan = days_later(&stack, "2020-04-10T09:00:00+08:00");
    ruan.until(&path, "/word", &json!("manual"));
    // Shown again, but nobody looked until the day on which the money would go back.
    stack.change("record", ONE, &json!({ "hidden": false }));
    stack.change("decision", &number, &json!({ "hidden": false }));
    let ruan = days_later(&stack, "2020-04-16T09:00:00+08:00");
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    assert_eq!(stack.calls_of("decide").len(), 1);
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    assert!(findings(&stack).is_empty(), "{:?}", findings(&stack));
    stack.settle();
    books::right(&stack);
}

/// The platform shows again what it has, as a site would that tells it so.
fn shown_as(stack: &Stack, number: &str, told: &Value) {
    stack.change("decision", number, told);
    stack.change("decision", number, &json!({ "hidden": false }));
    stack.change("record", ONE, &json!({ "hidden": false }));
    stack.pass(600);
}

fn a_lost_write_is_known_by_its_mark_whatever_clock_the_site_tells(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path, number) = written_and_hidden(&stack);
    shown_as(&stack, &number, &json!({ "decided_at": "2020-04-05T02:05:17Z" }));
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    assert_eq!(stack.calls_of("decide").len(), 1);
    stack.settle();
    books::right(&stack);
}

fn a_lost_write_without_its_mark_under_another_clock_waits_for_a_person(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path, number) = written_and_hidden(&stack);
    shown_as(&stack, &number, &json!({ "decided_at": "2020-04-05T02:05:17Z", "remark": "" }));
    let manual = ruan.until(&path, "/word", &json!("manual"));
    assert_eq!(manual["money"], "charged", "it may be ours: no money goes back by itself: {manual}");
    assert_eq!(findings(&stack), ["paid-not-decided"]);
    assert!(stack.calls_of("refund").is_empty());
    books::right(&stack);
}

/// The record still reads as open and the list lags, but the platform knows that it has our decision.
fn a_duplicate_of_a_lost_write_that_is_not_listed_yet_is_no_refusal(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path, number) = written_and_hidden(&stack);
    stack.fault("decide", "refuse:重复录入", 10_000);
    stack.change("record", ONE, &json!({ "hidden": false, "handled": "0", "paid": "0", "decision": "" }));
    for _ in 0..3 {
        stack.pass(400);
    }
    for _ in 0..200 {
        if stack.calls_of("decide").len() > 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    assert!(stack.calls_of("decide").len() > 1, "written again when the first could no longer arrive");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(ruan.open(&path)["word"], "handling", "nobody has refused it");
    stack.control_delete("faults");
    stack.change("record", ONE, &json!({ "handled": "1", "paid": "1", "decision": number }));
    stack.change("decision", &number, &json!({ "hidden": false }));
    stack.pass(600);
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    stack.settle();
    books::right(&stack);
}

/// On the day on which a person looks, two officers give the money back: `before` the second of them agrees.
fn given_back_by_officers(stack: &Stack, before: impl FnOnce(&str)) -> (Driver<'_>, String) {
    let (_, path, number) = written_and_hidden(stack);
    let ruan = days_later(stack, "2020-04-10T09:00:00+08:00");
    let manual = ruan.until(&path, "/word", &json!("manual"));
    let case = text(&manual, "/legs/0/case_id");
    let world = &stack.world;
    let proposal = officer::propose(world, Deed::Refund, case, "王警官", "平台不答").expect("proposed");
    before(&number);
    officer::approve(world, &proposal, "李警官").expect("approved");
    (ruan, path)
}

fn a_refund_by_officers_looks_once_more_and_finds_the_decision(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path) = given_back_by_officers(&stack, |number| {
        stack.change("record", ONE, &json!({ "hidden": false }));
        stack.change("decision", number, &json!({ "hidden": false }));
    });
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    assert_eq!((stack.calls_of("decide").len(), stack.calls_of("refund").len()), (1, 0));
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    books::right(&stack);
}

fn a_refund_by_officers_that_may_leave_a_decision_standing_tells_a_person(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path) = given_back_by_officers(&stack, |_| {});
    let back = ruan.until(&path, "/word", &json!("back"));
    assert_eq!(back["back_why"], json!(["officer"]), "{back}");
    assert_eq!(findings(&stack), ["refunded-may-stand"]);
    books::right(&stack);
}
