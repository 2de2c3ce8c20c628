//! 六合一, writing: a decision is written once, whatever happens to the reply.

use std::sync::Barrier;
use std::thread;

use clearway_connect::Fault;
use clearway_connect::authority::{Authority, DUPLICATE, DecisionWrite, PaidMark, Penalty};
use clearway_domain::{Fen, PersonName};
use clearway_sims::city;
use serde_json::json;

use super::stage::{Stage, id_of, opening, plate_of};

/// The decision to pay the fine of the stage's case.
pub fn write(stage: &Stage) -> DecisionWrite {
    let (driver, vehicle, record) = stage.case();
    write_for(driver, vehicle, record)
}

fn write_for(driver: &city::Driver, vehicle: &city::Vehicle, record: &city::Record) -> DecisionWrite {
    DecisionWrite {
        number: None,
        record: record.serial.clone(),
        party: PersonName::parse(&driver.name).expect("a name"),
        licence: id_of(driver),
        file_number: driver.file_number.clone(),
        issuing_office: driver.issuer.clone(),
        classes: driver.licence_class.clone(),
        phone: None,
        plate: plate_of(vehicle),
        occurred: record.at,
        place: record.place.clone(),
        place_code: Some(record.place_code.clone()),
        road_section: Some(record.road_code.clone()),
        metres: None,
        code: record.code.clone(),
        measured: None,
        limit: None,
        penalty: Penalty::Fine,
        fine: Fen(record.fine_fen.expect("the case has a fine")),
        points: record.points.expect("the case has points"),
        paid: None,
        decided: opening(),
        officer: None,
        case: "case-0001".to_owned(),
    }
}

fn paid(write: &DecisionWrite, transaction: &str) -> PaidMark {
    PaidMark { transaction: transaction.to_owned(), fine: write.fine, surcharge: Fen(0), paid: opening() }
}

fn is_duplicate(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { code, .. } if code == DUPLICATE)
}

#[test]
fn a_decision_is_written_and_read_back_with_its_check_digit_and_paid() {
    let stage = Stage::new();
    let (authority, write) = (stage.authority(), write(&stage));
    let decided = authority.decide(&write).expect("written");
    let found = authority.decision(&decided.number).expect("an answer").expect("there");
    assert!(found.is_result_of(&write), "{found:?}");
    assert!(found.check_digit.is_some());
    authority.mark_paid(&decided.number, &paid(&write, "T-1")).expect("marked");
    authority
        .mark_paid(&decided.number, &paid(&write, "T-1"))
        .expect("the same transaction again is harmless");
    assert!(is_duplicate(
        &authority.mark_paid(&decided.number, &paid(&write, "T-2")).expect_err("another one is not")
    ));
    let found = authority.decision(&decided.number).expect("an answer").expect("there");
    assert_eq!(found.paid, Some(clearway_connect::authority::Paid::Yes));
}

#[test]
fn a_warning_is_written_without_fine_and_points() {
    let stage = Stage::new();
    let (authority, mut write) = (stage.authority(), write(&stage));
    (write.penalty, write.fine, write.points) = (Penalty::Warning, Fen(0), 0);
    let decided = authority.decide(&write).expect("written");
    let found = authority.decision(&decided.number).expect("an answer").expect("there");
    assert!(found.is_result_of(&write), "{found:?}");
}

/// The reply is lost in each way that leaves open whether the platform acted: the decision is then found, recognised by
/// all its fields, and a second write is refused.
#[test]
fn a_write_whose_reply_is_lost_is_found_and_never_written_twice() {
    for fault in ["acted_no_reply", "truncated", "garbled", "empty", "entities", "drip:20"] {
        let stage = Stage::new();
        let (authority, write) = (stage.authority(), write(&stage));
        stage.fault("decide", fault, 1);
        let met = authority.decide(&write).expect_err(fault);
        assert!(met.may_have_acted(), "{fault}: {met:?}");
        let ours = |found: Vec<clearway_connect::authority::DecisionRecord>| {
            found.into_iter().filter(|found| found.is_result_of(&write)).count()
        };
        assert_eq!(authority.decisions(&write.licence).map(ours), Ok(1), "{fault}");
        assert!(is_duplicate(&authority.decide(&write).expect_err("already there")), "{fault}");
        assert_eq!(authority.decisions(&write.licence).map(ours), Ok(1), "{fault}: still once");
    }
}

/// The platform did not act, but that cannot be known from the answer: looking finds nothing, and the write may go again.
#[test]
fn a_write_that_did_not_arrive_is_not_found_and_may_go_again() {
    for fault in ["never", "http500", "html", "dollar"] {
        let stage = Stage::new();
        let (authority, write) = (stage.authority(), write(&stage));
        stage.fault("decide", fault, 1);
        assert!(authority.decide(&write).expect_err(fault).may_have_acted(), "{fault}");
        let found = authority.decisions(&write.licence).expect("an answer");
        assert!(!found.iter().any(|found| found.is_result_of(&write)), "{fault}");
        assert!(authority.decide(&write).is_ok(), "{fault}");
    }
}

#[test]
fn a_write_that_arrives_twice_over_there_is_told_as_a_duplicate_of_ours() {
    let stage = Stage::new();
    let (authority, write) = (stage.authority(), write(&stage));
    stage.fault("decide", "twice", 1);
    assert!(is_duplicate(&authority.decide(&write).expect_err("we see the second answer")));
    let found = authority.decisions(&write.licence).expect("an answer");
    assert_eq!(found.iter().filter(|found| found.is_result_of(&write)).count(), 1);
}

#[test]
fn the_check_digit_can_fail_after_the_write_succeeded() {
    let stage = Stage::new();
    let (authority, write) = (stage.authority(), write(&stage));
    let decided = authority.decide(&write).expect("written");
    assert_eq!(decided.check_digit, None, "two calls: the write does not tell it");
    stage.fault("decisions", "dollar", 1);
    assert!(authority.decision(&decided.number).is_err());
    let later = authority.decision(&decided.number).expect("an answer").expect("there");
    assert!(later.check_digit.is_some());
}

#[test]
fn a_duplicate_that_is_someone_elses_is_not_taken_for_ours() {
    let stage = Stage::new();
    let (authority, write) = (stage.authority(), write(&stage));
    let mut theirs = write.clone();
    (theirs.penalty, theirs.fine, theirs.points) = (Penalty::Warning, Fen(0), 0);
    let decided = authority.decide(&theirs).expect("another channel was faster");
    assert!(is_duplicate(&authority.decide(&write).expect_err("the record is decided")));
    let found = authority.decision(&decided.number).expect("an answer").expect("there");
    assert!(!found.is_result_of(&write));
}

#[test]
fn two_workers_on_one_record_write_one_decision() {
    let stage = Stage::new();
    let (authority, write, start) = (stage.authority(), write(&stage), Barrier::new(8));
    let outcomes: Vec<Result<_, Fault>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    authority.decide(&write)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(is_duplicate), "{outcomes:?}");
}

#[test]
fn a_refusal_did_nothing() {
    let stage = Stage::new();
    let (authority, write) = (stage.authority(), write(&stage));
    stage.fault("decide", "refuse:不在服务时间 06:00-22:00", 1);
    let fault = authority.decide(&write).expect_err("out of hours");
    assert!(
        matches!(&fault, Fault::Refused { code, .. } if code == "0") && !fault.may_have_acted(),
        "{fault:?}"
    );
    let mut wrong = write.clone();
    wrong.party = PersonName::parse("别人").expect("a name");
    assert!(!authority.decide(&wrong).expect_err("another person").may_have_acted());
    assert!(authority.decide(&write).is_ok());
}

#[test]
fn a_name_with_rare_characters_is_written_as_it_is() {
    let stage = Stage::new();
    let (driver, vehicle, record) = stage.case();
    let name = "𠮷野 & O'Neil+";
    stage.set("driver", &driver.id_number, json!({ "name": name }));
    let mut write = write_for(driver, vehicle, record);
    write.party = PersonName::parse(name).expect("a name");
    let decided = stage.authority().decide(&write).expect("the platform compares the name");
    let found = stage.authority().decision(&decided.number).expect("an answer").expect("there");
    assert!(found.is_result_of(&write), "{found:?}");
}

#[test]
fn the_pace_agreed_with_the_platform_is_kept() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let authority = stage.authority_with(|profile| {
        profile.per_second_max = 10;
        profile.pace_wait_ms_max = 0;
    });
    let outcomes: Vec<bool> =
        (0..5).map(|_| authority.driver(&id_of(driver)) == Err(Fault::Throttled)).collect();
    assert!(outcomes.contains(&true), "more than the pace at once is held back here, not there");
    assert!(stage.calls("driver").len() < 5);
}
