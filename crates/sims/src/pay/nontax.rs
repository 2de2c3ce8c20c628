//! The WeChat non-tax family: Official-Account style calls of a government merchant. No signatures, no notices.

mod calls;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::state::World;

/// The one region of this platform.
pub const REGION: &str = "420100";
/// The one collecting unit.
pub const DEPARTMENT: &str = "107001";
/// Its name.
pub const DEPARTMENT_NAME: &str = "武汉市公安局交通管理局";
/// The fiscal code of traffic fines.
pub const ITEM: &str = "103050109";

/// Simulated seconds after which an unpaid order is closed, unless told otherwise.
const UNPAID_S: i64 = 900;
/// Simulated seconds for which a paid order is in state 3; then it is in state 4.
const FRESH_S: i64 = 60;

/// A refund of an order, whole or in part.
#[derive(Clone, Debug)]
pub struct Refund {
    /// Number of the merchant.
    pub out_id: String,
    /// Number of the platform.
    pub order_id: String,
    /// Fen.
    pub fee: i64,
    /// Reason.
    pub reason: String,
    /// From when on the money is back; `None` = it is not on its way to an end.
    pub done_at: Option<Timestamp>,
}

impl Refund {
    fn is_done(&self, now: Timestamp) -> bool {
        self.done_at.is_some_and(|at| at <= now)
    }
}

/// An order.
#[derive(Clone, Debug)]
pub struct Order {
    /// Number of the platform.
    pub order_id: String,
    /// Payer.
    pub openid: String,
    /// What is paid for.
    pub desc: String,
    /// Sum, fen.
    pub fee: i64,
    /// Where the payer comes back to.
    pub return_url: String,
    /// The payment notice, or empty.
    pub notice: String,
    /// The merchant's number, or empty.
    pub order_no: String,
    /// What the fee is made of.
    pub items: Value,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it ends unpaid.
    pub ends_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Number of the payment, once paid.
    pub trans_id: String,
    /// What went back, or is to.
    pub refunds: Vec<Refund>,
}

impl Order {
    /// 1 unpaid, 3 or 4 paid, 5 refunded, 6 refunding, 12 closed by time. A refund of a part does not show here.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> i64 {
        let Some(paid_at) = self.paid_at else { return if now >= self.ends_at { 12 } else { 1 } };
        let back: i64 = self.refunds.iter().map(|refund| refund.fee).sum();
        if back < self.fee {
            let fresh = now < paid_at + SignedDuration::from_secs(FRESH_S);
            return if fresh { 3 } else { 4 };
        }
        if self.refunds.iter().all(|refund| refund.is_done(now)) { 5 } else { 6 }
    }

    /// Whether both are about the same matter: then at most one of them is paid.
    fn same_matter(&self, other: &Order) -> bool {
        self.notice == other.notice && self.order_no == other.order_no
    }
}

/// Answers of one call with some values replaced, by JSON pointer. An empty `set` ends it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// `queryfee`, `unifiedorder`, `getorder`, `getorderlist` or `refund`.
    call: String,
    /// New values.
    #[serde(default)]
    set: serde_json::Map<String, Value>,
}

/// All orders of the family.
#[derive(Debug)]
pub struct NontaxState {
    orders: Vec<Order>,
    changed: HashMap<String, serde_json::Map<String, Value>>,
    /// Simulated seconds after which an unpaid order is closed.
    pub unpaid_s: i64,
}

impl Default for NontaxState {
    fn default() -> Self {
        Self { orders: Vec::new(), changed: HashMap::new(), unpaid_s: UNPAID_S }
    }
}

impl NontaxState {
    /// The order of this number: the platform's, the merchant's, or the one at the end of its description. Of several the
    /// last placed.
    pub fn order(&self, id: &str) -> Option<&Order> {
        let fits = |order: &&Order| {
            order.order_id == id || order.order_no == id || order.desc.rsplit(' ').next() == Some(id)
        };
        (!id.is_empty()).then(|| self.orders.iter().rev().find(fits)).flatten()
    }

    /// Changes answers from now on.
    pub fn change(&mut self, changed: Changed) {
        self.changed.insert(changed.call, changed.set);
    }

    /// An answer with what is to be changed in it.
    fn answer(&self, call: &str, mut answer: Value) -> Value {
        for (pointer, value) in self.changed.get(call).into_iter().flatten() {
            if let Some(place) = answer.pointer_mut(pointer) {
                *place = value.clone();
            } else if let Some(name) = pointer.strip_prefix('/') {
                answer[name] = value.clone();
            }
        }
        answer
    }
}

/// Pays an order; `None` when none has this number, false when it, or another one of its notice, is paid or it is closed.
pub fn pay(world: &Arc<World>, id: &str, although_closed: bool) -> Option<bool> {
    let now = world.now();
    let mut pay = world.pay();
    let order = pay.nontax.order(id)?.clone();
    let taken = pay.nontax.orders.iter().any(|other| other.paid_at.is_some() && other.same_matter(&order));
    let open = order.status(now) == 1 || although_closed;
    if taken || !open {
        return Some(false);
    }
    let trans_id = pay.next_transaction();
    let stored = pay.nontax.orders.iter_mut().find(|known| known.order_id == order.order_id)?;
    (stored.paid_at, stored.trans_id) = (Some(now), trans_id);
    Some(true)
}

/// An order as `getorder` tells it.
fn told(world: &World, order: &Order, now: Timestamp) -> Value {
    let status = order.status(now);
    let mut told = json!({
        "errcode": 0, "errmsg": "ok", "appid": world.keys.material.appid, "openid": order.openid,
        "order_id": order.order_id, "create_time": order.created_at.as_second(), "desc": order.desc,
        "fee": order.fee, "fee_type": 1, "status": status, "bank_id": "demo-bank", "bank_name": "演示代理银行",
        "payment_notice_no": order.notice, "order_no": order.order_no, "department_code": DEPARTMENT,
        "department_name": DEPARTMENT_NAME, "region_code": REGION, "payment_notice_type": 2,
        "items": order.items, "payment_info_source": 2, "scene": "biz",
    });
    if let Some(paid_at) = order.paid_at {
        told["pay_finish_time"] = json!(paid_at.as_second());
        told["trans_id"] = json!(order.trans_id);
    }
    if !order.refunds.is_empty() {
        let list = order.refunds.iter().map(|refund| {
            let done = refund.is_done(now);
            let mut told = json!({
                "refund_order_id": refund.order_id, "refund_out_id": refund.out_id, "refund_fee": refund.fee,
                "refund_reason": refund.reason, "refund_status": if done { 5 } else { 6 },
            });
            if let Some(at) = refund.done_at.filter(|_| done) {
                told["refund_finish_time"] = json!(at.as_second());
            }
            told
        });
        told["partial_refund_info"] = list.collect();
    }
    told
}

/// The paths of the family.
pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/nontax/queryfee", post(calls::query_fee))
        .route("/nontax/unifiedorder", post(calls::unified_order))
        .route("/nontax/getorder", post(calls::get_order))
        .route("/nontax/getorderlist", post(calls::get_order_list))
        .route("/nontax/refund", post(calls::refund))
}
