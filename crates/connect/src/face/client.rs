//! The client of the face check.

use std::sync::Arc;

use clearway_domain::{Clock, IdNumber, PersonName};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{FaceCheck, FaceOutcome, FaceResult, FaceStart};
use crate::gateway::Gateway;
use crate::http::ConfigFault;
use crate::{Fault, Limits, Secret};

/// The face check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceConfig {
    /// Address under which `start` and `result` are, without a slash at the end.
    pub base: String,
    /// HMAC key.
    pub key: Secret,
    /// Time and size limits.
    #[serde(default)]
    pub limits: Limits,
}

/// The face check over the wire.
pub struct WireFaceCheck {
    base: String,
    gateway: Gateway,
}

#[derive(Deserialize)]
struct ResultBody {
    outcome: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    id_number: Option<String>,
    #[serde(default)]
    extra: Option<String>,
    #[serde(default)]
    finished_at: Option<String>,
}

impl WireFaceCheck {
    /// Builds the client.
    ///
    /// # Errors
    /// [`ConfigFault`] when the configuration cannot work.
    pub fn new(config: FaceConfig, clock: Arc<dyn Clock>) -> Result<WireFaceCheck, ConfigFault> {
        let gateway = Gateway::new(&config.key, &config.limits, clock);
        Ok(WireFaceCheck { base: config.base, gateway })
    }
}

impl FaceCheck for WireFaceCheck {
    fn start(
        &self,
        id: &IdNumber,
        name: &PersonName,
        return_url: &str,
        extra: &str,
    ) -> Result<FaceStart, Fault> {
        let body = json!({
            "id_number": id.reveal(),
            "name": name.reveal(),
            "return_url": return_url,
            "extra": extra,
        });
        let start: FaceStart = self.gateway.post(&format!("{}/start", self.base), &body)?;
        if start.token.is_empty() || !start.url.starts_with("http") {
            return Err(Fault::garbled("a face check without a token or an address"));
        }
        Ok(start)
    }

    fn result(&self, token: &str) -> Result<FaceResult, Fault> {
        let body: ResultBody =
            self.gateway.post(&format!("{}/result", self.base), &json!({ "token": token }))?;
        let code = body.code.filter(|code| !code.is_empty());
        let outcome = match (body.outcome.as_str(), code) {
            ("passed", None) => FaceOutcome::Passed,
            ("failed", code) => FaceOutcome::Failed { code: code.unwrap_or_default() },
            ("pending", _) => FaceOutcome::Pending,
            _ => return Err(Fault::garbled("a face result that is neither passed, failed nor pending")),
        };
        let told = |text: Option<String>| text.filter(|text| !text.is_empty());
        let id = told(body.id_number)
            .map(|text| {
                IdNumber::parse(&text).map_err(|_| Fault::garbled("a face result of no valid identity"))
            })
            .transpose()?;
        let finished = told(body.finished_at)
            .map(|text| text.parse::<Timestamp>().map_err(|_| Fault::garbled("a face result at no time")))
            .transpose()?;
        Ok(FaceResult { outcome, id, extra: told(body.extra), finished })
    }
}
