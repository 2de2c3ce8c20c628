//! A police platform that contradicts our ledger or itself while money is on its way: the rail alone says whether money
//! moved, no violation is paid or decided twice, and what cannot be settled goes back or waits for a person who was told.

use clearway_domain::IdNumber;
use clearway_store::finding;
use serde_json::{Value, json};

use super::super::books;
use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

/// Ruan's only violation, 200 yuan.
const ONE: &str = "4201000000000177";

on_both_engines!(
    a_record_that_says_paid_while_our_ledger_does_not_moves_no_money,
    a_decision_that_says_unpaid_after_our_payment_is_not_paid_again,
    a_record_that_flips_back_to_open_after_our_decision_is_not_handled_again,
    a_duplicate_of_which_no_field_is_ours_waits_for_a_person_who_was_told,
);

fn ordered(stack: &Stack) -> (Driver<'_>, Value, String) {
    let ruan = Driver::at_home(stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    let path = format!("/orders/{}", text(&order, "/id"));
    (ruan, order, path)
}

fn findings(stack: &Stack) -> Vec<String> {
    let open = stack.world.db.read(|tx| finding::open(tx, 50)).expect("findings");
    open.into_iter().map(|finding| finding.kind).collect()
}

/// Nothing that the driver can press makes a second order.
fn no_second_order(ruan: &Driver<'_>, stack: &Stack) {
    let before = books::standing(stack);
    let asked = ruan.post("/quotes", &json!({ "violation": [ONE] }));
    if asked.status == 303 {
        let quoted = ruan.follow(asked);
        let accepted = ruan.accept(&quoted);
        assert_eq!(accepted.status, 409, "{}", accepted.body);
    } else {
        assert!(asked.status == 409 || asked.status == 404, "{} {}", asked.status, asked.body);
    }
    let after = books::standing(stack);
    assert_eq!((after.orders, after.balance, after.cases), (before.orders, before.balance, before.cases));
}

/// jkbj=1 while nobody paid us: the platform's word never becomes money in our ledger.
fn a_record_that_says_paid_while_our_ledger_does_not_moves_no_money(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    ruan.hand_over(&order);
    let before = books::standing(&stack);
    stack.change("record", ONE, &json!({ "handled": "1", "paid": "1", "decision": "420100119999999" }));
    stack.refresh("demo-pay-one");
    let standing = books::standing(&stack);
    assert_eq!((standing.balance, standing.lines), (before.balance, before.lines));
    assert_ne!(ruan.open(&path)["money"], "charged", "the rail has not said so");
    // The driver gives up: nothing moved, nothing is owed, and the record cannot be paid here any more.
    assert_eq!(ruan.post(&format!("{path}/cancel"), &json!({})).next(), path);
    assert_eq!(ruan.open(&path)["money"], "not_charged");
    for account in ["rail:wechat", "treasury:420100:fine", "suspense", "refunds"] {
        assert_eq!(books::posted(&stack, account), 0, "{account}");
    }
    no_second_order(&ruan, &stack);
    books::right(&stack);
}

/// jkbj=0 after our payment: a replicated copy that lags, or a reversal over there that nobody told us of.
fn a_decision_that_says_unpaid_after_our_payment_is_not_paid_again(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    assert_eq!(ruan.pay(&order)["money"], "charged");
    stack.settle();
    let decided = stack.change("record", ONE, &json!({ "paid": "0" }))["decision"].clone();
    let decided = decided.as_str().expect("decided");
    stack.change("decision", decided, &json!({ "paid": "0", "paid_at": null }));
    stack.refresh("demo-pay-one");
    assert_eq!(ruan.open(&path)["money"], "charged", "our own receipt stands");
    no_second_order(&ruan, &stack);
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    books::right(&stack);
}

/// clbj flips back to 0 without the decision being annulled.
fn a_record_that_flips_back_to_open_after_our_decision_is_not_handled_again(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    assert_eq!(ruan.pay(&order)["money"], "charged");
    stack.settle();
    stack.change("record", ONE, &json!({ "handled": "0", "paid": "0", "decision": "" }));
    stack.refresh("demo-pay-one");
    no_second_order(&ruan, &stack);
    assert_eq!(ruan.open(&path)["money"], "charged");
    assert_eq!(stack.calls_of("decide").len(), 1, "decided once");
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    books::right(&stack);
}

/// "重复录入", and no decision there is ours in every field: never taken for success, never written again.
fn a_duplicate_of_which_no_field_is_ours_waits_for_a_person_who_was_told(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    stack.fault("decide", "refuse:重复录入", 1);
    ruan.cashier(&order, "pay");
    let shown = ruan.until(&path, "/word", &json!("manual"));
    assert_eq!(shown["money"], "charged");
    assert_eq!(findings(&stack), ["paid-not-decided"]);
    assert_eq!(stack.calls_of("decide").len(), 1, "not written again");
    books::right(&stack);
}

/// Its clock is ahead: a record of tomorrow breaks no page and is not decided today.
#[test]
fn a_record_of_tomorrow_breaks_no_page_and_costs_nobody_money() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let was = stack.change("record", ONE, &json!({}))["at"].clone();
    for at in ["2020-04-05T02:30:00Z", "2020-04-06T02:00:00Z", "2021-04-06T02:00:00Z"] {
        stack.change("record", ONE, &json!({ "at": at }));
        stack.refresh("demo-pay-one");
        assert_eq!(ruan.page("/violations").status, 200, "{at}");
        let asked = ruan.post("/quotes", &json!({ "violation": [ONE] }));
        assert!(asked.status == 303 || asked.status == 409, "{at}: {} {}", asked.status, asked.body);
        if asked.status == 303 {
            assert!(number(&ruan.follow(asked), "/total_fen") <= 20_000, "{at}: no surcharge out of nothing");
        }
        books::right(&stack);
    }
    stack.change("record", ONE, &json!({ "at": was }));
    stack.refresh("demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    assert_eq!(ruan.pay(&order)["money"], "charged");
    books::right(&stack);
}

/// Two workers, and every job asked for twice: one decision, one payment.
#[test]
fn two_workers_on_one_record_make_one_decision() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order, path) = ordered(&stack);
    // The first worker's answer is late: its lease runs out, and another worker takes the same job.
    stack.fault("decide", "late:1500", 1);
    ruan.cashier(&order, "pay");
    ruan.until(&path, "/word", &json!("handling"));
    stack.pass(70);
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    stack.settle();
    let account = stack.city.accounts.iter().find(|account| account.openid == "demo-pay-one");
    let id = account.and_then(|account| account.id_number.as_deref()).expect("a number");
    let id = IdNumber::parse(id).expect("a valid number");
    let told = stack.world.authority.decisions(&id).expect("an answer");
    assert_eq!(told.iter().filter(|told| told.record.as_deref() == Some(ONE)).count(), 1, "{told:?}");
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    books::right(&stack);
}
