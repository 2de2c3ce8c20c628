//! One violation: facts, evidence, and the options side by side before anything is chosen.

use axum::extract::{Path, State};
use clearway_domain::case::Route as CaseRoute;
use clearway_domain::points::cycle_of;
use clearway_domain::rules::Outcome;
use clearway_service::assess::allowed_when_open;
use clearway_service::citizen::violation::{self, Choice as Found, Detail};
use clearway_service::{World, law};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::{Card, Event, Programme, Route, TileState};
use super::reasons::ReasonView;
use super::violations;
use crate::ctx::{Ctx, Cx};
use crate::page::{Page, view};
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// What is left after an option was taken. Each is a sentence; some are irreversible and marked so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum After {
    /// The warning is used up for this points year.
    WarningUsed,
    /// The study reduction stays available.
    StudyKept,
    /// The study reduction is used up for this points year.
    StudyUsed,
    /// The warning is gone for this points year: study was used, or another violation was decided before it.
    WarningGone,
    /// The warning is gone, because another violation then came first.
    NoLongerFirst,
    /// Both programmes stay as they are.
    BothKept,
    /// So many points of the credit stay, until that day.
    CreditLeft {
        /// Points.
        left: i32,
        /// Last day.
        until: Date,
    },
    /// Points of this cycle after it.
    PointsThen {
        /// Points.
        points: i32,
    },
}

impl After {
    /// Whether this cannot be taken back and costs something.
    pub const fn is_loss(&self) -> bool {
        matches!(self, After::WarningGone | After::NoLongerFirst)
    }

    /// The sentence.
    pub fn sentence(&self, c: &crate::ctx::Ctx) -> String {
        match self {
            After::WarningUsed => c.t("after-warning-used").into_owned(),
            After::StudyKept => c.t("after-study-kept").into_owned(),
            After::StudyUsed => c.t("after-study-used").into_owned(),
            After::WarningGone => c.t("after-warning-gone").into_owned(),
            After::NoLongerFirst => c.t("after-no-longer-first").into_owned(),
            After::BothKept => c.t("after-both-kept").into_owned(),
            After::CreditLeft { left, until } => {
                c.ta("after-credit-left", &[("points", left), ("date", &c.day(until))])
            }
            After::PointsThen { points } => c.ta("after-points-then", &[("points", points)]),
        }
    }
}

/// One way to deal with the violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Choice {
    /// Which way.
    pub route: Route,
    /// Whether it can be taken.
    pub state: TileState,
    /// Whether it is the one we would take.
    pub best: bool,
    /// To be paid, fen, surcharge included.
    pub pay_fen: i64,
    /// Points that will stand in the record.
    pub points: i32,
    /// About so many minutes, computed from the pack.
    pub minutes: u32,
    /// What is left afterwards.
    pub after: Vec<After>,
    /// Where it starts, or where its reasons are.
    pub href: String,
}

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violation {
    /// The violation as the list shows it.
    pub card: Card,
    /// Articles broken and applied.
    pub articles: Vec<String>,
    /// Who recorded it.
    pub recorded_by: String,
    /// How it was recorded, in words.
    pub source: String,
    /// Where the evidence pictures are, when there is a camera record.
    pub evidence: Option<String>,
    /// The options, best first.
    pub choices: Vec<Choice>,
    /// Whether taking study first would lose the warning, so that it has to be said.
    pub order_warning: bool,
    /// The own case, where it can still be given up: then another way may be chosen.
    pub give_up: Option<String>,
    /// What blocks nothing and is good to know: terms that run, an old law, rights.
    pub notes: Vec<ReasonView>,
    /// What has happened so far.
    pub events: Vec<Event>,
    /// When the record was read.
    pub as_of: Timestamp,
}

view!(Violation, "citizen/violation.html");

/// One violation with its options side by side.
///
/// # Errors
/// For a violation that is not among the driver's.
#[utoipa::path(get, path = "/violations/{id}", tag = "violations", params(("id" = String, Path)),
    responses((status = 200, body = Violation), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Violation>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| Ok(model(world, c, &violation::detail(world, who, &id)?)))
        .await?;
    Ok(Page::new(cx, view))
}

fn model(world: &World, c: &Ctx, detail: &Detail) -> Violation {
    let line = detail.line();
    let credit = credit_of(world);
    let card = violations::card(world, c, &detail.assessment, line);
    let record = line.violation.record.as_ref();
    let decision = line.violation.decision.as_ref();
    let office = record
        .and_then(|record| record.office_name.clone())
        .or_else(|| decision.and_then(|decision| decision.office_name.clone()))
        .or_else(|| line.violation.office().map(str::to_owned));
    let mut choices: Vec<Choice> = if line.own_case.is_some() {
        Vec::new()
    } else {
        detail.choices.iter().map(|found| choice(c, detail, found, credit)).collect()
    };
    if let Some(best) = choices.iter_mut().find(|choice| choice.state == TileState::Usable) {
        best.best = true;
    }
    Violation {
        articles: Vec::new(),
        recorded_by: office.unwrap_or_else(|| c.t("value-unknown").into_owned()),
        source: c.t(if record.is_some() { "source-camera" } else { "source-decision" }).into_owned(),
        evidence: record.is_some().then(|| format!("/violations/{}/evidence", card.id)),
        order_warning: detail.choices.iter().any(|found| {
            found.usable && found.route == CaseRoute::Study && found.closes == Some(CaseRoute::First)
        }),
        events: events(record.and_then(|record| record.entered), &card, line.violation.fetched),
        give_up: line
            .own_case
            .as_ref()
            .and_then(|(case, state, _)| state.can_abandon().then(|| case.clone())),
        notes: super::reasons::notes(world, c, line),
        as_of: line.violation.fetched,
        choices,
        card,
    }
}

/// What has happened before any case.
fn events(entered: Option<Timestamp>, card: &Card, read: Timestamp) -> Vec<Event> {
    let event = |word: &str, at: Timestamp, by: &str, current| Event {
        word: word.to_owned(),
        at: Some(at),
        expected: None,
        by: Some(by.to_owned()),
        detail: None,
        current,
    };
    let mut events = vec![event("recorded", card.at, "system", false)];
    events.extend(entered.map(|at| event("entered", at, "officer", false)));
    events.push(event("shown", read, "system", true));
    events
}

fn choice(c: &Ctx, detail: &Detail, found: &Found, credit: Option<i64>) -> Choice {
    let line = detail.line();
    let id = &line.violation.id;
    let checking = detail.assessment.dossier.is_checking() && found.route != CaseRoute::Pay;
    let state = match found.verdict.outcome {
        _ if found.usable => TileState::Usable,
        _ if checking => TileState::Checking,
        Outcome::Unknown => TileState::Unknown,
        Outcome::Allowed | Outcome::Refused => TileState::Blocked,
    };
    let (route, programme) = match found.route {
        CaseRoute::First => (Route::First, Some(Programme::First)),
        CaseRoute::Study => (Route::Study, Some(Programme::Study)),
        CaseRoute::Pay => (Route::Pay, None),
    };
    let href = match (state, programme) {
        (TileState::Usable, Some(programme)) => violations::start_href(id, programme),
        (TileState::Usable, None) => "/quotes".to_owned(),
        (_, Some(programme)) => format!("/violations/{id}/reasons?programme={}", programme.word()),
        (_, None) => format!("/violations/{id}/reasons"),
    };
    Choice {
        route,
        state,
        best: false,
        pay_fen: found.to_pay.0,
        points: shown::points(found.points),
        minutes: found.minutes,
        after: after(detail, found, credit, c),
        href,
    }
}

/// What is left after an option, as far as it can be said.
pub(super) fn after(detail: &Detail, found: &Found, credit: Option<i64>, c: &Ctx) -> Vec<After> {
    let line = detail.line();
    let mut after = Vec::new();
    match found.route {
        CaseRoute::First => after.extend([After::WarningUsed, After::StudyKept]),
        CaseRoute::Study => {
            after.push(After::StudyUsed);
            if found.closes == Some(CaseRoute::First) {
                after.push(After::WarningGone);
            }
            after.extend(credit_left(detail, credit, c));
        }
        CaseRoute::Pay if found.closes == Some(CaseRoute::First) => {
            // It may be this violation's own warning, or that of another one.
            let own = allowed_when_open(&line.first);
            after.push(if own { After::NoLongerFirst } else { After::WarningGone });
        }
        CaseRoute::Pay if line.violation.decision.is_none() => after.push(After::BothKept),
        CaseRoute::Pay => {}
    }
    let so_far = detail.assessment.dossier.licence.as_ref().and_then(|licence| licence.points);
    if let (Some(so_far), None) = (so_far, &line.violation.decision) {
        after.push(After::PointsThen { points: so_far + shown::points(found.points) });
    }
    after
}

/// Points of the study credit that this violation does not take, and the last day of the points year.
fn credit_left(detail: &Detail, credit: Option<i64>, c: &Ctx) -> Option<After> {
    let line = detail.line();
    let credit = credit?;
    let taken = line.points.unwrap_or(0) - line.points_with_study?;
    let first = detail.assessment.dossier.licence.as_ref()?.first_licence?;
    let until = cycle_of(first, c.today()).end_exclusive.yesterday().ok()?;
    (credit > taken).then(|| After::CreditLeft { left: shown::points(Some(credit - taken)), until })
}

/// Points of the study credit of the pack in force, where it gives one.
pub(super) fn credit_of(world: &World) -> Option<i64> {
    world.pack_at(world.now()).ok().and_then(|pack| law::study_credit(pack, world.today()))
}
