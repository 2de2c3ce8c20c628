//! J2: becoming a real-name user: what is read and why, the licence, the registered phone.

use std::sync::{Arc, Mutex};

use clearway_domain::{Clock, civil};
use clearway_service::citizen::{Who, identity};
use clearway_service::error::Conflict;
use clearway_service::{Error, World};
use clearway_store::{account, licence};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, on_both_engines};
use crate::simulation::world::beside;

on_both_engines!(j02_a_code_speaks_for_nobody_but_the_person_that_it_was_sent_to);

/// Zhou, who is here for the first time: identity number, name, registered phone.
const ZHOU: (&str, &str, &str) = ("420106198809100099", "周初来", "19900000008");

fn claim(driver: &Driver<'_>) {
    driver.post("/welcome", &json!({ "messages": true })).next();
    let (id_number, name, _) = ZHOU;
    driver.post("/identity", &json!({ "id_number": id_number, "name": name })).next();
}

fn newcomer(stack: &Stack) -> Driver<'_> {
    let mut driver = Driver::visitor(stack);
    driver.sign_in("demo-fresh", "/violations").next();
    "demo-fresh".clone_into(&mut driver.openid);
    driver
}

/// A code that is not the right one.
fn wrong(right: &str) -> Value {
    json!({ "code": if right == "000000" { "000001" } else { "000000" } })
}

#[test]
fn j02_licence_phone_and_own_vehicles_are_bound_with_one_code() {
    let stack = Stack::new(Engine::Sqlite);
    let zhou = newcomer(&stack);
    zhou.get("/violations").problem(403, "verify");
    assert_eq!(zhou.page("/violations").next(), "/identity");
    assert_eq!(zhou.page("/identity").next(), "/welcome", "first it is told what is read and why");
    claim(&zhou);
    let page = zhou.open("/identity");
    assert_eq!(text(&page, "/phone_tail"), "0008");
    let masked = text(&page, "/id_masked");
    assert!(masked.contains('*') && !masked.contains("19880910"), "{masked}");
    let code = stack.code_sent_to(ZHOU.2);
    assert_eq!(zhou.post("/identity/phone", &json!({ "code": code })).next(), "/violations");
    let home = zhou.home();
    assert_eq!(home["vehicles"][0]["plate"], "鄂AB0008", "{home}");
    assert_eq!(home["vehicles"][0]["foreign"], false);
    // A used code is no code.
    zhou.post("/identity/phone", &json!({ "code": code })).problem(422, "bad-field");
}

#[test]
fn j02_the_fifth_wrong_code_locks_with_a_clock_time() {
    let stack = Stack::new(Engine::Sqlite);
    let zhou = newcomer(&stack);
    claim(&zhou);
    let code = stack.code_sent_to(ZHOU.2);
    for _ in 0..4 {
        let problem = zhou.post("/identity/phone", &wrong(&code)).problem(422, "bad-field");
        assert_eq!(text(&problem, "/field/field"), "code");
    }
    let locked = zhou.post("/identity/phone", &wrong(&code)).problem(429, "locked");
    let until: Timestamp = text(&locked, "/again_at").parse().expect("an instant");
    // Locked means locked: the right code does not open it either, nor does a new claim.
    zhou.post("/identity/phone", &json!({ "code": code })).problem(429, "locked");
    let (id_number, name, _) = ZHOU;
    zhou.post("/identity", &json!({ "id_number": id_number, "name": name })).problem(429, "locked");
    let clock = civil(until);
    let clock = format!("{}:{:02}", clock.hour(), clock.minute());
    let page = zhou.page("/identity");
    assert!(page.body.contains(&clock), "the page says {clock}: {}", page.body);
    stack.pass(30 * 60);
    claim(&zhou);
    let code = stack.code_sent_to(ZHOU.2);
    assert_eq!(zhou.post("/identity/phone", &json!({ "code": code })).next(), "/violations");
}

#[test]
fn j02_a_code_is_too_old_after_five_minutes() {
    let stack = Stack::new(Engine::Sqlite);
    let zhou = newcomer(&stack);
    claim(&zhou);
    let code = stack.code_sent_to(ZHOU.2);
    stack.pass(301);
    zhou.post("/identity/phone", &json!({ "code": code })).problem(422, "bad-field");
    zhou.get("/violations").problem(403, "verify");
}

#[test]
fn j02_numbers_that_fail_their_check_are_told_so_and_ask_nobody() {
    let stack = Stack::new(Engine::Sqlite);
    let zhou = newcomer(&stack);
    zhou.post("/welcome", &json!({})).next();
    let asked = stack.calls_of("driver").len();
    for number in
        ["420106198809100098", "42010619880910", "420106198813100099", "四二零", "", "4201061988091000999"]
    {
        let answer = zhou.post("/identity", &json!({ "id_number": number, "name": "周初来" }));
        let problem = answer.problem(422, "bad-field");
        assert_eq!(text(&problem, "/field/field"), "id_number", "{number}");
        let told = problem["field"]["value"].as_str().unwrap_or_default();
        assert!(told.chars().count() <= 3, "an identity number is not said back: {problem}");
    }
    assert_eq!(stack.calls_of("driver").len(), asked);
    // Seven of those lock nobody out: only the platform's "not the same person" counts as a try.
    let problem =
        zhou.post("/identity", &json!({ "id_number": ZHOU.0, "name": "周别人" })).problem(422, "bad-field");
    assert_eq!(text(&problem, "/field/field"), "name");
    // Full width and lower case are read as what they mean.
    let wide: String =
        ZHOU.0.chars().map(|digit| char::from_u32(digit as u32 + 0xFEE0).expect("a digit")).collect();
    zhou.post("/identity", &json!({ "id_number": wide, "name": ZHOU.1 })).next();
    assert_eq!(stack.code_sent_to(ZHOU.2).len(), 6);
}

#[test]
fn j02_a_licence_belongs_to_one_account() {
    let stack = Stack::new(Engine::Sqlite);
    let first =
        stack.city.accounts.iter().find(|account| account.openid == "demo-bound-first").expect("Kong");
    let id_number = first.id_number.clone().expect("a number");
    let late = Driver::visitor(&stack);
    late.sign_in("demo-bound-elsewhere", "/violations").next();
    late.post("/welcome", &json!({})).next();
    let answer = late.post("/identity", &json!({ "id_number": id_number, "name": "孔先绑" }));
    answer.problem(409, "bound-already");
    late.get("/violations").problem(403, "verify");
}

#[test]
fn j02_a_silent_platform_counts_no_try() {
    let stack = Stack::new(Engine::Sqlite);
    let zhou = newcomer(&stack);
    zhou.post("/welcome", &json!({})).next();
    stack.fault("driver", "http500", 6);
    for _ in 0..6 {
        let answer = zhou.post("/identity", &json!({ "id_number": ZHOU.0, "name": ZHOU.1 }));
        answer.problem(503, "unavailable");
    }
    claim(&zhou);
}

/// A clock at whose first tick something else happens: between the look at the account and everything after it.
struct Between {
    clock: Arc<dyn Clock>,
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Clock for Between {
    fn now(&self) -> Timestamp {
        let act = self.act.lock().expect("the act").take();
        act.into_iter().for_each(|act| act());
        self.clock.now()
    }
}

/// Zhou claims the own licence, and enters its code at the very moment at which a second request claims somebody else's.
fn j02_a_code_speaks_for_nobody_but_the_person_that_it_was_sent_to(engine: Engine) {
    let stack = Stack::new(engine);
    let zhou = newcomer(&stack);
    claim(&zhou);
    let code = stack.code_sent_to(ZHOU.2);
    let bound = |id: &str| stack.city.accounts.iter().any(|one| one.id_number.as_deref() == Some(id));
    let victim = stack.city.drivers.iter().find(|one| !bound(&one.id_number)).expect("nobody's account");
    let who = Who { driver: stack.world.driver_of("demo-fresh") };
    let second: Box<dyn FnOnce() + Send> = {
        let (world, who, victim) = (Arc::clone(&stack.world), who.clone(), victim.clone());
        Box::new(move || {
            identity::claim(&world, &who, &victim.id_number, &victim.name).expect("claimed");
        })
    };
    let world = World {
        clock: Arc::new(Between { clock: stack.world.clock.clone(), act: Mutex::new(Some(second)) }),
        ..beside(&stack.world, stack.world.db.clone())
    };
    let refused = identity::verify(&world, &who, &code);
    assert!(matches!(refused, Err(Error::Conflict(Conflict::CaseMoved))), "{refused:?}");
    let (found, holders) = stack
        .world
        .db
        .read(|tx| {
            let holders = [ZHOU.0, &victim.id_number].map(|id| licence::holder(tx, id));
            Ok::<_, Error>((account::find(tx, &who.driver)?.expect("an account"), holders))
        })
        .expect("read");
    assert_eq!(found.id_number.as_deref(), Some(victim.id_number.as_str()));
    assert_eq!((found.verified_at_ms, holders), (None, [Ok(None), Ok(None)]));
    // Neither the code that was used nor a fresh one of the first person opens the second one's file.
    zhou.post("/identity/phone", &json!({ "code": code })).problem(422, "bad-field");
    zhou.get("/violations").problem(403, "verify");
    // And who claims the own licence again and has its code is that person, once.
    claim(&zhou);
    let code = stack.code_sent_to(ZHOU.2);
    assert_eq!(zhou.post("/identity/phone", &json!({ "code": code })).next(), "/violations");
}
