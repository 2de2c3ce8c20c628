//! A card to share the service with; it holds nothing personal.

use serde::Serialize;
use utoipa::ToSchema;

use crate::page::view;

/// What the messenger's script needs to be allowed to share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShareConfig {
    /// Account id.
    pub app_id: String,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Random text.
    pub nonce_str: String,
    /// Signature over the page's address.
    pub signature: String,
}

/// The card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Share {
    /// Title.
    pub title: String,
    /// One sentence.
    pub text: String,
    /// Address of the public page.
    pub link: String,
    /// The address as a QR code, SVG.
    pub qr: String,
    /// Signed configuration; without it only sharing from the menu is lost.
    pub config: Option<ShareConfig>,
}

view!(Share, "citizen/share.html");
