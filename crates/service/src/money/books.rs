//! The ledger lines of every deed with money.

use clearway_domain::Fen;
use clearway_domain::ledger::{Leg, Order, Stage, Transfer, TransferId};
use clearway_store::payment::{LegRow, OrderRow};
use clearway_store::refund::RefundRow;
use clearway_store::{Tx, ledger};

use crate::Error;
use crate::dossier::instant;

/// The order as the ledger names it.
fn entry(order: &OrderRow) -> Order<'_> {
    Order { id: &order.order_id, rail: &order.rail }
}

fn leg_of(order: &OrderRow, leg: &LegRow) -> Leg {
    Leg {
        case: leg.case_id.clone(),
        payee: order.payee.clone(),
        fine: Fen(leg.fine_fen),
        surcharge: Fen(leg.surcharge_fen),
    }
}

/// Writes the ledger lines of a deed for every leg. A line that is there already is the same deed told twice.
fn book(
    tx: &mut Tx,
    order: &OrderRow,
    legs: &[LegRow],
    at_ms: i64,
    deed: impl Fn(&Order<'_>, &Leg, jiff::Timestamp) -> Vec<Transfer>,
) -> Result<(), Error> {
    for leg in legs {
        for line in deed(&entry(order), &leg_of(order, leg), instant(at_ms)) {
            ledger::append(tx, &row(&order.driver, &line))?;
        }
    }
    Ok(())
}

fn one(tx: &mut Tx, order: &OrderRow, line: &Transfer) -> Result<(), Error> {
    ledger::append(tx, &row(&order.driver, line))?;
    Ok(())
}

/// Reserves the money of an order's legs: fine and surcharge to the payee's own accounts, never mixed.
///
/// # Errors
/// [`Error::Store`].
pub fn reserve(tx: &mut Tx, order: &OrderRow, legs: &[LegRow]) -> Result<(), Error> {
    book(tx, order, legs, order.created_at_ms, |entry, leg, at| entry.reserved(leg, at))
}

/// The money arrived.
pub(super) fn arrived(tx: &mut Tx, order: &OrderRow, legs: &[LegRow], at_ms: i64) -> Result<(), Error> {
    book(tx, order, legs, at_ms, |entry, leg, at| entry.arrived(leg, at))
}

/// The order ended without money.
pub(super) fn closed(tx: &mut Tx, order: &OrderRow, legs: &[LegRow], at_ms: i64) -> Result<(), Error> {
    book(tx, order, legs, at_ms, |entry, leg, at| entry.closed(leg, at))
}

/// The money of a leg is owed back.
pub(super) fn owed(tx: &mut Tx, order: &OrderRow, leg: &LegRow, at_ms: i64) -> Result<(), Error> {
    book(tx, order, std::slice::from_ref(leg), at_ms, |entry, leg, at| entry.give_back(leg, at))
}

/// Money arrived that the order has no open place for: it is kept apart, and owed back at once.
pub(super) fn late(
    tx: &mut Tx,
    order: &OrderRow,
    transaction: &str,
    fen: Fen,
    at_ms: i64,
) -> Result<(), Error> {
    one(tx, order, &entry(order).arrived_late(transaction, fen, instant(at_ms)))?;
    one(tx, order, &entry(order).give_back_late(transaction, fen, instant(at_ms)))
}

/// What a refund is for, as the ledger names it.
fn what(refund: &RefundRow) -> &str {
    refund.what.split_once(':').map_or(refund.what.as_str(), |(_, name)| name)
}

fn attempt(refund: &RefundRow) -> Result<u16, Error> {
    u16::try_from(refund.attempt)
        .map_err(|_| Error::Broken(format!("refund {} has no attempt", refund.refund_no)))
}

/// The rail is to be asked to give money back.
pub(super) fn refund_asked(tx: &mut Tx, order: &OrderRow, refund: &RefundRow) -> Result<(), Error> {
    let at = instant(refund.created_at_ms);
    one(tx, order, &entry(order).refund_asked(what(refund), attempt(refund)?, Fen(refund.fen), at))
}

/// The rail says that the money is back.
pub(super) fn refund_done(
    tx: &mut Tx,
    order: &OrderRow,
    refund: &RefundRow,
    at_ms: i64,
) -> Result<(), Error> {
    let at = instant(at_ms);
    one(tx, order, &entry(order).refund_done(what(refund), attempt(refund)?, Fen(refund.fen), at))
}

/// The rail ended an attempt; the money is still owed.
pub(super) fn refund_failed(
    tx: &mut Tx,
    order: &OrderRow,
    refund: &RefundRow,
    at_ms: i64,
) -> Result<(), Error> {
    let at = instant(at_ms);
    one(tx, order, &entry(order).refund_failed(what(refund), attempt(refund)?, Fen(refund.fen), at))
}

/// A stored line as the ledger reads it; `None` when it names an account, an end or an instant that there is none
/// of.
#[must_use]
pub fn line(row: &ledger::Transfer) -> Option<Transfer> {
    let of = || row.pending_id.clone().map(TransferId);
    Some(Transfer {
        id: TransferId(row.transfer_id.clone()),
        order: row.order_id.clone(),
        debit: row.debit_account.parse().ok()?,
        credit: row.credit_account.parse().ok()?,
        fen: Fen(row.fen),
        stage: match row.state {
            ledger::State::Pending => Stage::Pending,
            ledger::State::Posted => Stage::Posted { of: of() },
            ledger::State::Voided => Stage::Voided { of: of()? },
        },
        at: jiff::Timestamp::from_millisecond(row.at_ms).ok()?,
    })
}

/// A ledger line as the store keeps it.
#[must_use]
pub fn row(driver: &str, line: &Transfer) -> ledger::Transfer {
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
