//! A card to share the service with; it holds nothing personal.

use axum::extract::State;
use clearway_service::citizen::share;
use serde::Serialize;
use utoipa::ToSchema;

use super::sign_in::qr;
use crate::ctx::Cx;
use crate::outward::Whom;
use crate::page::{Page, view};
use crate::problem::{Problem, ProblemView};
use crate::web::Web;

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

/// The card, signed for this very page.
///
/// # Errors
/// None of its own: without a signature only sharing is lost.
#[utoipa::path(get, path = "/share", tag = "public",
    responses((status = 200, body = Share), (status = "default", body = ProblemView)))]
pub async fn show(State(web): State<Web>, cx: Cx) -> Result<Page<Share>, Problem> {
    let place = web.place(Whom::Messenger, None);
    let view = web
        .run(&cx, |world, c| {
            let card = share::card(world, &c.here, place);
            Ok(Share {
                title: card.title,
                text: card.text,
                qr: qr(&card.link),
                link: card.link,
                config: card.config.map(|config| ShareConfig {
                    app_id: config.app_id,
                    timestamp: config.timestamp,
                    nonce_str: config.nonce_str,
                    signature: config.signature,
                }),
            })
        })
        .await?;
    Ok(Page::public(cx, view))
}
