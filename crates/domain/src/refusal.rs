//! Every reason the platform can give, in one closed list.
//!
//! A refusal is a value, not an error. The list is in order of precedence (service, identity, state of the record, amount and
//! procedure, vehicle, relation, driver, simulated total, programme, payment, rights): a verdict collects *all* reasons and
//! shows them in this order. The words live in `locales/*/reasons.ftl`, one message per code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is asked of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// May this violation be handled online?
    Handle,
    /// May this violation's fine be paid online?
    Pay,
    /// May a warning take the place of the fine (首违警告)?
    First,
    /// May study take points off (学习减分)?
    Study,
}

impl Question {
    /// All questions, in the order in which they are shown.
    pub const ALL: [Question; 4] = [Question::Handle, Question::Pay, Question::First, Question::Study];

    /// The word used in packs, facts and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Question::Handle => "handle",
            Question::Pay => "pay",
            Question::First => "first",
            Question::Study => "study",
        }
    }
}

impl FromStr for Question {
    type Err = String;

    fn from_str(text: &str) -> Result<Question, String> {
        Question::ALL
            .into_iter()
            .find(|question| question.word() == text)
            .ok_or_else(|| format!("`{text}` is not a question; write handle, pay, first or study"))
    }
}

/// The layers of the check, in the order in which they are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The service itself.
    Service,
    /// Account and identity.
    Identity,
    /// State of the record.
    Record,
    /// Amount and procedure.
    Amount,
    /// The vehicle.
    Vehicle,
    /// How person and vehicle belong together.
    Relation,
    /// Driver and licence.
    Driver,
    /// The total as it would be afterwards.
    Total,
    /// The warning for a first violation.
    First,
    /// Study that takes points off.
    Study,
    /// Payment.
    Payment,
    /// Rights of the person; never a refusal.
    Rights,
}

/// What the person can do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// Wait; nothing has to be done.
    Wait,
    /// Try again.
    Retry,
    /// Go through a check.
    Verify,
    /// Go to a window.
    Window,
    /// Object or apply.
    Objection,
    /// Nothing helps or is needed.
    Nothing,
    /// Look at the receipt.
    Receipt,
    /// Use 12123.
    App12123,
    /// Ask for the evidence.
    Evidence,
    /// Handle it here in the ordinary way.
    Online,
    /// Pay.
    Pay,
    /// Bind the vehicle.
    Bind,
    /// Study again or go on.
    Study,
    /// Use the warning first.
    First,
    /// Make a statement.
    Statement,
    /// Ask for reconsideration.
    Reconsider,
    /// Ask for more time.
    Extend,
}

macro_rules! refusals {
    ($( $(#[doc = $doc:literal])* $name:ident $code:literal $layer:ident [$($question:ident),*] $step:ident; )*) => {
        /// A reason, by its stable code. `Ord` is the order of precedence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Refusal {
            $( $(#[doc = $doc])* $name, )*
        }

        impl Refusal {
            /// All reasons in order of precedence.
            pub const ALL: &'static [Refusal] = &[ $( Refusal::$name ),* ];

            /// The stable code, as `V_FINE_OVER_200`.
            pub const fn code(self) -> &'static str {
                match self { $( Refusal::$name => $code, )* }
            }

            /// The layer to which it belongs.
            pub const fn layer(self) -> Layer {
                match self { $( Refusal::$name => Layer::$layer, )* }
            }

            /// What it blocks; empty for information only.
            pub const fn blocks(self) -> &'static [Question] {
                match self { $( Refusal::$name => &[ $( Question::$question ),* ], )* }
            }

            /// What the person can do next.
            pub const fn next_step(self) -> NextStep {
                match self { $( Refusal::$name => NextStep::$step, )* }
            }

            /// The meaning in a few English words, for logs and for the officers' tools.
            pub const fn meaning(self) -> &'static str {
                match self { $( Refusal::$name => concat!($($doc),*), )* }
            }
        }
    };
}

refusals! {
    /// Outside the hours in which the service acts.
    SvcClosed "SVC_CLOSED" Service [Handle, Pay, First, Study] Wait;
    /// Today's quota is used up or too many people are waiting.
    SvcQuota "SVC_QUOTA" Service [Handle, Pay, First, Study] Wait;
    /// The police platform does not answer.
    SvcUpstreamDown "SVC_UPSTREAM_DOWN" Service [Handle, Pay, First, Study] Wait;
    /// Verification is still running.
    SvcChecking "SVC_CHECKING" Service [Handle, Pay, First, Study] Wait;
    /// A fact that the question needs is missing.
    SvcCannotDetermine "SVC_CANNOT_DETERMINE" Service [First, Study] Retry;
    /// No real-name verification yet.
    IdNotVerified "ID_NOT_VERIFIED" Identity [Handle, Pay, First, Study] Verify;
    /// Not a registered user of 12123.
    IdNo12123 "ID_NO_12123" Identity [First] Verify;
    /// The face check failed.
    IdFaceFail "ID_FACE_FAIL" Identity [Handle, Pay, First, Study] Window;
    /// The phone registered for the vehicle's owner has not been verified.
    IdOwnerPhone "ID_OWNER_PHONE" Identity [First] Verify;
    /// Another account holds this licence.
    IdLicenceBoundElsewhere "ID_LICENCE_BOUND_ELSEWHERE" Identity [Handle, Pay, First, Study] Window;
    /// The account is under manual review.
    IdUnderReview "ID_UNDER_REVIEW" Identity [Handle, Pay, First, Study] Objection;
    /// The violation has been decided.
    VAlreadyHandled "V_ALREADY_HANDLED" Record [Handle] Nothing;
    /// The decision has been paid.
    VAlreadyPaid "V_ALREADY_PAID" Record [Pay] Receipt;
    /// Another channel is handling it.
    VInOtherChannel "V_IN_OTHER_CHANNEL" Record [Handle, Pay] Wait;
    /// The evidence pictures have not arrived.
    VNoEvidenceYet "V_NO_EVIDENCE_YET" Record [Handle] Evidence;
    /// The record has not passed its audit.
    VNotAudited "V_NOT_AUDITED" Record [Handle] Wait;
    /// An objection is being reviewed.
    VDisputePending "V_DISPUTE_PENDING" Record [Handle, Pay] Wait;
    /// It is established that the record will be removed.
    VToBeRemoved "V_TO_BE_REMOVED" Record [Handle] Nothing;
    /// The violation is older than the points scale; the lighter scale applies.
    VOldLaw "V_OLD_LAW" Record [] Nothing;
    /// The 30 days of the notice are over.
    VNoticeExpired "V_NOTICE_EXPIRED" Record [] Online;
    /// A decision made at the roadside: only to be paid.
    VOnSiteTicket "V_ON_SITE_TICKET" Record [Handle] Pay;
    /// The fine is above what a summary decision may impose online.
    VFineOver200 "V_FINE_OVER_200" Amount [Handle] Window;
    /// The points of the record are above the online limit.
    VPointsOverLimit "V_POINTS_OVER_LIMIT" Amount [Handle] Window;
    /// A violation of 12 points.
    VTwelve "V_TWELVE" Amount [Handle] Window;
    /// Suspension or cancellation of the licence is possible.
    VNeedsSuspension "V_NEEDS_SUSPENSION" Amount [Handle] Window;
    /// Detention is possible.
    VDetentionPossible "V_DETENTION_POSSIBLE" Amount [Handle] Window;
    /// Vehicle or licence was taken by a compulsory measure.
    VCompulsoryMeasure "V_COMPULSORY_MEASURE" Amount [Handle] Window;
    /// There is nothing to pay.
    VZeroFine "V_ZERO_FINE" Amount [Pay] Window;
    /// A kind of violation that is not for self-service.
    VOutOfScopeCode "V_OUT_OF_SCOPE_CODE" Amount [Handle] Window;
    /// Recorded by another city of the own province.
    VOtherCityOwnProvince "V_OTHER_CITY_OWN_PROVINCE" Amount [Handle] App12123;
    /// Recorded by the expressway police.
    VHighwayCorps "V_HIGHWAY_CORPS" Amount [Handle] App12123;
    /// Not recorded by this city's traffic police.
    VNotCityRecord "V_NOT_CITY_RECORD" Amount [First] Nothing;
    /// The violation is older than the licence.
    VBeforeLicence "V_BEFORE_LICENCE" Amount [Handle] Window;
    /// The vehicle belongs to an organisation.
    VehCompany "VEH_COMPANY" Vehicle [Handle] Window;
    /// The licence class does not cover the vehicle.
    VehClassMismatch "VEH_CLASS_MISMATCH" Vehicle [Handle] Window;
    /// The state of the vehicle does not allow it.
    VehState "VEH_STATE" Vehicle [Handle] Window;
    /// The vehicle is not registered here.
    VehNotLocal "VEH_NOT_LOCAL" Vehicle [Handle, First] App12123;
    /// Registered or changed too recently.
    VehNew "VEH_NEW" Vehicle [First] Nothing;
    /// The vehicle is on a list of key or restricted vehicles.
    VehKeyWatch "VEH_KEY_WATCH" Vehicle [Handle] Window;
    /// The vehicle is not bound.
    VehNotBound "VEH_NOT_BOUND" Relation [Handle] Bind;
    /// The vehicle is not in the person's name.
    VehNotOwned "VEH_NOT_OWNED" Relation [Handle, First] Bind;
    /// The violation is older than the binding.
    VehBoundAfter "VEH_BOUND_AFTER" Relation [Handle] Window;
    /// The limit of other people's vehicles bound at a time is reached.
    VehBindLimitUser "VEH_BIND_LIMIT_USER" Relation [Handle] Bind;
    /// The limit of other people's vehicles ever bound is reached.
    VehBindLimitHistory "VEH_BIND_LIMIT_HISTORY" Relation [Handle] Window;
    /// The vehicle has its limit of users who are not its owner.
    VehBindLimitVehicle "VEH_BIND_LIMIT_VEHICLE" Relation [Handle] Bind;
    /// The limit of vehicles handled in a cycle is reached.
    Veh3PerCycle "VEH_3_PER_CYCLE" Relation [Handle] Window;
    /// The limit of licences used on this vehicle in a cycle is reached.
    Veh3Licences "VEH_3_LICENCES" Relation [Handle] Window;
    /// No licence was found.
    DNoLicence "D_NO_LICENCE" Driver [Handle] Window;
    /// The state of the licence does not allow it.
    DState "D_STATE" Driver [Handle] Window;
    /// The licence was not issued here.
    DNotLocal "D_NOT_LOCAL" Driver [Handle, First, Study] App12123;
    /// A fine is overdue.
    DUnpaidOld "D_UNPAID_OLD" Driver [] Pay;
    /// The licence is on probation.
    DProbation "D_PROBATION" Driver [Study] Nothing;
    /// The person is under 18.
    DUnder1418 "D_UNDER_14_18" Driver [] Window;
    /// The points would reach 12 after handling.
    DPoints12 "D_POINTS_12" Total [Handle] Window;
    /// At 12 points no record of another vehicle may be handled.
    DOtherVehicleFull "D_OTHER_VEHICLE_FULL" Total [Handle] Window;
    /// More than 24 points would have been decided in one cycle.
    D24PerCycle "D_24_PER_CYCLE" Total [Handle] Window;
    /// The city does not offer the warning now.
    FNotEnabled "F_NOT_ENABLED" First [First] Online;
    /// This kind of violation is not on the list for a warning.
    FCode "F_CODE" First [First] Online;
    /// Not the first violation of the points year.
    FNotFirst "F_NOT_FIRST" First [First] Online;
    /// A violation was decided in the points year.
    FHasRecord "F_HAS_RECORD" First [First] Nothing;
    /// A serious violation in the two earlier points years.
    FSerious2y "F_SERIOUS_2Y" First [First] Nothing;
    /// A crash, by this violation or in the points year.
    FAccident "F_ACCIDENT" First [First] Online;
    /// The warning has been used in the points year.
    FUsed "F_USED" First [First] Nothing;
    /// Study reduction has been used in the points year.
    FStudyUsed "F_STUDY_USED" First [First] Nothing;
    /// Fine or points above what a warning covers.
    FFinePoints "F_FINE_POINTS" First [First] Online;
    /// Older violations are still open.
    FOpenOld "F_OPEN_OLD" First [First] Online;
    /// The quiz has not been passed.
    FQuiz "F_QUIZ" First [First] Study;
    /// An officer has not approved it yet.
    FReview "F_REVIEW" First [First] Wait;
    /// A warning could be used instead.
    FUnusedReminder "F_UNUSED_REMINDER" First [] First;
    /// Not recorded by a police camera.
    FNotCamera "F_NOT_CAMERA" First [First] Online;
    /// The violation caused a jam.
    FJam "F_JAM" First [First] Online;
    /// A violation in the months before.
    FNotCleanMonths "F_NOT_CLEAN_MONTHS" First [First] Wait;
    /// There are no points to take off.
    SNoPoints "S_NO_POINTS" Study [Study] Nothing;
    /// 12 points or more.
    SFull "S_FULL" Study [Study] App12123;
    /// The points that can be taken off in a cycle are used up.
    SCap "S_CAP" Study [Study] Nothing;
    /// Two full-mark studies in this or the last cycle.
    SFullmarkTwice "S_FULLMARK_TWICE" Study [Study] Nothing;
    /// A serious penalty in the last three cycles.
    SSerious3c "S_SERIOUS_3C" Study [Study] Nothing;
    /// The review of the licence is overdue.
    SReviewOverdue "S_REVIEW_OVERDUE" Study [Study] App12123;
    /// The licence is held or suspended.
    SLicenceHeld "S_LICENCE_HELD" Study [Study] Nothing;
    /// An own vehicle is overdue for inspection or deregistration.
    SVehicleOverdue "S_VEHICLE_OVERDUE" Study [Study] Window;
    /// Cheating in a study in the last three cycles.
    SCheated "S_CHEATED" Study [Study] Nothing;
    /// Not enough study time.
    STime "S_TIME" Study [Study] Study;
    /// The term for the examination is over.
    SExamWindow "S_EXAM_WINDOW" Study [Study] Study;
    /// The examination was not passed.
    SExamFail "S_EXAM_FAIL" Study [Study] Study;
    /// A face comparison during study failed.
    SFace "S_FACE" Study [Study] Study;
    /// The record is beyond what the credit covers.
    SLegacyLimit "S_LEGACY_LIMIT" Study [Study] Nothing;
    /// The fine has to be paid before handling.
    SLegacyPayFirst "S_LEGACY_PAY_FIRST" Study [Handle] Pay;
    /// Records are still open.
    SOpenRecords "S_OPEN_RECORDS" Study [Study] Online;
    /// The cycle's credit has been used.
    SCreditUsed "S_CREDIT_USED" Study [Study] Wait;
    /// The term of payment is over; a surcharge grows.
    POverdue "P_OVERDUE" Payment [] Pay;
    /// Deferral or instalments can be asked for.
    PDefer "P_DEFER" Payment [] Objection;
    /// A payment is being confirmed.
    PPending "P_PENDING" Payment [Pay] Wait;
    /// The last payment failed. It never stops the next one: nothing was charged, and it may be paid again.
    PFailed "P_FAILED" Payment [] Pay;
    /// The sum due has changed.
    PAmountChanged "P_AMOUNT_CHANGED" Payment [Pay] Pay;
    /// One item of the merged payment cannot be paid.
    PBatchPartial "P_BATCH_PARTIAL" Payment [Pay] Pay;
    /// The facts can be contested.
    RObject "R_OBJECT" Rights [] Objection;
    /// A statement can be made before the decision.
    RStatement "R_STATEMENT" Rights [] Statement;
    /// Reconsideration can be asked for.
    RReconsider "R_RECONSIDER" Rights [] Reconsider;
    /// More time can be asked for.
    RExtension "R_EXTENSION" Rights [] Extend;
}

impl Refusal {
    /// The slug used in addresses of problems and as the key of its text: `v-fine-over-200`.
    pub fn slug(self) -> String {
        self.code().to_ascii_lowercase().replace('_', "-")
    }

    /// The key of its message in `reasons.ftl`: `reason-v-fine-over-200`.
    pub fn message_key(self) -> String {
        format!("reason-{}", self.slug())
    }

    /// It informs and never blocks.
    pub const fn is_note(self) -> bool {
        self.blocks().is_empty()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Refusal {
    type Err = String;

    fn from_str(text: &str) -> Result<Refusal, String> {
        Refusal::ALL
            .iter()
            .copied()
            .find(|refusal| refusal.code() == text)
            .ok_or_else(|| format!("`{text}` is not a reason code"))
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Refusal, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table from which the list was taken; the enum and the table must say the same.
    const TABLE: &str = include_str!("../../../packs/reasons.csv");

    fn rows() -> Vec<csv::StringRecord> {
        let mut reader = csv::Reader::from_reader(TABLE.as_bytes());
        reader.records().map(|row| row.unwrap()).collect()
    }

    #[test]
    fn the_enum_and_the_table_hold_the_same_codes() {
        let rows = rows();
        assert_eq!(rows.len(), 99);
        assert_eq!(Refusal::ALL.len(), 99);
        for row in &rows {
            let refusal: Refusal = row[0].parse().unwrap();
            let blocks: Vec<&str> = match &row[2] {
                "all" => vec!["handle", "pay", "first", "study"],
                "info" => vec![],
                list => list.split(',').collect(),
            };
            let ours: Vec<&str> = refusal.blocks().iter().map(|q| q.word()).collect();
            assert_eq!(ours, blocks, "{refusal} blocks something else than the table says");
            let step = serde_json::to_value(refusal.next_step()).unwrap();
            let step = step.as_str().unwrap().replace("nothing", "none").replace("app12123", "12123");
            assert_eq!(step, &row[5], "{refusal} leads elsewhere than the table says");
        }
    }

    #[test]
    fn precedence_goes_layer_by_layer() {
        let layers: Vec<Layer> = Refusal::ALL.iter().map(|r| r.layer()).collect();
        assert!(layers.is_sorted(), "a reason stands outside its layer");
        assert!(Refusal::SvcClosed < Refusal::IdNotVerified);
        assert!(Refusal::VAlreadyHandled < Refusal::VFineOver200);
        assert!(Refusal::DState < Refusal::DPoints12);
        assert!(Refusal::DPoints12 < Refusal::FCode);
    }

    #[test]
    fn a_code_survives_json() {
        for refusal in Refusal::ALL {
            let text = serde_json::to_string(refusal).unwrap();
            assert_eq!(serde_json::from_str::<Refusal>(&text).unwrap(), *refusal);
        }
        assert!(serde_json::from_str::<Refusal>("\"V_NOPE\"").is_err());
    }
}
