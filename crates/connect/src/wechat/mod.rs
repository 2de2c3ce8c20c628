//! The WeChat Official Account (服务号), as the service sees it.

mod cache;
mod client;
mod config;
mod crypt;
mod push;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use client::OfficialAccount;
pub use config::{PushMode, WeChatConfig};
pub use push::text_reply;

use crate::Fault;

/// A follower's or visitor's id under our account. Pseudonymous, but it points at one person: `Debug` masks it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpenId(String);

impl OpenId {
    /// Wraps an openid as received.
    pub fn new(text: impl Into<String>) -> OpenId {
        OpenId(text.into())
    }

    /// The id, for the store and the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for OpenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: String = self.0.chars().take(4).collect();
        write!(f, "OpenId({shown}…)")
    }
}

/// What can be asked of the Official Account.
pub trait WeChat: Send + Sync {
    /// The address to which a browser is sent to sign in silently (`snsapi_base`). `state` must be random, used once
    /// and bound to the browser session: letters and digits, at most 128.
    fn authorize_url(&self, redirect: &str, state: &str) -> String;

    /// Exchanges the code of the callback for the visitor's openid. A code is good once, for five minutes.
    ///
    /// # Errors
    /// Any [`Fault`]; `Refused` with 40029 or 40163 means that the visitor must begin again.
    fn sign_in(&self, code: &str) -> Result<SignIn, Fault>;

    /// Configuration of the JS-SDK for one page. The fragment of the address is left out of the signature.
    ///
    /// # Errors
    /// Any [`Fault`]; the page then only loses sharing.
    fn jssdk(&self, url: &str) -> Result<JsSdkConfig, Fault>;

    /// Publishes the account's menu.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn create_menu(&self, menu: &[MenuButton]) -> Result<(), Fault>;

    /// A permanent QR code of the account that carries `scene` (1 to 64 characters).
    ///
    /// # Errors
    /// Any [`Fault`].
    fn create_qr(&self, scene: &str) -> Result<Qr, Fault>;

    /// Answers the platform's check of our address: the `echostr` to return, or `None` when the signature is wrong.
    fn verify_server(&self, query: &ServerQuery) -> Option<String>;

    /// Opens a pushed message or event, in plain, compatible or safe mode. In compatible mode only the encrypted copy
    /// is trusted.
    ///
    /// # Errors
    /// Why the push is not accepted.
    fn open_message(&self, query: &ServerQuery, body: &[u8]) -> Result<Incoming, PushFault>;

    /// Encrypts and signs a reply (a whole `<xml>` text), or returns it as it is when the account is in plain mode.
    ///
    /// # Errors
    /// [`PushFault::Crypto`] when the reply cannot be sealed.
    fn seal_reply(&self, xml: &str) -> Result<String, PushFault>;
}

/// A visitor who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Who.
    pub openid: OpenId,
    /// A virtual account of the "snapshot page": the openid is not the real person and must not be bound.
    pub snapshot: bool,
}

/// What `wx.config` needs, under the names that it expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsSdkConfig {
    /// Account.
    pub app_id: String,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Random text (`noncestr` in the signed string, `nonceStr` here).
    pub nonce_str: String,
    /// SHA-1 in hex.
    pub signature: String,
}

/// A button of the menu: a group with sub-buttons, or a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuButton {
    /// What the follower reads.
    pub name: String,
    /// Where it leads (`view`); `None` for a group.
    pub url: Option<String>,
    /// At most five.
    pub sub_buttons: Vec<MenuButton>,
}

/// A QR code of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qr {
    /// Ticket.
    pub ticket: String,
    /// What the code contains; draw it yourself.
    pub url: String,
    /// Where WeChat shows the picture.
    pub picture_url: String,
}

/// The query string of a call that the platform makes to us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ServerQuery {
    /// SHA-1 over token, timestamp and nonce.
    pub signature: Option<String>,
    /// Seconds since 1970.
    pub timestamp: Option<String>,
    /// Random text.
    pub nonce: Option<String>,
    /// To be returned on verification.
    pub echostr: Option<String>,
    /// `aes` in safe and compatible mode.
    pub encrypt_type: Option<String>,
    /// SHA-1 over token, timestamp, nonce and the encrypted text.
    pub msg_signature: Option<String>,
    /// The sender, in the query only.
    pub openid: Option<String>,
}

/// A pushed message or event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The sender.
    pub from: OpenId,
    /// Our account's original id.
    pub to: String,
    /// When, by the platform's clock.
    pub created: Timestamp,
    /// Key by which repetitions are recognised: `MsgId`, or sender and time for events.
    pub dedup: String,
    /// What it is.
    pub kind: IncomingKind,
}

/// Kinds of pushes that matter to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncomingKind {
    /// Began to follow, perhaps by scanning a code with a scene.
    Subscribe {
        /// Scene of the scanned code, without `qrscene_`.
        scene: Option<String>,
    },
    /// Stopped following: what we hold about this openid from the platform must be deleted.
    Unsubscribe,
    /// A follower scanned a code.
    Scan {
        /// Scene of the code.
        scene: String,
    },
    /// A menu button of type `click`.
    Click {
        /// Its key.
        key: String,
    },
    /// A menu button of type `view`.
    View {
        /// Its address.
        url: String,
    },
    /// A text message.
    Text {
        /// What was written.
        content: String,
    },
    /// The end of a template message.
    TemplateSent {
        /// The message.
        message_id: String,
        /// `success`, `failed:user block`, `failed: system failed`.
        status: String,
    },
    /// Anything else: message type and event as received.
    Other {
        /// `MsgType`.
        message_type: String,
        /// `Event`, if it is one.
        event: Option<String>,
    },
}

/// Why a push is not accepted. Numbers in brackets are those of the platform's own library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushFault {
    /// A parameter that the signature needs is missing.
    #[error("parameter {0} is missing")]
    Missing(&'static str),
    /// The signature does not fit (-40001).
    #[error("the signature does not fit")]
    Signature,
    /// Older or newer than the window of acceptance: a replay.
    #[error("the timestamp is too far from now")]
    Stale,
    /// Not XML of the agreed shape, or XML with a DOCTYPE, entities, too deep or too long (-40002).
    #[error("the XML is not of the agreed shape")]
    Xml,
    /// Not base64 (-40010).
    #[error("the encrypted text is not base64")]
    Base64,
    /// Cannot be decrypted, wrong padding, wrong length (-40007, -40008).
    #[error("the contents cannot be decrypted")]
    Crypto,
    /// Decrypted, but for another account (-40005).
    #[error("the message is for another account")]
    AppId,
    /// Safe mode is agreed and this came in the clear.
    #[error("a plain message where encryption is agreed")]
    Plain,
}
