//! A rail that says something about money that nobody here can use, or that is not the configured one any more: no money is
//! taken for moved or not moved on that, and a person is told.

use std::sync::Arc;

use clearway_connect::payments::Payments;
use clearway_domain::case::{MoneyWord, OrderState};
use clearway_service::citizen::confirm::Acts;
use clearway_service::citizen::{order, quote, violations};
use clearway_service::error::Conflict;
use clearway_service::{Error, jobs, verify};
use clearway_store::finding::{self, Finding};

use super::seal::Mode;
use super::stage::{Clients, Stage};
use crate::simulation::world::authority::Night;

const ACTS: Acts<'_> = Acts { facts: Some("对"), waiver: Some("不陈述") };
const PAYMENT: &str = "4200000001202004070000000001";

/// A town whose driver has been handed the sheet of an order.
fn handed_over() -> (Stage, String) {
    let clients = Clients::new();
    (1..100)
        .find_map(|seed| {
            let opener: Arc<dyn Payments> = clients.of(Mode::Certificate, false);
            let at = "2020-04-07T10:00:00+08:00".parse().expect("an instant");
            let stage = Stage::new(seed, at, Night::Open, opener, None);
            let _ = violations::home(&stage.world, &stage.who);
            stage.run_due();
            let judged = violations::home(&stage.world, &stage.who).ok()?;
            let ids: Vec<String> = judged.lines.iter().map(|line| line.violation.id.clone()).collect();
            let quoted = quote::make(&stage.world, &stage.who, &ids).ok()?;
            let opened = order::open(&stage.world, &stage.who, &quoted.id, ACTS).ok()?;
            let id = opened.first()?.clone();
            stage.run_due();
            order::hand_over(&stage.world, &stage.who, &id).expect("handed over");
            Some((stage, id))
        })
        .expect("somebody can pay something")
}

fn state(stage: &Stage, id: &str) -> OrderState {
    order::page(&stage.world, &stage.who, id).expect("a page").state
}

fn open(stage: &Stage, kind: &str) -> Vec<Finding> {
    let all = stage.world.db.read(|tx| finding::open(tx, 100)).expect("findings");
    all.into_iter().filter(|finding| finding.kind == kind).collect()
}

/// The platform has none of the records of an order any more: what is paid on them is to go back.
fn take_records_back(stage: &Stage, page: &order::OrderPage) {
    for leg in &page.legs {
        stage.sim.authority.files().remove(&leg.case.violation);
    }
}

fn right(stage: &Stage) {
    let report = verify::whole(&stage.world).expect("verified");
    assert!(report.breaches.is_empty(), "{:?}", report.breaches);
}

/// The order is paid, and its record was taken back: the money is to go back, and the rail names another sum for it.
#[test]
fn a_refund_of_another_sum_is_told_to_a_person_and_looked_at_hourly() {
    let (stage, id) = handed_over();
    let page = order::page(&stage.world, &stage.who, &id).expect("a page");
    take_records_back(&stage, &page);
    stage.till.habit().short_fen = 100;
    stage.till.take_money(&page.order.out_trade_no, PAYMENT);
    assert_eq!(order::returned(&stage.world, &stage.who, &id, || Some(())).expect("asked"), OrderState::Paid);
    stage.go_on(600);
    assert_eq!(state(&stage, &id), OrderState::Refunding, "never applied");
    let told = open(&stage, "refund-amount");
    assert_eq!(told.len(), page.legs.len(), "{told:?}");
    assert!(told[0].subject.ends_with("-1") && told[0].detail.contains("told_fen"), "{told:?}");
    right(&stage);
    // Put right at the rail: found within the hour, and nobody has to be told any more.
    stage.till.habit().short_fen = 0;
    stage.go_on(3_700);
    assert_eq!(state(&stage, &id), OrderState::Refunded);
    assert!(open(&stage, "refund-amount").is_empty());
    right(&stage);
}

/// Nobody can pay it any more, and what the rail says of it cannot be read.
#[test]
fn an_answer_that_stays_garbled_after_the_order_has_ended_is_told_to_a_person() {
    let (stage, id) = handed_over();
    let page = order::page(&stage.world, &stage.who, &id).expect("a page");
    stage.till.take_money(&page.order.out_trade_no, PAYMENT);
    stage.till.habit().garbles = true;
    stage.go_on(600);
    assert!(open(&stage, "notice-unreadable").is_empty(), "it may still be paid");
    stage.go_on(3_600);
    let told = open(&stage, "notice-unreadable");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].subject, page.order.out_trade_no);
    assert!(state(&stage, &id).is_open(), "nothing is concluded from it");
    stage.till.habit().garbles = false;
    stage.go_on(3_600);
    assert!(!state(&stage, &id).is_open(), "the money is found");
    assert!(open(&stage, "notice-unreadable").is_empty());
    right(&stage);
}

/// An order belongs to the rail that it was placed on: another one would say that there is none, and it would be closed although
/// it is paid.
#[test]
fn another_rail_is_never_asked_about_an_order_and_closes_none() {
    let (stage, id) = handed_over();
    let page = order::page(&stage.world, &stage.who, &id).expect("a page");
    stage.till.take_money(&page.order.out_trade_no, PAYMENT);
    let orders = std::mem::take(&mut *stage.till.orders());
    stage.till.habit().slug = "wechat-nontax";
    assert_eq!(jobs::rails::waiting_for_another(&stage.world).expect("counted"), (1, 0));
    let given_up = jobs::pay::give_up(&stage.world, &stage.who.driver, &id);
    assert!(matches!(given_up, Err(Error::Conflict(Conflict::PaymentOpen))), "{given_up:?}");
    stage.go_on(86_400);
    assert!(state(&stage, &id).is_open(), "it stays as it is");
    let money = order::page(&stage.world, &stage.who, &id).expect("a page").money;
    assert_ne!(money, MoneyWord::NotCharged);
    let told = open(&stage, "order-of-another-rail");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].subject, page.order.out_trade_no);
    right(&stage);
    // The rail is configured again: the money is found.
    *stage.till.orders() = orders;
    stage.till.habit().slug = "wechat";
    assert_eq!(jobs::rails::waiting_for_another(&stage.world).expect("counted"), (0, 0));
    stage.go_on(7_200);
    assert!(!state(&stage, &id).is_open());
    right(&stage);
}

/// Money that is to go back waits for its own rail as well.
#[test]
fn a_refund_waits_for_its_own_rail() {
    let (stage, id) = handed_over();
    let page = order::page(&stage.world, &stage.who, &id).expect("a page");
    take_records_back(&stage, &page);
    stage.till.take_money(&page.order.out_trade_no, PAYMENT);
    assert_eq!(order::returned(&stage.world, &stage.who, &id, || Some(())).expect("asked"), OrderState::Paid);
    stage.till.habit().slug = "wechat-combined";
    stage.go_on(7_200);
    assert_eq!(state(&stage, &id), OrderState::Refunding);
    let refunds = u64::try_from(page.legs.len()).expect("few");
    assert_eq!(jobs::rails::waiting_for_another(&stage.world).expect("counted"), (0, refunds));
    assert!(stage.till.orders().values().all(|kept| kept.refunds.is_empty()), "nothing was asked for there");
    assert_eq!(open(&stage, "order-of-another-rail").len(), 1);
    stage.till.habit().slug = "wechat";
    stage.go_on(7_200);
    assert_eq!(state(&stage, &id), OrderState::Refunded);
    right(&stage);
}
