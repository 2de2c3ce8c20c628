//! The first visit: who runs the service, what it reads, why, and how long it keeps it.

use axum::extract::State;
use clearway_service::citizen::identity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::ctx::Cx;
use crate::page::{Go, Page, view};
use crate::problem::{Problem, ProblemView};
use crate::web::{Driver, Web};

/// The data notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Welcome {
    /// City.
    pub city: String,
    /// Office that runs the service.
    pub office: String,
    /// Years for which handling records are kept.
    pub keep_years: u32,
    /// Version of the notice.
    pub version: String,
    /// Where to go on.
    pub next: String,
    /// Whether progress and due-date messages are wanted already: whoever reads the notice again loses nothing by it.
    pub messages: bool,
    /// Whether it may be counted already which pages are hard to use.
    pub statistics: bool,
}

/// Acknowledges the notice, with the two free consents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct WelcomeAsk {
    /// Progress and due-date messages.
    #[serde(default)]
    #[garde(skip)]
    pub messages: bool,
    /// Counting which pages are hard to use.
    #[serde(default)]
    #[garde(skip)]
    pub statistics: bool,
}

view!(Welcome, "citizen/welcome.html");

/// The data notice.
///
/// # Errors
/// When the store does not answer.
#[utoipa::path(get, path = "/welcome", tag = "identity",
    responses((status = 200, body = Welcome), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Result<Driver, Problem>,
) -> Result<Page<Welcome>, Problem> {
    let account = web.see_who(&cx, driver.ok()).await?;
    let site = &web.site;
    let english = cx.english();
    let view = Welcome {
        city: if english { site.city_en.clone() } else { site.city_zh.clone() },
        office: if english { site.office_en.clone() } else { site.office_zh.clone() },
        keep_years: site.keep_years,
        version: site.notice_version.clone(),
        next: "/violations".to_owned(),
        messages: account.as_ref().is_some_and(|account| account.messages_at_ms.is_some()),
        statistics: account.as_ref().is_some_and(|account| account.statistics_at_ms.is_some()),
    };
    Ok(if account.is_some() { Page::new(cx, view) } else { Page::public(cx, view) })
}

/// Acknowledges the notice.
///
/// # Errors
/// Without a session.
#[utoipa::path(post, path = "/welcome", tag = "identity", request_body = WelcomeAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn acknowledge(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Body(ask): Body<WelcomeAsk>,
) -> Result<Go, Problem> {
    web.ask(&cx, driver, move |world, _, who, _| {
        identity::acknowledge(world, who, ask.messages, ask.statistics)
    })
    .await?;
    Ok(Go::to("/violations"))
}
