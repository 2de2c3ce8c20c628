//! The queue, where there is one: how many are ahead, how long it may take, and that nobody has to stand there.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use clearway_service::admission::{TicketFault, Wait};
use clearway_service::citizen::turn;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ctx::{Ctx, Cx};
use crate::page::{Page, view, whole_s};
use crate::problem::{Kind, Problem, ProblemView};
use crate::web::{Driver, Web};

/// A wait in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitWord {
    /// Nobody is ahead.
    Turn,
    /// It cannot be said.
    Unknown,
    /// Between two times; without an upper one, at least the lower.
    Between,
}

/// A place in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceView {
    /// The ticket: the same on every phone of this driver, as long as the turn has not come.
    pub ticket: String,
    /// The number on it. Ahead are `number` less `called` of `/turn/number`.
    pub number: u64,
    /// Whether that number is final; it is once the second of arrival is over. Until then the next look is at this page.
    pub settled: bool,
    /// People ahead.
    pub ahead: u64,
    /// The wait in words.
    pub wait: WaitWord,
    /// At least, seconds.
    pub low_s: Option<i64>,
    /// At most, seconds.
    pub high_s: Option<i64>,
    /// Whether what was told first is over, so that this corrects it.
    pub late: bool,
    /// Seconds until what was told first is over; absent while nothing was told.
    pub late_in_s: Option<i64>,
    /// Whether there is a queue to speak of.
    pub queue: bool,
    /// Whether the officers let nobody through at present: everybody keeps the place, and nobody can say how long it takes.
    pub halted: bool,
    /// When it is carried out, while the service is closed and this waits for its opening.
    pub opens_at: Option<Timestamp>,
    /// Seconds after which it makes sense to look again.
    pub again_s: i64,
}

/// How well waits were foretold on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Foretold {
    /// People who were told a wait.
    pub told: i64,
    /// Those whose wait was within a minute or a fifth of it.
    pub within: i64,
    /// Mean miss, seconds.
    pub mean_s: i64,
    /// Largest miss, seconds.
    pub worst_s: i64,
}

/// The queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Turn {
    /// The driver's place; absent when nothing of the driver waits.
    pub place: Option<PlaceView>,
    /// Where it is seen what becomes, or became, of what the turn was for.
    pub result: Option<String>,
    /// People who wait in all.
    pub waiting: u64,
    /// How well yesterday's waits were foretold; absent when nobody was told one.
    pub yesterday: Option<Foretold>,
}

view!(Turn, "citizen/turn.html");

impl Turn {
    /// The message of the heading.
    pub fn heading(&self) -> &'static str {
        match &self.place {
            None if self.result.is_some() => "queue-over",
            None => "queue-none",
            Some(place) if place.opens_at.is_some() => "done-kept",
            Some(place) if place.halted => "queue-halted",
            Some(place) if place.wait == WaitWord::Turn => "queue-turn",
            Some(_) => "queue-title",
        }
    }

    /// Milliseconds after which the page is opened anew, while it is this driver's turn: no script counts people then.
    pub fn looks_again(&self) -> Option<u32> {
        self.place.as_ref().filter(|place| place.wait == WaitWord::Turn).map(|_| AT_WORK_MS)
    }

    /// Seconds after which the page is opened again where no script looks.
    pub fn refresh_s(&self) -> Option<i64> {
        let at_work = self.looks_again().map(|ms| i64::from(whole_s(ms)));
        at_work.or_else(|| self.place.as_ref().map(|place| place.again_s))
    }
}

/// The number that is called, for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Called {
    /// Turns that are over since the service began.
    pub called: u64,
    /// Turns a minute in a slow moment; 0 = not known.
    pub slow: u64,
    /// Turns a minute in a quick moment; 0 = not known.
    pub fast: u64,
    /// Checks that wait beside the turns, as the turns that the platform could end instead of them.
    pub beside: u64,
    /// Turns that end more a minute once there are none. Behind n people one waits for n ÷ pace minutes, or for
    /// (n + beside) ÷ (pace + more), whichever is shorter.
    pub more: u64,
    /// When it was looked at, s since 1970.
    pub at: i64,
    /// 1 while the officers let nobody through; absent otherwise.
    pub halted: Option<u8>,
}

impl PlaceView {
    /// From the use case's place.
    pub fn of(place: &turn::Place) -> PlaceView {
        let (wait, low, high) = match place.wait {
            Wait::Turn => (WaitWord::Turn, None, None),
            Wait::Unknown => (WaitWord::Unknown, None, None),
            Wait::Between { low_ms, high_ms } => (WaitWord::Between, Some(low_ms), high_ms),
        };
        PlaceView {
            ticket: place.ticket.clone(),
            number: place.number,
            settled: place.settled,
            ahead: place.ahead,
            wait,
            low_s: low.map(|ms| ms / 1_000),
            // Upwards, so that what is said is never shorter than what is meant.
            high_s: high.map(|ms| (ms + 999) / 1_000),
            late: place.late,
            late_in_s: place.late_in_ms.map(|ms| (ms.max(0) + 999) / 1_000),
            queue: place.queue,
            halted: place.halted,
            opens_at: place.opens,
            again_s: if place.opens.is_some() { CLOSED_S } else { again_s(low, place.ahead) },
        }
    }

    /// The sentence about people and time.
    pub fn sentence(&self, c: &Ctx) -> String {
        let n = self.ahead;
        match (self.wait, self.low_s, self.high_s) {
            _ if let Some(at) = self.opens_at => c.ta("done-at-opening", &[("time", &c.moment(&at))]),
            _ if self.halted && n == 0 => c.t("queue-halted.detail").into_owned(),
            _ if self.halted => c.ta("queue-pos-halted", &[("n", &n)]),
            (WaitWord::Turn, ..) => c.t("queue-turn").into_owned(),
            (WaitWord::Between, Some(low), Some(high)) if high <= 90 => {
                c.ta("queue-pos-seconds", &[("n", &n), ("a", &low), ("b", &high)])
            }
            (WaitWord::Between, Some(low), Some(high)) => {
                c.ta("queue-pos", &[("n", &n), ("a", &(low / 60)), ("b", &((high + 59) / 60))])
            }
            (WaitWord::Between, Some(low), None) => c.ta("queue-pos-open", &[("n", &n), ("a", &(low / 60))]),
            _ => c.ta("queue-pos-unknown", &[("n", &n)]),
        }
    }
}

/// Seconds after which whoever waits for the opening looks again: nothing changes before, and the sentence says when.
const CLOSED_S: i64 = 300;

/// Seconds after which it makes sense to look again: at half of what is foretold, five minutes at most, and less than a minute needs no
/// halves. Where nothing is foretold a few people are served in a moment, and many are not.
fn again_s(low_ms: Option<i64>, ahead: u64) -> i64 {
    match low_ms {
        Some(low_ms) => (low_ms / 1_000).clamp(5, (low_ms / 2_000).clamp(60, 300)),
        // First in a line that stands.
        None if ahead == 0 => 30,
        None => i64::try_from(ahead / 10).unwrap_or(i64::MAX).clamp(5, 90),
    }
}

/// Milliseconds after which a page whose turn it is looks again: a decision takes seconds.
const AT_WORK_MS: u32 = 4_000;

/// The driver's place.
///
/// # Errors
/// Without a sign-in.
#[utoipa::path(get, path = "/turn", tag = "cases",
    responses((status = 200, body = Turn), (status = "default", body = ProblemView)))]
pub async fn show(State(web): State<Web>, cx: Cx, driver: Driver) -> Result<Page<Turn>, Problem> {
    let view = web
        .ask(&cx, driver, |world, _, who, _| {
            let page = turn::page(world, who)?;
            Ok(Turn {
                place: page.place.as_ref().map(PlaceView::of),
                result: page.result.map(|case| match case.order_id {
                    Some(order) => format!("/orders/{order}"),
                    None => format!("/cases/{}", case.case_id),
                }),
                waiting: page.waiting,
                yesterday: page.yesterday.map(|tally| Foretold {
                    told: tally.told,
                    within: tally.within,
                    mean_s: tally.mean_ms / 1_000,
                    worst_s: tally.worst_ms / 1_000,
                }),
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}

/// A ticket of the driver: the place behind it.
///
/// # Errors
/// For a ticket that was forged or is somebody else's (which are not told apart), that is of another time, or whose turn
/// is over.
#[utoipa::path(get, path = "/turn/tickets/{ticket}", tag = "cases", params(("ticket" = String, Path)),
    responses((status = 200, body = PlaceView), (status = "default", body = ProblemView)))]
pub async fn ticket(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(ticket): Path<String>,
) -> Result<Response, Problem> {
    let shown = web.ask(&cx, driver, move |world, _, who, _| turn::shown(world, who, &ticket)).await?;
    match shown {
        Ok(place) => Ok(axum::Json(PlaceView::of(&place)).into_response()),
        Err(fault) => Err(problem_of(fault)),
    }
}

fn problem_of(fault: TicketFault) -> Problem {
    match fault {
        TicketFault::Forged | TicketFault::Foreign => Problem::not_found(),
        TicketFault::Expired => Kind::Conflict("ticket-expired").into(),
        TicketFault::Future => Kind::Conflict("ticket-future").into(),
        TicketFault::Spent => Kind::Conflict("ticket-spent").into(),
    }
}

/// The number that is called: one small answer for everybody, good for a second in any cache.
///
/// # Errors
/// When the store does not answer.
#[utoipa::path(get, path = "/turn/number", tag = "public",
    responses((status = 200, body = Called), (status = "default", body = ProblemView)))]
pub async fn number(State(web): State<Web>) -> Result<Response, Problem> {
    let fresh = web.admission.lobby.fresh(web.now().as_millisecond());
    let seen = match fresh {
        Some(seen) => seen,
        None => {
            let looked = tokio::task::spawn_blocking(move || web.admission.lobby.look(&web)).await;
            looked
                .map_err(|error| Problem::internal(&error))?
                .map_err(|_| Problem::from(Kind::Unavailable))?
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=1")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, seen.number.to_string()).into_response())
}

#[cfg(test)]
mod tests {
    use super::again_s;

    #[test]
    fn the_page_looks_again_at_half_of_what_is_foretold() {
        let foretold =
            [0, 7, 59, 90, 130, 500, 900, i64::MAX / 1_000].map(|s| again_s(Some(s * 1_000), 9_999));
        assert_eq!(foretold, [5, 7, 59, 60, 65, 250, 300, 300]);
        assert_eq!([0, 20, 200, 9_999, u64::MAX].map(|ahead| again_s(None, ahead)), [30, 5, 20, 90, 90]);
    }
}
