//! How far the background verification is: for the page, for whoever asks again, and as events.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use clearway_service::World;
use clearway_service::citizen::violations;
use clearway_service::dossier::{Moves, Progress, Standing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ctx::Cx;
use crate::page::{Go, whole_s};
use crate::problem::{Problem, ProblemView};
use crate::web::{Driver, Web};

/// How far the background verification is, in real counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Checks {
    /// Checks in all.
    pub total: u32,
    /// Checks that have an answer.
    pub done: u32,
    /// Checks that could not be made.
    pub failed: u32,
    /// Whether all have ended, one way or the other.
    pub finished: bool,
    /// Whether it takes longer than usual.
    pub slow: bool,
    /// Milliseconds after which it makes sense to look again, while not all have ended.
    pub again_ms: u32,
    /// Whether a stream of events brings the answer sooner than looking again: it may come any moment, and there is room for a stream.
    pub events: bool,
    /// Changes whenever something on the page would look different.
    pub version: String,
}

impl Checks {
    /// Seconds after which the page is opened again where no script asks.
    pub fn refresh_s(&self) -> u32 {
        whole_s(self.again_ms).max(REFRESH_S)
    }
}

/// Shortest time between two openings of a page by itself, s: somebody reads it meanwhile.
pub(in crate::citizen) const REFRESH_S: u32 = 3;

/// The verification in real counts.
pub(in crate::citizen) fn checks(world: &World, standing: &Standing) -> Checks {
    let (mut done, mut failed, mut pending) = (0, 0, 0);
    for (_, progress) in standing.topics() {
        match progress {
            Progress::Done(_) => done += 1,
            Progress::Failed(_) => failed += 1,
            Progress::Pending(_) | Progress::NotAsked => pending += 1,
        }
    }
    let running = violations::pending(world, standing);
    let soon = running.is_some_and(|running| running.again_ms <= LONG_MS);
    let Moves { records, cases, orders } = standing.moves;
    Checks {
        total: done + failed + pending,
        done: done + failed,
        failed,
        finished: running.is_none(),
        slow: running.is_some_and(|running| running.slow),
        again_ms: running.map_or(0, |running| running.again_ms),
        events: soon && world.admission.streams.have_room(),
        version: format!("{done}.{failed}.{records}.{cases}.{orders}"),
    }
}

/// How far the background verification is.
///
/// # Errors
/// Without a session.
#[utoipa::path(get, path = "/violations/checks", tag = "violations",
    responses((status = 200, body = Checks), (status = "default", body = ProblemView)))]
pub async fn progress(State(web): State<Web>, cx: Cx, driver: Driver) -> Result<Json<Checks>, Problem> {
    Ok(Json(looked_on(&web, &cx, &driver).await?))
}

/// One look at the checks of a driver who waits for them.
async fn looked_on(web: &Web, cx: &Cx, driver: &Driver) -> Result<Checks, Problem> {
    let cookie = driver.clone();
    let look = web.look(cx, move |world, _| {
        let (standing, behind) = violations::standing_of(world, cookie.cookie())?;
        Ok((checks(world, &standing), behind))
    });
    let (checks, behind) = look.await?;
    // What was read is shown, also where nothing can be written.
    if behind
        && web.ask(cx, driver.clone(), |world, _, who, _| violations::look_on(world, who)).await.is_err()
    {
        tracing::warn!("checks stay behind those of others until the next look");
    }
    Ok(checks)
}

/// Asks again what could not be verified.
///
/// # Errors
/// Without a session.
#[utoipa::path(post, path = "/violations/checks", tag = "violations",
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn retry(State(web): State<Web>, cx: Cx, driver: Driver) -> Result<Go, Problem> {
    web.ask(&cx, driver, |world, _, who, _| violations::retry(world, who)).await?;
    Ok(Go::to("/violations"))
}

/// Milliseconds between two looks of an event stream.
const LOOK_MS: u64 = 400;
/// Milliseconds from which a wait is none of a moment: a page that asks then learns of the answer as soon as a stream would.
const LONG_MS: u32 = 2_000;
/// Milliseconds after which a stream ends in any case and the page asks by itself.
const STREAM_MS: u64 = 30_000;

/// An open stream; its place is given back with it.
struct Open(Web);

impl Open {
    fn new(web: Web) -> Option<Open> {
        web.admission.streams.take().then_some(Open(web))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.admission.streams.give_back();
    }
}

/// The same as server-sent events, while the answer may come any moment. Where the wait is longer, the last event says when to look
/// again; where too many look already, nothing comes (204) and the page asks by itself from the start.
///
/// # Errors
/// Without a session.
#[utoipa::path(get, path = "/violations/events", tag = "violations",
    responses((status = 200, body = Checks, content_type = "text/event-stream"), (status = 204, description = "No stream is free: look again instead"),
        (status = "default", body = ProblemView)))]
#[expect(clippy::disallowed_methods, reason = "a stream of events is the edge: it waits between two looks")]
pub async fn events(State(web): State<Web>, cx: Cx, driver: Driver) -> Result<Response, Problem> {
    // Refused at once when nobody is signed in; the stream itself then only looks.
    web.ask(&cx, driver.clone(), |_, _, _, _| Ok(())).await?;
    let Some(open) = Open::new(web) else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let start = Some((open, cx, driver, String::new(), STREAM_MS));
    let stream = futures_util::stream::unfold(start, |state| async move {
        let (open, cx, driver, seen, mut left_ms) = state?;
        while left_ms > 0 {
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
            left_ms = left_ms.saturating_sub(LOOK_MS);
            let checks = looked_on(&open.0, &cx, &driver).await.ok()?;
            let last = checks.finished || checks.again_ms > LONG_MS;
            if checks.version == seen && !last {
                continue;
            }
            let event = Event::default().event("checks").json_data(&checks).ok()?;
            let next = (!last).then_some((open, cx, driver, checks.version, left_ms));
            return Some((Ok::<_, Infallible>(event), next));
        }
        None
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}
