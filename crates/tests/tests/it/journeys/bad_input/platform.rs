//! A police platform that answers nonsense: "could not check", never a refusal, and nothing that was known is lost.

use serde_json::{Value, json};

use super::super::books;
use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack};

const SERIAL: &str = "4201000000000001";

fn first(home: &Value) -> &str {
    text(home, "/tiles/0/state")
}

#[test]
fn answers_that_cannot_be_read_are_could_not_check() {
    let stack = Stack::new(Engine::Sqlite);
    for fault in ["truncated", "html", "garbled", "empty", "dollar", "entities", "http500"] {
        stack.control_delete("faults");
        for call in ["driver", "decisions", "driver_file", "vehicle", "records"] {
            stack.fault(call, fault, 20);
        }
        let zhang = Driver::at_home(&stack, "demo-zhang-first");
        stack.refresh("demo-zhang-first");
        let home = zhang.home();
        assert_eq!(number(&home, "/checks/failed"), 4, "{fault}: {home}");
        assert_eq!((first(&home), text(&home, "/tiles/1/state")), ("unknown", "unknown"), "{fault}");
        assert_eq!(home["stale"], true, "{fault}: what is shown is older than it should be");
        // The violation that was known is still there, and nothing of it was taken for "gone" or "handled".
        let card = zhang.card(SERIAL).expect("still listed");
        assert_eq!(number(&card, "/fine_fen"), 10_000, "{fault}");
        let page = zhang.page("/programmes/first/reasons");
        assert_eq!(page.status, 200, "{fault}");
        let view = zhang.open("/programmes/first/reasons");
        let reasons = view["reasons"].as_array().expect("reasons");
        assert!(reasons.iter().all(|reason| reason["unknown"] == true), "{fault}: {view}");
    }
}

#[test]
fn values_encoded_twice_are_still_read() {
    let stack = Stack::new(Engine::Sqlite);
    for call in ["driver", "decisions", "driver_file", "vehicle", "records"] {
        stack.fault(call, "double_encoded", 20);
    }
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let home = zhang.home();
    let card = zhang.card(SERIAL).expect("still listed");
    // Either read as it was meant, or not believed at all; never half of it.
    let failed = number(&home, "/checks/failed");
    match failed {
        0 => {
            assert_eq!(first(&home), "usable", "{home}");
            assert!(!text(&card, "/place").contains('%'), "{card}");
        }
        _ => assert_eq!(first(&home), "unknown", "{home}"),
    }
}

#[test]
fn letters_in_no_table_are_unknown() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let id_number = stack.city.accounts.iter().find(|account| account.openid == "demo-zhang-first");
    let id_number = id_number.and_then(|account| account.id_number.clone()).expect("a number");
    for (what, key, field) in
        [("driver", id_number.as_str(), "licence_state"), ("vehicle", "02:鄂AB0001", "state")]
    {
        let was = stack.change(what, key, &json!({}))[field].clone();
        for letters in ["?", "A9", ""] {
            stack.change(what, key, &json!({ field: letters }));
            stack.refresh("demo-zhang-first");
            let home = zhang.home();
            assert_ne!(first(&home), "usable", "{what} {letters:?}: {home}");
            let ask = json!({ "violation": SERIAL, "programme": "first" });
            let refused = zhang.post("/cases", &ask).refusal();
            assert!(!refused.is_empty(), "{what} {letters:?}");
            let reasons = zhang.open(&format!("/violations/{SERIAL}/reasons"));
            let all = reasons["reasons"].as_array().expect("reasons");
            assert!(all.iter().any(|reason| reason["unknown"] == true), "{what} {letters:?}: {reasons}");
        }
        stack.change(what, key, &json!({ field: was }));
    }
    stack.refresh("demo-zhang-first");
    assert_eq!(first(&zhang.home()), "usable", "and with the right letters it is as before");
}

#[test]
fn what_the_platform_leaves_out_is_unknown_and_does_not_break_the_page() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let serial = "4201000000000177";
    for set in [
        json!({ "fine_fen": null }),
        json!({ "points": null }),
        json!({ "code": "9999" }),
        json!({ "place": "<script>alert(1)</script>&amp;𠮷" }),
        json!({ "office": "" }),
    ] {
        let was = stack.change("record", serial, &json!({}));
        stack.change("record", serial, &set);
        stack.refresh("demo-pay-one");
        let page = ruan.page("/violations");
        assert_eq!(page.status, 200, "{set}: {}", page.body);
        assert!(!page.body.contains("<script>alert"), "{set}");
        let quoted = ruan.post("/quotes", &json!({ "violation": [serial] }));
        assert!(quoted.status == 303 || quoted.status == 409, "{set}: {} {}", quoted.status, quoted.body);
        if set.get("fine_fen").is_some() {
            assert_eq!(quoted.status, 409, "a fine that nobody told is not paid: {}", quoted.body);
        }
        for (name, _) in set.as_object().expect("an object") {
            stack.change("record", serial, &json!({ name: was[name] }));
        }
    }
    stack.refresh("demo-pay-one");
    let order = ruan.order(&ruan.quote(&[serial]));
    assert_eq!(ruan.pay(&order)["money"], "charged");
    books::right(&stack);
}

#[test]
fn a_record_withdrawn_between_list_and_payment_is_paid_back() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    ruan.hand_over(&order);
    stack.change("record", "4201000000000177", &json!({ "handled": "2" }));
    ruan.cashier(&order, "pay");
    let path = format!("/orders/{}", text(&order, "/id"));
    let shown = ruan.until(&path, "/word", &json!("back"));
    assert_eq!(shown["money"], "charged");
    assert_eq!(shown["back_fen"], 20_000);
    assert!(stack.calls_of("decide").is_empty());
    books::right(&stack);
}

#[test]
fn a_refused_write_waits_for_a_person_and_an_unreadable_one_is_looked_for() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    stack.fault("decide", "garbled", 1);
    assert_eq!(ruan.pay(&order)["money"], "charged");
    assert_eq!(stack.calls_of("decide").len(), 1, "it was written, and found by asking");
    let chen = Driver::at_home(&stack, "demo-chen-merge");
    let order = chen.order(&chen.quote(&["4201000000000008"]));
    stack.fault("decide", "refuse:参数不正确", 1);
    chen.cashier(&order, "pay");
    let shown = chen.until(&format!("/orders/{}", text(&order, "/id")), "/word", &json!("manual"));
    assert_eq!(shown["money"], "charged");
    books::right(&stack);
}
