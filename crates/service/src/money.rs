//! Money arrives, or an order ends without it: the two consequences, each in one transaction.

use clearway_connect::payments::{Trade, TradeState};
use clearway_domain::Fen;
use clearway_domain::case::{CaseEvent, CaseState, OrderEvent, OrderState, Route};
use clearway_domain::ledger::{Leg, Order, Stage, Transfer};
use clearway_store::case_file::{self, CaseFile};
use clearway_store::ledger;
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::{Tx, audit};

use crate::Error;
use crate::dossier::{instant, route_of, state_of};
use crate::error::Conflict;
use crate::jobs;

/// State of a stored order.
///
/// # Errors
/// [`Error::Broken`] for a word that this build does not know.
pub fn order_state(order: &OrderRow) -> Result<OrderState, Error> {
    OrderState::from_slug(&order.state).ok_or_else(|| {
        Error::Broken(format!("order {} is in an unknown state {}", order.order_id, order.state))
    })
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
    let from = state_of(case)?;
    let to = from.after(event).map_err(|_| Error::Conflict(Conflict::CaseMoved))?;
    to.slug().clone_into(&mut case.state);
    case.changed_at_ms = now_ms;
    case_file::save(tx, case, to.holds_violation()).map_err(crate::citizen::moved)?;
    case_file::step(tx, case, actor, step_of(event), detail, now_ms)?;
    audit::append(
        tx,
        &case.driver,
        now_ms,
        actor,
        step_of(event),
        &format!("{{\"case\":\"{}\"}}", case.case_id),
    )?;
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

/// The rail of all orders.
pub(crate) const RAIL: &str = "wechat";

/// Reserves the money of an order's legs: fine and surcharge to the payee's own accounts, never mixed.
///
/// # Errors
/// [`Error::Store`].
pub fn reserve(tx: &mut Tx, order: &OrderRow, legs: &[LegRow]) -> Result<(), Error> {
    book(tx, order, legs, order.created_at_ms, |entry, leg, at| entry.reserved(leg, at))
}

/// Writes the ledger lines of a deed for every leg. A line that is there already is the same deed told twice.
fn book(
    tx: &mut Tx,
    order: &OrderRow,
    legs: &[LegRow],
    at_ms: i64,
    deed: impl Fn(&Order<'_>, &Leg, jiff::Timestamp) -> Vec<Transfer>,
) -> Result<(), Error> {
    let entry = Order { id: &order.order_id, rail: RAIL };
    for leg in legs {
        let leg = Leg {
            case: leg.case_id.clone(),
            payee: order.payee.clone(),
            fine: Fen(leg.fine_fen),
            surcharge: Fen(leg.surcharge_fen),
        };
        for line in deed(&entry, &leg, instant(at_ms)) {
            ledger::append(tx, &row(&order.driver, &line))?;
        }
    }
    Ok(())
}

/// A ledger line as the store keeps it.
fn row(driver: &str, line: &Transfer) -> ledger::Transfer {
    let (state, pending_id) = match &line.stage {
        Stage::Pending => (ledger::State::Pending, None),
        Stage::Posted { of } => (ledger::State::Posted, of.as_ref().map(ToString::to_string)),
        Stage::Voided { of } => (ledger::State::Voided, Some(of.to_string())),
    };
    ledger::Transfer {
        driver: driver.to_owned(),
        transfer_id: line.id.to_string(),
        order_id: line.order.clone(),
        debit_account: line.debit.to_string(),
        credit_account: line.credit.to_string(),
        fen: line.fen.0,
        state,
        pending_id,
        at_ms: line.at.as_millisecond(),
    }
}

/// Applies what the rail says about an order. Applying it twice changes nothing.
///
/// # Errors
/// [`Error::Broken`] when the rail names another sum than ours: that is never applied, and never forgotten.
pub fn apply(
    tx: &mut Tx,
    driver: &str,
    order_id: &str,
    trade: &Trade,
    now_ms: i64,
) -> Result<OrderState, Error> {
    let mut order = payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
    let state = order_state(&order)?;
    match trade.state {
        TradeState::Success | TradeState::Refund => {
            if trade.total != Some(Fen(order.total_fen)) {
                return Err(Error::Broken(format!("the rail names another sum for order {order_id}")));
            }
            let Some(to) = state.after(OrderEvent::Arrived) else { return Ok(state) };
            to.slug().clone_into(&mut order.state);
            order.transaction_id.clone_from(&trade.transaction_id);
            order.paid_at_ms = Some(trade.paid.map_or(now_ms, jiff::Timestamp::as_millisecond));
            order.changed_at_ms = now_ms;
            payment::save(tx, &mut order).map_err(crate::citizen::moved)?;
            arrived(tx, &order, to, now_ms)?;
            Ok(to)
        }
        TradeState::Closed | TradeState::Revoked | TradeState::PayError => {
            close(tx, &mut order, state, now_ms)
        }
        TradeState::NotPay | TradeState::UserPaying => Ok(state),
    }
}

fn arrived(tx: &mut Tx, order: &OrderRow, state: OrderState, now_ms: i64) -> Result<(), Error> {
    let legs = payment::legs(tx, &order.driver, &order.order_id)?;
    if state != OrderState::Paid {
        // Money on an order that was closed here: kept apart, in suspense, until it is back with the payer.
        let entry = Order { id: &order.order_id, rail: RAIL };
        let transaction = order.transaction_id.as_deref().unwrap_or(&order.out_trade_no);
        let line = entry.arrived_late(transaction, Fen(order.total_fen), instant(now_ms));
        ledger::append(tx, &row(&order.driver, &line))?;
        audit::append(tx, &order.driver, now_ms, "rail", "money.on-closed-order", &detail(order))?;
        return Ok(());
    }
    book(tx, order, &legs, now_ms, |entry, leg, at| entry.arrived(leg, at))?;
    audit::append(tx, &order.driver, now_ms, "rail", "money.arrived", &detail(order))?;
    for leg in &legs {
        let mut case = case_file::find(tx, &order.driver, &leg.case_id)?.ok_or(Error::NotFound("case"))?;
        advance(tx, &mut case, CaseEvent::MoneyArrived, "rail", &detail(order), now_ms)?;
        intend(tx, &mut case, now_ms)?;
    }
    Ok(())
}

/// Stores the intent to write the decision of a case; the write itself is a job.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the case is not ready for it.
pub fn intend(tx: &mut Tx, case: &mut CaseFile, now_ms: i64) -> Result<(), Error> {
    advance(tx, case, CaseEvent::IntentStored, "system", "{}", now_ms)?;
    jobs::enqueue(tx, &case.driver, jobs::decide::DECIDE, &case.case_id, now_ms)?;
    Ok(())
}

fn detail(order: &OrderRow) -> String {
    format!("{{\"order\":\"{}\",\"fen\":{}}}", order.order_id, order.total_fen)
}

/// Ends an order without money: the reservation is voided and its cases are free again. A pay-only case ends with it; a
/// case that was studied for keeps its pass.
///
/// # Errors
/// [`Error::Store`], [`Conflict::CaseMoved`].
pub fn close(tx: &mut Tx, order: &mut OrderRow, state: OrderState, now_ms: i64) -> Result<OrderState, Error> {
    let Some(to) = state.after(OrderEvent::ClosedAtRail) else { return Ok(state) };
    to.slug().clone_into(&mut order.state);
    order.changed_at_ms = now_ms;
    payment::save(tx, order).map_err(crate::citizen::moved)?;
    let legs = payment::legs(tx, &order.driver, &order.order_id)?;
    book(tx, order, &legs, now_ms, |entry, leg, at| entry.closed(leg, at))?;
    for leg in &legs {
        let Some(mut case) = case_file::find(tx, &order.driver, &leg.case_id)? else { continue };
        if state_of(&case)? != CaseState::Paying || case.order_id.as_deref() != Some(order.order_id.as_str())
        {
            continue;
        }
        case.order_id = None;
        advance(tx, &mut case, CaseEvent::OrderClosed, "rail", "{}", now_ms)?;
        if route_of(&case) == Route::Pay {
            case.refusal = Some("unpaid".to_owned());
            advance(tx, &mut case, CaseEvent::Abandon, "system", "{}", now_ms)?;
        }
    }
    audit::append(tx, &order.driver, now_ms, "rail", "order.closed", &detail(order))?;
    Ok(to)
}

/// After a leg was decided: when it was the last one, the order is done.
///
/// # Errors
/// [`Error::Store`].
pub fn leg_decided(tx: &mut Tx, driver: &str, order_id: &str, now_ms: i64) -> Result<(), Error> {
    let Some(mut order) = payment::find(tx, driver, order_id)? else { return Ok(()) };
    for leg in payment::legs(tx, driver, order_id)? {
        let case = case_file::find(tx, driver, &leg.case_id)?.ok_or(Error::NotFound("case"))?;
        if !matches!(state_of(&case)?, CaseState::Written | CaseState::Decided) {
            return Ok(());
        }
    }
    if let Some(to) = order_state(&order)?.after(OrderEvent::LegsDecided) {
        to.slug().clone_into(&mut order.state);
        order.changed_at_ms = now_ms;
        payment::save(tx, &mut order).map_err(crate::citizen::moved)?;
    }
    Ok(())
}
