//! The one place from which this house talks to the outside: blocking HTTP with a deadline on the whole call and a
//! limit on what is read.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Request, Uri};
use serde::Deserialize;
use ureq::config::Config;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Timeout};

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
    agent: Agent,
    limits: Limits,
}

/// Connections to one counterpart that are kept while nobody uses them, and for how long: as many as workers and requests
/// may talk at the same time.
const IDLE_MAX: usize = 64;
/// See [`IDLE_MAX`].
const IDLE_FOR: Duration = Duration::from_secs(15);

impl Http {
    /// Builds the client. No redirects are followed: no counterpart of ours redirects, and a signed request must not
    /// be sent to another address.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one constructor of HTTP clients in the house: limits set, no redirects"
    )]
    pub(crate) fn new(limits: &Limits) -> Http {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_connect(Some(limits.connect()))
            .timeout_global(Some(limits.total()))
            .max_idle_connections(IDLE_MAX)
            .max_idle_connections_per_host(IDLE_MAX)
            .max_idle_age(IDLE_FOR)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(concat!("clearway/", env!("CARGO_PKG_VERSION")))
            .build();
        Http {
            agent: Agent::with_parts(config, DefaultConnector::default(), Names::default()),
            limits: limits.clone(),
        }
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
        let mut request = Request::builder().method(call.method).uri(call.url);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let answered = match call.body {
            Some((kind, body)) => {
                let request = request.header("Content-Type", kind).body(body);
                request.map(|request| self.run(request, call.deadline))
            }
            None => request.body(()).map(|request| self.run(request, call.deadline)),
        };
        // A request that cannot be written down was not sent.
        let answer = answered.map_err(|_| Fault::Unreachable)?.map_err(|fault| fault_of(&fault))?;
        let (parts, mut body) = answer.into_parts();
        let body = body.with_config().limit(bytes_max.saturating_add(1)).read_to_vec();
        let body = body.map_err(|fault| match fault {
            ureq::Error::BodyExceedsLimit(_) => too_long(),
            _ => Fault::TimedOut,
        })?;
        if body.len() as u64 > bytes_max {
            return Err(too_long());
        }
        let status = parts.status.as_u16();
        if status == 429 {
            return Err(Fault::Throttled);
        }
        Ok(Answer { status, headers: parts.headers, body })
    }

    fn run(
        &self,
        request: Request<impl ureq::AsSendBody>,
        deadline: Duration,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        self.agent.run(self.agent.configure_request(request).timeout_global(Some(deadline)).build())
    }
}

fn too_long() -> Fault {
    Fault::garbled("the answer is longer than agreed")
}

/// A connection that was never made has sent nothing; everything later may have been received.
fn fault_of(fault: &ureq::Error) -> Fault {
    use ureq::Error;
    let nothing_sent = match fault {
        Error::BadUri(_) | Error::Http(_) | Error::HostNotFound | Error::ConnectionFailed | Error::Tls(_) => {
            true
        }
        Error::Timeout(timeout) => matches!(timeout, Timeout::Resolve | Timeout::Connect),
        Error::Io(fault) => {
            matches!(
                fault.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::HostUnreachable
                    | ErrorKind::NetworkUnreachable
                    | ErrorKind::NetworkDown
                    | ErrorKind::AddrNotAvailable
            )
        }
        _ => false,
    };
    if nothing_sent { Fault::Unreachable } else { Fault::TimedOut }
}

/// Names of hosts, remembered for a while: the library looks a name up for every request, on a thread of its own.
#[derive(Debug, Default)]
struct Names {
    known: Mutex<HashMap<String, (Instant, ResolvedSocketAddrs)>>,
    lookup: DefaultResolver,
}

/// How long a name is remembered: a counterpart that moves is found again within it.
const NAME_FOR: Duration = Duration::from_secs(10);

#[expect(clippy::disallowed_methods, reason = "names age in real seconds, whatever the demo clock says")]
fn real() -> Instant {
    Instant::now()
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or_default(),
            uri.authority().map_or("", |at| at.as_str())
        );
        let now = real();
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, addresses)) = known.get(&host)
                && now.duration_since(*at) < NAME_FOR
            {
                return Ok(addresses.clone());
            }
        }
        let addresses = self.lookup.resolve(uri, config, timeout)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Hosts are the few of the configuration; evidence pictures may name others.
        known.retain(|_, (at, _)| now.duration_since(*at) < NAME_FOR);
        known.insert(host, (now, addresses.clone()));
        Ok(addresses)
    }
}
