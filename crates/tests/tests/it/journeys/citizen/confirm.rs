//! J6: a first violation becomes a warning: study, quiz, facts and waiver, and no fine and no points in the end.

use serde_json::json;

use super::super::books;
use super::super::deeds::both_acts;
use super::super::driver::{Driver, codes, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

/// Zhang's only violation.
const SERIAL: &str = "4201000000000001";

on_both_engines!(j06_a_first_violation_becomes_a_warning, j06_a_second_tap_writes_nothing_twice);

fn j06_a_first_violation_becomes_a_warning(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn(SERIAL, "first");
    let page = zhang.open(&format!("/cases/{case}/confirm"));
    assert_eq!((number(&page, "/waived_fen"), number(&page, "/waived_points")), (10_000, 2), "{page}");
    assert_eq!(zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next(), format!("/cases/{case}"));
    let done = zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert_eq!((number(&done, "/paid_fen"), number(&done, "/waived_fen")), (0, 10_000), "{done}");
    assert!(done["money"].is_null() && done["order_id"].is_null(), "no money is spoken of: {done}");

    let writes = stack.calls_of("decide");
    assert_eq!(writes.len(), 1, "{writes:?}");
    let fields = &writes[0]["fields"];
    for (field, value) in [("xh", SERIAL), ("cfzl", "1"), ("fkje", "0"), ("wfjfs", "0"), ("jkbj", "9")] {
        assert_eq!(fields[field], value, "{field}: {fields}");
    }
    // The check digit follows.
    stack.settle();
    let decision = zhang.until(&format!("/cases/{case}/decision"), "/warning", &json!(true));
    let number_given = text(&decision, "/number");
    let held = stack.change("decision", number_given, &json!({}));
    assert_eq!(held["check_digit"], decision["check_digit"], "the check digit is the platform's own");
    assert_eq!((number(&decision, "/fine_fen"), number(&decision, "/points")), (0, 0));
    assert!(
        decision["waived_at"].is_string() && decision["confirmed_at"].is_string(),
        "two acts: {decision}"
    );
    books::right(&stack);
    assert_eq!(books::standing(&stack).counts["uses"], 1);

    // The programme is used up: a second violation of the same year is refused, with that reason among the others.
    let second = json!({ "serial": "4201000000009001", "handled": "0", "paid": "0", "decision": "" });
    stack.change("new_record", SERIAL, &second);
    stack.refresh("demo-zhang-first");
    let home = zhang.home();
    assert_eq!(home["tiles"][0]["state"], "used", "{home}");
    let reasons = zhang.open("/programmes/first/reasons");
    assert!(codes(&reasons["reasons"]).contains(&"F_USED".to_owned()), "{reasons}");
    let ask = json!({ "violation": "4201000000009001", "programme": "first" });
    let refused = zhang.post("/cases", &ask).refusal();
    assert!(refused.contains(&"F_USED".to_owned()), "{refused:?}");
}

fn j06_a_second_tap_writes_nothing_twice(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn(SERIAL, "first");
    let path = format!("/cases/{case}/confirm");
    let taps = std::thread::scope(|scope| {
        let tap = || scope.spawn(|| Driver::enter(&stack, "demo-zhang-first").post(&path, &both_acts()));
        let taps: Vec<_> = (0..4).map(|_| tap()).collect();
        taps.into_iter().map(|tap| tap.join().expect("a tap")).collect::<Vec<_>>()
    });
    for tap in &taps {
        assert_eq!(tap.next(), format!("/cases/{case}"), "every tap leads to the case");
    }
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert_eq!(stack.calls_of("decide").len(), 1);
    let standing = books::standing(&stack);
    assert_eq!((standing.counts["acts"], standing.counts["uses"], standing.lines), (2, 1, 0));
    books::right(&stack);
}

#[test]
fn j06_each_act_is_asked_for_by_name_and_alone_changes_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn(SERIAL, "first");
    let before = books::standing(&stack);
    for (given, missing) in [("facts", "waiver"), ("waiver", "facts")] {
        let answer = zhang.post(&format!("/cases/{case}/confirm"), &json!({ given: true }));
        let problem = answer.problem(422, "bad-field");
        assert_eq!((text(&problem, "/field/field"), text(&problem, "/field/why")), (missing, "missing"));
    }
    assert_eq!(books::standing(&stack), before);
    assert!(stack.calls_of("decide").is_empty());
}

#[test]
fn j06_the_form_of_the_page_does_it_without_a_script() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn(SERIAL, "first");
    let path = format!("/cases/{case}/confirm");
    let sent = zhang.form(&path, &path, &[("facts", "on"), ("waiver", "on")]);
    assert_eq!(sent.next(), format!("/cases/{case}"));
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    let page = zhang.page(&format!("/cases/{case}"));
    assert!(page.status == 200 && page.kind == "text/html", "{}", page.body);
}
