//! Violations that nobody pays again before somebody has looked.

use std::collections::BTreeSet;

use clearway_domain::case::OrderState;
use clearway_store::case_file::CaseFile;
use clearway_store::payment::{self, OrderRow};
use clearway_store::{Tx, finding};

use crate::{Error, money};

/// See [`doubted`](super::Dossier::doubted).
pub(super) fn doubted(
    tx: &mut Tx,
    driver: &str,
    cases: &[CaseFile],
    orders: &[OrderRow],
) -> Result<BTreeSet<(String, String)>, Error> {
    let closed = |order: &&OrderRow| order.state == OrderState::Closed.slug();
    let mut doubted = BTreeSet::new();
    if !orders.iter().any(|order| closed(&order)) {
        return Ok(doubted);
    }
    for finding in finding::of_driver(tx, driver)? {
        let of_finding = orders.iter().filter(closed).find(|order| order.out_trade_no == finding.subject);
        let Some(order) = of_finding.filter(|_| finding.kind == money::WRONG_SUM) else { continue };
        for leg in payment::legs(tx, driver, &order.order_id)? {
            let of_leg = cases.iter().find(|case| case.case_id == leg.case_id);
            doubted.extend(of_leg.map(|case| (case.plate.clone(), case.violation.clone())));
        }
    }
    Ok(doubted)
}
