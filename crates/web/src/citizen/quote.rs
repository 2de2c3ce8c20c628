//! What will be paid, line by line, before it is paid; and the one interruption when a line could be free.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use clearway_domain::case::Route as CaseRoute;
use clearway_service::assess::{Assessment, payable};
use clearway_service::citizen::{Who, order, quote, violation, violations as list};
use clearway_service::{Error, World};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::Programme;
use super::reasons::{About, ReasonView};
use super::violations;
use crate::body::Body;
use crate::ctx::{Ctx, Cx};
use crate::page::{Go, Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// The violation.
    pub about: About,
    /// Plate.
    pub plate: Private,
    /// Points that handling gives; they differ from the violation's when study takes some off.
    pub points: i32,
    /// Surcharge, fen.
    pub surcharge_fen: i64,
    /// Fine and surcharge, fen.
    pub total_fen: i64,
}

/// One payment: a payee and its sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Payment {
    /// Who receives it.
    pub payee: String,
    /// Sum, fen.
    pub total_fen: i64,
    /// Lines.
    pub lines: Vec<Line>,
}

/// A violation that was ticked and cannot be paid now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftOut {
    /// The violation.
    pub about: About,
    /// Every reason; none when it is in a case that goes another way.
    pub reasons: Vec<ReasonView>,
}

/// The interruption: this one could be a free warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Nudge {
    /// The violation that could be free.
    pub about: About,
    /// The programme.
    pub programme: Programme,
    /// About so many minutes.
    pub minutes: u32,
    /// Where it starts.
    pub href: String,
}

/// The warning of another violation, which is gone once what stands in the quote is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum WarningLost {
    /// A decision of the same points year rules it out.
    Paying {
        /// What was done in the violation that could be a warning.
        act: String,
        /// Its fine, which would be waived, fen.
        waived_fen: i64,
    },
    /// The study reduction rules it out.
    Studying,
}

impl WarningLost {
    /// The sentence above the button that pays.
    pub fn sentence(&self, c: &Ctx) -> String {
        match self {
            WarningLost::Paying { act, waived_fen } => {
                c.ta("quote-warning-lost", &[("act", act), ("yuan", &c.yuan(waived_fen))])
            }
            WarningLost::Studying => c.t("quote-warning-lost-study").into_owned(),
        }
    }
}

/// The payment page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quote {
    /// The quote.
    pub id: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Whether it no longer holds.
    pub expired: bool,
    /// One payment per payee.
    pub payments: Vec<Payment>,
    /// Sum, fen.
    pub total_fen: i64,
    /// Points that will be recorded.
    pub points: i32,
    /// Ticked and not in it, with the reasons.
    pub left_out: Vec<LeftOut>,
    /// Lines in it that could be a free warning.
    pub could_be_free: usize,
    /// The free warning of another violation that is gone once this is paid: it cannot be undone, so it is said before.
    pub warning_lost: Option<WarningLost>,
    /// Whether it is the fine of a case with study: then it is paid first and handled with fewer points.
    pub study: bool,
    /// Whether it was accepted already.
    pub accepted: bool,
    /// When the service opens, if it is closed now: nothing can be paid before.
    pub closed_until: Option<Timestamp>,
    /// The interruption, once, before anything is paid.
    pub nudge: Option<Nudge>,
}

impl Quote {
    /// Lines over all payments.
    pub fn count(&self) -> usize {
        self.payments.iter().map(|payment| payment.lines.len()).sum()
    }

    /// The violations in it.
    pub fn violations(&self) -> impl Iterator<Item = &str> {
        self.payments.iter().flat_map(|payment| &payment.lines).map(|line| line.about.id.as_str())
    }
}

/// Asks for a quote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct QuoteAsk {
    /// The violations to be paid.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub violation: Vec<String>,
    /// Only this one, whatever else is ticked: the button on a card.
    #[serde(default)]
    #[garde(inner(length(max = 64)))]
    pub only: Option<String>,
    /// Takes everything that can be paid and is not free, without naming it.
    #[serde(default)]
    #[garde(skip)]
    pub all: bool,
    /// With `all`: only of this vehicle.
    #[serde(default)]
    #[garde(inner(length(chars, max = 40)))]
    pub plate: Option<String>,
    /// That the offer of a free warning was read and declined this time.
    #[serde(default)]
    #[garde(skip)]
    pub declined: bool,
}

view!(Quote, "citizen/quote.html");

/// Asks for a quote of what is ticked.
///
/// # Errors
/// For an empty or overlong list, a violation that is not the driver's, or when none of them can be paid.
#[utoipa::path(post, path = "/quotes", tag = "payments", request_body = QuoteAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn make(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Body(ask): Body<QuoteAsk>,
) -> Result<Go, Problem> {
    let id = web
        .ask(&cx, driver, move |world, c, who, _| {
            let asked = match (&ask.only, ask.all) {
                (Some(one), _) => vec![one.clone()],
                (None, true) => all_payable(world, c, who, ask.plate.as_deref())?,
                (None, false) => ask.violation.clone(),
            };
            let made = quote::make(world, who, &asked)?;
            if ask.declined {
                for violation in &made.body.could_be_free {
                    quote::skip_nudge(world, who, &made.id, violation)?;
                }
            }
            Ok(made.id)
        })
        .await?;
    Ok(Go::to(format!("/quotes/{id}")))
}

/// Everything that can be paid and could not be free, as "select all" takes it.
fn all_payable(world: &World, c: &Ctx, who: &Who, plate: Option<&str>) -> Result<Vec<String>, Error> {
    let assessment = list::judged(world, who)?;
    let lines = assessment
        .lines
        .iter()
        .filter(|line| plate.is_none_or(|plate| line.violation.plate_key() == plate))
        .filter(|line| payable(line) && !violations::card(world, c, &assessment, line).free);
    Ok(lines.map(|line| line.violation.id.clone()).collect())
}

/// A quote, or the one interruption before it. One that was accepted leads to its order: Back never offers it again.
///
/// # Errors
/// For somebody else's quote.
#[utoipa::path(get, path = "/quotes/{id}", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = Quote), (status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = web
        .see(&cx, driver, move |world, c, who| {
            let made = quote::load(world, who, &id)?;
            if made.accepted {
                let first = order::of_quote(world, who, &id)?.into_iter().next();
                return first.map(Err).ok_or(Error::NotFound("order"));
            }
            let assessment = list::judged(world, who)?;
            model(world, c, &assessment, &made).map(Ok)
        })
        .await?;
    Ok(match view {
        Ok(view) => Page::new(cx, view).into_response(),
        Err(order) => Go::to(format!("/orders/{order}")).into_response(),
    })
}

/// Goes on paying although one could be free; recorded once.
///
/// # Errors
/// For somebody else's quote.
#[utoipa::path(post, path = "/quotes/{id}/decline", tag = "payments", params(("id" = String, Path)),
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn decline(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Go, Problem> {
    let next = format!("/quotes/{id}");
    web.ask(&cx, driver, move |world, _, who, _| {
        let made = quote::load(world, who, &id)?;
        made.body.could_be_free.iter().try_for_each(|violation| quote::skip_nudge(world, who, &id, violation))
    })
    .await?;
    Ok(Go::to(next))
}

fn about(world: &World, c: &Ctx, assessment: &Assessment, id: &str) -> Result<About, Error> {
    let line = assessment.lines.iter().find(|line| line.violation.id == id);
    match (line, assessment.dossier.violation(id)) {
        (Some(line), _) => Ok(shown::about(world, c, line)),
        (None, Some(violation)) => Ok(shown::about_violation(world, c, violation)),
        (None, None) => Err(Error::NotFound("violation")),
    }
}

/// The warning that is lost by paying the quote, unless its own violation is in it: then the quote says so by itself.
fn warning_lost(world: &World, c: &Ctx, assessment: &Assessment, made: &quote::Quote) -> Option<WarningLost> {
    let quoted = made.body.groups.iter().flat_map(|group| &group.lines);
    let free = quoted.clone().find_map(|quoted| {
        let line = assessment.lines.iter().find(|line| line.violation.id == quoted.violation)?;
        // Study rules it out by itself, whichever year the violation lies in.
        match quoted.route {
            CaseRoute::Study => assessment.lines.get(assessment.first.best_line?).map(|free| (free, true)),
            _ => violation::warning_lost(assessment, line).map(|free| (free, false)),
        }
    });
    let (free, studied) =
        free.filter(|(free, _)| quoted.clone().all(|quoted| quoted.violation != free.violation.id))?;
    let About { act, fine_fen: waived_fen, .. } = shown::about(world, c, free);
    Some(if studied { WarningLost::Studying } else { WarningLost::Paying { act, waived_fen } })
}

fn model(world: &World, c: &Ctx, assessment: &Assessment, made: &quote::Quote) -> Result<Quote, Error> {
    let mut payments = Vec::new();
    for group in &made.body.groups {
        let mut lines = Vec::new();
        for line in &group.lines {
            lines.push(Line {
                about: About { fine_fen: line.fine_fen, ..about(world, c, assessment, &line.violation)? },
                plate: shown::plate_of_key(c, &line.plate).0.into(),
                points: shown::points(Some(line.points)),
                surcharge_fen: line.surcharge_fen,
                total_fen: line.fine_fen + line.surcharge_fen,
            });
        }
        payments.push(Payment { payee: group.payee_name.clone(), total_fen: group.total_fen, lines });
    }
    let mut left_out = Vec::new();
    for left in &made.body.left_out {
        left_out.push(LeftOut {
            about: about(world, c, assessment, &left.violation)?,
            reasons: left
                .reasons
                .iter()
                .map(|reason| shown::reason(world, c, reason, Some(&left.violation)))
                .collect(),
        });
    }
    let pack = world.pack_at(world.now())?;
    let nudge = made.nudge.as_ref().map(|id| {
        Ok::<_, Error>(Nudge {
            about: about(world, c, assessment, id)?,
            programme: Programme::First,
            minutes: violation::minutes(pack, CaseRoute::First, world.today()),
            href: violations::start_href(id, Programme::First),
        })
    });
    Ok(Quote {
        id: made.id.clone(),
        expires_at: made.expires,
        expired: made.expires <= world.now() && !made.accepted,
        total_fen: made.total_fen,
        points: payments.iter().flat_map(|payment| &payment.lines).map(|line| line.points).sum(),
        study: made
            .body
            .groups
            .iter()
            .flat_map(|group| &group.lines)
            .any(|line| line.route == CaseRoute::Study),
        could_be_free: made.body.could_be_free.len(),
        warning_lost: warning_lost(world, c, assessment, made),
        accepted: made.accepted,
        closed_until: if assessment.open_now { None } else { c.hours.opens_at },
        nudge: nudge.transpose()?,
        left_out,
        payments,
    })
}
