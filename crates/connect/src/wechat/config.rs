//! What the client of the Official Account needs to know.

use serde::Deserialize;

use crate::{Limits, Secret};

/// How the platform pushes messages to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// In the clear.
    Plain,
    /// Both forms in one body; only the encrypted one is trusted.
    Compatible,
    /// Encrypted.
    #[default]
    Safe,
}

/// An Official Account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeChatConfig {
    /// `https://api.weixin.qq.com`.
    #[serde(default = "api")]
    pub api: String,
    /// `https://open.weixin.qq.com/connect/oauth2/authorize`, to which browsers are sent to sign in.
    #[serde(default = "authorize")]
    pub authorize: String,
    /// `https://mp.weixin.qq.com/cgi-bin/showqrcode`, which shows QR codes.
    #[serde(default = "show_qr")]
    pub show_qr: String,
    /// Account.
    pub appid: String,
    /// Its secret.
    pub secret: Secret,
    /// The account's original id, to which pushes are addressed; not checked when absent.
    #[serde(default)]
    pub original_id: Option<String>,
    /// The token with which pushes are signed.
    pub token: Secret,
    /// The 43 characters from which the AES key is made; needed unless the mode is plain.
    #[serde(default)]
    pub encoding_aes_key: Option<Secret>,
    /// The one before, accepted while a new one spreads.
    #[serde(default)]
    pub previous_encoding_aes_key: Option<Secret>,
    /// How messages are pushed.
    #[serde(default)]
    pub push_mode: PushMode,
    /// Hosts whose pages may be signed for the JS-SDK; empty = any.
    #[serde(default)]
    pub page_hosts: Vec<String>,
    /// Time and size limits. One call of ours can need up to six exchanges (a token that just ended, a forced renewal),
    /// so each of them gets a sixth of the whole.
    #[serde(default = "limits")]
    pub limits: Limits,
}

fn api() -> String {
    "https://api.weixin.qq.com".to_owned()
}

fn authorize() -> String {
    "https://open.weixin.qq.com/connect/oauth2/authorize".to_owned()
}

fn show_qr() -> String {
    "https://mp.weixin.qq.com/cgi-bin/showqrcode".to_owned()
}

fn limits() -> Limits {
    Limits { connect_ms_max: 2_000, total_ms_max: 12_000, answer_bytes_max: 256 * 1024 }
}
