//! What the payment clients need to know. Which of them a site uses is one word of its configuration.

use std::path::Path;

use serde::Deserialize;

use crate::{Limits, Pem, Secret};

/// Which rail a site's payments run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RailWord {
    /// WeChat Pay v3, one order for the whole payment.
    #[default]
    Wechat,
    /// WeChat Pay v3, a sub-order of its own for each leg, paid together.
    WechatCombined,
    /// The WeChat non-tax family, which is what a government merchant has.
    WechatNontax,
}

/// `[pay]`: the rail of the site, and the tables of the rails. Only the tables that the rail needs must be there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayTables {
    /// The rail.
    #[serde(default)]
    pub rail: RailWord,
    /// A page on which a browser outside WeChat can pay a prepared order (`?prepay_id=`): only pretend counterparts
    /// have one.
    #[serde(default)]
    pub cashier: Option<String>,
    /// The merchant, for `wechat` and `wechat-combined`.
    #[serde(default)]
    pub wechat: Option<PayConfig>,
    /// What is particular to combined orders.
    #[serde(default)]
    pub combined: CombinedConfig,
    /// The non-tax merchant.
    #[serde(default)]
    pub nontax: Option<NontaxConfig>,
}

impl PayTables {
    /// Makes the paths in it relative to `base`, and says where notices are to be sent unless the file already does.
    pub fn settle(&mut self, base: &Path, notify_url: &str) {
        if let Some(wechat) = &mut self.wechat {
            wechat.resolve(base);
            if wechat.notify_url.is_empty() {
                notify_url.clone_into(&mut wechat.notify_url);
            }
        }
    }
}

/// What is particular to combined orders.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CombinedConfig {
    /// Most sub-orders in one payment, 1 to 50: the channel's older pages say 10, its newer ones 50.
    #[serde(default = "orders_max")]
    pub orders_max: usize,
}

impl Default for CombinedConfig {
    fn default() -> CombinedConfig {
        CombinedConfig { orders_max: orders_max() }
    }
}

fn orders_max() -> usize {
    10
}

/// A government merchant in the WeChat non-tax family. Its calls bear the Official Account's token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NontaxConfig {
    /// Administrative region of the collecting unit, six digits.
    pub region_code: String,
    /// Code of the collecting unit.
    pub department_code: String,
    /// Its name.
    pub department_name: String,
    /// The fiscal code of the revenue that the fines are, for orders without a payment notice of their own.
    pub item_id: String,
    /// Kind of the payment notices: 1 ordinary, 2 penalties.
    #[serde(default = "notice_type")]
    pub notice_type: i64,
    /// Number of the service at the non-tax platform, where it gave one.
    #[serde(default)]
    pub service_id: Option<i64>,
    /// The agent bank; the platform chooses one of its list when absent.
    #[serde(default)]
    pub bank_id: Option<String>,
    /// Account for the distribution, where the site uses that.
    #[serde(default)]
    pub bank_account: Option<String>,
    /// Merchant number bound to the bank, where one is to be chosen.
    #[serde(default)]
    pub mch_id: Option<String>,
    /// Where the payment starts: `biz` is the Official Account.
    #[serde(default = "scene")]
    pub scene: String,
    /// Address named as the payer's where the payer's own is not known.
    #[serde(default = "ip")]
    pub ip: String,
    /// Page to which every payer comes back; absent: the page of the order, which asks the rail at once.
    #[serde(default)]
    pub return_url: Option<String>,
}

fn notice_type() -> i64 {
    2
}

fn scene() -> String {
    "biz".to_owned()
}

fn ip() -> String {
    "127.0.0.1".to_owned()
}

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
