//! The additional fine for late payment (加处罚款): 3 % of the fine a day, never above the fine itself
//! (penalty law art. 72(1); enforcement law art. 45; order 157 art. 60; domain.md §8 trap 6).

use jiff::Span;
use jiff::civil::Date;

use crate::money::Fen;

/// Percent of the unpaid fine that each counted day adds.
pub const PERCENT_PER_DAY: i64 = 3;

/// The additional fine owed at the end of `today`.
///
/// * The first counted day is the day after `due` ([`crate::Calendar::payment_due`]).
/// * `pauses` are the terms of reconsideration or court proceedings, first and last day included; none of these days
///   counts (penalty law art. 73(3); reading A32).
/// * `paid` are payments towards the fine. From the day of a payment the surcharge runs on the rest only; the ceiling stays
///   the whole fine (reading A31).
/// * The daily amounts are added exactly and the sum is cut to whole fen: a fraction is never charged.
///
/// With the whole fine unpaid: 33 days make 99 %, the 34th reaches the ceiling.
#[must_use]
pub fn surcharge(fine: Fen, due: Date, today: Date, pauses: &[(Date, Date)], paid: &[(Date, Fen)]) -> Fen {
    if fine <= Fen::ZERO {
        return Fen::ZERO;
    }
    let ceiling = i128::from(fine.0) * 100;
    let mut hundredths: i128 = 0;
    for day in counted_days(due, today, pauses) {
        let rest = rest_on(fine, paid, day);
        hundredths += i128::from(rest) * i128::from(PERCENT_PER_DAY);
        if rest == 0 || hundredths >= ceiling {
            break;
        }
    }
    Fen(i64::try_from(hundredths.min(ceiling) / 100).expect("at most the fine, which is 64 bits"))
}

/// The days that count between the last day to pay and today, both as in [`surcharge`].
pub fn counted_days(due: Date, today: Date, pauses: &[(Date, Date)]) -> impl Iterator<Item = Date> {
    due.series(Span::new().days(1))
        .skip(1)
        .take_while(move |day| *day <= today)
        .filter(|day| !pauses.iter().any(|(first, last)| (*first..=*last).contains(day)))
}

/// What of the fine is unpaid on a day, payments of that very day taken off; never below nothing.
fn rest_on(fine: Fen, paid: &[(Date, Fen)], day: Date) -> i64 {
    let paid_by: i128 = paid.iter().filter(|(on, _)| *on <= day).map(|(_, fen)| i128::from(fen.0)).sum();
    let rest = (i128::from(fine.0) - paid_by).clamp(0, i128::from(fine.0));
    i64::try_from(rest).expect("clamped to the fine")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::Calendar;

    fn after(due: Date, days: i32) -> Date {
        due.checked_add(Span::new().days(days)).expect("a date")
    }

    /// domain.md §8 trap 6, the plain course: nothing on the last day, 3 % on the next, the ceiling on the 34th.
    #[test]
    fn trap_06_three_percent_a_day_from_the_day_after_and_never_above_the_fine() {
        let due = date(2020, 4, 20);
        let fine = Fen::from_yuan(100);
        for (days, owed) in
            [(-5, 0), (0, 0), (1, 300), (2, 600), (33, 9_900), (34, 10_000), (35, 10_000), (3000, 10_000)]
        {
            assert_eq!(surcharge(fine, due, after(due, days), &[], &[]), Fen(owed), "{days} days late");
        }
    }

    /// Trap 6 from receipt to surcharge: served on a Friday before Qingming, the 15th day is a Saturday.
    #[test]
    fn trap_06_a_shifted_last_day_shifts_the_first_surcharge() {
        let due = Calendar::builtin().payment_due(date(2020, 4, 3));
        assert_eq!(due, date(2020, 4, 20));
        assert_eq!(surcharge(Fen::from_yuan(200), due, date(2020, 4, 20), &[], &[]), Fen::ZERO);
        assert_eq!(surcharge(Fen::from_yuan(200), due, date(2020, 4, 21), &[], &[]), Fen::from_yuan(6));
    }

    /// Reading A31: after a part payment the rest bears the surcharge, from the day of payment; the ceiling is the whole fine.
    #[test]
    fn reading_a31_part_payment_leaves_the_rest() {
        let (due, fine) = (date(2020, 4, 20), Fen::from_yuan(100));
        let half = [(date(2020, 4, 23), Fen::from_yuan(50))];
        assert_eq!(surcharge(fine, due, date(2020, 4, 22), &[], &half), Fen::from_yuan(6), "two days on 100");
        assert_eq!(surcharge(fine, due, date(2020, 4, 23), &[], &half), Fen(750), "the day of payment on 50");
        assert_eq!(surcharge(fine, due, date(2020, 4, 24), &[], &half), Fen::from_yuan(9));
        assert_eq!(surcharge(fine, due, date(2021, 4, 24), &[], &half), fine, "the ceiling stays 100");
        let whole = [(date(2020, 4, 23), fine)];
        assert_eq!(surcharge(fine, due, date(2021, 1, 1), &[], &whole), Fen::from_yuan(6), "stops when paid");
        let early = [(date(2020, 4, 10), fine)];
        assert_eq!(surcharge(fine, due, date(2021, 1, 1), &[], &early), Fen::ZERO, "paid in time");
    }

    /// Reading A32: of a review from the 22nd to the 24th neither the first nor the last day counts.
    #[test]
    fn reading_a32_days_of_review_do_not_count_first_and_last_included() {
        let (due, fine) = (date(2020, 4, 20), Fen::from_yuan(100));
        let review = [(date(2020, 4, 22), date(2020, 4, 24))];
        for (today, owed) in [(21, 3), (22, 3), (23, 3), (24, 3), (25, 6), (26, 9)] {
            assert_eq!(
                surcharge(fine, due, date(2020, 4, today), &review, &[]),
                Fen::from_yuan(owed),
                "{today} April"
            );
        }
        let overlapping = [review[0], (date(2020, 4, 24), date(2020, 4, 25))];
        assert_eq!(
            surcharge(fine, due, date(2020, 4, 26), &overlapping, &[]),
            Fen::from_yuan(6),
            "a day pauses once"
        );
        let before_due = [(date(2020, 4, 1), date(2020, 4, 20))];
        assert_eq!(surcharge(fine, due, date(2020, 4, 21), &before_due, &[]), Fen::from_yuan(3));
    }

    #[test]
    fn a_fraction_of_a_fen_is_not_charged() {
        let due = date(2020, 4, 20);
        assert_eq!(surcharge(Fen(33), due, after(due, 1), &[], &[]), Fen(0), "0.99 fen");
        assert_eq!(surcharge(Fen(33), due, after(due, 2), &[], &[]), Fen(1), "1.98 fen");
        assert_eq!(surcharge(Fen(33), due, after(due, 33), &[], &[]), Fen(32), "32.67 fen");
        assert_eq!(surcharge(Fen(33), due, after(due, 34), &[], &[]), Fen(33));
        assert_eq!(surcharge(Fen(0), due, after(due, 34), &[], &[]), Fen(0));
        assert_eq!(surcharge(Fen(-5), due, after(due, 34), &[], &[]), Fen(0));
        assert_eq!(surcharge(Fen(i64::MAX), due, after(due, 40), &[], &[]), Fen(i64::MAX));
    }

    proptest! {
        /// The law as one formula: min(fine, floor(3 % × days × fine)) while nothing is paid and nothing pauses.
        #[test]
        fn unpaid_it_is_three_percent_times_days(fine in 0..2_000_000i64, days in 0..200i64) {
            let due = date(2020, 4, 20);
            let today = due.checked_add(Span::new().days(days)).expect("a date");
            prop_assert_eq!(surcharge(Fen(fine), due, today, &[], &[]), Fen((fine * 3 * days / 100).min(fine)));
        }

        /// It never shrinks from one day to the next, never passes the fine, and a pause or a payment never raises it.
        #[test]
        fn time_raises_it_and_pauses_and_payments_lower_it(
            fine in 1..50_000i64, days in 0..120i32, pause in (0..60i32, 0..60i32), part in (0..60i32, 0..60_000i64),
        ) {
            let due = date(2020, 4, 20);
            let pauses = [(after(due, pause.0), after(due, pause.0 + pause.1))];
            let paid = [(after(due, part.0), Fen(part.1))];
            let at = |days| surcharge(Fen(fine), due, after(due, days), &pauses, &paid);
            prop_assert!(at(days) <= at(days + 1));
            prop_assert!(at(days) <= Fen(fine));
            prop_assert!(at(days) <= surcharge(Fen(fine), due, after(due, days), &[], &paid));
            prop_assert!(at(days) <= surcharge(Fen(fine), due, after(due, days), &pauses, &[]));
        }
    }
}
