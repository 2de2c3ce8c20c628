//! Signing in: by the messenger, or, outside it, by its QR code and the demo's page.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use clearway_service::Error;
use clearway_service::citizen::sign_in;
use clearway_service::error::Conflict;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ctx::Cx;
use crate::guard::{self, SESSION};
use crate::outward::Whom;
use crate::page::{Page, view};
use crate::problem::{Problem, ProblemView};
use crate::web::Web;

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

/// Cookie that binds the answer of the authorisation page to this browser.
const SECRET: &str = "cw_signin";
/// Seconds for which it is kept: as long as a state may be used.
const SECRET_VALID: i64 = 600;

/// Where to go on after signing in.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct NextQuery {
    /// A path of ours.
    next: Option<String>,
}

/// Codes that are kept: the site has two or three addresses to be scanned.
const KEPT: usize = 16;

/// A QR code as SVG. Drawing one takes a millisecond, and on the first day everybody sees the same.
pub(super) fn qr(text: &str) -> String {
    static DRAWN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(picture) = drawn.get(text) {
        return picture.clone();
    }
    // Our own addresses are short; a text that does not fit gives no picture, and the address stands below it.
    let picture = fast_qr::QRBuilder::new(text)
        .build()
        .map(|code| fast_qr::convert::svg::SvgBuilder::default().to_str(&code))
        .unwrap_or_default();
    if drawn.len() >= KEPT {
        drawn.clear();
    }
    drawn.insert(text.to_owned(), picture.clone());
    picture
}

/// The sign-in page.
///
/// # Errors
/// None of its own.
#[utoipa::path(get, path = "/sign-in", tag = "identity", params(NextQuery),
    responses((status = 200, body = SignIn), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    Query(query): Query<NextQuery>,
) -> Result<Page<SignIn>, Problem> {
    let next: String = percent_encoding::utf8_percent_encode(
        query.next.as_deref().unwrap_or("/violations"),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .collect();
    let link = format!("{}/violations", web.site.public_url);
    let view = SignIn {
        in_wechat: cx.in_messenger,
        enter: format!("/wechat/enter?next={next}"),
        qr: qr(&link),
        link,
    };
    Ok(Page::new(cx, view))
}

/// Starts a sign-in: sends the browser to the authorisation page.
pub async fn enter(State(web): State<Web>, Query(query): Query<NextQuery>) -> Response {
    let begin = sign_in::begin(&web, query.next.as_deref().unwrap_or("/violations"));
    let mut response = Redirect::to(&begin.location).into_response();
    let cookie = guard::set_cookie(SECRET, &begin.browser_secret, SECRET_VALID, is_secure(&web));
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// What the authorisation page sends back. Without a code the person refused.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct ReturnQuery {
    code: Option<String>,
    state: Option<String>,
}

/// Finishes a sign-in.
///
/// # Errors
/// For a forged, foreign, old or reused state, for the snapshot account, or when the messenger does not answer.
pub async fn returned(
    State(web): State<Web>,
    cx: Cx,
    headers: HeaderMap,
    Query(query): Query<ReturnQuery>,
) -> Result<Response, Problem> {
    let Some(code) = query.code else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let state = query.state.unwrap_or_default();
    let secret = guard::cookie(&headers, SECRET).map(str::to_owned);
    let session = web
        .run_outside(&cx, Whom::Messenger, move |world, _| match secret {
            Some(secret) => sign_in::complete(world, &code, &state, &secret),
            None => Err(Error::Conflict(Conflict::SignInState)),
        })
        .await?;
    let secure = is_secure(&web);
    let mut response = Redirect::to(&session.return_to).into_response();
    let cookies = [
        guard::set_cookie(SESSION, &session.cookie, session.max_age_s, secure),
        guard::set_cookie(SECRET, "", 0, secure),
    ];
    response.headers_mut().extend(cookies.into_iter().flatten().map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

fn is_secure(web: &Web) -> bool {
    web.site.public_url.starts_with("https://")
}
