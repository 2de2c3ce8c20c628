//! WeChat: sign-in, account calls, messages.

mod account;
mod api;
pub mod crypt;
mod oauth;
pub mod push;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::keys::random_text;
use crate::state::World;

pub use api::token_error;
pub use oauth::{errcode, told};

/// A sign-in code.
#[derive(Clone, Debug)]
pub struct Code {
    /// Whose.
    pub openid: String,
    /// When given out.
    pub at: Timestamp,
    /// Already exchanged.
    pub used: bool,
}

/// A QR code of the account.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Scene value, as text.
    pub scene: String,
}

/// A sent template message.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sent {
    /// Number.
    pub msgid: i64,
    /// To whom.
    pub touser: String,
    /// The whole request.
    pub body: Value,
}

/// State of the official account.
#[derive(Debug, Default)]
pub struct WeChatState {
    /// Codes given out.
    pub codes: HashMap<String, Code>,
    /// Valid access tokens and when they end.
    tokens: HashMap<String, Timestamp>,
    stable: Option<(String, Timestamp)>,
    ticket: Option<(String, Timestamp)>,
    /// The menu as created.
    pub menu: Value,
    /// QR codes by ticket.
    pub scenes: HashMap<String, Scene>,
    /// Who follows.
    pub followers: BTreeSet<String>,
    /// Template messages.
    pub sent: Vec<Sent>,
    /// What the account page shows as received, newest last: openid and markup.
    pub bubbles: Vec<(String, String)>,
    /// Address of the product's message callback.
    pub callback: String,
}

impl WeChatState {
    /// A new ordinary token; earlier ones stay good for five more minutes.
    pub fn new_token(&mut self, now: Timestamp) -> String {
        let overlap = now + SignedDuration::from_mins(5);
        let stable = self.stable.as_ref().map(|(t, _)| t.clone());
        for (token, until) in &mut self.tokens {
            if Some(token) != stable.as_ref() && *until > overlap {
                *until = overlap;
            }
        }
        let token = random_text(136);
        self.tokens.insert(token.clone(), now + SignedDuration::from_secs(7200));
        token
    }

    /// The stable token: the same until its last five minutes or until forced.
    pub fn stable_token(&mut self, now: Timestamp, force: bool) -> (String, i64) {
        let renew = now + SignedDuration::from_mins(5);
        if let Some((token, until)) = &self.stable
            && *until > renew
            && !force
        {
            return (token.clone(), until.duration_since(now).as_secs());
        }
        let token = random_text(136);
        let until = now + SignedDuration::from_secs(7200);
        if let Some((old, _)) = self.stable.replace((token.clone(), until)) {
            self.tokens.insert(old, renew);
        }
        self.tokens.insert(token.clone(), until);
        (token, 7200)
    }

    /// Is this token good?
    #[must_use]
    pub fn token_good(&self, token: &str, now: Timestamp) -> bool {
        self.tokens.get(token).is_some_and(|until| *until > now)
    }

    /// Makes every token bad at once, as after a reset of the secret.
    pub fn forget_tokens(&mut self) {
        self.tokens.clear();
        self.stable = None;
        self.ticket = None;
    }

    /// The jsapi ticket.
    pub fn ticket(&mut self, now: Timestamp) -> (String, i64) {
        if let Some((ticket, until)) = &self.ticket
            && *until > now
        {
            return (ticket.clone(), until.duration_since(now).as_secs());
        }
        let ticket = random_text(86);
        self.ticket = Some((ticket.clone(), now + SignedDuration::from_secs(7200)));
        (ticket, 7200)
    }
}

/// Could this be an openid? Visitors without an account in the city are allowed.
#[must_use]
pub fn is_openid(text: &str) -> bool {
    (3..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The paths of WeChat.
pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/connect/oauth2/authorize", get(oauth::authorize))
        .route("/sns/oauth2/access_token", get(oauth::access_token))
        .route("/sns/userinfo", get(oauth::user_info))
        .route("/cgi-bin/token", get(api::token))
        .route("/cgi-bin/stable_token", post(api::stable_token))
        .route("/cgi-bin/ticket/getticket", get(api::ticket))
        .route("/cgi-bin/menu/create", post(api::menu_create))
        .route("/cgi-bin/menu/get", get(api::menu_get))
        .route("/cgi-bin/qrcode/create", post(api::qr_create))
        .route("/cgi-bin/showqrcode", get(api::qr_show))
        .route("/cgi-bin/message/template/send", post(api::template_send))
        .route("/account", get(account::show))
        .route("/account/follow", post(account::follow))
        .route("/account/verify", post(account::verify))
}
