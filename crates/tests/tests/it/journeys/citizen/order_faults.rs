//! J7, J8 with everything going wrong on the way: what was paid is decided once, and money is never in doubt.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::books;
use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, on_both_engines};

/// Ruan's only violation, 200 yuan.
const ONE: &str = "4201000000000177";

on_both_engines!(
    a_write_without_a_reply_is_found_and_not_written_twice,
    a_write_that_arrives_twice_is_one_decision,
    a_record_handled_elsewhere_after_the_payment_is_paid_back,
    a_lost_answer_to_the_order_is_asked_for_again,
    a_notice_that_never_comes_is_replaced_by_asking,
    a_notice_sixteen_times_is_one_payment,
    money_after_the_end_of_an_order_goes_back_by_itself,
    giving_up_what_was_paid_finds_the_money,
    one_leg_of_three_that_cannot_be_decided_holds_up_no_other,
    after_an_outage_decisions_are_written_in_the_order_of_their_intents,
    a_refund_that_cannot_reach_the_payer_is_seen_by_a_person_and_arrives_in_the_end,
    a_refund_that_the_rail_ends_is_asked_for_again_under_the_next_number,
);

fn ordered(stack: &Stack) -> (Driver<'_>, Value, String) {
    let ruan = Driver::at_home(stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    let path = format!("/orders/{}", text(&order, "/id"));
    (ruan, order, path)
}

/// Decisions that the platform holds on the record, and those that were sent.
fn decided(stack: &Stack) -> (bool, usize) {
    let record = stack.change("record", ONE, &json!({}));
    (record["handled"] == "1", stack.calls_of("decide").len())
}

fn a_write_without_a_reply_is_found_and_not_written_twice(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, _) = ordered(&stack);
    stack.fault("decide", "acted_no_reply", 1);
    let done = ruan.pay(&order);
    assert_eq!(done["money"], "charged");
    assert_eq!(decided(&stack), (true, 1), "sent once, found by asking");
    let case = text(&order, "/legs/0/case_id").to_owned();
    stack.settle();
    let decision = ruan.open(&format!("/cases/{case}/decision"));
    let record = stack.change("record", ONE, &json!({}));
    assert_eq!(decision["number"], record["decision"], "and it is the platform's own number");
    books::right(&stack);
}

fn a_write_that_arrives_twice_is_one_decision(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, _) = ordered(&stack);
    // The second arrival is refused as a duplicate, and that refusal is what we hear.
    stack.fault("decide", "twice", 1);
    assert_eq!(ruan.pay(&order)["money"], "charged");
    assert_eq!(decided(&stack), (true, 1));
    books::right(&stack);
}

#[test]
fn a_check_digit_that_cannot_be_read_comes_later() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order, _) = ordered(&stack);
    stack.fault("decisions", "http500", 1);
    let case = text(&order, "/legs/0/case_id").to_owned();
    ruan.pay(&order);
    let before = ruan.open(&format!("/cases/{case}/decision"));
    assert_eq!(text(&before, "/number").len(), 15, "the number is there at once");
    stack.settle();
    let after = ruan.open(&format!("/cases/{case}/decision"));
    assert!(after["check_digit"].is_string(), "{after}");
    assert_eq!(decided(&stack), (true, 1));
    books::right(&stack);
}

fn a_record_handled_elsewhere_after_the_payment_is_paid_back(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    ruan.hand_over(&order);
    let elsewhere = json!({ "handled": "1", "paid": "1", "decision": "420100119999999" });
    stack.change("record", ONE, &elsewhere);
    // The bank takes an hour.
    stack.control("pay", &json!({ "refunds_after_ms": 3_600_000 }));
    ruan.cashier(&order, "pay");
    stack.look_again();
    let shown = ruan.until(&path, "/word", &json!("coming_back"));
    assert_eq!(shown["money"], "charged", "已扣款 is said first: {shown}");
    assert_eq!(shown["back_by"], "2020-04-08", "with the day: {shown}");
    let page = ruan.page(&path);
    assert!(page.body.contains("已扣款") && page.body.contains("其他渠道"), "{}", page.body);
    assert!(stack.calls_of("decide").is_empty());
    stack.pass(3_700);
    let done = ruan.until(&path, "/word", &json!("back"));
    assert_eq!(done["back_fen"], 20_000);
    let case = text(&order, "/legs/0/case_id");
    assert_eq!(ruan.open(&format!("/cases/{case}"))["word"], "back");
    for account in ["rail:wechat", "treasury:420100:fine", "suspense", "refunds"] {
        assert_eq!(books::posted(&stack, account), 0, "{account}");
    }
    assert_eq!(stack.calls_of("refund").len(), 1);
    books::right(&stack);
}

fn a_lost_answer_to_the_order_is_asked_for_again(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.fault("prepay", "acted_no_reply", 1);
    let quote = ruan.quote(&[ONE]);
    let next = ruan.accept(&quote).next();
    let mut order = ruan.open(&next);
    for _ in 0..80 {
        if !order["cashier"].is_null() {
            break;
        }
        assert_ne!(order["money"], "charged");
        thread::sleep(Duration::from_millis(50));
        order = ruan.open(&next);
    }
    assert_eq!(ruan.pay(&order)["money"], "charged");
    let asked: Vec<Value> =
        stack.calls_of("prepay").iter().map(|call| call["fields"]["out_trade_no"].clone()).collect();
    assert!(asked.len() == 2 && asked[0] == asked[1], "the same number again: {asked:?}");
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    books::right(&stack);
}

fn a_notice_that_never_comes_is_replaced_by_asking(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    stack.fault("notify", "never", 50);
    // Paid, and the phone is closed: neither a notice nor the return of the browser tells us.
    ruan.cashier(&order, "pay_stay");
    assert_eq!(ruan.open(&path)["money"], "confirming");
    stack.pass(15);
    let done = ruan.until(&path, "/word", &json!("done"));
    assert_eq!(done["money"], "charged");
    assert_eq!(decided(&stack), (true, 1));
    books::right(&stack);
}

fn a_notice_sixteen_times_is_one_payment(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    stack.fault("notify", "never", 50);
    let handed = ruan.hand_over(&order);
    stack.control("pay", &json!({ "order": handed["number"], "action": "pay" }));
    let notice = json!({ "out_trade_no": handed["number"], "id": "the-same-notice", "count": 16 });
    let statuses = stack.control("notify", &notice)["statuses"].clone();
    let statuses = statuses.as_array().expect("statuses");
    // A notice that meets another hand may be asked to come again; it never counts twice.
    assert!(statuses.iter().all(|status| matches!(status.as_u64(), Some(204 | 500))), "{statuses:?}");
    assert!(statuses.iter().any(|status| *status == 204), "{statuses:?}");
    ruan.until(&path, "/word", &json!("done"));
    for again in [json!({ "out_trade_no": handed["number"], "id": "the-same-notice" }), notice] {
        let statuses = stack.control("notify", &again)["statuses"].clone();
        assert!(statuses.as_array().expect("statuses").iter().all(|status| *status == 204), "{statuses}");
    }
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    assert_eq!(decided(&stack), (true, 1));
    books::right(&stack);
}

fn money_after_the_end_of_an_order_goes_back_by_itself(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    ruan.hand_over(&order);
    // It expires unpaid: only after the rail has said that it is closed there it is closed here.
    stack.pass(902);
    let closed = ruan.until(&path, "/word", &json!("not_paid"));
    assert_eq!(closed["money"], "not_charged");
    assert!(!stack.calls_of("query").is_empty());
    // And then the rail says that it was paid after all: payment and closing had crossed there.
    stack.control("pay", &json!({ "order": order["number"], "action": "pay_late" }));
    let shown = ruan.until(&path, "/word", &json!("back"));
    assert_eq!((&shown["money"], &shown["back_fen"]), (&json!("charged"), &json!(20_000)), "{shown}");
    let late = json!({ "out_trade_no": order["number"] });
    assert_eq!(books::posted(&stack, "treasury:420100:fine"), 0, "kept apart");
    assert!(!decided(&stack).0, "nothing is decided with it");
    assert_eq!(stack.control("notify", &late)["statuses"], json!([204]));
    stack.settle();
    for account in ["rail:wechat", "suspense", "refunds"] {
        assert_eq!(books::posted(&stack, account), 0, "{account}: it went back by itself, once");
    }
    assert_eq!(stack.calls_of("refund").len(), 1);
    books::right(&stack);
}

#[test]
fn a_platform_that_is_silent_for_an_hour_decides_afterwards() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order, path) = ordered(&stack);
    stack.fault("decide", "http500", 2);
    stack.fault("records", "html", 2);
    ruan.cashier(&order, "pay");
    ruan.get(&format!("{path}/returned")).json();
    let shown = ruan.until(&path, "/word", &json!("handling"));
    assert_eq!(shown["money"], "charged");
    for _ in 0..3 {
        stack.pass(1_200);
        thread::sleep(Duration::from_millis(300));
    }
    ruan.until(&path, "/word", &json!("done"));
    assert!(decided(&stack).0);
    books::right(&stack);
}

#[test]
fn a_payer_whose_bank_refuses_may_try_again_with_the_same_order() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order, path) = ordered(&stack);
    ruan.cashier(&order, "fail");
    ruan.get(&format!("{path}/returned")).json();
    assert_eq!(ruan.open(&path)["money"], "not_charged");
    assert_eq!(ruan.pay(&order)["money"], "charged");
    assert_eq!(stack.calls_of("prepay").len(), 1);
    books::right(&stack);
}

#[test]
fn nobody_is_asked_for_money_that_cannot_have_moved() {
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("prepay", "late:4000", 1);
    let (ruan, order, path) = ordered(&stack);
    let asked = || stack.calls_of("query").len();
    let ask = || ruan.open(&format!("{path}/state?ask=true"));
    assert_eq!((ask()["word"].as_str(), asked()), (Some("preparing"), 0));
    ruan.until(&format!("{path}/state"), "/word", &json!("to_pay"));
    ruan.hand_over(&order);
    assert_eq!(ask()["money"], "confirming");
    assert_eq!(asked(), 1, "from the moment that the rail has it, it is asked");
    books::right(&stack);
}

#[test]
fn an_order_that_the_rail_was_silent_about_is_told_alike_by_page_and_look() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.fault("prepay", "acted_no_reply", 100);
    stack.fault("query", "http500", 100);
    let path = ruan.accept(&ruan.quote(&[ONE])).next();
    let page = ruan.until(&path, "/money", &json!("confirming"));
    let look = ruan.open(&format!("{path}/state"));
    assert_eq!((&look["money"], &look["word"]), (&page["money"], &page["word"]), "the rail may have it");
    assert_ne!(look["word"], "preparing");
}

#[test]
fn what_the_browser_says_is_never_believed() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order, path) = ordered(&stack);
    ruan.hand_over(&order);
    let before = books::standing(&stack);
    // "I am back" without having paid.
    ruan.get(&format!("{path}/returned?paid=1")).json();
    assert_eq!(ruan.open(&path)["money"], "not_charged");
    let after = books::standing(&stack);
    assert_eq!((after.balance, after.cases), (before.balance, before.cases));
    books::right(&stack);
}

fn giving_up_what_was_paid_finds_the_money(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order, path) = ordered(&stack);
    stack.fault("notify", "never", 50);
    ruan.cashier(&order, "pay_stay");
    // While the rail is silent nobody can say that no money moved, so nothing is given up.
    stack.fault("query", "http500", 3);
    let problem = ruan.post(&format!("{path}/cancel"), &json!({})).problem(409, "payment-open");
    assert_eq!(text(&problem, "/next"), "/violations");
    assert_eq!(ruan.open(&path)["money"], "confirming");
    stack.control_delete("faults");
    assert_eq!(ruan.post(&format!("{path}/cancel"), &json!({})).next(), path);
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    assert!(stack.calls_of("close").is_empty(), "what was paid is not closed");
    assert_eq!(decided(&stack), (true, 1));
    books::right(&stack);
}

fn one_leg_of_three_that_cannot_be_decided_holds_up_no_other(engine: Engine) {
    let stack = Stack::new(engine);
    let chen = Driver::at_home(&stack, "demo-chen-merge");
    let order = chen.order(&chen.go("/quotes", &json!({ "all": true })));
    chen.hand_over(&order);
    let elsewhere = json!({ "handled": "1", "paid": "1", "decision": "420100119999999" });
    stack.change("record", "4201000000000009", &elsewhere);
    chen.cashier(&order, "pay");
    stack.look_again();
    let path = format!("/orders/{}", text(&order, "/id"));
    let shown = chen.until(&path, "/word", &json!("back"));
    assert_eq!(shown["money"], "charged");
    let words: Vec<(&str, &str)> = shown["legs"]
        .as_array()
        .expect("legs")
        .iter()
        .map(|leg| (text(leg, "/about/id"), text(leg, "/word")))
        .collect();
    for (violation, word) in words {
        let wanted = if violation == "4201000000000009" { "back" } else { "done" };
        assert_eq!(word, wanted, "{violation}");
    }
    assert_eq!(stack.calls_of("decide").len(), 2);
    let back = shown["back_fen"].as_i64().expect("a sum");
    assert!(back > 0 && books::posted(&stack, "rail:wechat") == 50_000 - back, "{shown}");
    books::right(&stack);
}

fn after_an_outage_decisions_are_written_in_the_order_of_their_intents(engine: Engine) {
    let stack = Stack::new(engine);
    stack.fault("records", "http500", 10_000);
    let mut intents = Vec::new();
    for (openid, violation) in [
        ("demo-pay-one", ONE),
        ("demo-chen-merge", "4201000000000008"),
        ("demo-zhang-first", "4201000000000001"),
    ] {
        let driver = Driver::at_home(&stack, openid);
        let mut quote = driver.quote(&[violation]);
        if !quote["nudge"].is_null() {
            let declined = format!("/quotes/{}/decline", text(&quote, "/id"));
            quote = driver.follow(driver.post(&declined, &json!({})));
        }
        let order = driver.order(&quote);
        driver.hand_over(&order);
        driver.cashier(&order, "pay");
        let path = format!("/orders/{}", text(&order, "/id"));
        let paid = driver.until(&path, "/money", &json!("charged"));
        // Intake stays open, and the driver reads the truth.
        assert_eq!((&paid["money"], &paid["word"]), (&json!("charged"), &json!("handling")), "{paid}");
        intents.push((driver, path, violation));
        stack.pass(2);
    }
    for _ in 0..6 {
        stack.pass(600);
    }
    assert!(stack.calls_of("decide").is_empty());
    stack.control_delete("faults");
    for _ in 0..4 {
        stack.pass(400);
    }
    for (driver, path, _) in &intents {
        driver.until(path, "/word", &json!("done"));
    }
    let calls = stack.calls_of("decide");
    let at = |violation: &str| -> jiff::Timestamp {
        let call = calls.iter().find(|call| call["fields"]["xh"] == violation).expect("written");
        text(call, "/at").parse().expect("an instant")
    };
    let written: Vec<jiff::Timestamp> = intents.iter().map(|(_, _, violation)| at(violation)).collect();
    // Several workers write at once, so two that follow each other may cross within the same moment, never by more.
    for pair in written.windows(2) {
        assert!(pair[0] <= pair[1] + jiff::SignedDuration::from_secs(1), "{written:?}");
    }
    assert_eq!(calls.len(), 3, "each once");
    books::right(&stack);
}

/// A payment whose record another channel handles, with the way in which the rail's refunds end.
fn going_back<'a>(stack: &'a Stack, ends: &str) -> (Driver<'a>, String) {
    let (ruan, order, path) = ordered(stack);
    ruan.hand_over(&order);
    stack.change("record", ONE, &json!({ "handled": "1", "paid": "1", "decision": "420100119999999" }));
    stack.control("pay", &json!({ "refunds_end": ends }));
    ruan.cashier(&order, "pay");
    stack.look_again();
    (ruan, path)
}

fn kinds(stack: &Stack) -> Vec<String> {
    let open = stack.world.db.read(|tx| clearway_store::finding::open(tx, 10)).expect("findings");
    open.into_iter().map(|finding| finding.kind).collect()
}

fn a_refund_that_cannot_reach_the_payer_is_seen_by_a_person_and_arrives_in_the_end(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path) = going_back(&stack, "ABNORMAL");
    let shown = ruan.until(&path, "/word", &json!("coming_back"));
    assert_eq!((&shown["money"], &shown["back_fen"]), (&json!("charged"), &json!(20_000)));
    for _ in 0..100 {
        if kinds(&stack) == ["refund-abnormal"] {
            break;
        }
        thread::sleep(Duration::from_millis(40));
    }
    assert_eq!(kinds(&stack), ["refund-abnormal"]);
    assert_eq!(books::posted(&stack, "refunds"), -20_000, "still owed");
    books::right(&stack);
    // Somebody names another way at the rail, and the notice comes.
    let number = text(&stack.calls_of("refund")[0], "/fields/out_refund_no").to_owned();
    stack.control("pay", &json!({ "refund": number, "refunds_end": "SUCCESS" }));
    ruan.until(&path, "/word", &json!("back"));
    assert_eq!(kinds(&stack), Vec::<String>::new());
    assert_eq!(books::posted(&stack, "rail:wechat"), 0);
    books::right(&stack);
}

fn a_refund_that_the_rail_ends_is_asked_for_again_under_the_next_number(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path) = going_back(&stack, "CLOSED");
    ruan.until(&path, "/word", &json!("coming_back"));
    for _ in 0..100 {
        if !stack.calls_of("refund").is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(40));
    }
    stack.control("pay", &json!({ "refunds_end": "SUCCESS" }));
    // The pauses between attempts grow: a minute, five, half an hour.
    for _ in 0..6 {
        stack.pass(400);
    }
    ruan.until(&path, "/word", &json!("back"));
    let numbers: Vec<String> = stack
        .calls_of("refund")
        .iter()
        .map(|call| text(call, "/fields/out_refund_no").rsplit('-').next().unwrap_or_default().to_owned())
        .collect();
    let counted: Vec<String> = (1..=numbers.len()).map(|attempt| attempt.to_string()).collect();
    assert!(numbers.len() > 1 && numbers == counted, "each attempt under the next number: {numbers:?}");
    assert_eq!(books::posted(&stack, "rail:wechat"), 0, "given back once");
    books::right(&stack);
}
