//! Messages and face check: what arrives, what is refused, and what is never believed.

use std::sync::Arc;

use clearway_connect::Fault;
use clearway_connect::face::{FaceCheck, FaceOutcome, WireFaceCheck};
use clearway_connect::notify::{Message, Notifier, WireNotifier};
use clearway_connect::wechat::{OfficialAccount, OpenId};
use clearway_domain::{PersonName, Phone};
use serde_json::{Value, json};

use super::stage::{Stage, id_of};

fn notifier(stage: &Stage) -> WireNotifier {
    let mut counterparts = stage.counterparts();
    counterparts.sms.limits.total_ms_max = 800;
    let account = OfficialAccount::new(counterparts.wechat, stage.clock.clone(), stage.chance.clone())
        .expect("a client");
    WireNotifier::new(
        counterparts.sms,
        counterparts.templates,
        Arc::new(account),
        stage.clock.clone(),
        stage.chance.clone(),
    )
    .expect("a client")
}

fn face(stage: &Stage) -> WireFaceCheck {
    let mut config = stage.counterparts().face;
    config.limits.total_ms_max = 800;
    WireFaceCheck::new(config, stage.clock.clone()).expect("a client")
}

#[test]
fn a_code_arrives_and_a_fault_is_told() {
    let stage = Stage::new();
    let notifier = notifier(&stage);
    let phone = Phone::parse("13800000001").expect("a phone");
    assert!(notifier.send_code(&phone, "123456").expect("sent").id.is_some());
    let inbox = stage.get(&format!("{}/sms/inbox?phone=13800000001&format=json", stage.url())).1;
    assert!(inbox.contains("123456"), "{inbox}");
    stage.fault("sms", "refuse:频率超限", 1);
    assert!(matches!(notifier.send_code(&phone, "1"), Err(Fault::Refused { .. })));
    stage.fault("sms", "http500", 1);
    assert!(matches!(notifier.send_code(&phone, "1"), Err(Fault::Garbled(_))));
    stage.fault("sms", "acted_no_reply", 1);
    assert_eq!(notifier.send_code(&phone, "1"), Err(Fault::TimedOut));
    stage.clock.shift(-400);
    assert!(
        matches!(notifier.send_code(&phone, "1"), Err(Fault::Refused { code, .. }) if code == "SIGN_ERROR")
    );
}

#[test]
fn a_template_message_fits_its_fields_and_a_stranger_is_no_error_of_ours() {
    let stage = Stage::new();
    let notifier = notifier(&stage);
    let follower = stage.city.accounts.iter().find(|account| account.verified).expect("a follower");
    let message = Message {
        template: "result".to_owned(),
        url: Some("https://example.invalid/cases/1".to_owned()),
        fields: vec![("thing1".to_owned(), "违".repeat(50)), ("amount2".to_owned(), "￥200".to_owned())],
        dedup: "message-1".to_owned(),
    };
    let sent = notifier.send_message(&OpenId::new(&follower.openid), &message).expect("sent");
    assert!(sent.id.is_some());
    let told = stage.control("wechat/read", &json!({}));
    let text = told["sent"].to_string();
    assert!(text.contains('…') && !text.contains(&"违".repeat(21)), "cut to what the field takes: {text}");
    let refused = notifier.send_message(&OpenId::new("oNobodyFollows"), &message);
    assert!(matches!(refused, Err(Fault::Refused { code, .. }) if code == "43004"));
}

#[test]
fn a_face_result_is_fetched_by_us_and_bound_to_the_session() {
    let stage = Stage::new();
    let (driver, ..) = stage.case();
    let (face, name) = (face(&stage), PersonName::parse(&driver.name).expect("a name"));
    let begun =
        face.start(&id_of(driver), &name, "https://example.invalid/back", "session-1").expect("begun");
    assert_eq!(face.result(&begun.token).expect("an answer").outcome, FaceOutcome::Pending);
    let back = stage
        .post_form(&format!("{}/face/check", stage.url()), &format!("token={}&result=passed", begun.token));
    assert!(back.contains(&begun.token), "the browser only brings the token");
    let result = face.result(&begun.token).expect("an answer");
    assert_eq!(
        (result.outcome, result.id, result.extra.as_deref()),
        (FaceOutcome::Passed, Some(id_of(driver)), Some("session-1"))
    );
    assert!(result.finished.is_some());
    let other =
        face.start(&id_of(driver), &name, "https://example.invalid/back", "session-2").expect("begun");
    stage.post_form(&format!("{}/face/check", stage.url()), &format!("token={}&result=failed", other.token));
    let result = face.result(&other.token).expect("an answer");
    assert!(matches!(result.outcome, FaceOutcome::Failed { .. }));
    assert_eq!(result.extra.as_deref(), Some("session-2"), "another session's token shows whose it is");
    assert!(matches!(face.result("invented"), Err(Fault::Refused { .. })));
    for fault in ["html", "garbled", "truncated", "http500"] {
        stage.fault("face_result", fault, 1);
        assert!(face.result(&begun.token).is_err(), "{fault} is not a pass");
    }
    let _: Value =
        stage.control("faults", &json!({ "match": { "call": "face_start" }, "fault": "never", "times": 1 }));
    assert_eq!(face.start(&id_of(driver), &name, "https://example.invalid/back", "x"), Err(Fault::TimedOut));
}
