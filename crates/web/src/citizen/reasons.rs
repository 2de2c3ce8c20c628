//! Why something cannot be done: of a violation, or of a programme.

use axum::extract::{Path, Query, State};
use clearway_domain::rules::{Outcome, Reason, Record, Verdict};
use clearway_service::assess::Line;
use clearway_service::citizen::reasons::{self, ViolationReasons};
use clearway_service::dossier::Topic;
use clearway_service::{Error, World};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::parts::{Card, Link, Programme, Route, TileState};
use super::violations;
use crate::ctx::{Ctx, Cx};
use crate::page::{Page, view};
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// What a person can do about a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CureKind {
    /// Something that can be done at once.
    Now,
    /// It passes by itself on a day.
    Date,
    /// Somewhere else.
    Elsewhere,
    /// Never; the next best way is said instead.
    Never,
}

impl CureKind {
    /// The cure's heading.
    pub const fn key(self) -> &'static str {
        match self {
            CureKind::Now => "cure-now",
            CureKind::Date => "cure-date",
            CureKind::Elsewhere => "cure-elsewhere",
            CureKind::Never => "cure-never",
        }
    }

    /// Icon's name.
    pub const fn icon(self) -> &'static str {
        match self {
            CureKind::Now => "next",
            CureKind::Date => "clock",
            CureKind::Elsewhere => "place",
            CureKind::Never => "dash",
        }
    }
}

/// A place to go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Address.
    pub address: String,
    /// When it is open.
    pub hours: String,
    /// Papers to bring.
    pub papers: String,
}

/// The cure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CureView {
    /// Which of the four.
    pub kind: CureKind,
    /// What to do, in one or two sentences.
    pub text: String,
    /// The button, for what can be done at once.
    pub action: Option<Link>,
    /// The day, for what passes by itself.
    pub date: Option<Date>,
    /// The place, for what is done elsewhere.
    pub place: Option<Place>,
}

/// A fact that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactShown {
    /// Its name: the variable of the reason's message.
    pub name: String,
    /// What was found.
    pub value: String,
}

/// One reason in full: conclusion, what we see, rule, cure, code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonView {
    /// Code to quote.
    pub code: String,
    /// Whether the check could not be made, which is no refusal.
    pub unknown: bool,
    /// The conclusion in one sentence.
    pub title: String,
    /// What we see, in one sentence.
    pub seen: Option<String>,
    /// The facts behind it.
    pub facts: Vec<FactShown>,
    /// The limit it was measured against.
    pub limit: Option<String>,
    /// The rule: article or clause.
    pub article: String,
    /// Whether the source of the rule is weak, which is then said.
    pub weak_source: bool,
    /// What to do.
    pub cure: CureView,
}

/// The reasons of a violation or of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reasons {
    /// The violation it is about, in a line, if it is about one.
    pub about: Option<About>,
    /// The programme it is about, if it is about one.
    pub programme: Option<Programme>,
    /// The programme's state, if it is about one.
    pub state: Option<TileState>,
    /// Every reason, most important first.
    pub reasons: Vec<ReasonView>,
    /// Why each programme is not usable on this violation, when that was not the question itself.
    pub programmes: Vec<ProgrammeReasons>,
    /// What blocks nothing and is good to know: terms that run, an old law, rights.
    pub notes: Vec<ReasonView>,
    /// What was checked and found in order.
    pub passed: Vec<String>,
    /// Policy pack that judged.
    pub pack: String,
    /// When it judged.
    pub judged_at: Timestamp,
    /// What can be done instead.
    pub instead: Vec<Link>,
    /// Where to retry checks that could not be made.
    pub retry: Option<String>,
}

impl Reasons {
    /// The heading: "could not check" never reads as a refusal, and what can be handled never as what cannot.
    pub fn heading(&self, c: &Ctx) -> String {
        if let Some(programme) = &self.programme {
            let key = format!("reasons-programme-{}", self.state.unwrap_or(TileState::Blocked).word());
            return c.ta(&key, &[("name", &c.t(programme.key()))]);
        }
        let of_programmes = || self.programmes.iter().flat_map(|one| &one.reasons);
        let known = |reason: &ReasonView| !reason.unknown;
        let key = match (self.reasons.is_empty(), self.retry.is_some()) {
            (false, _) if self.reasons.iter().any(known) => "reasons-title",
            (false, _) => "reasons-title-unknown",
            (true, _) if of_programmes().any(known) => "reasons-title-programmes",
            (true, false) if of_programmes().next().is_none() => "reasons-title-fine",
            (true, _) => "reasons-title-unknown",
        };
        c.t(key).into_owned()
    }
}

/// Why a programme is not usable on a violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProgrammeReasons {
    /// Which one.
    pub programme: Programme,
    /// Every reason, most important first.
    pub reasons: Vec<ReasonView>,
}

/// A violation in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct About {
    /// Its id.
    pub id: String,
    /// What was done.
    pub act: String,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: String,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Points.
    pub points: i32,
}

view!(Reasons, "citizen/reasons.html");

/// What is asked about a violation.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct ReasonsQuery {
    /// Only about this programme.
    programme: Option<Programme>,
}

/// Why a violation cannot be handled here, with every reason; and why each programme cannot be used on it.
///
/// # Errors
/// For a violation that is not among the driver's.
#[utoipa::path(get, path = "/violations/{id}/reasons", tag = "reasons", params(("id" = String, Path), ReasonsQuery),
    responses((status = 200, body = Reasons), (status = "default", body = ProblemView)))]
pub async fn of_violation(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    Query(query): Query<ReasonsQuery>,
) -> Result<Page<Reasons>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            Ok(model(world, c, &id, &reasons::of_violation(world, who, &id)?, query.programme))
        })
        .await?;
    Ok(Page::new(cx, view))
}

/// The reasons of a violation; where one programme is asked about, its reasons and not those of the other.
fn model(world: &World, c: &Ctx, id: &str, found: &ViolationReasons, asked: Option<Programme>) -> Reasons {
    let line = &found.line;
    let decided = line.violation.decision.is_some();
    // What stands in the way of handling at all is said once, above.
    let own = |verdict: &Verdict| -> Vec<Reason> {
        let more = verdict.reasons.iter().filter(|_| !decided);
        more.filter(|one| found.handle.reasons.iter().all(|known| known.refusal != one.refusal))
            .cloned()
            .collect()
    };
    let both = [(Programme::First, own(&found.first)), (Programme::Study, own(&found.study))];
    let asked = asked.filter(|_| !decided);
    let mut reasons = found.handle.reasons.clone();
    for (_, more) in both.iter().filter(|(programme, _)| Some(*programme) == asked) {
        reasons.extend(more.iter().cloned());
    }
    reasons.sort_by_key(|reason| reason.refusal);
    let programmes = both.iter().filter(|(_, reasons)| asked.is_none() && !reasons.is_empty());
    let card = violations::card(world, c, &found.assessment, line);
    Reasons {
        about: Some(shown::about(world, c, line)),
        programme: asked,
        state: asked.map(|_| state_of(&reasons, found.assessment.dossier.is_checking())),
        programmes: programmes
            .map(|(programme, reasons)| ProgrammeReasons {
                programme: *programme,
                reasons: shown_all(world, c, reasons, Some(id)),
            })
            .collect(),
        notes: notes(world, c, line),
        passed: passed(c, &found.asked),
        pack: found.assessment.pack_id.clone(),
        judged_at: found.assessment.at,
        instead: instead(id, card, found.payable),
        retry: retry(found.assessment.dossier.failed_topics().next(), &reasons),
        reasons: shown_all(world, c, &reasons, Some(id)),
    }
}

/// How a programme stands on a violation, by what is in its way there.
fn state_of(reasons: &[Reason], checking: bool) -> TileState {
    if checking {
        TileState::Checking
    } else if reasons.is_empty() {
        TileState::Usable
    } else if reasons.iter().all(|reason| reason.outcome == Outcome::Unknown) {
        TileState::Unknown
    } else {
        TileState::Blocked
    }
}

/// What can be done with a violation instead.
fn instead(id: &str, card: Card, payable: bool) -> Vec<Link> {
    let mut instead = Vec::new();
    if matches!(card.route, Route::First | Route::Study | Route::Continue) {
        instead.push(Link { key: card.button().into(), href: card.href });
    }
    if payable {
        instead.push(Link { key: "go-options".into(), href: format!("/violations/{id}") });
    }
    instead.push(Link { key: "go-help".into(), href: "/help".into() });
    instead
}

/// Why a programme cannot be used, for the violation that comes closest.
///
/// # Errors
/// For a word that is no programme.
#[utoipa::path(get, path = "/programmes/{programme}/reasons", tag = "reasons", params(("programme" = String, Path)),
    responses((status = 200, body = Reasons), (status = "default", body = ProblemView)))]
pub async fn of_programme(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(programme): Path<String>,
) -> Result<Page<Reasons>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            let which = match programme.as_str() {
                "first" => Programme::First,
                "study" => Programme::Study,
                _ => return Err(Error::NotFound("programme")),
            };
            let (assessment, found) = reasons::of_programme(world, who, &programme)?;
            let best = found.best_line.and_then(|index| assessment.lines.get(index));
            let mut instead: Vec<Link> = best
                .map(|line| Link {
                    key: format!("list-btn-{}", which.word()),
                    href: violations::start_href(&line.violation.id, which),
                })
                .into_iter()
                .collect();
            instead
                .push(Link { key: "nav-programmes".into(), href: format!("/programmes#{}", which.word()) });
            instead.push(Link { key: "go-home".into(), href: "/violations".into() });
            Ok(Reasons {
                about: None,
                programme: Some(which),
                state: Some(violations::state_of(found.state)),
                reasons: if best.is_some() { Vec::new() } else { shown_all(world, c, &found.reasons, None) },
                programmes: Vec::new(),
                notes: Vec::new(),
                passed: Vec::new(),
                pack: assessment.pack_id.clone(),
                judged_at: assessment.at,
                instead,
                retry: retry(found.failed.first().copied(), &found.reasons),
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}

fn shown_all(world: &World, c: &Ctx, reasons: &[Reason], about: Option<&str>) -> Vec<ReasonView> {
    reasons.iter().map(|reason| shown::reason(world, c, reason, about)).collect()
}

/// What blocks nothing and is good to know about a violation, each once, in order of precedence.
pub(super) fn notes(world: &World, c: &Ctx, line: &Line) -> Vec<ReasonView> {
    let mut notes: Vec<_> = line.handle.notes.iter().chain(&line.pay.notes).collect();
    notes.sort_by_key(|note| note.refusal);
    notes.dedup_by_key(|note| note.refusal);
    notes.into_iter().map(|note| shown::reason(world, c, note, Some(&line.violation.id))).collect()
}

/// The conditions that hold, by the title of the reason they would have given.
fn passed(c: &Ctx, record: &Record) -> Vec<String> {
    let mut titles: Vec<String> = Vec::new();
    for finding in record.findings.iter().filter(|finding| finding.outcome == Outcome::Allowed) {
        let code = finding.refusal.code().to_ascii_lowercase().replace('_', "-");
        let title = c.ta("reason-not", &[("title", &c.tk("reason-", code))]);
        if !title.contains('⟦') && !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles
}

/// Where to retry, when something could not be checked.
fn retry(failed: Option<Topic>, reasons: &[Reason]) -> Option<String> {
    let unknown = failed.is_some() || reasons.iter().any(|reason| reason.outcome == Outcome::Unknown);
    unknown.then(|| "/violations/checks".to_owned())
}
