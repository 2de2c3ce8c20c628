//! The feed's file, as far as we read it. Fields that other readers need are passed over.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

/// A feed.
#[derive(Debug, Deserialize)]
pub struct City {
    /// The instant as of which everything is true.
    pub at: Timestamp,
    /// Accounts of the former platform.
    pub accounts: Vec<Account>,
    /// Licences.
    pub drivers: Vec<Driver>,
    /// Vehicles.
    pub vehicles: Vec<Vehicle>,
    /// Camera records.
    pub records: Vec<Record>,
    /// Decisions.
    pub decisions: Vec<Decision>,
    /// What other systems know of drivers.
    pub driver_files: Vec<DriverFile>,
}

/// An account.
#[derive(Debug, Deserialize)]
pub struct Account {
    pub(super) openid: String,
    pub(super) id_number: Option<String>,
    pub(super) phone: String,
    pub(super) verified: bool,
    pub(super) verified_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) under_review: bool,
    #[serde(default)]
    pub(super) persona: String,
    pub(super) bound: Vec<Bound>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Bound {
    pub(super) plate_kind: String,
    pub(super) plate: String,
    pub(super) bound_at: Timestamp,
    pub(super) own: bool,
    pub(super) ended_at: Option<Timestamp>,
}

/// A licence.
#[derive(Debug, Deserialize)]
pub struct Driver {
    pub(super) id_number: String,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) file_number: String,
    pub(super) licence_class: String,
    pub(super) licence_state: String,
    pub(super) points: Option<i32>,
    pub(super) first_licence: Date,
    pub(super) valid_until: Date,
    pub(super) review_due: Date,
    pub(super) points_clear_on: Date,
    pub(super) probation_until: Option<Date>,
    pub(super) issuer: String,
    pub(super) no_licence: bool,
    pub(super) unavailable: Vec<String>,
}

/// A vehicle.
#[derive(Debug, Deserialize)]
pub struct Vehicle {
    pub(super) plate_kind: String,
    pub(super) plate: String,
    pub(super) owner_kind: String,
    pub(super) owner_id: String,
    pub(super) owner_name: String,
    pub(super) owner_phone: String,
    pub(super) vehicle_type: String,
    pub(super) use_of: String,
    pub(super) first_registered: Date,
    pub(super) last_changed: Date,
    pub(super) inspection_until: Date,
    pub(super) state: String,
    pub(super) issuer: String,
    pub(super) key_watch: bool,
    pub(super) unavailable: Vec<String>,
}

/// A camera record.
#[derive(Debug, Deserialize)]
pub struct Record {
    pub(super) serial: String,
    pub(super) plate_kind: String,
    pub(super) plate: String,
    pub(super) at: Timestamp,
    pub(super) place: String,
    pub(super) code: String,
    pub(super) description: String,
    pub(super) fine_fen: Option<i64>,
    pub(super) points: Option<i32>,
    pub(super) measured: String,
    pub(super) limit: String,
    pub(super) office: String,
    pub(super) office_name: String,
    pub(super) device: String,
    pub(super) audited: bool,
    pub(super) evidence: String,
    pub(super) handled: String,
    pub(super) paid: String,
    pub(super) decision: String,
    pub(super) notified_at: Option<Timestamp>,
    pub(super) dispute: bool,
    pub(super) other_channel: String,
    pub(super) crash: bool,
    pub(super) jam: bool,
    pub(super) compulsory: String,
    pub(super) entered_at: Timestamp,
    pub(super) place_code: String,
    pub(super) road_code: String,
    pub(super) metres: String,
    pub(super) payee: String,
    pub(super) payee_name: String,
}

/// A decision.
#[derive(Debug, Deserialize)]
pub struct Decision {
    pub(super) number: String,
    pub(super) check_digit: String,
    pub(super) id_number: String,
    pub(super) plate_kind: String,
    pub(super) plate: String,
    pub(super) at: Timestamp,
    pub(super) place: String,
    pub(super) code: String,
    pub(super) fine_fen: i64,
    pub(super) points: i32,
    pub(super) penalty: String,
    pub(super) decided_at: Timestamp,
    pub(super) paid: String,
    pub(super) paid_at: Option<Timestamp>,
    pub(super) source: String,
    pub(super) record: String,
    pub(super) office: String,
    pub(super) office_name: String,
    pub(super) annulled: Option<bool>,
    pub(super) crash: bool,
    pub(super) served_at: Timestamp,
    pub(super) points_reduced: i32,
    pub(super) payee: String,
    pub(super) payee_name: String,
    pub(super) name: String,
}

/// What other systems know of a driver.
#[derive(Debug, Deserialize)]
pub struct DriverFile {
    pub(super) id_number: String,
    pub(super) registered_12123: Option<bool>,
    pub(super) crashes: Vec<Crash>,
    pub(super) full_mark_studies: Vec<Date>,
    pub(super) study_cheating: Vec<Date>,
    pub(super) programme_uses: Vec<ProgrammeUse>,
    pub(super) blacklist: Option<Blacklist>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Crash {
    pub(super) at: Timestamp,
    pub(super) grade: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProgrammeUse {
    pub(super) programme: String,
    pub(super) used_at: Timestamp,
    pub(super) points: i32,
    pub(super) channel: String,
    pub(super) decision: String,
    pub(super) annulled: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Blacklist {
    pub(super) why: String,
    pub(super) until: Date,
}
