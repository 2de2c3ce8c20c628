//! From what was told to what a rule may ask: fills [`RawFacts`] from a dossier. Nothing is guessed here: what nobody
//! told stays unknown.

mod in_flight;
mod uses;

use std::collections::BTreeSet;
use std::sync::Arc;

use clearway_connect::authority::{CameraRecord, DecisionRecord, Paid, VehicleRecord};
use clearway_domain::case::{CaseState, Stopped};
use clearway_domain::civil_date;
use clearway_domain::facts::{
    CrashFact, DecisionFact, DriverFacts, DriverVehicleFact, FaceOutcome, HistoryFacts, IdentityFacts,
    OpenRecordFact, PaymentFacts, RawFacts, RecordedBy, RelationFacts, ServiceFacts, StepFacts, Upstream,
    VehicleFacts, ViolationFacts,
};
use clearway_domain::offences::{Offence, OffenceTable};
use clearway_domain::points::cycle_of;
use clearway_domain::states::{Deed, StateTable};

use crate::dossier::{Dossier, Violation, instant};
use crate::region::{home_city, province_of};
use crate::site::Site;
use crate::{law, licences};

/// What surrounds a question besides the dossier.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The city.
    pub site: &'a Site,
    /// The offence table.
    pub offences: &'a OffenceTable,
    /// The present instant.
    pub now: jiff::Timestamp,
    /// Points of the study credit that the pack in force gives: a city's regime, and not the national one (`domain.md` §1.2).
    pub credit: Option<i64>,
}

/// The facts about the person alone, for a driver without an open violation.
#[must_use]
pub fn of_person(dossier: &Dossier, setting: Setting<'_>) -> RawFacts {
    RawFacts {
        service: service_facts(),
        identity: identity(dossier, ""),
        driver: Arc::new(driver_facts(dossier, setting)),
        history: Arc::new(history_facts(dossier, "", None, setting)),
        ..RawFacts::default()
    }
}

/// The facts that are the same for all violations of a vehicle: told once, so that a list does not cost the square of its
/// length.
pub struct OfVehicle {
    identity: IdentityFacts,
    vehicle: Arc<VehicleFacts>,
    relation: RelationFacts,
    driver: Arc<DriverFacts>,
    history: Arc<HistoryFacts>,
}

/// The facts about a vehicle, by the key of its plate, and its driver.
#[must_use]
pub fn of_vehicle(dossier: &Dossier, plate: &str, setting: Setting<'_>) -> OfVehicle {
    OfVehicle {
        identity: identity(dossier, plate),
        vehicle: Arc::new(vehicle_facts(dossier, plate, setting)),
        relation: relation_facts(dossier, plate),
        driver: Arc::new(driver_facts(dossier, setting)),
        history: Arc::new(history_facts(dossier, plate, None, setting)),
    }
}

/// The facts about one violation of a driver; `known` is about its vehicle.
#[must_use]
pub fn of(dossier: &Dossier, violation: &Violation, known: &OfVehicle, setting: Setting<'_>) -> RawFacts {
    // What its own case is about to use is not held against it.
    let history = match in_flight::uses_for(dossier, violation) {
        true => Arc::new(history_facts(dossier, violation.plate_key(), Some(violation), setting)),
        false => Arc::clone(&known.history),
    };
    RawFacts {
        service: service_facts(),
        identity: known.identity.clone(),
        violation: violation_facts(dossier, violation, setting),
        vehicle: Arc::clone(&known.vehicle),
        relation: known.relation.clone(),
        driver: Arc::clone(&known.driver),
        history,
        step: StepFacts::default(),
        payment: payment_facts(dossier, violation),
        batch: in_flight::batch(dossier, violation),
    }
}

fn service_facts() -> ServiceFacts {
    ServiceFacts {
        available: Some(true),
        confirmed_at: None,
        quota_reached: Some(false),
        // A silent source and a running check hold up the programmes only (see `assess::line`), never handling or paying.
        upstream: Some(Upstream::Up),
        checking: Some(false),
    }
}

fn identity(dossier: &Dossier, plate: &str) -> IdentityFacts {
    let owner_phone = dossier.binding(plate).is_some_and(|binding| binding.owner_phone_at_ms.is_some());
    IdentityFacts {
        verified: Some(dossier.account.verified_at_ms.is_some()),
        registered_12123: dossier.file.as_ref().and_then(|file| file.registered_12123),
        face: Some(FaceOutcome::NotRequired),
        owner_phone_verified: Some(owner_phone),
        licence_bound_elsewhere: Some(false),
        under_review: Some(dossier.account.under_review_at_ms.is_some()),
    }
}

fn violation_facts(dossier: &Dossier, violation: &Violation, setting: Setting<'_>) -> ViolationFacts {
    let record = violation.record.as_ref();
    let decision = violation.decision.as_ref();
    let office = violation.office();
    let code = violation.code();
    let offence = code.and_then(|code| setting.offences.lookup(code));
    let handled = decision.map(|_| true).or_else(|| record.and_then(|record| record.handled));
    let paid = decision
        .and_then(|decision| decision.paid)
        .or_else(|| record.and_then(|record| record.paid))
        .map(|paid| paid == Paid::Yes);
    let told = record.and_then(|record| record.points).map(i64::from);
    let scales = law::scales(setting.offences, code, violation.occurred().map(civil_date), told);
    let on_site = violation.record.is_none() && decision.is_some();
    ViolationFacts {
        id: Some(violation.id.clone()),
        code: violation.code().map(str::to_owned),
        occurred_at: violation.occurred(),
        place: violation.place().map(str::to_owned),
        recorded_city: office.and_then(|code| code.get(..4)).map(|prefix| format!("{prefix}00")),
        recorded_province: office.and_then(|code| code.get(..2)).map(|prefix| format!("{prefix}0000")),
        highway_corps: office
            .map(|code| setting.site.highway_prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()))),
        recorded_by: recorded_by(record, decision),
        // What was decided is what is owed, whatever the camera's record says of it.
        fine_fen: decision
            .and_then(|decision| decision.fine)
            .or_else(|| record.and_then(|record| record.fine))
            .map(|fine| fine.0),
        fine_then_fen: None,
        points_now: scales.since,
        points_then: scales.before,
        handled,
        paid: if handled == Some(false) { Some(false) } else { paid },
        in_other_channel: Some(dossier.held_by_another(violation) || is_elsewhere(record)),
        dispute_pending: record.map_or(Some(false), |record| record.dispute_pending),
        audited: record.map_or(Some(true), |record| record.audited),
        evidence_present: record
            .map_or(Some(true), |record| record.picture_state.as_deref().map(|state| state == "1")),
        to_be_removed: record.map_or(Some(false), |record| Some(record.removed == Some(true))),
        on_site_ticket: Some(on_site),
        compulsory_measure: record.map_or(Some(false), |record| {
            Some(record.measure_voucher.as_deref().is_some_and(|text| !text.is_empty()))
        }),
        suspension_possible: offence.map(suspension_possible),
        detention_possible: offence.map(detention_possible),
        caused_crash: record.map_or_else(
            || decision.and_then(|decision| decision.crash_grade.as_ref()).map(|_| true).or(Some(false)),
            |record| record.crash,
        ),
        caused_jam: record.map_or(Some(false), |record| record.jam),
        notice_date: record.and_then(|record| record.noticed).map(civil_date),
        decision_served: decision.and_then(DecisionRecord::served_on).map(civil_date),
        speed_measured: record.and_then(|record| record.measured),
        speed_limit: record.and_then(|record| record.limit),
        road_class: None,
        overload_percent: None,
        unloaded_at_once: None,
    }
}

/// The platform marks a record that a window or 12123 has in hand by this document class.
fn is_elsewhere(record: Option<&CameraRecord>) -> bool {
    record.is_some_and(|record| record.other_channel.as_deref().is_some_and(|channel| !channel.is_empty()))
}

/// Behaviours for which the law also threatens suspension or cancellation of the licence: drink, and speeding by half
/// or more, which no summary fine covers (Road Traffic Safety Law art. 91, 99).
fn suspension_possible(offence: &Offence) -> bool {
    offence.category == "alcohol" || (offence.category == "speed" && !offence.online_default)
}

/// Behaviours for which the law also threatens detention: drink, no licence, false plates or papers (art. 91, 96, 99).
fn detention_possible(offence: &Offence) -> bool {
    !offence.online_default && matches!(offence.category.as_str(), "alcohol" | "licence" | "plate" | "crash")
}

fn recorded_by(record: Option<&CameraRecord>, decision: Option<&DecisionRecord>) -> Option<RecordedBy> {
    match record {
        Some(record) => match (record.source.as_deref(), record.collected_by.as_deref()) {
            (Some("1"), _) => Some(RecordedBy::Officer),
            (_, Some("8")) => Some(RecordedBy::PublicReport),
            (_, Some(_)) => Some(RecordedBy::Camera),
            (Some("2"), None) => Some(RecordedBy::Camera),
            _ => None,
        },
        None => match decision.and_then(|decision| decision.source.as_deref()) {
            Some("1") => Some(RecordedBy::Officer),
            Some("2") => Some(RecordedBy::Camera),
            _ => None,
        },
    }
}

fn vehicle_facts(dossier: &Dossier, plate: &str, setting: Setting<'_>) -> VehicleFacts {
    let known = dossier.vehicles.get(plate).map(|(vehicle, _)| vehicle);
    let Some(vehicle) = known else { return VehicleFacts::default() };
    let is_owner = match (&vehicle.owner_id, dossier.account.id_number.as_deref()) {
        (Some(owner), Some(driver)) => Some(owner.reveal() == driver),
        (None, _) if vehicle.owner_is_company == Some(true) => Some(false),
        _ => None,
    };
    let used = licences::used(dossier, plate, setting.now);
    VehicleFacts {
        plate: Some(vehicle.plate.clone()),
        states: vehicle.states.clone(),
        home_city: home_city(vehicle.issuing_office.as_deref(), setting.site),
        home_province: vehicle.issuing_office.as_deref().and_then(province_of),
        registered: vehicle.first_registered,
        last_changed: vehicle.last_registered.or(vehicle.first_registered),
        company_owned: vehicle.owner_is_company,
        owner_is_driver: is_owner,
        owner_since: vehicle.last_registered.or(vehicle.first_registered),
        key_watch: vehicle.key_watch,
        needed_class: needed_class(vehicle).map(|class| lowest_for(dossier, vehicle, class).to_owned()),
        licences_this_cycle: used.licences,
        driver_among_licences: used.driver_among,
        other_users: Some(dossier.users.get(plate).copied().unwrap_or(0)),
    }
}

/// The licence class that a vehicle kind asks for (GA/T 16.4 kinds, Licence Rules art. 11): the lowest one that covers it. Nobody
/// tells the gearbox, so for small cars and light lorries that is the class for automatic ones.
#[must_use]
pub fn needed_class(vehicle: &VehicleRecord) -> Option<&'static str> {
    let kind = vehicle.kind.as_deref()?;
    let mut letters = kind.chars();
    match (letters.next()?, letters.next()) {
        ('K', Some('1')) => Some("A1"),
        ('K', Some('2')) => Some("B1"),
        ('K', Some('3' | '4')) => Some("C2"),
        ('H', Some('1' | '2')) => Some("B2"),
        ('H', Some('3' | '4')) => Some("C2"),
        ('H', Some('5')) => Some("C3"),
        ('Q', _) => Some("A2"),
        ('N', _) => Some("C4"),
        ('M', Some('1')) => Some("D"),
        ('M', Some('2')) => Some(if kind.ends_with('2') { "F" } else { "E" }),
        _ => None,
    }
}

/// The class for whoever drives a vehicle: C5 is that of disabled drivers for small automatic cars adapted to them (order 162 art. 11),
/// and those are registered under the same kinds. The registry does not tell the adaptation, as it does not tell the gearbox.
fn lowest_for<'c>(dossier: &Dossier, vehicle: &VehicleRecord, class: &'c str) -> &'c str {
    let held = dossier.licence.as_ref().and_then(|licence| licence.classes.as_deref());
    let car = vehicle.kind.as_deref().is_some_and(|kind| kind.starts_with('K'));
    match (class, car && held.is_some_and(|held| held.contains("C5"))) {
        ("C2", true) => "C5",
        _ => class,
    }
}

fn relation_facts(dossier: &Dossier, plate: &str) -> RelationFacts {
    let binding = dossier.binding(plate);
    let others = dossier.bindings.iter().filter(|binding| !binding.own).count();
    RelationFacts {
        bound: Some(binding.is_some()),
        bound_at: binding.map(|binding| instant(binding.bound_at_ms)),
        others_bound_now: i64::try_from(others).ok(),
        others_bound_ever: Some(dossier.ever_others),
    }
}

fn driver_facts(dossier: &Dossier, setting: Setting<'_>) -> DriverFacts {
    let today = civil_date(setting.now);
    let Some(licence) = &dossier.licence else {
        // Known to have none only when the platform was asked and said so.
        return DriverFacts {
            has_licence: dossier.licence_absent.then_some(false),
            ..DriverFacts::default()
        };
    };
    DriverFacts {
        has_licence: Some(true),
        classes: licence.classes.clone(),
        states: licence.states.clone(),
        first_licence: licence.first_licence,
        issue_city: home_city(licence.issuing_office.as_deref(), setting.site),
        issue_province: licence.issuing_office.as_deref().and_then(province_of),
        // Untold it stays unknown (`readings.md` A23): a class that was added later starts a new probation.
        probation_end: licence.probation_until.and_then(|last| last.tomorrow().ok()),
        points: licence.points.map(|told| i64::from(told) + in_flight::points_since_told(dossier)),
        review_overdue: licence.review_due.map(|due| due < today),
        born: licence.id.as_ref().map(clearway_domain::IdNumber::birth),
        hardship: Some(false),
    }
}

/// What was; `except` is the violation that is asked about, where its own case is in flight.
fn history_facts(
    dossier: &Dossier,
    plate: &str,
    except: Option<&Violation>,
    setting: Setting<'_>,
) -> HistoryFacts {
    let own: BTreeSet<&str> =
        dossier.bindings.iter().filter(|binding| binding.own).map(|binding| binding.plate.as_str()).collect();
    // Those that are open; a record of which nobody can say whether it was handled makes a list that may not be complete.
    let open = |keep: &dyn Fn(&str) -> bool| -> Option<Vec<OpenRecordFact>> {
        let mut open = Vec::new();
        for other in
            dossier.violations.iter().filter(|other| other.decision.is_none() && keep(other.plate_key()))
        {
            let Some(record) = other.record.as_ref().filter(|record| record.removed != Some(true)) else {
                continue;
            };
            if !record.handled? {
                open.push(open_record(other));
            }
        }
        Some(open)
    };
    // A read model without the vehicle's own records would make an empty list of something unknown.
    let vehicles_known = dossier.vehicles.contains_key(plate);
    HistoryFacts {
        decisions: dossier.decisions.as_ref().map(|list| decisions(dossier, list)),
        open_records: open(&|key| own.contains(key)),
        vehicle_open_records: vehicles_known.then(|| open(&|key| key == plate)).flatten(),
        vehicle_decisions: vehicles_known.then(|| vehicle_decisions(dossier, plate)),
        crashes: dossier.file.as_ref().and_then(|file| file.crashes.as_ref()).map(|crashes| {
            crashes.iter().map(|crash| CrashFact { date: Some(civil_date(crash.occurred)) }).collect()
        }),
        programme_uses: uses::of(dossier, except, setting),
        full_mark_studies: dossier.file.as_ref().and_then(|file| file.full_mark_studies.clone()),
        study_cheating: dossier.file.as_ref().and_then(|file| file.study_cheating.clone()),
        own_vehicles: Some(own_vehicles(dossier, &own)),
    }
}

fn open_record(violation: &Violation) -> OpenRecordFact {
    OpenRecordFact {
        id: Some(violation.id.clone()),
        code: violation.code().map(str::to_owned),
        occurred_at: violation.occurred(),
        plate: Some(violation.plate.clone()),
    }
}

fn decisions(dossier: &Dossier, told: &[DecisionRecord]) -> Vec<DecisionFact> {
    let mut facts: Vec<DecisionFact> = told.iter().map(decision_fact).collect();
    for case in &dossier.cases {
        let Some(number) = &case.decision_number else { continue };
        let annulled = in_flight::is_annulled(case);
        // A decision that was annulled here counts for nothing, also where the platform still shows it as it was.
        for known in facts.iter_mut().filter(|known| annulled && known.number.as_ref() == Some(number)) {
            known.annulled = Some(true);
        }
        if annulled || told.iter().any(|decision| decision.number == *number) {
            continue;
        }
        // Our own decisions may not be in the platform's list yet.
        let violation = dossier.violation(&case.violation);
        facts.push(DecisionFact {
            number: Some(number.clone()),
            code: violation.and_then(Violation::code).map(str::to_owned),
            behaviour: None,
            occurred_at: violation.and_then(Violation::occurred),
            decided: case.decided_at_ms.map(|ms| civil_date(instant(ms))),
            served: case.decided_at_ms.map(|ms| civil_date(instant(ms))),
            points: Some(case.points_given),
            fine_fen: Some(case.fine_fen),
            paid: Some(true),
            annulled: Some(false),
            plate: violation.map(|violation| violation.plate.clone()),
        });
    }
    facts
}

fn decision_fact(decision: &DecisionRecord) -> DecisionFact {
    DecisionFact {
        number: Some(decision.number.clone()),
        code: decision.code.clone(),
        behaviour: None,
        occurred_at: decision.occurred,
        decided: decision.decided.map(civil_date),
        served: decision.served_on().map(civil_date),
        points: decision.points.map(i64::from),
        fine_fen: decision.fine.map(|fine| fine.0),
        paid: decision.paid.map(|paid| matches!(paid, Paid::Yes | Paid::NothingDue)),
        annulled: decision.annulled.or(Some(false)),
        plate: decision.plate.clone(),
    }
}

fn vehicle_decisions(dossier: &Dossier, plate: &str) -> Vec<DecisionFact> {
    dossier
        .violations
        .iter()
        .filter(|other| other.plate_key() == plate)
        .filter_map(|other| other.record.as_ref())
        .filter(|record| record.handled == Some(true))
        .map(|record| DecisionFact {
            number: record.decision_number.clone(),
            code: record.code.clone(),
            occurred_at: record.occurred,
            points: record.points.map(i64::from),
            fine_fen: record.fine.map(|fine| fine.0),
            plate: Some(record.plate.clone()),
            ..DecisionFact::default()
        })
        .collect()
}

/// The letter of a vehicle that is deregistered (注销, `vehicle_states.csv`): there is nothing left to inspect or to deregister.
const DEREGISTERED: char = 'E';

fn own_vehicles(dossier: &Dossier, own: &BTreeSet<&str>) -> Vec<DriverVehicleFact> {
    let is_over = |plate: &&&str| {
        let told = dossier.vehicles.get(**plate).and_then(|(vehicle, _)| vehicle.states.as_deref());
        told.is_some_and(|letters| letters.contains(DEREGISTERED))
    };
    own.iter()
        .filter(|plate| !is_over(plate))
        .map(|plate| match dossier.vehicles.get(*plate) {
            Some((vehicle, _)) => DriverVehicleFact {
                plate: Some(vehicle.plate.clone()),
                inspection_valid_until: vehicle.inspected_until,
                // By what its letters say about study (order 163 art. 26 (4); reading A24): an overdue inspection is one of them.
                deregistration_due: vehicle
                    .states
                    .as_deref()
                    .and_then(|letters| StateTable::vehicles().read(letters).blocks(Deed::Study)),
            },
            None => DriverVehicleFact::default(),
        })
        .collect()
}

fn payment_facts(dossier: &Dossier, violation: &Violation) -> PaymentFacts {
    let case = dossier.open_case(violation);
    let state = case.and_then(|case| CaseState::from_slug(&case.state));
    PaymentFacts {
        pending: Some(
            state == Some(CaseState::Paying)
                || dossier
                    .doubted
                    .iter()
                    .any(|(plate, id)| plate == violation.plate_key() && *id == violation.id),
        ),
        last_failed: Some(last_order_closed(dossier, violation)),
        amount_changed: Some(false),
        batch_blocked: Some(false),
    }
}

/// Whether the last try to pay this violation ended without money.
fn last_order_closed(dossier: &Dossier, violation: &Violation) -> bool {
    let plate = violation.plate_key();
    dossier
        .cases
        .iter()
        .find(|case| case.plate == plate && case.violation == violation.id && case.route != "first")
        .is_some_and(|case| {
            case.state == CaseState::Abandoned.slug()
                && case.refusal.as_deref() == Some(Stopped::Unpaid.slug())
        })
}

/// The points year in which an instant lies, for a driver whose first licence date is known.
#[must_use]
pub fn points_year(dossier: &Dossier, now: jiff::Timestamp) -> Option<clearway_domain::points::Cycle> {
    let first = dossier.licence.as_ref()?.first_licence?;
    Some(cycle_of(first, civil_date(now)))
}
