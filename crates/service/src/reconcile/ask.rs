//! What the bill shows and we do not know is asked about at the rail first, and applied like any other word of it.

use clearway_connect::payments::TradeState;
use clearway_domain::reconcile::{BackStatus, BillRow, Matter, OurOrder};

use crate::{Error, World, jobs};

/// Whether the rail must be asked before a line of a known order is judged.
pub(super) fn needed(row: &BillRow, order: &OurOrder) -> bool {
    match &row.matter {
        Matter::Paid { .. } => !order.payments.iter().any(|payment| {
            payment.number == row.number
                && payment.transaction.as_ref().is_none_or(|transaction| *transaction == row.transaction)
        }),
        Matter::Back { refund_no, status: BackStatus::Success, .. } => {
            order.refunds.iter().any(|refund| refund.refund_no == *refund_no && !refund.state.is_over())
        }
        Matter::Back { .. } => false,
    }
}

/// Asks, and applies what is said. A rail that does not answer changes nothing: the line stays an exception until the day is
/// compared again.
pub(super) fn rail(world: &World, row: &BillRow, order: &OurOrder) -> Result<(), Error> {
    let (driver, order_id) = (order.driver.as_str(), order.order_id.as_str());
    if let Matter::Back { refund_no, .. } = &row.matter {
        return lenient(jobs::back::refund(world, driver, refund_no).map(|_| ()));
    }
    let Some(loaded) = jobs::pay::load(world, driver, order_id)? else { return Ok(()) };
    match jobs::pay::query(world, &loaded) {
        // Only money is applied here: whether an order without money is over is for its own job to say.
        Ok(Some(trade)) if matches!(trade.state, TradeState::Success | TradeState::Refund) => {
            lenient(jobs::pay::apply(world, driver, order_id, &trade).map(|_| ()))?;
            world.bell.ring();
        }
        Ok(_) => {}
        Err(fault) => tracing::warn!(%fault, "the rail did not answer about a line of its bill"),
    }
    Ok(())
}

/// One line that cannot be applied (another hand was faster, or the rail contradicts itself) stays an exception and holds up
/// no other; a store that cannot be used ends the comparison.
fn lenient(applied: Result<(), Error>) -> Result<(), Error> {
    match applied {
        Err(error @ Error::Store(_)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "what the rail said about a line of its bill could not be applied");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
