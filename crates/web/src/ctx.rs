//! What every page knows besides its own data: language, size, who asks, the hours, and how to write a day or a sum.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::{self, Debug, Display, Formatter};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use clearway_domain::world::{civil, civil_date};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::choice::{Size, Theme};
use crate::text::{self, Lang};

/// What the asker wants back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// A page.
    Html,
    /// The view model itself.
    Json,
}

impl Wants {
    /// Reads an `Accept` header. A page unless JSON is asked for with a higher weight than HTML.
    pub fn from_accept(accept: &str) -> Wants {
        let (mut html, mut json) = (0, 0);
        for part in accept.split(',') {
            let mut pieces = part.split(';').map(str::trim);
            let kind = pieces.next().unwrap_or_default().to_ascii_lowercase();
            let weight = pieces.find_map(|piece| piece.strip_prefix("q=")).map_or(1000, per_mille);
            match kind.as_str() {
                "text/html" | "application/xhtml+xml" => html = html.max(weight),
                "application/json" | "application/problem+json" | "text/json" => json = json.max(weight),
                _ => {}
            }
        }
        if json > html { Wants::Json } else { Wants::Html }
    }
}

/// A weight such as `0.8` in thousandths; what cannot be read counts as one.
fn per_mille(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(whole), Ok(part)) => whole.saturating_mul(1000).saturating_add(part).min(1000),
        _ => 1000,
    }
}

/// Service hours as the strip at the foot of every page tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Hours {
    /// Whether violations can be handled now.
    pub open: bool,
    /// Opening time of a day, `6:00`.
    pub from: String,
    /// Closing time of a day, `22:00`.
    pub to: String,
    /// When it opens next, if it is closed now.
    pub opens_at: Option<Timestamp>,
    /// Minutes until it closes, when that is soon enough to say.
    pub closes_in_minutes: Option<i64>,
}

/// Service hours at an instant, made when somebody reads them: most answers to programs never do.
#[derive(Clone)]
pub struct HoursAt {
    known: OnceLock<Hours>,
    at: Timestamp,
    tell: Arc<TellHours>,
}

/// Tells the hours of an instant.
pub type TellHours = dyn Fn(Timestamp) -> Hours + Send + Sync;

impl HoursAt {
    /// Of an instant, by whoever can tell them.
    pub fn new(at: Timestamp, tell: &Arc<TellHours>) -> HoursAt {
        HoursAt { known: OnceLock::new(), at, tell: Arc::clone(tell) }
    }
}

impl Deref for HoursAt {
    type Target = Hours;

    fn deref(&self) -> &Hours {
        self.known.get_or_init(|| (self.tell)(self.at))
    }
}

impl Debug for HoursAt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.known.fmt(f)
    }
}

/// Where a person gets help by voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Help {
    /// Telephone number as one dials it.
    pub phone: String,
    /// When it is answered.
    pub hours: String,
}

/// The circumstances of one request.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Language of the page.
    pub lang: Lang,
    /// Text size.
    pub size: Size,
    /// Appearance.
    pub theme: Theme,
    /// Page or data.
    pub wants: Wants,
    /// Whether the page is shown inside the messenger, which has its own payment sheet.
    pub in_messenger: bool,
    /// Reference a person can quote; also in the logs.
    pub request_id: String,
    /// Goes into every form and comes back with it; empty where no page is asked for.
    pub csrf: String,
    /// Whether a driver is signed in.
    pub signed_in: bool,
    /// Path and query of this request, for "come back here".
    pub here: String,
    /// Whether the request only looks.
    pub reading: bool,
    /// Path and query of the page of ours that a form was sent from.
    pub came_from: Option<String>,
    /// Now, by the service's clock.
    pub now: Timestamp,
    /// Service hours.
    pub hours: HoursAt,
    /// Help by voice.
    pub help: Arc<Help>,
}

impl Ctx {
    /// A message without holes.
    pub fn t(&self, key: impl AsRef<str>) -> Cow<'static, str> {
        text::t(self.lang, key.as_ref())
    }

    /// A message whose key ends in a word of a view model, such as `event-paid`.
    pub fn tk(&self, start: &str, end: impl AsRef<str>) -> Cow<'static, str> {
        text::t(self.lang, &format!("{start}{}", end.as_ref()))
    }

    /// What stands between two sentences: nothing in Chinese, whose full stop brings its own room.
    pub fn gap(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "",
            Lang::En => " ",
        }
    }

    /// A message with holes.
    pub fn ta(&self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        text::ta(self.lang, key, args)
    }

    /// Who did a step: a known word in the page's language, an officer's role as it is.
    pub fn by(&self, actor: &str) -> String {
        let key = format!("by-{actor}");
        if text::has(self.lang, &key) { text::t(self.lang, &key).into_owned() } else { actor.to_owned() }
    }

    /// A sum of fen in yuan, without needless decimals: `200`, `100.50`.
    pub fn yuan(&self, fen: &i64) -> String {
        let (sign, fen) = (if *fen < 0 { "-" } else { "" }, fen.unsigned_abs());
        match fen % 100 {
            0 => format!("{sign}{}", fen / 100),
            rest => format!("{sign}{}.{rest:02}", fen / 100),
        }
    }

    /// Today in China.
    pub fn today(&self) -> Date {
        civil_date(self.now)
    }

    /// A day as people say it; the year only when it is another one.
    pub fn day(&self, date: &Date) -> String {
        if date.year() == self.today().year() {
            match self.lang {
                Lang::Zh => format!("{}月{}日", date.month(), date.day()),
                Lang::En => format!("{} {}", date.day(), month(date.month())),
            }
        } else {
            self.full_day(date)
        }
    }

    /// A day with its year.
    pub fn full_day(&self, date: &Date) -> String {
        match self.lang {
            Lang::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
            Lang::En => format!("{} {} {}", date.day(), month(date.month()), date.year()),
        }
    }

    /// The clock time of an instant, `8:12`.
    pub fn clock(&self, at: &Timestamp) -> String {
        let at = civil(*at);
        format!("{}:{:02}", at.hour(), at.minute())
    }

    /// Day and clock time; the clock time alone when it is today.
    pub fn moment(&self, at: &Timestamp) -> String {
        let date = civil_date(*at);
        if date == self.today() { self.clock(at) } else { format!("{} {}", self.day(&date), self.clock(at)) }
    }

    /// When something may be tried again: to the second where that is soon, so that nobody reads the minute that it is now.
    pub fn again(&self, at: &Timestamp) -> String {
        let soon = at.duration_since(self.now) < SignedDuration::from_mins(2);
        if soon { civil(*at).strftime("%-H:%M:%S").to_string() } else { self.moment(at) }
    }

    /// Day and clock time, the day always said.
    pub fn day_clock(&self, at: &Timestamp) -> String {
        format!("{} {}", self.day(&civil_date(*at)), self.clock(at))
    }

    /// The day of an instant in China.
    pub fn day_of(&self, at: &Timestamp) -> String {
        self.day(&civil_date(*at))
    }

    /// Day with year and clock time, for documents.
    pub fn full_moment(&self, at: &Timestamp) -> String {
        format!("{} {}", self.full_day(&civil_date(*at)), self.clock(at))
    }

    /// An instant for `<time datetime>`: RFC 3339 with China's offset.
    pub fn stamp(&self, at: &Timestamp) -> String {
        at.display_with_offset(Offset::constant(8)).to_string()
    }

    /// Whether the pages are in English (legal texts then carry a gloss).
    pub fn english(&self) -> bool {
        self.lang == Lang::En
    }

    /// The address of an asset, with its content's hash in the name.
    pub fn asset(&self, name: &str) -> &'static str {
        crate::assets::href(name)
    }

    /// Path and query of a request as a link may carry them: more than one slash in front would name another host.
    pub fn here_of(uri: &Uri) -> String {
        let asked = uri.path_and_query().map(PathAndQuery::as_str).unwrap_or_default();
        format!("/{}", asked.trim_start_matches(['/', '\\']))
    }

    /// This page in the other language.
    pub fn other_language(&self) -> String {
        let lang = match self.lang {
            Lang::Zh => "en",
            Lang::En => "zh-CN",
        };
        self.with_query("lang", lang)
    }

    /// This page with one query parameter set. The answer to a form is no page: its address cannot be opened, the form's can.
    pub fn with_query(&self, name: &str, value: &str) -> String {
        let here = match (self.reading, self.came_from.as_deref()) {
            (true, _) => self.here.as_str(),
            (false, form) => form.unwrap_or("/violations"),
        };
        let (path, query) = here.split_once('?').unwrap_or((here, ""));
        let kept = query
            .split('&')
            .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name))
            .fold(String::new(), |kept, pair| kept + pair + "&");
        format!("{path}?{kept}{name}={value}")
    }
}

fn month(number: i8) -> &'static str {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES[usize::try_from(number - 1).unwrap_or_default().min(11)]
}

/// The circumstances as a handler takes them.
#[derive(Debug, Clone)]
pub struct Cx(pub Arc<Ctx>);

impl std::ops::Deref for Cx {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Cx {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        // The edge puts it there for every request that reaches a handler.
        Ok(parts.extensions.get::<Cx>().expect("the edge layer is on every route").clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_a_page_and_a_program_its_data() {
        for (accept, wants) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Wants::Html),
            ("application/json", Wants::Json),
            ("*/*", Wants::Html),
            ("", Wants::Html),
            ("application/json;q=0.5, text/html;q=0.4", Wants::Json),
            ("application/json;q=0.5, text/html", Wants::Html),
            ("application/problem+json", Wants::Json),
        ] {
            assert_eq!(Wants::from_accept(accept), wants, "{accept}");
        }
    }

    #[test]
    fn sums_and_days_are_written_as_people_write_them() {
        let mut c = crate::gallery::ctx(Lang::Zh);
        assert_eq!(
            (c.yuan(&20000).as_str(), c.yuan(&10050).as_str(), c.yuan(&-5).as_str()),
            ("200", "100.50", "-0.05")
        );
        let date = jiff::civil::date(2020, 11, 2);
        assert_eq!(c.day(&date), "11月2日");
        assert_eq!(c.day(&jiff::civil::date(2019, 11, 2)), "2019年11月2日");
        c.lang = Lang::En;
        assert_eq!(c.day(&date), "2 Nov");
        c.here = "/violations?view=all&lang=en".into();
        assert_eq!(c.with_query("lang", "zh-CN"), "/violations?view=all&lang=zh-CN");
        // A form was answered with a problem: its own address takes no GET.
        (c.here, c.reading) = ("/vehicles/bind".into(), false);
        assert_eq!(c.with_query("size", "large"), "/violations?size=large");
        c.came_from = Some("/vehicles?lang=en".into());
        assert_eq!(c.other_language(), "/vehicles?lang=zh-CN");
    }
}
