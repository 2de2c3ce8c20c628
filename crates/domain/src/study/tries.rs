//! How often a driver may try: so many failed papers a China civil day, with a pause after each.

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::settings::StudySettings;
use crate::world::{civil_date, midnight};

/// The failed papers of one driver in one programme, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tries(Vec<Timestamp>);

/// Why the next paper is not open yet. Both carry the clock time at which it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum TryRefusal {
    /// The pause after a failed paper is running.
    CoolingDown {
        /// Opens at.
        until: Timestamp,
    },
    /// The tries of this China civil day are used.
    DayUsed {
        /// Opens at.
        until: Timestamp,
    },
}

impl TryRefusal {
    /// When the next paper opens.
    #[must_use]
    pub fn until(self) -> Timestamp {
        match self {
            Self::CoolingDown { until } | Self::DayUsed { until } => until,
        }
    }
}

impl Tries {
    /// Notes a failed paper; the same instant twice (a repeated write) counts once.
    pub fn failed(&mut self, at: Timestamp) {
        if let Err(place) = self.0.binary_search(&at) {
            self.0.insert(place, at);
        }
    }

    /// Adds the failed papers of another case of the same driver and programme.
    pub fn add(&mut self, others: &Self) {
        others.0.iter().for_each(|at| self.failed(*at));
    }

    /// Tries left on the China civil day of `now`, leaving the pause aside.
    #[must_use]
    pub fn left_today(&self, settings: &StudySettings, now: Timestamp) -> u8 {
        let today = civil_date(now);
        let used = self.0.iter().filter(|at| civil_date(**at) == today).count();
        settings.tries_per_day.saturating_sub(u8::try_from(used).unwrap_or(u8::MAX))
    }

    /// Whether a paper may begin now; the number is the tries left, this one included.
    ///
    /// # Errors
    /// The reason with the clock time of the next try.
    pub fn may_begin(&self, settings: &StudySettings, now: Timestamp) -> Result<u8, TryRefusal> {
        let cooled =
            self.0.last().map_or(now, |last| *last + SignedDuration::from_secs(settings.cooldown_s.into()));
        let left = self.left_today(settings, now);
        if left == 0 {
            let tomorrow = next_day(now);
            return Err(TryRefusal::DayUsed { until: tomorrow.max(cooled) });
        }
        if now < cooled {
            return Err(TryRefusal::CoolingDown { until: cooled });
        }
        Ok(left)
    }
}

/// The first instant of the next China civil day.
fn next_day(now: Timestamp) -> Timestamp {
    midnight(civil_date(now).saturating_add(1.day()))
}
