//! Becoming a real-name user: licence, own vehicles, registered phone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::page::view;
use crate::private::Private;

/// The identity page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Identity {
    /// Masked identity number, once a licence was claimed.
    pub id_masked: Option<Private>,
    /// Last digits of the phone on file, once a code was sent.
    pub phone_tail: Option<String>,
    /// Until when the account waits after too many tries.
    pub locked_until: Option<Timestamp>,
    /// Since when the person is verified.
    pub verified_at: Option<Timestamp>,
}

/// Claims a licence.
#[derive(Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct IdentityAsk {
    /// Identity number, which is also the licence number.
    #[garde(length(max = 40))]
    pub id_number: String,
    /// Name as on the licence.
    #[garde(length(max = 80))]
    pub name: String,
}

/// Verifies the registered phone.
#[derive(Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct PhoneAsk {
    /// The code from the message.
    #[garde(length(max = 20))]
    pub code: String,
}

view!(Identity, "citizen/identity.html");
