//! The client of the Official Account's API.

use std::sync::Arc;

use clearway_domain::{Chance, Clock};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::cache::{Cached, Fresh};
use super::config::WeChatConfig;
use super::crypt::sha1_hex;
use super::push::Pushes;
use super::{Incoming, JsSdkConfig, MenuButton, OpenId, PushFault, Qr, ServerQuery, SignIn, WeChat};
use crate::Fault;
use crate::chance::nonce;
use crate::http::{Call, ConfigFault, Http};

/// The Official Account over HTTPS.
pub struct OfficialAccount {
    config: WeChatConfig,
    http: Http,
    pushes: Pushes,
    token: Cached,
    ticket: Cached,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

#[derive(Deserialize)]
struct Expiring {
    #[serde(alias = "access_token")]
    ticket: String,
    expires_in: i64,
}

#[derive(Deserialize)]
struct SignInBody {
    openid: String,
    #[serde(default)]
    is_snapshotuser: Option<i64>,
}

#[derive(Deserialize)]
struct QrBody {
    ticket: String,
    url: String,
}

#[derive(Deserialize)]
struct TemplateBody {
    #[serde(default)]
    msgid: Option<i64>,
}

/// How an answer of the platform reads: HTTP 200 says nothing, `errcode` does.
enum Outcome {
    Good(Value),
    /// The base token is not accepted (any more).
    BadToken,
    /// The platform is busy (-1): it does not say whether it acted.
    Busy,
}

impl Outcome {
    /// For calls that are harmless to repeat: busy is as good as not now.
    fn or_busy(self) -> Result<Outcome, Fault> {
        if matches!(self, Outcome::Busy) { Err(Fault::Throttled) } else { Ok(self) }
    }
}

impl OfficialAccount {
    /// Builds the client. Nothing is fetched yet.
    ///
    /// # Errors
    /// [`ConfigFault`] when the configuration cannot work.
    pub fn new(
        config: WeChatConfig,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<OfficialAccount, ConfigFault> {
        let (http, pushes) = (Http::new(&config.limits), Pushes::new(&config)?);
        Ok(OfficialAccount {
            config,
            http,
            pushes,
            token: Cached::default(),
            ticket: Cached::default(),
            clock,
            chance,
        })
    }

    fn exchange(&self, path_and_query: &str, body: Option<&Value>) -> Result<Outcome, Fault> {
        let answer = self.http.send(Call {
            method: if body.is_some() { Method::POST } else { Method::GET },
            url: &format!("{}{path_and_query}", self.config.api.trim_end_matches('/')),
            headers: vec![("Accept", "application/json".to_owned())],
            body: body.map(|body| ("application/json; charset=utf-8", body.to_string().into_bytes())),
            deadline: self.http.limits().total() / 6,
        })?;
        if answer.status != 200 {
            return Err(Fault::garbled(format!("HTTP status {}", answer.status)));
        }
        outcome(answer.json("WeChat")?)
    }

    /// A fresh base token. `stable_token` gives the same one to every asker, so that several of our processes do not
    /// end each other's; forced renewal is for a token that it still believes in although it is refused.
    fn fetch_token(&self, force: bool) -> Result<Fresh, Fault> {
        let body = json!({
            "grant_type": "client_credential",
            "appid": self.config.appid,
            "secret": self.config.secret.reveal(),
            "force_refresh": force,
        });
        match self.exchange("/cgi-bin/stable_token", Some(&body))?.or_busy()? {
            Outcome::Good(value) => expiring(value),
            Outcome::BadToken | Outcome::Busy => {
                Err(Fault::refused("40001", "the account's secret is not accepted"))
            }
        }
    }

    fn base_token(&self) -> Result<String, Fault> {
        self.token.get(self.clock.now(), || self.fetch_token(false))
    }

    fn renewed_token(&self, bad: &str) -> Result<String, Fault> {
        self.token.renew(bad, self.clock.now(), || {
            let fresh = self.fetch_token(false)?;
            if fresh.0 == bad { self.fetch_token(true) } else { Ok(fresh) }
        })
    }

    /// One call with the base token; a token that is refused is renewed once and the call repeated once. The platform
    /// checks the token before anything else, so a call that was refused for it has done nothing.
    fn with_token(&self, path: &str, query: &str, body: Option<&Value>) -> Result<Outcome, Fault> {
        let token = self.base_token()?;
        let address = |token: &str| format!("{path}?access_token={}{query}", encode(token));
        let first = self.exchange(&address(&token), body)?;
        if !matches!(first, Outcome::BadToken) {
            return Ok(first);
        }
        match self.exchange(&address(&self.renewed_token(&token)?), body)? {
            Outcome::BadToken => Err(Fault::refused("40001", "a renewed token is not accepted either")),
            other => Ok(other),
        }
    }

    fn api<T: DeserializeOwned>(&self, path: &str, query: &str, body: Option<&Value>) -> Result<T, Fault> {
        match self.with_token(path, query, body)?.or_busy()? {
            Outcome::Good(value) => from_value(value),
            Outcome::BadToken | Outcome::Busy => Err(Fault::Throttled),
        }
    }

    /// A call of another family that bears this account's token, and that may write: when the platform only says that
    /// it is busy, whether it acted stays open.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        match self.with_token(path, "", Some(body))? {
            Outcome::Good(value) => Ok(value),
            Outcome::BadToken | Outcome::Busy => Err(Fault::garbled("the platform was busy")),
        }
    }

    /// The account.
    pub(crate) fn appid(&self) -> &str {
        &self.config.appid
    }

    fn jsapi_ticket(&self) -> Result<String, Fault> {
        self.ticket.get(self.clock.now(), || {
            let value: Value = self.api("/cgi-bin/ticket/getticket", "&type=jsapi", None)?;
            expiring(value)
        })
    }

    /// Sends a template message and gives the platform's number of it.
    pub(crate) fn send_template(&self, message: &Value) -> Result<Option<String>, Fault> {
        let sent: TemplateBody = self.api("/cgi-bin/message/template/send", "", Some(message))?;
        Ok(sent.msgid.map(|id| id.to_string()))
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Fault> {
    serde_json::from_value(value).map_err(|_| Fault::garbled("an answer of WeChat without its agreed fields"))
}

fn expiring(value: Value) -> Result<Fresh, Fault> {
    let fresh: Expiring = from_value(value)?;
    if fresh.ticket.is_empty() || fresh.expires_in <= 0 {
        return Err(Fault::garbled("a token that is empty or already ended"));
    }
    Ok((fresh.ticket, fresh.expires_in))
}

/// Sorts the codes: the token's own, the busy ones and quotas, and refusals.
fn outcome(value: Value) -> Result<Outcome, Fault> {
    let code = match value.get("errcode") {
        None => 0,
        Some(code) => code.as_i64().ok_or_else(|| Fault::garbled("an errcode that is no number"))?,
    };
    match code {
        0 if value.is_object() => Ok(Outcome::Good(value)),
        0 => Err(Fault::garbled("an answer of WeChat that is no object")),
        40001 | 40014 | 42001 => Ok(Outcome::BadToken),
        -1 => Ok(Outcome::Busy),
        45009 | 45011 | 45047 => Err(Fault::Throttled),
        _ => {
            let words = value.get("errmsg").and_then(Value::as_str).unwrap_or_default();
            Err(Fault::refused(&code.to_string(), words))
        }
    }
}

impl WeChat for OfficialAccount {
    fn authorize_url(&self, redirect: &str, state: &str) -> String {
        // The documented order of parameters; the platform is known to be particular about it.
        format!(
            "{}?appid={}&redirect_uri={}&response_type=code&scope=snsapi_base&state={}#wechat_redirect",
            self.config.authorize,
            encode(&self.config.appid),
            encode(redirect),
            encode(state)
        )
    }

    fn sign_in(&self, code: &str) -> Result<SignIn, Fault> {
        let path = format!(
            "/sns/oauth2/access_token?appid={}&secret={}&code={}&grant_type=authorization_code",
            encode(&self.config.appid),
            encode(self.config.secret.reveal()),
            encode(code)
        );
        let Outcome::Good(value) = self.exchange(&path, None)?.or_busy()? else {
            return Err(Fault::refused("40001", "the account's secret is not accepted"));
        };
        let body: SignInBody = from_value(value)?;
        if body.openid.is_empty() {
            return Err(Fault::garbled("a sign-in without openid"));
        }
        // Anything but 0 or absence may be the virtual account: it must not be bound.
        Ok(SignIn { openid: OpenId::new(body.openid), snapshot: body.is_snapshotuser.unwrap_or(0) != 0 })
    }

    fn jssdk(&self, url: &str) -> Result<JsSdkConfig, Fault> {
        let page = url.split('#').next().unwrap_or_default();
        let parsed =
            url::Url::parse(page).map_err(|_| Fault::refused("LOCAL", "not an address of a page"))?;
        let host = parsed.host_str().unwrap_or_default();
        if !self.config.page_hosts.is_empty() && !self.config.page_hosts.iter().any(|known| known == host) {
            return Err(Fault::refused("LOCAL", "a page of another host is not signed"));
        }
        let ticket = self.jsapi_ticket()?;
        let (timestamp, nonce_str) = (self.clock.now().as_second(), nonce(&*self.chance));
        let message = format!("jsapi_ticket={ticket}&noncestr={nonce_str}&timestamp={timestamp}&url={page}");
        let signature = sha1_hex(message.as_bytes());
        Ok(JsSdkConfig { app_id: self.config.appid.clone(), timestamp, nonce_str, signature })
    }

    fn create_menu(&self, menu: &[MenuButton]) -> Result<(), Fault> {
        let too_many =
            menu.is_empty() || menu.len() > 3 || menu.iter().any(|group| group.sub_buttons.len() > 5);
        if too_many {
            return Err(Fault::refused("LOCAL", "a menu has 1 to 3 buttons with at most 5 under each"));
        }
        let body = json!({ "button": menu.iter().map(button).collect::<Vec<Value>>() });
        self.api::<Value>("/cgi-bin/menu/create", "", Some(&body)).map(|_| ())
    }

    fn create_qr(&self, scene: &str) -> Result<Qr, Fault> {
        if scene.is_empty() || scene.chars().count() > 64 {
            return Err(Fault::refused("LOCAL", "a scene has 1 to 64 characters"));
        }
        let body = json!({
            "action_name": "QR_LIMIT_STR_SCENE",
            "action_info": { "scene": { "scene_str": scene } },
        });
        let qr: QrBody = self.api("/cgi-bin/qrcode/create", "", Some(&body))?;
        let picture_url = format!("{}?ticket={}", self.config.show_qr, encode(&qr.ticket));
        Ok(Qr { ticket: qr.ticket, url: qr.url, picture_url })
    }

    fn verify_server(&self, query: &ServerQuery) -> Option<String> {
        self.pushes.verify(query, &*self.clock)
    }

    fn open_message(&self, query: &ServerQuery, body: &[u8]) -> Result<Incoming, PushFault> {
        self.pushes.open(query, body, &*self.clock)
    }

    fn seal_reply(&self, xml: &str) -> Result<String, PushFault> {
        self.pushes.seal(xml, &*self.clock, &*self.chance)
    }
}

fn button(button: &MenuButton) -> Value {
    match &button.url {
        Some(url) => json!({ "type": "view", "name": button.name, "url": url }),
        None => json!({
            "name": button.name,
            "sub_button": button.sub_buttons.iter().map(self::button).collect::<Vec<Value>>(),
        }),
    }
}
