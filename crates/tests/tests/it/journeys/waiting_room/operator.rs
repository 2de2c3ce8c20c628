//! The operator's view: figures with a token, the ceiling set live with a reason, the page in a terminal.

use clearway_service::admission::{Wait, ceiling, figures, node::Node};
use clearway_store::audit;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::super::driver::{Answer, Driver, number};
use super::super::stack::{Engine, OPERATOR_TOKEN, Stack, WATCHER_TOKEN};
use super::queue::queue_up;

fn with_token(driver: &Driver<'_>, path: &str, body: Option<&Value>) -> Answer {
    with(driver, OPERATOR_TOKEN, path, body)
}

fn with(driver: &Driver<'_>, token: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = match body {
        Some(body) => driver
            .client()
            .post(driver.url(path))
            .header("content-type", "application/json")
            .body(body.to_string()),
        None => driver.client().get(driver.url(path)),
    };
    driver.send(path, request.header(AUTHORIZATION, format!("Bearer {token}")))
}

#[test]
fn figures_are_for_operators_and_name_what_waits() {
    let stack = Stack::new(Engine::Sqlite);
    let visitor = Driver::visitor(&stack);
    assert_eq!(visitor.get("/metrics").status, 401);
    visitor.get("/officer/admission").problem(401, "token");
    let mut node = Node::new(&stack.world, "a");
    node.tick(&stack.world).expect("a tick");
    Driver::at_home(&stack, "demo-zhang-first");
    queue_up(&stack, 33);
    let text = with_token(&visitor, "/metrics", None);
    assert_eq!((text.status, text.kind.as_str()), (200, "text/plain"));
    for line in [
        "clearway_turns_waiting 33",
        "clearway_turns_drawn_total 33",
        "clearway_payments_unknown 0",
        "clearway_admission_ceiling 50",
        "clearway_node_share{node=\"a\"} 50.000",
        "clearway_store_failing 0",
        "clearway_step_seconds_count{step=\"GET /violations\"}",
        "clearway_jobs{kind=\"case.decide\"} 33",
    ] {
        assert!(text.body.contains(line), "{line} is not in\n{}", text.body);
    }
    // Every line is one that the format allows, and every family is explained.
    for line in text.body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        assert!(name.starts_with("clearway_") && value.parse::<f64>().is_ok(), "{line}");
    }
    let view = with_token(&visitor, "/officer/admission", None).json();
    assert_eq!((number(&view, "/waiting"), number(&view, "/ceiling")), (33, 50), "{view}");
    assert_eq!(view["nodes"][0]["share_milli"], 50_000);
}

#[test]
fn a_token_that_is_kept_to_the_figures_opens_nothing_else() {
    let stack = Stack::new(Engine::Sqlite);
    let prometheus = Driver::visitor(&stack);
    assert_eq!(with(&prometheus, WATCHER_TOKEN, "/metrics", None).status, 200);
    let ask = json!({ "ceiling": 3, "why": "令牌不该能做这件事" });
    for (path, body) in [
        ("/officer/admission", None),
        ("/officer/admission", Some(&ask)),
        ("/officer/reconciliation/2020-04-04", None),
        ("/officer/reconciliation/2020-04-04/signature", Some(&ask)),
    ] {
        with(&prometheus, WATCHER_TOKEN, path, body).problem(403, "token-kept");
    }
    assert_eq!(ceiling::read(&stack.world).expect("read").per_second, 50, "nothing was set");
}

#[test]
fn the_ceiling_is_set_live_with_a_reason_and_stands_in_the_audit() {
    let stack = Stack::new(Engine::Sqlite);
    let officer = Driver::visitor(&stack);
    let mut node = Node::new(&stack.world, "a");
    node.tick(&stack.world).expect("a tick");
    let set = |ceiling: u32, why: &str| {
        with_token(&officer, "/officer/admission", Some(&json!({ "ceiling": ceiling, "why": why })))
    };
    assert_eq!(number(&set(20, "平台变慢").json(), "/ceiling"), 20);
    for _ in 0..3 {
        node.tick(&stack.world).expect("a tick");
    }
    let pace = stack.world.authority.pace().expect("a pace");
    assert!(pace.rate() <= 20_000, "{}", pace.rate());
    // More than was agreed, no reason, no token: nothing changes.
    set(51, "想快一点").problem(422, "bad-field");
    set(10, "无").problem(422, "bad-field");
    officer.post("/officer/admission", &json!({ "ceiling": 1, "why": "没有令牌" })).problem(401, "token");
    let now = ceiling::read(&stack.world).expect("read");
    assert_eq!((now.per_second, now.agreed), (20, 50));
    let (by, why, _) = now.set.expect("set");
    assert_eq!((by.as_str(), why.as_str()), ("li.officer", "平台变慢"));
    // Paused: nothing goes out. And back.
    set(0, "平台维护").json();
    for _ in 0..3 {
        node.tick(&stack.world).expect("a tick");
    }
    assert_eq!(pace.rate(), 0);
    let chain = stack.world.db.read(|tx| audit::after(tx, "city", 0, 50)).expect("a chain");
    let deeds: Vec<&str> = chain
        .iter()
        .filter(|entry| entry.deed == "admission.ceiling")
        .map(|entry| entry.detail.as_str())
        .collect();
    assert_eq!(deeds.len(), 2, "{chain:?}");
    assert!(deeds[0].contains("\"from\":50") && deeds[0].contains("\"to\":20"), "{}", deeds[0]);
    assert_eq!(stack.world.db.read(|tx| audit::verify(tx, "city")).expect("read"), Ok(chain.len() as i64));
}

#[test]
fn the_page_in_the_terminal_says_how_old_its_figures_are() {
    let stack = Stack::new(Engine::Sqlite);
    let mut node = Node::new(&stack.world, "a");
    node.tick(&stack.world).expect("a tick");
    queue_up(&stack, 12);
    let seen = figures::all(&stack.world).expect("figures");
    let page = clearway::watch::page(&seen, None, stack.world.now());
    for words in [
        "waiting       12",
        "of 50 (agreed 50)",
        "not measured long enough",
        "unknown payments 0",
        "checks due 0, and 0 behind everybody",
        "node a",
        "s old",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    let later = stack.world.now() + jiff::SignedDuration::from_secs(60);
    let stale = clearway::watch::page(&seen, None, later);
    assert!(stale.contains("node a   no data for 6") && !stale.contains("share 50.0/s"), "{stale}");
    // Jobs are counted now and then, and nothing is wrong with it.
    for words in ["unknown payments 0   (counted 6", "behind everybody   (counted 6"] {
        assert!(stale.contains(words), "{words} is not in\n{stale}");
    }
}

#[test]
fn the_command_shows_and_sets_the_ceiling() {
    let stack = Stack::new(Engine::Sqlite);
    let run = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        clearway::admission::run(&stack.world, &words).map_err(|error| error.to_string())
    };
    assert_eq!(run(&[]), Ok(()));
    assert_eq!(run(&["--ceiling", "30", "--by", "王警官", "--reason", "平台变慢"]), Ok(()));
    assert_eq!(ceiling::read(&stack.world).expect("read").per_second, 30);
    for wrong in [
        &["--ceiling", "30"][..],
        &["--ceiling", "many", "--by", "王警官", "--reason", "平台变慢"],
        &["--ceiling", "500", "--by", "王警官", "--reason", "平台变慢"],
        &["--ceiling", "30", "--by", "王警官", "--reason", "无"],
        &["--reason", "平台变慢"],
        &["--faster"],
    ] {
        assert!(run(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(ceiling::read(&stack.world).expect("read").per_second, 30);
}

#[test]
fn while_nobody_is_let_through_it_is_nobodys_turn() {
    let hall = super::Hall::new();
    hall.come("first");
    assert_eq!((hall.seen().wait(0), hall.seen().is_queue(0)), (Wait::Turn, false));
    let set = |ceiling| ceiling::set(&hall.world, ceiling, "王警官", "平台维护").expect("set");
    set(0);
    hall.pass(2_000);
    assert_eq!((hall.seen().wait(0), hall.seen().is_queue(0)), (Wait::Unknown, true));
    set(50);
    hall.pass(2_000);
    assert_eq!((hall.seen().wait(0), hall.seen().is_queue(0)), (Wait::Turn, false));
}
