//! Messages to drivers: short text codes and template messages.

mod client;

use clearway_domain::Phone;
use serde::{Deserialize, Serialize};

pub use client::{SmsConfig, WireNotifier};

use crate::{Fault, wechat::OpenId};

/// What can be sent.
pub trait Notifier: Send + Sync {
    /// Sends a one-time code to a phone. The code's making, life and number of tries are the caller's.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn send_code(&self, phone: &Phone, code: &str) -> Result<Sent, Fault>;

    /// Sends a template message to a follower.
    ///
    /// # Errors
    /// Any [`Fault`]; `Refused` with 43101 or 43004 means that this person does not receive messages, and that is no
    /// error of ours.
    fn send_message(&self, openid: &OpenId, message: &Message) -> Result<Sent, Fault>;
}

/// A template message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Our name of the template; the configuration maps it to the account's template id.
    pub template: String,
    /// Where a tap leads.
    pub url: Option<String>,
    /// Field name of the template (`thing1`, `amount2`, …) and value, in order.
    pub fields: Vec<(String, String)>,
    /// The same key is sent only once by the platform.
    pub dedup: String,
}

/// Accepted for sending; not yet delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The channel's number of the message, if it gave one.
    pub id: Option<String>,
}
