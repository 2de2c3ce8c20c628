//! Orders of another rail than the configured one. Each order belongs to the rail that it was placed on, for ever: asked at
//! another one it would be unknown, and what is unknown counts as never paid.

use clearway_store::finding::{self, Finding};
use clearway_store::payment::{self, OrderRow};

use super::back::HOUR_MS;
use super::{Done, back, pay};
use crate::{Error, World};

/// Kind of the finding of an order whose rail is not the configured one; its subject is the order's number.
pub const OTHER_RAIL: &str = "order-of-another-rail";

/// Whether an order is one of the configured rail.
pub(super) fn is_own(world: &World, order: &OrderRow) -> bool {
    order.rail == world.payments.rail().slug
}

/// An order of another rail stays as it is, and a person is told: `None` for one of our own.
pub(super) fn of_another(world: &World, order: &OrderRow) -> Result<Option<Done>, Error> {
    if is_own(world, order) {
        return Ok(None);
    }
    let (now_ms, ours) = (world.now().as_millisecond(), world.payments.rail().slug);
    let detail = serde_json::json!({ "order": order.order_id, "rail": order.rail, "configured": ours });
    let (number, driver) = (order.out_trade_no.as_str(), Some(order.driver.as_str()));
    let finding = Finding::new(OTHER_RAIL, number, driver, order.total_fen, now_ms);
    world.db.write(|tx| finding::put(tx, &finding.clone().with_detail(detail.to_string())))?;
    let why = format!("the order belongs to {}, and {ours} is configured", order.rail);
    Ok(Some(Done::Later(Some(HOUR_MS), why)))
}

/// Work that waits for another rail than the configured one: open orders, and refunds that are not over.
///
/// # Errors
/// [`Error::Store`].
pub fn waiting_for_another(world: &World) -> Result<(u64, u64), Error> {
    let rail = world.payments.rail().slug;
    world.db.read(|tx| {
        let orders = payment::orders_elsewhere(tx, [pay::ASK, pay::PREPAY], rail)?;
        Ok((orders, payment::refunds_elsewhere(tx, back::REFUND, rail)?))
    })
}
