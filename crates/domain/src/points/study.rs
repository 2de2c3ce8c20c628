//! What study takes off: points of the licence (order 163 art. 25, 27), or a city's credit on one record.

use super::Points;

/// Points that one finished study takes off the licence: what it is worth, but never more than is there, and never more than
/// the cycle still allows (order 163 art. 25: 6). The cap counts points *granted* in this cycle (domain.md §8 trap 9).
#[must_use]
pub fn granted(worth: Points, on_licence: Points, granted_in_cycle: Points, cap: Points) -> Points {
    worth.min(on_licence).min(cap - granted_in_cycle).max(0)
}

/// A city's credit spent on one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditUse {
    /// Points of the record after it.
    pub left_on_record: Points,
    /// Points it took off.
    pub taken: Points,
    /// Rest of the credit, which is lost: once per cycle (reading A15).
    pub lost: Points,
}

/// Spends a credit (3 under the first Wuhan pack, 4 under the upgrade) on a record; a record never goes below 0.
#[must_use]
pub fn use_credit(credit: Points, record: Points) -> CreditUse {
    let taken = credit.min(record).max(0);
    CreditUse { left_on_record: record - taken, taken, lost: (credit - taken).max(0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// domain.md §8 trap 9: at 0 points nothing is granted, and the cap counts what was granted.
    #[test]
    fn trap_09_never_below_zero_and_the_cap_counts_granted_points() {
        for (worth, on_licence, before, want) in [
            (1, 3, 0, 1),
            (1, 0, 0, 0), // nothing there
            (2, 1, 0, 1), // a classroom hour is worth 2, one point is there
            (1, 9, 5, 1),
            (2, 9, 5, 1), // one point short of the cap
            (1, 9, 6, 0), // the cap is reached
            (1, 9, 7, 0), // a corrected record above the cap
        ] {
            assert_eq!(granted(worth, on_licence, before, 6), want, "{worth} on {on_licence} after {before}");
        }
    }

    /// Reading A15: the rest of a credit is lost.
    #[test]
    fn reading_a15_the_rest_of_a_credit_is_lost() {
        assert_eq!(use_credit(4, 3), CreditUse { left_on_record: 0, taken: 3, lost: 1 });
        assert_eq!(use_credit(4, 6), CreditUse { left_on_record: 2, taken: 4, lost: 0 });
        assert_eq!(use_credit(3, 3), CreditUse { left_on_record: 0, taken: 3, lost: 0 });
        assert_eq!(use_credit(4, 0), CreditUse { left_on_record: 0, taken: 0, lost: 4 });
    }

    proptest! {
        #[test]
        fn a_whole_cycle_of_study_grants_at_most_the_cap(
            worth in proptest::collection::vec(1..3i32, 0..20), start in 0..12i32, cap in 0..7i32,
        ) {
            let (mut on_licence, mut so_far) = (start, 0);
            for worth in worth {
                let points = granted(worth, on_licence, so_far, cap);
                prop_assert!(points >= 0);
                on_licence -= points;
                so_far += points;
            }
            prop_assert!(on_licence >= 0 && so_far <= cap && so_far <= start);
        }

        #[test]
        fn a_credit_is_spent_or_lost_whole(credit in 0..5i32, record in 0..13i32) {
            let used = use_credit(credit, record);
            prop_assert_eq!(used.taken + used.lost, credit);
            prop_assert_eq!(used.left_on_record + used.taken, record);
            prop_assert!(used.left_on_record >= 0);
        }
    }
}
