//! Orders at the rail: placing one, asking about it until it is terminal, and closing it there before it is closed here.

use clearway_connect::Fault;
use clearway_connect::payments::{Placed, PrepayAsk, PrepayLeg, Trade, TradeState, is_unknown_order};
use clearway_connect::wechat::OpenId;
use clearway_domain::Fen;
use clearway_domain::case::{OrderEvent, OrderState};
use clearway_store::finding::{self, Finding};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::queue::{self, Claimed};
use clearway_store::{account, case_file};

use super::{Done, rails};
use crate::callbacks::wechat_pay::UNREADABLE;
use crate::dossier::instant;
use crate::money::Applied;
use crate::{Error, World, law, money};

/// Places an order at the rail; its key is the order.
pub const PREPAY: &str = "order.prepay";
/// Asks the rail about an order; its key is the order.
pub const ASK: &str = "order.ask";

/// Milliseconds beyond an order's end before an order that the rail does not know is over: a call of ours that is still
/// under way could place it until then.
const GRACE_MS: i64 = 60_000;

/// First and longest wait before an order is placed again whose placing had no answer, ms: somebody stands there, and a rail that is away
/// is not to be asked by everybody every second.
const AGAIN_MS: (i64, i64) = (1_000, 30_000);

/// Seconds after the order was made at which the rail is asked (`design.md`: silence is asked about).
const SCHEDULE_S: [i64; 8] = [10, 30, 60, 300, 900, 3_600, 21_600, 86_400];

/// Milliseconds from now until the next question about an order of this age.
fn next_question_ms(order: &OrderRow, now_ms: i64) -> i64 {
    let age_s = (now_ms - order.created_at_ms) / 1000;
    let until_next = SCHEDULE_S.iter().find(|at| **at > age_s).map_or(86_400, |at| at - age_s);
    // An expiring order is closed on time, not at the next step of the schedule.
    let until_expiry = (order.expires_at_ms - now_ms) / 1000 + 1;
    let wait_s = if until_expiry > 0 { until_next.min(until_expiry) } else { after_expiry_s(-until_expiry) };
    wait_s.max(1) * 1000
}

/// Seconds until an order is asked about again that should be over and is not, by how long it should be, s: the hold on its
/// violations ends with the answer, so at first every minute, and in a long silence of the rail every quarter of an hour.
const fn after_expiry_s(over_s: i64) -> i64 {
    match over_s {
        ..600 => 60,
        600..3_600 => 300,
        _ => 900,
    }
}

/// An order as the jobs and deeds of this file need it.
pub(crate) struct Loaded {
    pub order: OrderRow,
    pub state: OrderState,
    legs: Vec<LegRow>,
}

/// Whether we do not have an order's number at the rail yet: without that nobody was handed a sheet, and nobody can have paid it.
pub(crate) fn is_unplaced(order: &OrderRow, state: OrderState) -> bool {
    state == OrderState::Created && order.prepay_id.is_none()
}

impl Loaded {
    /// The order as the rail knows it.
    pub fn placed(&self) -> Placed {
        Placed {
            out_trade_no: self.order.out_trade_no.clone(),
            prepay_id: self.order.prepay_id.clone(),
            legs: self.legs.iter().filter_map(|leg| leg.out_trade_no.clone()).collect(),
        }
    }
}

/// One order with its legs.
///
/// # Errors
/// [`Error::Store`]; [`Error::Broken`] for a state that this build does not know.
pub(crate) fn load(world: &World, driver: &str, key: &str) -> Result<Option<Loaded>, Error> {
    world.db.read(|tx| {
        let Some(order) = payment::find(tx, driver, key)? else { return Ok(None) };
        let legs = payment::legs(tx, driver, key)?;
        Ok(Some(Loaded { state: money::order_state(&order)?, order, legs }))
    })
}

/// Asks the rail about an order of its own. Another rail's order is not asked about: it would say that there is none, and the
/// money would be taken for not paid.
///
/// # Errors
/// Any [`Fault`]; `Refused` with `OTHER_RAIL`, and nothing was asked.
pub(crate) fn query(world: &World, loaded: &Loaded) -> Result<Option<Trade>, Fault> {
    if rails::is_own(world, &loaded.order) {
        return world.payments.query(&loaded.placed());
    }
    Err(Fault::refused("OTHER_RAIL", "the order was placed on another rail than the configured one"))
}

/// What the payer reads at the rail: the city and, where there is one, the decision. No personal data.
fn ask_of(world: &World, loaded: &Loaded, openid: String) -> Result<PrepayAsk, Error> {
    let (order, driver) = (&loaded.order, loaded.order.driver.as_str());
    let description = format!("{}交通违法罚款", world.site.city_zh);
    let legs = world.db.read(|tx| {
        let mut legs = Vec::new();
        for leg in &loaded.legs {
            let case = case_file::find(tx, driver, &leg.case_id)?.ok_or(Error::NotFound("case"))?;
            legs.push(PrepayLeg {
                out_trade_no: leg.out_trade_no.clone().unwrap_or_else(|| order.out_trade_no.clone()),
                description: description.clone(),
                total: Fen(leg.total_fen()),
                notice: case.violation.strip_prefix('d').map(str::to_owned),
            });
        }
        Ok::<_, Error>(legs)
    })?;
    Ok(PrepayAsk {
        out_trade_no: order.out_trade_no.clone(),
        description,
        total: Fen(order.total_fen),
        legs,
        payer: OpenId::new(openid),
        expires: Some(instant(order.expires_at_ms)),
        attach: None,
        payer_ip: None,
        back: world.site.returned_url(&order.order_id),
    })
}

/// Whether an order is open and we have no number of it at the rail yet.
fn is_open_and_unnumbered(loaded: &Loaded) -> bool {
    loaded.state.is_open() && loaded.order.prepay_id.is_none()
}

/// The body of [`PREPAY`].
pub(super) fn prepay(world: &World, job: &Claimed) -> Result<Done, Error> {
    let (driver, key) = (job.driver.as_str(), job.key.as_str());
    world.admission.orders.begun(world.now().as_millisecond(), job.run_at_ms);
    let Some(loaded) = load(world, driver, key)? else {
        return Ok(Done::Never("the order is gone".to_owned()));
    };
    let wants_rail = loaded.state == OrderState::Closed || is_open_and_unnumbered(&loaded);
    if wants_rail && let Some(waits) = rails::of_another(world, &loaded.order)? {
        return Ok(waits);
    }
    if loaded.state == OrderState::Closed {
        // A try before this one may have placed it all the same: what the rail has of it is closed there.
        return Ok(match world.payments.query(&loaded.placed()) {
            Ok(Some(trade)) if trade.state == TradeState::NotPay => close_left_over(world, &loaded),
            Ok(_) => Done::Yes,
            Err(fault) => Done::Later(Some(2_000), fault.to_string()),
        });
    }
    if !is_open_and_unnumbered(&loaded) {
        return Ok(Done::Yes);
    }
    let placed = instant(loaded.order.created_at_ms);
    let at_night = !law::is_open(world.pack_at(placed)?, placed);
    if at_night
        && loaded.state == OrderState::Created
        && !crate::citizen::order::still_right(world, &loaded.order)?
    {
        // It never reached the rail: no money can have moved on it.
        close_here(world, driver, key)?;
        return Ok(Done::Yes);
    }
    let account = world.db.read(|tx| account::find(tx, driver).map_err(Error::from))?;
    let Some(account) = account else { return Ok(Done::Never("the account is gone".to_owned())) };
    let ask = ask_of(world, &loaded, account.openid)?;
    match world.payments.prepay(&ask) {
        Ok(placed) => Ok(taken(world, driver, key, placed.prepay_id)),
        Err(fault) if fault.may_have_acted() => {
            silent(world, driver, key)?;
            // The same number again is harmless at the rail, and tells what became of the first try.
            let wait_ms = queue::backoff_ms(job, AGAIN_MS.0, AGAIN_MS.1);
            Ok(Done::Later(Some(wait_ms), fault.to_string()))
        }
        // Paid already, or used: what became of it is asked, never assumed.
        Err(Fault::Refused { code, .. }) if code == "ORDERPAID" || code == "OUT_TRADE_NO_USED" => {
            silent(world, driver, key)?;
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

/// The rail took an order: that is stored with the end of the job. Given up while the rail was taking it, nobody was handed a
/// sheet and nobody is to be able to pay it: the job runs once more, finds it closed here, and closes it there.
fn taken(world: &World, driver: &str, key: &str, prepay_id: String) -> Done {
    let (driver, key, now_ms) = (driver.to_owned(), key.to_owned(), world.now().as_millisecond());
    Done::Store(Box::new(move |tx| {
        let mut order = payment::find(tx, &driver, &key)?.ok_or(Error::NotFound("order"))?;
        let state = money::order_state(&order)?;
        if state == OrderState::Closed {
            return Ok(super::enqueue(tx, &driver, PREPAY, &key, now_ms)?);
        }
        let Some(to) = state.after(OrderEvent::Accepted) else { return Ok(()) };
        to.slug().clone_into(&mut order.state);
        order.prepay_id = Some(prepay_id.clone());
        order.changed_at_ms = now_ms;
        payment::save(tx, &mut order).map_err(crate::citizen::moved)
    }))
}

/// Closes at the rail what is closed here already.
fn close_left_over(world: &World, loaded: &Loaded) -> Done {
    match world.payments.close(&loaded.placed()) {
        Ok(()) | Err(Fault::Refused { .. }) => Done::Yes,
        Err(fault) => Done::Later(Some(2_000), fault.to_string()),
    }
}

/// The body of [`ASK`].
pub(super) fn ask(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let Some(loaded) = load(world, driver, key)? else {
        return Ok(Done::Never("the order is gone".to_owned()));
    };
    if loaded.state == OrderState::Closed {
        return ask_doubted(world, &loaded);
    }
    if !loaded.state.is_open() {
        return Ok(Done::Yes);
    }
    let (order, placed) = (&loaded.order, loaded.placed());
    let now_ms = world.now().as_millisecond();
    let again = Done::Later(Some(next_question_ms(order, now_ms)), "not terminal".to_owned());
    if is_unplaced(order, loaded.state) && now_ms < order.expires_at_ms {
        return Ok(again);
    }
    if let Some(waits) = rails::of_another(world, order)? {
        return Ok(waits);
    }
    let told = world.payments.query(&placed);
    if told.is_ok() && now_ms >= order.expires_at_ms + GRACE_MS {
        readable_again(world, order)?;
    }
    match told {
        Ok(Some(trade)) => {
            let Applied::State(now) = apply(world, driver, key, &trade)? else { return Ok(again) };
            if !now.is_open() {
                world.bell.ring();
                return Ok(Done::Yes);
            }
            if now_ms < order.expires_at_ms || trade.state == TradeState::UserPaying {
                return Ok(again);
            }
            close_at_rail(world, driver, order, &placed, again)
        }
        // The rail never heard of it, and refuses to place it by now: no money can have moved on it.
        Ok(None) if now_ms >= order.expires_at_ms + GRACE_MS => {
            close_here(world, driver, key)?;
            Ok(Done::Yes)
        }
        Ok(None) => Ok(again),
        Err(fault) => {
            if order.sent_to_pay_at_ms.is_some() {
                silent(world, driver, key)?;
            }
            // Nobody can pay it any more, and nobody knows whether somebody has.
            if matches!(fault, Fault::Garbled(_)) && now_ms >= order.expires_at_ms + GRACE_MS {
                unreadable(world, order, &fault)?;
            }
            tracing::warn!(%fault, "the rail did not answer about an order");
            Ok(again)
        }
    }
}

/// What the rail says of an order that should be over cannot be read: a person is told, once.
fn unreadable(world: &World, order: &OrderRow, fault: &Fault) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    let detail = serde_json::json!({ "order": order.order_id, "said": fault.to_string() }).to_string();
    let (number, driver) = (order.out_trade_no.as_str(), Some(order.driver.as_str()));
    let finding = Finding::new(UNREADABLE, number, driver, order.total_fen, now_ms).with_detail(detail);
    world.db.write(|tx| finding::put(tx, &finding).map(drop).map_err(Error::from))
}

/// The rail is understood again.
fn readable_again(world: &World, order: &OrderRow) -> Result<(), Error> {
    let id = finding::id(UNREADABLE, &order.out_trade_no);
    let known = world.db.read(|tx| finding::find(tx, &id).map_err(Error::from))?;
    if known.is_none_or(|known| known.closed_at_ms.is_some()) {
        return Ok(());
    }
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        finding::close(tx, &id, "rail", "its answer can be read", now_ms).map(drop).map_err(Error::from)
    })
}

/// A notice named another sum on an order that is closed here: the rail is asked what it has. Money that is the order's own
/// goes back like any that comes late, and the doubt is over; whatever else it says is for a person.
fn ask_doubted(world: &World, loaded: &Loaded) -> Result<Done, Error> {
    let order = &loaded.order;
    if !world.db.read(|tx| money::is_doubted(tx, order))? {
        return Ok(Done::Yes);
    }
    match query(world, loaded) {
        Ok(Some(trade)) => {
            let doubt = finding::id(money::WRONG_SUM, &order.out_trade_no);
            // Together: once the order has moved on nobody comes back here to close the finding.
            world.db.write(|tx| {
                let now_ms = world.now().as_millisecond();
                let applied = money::apply(tx, &order.driver, &order.order_id, &trade, now_ms)?;
                if matches!(applied, Applied::State(now) if now != OrderState::Closed) {
                    finding::close(tx, &doubt, "rail", "it has the order's own sum", now_ms)?;
                }
                Ok::<_, Error>(Done::Yes)
            })
        }
        Ok(None) => Ok(Done::Yes),
        Err(fault) => Ok(Done::Later(None, fault.to_string())),
    }
}

/// Closes at the rail first; only when that worked is the order closed here.
fn close_at_rail(
    world: &World,
    driver: &str,
    order: &OrderRow,
    placed: &Placed,
    again: Done,
) -> Result<Done, Error> {
    match world.payments.close(placed) {
        Ok(()) => {
            close_here(world, driver, &order.order_id)?;
            world.bell.ring();
            Ok(Done::Yes)
        }
        // A rail that closes by itself is asked whether it has, not pressed.
        Err(Fault::Refused { code, .. }) if code == "STILL_OPEN" => Ok(again),
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
    let loaded = load(world, driver, order_id)?.ok_or(Error::NotFound("order"))?;
    if !loaded.state.is_open() {
        return Ok(loaded.state);
    }
    let placed = loaded.placed();
    match query(world, &loaded) {
        Ok(Some(trade)) => match apply(world, driver, order_id, &trade)? {
            Applied::WrongSum => return Err(Error::Conflict(Conflict::PaymentOpen)),
            Applied::State(now) if !now.is_open() => {
                world.bell.ring();
                return Ok(now);
            }
            Applied::State(_) => {}
        },
        // Not there yet; the close that follows makes sure that it cannot come to be there afterwards.
        Ok(None) => {}
        Err(_) => return Err(Error::Conflict(Conflict::PaymentOpen)),
    }
    match world.payments.close(&placed) {
        Ok(()) if loaded.order.prepay_id.is_some() => close_here(world, driver, order_id),
        // Some rails close what they have not got as well, and place it afterwards.
        Ok(()) => close_unknown(world, &loaded.order),
        // The rail says that there is nothing to close and nothing was ever handed to the payer.
        Err(fault) if is_unknown_order(&fault) && loaded.order.prepay_id.is_none() => {
            close_unknown(world, &loaded.order)
        }
        Err(_) => Err(Error::Conflict(Conflict::PaymentOpen)),
    }
}

/// Applies the rail's word in one transaction.
///
/// # Errors
/// As [`money::apply`].
pub fn apply(world: &World, driver: &str, order_id: &str, trade: &Trade) -> Result<Applied, Error> {
    // Whoever has paid draws a place: the instant is that of the writer's turn, not of the word that stood before it.
    world.db.write(|tx| money::apply(tx, driver, order_id, trade, world.now().as_millisecond()))
}

/// Closes an order that the rail does not know, unless the rail took it while we asked: then it is closed there first.
fn close_unknown(world: &World, seen: &OrderRow) -> Result<OrderState, Error> {
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut order = payment::find(tx, &seen.driver, &seen.order_id)?.ok_or(Error::NotFound("order"))?;
        if order.version != seen.version {
            return Err(Error::Conflict(crate::error::Conflict::PaymentOpen));
        }
        let state = money::order_state(&order)?;
        money::close(tx, &mut order, state, now_ms)
    })
}

fn close_here(world: &World, driver: &str, order_id: &str) -> Result<OrderState, Error> {
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut order = payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
        let state = money::order_state(&order)?;
        money::close(tx, &mut order, state, now_ms)
    })
}

/// The rail did not answer: whether it took the order, or what became of it, is not known.
fn silent(world: &World, driver: &str, order_id: &str) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut order = payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
        let Some(to) = money::order_state(&order)?.after(OrderEvent::Silent) else { return Ok(()) };
        to.slug().clone_into(&mut order.state);
        order.changed_at_ms = now_ms;
        payment::save(tx, &mut order).map_err(crate::citizen::moved)
    })
}
