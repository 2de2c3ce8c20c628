//! The quiz: one question at a time; the answer key never leaves the server.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use clearway_domain::study::bank::{Kind, Words};
use clearway_domain::study::{Feedback as Found, Outcome, QuestionView};
use clearway_service::citizen::quiz::{self, QuizPage};
use clearway_service::citizen::{Who, start_case};
use clearway_service::{CaseFile, Error, World};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::done;
use super::parts::{Programme, Step, Steps};
use super::study::articles;
use crate::body::Body;
use crate::ctx::{Ctx, Cx, Wants};
use crate::page::{Go, Page, view};
use crate::problem::{Problem, ProblemView};
use crate::web::{Driver, Web};

/// An answer that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answer {
    /// Its place, which is sent back.
    pub place: u8,
    /// Its text.
    pub text: String,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// Its place in the sitting, from 0, which is sent back.
    pub index: u8,
    /// Questions in this sitting.
    pub of: u8,
    /// Its text.
    pub stem: String,
    /// Whether several answers are right.
    pub several: bool,
    /// What can be chosen, in the order of this sitting.
    pub answers: Vec<Answer>,
    /// By when it has to be answered, when the pack sets a limit.
    pub answer_by: Option<Timestamp>,
}

impl Question {
    /// Its place as people count.
    pub fn number(&self) -> u32 {
        u32::from(self.index) + 1
    }
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Feedback {
    /// The question's id, for reporting it.
    pub id: String,
    /// Which one of the quiz, from 1.
    pub number: u32,
    /// Questions in this sitting, when it is still open.
    pub of: Option<u8>,
    /// The question's text.
    pub stem: String,
    /// Whether it was right.
    pub right: bool,
    /// Whether it came too late.
    pub late: bool,
    /// The right answer's text.
    pub answer: String,
    /// Why.
    pub why: String,
    /// The article.
    pub article: String,
    /// Whether this was the last question.
    pub last: bool,
    /// Where it goes on.
    pub next: String,
}

/// The rules, before a sitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rules {
    /// Questions.
    pub questions: u8,
    /// Right answers needed.
    pub pass: u8,
    /// Sittings left today, this one included; none when it has to wait.
    pub tries_left: Option<u8>,
    /// When the next sitting may begin, if tries are used up for now.
    pub again_at: Option<Timestamp>,
    /// Right answers of the sitting before, and how many were missing.
    pub failed: Option<(u8, u8)>,
}

/// How a sitting was passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Passed {
    /// Right answers.
    pub right: u8,
    /// Questions.
    pub of: u8,
}

/// The quiz page. Exactly one of `rules`, `question`, `feedback` and `passed` is there; only beside the feedback of an answer that a
/// script or a program has just given there may be the question after it, so that going on needs no request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quiz {
    /// The case.
    pub case_id: String,
    /// The steps.
    pub steps: Steps,
    /// The rules, before a sitting.
    pub rules: Option<Rules>,
    /// The question that waits, or comes next.
    pub question: Option<Question>,
    /// What became of the answer just given.
    pub feedback: Option<Feedback>,
    /// How it was passed.
    pub passed: Option<Passed>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct AnswerAsk {
    /// The question that it answers.
    #[garde(length(min = 1, max = 64))]
    pub question: String,
    /// Its place in the sitting.
    #[garde(skip)]
    pub index: u8,
    /// What was chosen: places as they were shown.
    #[garde(length(min = 1, max = 8))]
    pub chosen: Vec<u8>,
}

view!(Quiz, "citizen/quiz.html");

/// Which answered question is looked at again.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct QuizQuery {
    /// Its place in the sitting: its feedback is shown.
    answered: Option<u8>,
}

/// The quiz page as the case stands, or the feedback of an answered question.
///
/// # Errors
/// While study time is missing, or when the case is past the quiz.
#[utoipa::path(get, path = "/cases/{id}/quiz", tag = "cases", params(("id" = String, Path), QuizQuery),
    responses((status = 200, body = Quiz), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    Query(query): Query<QuizQuery>,
) -> Result<Page<Quiz>, Problem> {
    let view = match query.answered {
        // What was answered is only looked at; that a question is shown is noted.
        Some(index) => {
            web.see(&cx, driver, move |world, c, who| {
                given(world, c, who, &id, &quiz::feedback(world, who, &id, index)?)
            })
            .await?
        }
        None => {
            web.ask(&cx, driver, move |world, c, who, _| Ok(model(c, quiz::page(world, who, &id)?))).await?
        }
    };
    Ok(Page::new(cx, view))
}

fn empty(case: &CaseFile) -> Quiz {
    let programme = Programme::of_route(&case.route).unwrap_or(Programme::Study);
    Quiz {
        case_id: case.case_id.clone(),
        steps: programme.steps(Step::Quiz),
        rules: None,
        question: None,
        feedback: None,
        passed: None,
    }
}

fn words(c: &Ctx, words: &Words) -> String {
    if c.english() { words.en.clone() } else { words.zh.clone() }
}

fn model(c: &Ctx, page: QuizPage) -> Quiz {
    match page {
        QuizPage::Rules { case, settings, may_begin, failed } => Quiz {
            rules: Some(Rules {
                questions: settings.questions,
                pass: settings.pass,
                tries_left: may_begin.ok(),
                again_at: may_begin.err().map(|refusal| refusal.until()),
                failed,
            }),
            ..empty(&case)
        },
        QuizPage::Question { case, question } => Quiz { question: Some(asked(c, &question)), ..empty(&case) },
        QuizPage::Passed { case, right, of } => Quiz { passed: Some(Passed { right, of }), ..empty(&case) },
    }
}

fn asked(c: &Ctx, question: &QuestionView) -> Question {
    Question {
        id: question.id.0.clone(),
        index: question.index,
        of: question.of,
        stem: words(c, &question.stem),
        several: question.kind == Kind::Multiple,
        answers: question
            .options
            .iter()
            .map(|option| Answer { place: option.place, text: words(c, &option.text) })
            .collect(),
        answer_by: question.answer_by,
    }
}

fn feedback(world: &World, c: &Ctx, found: &Found, next: String) -> Feedback {
    let texts: Vec<String> = found.right_texts.iter().map(|text| words(c, text)).collect();
    let stem = world.bank.questions().iter().find(|question| question.id == found.id);
    Feedback {
        id: found.id.0.clone(),
        number: u32::from(found.index) + 1,
        of: None,
        stem: stem.map_or_else(String::new, |question| words(c, &question.stem)),
        right: found.correct && !found.late,
        late: found.late,
        answer: texts.join(" · "),
        why: words(c, &found.explanation),
        article: articles(c.english(), &found.articles),
        last: !matches!(found.outcome, Outcome::Open { .. }),
        next,
    }
}

/// Begins a sitting, or the next one after a failed one.
///
/// # Errors
/// While study time is missing, or when tries are used up.
#[utoipa::path(post, path = "/cases/{id}/quiz/begin", tag = "cases", params(("id" = String, Path)),
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn begin(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Go, Problem> {
    let next = format!("/cases/{id}/quiz");
    web.ask(&cx, driver, move |world, _, who, _| quiz::begin(world, who, &id)).await?;
    Ok(Go::to(next))
}

/// Takes an answer. A browser that goes from page to page is sent on to the feedback; a script or a program, which stays where it
/// is, gets it at once.
///
/// # Errors
/// For a question that is not the open one, or a choice that does not fit it.
#[utoipa::path(post, path = "/cases/{id}/quiz", tag = "cases", params(("id" = String, Path)), request_body = AnswerAsk,
    responses((status = 200, body = Quiz), (status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn answer(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(ask): Body<AnswerAsk>,
) -> Result<Response, Problem> {
    let answered = format!("/cases/{id}/quiz?answered={}", ask.index);
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            let found = quiz::answer(world, who, &id, ask.index, &ask.question, &ask.chosen)?;
            let question = found.next.map(|next| asked(c, &next));
            Ok(Quiz { question, ..given(world, c, who, &id, &found.feedback)? })
        })
        .await?;
    let stays =
        cx.wants == Wants::Json || headers.get("sec-fetch-mode").is_some_and(|mode| mode != "navigate");
    Ok(if stays { Page::new(cx, view).into_response() } else { Go::to(answered).into_response() })
}

/// The page of an answer that was given.
fn given(world: &World, c: &Ctx, who: &Who, id: &str, found: &Found) -> Result<Quiz, Error> {
    let (case, place) = start_case::place(world, who, id)?;
    Ok(Quiz { feedback: Some(feedback(world, c, found, done::way(id, &place))), ..empty(&case) })
}
