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

/// Zhao's two: only the first one could be a warning, and paying the second one takes that away.
#[test]
fn j05_paying_another_one_first_is_said_to_end_the_warning_and_does() {
    let stack = Stack::new(Engine::Sqlite);
    let zhao = Driver::at_home(&stack, "demo-zhao-nudge");
    let (free, other) = ("4201000000000005", "4201000000000006");
    let page = zhao.open(&format!("/violations/{other}"));
    let left = after(choice(&page, "pay"));
    assert!(left.contains(&"warning_gone") && !left.contains(&"both_kept"), "{page}");
    assert!(after(choice(&zhao.open(&format!("/violations/{free}")), "pay")).contains(&"no_longer_first"));
    // It is said once more above the button that pays, and not where the free one is paid along with it.
    let quote = zhao.quote(&[other]);
    let lost = &quote["warning_lost"];
    assert_eq!((text(lost, "/by"), number(lost, "/waived_fen")), ("paying", 10_000), "{quote}");
    let shown = zhao.page(&format!("/quotes/{}", text(&quote, "/id"))).body;
    assert!(shown.contains("先缴了这些") && shown.contains(text(lost, "/act")), "{shown}");
    assert!(zhao.quote(&[free, other])["warning_lost"].is_null());
    zhao.pay(&zhao.order(&quote));
    stack.refresh("demo-zhao-nudge");
    let home = zhao.home();
    assert_ne!(home["tiles"][0]["state"], "usable", "it was no empty threat: {home}");
    // Where nothing is lost nothing is threatened.
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    assert!(ruan.quote(&["4201000000000177"])["warning_lost"].is_null());
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

#[test]
fn j07_the_earlier_pack_gives_a_credit_of_three() {
    let stack = Stack::at(Engine::Sqlite, "2018-06-05T10:00:00+08:00");
    let li = Driver::at_home(&stack, "demo-study-try");
    let home = li.home();
    let card = &home["groups"][0]["cards"][0];
    assert_eq!(number(card, "/points"), 3, "{card}");
    let page = li.open(&format!("/violations/{}", text(card, "/id")));
    let study = choice(&page, "study");
    assert_eq!((text(study, "/state"), number(study, "/points")), ("usable", 0), "{study}");
    assert!(!after(study).contains(&"credit_left"), "three of three are used: {study}");
    let case = li.learn(text(card, "/id"), "study");
    let order = li.order(&li.open(&format!("/cases/{case}")));
    li.pay(&order);
    let done = li.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert_eq!(number(&done, "/fewer_points"), 3, "{done}");
}

#[test]
fn j05_under_national_law_study_is_not_held_here() {
    let stack = Stack::at(Engine::Sqlite, "2023-06-15T10:00:00+08:00");
    let wang = Driver::at_home(&stack, "demo-wang-both");
    let home = wang.home();
    let card = &home["groups"][0]["cards"][0];
    let page = wang.open(&format!("/violations/{}", text(card, "/id")));
    let routes: Vec<&str> =
        page["choices"].as_array().expect("choices").iter().map(|choice| text(choice, "/route")).collect();
    assert!(!routes.contains(&"study") && routes.contains(&"pay"), "{page}");
    let ask = json!({ "violation": card["id"], "programme": "study" });
    let refused = wang.post("/cases", &ask);
    assert!((400..500).contains(&refused.status), "{} {}", refused.status, refused.body);
    assert_eq!(refused.kind, "application/problem+json");
}
