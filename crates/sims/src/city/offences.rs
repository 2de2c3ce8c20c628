//! The offence table (`data/violation_codes.csv`), as the police platform applies it.

use std::collections::HashMap;

use jiff::civil::{Date, date};
use serde::Deserialize;

/// One row of the table.
#[derive(Clone, Debug, Deserialize)]
pub struct Offence {
    /// Four-digit code.
    pub code: String,
    /// `active` or `retired`.
    pub status: String,
    /// Short words in Chinese.
    #[serde(rename = "short_desc_zh")]
    pub words: String,
    /// Kind of act.
    pub category: String,
    /// Road class.
    pub road: String,
    /// Points before 2022-04-01.
    #[serde(rename = "points_before_2022_04")]
    before: String,
    /// Points from 2022-04-01.
    #[serde(rename = "points_after_2022_04")]
    after: String,
    /// Typical fine in yuan, or a range.
    fine_yuan_typical: String,
    note: String,
}

/// The day on which order 163 came into force.
const NATIONAL: Date = date(2022, 4, 1);

impl Offence {
    /// Points that the code carries for an act on this day.
    #[must_use]
    pub fn points(&self, on: Date) -> i32 {
        let (first, second) =
            if on < NATIONAL { (&self.before, &self.after) } else { (&self.after, &self.before) };
        first.parse().or_else(|_| second.parse()).unwrap_or(0)
    }

    /// The pretend city's fine in fen: the lower end of the typical one, since Hubei's own table is not public.
    #[must_use]
    pub fn fine_fen(&self) -> i64 {
        let digits: String = self.fine_yuan_typical.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<i64>().unwrap_or(0) * 100
    }

    /// Was this code in use on that day?
    #[must_use]
    pub fn in_use(&self, on: Date) -> bool {
        if on < NATIONAL {
            let until_2012 = self.words.contains("最旧")
                || self.words.contains("2012")
                || self.note.contains("until 2012");
            !self.before.is_empty() && !until_2012
        } else {
            self.status == "active"
        }
    }
}

/// The table by code.
#[derive(Clone, Debug)]
pub struct Offences {
    rows: Vec<Offence>,
    by_code: HashMap<String, usize>,
}

impl Offences {
    /// Reads the table that ships with this crate.
    #[must_use]
    pub fn load() -> Self {
        let text = include_str!("../../data/violation_codes.csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<Offence> =
            reader.deserialize().map(|row| row.expect("the shipped offence table is well formed")).collect();
        let by_code = rows.iter().enumerate().map(|(i, row)| (row.code.clone(), i)).collect();
        Self { rows, by_code }
    }

    /// Exact code first, then the first four characters (the fifth is a local sub-code).
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Offence> {
        let index = self.by_code.get(code).or_else(|| self.by_code.get(code.get(..4)?))?;
        self.rows.get(*index)
    }

    /// Rows in use on a day.
    pub fn in_use(&self, on: Date) -> impl Iterator<Item = &Offence> {
        self.rows.iter().filter(move |row| row.in_use(on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_the_points_of_their_day() {
        let table = Offences::load();
        let old = date(2020, 4, 1);
        let new = date(2025, 4, 1);
        assert_eq!(table.get("1352").map(|o| o.points(old)), Some(3));
        assert_eq!(table.get("6093").map(|o| o.points(new)), Some(0));
        assert_eq!(table.get("10391").map(Offence::fine_fen), Some(20_000));
        assert!(!table.get("1352").is_some_and(|o| o.in_use(new)));
        assert!(!table.get("1116").is_some_and(|o| o.in_use(old)));
        assert!(table.in_use(old).count() > 60);
    }
}
