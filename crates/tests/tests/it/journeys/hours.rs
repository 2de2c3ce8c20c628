//! J12: outside 06:00–22:00 one can look and study, not act; what was confirmed before finishes, and money is always
//! taken in.

use clearway_service::law;
use jiff::Timestamp;
use serde_json::json;

use super::books;
use super::deeds::both_acts;
use super::driver::{Driver, text};
use super::stack::{Engine, Stack, on_both_engines};

const NIGHT: &str = "2020-04-05T22:00:00+08:00";
const OPENS: &str = "2020-04-05T22:00:00Z";

on_both_engines!(j12_what_was_handed_over_before_ten_is_paid_and_decided_at_night);

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

#[test]
fn j12_at_ten_the_confirmation_is_refused_and_the_page_says_when_it_opens() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.set_clock("2020-04-05T21:55:00+08:00");
    let quote = ruan.quote(&["4201000000000177"]);
    let before = books::standing(&stack);
    stack.set_clock(NIGHT);
    for refused in [zhang.post(&format!("/cases/{case}/confirm"), &both_acts()), ruan.accept(&quote)] {
        let problem = refused.problem(409, "closed");
        assert_eq!(text(&problem, "/again_at"), OPENS, "06:00 of the next day in China");
    }
    assert_eq!(books::standing(&stack), before);
    assert!(stack.calls_of("decide").is_empty() && stack.calls_of("prepay").is_empty());
    // Everything can be looked at, and every page of an act says when it opens.
    assert_eq!(zhang.open(&format!("/cases/{case}/confirm"))["closed_until"], OPENS);
    assert_eq!(ruan.open(&format!("/quotes/{}", text(&quote, "/id")))["closed_until"], OPENS);
    let home = zhang.page("/violations");
    assert!(home.status == 200 && home.body.contains("6:00"), "{}", home.body);
    let help = zhang.open("/help");
    assert_eq!((&help["hours"]["open"], &help["hours"]["opens_at"]), (&json!(false), &json!(OPENS)));
    // In the morning the same tap goes through.
    stack.set_clock("2020-04-06T06:00:00+08:00");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
}

#[test]
fn j12_what_was_confirmed_before_ten_finishes_after_it() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    stack.set_clock("2020-04-05T21:59:30+08:00");
    // The platform is silent for the moment: the write itself comes after ten.
    stack.fault("decide", "http500", 1);
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    stack.set_clock("2020-04-05T22:00:30+08:00");
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
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).problem(409, "closed");
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
