//! Another look at a fine that could have been a warning.

use axum::extract::{Path, State};
use clearway_service::citizen::reconsider;

use crate::ctx::Cx;
use crate::page::Go;
use crate::problem::{Problem, ProblemView};
use crate::web::{Driver, Web};

/// Asks officers for another look; asking twice is asking once.
///
/// # Errors
/// For somebody else's case; when a warning was not open to the driver, or the window is over.
#[utoipa::path(post, path = "/cases/{id}/reconsider", tag = "cases", params(("id" = String, Path)),
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn ask(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Go, Problem> {
    let next = format!("/cases/{id}");
    web.ask(&cx, driver, move |world, _, who, _| reconsider::ask(world, who, &id)).await?;
    Ok(Go::to(next))
}
