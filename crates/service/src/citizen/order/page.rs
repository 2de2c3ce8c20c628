//! The order page: where the payment stands, in one read, and how it can be paid now.

use clearway_connect::payments::PaySheet;
use clearway_domain::Fen;
use clearway_domain::case::{CaseState, MoneyWord, OrderState, RefundState};
use clearway_store::Tx;
use clearway_store::case_file::{self, CaseFile};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::refund::{self, RefundRow};

use super::super::{Who, found, quote, turn};
use crate::admission::{Wait, again_ms};
use crate::dossier::{self, instant};
use crate::{Error, World, jobs, law, money};

/// One leg as the order page shows it.
#[derive(Debug, Clone)]
pub struct LegView {
    /// The case.
    pub case: CaseFile,
    /// Fine.
    pub fine: Fen,
    /// Surcharge.
    pub surcharge: Fen,
    /// Offence code.
    pub code: Option<String>,
    /// Where it happened.
    pub place: Option<String>,
    /// When it happened.
    pub occurred: Option<jiff::Timestamp>,
}

/// The order page.
#[derive(Debug, Clone)]
pub struct OrderPage {
    /// The order.
    pub order: OrderRow,
    /// Its state.
    pub state: OrderState,
    /// The fixed first line.
    pub money: MoneyWord,
    /// Name of the payee.
    pub payee_name: String,
    /// Legs.
    pub legs: Vec<LegView>,
    /// Whether a leg waits for a person.
    pub manual: bool,
    /// The last day on which the driver hears of it.
    pub manual_by: Option<jiff::civil::Date>,
    /// The last day for what is paid and not decided yet: by then it is decided, or its money is on its way back.
    pub decided_by: Option<jiff::civil::Date>,
    /// Money that goes back, or went; attempts that the rail ended without effect are not among them.
    pub back: Vec<RefundRow>,
    /// Whether the rail has it, so that it could be handed to the payer: while it can be paid at all.
    pub placed: bool,
    /// The payment sheet, when it was just handed over.
    pub sheet: Option<PaySheet>,
    /// When it can be paid, where that is still to come: it was placed outside the hours.
    pub opens: Option<jiff::Timestamp>,
    /// The pretend cashier's address, where the site has one, when it was just handed over.
    pub cashier: Option<String>,
    /// Other orders of the same quote that still wait for their payment.
    pub next_order: Option<String>,
}

/// Longest time between two looks of somebody who does not know whether the payment went through, ms.
const UNCLEAR_MS: u32 = 3_000;

impl OrderPage {
    /// Milliseconds after which it makes sense to look again: the decision is waited for since it was paid, the rail's answer
    /// since it was asked.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn again_ms(&self, world: &World, who: &Who) -> Result<u32, Error> {
        let order = &self.order;
        match order.paid_at_ms {
            Some(paid_ms) => turn::again_ms(world, who, paid_ms, self.state == OrderState::Paid),
            None => {
                let now_ms = world.now().as_millisecond();
                Ok(match order.sent_to_pay_at_ms {
                    Some(sent_ms) => again_ms(now_ms - sent_ms, Wait::Turn).min(UNCLEAR_MS),
                    // While nobody was handed a sheet no money can have moved, and nobody need worry.
                    None => placed_again_ms(world, order),
                })
            }
        }
    }
}

/// Milliseconds after which it makes sense to look again at an order that is being placed at the rail; `None` for any other. It reads
/// the order alone: on a launch day a great many wait for this, and no money can have moved.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's order.
pub fn preparing(world: &World, who: &Who, order_id: &str) -> Result<Option<u32>, Error> {
    let order = world.db.read(|tx| found(payment::find(tx, &who.driver, order_id)?, "order"))?;
    // Of one that the rail was silent about the page says otherwise: it may have it.
    if !jobs::pay::is_unplaced(&order, money::order_state(&order)?) {
        return Ok(None);
    }
    // What was placed outside the hours is not being prepared yet.
    Ok(opens(world, &order)?.is_none().then(|| placed_again_ms(world, &order)))
}

/// When an order that was placed outside the hours can be paid; `None` from then on.
///
/// # Errors
/// [`Error::Broken`] when no pack was in force.
pub fn opens(world: &World, order: &OrderRow) -> Result<Option<jiff::Timestamp>, Error> {
    let placed = instant(order.created_at_ms);
    let runs = law::opens_next(world.pack_at(placed)?, placed);
    Ok(Some(runs).filter(|runs| *runs > world.now()))
}

/// Milliseconds after which it makes sense to look whether the rail has an order.
fn placed_again_ms(world: &World, order: &OrderRow) -> u32 {
    let (now_ms, wanted_ms) = (world.now().as_millisecond(), order.created_at_ms);
    again_ms(now_ms - wanted_ms, world.admission.orders.wait(now_ms, wanted_ms))
}

/// The order page; nothing is asked of the rail here.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's order.
pub fn page(world: &World, who: &Who, order_id: &str) -> Result<OrderPage, Error> {
    with_ways(world, who, order_id, Ways::default())
}

/// The same for a payer to whom it was just handed over: nobody else is shown a way to pay, because from the moment that
/// somebody is money may move.
pub(super) fn with_ways(
    world: &World,
    who: &Who,
    order_id: &str,
    Ways { sheet, cashier }: Ways,
) -> Result<OrderPage, Error> {
    let Loaded { order, payee_name, legs, siblings, back, doubted, decided_by } =
        world.db.read(|tx| load(world, tx, who, order_id))?;
    let state = money::order_state(&order)?;
    Ok(OrderPage {
        opens: opens(world, &order)?.filter(|_| state == OrderState::Created),
        money: money::word(&order, doubted)?,
        payee_name,
        manual: legs.iter().any(is_manual),
        manual_by: legs
            .iter()
            .filter(|leg| is_manual(leg))
            .map(|leg| jobs::manual::day(world, &leg.case))
            .max(),
        decided_by,
        back,
        next_order: siblings
            .iter()
            .find(|other| {
                other.order_id != order.order_id
                    && OrderState::from_slug(&other.state).is_some_and(OrderState::is_open)
            })
            .map(|other| other.order_id.clone()),
        placed: order.prepay_id.is_some(),
        state,
        legs,
        sheet,
        cashier,
        order,
    })
}

/// What the store knows of an order, in one transaction.
struct Loaded {
    order: OrderRow,
    payee_name: String,
    legs: Vec<LegView>,
    siblings: Vec<OrderRow>,
    back: Vec<RefundRow>,
    doubted: bool,
    decided_by: Option<jiff::civil::Date>,
}

fn load(world: &World, tx: &mut Tx, who: &Who, order_id: &str) -> Result<Loaded, Error> {
    let order = found(payment::find(tx, &who.driver, order_id)?, "order")?;
    let (mut legs, mut decided_by) = (Vec::new(), None);
    for leg in payment::legs(tx, &who.driver, order_id)? {
        let case = found(case_file::find(tx, &who.driver, &leg.case_id)?, "case")?;
        decided_by = decided_by.max(jobs::decide::promised(world, tx, &case)?);
        legs.push(leg_view(tx, &leg, case)?);
    }
    let mut back = refund::of_order(tx, &who.driver, order_id)?;
    back.retain(|attempt| attempt.state != RefundState::Failed.slug());
    Ok(Loaded {
        // The name stands in the quote that the driver accepted.
        payee_name: quote::payee_name(tx, who, &order.quote_id, &order.payee)?,
        siblings: payment::of_quote(tx, &who.driver, &order.quote_id)?,
        doubted: money::is_doubted(tx, &order)?,
        order,
        legs,
        back,
        decided_by,
    })
}

fn leg_view(tx: &mut Tx, leg: &LegRow, case: CaseFile) -> Result<LegView, Error> {
    let violation = dossier::matter_of(tx, &case)?;
    let violation = violation.as_ref();
    Ok(LegView {
        fine: Fen(leg.fine_fen),
        surcharge: Fen(leg.surcharge_fen),
        code: violation.and_then(|violation| violation.code().map(str::to_owned)),
        place: violation.and_then(|violation| violation.place().map(str::to_owned)),
        occurred: violation.and_then(dossier::Violation::occurred),
        case,
    })
}

/// How an order can be paid at a moment.
#[derive(Default)]
pub(super) struct Ways {
    sheet: Option<PaySheet>,
    cashier: Option<String>,
}

impl Ways {
    /// Not at all.
    pub(super) const fn is_none(&self) -> bool {
        self.sheet.is_none() && self.cashier.is_none()
    }
}

/// The payment sheet and the page on which an order can be paid at this moment: a rail either signs a sheet for the
/// messenger, or has a page of its own; a site with pretend counterparts has a cashier besides.
///
/// # Errors
/// [`Error::Broken`] when the stored state cannot be read.
pub(super) fn ways_to_pay(world: &World, order: &OrderRow) -> Result<Ways, Error> {
    let payable = money::order_state(order)?.is_open() && order.expires_at_ms > world.now().as_millisecond();
    let Some(id) = order.prepay_id.as_deref().filter(|_| payable) else { return Ok(Ways::default()) };
    let page = world.payments.pay_page(id);
    let sheet = if page.is_none() {
        world.payments.pay_sheet(id).inspect_err(|fault| tracing::error!(%fault, "no payment sheet")).ok()
    } else {
        None
    };
    let pretend = world.site.cashier_url.as_deref().map(|base| {
        let back = world.site.returned_url(&order.order_id);
        format!("{base}?prepay_id={id}&return={back}")
    });
    Ok(Ways { sheet, cashier: page.or(pretend) })
}

fn is_manual(leg: &LegView) -> bool {
    leg.case.state == CaseState::Manual.slug()
}
