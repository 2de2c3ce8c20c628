//! The rules as data: packs of conditions over derived facts, evaluated to true, false or unknown, and explained.
//!
//! A pack is a TOML file (`packs/<id>/pack.toml`). Loading checks every key, fact, parameter and type and reports every
//! problem with its line; what runs afterwards is a flat compiled form. See `docs/guide/add-a-rule.md`.

pub mod cases;
mod catalogue;
mod codes;
mod derive;
mod evaluate;
mod expr;
mod flat;
mod judge;
mod load;
mod load_params;
mod pack;
mod params;
mod shipped;
#[cfg(test)]
mod tests;
mod toml_tree;
mod value;
mod verdict;

pub use catalogue::Fact;
pub use codes::CodeList;
pub use derive::derive;
pub use evaluate::{Explanation, Trace};
pub use flat::Facts;
pub use judge::{Hearing, Judgement, Why};
pub use pack::{Article, ConditionText, Pack, ParamText, ProgrammeSettings, Words};
pub use params::{PVal, Param, Params};
pub use shipped::{PackFile, Packs, SHIPPED};
pub use toml_tree::PackProblem;
pub use value::{Cmp, Kind, Truth, Val, compare, sum};
pub use verdict::{Confidence, Cure, Finding, Outcome, Reason, Record, Shown, Verdict};
