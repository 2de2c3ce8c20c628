//! Giving money back at the rail: asked once under a number of ours, then asked about until the rail has said its last word.

use clearway_connect::Fault;
use clearway_connect::payments::{Refund, RefundAsk};
use clearway_domain::Fen;
use clearway_domain::case::RefundState;
use clearway_store::finding::{self, Finding};
use clearway_store::payment::{self, OrderRow};
use clearway_store::refund::{self, RefundRow};

use super::{Done, rails};
use crate::money::back;
use crate::{Error, World, officer};

/// Gives money back; its key is the refund's number.
pub const REFUND: &str = "order.refund";

/// Milliseconds until what waits for a person is looked at again.
pub(super) const HOUR_MS: i64 = 3_600_000;

/// Seconds after the intent at which the rail is asked about a refund that is under way.
const SCHEDULE_S: [i64; 9] = [3, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400];

/// Milliseconds until the next question about an attempt of this age.
fn next_ms(row: &RefundRow, now_ms: i64) -> i64 {
    let age_s = (now_ms - row.created_at_ms) / 1000;
    SCHEDULE_S.iter().find(|at| **at > age_s).map_or(21_600, |at| at - age_s) * 1000
}

/// A refund, its order, and what the rail is asked with.
pub(crate) fn load(
    world: &World,
    driver: &str,
    key: &str,
) -> Result<Option<(RefundRow, OrderRow, RefundAsk)>, Error> {
    world.db.read(|tx| {
        let Some(row) = refund::find(tx, driver, key)? else { return Ok(None) };
        let order = payment::find(tx, driver, &row.order_id)?;
        let legs = payment::legs(tx, driver, &row.order_id)?;
        let number = legs.into_iter().find(|leg| Some(&leg.case_id) == row.case_id.as_ref());
        let part = number.and_then(|leg| leg.out_trade_no);
        Ok(order.map(|order| {
            let ask = ask(&row, &order, part);
            (row, order, ask)
        }))
    })
}

/// The body of [`REFUND`].
pub(crate) fn refund(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let Some(loaded) = load(world, driver, key)? else {
        return Ok(Done::Never("the refund is gone".to_owned()));
    };
    let done = carry_out(world, &loaded)?;
    if matches!(done, Done::Later(..)) {
        overdue(world, &loaded.0)?;
    }
    Ok(done)
}

fn carry_out(world: &World, (row, order, ask): &(RefundRow, OrderRow, RefundAsk)) -> Result<Done, Error> {
    let state = back::state_of(row)?;
    if state.is_over() {
        return Ok(Done::Yes);
    }
    if let Some(waits) = rails::of_another(world, order)? {
        return Ok(waits);
    }
    // What may have reached the rail is asked about before it is sent again: on most rails its number makes even that harmless.
    let told = match world.payments.query_refund(ask) {
        Ok(None) if state == RefundState::Wanted => {
            if world.db.read(|tx| officer::returned::is_held(tx, &row.refund_no))? {
                return Ok(Done::Later(Some(60_000), "an officer says that it went back another way".into()));
            }
            match may_be_there_s(row, world.now().as_millisecond()) {
                Some(wait_s) => {
                    return Ok(Done::Later(
                        Some(wait_s * 1000),
                        "the refund may be there, and is not told".into(),
                    ));
                }
                None => send(world, row, ask)?,
            }
        }
        Ok(Some(told)) => Ok(told),
        // The rail had it and knows it no more: that is for a person, and is asked again all the same.
        Ok(None) => Err(Fault::refused("REFUND_NOT_FOUND", "the rail no longer knows a refund that it took")),
        Err(fault) => Err(fault),
    };
    let now_ms = world.now().as_millisecond();
    match told {
        // Never applied; whether somebody has put it right at the rail is looked at every hour.
        Ok(told) if told.refund != Fen(row.fen) => {
            other_sum(world, row, &told, now_ms)?;
            Ok(Done::Later(Some(HOUR_MS), "the rail names another sum".to_owned()))
        }
        Ok(told) => {
            let now = world.db.write(|tx| back::apply(tx, &row.driver, &told, now_ms))?;
            world.bell.ring();
            Ok(match now {
                RefundState::Done | RefundState::Failed => Done::Yes,
                RefundState::Wanted | RefundState::Processing => {
                    Done::Later(Some(next_ms(row, now_ms)), "the refund is under way".to_owned())
                }
                // Somebody has to name a way at the rail; whether they did is looked at every hour.
                RefundState::Abnormal => Done::Later(Some(HOUR_MS), "the refund is abnormal".to_owned()),
            })
        }
        Err(fault) => {
            if matches!(fault, Fault::Refused { .. }) {
                refused(world, row, &fault, now_ms)?;
                return Ok(Done::Later(Some(next_ms(row, now_ms).max(60_000)), fault.to_string()));
            }
            Ok(Done::Later(Some(next_ms(row, now_ms)), fault.to_string()))
        }
    }
}

/// Milliseconds in which a refund that may have been carried out is told, on a rail that would carry it out a second time.
const TOLD_MS: i64 = 1_800_000;

/// Seconds until it is asked again about a refund that may have been carried out and is not told, and is not to be sent again yet.
/// A wanted refund changes only when it is sent ([`send`]).
fn may_be_there_s(row: &RefundRow, now_ms: i64) -> Option<i64> {
    let sent = row.changed_at_ms > row.created_at_ms;
    let until_ms = row.changed_at_ms.saturating_add(TOLD_MS);
    (sent && now_ms < until_ms).then(|| ((until_ms - now_ms) / 1000 + 1).min(60))
}

/// Asks the rail for a refund. Where a number that was used does not make that harmless, it is noted first that it was sent, and
/// taken back only when the rail says that it has done nothing.
fn send(world: &World, row: &RefundRow, ask: &RefundAsk) -> Result<Result<Refund, Fault>, Error> {
    if world.payments.repeats_refunds() {
        return Ok(world.payments.refund(ask));
    }
    let mut noted = row.clone();
    noted.changed_at_ms = world.now().as_millisecond().max(row.created_at_ms + 1);
    world.db.write(|tx| refund::save(tx, &mut noted.clone()).map_err(Error::from))?;
    noted.version += 1;
    let told = world.payments.refund(ask);
    if told.as_ref().is_err_and(|fault| !fault.may_have_acted()) {
        noted.changed_at_ms = row.created_at_ms;
        world.db.write(|tx| refund::save(tx, &mut noted.clone()).map_err(Error::from))?;
    }
    Ok(told)
}

fn ask(row: &RefundRow, order: &OrderRow, part: Option<String>) -> RefundAsk {
    RefundAsk {
        out_trade_no: part.unwrap_or_else(|| order.out_trade_no.clone()),
        prepay_id: order.prepay_id.clone(),
        transaction_id: row.transaction_id.clone(),
        out_refund_no: row.refund_no.clone(),
        refund: Fen(row.fen),
        total: Fen(row.paid_fen),
        reason: reason(&row.reason).to_owned(),
    }
}

/// What the payer reads beside the refund in the rail's own list; no personal data.
fn reason(slug: &str) -> &'static str {
    use clearway_domain::case::Why;
    match Why::from_slug(slug) {
        Some(Why::Twice) => "重复缴款退回",
        Some(Why::Late) => "订单已关闭，款项退回",
        Some(Why::Annulled) => "处罚决定已撤销，罚款退回",
        Some(Why::HandledElsewhere) => "该违法已在其他渠道处理，罚款退回",
        Some(Why::RecordRemoved | Why::RecordGone) => "违法记录已消除，罚款退回",
        Some(Why::NotDecided | Why::Officer) | None => "违法未能处理，罚款退回",
    }
}

/// The day that the driver was told is over and the money is not back: a person is told, whatever the rail says of it.
fn overdue(world: &World, row: &RefundRow) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    if now_ms <= row.promised_at_ms {
        return Ok(());
    }
    let detail = serde_json::json!({ "refund": row.refund_no, "order": row.order_id, "state": row.state });
    let finding = Finding::new(back::OVERDUE, &row.what, Some(&row.driver), row.fen, now_ms)
        .with_detail(detail.to_string());
    if world.db.read(|tx| finding::find(tx, &finding.finding_id))?.is_some_and(|it| it.closed_at_ms.is_none())
    {
        return Ok(());
    }
    tracing::error!(refund = row.refund_no, "a refund is not back on the day that the driver was told");
    world.db.write(|tx| finding::put(tx, &finding).map(drop).map_err(Error::from))
}

/// The rail has our refund with another sum: how much went back is for a person to find out.
fn other_sum(world: &World, row: &RefundRow, told: &Refund, now_ms: i64) -> Result<(), Error> {
    tracing::error!(refund = row.refund_no, "the rail names another sum for a refund");
    let detail = serde_json::json!({
        "refund": row.refund_no, "refund_id": told.refund_id, "fen": row.fen, "told_fen": told.refund.0,
    });
    let finding = Finding::new(back::AMOUNT, &row.refund_no, Some(&row.driver), row.fen, now_ms)
        .with_detail(detail.to_string());
    world.db.write(|tx| finding::put(tx, &finding).map(drop).map_err(Error::from))
}

/// The rail understood and said no (no funds, too old, …): the money stays owed, a person is told, and it is tried again.
fn refused(world: &World, row: &RefundRow, fault: &Fault, now_ms: i64) -> Result<(), Error> {
    tracing::error!(refund = row.refund_no, %fault, "the rail refused a refund");
    let detail = serde_json::json!({ "refund": row.refund_no, "said": fault.to_string() }).to_string();
    let finding =
        Finding::new(back::REFUSED, &row.what, Some(&row.driver), row.fen, now_ms).with_detail(detail);
    world.db.write(|tx| {
        finding::put(tx, &finding)?;
        Ok::<_, Error>(())
    })
}
