//! J3, J4, J13: 我的违法 at once, while both programmes are verified in the background.

use clearway_service::admission::STREAMS_MAX;
use serde_json::{Value, json};

use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(j03_the_page_and_the_look_at_its_checks_agree);

/// Ruan's only violation.
const SERIAL: &str = "4201000000000177";

fn states(home: &Value) -> [&str; 2] {
    [text(home, "/tiles/0/state"), text(home, "/tiles/1/state")]
}

#[test]
fn j03_the_list_does_not_wait_for_the_checks_and_neither_does_paying() {
    let stack = Stack::new(Engine::Sqlite);
    // Asked together with the others it is given up after a second, and then it is asked by itself.
    stack.fault("driver_file", "late:4500", 2);
    let ruan = Driver::enter(&stack, "demo-pay-one");
    let home = ruan.open("/violations");
    assert_eq!((number(&home, "/checks/total"), &home["checks"]["finished"]), (4, &json!(false)), "{home}");
    assert_eq!(states(&home), ["checking", "checking"]);
    assert_eq!(home["groups"][0]["cards"][0]["id"], SERIAL, "the violation is there at once");
    let three = ruan.until("/violations/checks", "/done", &json!(3));
    assert_eq!(three["finished"], false, "three of four, as they really are: {three}");
    assert_eq!(
        (number(&three, "/again_ms"), &three["slow"]),
        (2_000, &json!(false)),
        "it may come any moment"
    );
    let order = ruan.order(&ruan.quote(&[SERIAL]));
    assert_eq!(
        ruan.open("/violations/checks")["finished"],
        false,
        "the order was made while checks were out"
    );
    assert_eq!(ruan.pay(&order)["money"], "charged");
    let home = ruan.home();
    assert!(!states(&home).contains(&"checking"), "{home}");
    assert_eq!(number(&home, "/checks/again_ms"), 0, "there is nothing to look for again");
}

/// They read different things: a page that found another version at each look would load itself again and again.
fn j03_the_page_and_the_look_at_its_checks_agree(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let version = || {
        ruan.home();
        stack.settle();
        let (page, look) = (ruan.open("/violations")["checks"].clone(), ruan.open("/violations/checks"));
        assert_eq!(page, look);
        text(&look, "/version").to_owned()
    };
    let before = version();
    let order = ruan.order(&ruan.quote(&[SERIAL]));
    let placed = version();
    assert_ne!(placed, before, "a case and an order more");
    ruan.pay(&order);
    assert_ne!(version(), placed, "both have moved");
}

#[test]
fn j03_whoever_waits_for_long_is_told_so_and_looks_rarely() {
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("driver_file", "late:4500", 2);
    let ruan = Driver::enter(&stack, "demo-pay-one");
    let pause = |seconds| {
        stack.pass(seconds);
        let checks = ruan.open("/violations/checks");
        assert_eq!(checks["finished"], false, "{checks}");
        (number(&checks, "/again_ms"), checks["slow"] == true)
    };
    ruan.open("/violations");
    let (soon, slow) = pause(0);
    assert_eq!((soon, slow), (2_000, false));
    let (later, slow) = pause(9);
    assert!(
        (4_500..=6_000).contains(&later) && slow,
        "half of what was waited, and the page says so: {later}"
    );
    assert_eq!(pause(40), (10_000, true), "nobody learns of an answer later than that");
}

#[test]
fn j03_the_counts_come_as_events_until_all_have_ended() {
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("driver_file", "late:900", 1);
    let ruan = Driver::enter(&stack, "demo-pay-one");
    let events = ruan.get("/violations/events");
    assert_eq!((events.status, events.kind.as_str()), (200, "text/event-stream"));
    let last =
        events.body.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().expect("an event");
    let last: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!((number(&last, "/done"), &last["finished"]), (4, &json!(true)), "{}", events.body);
    Driver::visitor(&stack).get("/violations/events").problem(401, "sign-in");
}

#[test]
fn j03_where_no_stream_is_free_the_page_asks_by_itself() {
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("driver_file", "late:4500", 2);
    let ruan = Driver::enter(&stack, "demo-pay-one");
    let offers = || ruan.page("/violations").body.contains("data-events");
    assert!(offers(), "a stream is the soonest while the answer may come any moment");
    let streams = &stack.world.admission.streams;
    let taken = (0..).take_while(|_| streams.take()).count();
    assert_eq!(taken, STREAMS_MAX);
    assert!(!offers(), "the page asks by itself");
    assert_eq!(ruan.get("/violations/events").status, 204, "which tells a browser to leave it at that");
    assert_eq!(ruan.open("/violations/checks")["finished"], false, "asking is answered all the same");
    streams.give_back();
    assert!(offers());
    assert_eq!(ruan.get("/violations/events").status, 200);
    assert!(streams.take(), "the place is free again when the stream is over");
}

#[test]
fn j03_a_stream_ends_when_the_answer_takes_longer_and_says_when_to_look() {
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("driver_file", "late:4500", 2);
    let ruan = Driver::enter(&stack, "demo-pay-one");
    ruan.open("/violations");
    stack.pass(20);
    let events = ruan.get("/violations/events");
    let told: Vec<Value> = events
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|event| serde_json::from_str(event).expect("JSON"))
        .collect();
    let [last] = told.as_slice() else { panic!("one event: {}", events.body) };
    assert_eq!((&last["finished"], &last["events"]), (&json!(false), &json!(false)), "{last}");
    assert!(number(last, "/again_ms") >= 10_000, "{last}");
    assert!(stack.world.admission.streams.have_room());
}

#[test]
fn j03_could_not_check_is_never_a_refusal() {
    // Every other nonsense is in `bad_input/platform.rs`.
    for fault in ["http500", "html"] {
        could_not_check(fault);
    }
}

fn could_not_check(fault: &str) {
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("driver_file", fault, 8);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let home = zhang.home();
    assert_eq!(number(&home, "/checks/failed"), 1, "{fault}: {home}");
    assert_eq!(states(&home)[0], "unknown", "{fault}: {home}");
    let reasons = zhang.open("/programmes/first/reasons");
    let all = reasons["reasons"].as_array().expect("reasons");
    assert!(!all.is_empty() && all.iter().all(|reason| reason["unknown"] == true), "{fault}: {reasons}");
    assert!(reasons["retry"].is_string(), "it can be asked again: {reasons}");
    // What could not be checked cannot be used either, and paying goes on.
    let ask = json!({ "violation": "4201000000000001", "programme": "first" });
    let refused = zhang.post("/cases", &ask);
    assert_eq!(refused.status, 409, "{fault}: {}", refused.body);
    assert_eq!(zhang.card("4201000000000001").expect("listed")["payable"], true, "{fault}");
    // Asked again, it is there.
    stack.control_delete("faults");
    zhang.post("/violations/checks", &json!({})).next();
    zhang.until("/violations", "/checks/failed", &json!(0));
    assert_eq!(states(&zhang.home())[0], "usable", "{fault}");
}

/// Nothing found is only said of what was looked for.
#[test]
fn j03_no_violations_is_only_said_after_an_answer() {
    let (none, looking, failed) =
        ("名下车辆没有未处理的违法", "正在查名下车辆的违法", "名下车辆的违法没查成，不代表没有违法");
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("vehicle", "late:1500", 1);
    let zheng = Driver::enter(&stack, "demo-clean");
    let page = zheng.page("/violations").body;
    assert!(page.contains(looking) && !page.contains(none), "{page}");
    assert!(zheng.open("/violations")["as_of"].is_null(), "nothing was read yet");
    zheng.home();
    let page = zheng.page("/violations").body;
    assert!(page.contains(none) && !page.contains(looking), "{page}");
    assert!(zheng.home()["as_of"].is_string());
    // Asked again in vain: what was found before may have changed, and the failure's time is not the data's.
    for call in ["vehicle", "records", "decisions"] {
        stack.fault(call, "http500", 20);
    }
    stack.refresh("demo-clean");
    let page = zheng.page("/violations").body;
    assert!(page.contains(failed) && !page.contains(none), "{page}");
    assert!(page.contains("action=\"/violations/checks\"") && !page.contains("数据时间"), "{page}");
    let home = zheng.home();
    let vehicle = zheng.page(text(&home, "/vehicles/0/href")).body;
    assert!(vehicle.contains(failed), "{vehicle}");
}

#[test]
fn j03_what_the_platform_does_not_say_is_unknown_and_not_no() {
    let stack = Stack::new(Engine::Sqlite);
    for (openid, state) in [("demo-unknown-fact", "unknown"), ("demo-file-down", "unknown")] {
        let driver = Driver::at_home(&stack, openid);
        assert_eq!(states(&driver.home())[0], state, "{openid}");
    }
    // A letter that is in no table of licence states is not read as "normal".
    let xie = Driver::at_home(&stack, "demo-unknown-letter");
    let home = xie.home();
    assert_ne!(states(&home)[0], "usable", "{home}");
    let card = &home["groups"][0]["cards"][0];
    let reasons = xie.open(&format!("/violations/{}/reasons", text(card, "/id")));
    let unknown =
        reasons["reasons"].as_array().expect("reasons").iter().find(|reason| reason["unknown"] == true);
    assert_eq!(text(unknown.expect("one that could not be made"), "/code"), "SVC_CANNOT_DETERMINE");
}

#[test]
fn j03_five_states_have_a_page_each() {
    let stack = Stack::new(Engine::Sqlite);
    for (openid, state) in [
        ("demo-zhang-first", "usable"),
        ("demo-no-12123", "blocked"),
        ("demo-first-used", "used"),
        ("demo-upstream-down", "unknown"),
    ] {
        let driver = Driver::at_home(&stack, openid);
        assert_eq!(states(&driver.home())[0], state, "{openid}");
        let page = driver.page("/violations");
        assert!(page.status == 200 && page.body.contains("首违警告"), "{openid}");
    }
    stack.fault("driver_file", "late:1500", 1);
    let slow = Driver::enter(&stack, "demo-wang-both");
    assert_eq!(states(&slow.open("/violations"))[0], "checking");
}

#[test]
fn j04_a_vehicle_shows_each_violation_with_marks_due_date_and_one_best_way() {
    let stack = Stack::new(Engine::Sqlite);
    let zhao = Driver::at_home(&stack, "demo-zhao-nudge");
    let home = zhao.home();
    let page = zhao.open(text(&home, "/vehicles/0/href"));
    let cards = page["group"]["cards"].as_array().expect("cards");
    assert_eq!(cards.len(), 2, "{page}");
    let free = cards.iter().find(|card| card["id"] == "4201000000000005").expect("the one that can be free");
    assert_eq!(
        (text(free, "/route"), &free["free"], &free["marks"][0]),
        ("first", &json!(true), &json!("first"))
    );
    assert_eq!((number(free, "/fine_fen"), number(free, "/points")), (10_000, 2));
    assert_eq!(text(free, "/due/due_for"), "handle");
    let other = cards.iter().find(|card| card["id"] == "4201000000000006").expect("the other one");
    assert_eq!((text(other, "/route"), &other["payable"]), ("pay", &json!(true)));
    assert_eq!((number(&page, "/bar/payable"), number(&page, "/bar/free")), (1, 1), "{page}");
    zhao.get("/vehicles/02:鄂AB0001").problem(404, "not-found");
}

#[test]
fn j04_the_surcharge_so_far_is_said_on_the_card() {
    let stack = Stack::new(Engine::Sqlite);
    let lan = Driver::at_home(&stack, "demo-surcharge");
    let card = lan.card("4201000000000178").expect("listed");
    let late = -number(&card, "/due/days_left");
    assert!(late > 0, "{card}");
    // 3 % of 200 yuan a day, from the day after the due date.
    assert_eq!(number(&card, "/due/surcharge_fen"), (late * 600).min(20_000), "{card}");
    assert_eq!(number(&card, "/total_fen"), 20_000 + number(&card, "/due/surcharge_fen"));
}

#[test]
fn j13_the_first_screen_says_what_can_be_saved() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let home = zhang.home();
    assert_eq!((number(&home, "/total/fine_fen"), number(&home, "/total/points")), (10_000, 2), "{home}");
    let saving = &home["tiles"][0]["saving"];
    assert_eq!((text(saving, "/violation"), number(saving, "/fine_fen")), ("4201000000000001", 10_000));
    let zheng = Driver::at_home(&stack, "demo-clean");
    assert!(zheng.home()["total"].is_null(), "nothing is promised to who has nothing");
}
