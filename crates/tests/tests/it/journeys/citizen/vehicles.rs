//! J2: other people's vehicles: three at a time, five ever, three users a vehicle, and the owner's word by a code.

use serde_json::json;

use super::super::driver::{Driver, codes, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(j02_nobody_goes_through_the_plates_of_a_city);

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

/// Every plate has its own codes by the hour; whoever loops over plates runs into the day's.
fn j02_nobody_goes_through_the_plates_of_a_city(engine: Engine) {
    let stack = Stack::new(engine);
    let zheng = Driver::at_home(&stack, "demo-clean");
    let bind = |plate: &str| zheng.post("/vehicles/bind", &json!({ "kind": "02", "plate": plate }));
    let mine = zheng.open("/vehicles").to_string();
    let taken: Vec<&str> = stack
        .city
        .accounts
        .iter()
        .flat_map(|account| account.bound.iter().map(|bound| bound.plate.as_str()))
        .filter(|plate| {
            stack.city.accounts.iter().flat_map(|one| &one.bound).filter(|one| one.plate == *plate).count()
                > 1
        })
        .collect();
    let mut plates =
        stack.city.vehicles.iter().filter(|one| one.plate_kind == "02").map(|one| one.plate.as_str());
    let mut plates =
        std::iter::from_fn(|| plates.find(|plate| !mine.contains(plate) && !taken.contains(plate)));
    for n in 0..10 {
        let plate = plates.next().expect("a plate");
        let answer = bind(plate);
        assert_eq!(answer.status, 303, "{n} {plate}: {}", answer.body);
    }
    let (asked, sent) = (stack.calls_of("vehicle").len(), stack.calls_of("sms").len());
    assert!(sent >= 10, "{sent}");
    let next = plates.next().expect("a plate");
    let locked = bind(next).problem(429, "locked");
    assert!(text(&locked, "/again_at") > "2020-04-06T", "a day: {locked}");
    // Nor for the own vehicle's phone on file, and the platform is not asked either.
    let own = text(&zheng.open("/vehicles"), "/vehicles/0/plate_key").to_owned();
    zheng.post(&format!("/vehicles/{own}/owner-phone"), &json!({})).problem(429, "locked");
    assert_eq!((stack.calls_of("vehicle").len(), stack.calls_of("sms").len()), (asked, sent));
    // Somebody else's day is another one, and so is tomorrow.
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    assert_eq!(ruan.post("/vehicles/bind", &json!({ "kind": "02", "plate": next })).status, 303);
    stack.set_clock("2020-04-06T10:01:00+08:00");
    assert_eq!(bind(next).status, 303);
}

/// Sold, it is no longer the driver's: what it collects from now on is its new owner's, and not for the old one to see.
#[test]
fn j03_a_vehicle_that_was_sold_is_no_longer_the_drivers() {
    let stack = Stack::new(Engine::Sqlite);
    let openid = "demo-pay-one";
    let ruan = Driver::at_home(&stack, openid);
    let mine = ruan.open("/vehicles");
    let key = text(&mine, "/vehicles/0/plate_key").to_owned();
    assert_eq!(mine["vehicles"].as_array().map(Vec::len), Some(1), "{mine}");
    let cards = |home: &serde_json::Value| home["groups"].as_array().map_or(0, Vec::len);
    assert!(cards(&ruan.home()) > 0);
    // Untold whose it is, it stays.
    let owner = text(&stack.change("vehicle", &key, &json!({ "owner_id": "" })), "/plate").to_owned();
    assert!(key.ends_with(&owner), "{owner}");
    stack.refresh(openid);
    assert_eq!(ruan.open("/vehicles")["vehicles"].as_array().map(Vec::len), Some(1));
    let other = stack.city.vehicles.iter().find(|other| other.owner_kind == "person" && other.plate != owner);
    let other = &other.expect("somebody else").owner_id;
    stack.change("vehicle", &key, &json!({ "owner_id": other, "owner_name": "别人" }));
    stack.refresh(openid);
    assert_eq!(ruan.open("/vehicles")["vehicles"].as_array().map(Vec::len), Some(0));
    assert_eq!(cards(&ruan.home()), 0, "its violations are its owner's");
}
