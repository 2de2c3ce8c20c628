//! Facts of the service, of the violation asked about, of the steps done so far, of payment and batch.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts_section;
use crate::ids::Plate;

/// Whether the police platform answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// It answers.
    Up,
    /// It does not, or what it says cannot be read.
    Down,
}

facts_section! {
    /// The service itself.
    ServiceFacts at "service" {
        /// The service is switched on today (no maintenance, no closing ordered). The daily hours come from the pack.
        available: bool = "true | false",
        /// When the driver confirmed this deed. Absent: not confirmed yet, so the present moment is what counts.
        confirmed_at: Timestamp = "instant",
        /// Today's quota is used up.
        quota_reached: bool = "true | false",
        /// The police platform answers.
        upstream: Upstream = "up | down",
        /// Background verification is still running.
        checking: bool = "true | false",
    }
}

/// How a violation was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedBy {
    /// A fixed or mobile police camera (电子警察).
    Camera,
    /// A report by the public (群众举报).
    PublicReport,
    /// An officer at the place.
    Officer,
}

/// The road on which a speed was measured; the same speed is another violation on another road.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadClass {
    /// Any road that is neither of the other two.
    Ordinary,
    /// Urban expressway (城市快速路).
    UrbanExpressway,
    /// Expressway (高速公路).
    Expressway,
}

facts_section! {
    /// The violation that is asked about.
    ViolationFacts at "violation" {
        /// Record number of the police platform (xh or wfbh).
        id: String = "text",
        /// Offence code, four digits with an optional local fifth.
        code: String = "code",
        /// When it happened.
        occurred_at: Timestamp = "instant",
        /// Where it happened, in words.
        place: String = "text",
        /// City whose office recorded it, six-digit division code (Wuhan 420100).
        recorded_city: String = "six digits",
        /// Province whose office recorded it, six-digit division code (Hubei 420000).
        recorded_province: String = "six digits",
        /// Recorded by the expressway police of a province.
        highway_corps: bool = "true | false",
        /// How it was recorded.
        recorded_by: RecordedBy = "camera | public_report | officer",
        /// Fine in fen by the standard of the place in force now.
        fine_fen: i64 = "fen",
        /// Fine in fen by the standard in force on the day of the violation. Absent: the same standard as now.
        fine_then_fen: i64 = "fen",
        /// Points by the national scale in force since 2022-04-01.
        points_now: i64 = "points",
        /// Points by the national scale in force before 2022-04-01.
        points_then: i64 = "points",
        /// A decision has been made.
        handled: bool = "true | false",
        /// The fine of the decision has been paid.
        paid: bool = "true | false",
        /// Another channel (12123, a window, another phone) is handling it now.
        in_other_channel: bool = "true | false",
        /// An objection is pending.
        dispute_pending: bool = "true | false",
        /// The evidence has passed its audit (order 157, articles 18 and 19).
        audited: bool = "true | false",
        /// The evidence pictures are there.
        evidence_present: bool = "true | false",
        /// It has been established that the record must be removed (order 157, article 22).
        to_be_removed: bool = "true | false",
        /// It is a decision made at the roadside, to be paid only.
        on_site_ticket: bool = "true | false",
        /// Vehicle or licence was taken by a compulsory measure.
        compulsory_measure: bool = "true | false",
        /// The law also threatens suspension or cancellation of the licence.
        suspension_possible: bool = "true | false",
        /// The law also threatens detention.
        detention_possible: bool = "true | false",
        /// It caused a crash.
        caused_crash: bool = "true | false",
        /// It caused a jam.
        caused_jam: bool = "true | false",
        /// Day on which the person was told of the record. Absent: not told yet.
        notice_date: Date = "date",
        /// Day on which the decision was served. Absent: no decision served yet.
        decision_served: Date = "date",
        /// Measured speed in km/h.
        speed_measured: i64 = "km/h",
        /// Speed limit in km/h.
        speed_limit: i64 = "km/h",
        /// Class of the road.
        road_class: RoadClass = "ordinary | urban_expressway | expressway",
        /// Load above the permitted load, in percent.
        overload_percent: i64 = "percent",
        /// The load above the limit was taken off at once.
        unloaded_at_once: bool = "true | false",
    }
}

/// Which moment of a programme is asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// May the person begin? Study, quiz, review and payment lie ahead and are not asked for.
    #[default]
    Apply,
    /// May it be decided now? The steps must have been done.
    Decide,
}

/// How a quiz or examination ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuizOutcome {
    /// Not taken, or still running.
    NotTaken,
    /// Passed.
    Passed,
    /// Taken and not passed.
    Failed,
}

/// How the review by an officer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// Waiting.
    Pending,
    /// Approved.
    Approved,
    /// Refused.
    Refused,
}

facts_section! {
    /// The steps of the programme done so far.
    StepFacts at "step" {
        /// Which moment is asked about. Absent: `apply`.
        asking: Step = "apply | decide",
        /// Seconds of study that count, within the term of the programme.
        study_seconds: i64 = "seconds",
        /// Day on which the study was finished. Absent: not finished.
        study_finished: Date = "date",
        /// How the quiz or examination ended.
        quiz: QuizOutcome = "not_taken | passed | failed",
        /// A face comparison during study failed.
        study_face_failed: bool = "true | false",
        /// How the officer's review stands.
        review: ReviewOutcome = "pending | approved | refused",
    }
}

facts_section! {
    /// The payment of this violation.
    PaymentFacts at "payment" {
        /// A payment is on its way and the bank has not answered.
        pending: bool = "true | false",
        /// The last attempt failed and has not been repeated.
        last_failed: bool = "true | false",
        /// The sum due differs from the sum the person agreed to.
        amount_changed: bool = "true | false",
        /// Another violation of the same merged payment cannot be paid.
        batch_blocked: bool = "true | false",
    }
}

facts_section! {
    /// What the running batch holds before this violation is added.
    BatchFacts at "batch" {
        /// Points of the violations already chosen.
        points: i64 = "points",
        /// Vehicles of the violations already chosen, each once.
        vehicles: Vec<Plate> = "list of \"kind:number\"",
    }
}
