//! The one table of a day's life.

use serde::{Deserialize, Serialize};

/// Where a day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Not compared yet, or something does not fit.
    Open,
    /// Everything fits, to the fen.
    Balanced,
    /// Somebody closed it with a reason although something does not fit.
    Signed,
}

/// What can happen to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayEvent {
    /// It was compared, and everything fits.
    Fits,
    /// It was compared, and something does not fit.
    Differs,
    /// Somebody signed it, with name and reason.
    Sign,
    /// Somebody opened it again, with name and reason.
    Reopen,
}

/// Every legal move of a day. A closed day is compared again only after somebody has opened it.
pub const DAY_MOVES: &[(Day, DayEvent, Day)] = {
    use DayEvent as E;
    &[
        (Day::Open, E::Fits, Day::Balanced),
        (Day::Open, E::Differs, Day::Open),
        (Day::Open, E::Sign, Day::Signed),
        (Day::Balanced, E::Reopen, Day::Open),
        (Day::Signed, E::Reopen, Day::Open),
    ]
};

impl Day {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Balanced, Self::Signed];

    /// The state after `event`, or `None` when [`DAY_MOVES`] has no such edge.
    #[must_use]
    pub fn after(self, event: DayEvent) -> Option<Self> {
        DAY_MOVES.iter().find(|(from, on, _)| *from == self && *on == event).map(|(_, _, to)| *to)
    }

    /// Stable word, in the store and in message keys (`day-<slug>`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Balanced => "balanced",
            Self::Signed => "signed",
        }
    }

    /// The state with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|day| day.slug() == slug)
    }

    /// Whether it takes nothing any more until somebody opens it again.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        !matches!(self, Self::Open)
    }
}
