//! What people come for on a launch day: one table, from which both the pretend city and the crowd draw.

use crate::city::numbers::Dice;

/// What a driver comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Pays the one violation there is.
    PayOne,
    /// Pays two in one merged payment.
    PayMerged,
    /// 首违警告: study, quiz, confirmation.
    First,
    /// 学习减分: study, quiz, payment.
    Study,
    /// 首违警告, with a quiz that fails once.
    FailsOnce,
    /// Looks, and reads why the warning cannot be used.
    Looks,
    /// Pays, and the phone is never seen again.
    LeavesPaid,
    /// Confirms a warning, and the phone is never seen again.
    LeavesConfirmed,
    /// Pays, and opens the list again and again while waiting.
    Refreshes,
    /// Pays, and signs in on a second phone while waiting.
    OtherPhone,
    /// The bank declines once; pays at the second try.
    Declined,
}

/// Shares in thousandths, with the words of the report.
pub const MIX: [(Deed, u32, &str); 11] = [
    (Deed::PayOne, 380, "pays one violation"),
    (Deed::PayMerged, 160, "pays two in one merged payment"),
    (Deed::First, 130, "a warning instead of the fine, with study and quiz"),
    (Deed::Study, 90, "study for fewer points, with quiz and payment"),
    (Deed::FailsOnce, 30, "fails the quiz once and tries again"),
    (Deed::Looks, 70, "only looks, and reads why not"),
    (Deed::LeavesPaid, 40, "pays and is never seen again"),
    (Deed::LeavesConfirmed, 20, "confirms a warning and is never seen again"),
    (Deed::Refreshes, 40, "opens the list again and again while waiting"),
    (Deed::OtherPhone, 20, "signs in on a second phone while waiting"),
    (Deed::Declined, 20, "is declined by the bank once"),
];

/// What driver `n` (from 0) of a seed comes for: the same for everybody who asks.
#[must_use]
pub fn deed(seed: u64, n: usize) -> Deed {
    let n = u64::try_from(n).unwrap_or(0);
    let draw = Dice::new(seed.wrapping_mul(0x9E37_79B9).wrapping_add(n)).below(1_000);
    let mut left = u32::try_from(draw).unwrap_or(0);
    for (deed, share, _) in MIX {
        if left < share {
            return deed;
        }
        left -= share;
    }
    Deed::PayOne
}

/// The openid of driver `n`, from 0.
#[must_use]
pub fn openid(n: usize) -> String {
    format!("rush-{:06}", n + 1)
}

impl Deed {
    /// Whether a programme with study is used.
    #[must_use]
    pub const fn studies(self) -> bool {
        matches!(self, Deed::First | Deed::Study | Deed::FailsOnce | Deed::LeavesConfirmed)
    }

    /// The words of the report.
    #[must_use]
    pub fn words(self) -> &'static str {
        MIX.iter().find(|(deed, ..)| *deed == self).map_or("", |(_, _, words)| words)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_mix_adds_up_and_is_drawn_as_it_says() {
        assert_eq!(MIX.iter().map(|(_, share, _)| share).sum::<u32>(), 1_000);
        let mut drawn: BTreeMap<Deed, u32> = BTreeMap::new();
        for n in 0..20_000 {
            *drawn.entry(deed(7, n)).or_default() += 1;
        }
        for (deed, share, _) in MIX {
            let (want, have) = (share * 20, drawn[&deed]);
            assert!(have.abs_diff(want) * 5 < want.max(400), "{deed:?}: {have} of {want}");
        }
        assert_eq!(deed(7, 3), deed(7, 3));
        assert!((0..50).any(|n| deed(7, n) != deed(8, n)));
    }
}
