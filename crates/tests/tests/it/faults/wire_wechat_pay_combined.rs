//! WeChat Pay v3, combined orders: a sub-order for each leg, paid together or not at all, refunded one by one, and never
//! half believed.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use clearway_connect::Fault;
use clearway_connect::payments::{
    CombinedConfig, Notice, NoticeFault, NoticeHeaders, PayConfig, Payments, Placed, PrepayAsk, PrepayLeg,
    RefundAsk, RefundState, TradeState, WeChatCombined,
};
use clearway_domain::Fen;
use serde_json::{Value, json};

use super::stage::{Ear, Heard, Stage};
use super::wire_wechat_pay::{ask as single, merchant, pay_with};

fn combined_with(stage: &Stage, orders_max: usize, change: impl FnOnce(&mut PayConfig)) -> WeChatCombined {
    let mut config = merchant(stage);
    config.limits.total_ms_max = 1_200;
    change(&mut config);
    let combined = CombinedConfig { orders_max };
    WeChatCombined::new(config, &combined, stage.clock.clone(), stage.chance.clone()).expect("a client")
}

fn combined(stage: &Stage) -> WeChatCombined {
    combined_with(stage, 10, |_| {})
}

fn leg(number: &str, fen: i64) -> PrepayLeg {
    PrepayLeg {
        out_trade_no: number.to_owned(),
        description: "交通违法罚款".to_owned(),
        total: Fen(fen),
        notice: None,
    }
}

/// An order of three legs: 10,000, 20,000 and 5,000 fen.
fn ask(stage: &Stage, number: &str) -> PrepayAsk {
    let legs = [10_000, 20_000, 5_000].into_iter().enumerate();
    PrepayAsk {
        total: Fen(35_000),
        legs: legs.map(|(at, fen)| leg(&format!("{number}-L{at}"), fen)).collect(),
        ..single(stage, number)
    }
}

fn placed(ask: &PrepayAsk) -> Placed {
    Placed {
        out_trade_no: ask.out_trade_no.clone(),
        prepay_id: None,
        legs: ask.legs.iter().map(|leg| leg.out_trade_no.clone()).collect(),
    }
}

fn settle(stage: &Stage, number: &str) {
    let told = stage.control("pay", &json!({ "order": number, "action": "pay" }));
    assert_eq!(told["just_paid"], json!(true), "{told}");
}

fn state(pay: &WeChatCombined, ask: &PrepayAsk) -> TradeState {
    pay.query(&placed(ask)).expect("an answer").expect("known").state
}

fn code(told: Result<impl std::fmt::Debug, Fault>) -> String {
    match told {
        Err(Fault::Refused { code, .. }) => code,
        other => panic!("{other:?} is no refusal"),
    }
}

#[test]
fn a_combined_order_lives_in_certificate_mode_and_in_public_key_mode() {
    for announce in [false, true] {
        let stage = Stage::new();
        let pay = combined_with(&stage, 10, |config| config.announce_public_key = announce);
        let ask = ask(&stage, "ORDER-0001");
        assert_eq!(pay.query(&placed(&ask)), Ok(None), "not known yet");
        let prepay = pay.prepay(&ask).expect("placed");
        assert_eq!(pay.prepay(&ask), Ok(prepay.clone()), "the same number, the same contents");
        assert!(!pay.pay_sheet(&prepay.prepay_id).expect("signed").pay_sign.is_empty());
        assert_eq!(state(&pay, &ask), TradeState::NotPay);
        settle(&stage, "ORDER-0001");
        let trade = pay.query(&placed(&ask)).expect("an answer").expect("known");
        assert_eq!((trade.state, trade.total), (TradeState::Success, Some(Fen(35_000))));
        assert_eq!(trade.payer, Some(ask.payer.clone()));
        let told: Vec<(&str, Option<Fen>)> =
            trade.parts.iter().map(|part| (part.out_trade_no.as_str(), part.total)).collect();
        let ours: Vec<(&str, Option<Fen>)> =
            ask.legs.iter().map(|leg| (leg.out_trade_no.as_str(), Some(leg.total))).collect();
        assert_eq!(told, ours);
        assert!(trade.parts.iter().all(|part| part.transaction_id.is_some()) && trade.paid.is_some());
    }
}

#[test]
fn the_rail_says_what_it_is_and_the_limit_is_configuration() {
    let stage = Stage::new();
    let rail = combined(&stage).rail();
    assert_eq!((rail.slug, rail.per_leg, rail.legs_max), ("wechat-combined", true, 10));
    let many = |count: usize| PrepayAsk {
        total: Fen(100 * i64::try_from(count).expect("few")),
        legs: (0..count).map(|at| leg(&format!("LEG-{count}-{at}"), 100)).collect(),
        ..single(&stage, &format!("ORDER-{count:04}"))
    };
    assert!(combined(&stage).prepay(&many(10)).is_ok());
    assert_eq!(code(combined(&stage).prepay(&many(11))), "LOCAL", "one too many is not sent");
    assert!(combined_with(&stage, 50, |_| {}).prepay(&many(50)).is_ok(), "where the site says 50");
    assert_eq!(code(combined(&stage).prepay(&many(0))), "LOCAL", "an order of nothing");
    for orders_max in [0, 51] {
        let made = WeChatCombined::new(
            merchant(&stage),
            &CombinedConfig { orders_max },
            stage.clock.clone(),
            stage.chance.clone(),
        );
        assert!(made.is_err(), "{orders_max}");
    }
}

#[test]
fn legs_that_cannot_be_right_are_not_sent() {
    type Wrong = (&'static str, fn(&mut PrepayAsk));
    let stage = Stage::new();
    let pay = combined(&stage);
    let wrong: [Wrong; 7] = [
        ("another sum", |ask| ask.total = Fen(34_999)),
        ("a number twice", |ask| ask.legs[1].out_trade_no = ask.legs[0].out_trade_no.clone()),
        ("the order's own number", |ask| ask.legs[0].out_trade_no = ask.out_trade_no.clone()),
        ("a short number", |ask| ask.legs[0].out_trade_no = "x".to_owned()),
        ("a leg of nothing", |ask| ask.legs[0].total = Fen(0)),
        ("sums that run over", |ask| ask.legs[0].total = Fen(i64::MAX)),
        ("no description", |ask| ask.legs[2].description.clear()),
    ];
    for (name, change) in wrong {
        let mut ask = ask(&stage, "ORDER-0001");
        change(&mut ask);
        assert_eq!(code(pay.prepay(&ask)), "LOCAL", "{name}");
    }
    assert!(stage.calls("combine_prepay").is_empty());
}

#[test]
fn other_contents_or_used_numbers_are_refused() {
    let stage = Stage::new();
    let pay = combined(&stage);
    pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
    let mut changed = ask(&stage, "ORDER-0001");
    changed.legs[0].total = Fen(20_000);
    changed.legs[1].total = Fen(10_000);
    assert_eq!(code(pay.prepay(&changed)), "INVALID_REQUEST", "the same sum, other legs");
    let mut used = ask(&stage, "ORDER-0002");
    used.legs[0].out_trade_no = "ORDER-0001-L0".to_owned();
    assert_eq!(code(pay.prepay(&used)), "OUT_TRADE_NO_USED", "a leg of another order");
}

#[test]
fn all_sub_orders_are_closed_together_and_stay_closed() {
    let stage = Stage::new();
    let pay = combined(&stage);
    let ask = ask(&stage, "ORDER-0001");
    assert_eq!(code(pay.close(&placed(&ask))), "ORDER_NOT_EXIST");
    pay.prepay(&ask).expect("placed");
    assert_eq!(code(pay.close(&"ORDER-0001".into())), "LOCAL", "without the numbers of its legs");
    let fewer = Placed { legs: placed(&ask).legs[1..].to_vec(), ..placed(&ask) };
    assert_eq!(code(pay.close(&fewer)), "PARAM_ERROR", "a part is not closed alone");
    assert_eq!(state(&pay, &ask), TradeState::NotPay);
    pay.close(&placed(&ask)).expect("closed");
    pay.close(&placed(&ask)).expect("closing twice is closed");
    let trade = pay.query(&placed(&ask)).expect("an answer").expect("known");
    assert!(trade.parts.iter().all(|part| part.state == TradeState::Closed), "{trade:?}");
    assert_eq!(trade.state, TradeState::Closed);
    assert_eq!(code(pay.prepay(&ask)), "ORDER_CLOSED", "a closed number is not used again");
}

#[test]
fn closing_races_paying_and_one_of_them_wins_for_every_leg() {
    let stage = Stage::new();
    let pay = combined(&stage);
    for number in ["ORDER-0001", "ORDER-0002", "ORDER-0003", "ORDER-0004"] {
        let ask = ask(&stage, number);
        pay.prepay(&ask).expect("placed");
        let start = Barrier::new(2);
        let closed = thread::scope(|scope| {
            let closing = scope.spawn(|| {
                start.wait();
                pay.close(&placed(&ask))
            });
            start.wait();
            stage.control("pay", &json!({ "order": number, "action": "pay" }));
            closing.join().expect("no panic")
        });
        match closed {
            Ok(()) => assert_eq!(state(&pay, &ask), TradeState::Closed),
            Err(Fault::Refused { code, .. }) => {
                assert_eq!((code.as_str(), state(&pay, &ask)), ("ORDERPAID", TradeState::Success));
            }
            Err(fault) => panic!("{fault:?}"),
        }
    }
}

#[test]
fn a_leg_is_refunded_alone_and_the_order_says_so() {
    let stage = Stage::new();
    let pay = combined(&stage);
    pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
    settle(&stage, "ORDER-0001");
    let back = |leg: &str, number: &str, fen: i64, total: i64| RefundAsk {
        out_trade_no: format!("ORDER-0001-{leg}"),
        prepay_id: None,
        transaction_id: None,
        out_refund_no: number.to_owned(),
        refund: Fen(fen),
        total: Fen(total),
        reason: "违法未能处理，罚款退回".to_owned(),
    };
    let whole = back("L1", "R-1", 20_000, 20_000);
    assert_eq!(pay.refund(&whole).map(|told| told.state), Ok(RefundState::Success));
    assert_eq!(pay.query_refund(&whole).map(|told| told.map(|told| told.refund)), Ok(Some(Fen(20_000))));
    let trade = pay.query(&placed(&ask(&stage, "ORDER-0001"))).expect("an answer").expect("known");
    let states: Vec<TradeState> = trade.parts.iter().map(|part| part.state).collect();
    assert_eq!(states, [TradeState::Success, TradeState::Refund, TradeState::Success]);
    assert_eq!((trade.state, trade.total), (TradeState::Refund, Some(Fen(35_000))));
    assert_eq!(
        code(pay.refund(&back("L0", "R-2", 10_001, 20_000))),
        "PARAM_ERROR",
        "not the sum of that leg"
    );
    let of_whole = RefundAsk { out_trade_no: "ORDER-0001".to_owned(), ..back("L0", "R-3", 1, 35_000) };
    assert_eq!(code(pay.refund(&of_whole)), "RESOURCE_NOT_EXISTS", "the whole has no payment of its own");
}

#[test]
fn a_combined_order_whose_answer_is_lost_is_asked_for_again() {
    for fault in ["acted_no_reply", "late:2500", "garbled", "truncated", "drip:50", "empty"] {
        let stage = Stage::new();
        let pay = combined(&stage);
        let ask = ask(&stage, "ORDER-0001");
        stage.fault("combine_prepay", fault, 1);
        assert!(pay.prepay(&ask).expect_err(fault).may_have_acted(), "{fault}");
        assert!(!pay.prepay(&ask).expect("the same number, the same contents").prepay_id.is_empty());
        settle(&stage, "ORDER-0001");
        assert_eq!(state(&pay, &ask), TradeState::Success, "{fault}");
    }
}

#[test]
fn errors_on_every_combined_call_are_sorted() {
    let stage = Stage::new();
    let pay = combined(&stage);
    let ask = ask(&stage, "ORDER-0001");
    pay.prepay(&ask).expect("placed");
    let call = |name: &str| match name {
        "combine_prepay" => pay.prepay(&ask).map(|_| ()),
        "combine_query" => pay.query(&placed(&ask)).map(|_| ()),
        _ => pay.close(&placed(&ask)),
    };
    for name in ["combine_prepay", "combine_query", "combine_close"] {
        for fault in ["http500", "html", "never", "refuse:SYSTEM_ERROR", "refuse:SERVICE_UNAVAILABLE"] {
            stage.fault(name, fault, 1);
            assert!(call(name).expect_err(fault).may_have_acted(), "{name} {fault}");
        }
        stage.fault(name, "refuse:FREQUENCY_LIMITED", 1);
        assert_eq!(call(name), Err(Fault::Throttled), "{name}");
        stage.fault(name, "refuse:SIGN_ERROR", 1);
        assert_eq!(code(call(name)), "SIGN_ERROR", "{name}");
        stage.fault(name, "drip:1000", 1);
        if name != "combine_close" {
            assert_eq!(call(name), Err(Fault::TimedOut), "{name}: a byte a second");
            assert_eq!(call(name), Ok(()), "{name} is well again");
        }
    }
}

/// A placed combined order whose notices come to our ear and are opened there.
struct Till {
    stage: Stage,
    opened: Arc<Mutex<Vec<Result<Notice, NoticeFault>>>>,
    ear: Ear,
}

impl Till {
    fn new() -> Till {
        let stage = Stage::new();
        let opened = Arc::new(Mutex::new(Vec::new()));
        let opener: Arc<Mutex<Option<Arc<WeChatCombined>>>> = Arc::default();
        let (kept, client) = (Arc::clone(&opened), Arc::clone(&opener));
        let ear = Ear::new(move |heard: &Heard| {
            let headers = NoticeHeaders::from_lookup(|name| heard.header(name));
            let notice = client.lock().expect("no panic").clone()?.open_notice(&headers, &heard.body);
            kept.lock().expect("no panic").push(notice.clone());
            notice.ok().map(|_| String::new())
        });
        let pay =
            Arc::new(combined_with(&stage, 10, |config| config.notify_url = format!("{}/notify", ear.url)));
        *opener.lock().expect("no panic") = Some(Arc::clone(&pay));
        pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed");
        Till { stage, opened, ear }
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
fn an_honest_combined_notice_opens_with_all_its_parts() {
    let till = Till::new();
    settle(&till.stage, "ORDER-0001");
    for _ in 0..100 {
        if !till.opened.lock().expect("no panic").is_empty() {
            break;
        }
        thread::sleep(std::time::Duration::from_millis(50));
    }
    let notice = till.opened.lock().expect("no panic")[0].clone().expect("opened");
    let trade = notice.trade().expect("an order");
    assert_eq!((trade.state, trade.total), (TradeState::Success, Some(Fen(35_000))));
    assert_eq!((trade.out_trade_no.as_str(), trade.parts.len()), ("ORDER-0001", 3));
}

#[test]
fn a_sub_order_missing_added_or_told_twice_is_refused() {
    let till = Till::new();
    assert!(till.notify(json!({})).is_ok(), "the same without a twist");
    for how in ["missing", "extra", "duplicate"] {
        let told = till.notify(json!({ "sub_orders": how }));
        assert!(matches!(told, Err(NoticeFault::Parts(_))), "{how}: {told:?}");
    }
    assert!(matches!(till.trade(json!({ "/sub_orders": [] })), Err(NoticeFault::Parts(_))));
}

#[test]
fn one_sub_order_that_failed_makes_no_half_payment() {
    let till = Till::new();
    for state in ["NOTPAY", "CLOSED", "PAYERROR", "USERPAYING"] {
        let told = till.trade(json!({ "/sub_orders/1/trade_state": state }));
        assert_eq!(told, Err(NoticeFault::Parts("some paid and some not")), "{state}");
    }
    let none = till.trade(json!({
        "/sub_orders/0/trade_state": "NOTPAY", "/sub_orders/1/trade_state": "NOTPAY",
        "/sub_orders/2/trade_state": "NOTPAY",
    }));
    let state = none.map(|notice| notice.trade().expect("an order").state);
    assert_eq!(state, Ok(TradeState::NotPay), "the states inside count, not the event's name");
}

#[test]
fn sub_orders_of_another_sum_or_number_are_refused_even_when_they_add_up() {
    let till = Till::new();
    let parts = Err(NoticeFault::Parts("not those that were placed"));
    assert_eq!(till.trade(json!({ "/sub_orders/0/amount/total_amount": 10_001 })), parts);
    let swapped = json!({
        "/sub_orders/0/amount/total_amount": 20_000, "/sub_orders/0/amount/payer_amount": 20_000,
        "/sub_orders/1/amount/total_amount": 10_000, "/sub_orders/1/amount/payer_amount": 10_000,
    });
    assert_eq!(till.trade(swapped), parts, "the same sum, other legs");
    assert_eq!(till.trade(json!({ "/sub_orders/2/out_trade_no": "ORDER-0009-L2" })), parts);
    assert_eq!(till.trade(json!({ "/combine_out_trade_no": "ORDER-0009" })), parts);
    let unattached = till.trade(json!({ "/sub_orders/0/attach": "" }));
    assert_eq!(unattached, Err(NoticeFault::Parts("not of one order")));
}

#[test]
fn total_and_total_amount_are_never_confused() {
    let till = Till::new();
    let amounts = [
        json!({ "total": 10_000, "currency": "CNY" }),
        json!({ "total": 10_000, "total_amount": 10_000, "currency": "CNY" }),
        json!({ "total_amount": "10000", "currency": "CNY" }),
        json!({ "total_amount": 10_000.0, "currency": "CNY" }),
        json!({ "total_amount": -1, "currency": "CNY" }),
        json!({ "total_amount": 10_000, "currency": "USD" }),
        json!({ "total_amount": 10_000, "payer_amount": 10_001, "currency": "CNY" }),
        json!(10_000),
        json!(null),
    ];
    for amount in amounts {
        let told = till.trade(json!({ "/sub_orders/0/amount": amount }));
        assert_eq!(told, Err(NoticeFault::Amount), "{amount}");
    }
    let coupon = till.trade(json!({ "/sub_orders/0/amount/payer_amount": 9_000 })).expect("opened");
    let trade = coupon.trade().expect("an order");
    assert_eq!((trade.total, trade.payer_total), (Some(Fen(35_000)), Some(Fen(34_000))), "a coupon");
    let single = pay_with(&till.stage, |_| {});
    assert!(single.query(&"ORDER-0001".into()).is_ok_and(|trade| trade.is_none()), "no single order");
}

#[test]
fn a_combined_notice_for_another_merchant_or_account_is_not_ours() {
    let till = Till::new();
    assert_eq!(till.trade(json!({ "/combine_mchid": "1900000999" })), Err(NoticeFault::NotOurs));
    assert_eq!(till.trade(json!({ "/combine_appid": "wxother" })), Err(NoticeFault::NotOurs));
    assert_eq!(till.trade(json!({ "/sub_orders/1/mchid": "1900000999" })), Err(NoticeFault::NotOurs));
    let shape = Err(NoticeFault::Shape("transaction"));
    assert_eq!(till.trade(json!({ "/sub_orders/1/transaction_id": "" })), shape);
    assert_eq!(till.trade(json!({ "/sub_orders/1/trade_state": "SURELY" })), shape);
}

#[test]
fn single_and_combined_notices_are_not_mistaken_for_each_other() {
    let till = Till::new();
    let single = pay_with(&till.stage, |_| {});
    till.stage.control("notify", &json!({ "out_trade_no": "ORDER-0001" }));
    let heard = till.ear.heard().pop().expect("heard");
    let headers = NoticeHeaders::from_lookup(|name| heard.header(name));
    let told = single.open_notice(&headers, &heard.body);
    assert!(matches!(told, Err(NoticeFault::Shape("transaction") | NoticeFault::NotOurs)), "{told:?}");
    let url = till.ear.url.clone();
    till.stage
        .control("notify", &json!({ "out_trade_no": "ALONE-0001", "notify_url": format!("{url}/notify") }));
    let told = till.opened.lock().expect("no panic").last().cloned().expect("a notice came");
    assert_eq!(told, Err(NoticeFault::NotOurs));
}

#[test]
fn signatures_of_combined_notices_are_checked_like_all_others() {
    let till = Till::new();
    assert_eq!(till.notify(json!({ "tampered": true })), Err(NoticeFault::Signature));
    assert_eq!(till.notify(json!({ "signature": "probe" })), Err(NoticeFault::Probe));
    assert_eq!(till.notify(json!({ "timestamp_shift": 320 })), Err(NoticeFault::Stale));
    assert_eq!(till.notify(json!({ "serial": "0123456789ABCDEF" })), Err(NoticeFault::UnknownSerial));
    assert!(till.notify(json!({ "other_mode": true })).is_ok(), "both modes during a switch");
}
