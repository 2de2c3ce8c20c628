//! The one place from which this house talks to the outside: blocking HTTP with a deadline on the whole call and a
//! limit on what is read.

use std::io::Read;
use std::time::Duration;

use reqwest::{Method, header::HeaderMap};
use serde::Deserialize;

use crate::Fault;

/// Why a client could not be built from its configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigFault(pub String);

/// Limits of the calls to one counterpart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest time to connect, in milliseconds.
    pub connect_ms_max: u64,
    /// Longest time of a whole call, from connecting to the last byte of the answer, in milliseconds.
    pub total_ms_max: u64,
    /// Longest answer that is read, in bytes.
    pub answer_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connect_ms_max: 3_000, total_ms_max: 10_000, answer_bytes_max: 4 * 1024 * 1024 }
    }
}

impl Limits {
    fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms_max)
    }

    /// The deadline of one call.
    pub(crate) fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms_max)
    }

    /// The deadline of a call before which `failed` connections were already tried in vain: each of them took at most
    /// the connecting time, so the whole stays within its deadline without a clock.
    pub(crate) fn total_after(&self, failed: usize) -> Duration {
        let spent = self.connect().saturating_mul(u32::try_from(failed).unwrap_or(u32::MAX));
        self.total().saturating_sub(spent).max(Duration::from_millis(1))
    }
}

/// One request.
pub(crate) struct Call<'a> {
    pub method: Method,
    pub url: &'a str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<(&'static str, Vec<u8>)>,
    pub deadline: Duration,
}

/// One whole answer.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header as text; `None` when absent or not ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The body as JSON, whatever content type it claims (WeChat says `text/plain`).
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, what: &str) -> Result<T, Fault> {
        serde_json::from_slice(&self.body)
            .map_err(|fault| Fault::garbled(format!("{what}: not the agreed JSON ({:?})", fault.classify())))
    }
}

/// A client with its limits.
pub(crate) struct Http {
    client: reqwest::blocking::Client,
    limits: Limits,
}

impl Http {
    /// Builds the client. No redirects are followed: no counterpart of ours redirects, and a signed request must not
    /// be sent to another address.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one constructor of HTTP clients in the house: limits set, no redirects"
    )]
    pub(crate) fn new(limits: &Limits) -> Result<Http, ConfigFault> {
        let client = reqwest::blocking::Client::builder()
            .connect_timeout(limits.connect())
            .timeout(limits.total())
            .pool_idle_timeout(Duration::from_secs(15))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("clearway/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|fault| ConfigFault(format!("no HTTP client: {fault}")))?;
        Ok(Http { client, limits: limits.clone() })
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sends one request, once. 429 is [`Fault::Throttled`]; every other status is handed back.
    pub(crate) fn send(&self, call: Call<'_>) -> Result<Answer, Fault> {
        self.send_up_to(call, self.limits.answer_bytes_max)
    }

    /// The same with a limit of its own on the answer, in bytes.
    pub(crate) fn send_up_to(&self, call: Call<'_>, bytes_max: u64) -> Result<Answer, Fault> {
        let mut request = self.client.request(call.method, call.url).timeout(call.deadline);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some((kind, body)) = call.body {
            request = request.header("Content-Type", kind).body(body);
        }
        let answer = request.send().map_err(|fault| fault_of(&fault))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let mut body = Vec::new();
        answer.take(bytes_max.saturating_add(1)).read_to_end(&mut body).map_err(|_| Fault::TimedOut)?;
        if body.len() as u64 > bytes_max {
            return Err(Fault::garbled("the answer is longer than agreed"));
        }
        if status == 429 {
            return Err(Fault::Throttled);
        }
        Ok(Answer { status, headers, body })
    }
}

/// A connection that was never made has sent nothing; everything later may have been received.
fn fault_of(fault: &reqwest::Error) -> Fault {
    if fault.is_connect() || fault.is_builder() { Fault::Unreachable } else { Fault::TimedOut }
}
