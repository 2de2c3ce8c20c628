//! 六合一, reading: what the platform says, in every dress, and what becomes of an answer that is spoilt.

use std::collections::BTreeSet;

use clearway_connect::Fault;
use clearway_connect::authority::{AnswerHabit, Authority, Habit, Paid, Programme, Variant};
use clearway_domain::{Fen, Plate, PlateKind};
use serde_json::{Value, json};

use super::stage::{Stage, id_of, plate_of};

#[test]
fn every_variant_and_both_habits_read_the_same_driver_and_records() {
    let stage = Stage::new();
    let (driver, vehicle, record) = stage.case();
    for variant in [Variant::A, Variant::APrime, Variant::B, Variant::C, Variant::D, Variant::E] {
        for habit in [Habit::Value, Habit::Document] {
            let authority = stage.authority_with(|profile| {
                profile.variant = variant;
                profile.habit = habit;
            });
            let found = authority.driver(&id_of(driver)).expect("an answer").expect("a driver");
            assert_eq!(
                found.file_number.as_deref(),
                Some(driver.file_number.as_str()),
                "{variant:?} {habit:?}"
            );
            let records = authority.records(&plate_of(vehicle)).expect("an answer");
            assert!(records.iter().any(|found| found.xh == record.serial), "{variant:?} {habit:?}");
        }
    }
}

#[test]
fn arguments_in_the_order_of_another_variant_are_refused_and_never_an_answer() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let swapped = stage.authority_with(|profile| {
        profile.variant = Variant::B;
        profile.query_operation = Some("queryObjectOutNew".to_owned());
    });
    let fault = swapped.driver(&id_of(driver)).expect_err("nine strings where ten are wanted");
    assert!(matches!(fault, Fault::Garbled(_) | Fault::Refused { .. }), "{fault:?}");
}

#[test]
fn an_unknown_operation_is_a_soap_fault() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let wrong = stage.authority_with(|profile| profile.query_operation = Some("noSuchOperation".to_owned()));
    assert!(wrong.driver(&id_of(driver)).is_err());
}

#[test]
fn a_wrong_serial_meets_the_marker() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let stranger = stage.authority_with(|profile| {
        profile.jkxlh.clear();
    });
    let Err(Fault::Garbled(why)) = stranger.driver(&id_of(driver)) else { panic!("the marker is no answer") };
    assert!(why.contains("$E"), "{why}");
}

#[test]
fn values_encoded_twice_need_the_profile_to_say_so() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let there = |profile: &mut clearway_connect::authority::AuthorityProfile| {
        profile.endpoints = profile.endpoints.iter().map(|url| url.replace("/trffweb/", "/pnweb/")).collect();
    };
    let unaware = stage.authority_with(there);
    assert!(matches!(unaware.driver(&id_of(driver)), Err(Fault::Garbled(_))));
    let aware = stage.authority_with(|profile| {
        there(profile);
        profile.answer = AnswerHabit::DocumentAndValues;
    });
    let found = aware.driver(&id_of(driver)).expect("an answer").expect("a driver");
    assert_eq!(found.name.map(|name| name.reveal().to_owned()), Some(driver.name.clone()));
}

#[test]
fn tags_in_any_case_and_a_body_inside_the_head_are_read() {
    let stage = Stage::new();
    let (_, vehicle, record) = stage.case();
    let styles = [
        json!({ "answer": "document", "tags": "camel", "body_in_head": true }),
        json!({ "answer": "document", "tags": "upper", "body_in_head": false }),
    ];
    for style in styles {
        stage.control("site", &style);
        let records = stage.authority().records(&plate_of(vehicle)).expect("an answer");
        assert!(records.iter().any(|found| found.xh == record.serial), "{style}");
    }
    for (answer, habit) in [("values", AnswerHabit::Values), ("plain", AnswerHabit::Plain)] {
        stage.control("site", &json!({ "answer": answer, "tags": "usual", "body_in_head": false }));
        let authority = stage.authority_with(|profile| profile.answer = habit);
        assert!(authority.records(&plate_of(vehicle)).is_ok(), "{answer}");
    }
}

/// `$E`, an empty string, an HTML page, spoilt and cut bytes, values encoded twice, entities, a status 500: each is
/// "could not check", and the next call is well again.
#[test]
fn every_spoilt_answer_is_could_not_check() {
    let stage = Stage::new();
    let (driver, vehicle, _) = stage.case();
    let authority = stage.authority();
    for fault in ["dollar", "empty", "html", "garbled", "truncated", "double_encoded", "entities", "http500"]
    {
        stage.fault("driver", fault, 1);
        let met = authority.driver(&id_of(driver));
        assert!(matches!(met, Err(Fault::Garbled(_))), "{fault}: {met:?}");
        stage.fault("records", fault, 1);
        let met = authority.records(&plate_of(vehicle));
        assert!(matches!(met, Err(Fault::Garbled(_))), "{fault}: {met:?}");
        assert!(
            authority.driver(&id_of(driver)).is_ok_and(|found| found.is_some()),
            "well again after {fault}"
        );
    }
}

#[test]
fn a_late_answer_counts_until_the_deadline_and_not_after() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let authority = stage.authority();
    stage.fault("driver", "late:400", 1);
    assert!(authority.driver(&id_of(driver)).is_ok());
    for fault in ["late:2500", "never", "drip:20", "acted_no_reply"] {
        stage.fault("driver", fault, 1);
        assert_eq!(authority.driver(&id_of(driver)), Err(Fault::TimedOut), "{fault}");
    }
}

#[test]
fn an_orderly_refusal_is_a_refusal_and_nothing_found_is_nothing() {
    let stage = Stage::new();
    let (driver, vehicle, _) = stage.case();
    let authority = stage.authority();
    stage.fault("driver", "refuse:不在服务时间", 1);
    assert!(matches!(authority.driver(&id_of(driver)), Err(Fault::Refused { code, .. }) if code == "0"));
    stage.fault("driver", "refuse:查无此数据", 1);
    assert_eq!(authority.driver(&id_of(driver)), Ok(None));
    let nobody = clearway_domain::IdNumber::parse("42010019900101002X").expect("a valid number");
    assert_eq!(authority.driver(&nobody), Ok(None));
    assert_eq!(authority.decisions(&nobody), Ok(Vec::new()));
    let nowhere = Plate::parse(PlateKind::SMALL, "鄂A00000").expect("a plate");
    assert_eq!(authority.vehicle(&nowhere), Ok(None));
    assert_eq!(authority.records(&nowhere), Ok(Vec::new()));
    assert_eq!(authority.decision("429999999999999"), Ok(None));
    assert!(authority.vehicle(&plate_of(vehicle)).is_ok_and(|found| found.is_some()));
}

#[test]
fn what_the_platform_does_not_say_stays_unknown() {
    let stage = Stage::new();
    let (driver, vehicle, record) = stage.case();
    let authority = stage.authority();
    let points = |points: Value| {
        stage.set("driver", &driver.id_number, json!({ "points": points }));
        let found = authority.driver(&id_of(driver)).expect("an answer").expect("a driver");
        (found.points, found.oddities)
    };
    assert_eq!(points(Value::Null), (None, vec![]));
    assert_eq!(points(json!(-1)), (None, vec!["ljjf".to_owned()]));
    assert_eq!(points(json!(24)), (Some(24), vec![]));
    let states = |letters: &str| {
        stage.set("driver", &driver.id_number, json!({ "licence_state": letters }));
        authority.driver(&id_of(driver)).expect("an answer").expect("a driver").states
    };
    assert_eq!(states("BDJ").as_deref(), Some("BDJ"));
    assert_eq!(
        states("AX9").as_deref(),
        Some("AX9"),
        "an unknown letter is handed on, for the rules to refuse to judge"
    );
    assert_eq!(states(""), None);
    stage.set(
        "record",
        &record.serial,
        json!({ "fine_fen": null, "points": null, "paid": "5", "handled": "7" }),
    );
    let records = authority.records(&plate_of(vehicle)).expect("an answer");
    let found = records.iter().find(|found| found.xh == record.serial).expect("still there");
    assert_eq!((found.fine, found.points, found.paid, found.handled), (None, None, None, None));
    assert_eq!(found.oddities, ["clbj", "jkbj"]);
    stage.set("record", &record.serial, json!({ "fine_fen": 0, "paid": "9", "handled": "1" }));
    let records = authority.records(&plate_of(vehicle)).expect("an answer");
    let found = records.iter().find(|found| found.xh == record.serial).expect("still there");
    assert_eq!((found.fine, found.paid, found.handled), (Some(Fen(0)), Some(Paid::NothingDue), Some(true)));
}

#[test]
fn a_handled_mark_that_flips_back_is_reported_as_it_is() {
    let stage = Stage::new();
    let (_, vehicle, record) = stage.case();
    let authority = stage.authority();
    for (mark, handled, removed) in [("1", true, false), ("0", false, false), ("2", false, true)] {
        stage.set("record", &record.serial, json!({ "handled": mark }));
        let records = authority.records(&plate_of(vehicle)).expect("an answer");
        let found = records.iter().find(|found| found.xh == record.serial).expect("there");
        assert_eq!((found.handled, found.removed), (Some(handled), Some(removed)), "{mark}");
    }
}

#[test]
fn rare_characters_and_markup_in_names_and_places_survive_the_wire() {
    let stage = Stage::new();
    let (driver, vehicle, record) = stage.case();
    let authority = stage.authority();
    for name in ["𠮷野", "欧阳·买买提 A", "O&M + Söhne"] {
        stage.set("driver", &driver.id_number, json!({ "name": name }));
        let found = authority.driver(&id_of(driver)).expect("an answer").expect("a driver");
        assert_eq!(found.name.map(|name| name.reveal().to_owned()).as_deref(), Some(name));
    }
    stage.set("driver", &driver.id_number, json!({ "name": "<script>" }));
    let found = authority.driver(&id_of(driver)).expect("an answer").expect("a driver");
    assert_eq!((found.name, found.oddities), (None, vec!["xm".to_owned()]), "markup is no name");
    stage.set("record", &record.serial, json!({ "place": "A+B <路> & 100% 𠮷" }));
    let records = authority.records(&plate_of(vehicle)).expect("an answer");
    let found = records.iter().find(|found| found.xh == record.serial).expect("there");
    assert_eq!(found.place.as_deref(), Some("A+B <路> & 100% 𠮷"));
}

#[test]
fn plates_are_asked_with_and_without_their_province() {
    let stage = Stage::new();
    let (driver, vehicle, _) = stage.case();
    let authority = stage.authority();
    let found = authority.vehicle(&plate_of(vehicle)).expect("an answer").expect("a vehicle");
    assert_eq!(found.plate, plate_of(vehicle), "the table leaves the province out, the client puts it back");
    assert_eq!(found.owner_is_company, Some(false));
    assert_eq!(found.owner_id, Some(id_of(driver)));
    let own = authority.vehicles_of(&id_of(driver)).expect("an answer");
    assert!(own.iter().any(|own| own.plate == plate_of(vehicle)));
    if let Some(other) = stage
        .city
        .vehicles
        .iter()
        .find(|other| !other.plate.starts_with('鄂') && other.unavailable.is_empty())
    {
        let found =
            authority.vehicle(&plate_of(other)).expect("an answer").expect("a vehicle of another province");
        assert_eq!(found.plate, plate_of(other));
        assert_eq!(stage.calls("vehicle").last().map(|call| call["wire"].clone()), Some(json!("01C49")));
    }
}

#[test]
fn a_record_that_vanished_has_no_pictures_and_one_that_waits_has_none_yet() {
    let stage = Stage::new();
    let (_, _, record) = stage.case();
    let authority = stage.authority();
    stage.set("record", &record.serial, json!({ "evidence": "1" }));
    let pictures = authority.pictures(&record.serial).expect("an answer");
    assert!(!pictures.is_empty() && pictures.iter().all(|picture| picture.media_type == "image/png"));
    stage.set("record", &record.serial, json!({ "evidence": "3" }));
    assert_eq!(authority.pictures(&record.serial), Ok(Vec::new()));
    assert_eq!(authority.pictures("4209999999999999"), Ok(Vec::new()));
}

#[test]
fn decisions_of_a_vehicle_are_told_whoever_drove() {
    let stage = Stage::new();
    let authority = stage.authority();
    let account = stage.city.accounts.iter().find(|account| account.openid == "demo-three-licences");
    let bound = account.and_then(|account| account.bound.first()).expect("the story's vehicle");
    let plate = Plate::parse(PlateKind::SMALL, &bound.plate).expect("a plate");
    let told = authority.decisions_of_vehicle(&plate).expect("an answer");
    let licences: BTreeSet<_> =
        told.iter().filter_map(|decision| Some(decision.licence.as_ref()?.reveal())).collect();
    assert_eq!((told.len(), licences.len()), (3, 3), "three decisions against three drivers");
    assert!(
        told.iter().all(|decision| decision.plate.as_ref() == Some(&plate) && decision.decided.is_some())
    );
    assert_eq!(
        stage.calls("decisions_of_vehicle").last().map(|call| call["wire"].clone()),
        Some(json!("04C06"))
    );
    stage.fault("decisions_of_vehicle", "empty", 1);
    assert!(matches!(authority.decisions_of_vehicle(&plate), Err(Fault::Garbled(_))));
}

#[test]
fn a_driver_file_is_read_with_its_lists() {
    let stage = Stage::new();
    let authority = stage.authority();
    let (driver, ..) = stage.case();
    let used = json!([{ "programme": "study_points", "used_at": "2020-03-01T00:00:00Z", "points": 1, "channel": "交管12123", "decision": "", "annulled": null }]);
    let crash = json!([{ "at": "2020-01-01T00:00:00Z", "plate": "鄂A12345", "grade": "slight" }]);
    stage.set("driver_file", &driver.id_number, json!({ "registered_12123": null, "crashes": crash, "programme_uses": used, "full_mark_studies": [] }));
    let file = authority.driver_file(&id_of(driver)).expect("an answer");
    assert_eq!(file.registered_12123, None);
    assert_eq!(file.crashes.map(|crashes| crashes.len()), Some(1));
    assert_eq!(file.full_mark_studies, Some(Vec::new()));
    let uses = file.programme_uses.expect("told");
    assert_eq!(
        (uses[0].programme, uses[0].points, uses[0].annulled),
        (Programme::StudyPoints, Some(1), None)
    );
}
