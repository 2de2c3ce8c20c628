//! Time and chance come in from outside (design.md §3 rule 6); civil time is China's, +08:00 all year.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{self, TimeZone};

/// China Standard Time: one offset for the whole country, no summer time since 1991.
pub static CHINA: TimeZone = TimeZone::fixed(tz::offset(8));

/// What o'clock it is. The real one lives in the binary; tests and the demo start theirs at any instant.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Today's civil date in China.
    fn today(&self) -> Date {
        civil_date(self.now())
    }
}

/// Unpredictable bytes. The real one asks the operating system; a simulation draws from its seed.
pub trait Chance: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, bytes: &mut [u8]);

    /// The same for what is no secret, such as the reference of a request: it may have been drawn beforehand.
    fn fill_open(&self, bytes: &mut [u8]) {
        self.fill(bytes);
    }
}

/// The wall clock in China at an instant.
#[must_use]
pub fn civil(at: Timestamp) -> DateTime {
    CHINA.to_datetime(at)
}

/// The civil date in China at an instant: every legal boundary is drawn on it.
#[must_use]
pub fn civil_date(at: Timestamp) -> Date {
    civil(at).date()
}

/// The instant at which China's wall clock shows this.
///
/// # Panics
/// Only outside the years that [`Timestamp`] can hold (-9999 to 9999).
#[must_use]
pub fn instant(civil: DateTime) -> Timestamp {
    CHINA.to_timestamp(civil).expect("a fixed offset has no gaps, and the years are those of a civil date")
}

/// The instant at which the day begins in China.
#[must_use]
pub fn midnight(date: Date) -> Timestamp {
    instant(date.to_datetime(jiff::civil::Time::midnight()))
}

/// The instant at which the day is over in China: the first of the next one.
#[must_use]
pub fn day_over(date: Date) -> Timestamp {
    midnight(date.tomorrow().unwrap_or(date))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_day_in_china_begins_at_sixteen_hours_universal_time() {
        let before: Timestamp = "2020-04-04T15:59:59.999Z".parse().expect("an instant");
        let after: Timestamp = "2020-04-04T16:00:00Z".parse().expect("an instant");
        assert_eq!(civil_date(before), date(2020, 4, 4));
        assert_eq!(civil_date(after), date(2020, 4, 5));
        assert_eq!(midnight(date(2020, 4, 5)), after);
        assert_eq!(instant(civil(before)), before);
    }
}
