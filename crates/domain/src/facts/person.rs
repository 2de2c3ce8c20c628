//! Facts of the person, the vehicle and how they belong together.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts_section;
use crate::ids::Plate;

/// What the face check said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaceOutcome {
    /// The pack or the site asks for none here.
    NotRequired,
    /// The same person.
    Passed,
    /// Not recognised as the same person.
    Failed,
}

facts_section! {
    /// The account and its checks.
    IdentityFacts at "identity" {
        /// The real name has been verified (V user).
        verified: bool = "true | false",
        /// Registered user of 12123.
        registered_12123: bool = "true | false",
        /// What the face check said.
        face: FaceOutcome = "not_required | passed | failed",
        /// A code sent to the phone registered for the vehicle's owner was entered.
        owner_phone_verified: bool = "true | false",
        /// Another account holds this licence.
        licence_bound_elsewhere: bool = "true | false",
        /// The account is under manual review.
        under_review: bool = "true | false",
    }
}

facts_section! {
    /// The vehicle of the violation.
    VehicleFacts at "vehicle" {
        /// Plate with its kind, as `02:鄂A12345`.
        plate: Plate = "\"kind:number\"",
        /// State letters, several at once (vehicle_states.csv). An empty text is unknown.
        states: String = "letters",
        /// City of registration, six-digit division code.
        home_city: String = "six digits",
        /// Province of registration, six-digit division code.
        home_province: String = "six digits",
        /// First registration.
        registered: Date = "date",
        /// Last change of registration; the first registration when nothing ever changed.
        last_changed: Date = "date",
        /// The owner is a company or another organisation.
        company_owned: bool = "true | false",
        /// The driver is the registered owner.
        owner_is_driver: bool = "true | false",
        /// Since when the present owner has owned it; the first registration when there was no other owner.
        owner_since: Date = "date",
        /// On the list of key or restricted vehicles.
        key_watch: bool = "true | false",
        /// Licence class that the vehicle needs, as `C1`.
        needed_class: String = "licence class",
        /// How many licences have had violations of this vehicle decided in the driver's present cycle.
        licences_this_cycle: i64 = "count",
        /// This driver's licence is one of them.
        driver_among_licences: bool = "true | false",
        /// Users other than the owner who have bound this vehicle, this driver included once bound.
        other_users: i64 = "count",
    }
}

facts_section! {
    /// How person and vehicle belong together on this platform.
    RelationFacts at "relation" {
        /// The person has bound this vehicle.
        bound: bool = "true | false",
        /// When it was bound.
        bound_at: Timestamp = "instant",
        /// Other people's vehicles bound now, this one included once bound.
        others_bound_now: i64 = "count",
        /// Other people's vehicles ever bound, this one included once bound.
        others_bound_ever: i64 = "count",
    }
}

facts_section! {
    /// The driver and the licence.
    DriverFacts at "driver" {
        /// A licence was found.
        has_licence: bool = "true | false",
        /// Licence classes as written on it, as `C1` or `A1D`.
        classes: String = "licence classes",
        /// State letters, several at once (licence_states.csv). An empty text is unknown.
        states: String = "letters",
        /// Day on which the licence was first issued: the points year runs from it.
        first_licence: Date = "date",
        /// City that issued the licence, six-digit division code.
        issue_city: String = "six digits",
        /// Province that issued the licence, six-digit division code.
        issue_province: String = "six digits",
        /// First day after probation.
        probation_end: Date = "date",
        /// Points on the licence now.
        points: i64 = "points",
        /// The review of the licence is overdue.
        review_overdue: bool = "true | false",
        /// Birth date.
        born: Date = "date",
        /// The driver has asked for deferral or instalments, or may (shown as information only).
        hardship: bool = "true | false",
    }
}
