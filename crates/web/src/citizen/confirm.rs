//! The confirmation: facts, rights, effect, and a button that names the act.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{Programme, Steps};
use super::reasons::About;
use super::violation::After;
use crate::page::view;
use crate::private::Private;

/// What will be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Effect {
    /// Whether it will be a warning.
    pub warning: bool,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Surcharge, fen.
    pub surcharge_fen: i64,
    /// Fine waived, fen.
    pub waived_fen: i64,
    /// Points without the programme.
    pub points_from: i32,
    /// Points that will be recorded.
    pub points_to: i32,
}

/// The confirmation page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Confirm {
    /// The case.
    pub case_id: String,
    /// Version of the case that the confirmation has to name.
    pub version: i64,
    /// The programme.
    pub programme: Programme,
    /// The steps.
    pub steps: Steps,
    /// The violation.
    pub about: About,
    /// Offence code.
    pub code: String,
    /// Plate.
    pub plate: Private,
    /// Articles broken and applied.
    pub articles: Vec<String>,
    /// What will be decided.
    pub effect: Effect,
    /// What is left afterwards.
    pub after: Vec<After>,
    /// To be paid before it is handled, fen; zero for a warning.
    pub pay_fen: i64,
}

/// Confirms. Waiving the statement is its own act with its own box.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct ConfirmAsk {
    /// Version of the case that was read.
    #[garde(range(min = 0))]
    pub version: i64,
    /// Whether the facts are right: the button itself says so.
    #[garde(custom(must_be_set))]
    pub facts: bool,
    /// Whether the right to a statement is waived.
    #[serde(default)]
    #[garde(custom(must_be_set))]
    pub waive: bool,
}

fn must_be_set(value: &bool, _context: &()) -> garde::Result {
    if *value { Ok(()) } else { Err(garde::Error::new("true")) }
}

view!(Confirm, "citizen/confirm.html");
