//! Parts that several pages share: programme tiles, violation cards, the pay bar, steps.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::private::Private;

/// The two leniency programmes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Programme {
    /// 首违警告, a warning instead of the fine.
    First,
    /// 学习减分, study that takes points off.
    Study,
}

impl Programme {
    /// The word in addresses and message keys.
    pub const fn word(self) -> &'static str {
        match self {
            Programme::First => "first",
            Programme::Study => "study",
        }
    }

    /// Message of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Programme::First => "programme-first",
            Programme::Study => "programme-study",
        }
    }
}

/// The five states of a programme. "Could not check" is never shown as a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TileState {
    /// Still being verified.
    Checking,
    /// Usable now.
    Usable,
    /// Refused, with reasons.
    Blocked,
    /// Used already.
    Used,
    /// A check could not be made.
    Unknown,
}

impl TileState {
    /// The word in message keys and class names.
    pub const fn word(self) -> &'static str {
        match self {
            TileState::Checking => "checking",
            TileState::Usable => "usable",
            TileState::Blocked => "blocked",
            TileState::Used => "used",
            TileState::Unknown => "unknown",
        }
    }

    /// The state's message.
    pub const fn key(self) -> &'static str {
        match self {
            TileState::Checking => "state-checking",
            TileState::Usable => "state-usable",
            TileState::Blocked => "state-blocked",
            TileState::Used => "state-used",
            TileState::Unknown => "state-unknown",
        }
    }

    /// The icon's name: its shape differs in every state, so that colour is never the only sign.
    pub const fn icon(self) -> &'static str {
        match self {
            TileState::Checking => "ring",
            TileState::Usable => "tick",
            TileState::Blocked => "info",
            TileState::Used => "dash",
            TileState::Unknown => "question",
        }
    }
}

/// One programme on the first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tile {
    /// Which one.
    pub programme: Programme,
    /// Its state.
    pub state: TileState,
    /// What it saves and on which violation, when usable.
    pub saving: Option<Saving>,
    /// Day from which it can be used again, where that is known.
    pub again_from: Option<Date>,
    /// Points of an unused study credit, and the day until which it holds.
    pub credit: Option<Credit>,
    /// Where a tap leads: the start when usable, the reasons otherwise.
    pub href: String,
}

/// What a programme saves on one violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Saving {
    /// The violation.
    pub violation: String,
    /// What was done, in plain words.
    pub act: String,
    /// When it happened.
    pub at: Timestamp,
    /// Fine waived, fen.
    pub fine_fen: i64,
    /// Points fewer.
    pub points: i32,
}

/// A study credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Credit {
    /// Points that are left of it.
    pub left: i32,
    /// Last day on which it can be used.
    pub until: Date,
}

/// The best lawful way to deal with a violation: its one main button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// With the first-violation warning.
    First,
    /// With the study reduction.
    Study,
    /// By paying.
    Pay,
    /// Not here, or not now: see why.
    Why,
    /// A case is under way: go on.
    Continue,
}

impl Route {
    /// The word in class names and keys.
    pub const fn word(self) -> &'static str {
        match self {
            Route::First => "first",
            Route::Study => "study",
            Route::Pay => "pay",
            Route::Why => "why",
            Route::Continue => "continue",
        }
    }

    /// The button's message.
    pub const fn button(self) -> &'static str {
        match self {
            Route::First => "list-btn-first",
            Route::Study => "list-btn-study",
            Route::Pay => "list-btn-pay",
            Route::Why => "list-btn-why",
            Route::Continue => "list-btn-continue",
        }
    }
}

/// A sign on a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The warning can be used on it.
    First,
    /// The study reduction can be used on it.
    Study,
    /// The programmes are still being verified for it.
    Checking,
    /// A case is under way.
    InProgress,
    /// A payment is ready, and nobody has begun to make it.
    ToPay,
    /// A payment is being confirmed.
    Paying,
    /// It is paid or confirmed and being handled.
    Handling,
    /// A person looks at it.
    Manual,
    /// Its money is on its way back.
    Refunding,
    /// Evidence is still being reviewed.
    Evidence,
    /// The decision is out, only the fine is open.
    Decided,
    /// The driver disputes it.
    Disputed,
}

impl Mark {
    /// The mark's message.
    pub const fn key(self) -> &'static str {
        match self {
            Mark::First => "mark-first",
            Mark::Study => "mark-study",
            Mark::Checking => "mark-checking",
            Mark::InProgress => "mark-in-progress",
            Mark::ToPay => "mark-to-pay",
            Mark::Paying => "mark-paying",
            Mark::Handling => "mark-handling",
            Mark::Manual => "mark-manual",
            Mark::Refunding => "mark-refunding",
            Mark::Evidence => "mark-evidence",
            Mark::Decided => "mark-decided",
            Mark::Disputed => "mark-disputed",
        }
    }

    /// Tone in the stylesheet.
    pub const fn tone(self) -> &'static str {
        match self {
            Mark::First => "ok",
            Mark::Study => "study",
            Mark::Checking | Mark::Evidence => "quiet",
            Mark::InProgress | Mark::Handling | Mark::Decided => "info",
            Mark::ToPay | Mark::Paying | Mark::Manual | Mark::Refunding | Mark::Disputed => "warn",
        }
    }

    /// Icon's name.
    pub const fn icon(self) -> &'static str {
        match self {
            Mark::First => "tick",
            Mark::Study => "book",
            Mark::Checking => "ring",
            Mark::InProgress => "next",
            Mark::ToPay => "pay",
            Mark::Paying | Mark::Handling | Mark::Refunding | Mark::Evidence => "clock",
            Mark::Decided => "doc",
            Mark::Manual | Mark::Disputed => "note",
        }
    }
}

/// Which heap of the list a violation lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// 现在能办.
    Now,
    /// 需要等.
    Wait,
    /// 不能在这里办.
    NotHere,
}

/// What has to happen by a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DueFor {
    /// The fine has to be paid (15 calendar days from service, moved off closed days).
    Pay,
    /// The driver has to come in (30 calendar days from the notice).
    Handle,
}

/// When something is due and what lateness has cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Due {
    /// What has to happen.
    pub due_for: DueFor,
    /// Last day.
    pub date: Date,
    /// Days left; below zero once it is late.
    pub days_left: i32,
    /// Surcharge so far, fen (3 % a day, at most the fine).
    pub surcharge_fen: i64,
}

impl Due {
    /// The sentence on a card.
    pub fn sentence(&self, c: &crate::ctx::Ctx) -> String {
        let date = c.day(&self.date);
        match (self.due_for, self.days_left >= 0) {
            (DueFor::Pay, true) => c.ta("list-due", &[("date", &date), ("n", &self.days_left)]),
            (DueFor::Pay, false) => {
                let late = self.days_left.unsigned_abs();
                c.ta("list-late", &[("n", &late), ("yuan", &c.yuan(&self.surcharge_fen))])
            }
            (DueFor::Handle, true) => c.ta("list-due-handle", &[("date", &date), ("n", &self.days_left)]),
            (DueFor::Handle, false) => c.ta("list-late-handle", &[("date", &date)]),
        }
    }

    /// Whether the day has passed.
    pub fn is_late(&self) -> bool {
        self.days_left < 0
    }
}

/// One violation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// What was done, in plain words.
    pub act: String,
    /// Offence code.
    pub code: String,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: String,
    /// Plate.
    pub plate: Private,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Points.
    pub points: i32,
    /// Due date and surcharge, once there is a decision.
    pub due: Option<Due>,
    /// Signs.
    pub marks: Vec<Mark>,
    /// Best way.
    pub route: Route,
    /// Where the main button leads.
    pub href: String,
    /// Whether it can be ticked for paying.
    pub payable: bool,
    /// Whether it could be a free warning: then "select all" leaves it out.
    pub free: bool,
    /// Everything that would be paid now, fen.
    pub total_fen: i64,
    /// Heap of the list.
    pub segment: Segment,
    /// The first reason in one line, when it cannot be handled.
    pub why: Option<String>,
}

impl Card {
    /// The button's message: what only waits is looked at, and not gone on with.
    pub fn button(&self) -> &'static str {
        match (self.route, self.segment) {
            (Route::Continue, Segment::Wait) => "order-progress",
            (route, _) => route.button(),
        }
    }
}

/// The violations of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Group {
    /// Key of the vehicle in addresses.
    pub plate_key: Private,
    /// Plate.
    pub plate: Private,
    /// Its open violations.
    pub cards: Vec<Card>,
}

impl Group {
    /// The cards of a heap.
    pub fn of(&self, segment: Segment) -> impl Iterator<Item = &Card> {
        self.cards.iter().filter(move |card| card.segment == segment)
    }

    /// How many cards lie on a heap.
    pub fn count(&self, segment: Segment) -> usize {
        self.of(segment).count()
    }
}

/// The bar for paying several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bar {
    /// How many "select all" would take.
    pub payable: usize,
    /// Their sum, fen.
    pub sum_fen: i64,
    /// How many are left out because they could be free.
    pub free: usize,
}

impl Bar {
    /// The bar of some cards; none when nothing can be paid.
    pub fn of<'a>(cards: impl Iterator<Item = &'a Card>) -> Option<Bar> {
        let mut bar = Bar { payable: 0, sum_fen: 0, free: 0 };
        for card in cards.filter(|card| card.payable) {
            if card.free {
                bar.free += 1;
            } else {
                bar.payable += 1;
                bar.sum_fen += card.total_fen;
            }
        }
        (bar.payable + bar.free > 0).then_some(bar)
    }
}

/// The steps of a case as its strip shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Study.
    Study,
    /// Quiz.
    Quiz,
    /// Confirm.
    Confirm,
    /// Pay.
    Pay,
    /// Decision.
    Handle,
}

impl Step {
    /// The step's message.
    pub const fn key(self) -> &'static str {
        match self {
            Step::Study => "step-study",
            Step::Quiz => "step-quiz",
            Step::Confirm => "step-confirm",
            Step::Pay => "step-pay",
            Step::Handle => "step-handle",
        }
    }
}

/// The strip: all steps of this way, and the present one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Steps {
    /// All steps in order.
    pub all: Vec<Step>,
    /// The present one.
    pub now: Step,
}

impl Steps {
    /// Whether a step is behind the present one.
    pub fn is_done(&self, step: &Step) -> bool {
        let place = |wanted: &Step| self.all.iter().position(|step| step == wanted);
        place(step) < place(&self.now)
    }
}

/// A step in a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// The message of the event: `event-<word>`.
    pub word: String,
    /// When it happened; none while it lies ahead.
    pub at: Option<Timestamp>,
    /// When it is expected, if it lies ahead and that is known.
    pub expected: Option<Date>,
    /// Who did it: `driver`, `system`, `officer`, `bank`.
    pub by: Option<String>,
    /// What changed, in a word or two.
    pub detail: Option<String>,
    /// Whether this is where the case stands.
    pub current: bool,
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Link {
    /// Message of its words.
    pub key: String,
    /// Where it leads.
    pub href: String,
}
