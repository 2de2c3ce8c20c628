//! The limits count what is in flight, terms run from the day of receipt, and what was annulled counts for nothing.

use serde_json::{Value, json};

use super::books;
use super::driver::{Driver, codes, number, text};
use super::stack::{Engine, Stack, on_both_engines};

/// Ma's four violations of three points each.
const FOUR: [&str; 4] = ["4201000000000185", "4201000000000186", "4201000000000187", "4201000000000188"];
/// Li's violation, on which study can be used.
const STUDIED: &str = "4201000000000003";
/// A second one like it.
const SECOND: &str = "4201000000990003";
/// Lan's ticket, served 36 days ago and not paid.
const TICKET: &str = "4201000000000178";

on_both_engines!(
    points_in_flight_count_as_in_one_batch,
    quotes_side_by_side_do_not_pass_the_limit_of_points,
    a_payment_of_several_does_not_pass_the_limit_of_points_after_another,
    a_credit_that_is_on_its_way_is_not_given_twice,
);

/// `domain.md` §2.5: at most 11 points after handling, also where nobody has decided yet.
fn points_in_flight_count_as_in_one_batch(engine: Engine) {
    let stack = Stack::new(engine);
    let ma = Driver::at_home(&stack, "demo-points-batch");
    let order = ma.order(&ma.quote(&FOUR[..3]));
    let refused = ma.post("/quotes", &json!({ "violation": [FOUR[3]] })).refusal();
    assert!(refused.contains(&"D_POINTS_12".to_owned()), "{refused:?}");
    // Nor while the licence, which nobody can read meanwhile, does not show yet what was decided.
    stack.fault("driver", "garbled", 100_000);
    ma.pay(&order);
    let refused = ma.post("/quotes", &json!({ "violation": [FOUR[3]] })).refusal();
    assert!(refused.contains(&"D_POINTS_12".to_owned()), "{refused:?}");
    books::right(&stack);
}

fn quotes_side_by_side_do_not_pass_the_limit_of_points(engine: Engine) {
    let stack = Stack::new(engine);
    let ma = Driver::at_home(&stack, "demo-points-batch");
    let (three, one) = (ma.quote(&FOUR[..3]), ma.quote(&FOUR[3..]));
    ma.order(&three);
    let refused = ma.accept(&one).refusal();
    assert!(refused.contains(&"D_POINTS_12".to_owned()), "{refused:?}");
    books::right(&stack);
}

/// The lines of a payment count together also when it is accepted, whatever was accepted since it was quoted.
fn a_payment_of_several_does_not_pass_the_limit_of_points_after_another(engine: Engine) {
    let stack = Stack::new(engine);
    let ma = Driver::at_home(&stack, "demo-points-batch");
    let (three, one) = (ma.quote(&FOUR[..3]), ma.quote(&FOUR[3..]));
    ma.order(&one);
    let refused = ma.accept(&three).refusal();
    assert!(refused.contains(&"D_POINTS_12".to_owned()), "{refused:?}");
    ma.order(&ma.quote(&FOUR[..2]));
    books::right(&stack);
}

/// `domain.md` §1.2: the study credit is given once in a points year.
fn a_credit_that_is_on_its_way_is_not_given_twice(engine: Engine) {
    let stack = Stack::new(engine);
    stack.change("new_record", STUDIED, &json!({ "serial": SECOND }));
    let li = Driver::at_home(&stack, "demo-li-study");
    let (one, two) = (li.learn(STUDIED, "study"), li.learn(SECOND, "study"));
    let quote = li.open(&format!("/cases/{one}"));
    let order = li.order(&quote);
    let refused = li.get(&format!("/cases/{two}")).refusal();
    assert!(refused.contains(&"S_CREDIT_USED".to_owned()), "{refused:?}");
    // Its own case is not held against it.
    li.pay(&order);
    assert_eq!(li.open(&format!("/cases/{one}"))["word"], "done");
    books::right(&stack);
}

/// Administrative Penalty Law art. 67: fifteen days from receipt, not from the decision.
#[test]
fn the_surcharge_runs_from_the_day_of_receipt() {
    let stack = Stack::new(Engine::Sqlite);
    let number_of = text(&stack.change("record", TICKET, &json!({})), "/decision").to_owned();
    let lan = Driver::at_home(&stack, "demo-surcharge");
    let late = number(&lan.quote(&[TICKET]), "/payments/0/lines/0/surcharge_fen");
    assert!(late > 0, "decided and received 36 days ago");
    // Decided 36 days ago, received on 2020-03-21: the fifteenth day is a Sunday before 清明, the last one 2020-04-07.
    stack.change("decision", &number_of, &json!({ "served_at": "2020-03-21T02:00:00Z" }));
    stack.refresh("demo-surcharge");
    assert_eq!(number(&lan.quote(&[TICKET]), "/payments/0/lines/0/surcharge_fen"), 0);
    let card = lan.card(TICKET).expect("a card");
    assert_eq!((&card["due"]["date"], &card["due"]["surcharge_fen"]), (&json!("2020-04-07"), &json!(0)));
}

/// Order 163 art. 16: a decision that was annulled decides nothing, and nobody pays it.
#[test]
fn an_annulled_ticket_is_not_paid() {
    let stack = Stack::new(Engine::Sqlite);
    let record = stack.change("record", TICKET, &json!({}));
    let number_of = text(&record, "/decision").to_owned();
    let lan = Driver::at_home(&stack, "demo-surcharge");
    assert!(lan.card(TICKET).is_some());
    stack.change("decision", &number_of, &json!({ "annulled": true }));
    stack.change("record", TICKET, &json!({ "handled": "0", "paid": "0", "decision": "" }));
    stack.refresh("demo-surcharge");
    let card = lan.card(TICKET).expect("open again");
    assert!(marks(&card).iter().all(|mark| mark != "decided"), "{card}");
    assert_eq!(card["due"]["surcharge_fen"].as_i64().unwrap_or(0), 0, "{card}");
    let home = lan.home().to_string();
    assert!(!home.contains(&format!("d{number_of}")), "nor is it there as a ticket: {home}");
}

/// Order 163 art. 28 and the credit of the city: the limit of points counts what the decision gives.
#[test]
fn nine_points_and_three_more_can_be_studied_away() {
    let stack = Stack::new(Engine::Sqlite);
    let meng = Driver::at_home(&stack, "demo-points-nine");
    let card = &meng.home()["groups"][0]["cards"][0];
    assert_eq!((&card["route"], number(card, "/points")), (&json!("study"), 3), "{card}");
    let id = text(card, "/id").to_owned();
    let refused = meng.post("/quotes", &json!({ "violation": [id] })).refusal();
    assert!(refused.contains(&"D_POINTS_12".to_owned()), "paid without study it gives too many: {refused:?}");
    let case = meng.learn(&id, "study");
    meng.pay(&meng.order(&meng.open(&format!("/cases/{case}"))));
    books::right(&stack);
}

/// Nobody tells the gearbox: who may drive automatic small cars may drive a small car (order 162 art. 11).
#[test]
fn a_licence_for_automatic_cars_covers_a_small_car() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let before = ruan.home()["groups"][0]["cards"][0]["route"].clone();
    let city: Value = stack.calls_of("driver").into_iter().next_back().expect("asked for the licence");
    let licence = text(&city, "/fields/sfzmhm").to_owned();
    // Nor the adaptation for a disabled driver.
    for class in ["C2", "C5"] {
        stack.change("driver", &licence, &json!({ "licence_class": class }));
        stack.refresh("demo-pay-one");
        let card = ruan.home()["groups"][0]["cards"][0].clone();
        assert_eq!(card["route"], before, "{class}: {card}");
        let reasons = ruan.open(&format!("/violations/{}/reasons", text(&card, "/id")));
        assert!(!codes(&reasons["reasons"]).contains(&"VEH_CLASS_MISMATCH".to_owned()), "{class}: {reasons}");
    }
}

fn marks(card: &Value) -> Vec<String> {
    let marks = card["marks"].as_array().into_iter().flatten();
    marks.filter_map(|mark| mark.as_str().map(str::to_owned)).collect()
}
