//! The same deeds on every rail that a site may configure: three violations in one payment, one of them paid back.

use serde_json::{Value, json};

use super::books;
use super::driver::{Driver, text};
use super::stack::{Engine, OPENING, Stack};

/// The one of Chen's three violations that another channel handles meanwhile.
const ELSEWHERE: &str = "4201000000000009";

fn rails() -> [&'static str; 3] {
    ["wechat", "wechat-combined", "wechat-nontax"]
}

/// Chen pays three violations; on a rail without notices the page that waits asks.
fn paid<'a>(stack: &'a Stack, before: impl FnOnce()) -> (Driver<'a>, Value, String) {
    let chen = Driver::at_home(stack, "demo-chen-merge");
    let order = chen.order(&chen.go("/quotes", &json!({ "all": true })));
    chen.hand_over(&order);
    before();
    chen.cashier(&order, "pay");
    let path = format!("/orders/{}", text(&order, "/id"));
    chen.get(&format!("{path}/returned")).json();
    (chen, order, path)
}

/// One of the three is handled in another channel while the money is on its way.
fn handled_elsewhere(stack: &Stack) {
    let elsewhere = json!({ "handled": "1", "paid": "1", "decision": "420100119999999" });
    stack.change("record", ELSEWHERE, &elsewhere);
}

#[test]
fn three_violations_are_one_payment_on_every_rail() {
    for rail in rails() {
        let stack = Stack::on_rail(Engine::Sqlite, OPENING, rail);
        let (chen, order, path) = paid(&stack, || {});
        let done = chen.until(&path, "/word", &json!("done"));
        assert_eq!(done["money"], "charged", "{rail}: {done}");
        let total = order["total_fen"].as_i64().expect("a sum");
        assert_eq!(books::posted(&stack, &format!("rail:{rail}")), total, "{rail}");
        books::right(&stack);
    }
}

#[test]
fn a_leg_that_cannot_be_decided_is_paid_back_alone_on_every_rail() {
    for rail in rails() {
        let stack = Stack::on_rail(Engine::Sqlite, OPENING, rail);
        let (chen, order, path) = paid(&stack, || handled_elsewhere(&stack));
        stack.look_again();
        let back = chen.until(&path, "/word", &json!("back"));
        let returned = back["back_fen"].as_i64().expect("a sum");
        let total = order["total_fen"].as_i64().expect("a sum");
        assert!(returned > 0 && returned < total, "{rail}: {back}");
        assert_eq!(books::posted(&stack, &format!("rail:{rail}")), total - returned, "{rail}");
        let words: Vec<&str> =
            back["legs"].as_array().expect("legs").iter().map(|leg| text(leg, "/word")).collect();
        assert_eq!(words.iter().filter(|word| **word == "done").count(), 2, "{rail}: {words:?}");
        books::right(&stack);
    }
}

#[test]
fn an_unpaid_order_is_closed_at_the_rail_and_the_next_one_is_taken() {
    for rail in ["wechat", "wechat-combined"] {
        let stack = Stack::on_rail(Engine::Sqlite, OPENING, rail);
        let chen = Driver::at_home(&stack, "demo-chen-merge");
        let order = chen.order(&chen.go("/quotes", &json!({ "all": true })));
        chen.hand_over(&order);
        let path = format!("/orders/{}", text(&order, "/id"));
        chen.post(&format!("{path}/cancel"), &json!({})).next();
        assert_eq!(chen.open(&path)["money"], "not_charged", "{rail}");
        let next = chen.order(&chen.go("/quotes", &json!({ "all": true })));
        assert_ne!(next["id"], order["id"], "{rail}: no lock is left");
        assert_eq!(chen.pay(&next)["money"], "charged", "{rail}");
        books::right(&stack);
    }
}

/// The non-tax family has no call that closes an order: the platform closes it at its time, and until then nobody says
/// that no money can move.
#[test]
fn where_a_rail_cannot_close_the_order_ends_when_the_rail_says_so() {
    let stack = Stack::on_rail(Engine::Sqlite, OPENING, "wechat-nontax");
    let chen = Driver::at_home(&stack, "demo-chen-merge");
    let order = chen.order(&chen.go("/quotes", &json!({ "all": true })));
    chen.hand_over(&order);
    let path = format!("/orders/{}", text(&order, "/id"));
    chen.post(&format!("{path}/cancel"), &json!({})).problem(409, "payment-open");
    assert_eq!(chen.open(&path)["money"], "confirming");
    stack.pass(24 * 3_600);
    let closed = chen.until(&path, "/word", &json!("not_paid"));
    assert_eq!(closed["money"], "not_charged");
    books::right(&stack);
}

/// Looks at what waits, until the rail was asked for a refund.
fn until_refund_is_asked_for(stack: &Stack) {
    stack.look_again();
    for _ in 0..200 {
        if !stack.calls_of("nontax_refund").is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
}

/// On the non-tax rail a refund that is sent again is a second refund: one that may have been carried out is only asked about
/// for half an hour.
#[test]
fn a_refund_that_may_be_there_is_not_sent_a_second_time_on_a_rail_that_would_pay_it_twice() {
    let stack = Stack::on_rail(Engine::Sqlite, OPENING, "wechat-nontax");
    let (chen, _, path) = paid(&stack, || handled_elsewhere(&stack));
    // It acts, its answer is lost, and the order does not tell it for a while.
    stack.fault("nontax_refund", "acted_no_reply", 1);
    let untold = json!({ "nontax_answer": { "call": "getorder", "set": { "/partial_refund_info": [] } } });
    stack.control("pay", &untold);
    let sent = || stack.calls_of("nontax_refund").len();
    until_refund_is_asked_for(&stack);
    for _ in 0..8 {
        stack.pass(180);
    }
    assert_eq!(sent(), 1, "asked about, and not sent again");
    stack.control("pay", &json!({ "nontax_answer": { "call": "getorder", "set": {} } }));
    stack.pass(120);
    let back = chen.until(&path, "/word", &json!("back"));
    assert!(back["back_fen"].as_i64().is_some_and(|fen| fen > 0), "{back}");
    assert_eq!(sent(), 1, "found, and not sent again");
    books::right(&stack);
}

/// One that never arrived is sent again after that.
#[test]
fn a_refund_that_never_arrived_is_sent_again_after_half_an_hour() {
    let stack = Stack::on_rail(Engine::Sqlite, OPENING, "wechat-nontax");
    let (chen, _, path) = paid(&stack, || handled_elsewhere(&stack));
    stack.fault("nontax_refund", "http500", 1);
    let sent = || stack.calls_of("nontax_refund").len();
    until_refund_is_asked_for(&stack);
    stack.pass(600);
    assert_eq!(sent(), 1);
    for _ in 0..6 {
        stack.pass(900);
    }
    chen.until(&path, "/word", &json!("back"));
    assert_eq!(sent(), 2);
    books::right(&stack);
}
