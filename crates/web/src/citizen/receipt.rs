//! The receipt of a payment.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::quote::Line;
use crate::page::view;
use crate::private::Private;

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// The order.
    pub order_id: String,
    /// Number to quote.
    pub number: String,
    /// The payment rail's own number.
    pub rail_number: String,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// Who received it.
    pub payee: String,
    /// Who paid, masked.
    pub payer: Private,
    /// Way of payment in words.
    pub method: String,
    /// Lines.
    pub lines: Vec<Line>,
    /// Sum, fen.
    pub total_fen: i64,
    /// Sum in Chinese capital figures, as receipts carry it.
    pub total_words: String,
    /// Sent back, fen.
    pub back_fen: i64,
}

view!(Receipt, "citizen/receipt.html");
