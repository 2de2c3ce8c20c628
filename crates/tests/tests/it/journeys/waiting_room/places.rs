//! Nobody loses a place because a call of theirs failed by itself; and a case that fails for ever costs nobody else a place.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use clearway_service::jobs::decide::DECIDE;
use clearway_store::turn::{self, Turn};
use clearway_store::{StoreError, queue};
use serde_json::{Value, json};

use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, on_both_engines};
use super::queue::go_on;

on_both_engines!(a_call_that_fails_by_itself_costs_nobody_a_place, an_outage_costs_nobody_a_place);

/// People whose places are nearer than this are not told apart, ms.
const NEAR_MS: i64 = 1_000;
/// Milliseconds between two places, of the pretend clock: each is told apart from the next.
const APART_MS: i64 = 1_500;
/// How long everything may take, in looks of [`LOOK_MS`] ms of real time.
const LOOKS: usize = 1_200;
const LOOK_MS: u64 = 25;

/// Until a notice that was sent stands before the writer.
const NOTICE: Duration = Duration::from_millis(700);

/// Failed tries after which an intent holds nobody up (`jobs::decide`).
const TRIES: i64 = 3;
/// Calls of a try that fails: one, and at once another.
const CALLS_A_TRY: usize = 2;

/// Somebody who has paid: openid and plate.
pub struct Payer {
    /// Who.
    pub openid: String,
    plate: String,
}

/// The openids of the people of a launch day.
pub fn crowd_of(stack: &Stack) -> impl Iterator<Item = &str> {
    stack
        .city
        .accounts
        .iter()
        .map(|account| account.openid.as_str())
        .filter(|openid| openid.starts_with("rush-"))
}

/// So many people of a launch day who can pay one violation each, with their orders.
fn ready_to_pay(stack: &Stack, count: usize) -> Vec<(Driver<'_>, Value)> {
    let mut ready = Vec::new();
    for openid in crowd_of(stack) {
        let driver = Driver::at_home(stack, openid);
        let home = driver.home();
        let cards: Vec<Value> = home["groups"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|group| group["cards"].as_array().cloned())
            .flatten()
            .collect();
        // One violation that can only be paid: one case, one turn.
        if let [card] = cards.as_slice()
            && card["route"] == "pay"
        {
            let order = driver.order(&driver.quote(&[text(card, "/id")]));
            let order = driver.until(&format!("/orders/{}", text(&order, "/id")), "/word", &json!("to_pay"));
            ready.push((driver, order));
        }
        if ready.len() == count {
            break;
        }
    }
    assert_eq!(ready.len(), count, "people who come to pay one");
    stack.settle();
    ready
}

/// So many people of a launch day pay one violation each, one after the other; nothing goes to the platform until [`go_on`].
pub fn pay_one_by_one(stack: &Stack, count: usize) -> Vec<Payer> {
    let ready = ready_to_pay(stack, count);
    stack.world.authority.pace().expect("a pace").set(0);
    ready
        .iter()
        .map(|(driver, order)| {
            driver.cashier(order, "pay");
            let order = driver.until(&format!("/orders/{}", text(order, "/id")), "/word", &json!("handling"));
            stack.pass(APART_MS / 1_000 + 1);
            Payer {
                openid: driver.openid.clone(),
                plate: text(&order, "/legs/0/plate").replace([' ', '·'], ""),
            }
        })
        .collect()
}

fn turn_of(stack: &Stack, payer: &Payer) -> Turn {
    let driver = stack.world.driver_of(&payer.openid);
    stack.world.db.read(|tx| turn::of(tx, &driver)).expect("read").expect("a turn")
}

/// The turns once all of them are over.
pub fn ended(stack: &Stack, payers: &[Payer]) -> Vec<Turn> {
    for _ in 0..LOOKS {
        let turns: Vec<Turn> = payers.iter().map(|payer| turn_of(stack, payer)).collect();
        if turns.iter().all(|turn| turn.left_at_ms.is_some()) {
            return turns;
        }
        thread::sleep(Duration::from_millis(LOOK_MS));
    }
    panic!("turns are still open");
}

/// By how many ms each was overtaken by somebody whose place is later, ms; nothing for those who were not.
fn overtaken_ms(turns: &[Turn]) -> Vec<i64> {
    let end = |turn: &Turn| turn.left_at_ms.expect("over");
    let by = |turn: &Turn| {
        let later = turns.iter().filter(|other| other.drawn_at_ms > turn.drawn_at_ms + NEAR_MS);
        later.map(|other| end(turn) - end(other)).max()
    };
    turns.iter().filter_map(by).filter(|ms| *ms > NEAR_MS).collect()
}

/// One call in five fails by itself and the others take their time, so that several are always on their way.
fn a_call_that_fails_by_itself_costs_nobody_a_place(engine: Engine) {
    let stack = Stack::of_a_rush(engine, 60);
    let payers = pay_one_by_one(&stack, 12);
    for call in ["queryObjectOut", "writeObjectOut"] {
        for rule in [json!({ "fault": "http500", "every": 5 }), json!({ "fault": "late:60" })] {
            let mut rule = rule;
            rule["match"] = json!({ "call": call });
            stack.control("faults", &rule);
        }
    }
    go_on(&stack);
    let turns = ended(&stack, &payers);
    assert_eq!(overtaken_ms(&turns), [0; 0], "{turns:?}");
    assert!(stack.calls_of("records").len() > payers.len(), "some calls failed and were made again");
    stack.control_delete("faults");
}

/// The platform is away for so long that one after the other has failed too often to hold the others up. Whoever finds it back
/// is none of them.
fn an_outage_costs_nobody_a_place(engine: Engine) {
    let stack = Stack::of_a_rush(engine, 60);
    let payers = pay_one_by_one(&stack, 6);
    for call in ["queryObjectOut", "writeObjectOut"] {
        stack.control("faults", &json!({ "match": { "call": call }, "fault": "http500" }));
    }
    go_on(&stack);
    let failed = |payer: &Payer| {
        let driver = stack.world.driver_of(&payer.openid);
        let jobs = stack.world.db.read(|tx| queue::of_driver(tx, &driver)).expect("jobs");
        jobs.iter().any(|job| job.kind == DECIDE && job.attempts > TRIES)
    };
    // Two, four, eight seconds and more between the tries of each: real moments in which the clock goes on.
    for _ in 0..LOOKS {
        if payers.iter().filter(|payer| failed(payer)).count() >= 3 {
            break;
        }
        thread::sleep(Duration::from_millis(LOOK_MS));
        stack.pass(1);
    }
    let (first, rest) = payers.split_at(3);
    assert!(first.iter().all(failed), "the oldest have failed too often");
    assert!(!failed(&rest[1]), "and the others have not");
    // It comes back slowly, as a pace does after an outage: places that are lost are seconds lost.
    stack.world.authority.pace().expect("a pace").set(4_000);
    stack.control_delete("faults");
    let turns = ended(&stack, &payers);
    assert_eq!(overtaken_ms(&turns), [0; 0], "{turns:?}");
}

#[test]
fn a_case_that_fails_for_ever_stalls_nobody() {
    let stack = Stack::of_a_rush(Engine::Sqlite, 30);
    let payers = pay_one_by_one(&stack, 5);
    let (wrong, others) = payers.split_first().expect("somebody");
    stack.control(
        "faults",
        &json!({ "match": { "call": "records", "key": wrong.plate }, "fault": "http500" }),
    );
    let seen = stack.calls().len();
    go_on(&stack);
    ended(&stack, others);
    // By the order of the calls and no clock: so many for the wrong one were made before everybody else had their turn.
    let calls = stack.calls().split_off(seen);
    let of = |call: &Value, payer: &Payer| {
        call["keys"].as_array().is_some_and(|keys| keys.contains(&json!(payer.plate)))
    };
    let first = |payer: &Payer| calls.iter().position(|call| of(call, payer)).expect("a call");
    let last = others.iter().map(first).max().expect("others");
    let tried = calls.iter().take(last).filter(|call| of(call, wrong)).count();
    // One try more lets the others go, and each of them that gets through wakes whoever sleeps.
    let most = CALLS_A_TRY * (usize::try_from(TRIES).expect("a few") + 1 + others.len());
    assert!(tried <= most, "the last of the others came after {tried} calls for the wrong one");
    assert!(turn_of(&stack, wrong).left_at_ms.is_none(), "it keeps its place, and is tried on");
    stack.control_delete("faults");
    // Its tries lie further and further apart: at most five minutes.
    stack.pass(301);
    ended(&stack, std::slice::from_ref(wrong));
}

/// A busy writer: the second in which a notice came is over when it is taken up. A place in that second would stand before people
/// who have been told their number since.
#[test]
fn whoever_waits_for_the_writer_draws_when_it_takes_them_up() {
    let stack = Stack::of_a_rush(Engine::Sqlite, 30);
    let ready = ready_to_pay(&stack, 1);
    let (driver, order) = ready.first().expect("somebody");
    let handed = driver.hand_over(order);
    let db = &stack.world.db;
    let (taken, free) = (Barrier::new(2), Barrier::new(2));
    let came_ms = stack.world.now().as_millisecond();
    thread::scope(|scope| {
        scope.spawn(|| {
            db.write(|_| {
                taken.wait();
                free.wait();
                Ok::<_, StoreError>(())
            })
        });
        taken.wait();
        driver.press(&handed, "pay");
        thread::sleep(NOTICE);
        stack.pass(5);
        free.wait();
    });
    driver.until(&format!("/orders/{}", text(order, "/id")), "/money", &json!("charged"));
    let whose = stack.world.driver_of(&driver.openid);
    let turn = db.read(|tx| turn::of(tx, &whose)).expect("read").expect("a turn");
    assert!(turn.place.second >= came_ms / 1_000 + 5, "{turn:?} was drawn for a notice of {came_ms}");
}
