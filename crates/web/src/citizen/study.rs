//! Study with an honest timer: the server is the clock.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{Programme, Steps};
use crate::page::view;

/// One card to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StudyCard {
    /// Its id.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Paragraphs.
    pub paragraphs: Vec<String>,
    /// The article it explains.
    pub article: String,
    /// Whether it is about the very violation.
    pub yours: bool,
}

/// The study page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Study {
    /// The case.
    pub case_id: String,
    /// The programme.
    pub programme: Programme,
    /// The steps.
    pub steps: Steps,
    /// What is studied.
    pub topic: String,
    /// Cards, the one about the violation first.
    pub cards: Vec<StudyCard>,
    /// Seconds required.
    pub need_s: u32,
    /// Seconds earned.
    pub done_s: u32,
    /// Whether that is enough.
    pub ready: bool,
    /// Token that the next heartbeat has to carry.
    pub beat: String,
    /// Seconds between heartbeats.
    pub every_s: u32,
}

impl Study {
    /// Seconds still missing.
    pub fn left_s(&self) -> u32 {
        self.need_s.saturating_sub(self.done_s)
    }

    /// Seconds until a page without scripts should ask again.
    pub fn refresh_s(&self) -> u32 {
        self.left_s().min(self.every_s) + 1
    }
}

/// A heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct Beat {
    /// Token of the last answer.
    #[garde(length(max = 200))]
    pub beat: String,
    /// Whether the page is in front.
    #[garde(skip)]
    pub visible: bool,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BeatAnswer {
    /// Seconds required.
    pub need_s: u32,
    /// Seconds earned.
    pub done_s: u32,
    /// Whether that is enough.
    pub ready: bool,
    /// Token for the next one.
    pub beat: String,
}

view!(Study, "citizen/study.html");
