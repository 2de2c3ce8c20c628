//! Our side of a line or of a day, as the comparison needs it.

use std::collections::HashMap;

use clearway_domain::Fen;
use clearway_domain::case::OrderState;
use clearway_domain::reconcile::{BillRow, Known, OurCase, OurOrder, OurPayment, OurRefund};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::reconcile::{self as store, LineRow};
use clearway_store::refund::{self, RefundRow};
use clearway_store::{Tx, account, case_file};

use super::day_of;
use crate::dossier::state_of;
use crate::money::{back, order_state};
use crate::{Error, World};

/// What we know of a line, and whether the bill of another day has shown its money.
pub(super) fn of_line(
    tx: &mut Tx,
    world: &World,
    (day, rail): (&str, &str),
    row: &BillRow,
) -> Result<(Known, bool), Error> {
    let shown = store::line(tx, rail, &row.key())?;
    let elsewhere = shown.is_some_and(|line| line.moved && line.day != day);
    if let Some((driver, order_id)) = payment::trade(tx, &row.number)?
        && let Some(found) = Loaded::find(tx, rail, &driver, &order_id)?
    {
        return Ok((Known::Order(Box::new(found.ours(Some(row))?)), elsewhere));
    }
    let driver = row.payer.as_deref().map(|openid| world.driver_of(openid));
    let known = match driver {
        Some(driver) if account::find(tx, &driver)?.is_some() => Known::Person(driver),
        _ => Known::Nobody,
    };
    Ok((known, elsewhere))
}

/// An order with all that belongs to it.
pub(super) struct Loaded {
    pub order: OrderRow,
    state: OrderState,
    legs: Vec<LegRow>,
    refunds: Vec<RefundRow>,
    /// What bills have shown, by our number.
    lines: HashMap<String, Vec<LineRow>>,
}

impl Loaded {
    pub fn find(tx: &mut Tx, rail: &str, driver: &str, order_id: &str) -> Result<Option<Loaded>, Error> {
        let Some(order) = payment::find(tx, driver, order_id)? else { return Ok(None) };
        let legs = payment::legs(tx, driver, order_id)?;
        let refunds = refund::of_order(tx, driver, order_id)?;
        let mut lines = HashMap::new();
        let numbers = legs.iter().filter_map(|leg| leg.out_trade_no.clone());
        for number in numbers.chain([order.out_trade_no.clone()]) {
            let shown = store::lines_of(tx, rail, &number)?;
            lines.insert(number, shown);
        }
        Ok(Some(Loaded { state: order_state(&order)?, order, legs, refunds, lines }))
    }

    /// The order as the comparison sees it; `row` is the line that is looked at.
    pub fn ours(&self, row: Option<&BillRow>) -> Result<OurOrder, Error> {
        let order = &self.order;
        let mut wanted = vec![(order.out_trade_no.clone(), Fen(order.total_fen))];
        wanted.extend(
            self.legs.iter().filter_map(|leg| Some((leg.out_trade_no.clone()?, Fen(leg.total_fen())))),
        );
        let mut refunds = Vec::new();
        for refund in &self.refunds {
            refunds.push(OurRefund {
                refund_no: refund.refund_no.clone(),
                fen: Fen(refund.fen),
                state: back::state_of(refund)?,
                done_on: refund.done_at_ms.map(day_of),
                promised_on: day_of(refund.promised_at_ms),
            });
        }
        Ok(OurOrder {
            driver: order.driver.clone(),
            order_id: order.order_id.clone(),
            wanted,
            payments: self.payments(row),
            refunds,
        })
    }

    /// Every payment that arrived on the order: the one it was for, and those that came late or twice.
    fn payments(&self, row: Option<&BillRow>) -> Vec<OurPayment> {
        let order = &self.order;
        let late = |transaction: &str| {
            let what = format!("late:{transaction}");
            self.refunds.iter().find(move |refund| refund.what == what)
        };
        let mut payments = Vec::new();
        let first_late = order.transaction_id.as_deref().and_then(late);
        if let (Some(transaction), Some(paid_at_ms), None) =
            (&order.transaction_id, order.paid_at_ms, first_late)
        {
            let paid_on = day_of(paid_at_ms);
            let of = |number: &str, transaction: Option<&String>, fen| OurPayment {
                number: number.to_owned(),
                transaction: transaction.cloned(),
                fen: Fen(fen),
                paid_on,
            };
            let parts =
                self.legs.iter().filter_map(|leg| Some((leg.out_trade_no.as_ref()?, leg.total_fen())));
            payments.extend(parts.map(|(number, fen)| of(number, None, fen)));
            if payments.is_empty() {
                payments.push(of(&order.out_trade_no, Some(transaction), order.total_fen));
            }
        }
        for refund in self.refunds.iter().filter(|refund| refund.attempt == 1) {
            let Some(transaction) = refund.what.strip_prefix("late:") else { continue };
            // What came together with the order's own late payment was paid when that was.
            let together = first_late.is_some_and(|first| first.created_at_ms == refund.created_at_ms);
            let paid_at_ms = order.paid_at_ms.filter(|_| together).unwrap_or(refund.created_at_ms);
            payments.push(OurPayment {
                number: self.number_of(transaction, row),
                transaction: Some(transaction.to_owned()),
                fen: Fen(refund.fen),
                paid_on: day_of(paid_at_ms),
            });
        }
        payments
    }

    /// Our number of a late payment: as the line says, as a bill has said, or the order's.
    fn number_of(&self, transaction: &str, row: Option<&BillRow>) -> String {
        if let Some(row) = row.filter(|row| row.transaction == transaction) {
            return row.number.clone();
        }
        let key = format!("pay:{transaction}");
        let shown = self.lines.values().flatten().find(|line| line.line_key == key);
        shown.map_or_else(|| self.order.out_trade_no.clone(), |line| line.out_trade_no.clone())
    }

    /// Whether the bill of another day has shown a payment.
    pub fn billed_payment(&self, payment: &OurPayment, day: &str) -> bool {
        let lines = self.lines.get(&payment.number).into_iter().flatten();
        lines.filter(|line| line.day != day).any(|line| match &payment.transaction {
            Some(transaction) => line.line_key == format!("pay:{transaction}"),
            None => line.line_key.starts_with("pay:"),
        })
    }

    /// Whether the bill of another day has shown a refund.
    pub fn billed_refund(&self, refund: &OurRefund, day: &str) -> bool {
        let key = format!("back:{}", refund.refund_no);
        self.lines.values().flatten().any(|line| line.day != day && line.line_key == key)
    }

    /// The cases that the order's money is for.
    pub fn cases(&self, tx: &mut Tx) -> Result<Vec<OurCase>, Error> {
        let mut cases = Vec::new();
        for leg in &self.legs {
            let Some(case) = case_file::find(tx, &self.order.driver, &leg.case_id)? else { continue };
            // A case that was let go when the order was closed speaks for whichever order it is in now.
            if case.order_id.as_deref() == Some(self.order.order_id.as_str()) {
                cases.push(OurCase {
                    driver: case.driver.clone(),
                    order_id: case.order_id.clone(),
                    case_id: case.case_id.clone(),
                    state: state_of(&case)?,
                    fen: Fen(leg.total_fen()),
                    order: Some(self.state),
                });
            }
        }
        Ok(cases)
    }
}

/// A decided case with its money; nothing for one whose order is on another rail.
pub(super) fn decided(
    tx: &mut Tx,
    rail: &str,
    driver: &str,
    case_id: &str,
) -> Result<Option<OurCase>, Error> {
    let Some(case) = case_file::find(tx, driver, case_id)? else { return Ok(None) };
    let pays = crate::dossier::route_of(&case).pays();
    let order = match case.order_id.as_deref().filter(|_| pays) {
        Some(order_id) => payment::find(tx, driver, order_id)?,
        None => None,
    };
    if order.as_ref().is_some_and(|order| order.rail != rail) {
        return Ok(None);
    }
    let legs = match &order {
        Some(order) => payment::legs(tx, driver, &order.order_id)?,
        None => Vec::new(),
    };
    let leg = legs.iter().find(|leg| leg.case_id == case_id);
    Ok(Some(OurCase {
        driver: driver.to_owned(),
        order_id: case.order_id.clone(),
        case_id: case_id.to_owned(),
        state: state_of(&case)?,
        // A warning costs nothing, whatever the fine would have been.
        fen: if pays { Fen(leg.map_or(case.fine_fen, LegRow::total_fen)) } else { Fen::ZERO },
        order: order.as_ref().map(order_state).transpose()?,
    }))
}
