//! The parameters of a pack: figures, lists and readings that the law or a city sets, each dated, each with its source.
//!
//! The list is closed. A pack states every parameter; the engine uses them to derive facts, and conditions compare with them
//! as `$name`.

use jiff::civil::{Date, Time};

use super::codes::CodeList;
use super::value::{Kind, Val};
use crate::facts::Behaviour;

macro_rules! parameters {
    ($( $(#[doc = $doc:literal])* $param:ident $name:literal $kind:ident; )*) => {
        /// A parameter of a pack.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Param {
            $( $(#[doc = $doc])* $param, )*
        }

        impl Param {
            /// All parameters in the order of the guide.
            pub const ALL: &'static [Param] = &[ $( Param::$param ),* ];

            /// How many there are.
            pub const COUNT: usize = Param::ALL.len();

            /// Its name in packs.
            pub const fn name(self) -> &'static str {
                match self { $( Param::$param => $name, )* }
            }

            /// Its kind.
            pub const fn kind(self) -> Kind {
                match self { $( Param::$param => Kind::$kind, )* }
            }

            /// What it means.
            pub const fn doc(self) -> &'static str {
                match self { $( Param::$param => concat!($($doc),*), )* }
            }
        }
    };
}

parameters! {
    /// City of the platform, six-digit division code.
    HomeCity "home.city" Text;
    /// Province of the platform.
    HomeProvince "home.province" Text;
    /// Hour at which the service opens.
    ServiceOpens "service.opens" Clock;
    /// Hour at which it closes; at this very moment it is closed (A34).
    ServiceCloses "service.closes" Clock;
    /// Day on which the points scale changed; older violations decided later get the lighter one.
    ScaleChanged "scale.changed_on" Day;
    /// Highest fine of one record.
    MaxFine "limits.fine" Fen;
    /// Highest points of one record (A39).
    MaxRecordPoints "limits.points_per_record" Points;
    /// Highest total after handling.
    MaxTotal "limits.total_points" Points;
    /// Highest sum of points decided in a cycle (A38).
    MaxCyclePoints "limits.cycle_points" Points;
    /// Vehicles per licence and cycle (A37).
    MaxVehicles "limits.vehicles_per_cycle" Count;
    /// Licences per vehicle and cycle (A37).
    MaxLicences "limits.licences_per_vehicle" Count;
    /// Other people's vehicles may be handled once bound.
    OthersAllowed "limits.others_vehicles_allowed" Flag;
    /// Other people's vehicles bound at a time (A36).
    MaxOthersNow "limits.others_now" Count;
    /// Other people's vehicles ever bound (A36).
    MaxOthersEver "limits.others_ever" Count;
    /// Users of a vehicle who are not its owner (A36).
    MaxUsers "limits.users_per_vehicle" Count;
    /// "Not before the binding" concerns other people's vehicles only (A35).
    BeforeBindingOthersOnly "limits.before_binding_others_only" Flag;
    /// Records of one vehicle may pass 12 together (order 163, article 14; A41).
    OneVehicleMayPass "limits.one_vehicle_may_pass_total" Flag;
    /// Codes for the window only.
    WindowOnly "lists.window_only" Codes;
    /// Codes for which a warning is possible (A10).
    FirstCodes "lists.first_warning" Codes;
    /// Of these, speeding: the measured excess must be known and below `first.speed_below`.
    FirstSpeed "lists.first_warning_speed" Codes;
    /// Of these, overload: percent must be known and below `first.overload_below`, and unloaded at once.
    FirstLoad "lists.first_warning_load" Codes;
    /// Codes that count as serious in the look-back of the warning.
    FirstSerious "lists.first_serious" Codes;
    /// Behaviours that count as serious there, whatever their code.
    FirstSeriousBehaviours "lists.first_serious_behaviours" Words;
    /// Codes of penalties that exclude from study.
    StudySerious "lists.study_serious" Codes;
    /// Behaviours that exclude from study, whatever their code.
    StudySeriousBehaviours "lists.study_serious_behaviours" Words;
    /// All letters of a licence state that this pack understands; any other is unknown (A24).
    LicenceLetters "states.licence_known" Letters;
    /// Letters that block handling.
    LicenceBlock "states.licence_blocks_handling" Letters;
    /// Letters that block study as a state; those with a reason of their own are not here (A24).
    LicenceBlockStudy "states.licence_blocks_study" Letters;
    /// Letters that mean held or suspended.
    LicenceHeld "states.licence_held" Letters;
    /// Letters that mean review overdue.
    LicenceReview "states.licence_review_overdue" Letters;
    /// All letters of a vehicle state that this pack understands.
    VehicleLetters "states.vehicle_known" Letters;
    /// Letters that block handling.
    VehicleBlock "states.vehicle_blocks_handling" Letters;
    /// The city offers the warning.
    FirstEnabled "first.enabled" Flag;
    /// Highest fine for a warning.
    FirstMaxFine "first.max_fine" Fen;
    /// A warning needs fewer points than this.
    FirstPointsBelow "first.points_below" Points;
    /// Months since registration and since the last change.
    FirstMonths "first.registered_months" Count;
    /// Earlier points years looked back on, the current one excluded.
    FirstYearsBack "first.serious_years_back" Count;
    /// Warnings per points year.
    FirstUses "first.uses_per_year" Count;
    /// Study reduction used in the year blocks the warning (A11).
    FirstStudyBlocks "first.study_use_blocks" Flag;
    /// Speeding below this excess.
    FirstSpeedBelow "first.speed_below" Percent;
    /// Overload below this excess.
    FirstLoadBelow "first.overload_below" Percent;
    /// All older records must be handled (A9); off in Wuhan.
    FirstOldHandled "first.older_handled" Flag;
    /// A jam blocks the warning; off in Wuhan.
    FirstJamBlocks "first.jam_blocks" Flag;
    /// Months before the violation that must be clean (A7); 0 switches it off.
    FirstCleanMonths "first.clean_months" Count;
    /// Days after the decision within which a driver who paid although a warning was free may ask for another look.
    ReconsiderDays "first.reconsider_days" Count;
    /// An officer reviews before the warning.
    FirstReview "first.review" Flag;
    /// A face check belongs to the study.
    FirstFace "first.face_check" Flag;
    /// Least seconds of study.
    FirstStudySeconds "first.study_seconds" Seconds;
    /// Questions of the quiz.
    FirstQuestions "first.questions" Count;
    /// Right answers needed.
    FirstPass "first.pass_mark" Count;
    /// Tries a day.
    FirstTries "first.tries" Count;
    /// Pause after a failed paper before the next one; the tries of a day begin anew at midnight.
    FirstCooldown "first.cooldown" Seconds;
    /// The time that may be promised to the public.
    FirstAdvertised "first.advertised" Seconds;
    /// Study uses a credit on one record (legacy) instead of taking points off the licence (national).
    StudyCredit "study.credit" Flag;
    /// Points of the credit, or points of one national examination.
    StudyPoints "study.points" Points;
    /// Points that can be taken off in a cycle.
    StudyCap "study.cap" Points;
    /// Credits per cycle.
    StudyUses "study.uses_per_cycle" Count;
    /// Highest points of a record for the credit.
    StudyMaxPoints "study.max_record_points" Points;
    /// Highest fine of a record for the credit.
    StudyMaxFine "study.max_fine" Fen;
    /// The fine is paid before the record is handled: a step, not a condition to begin (A16).
    StudyPayFirst "study.pay_first" Flag;
    /// Full-mark studies that exclude (A19).
    StudyFullMark "study.full_mark_limit" Count;
    /// Cycles looked back on, the current one included (A20).
    StudyCyclesBack "study.cycles_back" Count;
    /// Least seconds of study.
    StudySeconds "study.study_seconds" Seconds;
    /// Days within which the seconds count; 0: no term.
    StudyDays "study.study_days" Count;
    /// Working days for the examination; 0: no term.
    StudyExamDays "study.exam_working_days" Count;
    /// Questions.
    StudyQuestions "study.questions" Count;
    /// Right answers needed.
    StudyPass "study.pass_mark" Count;
    /// Tries.
    StudyTries "study.tries" Count;
    /// Pause after a failed paper before the next one; the tries of a day begin anew at midnight.
    StudyCooldown "study.cooldown" Seconds;
    /// A face check belongs to the study.
    StudyFace "study.face_check" Flag;
    /// The time that may be promised to the public.
    StudyAdvertised "study.advertised" Seconds;
}

impl Param {
    /// The parameter of that name.
    pub fn by_name(name: &str) -> Option<Param> {
        Param::ALL.iter().copied().find(|param| param.name() == name)
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PVal {
    /// Yes or no.
    Flag(bool),
    /// An amount.
    Int(i64),
    /// A day.
    Day(Date),
    /// A time of day.
    Clock(Time),
    /// A code or word, or a set of letters.
    Text(String),
    /// Offence codes.
    Codes(CodeList),
    /// Behaviours.
    Behaviours(Vec<Behaviour>),
}

/// All parameters of a pack as they stand on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params(Box<[PVal]>);

impl Params {
    /// From one value per parameter, in the order of [`Param::ALL`]; each must be of its parameter's kind.
    pub(super) fn new(values: Vec<PVal>) -> Params {
        assert_eq!(values.len(), Param::COUNT, "the loader gives every parameter a value");
        Params(values.into_boxed_slice())
    }

    /// The value.
    pub fn get(&self, param: Param) -> &PVal {
        &self.0[param as usize]
    }

    /// A flag; the loader has checked the kind.
    pub fn flag(&self, param: Param) -> bool {
        matches!(self.get(param), PVal::Flag(true))
    }

    /// An amount; the loader has checked the kind.
    pub fn int(&self, param: Param) -> i64 {
        match self.get(param) {
            PVal::Int(number) => *number,
            _ => 0,
        }
    }

    /// A day; the loader has checked the kind.
    pub fn day(&self, param: Param) -> Date {
        match self.get(param) {
            PVal::Day(day) => *day,
            _ => Date::MIN,
        }
    }

    /// A time of day; the loader has checked the kind.
    pub fn clock(&self, param: Param) -> Time {
        match self.get(param) {
            PVal::Clock(time) => *time,
            _ => Time::MIN,
        }
    }

    /// A text or a set of letters; the loader has checked the kind.
    pub fn text(&self, param: Param) -> &str {
        match self.get(param) {
            PVal::Text(text) => text,
            _ => "",
        }
    }

    /// A list of codes; the loader has checked the kind.
    pub fn codes(&self, param: Param) -> Option<&CodeList> {
        match self.get(param) {
            PVal::Codes(list) => Some(list),
            _ => None,
        }
    }

    /// A list of behaviours; the loader has checked the kind.
    pub fn behaviours(&self, param: Param) -> &[Behaviour] {
        match self.get(param) {
            PVal::Behaviours(list) => list,
            _ => &[],
        }
    }

    /// As a value to compare with; lists have none.
    pub fn val(&self, param: Param) -> Val<'_> {
        match self.get(param) {
            PVal::Flag(flag) => Val::Flag(*flag),
            PVal::Int(number) => Val::Int(*number),
            PVal::Day(day) => Val::Day(*day),
            PVal::Text(text) => Val::Text(text),
            PVal::Clock(_) | PVal::Codes(_) | PVal::Behaviours(_) => Val::Unknown,
        }
    }

    /// As shown to people.
    pub fn show(&self, param: Param) -> String {
        match self.get(param) {
            PVal::Clock(time) => format!("{:02}:{:02}", time.hour(), time.minute()),
            PVal::Codes(list) => list.to_string(),
            PVal::Behaviours(list) => format!("{} behaviours", list.len()),
            _ => self.val(param).show(param.kind()).unwrap_or_default(),
        }
    }
}
