//! What will be paid, line by line, before it is paid; and the one interruption when a line could be free.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::Programme;
use super::reasons::About;
use crate::page::view;
use crate::private::Private;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// The violation.
    pub about: About,
    /// Plate.
    pub plate: Private,
    /// Surcharge, fen.
    pub surcharge_fen: i64,
    /// Fine and surcharge, fen.
    pub total_fen: i64,
}

/// One payment: a payee and its sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Payment {
    /// Who receives it.
    pub payee: String,
    /// Sum, fen.
    pub total_fen: i64,
    /// Lines.
    pub lines: Vec<Line>,
}

/// A total that has changed since the list was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changed {
    /// Before, fen.
    pub old_fen: i64,
    /// Why, in one sentence.
    pub why: String,
}

/// The interruption: this one could be a free warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Nudge {
    /// The violation that could be free.
    pub about: About,
    /// The programme.
    pub programme: Programme,
    /// About so many minutes.
    pub minutes: u32,
    /// Where it starts.
    pub href: String,
}

/// The payment page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quote {
    /// The quote.
    pub id: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Whether it no longer holds.
    pub expired: bool,
    /// One payment per payee.
    pub payments: Vec<Payment>,
    /// Sum, fen.
    pub total_fen: i64,
    /// Points that will be recorded.
    pub points: i32,
    /// The change since the list, if there was one.
    pub changed: Option<Changed>,
    /// The interruption, once, before anything is paid.
    pub nudge: Option<Nudge>,
}

impl Quote {
    /// Lines over all payments.
    pub fn count(&self) -> usize {
        self.payments.iter().map(|payment| payment.lines.len()).sum()
    }

    /// The violations in it.
    pub fn violations(&self) -> impl Iterator<Item = &str> {
        self.payments.iter().flat_map(|payment| &payment.lines).map(|line| line.about.id.as_str())
    }
}

/// Asks for a quote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct QuoteAsk {
    /// The violations to be paid.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub violation: Vec<String>,
    /// Takes everything that can be paid and is not free, without naming it.
    #[serde(default)]
    #[garde(skip)]
    pub all: bool,
    /// With `all`: only of this vehicle.
    #[serde(default)]
    #[garde(length(max = 40))]
    pub plate: Option<String>,
    /// That the offer of a free warning was read and declined this time.
    #[serde(default)]
    #[garde(skip)]
    pub declined: bool,
}

view!(Quote, "citizen/quote.html");
