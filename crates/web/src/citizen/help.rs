//! Help: by voice, at a window, in writing.

use serde::Serialize;
use utoipa::ToSchema;

use super::reasons::Place;
use crate::ctx::{Help, Hours};
use crate::page::view;

/// The help page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HelpPage {
    /// By voice.
    pub help: Help,
    /// Service hours.
    pub hours: Hours,
    /// Windows.
    pub windows: Vec<Place>,
}

view!(HelpPage, "citizen/help.html");
