//! Face check by a provider: a redirect with a token, and the result fetched by our server. What the browser brings
//! back is never the result.

mod client;

use clearway_domain::{IdNumber, PersonName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use client::{FaceConfig, WireFaceCheck};

use crate::Fault;

/// What can be asked of the face check.
pub trait FaceCheck: Send + Sync {
    /// Begins a check of one person. `extra` is ours, comes back with the result, and binds the check to a session.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn start(
        &self,
        id: &IdNumber,
        name: &PersonName,
        return_url: &str,
        extra: &str,
    ) -> Result<FaceStart, Fault>;

    /// The result of a check, as the provider holds it. Compare `extra` and the identity with the session before
    /// believing it: the token came through a browser.
    ///
    /// # Errors
    /// Any [`Fault`]; `Refused` for a token that the provider does not know or no longer keeps.
    fn result(&self, token: &str) -> Result<FaceResult, Fault>;
}

/// A check that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceStart {
    /// Where to send the browser.
    pub url: String,
    /// The provider's token.
    pub token: String,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaceOutcome {
    /// The person is the one named.
    Passed,
    /// Another person, or no living one.
    Failed {
        /// Code of the provider.
        code: String,
    },
    /// Not finished.
    Pending,
}

/// What the provider says about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceResult {
    /// How it ended.
    pub outcome: FaceOutcome,
    /// Whose face was compared.
    pub id: Option<IdNumber>,
    /// Our own text, as given at the start.
    pub extra: Option<String>,
    /// When it ended.
    pub finished: Option<Timestamp>,
}
