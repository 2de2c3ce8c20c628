//! What is known when a rule is applied: the raw facts.
//!
//! A use case fills [`RawFacts`] from its own tables and from the police platform; `clearway rules explain` reads the same
//! structure from a file. Every leaf is optional, and an absent leaf means *unknown*, never "no" and never zero: a condition
//! that needs it answers "cannot determine". The few leaves whose absence has a meaning of its own say so.
//! `docs/reference/facts.md` is generated from the tables in this module.

mod file;
mod history;
mod person;
mod record;

pub use file::{FactsFault, facts_from_json, facts_from_toml, facts_from_value, merge_json, toml_to_json};
pub use history::{
    Behaviour, CrashFact, DecisionFact, DriverVehicleFact, HistoryFacts, OpenRecordFact, Programme,
    ProgrammeUseFact,
};
pub use person::{DriverFacts, FaceOutcome, IdentityFacts, RelationFacts, VehicleFacts};
pub use record::{
    BatchFacts, PaymentFacts, QuizOutcome, RecordedBy, ReviewOutcome, RoadClass, ServiceFacts, Step,
    StepFacts, Upstream, ViolationFacts,
};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One leaf of the raw facts, as the reference page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Dotted path; `[]` marks a list.
    pub path: &'static str,
    /// The shape of a value as written in a facts file.
    pub shape: &'static str,
    /// What it means, with its unit.
    pub doc: &'static str,
}

/// Declares one section of the raw facts together with the table from which its reference page is made.
macro_rules! facts_section {
    (
        $(#[doc = $section_doc:literal])*
        $name:ident at $path:literal {
            $( $(#[doc = $doc:literal])* $field:ident : $ty:ty = $shape:literal ),* $(,)?
        }
    ) => {
        $(#[doc = $section_doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$ty>,
            )*
        }

        impl $name {
            /// The leaves of this section, in the order of the file.
            pub const LEAVES: &'static [$crate::facts::Leaf] = &[
                $( $crate::facts::Leaf {
                    path: concat!($path, ".", stringify!($field)),
                    shape: $shape,
                    doc: concat!($($doc),*),
                } ),*
            ];
        }
    };
}
pub(crate) use facts_section;

/// Everything that may be known about one question. Sections that do not matter may stay empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawFacts {
    /// The service itself: hours, quota, the police platform.
    pub service: ServiceFacts,
    /// The person's account and identity checks.
    pub identity: IdentityFacts,
    /// The violation that is asked about.
    pub violation: ViolationFacts,
    /// The vehicle of the violation; shared by all violations of a vehicle.
    pub vehicle: Arc<VehicleFacts>,
    /// How person and vehicle belong together on this platform.
    pub relation: RelationFacts,
    /// The driver and the licence; shared in the same way.
    pub driver: Arc<DriverFacts>,
    /// What the driver did before; the same for all violations of a vehicle.
    pub history: Arc<HistoryFacts>,
    /// The steps of a programme done so far: study, quiz, review.
    pub step: StepFacts,
    /// The payment of this violation.
    pub payment: PaymentFacts,
    /// What the running batch already holds.
    pub batch: BatchFacts,
}

impl RawFacts {
    /// All leaves of the format, section by section.
    pub fn leaves() -> impl Iterator<Item = &'static Leaf> {
        [
            ServiceFacts::LEAVES,
            IdentityFacts::LEAVES,
            ViolationFacts::LEAVES,
            VehicleFacts::LEAVES,
            RelationFacts::LEAVES,
            DriverFacts::LEAVES,
            HistoryFacts::LEAVES,
            DecisionFact::LEAVES,
            OpenRecordFact::LEAVES,
            CrashFact::LEAVES,
            ProgrammeUseFact::LEAVES,
            DriverVehicleFact::LEAVES,
            StepFacts::LEAVES,
            PaymentFacts::LEAVES,
            BatchFacts::LEAVES,
        ]
        .into_iter()
        .flatten()
    }
}
