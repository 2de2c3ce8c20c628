//! Errors and refusals as RFC 9457 problem documents, and as a page for people.
//!
//! A problem says what failed, whether money was taken, what to do, and a reference to quote. The texts are messages
//! `problem-<slug>` with the attributes `.detail` and `.fix`. [`edge`](crate::edge) turns the stored problem into the
//! language and form that the asker wants.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use clearway_domain::refusal::Refusal;
use clearway_service::admission::Deed;
use clearway_service::error::Conflict;
use clearway_service::{Error, World};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::citizen::help::TellAsk;
use crate::citizen::reasons::ReasonView;
use crate::ctx::{Ctx, Wants};
use crate::money::MoneyLine;
use crate::page::view;
use crate::shown;
use crate::text;

/// What went wrong; the slug is the last part of the problem's `type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The body is not a form or JSON that can be read.
    Unreadable,
    /// A field is missing, unknown, of the wrong type or out of bounds.
    BadField(BadField),
    /// The body is larger than any form of ours.
    TooLarge,
    /// The body is neither a form nor JSON.
    UnsupportedType,
    /// A form without a valid token, or a request that another site's page sent.
    Forged,
    /// Nobody is signed in.
    SignIn,
    /// An officer's request without the token of an operator.
    Token,
    /// The operator's token is kept to something else.
    TokenKept,
    /// Signed in, but the person is not verified yet.
    Verify,
    /// No such thing, or it belongs to somebody else.
    NotFound,
    /// The address exists, but not for this method.
    WrongMethod,
    /// The rules refuse it, with every reason.
    Refused(Vec<ReasonView>),
    /// Outside service hours; until then.
    Closed(Option<Timestamp>),
    /// Something changed meanwhile. The slug is the service's.
    Conflict(&'static str),
    /// Too many wrong tries, until then.
    Locked(Timestamp),
    /// One account asks more than one person does; the seconds after which there is room again.
    TooMany(u32),
    /// The same from one network address, where nobody is signed in.
    Crowded(u32),
    /// The body did not come as a whole in time.
    TooSlow,
    /// There is no room for it now: what kind of deed it was, and the seconds after which there may be.
    Busy(Deed, u32),
    /// A counterpart or the store does not answer.
    Unavailable,
    /// An accident of ours.
    Internal,
}

/// A field that cannot be used: which one, what came, why not, and what to send instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BadField {
    /// The field's name as it was sent.
    pub field: String,
    /// What was sent, shortened.
    pub value: String,
    /// What is wrong: `missing`, `unknown`, `type`, `value`.
    pub why: BadWhy,
    /// What would be right, in the words of the field (a type, a list, a form).
    pub fix: String,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BadWhy {
    /// It is not there.
    Missing,
    /// There is no such field here.
    Unknown,
    /// It has another type.
    Type,
    /// The type is right, the value is not.
    Value,
    /// It came more than once.
    Repeated,
}

impl BadWhy {
    const fn word(self) -> &'static str {
        match self {
            BadWhy::Missing => "missing",
            BadWhy::Unknown => "unknown",
            BadWhy::Type => "type",
            BadWhy::Value => "value",
            BadWhy::Repeated => "repeated",
        }
    }
}

impl BadField {
    /// What is wrong, with the field's name on the page where a person reads it, and as it was sent where a program does.
    fn sentence(&self, c: &Ctx) -> String {
        let label = format!("field-{}", self.field);
        let named = c.wants == Wants::Html && text::has(c.lang, &label);
        let name = if named { c.t(&label) } else { Cow::Borrowed(self.field.as_str()) };
        let key = format!("problem-bad-field-{}", self.why.word());
        match self.value.as_str() {
            "" => c.ta(&format!("{key}.bare"), &[("field", &name)]),
            value => c.ta(&key, &[("field", &name), ("value", &value)]),
        }
    }
}

/// A refusal or an accident on its way to the asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What went wrong.
    pub kind: Kind,
    /// Whether money moved: by default nothing was taken, and nothing is said about money where none is involved.
    pub money: Option<MoneyLine>,
    /// What somebody wrote and could not send.
    pub unsent: Option<Box<TellAsk>>,
}

/// A problem as it is sent (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemView {
    /// Stable name of the kind of problem, a path of ours.
    #[serde(rename = "type")]
    pub kind: String,
    /// One line in the asker's language.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// What to do now.
    pub fix: String,
    /// The path that was asked.
    pub instance: String,
    /// Reference to quote.
    pub request_id: String,
    /// Whether money was taken, when the request was about money.
    pub money: Option<MoneyLine>,
    /// The field that cannot be used.
    pub field: Option<BadField>,
    /// Every reason of a refusal, in order of precedence.
    pub reasons: Vec<ReasonView>,
    /// When it makes sense to come again.
    pub again_at: Option<Timestamp>,
    /// The next best page.
    pub next: String,
    /// What somebody wrote and could not send: the page shows it again, so that it is not lost.
    #[serde(skip)]
    pub unsent: Option<TellAsk>,
}

view!(ProblemView, "problem.html");

impl ProblemView {
    /// Where a person can go on at once, and the message that says so: the page that a form was sent from, or the same page
    /// again where it may come a moment later.
    fn at_once<'c>(&self, c: &'c Ctx) -> Option<(&'c str, &'static str)> {
        if matches!(self.next.as_str(), "/sign-in" | "/identity") || self.can_send_again() {
            return None;
        }
        match &c.came_from {
            Some(form) if self.field.is_some() => Some((form, "problem-correct")),
            Some(form) => Some((form, "problem-back")),
            None if c.reading && matches!(self.status, 408 | 429 | 500..) => Some((&c.here, "problem-retry")),
            None => None,
        }
    }

    /// Whether what was written can be changed and sent from the page itself.
    fn can_send_again(&self) -> bool {
        self.unsent.is_some() && self.next != "/sign-in"
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Problem {
        Problem { kind, money: None, unsent: None }
    }
}

impl Problem {
    /// No such page or thing.
    pub fn not_found() -> Problem {
        Kind::NotFound.into()
    }

    /// Nobody is signed in.
    pub fn sign_in() -> Problem {
        Kind::SignIn.into()
    }

    /// A field that cannot be used.
    pub fn field(field: &str, value: &str, why: BadWhy, fix: impl Into<String>) -> Problem {
        let value = value.chars().take(40).collect();
        Kind::BadField(BadField { field: field.to_owned(), value, why, fix: fix.into() }).into()
    }

    /// An accident of ours; the cause goes to the log, never to the asker.
    pub fn internal(cause: &dyn std::fmt::Display) -> Problem {
        tracing::error!(%cause, "a request failed");
        Kind::Internal.into()
    }

    /// What a use case answered, in the one exhaustive mapping.
    pub fn from_service(error: Error, world: &World, c: &Ctx) -> Problem {
        match error {
            // A refusal says why; where nothing speaks against it, something else has moved.
            Error::Refused(reasons) if reasons.is_empty() => {
                Kind::Conflict(Conflict::CaseMoved.slug()).into()
            }
            Error::Refused(reasons) if reasons.iter().all(|reason| reason.refusal == Refusal::SvcClosed) => {
                Kind::Closed(c.hours.opens_at).into()
            }
            Error::Refused(reasons) => {
                let mut shown: Vec<ReasonView> = Vec::new();
                for reason in &reasons {
                    if !shown.iter().any(|known| known.code == reason.refusal.code()) {
                        shown.push(shown::reason(world, c, reason, None));
                    }
                }
                Kind::Refused(shown).into()
            }
            Error::BadInput { field, value, fix } => {
                let why =
                    if value.is_empty() && fix == "confirm-this" { BadWhy::Missing } else { BadWhy::Value };
                Problem::field(field, &value, why, c.tk("fix-", fix))
            }
            Error::NotFound(_) => Kind::NotFound.into(),
            Error::Conflict(conflict) => Kind::Conflict(conflict.slug()).into(),
            Error::NotSignedIn => Kind::SignIn.into(),
            Error::NotVerified => Kind::Verify.into(),
            Error::LockedUntil(until) => Kind::Locked(until).into(),
            Error::Unavailable { who, fault } => {
                tracing::warn!(who, %fault, "a counterpart does not answer");
                Kind::Unavailable.into()
            }
            Error::Store(error) if error.is_passing() => {
                tracing::warn!(%error, "the store is busy");
                Kind::Unavailable.into()
            }
            Error::Store(error) => Problem::internal(&error),
            Error::Broken(why) => Problem::internal(&why),
        }
    }

    /// Says what became of the money.
    #[must_use]
    pub fn with_money(mut self, money: MoneyLine) -> Problem {
        self.money = Some(money);
        self
    }

    /// Keeps what somebody wrote and could not send.
    #[must_use]
    pub fn with_unsent(mut self, unsent: TellAsk) -> Problem {
        self.unsent = Some(Box::new(unsent));
        self
    }

    /// The stable slug.
    pub fn slug(&self) -> &'static str {
        match &self.kind {
            Kind::Unreadable => "unreadable",
            Kind::BadField(_) => "bad-field",
            Kind::TooLarge => "too-large",
            Kind::UnsupportedType => "unsupported-type",
            Kind::Forged => "forged",
            Kind::SignIn => "sign-in",
            Kind::Token => "token",
            Kind::TokenKept => "token-kept",
            Kind::Verify => "verify",
            Kind::NotFound => "not-found",
            Kind::WrongMethod => "wrong-method",
            Kind::Refused(_) => "refused",
            Kind::Closed(_) => "closed",
            Kind::Conflict(slug) => slug,
            Kind::Locked(_) => "locked",
            Kind::TooMany(_) => "too-many",
            Kind::Crowded(_) => "crowded",
            Kind::TooSlow => "too-slow",
            Kind::Busy(Deed::Money, _) => "busy-money",
            Kind::Busy(Deed::Act, _) => "busy",
            Kind::Busy(Deed::Read, _) => "busy-read",
            Kind::Unavailable => "unavailable",
            Kind::Internal => "internal",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match &self.kind {
            Kind::Unreadable => StatusCode::BAD_REQUEST,
            Kind::BadField(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::Forged | Kind::TokenKept => StatusCode::FORBIDDEN,
            Kind::SignIn | Kind::Token => StatusCode::UNAUTHORIZED,
            Kind::Verify => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Refused(_) | Kind::Closed(_) | Kind::Conflict(_) => StatusCode::CONFLICT,
            Kind::Locked(_) | Kind::TooMany(_) | Kind::Crowded(_) => StatusCode::TOO_MANY_REQUESTS,
            Kind::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Kind::Busy(..) | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem in the asker's words.
    pub fn view(&self, c: &Ctx) -> ProblemView {
        let key = format!("problem-{}", self.slug());
        let field = match &self.kind {
            Kind::BadField(field) => Some(field.clone()),
            _ => None,
        };
        let (detail, fix) = match &field {
            Some(field) => (field.sentence(c), c.ta("problem-bad-field.fix", &[("fix", &field.fix)])),
            None => (c.tk(&key, ".detail").into_owned(), c.tk(&key, ".fix").into_owned()),
        };
        ProblemView {
            kind: format!("/problems/{}", self.slug()),
            title: c.t(&key).into_owned(),
            status: self.status().as_u16(),
            detail,
            fix,
            instance: c.here.split('?').next().unwrap_or_default().to_owned(),
            request_id: c.request_id.clone(),
            money: self.money,
            field,
            reasons: match &self.kind {
                Kind::Refused(reasons) => reasons.clone(),
                _ => Vec::new(),
            },
            again_at: match self.kind {
                Kind::Locked(at) => Some(at),
                Kind::Closed(at) => at,
                Kind::Busy(_, again_s) | Kind::TooMany(again_s) | Kind::Crowded(again_s) => {
                    c.now.checked_add(SignedDuration::from_secs(again_s.into())).ok()
                }
                _ => None,
            },
            next: match self.kind {
                Kind::SignIn => "/sign-in".to_owned(),
                Kind::Verify => "/identity".to_owned(),
                Kind::Conflict("ticket-expired" | "ticket-future" | "ticket-spent") => "/turn".to_owned(),
                Kind::Conflict("bound-here") => "/vehicles".to_owned(),
                _ => "/violations".to_owned(),
            },
            unsent: self.unsent.as_deref().cloned(),
        }
    }

    /// The problem as `application/problem+json`.
    pub fn json(&self, c: &Ctx) -> Response {
        let body = serde_json::to_vec(&self.view(c)).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        self.headed((self.status(), [(header::CONTENT_TYPE, kind)], body).into_response())
    }

    /// The problem as a page.
    pub fn html(&self, c: &Ctx) -> Response {
        use crate::page::View as _;
        match self.view(c).html(c) {
            Ok(text) => self.headed((self.status(), axum::response::Html(text)).into_response()),
            Err(_) => self.json(c),
        }
    }

    fn headed(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Cookie"));
        match self.kind {
            Kind::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            // What is left of it would be read as the next request.
            Kind::TooSlow | Kind::TooLarge => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Kind::Busy(_, again_s) | Kind::TooMany(again_s) | Kind::Crowded(again_s) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(again_s));
            }
            _ => {}
        }
        response
    }
}

impl IntoResponse for Problem {
    /// A mark for the edge, which knows language and form.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
