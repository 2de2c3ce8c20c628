//! The life of a case: one violation, taken by one driver along one route, from the first tap to the decision.
//!
//! [`machine`] is the only list of legal moves; everything else (the picture in `docs/reference`, the words the
//! driver reads, the tests of illegal edges) is derived from it.

pub mod machine;
pub mod order;
pub mod outward;
pub mod refund;
pub mod stopped;

pub use machine::{CaseEvent, CaseState, IllegalMove, MOVES};
pub use order::{ORDER_MOVES, OrderEvent, OrderState, legs_say};
pub use outward::{MoneyWord, Outward, money_word, outward};
pub use refund::{REFUND_MOVES, RefundEvent, RefundState, Why};
pub use stopped::Stopped;

use serde::{Deserialize, Serialize};

/// How a driver handles one violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// 首违警告: study, quiz, a warning; no fine, no points.
    First,
    /// 学习减分: study, quiz, fine paid first, then handled with fewer points.
    Study,
    /// The fine is paid and the violation handled with its full points.
    Pay,
}

impl Route {
    /// Every route, in the order in which they favour the driver.
    pub const ALL: [Self; 3] = [Self::First, Self::Study, Self::Pay];

    /// Stable word used in addresses, the store and logs.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Study => "study",
            Self::Pay => "pay",
        }
    }

    /// The route with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.slug() == slug)
    }

    /// Whether the driver studies and answers questions on this route.
    #[must_use]
    pub const fn studies(self) -> bool {
        matches!(self, Self::First | Self::Study)
    }

    /// Whether money moves on this route.
    #[must_use]
    pub const fn pays(self) -> bool {
        matches!(self, Self::Study | Self::Pay)
    }
}
