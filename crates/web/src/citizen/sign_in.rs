//! Signing in: by the messenger, or, outside it, by its QR code and the demo's page.

use serde::Serialize;
use utoipa::ToSchema;

use crate::page::view;

/// The sign-in page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignIn {
    /// Whether the asker is inside the messenger.
    pub in_wechat: bool,
    /// Where the sign-in starts.
    pub enter: String,
    /// This page as a QR code, SVG, for a phone to scan.
    pub qr: String,
    /// The address that the code holds.
    pub link: String,
}

view!(SignIn, "citizen/sign_in.html");
