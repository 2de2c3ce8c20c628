//! Short messages: a signed JSON call, and a page where a demo reads what "arrived" on a phone.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Twist};
use crate::clock::civil_text;
use crate::page;
use crate::signed;
use crate::state::{Arrived, World};
use crate::xml::escape;

/// A message that arrived.
#[derive(Clone, Debug)]
pub struct Message {
    /// Phone.
    pub phone: String,
    /// Text as the phone shows it.
    pub text: String,
    /// Number of the message.
    pub id: String,
    /// When, China time.
    pub at: String,
}

/// All that arrived; the newest last.
#[derive(Debug, Default)]
pub struct Messages(pub Vec<Message>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    id: String,
    phone: String,
    template: String,
    #[serde(default)]
    params: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct Inbox {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    format: String,
}

/// The paths of short messages.
pub fn routes() -> Router<Arc<World>> {
    Router::new().route("/sms/send", post(send)).route("/sms/inbox", get(inbox))
}

async fn send(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let phone = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|v| v.get("phone").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default();
    let arrived = Arrived {
        side: "message",
        calls: &["sms"],
        wire: "POST /sms/send".into(),
        keys: &[phone.as_str()],
        habit: String::new(),
        fields: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    world.run(arrived, |twist| accept(&world, twist, &headers, &body)).await
}

fn accept(world: &World, twist: &Twist, headers: &HeaderMap, body: &[u8]) -> (Answer, String) {
    let refuse = |status: u16, code: &str, text: &str| {
        (
            Answer::json(status, &json!({"ok": false, "code": code, "message": text})),
            format!("refused: {code}"),
        )
    };
    if let Twist::Refuse(text) = twist {
        return refuse(200, "REFUSED", text);
    }
    if let Err(text) = signed::check(&world.keys.material.message_key, world.now(), headers, body) {
        return refuse(401, "SIGN_ERROR", text);
    }
    let ask: Ask = match serde_json::from_slice(body) {
        Ok(ask) => ask,
        Err(e) => return refuse(400, "BAD_BODY", &e.to_string()),
    };
    if ask.phone.len() != 11 || !ask.phone.bytes().all(|b| b.is_ascii_digit()) {
        return refuse(400, "BAD_PHONE", "手机号不是11位数字");
    }
    let param = |name: &str| ask.params.get(name).and_then(Value::as_str).unwrap_or_default();
    let text = match ask.template.as_str() {
        "code" if !param("code").is_empty() => {
            format!("【清途】验证码 {},5 分钟内有效。不要告诉别人。", param("code"))
        }
        "text" if !param("text").is_empty() => format!("【清途】{}", param("text")),
        _ => return refuse(400, "BAD_TEMPLATE", "没有这个模板，或缺少参数"),
    };
    let mut messages = world.messages();
    if !messages.0.iter().any(|m| m.id == ask.id) {
        messages.0.push(Message { phone: ask.phone, text, id: ask.id.clone(), at: civil_text(world.now()) });
    }
    (Answer::json(200, &json!({"ok": true, "id": ask.id})), "ok".into())
}

async fn inbox(State(world): State<Arc<World>>, Query(asked): Query<Inbox>) -> Response {
    let found: Vec<Message> = {
        let messages = world.messages();
        messages
            .0
            .iter()
            .rev()
            .filter(|m| asked.phone.is_empty() || m.phone == asked.phone)
            .take(50)
            .cloned()
            .collect()
    };
    if asked.format == "json" {
        let list: Vec<Value> =
            found.iter().map(|m| json!({"phone": m.phone, "text": m.text, "id": m.id, "at": m.at})).collect();
        return Answer::json(200, &json!({ "messages": list })).send();
    }
    let mut body = format!(
        "<form method=\"get\" action=\"/sms/inbox\"><label for=\"phone\" class=\"soft\">手机号</label><input id=\"phone\" name=\"phone\" inputmode=\"numeric\" value=\"{}\"><button class=\"go\">看短信</button></form>",
        escape(&asked.phone)
    );
    for m in &found {
        body.push_str(&format!(
            "<p class=\"soft\">{} · {}</p><div class=\"bubble\">{}</div>",
            escape(&m.phone),
            escape(&m.at),
            escape(&m.text)
        ));
    }
    if found.is_empty() {
        body.push_str("<p class=\"soft\">还没有短信。</p>");
    }
    Answer::html(page::page("短信", &body)).send()
}
