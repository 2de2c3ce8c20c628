//! Other people's ids, and things that have moved on: never told apart from what is not there, and never acted on.

use serde_json::json;

use super::super::books;
use super::super::deeds::both_acts;
use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(another_drivers_ids_are_not_there);

fn another_drivers_ids_are_not_there(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let quote = ruan.quote(&["4201000000000177"]);
    let order = ruan.order(&quote);
    let (quote, order) = (text(&quote, "/id"), text(&order, "/id"));
    let before = books::standing(&stack);
    let stranger = Driver::at_home(&stack, "demo-chen-merge");
    let asked = |id: &str| format!("/violations/{id}");
    for path in [
        asked("4201000000000001"),
        asked("4201000000000001/reasons"),
        asked("4201000000000001/evidence"),
        asked("4201000000000001/start?programme=first"),
        asked("4201999999999999"),
        format!("/cases/{case}"),
        format!("/cases/{case}/study"),
        format!("/cases/{case}/quiz"),
        format!("/cases/{case}/quiz?answered=0"),
        format!("/cases/{case}/confirm"),
        format!("/cases/{case}/decision"),
        format!("/cases/{case}/timeline"),
        format!("/quotes/{quote}"),
        format!("/orders/{order}"),
        format!("/orders/{order}/state?ask=true"),
        format!("/orders/{order}/returned"),
        format!("/orders/{order}/receipt"),
        "/vehicles/02:%E9%84%82AB0001".to_owned(),
    ] {
        stranger.get(&path).problem(404, "not-found");
    }
    let answer = json!({ "question": "q", "index": 0, "chosen": [0] });
    let beat = json!({ "sitting": 1, "seq": 1, "visible": true });
    let accept = json!({ "quote": quote, "total_fen": 20_000, "facts": true, "waiver": true });
    for (path, body) in [
        ("/cases".to_owned(), json!({ "violation": "4201000000000001", "programme": "first" })),
        ("/quotes".to_owned(), json!({ "violation": ["4201000000000008", "4201000000000001"] })),
        (format!("/cases/{case}/abandon"), json!({})),
        (format!("/cases/{case}/study"), json!({ "sitting": 1 })),
        (format!("/cases/{case}/study/beat"), beat),
        (format!("/cases/{case}/quiz"), answer),
        (format!("/cases/{case}/quiz/begin"), json!({})),
        (format!("/cases/{case}/confirm"), both_acts()),
        (format!("/quotes/{quote}/decline"), json!({})),
        ("/orders".to_owned(), accept),
        (format!("/orders/{order}/pay"), json!({})),
        (format!("/orders/{order}/ask"), json!({})),
        (format!("/orders/{order}/cancel"), json!({})),
        ("/vehicles/02:%E9%84%82AB0001/unbind".to_owned(), json!({})),
    ] {
        stranger.post(&path, &body).problem(404, "not-found");
    }
    assert_eq!(books::standing(&stack), before);
    books::right(&stack);
}

#[test]
fn a_case_that_moved_on_is_not_moved_again() {
    let stack = Stack::new(Engine::Sqlite);
    let li = Driver::at_home(&stack, "demo-li-study");
    let case = li.learn("4201000000000003", "study");
    let quote = li.open(&format!("/cases/{case}"));
    let stale = li.open(&format!("/cases/{case}"));
    let order = li.order(&quote);
    // The page of another tab: its quote is of before the order.
    let open = li.accept(&stale).problem(409, "payment-open");
    assert_eq!(open["money"], "confirming", "nobody knows whether the other tab's sheet was paid: {open}");
    li.post(&format!("/cases/{case}/abandon"), &json!({})).problem(409, "case-moved");
    let other = json!({ "violation": "4201000000000003", "programme": "first" });
    li.post("/cases", &other).problem(409, "violation-held");
    li.post("/quotes", &json!({ "violation": ["4201000000000003"] })).problem(409, "payment-open");
    assert_eq!(books::standing(&stack).counts["orders"], 1);
    li.pay(&order);
    li.accept(&stale).status.eq(&303).then(|| panic!("a paid violation was ordered again"));
    assert_eq!(books::posted(&stack, "rail:wechat"), 10_000);
    books::right(&stack);
}

#[test]
fn a_duplicate_in_the_list_is_paid_once() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let quote = ruan.quote(&["4201000000000177", "4201000000000177"]);
    assert_eq!(quote["total_fen"], 20_000, "{quote}");
}
