//! One view model, two faces: a page for people, JSON for programs (`design.md` rule 13).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ctx::{Ctx, Cx, Wants};
use crate::problem::Problem;

/// A view model: it serialises as it is, and a template renders it.
pub trait View: Serialize + ToSchema + Send {
    /// Renders the page.
    ///
    /// # Errors
    /// Only when the template itself fails, which no data can cause.
    fn html(&self, c: &Ctx) -> Result<String, askama::Error>;
}

/// Ties a view model to its template. The template sees the circumstances as `c` and the model as `v`.
macro_rules! view {
    ($model:ty, $path:literal) => {
        const _: () = {
            #[derive(askama::Template)]
            #[template(path = $path)]
            struct Html<'a> {
                c: &'a $crate::ctx::Ctx,
                v: &'a $model,
            }

            impl $crate::page::View for $model {
                fn html(&self, c: &$crate::ctx::Ctx) -> Result<String, askama::Error> {
                    askama::Template::render(&Html { c, v: self })
                }
            }
        };
    };
}
pub(crate) use view;

/// Milliseconds as the whole seconds of a page that refreshes itself: upwards, and two at least, so that it can be read.
pub fn whole_s(ms: u32) -> u32 {
    ms.div_ceil(1_000).max(2)
}

/// The answer of a handler that shows something.
#[derive(Debug)]
pub struct Page<V> {
    ctx: Arc<Ctx>,
    view: V,
    status: StatusCode,
    public: bool,
}

impl<V: View> Page<V> {
    /// A personal page: nobody keeps a copy.
    pub fn new(cx: Cx, view: V) -> Self {
        Page { ctx: cx.0, view, status: StatusCode::OK, public: false }
    }

    /// A page with nothing personal on it.
    pub fn public(cx: Cx, view: V) -> Self {
        Page { public: true, ..Page::new(cx, view) }
    }
}

impl<V: View> IntoResponse for Page<V> {
    fn into_response(self) -> Response {
        let mut response = match self.ctx.wants {
            Wants::Json => json(&self.view),
            Wants::Html => match self.view.html(&self.ctx) {
                Ok(text) => Html(text).into_response(),
                Err(error) => return Problem::internal(&error).into_response(),
            },
        };
        *response.status_mut() = self.status;
        let cache = if self.public { "private, no-cache" } else { "private, no-store" };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Cookie"));
        response
    }
}

/// Room for a view model as text. Most fit; a buffer that begins small is copied five times until it is large enough.
const JSON_ROOM: usize = 4_096;

/// A view model as it is.
fn json<V: Serialize>(view: &V) -> Response {
    let mut text = Vec::with_capacity(JSON_ROOM);
    match serde_json::to_writer(&mut text, view) {
        Ok(()) => {
            let mut response = Response::new(Body::from(text));
            let kind = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// Where to go after something was done (POST, redirect, GET).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Go {
    /// Path of the next page, which is also the next resource.
    pub next: String,
}

impl Go {
    /// To a path of ours.
    pub fn to(path: impl Into<String>) -> Go {
        Go { next: path.into() }
    }
}

impl IntoResponse for Go {
    fn into_response(self) -> Response {
        let Ok(location) = HeaderValue::from_str(&self.next) else {
            return Problem::not_found().into_response();
        };
        let headers =
            [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (StatusCode::SEE_OTHER, headers, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_view_model_is_sent_as_the_framework_would_send_it() {
        let view = vec![("车辆\n\"鄂A\"", 1.5, None::<u8>); 300];
        let (ours, theirs) = (json(&view), Json(&view).into_response());
        assert_eq!((ours.status(), ours.headers()), (theirs.status(), theirs.headers()));
        let bytes = async |response: Response| to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(bytes(ours).await, bytes(theirs).await);
    }
}
