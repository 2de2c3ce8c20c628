//! The receipt of a paid order.

use super::order::OrderPage;
use super::{Who, order};
use crate::error::Conflict;
use crate::{Error, World};

/// The receipt: the order page of an order whose money arrived.
///
/// # Errors
/// [`Conflict::CaseMoved`] while no money has arrived; [`Error::NotFound`] for somebody else's order.
pub fn page(world: &World, who: &Who, order_id: &str) -> Result<OrderPage, Error> {
    let page = order::page(world, who, order_id)?;
    if page.order.paid_at_ms.is_none() {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    Ok(page)
}
