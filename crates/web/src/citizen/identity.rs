//! Becoming a real-name user: licence, own vehicles, registered phone.

use axum::extract::State;
use clearway_service::citizen::identity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::ctx::Cx;
use crate::outward::Whom;
use crate::page::{Go, Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::web::{Driver, Web};

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
    #[garde(length(chars, max = 40))]
    pub id_number: String,
    /// Name as on the licence.
    #[garde(length(chars, max = 80))]
    pub name: String,
}

/// Verifies the registered phone.
#[derive(Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct PhoneAsk {
    /// The code from the message.
    #[garde(length(chars, max = 20))]
    pub code: String,
}

view!(Identity, "citizen/identity.html");

/// The identity page; the data notice comes before it once.
///
/// # Errors
/// Without a session.
#[utoipa::path(get, path = "/identity", tag = "identity",
    responses((status = 200, body = Identity), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
) -> Result<Result<Page<Identity>, Go>, Problem> {
    let found = web.ask(&cx, driver, |world, _, _, account| Ok(identity::view(world, account))).await?;
    if !found.notice_seen {
        return Ok(Err(Go::to("/welcome")));
    }
    let view = Identity {
        id_masked: found.id_masked.map(Private),
        phone_tail: found.phone_tail,
        locked_until: found.locked_until,
        verified_at: found.verified_at,
    };
    Ok(Ok(Page::new(cx, view)))
}

/// Claims a licence; a code goes to the phone on file.
///
/// # Errors
/// For a number that fails its check, a name that differs from the file, or after five tries.
#[utoipa::path(post, path = "/identity", tag = "identity", request_body = IdentityAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn claim(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Body(ask): Body<IdentityAsk>,
) -> Result<Go, Problem> {
    web.ask_outside(&cx, driver, Whom::Platform, move |world, _, who, _| {
        identity::claim(world, who, &ask.id_number, &ask.name)
    })
    .await?;
    Ok(Go::to("/identity"))
}

/// Verifies the registered phone; own vehicles are bound with it.
///
/// # Errors
/// For a wrong or old code, after five of them, or when another account holds the licence.
#[utoipa::path(post, path = "/identity/phone", tag = "identity", request_body = PhoneAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn phone(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Body(ask): Body<PhoneAsk>,
) -> Result<Go, Problem> {
    web.ask(&cx, driver, move |world, _, who, _| identity::verify(world, who, &ask.code)).await?;
    Ok(Go::to("/violations"))
}
