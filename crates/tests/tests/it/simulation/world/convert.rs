//! From the pretend city's plain fields to what the platform's interface gives.

use clearway_connect::authority::{
    Blacklisting, CameraRecord, Crash, DecisionRecord, DriverFile, DriverRecord, Paid, Programme,
    ProgrammeUse, VehicleRecord,
};
use clearway_domain::{Fen, IdNumber, PersonName, Phone, Plate, PlateKind};
use clearway_sims::city::{self, numbers};
use jiff::Timestamp;

fn text(value: &str) -> Option<String> {
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn paid(mark: &str) -> Option<Paid> {
    match mark {
        "0" => Some(Paid::No),
        "1" => Some(Paid::Yes),
        _ => Some(Paid::NothingDue),
    }
}

/// A plate of the city.
pub fn plate(kind: &str, number: &str) -> Plate {
    Plate::parse(PlateKind::parse(kind).expect("a plate kind of the city"), number)
        .expect("a plate of the city")
}

/// A licence holder.
pub fn driver(driver: &city::Driver) -> DriverRecord {
    DriverRecord {
        name: PersonName::parse(&driver.name).ok(),
        id: IdNumber::parse(&driver.id_number).ok(),
        file_number: text(&driver.file_number),
        classes: text(&driver.licence_class),
        states: text(&driver.licence_state),
        points: driver.points,
        first_licence: Some(driver.first_licence),
        valid_until: Some(driver.valid_until),
        review_due: Some(driver.review_due),
        points_cleared_on: Some(driver.points_clear_on),
        issuing_office: text(&driver.issuer),
        phone: Phone::parse(&driver.phone).ok(),
        probation_until: driver.probation_until,
        oddities: Vec::new(),
    }
}

/// A vehicle.
pub fn vehicle(vehicle: &city::Vehicle) -> VehicleRecord {
    let company = vehicle.owner_kind == "company";
    VehicleRecord {
        plate: plate(&vehicle.plate_kind, &vehicle.plate),
        owner_name: PersonName::parse(&vehicle.owner_name).ok(),
        owner_id: IdNumber::parse(&vehicle.owner_id).ok().filter(|_| !company),
        owner_is_company: Some(company),
        kind: text(&vehicle.vehicle_type),
        use_code: text(&vehicle.use_of),
        first_registered: Some(vehicle.first_registered),
        last_registered: Some(vehicle.last_changed),
        inspected_until: Some(vehicle.inspection_until),
        states: text(&vehicle.state),
        issuing_office: text(&vehicle.issuer),
        phone: Phone::parse(&vehicle.owner_phone).ok(),
        key_watch: Some(vehicle.key_watch),
        oddities: Vec::new(),
    }
}

/// A camera record.
pub fn record(record: &city::Record) -> CameraRecord {
    CameraRecord {
        xh: record.serial.clone(),
        plate: plate(&record.plate_kind, &record.plate),
        occurred: Some(record.at),
        place: text(&record.place),
        place_code: text(&record.place_code),
        road_section: text(&record.road_code),
        metres: text(&record.metres),
        code: text(&record.code),
        text: text(&record.description),
        fine: record.fine_fen.map(Fen),
        points: record.points,
        measured: record.measured.trim().parse().ok(),
        limit: record.limit.trim().parse().ok(),
        office: text(&record.office),
        office_name: text(&record.office_name),
        collected_by: text(&record.device),
        device: None,
        handled: Some(record.handled != "0"),
        removed: Some(record.handled == "2"),
        paid: paid(&record.paid),
        entered: Some(record.entered_at),
        noticed: record.notified_at,
        other_channel: text(&record.other_channel),
        payee: text(&record.payee),
        payee_name: text(&record.payee_name),
        dispute_pending: Some(record.dispute),
        picture_state: text(&record.evidence),
        audited: Some(record.audited),
        crash: Some(record.crash),
        jam: Some(record.jam),
        measure_voucher: text(&record.compulsory),
        decision_number: text(&record.decision),
        decision_check: None,
        document_class: None,
        source: Some("2".to_owned()),
        home: None,
        oddities: Vec::new(),
    }
}

/// A decision.
pub fn decision(decision: &city::Decision) -> DecisionRecord {
    DecisionRecord {
        number: decision.number.clone(),
        check_digit: text(&decision.check_digit),
        violation: None,
        record: text(&decision.record),
        document_class: Some("1".to_owned()),
        party: PersonName::parse(&decision.name).ok(),
        licence: IdNumber::parse(&decision.id_number).ok(),
        file_number: None,
        plate: Some(plate(&decision.plate_kind, &decision.plate)),
        occurred: Some(decision.at),
        place: text(&decision.place),
        code: text(&decision.code),
        points: Some(decision.points),
        fine: Some(Fen(decision.fine_fen)),
        surcharge: None,
        measured: None,
        limit: None,
        penalty: Some(if decision.penalty == "warning" { "1" } else { "2" }.to_owned()),
        decided: Some(decision.decided_at),
        served: Some(decision.served_at),
        annulled: decision.annulled,
        programme: None,
        points_reduced: Some(decision.points_reduced),
        payee: text(&decision.payee),
        payee_name: text(&decision.payee_name),
        office: text(&decision.office),
        office_name: text(&decision.office_name),
        paid: paid(&decision.paid),
        paid_at: decision.paid_at,
        source: Some(if decision.source == "on_site" { "1" } else { "2" }.to_owned()),
        crash_grade: decision.crash.then(|| "1".to_owned()),
        remark: None,
        oddities: Vec::new(),
    }
}

/// A decision on a record, as far as the record tells it.
pub fn decided(record: &CameraRecord, number: &str, at: Timestamp) -> DecisionRecord {
    DecisionRecord {
        number: number.to_owned(),
        check_digit: Some(numbers::check_digit(number).to_string()),
        violation: None,
        record: Some(record.xh.clone()),
        document_class: Some("1".to_owned()),
        party: None,
        licence: None,
        file_number: None,
        plate: Some(record.plate.clone()),
        occurred: record.occurred,
        place: record.place.clone(),
        code: record.code.clone(),
        points: record.points,
        fine: record.fine,
        surcharge: None,
        measured: record.measured,
        limit: record.limit,
        penalty: Some("2".to_owned()),
        decided: Some(at),
        served: Some(at),
        annulled: Some(false),
        programme: None,
        points_reduced: None,
        payee: record.payee.clone(),
        payee_name: record.payee_name.clone(),
        office: record.office.clone(),
        office_name: record.office_name.clone(),
        paid: Some(Paid::No),
        paid_at: None,
        source: Some("2".to_owned()),
        crash_grade: None,
        remark: None,
        oddities: Vec::new(),
    }
}

/// What other systems know of a driver.
pub fn driver_file(file: &city::DriverFile) -> DriverFile {
    let crash = |crash: &city::Crash| Crash { occurred: crash.at, plate: None, grade: text(&crash.grade) };
    let used = |used: &city::ProgrammeUse| ProgrammeUse {
        programme: match used.programme.as_str() {
            "first_warning" => Programme::First,
            "study" => Programme::Study,
            _ => Programme::StudyPoints,
        },
        used: used.used_at,
        channel: text(&used.channel),
        points: Some(used.points),
        decision: text(&used.decision),
        annulled: used.annulled,
    };
    let listed = |entry: &city::Blacklist| Blacklisting {
        from: Some(entry.from),
        until: Some(entry.until),
        ground: text(&entry.why),
    };
    DriverFile {
        registered_12123: file.registered_12123,
        crashes: Some(file.crashes.iter().map(crash).collect()),
        full_mark_studies: Some(file.full_mark_studies.clone()),
        study_cheating: Some(file.study_cheating.clone()),
        programme_uses: Some(file.programme_uses.iter().map(used).collect()),
        blacklist: Some(file.blacklist.iter().map(listed).collect()),
        oddities: Vec::new(),
    }
}
