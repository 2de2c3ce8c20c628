//! The catalogue of derived facts: the only names a condition may use.
//!
//! A derived fact is computed from the raw facts, the parameters of the pack, the moment and the calendar
//! (`rules::derive`). The name says what it is; the kind says with what it may be compared.

use super::value::Kind;

macro_rules! catalogue {
    ($( $(#[doc = $doc:literal])* $fact:ident $name:literal $kind:ident; )*) => {
        /// A derived fact.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fact {
            $( $(#[doc = $doc])* $fact, )*
        }

        impl Fact {
            /// All facts in the order of the catalogue.
            pub const ALL: &'static [Fact] = &[ $( Fact::$fact ),* ];

            /// How many there are.
            pub const COUNT: usize = Fact::ALL.len();

            /// Its name in packs.
            pub const fn name(self) -> &'static str {
                match self { $( Fact::$fact => $name, )* }
            }

            /// Its kind.
            pub const fn kind(self) -> Kind {
                match self { $( Fact::$fact => Kind::$kind, )* }
            }

            /// What it means.
            pub const fn doc(self) -> &'static str {
                match self { $( Fact::$fact => concat!($($doc),*), )* }
            }
        }
    };
}

catalogue! {
    /// The day asked about, in China.
    Today "today" Day;
    /// The service acts at this moment (daily hours of the pack, A34, or confirmed within them).
    ServiceOpen "service.open" Flag;
    /// First day on which it acts again.
    ServiceOpensOn "service.opens_on" Day;
    /// The quota is used up.
    QuotaReached "service.quota_reached" Flag;
    /// The police platform does not answer.
    UpstreamDown "service.upstream_down" Flag;
    /// Verification is running.
    Checking "service.checking" Flag;
    /// The real name is verified.
    Verified "identity.verified" Flag;
    /// Registered user of 12123.
    Registered12123 "identity.registered_12123" Flag;
    /// The face check failed.
    FaceFailed "identity.face_failed" Flag;
    /// The owner's registered phone is verified.
    OwnerPhoneVerified "identity.owner_phone_verified" Flag;
    /// Another account holds the licence.
    LicenceBoundElsewhere "identity.licence_bound_elsewhere" Flag;
    /// The account is under review.
    UnderReview "identity.under_review" Flag;
    /// Offence code of the violation.
    Code "violation.code" Text;
    /// Day of the violation.
    ViolationDay "violation.day" Day;
    /// Fine, the lighter of the two standards (A42).
    Fine "violation.fine" Fen;
    /// Points, the lighter of the two scales when both apply (penalty law article 37, A42).
    ViolationPoints "violation.points" Points;
    /// The violation is older than the scale in force (article 37 applies).
    OlderThanScale "violation.older_than_scale" Flag;
    /// A decision has been made.
    Handled "violation.handled" Flag;
    /// It has been paid.
    Paid "violation.paid" Flag;
    /// Another channel has it.
    InOtherChannel "violation.in_other_channel" Flag;
    /// An objection is pending.
    DisputePending "violation.dispute_pending" Flag;
    /// The evidence was audited.
    Audited "violation.audited" Flag;
    /// The pictures are there.
    EvidencePresent "violation.evidence_present" Flag;
    /// It has to be removed.
    ToBeRemoved "violation.to_be_removed" Flag;
    /// A roadside decision.
    OnSiteTicket "violation.on_site_ticket" Flag;
    /// A compulsory measure was taken.
    CompulsoryMeasure "violation.compulsory_measure" Flag;
    /// Suspension or cancellation is possible.
    SuspensionPossible "violation.suspension_possible" Flag;
    /// Detention is possible.
    DetentionPossible "violation.detention_possible" Flag;
    /// It caused a crash.
    CausedCrash "violation.caused_crash" Flag;
    /// It caused a jam.
    CausedJam "violation.caused_jam" Flag;
    /// City that recorded it.
    RecordedCity "violation.recorded_city" Text;
    /// Province that recorded it.
    RecordedProvince "violation.recorded_province" Text;
    /// Recorded by expressway police.
    HighwayCorps "violation.highway_corps" Flag;
    /// Recorded by a police camera (a public report is none: A13).
    ByCamera "violation.by_camera" Flag;
    /// Measured speed above the limit, in percent of the limit, rounded down.
    SpeedOver "violation.speed_over_percent" Percent;
    /// Load above the permitted one.
    Overload "violation.overload_percent" Percent;
    /// Unloaded at once.
    UnloadedAtOnce "violation.unloaded_at_once" Flag;
    /// It lies in the points year of the day asked about (A3).
    InThisYear "violation.in_this_year" Flag;
    /// The 30 days of the notice are over (calendar days, no shift: A33).
    NoticeOver "violation.notice_over" Flag;
    /// Last of the 30 days.
    NoticeLast "violation.notice_last_day" Day;
    /// The term of payment is over and it is not paid.
    PaymentOverdue "violation.payment_overdue" Flag;
    /// Last day of payment.
    PaymentDue "violation.payment_due" Day;
    /// Within 60 days of the decision.
    ReconsiderOpen "violation.reconsider_open" Flag;
    /// Last of the 60 days.
    ReconsiderLast "violation.reconsider_last_day" Day;
    /// No blocking state letter; unknown for an empty text or an unknown letter.
    VehicleStateClear "vehicle.state_clear" Flag;
    /// The vehicle's state letters.
    VehicleStates "vehicle.states" Text;
    /// City of registration.
    VehicleCity "vehicle.home_city" Text;
    /// Province of registration.
    VehicleProvince "vehicle.home_province" Text;
    /// Day on which the months since registration are full (corresponding day: A6).
    RegisteredFullOn "vehicle.registered_full_on" Day;
    /// Day on which the months since the last change are full.
    ChangedFullOn "vehicle.changed_full_on" Day;
    /// Owned by an organisation.
    CompanyOwned "vehicle.company_owned" Flag;
    /// The driver is the owner.
    OwnerIsDriver "vehicle.owner_is_driver" Flag;
    /// The driver was the owner on the day of the violation as well.
    OwnedThen "vehicle.owned_when_violated" Flag;
    /// On a list of key vehicles.
    KeyWatch "vehicle.key_watch" Flag;
    /// The licence covers the vehicle.
    ClassFits "vehicle.class_fits" Flag;
    /// Licences used on it in the cycle.
    LicencesThisCycle "vehicle.licences_this_cycle" Count;
    /// This driver's licence is one of them.
    DriverAmongLicences "vehicle.driver_among_licences" Flag;
    /// Users who are not its owner.
    OtherUsers "vehicle.other_users" Count;
    /// Open records of the vehicle older than the violation (A9).
    VehicleOpenOlder "vehicle.open_older" Count;
    /// The vehicle is bound.
    Bound "relation.bound" Flag;
    /// Bound at the very time of the violation or before.
    BoundInTime "relation.bound_in_time" Flag;
    /// Others' vehicles bound now.
    OthersNow "relation.others_bound_now" Count;
    /// Others' vehicles ever bound.
    OthersEver "relation.others_bound_ever" Count;
    /// 1 when this would be a new binding, else 0 (A36).
    NewBinding "relation.new_binding" Count;
    /// A licence was found.
    HasLicence "driver.has_licence" Flag;
    /// The licence's state letters.
    LicenceStates "driver.states" Text;
    /// No letter that blocks handling.
    LicenceClear "driver.state_clear_for_handling" Flag;
    /// No letter that blocks study, besides those with a reason of their own (A24).
    LicenceClearStudy "driver.state_clear_for_study" Flag;
    /// Held or suspended.
    LicenceHeld "driver.licence_held" Flag;
    /// Review overdue.
    ReviewOverdue "driver.review_overdue" Flag;
    /// City of issue.
    IssueCity "driver.issue_city" Text;
    /// Province of issue.
    IssueProvince "driver.issue_province" Text;
    /// On probation (A23).
    OnProbation "driver.on_probation" Flag;
    /// First day after probation.
    ProbationEnd "driver.probation_end" Day;
    /// Points on the licence.
    DriverPoints "driver.points" Points;
    /// First issue of the licence.
    FirstLicence "driver.first_licence" Day;
    /// Under 18.
    UnderAge "driver.under_18" Flag;
    /// Deferral was asked for or may be.
    Hardship "driver.hardship" Flag;
    /// First day of the points year.
    YearStart "year.start" Day;
    /// First day of the next points year.
    YearNext "year.next" Day;
    /// Decided violations whose own day lies in the points year (A2, A4).
    DecidedThisYear "history.decided_this_year" Count;
    /// Open records of the points year older than the violation (A2).
    OpenOlderThisYear "history.open_older_this_year" Count;
    /// Open records of the driver older than the violation (A9).
    OpenOlder "history.open_older" Count;
    /// All open records.
    OpenRecords "history.open_records" Count;
    /// Serious violations in the points years looked back on, the current one excluded (A4, A5).
    SeriousEarlier "history.serious_earlier" Count;
    /// Day of the latest of them.
    SeriousLast "history.serious_last_day" Day;
    /// First day on which none of them counts any more.
    SeriousUntil "history.serious_free_on" Day;
    /// Crashes of the points year.
    CrashesThisYear "history.crashes_this_year" Count;
    /// Warnings used in the points year, annulled ones not counted (A12).
    FirstUses "history.first_uses_this_year" Count;
    /// Day of the latest of them.
    FirstUsedOn "history.first_used_on" Day;
    /// Study reductions used in the points year (A11).
    StudyUses "history.study_uses_this_year" Count;
    /// Violations of driver or vehicle in the months before this one (A7).
    InCleanMonths "history.violations_in_clean_months" Count;
    /// First day on which a new violation would be clear of them.
    CleanFrom "history.clean_from" Day;
    /// Decided fines that are overdue and unpaid.
    OverdueUnpaid "history.overdue_unpaid" Count;
    /// Vehicles of which violations were decided in the cycle, the batch included (A37).
    CycleVehicles "cycle.vehicles" Count;
    /// This vehicle is one of them.
    CycleVehicleSeen "cycle.vehicle_seen" Flag;
    /// Points decided in the cycle, cleared ones too (A38).
    CycleDecidedPoints "cycle.decided_points" Points;
    /// Points granted by study in the cycle, reversed ones not counted.
    StudyGranted "study.granted_this_cycle" Points;
    /// Full-mark studies in the fuller of this and the last cycle (A19).
    FullMarkMost "study.full_mark_most" Count;
    /// First day on which that is under the limit.
    FullMarkUntil "study.full_mark_free_on" Day;
    /// Penalties that exclude from study in the cycles looked back on (A20, A21; by the day of the penalty: A4).
    StudySerious "study.serious" Count;
    /// First day on which none of them counts.
    StudySeriousUntil "study.serious_free_on" Day;
    /// Cheating established in the cycles looked back on.
    StudyCheated "study.cheated" Count;
    /// First day on which none of it counts.
    StudyCheatedUntil "study.cheated_free_on" Day;
    /// Own vehicles overdue for inspection (A22) or deregistration.
    OverdueVehicles "study.overdue_vehicles" Count;
    /// It is asked whether the deed may be done now, not whether one may begin.
    Deciding "step.deciding" Flag;
    /// Seconds of study that count.
    StudySeconds "step.study_seconds" Seconds;
    /// The examination lies within its working days after the study.
    ExamInTime "step.exam_in_time" Flag;
    /// Last day for the examination.
    ExamLastDay "step.exam_last_day" Day;
    /// The quiz was passed.
    QuizPassed "step.quiz_passed" Flag;
    /// A face comparison failed.
    StudyFaceFailed "step.study_face_failed" Flag;
    /// An officer has approved.
    ReviewApproved "step.review_approved" Flag;
    /// A payment is on its way.
    PaymentPending "payment.pending" Flag;
    /// The last payment failed.
    PaymentFailed "payment.last_failed" Flag;
    /// The sum has changed.
    AmountChanged "payment.amount_changed" Flag;
    /// Another item of the merged payment is blocked.
    BatchBlocked "payment.batch_blocked" Flag;
    /// Points already in the batch.
    BatchPoints "batch.points" Points;
    /// The batch is empty or holds this vehicle only.
    BatchOnlyThis "batch.only_this_vehicle" Flag;
    /// The batch holds this vehicle and no other (A41).
    BatchSameVehicle "batch.same_vehicle" Flag;
    /// A warning would be allowed for this violation: every condition of the question `first` holds.
    FirstAvailable "programme.first_available" Flag;
}

impl Fact {
    /// The fact of that name.
    pub fn by_name(name: &str) -> Option<Fact> {
        Fact::ALL.iter().copied().find(|fact| fact.name() == name)
    }

    /// It speaks of one violation, its vehicle, batch or payment, and has no answer for a person alone.
    pub fn is_about_record(self) -> bool {
        let name = self.name();
        let section = name.split('.').next().unwrap_or(name);
        matches!(section, "violation" | "vehicle" | "relation" | "payment" | "batch" | "programme")
            || matches!(
                self,
                Fact::OpenOlder | Fact::OpenOlderThisYear | Fact::InCleanMonths | Fact::CycleVehicleSeen
            )
    }
}
