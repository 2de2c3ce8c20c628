//! The ceiling of calls to the police platform, and who waits: read, and set live with a reason.

use axum::extract::State;
use axum::response::Response;
use clearway_service::admission::ceiling;
use clearway_service::admission::figures::{self, Figures};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Operator, answer};
use crate::body::Body;
use crate::ctx::Cx;
use crate::problem::{Problem, ProblemView};
use crate::web::Web;

/// A node that serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// Its part of the ceiling, thousandths of a call a second.
    pub share_milli: i64,
    /// The pace that it set itself, thousandths of a call a second.
    pub rate_milli: Option<u32>,
    /// Mean time of the platform's answers, ms; 0 when there was none in the last second.
    pub latency_ms: Option<u32>,
    /// When it was heard.
    pub heard_at: Timestamp,
}

/// The waiting room as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdmissionView {
    /// When the queue was looked at.
    pub at: Timestamp,
    /// People who wait.
    pub waiting: u64,
    /// Newest number drawn.
    pub drawn: u64,
    /// Number that is called.
    pub called: u64,
    /// Since when the one who waits longest waits.
    pub oldest_at: Option<Timestamp>,
    /// Turns that end a minute, in a slow and in a quick moment; absent while it was not measured long enough.
    pub per_minute: Option<(u64, u64)>,
    /// Calls a second that all nodes together make at most.
    pub ceiling: u32,
    /// What the site agreed with the platform.
    pub agreed: u32,
    /// Who set it; absent while it is as configured.
    pub set_by: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// When.
    pub set_at: Option<Timestamp>,
    /// Open orders whose end is still asked about, those that are just being paid among them.
    pub unknown_payments: i64,
    /// Nodes.
    pub nodes: Vec<NodeView>,
}

/// Another ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct CeilingAsk {
    /// Calls a second, all nodes together; 0 lets nobody through.
    #[garde(skip)]
    pub ceiling: u32,
    /// Reason, 4 to 400 characters; it stands in the audit.
    #[garde(skip)]
    pub why: String,
}

impl AdmissionView {
    fn of(seen: &Figures) -> AdmissionView {
        let set = seen.ceiling.set.clone();
        AdmissionView {
            at: seen.at,
            waiting: seen.waiting,
            drawn: seen.drawn,
            called: seen.gone,
            oldest_at: seen.oldest,
            per_minute: seen.rates.map(|rates| rates.per_minute()),
            ceiling: seen.ceiling.per_second,
            agreed: seen.ceiling.agreed,
            set_by: set.as_ref().map(|(by, ..)| by.clone()),
            why: set.as_ref().map(|(_, why, _)| why.clone()),
            set_at: set.map(|(.., at)| at),
            unknown_payments: seen.unknown_payments,
            nodes: seen
                .nodes
                .iter()
                .map(|node| NodeView {
                    name: node.name.clone(),
                    share_milli: node.share,
                    rate_milli: node.figures.as_ref().map(|told| told.rate),
                    latency_ms: node.figures.as_ref().map(|told| told.latency_ms),
                    heard_at: node.heard,
                })
                .collect(),
        }
    }
}

/// Who waits, and how fast it goes.
///
/// # Errors
/// Without a token.
#[utoipa::path(get, path = "/officer/admission", tag = "officer",
    responses((status = 200, body = AdmissionView), (status = "default", body = ProblemView)))]
pub async fn show(State(web): State<Web>, cx: Cx, _who: Operator) -> Result<Response, Problem> {
    let view = web.run(&cx, |world, _| Ok(AdmissionView::of(&figures::all(world)?))).await?;
    Ok(answer(&view))
}

/// Sets the ceiling, in the operator's name and with a reason. Every node follows within seconds.
///
/// # Errors
/// Without a token or a reason; for more than the site agreed with the platform.
#[utoipa::path(post, path = "/officer/admission", tag = "officer", request_body = CeilingAsk,
    responses((status = 200, body = AdmissionView), (status = "default", body = ProblemView)))]
pub async fn set(
    State(web): State<Web>,
    cx: Cx,
    Operator(by): Operator,
    Body(ask): Body<CeilingAsk>,
) -> Result<Response, Problem> {
    let act = move |world: &clearway_service::World, _: &Cx| {
        ceiling::set(world, ask.ceiling, &by, &ask.why)?;
        Ok(AdmissionView::of(&figures::all(world)?))
    };
    Ok(answer(&web.run(&cx, act).await?))
}
