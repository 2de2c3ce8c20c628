//! One caller who asks far too much, by account or by network address: refused in words, and nobody else waits or is refused.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

use clearway_service::citizen::sign_in;
use clearway_store::session;
use clearway_web::callers::Terms;
use clearway_web::door::Limits;
use reqwest::blocking::{Client, Response};
use reqwest::header::{AUTHORIZATION, REFRESH, RETRY_AFTER};
use serde_json::json;

use super::super::driver::Driver;
use super::super::stack::{Engine, OPERATOR_TOKEN, Stack};

/// Requests a second of one caller here; ten times as many at once.
const EACH: u32 = 6;
const AT_ONCE: usize = 60;

/// A world in which a caller may ask for little.
fn strict() -> Stack {
    let each = NonZeroU32::new(EACH).expect("not zero");
    Stack::behind(Terms { per_account: each, per_address: each, ..Terms::default() }, Limits::default())
}

/// A program at another address of this machine: no proxy of the operator, so it counts for itself.
#[expect(clippy::disallowed_methods, reason = "a program that is not ours")]
fn at(address: [u8; 4]) -> Client {
    let builder = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.local_address(IpAddr::from(address)).build().expect("a program")
}

fn look(client: &Client, stack: &Stack, path: &str) -> Response {
    let request = client.get(format!("{}{path}", stack.url)).header("accept", "text/html");
    request.send().expect("an answer")
}

fn seconds(answer: &Response, name: reqwest::header::HeaderName) -> u64 {
    answer.headers()[name].to_str().expect("text").parse().expect("seconds")
}

#[test]
fn an_address_that_floods_is_refused_in_words_and_nobody_else_is() {
    let stack = strict();
    let flood = at([127, 0, 0, 2]);
    let answers: Vec<Response> = (0..4 * AT_ONCE).map(|_| look(&flood, &stack, "/sign-in")).collect();
    let served = answers.iter().filter(|answer| answer.status() == 200).count();
    assert!((AT_ONCE..2 * AT_ONCE).contains(&served), "{served}");
    let refused = answers.into_iter().next_back().expect("the last");
    assert_eq!(refused.status(), 429);
    // The page opens by itself when there is room again: a second or two.
    assert!((1..=2).contains(&seconds(&refused, RETRY_AFTER)));
    assert_eq!(seconds(&refused, REFRESH), seconds(&refused, RETRY_AFTER));
    let words = refused.text().expect("a page");
    assert!(words.contains("这个网络里同时来的人太多") && words.contains("换用手机流量"), "{words}");
    // A neighbour at another address, and a driver who signed in behind the very same one.
    assert_eq!(look(&at([127, 0, 0, 3]), &stack, "/sign-in").status(), 200);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let session = ruan.cookie_value("cw_session").expect("signed in");
    let home = flood.get(ruan.url("/violations")).header("cookie", format!("cw_session={session}"));
    assert_eq!(home.header("accept", "application/json").send().expect("an answer").status(), 200);
    let figures = ruan.client().get(ruan.url("/metrics"));
    let figures = ruan.send("/metrics", figures.header(AUTHORIZATION, format!("Bearer {OPERATOR_TOKEN}")));
    let told = figures.body.lines().find_map(|line| line.strip_prefix("clearway_requests_refused_total "));
    let told: usize = told.expect("a figure").parse().expect("a number");
    assert_eq!(told, 4 * AT_ONCE - served);
    // A few seconds later there is room.
    thread::sleep(Duration::from_secs(1));
    assert_eq!(look(&flood, &stack, "/sign-in").status(), 200);
}

#[test]
fn a_session_that_floods_is_refused_in_words_loses_nothing_and_harms_nobody() {
    let stack = strict();
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let refused = (0..4 * AT_ONCE).map(|_| zhang.get("/violations")).find(|answer| answer.status != 200);
    let problem = refused.expect("too many at some point").problem(429, "too-many");
    assert!(problem["again_at"].is_string(), "{problem}");
    // Room for one comes back every sixth of a second, so one of a few is refused, and one of twice a burst would not be.
    let refused = |path: &str| {
        let mut answers = (0..AT_ONCE / 2).map(|_| zhang.post(path, &json!({})));
        answers.find(|answer| answer.status == 429).expect("refused").problem(429, "too-many")
    };
    assert_eq!(refused("/quotes")["money"], "not_charged", "a quote takes no money");
    assert_eq!(
        refused("/orders")["money"],
        json!(null),
        "nobody has looked whether it was accepted and paid before"
    );
    // The same person on another way in is the same person.
    let session = zhang.cookie_value("cw_session").expect("signed in");
    let elsewhere = at([127, 0, 0, 2]);
    let refused = (0..AT_ONCE / 2).any(|_| {
        let look = elsewhere.get(zhang.url("/violations")).header("cookie", format!("cw_session={session}"));
        look.send().expect("an answer").status() == 429
    });
    assert!(refused);
    assert_eq!(ruan.get("/violations").status, 200);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(zhang.get("/violations").status, 200, "still signed in");
}

#[test]
fn made_up_sessions_count_for_the_address_they_come_from() {
    let stack = strict();
    let flood = at([127, 0, 0, 2]);
    let driver = stack.world.driver_of("demo-pay-one");
    let refused = (0..4 * AT_ONCE).filter(|n| {
        let cookie = format!("cw_session={driver}.made-up-{n}.0123456789abcdef01234567");
        let request = flood.get(format!("{}/violations", stack.url)).header("cookie", cookie);
        request.send().expect("an answer").status() == 429
    });
    assert!(refused.count() > 2 * AT_ONCE);
    // And not for the driver whose name they bear.
    assert_eq!(Driver::at_home(&stack, "demo-pay-one").get("/violations").status, 200);
}

#[test]
fn a_seal_is_worth_nothing_on_another_cookie() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let cookie = ruan.cookie_value("cw_session").expect("signed in");
    let driver = stack.world.driver_of("demo-pay-one");
    let sealed = |cookie: &str| sign_in::sealed(&stack.world, cookie);
    assert_eq!(sealed(&cookie), u128::from_str_radix(&driver, 16).ok());
    let [of, token, seal] = cookie.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts: {cookie}")
    };
    let other = stack.world.driver_of("demo-zhang-first");
    for forged in [
        format!("{other}.{token}.{seal}"),
        format!("{of}.{token}x.{seal}"),
        format!("{of}.{token}.{}", seal.chars().rev().collect::<String>()),
        format!("{of}.{token}."),
        format!("{of}.{token}"),
        format!("{of}.{seal}"),
        String::new(),
        "...".to_owned(),
    ] {
        assert_eq!(sealed(&forged), None, "{forged}");
    }
}

#[test]
fn a_session_of_an_earlier_build_has_no_seal_and_goes_on() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let driver = stack.world.driver_of("demo-pay-one");
    let hash = stack.world.keyed("session", "an-older-token");
    let now = stack.world.now().as_millisecond();
    let opened = stack.world.db.write(|tx| session::open(tx, &driver, &hash, now, now + 60_000));
    opened.expect("a session");
    ruan.cookie("cw_session", Some(&format!("{driver}.an-older-token")));
    assert_eq!(ruan.get("/violations").status, 200);
}
