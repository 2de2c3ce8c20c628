//! What WeChat pushes to the product: events and messages, encrypted, and the reading of its replies.

use serde::Deserialize;
use serde_json::{Value, json};

use super::crypt;
use crate::keys::random_text;
use crate::state::{Arrived, World};
use crate::xml;

/// An event or message to be pushed. Everything absent is honest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Event {
    /// Who does it.
    pub openid: String,
    /// `subscribe`, `unsubscribe`, `SCAN`, `CLICK`, `VIEW`, …; empty = a text message.
    pub event: String,
    /// `EventKey`.
    pub event_key: String,
    /// `Ticket`.
    pub ticket: String,
    /// Text of a text message.
    pub text: String,
    /// More elements, as markup.
    pub extra: String,
    /// `safe` (the default), `compatible` or `plain`.
    pub mode: String,
    /// Wrong signature.
    pub forged: bool,
    /// Sealed for another account.
    pub other_account: bool,
    /// Seconds by which the timestamp is moved.
    pub timestamp_shift: i64,
    /// Same `MsgId` or same second as an earlier one: give it here.
    pub created: Option<i64>,
    /// Put a DOCTYPE into the outer body.
    pub doctype: bool,
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// HTTP status, 0 when nothing came back.
    pub status: u16,
    /// The raw body.
    pub raw: String,
    /// The message inside, decrypted and checked; empty if there is none.
    pub message: String,
    /// Why it could not be read.
    pub fault: String,
}

impl Reply {
    /// As JSON for the control page.
    #[must_use]
    pub fn as_json(&self) -> Value {
        json!({"status": self.status, "raw": self.raw, "message": self.message, "fault": self.fault})
    }
}

fn cdata(name: &str, value: &str) -> String {
    format!("<{name}><![CDATA[{}]]></{name}>", value.replace("]]>", "]]]]><![CDATA[>"))
}

fn message(world: &World, event: &Event, created: i64) -> String {
    let mut inner = cdata("ToUserName", &world.keys.material.original_id);
    inner.push_str(&cdata("FromUserName", &event.openid));
    inner.push_str(&format!("<CreateTime>{created}</CreateTime>"));
    if event.event.is_empty() {
        inner.push_str(&cdata("MsgType", "text"));
        inner.push_str(&cdata("Content", &event.text));
        inner.push_str(&format!("<MsgId>{created}0000000000</MsgId>"));
    } else {
        inner.push_str(&cdata("MsgType", "event"));
        inner.push_str(&cdata("Event", &event.event));
        inner.push_str(&cdata("EventKey", &event.event_key));
        if !event.ticket.is_empty() {
            inner.push_str(&cdata("Ticket", &event.ticket));
        }
    }
    inner.push_str(&event.extra);
    format!("<xml>{inner}</xml>")
}

/// Pushes one and reads the reply.
pub async fn send(world: &World, event: &Event) -> Reply {
    let material = &world.keys.material;
    let created = event.created.unwrap_or_else(|| world.now().as_second());
    let plain = message(world, event, created);
    let appid = if event.other_account { "wx0000000000000000" } else { &material.appid };
    let sealed = crypt::seal(&material.aes_key, &plain, appid);
    let timestamp = (world.now().as_second() + event.timestamp_shift).to_string();
    let nonce = random_text(10);
    let mut signature = crypt::signature(&[&material.token, &timestamp, &nonce]);
    let mut inner_signature = crypt::signature(&[&material.token, &timestamp, &nonce, &sealed]);
    if event.forged {
        signature = crypt::signature(&["forged"]);
        inner_signature = signature.clone();
    }
    let outer =
        format!("<xml>{}{}</xml>", cdata("ToUserName", &material.original_id), cdata("Encrypt", &sealed));
    let (mut body, aes) = match event.mode.as_str() {
        "plain" => (plain, false),
        "compatible" => (plain.replace("</xml>", &format!("{}</xml>", cdata("Encrypt", &sealed))), true),
        _ => (outer, true),
    };
    if event.doctype {
        body = format!("<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/hostname\">]>{body}");
    }
    let callback = world.wechat().callback.clone();
    let mut url = format!(
        "{callback}?signature={signature}&timestamp={timestamp}&nonce={nonce}&openid={}",
        event.openid
    );
    if aes {
        url.push_str(&format!("&encrypt_type=aes&msg_signature={inner_signature}"));
    }
    let name = if event.event.is_empty() { "text" } else { event.event.as_str() };
    let arrived = Arrived {
        side: "wechat",
        calls: &["push", name],
        wire: format!("POST {callback}"),
        keys: &[event.openid.as_str()],
        habit: event.mode.clone(),
        fields: json!({"event": name, "event_key": event.event_key}),
    };
    let n = world.note(&arrived, String::new());
    let reply = post(world, url, body).await;
    world.journal.outcome(n, &format!("status {} {}", reply.status, reply.fault));
    reply
}

async fn post(world: &World, url: String, body: String) -> Reply {
    let request =
        world.http.post(url).timeout(std::time::Duration::from_secs(5)).header("content-type", "text/xml");
    let Ok(answer) = request.body(body).send().await else {
        return Reply { fault: "no answer within 5 seconds".into(), ..Reply::default() };
    };
    let status = answer.status().as_u16();
    let raw = answer.text().await.unwrap_or_default();
    let mut reply = Reply { status, raw, ..Reply::default() };
    match read(world, &reply.raw) {
        Ok(message) => reply.message = message,
        Err(fault) => reply.fault = fault,
    }
    reply
}

/// The message inside a reply: nothing for an empty body or `success`.
fn read(world: &World, raw: &str) -> Result<String, String> {
    let raw = raw.trim();
    if raw.is_empty() || raw == "success" || !raw.starts_with('<') {
        return Ok(String::new());
    }
    let envelope = xml::parse(raw)?;
    let sealed = envelope.value("Encrypt");
    if sealed.is_empty() {
        return Ok(raw.to_owned());
    }
    let material = &world.keys.material;
    let wanted =
        crypt::signature(&[&material.token, envelope.value("TimeStamp"), envelope.value("Nonce"), sealed]);
    if wanted != envelope.value("MsgSignature") {
        return Err("MsgSignature does not fit".into());
    }
    crypt::open(&material.aes_key, sealed, &material.appid).map_err(str::to_owned)
}

/// The server verification: does the product return the echo? Gives status, body and whether it was right.
pub async fn verify(world: &World, forged: bool) -> (u16, String, bool) {
    let material = &world.keys.material;
    let timestamp = world.now().as_second().to_string();
    let nonce = random_text(10);
    let echo = random_text(18);
    let mut signature = crypt::signature(&[&material.token, &timestamp, &nonce]);
    if forged {
        signature = signature.chars().rev().collect();
    }
    let callback = world.wechat().callback.clone();
    let url = format!("{callback}?signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr={echo}");
    match world.http.get(url).timeout(std::time::Duration::from_secs(5)).send().await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let body = answer.text().await.unwrap_or_default();
            let right = status == 200 && body == echo;
            (status, body, right)
        }
        Err(_) => (0, String::new(), false),
    }
}
