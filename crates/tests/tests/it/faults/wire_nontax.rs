//! The WeChat non-tax family: asked before it is ordered, asked again until it is known; several orders for one notice and
//! one that is paid; states that mean the same; refunds that do not show in the state.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use clearway_connect::Fault;
use clearway_connect::payments::{
    NontaxConfig, NoticeFault, NoticeHeaders, Payments, Placed, PrepayAsk, PrepayLeg, RefundAsk, RefundState,
    TradeState, WeChatNontax,
};
use clearway_connect::wechat::{OfficialAccount, OpenId};
use clearway_domain::Fen;
use clearway_sims::city::Decision;
use serde_json::{Value, json};

use super::stage::Stage;

fn nontax_with(stage: &Stage, change: impl FnOnce(&mut NontaxConfig)) -> WeChatNontax {
    let mut counterparts = stage.counterparts();
    // A sixth of the whole is the deadline of each exchange.
    counterparts.wechat.limits.total_ms_max = 6_000;
    let mut config = counterparts.pay.nontax.expect("written");
    change(&mut config);
    let account = OfficialAccount::new(counterparts.wechat, stage.clock.clone(), stage.chance.clone());
    WeChatNontax::new(config, Arc::new(account.expect("an account")), stage.clock.clone()).expect("a client")
}

pub(super) fn nontax(stage: &Stage) -> WeChatNontax {
    nontax_with(stage, |_| {})
}

/// A decision of today that is not paid, and what its notice asks for: nothing is added to the fine yet.
fn notice(stage: &Stage) -> (&Decision, Fen) {
    let fined = |decision: &&Decision| decision.fine_fen > 0 && decision.penalty == "fine";
    let decision = stage.city.decisions.iter().find(fined).expect("the city has a decision with a fine");
    stage.set(
        "decision",
        &decision.number,
        json!({ "paid": "0", "paid_at": null, "decided_at": super::stage::OPENING }),
    );
    (decision, Fen(decision.fine_fen))
}

fn leg(fen: Fen, notice: Option<&str>) -> PrepayLeg {
    PrepayLeg {
        out_trade_no: "ORDER-0001".to_owned(),
        description: "交通违法罚款".to_owned(),
        total: fen,
        notice: notice.map(str::to_owned),
    }
}

fn order(stage: &Stage, number: &str, legs: Vec<PrepayLeg>) -> PrepayAsk {
    PrepayAsk {
        out_trade_no: number.to_owned(),
        description: "武汉市交通违法罚款".to_owned(),
        total: legs.iter().map(|leg| leg.total).sum(),
        legs,
        payer: OpenId::new(&stage.city.accounts[0].openid),
        expires: None,
        attach: None,
        payer_ip: None,
        back: "https://clearway.example/orders/1/returned".to_owned(),
    }
}

/// An order of two legs without notices.
pub(super) fn ask(stage: &Stage, number: &str) -> PrepayAsk {
    order(stage, number, vec![leg(Fen(10_000), None), leg(Fen(5_000), None)])
}

fn placed(number: &str, handle: Option<&str>) -> Placed {
    Placed { out_trade_no: number.to_owned(), prepay_id: handle.map(str::to_owned), legs: Vec::new() }
}

pub(super) fn back(number: &str, handle: &str, fen: i64) -> RefundAsk {
    RefundAsk {
        out_trade_no: "ORDER-0001".to_owned(),
        prepay_id: Some(handle.to_owned()),
        transaction_id: None,
        out_refund_no: number.to_owned(),
        refund: Fen(fen),
        total: Fen(15_000),
        reason: "违法未能处理，罚款退回".to_owned(),
    }
}

pub(super) fn settle(stage: &Stage, id: &str) {
    let told = stage.control("pay", &json!({ "order": id, "action": "pay" }));
    assert_eq!(told["just_paid"], json!(true), "{told}");
}

pub(super) fn changed(stage: &Stage, call: &str, set: Value) {
    stage.control("pay", &json!({ "nontax_answer": { "call": call, "set": set } }));
}

fn state(pay: &WeChatNontax, number: &str, handle: Option<&str>) -> TradeState {
    pay.query(&placed(number, handle)).expect("an answer").expect("known").state
}

fn code(told: Result<impl std::fmt::Debug, Fault>) -> String {
    match told {
        Err(Fault::Refused { code, .. }) => code,
        other => panic!("{other:?} is no refusal"),
    }
}

fn order_id(handle: &str) -> &str {
    handle.split(' ').next().expect("an id")
}

#[test]
fn an_order_of_several_legs_lives_under_our_own_number() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let rail = pay.rail();
    assert_eq!((rail.slug, rail.per_leg), ("wechat-nontax", false));
    assert_eq!(pay.query(&"ORDER-0001".into()), Ok(None), "not known yet");
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    let page = pay.pay_page(&handle).expect("this rail pays on a page");
    assert!(page.starts_with(&stage.url()), "{page}");
    assert!(pay.pay_sheet(&handle).is_err(), "and has no sheet");
    assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::NotPay);
    let (status, text) = stage.get(&page);
    assert_eq!(status, "200");
    assert!(text.contains("150.00"), "the payer sees the sum: {text}");
    settle(&stage, "ORDER-0001");
    for known in [Some(handle.as_str()), None] {
        let trade = pay.query(&placed("ORDER-0001", known)).expect("an answer").expect("known");
        assert_eq!((trade.state, trade.total), (TradeState::Success, Some(Fen(15_000))), "{known:?}");
        assert_eq!(trade.payer, Some(ask(&stage, "x").payer));
        assert!(trade.paid.is_some() && trade.transaction_id.is_some());
    }
    let sent = &stage.calls("nontax_unifiedorder")[0]["fields"];
    assert_eq!((&sent["order_no"], &sent["payment_notice_no"]), (&json!("ORDER-0001"), &json!(null)));
    assert_eq!(sent["items"].as_array().map(Vec::len), Some(2));
    assert!(stage.calls("nontax_queryfee").is_empty(), "without a notice there is no fee to ask for");
}

#[test]
fn one_leg_with_a_decision_is_paid_under_its_notice() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let (decision, fee) = notice(&stage);
    let ask = order(&stage, "ORDER-0001", vec![leg(fee, Some(&decision.number))]);
    let handle = pay.prepay(&ask).expect("placed").prepay_id;
    let sent = &stage.calls("nontax_unifiedorder")[0]["fields"];
    assert_eq!((&sent["payment_notice_no"], &sent["order_no"]), (&json!(decision.number), &json!(null)));
    assert_eq!(stage.calls("nontax_queryfee").len(), 1, "asked before it was ordered");
    settle(&stage, order_id(&handle));
    assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::Success);
    assert_eq!(code(pay.prepay(&ask)), "232", "the platform says that the notice is paid");
}

#[test]
fn legs_that_do_not_add_up_are_not_sent() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let mut wrong = ask(&stage, "ORDER-0001");
    wrong.total = Fen(14_999);
    assert_eq!(code(pay.prepay(&wrong)), "LOCAL");
    wrong.legs[0].total = Fen(i64::MAX);
    assert_eq!(code(pay.prepay(&wrong)), "LOCAL");
    assert_eq!(code(pay.query(&"a/../b".into())), "LOCAL");
    assert!(stage.calls("nontax_unifiedorder").is_empty());
}

#[test]
fn a_fee_different_from_ours_is_refused_before_ordering() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let (decision, fee) = notice(&stage);
    for other in [Fen(fee.0 - 1), Fen(fee.0 + 1)] {
        let ask = order(&stage, "ORDER-0001", vec![leg(other, Some(&decision.number))]);
        assert_eq!(code(pay.prepay(&ask)), "FEE_DIFFERS");
    }
    let ask = order(&stage, "ORDER-0001", vec![leg(fee, Some(&decision.number))]);
    for wrong in [json!(0), json!(-1), json!("20000"), json!(1.5), json!(fee.0 + 1)] {
        changed(&stage, "queryfee", json!({ "/fee": wrong }));
        assert!(matches!(pay.prepay(&ask), Err(Fault::Garbled(_))), "{wrong}: items do not add up to it");
    }
    assert!(stage.calls("nontax_unifiedorder").is_empty(), "nothing was ordered");
}

#[test]
fn a_notice_of_another_region_or_unit_is_refused_before_ordering() {
    let stage = Stage::new();
    let (decision, fee) = notice(&stage);
    let ask = order(&stage, "ORDER-0001", vec![leg(fee, Some(&decision.number))]);
    let pay = nontax(&stage);
    for set in [
        json!({ "/region_code": "420200" }),
        json!({ "/department_code": "107002" }),
        json!({ "/payment_notice_no": "420100000000001" }),
    ] {
        changed(&stage, "queryfee", set.clone());
        assert_eq!(code(pay.prepay(&ask)), "NOTICE_MISMATCH", "{set}");
    }
    changed(&stage, "queryfee", json!({}));
    let abroad = nontax_with(&stage, |config| config.region_code = "420200".to_owned());
    assert_eq!(code(abroad.prepay(&ask)), "230", "the platform knows no such notice there");
    let foreign = nontax_with(&stage, |config| config.department_code = "107002".to_owned());
    assert_eq!(code(foreign.prepay(&ask)), "230");
    assert!(stage.calls("nontax_unifiedorder").is_empty(), "nothing was ordered");
}

#[test]
fn an_expired_notice_is_refused_before_ordering() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let (decision, fee) = notice(&stage);
    let ask = order(&stage, "ORDER-0001", vec![leg(fee, Some(&decision.number))]);
    changed(&stage, "queryfee", json!({ "/payment_expire_date": "20200404" }));
    assert_eq!(code(pay.prepay(&ask)), "NOTICE_EXPIRED", "yesterday");
    changed(&stage, "queryfee", json!({ "/payment_expire_date": "soon" }));
    assert!(matches!(pay.prepay(&ask), Err(Fault::Garbled(_))), "no day at all");
    assert!(stage.calls("nontax_unifiedorder").is_empty());
    changed(&stage, "queryfee", json!({ "/payment_expire_date": "20200405" }));
    assert!(pay.prepay(&ask).is_ok(), "the last day counts");
}

/// Our first call was answered into the void, so there are two orders of ours; the payer pays the second. Whichever of
/// them we kept, the paid one decides.
#[test]
fn of_two_orders_for_one_notice_the_paid_one_decides() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let (decision, fee) = notice(&stage);
    let ask = order(&stage, "ORDER-0001", vec![leg(fee, Some(&decision.number))]);
    let first = pay.prepay(&ask).expect("placed").prepay_id;
    let second = pay.prepay(&ask).expect("placed again").prepay_id;
    assert_ne!(order_id(&first), order_id(&second));
    settle(&stage, order_id(&second));
    let told = stage.control("pay", &json!({ "order": order_id(&first), "action": "pay" }));
    assert_eq!(told["just_paid"], json!(false), "at most one of them is paid");
    for handle in [&first, &second] {
        let trade = pay.query(&placed("ORDER-0001", Some(handle))).expect("an answer").expect("known");
        assert_eq!((trade.state, trade.out_trade_no.as_str()), (TradeState::Success, "ORDER-0001"));
        assert_eq!(code(pay.close(&placed("ORDER-0001", Some(handle)))), "ORDERPAID");
    }
    let through_the_first = RefundAsk { total: fee, ..back("R-1", &first, fee.0) };
    assert!(pay.refund(&through_the_first).is_ok(), "the money is found where it is");
}

/// Another order of ours, or somebody else's, for the same notice was paid: ours can never be, and says so.
#[test]
fn a_notice_that_is_paid_elsewhere_ends_our_order() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let (decision, fee) = notice(&stage);
    let legs = || vec![leg(fee, Some(decision.number.as_str()))];
    let ours = pay.prepay(&order(&stage, "ORDER-0001", legs())).expect("placed").prepay_id;
    let theirs = pay.prepay(&order(&stage, "ORDER-0002", legs())).expect("placed").prepay_id;
    settle(&stage, order_id(&theirs));
    assert_eq!(state(&pay, "ORDER-0001", Some(&ours)), TradeState::Closed);
    assert_eq!(pay.close(&placed("ORDER-0001", Some(&ours))), Ok(()));
    assert_eq!(state(&pay, "ORDER-0002", Some(&theirs)), TradeState::Success);
    assert_eq!(code(pay.refund(&RefundAsk { total: fee, ..back("R-1", &ours, 1) })), "ORDER_NOT_PAID");
    changed(&stage, "queryfee", json!({}));
    assert_eq!(code(pay.prepay(&order(&stage, "ORDER-0003", legs()))), "232");
}

#[test]
fn states_three_and_four_both_mean_paid() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    settle(&stage, "ORDER-0001");
    for status in [3, 4] {
        changed(&stage, "getorder", json!({ "/status": status }));
        assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::Success, "{status}");
    }
}

#[test]
fn states_that_nobody_agreed_on_are_no_states() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    settle(&stage, "ORDER-0001");
    for set in [
        json!({ "/status": 2 }),
        json!({ "/status": 0 }),
        json!({ "/status": "3" }),
        json!({ "/status": null }),
        json!({ "/fee_type": 2 }),
        json!({ "/fee": 0 }),
        json!({ "/fee": "15000" }),
        json!({ "/trans_id": "" }),
        json!({ "/order_id": "another" }),
        json!({ "/appid": "wxother" }),
        json!({ "/region_code": "420200" }),
        json!({ "/department_code": "107002" }),
        json!({ "/desc": "武汉市交通违法罚款 ORDER-0009" }),
        json!({ "/order_no": "ORDER-0009" }),
    ] {
        changed(&stage, "getorder", set.clone());
        let told = pay.query(&placed("ORDER-0001", Some(&handle)));
        assert!(matches!(told, Err(Fault::Garbled(_))), "{set}: {told:?}");
    }
}

#[test]
fn a_refund_of_a_part_leaves_the_order_paid_and_is_found_in_it() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    settle(&stage, "ORDER-0001");
    let part = back("R-1", &handle, 10_000);
    assert_eq!(pay.query_refund(&part), Ok(None), "not known yet");
    let told = pay.refund(&part).expect("taken");
    assert_eq!((told.state, told.refund), (RefundState::Processing, Fen(10_000)));
    assert!(told.refund_id.is_some());
    let status = stage.control("pay", &json!({ "order": "ORDER-0001" }))["status"].clone();
    assert_eq!(status, json!(3), "the platform's state does not show a part");
    assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::Refund, "ours does");
    let found = pay.query_refund(&part).expect("an answer").expect("known");
    assert_eq!((found.state, found.refund_id), (RefundState::Success, told.refund_id));
    assert!(found.done.is_some());
    pay.refund(&back("R-2", &handle, 5_000)).expect("the rest");
    let status = stage.control("pay", &json!({ "order": "ORDER-0001" }))["status"].clone();
    assert_eq!(status, json!(5), "now it is refunded");
    assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::Refund);
}

#[test]
fn a_refund_asked_for_twice_is_one_and_never_more_than_was_paid() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    assert_eq!(code(pay.refund(&back("R-0", &handle, 1))), "ORDER_NOT_PAID");
    settle(&stage, "ORDER-0001");
    pay.refund(&back("R-1", &handle, 10_000)).expect("taken");
    assert!(pay.refund(&back("R-1", &handle, 10_000)).is_ok(), "found, not asked for again");
    assert_eq!(stage.calls("nontax_refund").len(), 1);
    assert_eq!(code(pay.refund(&back("R-1", &handle, 9_999))), "REFUND_DIFFERS");
    assert_eq!(code(pay.refund(&back("R-2", &handle, 5_001))), "234", "above what is left");
    assert_eq!(code(pay.refund(&back("R-3", &handle, 15_001))), "LOCAL", "above what was paid");
    let wrong_total = RefundAsk { total: Fen(20_000), ..back("R-4", &handle, 1) };
    assert_eq!(code(pay.refund(&wrong_total)), "LOCAL");
}

#[test]
fn a_refund_is_under_way_until_its_time_has_come() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    settle(&stage, "ORDER-0001");
    stage.control("pay", &json!({ "refunds_after_ms": 3_600_000 }));
    pay.refund(&back("R-1", &handle, 15_000)).expect("taken");
    let found = pay.query_refund(&back("R-1", &handle, 15_000)).expect("an answer").expect("known");
    assert_eq!((found.state, found.done), (RefundState::Processing, None));
    assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::Refund, "state 6, refunding");
}

#[test]
fn only_the_platform_closes_and_only_with_time() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    assert_eq!(pay.close(&"ORDER-0001".into()), Ok(()), "what it does not know cannot be paid");
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    let here = placed("ORDER-0001", Some(&handle));
    assert_eq!(code(pay.close(&here)), "STILL_OPEN");
    stage.control("pay", &json!({ "nontax_unpaid_s": 0 }));
    let handle = pay.prepay(&ask(&stage, "ORDER-0002")).expect("placed").prepay_id;
    let there = placed("ORDER-0002", Some(&handle));
    assert_eq!(pay.close(&there), Ok(()));
    assert_eq!(state(&pay, "ORDER-0002", Some(&handle)), TradeState::Closed, "state 12");
    let told = stage.control("pay", &json!({ "order": "ORDER-0002", "action": "pay_late" }));
    assert_eq!(told["just_paid"], json!(true), "the payment and the closing crossed");
    assert_eq!(state(&pay, "ORDER-0002", Some(&handle)), TradeState::Success, "money is never overlooked");
}

/// The answer to the order is lost. Under our own number it is found by that; a notice is ordered again.
#[test]
fn an_order_whose_answer_is_lost_is_found_or_placed_again() {
    for fault in ["acted_no_reply", "late:2500", "garbled", "truncated", "empty", "drip:50"] {
        let stage = Stage::new();
        let pay = nontax(&stage);
        stage.fault("nontax_unifiedorder", fault, 1);
        assert!(pay.prepay(&ask(&stage, "ORDER-0001")).expect_err(fault).may_have_acted(), "{fault}");
        if fault != "late:2500" {
            assert_eq!(state(&pay, "ORDER-0001", None), TradeState::NotPay, "{fault}: found by our number");
        }
        let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("again").prepay_id;
        settle(&stage, order_id(&handle));
        assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::Success, "{fault}");
        assert_eq!(state(&pay, "ORDER-0001", None), TradeState::Success, "{fault}");
        assert_eq!(code(pay.prepay(&ask(&stage, "ORDER-0001"))), "ORDERPAID", "{fault}: not paid twice");
    }
}

#[test]
fn a_refund_whose_answer_is_lost_is_found_and_given_once() {
    for fault in ["acted_no_reply", "garbled", "truncated", "empty", "twice"] {
        let stage = Stage::new();
        let pay = nontax(&stage);
        let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
        settle(&stage, "ORDER-0001");
        stage.fault("nontax_refund", fault, 1);
        let told = pay.refund(&back("R-1", &handle, 10_000));
        assert!(told.is_ok() || told.is_err_and(|fault| fault.may_have_acted()), "{fault}");
        assert!(pay.query_refund(&back("R-1", &handle, 10_000)).is_ok_and(|told| told.is_some()), "{fault}");
        pay.refund(&back("R-1", &handle, 10_000)).expect("found");
        assert!(pay.refund(&back("R-2", &handle, 5_000)).is_ok(), "{fault}: only 10,000 went back");
    }
}

/// `errcode` comes with HTTP 200: each is sorted by what may have happened, on every call.
#[test]
fn errcodes_with_status_200_are_sorted_on_every_call() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let (decision, fee) = notice(&stage);
    let by_notice = order(&stage, "ORDER-0002", vec![leg(fee, Some(&decision.number))]);
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    settle(&stage, "ORDER-0001");
    pay.refund(&back("R-1", &handle, 1)).expect("taken");
    // A new number each time: what acted without a word is found and not asked for again.
    let tries = AtomicU32::new(0);
    let number = || format!("R-{}", tries.fetch_add(1, Ordering::SeqCst) + 2);
    let call = |name: &str| match name {
        "nontax_queryfee" | "nontax_unifiedorder" => pay.prepay(&by_notice).map(|_| ()),
        "nontax_getorder" => pay.query(&placed("ORDER-0001", Some(&handle))).map(|_| ()),
        "nontax_getorderlist" => pay.query(&"ORDER-0001".into()).map(|_| ()),
        _ => pay.refund(&back(&number(), &handle, 1)).map(|_| ()),
    };
    for name in
        ["nontax_queryfee", "nontax_unifiedorder", "nontax_getorder", "nontax_getorderlist", "nontax_refund"]
    {
        for fault in ["refuse:-1", "http500", "html", "never", "dollar", "drip:1000"] {
            stage.fault(name, fault, 1);
            assert!(call(name).expect_err(fault).may_have_acted(), "{name} {fault}");
        }
        for quota in ["refuse:45009", "refuse:45011"] {
            stage.fault(name, quota, 1);
            assert_eq!(call(name), Err(Fault::Throttled), "{name} {quota}");
        }
        stage.fault(name, "refuse:48001", 1);
        assert_eq!(code(call(name)), "48001", "{name}");
        assert_eq!(call(name), Ok(()), "{name} is well again");
    }
}

#[test]
fn a_token_that_ended_is_renewed_once_and_the_call_repeated_once() {
    let stage = Stage::new();
    let pay = nontax(&stage);
    let handle = pay.prepay(&ask(&stage, "ORDER-0001")).expect("placed").prepay_id;
    stage.control("wechat/forget_tokens", &json!({}));
    assert_eq!(state(&pay, "ORDER-0001", Some(&handle)), TradeState::NotPay);
    stage.control("wechat/forget_tokens", &json!({}));
    assert!(pay.prepay(&ask(&stage, "ORDER-0002")).is_ok());
    let placed = stage.calls("nontax_unifiedorder");
    let done = placed.iter().filter(|call| call["outcome"] == json!("ok")).count();
    assert_eq!(done, 2, "an order that was refused for its token was not placed");
}

#[test]
fn this_rail_has_no_notices_to_believe() {
    let stage = Stage::new();
    let told = nontax(&stage).open_notice(&NoticeHeaders::default(), b"{}");
    assert_eq!(told, Err(NoticeFault::NoNotices));
}
