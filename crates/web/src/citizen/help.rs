//! Help: by voice, at a window, in writing.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use clearway_service::citizen::reasons;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::reasons::Place;
use crate::body::Body;
use crate::ctx::{Cx, Help, Hours};
use crate::page::{Go, Page, view};
use crate::problem::{Problem, ProblemView};
use crate::web::{Driver, Web};

/// The help page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HelpPage {
    /// By voice.
    pub help: Help,
    /// Service hours.
    pub hours: Hours,
    /// Windows.
    pub windows: Vec<Place>,
    /// What the driver came to say something about: a violation, a question. Empty where that is not known.
    pub about: String,
}

view!(HelpPage, "citizen/help.html");

/// What help is asked about.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct AboutQuery {
    /// A violation, a question, a code: stands in the form already.
    about: Option<String>,
}

/// Longest subject of a statement, characters.
const SUBJECT_MAX: usize = 80;

/// Help.
///
/// # Errors
/// None of its own.
#[utoipa::path(get, path = "/help", tag = "public", params(AboutQuery),
    responses((status = 200, body = HelpPage), (status = "default", body = ProblemView)))]
pub async fn show(State(web): State<Web>, cx: Cx, Query(query): Query<AboutQuery>) -> Response {
    let windows = web.site.windows.iter().map(|window| Place {
        name: window.name.clone(),
        address: window.address.clone(),
        hours: window.hours.clone(),
        papers: window.papers.clone(),
    });
    let about = query.about.unwrap_or_default().chars().take(SUBJECT_MAX).collect();
    let (help, hours) = (Help::clone(&cx.help), Hours::clone(&cx.hours));
    let view = HelpPage { help, hours, windows: windows.collect(), about };
    Page::public(cx, view).into_response()
}

/// A statement, or a report of something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct TellAsk {
    /// What it is about: a violation, a question, a code.
    #[serde(default)]
    #[garde(length(chars, max = SUBJECT_MAX))]
    pub subject: String,
    /// The words.
    #[garde(skip)]
    pub words: String,
}

/// Takes a statement or a report.
///
/// # Errors
/// Without a session; for an empty or endless text; while five statements of the driver are waiting to be read.
#[utoipa::path(post, path = "/help", tag = "settings", request_body = TellAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn tell(
    State(web): State<Web>,
    cx: Cx,
    driver: Result<Driver, Problem>,
    Body(ask): Body<TellAsk>,
) -> Result<Go, Problem> {
    let unsent = ask.clone();
    let told = match driver {
        Ok(driver) => {
            let tell =
                move |world: &_, _: &_, who: &_, _: &_| reasons::tell(world, who, &ask.subject, &ask.words);
            web.ask(&cx, driver, tell).await
        }
        Err(nobody) => Err(nobody),
    };
    told.map_err(|problem| problem.with_unsent(unsent))?;
    Ok(Go::to("/help?told=1"))
}
