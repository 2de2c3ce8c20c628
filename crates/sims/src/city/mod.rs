//! The pretend city: its data, as one JSON file that both the counterparts and the product's importer read.
//!
//! Every person, plate, number and street here is invented. Field by field: `docs/reference/pretend-city.md`.

mod build;
mod crowd;
pub mod numbers;
mod offences;
mod personas;
mod places;
mod rush;
mod shows;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use offences::{Offence, Offences};

/// The whole pretend city as of one instant.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct City {
    /// Version of this format; 1.
    pub format: u32,
    /// The instant as of which everything is true.
    pub at: Timestamp,
    /// The seed that made it: the same seed and instant give the same city, byte for byte.
    pub seed: u64,
    /// The city and its office.
    pub city: Office,
    /// Accounts of the official account (one per openid); personas first.
    pub accounts: Vec<Account>,
    /// Licence holders as the police platform knows them.
    pub drivers: Vec<Driver>,
    /// Vehicles as the police platform knows them.
    pub vehicles: Vec<Vehicle>,
    /// Camera records (非现场), open and handled.
    pub records: Vec<Record>,
    /// Decisions (决定书), from camera records and from the street.
    pub decisions: Vec<Decision>,
    /// What else is on file about a driver (site operation, see the reference).
    pub driver_files: Vec<DriverFile>,
}

/// The police office of the city.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Office {
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Division code, 6 digits (GB/T 2260).
    pub division: String,
    /// Unit code, 12 digits.
    pub office: String,
    /// Name of the unit.
    pub office_name: String,
    /// Issuing mark: province character and letter.
    pub issuer: String,
}

/// One account of the official account.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Account {
    /// Stable identity at WeChat.
    pub openid: String,
    /// Identity number (GB 11643), or none when the person has not said who they are.
    pub id_number: Option<String>,
    /// Phone that the account was registered with, 11 digits.
    pub phone: String,
    /// A real-name V user already.
    pub verified: bool,
    /// Since when verified.
    pub verified_at: Option<Timestamp>,
    /// Display name of the persona; empty for the crowd.
    pub persona: String,
    /// Group of the persona, for the picker page.
    pub group: String,
    /// What is special about this person, in Chinese.
    pub story_zh: String,
    /// The same in English.
    pub story_en: String,
    /// What to visit, in Chinese.
    pub visit_zh: String,
    /// The same in English.
    pub visit_en: String,
    /// Reason codes and programme states that a look at this persona's pages shows at this instant.
    pub shows: Vec<String>,
    /// What is met only while binding, studying, paying or waiting, or under another city's pack.
    #[serde(default)]
    pub on_the_way: Vec<String>,
    /// Vehicles bound to the account.
    pub bound: Vec<Bound>,
    /// WeChat reports the "snapshot page" virtual user for this one.
    pub snapshot: bool,
    /// The account is under manual review.
    pub under_review: bool,
    /// How often the face check has failed.
    pub face_failures: u32,
}

/// A vehicle bound to an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Bound {
    /// Plate kind, two digits (GA/T 16.7).
    pub plate_kind: String,
    /// Full plate (GA 36).
    pub plate: String,
    /// Since when.
    pub bound_at: Timestamp,
    /// The account holder's own vehicle.
    pub own: bool,
    /// When the binding was ended, if it was.
    pub ended_at: Option<Timestamp>,
}

/// A licence holder.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Driver {
    /// Identity number, also the licence number.
    pub id_number: String,
    /// Name.
    pub name: String,
    /// `male` or `female`.
    pub sex: String,
    /// Registered phone.
    pub phone: String,
    /// File number, 12 digits.
    pub file_number: String,
    /// Classes written together, for example `C1` or `A2D`.
    pub licence_class: String,
    /// State letters, several at once.
    pub licence_state: String,
    /// Points of the current cycle; none = the platform does not say.
    pub points: Option<i32>,
    /// First licence date: starts the points cycle.
    pub first_licence: Date,
    /// Valid from.
    pub valid_from: Date,
    /// Valid until.
    pub valid_until: Date,
    /// Next review.
    pub review_due: Date,
    /// Date on which points are cleared next.
    pub points_clear_on: Date,
    /// End of probation, if the platform says.
    pub probation_until: Option<Date>,
    /// Issuing mark, for example `鄂A`.
    pub issuer: String,
    /// Unit code, 12 digits.
    pub office: String,
    /// Address.
    pub address: String,
    /// The platform has no licence under this number.
    pub no_licence: bool,
    /// Calls that answer with a fault for this driver: `driver`, `driver_file`, `decisions`, `vehicles_of`.
    pub unavailable: Vec<String>,
    /// Milliseconds by which those calls in `slow` are late.
    pub slow_ms: u64,
    /// Calls that are late.
    pub slow: Vec<String>,
}

/// A vehicle.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Vehicle {
    /// Plate kind, two digits.
    pub plate_kind: String,
    /// Full plate.
    pub plate: String,
    /// `person` or `company`.
    pub owner_kind: String,
    /// Identity number or unified social credit code of the owner.
    pub owner_id: String,
    /// Name of the owner.
    pub owner_name: String,
    /// Phone registered for the owner.
    pub owner_phone: String,
    /// Brand.
    pub brand: String,
    /// Colour letter.
    pub colour: String,
    /// Vehicle type, for example `K33`.
    pub vehicle_type: String,
    /// Use letter; `A` is private.
    pub use_of: String,
    /// Vehicle identification number.
    pub vin: String,
    /// Engine number.
    pub engine: String,
    /// First registration.
    pub first_registered: Date,
    /// Last change of the registration.
    pub last_changed: Date,
    /// Inspection valid until.
    pub inspection_until: Date,
    /// Insurance until.
    pub insurance_until: Date,
    /// Compulsory scrap date.
    pub scrap_on: Date,
    /// State letters.
    pub state: String,
    /// Issuing mark.
    pub issuer: String,
    /// Unit code.
    pub office: String,
    /// On the list of vehicles handled at the window only.
    pub key_watch: bool,
    /// Calls that answer with a fault for this vehicle: `vehicle`, `records`.
    pub unavailable: Vec<String>,
}

/// A camera record (非现场).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Record {
    /// Serial (xh), 16 digits.
    pub serial: String,
    /// Plate kind.
    pub plate_kind: String,
    /// Full plate.
    pub plate: String,
    /// When it happened.
    pub at: Timestamp,
    /// Where, in words.
    pub place: String,
    /// Place code.
    pub place_code: String,
    /// Road section code.
    pub road_code: String,
    /// Metres from the section's start.
    pub metres: String,
    /// Offence code, 4 or 5 characters.
    pub code: String,
    /// Offence in words.
    pub description: String,
    /// Fine in fen; none = the platform does not say.
    pub fine_fen: Option<i64>,
    /// Points; none = the platform does not say.
    pub points: Option<i32>,
    /// Measured value (km/h), text.
    pub measured: String,
    /// Limit (km/h), text.
    pub limit: String,
    /// Collecting unit, 12 digits.
    pub office: String,
    /// Its name.
    pub office_name: String,
    /// Device kind, as in `violation_sources.csv`; 8 = public report.
    pub device: String,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// Audited and told to the owner.
    pub audited: bool,
    /// Photo state 1–5.
    pub evidence: String,
    /// 0 open, 1 handled, 2 removed.
    pub handled: String,
    /// When it was handled.
    pub handled_at: Option<Timestamp>,
    /// 0 unpaid, 1 paid, 9 no payment due.
    pub paid: String,
    /// Decision number once handled.
    pub decision: String,
    /// Notice number.
    pub notice: String,
    /// When the owner was told.
    pub notified_at: Option<Timestamp>,
    /// An objection is being reviewed.
    pub dispute: bool,
    /// The platform does not show it, although it has it.
    #[serde(default)]
    pub hidden: bool,
    /// Name of another channel that holds it at the moment; empty if none.
    pub other_channel: String,
    /// It caused a crash.
    pub crash: bool,
    /// It caused a jam.
    pub jam: bool,
    /// Number of a compulsory-measure slip; empty if none.
    pub compulsory: String,
    /// Collecting account: code of the payee.
    pub payee: String,
    /// Its name.
    pub payee_name: String,
}

/// A decision (决定书).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Decision {
    /// Number, 15 digits.
    pub number: String,
    /// Check digit of the document, opaque.
    pub check_digit: String,
    /// Identity number of the driver.
    pub id_number: String,
    /// Plate kind.
    pub plate_kind: String,
    /// Full plate.
    pub plate: String,
    /// When the violation happened.
    pub at: Timestamp,
    /// Where.
    pub place: String,
    /// Offence code.
    pub code: String,
    /// Offence in words.
    pub description: String,
    /// Fine in fen.
    pub fine_fen: i64,
    /// Points given.
    pub points: i32,
    /// `warning` or `fine`.
    pub penalty: String,
    /// When decided.
    pub decided_at: Timestamp,
    /// When served on the driver.
    pub served_at: Timestamp,
    /// 0 unpaid, 1 paid, 9 no payment due.
    pub paid: String,
    /// When paid.
    pub paid_at: Option<Timestamp>,
    /// `camera` or `on_site`.
    pub source: String,
    /// Serial of the camera record, if there was one.
    pub record: String,
    /// The platform does not show it, although it has it.
    #[serde(default)]
    pub hidden: bool,
    /// The remark with which it was written; empty if none, or on a platform that does not tell it.
    #[serde(default)]
    pub remark: String,
    /// Deciding unit.
    pub office: String,
    /// Its name.
    pub office_name: String,
    /// Programme used: empty, `first_warning` or `study`.
    pub programme: String,
    /// Points that the programme took off.
    pub points_reduced: i32,
    /// Annulled later; none = the platform does not say.
    pub annulled: Option<bool>,
    /// Crash involved.
    pub crash: bool,
    /// Collecting account.
    pub payee: String,
    /// Its name.
    pub payee_name: String,
    /// Number of the payment transaction, once marked paid through the platform.
    #[serde(default)]
    pub transaction: String,
    /// Licence class at the time, for the document.
    pub licence_class: String,
    /// Name of the driver.
    pub name: String,
}

/// What else is on file about a driver.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct DriverFile {
    /// Identity number.
    pub id_number: String,
    /// Registered with 交管12123; none = unknown.
    pub registered_12123: Option<bool>,
    /// Crashes.
    pub crashes: Vec<Crash>,
    /// Full-mark (12 points) studies passed, by day.
    pub full_mark_studies: Vec<Date>,
    /// Marks for cheating in study, by day.
    pub study_cheating: Vec<Date>,
    /// Programmes used in other channels.
    pub programme_uses: Vec<ProgrammeUse>,
    /// Blacklist: why, and until when.
    pub blacklist: Option<Blacklist>,
}

/// A crash on file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Crash {
    /// When.
    pub at: Timestamp,
    /// Full plate of the vehicle.
    pub plate: String,
    /// `slight`, `injury`, `death`.
    pub grade: String,
}

/// One use of a programme in another channel.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProgrammeUse {
    /// `first_warning`, `study` (credit used on a violation) or `study_points` (points taken off the licence).
    pub programme: String,
    /// When.
    pub used_at: Timestamp,
    /// Points taken off; 0 for a warning.
    pub points: i32,
    /// Channel in words.
    pub channel: String,
    /// Decision number, if any.
    pub decision: String,
    /// Annulled later; none = unknown.
    pub annulled: Option<bool>,
}

/// An entry of the blacklist.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Blacklist {
    /// Why.
    pub why: String,
    /// Since when.
    pub from: Date,
    /// Until when.
    pub until: Date,
}

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The instant as of which the city is true.
    pub at: Timestamp,
    /// The seed.
    pub seed: u64,
    /// Drivers of the crowd (personas come on top).
    pub drivers: usize,
    /// Camera records of the crowd.
    pub violations: usize,
}

impl Plan {
    /// The city of `cargo x demo`: 2,000 drivers and 5,000 violations.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self { at, seed: 1, drivers: 2000, violations: 5000 }
    }
}

/// Makes a city. Same plan, same city.
#[must_use]
pub fn make(plan: Plan) -> City {
    let mut cast = build::Cast::new(plan);
    personas::add_all(&mut cast);
    crowd::add(&mut cast, plan.drivers, plan.violations);
    cast.finish()
}

/// Makes a city for a launch day: the personas, and `plan.drivers` people who come for what the mix of the seed says.
#[must_use]
pub fn make_rush(plan: Plan) -> City {
    let mut cast = build::Cast::new(plan);
    personas::add_all(&mut cast);
    rush::add(&mut cast, plan.drivers, plan.seed);
    cast.finish()
}
