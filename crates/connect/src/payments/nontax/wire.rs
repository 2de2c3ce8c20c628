//! The JSON of the non-tax family, read strictly: sums are whole positive fen in CNY, states are known ones.

use clearway_domain::Fen;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{Refund, RefundAsk, RefundState, Trade, TradeState};
use super::described_ends;
use crate::Fault;
use crate::wechat::OpenId;

fn read<T: DeserializeOwned>(value: Value, what: &str) -> Result<T, Fault> {
    serde_json::from_value(value).map_err(|_| Fault::garbled(format!("{what} without its agreed fields")))
}

/// Absent and empty are the same.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// An instant in seconds; absurd ones are none.
pub(super) fn instant(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok().filter(|_| seconds > 0)
}

/// Answer of `queryfee`.
#[derive(Deserialize)]
pub(super) struct Fee {
    pub user_name: Option<String>,
    pub fee: i64,
    pub items: Value,
    pub payment_notice_no: String,
    pub department_code: String,
    pub department_name: Option<String>,
    pub region_code: String,
    #[serde(default)]
    pub payment_notice_create_time: i64,
    pub payment_expire_date: Option<String>,
}

impl Fee {
    pub(super) fn read(value: Value) -> Result<Fee, Fault> {
        let mut fee: Fee = read(value, "a payment notice")?;
        fee.payment_expire_date = filled(fee.payment_expire_date);
        fee.user_name = filled(fee.user_name);
        fee.department_name = filled(fee.department_name);
        let items = fee.items.as_array().filter(|items| !items.is_empty());
        let sum = items.and_then(|items| {
            items.iter().try_fold(0_i64, |sum, item| {
                let fen = item.get("fee").and_then(Value::as_i64).filter(|fen| *fen >= 0)?;
                sum.checked_add(fen)
            })
        });
        if fee.fee <= 0 || sum != Some(fee.fee) {
            return Err(Fault::garbled("a payment notice whose items do not add up to its fee"));
        }
        let date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        if fee.payment_expire_date.as_deref().is_some_and(|until| !date(until)) {
            return Err(Fault::garbled("a payment notice with an end that is no day"));
        }
        Ok(fee)
    }
}

/// Answer of `unifiedorder`.
#[derive(Deserialize)]
pub(super) struct PlacedBody {
    pub order_id: String,
    pub pay_url: Option<String>,
}

impl PlacedBody {
    pub(super) fn read(value: Value) -> Result<PlacedBody, Fault> {
        let mut placed: PlacedBody = read(value, "a placed order")?;
        placed.pay_url = filled(placed.pay_url);
        let plain = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        if !plain(&placed.order_id) || !placed.pay_url.as_deref().is_none_or(plain) {
            return Err(Fault::garbled("a placed order without a usable number or page"));
        }
        Ok(placed)
    }
}

/// Answer of `getorderlist`.
#[derive(Deserialize)]
pub(super) struct ListBody {
    #[serde(default)]
    pub order_id_list: Vec<String>,
    pub paid_order_id: Option<String>,
}

impl ListBody {
    pub(super) fn read(value: Value) -> Result<ListBody, Fault> {
        let mut list: ListBody = read(value, "a list of orders")?;
        list.paid_order_id = filled(list.paid_order_id);
        Ok(list)
    }
}

/// A refund inside an order.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ToldRefund {
    pub refund_out_id: String,
    pub refund_order_id: Option<String>,
    pub refund_fee: i64,
    pub refund_status: i64,
    pub refund_finish_time: Option<i64>,
}

/// Answer of `getorder`.
#[derive(Deserialize)]
pub(super) struct Order {
    pub appid: Option<String>,
    pub openid: Option<String>,
    pub order_id: String,
    #[serde(default)]
    desc: String,
    pub fee: i64,
    fee_type: Option<i64>,
    trans_id: Option<String>,
    status: i64,
    bank_id: Option<String>,
    pay_finish_time: Option<i64>,
    pub payment_notice_no: Option<String>,
    order_no: Option<String>,
    pub region_code: Option<String>,
    pub department_code: Option<String>,
    refund_out_id: Option<String>,
    refund_order_id: Option<String>,
    refund_finish_time: Option<i64>,
    #[serde(default)]
    partial_refund_info: Value,
    #[serde(skip)]
    pub refunds: Vec<ToldRefund>,
}

/// The platform's states: unpaid, paid (two numbers for it), refunded whole, a refund of the whole under way, closed.
const UNPAID: i64 = 1;
const PAID: [i64; 2] = [3, 4];
const REFUNDED: i64 = 5;
const REFUNDING: i64 = 6;
const CLOSED: i64 = 12;

impl Order {
    pub(super) fn read(value: Value) -> Result<Order, Fault> {
        let mut order: Order = read(value, "an order")?;
        for text in [
            &mut order.appid,
            &mut order.openid,
            &mut order.trans_id,
            &mut order.bank_id,
            &mut order.payment_notice_no,
            &mut order.order_no,
            &mut order.region_code,
            &mut order.department_code,
            &mut order.refund_out_id,
            &mut order.refund_order_id,
        ] {
            *text = filled(text.take());
        }
        order.refunds = match std::mem::take(&mut order.partial_refund_info) {
            Value::Null => Vec::new(),
            list @ Value::Array(_) => read(list, "the refunds of an order")?,
            one if one.as_object().is_some_and(serde_json::Map::is_empty) => Vec::new(),
            one => vec![read(one, "the refund of an order")?],
        };
        let known =
            [UNPAID, REFUNDED, REFUNDING, CLOSED].contains(&order.status) || PAID.contains(&order.status);
        if !known {
            return Err(Fault::garbled("an order in an unknown state"));
        }
        if order.fee <= 0 || order.fee_type.is_some_and(|kind| kind != 1) {
            return Err(Fault::garbled("an order whose fee is not positive fen in CNY"));
        }
        if order.is_paid() && order.trans_id.is_none() {
            return Err(Fault::garbled("a paid order without its transaction"));
        }
        Ok(order)
    }

    /// Whether the platform has the payer's money, or had it. A refund of a part leaves an order paid.
    pub(super) fn is_paid(&self) -> bool {
        PAID.contains(&self.status) || self.status == REFUNDED || self.status == REFUNDING
    }

    /// A refund of the whole, which the platform tells beside the order and not among the refunds of parts. Where it names no
    /// number of ours, it is the one that was asked for only if there are no others.
    pub(super) fn refunded_whole(&self, ask: &RefundAsk) -> Option<Refund> {
        let state = match self.status {
            REFUNDED => RefundState::Success,
            REFUNDING => RefundState::Processing,
            _ => return None,
        };
        let is_it = match &self.refund_out_id {
            Some(number) => *number == ask.out_refund_no,
            None => self.refunds.is_empty(),
        };
        (is_it && ask.refund == Fen(self.fee)).then(|| Refund {
            out_refund_no: ask.out_refund_no.clone(),
            refund_id: self.refund_order_id.clone(),
            state,
            refund: ask.refund,
            done: self.refund_finish_time.filter(|_| state == RefundState::Success).and_then(instant),
        })
    }

    /// Whether it was placed under this number of ours.
    pub(super) fn is_ours(&self, out_trade_no: &str) -> bool {
        self.order_no.as_deref().is_none_or(|number| number == out_trade_no)
            && described_ends(&self.desc, out_trade_no)
    }

    /// The same order, over because another one of its notice was paid.
    pub(super) fn superseded(self) -> Order {
        Order { status: CLOSED, ..self }
    }

    /// The order in the words of every rail.
    pub(super) fn trade(self, out_trade_no: &str) -> Trade {
        let state = match self.status {
            UNPAID => TradeState::NotPay,
            CLOSED => TradeState::Closed,
            REFUNDED | REFUNDING => TradeState::Refund,
            _ if self.refunds.is_empty() => TradeState::Success,
            _ => TradeState::Refund,
        };
        let paid = self.pay_finish_time.filter(|_| self.is_paid());
        Trade {
            out_trade_no: out_trade_no.to_owned(),
            state,
            total: Some(Fen(self.fee)),
            payer_total: None,
            paid: paid.and_then(instant),
            payer: self.openid.map(OpenId::new),
            bank: self.bank_id,
            attach: None,
            transaction_id: self.trans_id,
            parts: Vec::new(),
        }
    }
}
