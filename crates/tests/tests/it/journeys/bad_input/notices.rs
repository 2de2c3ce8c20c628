//! Payment notices that must not be believed, through the real callback: refused or parked, and nothing changes.

use reqwest::blocking::Client;
use serde_json::{Value, json};

use clearway_service::officer::clear::clear;
use clearway_store::{finding, inbox};

use super::super::books;
use super::super::driver::{Driver, FORM, text};
use super::super::stack::{Engine, Stack, client, on_both_engines};

#[test]
fn a_callback_that_marks_fines_paid_without_a_signature_is_refused() {
    // The callback of a public project took exactly this as "paid" (protocols.md §3.6): no signature is looked at, no
    // sum, no owner. By GET and by POST, and the same in the forms of other rails.
    let stack = Stack::new(Engine::Sqlite);
    let till = Till::new(&stack);
    let before = books::standing(&stack);
    let (http, url) = (client(), format!("{}/callbacks/wechat-pay", stack.url));
    let number = &till.number;
    let known_bad = format!("jylx=01&status=0000&time=20200405100000&ddbh={number}&sign=0");
    let got = http.get(format!("{url}?{known_bad}")).send().expect("answered").status().as_u16();
    assert!((400..500).contains(&got), "GET: {got}");
    till.is_still_confirming(&before, &json!("GET"));
    for (kind, body) in [
        (FORM, known_bad),
        ("application/json", json!({ "out_trade_no": number, "trade_state": "SUCCESS" }).to_string()),
        ("application/x-www-form-urlencoded", format!("out_trade_no={number}&result=SUCCESS&total=20000")),
        (
            "text/xml",
            format!("<xml><out_trade_no>{number}</out_trade_no><result_code>SUCCESS</result_code></xml>"),
        ),
        ("application/json", String::new()),
        ("application/json", "x".repeat(60_000)),
    ] {
        let status = post(&http, &url, kind, body.clone().into_bytes());
        assert!(
            (400..500).contains(&status),
            "{kind} {}: {status}",
            body.chars().take(60).collect::<String>()
        );
        till.is_still_confirming(&before, &json!(kind));
    }
    // Neither does a request to the page's own addresses make a payment.
    assert_eq!(till.ruan.open(&till.path)["money"], "confirming");
    books::right(&stack);
}

on_both_engines!(
    notices_that_do_not_fit_change_nothing,
    honest_signatures_over_other_facts_are_parked,
    money_that_went_back_before_it_was_told_decides_nothing,
    another_sum_on_a_closed_order_keeps_its_violation_until_somebody_has_looked,
);

struct Till<'a> {
    stack: &'a Stack,
    ruan: Driver<'a>,
    number: String,
    path: String,
}

impl<'a> Till<'a> {
    fn new(stack: &'a Stack) -> Till<'a> {
        let ruan = Driver::at_home(stack, "demo-pay-one");
        let order = ruan.order(&ruan.quote(&["4201000000000177"]));
        let order = ruan.hand_over(&order);
        let path = format!("/orders/{}", text(&order, "/id"));
        Till { stack, ruan, number: text(&order, "/number").to_owned(), path }
    }

    fn send(&self, mut twist: Value) -> u64 {
        if twist["out_trade_no"].is_null() {
            twist["out_trade_no"] = json!(self.number);
        }
        self.stack.control("notify", &twist)["statuses"][0].as_u64().expect("a status")
    }

    fn is_still_confirming(&self, before: &books::Standing, twist: &Value) {
        assert_eq!(books::standing(self.stack), *before, "{twist}");
        assert_eq!(self.ruan.open(&self.path)["money"], "confirming", "{twist}");
    }
}

fn notices_that_do_not_fit_change_nothing(engine: Engine) {
    let stack = Stack::new(engine);
    let till = Till::new(&stack);
    let before = books::standing(&stack);
    for twist in [
        json!({ "tampered": true }),
        json!({ "signature": "wrong_key" }),
        json!({ "signature": "probe" }),
        json!({ "signature": "missing" }),
        json!({ "serial": "0123456789ABCDEF" }),
        json!({ "serial": "PUB_KEY_ID_9999" }),
        json!({ "timestamp_shift": -320 }),
        json!({ "timestamp_shift": 320 }),
        json!({ "envelope": { "/resource/algorithm": "AES-128-CBC" } }),
        json!({ "envelope": { "/resource/associated_data": "other" } }),
        json!({ "envelope": { "/resource/ciphertext": "bm90IGEgY2lwaGVydGV4dA==" } }),
        json!({ "trade": { "/mchid": "1900000000" } }),
        json!({ "trade": { "/appid": "wx0000000000000000" } }),
        json!({ "trade": { "/amount/currency": "USD" } }),
        json!({ "trade": { "/amount/total": "20000" } }),
        json!({ "trade": { "/amount/total": 200.5 } }),
    ] {
        let status = till.send(twist.clone());
        assert!((400..500).contains(&status), "{twist} was answered {status}");
        till.is_still_confirming(&before, &twist);
    }
    // Eight of them were genuinely signed: the rail said something about money that nobody here can use, so a person is told,
    // and the notice is kept as it came. Of what anybody could have sent nothing is kept.
    let unreadable = findings_of(&stack, "notice-unreadable");
    assert_eq!(unreadable.len(), 8, "{unreadable:?}");
    let waiting = stack.world.db.read(|tx| inbox::waiting(tx, i64::MAX, 100)).expect("the inbox");
    assert_eq!(waiting.len(), 8, "{waiting:?}");
    for finding in &unreadable {
        assert!(waiting.iter().any(|kept| kept.dedupe_key == finding.subject), "{finding:?}");
        assert!(finding.detail.contains("said"), "{finding:?}");
    }
    books::right(&stack);
    // The honest one is taken afterwards all the same.
    assert_eq!(till.send(json!({})), 204);
    till.ruan.until(&till.path, "/word", &json!("done"));
    books::right(&stack);
}

fn honest_signatures_over_other_facts_are_parked(engine: Engine) {
    let stack = Stack::new(engine);
    let till = Till::new(&stack);
    let mut before = books::standing(&stack);
    for twist in [
        json!({ "trade": { "/amount/total": 1, "/amount/payer_total": 1 } }),
        json!({ "trade": { "/amount/total": 19_999, "/amount/payer_total": 19_999 } }),
        json!({ "trade": { "/amount/total": 20_001, "/amount/payer_total": 20_001 } }),
        json!({ "trade": { "/amount/total": -20_000 } }),
        json!({ "trade": { "/trade_state": "NOTPAY" } }),
        json!({ "trade": { "/trade_state": "USERPAYING" } }),
        json!({ "out_trade_no": "no-such-order", "notify_url": format!("{}/callbacks/wechat-pay", stack.url) }),
    ] {
        let status = till.send(twist.clone());
        assert!(status < 500, "{twist} was answered {status}: the rail would send it for ever");
        // Another sum than ours: money may have moved, so nobody is told to pay again; nothing else changes.
        if twist["trade"]["/amount/total"].as_i64().is_some_and(|fen| fen > 0) {
            before.orders.iter_mut().for_each(|(_, state)| "unknown".clone_into(state));
        }
        till.is_still_confirming(&before, &twist);
    }
    assert_eq!(findings_of(&stack, "notice-unreadable").len(), 1, "a sum below nothing");
    let findings = stack.world.db.read(|tx| finding::open(tx, 100)).expect("findings");
    let kinds: Vec<&str> = findings.iter().map(|finding| finding.kind.as_str()).collect();
    assert_eq!(kinds.len(), 3, "a person is told once of the sum and once of the order: {kinds:?}");
    assert!(kinds.contains(&"amount-differs") && kinds.contains(&"unknown-order"), "{kinds:?}");
    let strange = findings.iter().find(|finding| finding.kind == "unknown-order").expect("seen above");
    assert!(
        strange.detail.contains("\"order\":\"no-such-order\""),
        "by which it can be looked for: {strange:?}"
    );
    // What was parked is kept for a person, with its raw bytes.
    let waiting = stack.world.db.read(|tx| inbox::waiting(tx, i64::MAX, 100)).expect("the inbox");
    assert_eq!(waiting.len(), 2, "what names another order, or no sum, waits for a person: {waiting:?}");
    books::right(&stack);
}

fn findings_of(stack: &Stack, kind: &str) -> Vec<finding::Finding> {
    let open = stack.world.db.read(|tx| finding::open(tx, 100)).expect("findings");
    open.into_iter().filter(|finding| finding.kind == kind).collect()
}

/// The first that the rail says of the money is that it went back already, by a hand in the merchant's console: it is not
/// taken for a payment that decides something.
fn money_that_went_back_before_it_was_told_decides_nothing(engine: Engine) {
    let stack = Stack::new(engine);
    let till = Till::new(&stack);
    assert_eq!(till.send(json!({ "trade": { "/trade_state": "REFUND" } })), 204);
    let shown = till.ruan.until(&till.path, "/word", &json!("manual"));
    assert_eq!(shown["money"], "charged", "{shown}");
    let findings = findings_of(&stack, "paid-not-decided");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].detail.contains("went back"), "{findings:?}");
    assert!(stack.calls_of("decide").is_empty(), "nothing is decided");
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000, "the arrival is booked");
    books::right(&stack);
}

/// Money may have moved on an order that is closed here: nobody is let pay again before a person has looked.
fn another_sum_on_a_closed_order_keeps_its_violation_until_somebody_has_looked(engine: Engine) {
    let stack = Stack::new(engine);
    let till = Till::new(&stack);
    till.ruan.post(&format!("{}/cancel", till.path), &json!({}));
    assert_eq!(till.ruan.open(&till.path)["money"], "not_charged");
    let again = till.ruan.quote(&["4201000000000177"]);
    till.send(json!({ "trade": { "/amount/total": 19_999, "/amount/payer_total": 19_999 } }));
    stack.settle();
    assert_eq!(till.ruan.open(&till.path)["money"], "confirming");
    let asked = || stack.calls_of("query").len() >= 2;
    for _ in 0..200 {
        if asked() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    assert!(asked(), "the rail is asked what it has");
    let accepted = till.ruan.accept(&again);
    assert_eq!(accepted.status, 409, "an older quote makes no second order: {}", accepted.body);
    assert!(accepted.body.contains("\"money\":\"confirming\""), "as on the order's page: {}", accepted.body);
    let asked = till.ruan.post("/quotes", &json!({ "violation": ["4201000000000177"] }));
    let told = if asked.status == 303 { till.ruan.follow(asked).to_string() } else { asked.body };
    assert!(told.contains("P_PENDING"), "{told}");
    // A person has looked: the rail has nothing, and the violation can be paid again.
    let finding = format!("amount-differs:{}", till.number);
    let world = &stack.world;
    assert!(clear(world, "amount-differs:nothing", "王警官", "对账单里没有").is_err());
    assert!(clear(world, &finding, "王警官", "").is_err(), "a reason is needed");
    clear(world, &finding, "王警官", "对账单里没有这笔钱").expect("cleared");
    assert!(clear(world, &finding, "王警官", "对账单里没有这笔钱").is_err(), "once");
    assert_eq!(till.ruan.open(&till.path)["money"], "not_charged");
    let order = till.ruan.order(&till.ruan.quote(&["4201000000000177"]));
    assert_eq!(till.ruan.pay(&order)["money"], "charged");
    stack.settle();
    books::right(&stack);
}

fn post(http: &Client, url: &str, kind: &str, body: Vec<u8>) -> u16 {
    let sent = http.post(url).header("content-type", kind).body(body).send();
    sent.expect("answered").status().as_u16()
}

#[test]
fn pushed_messages_that_nobody_signed_are_refused() {
    let stack = Stack::new(Engine::Sqlite);
    let (http, url) = (client(), format!("{}/callbacks/wechat", stack.url));
    let push = "<xml><FromUserName><![CDATA[x]]></FromUserName><MsgType>event</MsgType></xml>";
    for query in [
        "",
        "?signature=&timestamp=&nonce=",
        "?signature=00&timestamp=1&nonce=n&encrypt_type=aes&msg_signature=0",
    ] {
        let status = post(&http, &format!("{url}{query}"), "text/xml", push.as_bytes().to_vec());
        assert!((400..500).contains(&status), "{query}: {status}");
    }
    let reply = stack.control(
        "wechat/event",
        &json!({ "openid": "demo-clean", "event": "subscribe", "timestamp_shift": -4000 }),
    );
    assert!(reply["status"] == 403 || reply["status"] == 200, "{reply}");
}
