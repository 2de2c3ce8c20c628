//! Pushed messages and events: checked, decrypted, read; and replies.

use clearway_domain::{Chance, Clock};
use jiff::Timestamp;

use super::config::{PushMode, WeChatConfig};
use super::crypt::{PushKey, same, signature};
use super::{Incoming, IncomingKind, OpenId, PushFault, ServerQuery};
use crate::chance::nonce;
use crate::http::ConfigFault;
use crate::xml::{self, Node, escape};

/// Furthest that a push's time may be from ours, in seconds. The platform repeats a push after 5 and 10 seconds.
const SKEW_S_MAX: i64 = 300;
/// Longest push that is looked at, in bytes. Texts have at most 2,048.
const BYTES_MAX: usize = 64 * 1024;

/// What is needed to take pushes.
pub(crate) struct Pushes {
    mode: PushMode,
    appid: String,
    original_id: Option<String>,
    token: crate::Secret,
    keys: Vec<PushKey>,
}

impl Pushes {
    pub(crate) fn new(config: &WeChatConfig) -> Result<Pushes, ConfigFault> {
        let keys: Result<Vec<PushKey>, ConfigFault> =
            [&config.encoding_aes_key, &config.previous_encoding_aes_key]
                .into_iter()
                .flatten()
                .map(PushKey::load)
                .collect();
        let keys = keys?;
        if keys.is_empty() && config.push_mode != PushMode::Plain {
            return Err(ConfigFault("wechat: encrypted pushes need encoding_aes_key".to_owned()));
        }
        Ok(Pushes {
            mode: config.push_mode,
            appid: config.appid.clone(),
            original_id: config.original_id.clone(),
            token: config.token.clone(),
            keys,
        })
    }

    /// The `echostr`, when the check of our address is properly signed.
    pub(crate) fn verify(&self, query: &ServerQuery, clock: &dyn Clock) -> Option<String> {
        self.check(query, query.signature.as_deref(), None, clock).ok()?;
        query.echostr.clone()
    }

    /// Signature and time of a call to us; with `encrypted`, of the encrypted text too.
    fn check(
        &self,
        query: &ServerQuery,
        told: Option<&str>,
        encrypted: Option<&str>,
        clock: &dyn Clock,
    ) -> Result<(), PushFault> {
        let told =
            told.ok_or(PushFault::Missing(if encrypted.is_some() { "msg_signature" } else { "signature" }))?;
        let timestamp = query.timestamp.as_deref().ok_or(PushFault::Missing("timestamp"))?;
        let nonce = query.nonce.as_deref().ok_or(PushFault::Missing("nonce"))?;
        let mut parts = vec![self.token.reveal(), timestamp, nonce];
        parts.extend(encrypted);
        if !same(&signature(&parts), told) {
            return Err(PushFault::Signature);
        }
        let time: i64 = timestamp.parse().map_err(|_| PushFault::Missing("timestamp"))?;
        let skew = clock.now().as_second().checked_sub(time).and_then(i64::checked_abs);
        if skew.is_some_and(|skew| skew <= SKEW_S_MAX) { Ok(()) } else { Err(PushFault::Stale) }
    }

    pub(crate) fn open(
        &self,
        query: &ServerQuery,
        body: &[u8],
        clock: &dyn Clock,
    ) -> Result<Incoming, PushFault> {
        if body.len() > BYTES_MAX {
            return Err(PushFault::Xml);
        }
        let text = std::str::from_utf8(body).map_err(|_| PushFault::Xml)?;
        if self.mode == PushMode::Plain {
            self.check(query, query.signature.as_deref(), None, clock)?;
            return self.ours(read(&xml::parse(text).map_err(|_| PushFault::Xml)?)?);
        }
        let envelope = xml::parse(text).map_err(|_| PushFault::Xml)?;
        let encrypted = envelope.value("Encrypt").ok_or(PushFault::Plain)?;
        self.check(query, query.msg_signature.as_deref(), Some(encrypted), clock)?;
        let opened = self.decrypt(encrypted)?;
        self.ours(read(&xml::parse(&opened).map_err(|_| PushFault::Xml)?)?)
    }

    /// A push to another account than ours is not taken.
    fn ours(&self, incoming: Incoming) -> Result<Incoming, PushFault> {
        match &self.original_id {
            Some(ours) if *ours != incoming.to => Err(PushFault::AppId),
            _ => Ok(incoming),
        }
    }

    /// With the present key, or the previous one while a new one spreads. The first fault is the one that counts.
    fn decrypt(&self, encrypted: &str) -> Result<String, PushFault> {
        let mut first = PushFault::Crypto;
        for (at, key) in self.keys.iter().enumerate() {
            match key.open(encrypted, &self.appid) {
                Ok(text) => return Ok(text),
                Err(fault) if at == 0 => first = fault,
                Err(_) => {}
            }
        }
        Err(first)
    }

    pub(crate) fn seal(
        &self,
        reply: &str,
        clock: &dyn Clock,
        chance: &dyn Chance,
    ) -> Result<String, PushFault> {
        if self.mode == PushMode::Plain {
            return Ok(reply.to_owned());
        }
        let key = self.keys.first().ok_or(PushFault::Crypto)?;
        let mut salt = [0; 16];
        chance.fill(&mut salt);
        let encrypted = key.seal(reply, &self.appid, salt)?;
        let (timestamp, nonce) = (clock.now().as_second().to_string(), nonce(chance));
        let signed = signature(&[self.token.reveal(), &timestamp, &nonce, &encrypted]);
        Ok(format!(
            "<xml><Encrypt>{encrypted}</Encrypt><MsgSignature>{signed}</MsgSignature>\
             <TimeStamp>{timestamp}</TimeStamp><Nonce>{nonce}</Nonce></xml>"
        ))
    }
}

/// A text reply to a push, ready for [`super::WeChat::seal_reply`]. The text is escaped, not put into CDATA, so that
/// nothing in it can end the reply early.
#[must_use]
pub fn text_reply(incoming: &Incoming, at: Timestamp, content: &str) -> String {
    format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{}</CreateTime>\
         <MsgType>text</MsgType><Content>{}</Content></xml>",
        escape(incoming.from.as_str()),
        escape(&incoming.to),
        at.as_second(),
        escape(content)
    )
}

fn read(message: &Node) -> Result<Incoming, PushFault> {
    let value = |name: &str| message.value(name).map(str::to_owned);
    let from = value("FromUserName").ok_or(PushFault::Xml)?;
    let to = value("ToUserName").ok_or(PushFault::Xml)?;
    let seconds = value("CreateTime").and_then(|text| text.parse().ok()).ok_or(PushFault::Xml)?;
    let created = Timestamp::from_second(seconds).map_err(|_| PushFault::Xml)?;
    let message_type = value("MsgType").ok_or(PushFault::Xml)?;
    let event = value("Event");
    let dedup = match value("MsgId") {
        Some(id) => id,
        None => format!("{from}:{seconds}:{}", event.as_deref().unwrap_or_default()),
    };
    let kind = if message_type == "event" {
        let event = event.ok_or(PushFault::Xml)?;
        read_event(event, value("EventKey").unwrap_or_default(), message)
    } else if message_type == "text" {
        IncomingKind::Text { content: value("Content").unwrap_or_default() }
    } else {
        IncomingKind::Other { message_type, event: None }
    };
    Ok(Incoming { from: OpenId::new(from), to, created, dedup, kind })
}

fn read_event(event: String, key: String, message: &Node) -> IncomingKind {
    match event.to_ascii_lowercase().as_str() {
        "subscribe" => {
            let scene = key.strip_prefix("qrscene_").map(str::to_owned);
            IncomingKind::Subscribe { scene: scene.filter(|scene| !scene.is_empty()) }
        }
        "unsubscribe" => IncomingKind::Unsubscribe,
        "scan" => IncomingKind::Scan { scene: key },
        "click" => IncomingKind::Click { key },
        "view" => IncomingKind::View { url: key },
        "templatesendjobfinish" => IncomingKind::TemplateSent {
            message_id: message.value("MsgID").unwrap_or_default().to_owned(),
            status: message.value("Status").unwrap_or_default().to_owned(),
        },
        _ => IncomingKind::Other { message_type: "event".to_owned(), event: Some(event) },
    }
}
