//! The conditions of both programmes, public, written from the pack in force.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::Programme;
use crate::page::view;

/// One condition in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConditionView {
    /// The condition.
    pub text: String,
    /// Its rule.
    pub article: String,
    /// Whether its source is weak.
    pub weak_source: bool,
}

/// One programme as the pack has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProgrammeDoc {
    /// Which one.
    pub programme: Programme,
    /// Whether this pack has it at all.
    pub enabled: bool,
    /// What it does, in one or two sentences.
    pub effect: String,
    /// Seconds of study.
    pub study_s: u32,
    /// Questions.
    pub questions: u32,
    /// Right answers needed.
    pub pass: u32,
    /// About so many minutes, computed.
    pub minutes: u32,
    /// Conditions.
    pub conditions: Vec<ConditionView>,
}

/// A pack that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day, unless it is in force without an end.
    pub to: Option<Date>,
    /// Whether it is the one shown.
    pub shown: bool,
    /// Whether it is in force today.
    pub in_force: bool,
}

/// The public page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Programmes {
    /// The day for which the rules are shown.
    pub on: Date,
    /// The pack that is shown.
    pub pack: Option<PackRef>,
    /// Programmes.
    pub programmes: Vec<ProgrammeDoc>,
    /// Whether study used first loses the warning.
    pub study_blocks_warning: bool,
    /// All packs by date.
    pub packs: Vec<PackRef>,
}

view!(Programmes, "citizen/programmes.html");
