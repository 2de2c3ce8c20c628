//! The rules as data: packs of conditions over derived facts, evaluated to true, false or unknown, and explained.
//!
//! A pack is a TOML file (`packs/<id>/pack.toml`). Loading checks every key, fact, parameter and type and reports every
//! problem with its line; what runs afterwards is a flat compiled form. See `docs/guide/add-a-rule.md`.

mod verdict;

pub use verdict::{Confidence, Cure, Finding, Outcome, Reason, Shown, Verdict};
