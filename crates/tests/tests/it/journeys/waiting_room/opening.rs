//! What waits for the opening, over HTTP: it is nobody's turn before, and nobody of the evening stands behind it.

use clearway_store::turn;
use serde_json::json;

use super::super::books;
use super::super::deeds::both_acts;
use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};
use super::queue::{go_on, place};

on_both_engines!(what_was_paid_within_the_hours_is_not_behind_the_night);
/// The opening, as a page names it.
const OPENS: &str = "2020-04-05T22:00:00Z";

fn what_was_paid_within_the_hours_is_not_behind_the_night(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    stack.set_clock("2020-04-05T21:58:00+08:00");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    let path = format!("/orders/{}", text(&order, "/id"));
    ruan.hand_over(&order);
    stack.set_clock("2020-04-05T22:01:00+08:00");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();

    let closed = place(&zhang);
    assert_eq!((text(&closed, "/wait"), text(&closed, "/opens_at")), ("unknown", OPENS), "{closed}");
    assert_eq!((&closed["queue"], &closed["settled"]), (&json!(false), &json!(false)), "{closed}");
    let page = zhang.page("/turn").body;
    assert!(page.contains("6:00") && !page.contains("<h1>轮到您了"), "{page}");
    let ticket = text(&closed, "/ticket");
    assert_eq!(zhang.get(&format!("/turn/tickets/{ticket}")).json()["opens_at"], OPENS);

    // Paid after the end of the day: handed over within it, so it is carried out at once, and nobody is ahead.
    stack.set_clock("2020-04-05T22:03:00+08:00");
    stack.world.authority.pace().expect("a pace").set(0);
    ruan.cashier(&order, "pay");
    ruan.until(&path, "/word", &json!("handling"));
    let paid = place(&ruan);
    assert_eq!((number(&paid, "/ahead"), text(&paid, "/wait")), (0, "turn"), "{paid}");
    assert_eq!(number(&place(&zhang), "/ahead"), 1, "no number of the night is final yet");
    go_on(&stack);
    ruan.until(&path, "/word", &json!("done"));
    assert_eq!(stack.calls_of("decide").len(), 1);
    let still = place(&zhang);
    assert_eq!((number(&still, "/ahead"), text(&still, "/opens_at")), (0, OPENS), "{still}");
    let whose = stack.world.driver_of("demo-zhang-first");
    let turn = stack.world.db.read(|tx| turn::of(tx, &whose)).expect("read").expect("a turn");
    assert_eq!(turn.told, None, "nothing was foretold");

    stack.set_clock("2020-04-06T06:00:12+08:00");
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert!(place(&zhang).is_null(), "the turn is over");
    books::right(&stack);
}
