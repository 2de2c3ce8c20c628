//! Calls of the account's server: tokens, ticket, menu, QR codes, template messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use fast_qr::convert::Builder as _;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use serde_json::{Value, json};

use super::oauth::{errcode, told};
use super::{Scene, Sent, is_openid, push};
use crate::answer::{Answer, Twist};
use crate::keys::random_text;
use crate::state::{Arrived, World};

type Asked = Query<HashMap<String, String>>;

/// Draws the fault, performs, answers as WeChat does.
async fn run(world: &World, call: &str, key: &str, fields: Value, act: impl Fn() -> Value) -> Response {
    let arrived = Arrived {
        side: "wechat",
        calls: &[call],
        wire: call.to_owned(),
        keys: &[key],
        habit: String::new(),
        fields,
    };
    world
        .run(arrived, |twist| {
            let value = match twist {
                Twist::Refuse(text) => errcode(text.parse().unwrap_or(-1), "refused on demand"),
                _ => act(),
            };
            let outcome = match value.get("errcode").and_then(Value::as_i64) {
                None | Some(0) => "ok".to_owned(),
                Some(code) => format!("errcode {code}"),
            };
            (told(&value), outcome)
        })
        .await
}

fn credentials(world: &World, appid: &str, secret: &str, grant: &str) -> Option<Value> {
    let material = &world.keys.material;
    if grant != "client_credential" {
        Some(errcode(40002, "invalid grant_type"))
    } else if appid != material.appid {
        Some(errcode(40013, "invalid appid"))
    } else if secret != material.secret {
        Some(errcode(40125, "invalid appsecret"))
    } else {
        None
    }
}

/// `GET /cgi-bin/token`
pub async fn token(State(world): State<Arc<World>>, Query(q): Asked) -> Response {
    let get = |name: &str| q.get(name).cloned().unwrap_or_default();
    run(&world, "token", "", Value::Null, || {
        if let Some(error) = credentials(&world, &get("appid"), &get("secret"), &get("grant_type")) {
            return error;
        }
        json!({"access_token": world.wechat().new_token(world.now()), "expires_in": 7200})
    })
    .await
}

/// `POST /cgi-bin/stable_token`
pub async fn stable_token(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let get = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    run(&world, "stable_token", "", Value::Null, || {
        if let Some(error) = credentials(&world, &get("appid"), &get("secret"), &get("grant_type")) {
            return error;
        }
        let force = asked.get("force_refresh").and_then(Value::as_bool).unwrap_or(false);
        let (token, seconds) = world.wechat().stable_token(world.now(), force);
        json!({"access_token": token, "expires_in": seconds})
    })
    .await
}

/// The error of a bad token, or nothing.
pub fn token_error(world: &World, q: &HashMap<String, String>) -> Option<Value> {
    let token = q.get("access_token").map(String::as_str).unwrap_or_default();
    if token.is_empty() {
        return Some(errcode(41001, "access_token missing"));
    }
    let good = world.wechat().token_good(token, world.now());
    (!good).then(|| errcode(40001, "invalid credential, access_token is invalid or not latest"))
}

/// `GET /cgi-bin/ticket/getticket`
pub async fn ticket(State(world): State<Arc<World>>, Query(q): Asked) -> Response {
    run(&world, "ticket", "", Value::Null, || {
        if let Some(error) = token_error(&world, &q) {
            return error;
        }
        let (ticket, seconds) = world.wechat().ticket(world.now());
        json!({"errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": seconds})
    })
    .await
}

/// `POST /cgi-bin/menu/create`
pub async fn menu_create(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    run(&world, "menu_create", "", asked.clone(), || {
        if let Some(error) = token_error(&world, &q) {
            return error;
        }
        match menu_fault(&asked) {
            Some(error) => error,
            None => {
                world.wechat().menu = asked.clone();
                errcode(0, "ok")
            }
        }
    })
    .await
}

fn menu_fault(menu: &Value) -> Option<Value> {
    let Some(buttons) = menu.get("button").and_then(Value::as_array) else {
        return Some(errcode(40016, "invalid button size"));
    };
    if !(1..=3).contains(&buttons.len()) {
        return Some(errcode(40016, "invalid button size"));
    }
    for button in buttons {
        let subs = button.get("sub_button").and_then(Value::as_array).cloned().unwrap_or_default();
        if subs.len() > 5 {
            return Some(errcode(40023, "invalid sub button size"));
        }
        let leaves = if subs.is_empty() { vec![button.clone()] } else { subs };
        for leaf in leaves {
            let text = |name: &str| leaf.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            if text("name").is_empty() {
                return Some(errcode(40018, "invalid button name size"));
            }
            match text("type").as_str() {
                "view" if text("url").starts_with("http") => {}
                "view" => return Some(errcode(40020, "invalid button url size")),
                "click" if !text("key").is_empty() => {}
                "click" => return Some(errcode(40019, "invalid button key size")),
                _ => return Some(errcode(40017, "invalid button type")),
            }
        }
    }
    None
}

/// `GET /cgi-bin/menu/get`
pub async fn menu_get(State(world): State<Arc<World>>, Query(q): Asked) -> Response {
    run(&world, "menu_get", "", Value::Null, || {
        if let Some(error) = token_error(&world, &q) {
            return error;
        }
        let menu = world.wechat().menu.clone();
        if menu.is_null() { errcode(46003, "menu no exist") } else { json!({ "menu": menu }) }
    })
    .await
}

/// `POST /cgi-bin/qrcode/create`
pub async fn qr_create(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    run(&world, "qr_create", "", asked.clone(), || {
        if let Some(error) = token_error(&world, &q) {
            return error;
        }
        let action = asked.get("action_name").and_then(Value::as_str).unwrap_or_default();
        let scene = asked.pointer("/action_info/scene").unwrap_or(&Value::Null);
        let value = match action {
            "QR_STR_SCENE" | "QR_LIMIT_STR_SCENE" => {
                scene.get("scene_str").and_then(Value::as_str).map(str::to_owned)
            }
            "QR_SCENE" | "QR_LIMIT_SCENE" => {
                scene.get("scene_id").and_then(Value::as_i64).map(|n| n.to_string())
            }
            _ => return errcode(40053, "invalid action info"),
        };
        let Some(value) = value.filter(|v| (1..=64).contains(&v.chars().count())) else {
            return errcode(40053, "invalid action info");
        };
        let ticket = format!("gQ{}", random_text(80));
        let url = format!("{}/account?ticket={ticket}", world.public_url);
        world.wechat().scenes.insert(ticket.clone(), Scene { scene: value });
        let mut answer = json!({"ticket": ticket, "url": url});
        if !action.contains("LIMIT") {
            answer["expire_seconds"] = asked.get("expire_seconds").cloned().unwrap_or(json!(60));
        }
        answer
    })
    .await
}

/// A QR code as SVG.
pub fn svg(text: &str) -> String {
    QRBuilder::new(text).build().map(|qr| SvgBuilder::default().margin(2).to_str(&qr)).unwrap_or_default()
}

/// `GET /cgi-bin/showqrcode`
pub async fn qr_show(State(world): State<Arc<World>>, Query(q): Asked) -> Response {
    let ticket = q.get("ticket").cloned().unwrap_or_default();
    if !world.wechat().scenes.contains_key(&ticket) {
        return Answer::new(404, "text/plain; charset=utf-8", "no such ticket").send();
    }
    Answer::new(200, "image/svg+xml", svg(&format!("{}/account?ticket={ticket}", world.public_url))).send()
}

/// `POST /cgi-bin/message/template/send`
pub async fn template_send(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let touser = text("touser");
    let made = AtomicI64::new(0);
    let answer = run(&world, "template_send", &touser, asked.clone(), || {
        if let Some(error) = token_error(&world, &q) {
            return error;
        }
        if !is_openid(&touser) {
            return errcode(40003, "invalid openid");
        }
        if text("template_id").is_empty() {
            return errcode(40037, "invalid template_id");
        }
        let mut wechat = world.wechat();
        if !wechat.followers.contains(&touser) {
            return errcode(43004, "require subscribe");
        }
        let key = text("client_msg_id");
        let known = wechat
            .sent
            .iter()
            .find(|s| !key.is_empty() && s.body.get("client_msg_id").and_then(Value::as_str) == Some(&key));
        let msgid = match known {
            Some(sent) => sent.msgid,
            None => {
                let msgid = 2_000_000_000 + i64::try_from(wechat.sent.len()).unwrap_or(0);
                wechat.sent.push(Sent { msgid, touser: touser.clone(), body: asked.clone() });
                made.store(msgid, Ordering::Relaxed);
                msgid
            }
        };
        json!({"errcode": 0, "errmsg": "ok", "msgid": msgid})
    })
    .await;
    let msgid = made.load(Ordering::Relaxed);
    if msgid != 0 {
        let event = push::Event {
            openid: touser,
            event: "TEMPLATESENDJOBFINISH".into(),
            extra: format!("<MsgID>{msgid}</MsgID><Status><![CDATA[success]]></Status>"),
            ..push::Event::default()
        };
        tokio::spawn(async move { push::send(&world, &event).await });
    }
    answer
}
