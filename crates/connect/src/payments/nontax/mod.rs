//! The WeChat non-tax family, which is what a government merchant has: the money goes to the agent bank and never rests
//! with the merchant. Its calls are the Official Account's (token in the query, `errcode` with HTTP 200), it signs
//! nothing and sends us no notices, and it closes unpaid orders by itself: the truth comes by asking.
//!
//! Several orders can exist for one payment notice, and at most one of them gets paid. Ours are known by our number at the
//! end of their description.

mod wire;

use std::sync::Arc;

use clearway_domain::{Clock, Fen, world};
use serde_json::{Value, json};

use self::wire::{Fee, ListBody, Order, PlacedBody};
use super::config::NontaxConfig;
use super::wire::{is_order_number, order_fault, refund_fault};
use super::{
    Notice, NoticeFault, NoticeHeaders, PaySheet, Payments, Placed, Prepay, PrepayAsk, PrepayLeg, Rail,
    Refund, RefundAsk, RefundState, Trade, TradeState,
};
use crate::Fault;
use crate::http::ConfigFault;
use crate::wechat::OfficialAccount;

/// The WeChat non-tax family.
pub struct WeChatNontax {
    config: NontaxConfig,
    account: Arc<OfficialAccount>,
    clock: Arc<dyn Clock>,
}

/// By what the orders of one matter are listed.
enum Matter<'a> {
    Notice(&'a str),
    OrderNo(&'a str),
}

impl WeChatNontax {
    /// Builds the client on an Official Account, whose token its calls bear.
    ///
    /// # Errors
    /// [`ConfigFault`] when a code is missing or is none.
    pub fn new(
        config: NontaxConfig,
        account: Arc<OfficialAccount>,
        clock: Arc<dyn Clock>,
    ) -> Result<WeChatNontax, ConfigFault> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if config.region_code.len() != 6 || !digits(&config.region_code) {
            return Err(ConfigFault("pay.nontax: region_code must be six digits".to_owned()));
        }
        let named = [
            ("department_code", &config.department_code),
            ("department_name", &config.department_name),
            ("item_id", &config.item_id),
        ];
        if let Some((name, _)) = named.iter().find(|(_, value)| value.is_empty()) {
            return Err(ConfigFault(format!("pay.nontax: {name} must not be empty")));
        }
        if config.return_url.as_ref().is_some_and(|url| !url.starts_with("http")) {
            return Err(ConfigFault("pay.nontax: return_url must be an address".to_owned()));
        }
        Ok(WeChatNontax { config, account, clock })
    }

    /// A call that writes nothing.
    fn ask(&self, call: &str, body: &Value) -> Result<Value, Fault> {
        self.account.post(&format!("/nontax/{call}"), body)
    }

    /// What a payment notice asks for, checked before anything is ordered.
    fn fee(&self, leg: &PrepayLeg, notice: &str) -> Result<Fee, Fault> {
        let config = &self.config;
        let mut body = json!({
            "appid": self.account.appid(),
            "payment_notice_no": notice,
            "department_code": config.department_code,
            "payment_notice_type": config.notice_type,
            "region_code": config.region_code,
        });
        self.add_site(&mut body, false);
        let fee = Fee::read(self.ask("queryfee", &body)?)?;
        let same = fee.payment_notice_no == notice
            && fee.department_code == config.department_code
            && fee.region_code == config.region_code;
        if !same {
            return Err(Fault::refused("NOTICE_MISMATCH", "the notice is of another region, unit or number"));
        }
        let today = world::civil_date(self.clock.now()).strftime("%Y%m%d").to_string();
        if fee.payment_expire_date.as_deref().is_some_and(|until| until < today.as_str()) {
            return Err(Fault::refused("NOTICE_EXPIRED", "the notice can no longer be paid"));
        }
        if Fen(fee.fee) != leg.total {
            return Err(Fault::refused("FEE_DIFFERS", "the notice asks for another sum than ours"));
        }
        Ok(fee)
    }

    /// Adds what only some sites have.
    fn add_site(&self, body: &mut Value, to_pay: bool) {
        let config = &self.config;
        if let Some(service_id) = config.service_id {
            body["service_id"] = json!(service_id);
        }
        if let Some(bank_id) = &config.bank_id {
            body["bank_id"] = json!(bank_id);
        }
        if !to_pay {
            return;
        }
        if let Some(bank_account) = &config.bank_account {
            body["bank_account"] = json!(bank_account);
        }
        if let Some(mch_id) = &config.mch_id {
            body["mch_id"] = json!(mch_id);
        }
    }

    /// The order as it is placed; the notice's own words where there is one.
    fn order_body(&self, ask: &PrepayAsk, notice: Option<&Fee>) -> Value {
        let config = &self.config;
        let mut body = json!({
            "appid": self.account.appid(),
            "openid": ask.payer.as_str(),
            "desc": described(&ask.description, &ask.out_trade_no),
            "fee": ask.total.0,
            "return_url": config.return_url.as_ref().unwrap_or(&ask.back),
            "ip": ask.payer_ip.as_deref().unwrap_or(&config.ip),
            "department_code": config.department_code,
            "department_name": config.department_name,
            "payment_notice_type": config.notice_type,
            "region_code": config.region_code,
            "scene": config.scene,
            "trade_type": "JSAPI",
        });
        self.add_site(&mut body, true);
        match notice {
            Some(fee) => {
                body["payment_notice_no"] = json!(fee.payment_notice_no);
                body["department_name"] =
                    json!(fee.department_name.as_deref().unwrap_or(&config.department_name));
                body["items"] = fee.items.clone();
                body["payment_notice_create_time"] = json!(fee.payment_notice_create_time);
                if let Some(name) = &fee.user_name {
                    body["user_name"] = json!(name);
                }
                if let Some(until) = &fee.payment_expire_date {
                    body["payment_expire_date"] = json!(until);
                }
            }
            None => {
                body["order_no"] = json!(ask.out_trade_no);
                body["items"] = self.items(ask);
                body["payment_notice_create_time"] = json!(self.clock.now().as_second());
            }
        }
        body
    }

    /// One item a leg.
    fn items(&self, ask: &PrepayAsk) -> Value {
        let item = |no: usize, name: &str, fen: Fen| {
            json!({ "no": no, "item_id": self.config.item_id, "item_name": name, "overdue": 0, "penalty": 0,
                "fee": fen.0 })
        };
        if ask.legs.is_empty() {
            return json!([item(1, &ask.description, ask.total)]);
        }
        let legs = ask.legs.iter().enumerate();
        legs.map(|(at, leg)| item(at + 1, &leg.description, leg.total)).collect()
    }

    fn order(&self, order_id: &str) -> Result<Order, Fault> {
        let mut body = json!({ "appid": self.account.appid(), "order_id": order_id });
        if let Some(service_id) = self.config.service_id {
            body["service_id"] = json!(service_id);
        }
        let order = Order::read(self.ask("getorder", &body)?)?;
        let other = |told: &Option<String>, ours: &str| told.as_deref().is_some_and(|told| told != ours);
        if order.order_id != order_id || other(&order.appid, self.account.appid()) {
            return Err(Fault::garbled("an order of another number or account"));
        }
        if other(&order.region_code, &self.config.region_code)
            || other(&order.department_code, &self.config.department_code)
        {
            return Err(Fault::garbled("an order of another region or unit"));
        }
        Ok(order)
    }

    fn list(&self, matter: &Matter<'_>) -> Result<ListBody, Fault> {
        let mut body = json!({
            "appid": self.account.appid(),
            "region_code": self.config.region_code,
            "department_code": self.config.department_code,
        });
        match matter {
            Matter::Notice(number) => body["payment_notice_no"] = json!(number),
            Matter::OrderNo(number) => body["order_no"] = json!(number),
        }
        ListBody::read(self.ask("getorderlist", &body)?)
    }

    /// The order that speaks for our number: the paid one of its notice if that is ours, else the one that we know.
    fn find(&self, out_trade_no: &str, handle: Option<&str>) -> Result<Option<Order>, Fault> {
        if !is_order_number(out_trade_no) {
            return Err(Fault::refused("LOCAL", "out_trade_no must be 6 to 32 of digits, letters, _-|*"));
        }
        let known = handle.map(|handle| self.order(order_id_of(handle))).transpose()?;
        if known.as_ref().is_some_and(|order| !order.is_ours(out_trade_no)) {
            return Err(Fault::garbled("an order that is not ours under our handle"));
        }
        if known.as_ref().is_some_and(Order::is_paid) {
            return Ok(known);
        }
        let notice = known.as_ref().and_then(|order| order.payment_notice_no.clone());
        let matter = notice.as_deref().map_or(Matter::OrderNo(out_trade_no), Matter::Notice);
        let list = self.list(&matter)?;
        let Some(paid) = list.paid_order_id else {
            return match (known, list.order_id_list.last()) {
                (Some(order), _) => Ok(Some(order)),
                (None, None) => Ok(None),
                (None, Some(last)) => {
                    let order = self.order(last)?;
                    let ours = order.is_ours(out_trade_no);
                    if ours { Ok(Some(order)) } else { Err(Fault::garbled("an order that is not ours")) }
                }
            };
        };
        let paid = self.order(&paid)?;
        if !paid.is_paid() {
            return Err(Fault::garbled("a paid order that says that it is not"));
        }
        match known {
            _ if paid.is_ours(out_trade_no) => Ok(Some(paid)),
            // Somebody paid the same notice elsewhere: at most one order of a notice is ever paid, so ours is over.
            Some(order) => Ok(Some(order.superseded())),
            None => Err(Fault::garbled("a paid order that is not ours under our number")),
        }
    }

    /// A refund as the paid order tells it.
    fn refund_in(&self, order: &Order, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        let Some(told) = order.refunds.iter().find(|told| told.refund_out_id == ask.out_refund_no) else {
            return Ok(order.refunded_whole(ask));
        };
        if told.refund_fee != ask.refund.0 {
            return Err(Fault::refused("REFUND_DIFFERS", "the platform has this refund with another sum"));
        }
        let state = match told.refund_status {
            5 => RefundState::Success,
            6 => RefundState::Processing,
            _ => return Err(Fault::garbled("a refund in an unknown state")),
        };
        Ok(Some(Refund {
            out_refund_no: told.refund_out_id.clone(),
            refund_id: told.refund_order_id.clone().filter(|id| !id.is_empty()),
            state,
            refund: Fen(told.refund_fee),
            done: told.refund_finish_time.filter(|_| state == RefundState::Success).and_then(wire::instant),
        }))
    }

    /// The order whose money is to go back.
    fn paid_order(&self, ask: &RefundAsk) -> Result<Option<Order>, Fault> {
        if let Some(why) = refund_fault(ask) {
            return Err(Fault::refused("LOCAL", why));
        }
        let order = self.find(&ask.out_trade_no, ask.prepay_id.as_deref())?;
        if order.as_ref().is_some_and(|order| order.is_paid() && Fen(order.fee) != ask.total) {
            return Err(Fault::refused("LOCAL", "the payment has another sum than the refund says"));
        }
        Ok(order.filter(Order::is_paid))
    }
}

/// The description under which the payer sees an order, with our number at its end.
fn described(description: &str, out_trade_no: &str) -> String {
    format!("{description} {out_trade_no}")
}

/// Whether a description ends with this number of ours.
fn described_ends(desc: &str, out_trade_no: &str) -> bool {
    desc.rsplit(' ').next() == Some(out_trade_no)
}

/// What is kept of a placed order: its number at the platform, and the page on which it is paid.
fn handle(order_id: &str, pay_url: Option<&str>) -> String {
    pay_url.map_or_else(|| order_id.to_owned(), |url| format!("{order_id} {url}"))
}

fn order_id_of(handle: &str) -> &str {
    handle.split(' ').next().unwrap_or_default()
}

impl Payments for WeChatNontax {
    fn rail(&self) -> Rail {
        Rail { slug: "wechat-nontax", per_leg: false, legs_max: usize::MAX, own_page: true }
    }

    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault> {
        let sum = ask.legs.iter().try_fold(0_i64, |sum, leg| sum.checked_add(leg.total.0));
        let legs_fit =
            ask.legs.is_empty() || (sum == Some(ask.total.0) && ask.legs.iter().all(|leg| leg.total.0 > 0));
        let why = order_fault(ask).or((!legs_fit).then_some("legs must be positive and add up to the sum"));
        if let Some(why) = why {
            return Err(Fault::refused("LOCAL", why));
        }
        let notice = match &ask.legs[..] {
            [leg] => leg.notice.as_deref().map(|notice| (leg, notice)),
            _ => None,
        };
        let fee = notice.map(|(leg, notice)| self.fee(leg, notice)).transpose()?;
        let matter = notice.map_or(Matter::OrderNo(&ask.out_trade_no), |(_, notice)| Matter::Notice(notice));
        if let Some(paid) = self.list(&matter)?.paid_order_id {
            // Ours is asked about; somebody else's means that there is nothing left to pay.
            let code =
                if self.order(&paid)?.is_ours(&ask.out_trade_no) { "ORDERPAID" } else { "NOTICE_PAID" };
            return Err(Fault::refused(code, "this is paid already"));
        }
        let answer = self.ask("unifiedorder", &self.order_body(ask, fee.as_ref()))?;
        let placed = PlacedBody::read(answer)?;
        Ok(Prepay { prepay_id: handle(&placed.order_id, placed.pay_url.as_deref()) })
    }

    fn pay_sheet(&self, _prepay_id: &str) -> Result<PaySheet, Fault> {
        Err(Fault::refused("LOCAL", "this rail pays on a page of its own"))
    }

    fn pay_page(&self, prepay_id: &str) -> Option<String> {
        let (_, url) = prepay_id.split_once(' ')?;
        (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned())
    }

    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault> {
        let order = self.find(&placed.out_trade_no, placed.prepay_id.as_deref())?;
        Ok(order.map(|order| order.trade(&placed.out_trade_no)))
    }

    /// The family has no call for closing: the platform closes unpaid orders by itself, and this tells whether it has.
    fn close(&self, placed: &Placed) -> Result<(), Fault> {
        match self.query(placed)?.map(|trade| trade.state) {
            None | Some(TradeState::Closed) => Ok(()),
            Some(TradeState::Success | TradeState::Refund) => {
                Err(Fault::refused("ORDERPAID", "the order is paid"))
            }
            Some(_) => Err(Fault::refused("STILL_OPEN", "the platform has not closed the order yet")),
        }
    }

    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault> {
        let Some(order) = self.paid_order(ask)? else {
            return Err(Fault::refused("ORDER_NOT_PAID", "there is no payment that could go back"));
        };
        // The platform does not say that the number makes a repetition harmless: it is looked for first.
        if let Some(known) = self.refund_in(&order, ask)? {
            return Ok(known);
        }
        let body = json!({
            "appid": self.account.appid(),
            "order_id": order.order_id,
            "reason": ask.reason,
            "refund_fee": ask.refund.0,
            "refund_out_id": ask.out_refund_no,
        });
        let answer = self.ask("refund", &body)?;
        let refund_id = answer.get("refund_order_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        Ok(Refund {
            out_refund_no: ask.out_refund_no.clone(),
            refund_id: refund_id.map(str::to_owned),
            state: RefundState::Processing,
            refund: ask.refund,
            done: None,
        })
    }

    fn repeats_refunds(&self) -> bool {
        false
    }

    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        match self.paid_order(ask)? {
            Some(order) => self.refund_in(&order, ask),
            None => Ok(None),
        }
    }

    fn open_notice(&self, _headers: &NoticeHeaders, _raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        Err(NoticeFault::NoNotices)
    }
}
