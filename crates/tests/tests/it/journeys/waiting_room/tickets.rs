//! Tickets that are worth nothing, clocks that step, and more asking than anybody needs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::deeds::both_acts;
use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack};
use super::queue::{go_on, place, queue_up};
use super::{Hall, crowd};

/// Zhang waits behind some, with a ticket.
fn waiting(stack: &Stack) -> (Driver<'_>, String, String) {
    let zhang = Driver::at_home(stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    queue_up(stack, 25);
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    let ticket = text(&place(&zhang), "/ticket").to_owned();
    (zhang, case, ticket)
}

fn drawn(stack: &Stack) -> u64 {
    stack.world.admission.lobby.forget();
    stack.world.admission.lobby.look(&stack.world).expect("a look").room.drawn()
}

#[test]
fn a_forged_ticket_is_nobodys() {
    let stack = Stack::new(Engine::Sqlite);
    let (zhang, _, ticket) = waiting(&stack);
    assert_eq!(zhang.get(&format!("/turn/tickets/{ticket}")).json()["ahead"], 25);
    let last = if ticket.ends_with('0') { "1" } else { "0" };
    let earlier = format!("{}00000000{}", &ticket[..14], &ticket[22..]);
    for forged in [
        format!("{}{last}", &ticket[..61]),
        // An earlier place, sealed with the seal of the later one.
        earlier,
        ticket.to_uppercase(),
        ticket[..60].to_owned(),
        "0".repeat(62),
        "nonsense".to_owned(),
        "x".repeat(5_000),
    ] {
        let answer = zhang.get(&format!("/turn/tickets/{forged}"));
        if forged != ticket {
            answer.problem(404, "not-found");
        }
    }
    assert_eq!(drawn(&stack), 26);
}

#[test]
fn a_foreign_ticket_opens_nothing_and_tells_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let (_, _, ticket) = waiting(&stack);
    let other = Driver::enter(&stack, "demo-pay-one");
    let foreign = other.get(&format!("/turn/tickets/{ticket}")).problem(404, "not-found");
    let forged = other.get(&format!("/turn/tickets/{}", "0".repeat(62))).problem(404, "not-found");
    let plain = |mut problem: Value| {
        problem["request_id"] = Value::Null;
        problem["instance"] = Value::Null;
        problem
    };
    assert_eq!(plain(foreign), plain(forged), "a foreign one is not told from a forged one");
    let stranger = Driver::visitor(&stack);
    stranger.get(&format!("/turn/tickets/{ticket}")).problem(401, "sign-in");
    assert_eq!(drawn(&stack), 26);
}

#[test]
fn a_ticket_that_was_used_opens_nothing_again_and_draws_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let (zhang, case, ticket) = waiting(&stack);
    go_on(&stack);
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    for _ in 0..3 {
        let problem = zhang.get(&format!("/turn/tickets/{ticket}")).problem(409, "ticket-spent");
        assert_eq!(problem["next"], "/turn");
    }
    assert_eq!(drawn(&stack), 26);
    assert!(place(&zhang).is_null());
}

#[test]
fn an_expired_ticket_is_told_from_one_that_never_was() {
    let stack = Stack::new(Engine::Sqlite);
    let (zhang, _, ticket) = waiting(&stack);
    stack.set_clock("2020-04-09T12:00:00+08:00");
    let landed = zhang.sign_in("demo-zhang-first", "/violations");
    assert_eq!(landed.next(), "/violations");
    zhang.get(&format!("/turn/tickets/{ticket}")).problem(409, "ticket-expired");
    // The place itself is not lost by it: the intent still waits.
    assert_eq!(place(&zhang)["ahead"], 25);
}

#[test]
fn a_ticket_of_the_future_waits_for_its_time() {
    let stack = Stack::new(Engine::Sqlite);
    let (zhang, _, ticket) = waiting(&stack);
    stack.set_clock("2020-04-05T08:00:00+08:00");
    zhang.get(&format!("/turn/tickets/{ticket}")).problem(409, "ticket-future");
    assert_eq!(place(&zhang)["ahead"], 25, "the place is known without the clock");
}

#[test]
fn a_clock_that_steps_back_lets_nobody_overtake() {
    for step in [-1_000, -90_000, -7_200_000] {
        let hall = Hall::new();
        let before = crowd(20);
        hall.arrive(&before);
        hall.pass(step);
        let after: Vec<String> = (0..20).map(|n| format!("after-{n}")).collect();
        after.iter().for_each(|driver| {
            hall.come(driver);
        });
        assert_eq!(hall.ahead("driver-00018"), 18, "{step}");
        assert!((19..40).contains(&hall.ahead("after-19")), "{step}");
        // Those who came with the clock set back need not wait for it, and those before are due when it is.
        hall.pass(-step);
        let served = hall.serve(100);
        assert_eq!(served.len(), 40, "{step}");
        // Exact to one second: whoever comes while the clock is behind shares the last one.
        assert_eq!(served[..19], before[..19], "{step}");
    }
}

#[test]
fn a_clock_that_steps_forward_and_back_loses_nobody() {
    let hall = Hall::new();
    hall.come("before");
    hall.pass(7_200_000);
    hall.come("within");
    hall.pass(-7_200_000);
    // The clock is behind the last place for two hours: whoever comes stands behind it, in the order of coming.
    for n in 0..1_500 {
        hall.come(&format!("after-{n:04}"));
    }
    assert!((1..9).contains(&hall.ahead("within")), "exact to one second");
    let served = hall.serve(1_000);
    assert_eq!(served[0], "before");
    // A second that the clock has left behind gives way when it is crowded, so that order is kept as well as it can be.
    assert!(served[1..400].iter().all(|driver| driver.as_str() < "after-0600"), "{served:?}");
    // What was stored while the clock was ahead is not due before it; then it is, and first.
    assert_eq!(hall.seen().room.waiting(), 502);
    hall.pass(7_200_000);
    let rest = hall.serve(1_000);
    assert_eq!((rest[0].as_str(), rest.len()), ("within", 502));
    assert_eq!(hall.seen().room.waiting(), 0);
}

#[test]
fn a_clock_that_was_years_ahead_does_not_rule_for_years() {
    let hall = Hall::new();
    hall.pass(400 * 86_400_000);
    hall.come("in-another-year");
    hall.pass(-400 * 86_400_000);
    let turn = hall.come("today");
    assert_eq!(turn.place.second, hall.now_ms() / 1_000);
    assert_eq!(hall.ahead("today"), 0);
    assert_eq!(hall.serve(1), ["today"]);
}

#[test]
fn a_hundred_thousand_tickets_asked_by_one_account_are_one() {
    let stack = Stack::new(Engine::Sqlite);
    let (zhang, _, ticket) = waiting(&stack);
    let refused = AtomicUsize::new(0);
    // Over HTTP as fast as a phone can, and in the store as often as anybody likes (`twelve::f03`).
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let tab = Driver::enter(&stack, "demo-zhang-first");
                for _ in 0..100 {
                    let answer = tab.get("/turn");
                    // More than one person asks for is refused without a look at anything.
                    if answer.status == 429 {
                        answer.problem(429, "too-many");
                        refused.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    assert_eq!(answer.json()["place"]["ticket"], ticket.as_str());
                }
            });
        }
    });
    assert!((1..400).contains(&refused.into_inner()), "some were answered, and some were too many");
    assert_eq!(drawn(&stack), 26);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(place(&zhang)["ahead"], 25);
}
