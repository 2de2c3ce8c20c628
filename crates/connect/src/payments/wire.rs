//! The JSON of the payment channel, read strictly: an amount is a whole number of fen in CNY, or there is none.

use clearway_domain::{Fen, world};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PrepayAsk, Refund, RefundAsk, RefundState, Trade, TradeState};
use crate::wechat::OpenId;

/// `POST /v3/pay/transactions/jsapi`.
#[derive(Serialize)]
pub(crate) struct OrderBody<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: &'a str,
    out_trade_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_expire: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attach: Option<&'a str>,
    notify_url: &'a str,
    amount: OrderAmount,
    payer: Payer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<Scene<'a>>,
}

#[derive(Serialize)]
struct OrderAmount {
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct Payer<'a> {
    openid: &'a str,
}

#[derive(Serialize)]
struct Scene<'a> {
    payer_client_ip: &'a str,
}

impl<'a> OrderBody<'a> {
    pub(crate) fn new(
        appid: &'a str,
        mchid: &'a str,
        notify_url: &'a str,
        ask: &'a PrepayAsk,
    ) -> OrderBody<'a> {
        OrderBody {
            appid,
            mchid,
            description: &ask.description,
            out_trade_no: &ask.out_trade_no,
            time_expire: ask.expires.map(china_rfc3339),
            attach: ask.attach.as_deref(),
            notify_url,
            amount: OrderAmount { total: ask.total.0, currency: "CNY" },
            payer: Payer { openid: ask.payer.as_str() },
            scene_info: ask.payer_ip.as_deref().map(|payer_client_ip| Scene { payer_client_ip }),
        }
    }
}

pub(super) fn china_rfc3339(at: Timestamp) -> String {
    world::civil(at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// 6 to 32 of digits, letters, `_-|*`.
pub(super) fn is_order_number(number: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    (6..=32).contains(&number.len()) && number.bytes().all(allowed)
}

/// Why an order cannot be placed as asked; found before anything is sent.
pub(crate) fn order_fault(ask: &PrepayAsk) -> Option<&'static str> {
    let over = |text: &str, chars_max: usize| text.chars().count() > chars_max;
    if !is_order_number(&ask.out_trade_no) {
        return Some("out_trade_no must be 6 to 32 of digits, letters, _-|*");
    }
    if ask.total.0 <= 0 {
        return Some("the sum must be positive");
    }
    if ask.description.is_empty() || over(&ask.description, 127) {
        return Some("description must have 1 to 127 characters");
    }
    if ask.attach.as_deref().is_some_and(|attach| over(attach, 128)) {
        return Some("attach may have 128 characters");
    }
    None
}

/// An order, as a query or a notice tells it.
#[derive(Deserialize)]
pub(crate) struct TradeBody {
    appid: Option<String>,
    mchid: Option<String>,
    out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: TradeState,
    bank_type: Option<String>,
    attach: Option<String>,
    success_time: Option<String>,
    payer: Option<PayerBody>,
    #[serde(default)]
    amount: Value,
}

#[derive(Deserialize)]
struct PayerBody {
    openid: Option<String>,
}

/// What is wrong with an order that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TradeFault {
    /// Not the agreed JSON, an unknown state, or a paid order without its number or time.
    Shape,
    /// Another merchant's or account's.
    NotOurs,
    /// Not whole, positive fen in CNY, or missing on a paid order.
    Amount,
    /// Sub-orders that are not those that were placed, or do not agree with each other.
    Parts(&'static str),
}

/// Reads an order and checks that it is ours.
pub(crate) fn trade(json: &[u8], appid: &str, mchid: &str) -> Result<Trade, TradeFault> {
    let body: TradeBody = serde_json::from_slice(json).map_err(|_| TradeFault::Shape)?;
    if body.appid.as_deref() != Some(appid) || body.mchid.as_deref() != Some(mchid) {
        return Err(TradeFault::NotOurs);
    }
    let (total, payer_total) = amounts(&body.amount, &SINGLE)?;
    let moved = is_moved(body.trade_state);
    let paid = instant(body.success_time.as_deref())?;
    let transaction_id = body.transaction_id.filter(|id| !id.is_empty());
    if moved && total.is_none() {
        return Err(TradeFault::Amount);
    }
    if moved && transaction_id.is_none() {
        return Err(TradeFault::Shape);
    }
    Ok(Trade {
        out_trade_no: body.out_trade_no,
        state: body.trade_state,
        transaction_id,
        total,
        payer_total,
        paid,
        payer: body.payer.and_then(|payer| payer.openid).map(OpenId::new),
        bank: body.bank_type,
        attach: body.attach.filter(|attach| !attach.is_empty()),
        parts: Vec::new(),
    })
}

/// Whether an order in this state has the payer's money, or had it.
pub(super) fn is_moved(state: TradeState) -> bool {
    matches!(state, TradeState::Success | TradeState::Refund)
}

/// A time of theirs; absent and empty are the same.
pub(super) fn instant(text: Option<&str>) -> Result<Option<Timestamp>, TradeFault> {
    let text = text.filter(|time| !time.is_empty());
    text.map(|time| time.parse::<Timestamp>().map_err(|_| TradeFault::Shape)).transpose()
}

/// How the fields of an amount are called.
pub(super) struct AmountNames {
    total: &'static str,
    payer: &'static str,
    /// The total's name in the other family of orders: whoever sends it means something else.
    foreign: &'static str,
}

/// Single orders.
const SINGLE: AmountNames = AmountNames { total: "total", payer: "payer_total", foreign: "total_amount" };
/// Sub-orders of combined orders.
pub(super) const COMBINED: AmountNames =
    AmountNames { total: "total_amount", payer: "payer_amount", foreign: "total" };

/// Total and what the payer paid. Absent is absent; present must be right.
pub(super) fn amounts(amount: &Value, names: &AmountNames) -> Result<(Option<Fen>, Option<Fen>), TradeFault> {
    let Value::Object(fields) = amount else {
        return if amount.is_null() { Ok((None, None)) } else { Err(TradeFault::Amount) };
    };
    if fields.contains_key(names.foreign) {
        return Err(TradeFault::Amount);
    }
    for currency in ["currency", "payer_currency"] {
        if fields.get(currency).is_some_and(|code| code != "CNY") {
            return Err(TradeFault::Amount);
        }
    }
    let whole = |name: &str, least: i64| match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(fen) if fen >= least => Ok(Some(Fen(fen))),
            _ => Err(TradeFault::Amount),
        },
    };
    let (total, payer_total) = (whole(names.total, 1)?, whole(names.payer, 0)?);
    if payer_total.is_some() && payer_total > total {
        return Err(TradeFault::Amount);
    }
    Ok((total, payer_total))
}

/// `POST /v3/refund/domestic/refunds`.
#[derive(Serialize)]
pub(crate) struct RefundAskBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_trade_no: Option<&'a str>,
    out_refund_no: &'a str,
    reason: &'a str,
    notify_url: &'a str,
    amount: RefundAmount,
}

#[derive(Serialize)]
struct RefundAmount {
    refund: i64,
    total: i64,
    currency: &'static str,
}

impl<'a> RefundAskBody<'a> {
    pub(crate) fn new(notify_url: &'a str, ask: &'a RefundAsk) -> RefundAskBody<'a> {
        // One of the two numbers, never both: the channel's own is the stricter.
        let out_trade_no = ask.transaction_id.is_none().then_some(ask.out_trade_no.as_str());
        RefundAskBody {
            transaction_id: ask.transaction_id.as_deref(),
            out_trade_no,
            out_refund_no: &ask.out_refund_no,
            reason: &ask.reason,
            notify_url,
            amount: RefundAmount { refund: ask.refund.0, total: ask.total.0, currency: "CNY" },
        }
    }
}

/// Why a refund cannot be asked for; found before anything is sent.
pub(crate) fn refund_fault(ask: &RefundAsk) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte);
    let number = &ask.out_refund_no;
    if !(1..=64).contains(&number.len()) || !number.bytes().all(allowed) {
        return Some("out_refund_no must be 1 to 64 of digits, letters, _-|*@");
    }
    if ask.refund.0 <= 0 || ask.refund > ask.total {
        return Some("a refund must be above zero and at most the payment");
    }
    if ask.reason.is_empty() || ask.reason.len() > 80 {
        return Some("reason must have 1 to 80 bytes");
    }
    None
}

/// A refund, as an answer (`status`) or a notice (`refund_status`) tells it.
#[derive(Deserialize)]
pub(crate) struct RefundBody {
    mchid: Option<String>,
    pub out_trade_no: Option<String>,
    out_refund_no: String,
    refund_id: Option<String>,
    #[serde(alias = "refund_status")]
    status: RefundState,
    success_time: Option<String>,
    #[serde(default)]
    amount: Value,
}

/// Reads a refund and checks what can be checked of it; a notice also tells whose it is.
pub(crate) fn refund(json: &[u8], of_notice: Option<&str>) -> Result<(String, Refund), TradeFault> {
    let body: RefundBody = serde_json::from_slice(json).map_err(|_| TradeFault::Shape)?;
    if of_notice.is_some_and(|mchid| body.mchid.as_deref() != Some(mchid)) {
        return Err(TradeFault::NotOurs);
    }
    let done = instant(body.success_time.as_deref())?;
    if body.amount.get("currency").is_some_and(|code| code != "CNY") {
        return Err(TradeFault::Amount);
    }
    let fen = body.amount.get("refund").and_then(Value::as_i64).filter(|fen| *fen > 0);
    let refund = Refund {
        out_refund_no: body.out_refund_no,
        refund_id: body.refund_id.filter(|id| !id.is_empty()),
        state: body.status,
        refund: Fen(fen.ok_or(TradeFault::Amount)?),
        done,
    };
    Ok((body.out_trade_no.unwrap_or_default(), refund))
}

/// An error's body.
#[derive(Deserialize)]
pub(crate) struct ErrorBody {
    pub code: String,
    #[serde(default)]
    pub message: String,
}

/// `GET /v3/certificates`.
#[derive(Deserialize)]
pub(crate) struct CertificatesBody {
    pub data: Vec<CertificateBody>,
}

#[derive(Deserialize)]
pub(crate) struct CertificateBody {
    pub serial_no: String,
    pub encrypt_certificate: Resource,
}

/// Something encrypted under the APIv3 key.
#[derive(Deserialize)]
pub(crate) struct Resource {
    pub algorithm: String,
    pub nonce: String,
    #[serde(default)]
    pub associated_data: String,
    pub ciphertext: String,
}

/// The envelope of a notice.
#[derive(Deserialize)]
pub(crate) struct NoticeBody {
    pub id: String,
    pub event_type: String,
    pub resource_type: String,
    pub resource: Resource,
}
