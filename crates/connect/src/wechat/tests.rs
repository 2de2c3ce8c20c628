//! The Official Account's client against a counterpart that answers as told, and pushes made the way the platform makes
//! them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clearway_domain::Clock as _;
use serde_json::json;

use super::crypt::{PushKey, sha1_hex, signature};
use super::*;
use crate::Secret;
use crate::testing::{Counting, Reply, Server, SetClock, nobody};

const NOW: i64 = 1_586_052_000;
const TOKEN: &str = "push-token";
const TEXT: &str = include_str!("samples/text.xml");

fn config(api: &str) -> WeChatConfig {
    serde_json::from_value(json!({
        "api": api, "appid": "wxapp", "secret": "SECRET", "token": TOKEN, "encoding_aes_key": "A".repeat(43),
        "original_id": "gh_clearway", "page_hosts": ["example.invalid"],
        "limits": { "connect_ms_max": 300, "total_ms_max": 3000, "answer_bytes_max": 10_000 },
    }))
    .expect("a configuration")
}

fn account_with(config: WeChatConfig) -> OfficialAccount {
    OfficialAccount::new(config, SetClock::at(NOW), Arc::new(Counting::default())).expect("a client")
}

fn account(api: &str) -> OfficialAccount {
    account_with(config(api))
}

/// An account at a platform that gives this answer to every call.
fn telling(answer: &str) -> OfficialAccount {
    let reply = Reply::ok(answer);
    account(&Server::start(move |_| reply.clone()).url)
}

fn code_of(fault: Fault) -> String {
    match fault {
        Fault::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_sign_in_address_keeps_the_documented_order() {
    let url = account("http://h").authorize_url("https://example.invalid/in?next=/a b", "abc123");
    assert_eq!(
        url,
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxapp&redirect_uri=https%3A%2F%2Fexample%2Einvalid%2Fin%3Fnext%3D%2Fa%20b\
         &response_type=code&scope=snsapi_base&state=abc123#wechat_redirect"
    );
}

#[test]
fn a_sign_in_tells_the_visitor_and_the_snapshot_account() {
    let signed = |rest: &str| {
        telling(&format!(r#"{{"access_token":"t","expires_in":7200,"openid":"oVisitor"{rest}}}"#))
            .sign_in("CODE")
    };
    let plain = signed("").expect("signed in");
    assert_eq!((plain.openid.as_str(), plain.snapshot), ("oVisitor", false));
    assert!(!signed(r#","is_snapshotuser":0"#).expect("signed in").snapshot);
    assert!(signed(r#","is_snapshotuser":1"#).expect("signed in").snapshot);
    assert!(signed(r#","is_snapshotuser":2"#).expect("signed in").snapshot, "what is not 0 is not trusted");
    assert!(!format!("{plain:?}").contains("oVisitor"), "masked");
}

#[test]
fn errors_with_status_200_are_errors() {
    for (answer, code) in [(40029, "40029"), (40163, "40163"), (41008, "41008"), (40001, "40001")] {
        let fault = telling(&format!(r#"{{"errcode":{answer},"errmsg":"no"}}"#))
            .sign_in("CODE")
            .expect_err("refused");
        assert_eq!(code_of(fault), code);
    }
    for answer in
        ["", "[]", "null", "<html></html>", "{}", r#"{"openid":""}"#, r#"{"openid":7}"#, r#"{"errcode":"x"}"#]
    {
        assert!(matches!(telling(answer).sign_in("CODE"), Err(Fault::Garbled(_))), "{answer}");
    }
    for busy in [-1, 45011, 45009] {
        let fault = telling(&format!(r#"{{"errcode":{busy},"errmsg":"busy"}}"#)).sign_in("CODE");
        assert_eq!(fault, Err(Fault::Throttled), "{busy}");
    }
    assert_eq!(account(&nobody()).sign_in("CODE"), Err(Fault::Unreachable));
}

/// A platform with a stable token that is renewed only by force, and that refuses `bad` tokens.
fn platform(bad: usize, code: i64) -> (Server, Arc<AtomicUsize>) {
    let forced = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&forced);
    let server = Server::start(move |seen| {
        if seen.line.contains("/cgi-bin/stable_token") {
            if seen.text().contains(r#""force_refresh":true"#) {
                count.fetch_add(1, Ordering::SeqCst);
            }
            let token = format!("T{}", count.load(Ordering::SeqCst));
            return Reply::ok(json!({ "access_token": token, "expires_in": 7200 }).to_string());
        }
        let token: usize = seen
            .line
            .split("access_token=T")
            .nth(1)
            .and_then(|rest| rest[..1].parse().ok())
            .expect("a token");
        if token < bad {
            return Reply::ok(json!({ "errcode": code, "errmsg": "invalid credential" }).to_string());
        }
        Reply::ok(json!({ "errcode": 0, "errmsg": "ok", "ticket": "TICKET", "url": "http://weixin.qq.com/q/x", "expires_in": 7200 }).to_string())
    });
    (server, forced)
}

#[test]
fn a_refused_token_is_renewed_once_and_the_call_repeated_once() {
    for code in [40001, 40014, 42001] {
        let (server, forced) = platform(1, code);
        let account = account(&server.url);
        assert!(account.create_qr("menu").is_ok(), "{code}");
        assert_eq!(forced.load(Ordering::SeqCst), 1, "the same token came again, so it was forced");
        assert!(account.create_qr("menu").is_ok());
        assert_eq!(server.seen().len(), 6, "token, call, token, forced token, call; then a call");
    }
    let (server, forced) = platform(9, 40001);
    assert_eq!(code_of(account(&server.url).create_qr("menu").expect_err("never accepted")), "40001");
    assert_eq!(forced.load(Ordering::SeqCst), 1, "no storm");
}

#[test]
fn the_jsapi_signature_is_over_the_page_without_its_fragment() {
    let (server, _) = platform(0, 0);
    let account = account(&server.url);
    let config = account.jssdk("https://example.invalid/share?x=1#part").expect("signed");
    let text = format!(
        "jsapi_ticket=TICKET&noncestr={}&timestamp={NOW}&url=https://example.invalid/share?x=1",
        config.nonce_str
    );
    assert_eq!(config.signature, sha1_hex(text.as_bytes()));
    account.jssdk("https://example.invalid/other").expect("signed");
    assert_eq!(server.seen().len(), 2, "one token and one ticket for both");
    assert_eq!(code_of(account.jssdk("https://evil.invalid/").expect_err("another host")), "LOCAL");
    assert!(account.jssdk("not an address").is_err());
    assert!(serde_json::to_value(&config).expect("JSON")["nonceStr"].is_string());
}

#[test]
fn menu_and_qr_keep_the_platforms_limits() {
    let (server, _) = platform(0, 0);
    let account = account(&server.url);
    let leaf = |name: &str| MenuButton {
        name: name.to_owned(),
        url: Some("https://example.invalid/".to_owned()),
        sub_buttons: Vec::new(),
    };
    let group = |count: usize| MenuButton {
        name: "V用户".to_owned(),
        url: None,
        sub_buttons: vec![leaf("我的违法"); count],
    };
    assert_eq!(account.create_menu(&[group(5)]), Ok(()));
    let sent = server.seen().pop().expect("sent").text();
    assert!(sent.contains(r#""sub_button":[{"name":"我的违法","type":"view""#), "{sent}");
    for menu in [vec![], vec![leaf("x"); 4], vec![group(6)]] {
        assert_eq!(code_of(account.create_menu(&menu).expect_err("too many")), "LOCAL");
    }
    assert!(account.create_qr("").is_err() && account.create_qr(&"x".repeat(65)).is_err());
    let qr = account.create_qr("stand-1").expect("made");
    assert_eq!(qr.picture_url, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=TICKET");
}

fn query(parts: &[&str], time: i64) -> ServerQuery {
    let timestamp = time.to_string();
    let mut all = vec![TOKEN, timestamp.as_str(), "nonce"];
    all.extend(parts);
    let signed = Some(signature(&all));
    ServerQuery {
        signature: if parts.is_empty() { signed.clone() } else { None },
        msg_signature: if parts.is_empty() { None } else { signed },
        timestamp: Some(timestamp),
        nonce: Some("nonce".to_owned()),
        ..ServerQuery::default()
    }
}

#[test]
fn our_address_is_verified_only_with_the_right_and_fresh_signature() {
    let account = account("http://h");
    let mut good = query(&[], NOW);
    good.echostr = Some("echo<&>".to_owned());
    assert_eq!(account.verify_server(&good).as_deref(), Some("echo<&>"));
    let mut forged = good.clone();
    forged.signature = Some("0".repeat(40));
    assert_eq!(account.verify_server(&forged), None);
    let mut stale = query(&[], NOW - 301);
    stale.echostr = Some("echo".to_owned());
    assert_eq!(account.verify_server(&stale), None);
    assert_eq!(account.verify_server(&ServerQuery::default()), None);
}

/// A push as the platform makes it in safe mode.
fn push(message: &str, appid: &str, time: i64) -> (ServerQuery, Vec<u8>) {
    let key = PushKey::load(&Secret::new("A".repeat(43))).expect("a key");
    let encrypted = key.seal(message, appid, [9; 16]).expect("sealed");
    let body = format!(
        "<xml><ToUserName><![CDATA[gh_clearway]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    );
    (query(&[&encrypted], time), body.into_bytes())
}

fn event(event: &str, rest: &str) -> String {
    format!(
        "<xml><ToUserName>gh_clearway</ToUserName><FromUserName>oVisitor</FromUserName><CreateTime>1586052000</CreateTime><MsgType>event</MsgType><Event>{event}</Event>{rest}</xml>"
    )
}

#[test]
fn pushes_are_opened_and_told_apart() {
    let account = account("http://h");
    let open = |message: &str| {
        let (query, body) = push(message, "wxapp", NOW);
        account.open_message(&query, &body).expect("opened")
    };
    let text = open(TEXT);
    assert_eq!((text.dedup.as_str(), text.from.as_str()), ("6789", "oVisitor"));
    assert_eq!(text.kind, IncomingKind::Text { content: "违法 <查询>".to_owned() });
    let key = |value: &str| format!("<EventKey>{value}</EventKey>");
    let kinds = [
        (
            event("subscribe", &key("qrscene_stand-1")),
            IncomingKind::Subscribe { scene: Some("stand-1".to_owned()) },
        ),
        (event("subscribe", &key("")), IncomingKind::Subscribe { scene: None }),
        (event("unsubscribe", ""), IncomingKind::Unsubscribe),
        (event("SCAN", &key("stand-1")), IncomingKind::Scan { scene: "stand-1".to_owned() }),
        (event("CLICK", &key("K")), IncomingKind::Click { key: "K".to_owned() }),
        (event("VIEW", &key("https://x/")), IncomingKind::View { url: "https://x/".to_owned() }),
        (
            event("TEMPLATESENDJOBFINISH", "<MsgID>5</MsgID><Status>failed:user block</Status>"),
            IncomingKind::TemplateSent { message_id: "5".to_owned(), status: "failed:user block".to_owned() },
        ),
        (
            event("LOCATION", ""),
            IncomingKind::Other { message_type: "event".to_owned(), event: Some("LOCATION".to_owned()) },
        ),
    ];
    for (message, kind) in kinds {
        assert_eq!(open(&message).kind, kind);
    }
    let dedup = |message: &str| open(message).dedup;
    assert_eq!(dedup(&event("SCAN", &key("a"))), dedup(&event("SCAN", &key("a"))), "repeated after 5 s");
    assert_ne!(dedup(&event("SCAN", &key("a"))), dedup(&event("subscribe", "")));
}

#[test]
fn forged_replayed_and_hostile_pushes_are_refused() {
    let account = account("http://h");
    let open =
        |(query, body): (ServerQuery, Vec<u8>)| account.open_message(&query, &body).expect_err("refused");
    let good = || push(TEXT, "wxapp", NOW);
    let mut forged = good();
    forged.0.msg_signature = Some("f".repeat(40));
    assert_eq!(open(forged), PushFault::Signature);
    let mut unsigned = good();
    unsigned.0.msg_signature = None;
    assert_eq!(open(unsigned), PushFault::Missing("msg_signature"));
    assert_eq!(open(push(TEXT, "wxapp", NOW - 301)), PushFault::Stale);
    assert_eq!(open(push(TEXT, "wxother", NOW)), PushFault::AppId, "rightly signed, for another account");
    assert_eq!(open(push(&TEXT.replace("gh_clearway", "gh_other"), "wxapp", NOW)), PushFault::AppId);
    let garbage = "bm90IGVuY3J5cHRlZCBhdCBhbGwsIGp1c3QgdGV4dCE=";
    for (encrypted, fault) in [(garbage, PushFault::Crypto), ("%%%", PushFault::Base64)] {
        let body = format!("<xml><Encrypt>{encrypted}</Encrypt></xml>").into_bytes();
        assert_eq!(open((query(&[encrypted], NOW), body)), fault);
    }
    assert_eq!(open((query(&[], NOW), TEXT.as_bytes().to_vec())), PushFault::Plain, "in the clear");
    for hostile in [
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><Encrypt>&e;</Encrypt></xml>"
            .to_owned(),
        "<xml><Encrypt>x</Encrypt>".to_owned(),
        "x".repeat(10_000_000),
    ] {
        assert_eq!(open((query(&["x"], NOW), hostile.into_bytes())), PushFault::Xml);
    }
    let inside = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><xml><FromUserName>&b;</FromUserName></xml>";
    assert_eq!(open(push(inside, "wxapp", NOW)), PushFault::Xml, "hostile inside the encryption too");
    for missing in ["FromUserName", "CreateTime", "MsgType"] {
        let message = TEXT.replace(missing, "Other");
        assert_eq!(open(push(&message, "wxapp", NOW)), PushFault::Xml, "{missing}");
    }
}

#[test]
fn a_rotated_key_opens_while_the_new_one_spreads() {
    let mut rotated = config("http://h");
    rotated.encoding_aes_key = Some(Secret::new("B".repeat(43)));
    let (query, body) = push(TEXT, "wxapp", NOW);
    assert!(account_with(rotated.clone()).open_message(&query, &body).is_err());
    rotated.previous_encoding_aes_key = Some(Secret::new("A".repeat(43)));
    assert!(account_with(rotated).open_message(&query, &body).is_ok());
    let mut keyless = config("http://h");
    keyless.encoding_aes_key = None;
    assert!(OfficialAccount::new(keyless, SetClock::at(NOW), Arc::new(Counting::default())).is_err());
}

#[test]
fn in_compatible_mode_only_the_encrypted_copy_counts() {
    let mut both = config("http://h");
    both.push_mode = PushMode::Compatible;
    let account = account_with(both);
    let (query, body) = push(TEXT, "wxapp", NOW);
    let body = String::from_utf8(body)
        .expect("UTF-8")
        .replace("<Encrypt>", "<FromUserName>oForged</FromUserName><Encrypt>");
    assert_eq!(
        account.open_message(&query, body.as_bytes()).map(|push| push.from),
        Ok(OpenId::new("oVisitor"))
    );
}

#[test]
fn a_reply_is_sealed_so_that_the_platform_can_open_it() {
    let account = account("http://h");
    let (query_, body) = push(TEXT, "wxapp", NOW);
    let incoming = account.open_message(&query_, &body).expect("opened");
    let reply = text_reply(&incoming, SetClock::at(NOW).now(), "欢迎 ]]> <a>我的违法</a>");
    let sealed = crate::xml::parse(&account.seal_reply(&reply).expect("sealed")).expect("XML");
    let (encrypted, nonce) = (sealed.value("Encrypt").expect("told"), sealed.value("Nonce").expect("told"));
    let expected = signature(&[TOKEN, &NOW.to_string(), nonce, encrypted]);
    assert_eq!(sealed.value("MsgSignature"), Some(expected.as_str()));
    let key = PushKey::load(&Secret::new("A".repeat(43))).expect("a key");
    let opened = crate::xml::parse(&key.open(encrypted, "wxapp").expect("opened")).expect("XML");
    assert_eq!(opened.value("ToUserName"), Some("oVisitor"));
    assert_eq!(
        opened.value("Content"),
        Some("欢迎 ]]> <a>我的违法</a>"),
        "nothing in it ends the reply early"
    );
}

#[test]
fn a_plain_account_takes_signed_pushes_in_the_clear() {
    let mut plain = config("http://h");
    plain.push_mode = PushMode::Plain;
    plain.encoding_aes_key = None;
    let account = account_with(plain);
    assert!(account.open_message(&query(&[], NOW), TEXT.as_bytes()).is_ok());
    assert!(account.open_message(&ServerQuery::default(), TEXT.as_bytes()).is_err());
    assert_eq!(account.seal_reply("<xml/>").as_deref(), Ok("<xml/>"));
}
