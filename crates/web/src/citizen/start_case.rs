//! The sheet before a case: what will be done, how long it takes, what it costs and what is used up.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{Programme, Steps};
use super::reasons::About;
use super::violation::After;
use crate::page::view;

/// The sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StartCase {
    /// The violation.
    pub about: About,
    /// The programme.
    pub programme: Programme,
    /// The steps to come.
    pub steps: Steps,
    /// About so many minutes, computed from the pack.
    pub minutes: u32,
    /// Seconds of study.
    pub study_s: u32,
    /// Questions.
    pub questions: u32,
    /// Right answers needed.
    pub pass: u32,
    /// To be paid, fen.
    pub pay_fen: i64,
    /// Fine waived, fen.
    pub waived_fen: i64,
    /// Points before.
    pub points_from: i32,
    /// Points after.
    pub points_to: i32,
    /// What is left afterwards.
    pub after: Vec<After>,
    /// Whether a face check will be asked for.
    pub face_check: bool,
    /// The rule it rests on.
    pub article: String,
}

impl StartCase {
    /// Points fewer than without the programme.
    pub fn fewer_points(&self) -> i32 {
        self.points_from - self.points_to
    }
}

/// Asks to start a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct StartAsk {
    /// The violation.
    #[garde(length(min = 1, max = 64))]
    pub violation: String,
    /// The programme.
    #[garde(skip)]
    pub programme: Programme,
}

view!(StartCase, "citizen/start_case.html");
