//! The life of a case, step by step.

use axum::extract::{Path, State};
use clearway_service::citizen::timeline;
use clearway_service::jobs;
use serde::Serialize;
use utoipa::ToSchema;

use super::done::about_case;
use super::parts::Event;
use super::reasons::About;
use crate::ctx::Cx;
use crate::page::{Page, view};
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// A timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Timeline {
    /// The case.
    pub case_id: String,
    /// The violation.
    pub about: About,
    /// What happened and what is to come.
    pub events: Vec<Event>,
}

view!(Timeline, "citizen/timeline.html");

/// The timeline of a case.
///
/// # Errors
/// For somebody else's case.
#[utoipa::path(get, path = "/cases/{id}/timeline", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Timeline), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Timeline>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            let found = timeline::page(world, who, &id)?;
            let about = about_case(world, c, &found);
            let event = |word: &str, at, by: Option<&str>| Event {
                word: word.to_owned(),
                at,
                expected: None,
                by: by.map(str::to_owned),
                detail: None,
                current: false,
            };
            let mut events = vec![event("recorded", Some(about.at), Some("system"))];
            let still = found.done.len().saturating_sub(1);
            events.extend(
                found
                    .done
                    .iter()
                    .enumerate()
                    // That it was sent is news only while nothing came back.
                    .filter(|(at, step)| step.step != jobs::decide::SENT || *at == still)
                    .map(|(_, step)| event(&step.step, Some(shown::instant(step.at_ms)), Some(&step.actor))),
            );
            if let Some(last) = events.last_mut() {
                last.current = true;
            }
            events.extend(found.ahead.iter().map(|step| event(step, None, None)));
            Ok(Timeline { case_id: id, about, events })
        })
        .await?;
    Ok(Page::new(cx, view))
}
