//! The conditions of both programmes, public, written from the pack in force.

use axum::extract::{Query, State};
use clearway_domain::case::Route as CaseRoute;
use clearway_domain::refusal::Question;
use clearway_domain::rules::{Confidence, Pack, Words};
use clearway_service::citizen::{programmes, violation};
use clearway_service::{Error, World, law};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::parts::Programme;
use crate::ctx::{Ctx, Cx};
use crate::page::{Page, view};
use crate::problem::{Problem, ProblemView};
use crate::web::Web;

/// One condition in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConditionView {
    /// The condition.
    pub text: String,
    /// Its rule.
    pub article: String,
    /// Whether its source is weak.
    pub weak_source: bool,
}

/// One programme as the pack has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProgrammeDoc {
    /// Which one.
    pub programme: Programme,
    /// Whether this pack has it at all.
    pub enabled: bool,
    /// What it does, in one or two sentences.
    pub effect: String,
    /// Seconds of study.
    pub study_s: u32,
    /// Questions.
    pub questions: u32,
    /// Right answers needed.
    pub pass: u32,
    /// About so many minutes, computed.
    pub minutes: u32,
    /// Conditions.
    pub conditions: Vec<ConditionView>,
}

/// A pack that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day, unless it is in force without an end.
    pub to: Option<Date>,
    /// Whether it is the one shown.
    pub shown: bool,
    /// Whether it is in force today.
    pub in_force: bool,
}

/// The public page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Programmes {
    /// The day for which the rules are shown.
    pub on: Date,
    /// The pack that is shown.
    pub pack: Option<PackRef>,
    /// Programmes.
    pub programmes: Vec<ProgrammeDoc>,
    /// Whether study used first loses the warning.
    pub study_blocks_warning: bool,
    /// All packs by date.
    pub packs: Vec<PackRef>,
}

view!(Programmes, "citizen/programmes.html");

/// For which day the rules are shown.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct OnQuery {
    /// A day; today when it is not given.
    on: Option<Date>,
}

/// The conditions of both programmes, for everybody.
///
/// # Errors
/// When no pack is in force.
#[utoipa::path(get, path = "/programmes", tag = "public", params(OnQuery),
    responses((status = 200, body = Programmes), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    Query(query): Query<OnQuery>,
) -> Result<Page<Programmes>, Problem> {
    let view = web.run(&cx, move |world, c| model(world, c, query.on)).await?;
    Ok(Page::public(cx, view))
}

fn words(c: &Ctx, words: &Words) -> String {
    if c.english() { words.en.clone() } else { words.zh.clone() }
}

fn model(world: &World, c: &Ctx, on: Option<Date>) -> Result<Programmes, Error> {
    let today = world.today();
    let on = on.unwrap_or(today);
    let all = programmes::packs(world);
    let pack = all.iter().copied().find(|pack| pack.covers(on));
    let listed = |one: &&Pack| PackRef {
        id: one.id().to_string(),
        name: words(c, one.title()),
        from: one.from(),
        to: one.until(),
        shown: pack.is_some_and(|shown| shown.id() == one.id()),
        in_force: one.covers(today),
    };
    let docs = [Programme::First, Programme::Study];
    Ok(Programmes {
        on,
        pack: pack.as_ref().map(listed),
        programmes: pack
            .map(|pack| docs.map(|programme| document(c, pack, programme, on)).into())
            .unwrap_or_default(),
        study_blocks_warning: pack.is_some_and(|pack| law::study_credit(pack, on).is_some()),
        packs: all.iter().map(listed).collect(),
    })
}

fn document(c: &Ctx, pack: &Pack, programme: Programme, on: Date) -> ProgrammeDoc {
    let (question, route) = match programme {
        Programme::First => (Question::First, CaseRoute::First),
        Programme::Study => (Question::Study, CaseRoute::Study),
    };
    let settings = pack.programme(question, on);
    let hosted = law::study_settings(pack, question, on);
    let effect = match programme {
        Programme::First => c.t("effect-first").into_owned(),
        Programme::Study if settings.credit => c.ta("effect-study-credit", &[("n", &settings.points)]),
        Programme::Study => c.ta("effect-study-licence", &[("n", &settings.points), ("cap", &settings.cap)]),
    };
    ProgrammeDoc {
        programme,
        enabled: settings.enabled,
        effect,
        study_s: hosted.as_ref().map_or(0, |hosted| hosted.study_s),
        questions: hosted.as_ref().map_or(0, |hosted| hosted.questions.into()),
        pass: hosted.as_ref().map_or(0, |hosted| hosted.pass.into()),
        minutes: violation::minutes(pack, route, on),
        conditions: pack
            .conditions(question, on)
            .into_iter()
            .filter(|condition| !condition.note)
            .map(|condition| ConditionView {
                text: words(c, &condition.text),
                article: words(c, &condition.article.name),
                weak_source: condition.confidence != Confidence::S,
            })
            .collect(),
    }
}
