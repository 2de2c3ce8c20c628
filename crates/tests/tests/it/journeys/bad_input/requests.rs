//! Requests that no page of ours would send.

use serde_json::{Value, json};

use super::super::books;
use super::super::driver::{Driver, FORM, encoded, text};
use super::super::stack::{Engine, Stack};

const JSON: &str = "application/json";

#[test]
fn malformed_oversized_and_deep_bodies_are_refused() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let before = books::standing(&stack);
    for (body, status, slug) in [
        ("{\"violation\":[\"4201".to_owned(), 400, "unreadable"),
        ("null".to_owned(), 400, "unreadable"),
        ("[]".to_owned(), 400, "unreadable"),
        ("\"text\"".to_owned(), 400, "unreadable"),
        ("{\"violation\":[\"\u{0}\"]}".to_owned(), 400, "unreadable"),
        (format!("{}{}", "[".repeat(4000), "]".repeat(4000)), 400, "unreadable"),
        (format!("{{\"violation\":[\"{}\"]}}", "4".repeat(17_000)), 413, "too-large"),
        (format!("{{\"violation\":[\"{}\"]}}", "4".repeat(60_000)), 413, "too-large"),
    ] {
        for path in ["/quotes", "/orders", "/cases", "/identity", "/vehicles/bind"] {
            ruan.raw(path, JSON, body.clone().into_bytes()).problem(status, slug);
        }
    }
    ruan.raw("/quotes", JSON, vec![0xff, 0xfe, b'{', b'}']).problem(400, "unreadable");
    ruan.raw("/quotes", "application/xml", b"<quote/>".to_vec()).problem(403, "forged");
    assert_eq!(books::standing(&stack), before);
}

#[test]
fn unknown_missing_and_wrong_fields_are_named_with_what_came_and_what_to_send() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let before = books::standing(&stack);
    let good = json!({ "quote": "x", "total_fen": 1, "facts": true, "waiver": true });
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (path, body, field, why) in [
        ("/orders", with("colour", json!("red")), "colour", "unknown"),
        ("/orders", with("total_fen", json!("20000")), "total_fen", "type"),
        ("/orders", with("total_fen", json!(200.5)), "total_fen", "type"),
        ("/orders", with("total_fen", json!(-1)), "total_fen", "value"),
        ("/orders", with("total_fen", json!(1e30)), "total_fen", "type"),
        ("/orders", with("facts", json!("yes")), "facts", "type"),
        ("/orders", with("quote", json!(["x"])), "quote", "type"),
        ("/orders", with("quote", json!("")), "quote", "value"),
        ("/orders", json!({ "total_fen": 1 }), "quote", "missing"),
        ("/cases", json!({ "violation": "x", "programme": "third" }), "programme", "type"),
        ("/cases", json!({ "programme": "first" }), "violation", "missing"),
        ("/quotes", json!({ "violation": "one" }), "violation", "type"),
        ("/quotes", json!({ "violation": [] }), "violations", "value"),
        ("/quotes", json!({ "violation": vec!["4"; 51] }), "violation", "value"),
    ] {
        let answer = ruan.post(path, &body);
        let problem = answer.problem(422, "bad-field");
        assert_eq!(
            (text(&problem, "/field/field"), text(&problem, "/field/why")),
            (field, why),
            "{path} {body}"
        );
        assert!(problem["field"]["value"].is_string(), "{problem}");
        assert!(!text(&problem, "/field/fix").is_empty(), "{problem}");
    }
    assert_eq!(books::standing(&stack), before);
}

#[test]
fn a_form_without_its_token_or_from_another_site_does_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let before = books::standing(&stack);
    let violation = ("violation", "4201000000000177");
    ruan.raw("/quotes", FORM, encoded(&[violation]).into_bytes()).problem(403, "forged");
    ruan.raw("/quotes", FORM, encoded(&[violation, ("csrf", "")]).into_bytes()).problem(403, "forged");
    // Somebody else's token is no token.
    let page = zhang.page("/settings");
    let token =
        page.body.split("name=\"csrf\" value=\"").nth(1).expect("a form").split('"').next().expect("a token");
    ruan.raw("/quotes", FORM, encoded(&[violation, ("csrf", token)]).into_bytes()).problem(403, "forged");
    // Another site's page may send JSON or forms: its origin gives it away.
    for (header, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = ruan.client().post(ruan.url("/quotes")).header("accept", JSON).header(header, value);
        let body = json!({ "violation": [violation.1] }).to_string();
        ruan.send("/quotes", request.header("content-type", JSON).body(body)).problem(403, "forged");
    }
    // What a plain form of any site can send is not read as JSON.
    ruan.raw("/quotes", "text/plain", b"{\"violation\":[\"4201000000000177\"]}".to_vec())
        .problem(403, "forged");
    assert_eq!(books::standing(&stack), before);
    // The page's own form works.
    let sent = ruan.form("/violations", "/quotes", &[violation]);
    assert!(sent.next().starts_with("/quotes/"));
}

#[test]
fn addresses_and_methods_that_are_none_are_problems_too() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    ruan.get("/no/such/page").problem(404, "not-found");
    ruan.post("/violations", &json!({})).problem(405, "wrong-method");
    for path in ["/cases/%00/study", "/cases/%FF", "/violations/..%2F..%2Fetc", "/orders/%F0%28%8C%BC"] {
        let answer = ruan.get(path);
        assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        assert_eq!(answer.kind, "application/problem+json", "{path}: {}", answer.body);
    }
    for path in ["/cases/x/quiz?answered=300", "/violations/4201000000000177/start?programme=third"] {
        let answer = ruan.get(path);
        assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        assert_eq!(answer.kind, "application/problem+json", "{path}: {}", answer.body);
    }
    // People get a page, with the reference to quote.
    let page = ruan.page("/no/such/page");
    assert_eq!((page.status, page.kind.as_str()), (404, "text/html"));
    let api: Value = ruan.open("/openapi.json");
    assert!(text(&api, "/openapi").starts_with("3.1"));
}

#[test]
fn cookies_made_up_or_of_another_session_open_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let good = ruan.cookie_value("cw_session").expect("a session");
    let (driver, token) = good.split_once('.').expect("driver and token");
    let other = stack.world.driver_of("demo-zhang-first");
    let visitor = Driver::visitor(&stack);
    for made_up in [
        format!("{other}.{token}"),
        format!("{driver}.{}", token.to_uppercase()),
        format!("{driver}."),
        format!(".{token}"),
        "' or 1=1 --".to_owned(),
        "x".repeat(4000),
    ] {
        visitor.cookie("cw_session", Some(&made_up));
        visitor.get("/violations").problem(401, "sign-in");
    }
    // A session is over after a week.
    stack.set_clock("2020-04-12T10:00:05+08:00");
    ruan.get("/violations").problem(401, "sign-in");
}
