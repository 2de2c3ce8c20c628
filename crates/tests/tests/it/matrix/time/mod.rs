//! instants at which something turns, crossed with what turns there, under clocks that are right, wrong, standing
//! still or two minutes apart. What is due is written from the law and the readings, never taken from the code.

mod clocks;
mod hours;
mod law;
mod money;
mod points;
mod study;
mod terms;

use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp};

use super::tally::Tally;

/// The axes of the time matrix.
pub const AXES: [&str; 3] = ["what turns", "moment", "clock"];

/// A day at which something may turn.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// Its word in the names of cases.
    pub word: &'static str,
    /// The day, in China.
    pub date: Date,
}

/// Days: the ends of years and of February, eves of holidays and worked weekends, the ends of the policy packs.
pub const DAYS: [Day; 23] = [
    Day { word: "an ordinary Wednesday", date: date(2020, 4, 8) },
    Day { word: "31 December", date: date(2020, 12, 31) },
    Day { word: "1 January", date: date(2021, 1, 1) },
    Day { word: "28 February of a leap year", date: date(2020, 2, 28) },
    Day { word: "29 February", date: date(2020, 2, 29) },
    Day { word: "1 March of a leap year", date: date(2020, 3, 1) },
    Day { word: "28 February of a common year", date: date(2021, 2, 28) },
    Day { word: "1 March of a common year", date: date(2021, 3, 1) },
    Day { word: "eve of Spring Festival", date: date(2021, 2, 10) },
    Day { word: "first day of Spring Festival", date: date(2021, 2, 11) },
    Day { word: "last day of Spring Festival", date: date(2021, 2, 17) },
    Day { word: "eve of the extended Spring Festival", date: date(2020, 1, 23) },
    Day { word: "eve of Qingming", date: date(2020, 4, 3) },
    Day { word: "a worked Sunday", date: date(2020, 4, 26) },
    Day { word: "a worked Saturday", date: date(2020, 5, 9) },
    Day { word: "fifteen days before a worked Sunday", date: date(2020, 4, 11) },
    Day { word: "fifteen days before the May holiday", date: date(2020, 4, 16) },
    Day { word: "eve of the national holiday", date: date(2020, 9, 30) },
    Day { word: "first day of the national holiday", date: date(2020, 10, 1) },
    Day { word: "last day of the pack of 2016", date: date(2019, 11, 30) },
    Day { word: "first day of the pack of 2019", date: date(2019, 12, 1) },
    Day { word: "last day of the pack of 2019", date: date(2022, 3, 31) },
    Day { word: "first day of the national pack", date: date(2022, 4, 1) },
];

/// Times of a day, in China, between which something turns.
pub const TIMES: [(&str, Time); 6] = [
    ("00:00:00", time(0, 0, 0, 0)),
    ("05:59:59", time(5, 59, 59, 0)),
    ("06:00:00", time(6, 0, 0, 0)),
    ("21:59:59", time(21, 59, 59, 0)),
    ("22:00:00", time(22, 0, 0, 0)),
    ("23:59:59", time(23, 59, 59, 0)),
];

/// A clock and how far it is from the true time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wall {
    /// Its word in the names of cases.
    pub word: &'static str,
    /// Seconds ahead.
    pub off_s: i64,
    /// Whether it goes on at all.
    pub runs: bool,
}

/// Clocks.
pub const TRUE: Wall = Wall { word: "true", off_s: 0, runs: true };
/// Every clock of the matrix.
pub const WALLS: [Wall; 7] = [
    TRUE,
    Wall { word: "-2 h", off_s: -7_200, runs: true },
    Wall { word: "+2 h", off_s: 7_200, runs: true },
    Wall { word: "+400 days", off_s: 400 * 86_400, runs: true },
    Wall { word: "frozen", off_s: 0, runs: false },
    Wall { word: "node +90 s", off_s: 90, runs: true },
    Wall { word: "node -90 s", off_s: -90, runs: true },
];

impl Wall {
    /// What it shows at `begin` plus so many true seconds, when it was set at `begin`.
    pub fn shows(&self, begin: Timestamp, passed_s: i64) -> Timestamp {
        begin + SignedDuration::from_secs(self.off_s + if self.runs { passed_s } else { 0 })
    }
}

/// The instant of a time of a day in China: UTC+8 all year, written out so that it owes nothing to the product.
pub fn at(day: Date, time: Time) -> Timestamp {
    let offset = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    offset.to_timestamp(day.to_datetime(time)).expect("a day of this century")
}

/// The day a number of days later.
pub fn after(day: Date, days: i64) -> Date {
    day.checked_add(jiff::Span::new().days(days)).expect("a day of this century")
}

#[test]
fn every_case_is_due() {
    let mut tally = Tally::new("time", &AXES);
    hours::run(&mut tally);
    terms::run(&mut tally);
    points::run(&mut tally);
    study::run(&mut tally);
    clocks::run(&mut tally);
    money::run(&mut tally);
    tally.close(200);
}
