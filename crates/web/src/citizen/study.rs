//! Study with an honest timer: the server is the clock.

use axum::Json;
use axum::extract::{Path, State};
use clearway_domain::study::bank::Words;
use clearway_domain::study::clock::BEAT_S;
use clearway_domain::study::law::ArticleRef;
use clearway_domain::study::{Beat, Sitting};
use clearway_service::Error;
use clearway_service::citizen::{quiz, study};
use clearway_service::error::Conflict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{Programme, Step, Steps};
use crate::body::Body;
use crate::ctx::Cx;
use crate::page::{Go, Page, view};
use crate::problem::{Problem, ProblemView};
use crate::web::{Driver, Web};

/// One card to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StudyCard {
    /// Its id.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Paragraphs.
    pub paragraphs: Vec<String>,
    /// The article it explains.
    pub article: String,
    /// Whether it is about the very violation.
    pub yours: bool,
}

/// The study page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Study {
    /// The case.
    pub case_id: String,
    /// The programme.
    pub programme: Programme,
    /// The steps.
    pub steps: Steps,
    /// What is studied.
    pub topic: String,
    /// Cards, the one about the violation first.
    pub cards: Vec<StudyCard>,
    /// Seconds required.
    pub need_s: u32,
    /// Seconds earned.
    pub done_s: u32,
    /// Whether that is enough.
    pub ready: bool,
    /// Number of this showing of the page, which heartbeats and the continue button carry.
    pub sitting: u32,
    /// Seconds between heartbeats.
    pub every_s: u32,
}

impl Study {
    /// Seconds still missing.
    pub fn left_s(&self) -> u32 {
        self.need_s.saturating_sub(self.done_s)
    }
}

/// A heartbeat of the page's script.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct BeatAsk {
    /// Number of the showing.
    #[garde(skip)]
    pub sitting: u32,
    /// Counts up from 1 within a showing.
    #[garde(range(min = 1))]
    pub seq: u32,
    /// Whether the page is in front.
    #[garde(skip)]
    pub visible: bool,
}

/// The continue button: closes this showing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct GoOnAsk {
    /// Number of the showing.
    #[garde(skip)]
    pub sitting: u32,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BeatAnswer {
    /// Seconds earned.
    pub done_s: u32,
    /// Seconds still missing.
    pub left_s: u32,
    /// Whether that is enough.
    pub ready: bool,
    /// What became of the time since the last heartbeat, in a word.
    pub credit: String,
}

view!(Study, "citizen/study.html");

fn seconds(ms: u64) -> u32 {
    u32::try_from(ms / 1000).unwrap_or(u32::MAX)
}

/// The study page.
///
/// # Errors
/// When the case is past studying.
#[utoipa::path(get, path = "/cases/{id}/study", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Study), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Study>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            let page = study::page(world, who, &id)?;
            let programme = Programme::of_route(&page.case.route).unwrap_or(Programme::Study);
            let words = |words: &Words| if c.english() { words.en.clone() } else { words.zh.clone() };
            let cards: Vec<StudyCard> = page
                .cards
                .iter()
                .map(|card| StudyCard {
                    id: card.id.0.clone(),
                    title: words(&card.title),
                    paragraphs: words(&card.body)
                        .split('\n')
                        .filter(|text| !text.is_empty())
                        .map(str::to_owned)
                        .collect(),
                    article: articles(c.english(), &card.articles),
                    yours: page.codes.iter().any(|own| card.codes.contains(own)),
                })
                .collect();
            let topic = page.cards.first().and_then(|card| world.bank.topic(&card.topic));
            Ok(Study {
                programme,
                steps: programme.steps(Step::Study),
                topic: topic.map_or_else(String::new, |topic| words(&topic.name)),
                cards,
                need_s: page.clock.required_s(),
                done_s: seconds(page.clock.done_ms()).min(page.clock.required_s()),
                ready: page.clock.is_earned(),
                sitting: page.sitting.0,
                every_s: BEAT_S,
                case_id: page.case.case_id,
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}

/// Articles in the page's language, one after another.
pub(super) fn articles(english: bool, articles: &[ArticleRef]) -> String {
    let names: Vec<String> =
        articles.iter().map(|article| if english { article.en() } else { article.zh() }).collect();
    names.join(if english { "; " } else { ";" })
}

/// A heartbeat.
///
/// # Errors
/// When the case is past studying.
#[utoipa::path(post, path = "/cases/{id}/study/beat", tag = "cases", params(("id" = String, Path)), request_body = BeatAsk,
    responses((status = 200, body = BeatAnswer), (status = "default", body = ProblemView)))]
pub async fn beat(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    Body(ask): Body<BeatAsk>,
) -> Result<Json<BeatAnswer>, Problem> {
    let answer = web
        .ask(&cx, driver, move |world, _, who, _| {
            let beat = Beat { sitting: Sitting(ask.sitting), seq: ask.seq, visible: ask.visible };
            let outcome = study::beat(world, who, &id, beat)?;
            Ok(BeatAnswer {
                done_s: seconds(outcome.done_ms),
                left_s: seconds(outcome.left_ms + 999),
                ready: outcome.left_ms == 0,
                credit: serde_json::to_value(outcome.credit)
                    .ok()
                    .and_then(|word| word.as_str().map(str::to_owned))
                    .unwrap_or_default(),
            })
        })
        .await?;
    Ok(Json(answer))
}

/// The continue button: on to the first question once the time is earned, else back to the cards.
///
/// # Errors
/// When the case is past studying, or tries are used up.
#[utoipa::path(post, path = "/cases/{id}/study", tag = "cases", params(("id" = String, Path)), request_body = GoOnAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn go_on(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    Body(ask): Body<GoOnAsk>,
) -> Result<Go, Problem> {
    let next = web
        .ask(&cx, driver, move |world, _, who, _| {
            let outcome = study::go_on(world, who, &id, Sitting(ask.sitting))?;
            if outcome.left_ms > 0 {
                return Ok(format!("/cases/{id}/study"));
            }
            match quiz::begin(world, who, &id) {
                // The quiz page says when the next sitting may begin.
                Ok(()) | Err(Error::Conflict(Conflict::NoTriesLeft)) => Ok(format!("/cases/{id}/quiz")),
                Err(other) => Err(other),
            }
        })
        .await?;
    Ok(Go::to(next))
}
