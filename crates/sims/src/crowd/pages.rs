//! What a phone reads of the product's pages: only the fields it acts on.

use serde::Deserialize;

/// A place in the queue.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Place {
    /// The number on the ticket.
    pub number: u64,
    /// Whether the number is final.
    pub settled: bool,
    /// The wait, at least, s.
    pub low_s: Option<i64>,
    /// The wait, at most, s.
    pub high_s: Option<i64>,
    /// Look again after so many s.
    pub again_s: u64,
}

/// `GET /turn`.
#[derive(Debug, Deserialize)]
pub struct Turn {
    /// The place, while something waits.
    pub place: Option<Place>,
}

/// `GET /turn/number`.
#[derive(Debug, Deserialize)]
pub struct Called {
    /// Turns that are over.
    pub called: u64,
    /// Turns a minute in a quick moment.
    pub fast: u64,
    /// Turns a minute in a slow moment.
    pub slow: u64,
    /// Checks that wait beside the turns, in turns.
    pub beside: u64,
    /// Turns that end more a minute once there are none.
    pub more: u64,
}

impl Called {
    /// The wait behind so many people at a pace of so many turns a minute, ms; as the page's script reckons it. `None` where the pace
    /// is not known.
    pub fn wait_ms(&self, ahead: u64, pace: u64) -> Option<u64> {
        let now = (ahead * 60_000).checked_div(pace)?;
        Some(now.min((ahead + self.beside) * 60_000 / (pace + self.more)))
    }
}

/// The background verification.
#[derive(Debug, Default, Deserialize)]
pub struct Checks {
    /// Whether all have ended.
    pub finished: bool,
    /// Changes whenever the page would.
    pub version: String,
    /// Ask again after so many ms.
    pub again_ms: u64,
}

/// A violation on the list.
#[derive(Debug, Deserialize)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// Best way: `first`, `study`, `pay`, …
    pub route: String,
    /// Can be ticked for paying.
    pub payable: bool,
}

/// The violations of one vehicle.
#[derive(Debug, Deserialize)]
pub struct Group {
    /// Its violations.
    pub cards: Vec<Card>,
}

/// A case that was left unfinished.
#[derive(Debug, Deserialize)]
pub struct Resume {
    /// The case.
    pub case_id: String,
}

/// `GET /violations`.
#[derive(Debug, Deserialize)]
pub struct Home {
    /// Unfinished cases.
    pub resume: Vec<Resume>,
    /// The order whose payment is being confirmed, as an address.
    pub open_order: Option<String>,
    /// The verification.
    pub checks: Checks,
    /// Violations.
    pub groups: Vec<Group>,
}

impl Home {
    /// All violations.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.groups.iter().flat_map(|group| &group.cards)
    }
}

/// `GET /quotes/{id}`.
#[derive(Debug, Deserialize)]
pub struct Quote {
    /// Id.
    pub id: String,
    /// Sum, fen.
    pub total_fen: i64,
    /// Nothing can be paid before.
    pub closed_until: Option<jiff::Timestamp>,
}

/// One violation of an order.
#[derive(Debug, Deserialize)]
pub struct Leg {
    /// Its case.
    pub case_id: Option<String>,
}

/// `GET /orders/{id}`.
#[derive(Debug, Deserialize)]
pub struct Order {
    /// `not_charged`, `confirming`, `charged`.
    pub money: String,
    /// `to_pay`, `waiting`, `handling`, `done`, …
    pub word: String,
    /// The cashier, while it can be paid.
    pub cashier: Option<String>,
    /// When it can be paid, where that is still to come.
    pub opens_at: Option<jiff::Timestamp>,
    /// Ask how it stands after so many ms.
    pub again_ms: u64,
    /// Violations in it.
    pub legs: Vec<Leg>,
    /// The place.
    pub queue: Option<Place>,
}

/// `GET /orders/{id}/state`.
#[derive(Debug, Deserialize)]
pub struct OrderState {
    /// Where it stands.
    pub word: String,
    /// Ask again after so many ms.
    pub again_ms: u64,
    /// There is a queue: the page says more.
    pub queue: bool,
}

/// What became of an answer.
#[derive(Debug, Deserialize)]
pub struct Feedback {
    /// The link to what follows.
    pub next: String,
}

/// `POST /cases/{id}/quiz`.
#[derive(Debug, Deserialize)]
pub struct Answered {
    /// What became of it.
    pub feedback: Feedback,
    /// The next one.
    pub question: Option<Question>,
}

/// An answer of a question.
#[derive(Debug, Deserialize)]
pub struct Choice {
    /// Its place, as sent back.
    pub place: u8,
    /// Its words.
    pub text: String,
}

/// A question.
#[derive(Debug, Deserialize)]
pub struct Question {
    /// Id.
    pub id: String,
    /// Place in the sitting.
    pub index: u8,
    /// Its words.
    pub stem: String,
    /// What can be chosen.
    pub answers: Vec<Choice>,
}

/// Whatever `/cases/{id}` leads to: the fields of study, quiz, quote, confirmation and result together.
#[derive(Debug, Default, Deserialize)]
pub struct Case {
    /// Study: number of this showing.
    pub sitting: Option<u32>,
    /// Study: seconds required.
    pub need_s: Option<i64>,
    /// Study: seconds earned.
    pub done_s: Option<i64>,
    /// Study: seconds between heartbeats.
    pub every_s: Option<u64>,
    /// Quiz: the question that waits.
    pub question: Option<Question>,
    /// Quiz: the rules, before a sitting.
    pub rules: Option<serde::de::IgnoredAny>,
    /// Quote: id.
    pub id: Option<String>,
    /// Quote: sum, fen.
    pub total_fen: Option<i64>,
    /// Quote: nothing can be paid before.
    pub closed_until: Option<jiff::Timestamp>,
    /// Confirmation: version of the case that was read.
    pub version: Option<i64>,
    /// Result: how it stands.
    pub word: Option<String>,
    /// Result: when it runs, for what was confirmed outside the hours.
    pub runs_at: Option<jiff::Timestamp>,
    /// Result: the place.
    pub queue: Option<Place>,
    /// Result: look again after so many ms.
    pub again_ms: Option<u64>,
}

/// The answer to a heartbeat.
#[derive(Debug, Deserialize)]
pub struct Beat {
    /// Seconds still missing.
    pub left_s: i64,
}

/// A problem document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// Its address ends in the slug.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it makes sense to come again.
    pub again_at: Option<jiff::Timestamp>,
}
