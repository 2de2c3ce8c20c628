//! The client against a counterpart that answers as told, on a real socket: what good answers become, and what becomes
//! of bad ones. The pretend platform proves the rest in `crates/tests`.

use std::time::{Duration, Instant};

use clearway_domain::{Fen, IdNumber, PersonName, Plate, PlateKind};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use super::encoding::percent;
use super::*;
use crate::testing::{Reply, Server, nobody};
use crate::xml::escape;

const DRIVER: &str = include_str!("samples/driver.xml");
const VEHICLE: &str = include_str!("samples/vehicle.xml");
const RECORDS: &str = include_str!("samples/records.xml");
const DECISION: &str = include_str!("samples/decision.xml");
const DRIVER_FILE: &str = include_str!("samples/driver_file.xml");
const NOTHING_VEHICLE: &str = include_str!("samples/nothing_vehicle.xml");
const NOTHING_DRIVER: &str = include_str!("samples/nothing_driver.xml");
const WRITTEN: &str = include_str!("samples/written.xml");

fn profile(endpoints: &[&str]) -> AuthorityProfile {
    let profile = serde_json::json!({
        "endpoints": endpoints,
        "variant": "C",
        "province": "鄂",
        "unit_code": "420100000000",
        "jkxlh": { "*": "SERIAL" },
        "jkid": { "driver": "02C06", "vehicle_local": "01C21", "vehicle_other": "01C49", "vehicles_of": "01Z01",
            "records": "04C03", "decisions": "04C01", "pictures": "04C04", "driver_file": "02Z01",
            "decide": "04Z01", "mark_paid": "04Z02" },
        "limits": { "connect_ms_max": 300, "total_ms_max": 1500, "answer_bytes_max": 200_000 },
    });
    serde_json::from_value(profile).expect("a profile")
}

fn authority(url: &str) -> SoapAuthority {
    SoapAuthority::new(profile(&[url])).expect("a client")
}

/// The platform's envelope around an answer string.
fn enveloped(answer: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <soapenv:Body><ns1:r xmlns:ns1=\"u\"><rReturn>{}</rReturn></ns1:r></soapenv:Body></soapenv:Envelope>",
        escape(answer)
    )
}

/// A platform that gives this document to every question, properly encoded.
fn telling(document: &str) -> (Server, SoapAuthority) {
    let reply = Reply::ok(enveloped(&percent(document)));
    let server = Server::start(move |_| reply.clone());
    let authority = authority(&server.url);
    (server, authority)
}

fn replying(reply: Reply) -> SoapAuthority {
    let server = Server::start(move |_| reply.clone());
    authority(&server.url)
}

fn id() -> IdNumber {
    IdNumber::parse("420100199001010011").expect("a number of the standard")
}

fn plate() -> Plate {
    Plate::parse(PlateKind::SMALL, "鄂A12345").expect("a plate")
}

fn write() -> DecisionWrite {
    DecisionWrite {
        number: None,
        record: "4201000000000002".to_owned(),
        party: PersonName::parse("张三").expect("a name"),
        licence: id(),
        file_number: "420100123456".to_owned(),
        issuing_office: "鄂A".to_owned(),
        classes: "C1".to_owned(),
        phone: None,
        plate: plate(),
        occurred: "2020-03-01T00:09:33Z".parse().expect("an instant"),
        place: "中山大道".to_owned(),
        place_code: None,
        road_section: None,
        metres: None,
        code: "1039A".to_owned(),
        measured: None,
        limit: None,
        penalty: Penalty::Fine,
        fine: Fen(20_000),
        points: 0,
        paid: None,
        decided: "2020-04-05T02:00:00Z".parse().expect("an instant"),
        officer: None,
        case: "case-1".to_owned(),
    }
}

#[test]
fn a_driver_is_read_with_unknowns_left_unknown() {
    let (server, authority) = telling(DRIVER);
    let driver = authority.driver(&id()).expect("an answer").expect("a driver");
    assert_eq!(driver.states.as_deref(), Some("BDJ"));
    assert_eq!((driver.points, driver.classes.as_deref()), (Some(12), Some("C1D")));
    assert_eq!(driver.first_licence, Some(date(1976, 1, 1)), "midnight with a fraction");
    assert_eq!(driver.review_due, Some(date(2021, 3, 1)), "the compact format");
    assert_eq!(driver.points_cleared_on, None, "the year 1 is a filler");
    assert_eq!(driver.name, None, "no name has angle brackets");
    assert_eq!(driver.oddities, ["xm", "qfrq"]);
    assert_eq!(driver.probation_until, None);
    let asked = server.seen().remove(0);
    let body = asked.text();
    assert_eq!(asked.header("soapaction"), Some("\"\""));
    assert!(body.contains("<ns1:queryObjectOutNew ") && body.contains(">SERIAL</jkxlh>"), "{body}");
    assert!(body.contains("&lt;sfzmhm&gt;420100199001010011&lt;/sfzmhm&gt;"), "{body}");
}

#[test]
fn a_company_vehicle_is_read_and_found_by_its_bare_number() {
    let (server, authority) = telling(VEHICLE);
    let vehicle = authority.vehicle(&plate()).expect("an answer").expect("a vehicle");
    assert_eq!(vehicle.plate, plate());
    assert_eq!((vehicle.owner_is_company, vehicle.owner_id), (Some(true), None));
    assert_eq!(
        (vehicle.phone, vehicle.key_watch),
        (None, None),
        "a landline is no mobile; key watch is not told"
    );
    assert_eq!(vehicle.oddities, ["sjhm"]);
    assert_eq!(vehicle.last_registered, Some(date(2019, 2, 3)));
    assert!(server.seen()[0].text().contains("&lt;hphm&gt;A12345&lt;/hphm&gt;"), "without the province");
    let other = Plate::parse(PlateKind::SMALL, "湘A12345").expect("a plate");
    assert!(matches!(authority.vehicle(&other), Err(Fault::Garbled(_))), "another vehicle than asked for");
    assert!(server.seen()[1].text().contains(">01C49<"), "another province has its own interface");
}

#[test]
fn records_are_read_in_any_order_of_ids_and_any_case_of_tags() {
    let (_server, authority) = telling(RECORDS);
    let records = authority.records(&plate()).expect("an answer");
    let [first, second] = &records[..] else { panic!("two records") };
    assert_eq!(first.xh, "4201000000000002");
    assert_eq!(first.occurred.map(|at| at.to_string()).as_deref(), Some("2020-03-01T00:09:00Z"));
    assert_eq!((first.fine, first.points, first.measured), (Some(Fen(20_000)), Some(0), None));
    assert_eq!((first.handled, first.paid), (Some(false), None), "7 is no payment mark");
    assert_eq!(first.audited, None, "not told is not false");
    assert_eq!((second.fine, second.points), (Some(Fen(0)), None), "negative points are unknown");
    assert_eq!((second.measured, second.limit), (Some(59), Some(50)));
    assert_eq!(
        (second.handled, second.paid, second.place.as_deref()),
        (Some(true), Some(Paid::NothingDue), None)
    );
}

#[test]
fn both_shapes_of_nothing_found_are_nothing() {
    for document in [NOTHING_VEHICLE, NOTHING_DRIVER] {
        let (_server, authority) = telling(document);
        assert_eq!(authority.driver(&id()), Ok(None));
        assert_eq!(authority.vehicle(&plate()), Ok(None));
        assert_eq!(authority.records(&plate()), Ok(Vec::new()));
        assert_eq!(authority.decisions(&id()), Ok(Vec::new()));
        assert_eq!(authority.decision("1"), Ok(None));
        assert_eq!(authority.driver_file(&id()), Ok(DriverFile::default()), "no file is not an empty file");
    }
}

#[test]
fn a_driver_file_tells_unknown_lists_from_empty_ones() {
    let (_server, authority) = telling(DRIVER_FILE);
    let file = authority.driver_file(&id()).expect("an answer");
    assert_eq!(file.registered_12123, None);
    assert_eq!(file.crashes.as_ref().map(Vec::len), Some(1));
    assert_eq!(file.full_mark_studies, Some(Vec::new()));
    assert_eq!(file.study_cheating, None, "the list was not sent");
    let uses = file.programme_uses.expect("told");
    assert_eq!(
        (uses[0].programme, uses[0].points, uses[0].annulled),
        (Programme::Study, Some(3), Some(false))
    );
    let hole = DRIVER_FILE.replace("<sgsj>2019-05-06 07:08:09</sgsj>", "<sgsj>gestern</sgsj>");
    let (_server, authority) = telling(&hole);
    assert!(matches!(authority.driver_file(&id()), Err(Fault::Garbled(_))), "a crash without its time");
}

/// Each odd answer, and that it becomes a fault that leaves open whether a write happened.
#[test]
fn odd_answers_are_faults_and_never_facts() {
    let odd = |from: &str, to: &str| RECORDS.replace(from, to);
    let documents = [
        ("no code", odd("<code>1</code>", "")),
        ("code 2", odd("<code>1</code>", "<code>2</code>")),
        ("rownum too high", odd("<rownum>2</rownum>", "<rownum>3</rownum>")),
        ("rownum is no number", odd("<rownum>2</rownum>", "<rownum>zwei</rownum>")),
        ("records of another tag", odd("vioSurveil", "violation")),
        ("no number", odd("<xh>4201000000000001</xh>", "")),
        ("one number, two contents", odd("4201000000000001</xh>", "4201000000000002</xh>")),
        ("another vehicle", odd("鄂A12345", "鄂A99999")),
        ("an unreadable plate", odd("鄂A12345", "鄂A1234I")),
        ("a field told twice", odd("<wfxw>1352</wfxw>", "<wfxw>1352</wfxw><wfxw>1301</wfxw>")),
        ("truncated", RECORDS[..RECORDS.len() / 2 - 1].to_owned()),
        ("a DOCTYPE", odd("<root>", "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><root>")),
        ("an entity", odd("中山大道", "&e;")),
        ("a million nested elements", "<a>".repeat(60_000)),
        ("the marker", "$E".to_owned()),
        ("nothing", String::new()),
    ];
    for (name, document) in documents {
        let (_server, authority) = telling(&document);
        let fault = authority.records(&plate()).expect_err(name);
        assert!(matches!(fault, Fault::Garbled(_)) && fault.may_have_acted(), "{name}: {fault:?}");
    }
}

#[test]
fn a_padded_code_an_exact_repetition_and_a_nested_body_are_read() {
    let padded = RECORDS.replace("<code>1</code>", "<code> 1 </code>");
    let (_server, authority) = telling(&padded);
    assert_eq!(authority.records(&plate()).map(|records| records.len()), Ok(2));
    let nested = RECORDS.replace("</head><body>", "<body>").replace("</body>", "</body></head>");
    let (_server, authority) = telling(&nested);
    assert_eq!(authority.records(&plate()).map(|records| records.len()), Ok(2));
    let start = RECORDS.find("<vioSurveil id=\"1\">").expect("first");
    let end = RECORDS.find("<vioSurveil id=\"0\">").expect("second");
    let twice = RECORDS
        .replace(&RECORDS[start..end], &RECORDS[start..end].repeat(2))
        .replace("<rownum>2", "<rownum>3");
    let (_server, authority) = telling(&twice);
    assert_eq!(
        authority.records(&plate()).map(|records| records.len()),
        Ok(2),
        "the same record twice is one"
    );
}

#[test]
fn odd_pages_and_statuses_are_faults() {
    let page = "<html><body>Error</body></html>";
    for reply in [
        Reply::ok(page),
        Reply::status(500, page),
        Reply::status(404, ""),
        Reply::status(503, "busy"),
        Reply::ok(enveloped("%ZZ")),
        Reply::ok(enveloped("%E9%")),
        Reply::ok(enveloped(page)),
        Reply::ok(vec![b'x'; 300_000]),
        Reply::ok(vec![0xff; 100]),
    ] {
        let shown = format!("{reply:?}").chars().take(60).collect::<String>();
        assert!(matches!(replying(reply).driver(&id()), Err(Fault::Garbled(_))), "{shown}");
    }
    assert_eq!(replying(Reply::status(429, "")).driver(&id()), Err(Fault::Throttled));
}

#[test]
fn a_dripping_a_silent_and_a_broken_answer_end_within_the_deadline() {
    let whole = enveloped(&percent(DRIVER)).into_bytes();
    for reply in [Reply::Drip(whole.clone(), 100), Reply::Silent(10_000), Reply::Cut(whole), Reply::Close] {
        let shown = format!("{reply:?}").chars().take(10).collect::<String>();
        let authority = replying(reply);
        #[expect(clippy::disallowed_methods, reason = "the deadline is about real time")]
        let begun = Instant::now();
        let fault = authority.decide(&write()).expect_err("no whole answer");
        assert_eq!(fault, Fault::TimedOut, "{shown}");
        assert!(fault.may_have_acted(), "{shown}: the write may have arrived");
        assert!(begun.elapsed() < Duration::from_millis(3_000), "{shown} took {:?}", begun.elapsed());
    }
}

#[test]
fn the_next_endpoint_is_tried_only_while_nothing_was_sent() {
    let good = Reply::ok(enveloped(&percent(WRITTEN)));
    let server = Server::start(move |_| good.clone());
    let nobody = nobody();
    let authority = SoapAuthority::new(profile(&[&nobody, &server.url])).expect("a client");
    assert_eq!(authority.decide(&write()).map(|decided| decided.number), Ok("420100000000001".to_owned()));
    let lost = Server::start(|_| Reply::Close);
    let authority = SoapAuthority::new(profile(&[&lost.url, &server.url])).expect("a client");
    assert_eq!(authority.decide(&write()), Err(Fault::TimedOut));
    assert_eq!(server.seen().len(), 1, "a write whose reply was lost is not sent again");
    let authority = SoapAuthority::new(profile(&[&nobody])).expect("a client");
    assert_eq!(authority.decide(&write()), Err(Fault::Unreachable));
    assert!(SoapAuthority::new(profile(&[])).is_err());
}

#[test]
fn a_write_is_sent_as_the_site_wants_it_and_refusals_are_told_apart() {
    let (server, authority) = telling(WRITTEN);
    let decided = authority.decide(&write()).expect("written");
    assert_eq!((decided.number.as_str(), decided.check_digit), ("420100000000001", None));
    let body = server.seen()[0].text();
    for part in [
        "writeObjectOutNew",
        "&lt;hphm&gt;%E9%84%82A12345&lt;",
        "&lt;wfsj&gt;2020-03-01%2008%3A09&lt;",
        "&lt;fkje&gt;200&lt;",
        "&lt;jkbj&gt;0&lt;",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let refusing = |message: &str| {
        let document = format!("<root><head><code>0</code><message>{message}</message></head></root>");
        telling(&document).1.decide(&write()).expect_err("refused")
    };
    let code = |fault: Fault| match fault {
        Fault::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(refusing("重复录入")), DUPLICATE);
    assert_eq!(code(refusing("当事人与驾驶证不一致")), "0");
    let (_server, authority) = telling("<root><head><code>1</code><message>成功</message></head></root>");
    assert!(authority.decide(&write()).expect_err("no number").may_have_acted());
    let mut numbered = write();
    numbered.number = Some("420100000000009".to_owned());
    let (_server, authority) = telling(WRITTEN);
    assert!(authority.decide(&numbered).is_err(), "another number than ours");
}

#[test]
fn a_duplicate_counts_as_ours_only_when_everything_agrees() {
    let (_server, authority) = telling(DECISION);
    let found = authority.decision("420100000000001").expect("an answer").expect("a decision");
    assert_eq!(found.check_digit.as_deref(), Some("7"));
    assert!(found.is_result_of(&write()));
    let differing: [fn(&mut DecisionWrite); 7] = [
        |write| write.licence = IdNumber::parse("42010019900101002X").expect("a number"),
        |write| write.code = "1352".to_owned(),
        |write| write.fine = Fen(10_000),
        |write| write.points = 3,
        |write| write.penalty = Penalty::Warning,
        |write| write.record = "4201000000000003".to_owned(),
        |write| write.occurred = "2020-03-01T00:10:00Z".parse().expect("an instant"),
    ];
    for (at, change) in differing.into_iter().enumerate() {
        let mut other = write();
        change(&mut other);
        assert!(!found.is_result_of(&other), "difference {at}");
    }
    assert!(matches!(authority.decision("420100000000002"), Err(Fault::Garbled(_))), "another decision");
    let mut silent = found;
    silent.fine = None;
    assert!(!silent.is_result_of(&write()), "what is not told does not agree");
}

#[test]
fn our_mark_tells_whose_a_decision_is_and_without_it_doubt_is_doubt() {
    let (_server, authority) = telling(DECISION);
    let found = authority.decision("420100000000001").expect("an answer").expect("a decision");
    let told = |change: fn(&mut DecisionRecord)| {
        let mut told = found.clone();
        change(&mut told);
        (told.whose(&write(), true), told.whose(&write(), false))
    };
    use Whose::{Anothers, Ours, Unclear};
    assert_eq!(found.remark, None, "this site does not tell it");
    assert_eq!(told(|_| {}), (Ours, Anothers), "every field, and nothing without a write");
    assert_eq!(told(|told| told.decided = None), (Unclear, Anothers), "the same driver, the same fine");
    let to_the_minute = |told: &mut DecisionRecord| {
        let at = write().decided.as_second();
        told.decided = Timestamp::from_second(at - at % 60).ok();
    };
    assert_eq!(told(to_the_minute), (Ours, Anothers), "a site without seconds");
    let own_clock = |told: &mut DecisionRecord| {
        told.decided = write().decided.checked_add(SignedDuration::from_secs(95)).ok()
    };
    assert_eq!(told(own_clock), (Unclear, Anothers), "a site that tells its own clock");
    let stranger = |told: &mut DecisionRecord| told.licence = IdNumber::parse("42010019900101002X").ok();
    assert_eq!(told(stranger), (Anothers, Anothers));
    assert_eq!(told(|told| told.remark = Some(write().case)), (Ours, Ours));
    let marked = |told: &mut DecisionRecord| {
        (told.decided, told.remark) = (None, Some(write().case));
    };
    assert_eq!(told(marked), (Ours, Ours), "whatever clock the site has");
    assert_eq!(told(|told| told.remark = Some("12123".to_owned())), (Anothers, Anothers));
}

#[test]
fn another_person_in_the_answer_is_a_fault() {
    let other = IdNumber::parse("42010019900101002X").expect("a number");
    let (_server, authority) = telling(DRIVER);
    assert!(matches!(authority.driver(&other), Err(Fault::Garbled(_))));
    let (_server, authority) = telling(DECISION);
    assert!(matches!(authority.decisions(&other), Err(Fault::Garbled(_))));
}

#[test]
fn decisions_of_a_vehicle_are_of_every_driver_and_of_that_vehicle_alone() {
    let one = DECISION
        .split_once("<body>")
        .and_then(|(_, rest)| rest.split_once("</body>"))
        .map(|(row, _)| row)
        .expect("a body");
    let other = one
        .replace("420100000000001", "420100000000002")
        .replace("420100199001010011", "42010019900101002X")
        .replace("<hphm>鄂A12345</hphm>", "<hphm></hphm>");
    let both = DECISION.replace(one, &format!("{one}{other}")).replace("<rownum>1", "<rownum>2");
    let (server, authority) = telling(&both);
    let found = authority.decisions_of_vehicle(&plate()).expect("an answer");
    let licences: Vec<&str> =
        found.iter().filter_map(|decision| Some(decision.licence.as_ref()?.reveal())).collect();
    assert_eq!(licences, ["420100199001010011", "42010019900101002X"]);
    assert!(
        found.iter().all(|decision| decision.plate == Some(plate())),
        "no plate told is the one asked for"
    );
    let body = server.seen()[0].text();
    assert!(body.contains(">04C06<") && body.contains("&lt;hphm&gt;A12345&lt;/hphm&gt;"), "{body}");
    for plate_told in ["鄂A99999", "鄂A1234I"] {
        let (_server, authority) = telling(&DECISION.replace("鄂A12345", plate_told));
        let met = authority.decisions_of_vehicle(&plate());
        assert!(matches!(met, Err(Fault::Garbled(_))), "{plate_told}: {met:?}");
    }
    let (_server, authority) = telling(NOTHING_VEHICLE);
    assert_eq!(authority.decisions_of_vehicle(&plate()), Ok(Vec::new()));
}

#[test]
fn an_operation_that_the_site_does_not_offer_is_refused_without_a_call() {
    let server = Server::start(|_| Reply::Close);
    let mut profile = profile(&[&server.url]);
    profile.jkid = Jkids::default();
    let authority = SoapAuthority::new(profile).expect("a client");
    let fault = authority.decide(&write()).expect_err("not offered");
    assert!(matches!(&fault, Fault::Refused { code, .. } if code == "NOT_OFFERED"), "{fault:?}");
    assert!(server.seen().is_empty());
}

#[test]
fn pictures_come_as_base64_of_a_known_kind() {
    let document = |zpstr: &str| {
        format!(
            "<root><head><code>1</code><rownum>1</rownum></head><body><viojdczp><xh>1</xh><zpstr1>{zpstr}</zpstr1><zpstr2></zpstr2></viojdczp></body></root>"
        )
    };
    // FF D8 FF FB: a JPEG's first bytes, whose base64 holds `/` and `+`.
    for zpstr in ["/9j/++8=", "/9j/  8=", "%2F9j%2F%2B%2B8%3D", "/9j/\n++8="] {
        let (_server, authority) = telling(&document(zpstr));
        let pictures = authority.pictures("1").expect("an answer");
        assert_eq!(
            (pictures.len(), pictures[0].media_type, pictures[0].bytes.len()),
            (1, "image/jpeg", 5),
            "{zpstr}"
        );
    }
    for zpstr in ["!!", "AAAA"] {
        let (_server, authority) = telling(&document(zpstr));
        assert!(matches!(authority.pictures("1"), Err(Fault::Garbled(_))), "{zpstr}");
    }
    let (_server, authority) = telling(NOTHING_VEHICLE);
    assert_eq!(authority.pictures("1"), Ok(Vec::new()));
}

proptest::proptest! {
    /// Whatever bytes come, reading ends in records or in a fault, never in a panic; and a record that is read is one of
    /// the vehicle asked for.
    #[test]
    fn spoilt_bytes_never_panic_and_never_become_another_vehicle(
        spoilt in proptest::collection::vec((0..2_000_usize, proptest::prelude::any::<u8>()), 1..8),
        cut in 0..2_000_usize,
        encoded in proptest::prelude::any::<bool>(),
    ) {
        let mut bytes = if encoded { percent(RECORDS) } else { RECORDS.to_owned() }.into_bytes();
        for (at, byte) in spoilt {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        bytes.truncate(bytes.len() - cut % 50);
        let profile = profile(&["http://h/"]);
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(tree) = super::encoding::answer_tree(AnswerHabit::Document, &text)
            && let Ok(found) = super::answer::records(&profile, &tree, "viosurveil")
        {
            for fields in found {
                if let Ok(record) = super::read::camera(&profile, &plate(), fields) {
                    proptest::prop_assert_eq!(record.plate, plate());
                    proptest::prop_assert!(record.points.is_none_or(|points| points >= 0));
                    proptest::prop_assert!(record.fine.is_none_or(|fine| fine >= Fen(0)));
                }
            }
        }
        let _ = super::soap::result(200, &bytes);
    }
}
