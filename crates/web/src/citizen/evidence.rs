//! The evidence pictures of a violation, fetched when somebody looks.

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearway_service::Error;
use clearway_service::citizen::violation;
use serde::Serialize;
use utoipa::ToSchema;

use super::reasons::About;
use crate::ctx::Cx;
use crate::outward::Whom;
use crate::page::{Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Picture {
    /// Which one, from 1.
    pub number: u8,
    /// Its size, kilobytes.
    pub kilobytes: usize,
    /// The picture itself as a data address.
    pub data: Private,
}

/// The pictures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Evidence {
    /// The violation.
    pub about: About,
    /// Its pictures.
    pub pictures: Vec<Picture>,
    /// Whether they could not be fetched, which takes no right away.
    pub failed: bool,
}

view!(Evidence, "citizen/evidence.html");

/// The evidence of a violation.
///
/// # Errors
/// For a violation that is not among the driver's.
#[utoipa::path(get, path = "/violations/{id}/evidence", tag = "violations", params(("id" = String, Path)),
    responses((status = 200, body = Evidence), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Evidence>, Problem> {
    let view = web
        .ask_outside(&cx, driver, Whom::Platform, move |world, c, who, _| {
            let detail = violation::detail(world, who, &id)?;
            let about = shown::about(world, c, detail.line());
            let (pictures, failed) = match violation::pictures(world, who, &id) {
                Ok(pictures) => (pictures, false),
                Err(Error::Unavailable { .. }) => (Vec::new(), true),
                Err(other) => return Err(other),
            };
            let pictures = pictures
                .into_iter()
                .map(|picture| Picture {
                    number: picture.ordinal,
                    kilobytes: picture.bytes.len().div_ceil(1024),
                    data: format!("data:{};base64,{}", picture.media_type, STANDARD.encode(&picture.bytes))
                        .into(),
                })
                .collect();
            Ok(Evidence { about, pictures, failed })
        })
        .await?;
    Ok(Page::new(cx, view))
}
