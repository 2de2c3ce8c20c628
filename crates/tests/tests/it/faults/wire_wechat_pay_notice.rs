//! WeChat Pay v3, the notices that we are sent: honest ones, and every kind that must not be believed.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{iter, thread};

use clearway_connect::payments::{
    Notice, NoticeFault, NoticeHeaders, PayConfig, Payments, TradeState, WeChatPay,
};
use clearway_domain::Fen;
use serde_json::{Value, json};

use super::stage::{Ear, Heard, Stage};
use super::wire_wechat_pay::{ask, merchant, pay_with};

type Opened = Arc<Mutex<Vec<Result<Notice, NoticeFault>>>>;

/// A placed order whose notices come to our ear and are opened there.
struct Till {
    stage: Stage,
    pay: Arc<WeChatPay>,
    ear: Ear,
    opened: Opened,
}

impl Till {
    fn new() -> Till {
        Till::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut PayConfig)) -> Till {
        let stage = Stage::new();
        let opened = Opened::default();
        let opener: Arc<Mutex<Option<Arc<WeChatPay>>>> = Arc::default();
        let (kept, client) = (Arc::clone(&opened), Arc::clone(&opener));
        let ear = Ear::new(move |heard: &Heard| {
            let headers = NoticeHeaders::from_lookup(|name| heard.header(name));
            let pay = client.lock().expect("no panic").clone()?;
            let notice = pay.open_notice(&headers, &heard.body);
            kept.lock().expect("no panic").push(notice.clone());
            notice.ok().map(|_| String::new())
        });
        let pay = Arc::new(pay_with(&stage, |config| {
            config.notify_url = format!("{}/notify", ear.url);
            change(config);
        }));
        *opener.lock().expect("no panic") = Some(Arc::clone(&pay));
        pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
        Till { stage, pay, ear, opened }
    }

    /// Sends a notice made to order and tells what came of it.
    fn notify(&self, mut twist: Value) -> Result<Notice, NoticeFault> {
        twist["out_trade_no"] = json!("ORDER-0001");
        self.stage.control("notify", &twist);
        self.opened.lock().expect("no panic").last().cloned().expect("a notice came")
    }

    fn trade(&self, changes: Value) -> Result<Notice, NoticeFault> {
        self.notify(json!({ "trade": changes }))
    }
}

#[test]
fn an_honest_notice_of_a_payment_opens() {
    let till = Till::new();
    till.stage.control("pay", &json!({ "order": "ORDER-0001", "action": "pay" }));
    let arrived = iter::repeat_with(|| thread::sleep(Duration::from_millis(50)))
        .take(100)
        .any(|()| !till.ear.heard().is_empty());
    assert!(arrived, "the notice comes by itself");
    thread::sleep(Duration::from_millis(100));
    let notice = till.opened.lock().expect("no panic")[0].clone().expect("opened");
    assert_eq!(notice.event, "TRANSACTION.SUCCESS");
    assert_eq!(
        (notice.trade().expect("an order").out_trade_no.as_str(), notice.trade().expect("an order").total),
        ("ORDER-0001", Some(Fen(10_000)))
    );
    assert_eq!(notice.trade().expect("an order").payer, Some(ask(&till.stage, "x").payer));
}

#[test]
fn signatures_that_do_not_fit_are_refused_before_anything_is_read() {
    let till = Till::new();
    assert_eq!(till.notify(json!({ "tampered": true })), Err(NoticeFault::Signature));
    assert_eq!(till.notify(json!({ "signature": "wrong_key" })), Err(NoticeFault::Signature));
    assert_eq!(till.notify(json!({ "signature": "probe" })), Err(NoticeFault::Probe));
    assert_eq!(
        till.notify(json!({ "signature": "missing" })),
        Err(NoticeFault::Header("Wechatpay-Signature"))
    );
    assert_eq!(till.notify(json!({ "serial": "0123456789ABCDEF" })), Err(NoticeFault::UnknownSerial));
    assert_eq!(till.notify(json!({ "serial": "PUB_KEY_ID_9999" })), Err(NoticeFault::UnknownSerial));
    for shift in [-320, 320] {
        assert_eq!(till.notify(json!({ "timestamp_shift": shift })), Err(NoticeFault::Stale), "{shift}");
    }
    assert!(till.notify(json!({})).is_ok(), "the same without a twist");
}

#[test]
fn a_serial_in_another_case_is_the_same_serial() {
    let till = Till::new();
    let serial = merchant(&till.stage).platform_serial.expect("told");
    assert!(till.notify(json!({ "serial": serial.to_ascii_lowercase() })).is_ok());
}

#[test]
fn both_modes_are_accepted_during_a_switch_and_never_mixed() {
    let till = Till::new();
    assert!(till.notify(json!({})).is_ok(), "certificate");
    assert!(till.notify(json!({ "other_mode": true })).is_ok(), "public key");
    let serial = merchant(&till.stage).platform_serial.expect("told");
    let mixed = till.notify(json!({ "other_mode": true, "serial": serial }));
    assert_eq!(mixed, Err(NoticeFault::Signature), "signed by the public key under the certificate's serial");
    let announced = Till::with(|config| config.announce_public_key = true);
    assert!(announced.notify(json!({})).is_ok());
    assert!(announced.notify(json!({ "other_mode": true })).is_ok());
}

#[test]
fn an_envelope_of_another_shape_is_refused() {
    let till = Till::new();
    let envelope = |changes: Value| till.notify(json!({ "envelope": changes }));
    assert_eq!(envelope(json!({ "/resource_type": "plain" })), Err(NoticeFault::Shape("resource_type")));
    assert_eq!(
        envelope(json!({ "/resource/algorithm": "AEAD_SM4_GCM" })),
        Err(NoticeFault::Shape("algorithm"))
    );
    assert_eq!(envelope(json!({ "/resource/associated_data": "" })), Err(NoticeFault::Decrypt));
    assert_eq!(envelope(json!({ "/resource/associated_data": "other" })), Err(NoticeFault::Decrypt));
    assert_eq!(envelope(json!({ "/resource/nonce": "000000000000" })), Err(NoticeFault::Decrypt));
    assert_eq!(envelope(json!({ "/resource/nonce": "short" })), Err(NoticeFault::Decrypt));
    assert_eq!(
        envelope(json!({ "/resource/ciphertext": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })),
        Err(NoticeFault::Decrypt)
    );
    assert_eq!(envelope(json!({ "/resource": null })), Err(NoticeFault::Shape("JSON")));
    let coupon = till.notify(json!({ "event": "COUPON.USE" }));
    assert_eq!(coupon, Err(NoticeFault::OtherEvent("COUPON.USE".to_owned())));
    let refund = till.notify(json!({ "event": "REFUND.SUCCESS" }));
    assert_eq!(refund, Err(NoticeFault::Shape("refund")), "an order that is called a refund is neither");
}

#[test]
fn a_notice_for_another_merchant_or_account_is_not_ours() {
    let till = Till::new();
    assert_eq!(till.trade(json!({ "/mchid": "1900000999" })), Err(NoticeFault::NotOurs));
    assert_eq!(till.trade(json!({ "/appid": "wxother" })), Err(NoticeFault::NotOurs));
    assert_eq!(till.trade(json!({ "/mchid": null })), Err(NoticeFault::NotOurs));
}

#[test]
fn amounts_are_whole_positive_fen_in_cny() {
    let till = Till::new();
    for amount in [
        json!("10000"),
        json!(10000.0),
        json!(100.5),
        json!(-10_000),
        json!(0),
        json!(u64::MAX),
        json!(null),
        json!(true),
    ] {
        assert_eq!(till.trade(json!({ "/amount/total": amount })), Err(NoticeFault::Amount), "{amount}");
    }
    assert_eq!(till.trade(json!({ "/amount/currency": "USD" })), Err(NoticeFault::Amount));
    assert_eq!(till.trade(json!({ "/amount/payer_total": 10_001 })), Err(NoticeFault::Amount));
    assert_eq!(
        till.trade(json!({ "/amount": { "total_amount": 10_000, "currency": "CNY" } })),
        Err(NoticeFault::Amount)
    );
    let coupon = till
        .trade(json!({ "/amount/payer_total": 9_000 }))
        .expect("opened")
        .trade()
        .cloned()
        .expect("an order");
    assert_eq!(
        (coupon.total, coupon.payer_total),
        (Some(Fen(10_000)), Some(Fen(9_000))),
        "a coupon of the channel"
    );
    let other =
        till.trade(json!({ "/amount/total": 10_001 })).expect("opened").trade().cloned().expect("an order");
    assert_eq!(
        other.total,
        Some(Fen(10_001)),
        "a well-formed other sum is handed on, to be compared with the order"
    );
}

#[test]
fn what_the_trade_says_is_handed_on_for_the_order_to_judge() {
    let till = Till::new();
    let state = |state: &str| {
        till.trade(json!({ "/trade_state": state })).map(|notice| notice.trade().expect("an order").state)
    };
    assert_eq!(state("NOTPAY"), Ok(TradeState::NotPay));
    assert_eq!(state("CLOSED"), Ok(TradeState::Closed));
    assert_eq!(state("SURELY"), Err(NoticeFault::Shape("transaction")));
    let payer = till
        .trade(json!({ "/payer/openid": "oSomeoneElse" }))
        .expect("opened")
        .trade()
        .cloned()
        .expect("an order")
        .payer;
    assert_eq!(payer.map(|payer| payer.as_str().to_owned()).as_deref(), Some("oSomeoneElse"));
    let number = till
        .trade(json!({ "/out_trade_no": "NOT-OURS-1" }))
        .expect("opened")
        .trade()
        .cloned()
        .expect("an order")
        .out_trade_no;
    assert_eq!(number, "NOT-OURS-1");
    assert_eq!(till.trade(json!({ "/transaction_id": "" })), Err(NoticeFault::Shape("transaction")));
}

#[test]
fn fifty_at_once_and_fifteen_repeats_carry_one_id() {
    let till = Till::new();
    let told =
        till.stage.control("notify", &json!({ "out_trade_no": "ORDER-0001", "id": "EV-SAME", "count": 50 }));
    assert_eq!(told["statuses"].as_array().map(Vec::len), Some(50));
    for _ in 0..15 {
        till.notify(json!({ "id": "EV-SAME" })).expect("opened");
    }
    let opened = till.opened.lock().expect("no panic");
    assert_eq!(opened.len(), 65);
    assert!(
        opened.iter().all(|notice| notice.as_ref().is_ok_and(|notice| notice.id == "EV-SAME")),
        "one key for all"
    );
}

#[test]
fn a_notice_may_come_while_its_order_is_queried_and_after_it_was_closed() {
    let till = Till::new();
    till.pay.close(&"ORDER-0001".into()).expect("closed");
    let late = till.notify(json!({})).expect("opened");
    assert_eq!(late.trade().expect("an order").state, TradeState::Success);
    assert!(
        till.pay.query(&"ORDER-0001".into()).is_ok_and(|trade| trade.is_some()),
        "the query is the judge"
    );
}
