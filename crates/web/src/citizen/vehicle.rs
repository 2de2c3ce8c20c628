//! One vehicle and its violations.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::{Bar, Group, Segment};
use super::violations::SEGMENTS;
use crate::page::view;

/// The violations of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Vehicle {
    /// The vehicle and its violations.
    pub group: Group,
    /// Kind of vehicle in words.
    pub kind: String,
    /// The pay bar, when something can be paid.
    pub bar: Option<Bar>,
    /// Whether programmes are still being verified.
    pub checking: bool,
    /// Changes whenever something on the page would look different.
    pub version: String,
    /// When the records were read.
    pub as_of: Timestamp,
    /// Whether they are older than they should be.
    pub stale: bool,
}

impl Vehicle {
    /// The heaps of the list, with the messages of their headings.
    pub fn segments(&self) -> [(Segment, &'static str); 3] {
        SEGMENTS
    }
}

view!(Vehicle, "citizen/vehicle.html");
