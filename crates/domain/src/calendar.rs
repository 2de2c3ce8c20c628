//! Which days public offices are open: the State Council's holidays and the weekends moved for them.
//!
//! The table is data (`packs/calendar.csv`; docs/operate/holiday-calendar.md says how it is renewed). A year that is not in it, or not yet arranged, is
//! still computed, with weekends and fixed holidays closed, but [`Calendar::certainty`] says that the date may move.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

/// How well a year's open days are known, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The year is not in the table: only weekends are closed.
    Unknown,
    /// The fixed days of 《全国年节及纪念日放假办法》 are in, days moved by the yearly notice are not.
    Statutory,
    /// The State Council's notice for the year is entered.
    Arranged,
}

/// Open and closed days.
#[derive(Debug, Clone)]
pub struct Calendar {
    years: BTreeMap<i16, Certainty>,
    /// Days that differ from their weekday: true = open.
    exceptions: BTreeMap<Date, bool>,
}

/// What is wrong in a calendar file, with its line (the first line is 1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("calendar line {line}: {message}")]
pub struct CalendarProblem {
    /// Line of the file.
    pub line: u64,
    /// What is wrong and what is expected.
    pub message: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: Kind,
    from: Date,
    to: Date,
    name: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Year,
    Closed,
    Working,
}

impl Calendar {
    /// The calendar shipped with this release: arranged 2014 to 2026, statutory 2027.
    ///
    /// # Panics
    /// Never in a released build: a test reads the same file.
    #[must_use]
    pub fn builtin() -> Calendar {
        Calendar::parse(include_str!("../../../packs/calendar.csv"))
            .expect("the shipped calendar is read by a test")
    }

    /// Reads a calendar file of the form of `packs/calendar.csv`.
    ///
    /// # Errors
    /// [`CalendarProblem`] for the first line that cannot be right.
    pub fn parse(text: &str) -> Result<Calendar, CalendarProblem> {
        let mut calendar = Calendar { years: BTreeMap::new(), exceptions: BTreeMap::new() };
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let problem = |line, message: String| CalendarProblem { line, message };
        let broken = |fault: &csv::Error| fault.position().map_or(1, csv::Position::line);
        let headers = reader.headers().map_err(|fault| problem(broken(&fault), fault.to_string()))?.clone();
        for record in reader.records() {
            let record = record.map_err(|fault| problem(broken(&fault), fault.to_string()))?;
            let line = record.position().map_or(1, csv::Position::line);
            let row = record.deserialize(Some(&headers)).map_err(|fault| problem(line, fault.to_string()))?;
            calendar.enter(&row).map_err(|message| problem(line, message))?;
        }
        Ok(calendar)
    }

    fn enter(&mut self, row: &Row) -> Result<(), String> {
        if row.to < row.from || row.from.year() != row.to.year() {
            return Err("the last day must follow the first and lie in the same year".to_owned());
        }
        if row.kind == Kind::Year {
            let certainty = match row.name.as_str() {
                "arranged" => Certainty::Arranged,
                "statutory" => Certainty::Statutory,
                other => return Err(format!("a year is `arranged` or `statutory`, not `{other}`")),
            };
            return match self.years.insert(row.from.year(), certainty) {
                None => Ok(()),
                Some(_) => Err(format!("the year {} stands twice", row.from.year())),
            };
        }
        if !self.years.contains_key(&row.from.year()) {
            return Err(format!("a row `year` for {} must come first", row.from.year()));
        }
        for day in row.from.series(jiff::Span::new().days(1)).take_while(|day| *day <= row.to) {
            if row.kind == Kind::Working && !is_weekend(day) {
                return Err(format!("{day} is no Saturday or Sunday: it is open anyway"));
            }
            if self.exceptions.insert(day, row.kind == Kind::Working).is_some() {
                return Err(format!("{day} stands twice"));
            }
        }
        Ok(())
    }

    /// How well the year of this day is known.
    #[must_use]
    pub fn certainty(&self, day: Date) -> Certainty {
        self.years.get(&day.year()).copied().unwrap_or(Certainty::Unknown)
    }

    /// Whether public offices are open on the day.
    #[must_use]
    pub fn is_open_day(&self, day: Date) -> bool {
        self.exceptions.get(&day).copied().unwrap_or(!is_weekend(day))
    }

    /// The day itself when open, else the next open day: where a term ends whose last day is a holiday
    /// (公安机关办理行政案件程序规定 art. 35; order 163 art. 36; reading A30: weekends are holidays, moved ones by this table).
    #[must_use]
    pub fn open_on_or_after(&self, day: Date) -> Date {
        let mut open = day;
        while !self.is_open_day(open) {
            open = next(open);
        }
        open
    }

    /// The n-th working day after a day, which itself does not count (order 157 art. 81; police procedure rule art. 35).
    /// n = 0 is the day itself.
    #[must_use]
    pub fn working_days_after(&self, day: Date, n: u16) -> Date {
        let mut reached = day;
        for _ in 0..n {
            reached = self.open_on_or_after(next(reached));
        }
        reached
    }

    /// Last day to pay without surcharge: 15 calendar days after the decision was received, the day of receipt not
    /// counted (penalty law art. 67); a last day on a holiday moves to the next open day (reading A30).
    #[must_use]
    pub fn payment_due(&self, served: Date) -> Date {
        crate::deadlines::Term::Payment.end(served, self)
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn next(day: Date) -> Date {
    day.tomorrow().expect("legal terms end before the year 9999")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shipped_years_are_what_the_state_council_arranged() {
        let calendar = Calendar::builtin();
        for (day, open) in [
            (date(2015, 9, 3), false),  // the victory day of that one year
            (date(2015, 9, 6), true),   // a Sunday worked for it
            (date(2018, 12, 29), true), // a Saturday of 2018 worked for the New Year of 2019
            (date(2018, 12, 31), false),
            (date(2020, 1, 31), false), // Spring Festival extended
            (date(2020, 2, 1), false),  // planned as a working Saturday, then closed
            (date(2020, 2, 3), true),
            (date(2020, 4, 6), false),
            (date(2020, 4, 26), true),
            (date(2022, 12, 31), false),
            (date(2026, 2, 14), true),
            (date(2026, 2, 23), false),
            (date(2026, 11, 21), false),
            (date(2026, 11, 23), true),
        ] {
            assert_eq!(calendar.is_open_day(day), open, "{day}");
        }
        assert_eq!(calendar.certainty(date(2026, 12, 31)), Certainty::Arranged);
        assert_eq!(calendar.certainty(date(2027, 1, 1)), Certainty::Statutory);
        assert_eq!(calendar.certainty(date(2028, 1, 1)), Certainty::Unknown);
        assert_eq!(calendar.certainty(date(2013, 12, 31)), Certainty::Unknown);
    }

    /// The days off of a year are the public holidays plus as many weekends as are not worked for them:
    /// before 2025 eleven days, from 2025 thirteen (全国年节及纪念日放假办法 art. 2).
    #[test]
    fn every_arranged_year_moves_days_but_gives_away_only_the_statutory_ones() {
        let calendar = Calendar::builtin();
        for year in 2014..=2026i16 {
            let statutory = match year {
                2015 => 12, // the victory day
                2020 => 13, // 31 January and 1 February, when Spring Festival was extended
                2025.. => 13,
                _ => 11,
            };
            let days =
                date(year, 1, 1).series(jiff::Span::new().days(1)).take_while(|day| day.year() == year);
            let (mut off, mut weekends) = (0, 0);
            for day in days {
                off += u32::from(!calendar.is_open_day(day));
                weekends += u32::from(is_weekend(day));
            }
            assert_eq!(off - weekends, statutory, "{year}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let head = "# c\nkind,from,to,name,source\nyear,2030-01-01,2030-12-31,arranged,x\n";
        for (row, line, says) in [
            ("closed,2030-01-02,2030-01-01,a,\n", 4, "must follow"),
            ("closed,2031-01-01,2031-01-01,a,\n", 4, "must come first"),
            ("working,2030-01-02,2030-01-02,a,\n", 4, "no Saturday"),
            ("closed,2030-05-01,2030-05-02,a,\nclosed,2030-05-02,2030-05-02,b,\n", 5, "stands twice"),
            ("year,2030-01-01,2030-12-31,arranged,x\n", 4, "stands twice"),
            ("year,2031-01-01,2031-12-31,sure,x\n", 4, "not `sure`"),
            ("shut,2030-01-01,2030-01-01,a,\n", 4, "unknown variant"),
            ("closed,2030-02-30,2030-02-30,a,\n", 4, ""),
            ("closed,2030-02-01,2030-02-01\n", 4, ""),
        ] {
            let problem = Calendar::parse(&format!("{head}{row}")).expect_err(row);
            assert_eq!(problem.line, line, "{row}: {problem}");
            assert!(problem.message.contains(says), "{row}: {problem}");
        }
    }

    proptest! {
        /// Order 157 art. 81: a working-day term never ends on a closed day, and exactly n open days lie in it.
        #[test]
        fn n_working_days_hold_n_open_days(offset in 0..4700i32, n in 1..30u16) {
            let calendar = Calendar::builtin();
            let from = date(2014, 1, 1).checked_add(jiff::Span::new().days(offset)).expect("a date");
            let end = calendar.working_days_after(from, n);
            let open = next(from).series(jiff::Span::new().days(1)).take_while(|day| *day <= end);
            prop_assert_eq!(open.filter(|day| calendar.is_open_day(*day)).count(), usize::from(n));
            prop_assert!(calendar.is_open_day(end));
        }
    }
}
