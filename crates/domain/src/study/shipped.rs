//! The bank that comes with the product: text made part of the program, so that no file can be missing at start.

use super::bank::BankFile;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(BankFile { name: concat!("packs/bank/", $name), text: include_str!(concat!("../../../../packs/bank/", $name)) }),*]
    };
}

/// The files of `packs/bank`.
pub const SHIPPED: [BankFile<'static>; 1] = files!["topics.toml"];
