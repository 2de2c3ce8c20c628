//! All counterparts in one file, as the application reads it and as the pretend counterparts write it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use clearway_domain::{Chance, Clock};
use serde::Deserialize;

use crate::authority::{Authority, AuthorityProfile, SoapAuthority};
use crate::face::{FaceCheck, FaceConfig, WireFaceCheck};
use crate::http::ConfigFault;
use crate::notify::{Notifier, SmsConfig, WireNotifier};
use crate::payments::{PayConfig, PayTables, Payments, RailWord, WeChatCombined, WeChatNontax, WeChatPay};
use crate::wechat::{OfficialAccount, WeChat, WeChatConfig};

/// `counterparts.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterparts {
    /// The police platform.
    pub authority: AuthorityProfile,
    /// The Official Account.
    pub wechat: WeChatConfig,
    /// Which rail payments run on, and the merchant's account there.
    pub pay: PayTables,
    /// Short messages.
    pub sms: SmsConfig,
    /// Face check.
    pub face: FaceConfig,
    /// The Official Account's template ids by our names.
    #[serde(default)]
    pub templates: BTreeMap<String, String>,
}

/// The clients, ready to be handed to the service.
pub struct Clients {
    /// The police platform.
    pub authority: Arc<dyn Authority>,
    /// Payments.
    pub payments: Arc<dyn Payments>,
    /// The Official Account.
    pub wechat: Arc<dyn WeChat>,
    /// Codes and messages.
    pub notifier: Arc<dyn Notifier>,
    /// Face check.
    pub face: Arc<dyn FaceCheck>,
}

impl Counterparts {
    /// Makes the paths in it relative to the directory of the file, and says where payment notices are to be sent
    /// unless the file already does.
    pub fn settle(&mut self, directory: &Path, notify_url: &str) {
        self.pay.settle(directory, notify_url);
    }

    /// Builds all clients. Call it outside any async runtime: the clients block.
    ///
    /// # Errors
    /// The first [`ConfigFault`].
    pub fn connect(self, clock: &Arc<dyn Clock>, chance: &Arc<dyn Chance>) -> Result<Clients, ConfigFault> {
        let (clock, chance) = (|| Arc::clone(clock), || Arc::clone(chance));
        let account = Arc::new(OfficialAccount::new(self.wechat, clock(), chance())?);
        let notifier = WireNotifier::new(self.sms, self.templates, Arc::clone(&account), clock(), chance())?;
        Ok(Clients {
            authority: Arc::new(SoapAuthority::new(self.authority)?),
            payments: rail(self.pay, &account, clock(), chance())?,
            wechat: account,
            notifier: Arc::new(notifier),
            face: Arc::new(WireFaceCheck::new(self.face, clock())?),
        })
    }
}

/// The client of the configured rail.
fn rail(
    tables: PayTables,
    account: &Arc<OfficialAccount>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Result<Arc<dyn Payments>, ConfigFault> {
    let merchant = |config: Option<PayConfig>| {
        config.ok_or_else(|| {
            ConfigFault("counterparts.toml: this pay.rail needs a table [pay.wechat]".to_owned())
        })
    };
    Ok(match tables.rail {
        RailWord::Wechat => Arc::new(WeChatPay::new(merchant(tables.wechat)?, clock, chance)?),
        RailWord::WechatCombined => {
            Arc::new(WeChatCombined::new(merchant(tables.wechat)?, &tables.combined, clock, chance)?)
        }
        RailWord::WechatNontax => {
            let config = tables.nontax.ok_or_else(|| {
                ConfigFault("counterparts.toml: this pay.rail needs a table [pay.nontax]".to_owned())
            })?;
            Arc::new(WeChatNontax::new(config, Arc::clone(account), clock)?)
        }
    })
}
