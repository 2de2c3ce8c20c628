//! Why something cannot be done: of a violation, or of a programme.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::{Link, Programme, TileState};
use crate::page::view;

/// What a person can do about a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CureKind {
    /// Something that can be done at once.
    Now,
    /// It passes by itself on a day.
    Date,
    /// Somewhere else.
    Elsewhere,
    /// Never; the next best way is said instead.
    Never,
}

impl CureKind {
    /// The cure's heading.
    pub const fn key(self) -> &'static str {
        match self {
            CureKind::Now => "cure-now",
            CureKind::Date => "cure-date",
            CureKind::Elsewhere => "cure-elsewhere",
            CureKind::Never => "cure-never",
        }
    }

    /// Icon's name.
    pub const fn icon(self) -> &'static str {
        match self {
            CureKind::Now => "next",
            CureKind::Date => "clock",
            CureKind::Elsewhere => "place",
            CureKind::Never => "dash",
        }
    }
}

/// A place to go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Address.
    pub address: String,
    /// When it is open.
    pub hours: String,
    /// Papers to bring.
    pub papers: String,
}

/// The cure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CureView {
    /// Which of the four.
    pub kind: CureKind,
    /// What to do, in one or two sentences.
    pub text: String,
    /// The button, for what can be done at once.
    pub action: Option<Link>,
    /// The day, for what passes by itself.
    pub date: Option<Date>,
    /// The place, for what is done elsewhere.
    pub place: Option<Place>,
}

/// A fact that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactShown {
    /// Its name in plain words.
    pub name: String,
    /// What was found.
    pub value: String,
}

/// One reason in full: conclusion, what we see, rule, cure, code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonView {
    /// Code to quote.
    pub code: String,
    /// Whether the check could not be made, which is no refusal.
    pub unknown: bool,
    /// The conclusion in one sentence.
    pub title: String,
    /// What we see, in one sentence.
    pub seen: Option<String>,
    /// The facts behind it.
    pub facts: Vec<FactShown>,
    /// The limit it was measured against.
    pub limit: Option<String>,
    /// The rule: article or clause.
    pub article: String,
    /// Whether the source of the rule is weak, which is then said.
    pub weak_source: bool,
    /// What to do.
    pub cure: CureView,
}

/// The reasons of a violation or of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reasons {
    /// The violation it is about, in a line, if it is about one.
    pub about: Option<About>,
    /// The programme it is about, if it is about one.
    pub programme: Option<Programme>,
    /// The programme's state, if it is about one.
    pub state: Option<TileState>,
    /// Every reason, most important first.
    pub reasons: Vec<ReasonView>,
    /// What was checked and found in order.
    pub passed: Vec<String>,
    /// Policy pack that judged.
    pub pack: String,
    /// When it judged.
    pub judged_at: Timestamp,
    /// What can be done instead.
    pub instead: Vec<Link>,
    /// Where to retry checks that could not be made.
    pub retry: Option<String>,
}

/// A violation in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct About {
    /// Its id.
    pub id: String,
    /// What was done.
    pub act: String,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: String,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Points.
    pub points: i32,
}

view!(Reasons, "citizen/reasons.html");
