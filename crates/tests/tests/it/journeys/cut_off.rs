//! PostgreSQL goes away in the middle of everything, again and again: every answer is what was asked for or a request to come
//! again, nothing is half done, and nothing is done twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clearway_service::jobs;
use clearway_sims::crowd::mix::{self, Deed};
use clearway_store::{Db, Limits, payment, queue};
use serde_json::{Value, json};

use super::books;
use super::driver::{Answer, Driver, text};
use super::stack::Stack;
use super::waiting_room::Hall;
use crate::contract::broken_wire::{LOSE_THE_ANSWER, LOSE_THE_COMMIT, PASS, Wire};
use crate::contract::engines::Fresh;

/// Everybody, and those who pay meanwhile.
const CITY: usize = 30;
const PEOPLE: usize = 6;
/// The seed with which the city of a rush is drawn.
const SEED: u64 = 1;
/// Milliseconds between two commits of which nobody hears.
const CUT_MS: u64 = 90;
/// One cut in so many takes every connection with it.
const ALL_EVERY: usize = 5;
/// Questions after which somebody has waited too long.
const PATIENCE: usize = 1_500;

const KILL: &str = "select count(pg_terminate_backend(pid)) as n from pg_stat_activity \
    where datname = current_database() and pid <> pg_backend_pid()";

/// Asks until there is an answer: whoever is asked to come again is told when.
fn patiently(ask: impl Fn() -> Answer) -> Answer {
    for _ in 0..PATIENCE {
        let answer = ask();
        if answer.status != 503 {
            assert!(answer.status < 400, "{} answered {}: {}", answer.path, answer.status, answer.body);
            return answer;
        }
        // Also whoever opens a payment just after the store has failed: new money is the first that is refused.
        let money = answer.body.contains("/problems/busy-money");
        answer.problem(503, if money { "busy-money" } else { "unavailable" });
        assert!(answer.retry_after.is_some(), "{}: come again when?", answer.path);
        thread::sleep(Duration::from_millis(20));
    }
    panic!("nobody is let in any more");
}

/// Looks at a page until a value of it is one of those that are waited for.
fn until(driver: &Driver<'_>, path: &str, pointer: &str, wanted: &[Value]) -> Value {
    let mut seen = Value::Null;
    for _ in 0..PATIENCE {
        seen = patiently(|| driver.get(path)).json();
        if seen.pointer(pointer).is_some_and(|value| wanted.contains(value)) {
            return seen;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{path}: {pointer} did not become one of {wanted:?}: {seen}");
}

/// Signs in, from the beginning whenever that was interrupted.
fn signs_in(driver: &Driver<'_>, openid: &str) {
    for _ in 0..PATIENCE {
        let begun = patiently(|| driver.get("/wechat/enter?next=/violations")).next();
        let page = begun.split('#').next().unwrap_or_default();
        let picked =
            driver.client().get(format!("{page}&persona={openid}")).send().expect("the pretend page");
        let back = picked.headers().get("location").expect("it sends back").to_str().expect("text");
        let back = back.strip_prefix(&driver.stack.url).expect("to our host").to_owned();
        let answer = driver.get(&back);
        assert!(answer.status < 500 || answer.status == 503, "{}: {}", answer.status, answer.body);
        if answer.location.as_deref() == Some("/violations") {
            return;
        }
    }
    panic!("{openid} is never let in");
}

/// From the list to the end of a payment; the order's address.
fn pays(driver: &Driver<'_>) -> String {
    let home = until(driver, "/violations?view=all", "/checks/finished", &[json!(true)]);
    let groups = home["groups"].as_array().expect("groups");
    let cards = groups.iter().flat_map(|group| group["cards"].as_array().expect("cards"));
    let payable = cards.filter(|card| card["payable"] == true).map(|card| text(card, "/id"));
    let ask = json!({ "violation": payable.collect::<Vec<_>>() });
    let quoted = patiently(|| driver.post("/quotes", &ask)).next();
    let quote = patiently(|| driver.get(&quoted)).json();
    // The acceptance may be stored although nobody heard of it: the same again leads to the same order.
    let order = patiently(|| driver.accept(&quote)).next();
    until(driver, &order, "/word", &[json!("to_pay")]);
    let handed = patiently(|| driver.post(&format!("{order}/pay"), &json!({}))).json();
    driver.press(&handed, "pay");
    patiently(|| driver.get(&format!("{order}/returned")));
    until(driver, &order, "/word", &[json!("done")]);
    order
}

/// Cuts connections until it is over; how often.
fn cut(wire: &Wire, straight: &str, over: &AtomicBool) -> usize {
    let other = Db::open_with(straight, &Limits { connections: 1, ..Limits::default() }).expect("open");
    let mut cuts = 0_usize;
    while !over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(CUT_MS));
        cuts += 1;
        let mode = if cuts.is_multiple_of(2) { LOSE_THE_ANSWER } else { LOSE_THE_COMMIT };
        wire.mode.store(mode, Ordering::SeqCst);
        if cuts.is_multiple_of(ALL_EVERY) {
            let _: i64 = other.read(|tx| tx.one(KILL, &[])?.get("n")).expect("killed");
        }
    }
    wire.mode.store(PASS, Ordering::SeqCst);
    cuts
}

#[test]
fn a_database_that_goes_away_again_and_again_costs_nobody_anything() {
    let mut ends = None;
    let stack = Stack::of_a_rush_through(CITY, |url| {
        let wire = Wire::to(url);
        let near = wire.url.clone();
        ends = Some((wire, url.to_owned()));
        near
    });
    let (wire, straight) = ends.expect("a wire");
    let payers: Vec<usize> = (0..CITY).filter(|n| mix::deed(SEED, *n) == Deed::PayOne).take(PEOPLE).collect();
    assert_eq!(payers.len(), PEOPLE);
    let over = AtomicBool::new(false);
    let (orders, cuts) = thread::scope(|scope| {
        let knife = scope.spawn(|| cut(&wire, &straight, &over));
        let people = payers.iter().map(|n| {
            let stack = &stack;
            scope.spawn(move || {
                let driver = Driver::visitor(stack);
                signs_in(&driver, &mix::openid(*n));
                pays(&driver)
            })
        });
        let people: Vec<_> = people.collect();
        let orders: Vec<_> = people.into_iter().map(|one| one.join()).collect();
        over.store(true, Ordering::Relaxed);
        (orders, knife.join().expect("no panic"))
    });
    let orders: Vec<String> = orders.into_iter().map(|order| order.expect("paid and done")).collect();
    assert!(cuts > 10, "only {cuts} cuts");
    stack.settle();
    for n in &payers {
        let driver = stack.world.driver_of(&mix::openid(*n));
        let theirs = stack.world.db.read(|tx| payment::of_driver(tx, &driver)).expect("orders");
        assert_eq!(theirs.len(), 1, "one order each: {theirs:?}");
    }
    assert_eq!(orders.len(), PEOPLE);
    assert_eq!(stack.calls_of("decide").len(), PEOPLE, "no decision is sent twice");
    books::right(&stack);
}

/// A claim is done, and the worker does not hear of it: it may not wait until the lease is over, and it may not do the job twice.
#[test]
fn a_worker_finds_again_what_it_was_given_without_knowing() {
    let fresh = Fresh::postgres();
    drop(fresh.ready());
    let wire = Wire::to(&fresh.url);
    let hall =
        Hall::on(Db::open_with(&wire.url, &Limits { connections: 2, ..Limits::default() }).expect("open"));
    let drivers = ["aa", "bb"];
    for driver in drivers {
        hall.come(driver);
        hall.pass(10);
    }
    let job = |driver: &str| {
        let found = hall.world.db.read(|tx| queue::of_driver(tx, driver)).expect("jobs");
        found.into_iter().next().expect("a job")
    };
    for (driver, mode) in drivers.into_iter().zip([LOSE_THE_ANSWER, LOSE_THE_COMMIT]) {
        wire.mode.store(mode, Ordering::SeqCst);
        assert!(jobs::run_one(&hall.world, "w/1").expect("looked"), "it may be that one was claimed");
        assert_eq!(job(driver).worker.is_some(), mode == LOSE_THE_ANSWER);
        assert_eq!(job(driver).buried_at_ms, None, "nothing was done yet");
        // A claim that never arrived is skipped until the server has noticed that nobody waits for its answer.
        let found = (0..PATIENCE).any(|_| {
            thread::sleep(Duration::from_millis(2));
            jobs::run_one(&hall.world, "w/1").expect("looked")
        });
        assert!(found, "{:?}", job(driver));
        // There is no such case in this hall: that a person has to look at it is the end of the job.
        assert!(
            job(driver).buried_at_ms.is_some(),
            "the time did not go on, and nobody waited for the lease"
        );
    }
}
