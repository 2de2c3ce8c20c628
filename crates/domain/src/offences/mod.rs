//! The offence table: codes, what they mean, and the points of both national scales (`packs/offences.csv`).
//!
//! The reform of 2022-04-01 moved behaviours to new codes and changed points, so a row carries the days on which its code
//! was in use; a record from before keeps its old code (domain.md §3).

mod lighter;
mod read;
mod speed;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::facts::RoadClass;
use crate::money::Fen;
use crate::points::Points;

pub use lighter::{REFORM, Scale, lesser};
pub use read::OffenceProblem;
pub use speed::{SpeedCode, speed_code};

/// One offence code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offence {
    /// Four digits.
    pub code: String,
    /// Short description in Chinese.
    pub zh: String,
    /// Short description in English.
    pub en: String,
    /// Kind of behaviour: `signal`, `speed`, `parking` …
    pub category: String,
    /// The road it is limited to; `None` = any.
    pub road: Option<RoadClass>,
    /// First day of use; `None` = before this table begins.
    pub valid_from: Option<Date>,
    /// Last day of use; `None` = still in use.
    pub valid_to: Option<Date>,
    /// Codes that took the behaviour over; several where the road now decides.
    pub replaced_by: Vec<String>,
    /// Points by the scale before 2022-04-01; `None` = not known or no such code then.
    pub points_before: Option<Points>,
    /// Points by the scale since 2022-04-01 (order 163); `None` = the code ended before.
    pub points_since: Option<Points>,
    /// Fine seen for it, mostly in Beijing: a city sets its own.
    pub fine: TypicalFine,
    /// A warning instead of the fine has been seen for this code.
    pub warning_seen: bool,
    /// May stand on a first-warning list (our default, a city edits its list).
    pub first_warning_candidate: bool,
    /// May be handled online (our default, a pack decides).
    pub online_default: bool,
    /// How sure each part is: S read in a source, K general knowledge, A assumption.
    pub confidence: Confidence,
}

/// Confidence marks of a row's parts; an empty mark stands beside an empty value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confidence {
    /// Of the points before 2022-04-01.
    pub before: String,
    /// Of the points since.
    pub since: String,
    /// Of the days of use.
    pub validity: String,
}

/// A fine as the table knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypicalFine {
    /// One amount.
    Exact(Fen),
    /// From the first to the second amount.
    Range(Fen, Fen),
    /// A rule in words, or nothing: the city decides.
    ByRule(String),
}

impl TypicalFine {
    /// The one amount, where there is one.
    #[must_use]
    pub fn exact(&self) -> Option<Fen> {
        match self {
            TypicalFine::Exact(fen) => Some(*fen),
            TypicalFine::Range(..) | TypicalFine::ByRule(_) => None,
        }
    }
}

impl Offence {
    /// Whether the code was in use on a day.
    #[must_use]
    pub fn in_use_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// All offences, by their four digits.
#[derive(Debug, Clone)]
pub struct OffenceTable {
    rows: BTreeMap<String, Offence>,
}

impl OffenceTable {
    /// The table shipped with this release.
    ///
    /// # Panics
    /// Never in a released build: a test reads the same file.
    #[must_use]
    pub fn builtin() -> OffenceTable {
        let text = include_str!("../../../../packs/offences.csv");
        OffenceTable::parse(text).expect("the shipped offence table is read by a test")
    }

    /// Finds a code: four digits, or four with a local fifth digit or letter, which belongs to its first four
    /// (`1352A`, `70741`). Anything else is no code.
    #[must_use]
    pub fn lookup(&self, code: &str) -> Option<&Offence> {
        let (national, _) = split(code)?;
        self.rows.get(code).or_else(|| self.rows.get(national))
    }

    /// Every offence, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Offence> {
        self.rows.values()
    }
}

/// The four national digits of a code and its local fifth character, if it has one.
#[must_use]
pub fn split(code: &str) -> Option<(&str, &str)> {
    let (national, local) = code.split_at_checked(4)?;
    let fits = national.bytes().all(|b| b.is_ascii_digit())
        && local.len() <= 1
        && local.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    fits.then_some((national, local))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_local_fifth_character_belongs_to_its_four_digits() {
        let table = OffenceTable::builtin();
        for code in ["1352", "1352A", "13522"] {
            assert_eq!(table.lookup(code).expect(code).code, "1352");
        }
        for code in ["", "135", "1352AB", "135A", "1352a", "13５2", "9999", "鄂1352"] {
            assert_eq!(table.lookup(code), None, "{code}");
        }
    }

    #[test]
    fn codes_have_their_days_of_use() {
        let table = OffenceTable::builtin();
        let in_use = |code: &str, day| table.lookup(code).expect(code).in_use_on(day);
        assert!(in_use("1344", date(2022, 3, 31)));
        assert!(!in_use("1344", date(2022, 4, 1)));
        assert!(!in_use("1116", date(2022, 3, 31)));
        assert!(in_use("1116", date(2022, 4, 1)));
        assert!(in_use("1625", date(2015, 1, 1)) && in_use("1625", date(2026, 1, 1)));
    }

    /// domain.md §3: the second digit of 1xxx and 4xxx is the class of points (7 = 12).
    #[test]
    fn the_second_digit_is_the_class_of_points() {
        let class = |code: &str| match code.as_bytes()[1] {
            b'7' => 12,
            digit => Points::from(digit - b'0'),
        };
        let table = OffenceTable::builtin();
        for offence in table.iter().filter(|offence| matches!(offence.code.as_bytes()[0], b'1' | b'4')) {
            let scale = offence.points_since.or(offence.points_before);
            assert_eq!(scale, Some(class(&offence.code)), "{}", offence.code);
        }
    }

    #[test]
    fn fines_are_amounts_ranges_or_rules() {
        let table = OffenceTable::builtin();
        let fine = |code: &str| table.lookup(code).expect(code).fine.clone();
        assert_eq!(fine("1039"), TypicalFine::Exact(Fen::from_yuan(200)));
        assert_eq!(fine("1344"), TypicalFine::Range(Fen::from_yuan(100), Fen::from_yuan(200)));
        assert_eq!(fine("1901"), TypicalFine::Range(Fen::from_yuan(500), Fen::from_yuan(1000)));
        assert!(matches!(fine("1740"), TypicalFine::ByRule(_)));
        assert_eq!(fine("1344").exact(), None);
    }
}
