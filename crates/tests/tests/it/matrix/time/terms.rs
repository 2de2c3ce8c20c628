//! Terms of the law and the surcharge.

use clearway_domain::calendar::Calendar;
use clearway_domain::deadlines::Term;
use clearway_domain::{Fen, civil_date, surcharge};
use jiff::civil::{Date, date};

use super::{DAYS, TIMES, TRUE, WALLS, after, at, law};
use crate::matrix::tally::Tally;

/// Runs them.
pub fn run(tally: &mut Tally) {
    let calendar = Calendar::builtin();
    last_days(tally, &calendar);
    open_days(tally, &calendar);
    served_at_midnight(tally, &calendar);
    surcharges(tally, &calendar);
}

/// A term, how the law counts it, and where that is written.
type Count = fn(Date) -> Date;
const TERMS: [(&str, Term, Count); 9] = [
    ("15 days to pay (行政处罚法 67)", Term::Payment, |day| law::calendar_days(day, 15)),
    ("60 days for reconsideration (行政复议法 20)", Term::Reconsideration, |day| {
        law::calendar_days(day, 60)
    }),
    ("5 working days of review (处理程序规定 5, 81)", Term::ObjectionReview, |day| {
        law::working_days(day, 5)
    }),
    ("3 working days to take off (处理程序规定 22, 81)", Term::RecordRemoval, |day| {
        law::working_days(day, 3)
    }),
    ("2 working days to file (处理程序规定 44, 81)", Term::SummaryFiled, |day| {
        law::working_days(day, 2)
    }),
    ("15 working days for a slip (处理程序规定 46, 81)", Term::MeasureAnswer, |day| {
        law::working_days(day, 15)
    }),
    ("30 days to come in (处理程序规定 20; A33)", Term::ComeIn, |day| after(day, 30)),
    ("30 days of full-mark study (记分管理办法 29, 36)", Term::FullMarkStudy, |day| {
        law::calendar_days(day, 30)
    }),
    ("15 days to the court (行政诉讼法 45)", Term::CourtAfterReconsideration, |day| {
        law::calendar_days(day, 15)
    }),
];

/// The last day, and that the term is over from the day after it.
fn last_days(tally: &mut Tally, calendar: &Calendar) {
    for day in DAYS {
        for (word, term, count) in TERMS {
            let due = count(day.date);
            let end = term.end(day.date, calendar);
            let over =
                (term.is_over(day.date, end, calendar), term.is_over(day.date, after(end, 1), calendar));
            let name = format!("{word} from {}", day.word);
            let told = format!("until {end}, over on it {}, over the day after {}", over.0, over.1);
            let due = format!("until {due}, over on it false, over the day after true");
            tally.case(&["term of the law", day.word, "true"], &name, &due, &told);
        }
    }
}

/// Holiday eves, holidays and worked weekends are what the State Council arranged.
fn open_days(tally: &mut Tally, calendar: &Calendar) {
    for day in DAYS {
        let word = |open: bool| if open { "open" } else { "closed" }.to_owned();
        let name = format!("offices (节假日安排) on {}", day.word);
        let told = word(calendar.is_open_day(day.date));
        tally.case(&["open day", day.word, "true"], &name, &word(law::is_open(day.date)), &told);
    }
}

/// Electronic service is dated by the system's success (order 157 art. 55, 56; trap 17): a second before midnight and a second
/// after are two days, and the last day to pay follows; seen by every clock on which the service is stored.
fn served_at_midnight(tally: &mut Tally, calendar: &Calendar) {
    for day in DAYS {
        for (word, time) in [TIMES[0], TIMES[5]] {
            let name = format!("service (处理程序规定 55) at {word} on {}", day.word);
            let due = law::calendar_days(day.date, 15).to_string();
            let told = calendar.payment_due(civil_date(at(day.date, time))).to_string();
            tally.case(&["day of service", day.word, "true"], &name, &due, &told);
        }
    }
    for wall in &WALLS[1..] {
        for day in &DAYS[1..3] {
            let stored = wall.shows(at(day.date, TIMES[5].1), 0);
            let name = format!("service (处理程序规定 55) at 23:59:59 on {}, clock {}", day.word, wall.word);
            // The clerk's count from the day which that clock shows, written from its offset.
            let shown = match wall.off_s {
                90 | 7_200 => after(day.date, 1),
                34_560_000 => after(day.date, 400),
                _ => day.date,
            };
            let due = law::calendar_days(shown, 15).to_string();
            let told = calendar.payment_due(civil_date(stored)).to_string();
            tally.case(&["day of service", day.word, wall.word], &name, &due, &told);
        }
    }
}

/// Decisions whose last day to pay lies before a turn of the calendar.
const LAST_DAYS: [(&str, Date); 4] = [
    ("before 29 February", date(2020, 2, 17)),
    ("before 1 March of a common year", date(2021, 2, 18)),
    ("before the turn of a year", date(2020, 12, 21)),
    ("before the national holiday", date(2020, 9, 21)),
];

/// Penalty law art. 72(1): 3 % of the fine for each day after the last day to pay, never above the fine: nothing on the
/// last day, the ceiling on the 34th. A clock that is hours off turns at its own midnight; one that is 400 days ahead ends
/// at the ceiling and not above.
fn surcharges(tally: &mut Tally, calendar: &Calendar) {
    for (word, last) in LAST_DAYS {
        assert!(calendar.is_open_day(last), "a last day to pay is an open day");
        for days in [-1_i64, 0, 1, 2, 16, 33, 34, 35] {
            for fine in [20_000_i64, 15_000, 33] {
                let due = (fine * 3 * days.max(0) / 100).min(fine);
                let told = surcharge(Fen(fine), last, after(last, days), &[], &[]).0;
                let name =
                    format!("surcharge (行政处罚法 72) of {fine} fen {days} days after the last day {word}");
                tally.case(&["surcharge", word, "true"], &name, &due.to_string(), &told.to_string());
            }
        }
        for wall in WALLS.iter().filter(|wall| **wall != TRUE) {
            let now = wall.shows(at(last, TIMES[5].1), 0);
            let due = match wall.off_s {
                90 | 7_200 => 600,
                34_560_000 => 20_000,
                _ => 0,
            };
            let told = surcharge(Fen(20_000), last, civil_date(now), &[], &[]).0;
            let name =
                format!("surcharge (行政处罚法 72) at 23:59:59 of the last day {word}, clock {}", wall.word);
            tally.case(&["surcharge", word, wall.word], &name, &due.to_string(), &told.to_string());
        }
    }
}
