//! J2: other people's vehicles: three at a time, five ever, three users a vehicle, and the owner's word by a code.

use serde_json::json;

use super::super::driver::{Driver, codes, number, text};
use super::super::stack::{Engine, Stack};

/// A vehicle of Fei's, whose registered phone ends in 0054.
const PLATE: &str = "鄂AB0050";
const OWNER: &str = "19900000054";

#[test]
fn j02_somebody_elses_vehicle_is_bound_with_the_code_that_its_owner_got() {
    let stack = Stack::new(Engine::Sqlite);
    let zheng = Driver::at_home(&stack, "demo-clean");
    let before = zheng.open("/vehicles");
    assert_eq!((number(&before, "/foreign_left"), number(&before, "/foreign_max")), (3, 3), "{before}");
    let asked = zheng.post("/vehicles/bind", &json!({ "kind": "02", "plate": "鄂a·b0050" })).next();
    assert!(asked.ends_with("&tail=0054"), "{asked}");
    let page = zheng.open(&asked);
    assert_eq!(text(&page, "/code_for/phone_tail"), "0054");
    let key = text(&page, "/code_for/plate_key").to_owned();
    let code = stack.code_sent_to(OWNER);
    let bad = if code == "123456" { "123457" } else { "123456" };
    let problem = zheng.post("/vehicles/bind", &json!({ "kind": "02", "plate": key, "code": bad }));
    assert_eq!(text(&problem.problem(422, "bad-field"), "/field/field"), "code");
    zheng.post("/vehicles/bind", &json!({ "kind": "02", "plate": key, "code": code })).next();
    let after = zheng.open("/vehicles");
    assert_eq!(number(&after, "/foreign_left"), 2);
    let bound = after["vehicles"].as_array().expect("vehicles");
    assert!(bound.iter().any(|one| one["plate"] == PLATE && one["foreign"] == true), "{after}");
    // Bound is bound.
    zheng.post("/vehicles/bind", &json!({ "kind": "02", "plate": PLATE })).problem(409, "bound-here");
    let own = text(&after, "/vehicles/0/plate");
    let here =
        zheng.post("/vehicles/bind", &json!({ "kind": "02", "plate": own })).problem(409, "bound-here");
    assert_eq!(text(&here, "/next"), "/vehicles", "nobody is sent to another account for it");
    // Given up, it still counts among those ever bound, and its violations are gone from the list.
    zheng.post(&format!("/vehicles/{key}/unbind"), &json!({})).next();
    assert_eq!(zheng.open("/vehicles")["vehicles"].as_array().map(Vec::len), Some(1));
    let own = text(&after, "/vehicles/0/plate_key");
    zheng.post(&format!("/vehicles/{own}/unbind"), &json!({})).problem(404, "not-found");
}

#[test]
fn j02_the_limits_are_three_now_five_ever_and_three_users() {
    let stack = Stack::new(Engine::Sqlite);
    for (openid, plate, code) in [
        ("demo-bind-three", PLATE, "VEH_BIND_LIMIT_USER"),
        ("demo-bind-five", "鄂AB0047", "VEH_BIND_LIMIT_HISTORY"),
        ("demo-bind-vehicle", "鄂AB0055", "VEH_BIND_LIMIT_VEHICLE"),
    ] {
        let driver = Driver::at_home(&stack, openid);
        let sent = stack.calls_of("sms").len();
        let refused = driver.post("/vehicles/bind", &json!({ "kind": "02", "plate": plate })).refusal();
        assert_eq!(refused, [code], "{openid}");
        assert_eq!(stack.calls_of("sms").len(), sent, "no code is sent to an owner for nothing");
    }
}

#[test]
fn j02_plates_that_are_none_are_told_so() {
    let stack = Stack::new(Engine::Sqlite);
    let zheng = Driver::at_home(&stack, "demo-clean");
    let asked = stack.calls_of("vehicle").len();
    for (kind, plate, field) in [
        ("02", "鄂AI0050", "plate"),
        ("02", "鄂AB00500000", "plate"),
        ("02", "A", "plate"),
        ("02", "", "plate"),
        ("02", "鄂AВ0050", "plate"),
        ("zz", PLATE, "plate_kind"),
        ("", PLATE, "plate_kind"),
    ] {
        let answer = zheng.post("/vehicles/bind", &json!({ "kind": kind, "plate": plate }));
        let problem = answer.problem(422, "bad-field");
        assert_eq!(text(&problem, "/field/field"), field, "{kind} {plate}");
    }
    assert_eq!(stack.calls_of("vehicle").len(), asked, "the platform is not asked about nonsense");
    // A zero-width character that came with a copied plate is no reason to refuse it.
    zheng.post("/vehicles/bind", &json!({ "kind": "02", "plate": "鄂A\u{200b}B0050" })).next();
}

#[test]
fn j02_violations_before_the_binding_are_not_online() {
    let stack = Stack::new(Engine::Sqlite);
    let yu = Driver::at_home(&stack, "demo-bound-after");
    let home = yu.home();
    let card = &home["groups"][0]["cards"][0];
    assert_eq!((text(card, "/route"), &card["payable"]), ("why", &json!(false)), "{card}");
    let reasons = yu.open(text(card, "/href"));
    assert!(codes(&reasons["reasons"]).contains(&"VEH_BOUND_AFTER".to_owned()), "{reasons}");
    let ask = json!({ "violation": [card["id"]] });
    assert!(yu.post("/quotes", &ask).refusal().contains(&"VEH_BOUND_AFTER".to_owned()));
}
