//! What the payment client needs to know.

use std::path::Path;

use serde::Deserialize;

use crate::{Limits, Pem, Secret};

/// The merchant's account at WeChat Pay v3.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayConfig {
    /// `https://api.mch.weixin.qq.com`.
    #[serde(default = "base")]
    pub base: String,
    /// The standby host, used when the first cannot be connected to.
    #[serde(default)]
    pub standby: Option<String>,
    /// A page on which a browser outside WeChat can pay a prepared order (`?prepay_id=`): only pretend counterparts
    /// have one.
    #[serde(default)]
    pub cashier: Option<String>,
    /// Official Account to which the payers' openids belong.
    pub appid: String,
    /// Merchant number.
    pub mchid: String,
    /// Serial of the merchant's certificate, in hex.
    pub merchant_serial: String,
    /// The merchant's private key (PKCS#8 or PKCS#1).
    pub merchant_key_file: Pem,
    /// The APIv3 key, exactly 32 bytes.
    pub api_v3_key: Secret,
    /// Where notices are to be sent: https, public, without query. The application fills it in from its own address.
    #[serde(default)]
    pub notify_url: String,
    /// A platform certificate known beforehand; others are fetched when a new serial appears.
    #[serde(default)]
    pub platform_certificate_file: Option<Pem>,
    /// Its serial, as told; the certificate's own must be the same.
    #[serde(default)]
    pub platform_serial: Option<String>,
    /// Whether platform certificates may be fetched. New merchants have none: then this is off, and a public key is
    /// configured.
    #[serde(default = "yes")]
    pub fetch_certificates: bool,
    /// Id of the public key (`PUB_KEY_ID_…`). It may stand beside a certificate during a switch of modes.
    #[serde(default)]
    pub public_key_id: Option<String>,
    /// The public key itself.
    #[serde(default)]
    pub public_key_file: Option<Pem>,
    /// Whether requests announce the public key, so that answers are signed with it.
    #[serde(default)]
    pub announce_public_key: bool,
    /// Time and size limits.
    #[serde(default)]
    pub limits: Limits,
}

fn base() -> String {
    "https://api.mch.weixin.qq.com".to_owned()
}

fn yes() -> bool {
    true
}

impl PayConfig {
    /// Makes the paths in it relative to `base`.
    pub fn resolve(&mut self, base: &Path) {
        self.merchant_key_file.resolve(base);
        let others = [&mut self.platform_certificate_file, &mut self.public_key_file];
        others.into_iter().flatten().for_each(|pem| pem.resolve(base));
    }
}
