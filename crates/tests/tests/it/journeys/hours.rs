//! J12: outside 06:00–22:00 one can look, study and place an intent, which runs at opening, in order; what was confirmed
//! before finishes, and money is always taken in.

use clearway_service::law;
use jiff::Timestamp;
use serde_json::json;

use super::books;
use super::deeds::both_acts;
use super::driver::{Driver, text};
use super::stack::{Engine, Stack, on_both_engines};

const NIGHT: &str = "2020-04-05T22:00:00+08:00";
const OPENS: &str = "2020-04-05T22:00:00Z";

on_both_engines!(
    j12_what_was_handed_over_before_ten_is_paid_and_decided_at_night,
    j12_what_is_confirmed_at_night_runs_at_opening_in_order,
    j12_whoever_comes_at_opening_is_behind_the_night,
);

#[test]
fn j12_the_closing_moment_itself_is_closed() {
    // A running clock never stands at it, so it is asked of the law directly.
    let stack = Stack::new(Engine::Sqlite);
    for (at, open) in [
        ("2020-04-05T05:59:59.999+08:00", false),
        ("2020-04-05T06:00:00+08:00", true),
        ("2020-04-05T21:59:59.999+08:00", true),
        (NIGHT, false),
    ] {
        let at: Timestamp = at.parse().expect("an instant");
        let pack = stack.world.pack_at(at).expect("in force");
        assert_eq!(law::is_open(pack, at), open, "{at}");
        assert_eq!(law::opens_next(pack, at) == at, open, "{at}");
    }
}

fn j12_what_is_confirmed_at_night_runs_at_opening_in_order(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.set_clock("2020-04-05T21:55:00+08:00");
    let quote = ruan.quote(&["4201000000000177"]);
    stack.set_clock(NIGHT);
    // Every page of an act says when it runs.
    assert_eq!(zhang.open(&format!("/cases/{case}/confirm"))["closed_until"], OPENS);
    assert_eq!(ruan.open(&format!("/quotes/{}", text(&quote, "/id")))["closed_until"], OPENS);
    let home = zhang.page("/violations");
    assert!(home.status == 200 && home.body.contains("6:00"), "{}", home.body);
    let help = zhang.open("/help");
    assert_eq!((&help["hours"]["open"], &help["hours"]["opens_at"]), (&json!(false), &json!(OPENS)));
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    let order = ruan.follow(ruan.accept(&quote));
    let path = format!("/orders/{}", text(&order, "/id"));
    std::thread::sleep(std::time::Duration::from_millis(700));
    // Taken, and nothing moved: neither the platform nor the rail heard of it.
    let waits = zhang.open(&format!("/cases/{case}"));
    assert_eq!(waits["word"], "handling");
    assert!(text(&waits, "/runs_at").starts_with("2020-04-05T22:00:0"), "{waits}");
    let kept = ruan.open(&path);
    assert_eq!(
        (&kept["money"], &kept["word"], &kept["sheet"]),
        (&json!("not_charged"), &json!("to_pay"), &json!(null))
    );
    assert!(text(&kept, "/opens_at").starts_with("2020-04-05T22:00:0"), "{kept}");
    assert!(ruan.page(&path).body.contains("6:00"));
    let kept = &ruan.home()["resume"][0];
    assert_eq!((&kept["order"], text(kept, "/opens_at")), (&order["id"], OPENS), "home leads there: {kept}");
    assert!(ruan.page("/violations").body.contains("起可以支付"));
    let handed = ruan.go(&format!("{path}/pay"), &json!({}));
    assert_eq!(
        (&handed["word"], &handed["sheet"], &handed["cashier"]),
        (&json!("to_pay"), &json!(null), &json!(null)),
        "nothing to pay with before six: {handed}"
    );
    assert!(stack.calls_of("decide").is_empty() && stack.calls_of("prepay").is_empty());
    books::right(&stack);
    // At opening both run by themselves; the order can be paid, and is.
    stack.set_clock("2020-04-06T06:00:12+08:00");
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert!(text(&stack.calls_of("decide")[0], "/fields/clsj").starts_with("2020-04-06 06:00"));
    for _ in 0..100 {
        if !ruan.open(&path)["cashier"].is_null() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(40));
    }
    assert_eq!(ruan.pay(&ruan.open(&path))["money"], "charged");
    books::right(&stack);
}

/// Confirmed a minute before six, and a payment of the minute after six is there before the platform takes anything.
fn j12_whoever_comes_at_opening_is_behind_the_night(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.set_clock("2020-04-06T05:59:00+08:00");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    // Only the platform's work is held up: the rail takes orders.
    let pace = stack.world.authority.pace().expect("a pace");
    pace.set(0);
    stack.set_clock("2020-04-06T06:00:01+08:00");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    ruan.hand_over(&order);
    ruan.cashier(&order, "pay");
    ruan.until(&format!("/orders/{}", text(&order, "/id")), "/word", &json!("handling"));
    pace.set(u32::MAX);
    stack.world.bell.ring();
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    ruan.until(&format!("/orders/{}", text(&order, "/id")), "/word", &json!("done"));
    // Two workers carry out both at the same time: who came later is before nobody by more than a second.
    let written = |serial: &str| -> (Timestamp, String) {
        let calls = stack.calls_of("decide");
        let call = calls.iter().find(|call| call["fields"]["xh"] == serial).expect("written");
        (text(call, "/at").parse().expect("an instant"), text(call, "/fields/clsj").to_owned())
    };
    let ((night, decided), (morning, _)) = (written("4201000000000001"), written("4201000000000177"));
    assert!(night.duration_since(morning).as_secs() <= 1, "{night} and {morning}");
    assert_eq!(decided, "2020-04-06 06:00:00", "at the opening itself");
    books::right(&stack);
}

#[test]
fn j12_an_order_of_the_night_that_costs_something_else_in_the_morning_is_let_go() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.set_clock("2020-04-05T23:00:00+08:00");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    let path = format!("/orders/{}", text(&order, "/id"));
    // The platform lowers the fine in the night, and the morning's first look learns it.
    stack.change("record", "4201000000000177", &json!({ "fine_fen": 10_000 }));
    stack.set_clock("2020-04-06T05:59:40+08:00");
    ruan.home();
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    stack.set_clock("2020-04-06T06:00:12+08:00");
    let closed = ruan.until(&path, "/word", &json!("not_paid"));
    assert_eq!(closed["money"], "not_charged");
    assert!(stack.calls_of("prepay").is_empty());
    books::right(&stack);
}

#[test]
fn j12_what_was_confirmed_before_ten_finishes_after_it() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    stack.set_clock("2020-04-05T21:59:30+08:00");
    // The platform is silent until the doors are closed: the write itself comes after ten.
    stack.fault("decide", "http500", 1_000);
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    stack.set_clock("2020-04-05T22:00:30+08:00");
    stack.control_delete("faults");
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    let writes = stack.calls_of("decide");
    let last = writes.last().expect("written");
    assert!(text(last, "/at") > "2020-04-05T22:00", "{last}");
    // The decision bears the instant of the confirmation, which was in time.
    assert!(text(last, "/fields/clsj").starts_with("2020-04-05 21:59"), "{last}");
    books::right(&stack);
}

#[test]
fn j12_study_and_quiz_are_possible_at_night() {
    let stack = Stack::at(Engine::Sqlite, "2020-04-05T23:10:00+08:00");
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    assert_eq!(zhang.home()["tiles"][0]["state"], "usable");
    let case = zhang.learn("4201000000000001", "first");
    let confirm = zhang.open(&format!("/cases/{case}"));
    assert_eq!(confirm["closed_until"], OPENS, "learnt at night, confirmed in the morning: {confirm}");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    assert_eq!(zhang.open(&format!("/cases/{case}"))["word"], "handling");
}

fn j12_what_was_handed_over_before_ten_is_paid_and_decided_at_night(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.set_clock("2020-04-05T21:58:00+08:00");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    let handed = ruan.hand_over(&order);
    stack.set_clock("2020-04-05T22:03:00+08:00");
    stack.control("pay", &json!({ "order": handed["number"], "action": "pay" }));
    let path = format!("/orders/{}", text(&order, "/id"));
    // Nobody comes back to the page: the rail's notice alone brings it about.
    let done = ruan.until(&path, "/word", &json!("done"));
    assert_eq!(done["money"], "charged");
    assert_eq!(stack.calls_of("decide").len(), 1);
    books::right(&stack);
}
