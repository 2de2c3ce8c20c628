//! The sheet before a case: what will be done, how long it takes, what it costs and what is used up.

use axum::extract::{Path, Query, State};
use clearway_domain::case::Route as CaseRoute;
use clearway_domain::refusal::Question;
use clearway_service::citizen::{start_case, violation};
use clearway_service::{Error, law};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::done;
use super::parts::{Programme, Step, Steps};
use super::reasons::About;
use super::violation::{After, after, credit_of};
use crate::body::Body;
use crate::ctx::Cx;
use crate::page::{Go, Page, view};
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// The sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StartCase {
    /// The violation.
    pub about: About,
    /// The programme.
    pub programme: Programme,
    /// The steps to come.
    pub steps: Steps,
    /// About so many minutes, computed from the pack.
    pub minutes: u32,
    /// Seconds of study.
    pub study_s: u32,
    /// Questions.
    pub questions: u32,
    /// Right answers needed.
    pub pass: u32,
    /// To be paid, fen.
    pub pay_fen: i64,
    /// Fine waived, fen.
    pub waived_fen: i64,
    /// Points before.
    pub points_from: i32,
    /// Points after.
    pub points_to: i32,
    /// What is left afterwards.
    pub after: Vec<After>,
    /// Whether a face check will be asked for.
    pub face_check: bool,
    /// The rule it rests on.
    pub article: String,
}

impl StartCase {
    /// Points fewer than without the programme.
    pub fn fewer_points(&self) -> i32 {
        self.points_from - self.points_to
    }
}

/// Asks to start a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct StartAsk {
    /// The violation.
    #[garde(length(min = 1, max = 64))]
    pub violation: String,
    /// The programme.
    #[garde(skip)]
    pub programme: Programme,
}

view!(StartCase, "citizen/start_case.html");

impl Programme {
    /// The service's word for it.
    pub const fn route(self) -> CaseRoute {
        match self {
            Programme::First => CaseRoute::First,
            Programme::Study => CaseRoute::Study,
        }
    }

    /// The steps of a case with it.
    pub fn steps(self, now: Step) -> Steps {
        let all = match self {
            Programme::First => vec![Step::Study, Step::Quiz, Step::Confirm],
            Programme::Study => vec![Step::Study, Step::Quiz, Step::Pay, Step::Handle],
        };
        Steps { all, now }
    }

    /// The programme of a case's route, if it has one.
    pub fn of_route(route: &str) -> Option<Programme> {
        match CaseRoute::from_slug(route)? {
            CaseRoute::First => Some(Programme::First),
            CaseRoute::Study => Some(Programme::Study),
            CaseRoute::Pay => None,
        }
    }
}

/// Which programme is to be started.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct StartQuery {
    /// The programme.
    programme: Programme,
}

/// The sheet before a case.
///
/// # Errors
/// For a violation that is not among the driver's; with every reason when the programme cannot be used on it.
#[utoipa::path(get, path = "/violations/{id}/start", tag = "cases", params(("id" = String, Path), StartQuery),
    responses((status = 200, body = StartCase), (status = "default", body = ProblemView)))]
pub async fn sheet(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    Query(query): Query<StartQuery>,
) -> Result<Page<StartCase>, Problem> {
    let programme = query.programme;
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            let detail = violation::detail(world, who, &id)?;
            let found = detail
                .choices
                .iter()
                .find(|choice| choice.route == programme.route())
                .ok_or(Error::NotFound("programme"))?;
            let line = detail.line();
            if !found.usable && line.own_case.is_none() {
                let handle = line.handle_on(programme.route());
                let both = handle.reasons.iter().chain(&found.verdict.reasons);
                return Err(Error::Refused(both.cloned().collect()));
            }
            let question = if programme == Programme::First { Question::First } else { Question::Study };
            let pack = world.pack_at(world.now())?;
            let settings =
                law::study_settings(pack, question, world.today()).ok_or(Error::NotFound("programme"))?;
            let about = shown::about(world, c, line);
            let first = programme == Programme::First;
            Ok(StartCase {
                programme,
                steps: programme.steps(Step::Study),
                minutes: found.minutes,
                study_s: settings.study_s,
                questions: settings.questions.into(),
                pass: settings.pass.into(),
                pay_fen: found.to_pay.0,
                waived_fen: if first { about.fine_fen } else { 0 },
                points_from: about.points,
                points_to: shown::points(found.points),
                after: after(&detail, found, credit_of(world), c),
                face_check: pack.programme(question, world.today()).face_check,
                article: c.ta(
                    "start-pack",
                    &[("name", &if c.english() { &pack.title().en } else { &pack.title().zh })],
                ),
                about,
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}

/// Starts a case, or goes on with the one that is open.
///
/// # Errors
/// With every reason when it cannot be started.
#[utoipa::path(post, path = "/cases", tag = "cases", request_body = StartAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn start(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Body(ask): Body<StartAsk>,
) -> Result<Go, Problem> {
    let next = web
        .ask(&cx, driver, move |world, _, who, _| {
            let case = start_case::start(world, who, &ask.violation, ask.programme.route())?;
            let (_, place) = start_case::place(world, who, &case)?;
            Ok(done::way(&case, &place))
        })
        .await?;
    Ok(Go::to(next))
}

/// Gives a case up while nothing irrevocable has happened.
///
/// # Errors
/// When money may have moved, or the case is over.
#[utoipa::path(post, path = "/cases/{id}/abandon", tag = "cases", params(("id" = String, Path)),
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn abandon(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Go, Problem> {
    web.ask(&cx, driver, move |world, _, who, _| start_case::abandon(world, who, &id)).await?;
    Ok(Go::to("/violations"))
}
