//! What the payment client needs to know.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::{Limits, Pem, Secret};

/// The merchant's account at WeChat Pay v3.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayConfig {
    /// `https://api.mch.weixin.qq.com`.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// The standby host, used when the first cannot be connected to.
    #[serde(default)]
    pub standby_url: Option<String>,
    /// Official Account to which the payers' openids belong.
    pub appid: String,
    /// Merchant number.
    pub mchid: String,
    /// Serial of the merchant's certificate, in hex.
    pub merchant_serial: String,
    /// The merchant's private key (PKCS#8 or PKCS#1).
    pub merchant_key: Pem,
    /// The APIv3 key, exactly 32 bytes.
    pub api_v3_key: Secret,
    /// Where notices are to be sent: https, public, without query.
    pub notify_url: String,
    /// Platform certificates known beforehand; more are fetched when a new serial appears.
    #[serde(default)]
    pub platform_certificates: Vec<Pem>,
    /// Whether platform certificates may be fetched. New merchants have none: then this is off, and a public key is
    /// configured.
    #[serde(default = "yes")]
    pub fetch_certificates: bool,
    /// Public keys by their id (`PUB_KEY_ID_…`). Both kinds may stand side by side during a switch.
    #[serde(default)]
    pub public_keys: BTreeMap<String, Pem>,
    /// The public key that we announce in requests, so that answers are signed with it.
    #[serde(default)]
    pub announce_public_key: Option<String>,
    /// Time and size limits.
    #[serde(default)]
    pub limits: Limits,
}

fn base_url() -> String {
    "https://api.mch.weixin.qq.com".to_owned()
}

fn yes() -> bool {
    true
}

impl PayConfig {
    /// Makes the paths in it relative to `base`.
    pub fn resolve(&mut self, base: &Path) {
        self.merchant_key.resolve(base);
        self.platform_certificates.iter_mut().for_each(|pem| pem.resolve(base));
        self.public_keys.values_mut().for_each(|pem| pem.resolve(base));
    }
}
