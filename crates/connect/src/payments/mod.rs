//! Payments as the service sees them: one narrow trait over several rails (WeChat Pay v3 with one order or with combined
//! orders, the WeChat non-tax family). All amounts are whole fen in CNY.

mod bill;
mod client;
mod combined;
mod config;
mod keys;
mod nontax;
mod notice;
#[cfg(test)]
mod tests;
mod wire;

use clearway_domain::Fen;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use bill::{BillFile, BillKind, FileFault};
pub use client::{WeChatPay, is_unknown_order};
pub use combined::WeChatCombined;
pub use config::{CombinedConfig, NontaxConfig, PayConfig, PayTables, RailWord};
pub use nontax::WeChatNontax;

use crate::{Fault, wechat::OpenId};

/// What kind of rail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rail {
    /// Stable word, in the ledger's accounts and with each order: `wechat`, `wechat-combined`, `wechat-nontax`.
    pub slug: &'static str,
    /// Whether it keeps an order of its own for each leg, with its own number and its own refunds.
    pub per_leg: bool,
    /// Most legs in one payment.
    pub legs_max: usize,
    /// Whether the payer pays on a page of the rail's own, at an address of its choice, and there is no payment sheet.
    pub own_page: bool,
}

/// What can be asked of the payment channel.
pub trait Payments: Send + Sync {
    /// What kind of rail it is.
    fn rail(&self) -> Rail;

    /// Places an order. Repeating it with the same number and the same contents is harmless.
    ///
    /// # Errors
    /// Any [`Fault`]; after one that may have acted, repeat with the same number or [`Payments::query`].
    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault>;

    /// The signed parameters with which the page opens the payment sheet.
    ///
    /// # Errors
    /// [`Fault::Garbled`] when our own key cannot sign; `Refused` on a rail that pays on a page of its own.
    fn pay_sheet(&self, prepay_id: &str) -> Result<PaySheet, Fault>;

    /// The rail's own page on which a placed order is paid, on rails that have one instead of a payment sheet.
    fn pay_page(&self, _prepay_id: &str) -> Option<String> {
        None
    }

    /// The state of an order, which is the only truth about it besides a verified notice. `Ok(None)` = the channel does
    /// not know the number, so no money can have moved on it.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault>;

    /// Closes an unpaid order, so that it can no longer be paid.
    ///
    /// # Errors
    /// Any [`Fault`]; `Refused` with `ORDERPAID` means that the payment was faster.
    fn close(&self, placed: &Placed) -> Result<(), Fault>;

    /// Gives money back. Repeating it with the same number and the same contents is harmless where
    /// [`Payments::repeats_refunds`] says so.
    ///
    /// # Errors
    /// Any [`Fault`]; after one that may have acted, repeat with the same number or [`Payments::query_refund`].
    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault>;

    /// Whether a refund under a number that was used before is the same refund. Where it is not, one that may have been carried
    /// out is only asked about, until it would be told.
    fn repeats_refunds(&self) -> bool {
        true
    }

    /// The state of a refund. `Ok(None)` = the channel does not know the number.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault>;

    /// The bill of a civil day in China. `Ok(None)` = nothing moved on that day. A rail whose bill comes by another way
    /// refuses: a person hands the file in.
    ///
    /// # Errors
    /// Any [`Fault`]; `Refused` with `STATEMENT_CREATING` while the rail is still making it.
    fn bill(&self, _day: jiff::civil::Date, _kind: BillKind) -> Result<Option<BillFile>, Fault> {
        Err(Fault::refused("LOCAL", "this rail hands out no bill: give the file with --file"))
    }

    /// Opens a payment notice: signature over the raw bytes, then serial, time, decryption, and whether it is ours.
    /// Whether the order exists and the amount is right is for the caller to check against the order.
    ///
    /// # Errors
    /// The first check that fails. The receiver answers 4xx or 5xx and changes nothing.
    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault>;

    /// The channel's number of a notice that it has genuinely signed, whatever is in it: for one that cannot be used, and that
    /// money may be behind. `None` for one that anybody could have sent.
    fn signed_notice(&self, _headers: &NoticeHeaders, _raw_body: &[u8]) -> Option<String> {
        None
    }
}

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepayAsk {
    /// Our order number: 6 to 32 of digits, letters, `_-|*`.
    pub out_trade_no: String,
    /// What the payer reads, at most 127 characters; no personal data.
    pub description: String,
    /// Sum.
    pub total: Fen,
    /// What the sum is made of.
    pub legs: Vec<PrepayLeg>,
    /// Who pays.
    pub payer: OpenId,
    /// After this instant the order can no longer be paid.
    pub expires: Option<Timestamp>,
    /// Comes back in the notice, at most 128 characters.
    pub attach: Option<String>,
    /// The payer's address, as seen by us.
    pub payer_ip: Option<String>,
    /// Our page of this order, to which a rail with pages of its own ([`Rail::own_page`]) sends the payer back.
    pub back: String,
}

/// One leg of an order to be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepayLeg {
    /// Number of the leg's own order, on rails that keep one ([`Rail::per_leg`]); on others it stays here.
    pub out_trade_no: String,
    /// What the payer reads, at most 127 characters; no personal data.
    pub description: String,
    /// Sum of the leg.
    pub total: Fen,
    /// Number of the decision, where one exists already.
    pub notice: Option<String>,
}

/// An order that was placed, as a rail needs it to speak of it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placed {
    /// Our order number.
    pub out_trade_no: String,
    /// The rail's handle, where it gave one.
    pub prepay_id: Option<String>,
    /// Numbers of the legs' own orders; empty unless the rail keeps them.
    pub legs: Vec<String>,
}

impl From<&str> for Placed {
    /// An order of which nothing is known but its number.
    fn from(out_trade_no: &str) -> Placed {
        Placed { out_trade_no: out_trade_no.to_owned(), ..Placed::default() }
    }
}

/// Money to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundAsk {
    /// Our number of the order, or of the leg's own order on a rail that keeps one.
    pub out_trade_no: String,
    /// The rail's handle of the order, where it gave one.
    pub prepay_id: Option<String>,
    /// The channel's number of the payment, where it is known.
    pub transaction_id: Option<String>,
    /// Our number of the refund: idempotent, at most 64 of digits, letters, `_-|*@`.
    pub out_refund_no: String,
    /// What goes back.
    pub refund: Fen,
    /// The sum of the payment that it is part of.
    pub total: Fen,
    /// What the payer reads beside it, at most 80 bytes; no personal data.
    pub reason: String,
}

/// State of a refund at the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundState {
    /// Back with the payer.
    Success,
    /// Ended without giving anything back.
    Closed,
    /// Under way.
    Processing,
    /// The payer's account cannot be reached: somebody has to name another way.
    Abnormal,
}

impl RefundState {
    /// The channel's word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            RefundState::Success => "SUCCESS",
            RefundState::Closed => "CLOSED",
            RefundState::Processing => "PROCESSING",
            RefundState::Abnormal => "ABNORMAL",
        }
    }
}

/// A refund as the channel tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Our number of the refund.
    pub out_refund_no: String,
    /// The channel's number of it.
    pub refund_id: Option<String>,
    /// State.
    pub state: RefundState,
    /// What goes back.
    pub refund: Fen,
    /// When the money was back.
    pub done: Option<Timestamp>,
}

/// A placed order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepay {
    /// The rail's handle of the order, to be kept with it. WeChat Pay's is good for two hours.
    pub prepay_id: String,
}

/// Parameters of `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`, serialised under the names the bridge expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaySheet {
    /// Official account.
    pub app_id: String,
    /// Seconds since 1970, as text.
    pub time_stamp: String,
    /// Random text.
    pub nonce_str: String,
    /// `prepay_id=…`.
    pub package: String,
    /// Always `RSA`.
    pub sign_type: String,
    /// Signature over the four lines `appId`, `timeStamp`, `nonceStr`, `package`.
    pub pay_sign: String,
}

/// State of an order at the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TradeState {
    /// Paid.
    Success,
    /// Paid, and refunded in part or whole.
    Refund,
    /// Not paid.
    #[serde(rename = "NOTPAY")]
    NotPay,
    /// Closed unpaid.
    Closed,
    /// Revoked (payment codes only).
    Revoked,
    /// The payer is typing the password.
    #[serde(rename = "USERPAYING")]
    UserPaying,
    /// Failed at the bank.
    #[serde(rename = "PAYERROR")]
    PayError,
}

/// An order as the channel tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Our order number.
    pub out_trade_no: String,
    /// State.
    pub state: TradeState,
    /// The channel's transaction number, once paid.
    pub transaction_id: Option<String>,
    /// The order's sum. The channel leaves it out while unpaid.
    pub total: Option<Fen>,
    /// What the payer paid after coupons of the channel; the merchant receives `total`.
    pub payer_total: Option<Fen>,
    /// When it was paid.
    pub paid: Option<Timestamp>,
    /// Who paid.
    pub payer: Option<OpenId>,
    /// Bank code.
    pub bank: Option<String>,
    /// What we attached.
    pub attach: Option<String>,
    /// The legs' own orders, on rails that keep them ([`Rail::per_leg`]); empty on others.
    pub parts: Vec<TradePart>,
}

/// One leg's own order, as the channel tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradePart {
    /// Our number of it.
    pub out_trade_no: String,
    /// The channel's number, once paid.
    pub transaction_id: Option<String>,
    /// State.
    pub state: TradeState,
    /// Its sum.
    pub total: Option<Fen>,
}

/// The headers of a notice that its signature needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeHeaders {
    /// `Wechatpay-Timestamp`.
    pub timestamp: Option<String>,
    /// `Wechatpay-Nonce`.
    pub nonce: Option<String>,
    /// `Wechatpay-Signature`.
    pub signature: Option<String>,
    /// `Wechatpay-Serial`.
    pub serial: Option<String>,
    /// `Wechatpay-Signature-Type`.
    pub signature_type: Option<String>,
}

impl NoticeHeaders {
    /// Takes the headers from anything that can look one up by its (case-insensitive) name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> NoticeHeaders {
        NoticeHeaders {
            timestamp: lookup("Wechatpay-Timestamp"),
            nonce: lookup("Wechatpay-Nonce"),
            signature: lookup("Wechatpay-Signature"),
            serial: lookup("Wechatpay-Serial"),
            signature_type: lookup("Wechatpay-Signature-Type"),
        }
    }
}

/// A verified notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The channel's number of the notice; the same notice may come many times.
    pub id: String,
    /// `TRANSACTION.SUCCESS` and so on.
    pub event: String,
    /// What it speaks of.
    pub matter: NoticeMatter,
}

impl Notice {
    /// The order, if it speaks of one.
    #[must_use]
    pub fn trade(&self) -> Option<&Trade> {
        match &self.matter {
            NoticeMatter::Trade(trade) => Some(trade),
            NoticeMatter::Refund { .. } => None,
        }
    }
}

/// What a notice speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeMatter {
    /// An order. Its state need not be success: look at it.
    Trade(Box<Trade>),
    /// A refund.
    Refund {
        /// Our number of the order whose money it is.
        out_trade_no: String,
        /// The refund.
        refund: Refund,
    },
}

impl NoticeFault {
    /// Whether it was found behind the signature, in what the notice says.
    #[must_use]
    pub fn is_of_contents(&self) -> bool {
        matches!(self, Self::Shape(_) | Self::Decrypt | Self::NotOurs | Self::Parts(_) | Self::Amount)
    }
}

/// Why a notice was not accepted, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    /// A header that the signature needs is missing or unreadable.
    #[error("header {0} is missing or unreadable")]
    Header(&'static str),
    /// The signature's scheme is not the one agreed.
    #[error("signature type is not the agreed one")]
    SignatureType,
    /// A test signature, sent on purpose to see that we refuse it.
    #[error("this is probing traffic")]
    Probe,
    /// Signed under a serial that we hold no key for (even after asking for new certificates).
    #[error("the serial is not known")]
    UnknownSerial,
    /// The signature does not fit the bytes.
    #[error("the signature does not fit")]
    Signature,
    /// Signed more than five minutes from now.
    #[error("the timestamp is too far from now")]
    Stale,
    /// The envelope is not of the agreed shape.
    #[error("the envelope has not the agreed shape: {0}")]
    Shape(&'static str),
    /// The contents cannot be decrypted.
    #[error("the contents cannot be decrypted")]
    Decrypt,
    /// Decrypted, but meant for another merchant or account.
    #[error("the notice is not for us")]
    NotOurs,
    /// Decrypted and ours, but its sub-orders are not those that were placed, or they do not agree with each other.
    #[error("the sub-orders do not fit: {0}")]
    Parts(&'static str),
    /// This rail sends no notices that can be verified: it is asked.
    #[error("this rail sends no notices")]
    NoNotices,
    /// A refund or another event that this receiver does not take.
    #[error("event {0} is not taken here")]
    OtherEvent(String),
    /// The amount is not a whole, positive number of fen in CNY.
    #[error("the amount is not whole positive fen in CNY")]
    Amount,
}
