//! What can be said where no violation is shown.

use clearway_service::dossier::{Dossier, Progress, Topic};

/// Whether the records of the driver's vehicles were read. Nothing found is only said of what was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// They are being asked for.
    Checking,
    /// The last question had no answer.
    Failed,
    /// They are there.
    Read,
}

impl Records {
    /// As far as the platform has answered about a driver's vehicles.
    pub(in crate::citizen) fn of(dossier: &Dossier) -> Records {
        match dossier.standing.progress(Topic::Vehicles) {
            Progress::Done(_) => Records::Read,
            Progress::Failed(_) => Records::Failed,
            Progress::Pending(_) | Progress::NotAsked => Records::Checking,
        }
    }

    /// Icon's name.
    pub const fn icon(self) -> &'static str {
        match self {
            Records::Checking => "clock",
            Records::Failed => "ask",
            Records::Read => "tick",
        }
    }

    /// Tone of the icon in the stylesheet.
    pub const fn tone(self) -> &'static str {
        match self {
            Records::Checking => "wait",
            Records::Failed => "plain",
            Records::Read => "",
        }
    }

    /// The message for a page without violations; `found` where it may say that there are none.
    pub const fn key(self, found: &'static str) -> &'static str {
        match self {
            Records::Checking => "records-checking",
            Records::Failed => "records-failed",
            Records::Read => found,
        }
    }

    /// The message for a vehicle without violations in a row of several.
    pub const fn short(self) -> &'static str {
        match self {
            Records::Checking => "state-checking",
            Records::Failed => "records-failed-short",
            Records::Read => "vehicle-clean",
        }
    }

    /// Whether asking again makes sense.
    pub const fn can_retry(self) -> bool {
        matches!(self, Records::Failed)
    }
}
