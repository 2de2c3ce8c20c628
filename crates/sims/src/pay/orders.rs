//! Order, query, close, certificates.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::request::{PayError, Request, signed};
use super::{Order, TradeState};
use crate::answer::Twist;
use crate::clock::offset_text;
use crate::keys::random_text;
use crate::state::{Arrived, World};

/// What a call ends in.
pub(super) type Outcome = Result<Option<Value>, PayError>;

/// Checks the signature, draws the fault, performs, signs.
pub(super) async fn run(
    world: &World,
    request: &Request<'_>,
    (calls, keys): (&[&str], &[&str]),
    act: impl Fn() -> Outcome,
) -> Response {
    let public_mode = request.public_mode();
    let arrived = Arrived {
        side: "pay",
        calls,
        wire: format!("{} {}", request.method, request.uri),
        keys,
        habit: if public_mode { "public_key".into() } else { "certificate".into() },
        fields: serde_json::from_slice(request.body).unwrap_or(Value::Null),
    };
    world
        .run(arrived, |twist| {
            let outcome = match twist {
                Twist::Refuse(text) => Err(refusal(text)),
                Twist::Dollar => Err(PayError::new(500, "SYSTEM_ERROR", "系统异常")),
                _ => request.verify(world).and_then(|()| act()),
            };
            let (mut answer, words) = signed(world, public_mode, outcome);
            if *twist == Twist::Empty {
                answer.body.clear();
            }
            (answer, words)
        })
        .await
}

/// `refuse:CODE` uses the status that the error table gives the code; any other text is an `INVALID_REQUEST`.
fn refusal(text: &str) -> PayError {
    const TABLE: [(u16, &str); 12] = [
        (400, "PARAM_ERROR"),
        (400, "ORDER_CLOSED"),
        (400, "ORDERPAID"),
        (400, "OPENID_MISMATCH"),
        (401, "SIGN_ERROR"),
        (403, "NO_AUTH"),
        (403, "RULE_LIMIT"),
        (403, "OUT_TRADE_NO_USED"),
        (404, "ORDER_NOT_EXIST"),
        (429, "FREQUENCY_LIMITED"),
        (500, "SYSTEM_ERROR"),
        (503, "SERVICE_UNAVAILABLE"),
    ];
    match TABLE.iter().find(|(_, code)| *code == text) {
        Some((status, code)) => PayError::new(*status, code, "按要求拒绝"),
        None => PayError::new(400, "INVALID_REQUEST", text),
    }
}

/// `POST /v3/pay/transactions/jsapi`
pub async fn jsapi(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: &body };
    let number = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|v| v.get("out_trade_no").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default();
    run(&world, &request, (&["prepay"], &[&number]), || place(&world, &request)).await
}

fn place(world: &World, request: &Request<'_>) -> Outcome {
    let asked: Value = serde_json::from_slice(request.body)
        .map_err(|_| PayError::new(400, "PARAM_ERROR", "请求体不是有效的JSON"))?;
    let order = order_of(world, &asked, request.public_mode())?;
    let now = world.now();
    let mut pay = world.pay();
    if let Some(known) = pay.order(&order.out_trade_no, now) {
        return match known.state {
            _ if known.asked != asked => {
                Err(PayError::new(400, "INVALID_REQUEST", "请求重入时,参数与首次请求时不一致"))
            }
            TradeState::NotPay => Ok(Some(json!({"prepay_id": known.prepay_id}))),
            TradeState::Success => Err(PayError::new(400, "ORDERPAID", "该订单已支付")),
            TradeState::Closed => Err(PayError::new(400, "ORDER_CLOSED", "该订单已关闭")),
        };
    }
    let prepay_id = order.prepay_id.clone();
    pay.insert(order);
    Ok(Some(json!({ "prepay_id": prepay_id })))
}

/// 6 to 32 of digits, letters, `_-|*`.
pub(super) fn check_number(field: &'static str, number: &str) -> Result<(), PayError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-|*".contains(c);
    if (6..=32).contains(&number.len()) && number.chars().all(allowed) {
        return Ok(());
    }
    Err(PayError::parameter(field, "商户订单号须为6到32位的数字、字母或_-|*"))
}

/// https without a query; this machine may do without https.
pub(super) fn check_notify_url(url: &str) -> Result<(), PayError> {
    let loopback = url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost");
    if !url.contains('?') && (url.starts_with("https://") || loopback) {
        return Ok(());
    }
    Err(PayError::parameter("notify_url", "通知地址须为https且不带参数"))
}

/// When an order ends, if the request says so: not in the past.
pub(super) fn time_expire(world: &World, asked: &Value) -> Result<Option<Timestamp>, PayError> {
    let Some(text) = asked.get("time_expire").and_then(Value::as_str) else { return Ok(None) };
    let at: Timestamp =
        text.parse().map_err(|_| PayError::parameter("time_expire", "交易结束时间格式不正确"))?;
    if at <= world.now() {
        return Err(PayError::parameter("time_expire", "交易结束时间已过"));
    }
    Ok(Some(at))
}

fn order_of(world: &World, asked: &Value, public_mode: bool) -> Result<Order, PayError> {
    let text = |field: &'static str| {
        asked
            .get(field)
            .and_then(Value::as_str)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| PayError::parameter(field, format!("输入源“/body/{field}”缺失或不是字符串")))
    };
    let material = &world.keys.material;
    if text("mchid")? != material.mchid || text("appid")? != material.appid {
        return Err(PayError::new(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配"));
    }
    let number = text("out_trade_no")?;
    check_number("out_trade_no", &number)?;
    let description = text("description")?;
    if description.chars().count() > 127 {
        return Err(PayError::parameter("description", "商品描述超过127个字符"));
    }
    let attach = asked.get("attach").and_then(Value::as_str).map(str::to_owned);
    if attach.as_ref().is_some_and(|a| a.chars().count() > 128) {
        return Err(PayError::parameter("attach", "附加数据超过128个字符"));
    }
    let notify_url = text("notify_url")?;
    check_notify_url(&notify_url)?;
    let amount = asked.get("amount").unwrap_or(&Value::Null);
    let total = amount.get("total").and_then(Value::as_i64).filter(|t| (1..=1_000_000_000).contains(t));
    let total = total.ok_or_else(|| PayError::parameter("amount.total", "金额须为大于0的整数(分)"))?;
    if amount.get("currency").is_some_and(|c| c != "CNY") {
        return Err(PayError::parameter("amount.currency", "只支持CNY"));
    }
    let openid = asked.pointer("/payer/openid").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !crate::wechat::is_openid(&openid) {
        return Err(PayError::parameter("payer.openid", "无效的openid"));
    }
    let expires = time_expire(world, asked)?;
    Ok(Order {
        out_trade_no: number,
        description,
        attach,
        notify_url,
        total,
        openid,
        expires,
        prepay_id: format!("wx{}", random_text(34).to_lowercase()),
        state: TradeState::NotPay,
        transaction_id: String::new(),
        paid_at: None,
        refunded: false,
        public_mode,
        combined: None,
        asked: asked.clone(),
    })
}

/// The order as the platform tells it, in queries and notices.
pub fn told(world: &World, order: &Order) -> Value {
    let material = &world.keys.material;
    let mut told = json!({
        "appid": material.appid,
        "mchid": material.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_state": if order.refunded { "REFUND" } else { order.state.wire() },
        "trade_state_desc": order.state.words(),
        "promotion_detail": [],
        "payer": {"openid": order.openid},
    });
    if let Some(attach) = &order.attach {
        told["attach"] = json!(attach);
    }
    if let Some(paid_at) = order.paid_at {
        told["transaction_id"] = json!(order.transaction_id);
        told["trade_type"] = json!("JSAPI");
        told["bank_type"] = json!("OTHERS");
        told["success_time"] = json!(offset_text(paid_at));
        told["amount"] = json!({"total": order.total, "payer_total": order.total, "currency": "CNY", "payer_currency": "CNY"});
    }
    told
}

type Asked = Query<HashMap<String, String>>;

/// `GET /v3/pay/transactions/out-trade-no/{number}?mchid=`
pub async fn by_number(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    run(&world, &request, (&["query"], &[&number]), || find(&world, &query, &number)).await
}

/// `GET /v3/pay/transactions/id/{transaction_id}?mchid=`
pub async fn by_transaction(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    Query(query): Asked,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    run(&world, &request, (&["query"], &[&id]), || {
        let number = if id.starts_with("4200") { world.pay().number_of(&id) } else { None };
        find(&world, &query, &number.unwrap_or_default())
    })
    .await
}

fn find(world: &World, query: &HashMap<String, String>, number: &str) -> Outcome {
    if query.get("mchid") != Some(&world.keys.material.mchid) {
        return Err(PayError::parameter("mchid", "商户号缺失或不正确"));
    }
    match world.pay().order(number, world.now()) {
        Some(order) => Ok(Some(told(world, order))),
        None => Err(PayError::new(404, "ORDER_NOT_EXIST", "订单不存在")),
    }
}

/// `POST /v3/pay/transactions/out-trade-no/{number}/close`
pub async fn close(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: &body };
    run(&world, &request, (&["close"], &[&number]), || {
        let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if asked.get("mchid").and_then(Value::as_str) != Some(&world.keys.material.mchid) {
            return Err(PayError::parameter("mchid", "商户号缺失或不正确"));
        }
        match world.pay().order(&number, world.now()) {
            None => Err(PayError::new(404, "ORDER_NOT_EXIST", "订单不存在")),
            Some(order) if order.state == TradeState::Success => {
                Err(PayError::new(400, "ORDERPAID", "订单已支付,不能关闭"))
            }
            Some(order) => {
                order.state = TradeState::Closed;
                Ok(None)
            }
        }
    })
    .await
}

/// `GET /v3/certificates`: works, and can be refused as new merchants see it.
pub async fn certificates(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    run(&world, &request, (&["certificates"], &[""]), || {
        if world.pay().certificates_refused {
            return Err(PayError::new(
                404,
                "RESOURCE_NOT_EXISTS",
                "无可用的平台证书,请在商户平台申请使用微信支付公钥",
            ));
        }
        let now = world.now();
        let told = |(serial, pem): (String, String)| {
            json!({
                "serial_no": serial,
                "effective_time": offset_text(now - jiff::SignedDuration::from_hours(24 * 30)),
                "expire_time": offset_text(now + jiff::SignedDuration::from_hours(24 * 1700)),
                "encrypt_certificate": sealed(&world, "certificate", pem.as_bytes()),
            })
        };
        let list: Vec<Value> = world.keys.platform_certificates().into_iter().map(told).collect();
        Ok(Some(json!({ "data": list })))
    })
    .await
}

/// AES-256-GCM under the APIv3 key, as the `resource` of a notice or an encrypted certificate.
pub fn sealed(world: &World, associated: &str, plain: &[u8]) -> Value {
    let nonce_text = random_text(12);
    let mut bytes = plain.to_vec();
    let key = UnboundKey::new(&AES_256_GCM, world.keys.material.api_v3_key.as_bytes())
        .map(LessSafeKey::new)
        .expect("the APIv3 key has 32 bytes");
    let nonce = Nonce::try_assume_unique_for_key(nonce_text.as_bytes()).expect("a nonce has 12 bytes");
    key.seal_in_place_append_tag(nonce, Aad::from(associated.as_bytes()), &mut bytes)
        .expect("a message that fits in memory can be sealed");
    json!({
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce_text,
        "associated_data": associated,
        "ciphertext": BASE64.encode(bytes),
    })
}
