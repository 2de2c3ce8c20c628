//! The terms of the law: how many days, of which kind, counted from what, and where each is written.
//!
//! The same word "5 日" means working days in one law and calendar days in another (domain.md §8 trap 16), so the kind is
//! looked up by law and number, never chosen at the call.

use jiff::Span;
use jiff::civil::Date;

use crate::calendar::Calendar;

/// A law whose days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// 道路交通安全违法行为处理程序规定 (order 105 as amended by 157).
    Procedure157,
    /// 道路交通安全违法行为记分管理办法 (order 163).
    Points163,
    /// 行政处罚法 (2021).
    Penalty2021,
    /// 行政复议法 (2023).
    Reconsideration2023,
    /// 行政诉讼法 (2017).
    Litigation2017,
}

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// Days on which offices are open.
    Working,
    /// Every day; a last day on a holiday moves to the next open day.
    Calendar,
}

impl Law {
    /// What "n 日" means in this law.
    ///
    /// Order 157 art. 81: 2, 3, 5, 7, 10, 15 are working days. Order 163 art. 36: 3, 10, 30 are natural days. Penalty law
    /// art. 85: 2, 3, 5, 7 are working days. Reconsideration law art. 88: 3, 5, 7, 10 are working days. Everything that
    /// these articles do not name is calendar days (police procedure rule art. 35).
    #[must_use]
    pub fn day_kind(self, n: u16) -> DayKind {
        let working: &[u16] = match self {
            Law::Procedure157 => &[2, 3, 5, 7, 10, 15],
            Law::Points163 | Law::Litigation2017 => &[],
            Law::Penalty2021 => &[2, 3, 5, 7],
            Law::Reconsideration2023 => &[3, 5, 7, 10],
        };
        if working.contains(&n) { DayKind::Working } else { DayKind::Calendar }
    }

    /// The last day of "n 日" from a day that itself does not count.
    #[must_use]
    pub fn end(self, from: Date, n: u16, calendar: &Calendar) -> Date {
        match self.day_kind(n) {
            DayKind::Working => calendar.working_days_after(from, n),
            DayKind::Calendar => calendar.open_on_or_after(plus(from, Span::new().days(i64::from(n)))),
        }
    }
}

/// A term that this platform shows or acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// To pay a fine, from receipt of the decision.
    Payment,
    /// For the deciding office to review an objection.
    ObjectionReview,
    /// For the office to audit a camera record, from collection.
    RecordAudit,
    /// For the office to tell the owner, from entry of the record.
    RecordTold,
    /// For the driver to come in, from being told. Information only: it does not move for holidays (reading A33).
    ComeIn,
    /// For the office to take an unfounded record off, from finding it so.
    RecordRemoval,
    /// For the office to file a summary decision.
    SummaryFiled,
    /// To answer a compulsory-measure slip.
    MeasureAnswer,
    /// The longest extension of coming in.
    Extension,
    /// To join full-mark study before the licence is announced out of use.
    FullMarkStudy,
    /// To ask for reconsideration, from knowing the decision.
    Reconsideration,
    /// To go to court, from knowing the decision.
    Court,
    /// To go to court after a reconsideration decision.
    CourtAfterReconsideration,
}

/// How one term runs: a number of days of a law, plain calendar days without a holiday shift, or months.
enum Run {
    Days(Law, u16),
    PlainDays(u16),
    Months(u8),
}

impl Term {
    /// Every term.
    pub const ALL: [Term; 13] = [
        Term::Payment,
        Term::ObjectionReview,
        Term::RecordAudit,
        Term::RecordTold,
        Term::ComeIn,
        Term::RecordRemoval,
        Term::SummaryFiled,
        Term::MeasureAnswer,
        Term::Extension,
        Term::FullMarkStudy,
        Term::Reconsideration,
        Term::Court,
        Term::CourtAfterReconsideration,
    ];

    /// The one table: how it runs and its article.
    fn row(self) -> (Run, &'static str) {
        match self {
            Term::Payment => (Run::Days(Law::Penalty2021, 15), "行政处罚法第六十七条"),
            Term::ObjectionReview => (Run::Days(Law::Procedure157, 5), "处理程序规定第五条"),
            Term::RecordAudit => (Run::Days(Law::Procedure157, 5), "处理程序规定第十九条"),
            Term::RecordTold => (Run::Days(Law::Procedure157, 5), "处理程序规定第二十条"),
            Term::ComeIn => (Run::PlainDays(30), "处理程序规定第二十条"),
            Term::RecordRemoval => (Run::Days(Law::Procedure157, 3), "处理程序规定第二十二条"),
            Term::SummaryFiled => (Run::Days(Law::Procedure157, 2), "处理程序规定第四十四条"),
            Term::MeasureAnswer => (Run::Days(Law::Procedure157, 15), "处理程序规定第四十六条"),
            Term::Extension => (Run::Months(3), "处理程序规定第五十三条"),
            Term::FullMarkStudy => (Run::Days(Law::Points163, 30), "记分管理办法第二十九条"),
            Term::Reconsideration => (Run::Days(Law::Reconsideration2023, 60), "行政复议法第二十条"),
            Term::Court => (Run::Months(6), "行政诉讼法第四十六条"),
            Term::CourtAfterReconsideration => (Run::Days(Law::Litigation2017, 15), "行政诉讼法第四十五条"),
        }
    }

    /// The article that sets the term.
    #[must_use]
    pub fn article(self) -> &'static str {
        self.row().1
    }

    /// The last day of the term; the day it is counted from does not count (police procedure rule art. 35).
    #[must_use]
    pub fn end(self, from: Date, calendar: &Calendar) -> Date {
        match self.row().0 {
            Run::Days(law, n) => law.end(from, n, calendar),
            Run::PlainDays(n) => plus(from, Span::new().days(i64::from(n))),
            Run::Months(n) => calendar.open_on_or_after(plus(from, Span::new().months(i64::from(n)))),
        }
    }

    /// Whether the term is over on a day: from the day after its last one.
    #[must_use]
    pub fn is_over(self, from: Date, today: Date, calendar: &Calendar) -> bool {
        today > self.end(from, calendar)
    }
}

fn plus(day: Date, span: Span) -> Date {
    day.checked_add(span).expect("legal terms end before the year 9999")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// domain.md §8 trap 16: the same number of days, three laws.
    #[test]
    fn trap_16_working_or_calendar_days_by_article() {
        let calendar = Calendar::builtin();
        let friday = date(2020, 4, 3); // Qingming: 4 to 6 April closed
        assert_eq!(
            Law::Procedure157.end(friday, 3, &calendar),
            date(2020, 4, 9),
            "order 157 art. 81: working days"
        );
        assert_eq!(
            Law::Points163.end(friday, 3, &calendar),
            date(2020, 4, 7),
            "order 163 art. 36: natural days, shifted"
        );
        assert_eq!(
            Law::Penalty2021.end(friday, 5, &calendar),
            date(2020, 4, 13),
            "penalty law art. 85: working days"
        );
        assert_eq!(
            Law::Procedure157.end(friday, 15, &calendar),
            date(2020, 4, 26),
            "15 working days, a worked Sunday"
        );
        assert_eq!(
            Law::Penalty2021.end(friday, 15, &calendar),
            date(2020, 4, 20),
            "15 calendar days, Saturday shifted"
        );
        assert_eq!(Law::Points163.end(friday, 10, &calendar), date(2020, 4, 13));
        assert_eq!(Law::Procedure157.day_kind(30), DayKind::Calendar);
        assert_eq!(Law::Reconsideration2023.day_kind(5), DayKind::Working);
        assert_eq!(Law::Reconsideration2023.day_kind(60), DayKind::Calendar);
    }

    /// Reading A30: a last day on a Saturday, Sunday or public holiday moves; a worked Sunday does not.
    #[test]
    fn reading_a30_the_last_day_to_pay_moves_off_closed_days() {
        let calendar = Calendar::builtin();
        for (served, due) in [
            (date(2020, 4, 5), date(2020, 4, 20)),    // a Monday
            (date(2020, 4, 3), date(2020, 4, 20)),    // the 18th is a Saturday
            (date(2020, 4, 4), date(2020, 4, 20)),    // the 19th is a Sunday
            (date(2020, 4, 11), date(2020, 4, 26)),   // a Sunday that is worked
            (date(2020, 4, 16), date(2020, 5, 6)),    // 1 to 5 May closed
            (date(2020, 9, 16), date(2020, 10, 9)),   // 1 to 8 October closed
            (date(2020, 1, 9), date(2020, 2, 3)),     // Spring Festival, extended
            (date(2020, 2, 14), date(2020, 3, 2)),    // 29 February 2020 is a Saturday
            (date(2018, 12, 14), date(2018, 12, 29)), // a Saturday worked for New Year
            (date(2018, 12, 15), date(2019, 1, 2)),
            (date(2026, 11, 23), date(2026, 12, 8)),
        ] {
            assert_eq!(calendar.payment_due(served), due, "served {served}");
        }
    }

    /// Reading A33: the 30 days of the notice are information and do not move for holidays.
    #[test]
    fn reading_a33_thirty_days_of_the_notice_do_not_move() {
        let calendar = Calendar::builtin();
        assert_eq!(
            Term::ComeIn.end(date(2020, 4, 3), &calendar),
            date(2020, 5, 3),
            "a Sunday in the May holiday"
        );
        assert!(!Term::ComeIn.is_over(date(2020, 4, 3), date(2020, 5, 3), &calendar));
        assert!(Term::ComeIn.is_over(date(2020, 4, 3), date(2020, 5, 4), &calendar));
        assert_eq!(
            Term::FullMarkStudy.end(date(2020, 4, 3), &calendar),
            date(2020, 5, 6),
            "order 163 art. 36 moves"
        );
    }

    /// domain.md §8 trap 17: electronic service counts from the day the system sent it successfully.
    #[test]
    fn trap_17_service_is_dated_by_the_civil_day_in_china() {
        let calendar = Calendar::builtin();
        let sent: jiff::Timestamp = "2020-04-05T16:30:00Z".parse().expect("half past midnight in China");
        let served = crate::world::civil_date(sent);
        assert_eq!(served, date(2020, 4, 6));
        assert_eq!(calendar.payment_due(served), date(2020, 4, 21));
    }

    #[test]
    fn months_end_on_the_corresponding_day_or_the_last_of_the_month() {
        let calendar = Calendar::builtin();
        assert_eq!(
            Term::Extension.end(date(2019, 11, 29), &calendar),
            date(2020, 3, 2),
            "29 February is a Saturday"
        );
        assert_eq!(Term::Extension.end(date(2020, 3, 31), &calendar), date(2020, 6, 30));
    }

    #[test]
    fn every_term_names_its_article() {
        for term in Term::ALL {
            assert!(term.article().contains('第') && term.article().ends_with('条'), "{term:?}");
        }
    }

    proptest! {
        /// Penalty law art. 67 with A30: never fewer than 15 days, always on an open day, and not one open day too many.
        #[test]
        fn the_driver_never_has_less_than_fifteen_days(offset in 0..4600i32) {
            let calendar = Calendar::builtin();
            let served = plus(date(2014, 1, 1), Span::new().days(offset));
            let due = calendar.payment_due(served);
            prop_assert!(due >= plus(served, Span::new().days(15)));
            prop_assert!(calendar.is_open_day(due));
            let mut between = plus(served, Span::new().days(15)).series(Span::new().days(1)).take_while(|day| *day < due);
            prop_assert!(between.all(|day| !calendar.is_open_day(day)));
        }

        /// A later service never gives an earlier last day.
        #[test]
        fn terms_are_monotonic(offset in 0..4500i32, later in 0..40i32, at in 0..Term::ALL.len()) {
            let calendar = Calendar::builtin();
            let from = plus(date(2014, 1, 1), Span::new().days(offset));
            let to = plus(from, Span::new().days(later));
            prop_assert!(Term::ALL[at].end(from, &calendar) <= Term::ALL[at].end(to, &calendar));
        }
    }
}
