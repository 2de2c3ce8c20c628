//! The first visit: who runs the service, what it reads, why, and how long it keeps it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::page::view;

/// The data notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Welcome {
    /// City.
    pub city: String,
    /// Office that runs the service.
    pub office: String,
    /// Years for which handling records are kept.
    pub keep_years: u32,
    /// Version of the notice.
    pub version: String,
    /// Where to go on.
    pub next: String,
}

/// Acknowledges the notice, with the two free consents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct WelcomeAsk {
    /// Progress and due-date messages.
    #[serde(default)]
    #[garde(skip)]
    pub messages: bool,
    /// Counting which pages are hard to use.
    #[serde(default)]
    #[garde(skip)]
    pub statistics: bool,
}

view!(Welcome, "citizen/welcome.html");
