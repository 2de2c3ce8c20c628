//! The life of a case, step by step.

use serde::Serialize;
use utoipa::ToSchema;

use super::parts::Event;
use super::reasons::About;
use crate::page::view;

/// A timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Timeline {
    /// The case.
    pub case_id: String,
    /// The violation.
    pub about: About,
    /// What happened and what is to come.
    pub events: Vec<Event>,
}

view!(Timeline, "citizen/timeline.html");
