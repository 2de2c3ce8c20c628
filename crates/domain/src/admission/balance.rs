//! How decisions and knowledge share the platform while both wait. A decision is made without anybody looking on; whoever waits for a
//! check stands there with a phone in the hand, and cannot begin before. So checks have the larger part, and decisions one that never
//! runs dry. Counted in calls, because a check of everything takes more of them than a decision.

/// What the platform is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Decisions: turns.
    Decisions,
    /// What whoever looks may do: checks.
    Knowledge,
}

/// Calls for knowledge beside one for a decision.
pub(super) const KNOWLEDGE_PART: u64 = 3;
/// Calls by which one side may be ahead of its part, a decision's counted [`KNOWLEDGE_PART`] times: more than all workers have in
/// hand together, and not more than seconds of a platform.
const LEAD_MAX: i64 = 4_000;
/// Calls of one side after which what was counted weighs half: a few minutes of a platform.
const REMEMBERED: u64 = 20_000;
/// Things that must have ended on each side before they are compared.
const ENDED_MIN: u64 = 10;

/// Which side comes next, and what its work costs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Balance {
    /// Calls for knowledge above its part, since both wait.
    lead: i64,
    decisions: Spent,
    knowledge: Spent,
}

/// Calls, and what came of them.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    calls: u64,
    ended: u64,
}

impl Balance {
    /// The side that has had less of its part.
    #[must_use]
    pub const fn next(&self) -> Side {
        if self.lead <= 0 { Side::Knowledge } else { Side::Decisions }
    }

    /// Only one side waits: what it takes now is nobody else's, and is not held against it later.
    pub const fn alone(&mut self) {
        self.lead = 0;
    }

    /// Work of a side took so many calls; `ended` turns or checks were over with it, none where it is tried again.
    pub fn spend(&mut self, side: Side, calls: u64, ended: u64) {
        let made = i64::try_from(calls).unwrap_or(LEAD_MAX);
        let (spent, lead) = match side {
            Side::Decisions => (&mut self.decisions, made.saturating_mul(-KNOWLEDGE_PART.cast_signed())),
            Side::Knowledge => (&mut self.knowledge, made),
        };
        self.lead = self.lead.saturating_add(lead).clamp(-LEAD_MAX, LEAD_MAX);
        spent.calls = spent.calls.saturating_add(calls);
        spent.ended = spent.ended.saturating_add(ended);
        if spent.calls > REMEMBERED {
            (spent.calls, spent.ended) = (spent.calls / 2, spent.ended / 2);
        }
    }

    /// How many turns the platform could end with the calls of one check, thousandths; `None` while too little of either has ended.
    #[must_use]
    pub fn worth(&self) -> Option<u64> {
        let (check, turn) = (self.knowledge, self.decisions);
        if check.ended.min(turn.ended) < ENDED_MIN || turn.calls == 0 {
            return None;
        }
        let worth = u128::from(check.calls) * u128::from(turn.ended) * 1_000
            / (u128::from(check.ended) * u128::from(turn.calls));
        u64::try_from(worth).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_check_is_worth_the_turns_that_its_calls_would_end() {
        let mut balance = Balance::default();
        assert_eq!(balance.worth(), None, "nothing was seen");
        for _ in 0..100 {
            balance.spend(Side::Decisions, 4, 1);
            balance.spend(Side::Knowledge, 1, 1);
        }
        assert_eq!(balance.worth(), Some(250));
        // One call in twenty fails: it was made all the same.
        (0..5).for_each(|_| balance.spend(Side::Decisions, 4, 0));
        assert_eq!(balance.worth(), Some(238));
    }

    #[test]
    fn what_a_side_took_while_it_was_alone_is_not_held_against_it() {
        let mut balance = Balance::default();
        for _ in 0..10_000 {
            balance.spend(Side::Knowledge, 3, 1);
            balance.alone();
        }
        balance.spend(Side::Decisions, 4, 1);
        assert_eq!(
            balance.next(),
            Side::Knowledge,
            "whoever looks is not made to wait for what nobody wanted before"
        );
    }

    #[test]
    fn a_million_calls_later_it_still_counts() {
        let mut balance = Balance::default();
        for _ in 0..1_000_000 {
            balance.spend(Side::Decisions, 4, 1);
            balance.spend(Side::Knowledge, 2, 1);
        }
        let worth = balance.worth().expect("seen");
        assert!((495..=505).contains(&worth), "{worth}");
    }

    /// Calls for decisions and for knowledge while both wait, where each piece of work costs what is told and so many are in hand.
    fn shared(costs: &[(u64, u64)], hands: usize) -> [u64; 2] {
        let (mut balance, mut in_hand, mut calls) = (Balance::default(), VecDeque::new(), [0_u64; 2]);
        for step in 0..20_000 {
            let (decision, check) = costs[step % costs.len()];
            let side = balance.next();
            in_hand.push_back((side, if side == Side::Decisions { decision } else { check }));
            if in_hand.len() > hands {
                let (side, cost) = in_hand.pop_front().expect("in hand");
                calls[usize::from(side == Side::Knowledge)] += cost;
                balance.spend(side, cost, 1);
            }
        }
        calls
    }

    /// What fifty decisions in hand cost together is more than a thousand calls: a lead that was cut off there gave them too much.
    #[test]
    fn many_in_hand_do_not_move_the_parts() {
        let [decisions, checks] = shared(&[(7, 1)], 53);
        assert!((decisions * 3).abs_diff(checks) <= 4 * 60 * 8, "{decisions} and {checks}");
    }

    proptest! {
        /// However much a piece of work takes, and however many are in hand at a time, three calls in four are for knowledge.
        #[test]
        fn while_both_wait_each_has_its_part(
            costs in prop::collection::vec((1_u64..8, 1_u64..8), 1..20), hands in 1_usize..60,
        ) {
            let [decisions, checks] = shared(&costs, hands);
            prop_assert!((decisions * 3).abs_diff(checks) <= 4 * 60 * 8, "{decisions} and {checks}");
        }
    }
}
