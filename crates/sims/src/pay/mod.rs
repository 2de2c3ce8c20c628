//! WeChat Pay v3 (JSAPI orders, single and combined, in certificate and in public-key mode) and the WeChat non-tax family.

pub mod bills;
mod cashier;
mod combined;
pub mod control;
pub mod hostile;
pub mod nontax;
mod notify;
mod orders;
pub mod refunds;
mod request;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;

use crate::state::World;

pub use cashier::{settle, settle_late};

/// State of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeState {
    /// Not paid.
    NotPay,
    /// Paid.
    Success,
    /// Closed unpaid, by the merchant or by time.
    Closed,
}

impl TradeState {
    /// As on the wire.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::NotPay => "NOTPAY",
            Self::Success => "SUCCESS",
            Self::Closed => "CLOSED",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotPay => "订单未支付",
            Self::Success => "支付成功",
            Self::Closed => "订单已关闭",
        }
    }
}

/// An order.
#[derive(Clone, Debug)]
pub struct Order {
    /// Number of the merchant.
    pub out_trade_no: String,
    /// What is paid for.
    pub description: String,
    /// Comes back in the notice.
    pub attach: Option<String>,
    /// Where notices go.
    pub notify_url: String,
    /// Sum in fen.
    pub total: i64,
    /// Payer.
    pub openid: String,
    /// After this it cannot be paid.
    pub expires: Option<Timestamp>,
    /// Number for the payment sheet.
    pub prepay_id: String,
    /// State.
    pub state: TradeState,
    /// Number of the transaction, once paid.
    pub transaction_id: String,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Whether some of it was given back, or is to be.
    pub refunded: bool,
    /// Placed in public-key mode: notices are signed alike.
    pub public_mode: bool,
    /// The combined order that it is a part of: then it is not paid, closed or notified of alone.
    pub combined: Option<String>,
    /// The parameters of the first request, to recognise a repeated one.
    pub asked: serde_json::Value,
}

/// All orders.
#[derive(Debug, Default)]
pub struct PayState {
    orders: HashMap<String, Order>,
    /// Combined orders by the merchant's number; their sub-orders are among the orders.
    combined: HashMap<String, combined::Combined>,
    /// The non-tax family.
    pub nontax: nontax::NontaxState,
    /// Refunds by the merchant's number.
    pub refunds: HashMap<String, refunds::Refund>,
    /// How refunds go from now on.
    pub refund_habit: refunds::RefundHabit,
    /// Bills: what is planted in them, and files that wait to be fetched.
    pub bills: bills::Bills,
    /// Answer the certificate call as new merchants see it: with an error.
    pub certificates_refused: bool,
    transactions: u64,
    /// Numbers of single orders by their prepay id. What it says is held against the order itself.
    named: HashMap<String, String>,
}

impl PayState {
    /// Orders that were paid, and their sum in fen: what the merchant's account must show.
    #[must_use]
    pub fn takings(&self) -> (usize, i64) {
        let paid = self.orders.values().filter(|order| order.state == TradeState::Success);
        paid.fold((0, 0), |(orders, fen), order| (orders + 1, fen + order.total))
    }

    /// An order, with time applied: what has expired is closed.
    pub fn order(&mut self, number: &str, now: Timestamp) -> Option<&mut Order> {
        let order = self.orders.get_mut(number)?;
        if order.state == TradeState::NotPay && order.expires.is_some_and(|at| at <= now) {
            order.state = TradeState::Closed;
        }
        Some(order)
    }

    /// An order as it is, without time being applied.
    #[must_use]
    pub fn peek(&self, number: &str) -> Option<&Order> {
        self.orders.get(number)
    }

    /// The number of the order behind a prepay id (with or without `prepay_id=`) or transaction.
    #[must_use]
    pub fn number_of(&self, id: &str) -> Option<String> {
        let id = id.strip_prefix("prepay_id=").unwrap_or(id);
        let fits = |known: &str| !known.is_empty() && known == id;
        let is_it = |o: &&Order| fits(&o.prepay_id) || fits(&o.transaction_id);
        let named = self.named.get(id).and_then(|number| self.orders.get(number)).filter(is_it);
        let combined = || self.combined.values().find(|known| fits(&known.prepay_id));
        named
            .or_else(|| self.orders.values().find(is_it))
            .map(|o| o.out_trade_no.clone())
            .or_else(|| combined().map(|known| known.out_trade_no.clone()))
    }

    /// Puts a new order in.
    pub fn insert(&mut self, order: Order) {
        if !order.prepay_id.is_empty() {
            self.named.insert(order.prepay_id.clone(), order.out_trade_no.clone());
        }
        self.orders.insert(order.out_trade_no.clone(), order);
    }

    /// A new transaction number, 28 digits.
    pub fn next_transaction(&mut self) -> String {
        self.transactions += 1;
        format!("4200{:024}", 20_000_000_000_u64 + self.transactions)
    }
}

/// The paths of the payment platform and its pretend cashier.
pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/v3/pay/transactions/jsapi", post(orders::jsapi))
        .route("/v3/pay/transactions/out-trade-no/{number}", get(orders::by_number))
        .route("/v3/pay/transactions/id/{id}", get(orders::by_transaction))
        .route("/v3/pay/transactions/out-trade-no/{number}/close", post(orders::close))
        .route("/v3/combine-transactions/jsapi", post(combined::jsapi))
        .route("/v3/combine-transactions/out-trade-no/{number}", get(combined::by_number))
        .route("/v3/combine-transactions/out-trade-no/{number}/close", post(combined::close))
        .route("/v3/refund/domestic/refunds", post(refunds::ask))
        .route("/v3/refund/domestic/refunds/{number}", get(refunds::by_number))
        .route("/v3/refund/domestic/refunds/{number}/apply-abnormal-refund", post(refunds::apply_abnormal))
        .route("/v3/bill/tradebill", get(bills::trade))
        .route("/v3/bill/fundflowbill", get(bills::flow))
        .route("/v3/billdownload/file", get(bills::download))
        .route("/v3/certificates", get(orders::certificates))
        .route("/cashier", get(cashier::show).post(cashier::act))
        .merge(nontax::routes())
}
