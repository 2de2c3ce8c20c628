//! Giving money back at the rail: asked once under a number of ours, then asked about until the rail has said its last word.

use clearway_connect::Fault;
use clearway_connect::payments::RefundAsk;
use clearway_domain::Fen;
use clearway_domain::case::RefundState;
use clearway_store::finding::{self, Finding};
use clearway_store::payment::{self, OrderRow};
use clearway_store::refund::{self, RefundRow};

use super::Done;
use crate::money::back;
use crate::{Error, World};

/// Gives money back; its key is the refund's number.
pub const REFUND: &str = "order.refund";

/// Seconds after the intent at which the rail is asked about a refund that is under way.
const SCHEDULE_S: [i64; 9] = [3, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400];

/// Milliseconds until the next question about an attempt of this age.
fn next_ms(row: &RefundRow, now_ms: i64) -> i64 {
    let age_s = (now_ms - row.created_at_ms) / 1000;
    SCHEDULE_S.iter().find(|at| **at > age_s).map_or(21_600, |at| at - age_s) * 1000
}

/// The body of [`REFUND`].
pub(crate) fn refund(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let loaded = world.db.read(|tx| {
        let Some(row) = refund::find(tx, driver, key)? else { return Ok(None) };
        let order = payment::find(tx, driver, &row.order_id)?;
        let legs = payment::legs(tx, driver, &row.order_id)?;
        let number = legs.into_iter().find(|leg| Some(&leg.case_id) == row.case_id.as_ref());
        Ok::<_, Error>(order.map(|order| (row, order, number.and_then(|leg| leg.out_trade_no))))
    })?;
    let Some((row, order, part)) = loaded else { return Ok(Done::Never("the refund is gone".to_owned())) };
    let state = back::state_of(&row)?;
    if state.is_over() {
        return Ok(Done::Yes);
    }
    let ask = ask(&row, &order, part);
    // What may have reached the rail is asked about before it is sent again: its number makes even that harmless.
    let told = match world.payments.query_refund(&ask) {
        Ok(None) if state == RefundState::Wanted => world.payments.refund(&ask),
        Ok(Some(told)) => Ok(told),
        // The rail had it and knows it no more: that is for a person, and is asked again all the same.
        Ok(None) => Err(Fault::refused("REFUND_NOT_FOUND", "the rail no longer knows a refund that it took")),
        Err(fault) => Err(fault),
    };
    let now_ms = world.now().as_millisecond();
    match told {
        Ok(told) => {
            let now = world.db.write(|tx| back::apply(tx, driver, &told, now_ms))?;
            world.bell.ring();
            Ok(match now {
                RefundState::Done | RefundState::Failed => Done::Yes,
                RefundState::Wanted | RefundState::Processing => {
                    Done::Later(Some(next_ms(&row, now_ms)), "the refund is under way".to_owned())
                }
                // Somebody has to name a way at the rail; whether they did is looked at every hour.
                RefundState::Abnormal => Done::Later(Some(3_600_000), "the refund is abnormal".to_owned()),
            })
        }
        Err(fault) => {
            if matches!(fault, Fault::Refused { .. }) {
                refused(world, &row, &fault, now_ms)?;
                return Ok(Done::Later(Some(next_ms(&row, now_ms).max(60_000)), fault.to_string()));
            }
            Ok(Done::Later(Some(next_ms(&row, now_ms)), fault.to_string()))
        }
    }
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
