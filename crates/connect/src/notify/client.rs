//! The notifier: codes through the message gateway, template messages through the Official Account.

use std::collections::BTreeMap;
use std::sync::Arc;

use clearway_domain::{Chance, Clock, Phone};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Message, Notifier, Sent};
use crate::chance::nonce;
use crate::gateway::Gateway;
use crate::http::ConfigFault;
use crate::wechat::{OfficialAccount, OpenId};
use crate::{Fault, Limits, Secret};

/// The gateway for short messages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// Address that takes a message.
    pub url: String,
    /// HMAC key.
    pub key: Secret,
    /// Its template of codes, which takes one parameter `code`.
    #[serde(default = "code_template")]
    pub code_template: String,
    /// Time and size limits.
    #[serde(default)]
    pub limits: Limits,
}

fn code_template() -> String {
    "code".to_owned()
}

/// The notifier over the wire.
pub struct WireNotifier {
    config: SmsConfig,
    templates: BTreeMap<String, String>,
    gateway: Gateway,
    account: Arc<OfficialAccount>,
    chance: Arc<dyn Chance>,
}

#[derive(Deserialize)]
struct SmsBody {
    id: Option<String>,
}

impl WireNotifier {
    /// Builds the client. `templates` are the account's template ids by our names; a name that is missing is sent as
    /// the id. The account's token cache is shared with its other uses.
    ///
    /// # Errors
    /// [`ConfigFault`] when the configuration cannot work.
    pub fn new(
        config: SmsConfig,
        templates: BTreeMap<String, String>,
        account: Arc<OfficialAccount>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<WireNotifier, ConfigFault> {
        let gateway = Gateway::new(&config.key, &config.limits, clock);
        Ok(WireNotifier { config, templates, gateway, account, chance })
    }
}

impl Notifier for WireNotifier {
    fn send_code(&self, phone: &Phone, code: &str) -> Result<Sent, Fault> {
        let body = json!({
            "id": nonce(&*self.chance),
            "phone": phone.reveal(),
            "template": self.config.code_template,
            "params": { "code": code },
        });
        let sent: SmsBody = self.gateway.post(&self.config.url, &body)?;
        Ok(Sent { id: sent.id })
    }

    fn send_message(&self, openid: &OpenId, message: &Message) -> Result<Sent, Fault> {
        let template = self.templates.get(&message.template).unwrap_or(&message.template);
        let data: Map<String, Value> = message
            .fields
            .iter()
            .map(|(name, value)| (name.clone(), json!({ "value": fitted(name, value) })))
            .collect();
        let body = json!({
            "touser": openid.as_str(),
            "template_id": template,
            "url": message.url,
            "client_msg_id": message.dedup,
            "data": data,
        });
        Ok(Sent { id: self.account.send_template(&body)? })
    }
}

/// A value cut to what the type of its field allows (the name begins with the type): the platform refuses a whole
/// message for one long word.
fn fitted(name: &str, value: &str) -> String {
    let kind = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let chars_max = match kind {
        "thing" => 20,
        "character_string" | "number" => 32,
        "phrase" => 5,
        "name" => 10,
        "phone_number" => 17,
        "car_number" => 8,
        _ => return value.to_owned(),
    };
    if value.chars().count() <= chars_max {
        return value.to_owned();
    }
    let ellipsis = if matches!(kind, "thing" | "name") { "…" } else { "" };
    value.chars().take(chars_max - ellipsis.chars().count()).chain(ellipsis.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_the_type_of_their_field() {
        assert_eq!(fitted("thing1", &"违".repeat(20)).chars().count(), 20);
        let cut = fitted("thing12", &"违".repeat(21));
        assert!(cut.chars().count() == 20 && cut.ends_with('…'), "{cut}");
        assert_eq!(fitted("phrase3", "正在确认付款结果"), "正在确认付");
        assert_eq!(fitted("amount4", "￥200.00"), "￥200.00");
    }
}
