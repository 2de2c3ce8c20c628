//! The one table of a case's life.

use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Route chosen; study and quiz (if the route has them) are under way.
    Learning,
    /// Nothing is left to learn; the driver has still to confirm facts and rights.
    Ready,
    /// Facts confirmed and the right of statement waived, each recorded as its own act (Administrative Penalty Law art. 62).
    Confirmed,
    /// Part of an open order: money may move at any moment.
    Paying,
    /// The money arrived; the decision is not written yet.
    Paid,
    /// The intent to write the decision is stored; the write may be on its way.
    Deciding,
    /// The platform accepted the decision; its check digit is still to be read back.
    Written,
    /// Decided, with number and check digit as the platform returned them.
    Decided,
    /// The platform would not take the decision although nothing was paid; the violation is free again.
    Refused,
    /// Paid, but the decision was refused: a person looks at it, and what cannot be handled is paid back.
    Manual,
    /// The money of this case is on its way back.
    Refunding,
    /// The money of this case is back.
    Refunded,
    /// Given up by the driver, or expired, before anything irrevocable happened.
    Abandoned,
    /// The decision was annulled: points, credit and the right to the warning are back, the violation is free again.
    Annulled,
}

/// What can happen to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseEvent {
    /// The quiz was passed.
    QuizPassed,
    /// The driver confirmed the facts and waived the statement.
    Confirm,
    /// An order that contains this case was opened.
    OrderOpened,
    /// The order ended without money.
    OrderClosed,
    /// The rail says that the money arrived.
    MoneyArrived,
    /// The intent to write the decision was stored.
    IntentStored,
    /// The platform accepted the decision.
    WriteAccepted,
    /// The platform refused the decision, and no money had moved.
    WriteRefused,
    /// The platform refused the decision although the fine is paid.
    WriteRefusedAfterPayment,
    /// The check digit was read back.
    CheckDigitRead,
    /// An officer (or the clock) gave the case up: the money goes back.
    RefundStarted,
    /// The rail says that the refund succeeded.
    RefundDone,
    /// An officer cleared the obstacle: the decision is tried again.
    Retried,
    /// The driver left, or the case expired.
    Abandon,
    /// The decision was annulled: by its office (Administrative Penalty Law art. 75), by the body that reconsidered it, or
    /// by a court. The one way out of a decided case.
    Annul,
}

/// Every legal move, in the order of a case's life. What is not here cannot happen.
pub const MOVES: &[(CaseState, CaseEvent, CaseState)] = {
    use CaseEvent as E;
    use CaseState as S;
    &[
        (S::Learning, E::QuizPassed, S::Ready),
        (S::Learning, E::Abandon, S::Abandoned),
        (S::Ready, E::Confirm, S::Confirmed),
        (S::Ready, E::Abandon, S::Abandoned),
        // A warning goes straight to the platform; the other routes pay first.
        (S::Confirmed, E::IntentStored, S::Deciding),
        (S::Confirmed, E::OrderOpened, S::Paying),
        (S::Confirmed, E::Abandon, S::Abandoned),
        (S::Paying, E::OrderClosed, S::Confirmed),
        (S::Paying, E::MoneyArrived, S::Paid),
        // Money that arrives after the order was closed here is still money: never refused, always answered.
        (S::Confirmed, E::MoneyArrived, S::Paid),
        (S::Abandoned, E::MoneyArrived, S::Refunding),
        (S::Paid, E::IntentStored, S::Deciding),
        (S::Deciding, E::WriteAccepted, S::Written),
        (S::Written, E::CheckDigitRead, S::Decided),
        // Without money a refusal frees the violation; with money a person looks at it.
        (S::Deciding, E::WriteRefused, S::Refused),
        (S::Deciding, E::WriteRefusedAfterPayment, S::Manual),
        (S::Manual, E::Retried, S::Paid),
        (S::Manual, E::RefundStarted, S::Refunding),
        (S::Paid, E::RefundStarted, S::Refunding),
        // The state was read again before the write and says that there is nothing left to decide.
        (S::Deciding, E::RefundStarted, S::Refunding),
        // The named reversal: a decision may be annulled, and what was paid on it goes back.
        (S::Written, E::Annul, S::Annulled),
        (S::Decided, E::Annul, S::Annulled),
        (S::Annulled, E::RefundStarted, S::Refunding),
        (S::Refunding, E::RefundDone, S::Refunded),
    ]
};

/// A move that [`MOVES`] does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a case that is {from:?} cannot take {event:?}")]
pub struct IllegalMove {
    /// Where the case stands.
    pub from: CaseState,
    /// What was tried.
    pub event: CaseEvent,
}

impl CaseState {
    /// Every state, in the order of a case's life.
    pub const ALL: [Self; 14] = [
        Self::Learning,
        Self::Ready,
        Self::Confirmed,
        Self::Paying,
        Self::Paid,
        Self::Deciding,
        Self::Written,
        Self::Decided,
        Self::Refused,
        Self::Manual,
        Self::Refunding,
        Self::Refunded,
        Self::Abandoned,
        Self::Annulled,
    ];

    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalMove`] when [`MOVES`] has no such edge.
    pub fn after(self, event: CaseEvent) -> Result<Self, IllegalMove> {
        MOVES
            .iter()
            .find(|(from, on, _)| *from == self && *on == event)
            .map(|(_, _, to)| *to)
            .ok_or(IllegalMove { from: self, event })
    }

    /// Stable word used in the store.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Learning => "learning",
            Self::Ready => "ready",
            Self::Confirmed => "confirmed",
            Self::Paying => "paying",
            Self::Paid => "paid",
            Self::Deciding => "deciding",
            Self::Written => "written",
            Self::Decided => "decided",
            Self::Refused => "refused",
            Self::Manual => "manual",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
            Self::Abandoned => "abandoned",
            Self::Annulled => "annulled",
        }
    }

    /// The state with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.slug() == slug)
    }

    /// Whether nothing can happen to the case any more, except late money and a named reversal.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Decided | Self::Refused | Self::Refunded | Self::Abandoned | Self::Annulled)
    }

    /// Whether the platform holds the decision of this case, its check digit read or not.
    #[must_use]
    pub const fn has_decision(self) -> bool {
        matches!(self, Self::Written | Self::Decided)
    }

    /// Whether the violation is held by this case, so that nobody can open a second one on it.
    #[must_use]
    pub const fn holds_violation(self) -> bool {
        !matches!(self, Self::Refused | Self::Refunded | Self::Abandoned | Self::Annulled)
    }

    /// Whether the driver may still give the case up without a person's help.
    #[must_use]
    pub fn can_abandon(self) -> bool {
        self.after(CaseEvent::Abandon).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [CaseEvent; 15] = [
        CaseEvent::QuizPassed,
        CaseEvent::Confirm,
        CaseEvent::OrderOpened,
        CaseEvent::OrderClosed,
        CaseEvent::MoneyArrived,
        CaseEvent::IntentStored,
        CaseEvent::WriteAccepted,
        CaseEvent::WriteRefused,
        CaseEvent::WriteRefusedAfterPayment,
        CaseEvent::CheckDigitRead,
        CaseEvent::RefundStarted,
        CaseEvent::RefundDone,
        CaseEvent::Retried,
        CaseEvent::Abandon,
        CaseEvent::Annul,
    ];

    #[test]
    fn every_edge_outside_the_table_is_refused() {
        let mut legal = 0;
        for state in CaseState::ALL {
            for event in EVENTS {
                match state.after(event) {
                    Ok(to) => {
                        legal += 1;
                        assert!(MOVES.contains(&(state, event, to)));
                    }
                    Err(refused) => assert_eq!(refused, IllegalMove { from: state, event }),
                }
            }
        }
        assert_eq!(legal, MOVES.len(), "an edge stands twice in the table");
    }

    #[test]
    fn every_state_is_reachable_and_final_states_take_nothing_but_late_money_and_the_named_reversal() {
        for state in CaseState::ALL {
            assert!(
                state == CaseState::Learning
                    || state == CaseState::Ready
                    || MOVES.iter().any(|(_, _, to)| *to == state),
                "{state:?} cannot be reached"
            );
            if state.is_final() {
                let reversal = [CaseEvent::MoneyArrived, CaseEvent::Annul, CaseEvent::RefundStarted];
                assert!(MOVES.iter().all(|(from, event, _)| *from != state || reversal.contains(event)));
            }
            assert_eq!(CaseState::from_slug(state.slug()), Some(state));
        }
    }

    /// A case in which money may have moved can never be abandoned by a tap (`design.md` rule 11).
    #[test]
    fn nothing_that_may_hold_money_can_be_abandoned() {
        for state in
            [CaseState::Paying, CaseState::Paid, CaseState::Deciding, CaseState::Written, CaseState::Manual]
        {
            assert!(!state.can_abandon(), "{state:?}");
        }
    }
}
