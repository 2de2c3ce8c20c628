//! J5: the options of a violation side by side, and what is left afterwards, before anything is chosen.

use serde_json::{Value, json};

use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack};

/// Wang's only violation: the warning, the study credit or the fine.
const SERIAL: &str = "4201000000000004";

fn choice<'v>(page: &'v Value, route: &str) -> &'v Value {
    let choices = page["choices"].as_array().expect("choices");
    choices.iter().find(|choice| choice["route"] == route).unwrap_or_else(|| panic!("no {route}: {page}"))
}

fn after(choice: &Value) -> Vec<&str> {
    choice["after"].as_array().expect("what is left").iter().map(|after| text(after, "/what")).collect()
}

#[test]
fn j05_fine_points_time_and_what_is_left_are_compared() {
    let stack = Stack::new(Engine::Sqlite);
    let wang = Driver::at_home(&stack, "demo-wang-both");
    let page = wang.open(&format!("/violations/{SERIAL}"));
    for (route, fen, points) in [("first", 0, 0), ("study", 10_000, 0), ("pay", 10_000, 2)] {
        let choice = choice(&page, route);
        assert_eq!((number(choice, "/pay_fen"), number(choice, "/points")), (fen, points), "{choice}");
        assert!(choice["state"] == "usable" && number(choice, "/minutes") >= 1, "{choice}");
        assert_eq!(choice["best"], route == "first", "one is the best: {choice}");
    }
    // Once study is used the warning is gone, and not the other way round.
    assert_eq!(page["order_warning"], true);
    assert!(after(choice(&page, "study")).contains(&"warning_gone"), "{page}");
    assert!(after(choice(&page, "first")).contains(&"study_kept"), "{page}");
    assert!(after(choice(&page, "pay")).contains(&"no_longer_first"), "{page}");
    let credit = choice(&page, "study")["after"].as_array().expect("what is left").iter();
    let credit = credit.clone().find(|after| after["what"] == "credit_left").expect("the rest of the credit");
    assert_eq!(number(credit, "/left"), 2, "four points, two used: {credit}");
    assert!(credit["until"].is_string(), "and until when it holds: {credit}");
}

#[test]
fn j05_the_warning_that_study_would_close_is_really_closed_and_the_other_way_round_stays_open() {
    let stack = Stack::new(Engine::Sqlite);
    let wang = Driver::at_home(&stack, "demo-wang-both");
    let case = wang.learn(SERIAL, "study");
    let order = wang.order(&wang.open(&format!("/cases/{case}")));
    wang.pay(&order);
    let fresh = json!({ "serial": "4201000000009004", "handled": "0", "paid": "0", "decision": "" });
    stack.change("new_record", SERIAL, &fresh);
    stack.refresh("demo-wang-both");
    let home = wang.home();
    assert_ne!(home["tiles"][0]["state"], "usable", "the warning is gone: {home}");
    assert_eq!(home["tiles"][1]["state"], "used", "and so is the credit: {home}");
}

#[test]
fn j05_a_case_that_is_open_leaves_no_choices() {
    let stack = Stack::new(Engine::Sqlite);
    let wang = Driver::at_home(&stack, "demo-wang-both");
    wang.start(SERIAL, "first");
    let page = wang.open(&format!("/violations/{SERIAL}"));
    assert_eq!(page["choices"], json!([]), "{page}");
    assert_eq!(text(&page, "/card/route"), "continue");
}
