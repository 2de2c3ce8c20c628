//! WeChat Official Account: signing in, tokens, pages, and what the platform pushes to us.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use clearway_connect::Fault;
use clearway_connect::wechat::{
    Incoming, IncomingKind, MenuButton, OfficialAccount, PushFault, PushMode, ServerQuery, WeChat,
    WeChatConfig, text_reply,
};
use clearway_domain::Clock as _;
use serde_json::{Value, json};

use super::stage::{Ear, Heard, Stage, opening};

fn account_with(stage: &Stage, change: impl FnOnce(&mut WeChatConfig)) -> OfficialAccount {
    let mut config = stage.counterparts().wechat;
    config.limits.total_ms_max = 3_000;
    change(&mut config);
    OfficialAccount::new(config, stage.clock.clone(), stage.chance.clone()).expect("a client")
}

fn account(stage: &Stage) -> OfficialAccount {
    account_with(stage, |_| {})
}

/// What a browser brings back after this visitor agreed: code and state.
fn callback(stage: &Stage, account: &OfficialAccount, openid: &str) -> (Option<String>, Option<String>) {
    let url = account.authorize_url("http://127.0.0.1:9/in?next=list", "STATE123");
    let picked = url.replace("#wechat_redirect", &format!("&persona={openid}"));
    let (to, _) = stage.get(&picked);
    let to = reqwest::Url::parse(&to).unwrap_or_else(|_| panic!("a redirect to us, not {to}"));
    let value =
        |name: &str| to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    (value("code"), value("state"))
}

fn visitor(stage: &Stage) -> String {
    stage.city.accounts.iter().find(|account| !account.snapshot).expect("an account").openid.clone()
}

#[test]
fn a_code_is_good_once_even_for_two_tabs() {
    let stage = Stage::new();
    let (account, openid) = (account(&stage), visitor(&stage));
    let (code, state) = callback(&stage, &account, &openid);
    assert_eq!(state.as_deref(), Some("STATE123"));
    let code = code.expect("agreed");
    let start = Barrier::new(2);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let tab = || {
            start.wait();
            account.sign_in(&code)
        };
        let tabs = [scope.spawn(tab), scope.spawn(tab)];
        tabs.map(|tab| tab.join().expect("no panic")).into_iter().collect()
    });
    let good: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(good.len(), 1, "{outcomes:?}");
    assert_eq!((good[0].openid.as_str(), good[0].snapshot), (openid.as_str(), false));
    let refused = |code: &str| matches!(account.sign_in(code), Err(Fault::Refused { code, .. }) if code == "40163" || code == "40029");
    assert!(refused(&code), "used");
    assert!(refused("invented"), "invalid");
}

#[test]
fn a_visitor_who_refuses_brings_no_code() {
    let stage = Stage::new();
    let (code, state) = callback(&stage, &account(&stage), "-");
    assert_eq!((code, state.as_deref()), (None, Some("STATE123")));
}

#[test]
fn the_snapshot_visitor_is_told_apart() {
    let stage = Stage::new();
    let account = account(&stage);
    let snapshot = stage.city.accounts.iter().find(|account| account.snapshot).expect("the city has one");
    let (code, _) = callback(&stage, &account, &snapshot.openid);
    assert!(account.sign_in(&code.expect("agreed")).expect("signed in").snapshot);
}

#[test]
fn a_wrong_secret_is_a_refusal_although_the_status_is_200() {
    let stage = Stage::new();
    let wrong = account_with(&stage, |config| config.secret = clearway_connect::Secret::new("wrong"));
    let (code, _) = callback(&stage, &wrong, &visitor(&stage));
    assert!(matches!(wrong.sign_in(&code.expect("agreed")), Err(Fault::Refused { .. })));
    assert!(matches!(wrong.create_qr("x"), Err(Fault::Refused { .. })));
}

#[test]
fn every_spoilt_answer_is_a_fault_and_nothing_is_believed() {
    let stage = Stage::new();
    let (account, openid) = (account(&stage), visitor(&stage));
    for fault in ["html", "garbled", "truncated", "http500", "never", "acted_no_reply", "refuse:-1"] {
        let (code, _) = callback(&stage, &account, &openid);
        stage.fault("sign_in", fault, 1);
        assert!(account.sign_in(&code.expect("agreed")).is_err(), "{fault}");
    }
}

/// Fifty pages are signed while the token endpoint is slow: it is asked once.
#[test]
fn a_slow_token_endpoint_is_asked_once_by_a_herd() {
    let stage = Stage::new();
    let account = account_with(&stage, |config| config.limits.total_ms_max = 12_000);
    stage.fault("stable_token", "late:800", 1);
    let start = Barrier::new(50);
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                start.wait();
                account.jssdk("https://example.invalid/share").expect("signed");
            });
        }
    });
    assert_eq!((stage.calls("stable_token").len(), stage.calls("ticket").len()), (1, 1));
}

/// All tokens are forgotten while many callers use the cached one (40001): it is renewed once, everyone succeeds.
#[test]
fn a_storm_of_40001_renews_the_token_once() {
    let stage = Stage::new();
    let account = account(&stage);
    account.create_qr("first").expect("made");
    stage.control("wechat/forget_tokens", &json!({}));
    let start = Barrier::new(20);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                start.wait();
                account.create_qr("again").expect("made");
            });
        }
    });
    let asked = stage.calls("stable_token").len();
    assert!(
        (2..=3).contains(&asked),
        "once at the start, once or twice (forced) for the storm, not {asked} times"
    );
}

#[test]
fn a_jump_of_the_clock_costs_a_token_and_no_more() {
    let stage = Stage::new();
    let account = account(&stage);
    account.create_qr("now").expect("made");
    for shift in [86_400, -86_400, 0] {
        stage.clock.shift(shift);
        account.create_qr("then").expect("made");
    }
    assert!(stage.calls("stable_token").len() <= 4);
}

#[test]
fn menu_and_qr_are_as_published() {
    let stage = Stage::new();
    let account = account(&stage);
    let entry = MenuButton {
        name: "我的违法".to_owned(),
        url: Some("http://127.0.0.1:9/in".to_owned()),
        sub_buttons: vec![],
    };
    account
        .create_menu(&[MenuButton { name: "V用户".to_owned(), url: None, sub_buttons: vec![entry] }])
        .expect("published");
    let menu = stage.control("wechat/read", &json!({}))["menu"].to_string();
    assert!(menu.contains("V用户") && menu.contains("我的违法"), "{menu}");
    assert!(!account.create_qr("stand-1").expect("made").url.is_empty());
}

/// What became of each push.
type Opened = Arc<Mutex<Vec<Result<Incoming, PushFault>>>>;

/// Our side of the pushes: opens each with `account`, keeps what came of it, answers with a sealed welcome.
fn listen(stage: &Stage, account: OfficialAccount) -> (Ear, Opened) {
    let (opened, clock) = (Arc::new(Mutex::new(Vec::new())), stage.clock.clone());
    let kept = Arc::clone(&opened);
    let ear = Ear::new(move |heard: &Heard| {
        let query = ServerQuery {
            signature: heard.query("signature"),
            timestamp: heard.query("timestamp"),
            nonce: heard.query("nonce"),
            echostr: heard.query("echostr"),
            encrypt_type: heard.query("encrypt_type"),
            msg_signature: heard.query("msg_signature"),
            openid: heard.query("openid"),
        };
        if query.echostr.is_some() {
            return account.verify_server(&query);
        }
        let incoming = account.open_message(&query, &heard.body);
        kept.lock().expect("no panic").push(incoming.clone());
        let reply = text_reply(&incoming.ok()?, clock.now(), "欢迎 <a href=\"x\">我的违法</a> ]]>");
        account.seal_reply(&reply).ok()
    });
    stage.control("wechat/callback", &json!({ "url": format!("{}/callbacks/wechat", ear.url) }));
    (ear, opened)
}

fn push(stage: &Stage, opened: &Opened, event: &Value) -> (Value, Result<Incoming, PushFault>) {
    let reply = stage.control("wechat/event", event);
    let last = opened.lock().expect("no panic").last().cloned().expect("something was pushed");
    (reply, last)
}

#[test]
fn our_address_is_verified_and_a_forged_check_is_refused() {
    let stage = Stage::new();
    let (_ear, _) = listen(&stage, account(&stage));
    assert_eq!(stage.control("wechat/verify", &json!({}))["right"], json!(true));
    assert_eq!(stage.control("wechat/verify", &json!({ "forged": true }))["right"], json!(false));
}

#[test]
fn events_are_opened_in_any_order_and_answered_sealed() {
    let stage = Stage::new();
    let (_ear, opened) = listen(&stage, account(&stage));
    let from = |event: &str, key: &str| json!({ "openid": "oVisitor", "event": event, "event_key": key });
    let (_, scan) = push(&stage, &opened, &from("SCAN", "stand-1"));
    assert_eq!(
        scan.map(|push| push.kind),
        Ok(IncomingKind::Scan { scene: "stand-1".to_owned() }),
        "before subscribing"
    );
    let (reply, subscribe) = push(&stage, &opened, &from("subscribe", "qrscene_stand-1"));
    assert_eq!(
        subscribe.map(|push| push.kind),
        Ok(IncomingKind::Subscribe { scene: Some("stand-1".to_owned()) })
    );
    let message = reply["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("欢迎") && message.contains("oVisitor"),
        "the platform opens our reply: {reply}"
    );
    assert_eq!(reply["fault"], json!(""));
    let (_, left) = push(&stage, &opened, &from("unsubscribe", ""));
    assert_eq!(left.map(|push| push.kind), Ok(IncomingKind::Unsubscribe));
    let (code, _) = callback(&stage, &account(&stage), &visitor(&stage));
    assert!(code.is_some(), "who left can still sign in");
    let (_, text) = push(&stage, &opened, &json!({ "openid": "oVisitor", "text": "]]> <x> & 违法" }));
    assert_eq!(text.map(|push| push.kind), Ok(IncomingKind::Text { content: "]]> <x> & 违法".to_owned() }));
}

#[test]
fn a_repeated_push_has_the_same_key() {
    let stage = Stage::new();
    let (_ear, opened) = listen(&stage, account(&stage));
    let created = opening().as_second();
    let key = |event: &Value| push(&stage, &opened, event).1.expect("opened").dedup;
    let event = json!({ "openid": "oVisitor", "event": "SCAN", "event_key": "a", "created": created });
    assert_eq!(key(&event), key(&event));
    let text = json!({ "openid": "oVisitor", "text": "hi", "created": created });
    assert_eq!(key(&text), key(&text));
    assert_ne!(key(&text), key(&event));
}

#[test]
fn forged_foreign_stale_plain_and_hostile_pushes_are_refused() {
    let stage = Stage::new();
    let (_ear, opened) = listen(&stage, account(&stage));
    for (twist, fault) in [
        (json!({ "forged": true }), PushFault::Signature),
        (json!({ "other_account": true }), PushFault::AppId),
        (json!({ "timestamp_shift": -900 }), PushFault::Stale),
        (json!({ "timestamp_shift": 900 }), PushFault::Stale),
        (json!({ "mode": "plain" }), PushFault::Plain),
        (json!({ "doctype": true }), PushFault::Xml),
    ] {
        let mut event = json!({ "openid": "oVisitor", "event": "subscribe" });
        for (name, value) in twist.as_object().expect("an object") {
            event[name] = value.clone();
        }
        let (reply, met) = push(&stage, &opened, &event);
        assert_eq!(met, Err(fault), "{twist}");
        assert_eq!(reply["message"], json!(""), "no answer to it: {twist}");
    }
}

#[test]
fn in_compatible_mode_the_encrypted_copy_is_read() {
    let stage = Stage::new();
    let (_ear, opened) =
        listen(&stage, account_with(&stage, |config| config.push_mode = PushMode::Compatible));
    let event = json!({ "openid": "oVisitor", "event": "subscribe", "mode": "compatible" });
    assert_eq!(
        push(&stage, &opened, &event).1.map(|push| push.from.as_str().to_owned()),
        Ok("oVisitor".to_owned())
    );
    let plain = json!({ "openid": "oVisitor", "event": "subscribe", "mode": "plain" });
    assert_eq!(push(&stage, &opened, &plain).1.map(|push| push.kind), Err(PushFault::Plain));
}

#[test]
fn a_rotated_key_opens_nothing_of_the_old_one() {
    let stage = Stage::new();
    let rotated = account_with(&stage, |config| {
        config.encoding_aes_key = Some(clearway_connect::Secret::new("C".repeat(43)))
    });
    let (_ear, opened) = listen(&stage, rotated);
    let met = push(&stage, &opened, &json!({ "openid": "oVisitor", "event": "subscribe" })).1;
    assert!(matches!(met, Err(PushFault::Crypto | PushFault::AppId | PushFault::Xml)), "{met:?}");
    let both = account_with(&stage, |config| {
        config.previous_encoding_aes_key =
            config.encoding_aes_key.replace(clearway_connect::Secret::new("C".repeat(43)));
    });
    let (_ear, opened) = listen(&stage, both);
    assert!(push(&stage, &opened, &json!({ "openid": "oVisitor", "event": "subscribe" })).1.is_ok());
}
