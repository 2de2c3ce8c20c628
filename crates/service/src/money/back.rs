//! Money goes back: the intent is stored with its ledger lines and the day the driver is told; the rail's word ends it.

use clearway_connect::payments::{Refund, RefundState as AtRail};
use clearway_domain::Fen;
use clearway_domain::case::{CaseEvent, RefundEvent, RefundState, Why};
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};
use clearway_store::payment::{self, OrderRow};
use clearway_store::refund::{self, RefundRow};
use clearway_store::{Tx, audit};

use super::{advance, books, settle};
use crate::{Error, jobs};

/// Calendar days in which the rails say that a refund arrives, at most (`ux.md` §3.7: one to three days).
const DAYS: i64 = 3;
const DAY_MS: i64 = 86_400_000;

/// Kind of the finding of a refund that the rail cannot deliver.
pub const ABNORMAL: &str = "refund-abnormal";

/// Kind of the finding of money that the rail does not give back although it was asked more than once.
pub const REFUSED: &str = "refund-refused";

/// Kind of the finding of a refund of which the rail names another sum than ours: of the refund's number where the rail was
/// asked, of the notice's where it told by itself.
pub const AMOUNT: &str = "refund-amount";

/// Kind of the finding of money that is not back on the day that the driver was told; of what the refund is for.
pub const OVERDUE: &str = "refund-overdue";

/// Attempts after which a person is told.
const ATTEMPTS_QUIET: i64 = 3;

/// State of a stored attempt.
///
/// # Errors
/// [`Error::Broken`] for a word that this build does not know.
pub fn state_of(refund: &RefundRow) -> Result<RefundState, Error> {
    RefundState::from_slug(&refund.state)
        .ok_or_else(|| Error::Broken(format!("refund {} is in an unknown state", refund.refund_no)))
}

/// Gives the money of a leg back: the whole leg, fine and surcharge. The case must be one that may (see
/// `domain::case::MOVES`).
///
/// # Errors
/// [`crate::error::Conflict::CaseMoved`] when the case cannot take it; [`Error::NotFound`] without a paid order.
pub fn leg(tx: &mut Tx, case: &mut CaseFile, why: Why, actor: &str, now_ms: i64) -> Result<(), Error> {
    let order_id = case.order_id.clone().ok_or(Error::NotFound("order"))?;
    let order = payment::find(tx, &case.driver, &order_id)?.ok_or(Error::NotFound("order"))?;
    let leg = payment::legs(tx, &case.driver, &order_id)?
        .into_iter()
        .find(|leg| leg.case_id == case.case_id)
        .ok_or(Error::NotFound("leg"))?;
    let by = now_ms + DAYS * DAY_MS;
    case.refusal = Some(why.slug().to_owned());
    let detail = format!("{{\"why\":\"{}\",\"fen\":{},\"by_ms\":{by}}}", why.slug(), leg.total_fen());
    advance(tx, case, CaseEvent::RefundStarted, actor, &detail, now_ms)?;
    books::owed(tx, &order, &leg, now_ms)?;
    let per_leg = leg.out_trade_no.is_some();
    let wanted = RefundRow {
        what: format!("case:{}", case.case_id),
        case_id: Some(case.case_id.clone()),
        refund_no: format!("{}-1", case.case_id),
        transaction_id: order.transaction_id.clone().filter(|_| !per_leg),
        paid_fen: if per_leg { leg.total_fen() } else { order.total_fen },
        fen: leg.total_fen(),
        ..blank(&order, why, now_ms)
    };
    finding::close(tx, &finding::id(jobs::decide::NOT_DECIDED, &case.case_id), actor, why.slug(), now_ms)?;
    want(tx, &order, &wanted)?;
    settle(tx, &case.driver, &order_id, now_ms)
}

/// Money arrived that the order has no open place for, because it is closed or paid already: it goes back by itself.
///
/// # Errors
/// [`Error::Store`].
pub(super) fn late(
    tx: &mut Tx,
    order: &OrderRow,
    transaction: &str,
    fen: Fen,
    why: Why,
    now_ms: i64,
) -> Result<(), Error> {
    books::late(tx, order, transaction, fen, now_ms)?;
    let wanted = RefundRow {
        what: format!("late:{transaction}"),
        refund_no: format!("{transaction}-1"),
        transaction_id: Some(transaction.to_owned()),
        paid_fen: fen.0,
        fen: fen.0,
        ..blank(order, why, now_ms)
    };
    want(tx, order, &wanted)
}

fn blank(order: &OrderRow, why: Why, now_ms: i64) -> RefundRow {
    RefundRow {
        driver: order.driver.clone(),
        refund_no: String::new(),
        order_id: order.order_id.clone(),
        what: String::new(),
        case_id: None,
        transaction_id: None,
        paid_fen: 0,
        fen: 0,
        attempt: 1,
        state: RefundState::Wanted.slug().to_owned(),
        reason: why.slug().to_owned(),
        promised_at_ms: now_ms + DAYS * DAY_MS,
        refund_id: None,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
        done_at_ms: None,
        version: 1,
    }
}

fn want(tx: &mut Tx, order: &OrderRow, wanted: &RefundRow) -> Result<(), Error> {
    refund::insert(tx, wanted)?;
    books::refund_asked(tx, order, wanted)?;
    audit::append(tx, &order.driver, wanted.created_at_ms, "system", "refund.wanted", &detail(wanted))?;
    // A rail that closes every attempt is not hammered: a minute, five, half an hour, then hourly.
    let wait_ms = match wanted.attempt {
        1 => 0,
        2 => 60_000,
        3 => 300_000,
        4 => 1_800_000,
        _ => 3_600_000,
    };
    let at_ms = wanted.created_at_ms + wait_ms;
    jobs::enqueue(tx, &order.driver, jobs::back::REFUND, &wanted.refund_no, at_ms)?;
    Ok(())
}

fn detail(refund: &RefundRow) -> String {
    format!(
        "{{\"refund\":\"{}\",\"order\":\"{}\",\"fen\":{},\"why\":\"{}\"}}",
        refund.refund_no, refund.order_id, refund.fen, refund.reason
    )
}

/// Applies what the rail says about a refund. Applying it twice changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for a number that is not ours; [`Error::Broken`] when the rail names another sum than ours: that
/// is never applied, and never forgotten.
pub fn apply(tx: &mut Tx, driver: &str, told: &Refund, now_ms: i64) -> Result<RefundState, Error> {
    let mut row = refund::find(tx, driver, &told.out_refund_no)?.ok_or(Error::NotFound("refund"))?;
    let state = state_of(&row)?;
    if told.refund != Fen(row.fen) {
        return Err(Error::Broken(format!("the rail names another sum for refund {}", row.refund_no)));
    }
    let event = match told.state {
        AtRail::Processing => RefundEvent::Accepted,
        AtRail::Success => RefundEvent::Succeeded,
        AtRail::Closed => RefundEvent::Closed,
        AtRail::Abnormal => RefundEvent::Stuck,
    };
    let Some(to) = state.after(event) else { return Ok(state) };
    let order = payment::find(tx, driver, &row.order_id)?.ok_or(Error::NotFound("order"))?;
    to.slug().clone_into(&mut row.state);
    row.refund_id.clone_from(&told.refund_id);
    row.changed_at_ms = now_ms;
    if to == RefundState::Done {
        row.done_at_ms = Some(told.done.map_or(now_ms, jiff::Timestamp::as_millisecond));
    }
    refund::save(tx, &mut row).map_err(crate::citizen::moved)?;
    match to {
        RefundState::Done => done(tx, &order, &row, "rail", now_ms)?,
        RefundState::Failed => again(tx, &order, &row, now_ms)?,
        RefundState::Abnormal => {
            let finding = Finding::new(ABNORMAL, &row.refund_no, Some(driver), row.fen, now_ms)
                .with_detail(detail(&row));
            finding::put(tx, &finding)?;
            audit::append(tx, driver, now_ms, "rail", "refund.abnormal", &detail(&row))?;
        }
        RefundState::Wanted | RefundState::Processing => {}
    }
    Ok(to)
}

/// Two officers say that the money of an attempt went back another way than the rail's: it is over.
///
/// # Errors
/// [`crate::error::Conflict::CaseMoved`] when it is over already, or another hand was faster.
pub(crate) fn another_way(tx: &mut Tx, mut row: RefundRow, by: &str, now_ms: i64) -> Result<(), Error> {
    let moved = || Error::Conflict(crate::error::Conflict::CaseMoved);
    let to = state_of(&row)?.after(RefundEvent::Succeeded).ok_or_else(moved)?;
    let order = payment::find(tx, &row.driver, &row.order_id)?.ok_or(Error::NotFound("order"))?;
    to.slug().clone_into(&mut row.state);
    row.changed_at_ms = now_ms;
    row.done_at_ms = Some(now_ms);
    refund::save(tx, &mut row).map_err(crate::citizen::moved)?;
    done(tx, &order, &row, by, now_ms)
}

/// The money of an attempt is back, says the rail, or an officer.
fn done(tx: &mut Tx, order: &OrderRow, row: &RefundRow, actor: &str, now_ms: i64) -> Result<(), Error> {
    books::refund_done(tx, order, row, now_ms)?;
    audit::append(tx, &row.driver, now_ms, actor, "refund.done", &detail(row))?;
    let numbered = [ABNORMAL, AMOUNT].map(|kind| finding::id(kind, &row.refund_no));
    for id in numbered.into_iter().chain([REFUSED, OVERDUE].map(|kind| finding::id(kind, &row.what))) {
        finding::close(tx, &id, "system", "the money is back", now_ms)?;
    }
    if let Some(case_id) = &row.case_id {
        let mut case = case_file::find(tx, &row.driver, case_id)?.ok_or(Error::NotFound("case"))?;
        let told = format!("{{\"fen\":{}}}", row.fen);
        advance(tx, &mut case, CaseEvent::RefundDone, actor, &told, now_ms)?;
    }
    settle(tx, &row.driver, &row.order_id, now_ms)
}

/// The rail closed an attempt: the money is still owed, and asked for again under the next number.
fn again(tx: &mut Tx, order: &OrderRow, row: &RefundRow, now_ms: i64) -> Result<(), Error> {
    books::refund_failed(tx, order, row, now_ms)?;
    audit::append(tx, &row.driver, now_ms, "rail", "refund.closed", &detail(row))?;
    let stem = row.refund_no.rsplit_once('-').map_or(row.refund_no.as_str(), |(stem, _)| stem);
    let next = RefundRow {
        refund_no: format!("{stem}-{}", row.attempt + 1),
        attempt: row.attempt + 1,
        state: RefundState::Wanted.slug().to_owned(),
        refund_id: None,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
        done_at_ms: None,
        version: 1,
        ..row.clone()
    };
    if next.attempt > ATTEMPTS_QUIET {
        let finding =
            Finding::new(REFUSED, &row.what, Some(&row.driver), row.fen, now_ms).with_detail(detail(&next));
        finding::put(tx, &finding)?;
    }
    want(tx, order, &next)
}
