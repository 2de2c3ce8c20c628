//! 我的违法: what can be used now, then every open violation.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::{Bar, Group, Segment, Step, Tile};
use crate::page::view;
use crate::private::Private;

/// How far the background verification is, in real counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Checks {
    /// Checks in all.
    pub total: u32,
    /// Checks that have an answer.
    pub done: u32,
    /// Checks that could not be made.
    pub failed: u32,
    /// Whether all have ended, one way or the other.
    pub finished: bool,
    /// Whether it takes longer than usual.
    pub slow: bool,
    /// Changes whenever something on the page would look different.
    pub version: String,
}

/// A case that was left unfinished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Resume {
    /// The case.
    pub case_id: String,
    /// The violation's act.
    pub act: String,
    /// The step where it stopped.
    pub step: Step,
}

/// A vehicle on the first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VehicleCard {
    /// Key of the vehicle in addresses.
    pub plate_key: Private,
    /// Plate.
    pub plate: Private,
    /// Kind of vehicle in words.
    pub kind: String,
    /// Whether it is somebody else's.
    pub foreign: bool,
    /// Open violations.
    pub open: usize,
    /// Of these, how many can be handled now.
    pub now: usize,
}

/// What could be saved in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavingSum {
    /// Fines waived, fen.
    pub fine_fen: i64,
    /// Points fewer.
    pub points: i32,
}

/// The first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violations {
    /// Cases that were left unfinished.
    pub resume: Vec<Resume>,
    /// A payment that is being confirmed: its order.
    pub open_order: Option<String>,
    /// The background verification.
    pub checks: Checks,
    /// Both programmes.
    pub tiles: Vec<Tile>,
    /// What could be saved in all, when something can be used.
    pub total: Option<SavingSum>,
    /// Whether to advise the warning before the study reduction.
    pub warning_first: bool,
    /// Vehicles.
    pub vehicles: Vec<VehicleCard>,
    /// Violations by vehicle: filled when there is one vehicle, or when all were asked for.
    pub groups: Vec<Group>,
    /// The pay bar, when something in the groups can be paid.
    pub bar: Option<Bar>,
    /// When the records were read.
    pub as_of: Timestamp,
    /// Whether they are older than they should be.
    pub stale: bool,
    /// Working days after which a new violation usually shows.
    pub appears_after_days: u32,
}

impl Violations {
    /// Open violations over all vehicles.
    pub fn open(&self) -> usize {
        self.vehicles.iter().map(|vehicle| vehicle.open).sum()
    }

    /// Whether nothing can be used, though everything has been checked.
    pub fn nothing_usable(&self) -> bool {
        self.checks.finished && self.total.is_none()
    }

    /// The heaps of the list, with the messages of their headings.
    pub fn segments(&self) -> [(Segment, &'static str); 3] {
        SEGMENTS
    }
}

/// The heaps of a list, with the messages of their headings.
pub const SEGMENTS: [(Segment, &str); 3] =
    [(Segment::Now, "list-seg-now"), (Segment::Wait, "list-seg-wait"), (Segment::NotHere, "list-seg-no")];

view!(Violations, "citizen/violations.html");
