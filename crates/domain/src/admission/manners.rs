//! What is refused first when something runs out: new money, then new deeds, reading last. What was promised is kept.

/// What somebody wants of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Looking, and what a counterpart tells us: money that has moved is never refused for want of room.
    Read,
    /// Changing something.
    Act,
    /// Beginning with money.
    Money,
}

/// How full what can run out is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pressure {
    /// The fullest of it, thousandths.
    pub per_mille: u32,
    /// Whether the disk or the database failed the last write.
    pub failing: bool,
}

/// Thousandths at which new money is refused.
const MONEY: u32 = 500;
/// Thousandths at which new deeds are refused.
const ACT: u32 = 750;
/// Thousandths at which looking is refused.
const READ: u32 = 1_000;

impl Pressure {
    /// Of several things, the fullest; each is (used, most).
    #[must_use]
    pub fn of(parts: &[(usize, usize)], failing: bool) -> Self {
        let per_mille = |(used, most): &(usize, usize)| {
            u32::try_from(used.saturating_mul(1_000) / (*most).max(1)).unwrap_or(u32::MAX)
        };
        Self { per_mille: parts.iter().map(per_mille).max().unwrap_or(0), failing }
    }

    /// Whether there is room for it. On a failing disk a deed may try, because an answer costs nobody anything; money
    /// is not begun before a write has gone well again.
    #[must_use]
    pub const fn admits(self, deed: Deed) -> bool {
        match deed {
            Deed::Read => self.per_mille < READ,
            Deed::Act => self.per_mille < ACT,
            Deed::Money => self.per_mille < MONEY && !self.failing,
        }
    }

    /// Seconds after which it makes sense to come again: spread over the people, so that they do not come back together.
    /// `draw` is any number that differs between them.
    #[must_use]
    pub const fn again_s(self, draw: u8) -> u32 {
        let first = if self.failing { 30 } else { 5 };
        first + (draw as u32) * first / 256
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_goes_first_and_reading_last() {
        let said = |per_mille| {
            let pressure = Pressure { per_mille, failing: false };
            [Deed::Money, Deed::Act, Deed::Read].map(|deed| pressure.admits(deed))
        };
        assert_eq!(said(499), [true, true, true]);
        assert_eq!(said(500), [false, true, true]);
        assert_eq!(said(750), [false, false, true]);
        assert_eq!(said(1_000), [false, false, false]);
    }

    #[test]
    fn a_failing_disk_takes_no_new_money() {
        let pressure = Pressure { per_mille: 0, failing: true };
        assert_eq!(
            [Deed::Money, Deed::Act, Deed::Read].map(|deed| pressure.admits(deed)),
            [false, true, true]
        );
        assert!((30..60).contains(&pressure.again_s(255)));
    }

    proptest! {
        #[test]
        fn what_is_refused_to_the_less_needy_is_refused_to_the_more_needy(
            parts in prop::collection::vec((0_usize..10_000, 0_usize..10_000), 0..4), failing: bool,
        ) {
            let pressure = Pressure::of(&parts, failing);
            if pressure.admits(Deed::Money) {
                prop_assert!(pressure.admits(Deed::Act));
            }
            if pressure.admits(Deed::Act) {
                prop_assert!(pressure.admits(Deed::Read));
            }
        }
    }
}
