//! A case that is done: what was saved, what comes next. Also every other end of a case.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use clearway_domain::case::{Outward, Stopped, Why};
use clearway_service::citizen::start_case::{self, Place};
use clearway_service::citizen::timeline::Timeline as Found;
use clearway_service::citizen::{Who, quote, reconsider, timeline, turn, violations};
use clearway_service::{Error, World};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::Programme;
use super::reasons::{About, ReasonView};
use super::turn::PlaceView;
use crate::ctx::{Ctx, Cx};
use crate::money::MoneyLine;
use crate::page::{Go, Page, view, whole_s};
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// How a case stands at or near its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoneWord {
    /// Being written to the police platform.
    Handling,
    /// Done.
    Done,
    /// A person has to look.
    Manual,
    /// Not handled; nothing was taken, or it goes back.
    NotHandled,
    /// Given up by the driver.
    GivenUp,
    /// The money is on its way back.
    ComingBack,
    /// The money is back.
    Back,
    /// The decision was annulled.
    Annulled,
}

impl DoneWord {
    /// The word in message keys: `done-<word>`.
    pub const fn key(self) -> &'static str {
        match self {
            DoneWord::Handling => "done-handling",
            DoneWord::Done => "done-done",
            DoneWord::Manual => "done-manual",
            DoneWord::NotHandled => "done-not-handled",
            DoneWord::GivenUp => "done-given-up",
            DoneWord::ComingBack => "done-coming-back",
            DoneWord::Back => "done-back",
            DoneWord::Annulled => "done-annulled",
        }
    }
}

/// The end of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Done {
    /// The case.
    pub case_id: String,
    /// How it stands.
    pub word: DoneWord,
    /// The programme that was used, if one was.
    pub programme: Option<Programme>,
    /// The violation.
    pub about: About,
    /// The money line, when money is involved.
    pub money: Option<MoneyLine>,
    /// Fine waived, fen.
    pub waived_fen: i64,
    /// Paid, fen.
    pub paid_fen: i64,
    /// Points fewer.
    pub fewer_points: i32,
    /// Points recorded.
    pub points: i32,
    /// Seconds from start to end.
    pub took_s: Option<u32>,
    /// Whether there is a decision to be read.
    pub decision: bool,
    /// The order with its receipt.
    pub order_id: Option<String>,
    /// Open violations that are left.
    pub left: u32,
    /// Reasons, when it could not be handled.
    pub reasons: Vec<ReasonView>,
    /// What the platform answered in its own words, when it would not take the decision.
    pub refusal: Option<String>,
    /// What else stopped it: message `stopped-<word>`.
    pub stopped: Option<String>,
    /// The last day on which a person has looked; what was paid goes back then.
    pub manual_by: Option<Date>,
    /// Why the money goes back: message `back-why-<word>`.
    pub back_why: Option<String>,
    /// The last day on which the driver may ask for another look, because a warning would have been free.
    pub reconsider_by: Option<Date>,
    /// Whether the driver asked.
    pub reconsider_asked: bool,
    /// When it runs, for what was confirmed outside the hours.
    pub runs_at: Option<Timestamp>,
    /// The place of the driver, while it is being handled and there is a queue to speak of.
    pub queue: Option<PlaceView>,
    /// Milliseconds after which it makes sense to look again, while it is being handled.
    pub again_ms: Option<u32>,
}

impl Done {
    /// The message of the heading: what waits is not being written yet.
    pub fn heading(&self) -> &'static str {
        match (self.word, self.runs_at, &self.queue) {
            (DoneWord::Handling, Some(_), _) => "done-kept",
            (DoneWord::Handling, None, Some(_)) => "done-queued",
            _ => self.word.key(),
        }
    }

    /// Milliseconds after which the page looks again by itself. In a queue it does not: the page of the queue asks for much less.
    pub fn looks_again(&self) -> Option<u32> {
        self.again_ms.filter(|_| self.queue.is_none())
    }

    /// The same in the whole seconds of a page without scripts.
    pub fn refresh_s(&self) -> Option<u32> {
        self.looks_again().map(whole_s)
    }

    /// Minutes and seconds it took.
    pub fn took(&self) -> Option<(u32, u32)> {
        self.took_s.map(|seconds| (seconds / 60, seconds % 60))
    }
}

view!(Done, "citizen/done.html");

/// What a case's address answers: where it goes on, or its end.
enum Answer {
    Go(String),
    Show(Box<Done>),
}

/// A case: goes on where it stopped, or shows its end.
///
/// # Errors
/// For somebody else's case.
#[utoipa::path(get, path = "/cases/{id}", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Done), (status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let answer = web.ask(&cx, driver, move |world, c, who, _| answer(world, c, who, &id)).await?;
    Ok(match answer {
        Answer::Go(next) => Go::to(next).into_response(),
        Answer::Show(view) => Page::new(cx, *view).into_response(),
    })
}

/// The page on which a case goes on: itself where it is known, and not by way of the case's address.
pub(super) fn way(id: &str, place: &Place) -> String {
    match place {
        Place::Study => format!("/cases/{id}/study"),
        Place::Quiz => format!("/cases/{id}/quiz"),
        Place::Confirm => format!("/cases/{id}/confirm"),
        Place::Order(order) => format!("/orders/{order}"),
        // A quote is made when somebody wants to see it.
        Place::Quote | Place::Result => format!("/cases/{id}"),
    }
}

fn answer(world: &World, c: &Ctx, who: &Who, id: &str) -> Result<Answer, Error> {
    let (_, place) = start_case::place(world, who, id)?;
    Ok(Answer::Go(match place {
        Place::Quote => format!("/quotes/{}", quote::of_case(world, who, id)?.id),
        Place::Study | Place::Quiz | Place::Confirm | Place::Order(_) => way(id, &place),
        Place::Result => {
            let found = timeline::page(world, who, id)?;
            let left = violations::judged(world, who)?.lines.len();
            let mut view = model(world, c, &found, left);
            view.reconsider_asked = reconsider::asked(&found.done);
            view.reconsider_by = reconsider::until(world, &found.case)?.filter(|_| !view.reconsider_asked);
            if view.word == DoneWord::Handling && view.runs_at.is_none() {
                view.queue = turn::in_queue(world, who)?.as_ref().map(PlaceView::of);
                view.again_ms = Some(turn::again_ms(world, who, found.case.changed_at_ms, true)?);
            }
            return Ok(Answer::Show(Box::new(view)));
        }
    }))
}

fn model(world: &World, c: &Ctx, found: &Found, left: usize) -> Done {
    let case = &found.case;
    let programme = Programme::of_route(&case.route);
    let word = match found.outward {
        Outward::Done => DoneWord::Done,
        Outward::HumanLooks => DoneWord::Manual,
        Outward::NotHandled => DoneWord::NotHandled,
        Outward::GivenUp => DoneWord::GivenUp,
        Outward::MoneyComingBack => DoneWord::ComingBack,
        Outward::MoneyBack => DoneWord::Back,
        Outward::Annulled => DoneWord::Annulled,
        Outward::Learning
        | Outward::ToConfirm
        | Outward::ToPay
        | Outward::ConfirmingMoney
        | Outward::Handling => DoneWord::Handling,
    };
    let about = about_case(world, c, found);
    let paid = case.order_id.is_some() && !matches!(word, DoneWord::GivenUp | DoneWord::NotHandled);
    let took = case.decided_at_ms.map(|at| (at - case.opened_at_ms).max(0) / 1000);
    Done {
        case_id: case.case_id.clone(),
        word,
        programme,
        money: paid.then_some(MoneyLine::Charged),
        waived_fen: if programme == Some(Programme::First) { about.fine_fen } else { 0 },
        paid_fen: if paid { found.to_pay_fen } else { 0 },
        fewer_points: shown::points(Some(case.points_full - case.points_given)),
        points: shown::points(Some(case.points_given)),
        // Somebody who came back another day did not take a day.
        took_s: took.filter(|seconds| *seconds < 3600).and_then(|seconds| u32::try_from(seconds).ok()),
        decision: found.state.has_decision() && case.decision_number.is_some(),
        order_id: case.order_id.clone().filter(|_| paid),
        left: u32::try_from(left).unwrap_or(u32::MAX),
        reasons: Vec::new(),
        refusal: case
            .refusal
            .clone()
            .filter(|why| Why::from_slug(why).is_none() && Stopped::from_stored(why).is_none()),
        stopped: case
            .refusal
            .as_deref()
            .and_then(Stopped::from_stored)
            .map(|stopped| stopped.slug().to_owned()),
        manual_by: found.manual_by,
        back_why: case.refusal.clone().filter(|why| Why::from_slug(why).is_some()),
        runs_at: found.runs,
        queue: None,
        again_ms: None,
        reconsider_by: None,
        reconsider_asked: false,
        about,
    }
}

/// The violation of a case in a line.
pub(super) fn about_case(world: &World, c: &Ctx, found: &Found) -> About {
    let case = &found.case;
    match &found.violation {
        Some(violation) => shown::about_violation(world, c, violation),
        None => About {
            id: case.violation.clone(),
            act: c.t("act-unknown").into_owned(),
            at: shown::instant(case.opened_at_ms),
            place: c.t("place-unknown").into_owned(),
            fine_fen: case.fine_fen,
            points: shown::points(Some(case.points_full)),
        },
    }
}
