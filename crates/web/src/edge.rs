//! What happens around every request: circumstances before it, words and headers after it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use clearway_domain::{Chance, Clock};
use clearway_service::citizen::sign_in;
use tokio::time::timeout;

use crate::body::{BodyKind, LARGEST};
use crate::callbacks;
use crate::callers::{Callers, TooMuch};
use crate::choice::{Size, Theme};
use crate::ctx::{Ctx, Cx, Help, HoursAt, TellHours, Wants};
use crate::door::Attending;
use crate::guard::{self, SESSION, VISITOR};
use crate::money::MoneyLine;
use crate::officer;
use crate::page::Go;
use crate::problem::{BadWhy, Kind, Problem};
use crate::text::Lang;
use crate::traffic::{self, Seat, Traffic};

/// A year, for choices and visitor cookies, seconds.
const YEAR: i64 = 31_536_000;

/// Nothing inline, nothing from elsewhere but the messenger's own script; pictures may come as data (QR codes).
const POLICY: &str = "default-src 'none'; script-src 'self' https://res.wx.qq.com; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// What the edge needs.
pub struct Edge {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for request ids and visitor cookies.
    pub chance: Arc<dyn Chance>,
    /// Our own origin, without a trailing slash.
    pub origin: String,
    /// Key of the form tokens.
    pub key: Vec<u8>,
    /// What a page may load, and where its forms may lead: [`policy`].
    pub policy: Option<HeaderValue>,
    /// Help by voice.
    pub help: Arc<Help>,
    /// Room for requests, and how long they take.
    pub traffic: Arc<dyn Traffic>,
    /// How much one caller may ask.
    pub callers: Callers,
    /// Longest time for the body of a request, from its head on.
    pub body_within: Duration,
    /// Service hours at an instant.
    pub hours: Arc<TellHours>,
}

impl Edge {
    /// Whether cookies may only travel encrypted.
    pub fn secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// A short reference that a person can read out: ten letters and digits without look-alikes.
    fn request_id(&self) -> String {
        const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let mut bytes = [0_u8; 10];
        self.chance.fill_open(&mut bytes);
        bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect()
    }

    fn visitor_id(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.chance.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The page of ours that a request came from.
    fn came_from(&self, headers: &HeaderMap) -> Option<String> {
        let from = headers.get(header::REFERER)?.to_str().ok()?.strip_prefix(self.origin.as_str())?;
        sign_in::is_local(from).then(|| from.to_owned())
    }

    /// The circumstances of a request, and the cookies that it makes us set.
    fn circumstances(&self, request: &Request) -> (Ctx, Vec<HeaderValue>) {
        let headers = request.headers();
        let mut set = Vec::new();
        let query = request.uri().query().unwrap_or_default();
        let [lang, size, theme, session, visitor] =
            guard::cookies(headers, ["lang", "size", "theme", SESSION, VISITOR]);
        let mut chosen = |name: &str, kept: Option<&str>, valid: fn(&str) -> bool| -> Option<String> {
            let asked = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            match asked.filter(|word| valid(word)) {
                Some(word) => {
                    set.extend(guard::set_cookie(name, word, YEAR, self.secure()));
                    Some(word.to_owned())
                }
                None => kept.map(str::to_owned),
            }
        };
        let lang = chosen("lang", lang, |word| Lang::from_tag(word).is_some());
        let size = chosen("size", size, |word| Size::from_word(word).is_some());
        let theme = chosen("theme", theme, |word| Theme::from_word(word).is_some());
        let holder = session.or(visitor).map_or_else(
            || {
                let fresh = self.visitor_id();
                set.extend(guard::set_cookie(VISITOR, &fresh, YEAR, self.secure()));
                Cow::Owned(fresh)
            },
            Cow::Borrowed,
        );
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let now = self.clock.now();
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wants = match BodyKind::of(headers) {
            // Officers have an API only.
            _ if request.uri().path().starts_with(officer::PREFIX) => Wants::Json,
            // A program that sends JSON and says nothing about the answer wants JSON.
            Some(BodyKind::Json) if !accept.contains("text/html") => Wants::Json,
            _ => Wants::from_accept(accept),
        };
        let ctx = Ctx {
            lang: lang.as_deref().and_then(Lang::from_tag).unwrap_or_default(),
            size: size.as_deref().and_then(Size::from_word).unwrap_or_default(),
            theme: theme.as_deref().and_then(Theme::from_word).unwrap_or_default(),
            wants,
            in_messenger: agent.contains("MicroMessenger"),
            request_id: self.request_id(),
            // Only a page has forms.
            csrf: if wants == Wants::Html { guard::form_token(&self.key, &holder) } else { String::new() },
            signed_in: session.is_some(),
            here: Ctx::here_of(request.uri()),
            reading: request.method().is_safe(),
            came_from: if request.method().is_safe() { None } else { self.came_from(headers) },
            now,
            hours: HoursAt::new(now, &self.hours),
            help: Arc::clone(&self.help),
        };
        (ctx, set)
    }

    /// Refuses what another site's page sent.
    fn admit(&self, headers: &HeaderMap, body: &[u8], ctx: &Ctx) -> Result<(), Problem> {
        if !guard::origin_is_ours(headers, &self.origin) {
            return Err(Kind::Forged.into());
        }
        if !guard::needs_token(headers) {
            return Ok(());
        }
        let [session, visitor] = guard::cookies(headers, [SESSION, VISITOR]);
        let holder = session.or(visitor);
        let token = guard::token_of(body).unwrap_or_default();
        if holder.is_some_and(|holder| guard::token_is_right(&self.key, holder, &token)) {
            return Ok(());
        }
        tracing::info!(request_id = %ctx.request_id, "a form without a valid token was refused");
        Err(Kind::Forged.into())
    }
}

/// The layer around every route.
pub async fn around(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let (ctx, cookies) = edge.circumstances(&request);
    let ctx = Arc::new(ctx);
    request.extensions_mut().insert(Cx(Arc::clone(&ctx)));
    let step = traffic::step_of(&request);
    let mut response = served(&edge, request, &ctx, next).await;
    let took = edge.clock.now().duration_since(ctx.now).as_millis();
    edge.traffic.took(&step, u64::try_from(took).unwrap_or(0), response.status().is_server_error());
    if let Some(problem) = response.extensions_mut().remove::<Problem>().or_else(|| misread(&response, &ctx))
    {
        response = match ctx.wants {
            Wants::Html if ctx.reading && problem.kind == Kind::SignIn => {
                Go::to(way_in(&ctx)).into_response()
            }
            Wants::Html if ctx.reading && problem.kind == Kind::Verify => Go::to("/identity").into_response(),
            Wants::Html => problem.html(&ctx),
            Wants::Json => problem.json(&ctx),
        };
    }
    let headers = response.headers_mut();
    // Nobody has to tap again to see what they came to see.
    if ctx.reading
        && ctx.wants == Wants::Html
        && let Some(again_s) = headers.get(header::RETRY_AFTER).cloned()
    {
        headers.insert(header::REFRESH, again_s);
    }
    if !is_kept_by_caches(headers) {
        cookies.into_iter().for_each(|cookie| {
            headers.append(header::SET_COOKIE, cookie);
        });
    }
    protect(headers, &edge);
    if let Ok(id) = HeaderValue::from_str(&ctx.request_id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
    response
}

/// Answers a request whose caller does not ask too much, that has come as a whole, and for which there is room.
async fn served(edge: &Edge, request: Request, ctx: &Ctx, next: Next) -> Response {
    if let Err(too_much) = edge.callers.count(&request) {
        return too_many(edge, &request, too_much).into_response();
    }
    let safe = ctx.reading;
    let deed = traffic::deed_of(request.method(), request.uri().path());
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    // Before it takes a seat: whoever sends a byte a second must not fill the house. A look has no body that anybody reads.
    let body = match whole(edge, body, safe, path).await {
        Ok(body) => body,
        Err(kind) => return problem_of(path, kind).into_response(),
    };
    let _answering = parts.extensions.get::<Attending>().map(Attending::answering);
    let draw = ctx.request_id.bytes().fold(0_u8, u8::wrapping_add);
    let _seat = match Seat::take(&edge.traffic, deed, draw) {
        Ok(seat) => seat,
        Err(again_s) => return problem_of(path, Kind::Busy(deed, again_s)).into_response(),
    };
    if !safe
        && !path.starts_with(callbacks::PREFIX)
        && let Err(problem) = edge.admit(&parts.headers, &body, ctx)
    {
        return problem.into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// Largest body of a counterpart's notice, bytes: fifty parts of one payment are 20 KiB, a third more in base64.
const LARGEST_NOTICE: usize = 64 * 1024;

async fn whole(edge: &Edge, body: Body, safe: bool, path: &str) -> Result<Bytes, Kind> {
    if safe {
        return Ok(Bytes::new());
    }
    let largest = if path.starts_with(callbacks::PREFIX) { LARGEST_NOTICE } else { LARGEST };
    match timeout(edge.body_within, to_bytes(body, largest)).await {
        Ok(bytes) => bytes.map_err(|_| Kind::TooLarge),
        Err(_) => Err(Kind::TooSlow),
    }
}

fn too_many(edge: &Edge, request: &Request, too_much: TooMuch) -> Problem {
    edge.traffic.refused();
    let kind = match too_much {
        TooMuch::Account(again_s) => Kind::TooMany(again_s),
        TooMuch::Address(again_s) => Kind::Crowded(again_s),
    };
    problem_of(request.uri().path(), kind)
}

/// A deed that was not begun. A quote takes no money; of an order nobody has looked whether it was accepted and paid before, and
/// nothing is said about it.
fn problem_of(path: &str, kind: Kind) -> Problem {
    Problem { money: (path == "/quotes").then_some(MoneyLine::NotCharged), ..kind.into() }
}

/// What the framework itself refused, such as a query that cannot be read: it answers in bare text, we do not.
fn misread(response: &Response, ctx: &Ctx) -> Option<Problem> {
    let kind = response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let bare = response.status() == StatusCode::BAD_REQUEST && kind.starts_with("text/plain");
    let query = ctx.here.split_once('?').map(|(_, query)| query).unwrap_or_default();
    bare.then(|| Problem::field("query", query, BadWhy::Type, "/openapi.json"))
}

/// A cookie must never be stored together with a shared file.
fn is_kept_by_caches(headers: &HeaderMap) -> bool {
    headers.get(header::CACHE_CONTROL).is_some_and(|value| value.as_bytes().starts_with(b"public"))
}

/// A page that needs a sign-in leads to it: at once inside the messenger, by the sign-in page elsewhere.
fn way_in(ctx: &Ctx) -> String {
    let next = percent_encoding::utf8_percent_encode(&ctx.here, percent_encoding::NON_ALPHANUMERIC);
    if ctx.in_messenger { format!("/wechat/enter?next={next}") } else { format!("/sign-in?next={next}") }
}

/// What a page may load and where its forms may lead: to us, and to these besides. A browser holds the answer to a form to it as well:
/// a payer who is sent on to a cashier arrives there only where its origin is named.
pub fn policy(forms: &[String]) -> Option<HeaderValue> {
    match forms {
        [] => Some(HeaderValue::from_static(POLICY)),
        forms => HeaderValue::from_str(&format!("{POLICY} {}", forms.join(" "))).ok(),
    }
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The same on every answer.
static FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), interest-cohort=()"),
    ),
];

/// Headers that an answer has in the end, at most almost always: room for them is made once.
const HEADERS_ROOM: usize = 16;

fn protect(headers: &mut HeaderMap, edge: &Edge) {
    headers.reserve(HEADERS_ROOM);
    if let Some(policy) = &edge.policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    for (name, value) in &FIXED {
        headers.insert(name.clone(), value.clone());
    }
    if edge.secure() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use clearway_service::admission::Deed;
    use jiff::Timestamp;

    use super::*;
    use crate::callers::Terms;
    use crate::ctx::Hours;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            crate::gallery::at("2020-04-05T10:30:00+08:00")
        }
    }

    impl Chance for Still {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    impl Traffic for Still {
        fn enter(&self, _: Deed, _: u8) -> Result<(), u32> {
            Ok(())
        }

        fn leave(&self) {}

        fn refused(&self) {}

        fn took(&self, _: &str, _: u64, _: bool) {}
    }

    fn site() -> Router {
        let ctx = crate::gallery::ctx(Lang::Zh);
        let (help, hours) = (ctx.help, ctx.hours);
        let edge = Edge {
            clock: Arc::new(Still),
            chance: Arc::new(Still),
            origin: "https://clear.example".into(),
            key: b"key".to_vec(),
            policy: policy(&[]),
            help,
            traffic: Arc::new(Still),
            callers: Callers::new(Terms::default(), Box::new(|_| None)),
            body_within: Terms::default().body_within,
            hours: Arc::new(move |_| Hours::clone(&hours)),
        };
        Router::new()
            .route("/open", get(|cx: Cx| async move { cx.csrf.clone() }))
            .route("/closed", get(|| async { Problem::sign_in() }).post(|| async { Problem::sign_in() }))
            .route("/do", post(|body: String| async move { body }))
            .fallback(|| async { Problem::not_found() })
            .layer(axum::middleware::from_fn_with_state(Arc::new(edge), around))
    }

    async fn ask(request: axum::http::request::Builder, body: &str) -> (StatusCode, HeaderMap, String) {
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = site().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_answer_is_protected_and_has_a_reference() {
        let (status, headers, _) = ask(Request::get("/open"), "").await;
        assert_eq!(status, StatusCode::OK);
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["x-request-id"].len(), 10);
        assert_eq!(headers["cache-control"], "no-store");
        let cookie = headers["set-cookie"].to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Secure"),
            "{cookie}"
        );
    }

    #[tokio::test]
    async fn a_problem_is_a_page_for_people_and_a_document_for_programs() {
        let (status, headers, body) = ask(Request::get("/nowhere").header("accept", "text/html"), "").await;
        assert_eq!(
            (status, headers["content-type"].to_str().unwrap()),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8")
        );
        assert!(body.contains("没有找到"));
        let (_, headers, body) = ask(Request::get("/nowhere").header("accept", "application/json"), "").await;
        assert_eq!(headers["content-type"], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (problem["type"].as_str(), problem["status"].as_u64()),
            (Some("/problems/not-found"), Some(404))
        );
        let (_, _, english) = ask(Request::get("/nowhere?lang=en"), "").await;
        assert!(english.contains("Not found") && english.contains("lang=\"en\""));
    }

    #[tokio::test]
    async fn no_address_makes_a_link_of_ours_lead_to_another_host() {
        for address in ["//evil.example/", "///evil.example/", "/\\evil.example/", "//evil.example//x?a=//b"]
        {
            let (status, _, body) = ask(Request::get(address).header("accept", "text/html"), "").await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            assert!(body.contains("href=\"/evil.example/"), "{address}: {body}");
            for elsewhere in ["href=\"//", "href=\"/\\", "value=\"//", "value=\"/\\"] {
                assert!(!body.contains(elsewhere), "{address}: {elsewhere}: {body}");
            }
        }
    }

    #[tokio::test]
    async fn a_page_that_needs_a_sign_in_leads_to_it_and_comes_back() {
        let page = Request::get("/closed?view=all").header("accept", "text/html");
        let (status, headers, _) = ask(page, "").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert_eq!(headers["location"], "/sign-in?next=%2Fclosed%3Fview%3Dall");
        let inside =
            Request::get("/closed").header("accept", "text/html").header("user-agent", "MicroMessenger/8.0");
        assert_eq!(ask(inside, "").await.1["location"], "/wechat/enter?next=%2Fclosed");
        let program = Request::get("/closed").header("accept", "application/json");
        assert_eq!(ask(program, "").await.0, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_form_needs_its_token_and_json_needs_our_origin() {
        let form = |cookie: &str| {
            Request::post("/do")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("cookie", cookie.to_owned())
        };
        let token = guard::form_token(b"key", "driver.secret");
        let body = format!("csrf={token}&a=1");
        assert_eq!(ask(form("cw_session=driver.secret"), &body).await.0, StatusCode::OK);
        assert_eq!(ask(form("cw_session=other.secret"), &body).await.0, StatusCode::FORBIDDEN);
        assert_eq!(ask(form("cw_session=driver.secret"), "a=1").await.0, StatusCode::FORBIDDEN);
        assert_eq!(ask(form("size=large"), &body).await.0, StatusCode::FORBIDDEN);
        let json = |origin: &'static str| {
            Request::post("/do").header("content-type", "application/json").header("origin", origin)
        };
        assert_eq!(ask(json("https://clear.example"), "{}").await.0, StatusCode::OK);
        assert_eq!(ask(json("https://evil.example"), "{}").await.0, StatusCode::FORBIDDEN);
        // A body that a plain form of any site could send is never taken for JSON.
        let plain = Request::post("/do").header("content-type", "text/plain");
        assert_eq!(ask(plain, "{}").await.0, StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn choices_are_kept_and_nonsense_is_not() {
        let (_, headers, _) = ask(Request::get("/open?size=extra&theme=pink"), "").await;
        let set: Vec<&str> =
            headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
        assert!(set.iter().any(|cookie| cookie.starts_with("size=extra;")));
        assert!(!set.iter().any(|cookie| cookie.starts_with("theme=")));
    }
}
