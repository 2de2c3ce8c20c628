//! The law of days once more, as plainly as a clerk counts: an oracle that shares nothing with the product.

use jiff::civil::{Date, Weekday, date};

use super::after;

/// Closed days by the State Council's yearly notices, first and last.
const CLOSED: [(Date, Date); 18] = [
    (date(2020, 1, 1), date(2020, 1, 1)),  // 国办发明电〔2019〕16号
    (date(2020, 1, 24), date(2020, 2, 2)), // extended by 国办发明电〔2020〕1号
    (date(2020, 4, 4), date(2020, 4, 6)),
    (date(2020, 5, 1), date(2020, 5, 5)),
    (date(2020, 6, 25), date(2020, 6, 27)),
    (date(2020, 10, 1), date(2020, 10, 8)),
    (date(2021, 1, 1), date(2021, 1, 3)), // 国办发明电〔2020〕27号
    (date(2021, 2, 11), date(2021, 2, 17)),
    (date(2021, 4, 3), date(2021, 4, 5)),
    (date(2021, 5, 1), date(2021, 5, 5)),
    (date(2021, 6, 12), date(2021, 6, 14)),
    (date(2021, 9, 19), date(2021, 9, 21)),
    (date(2021, 10, 1), date(2021, 10, 7)),
    (date(2022, 1, 1), date(2022, 1, 3)), // 国办发明电〔2021〕11号
    (date(2022, 1, 31), date(2022, 2, 6)),
    (date(2022, 4, 3), date(2022, 4, 5)),
    (date(2022, 4, 30), date(2022, 5, 4)),
    (date(2022, 6, 3), date(2022, 6, 5)),
];

/// Weekends that are worked for them.
const WORKED: [Date; 17] = [
    date(2020, 1, 19),
    date(2020, 4, 26),
    date(2020, 5, 9),
    date(2020, 6, 28),
    date(2020, 9, 27),
    date(2020, 10, 10),
    date(2021, 2, 7),
    date(2021, 2, 20),
    date(2021, 4, 25),
    date(2021, 5, 8),
    date(2021, 9, 18),
    date(2021, 9, 26),
    date(2021, 10, 9),
    date(2022, 1, 29),
    date(2022, 1, 30),
    date(2022, 4, 2),
    date(2022, 4, 24),
];

/// Whether offices are open.
pub fn is_open(day: Date) -> bool {
    let holiday = CLOSED.iter().any(|(first, last)| (*first..=*last).contains(&day));
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    WORKED.contains(&day) || !(holiday || weekend)
}

/// "n 日" in calendar days: the first day does not count; a last day on a holiday is the next open day (公安机关办理行政案件
/// 程序规定 art. 35; order 163 art. 36; reading A30).
pub fn calendar_days(from: Date, n: i64) -> Date {
    let mut end = after(from, n);
    while !is_open(end) {
        end = after(end, 1);
    }
    end
}

/// "n 日" in working days (order 157 art. 81): the n-th open day after the first.
pub fn working_days(from: Date, n: u32) -> Date {
    let mut end = from;
    let mut counted = 0;
    while counted < n {
        end = after(end, 1);
        counted += u32::from(is_open(end));
    }
    end
}

/// The day on which the points year around `on` began (order 163 art. 3): the day of the first licence, and in a year
/// without a 29 February the 1 March (reading A1).
pub fn points_year(first: Date, on: Date) -> Date {
    let begins = |year: i16| Date::new(year, first.month(), first.day()).unwrap_or_else(|_| date(year, 3, 1));
    let this = begins(on.year());
    if this <= on { this } else { begins(on.year() - 1) }
}
