//! What officers use: an API only, JSON in and out; the console comes later. Every request carries the bearer token of an
//! operator; the configuration holds the tokens' hashes, never the tokens.

pub mod admission;
pub mod reconcile;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use clearway_service::May;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};
use crate::web::Web;

/// Paths of officers begin so.
pub const PREFIX: &str = "/officer/";

/// Nobody keeps a copy of what an officer reads.
fn answer(view: &impl Serialize) -> Response {
    ([(CACHE_CONTROL, HeaderValue::from_static("private, no-store"))], Json(view)).into_response()
}

/// Who asks: the operator's name, as it stands in the configuration and in the audit. A token that is kept to something is not
/// enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator(pub String);

/// Whoever may read the figures: an operator, or a program whose token opens nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher;

/// The operator whose token was sent, where it opens `what`.
fn known<'w>(parts: &Parts, web: &'w Web, what: Option<May>) -> Result<&'w str, Problem> {
    let sent = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = sent.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default();
    // What is compared is the hash of what was sent: how long it takes says nothing about the token.
    let hash: String = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
    let known = web.site.operators.iter().find(|known| known.token_sha256.eq_ignore_ascii_case(&hash));
    match known.filter(|_| !token.is_empty()) {
        Some(operator) if operator.may(what) => Ok(&operator.name),
        Some(_) => Err(Kind::TokenKept.into()),
        None => Err(Kind::Token.into()),
    }
}

impl FromRequestParts<Web> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Operator, Problem> {
        known(parts, web, None).map(|name| Operator(name.to_owned()))
    }
}

impl FromRequestParts<Web> for Watcher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Watcher, Problem> {
        known(parts, web, Some(May::Metrics)).map(|_| Watcher)
    }
}
