//! Where a payment stands, in the words that the driver reads.

use clearway_domain::case::{CaseState, MoneyWord, OrderState as Found, Why};
use clearway_service::citizen::order::OrderPage;
use serde::Serialize;
use utoipa::ToSchema;

/// Where a payment stands, in outward words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderWord {
    /// The rail does not have it yet: it cannot be paid for a moment.
    Preparing,
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
            OrderWord::Preparing => "order-preparing",
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
        matches!(
            self,
            OrderWord::Preparing
                | OrderWord::Waiting
                | OrderWord::Unknown
                | OrderWord::Handling
                | OrderWord::ComingBack
        )
    }
}

/// Seconds after which a payment without a result is called unknown.
const USUAL_S: i64 = 10;

/// Where an order stands; `waited_s` since it was sent to pay.
pub(super) fn word(page: &OrderPage, waited_s: i64) -> OrderWord {
    match page.state {
        Found::Created | Found::Submitted | Found::Unknown if page.money == MoneyWord::NotCharged => {
            // Placed outside the hours it is not expected to be there.
            if page.placed || page.opens.is_some() { OrderWord::ToPay } else { OrderWord::Preparing }
        }
        Found::Created | Found::Submitted | Found::Unknown if waited_s <= USUAL_S => OrderWord::Waiting,
        Found::Created | Found::Submitted | Found::Unknown => OrderWord::Unknown,
        Found::Paid | Found::Done if page.back.iter().any(|back| back.reason == Why::Twice.slug()) => {
            OrderWord::Twice
        }
        Found::Paid if page.manual => OrderWord::Manual,
        Found::Paid => OrderWord::Handling,
        Found::Done => OrderWord::Done,
        // The rail has spoken of money that cannot be ours: a person looks before anybody pays again.
        Found::Closed if page.money != MoneyWord::NotCharged => OrderWord::Unknown,
        Found::Closed => OrderWord::NotPaid,
        Found::Refunding => OrderWord::ComingBack,
        Found::PartlyRefunded | Found::Refunded => OrderWord::Back,
    }
}

/// Where one of its violations stands: `leg-<word>`.
pub(super) fn leg_word(state: Option<CaseState>, order: OrderWord) -> &'static str {
    match state {
        Some(CaseState::Paid | CaseState::Deciding) => "paid",
        Some(CaseState::Written | CaseState::Decided) => "done",
        Some(CaseState::Manual) => "manual",
        Some(CaseState::Refunding) => "coming-back",
        Some(CaseState::Refunded) => "back",
        _ if order == OrderWord::NotPaid => "not-paid",
        _ if matches!(order, OrderWord::Waiting | OrderWord::Unknown) => "confirming",
        // Money that came when the order was closed: its cases went their own ways.
        _ if order == OrderWord::ComingBack => "coming-back",
        _ if order == OrderWord::Back => "back",
        _ => "waiting",
    }
}
