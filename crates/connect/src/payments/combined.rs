//! Combined orders of WeChat Pay v3: a sub-order of its own for each leg, paid together with one password, refunded
//! one by one.
//!
//! A notice is opened without our books at hand. So that one with a sub-order missing, added, repeated or of another sum
//! is found all the same, every sub-order carries in its `attach` how many there are, what they add up to, and a digest
//! of their numbers and sums.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use clearway_domain::{Chance, Clock, Fen};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{WeChatPay, closed, known, path_of, placed as read_placed};
use super::config::{CombinedConfig, PayConfig};
use super::wire::{self, TradeFault, china_rfc3339, is_moved, is_order_number, order_fault};
use super::{
    BillFile, BillKind, Notice, NoticeFault, NoticeHeaders, PaySheet, Payments, Placed, Prepay, PrepayAsk,
    Rail, Refund, RefundAsk, Trade, TradePart, TradeState, notice,
};
use crate::Fault;
use crate::http::ConfigFault;
use crate::wechat::OpenId;

/// The channel's own limit.
const ORDERS_MAX: usize = 50;
/// Family of the calls.
const FAMILY: &str = "combine-transactions";

/// WeChat Pay v3 with combined orders (JSAPI). Signing, keys, refunds and the payment sheet are those of single orders.
pub struct WeChatCombined {
    single: WeChatPay,
    orders_max: usize,
}

impl WeChatCombined {
    /// Reads the keys and builds the client. Nothing is fetched yet.
    ///
    /// # Errors
    /// [`ConfigFault`] when a key cannot be read or does not fit, or the number of sub-orders is not possible.
    pub fn new(
        config: PayConfig,
        combined: &CombinedConfig,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<WeChatCombined, ConfigFault> {
        if !(1..=ORDERS_MAX).contains(&combined.orders_max) {
            return Err(ConfigFault(format!("pay.combined: orders_max must be 1 to {ORDERS_MAX}")));
        }
        Ok(WeChatCombined { single: WeChatPay::new(config, clock, chance)?, orders_max: combined.orders_max })
    }

    fn ask_fault(&self, ask: &PrepayAsk) -> Option<&'static str> {
        let numbers: BTreeSet<&str> = ask.legs.iter().map(|leg| leg.out_trade_no.as_str()).collect();
        let sum = ask.legs.iter().try_fold(0_i64, |sum, leg| sum.checked_add(leg.total.0));
        let described = |text: &str| !text.is_empty() && text.chars().count() <= DESCRIPTION_CHARS_MAX;
        if !(1..=self.orders_max).contains(&ask.legs.len()) {
            Some("a combined order has at least one leg and at most the configured number")
        } else if numbers.len() != ask.legs.len() || numbers.contains(ask.out_trade_no.as_str()) {
            Some("each leg needs a number of its own")
        } else if !numbers.into_iter().all(is_order_number) {
            Some("a leg's out_trade_no must be 6 to 32 of digits, letters, _-|*")
        } else if ask.legs.iter().any(|leg| leg.total.0 <= 0) || sum != Some(ask.total.0) {
            Some("legs must be positive and add up to the sum")
        } else if !ask.legs.iter().all(|leg| described(&leg.description)) {
            Some("a leg's description must have 1 to 127 characters")
        } else {
            order_fault(ask)
        }
    }

    fn read(&self, json: &[u8]) -> Result<Trade, TradeFault> {
        combined(json, &self.single.config.appid, &self.single.config.mchid)
    }
}

/// Longest description of a sub-order, in characters.
const DESCRIPTION_CHARS_MAX: usize = 127;

/// `POST /v3/combine-transactions/jsapi`.
#[derive(Serialize)]
struct CombinedBody<'a> {
    combine_appid: &'a str,
    combine_mchid: &'a str,
    combine_out_trade_no: &'a str,
    combine_payer_info: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<Value>,
    sub_orders: Vec<SubOrder<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_expire: Option<String>,
    notify_url: &'a str,
}

#[derive(Serialize)]
struct SubOrder<'a> {
    mchid: &'a str,
    attach: &'a str,
    amount: Value,
    out_trade_no: &'a str,
    description: &'a str,
}

fn body(config: &PayConfig, ask: &PrepayAsk) -> Result<Vec<u8>, Fault> {
    let legs: Vec<(&str, Fen)> = ask.legs.iter().map(|leg| (leg.out_trade_no.as_str(), leg.total)).collect();
    let attach = match ask.attach.as_deref() {
        Some(ours) => format!("{} {ours}", manifest(&ask.out_trade_no, &legs)),
        None => manifest(&ask.out_trade_no, &legs),
    };
    if attach.chars().count() > 128 {
        return Err(Fault::refused("LOCAL", "attach leaves no room for the digest of the sub-orders"));
    }
    let sub_order = |leg: &'_ super::PrepayLeg| json!({ "total_amount": leg.total.0, "currency": "CNY" });
    let body = CombinedBody {
        combine_appid: &config.appid,
        combine_mchid: &config.mchid,
        combine_out_trade_no: &ask.out_trade_no,
        combine_payer_info: json!({ "openid": ask.payer.as_str() }),
        scene_info: ask.payer_ip.as_deref().map(|ip| json!({ "payer_client_ip": ip })),
        sub_orders: ask
            .legs
            .iter()
            .map(|leg| SubOrder {
                mchid: &config.mchid,
                attach: &attach,
                amount: sub_order(leg),
                out_trade_no: &leg.out_trade_no,
                description: &leg.description,
            })
            .collect(),
        time_expire: ask.expires.map(china_rfc3339),
        notify_url: &config.notify_url,
    };
    serde_json::to_vec(&body).map_err(|_| Fault::refused("LOCAL", "the order cannot be written"))
}

/// How many sub-orders there are, their sum in fen, and the first 64 bits of the SHA-256 over the order's number and the
/// sorted numbers and sums.
fn manifest(out_trade_no: &str, legs: &[(&str, Fen)]) -> String {
    let mut sorted = legs.to_vec();
    sorted.sort_unstable();
    let mut text = format!("{out_trade_no}\n");
    for (number, fen) in &sorted {
        text.push_str(&format!("{number} {}\n", fen.0));
    }
    let hash = digest(&SHA256, text.as_bytes());
    let hex: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let sum: i64 = legs.iter().map(|(_, fen)| fen.0).sum();
    format!("{}.{sum}.{hex}", legs.len())
}

/// A combined order, as a query or a notice tells it.
#[derive(Deserialize)]
struct Told {
    combine_appid: Option<String>,
    combine_mchid: Option<String>,
    combine_out_trade_no: Option<String>,
    #[serde(default)]
    sub_orders: Vec<ToldPart>,
    combine_payer_info: Option<ToldPayer>,
}

#[derive(Deserialize)]
struct ToldPayer {
    openid: Option<String>,
}

#[derive(Deserialize)]
struct ToldPart {
    mchid: Option<String>,
    out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: TradeState,
    bank_type: Option<String>,
    attach: Option<String>,
    success_time: Option<String>,
    #[serde(default)]
    amount: Value,
}

impl ToldPart {
    fn read(&self, mchid: &str) -> Result<(TradePart, Option<Fen>), TradeFault> {
        if self.mchid.as_deref() != Some(mchid) {
            return Err(TradeFault::NotOurs);
        }
        let (total, payer) = wire::amounts(&self.amount, &wire::COMBINED)?;
        let transaction_id = self.transaction_id.clone().filter(|id| !id.is_empty());
        if is_moved(self.trade_state) && total.is_none() {
            return Err(TradeFault::Amount);
        }
        if is_moved(self.trade_state) && transaction_id.is_none() {
            return Err(TradeFault::Shape);
        }
        let part = TradePart {
            out_trade_no: self.out_trade_no.clone(),
            transaction_id,
            state: self.trade_state,
            total,
        };
        Ok((part, payer))
    }
}

/// Reads a combined order and checks that it is ours, whole, and of one mind.
fn combined(json: &[u8], appid: &str, mchid: &str) -> Result<Trade, TradeFault> {
    let told: Told = serde_json::from_slice(json).map_err(|_| TradeFault::Shape)?;
    if told.combine_appid.as_deref() != Some(appid) || told.combine_mchid.as_deref() != Some(mchid) {
        return Err(TradeFault::NotOurs);
    }
    let out_trade_no =
        told.combine_out_trade_no.filter(|number| !number.is_empty()).ok_or(TradeFault::Shape)?;
    let mut parts = Vec::new();
    let mut payer_total = Some(0_i64);
    let mut paid = None;
    for part in &told.sub_orders {
        let (read, payer) = part.read(mchid)?;
        payer_total = payer_total.zip(payer).and_then(|(sum, fen)| sum.checked_add(fen.0));
        paid = paid.max(wire::instant(part.success_time.as_deref())?);
        parts.push(read);
    }
    let numbers: BTreeSet<&str> = parts.iter().map(|part| part.out_trade_no.as_str()).collect();
    if parts.is_empty() || numbers.len() != parts.len() {
        return Err(TradeFault::Parts("none, or one twice"));
    }
    let state = state_of(&parts)?;
    let attach = told.sub_orders.first().and_then(|part| part.attach.clone());
    if told.sub_orders.iter().any(|part| part.attach != attach) {
        return Err(TradeFault::Parts("not of one order"));
    }
    let (total, attach) = whole(&out_trade_no, &parts, attach.as_deref().unwrap_or_default(), state)?;
    Ok(Trade {
        out_trade_no,
        state,
        transaction_id: None,
        total,
        payer_total: payer_total.filter(|_| is_moved(state)).map(Fen),
        paid,
        payer: told.combine_payer_info.and_then(|payer| payer.openid).map(OpenId::new),
        bank: told.sub_orders.into_iter().find_map(|part| part.bank_type),
        attach,
        parts,
    })
}

/// One state for all: one password pays all sub-orders or none, so anything else is no state.
fn state_of(parts: &[TradePart]) -> Result<TradeState, TradeFault> {
    let moved = parts.iter().filter(|part| is_moved(part.state)).count();
    let any = |state: TradeState| parts.iter().any(|part| part.state == state);
    let all = |state: TradeState| parts.iter().all(|part| part.state == state);
    if moved == parts.len() {
        return Ok(if any(TradeState::Refund) { TradeState::Refund } else { TradeState::Success });
    }
    if moved > 0 {
        return Err(TradeFault::Parts("some paid and some not"));
    }
    // Unpaid: closed only when nothing is left that could be paid.
    Ok(if any(TradeState::UserPaying) {
        TradeState::UserPaying
    } else if any(TradeState::NotPay) {
        TradeState::NotPay
    } else if all(TradeState::Closed) || all(TradeState::Revoked) {
        TradeState::Closed
    } else {
        TradeState::PayError
    })
}

/// Checks the sub-orders against the digest that was sent with them; gives their sum and the rest of the attachment. The
/// channel may leave sums and attachments out while an order is unpaid; with money on it, nothing may be missing.
fn whole(
    out_trade_no: &str,
    parts: &[TradePart],
    attach: &str,
    state: TradeState,
) -> Result<(Option<Fen>, Option<String>), TradeFault> {
    let (sent, ours) = attach.split_once(' ').unwrap_or((attach, ""));
    let ours = (!ours.is_empty()).then(|| ours.to_owned());
    let told: Option<Vec<(&str, Fen)>> =
        parts.iter().map(|part| Some((part.out_trade_no.as_str(), part.total?))).collect();
    let Some(told) = told else { return Ok((None, ours)) };
    let sum =
        told.iter().try_fold(0_i64, |sum, (_, fen)| sum.checked_add(fen.0)).ok_or(TradeFault::Amount)?;
    let unsaid = attach.is_empty() && !is_moved(state);
    if !unsaid && sent != manifest(out_trade_no, &told) {
        return Err(TradeFault::Parts("not those that were placed"));
    }
    Ok((Some(Fen(sum)), ours))
}

impl Payments for WeChatCombined {
    fn rail(&self) -> Rail {
        Rail { slug: "wechat-combined", per_leg: true, legs_max: self.orders_max, own_page: false }
    }

    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault> {
        if let Some(why) = self.ask_fault(ask) {
            return Err(Fault::refused("LOCAL", why));
        }
        let body = body(&self.single.config, ask)?;
        read_placed(&self.single.call(&Method::POST, &format!("/v3/{FAMILY}/jsapi"), Some(body))?)
    }

    fn pay_sheet(&self, prepay_id: &str) -> Result<PaySheet, Fault> {
        self.single.pay_sheet(prepay_id)
    }

    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault> {
        let path = path_of(FAMILY, &placed.out_trade_no, "")?;
        let Some(answer) = known(self.single.call(&Method::GET, &path, None))? else { return Ok(None) };
        let trade = self
            .read(&answer.body)
            .map_err(|fault| Fault::garbled(format!("a combined order that cannot be read ({fault:?})")))?;
        if trade.out_trade_no != placed.out_trade_no {
            return Err(Fault::garbled("an order of another number"));
        }
        let told: BTreeSet<&str> = trade.parts.iter().map(|part| part.out_trade_no.as_str()).collect();
        let ours: BTreeSet<&str> = placed.legs.iter().map(String::as_str).collect();
        if !ours.is_empty() && told != ours {
            return Err(Fault::garbled("a combined order of other sub-orders"));
        }
        Ok(Some(trade))
    }

    fn close(&self, placed: &Placed) -> Result<(), Fault> {
        if placed.legs.is_empty() {
            return Err(Fault::refused(
                "LOCAL",
                "a combined order is closed with the numbers of its sub-orders",
            ));
        }
        let path = path_of(FAMILY, &placed.out_trade_no, "/close")?;
        let config = &self.single.config;
        let sub_orders: Vec<Value> = placed
            .legs
            .iter()
            .map(|number| json!({ "mchid": config.mchid, "out_trade_no": number }))
            .collect();
        let body = json!({ "combine_appid": config.appid, "sub_orders": sub_orders }).to_string();
        closed(self.single.call(&Method::POST, &path, Some(body.into_bytes())))
    }

    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault> {
        self.single.refund(ask)
    }

    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        self.single.query_refund(ask)
    }

    fn bill(&self, day: jiff::civil::Date, kind: BillKind) -> Result<Option<BillFile>, Fault> {
        // Bills list sub-orders separately, each with its own number.
        self.single.fetch_bill(day, kind)
    }

    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        notice::open(&self.single, headers, raw_body, |json| self.read(json))
    }

    fn signed_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Option<String> {
        notice::signed(&self.single, headers, raw_body)
    }
}
