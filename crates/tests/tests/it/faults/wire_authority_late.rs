//! 六合一, time: answers just before and just after the deadline, writes that arrive after we gave up, bytes in the
//! platform's own encoding, and a platform whose clock is not ours. Deadlines are scaled: two seconds stand for thirty.

use std::time::Duration;

use clearway_connect::Fault;
use clearway_connect::authority::{Authority, DUPLICATE, PaidMark, SoapAuthority};
use clearway_domain::Fen;
use jiff::SignedDuration;
use serde_json::json;

use super::stage::{Stage, id_of, opening, plate_of};
use super::wire_authority_writes::write;

/// Thirty seconds, scaled.
const DEADLINE_MS: u64 = 2_000;

fn patient(stage: &Stage) -> SoapAuthority {
    stage.authority_with(|profile| profile.limits.total_ms_max = DEADLINE_MS)
}

#[test]
fn a_reply_just_within_the_deadline_counts_and_one_just_after_it_does_not() {
    let stage = Stage::new();
    let (driver, vehicle, _) = stage.case();
    let authority = patient(&stage);
    for call in ["driver", "records"] {
        stage.fault(call, "late:1700", 1);
        stage.fault(call, "late:2150", 1);
    }
    assert!(authority.driver(&id_of(driver)).is_ok_and(|found| found.is_some()), "in time");
    assert_eq!(authority.driver(&id_of(driver)), Err(Fault::TimedOut), "too late");
    assert!(authority.records(&plate_of(vehicle)).is_ok(), "in time");
    assert_eq!(authority.records(&plate_of(vehicle)), Err(Fault::TimedOut), "too late");
    assert!(authority.driver(&id_of(driver)).is_ok_and(|found| found.is_some()), "and well again");
}

/// Each byte comes well within a read's own patience; the whole of them does not come within the call's.
#[test]
fn a_byte_at_a_time_meets_the_deadline_on_the_whole() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let authority = patient(&stage);
    stage.fault("driver", "drip:60", 1);
    #[expect(clippy::disallowed_methods, reason = "the deadline is about real time")]
    let begun = std::time::Instant::now();
    assert_eq!(authority.driver(&id_of(driver)), Err(Fault::TimedOut));
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(2 * DEADLINE_MS), "it took {took:?}");
}

/// The write is carried out over there only after we gave up: looking finds nothing yet, and the write that goes again
/// and the one that is late make one decision together.
#[test]
fn a_write_that_arrives_after_we_gave_up_is_still_one_decision() {
    let stage = Stage::new();
    let (authority, write) = (stage.authority(), write(&stage));
    stage.fault("decide", "late:2500", 1);
    assert_eq!(authority.decide(&write), Err(Fault::TimedOut));
    let again = authority.decide(&write);
    std::thread::sleep(Duration::from_millis(1_800));
    let found = authority.decisions(&write.licence).expect("an answer");
    let ours: Vec<_> = found.iter().filter(|found| found.is_result_of(&write)).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    match again {
        Ok(decided) => assert_eq!(decided.number, ours[0].number),
        Err(Fault::Refused { code, .. }) => assert_eq!(code, DUPLICATE),
        Err(other) => panic!("{other:?}"),
    }
}

/// The connection is reset after the request was sent: whether it acted is not known, and marking again is harmless.
#[test]
fn a_mark_whose_reply_is_lost_is_marked_again_without_harm() {
    for fault in ["acted_no_reply", "truncated", "never"] {
        let stage = Stage::new();
        let (authority, write) = (stage.authority(), write(&stage));
        let decided = authority.decide(&write).expect("written");
        let mark =
            PaidMark { transaction: "T-1".to_owned(), fine: write.fine, surcharge: Fen(0), paid: opening() };
        stage.fault("mark_paid", fault, 1);
        assert!(authority.mark_paid(&decided.number, &mark).expect_err(fault).may_have_acted(), "{fault}");
        authority.mark_paid(&decided.number, &mark).expect("the same transaction again");
        let other = PaidMark { transaction: "T-2".to_owned(), ..mark };
        assert!(
            authority.mark_paid(&decided.number, &other).is_err(),
            "another payment is never taken: {fault}"
        );
    }
}

#[test]
fn an_answer_in_the_encoding_that_its_prolog_names_is_read_or_not_believed() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    stage.control("site", &json!({ "gbk": true }));
    let authority = stage.authority();
    match authority.driver(&id_of(driver)) {
        Ok(found) => {
            let name = found.expect("a driver").name.map(|name| name.reveal().to_owned());
            assert_eq!(name.as_deref(), Some(driver.name.as_str()), "read as it was meant");
        }
        Err(fault) => assert!(matches!(fault, Fault::Garbled(_)), "{fault:?}"),
    }
    stage.set("driver", &driver.id_number, json!({ "name": "𠮷野" }));
    if let Ok(found) = authority.driver(&id_of(driver)) {
        let name = found.expect("a driver").name.map(|name| name.reveal().to_owned());
        assert!(name.is_none() || name.as_deref() == Some("𠮷野"), "never another name: {name:?}");
    }
}

/// Its clock is hours before or behind ours: what it tells is handed on as told, and our own write keeps our instant.
#[test]
fn a_platform_whose_clock_is_ahead_or_behind_is_told_as_it_is() {
    for hours in [-2, 2, 26] {
        let stage = Stage::new();
        let (_, vehicle, record) = stage.case();
        let authority = stage.authority();
        let at = opening() + SignedDuration::from_hours(hours);
        stage.set("record", &record.serial, json!({ "entered_at": at, "notified_at": at }));
        let records = authority.records(&plate_of(vehicle)).expect("an answer");
        assert!(records.iter().any(|found| found.xh == record.serial && found.occurred == Some(record.at)));
        let mut write = write(&stage);
        write.decided = at;
        let decided = authority.decide(&write).expect("written");
        let found = authority.decision(&decided.number).expect("an answer").expect("there");
        assert!(found.is_result_of(&write), "{hours} hours: {found:?}");
    }
}
