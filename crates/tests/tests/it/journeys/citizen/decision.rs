//! J14: receipt, decision and timeline, as they stand on paper.

use clearway_domain::civil_date;
use clearway_service::jobs::refresh::{self, AFTER, REFRESH};
use clearway_store::queue;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(
    j14_what_a_decision_changed_and_its_check_digit_are_one_question,
    j14_whoever_looks_after_a_decision_is_not_behind_everybody,
);

const SERIAL: &str = "4201000000000177";

fn paid(stack: &Stack) -> (Driver<'_>, Value) {
    let ruan = Driver::at_home(stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[SERIAL]));
    let order = ruan.pay(&order);
    (ruan, order)
}

#[test]
fn j14_the_decision_has_every_field_and_the_platforms_own_number() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order) = paid(&stack);
    let case = text(&order, "/legs/0/case_id").to_owned();
    ruan.until(&format!("/cases/{case}"), "/word", &json!("done"));
    let path = format!("/cases/{case}/decision");
    stack.settle();
    let decision = ruan.open(&path);
    let held = stack.change("decision", text(&decision, "/number"), &json!({}));
    assert_eq!((&held["check_digit"], &held["record"]), (&decision["check_digit"], &json!(SERIAL)));
    assert_eq!(text(&decision, "/number").len(), 15);
    for field in [
        "office",
        "name",
        "licence",
        "class",
        "plate",
        "vehicle_kind",
        "place",
        "act",
        "code",
        "evidence",
        "fine_words",
        "points_article",
        "performance",
        "reconsideration_body",
        "court",
        "decided_place",
        "officer",
        "served",
        "file_number",
        "licence_office",
    ] {
        let words = text(&decision, &format!("/{field}"));
        assert!(!words.is_empty() && !words.contains('⟦'), "{field}: {decision}");
    }
    assert!(!decision["broken"].as_array().expect("articles").is_empty());
    assert!(!decision["applied"].as_array().expect("articles").is_empty());
    assert_eq!((number(&decision, "/fine_fen"), text(&decision, "/fine_words")), (20_000, "贰佰元整"));
    assert_eq!(decision["decided_on"], civil_date(stack.world.now()).to_string());
    assert!(["paid_at", "confirmed_at", "waived_at"].iter().all(|at| decision[at].is_string()), "{decision}");
    assert_eq!(decision["reconsideration_by"], "2020-06-04", "60 days");
    assert_eq!(
        decision["court_by"], "2020-10-09",
        "six months, and the last day is none of the holidays of October"
    );
    let page = ruan.page(&path);
    for seen in [text(&decision, "/number"), "贰佰元整", text(&decision, "/check_digit")] {
        assert!(page.body.contains(seen), "the page shows {seen}");
    }
    let licence = text(&decision, "/licence");
    assert!(licence.contains('*'), "{licence}");
}

#[test]
fn j14_the_receipt_adds_up_and_names_both_numbers() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order) = paid(&stack);
    let path = format!("/orders/{}/receipt", text(&order, "/id"));
    let receipt = ruan.open(&path);
    assert_eq!((number(&receipt, "/total_fen"), number(&receipt, "/back_fen")), (20_000, 0));
    let held = stack.control("pay", &json!({ "order": order["number"], "action": "read" }));
    assert_eq!(held["transaction_id"], receipt["rail_number"], "the rail's own number");
    assert_eq!(receipt["number"], order["number"]);
    assert_eq!(text(&receipt, "/payee"), "武汉市财政非税收入专户");
    assert!(text(&receipt, "/payer").contains('*'), "{receipt}");
    assert_eq!(receipt["lines"][0]["about"]["id"], SERIAL);
    assert!(ruan.page(&path).body.contains("武汉市财政非税收入专户"));
}

#[test]
fn j14_the_timeline_tells_every_step_in_order_and_who_did_it() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, order) = paid(&stack);
    let case = text(&order, "/legs/0/case_id").to_owned();
    ruan.until(&format!("/cases/{case}"), "/word", &json!("done"));
    stack.settle();
    let timeline = ruan.open(&format!("/cases/{case}/timeline"));
    let events = timeline["events"].as_array().expect("events");
    let words: Vec<&str> = events.iter().map(|event| text(event, "/word")).collect();
    let told =
        ["recorded", "started", "confirmed", "order-opened", "paid", "deciding", "decided", "document-ready"];
    assert_eq!(words, told);
    let instants: Vec<Timestamp> =
        events.iter().map(|event| text(event, "/at").parse().expect("an instant")).collect();
    assert!(instants.is_sorted(), "{instants:?}");
    let by = |word: &str| text(events.iter().find(|event| event["word"] == word).expect("told"), "/by");
    assert_eq!((by("confirmed"), by("paid"), by("decided")), ("driver", "rail", "platform"));
    assert_eq!(ruan.page(&format!("/cases/{case}/timeline")).status, 200);
}

#[test]
fn j14_before_there_is_a_decision_there_is_no_document() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.start("4201000000000001", "first");
    zhang.get(&format!("/cases/{case}/decision")).problem(409, "case-moved");
    let timeline = zhang.open(&format!("/cases/{case}/timeline"));
    let ahead: Vec<&Value> =
        timeline["events"].as_array().expect("events").iter().filter(|event| event["at"].is_null()).collect();
    assert!(!ahead.is_empty(), "what is still to come is told: {timeline}");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[SERIAL]));
    let receipt = ruan.get(&format!("/orders/{}/receipt", text(&order, "/id")));
    assert_eq!(receipt.status, 409, "no receipt without money: {}", receipt.body);
}

fn j14_what_a_decision_changed_and_its_check_digit_are_one_question(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[SERIAL]));
    stack.settle();
    let asked = || ["driver", "decisions", "records"].map(|call| stack.calls_of(call).len());
    let before = asked();
    ruan.pay(&order);
    stack.settle();
    let after = asked();
    let more = [0, 1, 2].map(|call| after[call] - before[call]);
    assert_eq!(more, [1, 1, 1], "points, decisions with their digits, and the record before the write");
    let case = text(&order, "/legs/0/case_id");
    assert!(ruan.open(&format!("/cases/{case}/decision"))["check_digit"].is_string());
}

fn j14_whoever_looks_after_a_decision_is_not_behind_everybody(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let driver = stack.world.driver_of("demo-pay-one");
    stack.settle();
    // The platform takes nothing for a while: what is asked for stays in its line.
    let pace = stack.world.authority.pace().expect("a pace");
    pace.set(0);
    let now = stack.world.now().as_millisecond() + 1;
    stack.world.db.write(|tx| refresh::enqueue_after(tx, &driver, now)).expect("asked");
    let jobs = || {
        let jobs = stack.world.db.read(|tx| queue::of_driver(tx, &driver)).expect("jobs");
        [AFTER, REFRESH].map(|kind| jobs.iter().filter(|job| job.kind == kind).count())
    };
    assert_eq!(jobs(), [1, 0]);
    let home = ruan.open("/violations");
    assert_eq!(home["checks"]["finished"], false, "the old total is shown to nobody as the new one: {home}");
    assert_eq!(jobs(), [0, 1], "somebody waits for it now");
    ruan.open("/violations");
    assert_eq!(jobs(), [0, 1]);
    pace.set(u32::MAX);
    stack.world.bell.ring();
    ruan.until("/violations", "/checks/finished", &json!(true));
}
