//! What the driver did before. Lists are facts too: an absent list is unknown, an empty one is known to be empty.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts_section;
use crate::ids::Plate;

/// Behaviours that the law names and that the offence table may not carry as a code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Running a red light.
    RedLight,
    /// Speeding.
    Speeding,
    /// Driving against the direction of traffic.
    WrongWay,
    /// Driving after drinking.
    Drink,
    /// Driving drunk.
    Drunk,
    /// Driving after taking drugs.
    Drugs,
    /// Hit and run.
    HitAndRun,
    /// Forged, altered or another vehicle's papers or plates.
    FalsePapers,
    /// Buying, selling or arranging points.
    PointsTrade,
    /// Anything else.
    Other,
}

facts_section! {
    /// A decision against the driver.
    DecisionFact at "history.decisions[]" {
        /// Number of the decision.
        number: String = "text",
        /// Offence code.
        code: String = "code",
        /// Behaviour, where the code alone does not say it. Absent: the code decides.
        behaviour: Behaviour = "red_light | speeding | wrong_way | drink | drunk | drugs | hit_and_run | false_papers | points_trade | other",
        /// When the violation happened.
        occurred_at: Timestamp = "instant",
        /// Day of the decision.
        decided: Date = "date",
        /// Day on which the decision was served.
        served: Date = "date",
        /// Points given by it.
        points: i64 = "points",
        /// Fine in fen; 0 for a warning.
        fine_fen: i64 = "fen",
        /// The fine has been paid, or there was none.
        paid: bool = "true | false",
        /// The decision was annulled.
        annulled: bool = "true | false",
        /// Vehicle of the violation. Absent: no vehicle of this platform.
        plate: Plate = "\"kind:number\"",
    }
}

facts_section! {
    /// A record that is still open.
    OpenRecordFact at "history.open_records[]" {
        /// Record number. The violation that is asked about may be in the list; it is left out by its number.
        id: String = "text",
        /// Offence code.
        code: String = "code",
        /// When it happened.
        occurred_at: Timestamp = "instant",
        /// Vehicle.
        plate: Plate = "\"kind:number\"",
    }
}

facts_section! {
    /// A crash in which the driver was involved, however slight.
    CrashFact at "history.crashes[]" {
        /// Day of the crash.
        date: Date = "date",
    }
}

/// A leniency programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Programme {
    /// Warning for a first violation (首违警告).
    First,
    /// Study that takes points off (学习减分).
    Study,
}

facts_section! {
    /// One use of a programme, in any channel.
    ProgrammeUseFact at "history.programme_uses[]" {
        /// Which programme.
        programme: Programme = "first | study",
        /// Warning: day of the decision. Study: day on which points were taken off or a credit was earned.
        date: Date = "date",
        /// Study under a city's credit: the credit has been used on a record. National study counts as used at once.
        used: bool = "true | false",
        /// Day on which the credit was used on a record. Absent: the day in `date`.
        used_on: Date = "date",
        /// The decision or the reduction was annulled or reversed later.
        annulled: bool = "true | false",
        /// Points granted.
        points: i64 = "points",
    }
}

facts_section! {
    /// A vehicle registered in the driver's name.
    DriverVehicleFact at "history.own_vehicles[]" {
        /// Plate.
        plate: Plate = "\"kind:number\"",
        /// Last day on which its inspection is valid.
        inspection_valid_until: Date = "date",
        /// It should have been deregistered and was not.
        deregistration_due: bool = "true | false",
    }
}

facts_section! {
    /// What the driver did before.
    HistoryFacts at "history" {
        /// Decisions of at least the present and the three earlier points years.
        decisions: Vec<DecisionFact> = "list",
        /// Open records of the driver's own and bound vehicles.
        open_records: Vec<OpenRecordFact> = "list",
        /// Other open records of the vehicle asked about (whoever drove it).
        vehicle_open_records: Vec<OpenRecordFact> = "list",
        /// Decided violations of the vehicle asked about (whoever drove it).
        vehicle_decisions: Vec<DecisionFact> = "list",
        /// Crashes of at least the present points year.
        crashes: Vec<CrashFact> = "list",
        /// Uses of programmes, in any channel, of at least the present points year.
        programme_uses: Vec<ProgrammeUseFact> = "list",
        /// Days on which a full-mark study was passed.
        full_mark_studies: Vec<Date> = "list of dates",
        /// Days on which cheating in a study was established.
        study_cheating: Vec<Date> = "list of dates",
        /// Vehicles registered in the driver's name.
        own_vehicles: Vec<DriverVehicleFact> = "list",
    }
}
