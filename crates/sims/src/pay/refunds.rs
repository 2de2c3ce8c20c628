//! Refunds: asked for, asked about, and notified of.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::orders::{Outcome, run};
use super::request::{PayError, Request};
use super::{Order, PayState, TradeState, notify};
use crate::clock::offset_text;
use crate::faults::pause;
use crate::state::World;

/// State of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// Under way.
    Processing,
    /// Back with the payer.
    Success,
    /// Ended without giving anything back.
    Closed,
    /// The payer's account cannot be reached.
    Abnormal,
}

impl RefundState {
    /// As on the wire.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
            Self::Closed => "CLOSED",
            Self::Abnormal => "ABNORMAL",
        }
    }

    /// The state of this word.
    #[must_use]
    pub fn from_wire(word: &str) -> Option<Self> {
        [Self::Processing, Self::Success, Self::Closed, Self::Abnormal]
            .into_iter()
            .find(|state| state.wire() == word)
    }
}

/// How refunds go from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundHabit {
    /// How they end.
    pub ends: RefundState,
    /// Simulated milliseconds for which they are under way before.
    pub after_ms: i64,
}

impl Default for RefundHabit {
    fn default() -> Self {
        Self { ends: RefundState::Success, after_ms: 0 }
    }
}

/// A refund.
#[derive(Clone, Debug)]
pub struct Refund {
    /// Number of the merchant.
    pub out_refund_no: String,
    /// Number of the platform.
    pub refund_id: String,
    /// The order.
    pub out_trade_no: String,
    /// What goes back, fen.
    pub fen: i64,
    /// Where notices go.
    pub notify_url: String,
    /// How it ends.
    pub ends: RefundState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// From when on it is at its end.
    pub ended_at: Timestamp,
    /// The parameters of the first request, to recognise a repeated one.
    pub asked: Value,
}

impl Refund {
    /// Its state at an instant.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> RefundState {
        if now >= self.ended_at { self.ends } else { RefundState::Processing }
    }
}

/// Most refunds of one payment.
const PARTS_MAX: usize = 50;

/// `POST /v3/refund/domestic/refunds`
pub async fn ask(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: &body };
    let number = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|value| value.get("out_refund_no").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default();
    let order = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|value| value.get("out_trade_no").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default();
    run(&world, &request, (&["refund"], &[&number, &order]), || place(&world, &request)).await
}

fn place(world: &Arc<World>, request: &Request<'_>) -> Outcome {
    let asked: Value = serde_json::from_slice(request.body)
        .map_err(|_| PayError::new(400, "PARAM_ERROR", "请求体不是有效的JSON"))?;
    let text = |field: &str| asked.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = text("out_refund_no");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-|*@".contains(c);
    if !(1..=64).contains(&number.len()) || !number.chars().all(allowed) {
        return Err(PayError::parameter("out_refund_no", "商户退款单号须为1到64位"));
    }
    let now = world.now();
    let mut pay = world.pay();
    if let Some(known) = pay.refunds.get(&number) {
        if known.asked != asked {
            return Err(PayError::new(400, "INVALID_REQUEST", "请求重入时,参数与首次请求时不一致"));
        }
        return Ok(Some(told(&pay, known, now)));
    }
    let trade_no = match (text("transaction_id"), text("out_trade_no")) {
        (id, _) if !id.is_empty() => pay.number_of(&id).unwrap_or_default(),
        (_, number) => number,
    };
    let amount = asked.get("amount").unwrap_or(&Value::Null);
    let fen = |field: &str| amount.get(field).and_then(Value::as_i64).unwrap_or(0);
    let (refund, total) = (fen("refund"), fen("total"));
    let habit = pay.refund_habit;
    let order = pay.order(&trade_no, now).filter(|order| order.state == TradeState::Success).cloned();
    let Some(order) = order else {
        return Err(PayError::new(404, "RESOURCE_NOT_EXISTS", "订单不存在,或未支付"));
    };
    let (parts, back) = given(&pay, &trade_no, now);
    if total != order.total {
        return Err(PayError::parameter("amount.total", "原订单金额不一致"));
    }
    if refund <= 0 || back + refund > order.total {
        return Err(PayError::new(400, "INVALID_REQUEST", "累计退款金额大于支付金额"));
    }
    if parts >= PARTS_MAX {
        return Err(PayError::new(403, "RULE_LIMIT", "部分退款次数超过50次"));
    }
    let made = Refund {
        refund_id: pay.next_transaction().replacen("4200", "5030", 1),
        out_refund_no: number.clone(),
        out_trade_no: trade_no,
        fen: refund,
        notify_url: text("notify_url"),
        created_at: now,
        ends: habit.ends,
        ended_at: now + jiff::SignedDuration::from_millis(habit.after_ms),
        asked,
    };
    pay.refunds.insert(number, made.clone());
    mark(&mut pay, &made.out_trade_no, now);
    let answer = told(&pay, &made, now);
    drop(pay);
    announce(world, order, made);
    Ok(Some(answer))
}

/// How many parts of an order were given back or are to be, and how many fen.
fn given(pay: &PayState, trade_no: &str, now: Timestamp) -> (usize, i64) {
    let all = pay.refunds.values().filter(|known| known.out_trade_no == trade_no);
    let live: Vec<i64> =
        all.filter(|known| known.state(now) != RefundState::Closed).map(|known| known.fen).collect();
    (live.len(), live.iter().sum())
}

/// An order is told as refunded as soon as any of it is given back, or is to be.
fn mark(pay: &mut PayState, trade_no: &str, now: Timestamp) {
    let refunded = given(pay, trade_no, now).0 > 0;
    if let Some(order) = pay.order(trade_no, now) {
        order.refunded = refunded;
    }
}

/// Real milliseconds between looks at the simulated clock while a refund is under way.
const LOOK_MS: u64 = 50;

/// Sends the notice of a refund once it is at its end, unless it came to another one before.
fn announce(world: &Arc<World>, order: Order, refund: Refund) {
    if refund.notify_url.is_empty() || refund.ends == RefundState::Processing {
        return;
    }
    let world = world.clone();
    tokio::spawn(async move {
        while world.now() < refund.ended_at {
            pause(LOOK_MS).await;
        }
        let same = {
            let mut pay = world.pay();
            let now = world.now();
            mark(&mut pay, &refund.out_trade_no, now);
            let known = pay.refunds.get(&refund.out_refund_no);
            known.is_some_and(|known| known.ends == refund.ends && known.ended_at == refund.ended_at)
        };
        if same {
            notify::deliver_refund(world, order, refund).await;
        }
    });
}

/// Ends a refund now, as an officer of the merchant or the payer's bank would, and notifies. False when it is unknown.
pub fn end(world: &Arc<World>, number: &str, ends: RefundState) -> bool {
    finish(world, number, ends, 0).is_some()
}

/// Lets a refund end so after some simulated milliseconds; `None` when it is unknown.
fn finish(world: &Arc<World>, number: &str, ends: RefundState, after_ms: i64) -> Option<Value> {
    let now = world.now();
    let mut pay = world.pay();
    let refund = pay.refunds.get_mut(number)?;
    (refund.ends, refund.ended_at) = (ends, now + jiff::SignedDuration::from_millis(after_ms));
    let refund = refund.clone();
    let order = pay.peek(&refund.out_trade_no).cloned()?;
    mark(&mut pay, &refund.out_trade_no, now);
    let answer = told(&pay, &refund, now);
    drop(pay);
    announce(world, order, refund);
    Some(answer)
}

/// `POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`: another way for a refund that did not arrive.
pub async fn apply_abnormal(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Path(refund_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: &body };
    let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let text = |field: &str| asked.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = text("out_refund_no");
    run(&world, &request, (&["refund_abnormal"], &[&number]), || {
        if !matches!(text("type").as_str(), "USER_BANK_CARD" | "MERCHANT_BANK_CARD") {
            return Err(PayError::parameter("type", "异常退款处理方式不正确"));
        }
        let (state, after_ms) = {
            let pay = world.pay();
            let known = pay.refunds.get(&number).filter(|known| known.refund_id == refund_id);
            (known.map(|known| known.state(world.now())), pay.refund_habit.after_ms)
        };
        match state {
            None => Err(PayError::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在")),
            Some(RefundState::Abnormal) => Ok(finish(&world, &number, RefundState::Success, after_ms)),
            Some(_) => Err(PayError::new(400, "INVALID_REQUEST", "退款单不是异常状态")),
        }
    })
    .await
}

/// The refund as answers tell it.
fn told(pay: &PayState, refund: &Refund, now: Timestamp) -> Value {
    let state = refund.state(now);
    let mut told = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "out_trade_no": refund.out_trade_no,
        "status": state.wire(),
        "channel": "ORIGINAL",
        "create_time": offset_text(refund.created_at),
        "amount": {"refund": refund.fen, "currency": "CNY"},
    });
    if let Some(order) = pay.peek(&refund.out_trade_no) {
        told["transaction_id"] = json!(order.transaction_id);
        told["amount"]["total"] = json!(order.total);
    }
    if state == RefundState::Success {
        told["success_time"] = json!(offset_text(refund.ended_at));
    }
    told
}

/// The refund as notices tell it.
#[must_use]
pub fn noticed(world: &World, order: &Order, refund: &Refund) -> Value {
    let now = world.now();
    let state = refund.state(now);
    let mut told = json!({
        "mchid": world.keys.material.mchid,
        "out_trade_no": refund.out_trade_no,
        "transaction_id": order.transaction_id,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": state.wire(),
        "user_received_account": "支付用户零钱",
        "amount": {"total": order.total, "refund": refund.fen, "payer_total": order.total, "payer_refund": refund.fen},
    });
    if state == RefundState::Success {
        told["success_time"] = json!(offset_text(refund.ended_at));
    }
    told
}

/// `GET /v3/refund/domestic/refunds/{number}`
pub async fn by_number(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    run(&world, &request, (&["refund_query"], &[&number]), || {
        let pay = world.pay();
        match pay.refunds.get(&number) {
            Some(refund) => Ok(Some(told(&pay, refund, world.now()))),
            None => Err(PayError::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在")),
        }
    })
    .await
}
