//! One violation: facts, evidence, and the options side by side before anything is chosen.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::{Card, Event, Route, TileState};
use crate::page::view;

/// What is left after an option was taken. Each is a sentence; some are irreversible and marked so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum After {
    /// The warning is used up for this points year.
    WarningUsed,
    /// The study reduction stays available.
    StudyKept,
    /// The study reduction is used up for this points year.
    StudyUsed,
    /// The warning is gone for this points year, because study was used.
    WarningGone,
    /// The warning is gone, because another violation then came first.
    NoLongerFirst,
    /// Both programmes stay as they are.
    BothKept,
    /// So many points of the credit stay, until that day.
    CreditLeft {
        /// Points.
        left: i32,
        /// Last day.
        until: Date,
    },
    /// Points of this cycle after it.
    PointsThen {
        /// Points.
        points: i32,
    },
}

impl After {
    /// Whether this cannot be taken back and costs something.
    pub const fn is_loss(&self) -> bool {
        matches!(self, After::WarningGone | After::NoLongerFirst)
    }

    /// The sentence.
    pub fn sentence(&self, c: &crate::ctx::Ctx) -> String {
        match self {
            After::WarningUsed => c.t("after-warning-used").into_owned(),
            After::StudyKept => c.t("after-study-kept").into_owned(),
            After::StudyUsed => c.t("after-study-used").into_owned(),
            After::WarningGone => c.t("after-warning-gone").into_owned(),
            After::NoLongerFirst => c.t("after-no-longer-first").into_owned(),
            After::BothKept => c.t("after-both-kept").into_owned(),
            After::CreditLeft { left, until } => {
                c.ta("after-credit-left", &[("points", left), ("date", &c.day(until))])
            }
            After::PointsThen { points } => c.ta("after-points-then", &[("points", points)]),
        }
    }
}

/// One way to deal with the violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Choice {
    /// Which way.
    pub route: Route,
    /// Whether it can be taken.
    pub state: TileState,
    /// Whether it is the one we would take.
    pub best: bool,
    /// To be paid, fen, surcharge included.
    pub pay_fen: i64,
    /// Points that will stand in the record.
    pub points: i32,
    /// About so many minutes, computed from the pack.
    pub minutes: u32,
    /// What is left afterwards.
    pub after: Vec<After>,
    /// Where it starts, or where its reasons are.
    pub href: String,
}

/// A picture of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Picture {
    /// Address of the small one.
    pub thumb: String,
    /// Address of the original.
    pub original: String,
    /// Size of the original, kilobytes.
    pub kilobytes: u32,
}

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violation {
    /// The violation as the list shows it.
    pub card: Card,
    /// Articles broken and applied.
    pub articles: Vec<String>,
    /// Who recorded it.
    pub recorded_by: String,
    /// How it was recorded, in words.
    pub source: String,
    /// Evidence.
    pub pictures: Vec<Picture>,
    /// Whether the pictures could not be fetched.
    pub pictures_failed: bool,
    /// The options, best first.
    pub choices: Vec<Choice>,
    /// Whether taking study first would lose the warning, so that it has to be said.
    pub order_warning: bool,
    /// What has happened so far.
    pub events: Vec<Event>,
    /// When the record was read.
    pub as_of: Timestamp,
}

view!(Violation, "citizen/violation.html");
