//! WeChat Pay v3, money that goes back: whole and in parts, its states and limits, its notices, and what is known after a
//! fault.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{iter, thread};

use clearway_connect::Fault;
use clearway_connect::payments::{
    Notice, NoticeFault, NoticeHeaders, NoticeMatter, PayConfig, Payments, RefundAsk, RefundState,
    TradeState, WeChatPay,
};
use clearway_domain::Fen;
use serde_json::{Value, json};

use super::stage::{Ear, Heard, Stage};
use super::wire_wechat_pay::{ask, merchant, pay_with};

/// A refund of the order that [`paid`] pays.
pub fn back(number: &str, fen: i64) -> RefundAsk {
    RefundAsk {
        out_trade_no: "ORDER-0001".to_owned(),
        prepay_id: None,
        transaction_id: None,
        out_refund_no: number.to_owned(),
        refund: Fen(fen),
        total: Fen(10_000),
        reason: "违法未能处理，罚款退回".to_owned(),
    }
}

/// An order of 10,000 fen, placed and paid.
fn paid(stage: &Stage, change: impl FnOnce(&mut PayConfig)) -> WeChatPay {
    let pay = pay_with(stage, change);
    pay.prepay(&ask(stage, "ORDER-0001")).expect("placed");
    stage.control("pay", &json!({ "order": "ORDER-0001", "action": "pay" }));
    pay
}

fn state(pay: &WeChatPay, number: &str, fen: i64) -> RefundState {
    pay.query_refund(&back(number, fen)).expect("an answer").expect("known").state
}

fn code(told: Result<impl std::fmt::Debug, Fault>) -> String {
    match told {
        Err(Fault::Refused { code, .. }) => code,
        other => panic!("{other:?} is no refusal"),
    }
}

#[test]
fn a_refund_is_given_and_found_in_both_modes() {
    type Mode = (&'static str, fn(&mut PayConfig));
    let modes: [Mode; 2] = [
        ("certificate", |config| config.fetch_certificates = false),
        ("public key", |config| {
            config.platform_certificate_file = None;
            config.platform_serial = None;
            config.fetch_certificates = false;
            config.announce_public_key = true;
        }),
    ];
    for (name, mode) in modes {
        let stage = Stage::new();
        let pay = paid(&stage, mode);
        assert_eq!(pay.query_refund(&back("R-1", 10_000)), Ok(None), "{name}: not known yet");
        let told = pay.refund(&back("R-1", 10_000)).expect(name);
        assert_eq!((told.state, told.refund), (RefundState::Success, Fen(10_000)), "{name}");
        assert!(told.refund_id.is_some() && told.done.is_some(), "{name}");
        assert_eq!(pay.query_refund(&back("R-1", 10_000)), Ok(Some(told)), "{name}");
        let trade = pay.query(&"ORDER-0001".into()).expect("an answer").expect("known");
        assert_eq!(trade.state, TradeState::Refund, "{name}: after any refund the order says so");
        assert_eq!(trade.total, Some(Fen(10_000)), "{name}: what was paid stays what was paid");
    }
}

#[test]
fn a_refund_may_be_asked_for_by_either_number_of_the_payment() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    let trade = pay.query(&"ORDER-0001".into()).expect("an answer").expect("known");
    let by_transaction = RefundAsk { transaction_id: trade.transaction_id, ..back("R-1", 4_000) };
    assert_eq!(pay.refund(&by_transaction).map(|told| told.state), Ok(RefundState::Success));
    assert_eq!(pay.refund(&back("R-2", 6_000)).map(|told| told.state), Ok(RefundState::Success));
}

#[test]
fn a_refund_asked_for_twice_is_one_refund() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    let first = pay.refund(&back("R-1", 6_000)).expect("given");
    let again = pay.refund(&back("R-1", 6_000)).expect("the same");
    assert_eq!(first, again);
    assert!(pay.refund(&back("R-2", 4_000)).is_ok(), "only 6,000 went back before");
    let other = pay.refund(&back("R-1", 5_000)).expect_err("other contents under one number");
    assert!(matches!(other, Fault::Refused { .. }) && !other.may_have_acted(), "{other:?}");
}

#[test]
fn refunds_together_never_pass_what_was_paid() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    assert_eq!(code(pay.refund(&back("R-0", 10_001))), "LOCAL", "above the sum: not even sent");
    assert!(stage.calls("refund").is_empty());
    pay.refund(&back("R-1", 9_999)).expect("given");
    assert_eq!(code(pay.refund(&back("R-2", 2))), "INVALID_REQUEST");
    pay.refund(&back("R-3", 1)).expect("to the last fen");
    assert_eq!(code(pay.refund(&back("R-4", 1))), "INVALID_REQUEST");
    let wrong_total = RefundAsk { total: Fen(20_000), ..back("R-5", 1) };
    assert_eq!(code(pay.refund(&wrong_total)), "PARAM_ERROR");
}

#[test]
fn a_payment_has_at_most_fifty_refunds() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    for part in 0..50 {
        pay.refund(&back(&format!("R-{part}"), 1)).expect("given");
    }
    assert_eq!(code(pay.refund(&back("R-50", 1))), "RULE_LIMIT");
    assert!(pay.refund(&back("R-49", 1)).is_ok(), "a repetition is not one more");
}

#[test]
fn nothing_goes_back_of_what_was_not_paid() {
    let stage = Stage::new();
    let pay = pay_with(&stage, |_| {});
    assert_eq!(code(pay.refund(&back("R-1", 1))), "RESOURCE_NOT_EXISTS", "unknown");
    pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
    assert_eq!(code(pay.refund(&back("R-1", 1))), "RESOURCE_NOT_EXISTS", "unpaid");
    pay.close(&"ORDER-0001".into()).expect("closed");
    assert_eq!(code(pay.refund(&back("R-1", 1))), "RESOURCE_NOT_EXISTS", "closed");
    assert_eq!(pay.query_refund(&back("R-1", 1)), Ok(None));
}

#[test]
fn numbers_and_reasons_that_no_refund_has_are_not_sent() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    let long = "x".repeat(65);
    for number in ["", "R/1", "R 1", "退", long.as_str()] {
        assert_eq!(code(pay.refund(&back(number, 1))), "LOCAL", "{number}");
        assert_eq!(code(pay.query_refund(&back(number, 1))), "LOCAL", "{number}");
    }
    for fen in [0, -1] {
        assert_eq!(code(pay.refund(&back("R-1", fen))), "LOCAL", "{fen}");
    }
    let wordy = RefundAsk { reason: "退".repeat(27), ..back("R-1", 1) };
    assert_eq!(code(pay.refund(&wordy)), "LOCAL");
    assert!(stage.calls("refund").is_empty() && stage.calls("refund_query").is_empty());
    assert!(pay.refund(&back("A_-|*@9", 1)).is_ok(), "every letter that a number may have");
    assert_eq!(state(&pay, "A_-|*@9", 1), RefundState::Success);
}

#[test]
fn a_refund_is_under_way_until_its_time_has_come() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    stage.control("pay", &json!({ "refunds_after_ms": 900 }));
    assert_eq!(pay.refund(&back("R-1", 1_000)).map(|told| told.state), Ok(RefundState::Processing));
    assert_eq!(pay.query_refund(&back("R-1", 1_000)).expect("an answer").expect("known").done, None);
    let ended = iter::repeat_with(|| thread::sleep(Duration::from_millis(100)))
        .take(50)
        .any(|()| state(&pay, "R-1", 1_000) == RefundState::Success);
    assert!(ended);
}

#[test]
fn a_closed_refund_gives_the_room_back_and_an_abnormal_one_does_not() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    stage.control("pay", &json!({ "refunds_end": "CLOSED" }));
    assert_eq!(pay.refund(&back("R-1", 10_000)).map(|told| told.state), Ok(RefundState::Closed));
    let trade = pay.query(&"ORDER-0001".into()).expect("an answer").expect("known");
    assert_eq!(trade.state, TradeState::Success, "nothing went back");
    stage.control("pay", &json!({ "refunds_end": "ABNORMAL" }));
    let told = pay.refund(&back("R-2", 10_000)).expect("taken");
    assert_eq!((told.state, told.done), (RefundState::Abnormal, None));
    assert_eq!(code(pay.refund(&back("R-3", 1))), "INVALID_REQUEST", "the money is still on its way");
    stage.control("pay", &json!({ "refund": "R-2", "refunds_end": "SUCCESS" }));
    assert_eq!(state(&pay, "R-2", 10_000), RefundState::Success, "another way was named");
}

/// A refund whose answer is lost is asked about, and asked for again under the same number: one refund.
#[test]
fn a_refund_whose_answer_is_lost_is_found_and_given_once() {
    for fault in ["acted_no_reply", "late:2500", "garbled", "truncated", "drip:50", "empty"] {
        let stage = Stage::new();
        let pay = paid(&stage, |_| {});
        stage.fault("refund", fault, 1);
        assert!(pay.refund(&back("R-1", 6_000)).expect_err(fault).may_have_acted(), "{fault}");
        let again = pay.refund(&back("R-1", 6_000)).expect("the same number, the same contents");
        assert_eq!(pay.query_refund(&back("R-1", 6_000)), Ok(Some(again)), "{fault}");
        assert!(pay.refund(&back("R-2", 4_000)).is_ok(), "{fault}: only 6,000 went back");
    }
}

#[test]
fn errors_on_every_refund_call_are_sorted() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    pay.refund(&back("R-1", 1)).expect("given");
    let call = |name: &str| match name {
        "refund" => pay.refund(&back("R-1", 1)).map(|_| ()),
        _ => pay.query_refund(&back("R-1", 1)).map(|_| ()),
    };
    for name in ["refund", "refund_query"] {
        for fault in [
            "http500",
            "html",
            "never",
            "acted_no_reply",
            "refuse:SYSTEM_ERROR",
            "refuse:SERVICE_UNAVAILABLE",
        ] {
            stage.fault(name, fault, 1);
            assert!(call(name).expect_err(fault).may_have_acted(), "{name} {fault}");
        }
        stage.fault(name, "refuse:FREQUENCY_LIMITED", 1);
        assert_eq!(call(name), Err(Fault::Throttled), "{name}");
        stage.fault(name, "refuse:SIGN_ERROR", 1);
        assert_eq!(code(call(name)), "SIGN_ERROR", "{name}");
        assert_eq!(call(name), Ok(()), "{name} is well again");
    }
}

/// One byte a second never ends by itself: the deadline is on the whole call, not on each byte.
#[test]
fn a_byte_a_second_meets_the_deadline_of_the_whole_call() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    for (name, call) in [("refund", 0), ("refund_query", 1), ("query", 2)] {
        stage.fault(name, "drip:1000", 1);
        let told = match call {
            0 => pay.refund(&back("R-1", 1)).map(|_| ()),
            1 => pay.query_refund(&back("R-1", 1)).map(|_| ()),
            _ => pay.query(&"ORDER-0001".into()).map(|_| ()),
        };
        assert_eq!(told, Err(Fault::TimedOut), "{name}");
    }
}

/// A paid order whose refund notices come to our ear and are opened there.
struct Till {
    stage: Stage,
    pay: Arc<WeChatPay>,
    opened: Arc<Mutex<Vec<Result<Notice, NoticeFault>>>>,
    ear: Ear,
}

impl Till {
    /// `refusals`: so many notices are not accepted at first.
    fn new(refusals: usize) -> Till {
        let stage = Stage::new();
        let opened = Arc::new(Mutex::new(Vec::new()));
        let opener: Arc<Mutex<Option<Arc<WeChatPay>>>> = Arc::default();
        let (kept, client) = (Arc::clone(&opened), Arc::clone(&opener));
        let ear = Ear::new(move |heard: &Heard| {
            let headers = NoticeHeaders::from_lookup(|name| heard.header(name));
            let notice = client.lock().expect("no panic").clone()?.open_notice(&headers, &heard.body);
            let of_refund = !matches!(&notice, Ok(Notice { matter: NoticeMatter::Trade(_), .. }));
            let mut kept = kept.lock().expect("no panic");
            if of_refund {
                kept.push(notice.clone());
            }
            (!of_refund || kept.len() > refusals).then(String::new)
        });
        let pay = Arc::new(pay_with(&stage, |config| config.notify_url = format!("{}/notify", ear.url)));
        *opener.lock().expect("no panic") = Some(Arc::clone(&pay));
        pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
        stage.control("pay", &json!({ "order": "ORDER-0001", "action": "pay" }));
        // The notice of the payment comes first and is out of the way then.
        while ear.heard().is_empty() {
            thread::sleep(Duration::from_millis(20));
        }
        Till { stage, pay, opened, ear }
    }

    /// Waits for so many notices of refunds.
    fn wait(&self, count: usize) -> Vec<Result<Notice, NoticeFault>> {
        for _ in 0..100 {
            let opened = self.opened.lock().expect("no panic").clone();
            if opened.len() >= count {
                return opened;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{} of {count} notices came", self.opened.lock().expect("no panic").len())
    }

    /// A refund notice made to order.
    fn notify(&self, event: &str, mut changes: Value) -> Result<Notice, NoticeFault> {
        let mut trade = json!({
            "/out_refund_no": "R-1", "/refund_id": "50300000001", "/refund_status": "SUCCESS",
            "/success_time": "2020-04-05T10:00:00+08:00",
            "/amount": { "total": 10_000, "refund": 6_000, "payer_total": 10_000, "payer_refund": 6_000 },
        });
        let into = trade.as_object_mut().expect("an object");
        into.append(changes.as_object_mut().expect("an object"));
        let before = self.ear.heard().len();
        self.stage
            .control("notify", &json!({ "out_trade_no": "ORDER-0001", "event": event, "trade": trade }));
        let heard = self.ear.heard()[before..].to_vec();
        let headers = NoticeHeaders::from_lookup(|name| heard[0].header(name));
        self.pay.open_notice(&headers, &heard[0].body)
    }
}

fn matter(notice: &Result<Notice, NoticeFault>) -> (String, String, RefundState, Fen) {
    match notice {
        Ok(Notice { matter: NoticeMatter::Refund { out_trade_no, refund }, .. }) => {
            (out_trade_no.clone(), refund.out_refund_no.clone(), refund.state, refund.refund)
        }
        other => panic!("{other:?} is no refund"),
    }
}

#[test]
fn a_refund_notice_opens_and_comes_again_until_it_is_accepted() {
    let till = Till::new(2);
    till.pay.refund(&back("R-1", 6_000)).expect("given");
    let opened = till.wait(3);
    let told = ("ORDER-0001".to_owned(), "R-1".to_owned(), RefundState::Success, Fen(6_000));
    assert!(opened.iter().all(|notice| matter(notice) == told), "{opened:?}");
    let ids: Vec<&str> = opened.iter().flatten().map(|notice| notice.id.as_str()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "one notice, one id: {ids:?}");
    assert!(opened.iter().flatten().all(|notice| notice.event == "REFUND.SUCCESS"));
}

#[test]
fn refund_notices_tell_all_three_ends() {
    let till = Till::new(0);
    for (at, end) in ["SUCCESS", "CLOSED", "ABNORMAL"].into_iter().enumerate() {
        till.stage.control("pay", &json!({ "refunds_end": end }));
        till.pay.refund(&back(&format!("R-{end}"), 1_000)).expect("taken");
        let notice = till.wait(at + 1).pop().expect("one").expect("opened");
        assert_eq!(notice.event, format!("REFUND.{end}"));
        assert_eq!(matter(&Ok(notice)).1, format!("R-{end}"));
    }
}

#[test]
fn a_refund_notice_comes_when_the_refund_ends_and_not_before() {
    let till = Till::new(0);
    till.stage.control("pay", &json!({ "refunds_after_ms": 600 }));
    till.pay.refund(&back("R-1", 6_000)).expect("taken");
    assert!(till.opened.lock().expect("no panic").is_empty());
    assert_eq!(matter(&till.wait(1)[0]).2, RefundState::Success);
}

#[test]
fn faults_on_refund_notices_are_met() {
    let till = Till::new(0);
    till.stage.fault("refund_notify", "garbled", 1);
    till.pay.refund(&back("R-1", 1_000)).expect("given");
    let opened = till.wait(1);
    assert_eq!(opened[0], Err(NoticeFault::Signature), "spoilt on the way");
}

#[test]
fn a_refund_notice_with_wrong_contents_is_refused() {
    let till = Till::new(0);
    assert!(till.notify("REFUND.SUCCESS", json!({})).is_ok(), "the same without a twist");
    for amount in [json!("6000"), json!(6000.5), json!(0), json!(-1), json!(null), json!(u64::MAX)] {
        let told = till.notify("REFUND.SUCCESS", json!({ "/amount": { "refund": amount, "total": 10_000 } }));
        assert_eq!(told, Err(NoticeFault::Amount), "{amount}");
    }
    let usd = json!({ "/amount": { "refund": 6_000, "total": 10_000, "currency": "USD" } });
    assert_eq!(till.notify("REFUND.SUCCESS", usd), Err(NoticeFault::Amount));
    assert_eq!(till.notify("REFUND.SUCCESS", json!({ "/mchid": "1900000999" })), Err(NoticeFault::NotOurs));
    let shape = Err(NoticeFault::Shape("refund"));
    assert_eq!(till.notify("REFUND.SUCCESS", json!({ "/refund_status": "SURELY" })), shape);
    assert_eq!(till.notify("REFUND.SUCCESS", json!({ "/success_time": "yesterday" })), shape);
    assert_eq!(till.notify("REFUND.SUCCESS", json!({ "/out_refund_no": null })), shape);
}

/// The state inside counts. An event of another name than its state is a contradiction, and believed by nobody.
#[test]
fn a_refund_notice_whose_event_contradicts_its_state_is_refused() {
    let till = Till::new(0);
    for (event, state) in [
        ("REFUND.SUCCESS", "ABNORMAL"),
        ("REFUND.SUCCESS", "PROCESSING"),
        ("REFUND.CLOSED", "SUCCESS"),
        ("REFUND.ABNORMAL", "CLOSED"),
    ] {
        let told = till.notify(event, json!({ "/refund_status": state }));
        assert_eq!(told, Err(NoticeFault::Shape("refund")), "{event} {state}");
    }
}

#[test]
fn an_order_is_not_taken_for_a_refund_nor_a_refund_for_an_order() {
    let till = Till::new(0);
    let told = till.notify("TRANSACTION.SUCCESS", json!({ "/trade_state": null }));
    assert_eq!(told, Err(NoticeFault::Shape("transaction")));
    assert_eq!(
        till.notify("REFUND.SUCCESS", json!({ "/refund_status": null })),
        Err(NoticeFault::Shape("refund"))
    );
}

/// The successor's first notice makes us fetch it; the predecessor stays good beside it.
#[test]
fn old_and_new_certificate_are_both_accepted_while_they_overlap() {
    let till = Till::new(0);
    till.stage.control("pay", &json!({ "rotate": "next" }));
    let opened = |twist: Value| {
        let before = till.ear.heard().len();
        till.stage.control("notify", &twist);
        let heard = till.ear.heard()[before..].to_vec();
        let headers = NoticeHeaders::from_lookup(|name| heard[0].header(name));
        (heard[0].header("wechatpay-serial"), till.pay.open_notice(&headers, &heard[0].body))
    };
    let (new_serial, new) = opened(json!({ "out_trade_no": "ORDER-0001" }));
    let (old_serial, old) = opened(json!({ "out_trade_no": "ORDER-0001", "predecessor": true }));
    assert!(new_serial != old_serial && old_serial == merchant(&till.stage).platform_serial);
    assert!(new.is_ok() && old.is_ok(), "{new:?} {old:?}");
    assert!(till.pay.query(&"ORDER-0001".into()).is_ok(), "answers are signed by the new one too");
    assert_eq!(till.stage.calls("certificates").len(), 1, "fetched once");
}

#[test]
fn a_certificate_whose_life_is_over_signs_nothing_for_us() {
    let stage = Stage::new();
    let pay = paid(&stage, |_| {});
    stage.control("pay", &json!({ "rotate": "ended" }));
    let fault = pay.query(&"ORDER-0001".into()).expect_err("signed by a dead certificate");
    assert!(matches!(fault, Fault::Garbled(_)), "{fault:?}");
    let known = pay_with(&stage, |config| config.announce_public_key = true);
    assert!(known.query(&"ORDER-0001".into()).is_ok(), "the public key has no end");
}
