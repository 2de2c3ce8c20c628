//! A case that is done: what was saved, what comes next. Also every other end of a case.

use serde::Serialize;
use utoipa::ToSchema;

use super::parts::Programme;
use super::reasons::{About, ReasonView};
use crate::money::MoneyLine;
use crate::page::view;

/// How a case stands at or near its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoneWord {
    /// Being written to the police platform.
    Handling,
    /// Done.
    Done,
    /// A person has to look.
    Manual,
    /// Not handled; nothing was taken, or it goes back.
    NotHandled,
    /// Given up by the driver.
    GivenUp,
}

impl DoneWord {
    /// The word in message keys: `done-<word>`.
    pub const fn key(self) -> &'static str {
        match self {
            DoneWord::Handling => "done-handling",
            DoneWord::Done => "done-done",
            DoneWord::Manual => "done-manual",
            DoneWord::NotHandled => "done-not-handled",
            DoneWord::GivenUp => "done-given-up",
        }
    }
}

/// The end of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Done {
    /// The case.
    pub case_id: String,
    /// How it stands.
    pub word: DoneWord,
    /// The programme that was used, if one was.
    pub programme: Option<Programme>,
    /// The violation.
    pub about: About,
    /// The money line, when money is involved.
    pub money: Option<MoneyLine>,
    /// Fine waived, fen.
    pub waived_fen: i64,
    /// Paid, fen.
    pub paid_fen: i64,
    /// Points fewer.
    pub fewer_points: i32,
    /// Points recorded.
    pub points: i32,
    /// Seconds from start to end.
    pub took_s: Option<u32>,
    /// Whether there is a decision to be read.
    pub decision: bool,
    /// The order with its receipt.
    pub order_id: Option<String>,
    /// Open violations that are left.
    pub left: u32,
    /// Reasons, when it could not be handled.
    pub reasons: Vec<ReasonView>,
}

impl Done {
    /// Minutes and seconds it took.
    pub fn took(&self) -> Option<(u32, u32)> {
        self.took_s.map(|seconds| (seconds / 60, seconds % 60))
    }
}

view!(Done, "citizen/done.html");
