//! The edges of the site that are no deed of a citizen: the front door, the API's description, the health page.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::problem::{Kind, Problem};
use crate::web::Web;

/// `GET /`: the first screen.
pub async fn root() -> Redirect {
    Redirect::to("/violations")
}

/// `GET /healthz`: whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "system", responses((status = 200, body = String)))]
pub async fn health(State(web): State<Web>) -> Response {
    match web.pack_at(web.now()) {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(_) => Problem::from(Kind::Unavailable).into_response(),
    }
}

/// `GET /robots.txt`: only the public pages are for search engines.
pub async fn robots() -> Response {
    let text = "User-agent: *\nAllow: /programmes\nDisallow: /\n";
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Nothing is here.
pub async fn nothing() -> Problem {
    Problem::not_found()
}

/// The address exists for another method.
pub async fn wrong_method() -> Problem {
    Kind::WrongMethod.into()
}
