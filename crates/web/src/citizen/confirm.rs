//! The confirmation: facts, rights, effect, and a button that names the act.

use axum::extract::{Path, State};
use clearway_service::Error;
use clearway_service::citizen::confirm::{self, Acts};
use clearway_service::citizen::start_case;
use clearway_service::error::Conflict;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{Programme, Step, Steps};
use super::reasons::About;
use super::violation::After;
use crate::body::Body;
use crate::ctx::{Ctx, Cx};
use crate::page::{Go, Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// The confirmation page of a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Confirm {
    /// The case.
    pub case_id: String,
    /// Version of the case that was read.
    pub version: i64,
    /// The programme.
    pub programme: Programme,
    /// The steps.
    pub steps: Steps,
    /// The violation.
    pub about: About,
    /// Offence code.
    pub code: String,
    /// Plate.
    pub plate: Private,
    /// Fine waived, fen.
    pub waived_fen: i64,
    /// Points waived.
    pub waived_points: i32,
    /// What is left afterwards.
    pub after: Vec<After>,
    /// When the service opens, if it is closed now: what is confirmed before runs then.
    pub closed_until: Option<Timestamp>,
}

/// What a person confirms. Waiving the statement is its own act with its own box.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct ConfirmAsk {
    /// That the facts are right: the button says so.
    #[serde(default)]
    #[garde(skip)]
    pub facts: bool,
    /// That the right to a statement is waived.
    #[serde(default)]
    #[garde(skip)]
    pub waiver: bool,
}

view!(Confirm, "citizen/confirm.html");

/// The words that stood beside the acts, as they are recorded.
pub(super) struct Said {
    facts: Option<String>,
    waiver: Option<String>,
}

impl Said {
    /// The acts in the words of the page's language; an act that was not done has none.
    pub(super) fn of(c: &Ctx, facts: bool, waiver: bool) -> Said {
        Said {
            facts: facts.then(|| c.t("confirm-facts-words").into_owned()),
            waiver: waiver.then(|| c.t("confirm-waive").into_owned()),
        }
    }

    /// As the service takes them.
    pub(super) fn acts(&self) -> Acts<'_> {
        Acts { facts: self.facts.as_deref(), waiver: self.waiver.as_deref() }
    }
}

/// The confirmation of a warning.
///
/// # Errors
/// When the case is not ready to be confirmed.
#[utoipa::path(get, path = "/cases/{id}/confirm", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Confirm), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Confirm>, Problem> {
    let view = web
        .see(&cx, driver, move |world, c, who| {
            let page = confirm::page(world, who, &id)?;
            let line = page.line();
            let about = shown::about(world, c, line);
            Ok(Confirm {
                programme: Programme::First,
                steps: Programme::First.steps(Step::Confirm),
                code: line.violation.code().unwrap_or_default().to_owned(),
                plate: line.violation.plate.number().into(),
                waived_fen: about.fine_fen,
                waived_points: about.points,
                after: vec![After::WarningUsed, After::StudyKept],
                // Outside the hours it can be confirmed too, and the page says when it runs.
                closed_until: if page.assessment.open_now { None } else { c.hours.opens_at },
                case_id: page.case.case_id.clone(),
                version: page.case.version,
                about,
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}

/// Confirms: the warning is written.
///
/// # Errors
/// Naming the act that is missing; with every reason, the hours among them; when the case has moved on.
#[utoipa::path(post, path = "/cases/{id}/confirm", tag = "cases", params(("id" = String, Path)), request_body = ConfirmAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn confirm(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    Body(ask): Body<ConfirmAsk>,
) -> Result<Go, Problem> {
    let next = format!("/cases/{id}");
    web.ask(&cx, driver, move |world, c, who, _| {
        let said = Said::of(c, ask.facts, ask.waiver);
        match confirm::confirm(world, who, &id, said.acts()) {
            // A second tap finds the case moved on: the page then shows where it is.
            Err(Error::Conflict(Conflict::CaseMoved)) => start_case::place(world, who, &id).map(|_| ()),
            other => other,
        }
    })
    .await?;
    Ok(Go::to(next))
}
