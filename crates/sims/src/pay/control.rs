//! What tests and demos tell the payment platform.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::refunds::{self, RefundState};
use super::{combined, nontax};
use crate::state::World;

/// `POST /control/pay`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Order number, combined order number, number at the non-tax platform, or prepay id.
    #[serde(default)]
    order: String,
    /// `pay`, `pay_late` (although it is closed), `read`, or nothing.
    #[serde(default)]
    action: String,
    /// Refuse the certificate call from now on.
    certificates_refused: Option<bool>,
    /// `next`: a successor of the platform certificate signs from now on, and both are given out; `ended`: the same with
    /// one whose life is over.
    rotate: Option<String>,
    /// How refunds end from now on: `SUCCESS`, `PROCESSING`, `CLOSED` or `ABNORMAL`.
    refunds_end: Option<String>,
    /// Simulated milliseconds for which they are under way before.
    refunds_after_ms: Option<i64>,
    /// This one refund ends so now, and a notice says it.
    refund: Option<String>,
    /// Answers of the non-tax family are changed from now on.
    nontax_answer: Option<nontax::Changed>,
    /// Simulated seconds after which the non-tax platform closes an unpaid order.
    nontax_unpaid_s: Option<i64>,
}

/// Does as asked, and tells the order if one is named.
///
/// # Errors
/// In words.
pub fn pay(world: &Arc<World>, ask: Ask) -> Result<Value, String> {
    if let Some(refused) = ask.certificates_refused {
        world.pay().certificates_refused = refused;
    }
    match ask.rotate.as_deref() {
        None => {}
        Some(how @ ("next" | "ended")) => world.keys.rotate(how == "ended").map_err(|e| e.to_string())?,
        Some(other) => return Err(format!("no rotation {other}")),
    }
    if let Some(word) = &ask.refunds_end {
        let ends = RefundState::from_wire(word).ok_or(format!("no refund ends {word}"))?;
        match &ask.refund {
            Some(number) if refunds::end(world, number, ends) => return Ok(json!({"ended": word})),
            Some(_) => return Err("no such refund".into()),
            None => world.pay().refund_habit.ends = ends,
        }
    }
    {
        let mut pay = world.pay();
        if let Some(ms) = ask.refunds_after_ms {
            pay.refund_habit.after_ms = ms;
        }
        if let Some(changed) = ask.nontax_answer {
            pay.nontax.change(changed);
        }
        if let Some(seconds) = ask.nontax_unpaid_s {
            pay.nontax.unpaid_s = seconds;
        }
    }
    if ask.order.is_empty() {
        return Ok(json!({"certificates_refused": world.pay().certificates_refused}));
    }
    let paid = match ask.action.as_str() {
        "pay" => super::settle(world, &ask.order),
        "pay_late" => super::settle_late(world, &ask.order),
        _ => false,
    };
    let mut told = told(world, &ask.order).ok_or("no such order")?;
    told["just_paid"] = json!(paid);
    Ok(told)
}

fn told(world: &World, id: &str) -> Option<Value> {
    let now = world.now();
    let mut pay = world.pay();
    if let Some(order) = pay.nontax.order(id) {
        return Some(json!({
            "out_trade_no": order.order_no, "prepay_id": order.order_id, "status": order.status(now),
            "transaction_id": order.trans_id, "total": order.fee, "openid": order.openid,
            "description": order.desc, "payment_notice_no": order.notice,
        }));
    }
    let number = pay.number_of(id).unwrap_or_else(|| id.to_owned());
    if let Some(known) = pay.combined.get(&number).cloned() {
        let subs = known.orders(&mut pay, now);
        return Some(json!({
            "out_trade_no": known.out_trade_no, "prepay_id": known.prepay_id,
            "state": combined::state_of(&subs).wire(), "openid": known.openid,
            "total": subs.iter().map(|sub| sub.total).sum::<i64>(), "notify_url": known.notify_url,
            "sub_orders": combined::told(world, &known, &subs)["sub_orders"],
        }));
    }
    let order = pay.order(&number, now)?;
    Some(json!({
        "out_trade_no": order.out_trade_no, "prepay_id": order.prepay_id, "state": order.state.wire(),
        "transaction_id": order.transaction_id, "total": order.total, "openid": order.openid,
        "description": order.description, "notify_url": order.notify_url,
    }))
}
