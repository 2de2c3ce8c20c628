//! What becomes of the points when a cycle ends (order 163 art. 15; readings A25 to A28).

use jiff::civil::Date;

use super::{Cycle, FULL, Points};

/// One decision of the ending cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Points it gave.
    pub points: Points,
    /// Its fine is paid, or it had none.
    pub paid: bool,
    /// Last day to pay its fine; `None` when there is no fine.
    pub due: Option<Date>,
}

/// Which points move once a fine is overdue. A pack parameter (reading A26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarryOver {
    /// The points of all unpaid decisions of the cycle (art. 15 to the letter; our choice).
    AllUnpaid,
    /// Only those whose own fine is overdue.
    OnlyOverdue,
}

/// The end of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CycleEnd {
    /// Nothing is left.
    Cleared,
    /// These points begin the next cycle; the others are cleared.
    Moved(Points),
    /// 12 or more: nothing is cleared until full-mark study is passed and the fines are paid (art. 15, 23; reading A28).
    Stays(Points),
}

/// Ends a cycle. `reduced` are the points that study took off in it.
///
/// A fine due on the last day of the cycle is not overdue then: both terms end together (reading A25). Points taken off by
/// study are taken from paid decisions first, so what moves is the smaller of the unpaid points and the total (reading A27).
#[must_use]
pub fn end_of_cycle(cycle: &Cycle, entries: &[Entry], reduced: Points, carry: CarryOver) -> CycleEnd {
    let total = (entries.iter().map(|entry| entry.points).sum::<Points>() - reduced).max(0);
    if total >= FULL {
        return CycleEnd::Stays(total);
    }
    let overdue = |entry: &&Entry| !entry.paid && entry.due.is_some_and(|due| due < cycle.last_day());
    if !entries.iter().any(|entry| overdue(&entry)) {
        return CycleEnd::Cleared;
    }
    let moving: Points = match carry {
        CarryOver::AllUnpaid => entries.iter().filter(|entry| !entry.paid).map(|entry| entry.points).sum(),
        CarryOver::OnlyOverdue => entries.iter().filter(overdue).map(|entry| entry.points).sum(),
    };
    match moving.min(total) {
        0 => CycleEnd::Cleared,
        moved => CycleEnd::Moved(moved),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::points::cycle_of;

    fn cycle() -> Cycle {
        cycle_of(date(2015, 6, 15), date(2020, 4, 5)) // 2019-06-15 to 2020-06-14
    }

    fn paid(points: Points) -> Entry {
        Entry { points, paid: true, due: Some(date(2020, 1, 1)) }
    }

    fn unpaid(points: Points, due: Date) -> Entry {
        Entry { points, paid: false, due: Some(due) }
    }

    const OVERDUE: Date = date(2020, 6, 13);
    const LAST_DAY: Date = date(2020, 6, 14);
    const LATER: Date = date(2020, 6, 20);

    #[test]
    fn under_twelve_and_nothing_overdue_is_cleared() {
        assert_eq!(end_of_cycle(&cycle(), &[paid(6), paid(3)], 0, CarryOver::AllUnpaid), CycleEnd::Cleared);
        assert_eq!(end_of_cycle(&cycle(), &[], 0, CarryOver::AllUnpaid), CycleEnd::Cleared);
        assert_eq!(end_of_cycle(&cycle(), &[unpaid(3, LATER)], 0, CarryOver::AllUnpaid), CycleEnd::Cleared);
    }

    /// Reading A25: due on the last day of the cycle.
    #[test]
    fn reading_a25_a_fine_due_on_the_last_day_is_not_overdue_at_the_end() {
        assert_eq!(
            end_of_cycle(&cycle(), &[unpaid(3, LAST_DAY)], 0, CarryOver::AllUnpaid),
            CycleEnd::Cleared
        );
        assert_eq!(
            end_of_cycle(&cycle(), &[unpaid(3, OVERDUE)], 0, CarryOver::AllUnpaid),
            CycleEnd::Moved(3)
        );
    }

    /// Reading A26: one overdue fine takes all unpaid points along.
    #[test]
    fn reading_a26_one_overdue_fine_moves_all_unpaid_points() {
        let entries = [unpaid(3, OVERDUE), unpaid(2, LATER), paid(6)];
        assert_eq!(end_of_cycle(&cycle(), &entries, 0, CarryOver::AllUnpaid), CycleEnd::Moved(5));
        assert_eq!(end_of_cycle(&cycle(), &entries, 0, CarryOver::OnlyOverdue), CycleEnd::Moved(3));
    }

    /// Reading A27: study takes paid points first; at most the total moves.
    #[test]
    fn reading_a27_reductions_eat_paid_points_first() {
        let entries = [unpaid(3, OVERDUE), paid(6)];
        for (reduced, end) in [
            (0, CycleEnd::Moved(3)),
            (6, CycleEnd::Moved(3)),
            (7, CycleEnd::Moved(2)),
            (9, CycleEnd::Cleared),
        ] {
            assert_eq!(
                end_of_cycle(&cycle(), &entries, reduced, CarryOver::AllUnpaid),
                end,
                "{reduced} taken off"
            );
        }
    }

    /// Reading A28: 12 stays; 12 less one by study does not.
    #[test]
    fn reading_a28_twelve_stays_until_study_and_payment() {
        assert_eq!(end_of_cycle(&cycle(), &[paid(6), paid(6)], 0, CarryOver::AllUnpaid), CycleEnd::Stays(12));
        assert_eq!(end_of_cycle(&cycle(), &[paid(6), paid(6)], 1, CarryOver::AllUnpaid), CycleEnd::Cleared);
    }

    proptest! {
        /// Never more moves than was there, and a licence under 12 with everything paid is always cleared.
        #[test]
        fn nothing_is_invented(
            entries in proptest::collection::vec((0..7i32, any::<bool>(), 0..40i32), 0..6), reduced in 0..7i32,
        ) {
            let entries: Vec<Entry> = entries
                .iter()
                .map(|(points, paid, at)| Entry {
                    points: *points,
                    paid: *paid,
                    due: Some(date(2020, 5, 20).checked_add(jiff::Span::new().days(*at)).expect("a date")),
                })
                .collect();
            let total = (entries.iter().map(|entry| entry.points).sum::<Points>() - reduced).max(0);
            let unpaid: Points = entries.iter().filter(|entry| !entry.paid).map(|entry| entry.points).sum();
            match end_of_cycle(&cycle(), &entries, reduced, CarryOver::AllUnpaid) {
                CycleEnd::Stays(stays) => prop_assert!(stays == total && total >= FULL),
                CycleEnd::Moved(moved) => prop_assert!(moved > 0 && moved <= total && moved <= unpaid),
                CycleEnd::Cleared => prop_assert!(total < FULL),
            }
            let all_paid: Vec<Entry> = entries.iter().map(|entry| Entry { paid: true, ..*entry }).collect();
            prop_assert!(!matches!(
                end_of_cycle(&cycle(), &all_paid, reduced, CarryOver::AllUnpaid), CycleEnd::Moved(_)
            ));
        }
    }
}
