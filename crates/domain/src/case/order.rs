//! The one table of an order's life: one payment that covers the legs of one or more cases.

use serde::{Deserialize, Serialize};

use super::CaseState;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Stored here; the rail has not been asked yet, or has not answered.
    Created,
    /// The rail knows the order and waits for the payer.
    Submitted,
    /// The rail was asked and did not say; money may have moved.
    Unknown,
    /// The rail says that the money arrived; legs are being settled.
    Paid,
    /// Every leg is decided.
    Done,
    /// Ended without money, closed at the rail first.
    Closed,
    /// Some or all of the money is on its way back.
    Refunding,
    /// Some legs are decided, the money of the others is back.
    PartlyRefunded,
    /// All of the money is back.
    Refunded,
}

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEvent {
    /// The rail accepted the order.
    Accepted,
    /// The rail did not answer, or answered that it does not know yet.
    Silent,
    /// The rail says: paid, with our amount.
    Arrived,
    /// The rail says: closed, no money moved.
    ClosedAtRail,
    /// The last leg was decided.
    LegsDecided,
    /// A leg cannot be decided: its money goes back.
    RefundStarted,
    /// The refund of some legs succeeded, the others are decided.
    RefundedInPart,
    /// The refund of all legs succeeded.
    RefundedWhole,
}

/// Every legal move of an order.
pub const ORDER_MOVES: &[(OrderState, OrderEvent, OrderState)] = {
    use OrderEvent as E;
    use OrderState as S;
    &[
        (S::Created, E::Accepted, S::Submitted),
        (S::Created, E::Silent, S::Unknown),
        // The notification may come before our own create call returned.
        (S::Created, E::Arrived, S::Paid),
        (S::Created, E::ClosedAtRail, S::Closed),
        (S::Submitted, E::Silent, S::Unknown),
        (S::Submitted, E::Arrived, S::Paid),
        (S::Submitted, E::ClosedAtRail, S::Closed),
        (S::Unknown, E::Accepted, S::Submitted),
        (S::Unknown, E::Arrived, S::Paid),
        (S::Unknown, E::ClosedAtRail, S::Closed),
        // Late money on a closed order is found and sent back by itself.
        (S::Closed, E::Arrived, S::Refunding),
        (S::Paid, E::LegsDecided, S::Done),
        (S::Paid, E::RefundStarted, S::Refunding),
        // A decision may be annulled when the order is long over.
        (S::Done, E::RefundStarted, S::Refunding),
        (S::PartlyRefunded, E::RefundStarted, S::Refunding),
        (S::Refunding, E::RefundedInPart, S::PartlyRefunded),
        (S::Refunding, E::RefundedWhole, S::Refunded),
    ]
};

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Submitted,
        Self::Unknown,
        Self::Paid,
        Self::Done,
        Self::Closed,
        Self::Refunding,
        Self::PartlyRefunded,
        Self::Refunded,
    ];

    /// The state after `event`, or `None` when [`ORDER_MOVES`] has no such edge.
    #[must_use]
    pub fn after(self, event: OrderEvent) -> Option<Self> {
        ORDER_MOVES.iter().find(|(from, on, _)| *from == self && *on == event).map(|(_, _, to)| *to)
    }

    /// Stable word used in the store.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Submitted => "submitted",
            Self::Unknown => "unknown",
            Self::Paid => "paid",
            Self::Done => "done",
            Self::Closed => "closed",
            Self::Refunding => "refunding",
            Self::PartlyRefunded => "partly_refunded",
            Self::Refunded => "refunded",
        }
    }

    /// The state with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.slug() == slug)
    }

    /// Whether money may still move, so that no second order may be opened on its violations.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Submitted | Self::Unknown)
    }
}

/// What the legs of a paid order say about it, one event after the other; none while some are still on their way and
/// nothing goes back.
///
/// All or nothing over the merge: a leg ends decided or with its money back, and only when every leg has ended is the
/// order over.
#[must_use]
pub fn legs_say(order: OrderState, legs: &[CaseState]) -> Vec<OrderEvent> {
    use CaseState as C;
    let count = |wanted: &[C]| legs.iter().filter(|leg| wanted.contains(leg)).count();
    let decided = count(&[C::Written, C::Decided]);
    let back = count(&[C::Refunded]);
    let going_back = count(&[C::Refunding]);
    let mut events = Vec::new();
    let mut state = order;
    let mut say = |event: OrderEvent| {
        if let Some(to) = state.after(event) {
            state = to;
            events.push(event);
        }
    };
    if going_back + back > 0 && (order == OrderState::Paid || going_back > 0) {
        say(OrderEvent::RefundStarted);
    }
    match (legs.len(), decided, back) {
        (0, _, _) => {}
        (all, decided, 0) if decided == all => say(OrderEvent::LegsDecided),
        (all, 0, back) if back == all => say(OrderEvent::RefundedWhole),
        (all, decided, back) if decided + back == all => say(OrderEvent::RefundedInPart),
        _ => {}
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order's state after its legs have spoken.
    fn settled(order: OrderState, legs: &[CaseState]) -> OrderState {
        legs_say(order, legs)
            .into_iter()
            .fold(order, |state, event| state.after(event).expect("a legal move"))
    }

    #[test]
    fn an_order_is_over_only_when_every_leg_is_decided_or_its_money_back() {
        use CaseState::{Decided, Deciding, Manual, Paid, Refunded, Refunding, Written};
        use OrderState as S;
        for (before, legs, after) in [
            (S::Paid, &[Deciding, Paid][..], S::Paid),
            (S::Paid, &[Decided, Manual], S::Paid),
            (S::Paid, &[Decided, Written], S::Done),
            (S::Paid, &[Decided, Refunding], S::Refunding),
            (S::Paid, &[Deciding, Refunded], S::Refunding),
            (S::Refunding, &[Decided, Refunded], S::PartlyRefunded),
            (S::Refunding, &[Deciding, Refunded], S::Refunding),
            (S::Refunding, &[Refunded, Refunded], S::Refunded),
            (S::Paid, &[Refunded, Refunded], S::Refunded),
            // Annulled when it was long over.
            (S::Done, &[Decided, Refunding], S::Refunding),
            (S::PartlyRefunded, &[Refunding, Refunded], S::Refunding),
            (S::PartlyRefunded, &[Decided, Refunded], S::PartlyRefunded),
            (S::Done, &[Decided, Decided], S::Done),
            (S::Refunded, &[Refunded], S::Refunded),
            (S::Closed, &[CaseState::Abandoned], S::Closed),
        ] {
            assert_eq!(settled(before, legs), after, "{before:?} {legs:?}");
        }
    }

    #[test]
    fn arrived_money_is_never_refused_while_an_order_is_not_settled() {
        for state in OrderState::ALL {
            let takes = state.after(OrderEvent::Arrived).is_some();
            assert_eq!(takes, state.is_open() || state == OrderState::Closed, "{state:?}");
        }
    }

    #[test]
    fn slugs_come_back() {
        for state in OrderState::ALL {
            assert_eq!(OrderState::from_slug(state.slug()), Some(state));
        }
        assert_eq!(OrderState::from_slug("paid "), None);
    }
}
