//! Money arrives, or an order ends without it, or money goes back: each consequence in one transaction.

pub mod back;
pub mod books;

use clearway_connect::payments::{Trade, TradeState};
use clearway_domain::Fen;
use clearway_domain::case::{
    CaseEvent, CaseState, MOVES, MoneyWord, OrderEvent, OrderState, RefundState, Route, Stopped, Why,
    legs_say, money_word,
};
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::{Tx, audit, queue, refund};

use crate::Error;
use crate::dossier::{route_of, state_of};
use crate::error::Conflict;
use crate::{admission, jobs};

/// State of a stored order.
///
/// # Errors
/// [`Error::Broken`] for a word that this build does not know.
pub fn order_state(order: &OrderRow) -> Result<OrderState, Error> {
    OrderState::from_slug(&order.state).ok_or_else(|| {
        Error::Broken(format!("order {} is in an unknown state {}", order.order_id, order.state))
    })
}

/// One move of a case: what happened, who did it, and the particulars as JSON without personal data.
#[derive(Debug, Clone, Copy)]
pub struct Move<'m> {
    /// What happened.
    pub event: CaseEvent,
    /// Who did it, as on the timeline.
    pub actor: &'m str,
    /// The particulars.
    pub detail: &'m str,
}

/// Moves a case along the one table and stores it with its step.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the table has no such edge, or another hand was faster.
pub fn advance(
    tx: &mut Tx,
    case: &mut CaseFile,
    event: CaseEvent,
    actor: &str,
    detail: &str,
    now_ms: i64,
) -> Result<CaseState, Error> {
    advance_along(tx, case, &[Move { event, actor, detail }], now_ms)
}

/// Moves a case along several edges that belong to one deed: each leaves its step and its entry in the audit chain, the case
/// itself is written once.
///
/// # Errors
/// As [`advance`]; then nothing of it is kept.
pub fn advance_along(
    tx: &mut Tx,
    case: &mut CaseFile,
    moves: &[Move<'_>],
    now_ms: i64,
) -> Result<CaseState, Error> {
    let to = moves
        .iter()
        .try_fold(state_of(case)?, |state, one| state.after(one.event))
        .map_err(|_| Error::Conflict(Conflict::CaseMoved))?;
    to.slug().clone_into(&mut case.state);
    case.changed_at_ms = now_ms;
    case_file::save(tx, case, to.holds_violation()).map_err(crate::citizen::moved)?;
    let about = format!("{{\"case\":\"{}\"}}", case.case_id);
    let mut deeds = Vec::with_capacity(moves.len());
    for Move { event, actor, detail } in moves {
        case_file::step(tx, case, actor, step_of(*event), detail, now_ms)?;
        deeds.push(audit::Deed { actor, deed: step_of(*event), detail: &about });
    }
    audit::append_all(tx, &case.driver, now_ms, &deeds)?;
    Ok(to)
}

/// Slug of the step that an event leaves on the timeline.
#[must_use]
pub const fn step_of(event: CaseEvent) -> &'static str {
    match event {
        CaseEvent::QuizPassed => "quiz-passed",
        CaseEvent::Confirm => "confirmed",
        CaseEvent::OrderOpened => "order-opened",
        CaseEvent::OrderClosed => "order-closed",
        CaseEvent::MoneyArrived => "paid",
        CaseEvent::IntentStored => "deciding",
        CaseEvent::WriteAccepted => "decided",
        CaseEvent::WriteRefused => "refused",
        CaseEvent::WriteRefusedAfterPayment => "manual",
        CaseEvent::CheckDigitRead => "document-ready",
        CaseEvent::RefundStarted => "refund-started",
        CaseEvent::RefundDone => "refunded",
        CaseEvent::Retried => "retried",
        CaseEvent::Abandon => "abandoned",
        CaseEvent::Annul => "annulled",
    }
}

/// The event behind a step of the timeline; steps that move nothing have none.
#[must_use]
pub fn event_of(step: &str) -> Option<CaseEvent> {
    MOVES.iter().map(|(_, event, _)| *event).find(|event| step_of(*event) == step)
}

/// Kind of the finding of a sum that is not the order's.
pub const WRONG_SUM: &str = "amount-differs";

/// What became of the rail's word about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The order is in this state now.
    State(OrderState),
    /// The rail names another sum, or other parts, than ours. Nothing is settled with it; a person is told, and the driver
    /// is told not to pay again.
    WrongSum,
}

/// Applies what the rail says about an order. Applying it twice changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for another driver's order, [`crate::error::Conflict::CaseMoved`] when another hand was faster.
pub fn apply(
    tx: &mut Tx,
    driver: &str,
    order_id: &str,
    trade: &Trade,
    now_ms: i64,
) -> Result<Applied, Error> {
    let mut order = payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
    let state = order_state(&order)?;
    match trade.state {
        TradeState::Success | TradeState::Refund => {
            let legs = payment::legs(tx, driver, order_id)?;
            if !is_ours(&order, &legs, trade) {
                wrong_sum(tx, &mut order, state, now_ms)?;
                return Ok(Applied::WrongSum);
            }
            arrived(tx, &mut order, &legs, trade, now_ms).map(Applied::State)
        }
        TradeState::Closed | TradeState::Revoked | TradeState::PayError => {
            close(tx, &mut order, state, now_ms).map(Applied::State)
        }
        TradeState::NotPay | TradeState::UserPaying => Ok(Applied::State(state)),
    }
}

/// Whether sum and parts are the order's own, to the fen: every part once, none missing, none besides.
fn is_ours(order: &OrderRow, legs: &[LegRow], trade: &Trade) -> bool {
    let mut ours: Vec<(&str, Option<Fen>)> = legs
        .iter()
        .filter_map(|leg| Some((leg.out_trade_no.as_deref()?, Some(Fen(leg.total_fen())))))
        .collect();
    let mut theirs: Vec<(&str, Option<Fen>)> =
        trade.parts.iter().map(|part| (part.out_trade_no.as_str(), part.total)).collect();
    ours.sort_unstable();
    theirs.sort_unstable();
    trade.total == Some(Fen(order.total_fen)) && ours == theirs
}

/// The rail speaks of another sum: that is never applied, and never forgotten.
fn wrong_sum(tx: &mut Tx, order: &mut OrderRow, state: OrderState, now_ms: i64) -> Result<(), Error> {
    let subject = order.out_trade_no.clone();
    let finding = Finding::new(WRONG_SUM, &subject, Some(&order.driver), order.total_fen, now_ms)
        .with_detail(detail(order));
    let new = finding::put(tx, &finding)?;
    if new {
        audit::append(tx, &order.driver, now_ms, "rail", "money.wrong-sum", &detail(order))?;
    }
    if let Some(to) = state.after(OrderEvent::Silent) {
        save_order(tx, order, to, now_ms)?;
    }
    // Asked once: where the rail's own answer is the other sum, asking it again at once would have no end.
    if new && state == OrderState::Closed {
        jobs::enqueue(tx, &order.driver, jobs::pay::ASK, &order.order_id, now_ms)?;
    }
    Ok(())
}

/// Whether the rail has spoken of money on this order that cannot be ours, and nobody has looked yet: until then no driver
/// is told that none moved.
///
/// # Errors
/// [`Error::Store`].
pub fn is_doubted(tx: &mut Tx, order: &OrderRow) -> Result<bool, Error> {
    let found = finding::find(tx, &finding::id(WRONG_SUM, &order.out_trade_no))?;
    Ok(found.is_some_and(|finding| finding.closed_at_ms.is_none()))
}

/// What is said of the money of an order, to its driver and to whoever talks to them.
///
/// # Errors
/// [`Error::Broken`] for a state that this build does not know.
pub fn word(order: &OrderRow, doubted: bool) -> Result<MoneyWord, Error> {
    Ok(match money_word(order_state(order)?, order.sent_to_pay_at_ms.is_some()) {
        MoneyWord::NotCharged if doubted => MoneyWord::Confirming,
        word => word,
    })
}

/// The rail's own number of a payment: of the whole, or of its first part on a rail that keeps one for each leg.
fn transaction_of(order: &OrderRow, trade: &Trade) -> String {
    let part = trade.parts.iter().min_by(|a, b| a.out_trade_no.cmp(&b.out_trade_no));
    let of_part = part.and_then(|part| part.transaction_id.clone());
    trade.transaction_id.clone().or(of_part).unwrap_or_else(|| order.out_trade_no.clone())
}

fn arrived(
    tx: &mut Tx,
    order: &mut OrderRow,
    legs: &[LegRow],
    trade: &Trade,
    now_ms: i64,
) -> Result<OrderState, Error> {
    let state = order_state(order)?;
    let transaction = transaction_of(order, trade);
    let Some(to) = state.after(OrderEvent::Arrived) else {
        let known = order.transaction_id.as_deref() == Some(transaction.as_str());
        if !known {
            // Paid a second time: the order has its money, so this goes back by itself.
            late(tx, order, trade, Why::Twice, now_ms)?;
        }
        return Ok(state);
    };
    order.transaction_id = Some(transaction);
    order.paid_at_ms = Some(trade.paid.map_or(now_ms, jiff::Timestamp::as_millisecond));
    save_order(tx, order, to, now_ms)?;
    if to != OrderState::Paid {
        // Money on an order that was closed here.
        late(tx, order, trade, Why::Late, now_ms)?;
        return Ok(to);
    }
    // Nobody has to ask about it any more.
    queue::cancel(tx, &order.driver, jobs::pay::ASK, &order.order_id)?;
    books::arrived(tx, order, legs, now_ms)?;
    audit::append(tx, &order.driver, now_ms, "rail", "money.arrived", &detail(order))?;
    for leg in legs {
        let mut case = case_file::find(tx, &order.driver, &leg.case_id)?.ok_or(Error::NotFound("case"))?;
        let paid = Move { event: CaseEvent::MoneyArrived, actor: "rail", detail: &detail(order) };
        match trade.state {
            TradeState::Refund => hold(tx, &mut case, (order, leg), paid, now_ms)?,
            // Handed over within the hours, so it finishes after them.
            _ => intend(tx, &mut case, paid, now_ms, now_ms)?,
        }
    }
    Ok(to)
}

/// The rail's first word of the money is that some of it, or all, went back already. Nothing is decided with it: a person looks,
/// and has the days of every paid case that nobody could decide.
fn hold(
    tx: &mut Tx,
    case: &mut CaseFile,
    (order, leg): (&OrderRow, &LegRow),
    paid: Move<'_>,
    now_ms: i64,
) -> Result<(), Error> {
    const WHY: &str = "the rail says that money of this order went back";
    case.refusal = Some(Stopped::WentBack.slug().to_owned());
    let by_rail = |event| Move { event, actor: "rail", detail: "{}" };
    let moves = [paid, by_rail(CaseEvent::IntentStored), by_rail(CaseEvent::WriteRefusedAfterPayment)];
    advance_along(tx, case, &moves, now_ms)?;
    // It finds by itself how long a person has.
    jobs::enqueue(tx, &case.driver, jobs::manual::MANUAL, &case.case_id, now_ms)?;
    let detail = serde_json::json!({ "order": order.order_id, "why": WHY }).to_string();
    let (kind, driver) = (jobs::decide::NOT_DECIDED, Some(case.driver.as_str()));
    finding::put(
        tx,
        &Finding::new(kind, &case.case_id, driver, leg.total_fen(), now_ms).with_detail(detail),
    )?;
    Ok(())
}

/// Money that the order has no open place for goes back, each part under its own number. Told twice, it is one.
fn late(tx: &mut Tx, order: &OrderRow, trade: &Trade, why: Why, now_ms: i64) -> Result<(), Error> {
    let whole = [(transaction_of(order, trade), Fen(order.total_fen))];
    let parts: Vec<(String, Fen)> = trade
        .parts
        .iter()
        .map(|part| {
            let number = part.transaction_id.clone().unwrap_or_else(|| part.out_trade_no.clone());
            (number, part.total.unwrap_or(Fen::ZERO))
        })
        .collect();
    let owed = if parts.is_empty() { &whole[..] } else { &parts[..] };
    let known = refund::of_order(tx, &order.driver, &order.order_id)?;
    for (transaction, fen) in owed {
        if known.iter().any(|refund| refund.what == format!("late:{transaction}")) {
            continue;
        }
        back::late(tx, order, transaction, *fen, why, now_ms)?;
        audit::append(tx, &order.driver, now_ms, "rail", "money.late", &detail(order))?;
    }
    Ok(())
}

/// Stores what makes a case ready for its decision and the intent to write it, at the driver's place in the order of arrival;
/// the write itself is a job, of `from_ms` on: now, or the opening that it waits for.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the case is not ready for it.
pub fn intend(
    tx: &mut Tx,
    case: &mut CaseFile,
    after: Move<'_>,
    now_ms: i64,
    from_ms: i64,
) -> Result<(), Error> {
    let intent = Move { event: CaseEvent::IntentStored, actor: "system", detail: "{}" };
    advance_along(tx, case, &[after, intent], now_ms)?;
    admission::turn::intend(tx, &case.driver, &case.case_id, now_ms, from_ms)?;
    Ok(())
}

fn detail(order: &OrderRow) -> String {
    format!("{{\"order\":\"{}\",\"fen\":{}}}", order.order_id, order.total_fen)
}

fn save_order(tx: &mut Tx, order: &mut OrderRow, to: OrderState, now_ms: i64) -> Result<(), Error> {
    to.slug().clone_into(&mut order.state);
    order.changed_at_ms = now_ms;
    payment::save(tx, order).map_err(crate::citizen::moved)
}

/// Notes that the sheet is out, or (`None`) that the rail says that nothing came of it. The latter only as long as nobody
/// has been handed the sheet since `seen`, the order's version before the rail was asked: that phone may be paying now.
///
/// # Errors
/// [`Error::NotFound`] for another driver's order, [`Conflict::CaseMoved`] when another hand was faster.
pub fn sent(
    tx: &mut Tx,
    driver: &str,
    order_id: &str,
    at_ms: Option<i64>,
    seen: Option<i64>,
    now_ms: i64,
) -> Result<(), Error> {
    let mut order = payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
    let open = order_state(&order)?.is_open();
    // Given up in the moment in which the sheet was to be handed out: nobody is to pay it.
    if !open && at_ms.is_some() {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    if open && seen.is_none_or(|version| version == order.version) {
        // Handed out again it counts from the first time, and is written all the same: the version tells that it was.
        order.sent_to_pay_at_ms = at_ms.map(|now| order.sent_to_pay_at_ms.unwrap_or(now));
        order.changed_at_ms = now_ms;
        payment::save(tx, &mut order).map_err(crate::citizen::moved)?;
    }
    Ok(())
}

/// Ends an order without money: the reservation is voided and its cases are free again. A pay-only case ends with it; a
/// case that was studied for keeps its pass.
///
/// # Errors
/// [`Error::Store`], [`Conflict::CaseMoved`].
pub fn close(tx: &mut Tx, order: &mut OrderRow, state: OrderState, now_ms: i64) -> Result<OrderState, Error> {
    let Some(to) = state.after(OrderEvent::ClosedAtRail) else { return Ok(state) };
    save_order(tx, order, to, now_ms)?;
    let legs = payment::legs(tx, &order.driver, &order.order_id)?;
    books::closed(tx, order, &legs, now_ms)?;
    for leg in &legs {
        let Some(mut case) = case_file::find(tx, &order.driver, &leg.case_id)? else { continue };
        if state_of(&case)? != CaseState::Paying || case.order_id.as_deref() != Some(order.order_id.as_str())
        {
            continue;
        }
        case.order_id = None;
        advance(tx, &mut case, CaseEvent::OrderClosed, "rail", "{}", now_ms)?;
        if route_of(&case) == Route::Pay {
            case.refusal = Some(Stopped::Unpaid.slug().to_owned());
            advance(tx, &mut case, CaseEvent::Abandon, "system", "{}", now_ms)?;
        }
    }
    audit::append(tx, &order.driver, now_ms, "rail", "order.closed", &detail(order))?;
    Ok(to)
}

/// After a leg was decided, or its money is on its way back or there: what the legs together say about their order.
///
/// # Errors
/// [`Error::Store`].
pub fn settle(tx: &mut Tx, driver: &str, order_id: &str, now_ms: i64) -> Result<(), Error> {
    let Some(mut order) = payment::find(tx, driver, order_id)? else { return Ok(()) };
    let before = order_state(&order)?;
    let mut states = Vec::new();
    for leg in payment::legs(tx, driver, order_id)? {
        let case = case_file::find(tx, driver, &leg.case_id)?.ok_or(Error::NotFound("case"))?;
        // A case that was let go when the order was closed speaks for whichever order it is in now.
        if case.order_id.as_deref() == Some(order_id) {
            states.push(state_of(&case)?);
        }
    }
    let late_only = states.is_empty() && before == OrderState::Refunding;
    let events = if late_only {
        let refunds = refund::of_order(tx, driver, order_id)?;
        let all_back = refunds
            .iter()
            .all(|refund| RefundState::from_slug(&refund.state).is_some_and(RefundState::is_over));
        if all_back { vec![OrderEvent::RefundedWhole] } else { Vec::new() }
    } else {
        legs_say(before, &states)
    };
    let after = events.into_iter().fold(before, |state, event| state.after(event).unwrap_or(state));
    if after != before {
        save_order(tx, &mut order, after, now_ms)?;
    }
    Ok(())
}
