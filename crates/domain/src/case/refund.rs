//! Money that goes back: why, and the one table of an attempt's life.

use serde::{Deserialize, Serialize};

/// Why money goes back. The driver reads it, with the day by which the money is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The evidence was withdrawn after the payment: the record was removed on review (order 157, art. 22).
    RecordRemoved,
    /// The platform does not list the record any more.
    RecordGone,
    /// The record was handled or paid in another channel in the meantime: no second penalty for one act (Administrative
    /// Penalty Law art. 29).
    HandledElsewhere,
    /// Nobody could clear what the platform would not take, within the days that the driver was told.
    NotDecided,
    /// An officer gave the case up, and a second one agreed.
    Officer,
    /// The decision was annulled.
    Annulled,
    /// The money arrived after its order had been closed.
    Late,
    /// The same order was paid a second time.
    Twice,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::RecordRemoved,
        Self::RecordGone,
        Self::HandledElsewhere,
        Self::NotDecided,
        Self::Officer,
        Self::Annulled,
        Self::Late,
        Self::Twice,
    ];

    /// Stable word, in the store and in message keys (`back-why-<slug>`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::RecordRemoved => "record-removed",
            Self::RecordGone => "record-gone",
            Self::HandledElsewhere => "handled-elsewhere",
            Self::NotDecided => "not-decided",
            Self::Officer => "officer",
            Self::Annulled => "annulled",
            Self::Late => "late",
            Self::Twice => "twice",
        }
    }

    /// The reason with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.slug() == slug)
    }
}

/// Where one attempt to give money back stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// The intent is stored; the rail may or may not have heard of it.
    Wanted,
    /// The rail has it and has not said yet that it succeeded.
    Processing,
    /// The rail cannot reach the payer's account; it keeps the money until somebody names a way.
    Abnormal,
    /// The money is back with the payer.
    Done,
    /// The rail ended it without giving anything back: another attempt follows under another number.
    Failed,
}

/// What can happen to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundEvent {
    /// The rail took it.
    Accepted,
    /// The rail says: back with the payer.
    Succeeded,
    /// The rail says: closed, nothing went back.
    Closed,
    /// The rail says: abnormal.
    Stuck,
}

/// Every legal move of an attempt.
pub const REFUND_MOVES: &[(RefundState, RefundEvent, RefundState)] = {
    use RefundEvent as E;
    use RefundState as S;
    &[
        (S::Wanted, E::Accepted, S::Processing),
        (S::Wanted, E::Succeeded, S::Done),
        (S::Wanted, E::Closed, S::Failed),
        (S::Wanted, E::Stuck, S::Abnormal),
        (S::Processing, E::Succeeded, S::Done),
        (S::Processing, E::Closed, S::Failed),
        (S::Processing, E::Stuck, S::Abnormal),
        // Somebody named another way at the rail.
        (S::Abnormal, E::Accepted, S::Processing),
        (S::Abnormal, E::Succeeded, S::Done),
        (S::Abnormal, E::Closed, S::Failed),
    ]
};

impl RefundState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Wanted, Self::Processing, Self::Abnormal, Self::Done, Self::Failed];

    /// The state after `event`, or `None` when [`REFUND_MOVES`] has no such edge.
    #[must_use]
    pub fn after(self, event: RefundEvent) -> Option<Self> {
        REFUND_MOVES.iter().find(|(from, on, _)| *from == self && *on == event).map(|(_, _, to)| *to)
    }

    /// Stable word used in the store.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Processing => "processing",
            Self::Abnormal => "abnormal",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The state with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.slug() == slug)
    }

    /// Whether the rail has said its last word on this attempt.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_is_over_takes_nothing() {
        let events = [RefundEvent::Accepted, RefundEvent::Succeeded, RefundEvent::Closed, RefundEvent::Stuck];
        for state in RefundState::ALL {
            for event in events {
                let to = state.after(event);
                assert!(!state.is_over() || to.is_none(), "{state:?} {event:?}");
                assert_ne!(to, Some(state), "{state:?} {event:?}: a move that does not move");
            }
            assert_eq!(RefundState::from_slug(state.slug()), Some(state));
        }
    }

    #[test]
    fn money_that_has_not_said_its_last_word_can_always_still_arrive() {
        for state in RefundState::ALL.into_iter().filter(|state| !state.is_over()) {
            assert_eq!(state.after(RefundEvent::Succeeded), Some(RefundState::Done), "{state:?}");
        }
    }

    #[test]
    fn slugs_come_back() {
        for why in Why::ALL {
            assert_eq!(Why::from_slug(why.slug()), Some(why));
        }
        assert_eq!(Why::from_slug("because"), None);
    }
}
