//! From the feed's plain fields to the records that the platform's own interface would have given.

use clearway_connect::authority::{
    Blacklisting, CameraRecord, Crash, DecisionRecord, DriverFile, DriverRecord, Paid, Programme,
    ProgrammeUse, VehicleRecord,
};
use clearway_domain::{Fen, IdNumber, PersonName, Phone, Plate, PlateKind};

use super::file;
use crate::Error;

pub(super) fn plate(kind: &str, number: &str) -> Result<Plate, Error> {
    let bad = || Error::BadInput { field: "plate", value: kind.to_owned(), fix: "feed-format" };
    Plate::parse(PlateKind::parse(kind).map_err(|_| bad())?, number).map_err(|_| bad())
}

fn text(value: &str) -> Option<String> {
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn paid(mark: &str) -> Option<Paid> {
    match mark {
        "0" => Some(Paid::No),
        "1" => Some(Paid::Yes),
        "2" | "9" => Some(Paid::NothingDue),
        _ => None,
    }
}

pub(super) fn driver(driver: &file::Driver) -> Result<DriverRecord, Error> {
    Ok(DriverRecord {
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
    })
}

pub(super) fn vehicle(vehicle: &file::Vehicle) -> Result<VehicleRecord, Error> {
    let company = vehicle.owner_kind == "company";
    Ok(VehicleRecord {
        plate: plate(&vehicle.plate_kind, &vehicle.plate)?,
        owner_name: PersonName::parse(&vehicle.owner_name).ok(),
        owner_id: if company { None } else { IdNumber::parse(&vehicle.owner_id).ok() },
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
    })
}

pub(super) fn record(record: &file::Record) -> Result<CameraRecord, Error> {
    Ok(CameraRecord {
        xh: record.serial.clone(),
        plate: plate(&record.plate_kind, &record.plate)?,
        occurred: Some(record.at),
        place: text(&record.place),
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
        handled: match record.handled.as_str() {
            "0" => Some(false),
            "1" | "2" => Some(true),
            _ => None,
        },
        removed: Some(record.handled == "2"),
        paid: paid(&record.paid),
        noticed: record.notified_at,
        entered: Some(record.entered_at),
        place_code: text(&record.place_code),
        road_section: text(&record.road_code),
        metres: text(&record.metres),
        payee: text(&record.payee),
        payee_name: text(&record.payee_name),
        dispute_pending: Some(record.dispute),
        other_channel: text(&record.other_channel),
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
    })
}

pub(super) fn decision(decision: &file::Decision) -> Result<DecisionRecord, Error> {
    Ok(DecisionRecord {
        number: decision.number.clone(),
        check_digit: text(&decision.check_digit),
        violation: None,
        record: text(&decision.record),
        document_class: Some("1".to_owned()),
        party: PersonName::parse(&decision.name).ok(),
        licence: IdNumber::parse(&decision.id_number).ok(),
        file_number: None,
        plate: plate(&decision.plate_kind, &decision.plate).ok(),
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
        office: text(&decision.office),
        office_name: text(&decision.office_name),
        paid: paid(&decision.paid),
        paid_at: decision.paid_at,
        served: Some(decision.served_at),
        programme: None,
        points_reduced: Some(decision.points_reduced),
        payee: text(&decision.payee),
        payee_name: text(&decision.payee_name),
        source: Some(if decision.source == "on_site" { "1" } else { "2" }.to_owned()),
        annulled: decision.annulled,
        crash_grade: decision.crash.then(|| "1".to_owned()),
        remark: None,
        oddities: Vec::new(),
    })
}

pub(super) fn driver_file(file: &file::DriverFile) -> Result<DriverFile, Error> {
    Ok(DriverFile {
        registered_12123: file.registered_12123,
        crashes: Some(
            file.crashes
                .iter()
                .map(|crash| Crash { occurred: crash.at, plate: None, grade: text(&crash.grade) })
                .collect(),
        ),
        full_mark_studies: Some(file.full_mark_studies.clone()),
        study_cheating: Some(file.study_cheating.clone()),
        programme_uses: Some(
            file.programme_uses
                .iter()
                .map(|used| {
                    Ok(ProgrammeUse {
                        programme: match used.programme.as_str() {
                            "first_warning" => Programme::First,
                            "study" => Programme::Study,
                            "study_points" => Programme::StudyPoints,
                            other => {
                                return Err(Error::BadInput {
                                    field: "programme",
                                    value: other.to_owned(),
                                    fix: "feed-format",
                                });
                            }
                        },
                        used: used.used_at,
                        channel: text(&used.channel),
                        points: Some(used.points),
                        decision: text(&used.decision),
                        annulled: used.annulled,
                    })
                })
                .collect::<Result<_, _>>()?,
        ),
        blacklist: Some(
            file.blacklist
                .iter()
                .map(|entry| Blacklisting { from: None, until: Some(entry.until), ground: text(&entry.why) })
                .collect(),
        ),
        oddities: Vec::new(),
    })
}
