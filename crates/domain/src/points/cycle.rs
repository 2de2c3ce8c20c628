//! The points year: twelve months from the day the licence was first issued (order 163 art. 3).

use jiff::civil::{Date, date};

/// One points year of one licence, from `start` up to and without `end_exclusive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cycle {
    /// First day.
    pub start: Date,
    /// First day of the next cycle.
    pub end_exclusive: Date,
    first_licence: Date,
    /// 0 for the cycle that begins with the licence.
    number: i16,
}

/// The cycle in which a day lies. Every start is computed from the day of the first licence, which a re-issued licence
/// keeps; a licence of 29 February starts its cycle on 1 March in a common year, so that no cycle is shorter than twelve
/// months (reading A1; domain.md §8 trap 2). A day before the first licence lies in a cycle with a negative number.
#[must_use]
pub fn cycle_of(first_licence: Date, on: Date) -> Cycle {
    let years = on.year() - first_licence.year();
    let number = if on < anniversary(first_licence, years) { years - 1 } else { years };
    Cycle::numbered(first_licence, number)
}

impl Cycle {
    fn numbered(first_licence: Date, number: i16) -> Cycle {
        let (start, end_exclusive) =
            (anniversary(first_licence, number), anniversary(first_licence, number + 1));
        Cycle { start, end_exclusive, first_licence, number }
    }

    /// The n-th cycle before this one; 0 is this one.
    #[must_use]
    pub fn nth_previous(&self, n: u8) -> Cycle {
        Cycle::numbered(self.first_licence, self.number - i16::from(n))
    }

    /// The cycle after this one.
    #[must_use]
    pub fn next(&self) -> Cycle {
        Cycle::numbered(self.first_licence, self.number + 1)
    }

    /// Whether the day lies in it.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        (self.start..self.end_exclusive).contains(&day)
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.end_exclusive.yesterday().expect("a licence is younger than the year -9999")
    }
}

fn anniversary(first: Date, years: i16) -> Date {
    let year = first.year() + years;
    Date::new(year, first.month(), first.day()).unwrap_or_else(|_| date(year, 3, 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// domain.md §8 trap 2: points year against calendar year, the day before and the day of the change.
    #[test]
    fn trap_02_the_points_year_is_not_the_calendar_year() {
        let first = date(2015, 6, 15);
        let spring = cycle_of(first, date(2020, 4, 5));
        assert_eq!((spring.start, spring.end_exclusive), (date(2019, 6, 15), date(2020, 6, 15)));
        assert_eq!(spring.last_day(), date(2020, 6, 14));
        assert!(spring.contains(date(2020, 6, 14)));
        assert!(!spring.contains(date(2020, 6, 15)), "the anniversary opens the next year");
        assert_eq!(cycle_of(first, date(2020, 6, 15)), spring.next());
        assert_eq!(spring.nth_previous(2).start, date(2017, 6, 15));
        assert_eq!(
            cycle_of(first, date(2020, 1, 1)),
            cycle_of(first, date(2019, 12, 31)),
            "New Year changes nothing"
        );
    }

    /// Reading A1: 29 February is 1 March in a common year, and 29 February again in a leap year.
    #[test]
    fn reading_a01_a_licence_of_29_february_starts_on_1_march_in_common_years() {
        let first = date(2016, 2, 29);
        for (on, start, end) in [
            (date(2016, 2, 29), date(2016, 2, 29), date(2017, 3, 1)),
            (date(2017, 2, 28), date(2016, 2, 29), date(2017, 3, 1)),
            (date(2017, 3, 1), date(2017, 3, 1), date(2018, 3, 1)),
            (date(2020, 2, 28), date(2019, 3, 1), date(2020, 2, 29)),
            (date(2020, 2, 29), date(2020, 2, 29), date(2021, 3, 1)),
            (date(2021, 2, 28), date(2020, 2, 29), date(2021, 3, 1)),
        ] {
            let cycle = cycle_of(first, on);
            assert_eq!((cycle.start, cycle.end_exclusive), (start, end), "on {on}");
        }
    }

    /// Trap 2: a licence issued again keeps the day of the first one.
    #[test]
    fn trap_02_a_reissued_licence_keeps_its_first_day() {
        let (first, reissued) = (date(2009, 11, 2), date(2019, 10, 20));
        assert_eq!(cycle_of(first, date(2020, 4, 5)).start, date(2019, 11, 2));
        assert_ne!(cycle_of(first, date(2020, 4, 5)).start, cycle_of(reissued, date(2020, 4, 5)).start);
    }

    #[test]
    fn before_the_licence_there_is_only_a_formal_cycle() {
        let cycle = cycle_of(date(2020, 4, 5), date(2020, 4, 4));
        assert_eq!(cycle.end_exclusive, date(2020, 4, 5));
    }

    proptest! {
        /// Every day lies in exactly one cycle, cycles touch, and none is shorter than twelve months.
        #[test]
        fn cycles_tile_the_time(first in 0..20_000i32, on in 0..20_000i32) {
            let day = |offset: i32| date(1980, 1, 1).checked_add(jiff::Span::new().days(offset)).expect("a date");
            let (first, on) = (day(first), day(on));
            let cycle = cycle_of(first, on);
            prop_assert!(cycle.contains(on));
            prop_assert_eq!(cycle.next().start, cycle.end_exclusive);
            prop_assert_eq!(cycle.nth_previous(1).end_exclusive, cycle.start);
            prop_assert_eq!(cycle.next().nth_previous(1), cycle);
            let length = cycle.start.until(cycle.end_exclusive).expect("a span").get_days();
            prop_assert!((365..=366).contains(&length));
            prop_assert!(length == 366 || cycle.start.day() != 29 || cycle.start.month() != 2);
        }
    }
}
