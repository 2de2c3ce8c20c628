//! Settings: text size, appearance, language, messages, own data.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use clearway_domain::PersonName;
use clearway_service::citizen::{settings, sign_in};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::choice::{Size, Theme};
use crate::ctx::Cx;
use crate::guard::{self, SESSION};
use crate::page::{Go, Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::text::Lang;
use crate::web::{Driver, Web};

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Settings {
    /// Language.
    pub lang: Lang,
    /// Text size.
    pub size: Size,
    /// Appearance.
    pub theme: Theme,
    /// Who is signed in, masked.
    pub name: Option<Private>,
    /// Whether progress and due-date messages are wanted.
    pub messages: bool,
    /// Whether it may be counted which pages are hard to use.
    pub statistics: bool,
}

impl Settings {
    /// All sizes with their messages.
    pub fn sizes(&self) -> [(&'static str, &'static str, bool); 3] {
        Size::ALL.map(|size| {
            let key = match size {
                Size::Standard => "size-standard",
                Size::Large => "size-large",
                Size::Extra => "size-extra",
            };
            (size.word(), key, size == self.size)
        })
    }

    /// All appearances with their messages.
    pub fn themes(&self) -> [(&'static str, &'static str, bool); 3] {
        Theme::ALL.map(|theme| {
            let key = match theme {
                Theme::System => "theme-system",
                Theme::Light => "theme-light",
                Theme::Dark => "theme-dark",
            };
            (theme.word(), key, theme == self.theme)
        })
    }
}

/// Changes the settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct SettingsAsk {
    /// Language.
    #[garde(skip)]
    pub lang: Option<Lang>,
    /// Text size.
    #[garde(skip)]
    pub size: Option<Size>,
    /// Appearance.
    #[garde(skip)]
    pub theme: Option<Theme>,
    /// Whether progress and due-date messages are wanted; an empty box sends nothing, so see `consents`.
    #[serde(default)]
    #[garde(skip)]
    pub messages: bool,
    /// Whether it may be counted which pages are hard to use; as with messages.
    #[serde(default)]
    #[garde(skip)]
    pub statistics: bool,
    /// That the free consents are part of this change.
    #[serde(default)]
    #[garde(skip)]
    pub consents: bool,
}

view!(Settings, "citizen/settings.html");

/// A year, seconds.
const YEAR: i64 = 31_536_000;

/// The settings, signed in or not.
///
/// # Errors
/// When the store does not answer.
#[utoipa::path(get, path = "/settings", tag = "settings",
    responses((status = 200, body = Settings), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Result<Driver, Problem>,
) -> Result<Page<Settings>, Problem> {
    let account = web.see_who(&cx, driver.ok()).await?;
    let name = account.as_ref().and_then(|account| account.name.as_deref());
    let view = Settings {
        lang: cx.lang,
        size: cx.size,
        theme: cx.theme,
        name: name.and_then(|name| PersonName::parse(name).ok()).map(|name| name.masked().into()),
        messages: account.as_ref().is_some_and(|account| account.messages_at_ms.is_some()),
        statistics: account.as_ref().is_some_and(|account| account.statistics_at_ms.is_some()),
    };
    Ok(Page::new(cx, view))
}

/// Changes the settings. Language, size and appearance live in the browser.
///
/// # Errors
/// For consents without a session.
#[utoipa::path(post, path = "/settings", tag = "settings", request_body = SettingsAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn change(
    State(web): State<Web>,
    cx: Cx,
    driver: Result<Driver, Problem>,
    Body(ask): Body<SettingsAsk>,
) -> Result<Response, Problem> {
    if ask.consents {
        let (messages, statistics) = (ask.messages, ask.statistics);
        let set = move |world: &_, who: &_| settings::consents(world, who, messages, statistics);
        web.ask(&cx, driver?, move |world, _, who, _| set(world, who)).await?;
    }
    let mut response = Go::to("/settings").into_response();
    let secure = web.site.public_url.starts_with("https://");
    let chosen = [
        ("lang", ask.lang.map(Lang::tag)),
        ("size", ask.size.map(Size::word)),
        ("theme", ask.theme.map(Theme::word)),
    ];
    for (name, word) in chosen {
        let cookie = word.and_then(|word| guard::set_cookie(name, word, YEAR, secure));
        response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    }
    Ok(response)
}

/// Ends the session.
///
/// # Errors
/// When the store does not answer.
#[utoipa::path(post, path = "/sign-out", tag = "settings",
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn sign_out(State(web): State<Web>, cx: Cx, driver: Driver) -> Result<Response, Problem> {
    let secure = web.site.public_url.starts_with("https://");
    web.run(&cx, move |world, _| sign_in::end(world, driver.cookie())).await?;
    let mut response = Go::to("/sign-in").into_response();
    let gone = guard::set_cookie(SESSION, "", 0, secure);
    response.headers_mut().extend(gone.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}
