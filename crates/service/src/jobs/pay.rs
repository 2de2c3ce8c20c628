//! Orders at the rail: placing one, asking about it until it is terminal, and closing it there before it is closed here.

use clearway_connect::Fault;
use clearway_connect::payments::{PrepayAsk, Trade, TradeState};
use clearway_connect::wechat::OpenId;
use clearway_domain::Fen;
use clearway_domain::case::{OrderEvent, OrderState};
use clearway_store::payment::{self, OrderRow};
use clearway_store::{account, payment as store_payment};

use super::Done;
use crate::dossier::instant;
use crate::{Error, World, money};

/// Places an order at the rail; its key is the order.
pub const PREPAY: &str = "order.prepay";
/// Asks the rail about an order; its key is the order.
pub const ASK: &str = "order.ask";

/// Seconds after the order was made at which the rail is asked (`design.md`: silence is asked about).
const SCHEDULE_S: [i64; 8] = [10, 30, 60, 300, 900, 3_600, 21_600, 86_400];

/// Milliseconds from now until the next question about an order of this age.
fn next_question_ms(order: &OrderRow, now_ms: i64) -> i64 {
    let age_s = (now_ms - order.created_at_ms) / 1000;
    let until_next = SCHEDULE_S.iter().find(|at| **at > age_s).map_or(86_400, |at| at - age_s);
    // An expiring order is closed on time, not at the next step of the schedule.
    let until_expiry = (order.expires_at_ms - now_ms) / 1000 + 1;
    let wait_s = if until_expiry > 0 { until_next.min(until_expiry) } else { until_next.min(60) };
    wait_s.max(1) * 1000
}

fn load(world: &World, driver: &str, key: &str) -> Result<Option<(OrderRow, OrderState)>, Error> {
    let order = world.db.read(|tx| payment::find(tx, driver, key).map_err(Error::from))?;
    order.map(|order| Ok((order.clone(), money::order_state(&order)?))).transpose()
}

/// The body of [`PREPAY`].
pub(super) fn prepay(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let Some((order, state)) = load(world, driver, key)? else {
        return Ok(Done::Never("the order is gone".to_owned()));
    };
    if !state.is_open() || order.prepay_id.is_some() {
        return Ok(Done::Yes);
    }
    let account = world.db.read(|tx| account::find(tx, driver).map_err(Error::from))?;
    let Some(account) = account else { return Ok(Done::Never("the account is gone".to_owned())) };
    let ask = PrepayAsk {
        out_trade_no: order.out_trade_no.clone(),
        description: format!("{}交通违法罚款", world.site.city_zh),
        total: Fen(order.total_fen),
        payer: OpenId::new(account.openid),
        expires: Some(instant(order.expires_at_ms)),
        attach: None,
        payer_ip: None,
    };
    match world.payments.prepay(&ask) {
        Ok(placed) => {
            move_order(world, driver, key, OrderEvent::Accepted, Some(placed.prepay_id))?;
            Ok(Done::Yes)
        }
        Err(fault) if fault.may_have_acted() => {
            move_order(world, driver, key, OrderEvent::Silent, None)?;
            // The same number again is harmless at the rail, and tells what became of the first try.
            Ok(Done::Later(Some(1_000), fault.to_string()))
        }
        Err(Fault::Refused { code, .. }) if code == "ORDERPAID" || code == "OUT_TRADE_NO_USED" => {
            move_order(world, driver, key, OrderEvent::Silent, None)?;
            Ok(Done::Yes)
        }
        Err(fault @ Fault::Refused { .. }) => {
            tracing::error!(%fault, "the rail refused an order");
            close_here(world, driver, key)?;
            Ok(Done::Yes)
        }
        Err(fault) => Ok(Done::Later(None, fault.to_string())),
    }
}

/// The body of [`ASK`].
pub(super) fn ask(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let Some((order, state)) = load(world, driver, key)? else {
        return Ok(Done::Never("the order is gone".to_owned()));
    };
    if !state.is_open() {
        return Ok(Done::Yes);
    }
    let now_ms = world.now().as_millisecond();
    let again = Done::Later(Some(next_question_ms(&order, now_ms)), "not terminal".to_owned());
    match world.payments.query(&order.out_trade_no) {
        Ok(Some(trade)) => {
            let now = apply(world, driver, key, &trade)?;
            if !now.is_open() {
                world.bell.ring();
                return Ok(Done::Yes);
            }
            if now_ms < order.expires_at_ms || trade.state == TradeState::UserPaying {
                return Ok(again);
            }
            close_at_rail(world, driver, &order, again)
        }
        Ok(None) if now_ms >= order.expires_at_ms => {
            // The rail never heard of it: no money can have moved on it.
            close_here(world, driver, key)?;
            Ok(Done::Yes)
        }
        Ok(None) => Ok(again),
        Err(fault) => {
            if order.sent_to_pay_at_ms.is_some() {
                move_order(world, driver, key, OrderEvent::Silent, None)?;
            }
            tracing::warn!(%fault, "the rail did not answer about an order");
            Ok(again)
        }
    }
}

/// Closes at the rail first; only when that worked is the order closed here.
fn close_at_rail(world: &World, driver: &str, order: &OrderRow, again: Done) -> Result<Done, Error> {
    match world.payments.close(&order.out_trade_no) {
        Ok(()) => {
            close_here(world, driver, &order.order_id)?;
            Ok(Done::Yes)
        }
        // Paid in the same moment: the next question finds the money.
        Err(fault) => {
            tracing::warn!(%fault, "an expired order could not be closed yet");
            Ok(match again {
                Done::Later(_, why) => Done::Later(Some(2_000), why),
                other => other,
            })
        }
    }
}

/// Gives an unpaid order up at once, on the driver's wish: asked, closed at the rail, then closed here.
///
/// # Errors
/// [`crate::error::Conflict::PaymentOpen`] when the rail cannot say that no money moved.
pub fn give_up(world: &World, driver: &str, order_id: &str) -> Result<OrderState, Error> {
    use crate::error::Conflict;
    let (order, state) = load(world, driver, order_id)?.ok_or(Error::NotFound("order"))?;
    if !state.is_open() {
        return Ok(state);
    }
    match world.payments.query(&order.out_trade_no) {
        Ok(Some(trade)) => {
            let now = apply(world, driver, order_id, &trade)?;
            if !now.is_open() {
                world.bell.ring();
                return Ok(now);
            }
        }
        Ok(None) => return close_here(world, driver, order_id),
        Err(_) => return Err(Error::Conflict(Conflict::PaymentOpen)),
    }
    match world.payments.close(&order.out_trade_no) {
        Ok(()) => close_here(world, driver, order_id),
        Err(_) => Err(Error::Conflict(Conflict::PaymentOpen)),
    }
}

/// Applies the rail's word in one transaction.
///
/// # Errors
/// As [`money::apply`].
pub fn apply(world: &World, driver: &str, order_id: &str, trade: &Trade) -> Result<OrderState, Error> {
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| money::apply(tx, driver, order_id, trade, now_ms))
}

fn close_here(world: &World, driver: &str, order_id: &str) -> Result<OrderState, Error> {
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut order = store_payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
        let state = money::order_state(&order)?;
        money::close(tx, &mut order, state, now_ms)
    })
}

fn move_order(
    world: &World,
    driver: &str,
    order_id: &str,
    event: OrderEvent,
    prepay_id: Option<String>,
) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut order = store_payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
        let Some(to) = money::order_state(&order)?.after(event) else { return Ok(()) };
        to.slug().clone_into(&mut order.state);
        if prepay_id.is_some() {
            order.prepay_id.clone_from(&prepay_id);
        }
        order.changed_at_ms = now_ms;
        store_payment::save(tx, &mut order).map_err(crate::citizen::moved)
    })
}
