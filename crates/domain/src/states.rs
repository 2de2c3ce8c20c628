//! State letters of licences and vehicles: a string of several letters, `BDJ` (domain.md §8 trap 13).
//!
//! A letter that the table does not know, and an empty string, mean that the state cannot be determined: never "normal".

use std::sync::LazyLock;

use serde::Deserialize;

/// What a state letter does to a deed, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing.
    No,
    /// It is shown, and blocks nothing (reading A24).
    Warn,
    /// It stands in the way.
    Yes,
}

/// The deed that a state may stand in the way of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Handling a violation.
    Handling,
    /// Study that takes points off.
    Study,
}

/// One letter of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The letter.
    pub letter: char,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Effect on handling a violation (a policy default).
    pub handling: Effect,
    /// Effect on study (S, D and U by order 163 art. 26(3), the others a policy default).
    pub study: Effect,
    /// What is told.
    pub message_zh: String,
    /// What to do about it.
    pub what_to_do_zh: String,
}

/// The letters of licences, or those of vehicles.
#[derive(Debug, Clone)]
pub struct StateTable(Vec<State>);

/// What is wrong in a table of states, with its line (the header is line 1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("state table line {line}: {message}")]
pub struct StateProblem {
    /// Line of the file.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// A state string, read letter by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct States<'t> {
    /// The letters that the table knows, in the order of the string, each once.
    pub known: Vec<&'t State>,
    /// The characters that it does not know.
    pub unknown: Vec<char>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name_zh: String,
    name_en: String,
    blocks_handling_default: Effect,
    blocks_study: Option<Effect>,
    message_zh: String,
    what_to_do_zh: String,
}

impl StateTable {
    /// The licence states shipped with this release.
    ///
    /// # Panics
    /// Never in a released build: a test reads the same file.
    #[must_use]
    pub fn licences() -> &'static StateTable {
        static SHIPPED: LazyLock<StateTable> = LazyLock::new(|| {
            StateTable::parse(include_str!("../../../packs/licence_states.csv")).expect("read by a test")
        });
        &SHIPPED
    }

    /// The vehicle states shipped with this release.
    ///
    /// # Panics
    /// Never in a released build: a test reads the same file.
    #[must_use]
    pub fn vehicles() -> &'static StateTable {
        static SHIPPED: LazyLock<StateTable> = LazyLock::new(|| {
            StateTable::parse(include_str!("../../../packs/vehicle_states.csv")).expect("read by a test")
        });
        &SHIPPED
    }

    /// Reads a table of the form of `packs/licence_states.csv`. An empty effect on study is none.
    ///
    /// # Errors
    /// [`StateProblem`] for the first line that cannot be right.
    pub fn parse(text: &str) -> Result<StateTable, StateProblem> {
        let mut states: Vec<State> = Vec::new();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for (at, row) in reader.deserialize::<Row>().enumerate() {
            let line = at as u64 + 2;
            let row = row.map_err(|fault| StateProblem { line, message: fault.to_string() })?;
            let letter = match row.code.as_bytes() {
                [letter @ b'A'..=b'Z'] => char::from(*letter),
                _ => {
                    return Err(StateProblem {
                        line,
                        message: format!("`{}` is not one capital letter", row.code),
                    });
                }
            };
            if states.iter().any(|state| state.letter == letter) {
                return Err(StateProblem { line, message: format!("{letter} stands twice") });
            }
            states.push(State {
                letter,
                name_zh: row.name_zh,
                name_en: row.name_en,
                handling: row.blocks_handling_default,
                study: row.blocks_study.unwrap_or(Effect::No),
                message_zh: row.message_zh,
                what_to_do_zh: row.what_to_do_zh,
            });
        }
        Ok(StateTable(states))
    }

    /// Reads a state string. Spaces are nothing; every other character is a letter of the table or unknown.
    #[must_use]
    pub fn read(&self, letters: &str) -> States<'_> {
        let mut states = States { known: Vec::new(), unknown: Vec::new() };
        for letter in letters.chars().filter(|c| !c.is_whitespace()) {
            match self.0.iter().find(|state| state.letter == letter) {
                Some(state) if !states.known.contains(&state) => states.known.push(state),
                Some(_) => {}
                None => states.unknown.push(letter),
            }
        }
        states
    }

    /// Every letter, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &State> {
        self.0.iter()
    }
}

impl State {
    /// The effect on a deed.
    #[must_use]
    pub fn effect(&self, deed: Deed) -> Effect {
        match deed {
            Deed::Handling => self.handling,
            Deed::Study => self.study,
        }
    }
}

impl<'t> States<'t> {
    /// Whether the state stands in the way: yes when one known letter does, whatever else is there (reading A29 in kind); no
    /// when all letters are known and none does; otherwise it cannot be determined.
    #[must_use]
    pub fn blocks(&self, deed: Deed) -> Option<bool> {
        if self.blocking(deed).next().is_some() {
            return Some(true);
        }
        (self.unknown.is_empty() && !self.known.is_empty()).then_some(false)
    }

    /// The letters that stand in the way.
    pub fn blocking(&self, deed: Deed) -> impl Iterator<Item = &'t State> {
        self.known.iter().copied().filter(move |state| state.effect(deed) == Effect::Yes)
    }

    /// The letters that are shown and block nothing.
    pub fn warning(&self, deed: Deed) -> impl Iterator<Item = &'t State> {
        self.known.iter().copied().filter(move |state| state.effect(deed) == Effect::Warn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// domain.md §8 trap 13: several letters, an unknown letter, an empty string.
    #[test]
    fn trap_13_an_unknown_letter_or_nothing_is_never_normal() {
        let table = StateTable::licences();
        for (letters, handling, study) in [
            ("A", Some(false), Some(false)),
            ("AH", Some(false), Some(false)),
            ("H", Some(false), Some(false)),
            ("D", Some(true), Some(true)),
            ("BDJ", Some(true), Some(true)),
            ("AS", Some(false), Some(true)), // review overdue: warns for handling, blocks study
            ("", None, None),
            ("  ", None, None),
            ("X", None, None),
            ("AX", None, None),
            ("a", None, None),
            ("Ａ", None, None),
            ("A,H", None, None),
            ("DX", Some(true), Some(true)), // one letter that blocks is enough
            ("SX", None, Some(true)),
        ] {
            let states = table.read(letters);
            assert_eq!(states.blocks(Deed::Handling), handling, "{letters:?} for handling");
            assert_eq!(states.blocks(Deed::Study), study, "{letters:?} for study");
        }
    }

    /// Reading A24: letters other than S, D, U go by the table; "warn" blocks nothing.
    #[test]
    fn reading_a24_a_warning_letter_blocks_nothing() {
        let table = StateTable::licences();
        for letter in ["C", "N", "P", "T"] {
            assert_eq!(table.read(letter).blocks(Deed::Study), Some(false), "{letter}");
            assert_eq!(table.read(letter).warning(Deed::Study).count(), 1, "{letter}");
        }
        for letter in ["S", "D", "U", "B", "M"] {
            assert_eq!(table.read(letter).blocks(Deed::Study), Some(true), "{letter}");
        }
    }

    #[test]
    fn vehicle_letters_have_their_own_table() {
        let table = StateTable::vehicles();
        assert_eq!(table.read("AG").blocks(Deed::Handling), Some(false));
        assert_eq!(table.read("ABCL").blocks(Deed::Handling), Some(true));
        let names: Vec<char> =
            table.read("ABCL").blocking(Deed::Handling).map(|state| state.letter).collect();
        assert_eq!(names, ['C', 'L']);
        assert_eq!(table.read("Q").blocks(Deed::Handling), Some(false));
        assert_eq!(table.read("Q").blocks(Deed::Study), Some(true));
        assert_eq!(table.read("F").blocks(Deed::Handling), None, "F is no vehicle letter");
    }

    #[test]
    fn both_tables_are_whole() {
        assert_eq!(StateTable::licences().iter().count(), 19);
        assert_eq!(StateTable::vehicles().iter().count(), 16);
        let blocked = |state: &&State| state.handling == Effect::Yes || state.study == Effect::Yes;
        for table in [StateTable::licences(), StateTable::vehicles()] {
            for state in table.iter().filter(blocked) {
                assert!(!state.message_zh.is_empty() && !state.what_to_do_zh.is_empty(), "{}", state.letter);
            }
        }
    }

    /// The packs state the letters as parameters, so that a city may decide otherwise; the shipped ones follow the tables.
    #[test]
    fn the_shipped_packs_follow_the_tables() {
        use crate::rules::{Packs, Param};
        let letters = |table: &StateTable, of: &dyn Fn(&State) -> bool| -> String {
            table.iter().filter(|state| of(state)).map(|state| state.letter).collect()
        };
        let (licences, vehicles) = (StateTable::licences(), StateTable::vehicles());
        let own_reason = |state: &State| matches!(state.letter, 'S' | 'D' | 'U');
        for pack in Packs::shipped(&crate::OffenceTable::builtin()).iter() {
            let param = |param| pack.params(pack.from()).text(param).to_owned();
            assert_eq!(param(Param::LicenceLetters), letters(licences, &|_| true));
            assert_eq!(param(Param::LicenceBlock), letters(licences, &|state| state.handling == Effect::Yes));
            let study = letters(licences, &|state| state.study == Effect::Yes && !own_reason(state));
            assert_eq!(param(Param::LicenceBlockStudy), study);
            assert_eq!(param(Param::VehicleLetters), letters(vehicles, &|_| true));
            assert_eq!(param(Param::VehicleBlock), letters(vehicles, &|state| state.handling == Effect::Yes));
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let head = "code,name_zh,name_en,blocks_handling_default,blocks_study,message_zh,what_to_do_zh\nA,正常,normal,no,no,,\n";
        for (row, says) in
            [("A,x,x,no,no,,", "twice"), ("AB,x,x,no,no,,", "capital"), ("B,x,x,perhaps,no,,", "variant")]
        {
            let problem = StateTable::parse(&format!("{head}{row}\n")).expect_err(row);
            assert_eq!(problem.line, 3);
            assert!(problem.message.contains(says), "{problem}");
        }
    }
}
