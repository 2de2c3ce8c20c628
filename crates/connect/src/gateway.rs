//! The signed JSON calls of the message gateway and the face check: `X-Timestamp` and `X-Signature`, the hex
//! HMAC-SHA256 over timestamp, line feed and the raw body. Answers carry `ok`, and `code` and `message` when it is false.

use std::sync::Arc;

use aws_lc_rs::hmac;
use clearway_domain::Clock;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{Call, Http};
use crate::{Fault, Limits, Secret};

/// A client of one such counterpart.
pub(crate) struct Gateway {
    key: Secret,
    http: Http,
    clock: Arc<dyn Clock>,
}

impl Gateway {
    pub(crate) fn new(key: &Secret, limits: &Limits, clock: Arc<dyn Clock>) -> Gateway {
        Gateway { key: key.clone(), http: Http::new(limits), clock }
    }

    /// One signed call. A 4xx is a refusal, a 5xx leaves open what happened.
    pub(crate) fn post<T: DeserializeOwned>(&self, url: &str, body: &Value) -> Result<T, Fault> {
        let body = body.to_string().into_bytes();
        let timestamp = self.clock.now().as_second().to_string();
        let answer = self.http.send(Call {
            method: Method::POST,
            url,
            headers: vec![
                ("X-Signature", signature(self.key.reveal(), &timestamp, &body)),
                ("X-Timestamp", timestamp),
            ],
            body: Some(("application/json", body)),
            deadline: self.http.limits().total(),
        })?;
        if answer.status >= 500 {
            return Err(Fault::garbled(format!("HTTP status {}", answer.status)));
        }
        let value: Value = answer.json("gateway")?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        match value.get("ok").and_then(Value::as_bool) {
            Some(true) if answer.status == 200 => {}
            Some(false) => return Err(Fault::refused(text("code"), text("message"))),
            _ => return Err(Fault::garbled("an answer without ok")),
        }
        serde_json::from_value(value).map_err(|_| Fault::garbled("an answer without its agreed fields"))
    }
}

fn signature(key: &str, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let message = [timestamp.as_bytes(), b"\n", body].concat();
    hmac::sign(&key, &message).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
