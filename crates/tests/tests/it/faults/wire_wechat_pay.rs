//! WeChat Pay v3, the calls that we make: orders, queries, closing, in both modes, and what is known after a fault.

use std::sync::Barrier;
use std::thread;

use clearway_connect::Fault;
use clearway_connect::payments::{PayConfig, Payments, PrepayAsk, TradeState, WeChatPay};
use clearway_connect::wechat::OpenId;
use clearway_domain::Fen;
use jiff::SignedDuration;
use serde_json::json;

use super::stage::{Stage, opening};

/// The merchant's account, as the counterparts wrote it.
pub fn merchant(stage: &Stage) -> PayConfig {
    stage.counterparts().pay.wechat.expect("written")
}

pub fn pay_with(stage: &Stage, change: impl FnOnce(&mut PayConfig)) -> WeChatPay {
    let mut config = merchant(stage);
    config.limits.total_ms_max = 1_200;
    change(&mut config);
    WeChatPay::new(config, stage.clock.clone(), stage.chance.clone()).expect("a client")
}

pub fn ask(stage: &Stage, number: &str) -> PrepayAsk {
    PrepayAsk {
        out_trade_no: number.to_owned(),
        description: "交通违法罚款 1 笔".to_owned(),
        total: Fen(10_000),
        legs: Vec::new(),
        payer: OpenId::new(&stage.city.accounts[0].openid),
        expires: Some(opening() + SignedDuration::from_mins(15)),
        attach: None,
        payer_ip: None,
        back: "https://clearway.example/orders/1/returned".to_owned(),
    }
}

fn settle(stage: &Stage, number: &str) {
    let told = stage.control("pay", &json!({ "order": number, "action": "pay" }));
    assert_eq!(told["just_paid"], json!(true), "{told}");
}

fn state(pay: &WeChatPay, number: &str) -> TradeState {
    pay.query(&number.into()).expect("an answer").expect("known").state
}

/// Certificate known beforehand, certificate fetched, public key announced: the whole life of an order in each mode.
#[test]
fn an_order_lives_in_certificate_mode_and_in_public_key_mode() {
    type Mode = (&'static str, fn(&mut PayConfig));
    let modes: [Mode; 3] = [
        ("certificate", |config| config.fetch_certificates = false),
        ("fetched certificate", |config| {
            config.platform_certificate_file = None;
            config.platform_serial = None;
        }),
        ("public key", |config| {
            config.platform_certificate_file = None;
            config.platform_serial = None;
            config.fetch_certificates = false;
            config.announce_public_key = true;
        }),
    ];
    for (name, mode) in modes {
        let stage = Stage::new();
        let pay = pay_with(&stage, mode);
        assert_eq!(pay.query(&"ORDER-0001".into()), Ok(None), "{name}: not known yet");
        let prepay = pay.prepay(&ask(&stage, "ORDER-0001")).expect(name);
        assert_eq!(state(&pay, "ORDER-0001"), TradeState::NotPay, "{name}");
        assert!(!pay.pay_sheet(&prepay.prepay_id).expect("signed").pay_sign.is_empty());
        settle(&stage, "ORDER-0001");
        let trade = pay.query(&"ORDER-0001".into()).expect("an answer").expect("known");
        assert_eq!((trade.state, trade.total), (TradeState::Success, Some(Fen(10_000))), "{name}");
        assert_eq!(trade.payer, Some(ask(&stage, "x").payer), "{name}");
        assert!(trade.paid.is_some() && trade.transaction_id.is_some(), "{name}");
    }
}

#[test]
fn a_new_merchant_without_certificates_must_have_a_public_key() {
    let stage = Stage::new();
    stage.control("pay", &json!({ "certificates_refused": true }));
    let lost = pay_with(&stage, |config| {
        config.platform_certificate_file = None;
        config.platform_serial = None;
    });
    let fault = lost.prepay(&ask(&stage, "ORDER-0001")).expect_err("no key to verify with");
    assert!(matches!(fault, Fault::Garbled(_)) && fault.may_have_acted(), "{fault:?}");
    let keyed = pay_with(&stage, |config| {
        config.platform_certificate_file = None;
        config.platform_serial = None;
        config.announce_public_key = true;
    });
    assert!(keyed.prepay(&ask(&stage, "ORDER-0001")).is_ok());
}

#[test]
fn a_certificate_from_someone_else_verifies_nothing() {
    let (stage, other) = (Stage::new(), Stage::new());
    let foreign = merchant(&other);
    let pay = pay_with(&stage, |config| {
        config.platform_certificate_file = foreign.platform_certificate_file;
        config.platform_serial = foreign.platform_serial;
        config.fetch_certificates = false;
    });
    assert!(matches!(pay.prepay(&ask(&stage, "ORDER-0001")), Err(Fault::Garbled(_))));
}

/// An order whose answer is lost is placed again with the same number: the same order, and one payment.
#[test]
fn an_order_whose_answer_is_lost_is_asked_for_again() {
    for fault in ["acted_no_reply", "late:2500", "garbled", "truncated", "drip:50"] {
        let stage = Stage::new();
        let pay = pay_with(&stage, |_| {});
        stage.fault("prepay", fault, 1);
        assert!(pay.prepay(&ask(&stage, "ORDER-0001")).expect_err(fault).may_have_acted(), "{fault}");
        let again = pay.prepay(&ask(&stage, "ORDER-0001")).expect("the same number, the same contents");
        assert!(!again.prepay_id.is_empty());
        settle(&stage, "ORDER-0001");
        assert_eq!(state(&pay, "ORDER-0001"), TradeState::Success, "{fault}");
    }
}

#[test]
fn other_contents_under_the_same_number_are_refused() {
    let stage = Stage::new();
    let pay = pay_with(&stage, |_| {});
    pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
    let mut changed = ask(&stage, "ORDER-0001");
    changed.total = Fen(10_001);
    let fault = pay.prepay(&changed).expect_err("another sum");
    assert!(matches!(fault, Fault::Refused { .. }) && !fault.may_have_acted(), "{fault:?}");
}

#[test]
fn closing_races_paying_and_one_of_them_wins() {
    let stage = Stage::new();
    let pay = pay_with(&stage, |_| {});
    for number in ["ORDER-0001", "ORDER-0002", "ORDER-0003", "ORDER-0004"] {
        pay.prepay(&ask(&stage, number)).expect("placed");
        let start = Barrier::new(2);
        let closed = thread::scope(|scope| {
            let closing = scope.spawn(|| {
                start.wait();
                pay.close(&number.into())
            });
            start.wait();
            stage.control("pay", &json!({ "order": number, "action": "pay" }));
            closing.join().expect("no panic")
        });
        match closed {
            Ok(()) => assert_eq!(state(&pay, number), TradeState::Closed),
            Err(Fault::Refused { code, .. }) => {
                assert_eq!((code.as_str(), state(&pay, number)), ("ORDERPAID", TradeState::Success));
            }
            Err(fault) => panic!("{fault:?}"),
        }
    }
}

#[test]
fn a_closed_order_stays_closed() {
    let stage = Stage::new();
    let pay = pay_with(&stage, |_| {});
    pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
    pay.close(&"ORDER-0001".into()).expect("closed");
    pay.close(&"ORDER-0001".into()).expect("closing twice is closed");
    assert!(pay.prepay(&ask(&stage, "ORDER-0001")).is_err(), "a closed number is not used again");
    assert_eq!(state(&pay, "ORDER-0001"), TradeState::Closed);
}

/// Refusals, quotas, 5xx, HTML and broken bytes on every call: each is sorted by what may have happened.
#[test]
fn errors_on_every_call_are_sorted() {
    let stage = Stage::new();
    let pay = pay_with(&stage, |_| {});
    pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
    let call = |name: &str| match name {
        "prepay" => pay.prepay(&ask(&stage, "ORDER-0001")).map(|_| ()),
        "query" => pay.query(&"ORDER-0001".into()).map(|_| ()),
        _ => pay.close(&"ORDER-0001".into()),
    };
    for name in ["prepay", "query", "close"] {
        for fault in ["http500", "html", "never", "acted_no_reply", "refuse:SYSTEM_ERROR"] {
            if (name, fault) == ("close", "acted_no_reply") {
                continue; // A 204 has no body that could break off: its signed head is the whole answer.
            }
            stage.fault(name, fault, 1);
            assert!(call(name).expect_err(fault).may_have_acted(), "{name} {fault}");
        }
        stage.fault(name, "refuse:FREQUENCY_LIMITED", 1);
        assert_eq!(call(name), Err(Fault::Throttled), "{name}");
        stage.fault(name, "refuse:SIGN_ERROR", 1);
        assert!(matches!(call(name), Err(Fault::Refused { code, .. }) if code == "SIGN_ERROR"), "{name}");
        if name != "close" {
            assert_eq!(call(name), Ok(()), "{name} is well again");
        }
    }
}

#[test]
fn a_clock_five_minutes_off_is_refused_in_both_directions() {
    let stage = Stage::new();
    let pay = pay_with(&stage, |_| {});
    for shift in [400, -400] {
        stage.clock.shift(shift);
        assert!(
            matches!(pay.prepay(&ask(&stage, "ORDER-0001")), Err(Fault::Refused { code, .. }) if code == "SIGN_ERROR")
        );
    }
    stage.clock.shift(0);
    assert!(pay.prepay(&ask(&stage, "ORDER-0001")).is_ok());
}

#[test]
fn a_merchant_serial_is_compared_whatever_its_case() {
    let stage = Stage::new();
    let pay = pay_with(&stage, |config| config.merchant_serial = config.merchant_serial.to_ascii_lowercase());
    assert!(pay.prepay(&ask(&stage, "ORDER-0001")).is_ok());
}
