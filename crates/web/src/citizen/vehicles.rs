//! Own vehicles, and up to three of other people.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::page::view;
use crate::private::Private;

/// A bound vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoundVehicle {
    /// Key of the vehicle in addresses.
    pub plate_key: Private,
    /// Plate.
    pub plate: Private,
    /// Kind of vehicle in words.
    pub kind: String,
    /// Whether it is somebody else's.
    pub foreign: bool,
    /// Since when it is bound: earlier violations of somebody else's vehicle are not online.
    pub since: Option<Timestamp>,
}

/// A kind of plate to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlateKindChoice {
    /// Two-digit code (GA/T 16.7).
    pub code: String,
    /// Name.
    pub name: String,
}

/// The vehicles page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Vehicles {
    /// Bound vehicles.
    pub vehicles: Vec<BoundVehicle>,
    /// How many more of other people's can be bound now.
    pub foreign_left: u32,
    /// The most at a time.
    pub foreign_max: u32,
    /// The most ever.
    pub ever_max: u32,
    /// Kinds of plate.
    pub kinds: Vec<PlateKindChoice>,
    /// Whether a code was sent to an owner's phone: its last digits, and the plate.
    pub code_for: Option<CodeFor>,
}

/// A binding that waits for the owner's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeFor {
    /// Key of the vehicle.
    pub plate_key: Private,
    /// Plate.
    pub plate: Private,
    /// Last digits of the owner's phone.
    pub phone_tail: String,
}

/// Asks to bind a vehicle of somebody else.
#[derive(Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct BindAsk {
    /// Kind of plate.
    #[garde(length(max = 4))]
    pub kind: String,
    /// Plate.
    #[garde(length(max = 20))]
    pub plate: String,
    /// The code from the owner's phone, in the second step.
    #[garde(inner(length(max = 20)))]
    pub code: Option<String>,
}

view!(Vehicles, "citizen/vehicles.html");
