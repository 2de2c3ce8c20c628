//! The bank that comes with the product: text made part of the program, so that no file can be missing at start.

use super::bank::{Bank, BankFile};
use crate::offences::OffenceTable;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(BankFile {
            name: concat!("packs/bank/", $name, ".toml"),
            text: include_str!(concat!("../../../../packs/bank/", $name, ".toml")),
        }),*]
    };
}

/// The files of `packs/bank`, one for each topic, in the order in which general topics fill up a paper.
pub const SHIPPED: &[BankFile<'static>] = files![
    "points",
    "rights",
    "parking",
    "signal",
    "signs",
    "lanes",
    "order",
    "crosswalk",
    "yield",
    "speed",
    "turn",
    "overtake",
    "belt",
    "phone",
    "lights",
    "breakdown",
    "crash",
    "alcohol",
    "papers",
    "plate",
    "equipment",
    "load",
    "expressway",
    "hazard",
    "electric",
    "trade",
];

impl Bank {
    /// The bank that comes with the product, checked against the offence table that comes with it.
    ///
    /// # Panics
    /// Never in a build that passed its tests: one of them reads this bank.
    #[must_use]
    pub fn shipped() -> Self {
        let offences = OffenceTable::builtin();
        Self::parse_files(SHIPPED, |code| offences.lookup(code).is_some())
            .expect("the shipped bank is read by a test")
    }
}
