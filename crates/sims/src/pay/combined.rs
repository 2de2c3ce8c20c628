//! Combined orders: several sub-orders, paid together with one password or not at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::{Value, json};

use super::orders::{Outcome, check_notify_url, check_number, run, time_expire};
use super::request::{PayError, Request};
use super::{Order, PayState, TradeState, notify};
use crate::clock::offset_text;
use crate::keys::random_text;
use crate::state::World;

/// A combined order. What it is made of is among the orders.
#[derive(Clone, Debug)]
pub struct Combined {
    /// Number of the merchant.
    pub out_trade_no: String,
    /// Number for the payment sheet.
    pub prepay_id: String,
    /// Numbers of the sub-orders, as asked.
    pub subs: Vec<String>,
    /// Payer.
    pub openid: String,
    /// Where notices go.
    pub notify_url: String,
    /// Placed in public-key mode: notices are signed alike.
    pub public_mode: bool,
    /// The parameters of the first request, to recognise a repeated one.
    pub asked: Value,
}

/// Most sub-orders of one payment.
const SUBS_MAX: usize = 50;

impl Combined {
    /// Its sub-orders, with time applied.
    pub fn orders(&self, pay: &mut PayState, now: jiff::Timestamp) -> Vec<Order> {
        self.subs.iter().filter_map(|number| pay.order(number, now).cloned()).collect()
    }
}

/// One state for all: sub-orders are paid and closed together.
#[must_use]
pub fn state_of(subs: &[Order]) -> TradeState {
    subs.first().map_or(TradeState::Closed, |sub| sub.state)
}

/// `POST /v3/combine-transactions/jsapi`
pub async fn jsapi(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: &body };
    let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let number = asked.get("combine_out_trade_no").and_then(Value::as_str).unwrap_or_default();
    run(&world, &request, (&["combine_prepay", "prepay"], &[number]), || place(&world, &request)).await
}

fn place(world: &World, request: &Request<'_>) -> Outcome {
    let asked: Value = serde_json::from_slice(request.body)
        .map_err(|_| PayError::new(400, "PARAM_ERROR", "请求体不是有效的JSON"))?;
    let (combined, subs) = read(world, &asked, request.public_mode())?;
    let now = world.now();
    let mut pay = world.pay();
    if let Some(known) = pay.combined.get(&combined.out_trade_no).cloned() {
        if known.asked != asked {
            return Err(PayError::new(400, "INVALID_REQUEST", "请求重入时,参数与首次请求时不一致"));
        }
        return match state_of(&known.orders(&mut pay, now)) {
            TradeState::NotPay => Ok(Some(json!({"prepay_id": known.prepay_id}))),
            TradeState::Success => Err(PayError::new(400, "ORDERPAID", "该订单已支付")),
            TradeState::Closed => Err(PayError::new(400, "ORDER_CLOSED", "该订单已关闭")),
        };
    }
    let used = |number: &str| pay.orders.contains_key(number) || pay.combined.contains_key(number);
    if combined.subs.iter().chain([&combined.out_trade_no]).any(|number| used(number)) {
        return Err(PayError::new(403, "OUT_TRADE_NO_USED", "商户订单号重复"));
    }
    let prepay_id = combined.prepay_id.clone();
    subs.into_iter().for_each(|sub| pay.insert(sub));
    pay.combined.insert(combined.out_trade_no.clone(), combined);
    Ok(Some(json!({ "prepay_id": prepay_id })))
}

fn text(value: &Value, field: &'static str) -> Result<String, PayError> {
    let found = value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.map(str::to_owned).ok_or_else(|| PayError::parameter(field, format!("“{field}”缺失或不是字符串")))
}

fn read(world: &World, asked: &Value, public_mode: bool) -> Result<(Combined, Vec<Order>), PayError> {
    let material = &world.keys.material;
    if text(asked, "combine_mchid")? != material.mchid || text(asked, "combine_appid")? != material.appid {
        return Err(PayError::new(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配"));
    }
    let number = text(asked, "combine_out_trade_no")?;
    check_number("combine_out_trade_no", &number)?;
    let notify_url = text(asked, "notify_url")?;
    check_notify_url(&notify_url)?;
    let openid = text(asked.get("combine_payer_info").unwrap_or(&Value::Null), "openid")?;
    let listed = asked.get("sub_orders").and_then(Value::as_array).cloned().unwrap_or_default();
    if !(1..=SUBS_MAX).contains(&listed.len()) {
        return Err(PayError::parameter("sub_orders", "子单须为1到50条"));
    }
    let whole = Order {
        out_trade_no: String::new(),
        description: String::new(),
        attach: None,
        notify_url: notify_url.clone(),
        total: 0,
        openid: openid.clone(),
        expires: time_expire(world, asked)?,
        prepay_id: String::new(),
        state: TradeState::NotPay,
        transaction_id: String::new(),
        paid_at: None,
        refunded: false,
        public_mode,
        combined: Some(number.clone()),
        asked: Value::Null,
    };
    let subs = listed.iter().map(|sub| sub_order(world, sub, &whole)).collect::<Result<Vec<_>, _>>()?;
    let numbers: BTreeSet<&str> = subs.iter().map(|sub| sub.out_trade_no.as_str()).collect();
    if numbers.len() != subs.len() || numbers.contains(number.as_str()) {
        return Err(PayError::parameter("sub_orders", "子单商户订单号重复"));
    }
    let combined = Combined {
        out_trade_no: number,
        prepay_id: format!("wx{}", random_text(34).to_lowercase()),
        subs: subs.iter().map(|sub| sub.out_trade_no.clone()).collect(),
        openid,
        notify_url,
        public_mode,
        asked: asked.clone(),
    };
    Ok((combined, subs))
}

fn sub_order(world: &World, asked: &Value, whole: &Order) -> Result<Order, PayError> {
    if text(asked, "mchid")? != world.keys.material.mchid {
        return Err(PayError::new(400, "APPID_MCHID_NOT_MATCH", "子单mchid未与发起方appid绑定"));
    }
    let number = text(asked, "out_trade_no")?;
    check_number("sub_orders.out_trade_no", &number)?;
    let (attach, description) = (text(asked, "attach")?, text(asked, "description")?);
    if attach.chars().count() > 128 || description.chars().count() > 127 {
        return Err(PayError::parameter("sub_orders", "附加数据或商品描述过长"));
    }
    let amount = asked.get("amount").unwrap_or(&Value::Null);
    let total =
        amount.get("total_amount").and_then(Value::as_i64).filter(|fen| (1..=1_000_000_000).contains(fen));
    let total = total.ok_or_else(|| {
        PayError::parameter("sub_orders.amount.total_amount", "子单金额须为大于0的整数(分)")
    })?;
    if amount.get("total").is_some() || amount.get("currency").and_then(Value::as_str) != Some("CNY") {
        return Err(PayError::parameter("sub_orders.amount", "子单金额字段不正确"));
    }
    Ok(Order { out_trade_no: number, attach: Some(attach), description, total, ..whole.clone() })
}

/// The combined order as the platform tells it, in queries and notices.
#[must_use]
pub fn told(world: &World, combined: &Combined, subs: &[Order]) -> Value {
    let material = &world.keys.material;
    let sub_orders: Vec<Value> = subs
        .iter()
        .map(|sub| {
            let mut told = json!({
                "mchid": material.mchid,
                "out_trade_no": sub.out_trade_no,
                "trade_type": "JSAPI",
                "trade_state": if sub.refunded { "REFUND" } else { sub.state.wire() },
                "attach": sub.attach,
                "amount": {"total_amount": sub.total, "currency": "CNY"},
            });
            if let Some(paid_at) = sub.paid_at {
                told["transaction_id"] = json!(sub.transaction_id);
                told["bank_type"] = json!("OTHERS");
                told["success_time"] = json!(offset_text(paid_at));
                told["amount"]["payer_amount"] = json!(sub.total);
                told["amount"]["payer_currency"] = json!("CNY");
            }
            told
        })
        .collect();
    json!({
        "combine_appid": material.appid,
        "combine_mchid": material.mchid,
        "combine_out_trade_no": combined.out_trade_no,
        "combine_payer_info": {"openid": combined.openid},
        "sub_orders": sub_orders,
    })
}

/// `GET /v3/combine-transactions/out-trade-no/{number}`
pub async fn by_number(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    run(&world, &request, (&["combine_query", "query"], &[&number]), || {
        let now = world.now();
        let mut pay = world.pay();
        let Some(combined) = pay.combined.get(&number).cloned() else {
            return Err(PayError::new(404, "ORDER_NOT_EXIST", "订单不存在"));
        };
        let subs = combined.orders(&mut pay, now);
        Ok(Some(told(&world, &combined, &subs)))
    })
    .await
}

/// `POST /v3/combine-transactions/out-trade-no/{number}/close`
pub async fn close(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: &body };
    run(&world, &request, (&["combine_close", "close"], &[&number]), || {
        let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        shut(&world, &number, &asked)
    })
    .await
}

fn shut(world: &World, number: &str, asked: &Value) -> Outcome {
    if text(asked, "combine_appid")? != world.keys.material.appid {
        return Err(PayError::parameter("combine_appid", "合单发起方appid不正确"));
    }
    let now = world.now();
    let mut pay = world.pay();
    let Some(combined) = pay.combined.get(number).cloned() else {
        return Err(PayError::new(404, "ORDER_NOT_EXIST", "订单不存在"));
    };
    let listed = asked.get("sub_orders").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut named = BTreeSet::new();
    for sub in &listed {
        if text(sub, "mchid")? != world.keys.material.mchid {
            return Err(PayError::parameter("sub_orders.mchid", "子单商户号不正确"));
        }
        named.insert(text(sub, "out_trade_no")?);
    }
    if named != combined.subs.iter().cloned().collect() {
        return Err(PayError::parameter("sub_orders", "子单与下单时不一致"));
    }
    if state_of(&combined.orders(&mut pay, now)) == TradeState::Success {
        return Err(PayError::new(400, "ORDERPAID", "订单已支付,不能关闭"));
    }
    for number in &combined.subs {
        if let Some(sub) = pay.order(number, now) {
            sub.state = TradeState::Closed;
        }
    }
    Ok(None)
}

/// Pays all sub-orders at once and starts the notice; `None` when no combined order has this number, false when it can
/// no longer be paid.
pub fn pay(world: &Arc<World>, number: &str, from: &[TradeState]) -> Option<bool> {
    let now = world.now();
    let mut pay = world.pay();
    let combined = pay.combined.get(number).cloned()?;
    if !from.contains(&state_of(&combined.orders(&mut pay, now))) {
        return Some(false);
    }
    for number in &combined.subs {
        let transaction = pay.next_transaction();
        if let Some(sub) = pay.order(number, now) {
            (sub.state, sub.transaction_id, sub.paid_at) = (TradeState::Success, transaction, Some(now));
        }
    }
    let subs = combined.orders(&mut pay, now);
    drop(pay);
    tokio::spawn(notify::deliver_combined(world.clone(), combined, subs));
    Some(true)
}
