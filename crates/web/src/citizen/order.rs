//! A payment while it is made, unclear, failed, or there. Its first line is decided by the server alone.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reasons::About;
use crate::money::MoneyLine;
use crate::page::view;
use crate::private::Private;

/// Where a payment stands, in outward words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderWord {
    /// Not sent to pay yet.
    ToPay,
    /// The result is being asked for.
    Waiting,
    /// There is no result yet, though it is time.
    Unknown,
    /// Cancelled, failed or closed.
    NotPaid,
    /// Paid; the violations are being handled.
    Handling,
    /// Paid and handled.
    Done,
    /// Paid; a person has to look.
    Manual,
    /// Paid twice; the second payment goes back.
    Twice,
    /// The money, or a part of it, is on its way back.
    ComingBack,
    /// The money is back.
    Back,
}

impl OrderWord {
    /// The word in message keys: `order-<word>`.
    pub const fn key(self) -> &'static str {
        match self {
            OrderWord::ToPay => "order-to-pay",
            OrderWord::Waiting => "order-waiting",
            OrderWord::Unknown => "order-unknown",
            OrderWord::NotPaid => "order-not-paid",
            OrderWord::Handling => "order-handling",
            OrderWord::Done => "order-done",
            OrderWord::Manual => "order-manual",
            OrderWord::Twice => "order-twice",
            OrderWord::ComingBack => "order-coming-back",
            OrderWord::Back => "order-back",
        }
    }

    /// Whether the page has to keep asking.
    pub const fn is_live(self) -> bool {
        matches!(self, OrderWord::Waiting | OrderWord::Unknown | OrderWord::Handling)
    }
}

/// What the messenger's own payment call needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaySheet {
    /// Account id.
    pub app_id: String,
    /// Seconds since 1970, as text.
    pub time_stamp: String,
    /// Random text.
    pub nonce_str: String,
    /// `prepay_id=…`
    pub package: String,
    /// `RSA`
    pub sign_type: String,
    /// Signature.
    pub pay_sign: String,
}

/// One violation in a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Leg {
    /// The violation.
    pub about: About,
    /// Plate.
    pub plate: Private,
    /// Sum, fen.
    pub total_fen: i64,
    /// The message of where it stands: `leg-<word>`.
    pub word: String,
    /// Its case.
    pub case_id: Option<String>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Order {
    /// The order.
    pub id: String,
    /// Number to quote.
    pub number: String,
    /// The fixed first line.
    pub money: MoneyLine,
    /// Where it stands.
    pub word: OrderWord,
    /// Seconds since it was sent to pay.
    pub waited_s: u32,
    /// Sum, fen.
    pub total_fen: i64,
    /// Who receives it.
    pub payee: String,
    /// What the messenger needs, while it can be paid.
    pub sheet: Option<PaySheet>,
    /// A cashier page, for browsers that are not the messenger.
    pub cashier: Option<String>,
    /// Violations in it.
    pub legs: Vec<Leg>,
    /// The next payment, when the payees made two.
    pub next: Option<String>,
    /// Why it failed, in one sentence.
    pub why: Option<String>,
    /// Sum that goes back, fen.
    pub back_fen: i64,
    /// Day by which it should be back.
    pub back_by: Option<Date>,
    /// Working days until a person has looked.
    pub manual_days: u32,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
}

/// The short form that a page asks for again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderState {
    /// The fixed first line.
    pub money: MoneyLine,
    /// Where it stands.
    pub word: OrderWord,
    /// Seconds since it was sent to pay.
    pub waited_s: u32,
    /// Where to go when it changed.
    pub next: String,
}

/// Asks to pay a quote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct OrderAsk {
    /// The quote.
    #[garde(length(min = 1, max = 64))]
    pub quote: String,
    /// The total that was read, fen: another one is never paid silently.
    #[garde(range(min = 0))]
    pub total_fen: i64,
}

view!(Order, "citizen/order.html");
