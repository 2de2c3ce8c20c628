//! J1: from the followed account and its menu to a session; what is forged, foreign, old or a snapshot gets none.

use serde_json::json;

use clearway_service::callbacks::wechat;
use clearway_store::Tx;

use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack};

#[test]
fn j01_the_state_belongs_to_one_browser_and_to_one_sign_in() {
    let stack = Stack::new(Engine::Sqlite);
    let phone = Driver::visitor(&stack);
    let back = phone.authorize("demo-clean", "/violations");
    let (code, state) = back.split_once("&state=").expect("code and state");
    // Another browser cannot use it, and neither can this one with another state.
    Driver::visitor(&stack).get(&back).problem(409, "sign-in-state");
    phone
        .get(&format!("{code}&state={}", state.chars().rev().collect::<String>()))
        .problem(409, "sign-in-state");
    assert_eq!(phone.cookie_value("cw_session"), None);
    assert_eq!(phone.get(&back).next(), "/violations");
    assert!(phone.cookie_value("cw_session").is_some());
    // A second use of the same answer opens no second session, whoever has the cookies.
    phone.get(&back).problem(409, "sign-in-state");
    phone.home();
}

#[test]
fn j01_whoever_only_begins_leaves_nothing_and_a_changed_cookie_opens_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let kept = || {
        let count = |tx: &mut Tx| tx.one("select count(*) as n from sign_in_state", &[])?.get::<i64>("n");
        stack.world.db.read(count).expect("a count")
    };
    let phone = Driver::visitor(&stack);
    let back = phone.authorize("demo-clean", "/vehicles");
    assert_eq!(kept(), 0);
    let cookie = phone.cookie_value("cw_signin").expect("what is under way");
    let parts: Vec<&str> = cookie.split('.').collect();
    let [secret, until, path] = parts[..] else { panic!("{cookie}") };
    let later = until.parse::<i64>().expect("ms") + 3_600_000;
    // Another path, a longer time, a part less, a part more: the state is of none of them.
    for forged in [
        format!("{secret}.{until}.L2V2aWw"),
        format!("{secret}.{later}.{path}"),
        format!("{secret}.{until}"),
        format!("{cookie}.x"),
        format!("x{cookie}"),
    ] {
        phone.cookie("cw_signin", Some(&forged));
        phone.get(&back).problem(409, "sign-in-state");
    }
    assert_eq!(kept(), 0, "what was refused is not kept either");
    phone.cookie("cw_signin", Some(&cookie));
    assert_eq!(phone.get(&back).next(), "/vehicles");
    assert_eq!(kept(), 1);
}

#[test]
fn j01_a_sign_in_leads_back_to_a_page_of_ours_and_to_no_other() {
    let stack = Stack::new(Engine::Sqlite);
    for next in [
        "https:%2F%2Fevil.example%2Fpay",
        "%2F%2Fevil.example%2Fpay",
        "%2F%5Cevil.example%2Fpay",
        "%2F%09%2Fevil.example%2Fpay",
        "%2F%0a%2Fevil.example%2Fpay",
        "%2F%0d%2Fevil.example%2Fpay",
        "%2F%20%2Fevil.example%2Fpay",
        "%2F%E9%84%82",
    ] {
        assert_eq!(Driver::visitor(&stack).sign_in("demo-clean", next).next(), "/violations", "{next}");
    }
    let back = Driver::visitor(&stack).sign_in("demo-clean", "%2Fviolations%3Fview%3Dall");
    assert_eq!(back.next(), "/violations?view=all");
}

#[test]
fn j01_a_state_is_too_old_after_ten_minutes_and_a_refusal_leads_back() {
    let stack = Stack::new(Engine::Sqlite);
    let phone = Driver::visitor(&stack);
    let back = phone.authorize("demo-clean", "/violations");
    stack.pass(601);
    phone.get(&back).problem(409, "sign-in-state");
    // Refusing at the authorisation page returns a state and no code.
    let back = phone.authorize("-", "/violations");
    assert!(!back.contains("code="), "{back}");
    assert_eq!(phone.get(&back).next(), "/sign-in");
    assert_eq!(phone.cookie_value("cw_session"), None);
}

#[test]
fn j01_the_snapshot_account_is_nobody() {
    let stack = Stack::new(Engine::Sqlite);
    let phone = Driver::visitor(&stack);
    phone.sign_in("demo-snapshot", "/violations").problem(409, "snapshot-user");
    assert_eq!(phone.cookie_value("cw_session"), None);
    phone.get("/violations").problem(401, "sign-in");
}

#[test]
fn j01_a_sign_in_leads_only_to_paths_of_ours() {
    let stack = Stack::new(Engine::Sqlite);
    for (asked, led) in [
        ("https:%2F%2Fevil.example%2F", "/violations"),
        ("%2F%2Fevil.example", "/violations"),
        ("%2F%5Cevil.example", "/violations"),
        ("%2Fvehicles", "/vehicles"),
    ] {
        let phone = Driver::visitor(&stack);
        assert_eq!(phone.sign_in("demo-clean", asked).next(), led, "{asked}");
    }
}

#[test]
fn j01_without_a_session_a_page_leads_to_the_way_in() {
    let stack = Stack::new(Engine::Sqlite);
    let phone = Driver::visitor(&stack);
    assert_eq!(phone.page("/violations").next(), "/sign-in?next=%2Fviolations");
    let request = phone.client().get(phone.url("/violations")).header("accept", "text/html");
    let inside = phone.send("/violations", request.header("user-agent", "Mozilla/5.0 MicroMessenger/8.0"));
    assert_eq!(inside.next(), "/wechat/enter?next=%2Fviolations");
    let page = phone.page("/sign-in?next=%2Fviolations");
    assert!(
        page.body.contains("/wechat/enter?next=%2Fviolations") && page.body.contains("<svg"),
        "{}",
        page.body
    );
    // A session ends with a sign-out, and nobody can go on with its cookie.
    let zheng = Driver::at_home(&stack, "demo-clean");
    let cookie = zheng.cookie_value("cw_session").expect("a session");
    zheng.post("/sign-out", &json!({})).next();
    zheng.cookie("cw_session", Some(&cookie));
    zheng.get("/violations").problem(401, "sign-in");
    zheng.cookie("cw_session", Some(&cookie.replace('.', ".x")));
    zheng.get("/violations").problem(401, "sign-in");
}

#[test]
fn j01_a_new_follower_is_welcomed_with_the_way_to_their_violations() {
    let stack = Stack::new(Engine::Sqlite);
    let at = stack.world.now().as_second();
    let event =
        json!({ "openid": "demo-newcomer", "event": "subscribe", "event_key": "qrscene_v", "created": at });
    for _ in 0..2 {
        // A repeated event is answered again, since the first answer may be lost, but taken only once.
        let reply = stack.control("wechat/event", &event);
        assert_eq!((&reply["status"], &reply["fault"]), (&json!(200), &json!("")), "{reply}");
        let welcome = text(&reply, "/message");
        assert!(welcome.contains(&format!("<a href=\"{}/violations\">", stack.url)), "{welcome}");
    }
    let taken = "select count(*) as n from inbox where source = 'wechat'";
    let taken: Result<i64, clearway_service::Error> =
        stack.world.db.read(|tx| Ok(tx.one(taken, &[])?.get("n")?));
    assert_eq!(taken.expect("counted"), 1);
    for twist in [
        json!({ "forged": true }),
        json!({ "other_account": true }),
        json!({ "doctype": true }),
        json!({ "mode": "plain" }),
    ] {
        let mut event = json!({ "openid": "demo-newcomer", "event": "subscribe", "created": at + 1 });
        event.as_object_mut().expect("an object").extend(twist.as_object().expect("an object").clone());
        let reply = stack.control("wechat/event", &event);
        assert_eq!((&reply["status"], text(&reply, "/message")), (&json!(403), ""), "{twist}: {reply}");
    }
}

#[test]
fn j01_the_server_is_verified_and_the_menu_leads_in() {
    let stack = Stack::new(Engine::Sqlite);
    assert_eq!(stack.control("wechat/verify", &json!({}))["right"], true);
    assert_eq!(stack.control("wechat/verify", &json!({ "forged": true }))["right"], false);
    wechat::publish_menu(&stack.world).expect("published");
    let menu = stack.control("wechat/read", &json!({}))["menu"].clone();
    let (group, first) = (&menu["button"][0], &menu["button"][0]["sub_button"][0]);
    assert_eq!((text(group, "/name"), text(first, "/name")), ("V用户", "我的违法"), "{menu}");
    assert_eq!(text(first, "/url"), format!("{}/violations", stack.url));
}
