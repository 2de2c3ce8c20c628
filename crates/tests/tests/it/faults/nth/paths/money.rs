//! Quotes, orders, payments, notices, money that goes back.

use clearway_connect::payments::{RefundState, Trade, TradeState};
use clearway_domain::Fen;
use clearway_domain::case::OrderState;
use clearway_service::Error;
use clearway_service::callbacks::wechat_pay::Answer;
use clearway_service::citizen::{order, quote, violations};
use clearway_service::error::Conflict;
use clearway_store::{finding, inbox};

use super::super::town::Town;
use super::ACTS;
use crate::simulation::world::network::{Call, Fate};
use crate::simulation::world::notices::{Matter, Post};

/// Which violations a path is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// One record that can only be paid.
    Record,
    /// A decision that waits for its money.
    Ticket,
    /// A record that could be free.
    CouldBeFree,
}

fn find(town: &Town, wanted: Wanted) {
    for who in town.people() {
        violations::home(town.world(), &who).expect("a list");
        town.work();
        let judged = violations::judged(town.world(), &who).expect("a list");
        for line in judged.lines.iter().filter(|line| line.pay.is_allowed()) {
            let ticket = line.violation.decision.is_some();
            if ticket != (wanted == Wanted::Ticket) || !(ticket || line.handle.is_allowed()) {
                continue;
            }
            let Ok(quoted) = quote::make(town.world(), &who, std::slice::from_ref(&line.violation.id)) else {
                continue;
            };
            if quoted.nudge.is_some() == (wanted == Wanted::CouldBeFree) && quoted.total_fen > 0 {
                town.note("violation", line.violation.id.clone());
                town.note("quote", quoted.id);
                town.note("who", who.driver);
                return;
            }
        }
    }
    panic!("nobody in this town has such a violation");
}

/// Somebody with something to pay.
pub fn payer(town: &Town) {
    find(town, Wanted::Record);
}

pub fn nudged(town: &Town) {
    find(town, Wanted::CouldBeFree);
}

/// With a fresh quote in hand.
pub fn quoted(town: &Town) {
    find(town, Wanted::Record);
}

pub fn ticket_quoted(town: &Town) {
    find(town, Wanted::Ticket);
}

pub fn quote(town: &Town) -> Result<(), Error> {
    let quoted = quote::make(town.world(), &town.who(), &[town.noted("violation")])?;
    assert!(quoted.total_fen > 0);
    Ok(())
}

pub fn skip(town: &Town) -> Result<(), Error> {
    quote::skip_nudge(town.world(), &town.who(), &town.noted("quote"), &town.noted("violation"))?;
    order(town)
}

pub fn order(town: &Town) -> Result<(), Error> {
    let orders = order::open(town.world(), &town.who(), &town.noted("quote"), ACTS)?;
    assert_eq!(orders.len(), 1);
    town.note("order", orders[0].clone());
    town.work();
    Ok(())
}

/// Ordered, and no worker has told the rail yet.
pub fn ordered(town: &Town) {
    quoted(town);
    let orders = order::open(town.world(), &town.who(), &town.noted("quote"), ACTS).expect("ordered");
    town.note("order", orders[0].clone());
}

fn state(town: &Town) -> Result<OrderState, Error> {
    order::page(town.world(), &town.who(), &town.noted("order")).map(|page| page.state)
}

/// Opens the sheet.
fn hand_over(town: &Town) -> Result<(), Error> {
    let page = order::hand_over(town.world(), &town.who(), &town.noted("order"))?;
    let prepay = page.order.prepay_id.ok_or(Error::NotFound("sheet"))?;
    town.note("prepay", prepay);
    Ok(())
}

pub fn handed_over(town: &Town) {
    quoted(town);
    order(town).expect("ordered");
    hand_over(town).expect("handed over");
}

/// The rail takes the order, and its answer is lost.
pub fn placed_in_silence(town: &Town) -> Result<(), Error> {
    town.sim.network.plan(Call::Prepay, Fate::ActedNoReply);
    town.work();
    town.sim.network.unplan();
    Ok(())
}

/// The payer pays on the sheet, once.
fn pay_at_rail(town: &Town) {
    let prepay = town.noted("prepay");
    if !town.is_paid(&prepay) {
        assert!(town.sim.rail.till().pay(&prepay, town.sim.life.ms()), "the rail takes it");
    }
}

/// Orders, opens the sheet, pays, and comes back.
pub fn pay(town: &Town) -> Result<(), Error> {
    order(town)?;
    if state(town)?.is_open() {
        hand_over(town)?;
        pay_at_rail(town);
        pay_and_come_back(town)?;
    }
    town.work();
    Ok(())
}

fn pay_and_come_back(town: &Town) -> Result<(), Error> {
    match order::returned(town.world(), &town.who(), &town.noted("order"), || Some(())) {
        Err(Error::Conflict(Conflict::CaseMoved)) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Pays, and the page asks again.
pub fn pay_and_ask(town: &Town) -> Result<(), Error> {
    pay_at_rail(town);
    town.sim.rail.till().posts.clear();
    order::ask_again(town.world(), &town.who(), &town.noted("order"))?;
    town.work();
    Ok(())
}

/// Pays and goes away: the rail tells us, more than once.
pub fn pay_by_notice(town: &Town) -> Result<(), Error> {
    pay_at_rail(town);
    let posts = std::mem::take(&mut town.sim.rail.till().posts);
    if let Some(post) = posts.first() {
        town.note("notice", post.id.clone());
    }
    let kept = town.sim.rail.till().by_prepay(&town.noted("prepay")).cloned().expect("placed");
    let post = Post::of_trade(&town.noted("notice"), kept.trade(0), town.sim.life.ms());
    for _ in 0..3 {
        assert_eq!(town.deliver(&post)?, Answer::Taken);
    }
    town.work();
    Ok(())
}

pub fn give_up(town: &Town) -> Result<(), Error> {
    match order::give_up(town.world(), &town.who(), &town.noted("order"))? {
        OrderState::Closed => Ok(()),
        other => panic!("an unpaid order ended as {other:?}"),
    }
}

/// An order that was given up, its sheet still open on a phone.
pub fn closed(town: &Town) {
    handed_over(town);
    give_up(town).expect("given up");
}

/// The rail erred and took the money all the same; its word of it.
fn take_late(town: &Town) -> Trade {
    let mut till = town.sim.rail.till();
    let number = till.by_prepay(&town.noted("prepay")).expect("placed").out_trade_no.clone();
    let kept = till.orders.get_mut(&number).expect("placed");
    if kept.payments.is_empty() {
        kept.state = TradeState::Success;
        kept.erred = true;
        kept.paid_ms = Some(town.sim.life.ms());
        kept.payments.push("4200999999".to_owned());
    }
    kept.trade(0)
}

pub fn late_money(town: &Town) -> Result<(), Error> {
    let post = Post::of_trade("EVLATE", take_late(town), town.sim.life.ms());
    assert_eq!(town.deliver(&post)?, Answer::Taken);
    town.work();
    Ok(())
}

/// A notice of the order that names a fen less.
fn another_sum(town: &Town, trade: Trade) -> Result<(), Error> {
    let total = trade.total.map(|total| total - Fen(1));
    let trade = Trade { total, payer_total: total, state: TradeState::Success, ..trade };
    let post = Post::of_trade("EVSUM", trade, town.sim.life.ms());
    let answer = town.deliver(&post)?;
    assert!(matches!(answer, Answer::Taken | Answer::Parked(_)), "{answer:?}");
    Ok(())
}

/// A notice of another sum on a closed order: the rail is asked, and has the order's own.
pub fn another_sum_late(town: &Town) -> Result<(), Error> {
    let trade = take_late(town);
    another_sum(town, trade)?;
    town.work();
    Ok(())
}

/// The same, and the rail has nothing: the order stays in doubt.
pub fn doubted(town: &Town) {
    closed(town);
    let prepay = town.noted("prepay");
    let kept = town.sim.rail.till().by_prepay(&prepay).cloned().expect("placed");
    let mut trade = kept.trade(0);
    trade.transaction_id = Some("4200777666".to_owned());
    trade.paid = Some(town.sim.life.at());
    another_sum(town, trade).expect("taken");
    town.work();
    town.note("finding", finding::id("amount-differs", &kept.out_trade_no));
}

/// The rail took a fen less for an order that is open, and says so whenever it is asked.
pub fn short(town: &Town) {
    handed_over(town);
    let number = {
        let mut till = town.sim.rail.till();
        let number = till.by_prepay(&town.noted("prepay")).expect("placed").out_trade_no.clone();
        let kept = till.orders.get_mut(&number).expect("placed");
        kept.total = kept.total - Fen(1);
        number
    };
    pay_at_rail(town);
    town.pass(3);
    town.note("finding", finding::id("amount-differs", &number));
    assert!(state(town).expect("an order").is_open(), "nothing is settled with another sum");
}

/// Somebody has looked, and the violation can be paid.
pub fn free_again(town: &Town) -> Result<(), Error> {
    super::officers::clear(town)?;
    town.pass(2);
    assert_eq!(state(town)?, OrderState::Closed);
    quote(town)
}

pub fn strange_notice(town: &Town) -> Result<(), Error> {
    let trade = Trade {
        out_trade_no: "nobodys-order-1".to_owned(),
        state: TradeState::Success,
        transaction_id: Some("4200888888".to_owned()),
        total: Some(Fen(1)),
        payer_total: None,
        paid: Some(town.sim.life.at()),
        payer: None,
        bank: None,
        attach: None,
        parts: Vec::new(),
    };
    let post = Post::of_trade("EVNOBODY", trade, town.sim.life.ms());
    assert_eq!(town.deliver(&post)?, Answer::Parked("unknown-order"));
    Ok(())
}

/// A notice of a refund that we never asked for, on an order of ours: nothing moves, and the notice is kept as it came.
pub fn strange_refund(town: &Town) -> Result<(), Error> {
    let out_trade_no =
        town.sim.rail.till().by_prepay(&town.noted("prepay")).expect("placed").out_trade_no.clone();
    let no = "nobodys-refund-1".to_owned();
    let matter = Matter::Refund { out_trade_no, no, state: RefundState::Success, fen: 1 };
    let answer = town.deliver(&Post::new("EVNOREFUND", matter, town.sim.life.ms()))?;
    assert_eq!(answer, Answer::Parked("unknown-refund"));
    let kept = town.world().db.read(|tx| inbox::find(tx, "wechat-pay", "EVNOREFUND").map_err(Error::from))?;
    assert!(kept.is_some_and(|kept| kept.applied_at_ms.is_none()), "the notice is kept, and had no effect");
    let told = town.world().db.read(|tx| finding::open(tx, 10).map_err(Error::from))?;
    let told = told.iter().find(|finding| finding.kind == "unknown-refund").expect("a person is told");
    assert!(
        told.detail.contains("\"refund\":\"nobodys-refund-1\""),
        "by which it can be looked for: {told:?}"
    );
    Ok(())
}

/// Paid, the decision not yet begun.
pub fn paid(town: &Town) {
    handed_over(town);
    pay_at_rail(town);
    pay_and_come_back(town).expect("the rail says that it is paid");
}

pub fn paid_and_removed(town: &Town) {
    paid(town);
    assert!(town.sim.authority.files().remove(&town.noted("violation")));
}

pub fn paid_and_gone(town: &Town) {
    paid(town);
    assert!(town.sim.authority.files().records.remove(&town.noted("violation")).is_some());
}

pub fn paid_and_objected(town: &Town) {
    paid(town);
    town.sim.authority.files().dispute(&town.noted("violation"), true);
}

/// An objection is answered after a while.
pub fn objection_answered(town: &Town) -> Result<(), Error> {
    town.work();
    town.sim.authority.files().answer_objections();
    Ok(())
}

/// Workers do what is due.
pub fn work(town: &Town) -> Result<(), Error> {
    town.work();
    Ok(())
}

/// Hours go by.
pub fn wait(town: &Town) -> Result<(), Error> {
    town.pass(30);
    Ok(())
}

/// Days go by.
pub fn wait_long(town: &Town) -> Result<(), Error> {
    town.pass(240);
    Ok(())
}

/// The money of a case goes back, and the rail says that it has no such payment.
pub fn refund_refused(town: &Town) {
    paid_and_removed(town);
    let mut till = town.sim.rail.till();
    let prepay = town.noted("prepay");
    let number = till.by_prepay(&prepay).expect("placed").out_trade_no.clone();
    let kept = till.orders.get_mut(&number).expect("placed");
    town.note("payment", kept.payments.remove(0));
    town.note("number", number);
}

/// The rail finds it again after the day that the driver was told.
pub fn refund_past_its_day(town: &Town) -> Result<(), Error> {
    town.pass(super::officers::OVERDUE_HOURS);
    refund_after_all(town)
}

/// The rail finds it again.
pub fn refund_after_all(town: &Town) -> Result<(), Error> {
    town.work();
    town.sim.life.pass(5_000);
    town.work();
    let mut till = town.sim.rail.till();
    let kept = till.orders.get_mut(&town.noted("number")).expect("placed");
    if kept.payments.is_empty() {
        kept.payments.push(town.noted("payment"));
    }
    Ok(())
}
