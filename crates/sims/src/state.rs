//! Everything that the pretend counterparts share while they run.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;

use crate::answer::{Answer, Twist, perform};
use crate::authority::codec::SiteStyle;
use crate::clock::{DemoClock, offset_text};
use crate::face::FaceChecks;
use crate::faults::Faults;
use crate::journal::{Entry, Journal};
use crate::keys::Keys;
use crate::limit::Limit;
use crate::live::Live;
use crate::messages::Messages;
use crate::pay::PayState;
use crate::wechat::WeChatState;

/// Shared state. Locks are short: no lock is held while waiting.
pub struct World {
    /// Address under which browsers and the product reach these counterparts; no slash at the end.
    pub public_url: String,
    /// Address of the product; no slash at the end.
    pub product_url: String,
    /// The demo clock.
    pub clock: DemoClock,
    /// Key material.
    pub keys: Keys,
    /// Faults in force.
    pub faults: Faults,
    /// What the police platform takes in a second, and what came.
    pub limit: Limit,
    /// The journal.
    pub journal: Journal,
    /// The city.
    live: Mutex<Live>,
    /// Habits of the police platform's answers; `None` = those of the path.
    style: Mutex<Option<SiteStyle>>,
    pay: Mutex<PayState>,
    wechat: Mutex<WeChatState>,
    messages: Mutex<Messages>,
    faces: Mutex<FaceChecks>,
    /// For what is sent to the product.
    pub http: reqwest::Client,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of a call before it is performed.
pub struct Arrived<'a> {
    /// Counterpart.
    pub side: &'static str,
    /// Names under which a fault may match; the first is the journal's.
    pub calls: &'a [&'a str],
    /// Interface number, or method and path.
    pub wire: String,
    /// Keys under which a fault may match.
    pub keys: &'a [&'a str],
    /// How the request was made.
    pub habit: String,
    /// What was asked or written.
    pub fields: Value,
}

impl World {
    /// A world over a city.
    #[must_use]
    pub fn new(
        urls: (String, String),
        keys: Keys,
        clock: DemoClock,
        live: Live,
        http: reqwest::Client,
    ) -> Self {
        Self {
            public_url: urls.0,
            product_url: urls.1,
            clock,
            keys,
            faults: Faults::default(),
            limit: Limit::default(),
            journal: Journal::default(),
            live: Mutex::new(live),
            style: Mutex::default(),
            pay: Mutex::default(),
            wechat: Mutex::default(),
            messages: Mutex::default(),
            faces: Mutex::default(),
            http,
        }
    }

    /// The simulated instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The city.
    pub fn live(&self) -> MutexGuard<'_, Live> {
        lock(&self.live)
    }

    /// Habits of the police platform that the control page has set.
    pub fn style(&self) -> MutexGuard<'_, Option<SiteStyle>> {
        lock(&self.style)
    }

    /// Payment orders.
    pub fn pay(&self) -> MutexGuard<'_, PayState> {
        lock(&self.pay)
    }

    /// Tokens, codes, menu, followers.
    pub fn wechat(&self) -> MutexGuard<'_, WeChatState> {
        lock(&self.wechat)
    }

    /// Short messages.
    pub fn messages(&self) -> MutexGuard<'_, Messages> {
        lock(&self.messages)
    }

    /// Face checks.
    pub fn faces(&self) -> MutexGuard<'_, FaceChecks> {
        lock(&self.faces)
    }

    /// Notes a call in the journal, draws its fault, performs it.
    pub async fn run(
        &self,
        arrived: Arrived<'_>,
        mut act: impl FnMut(&Twist) -> (Answer, String),
    ) -> Response {
        let fault = self.faults.take(arrived.calls, arrived.keys);
        let n = self.note(&arrived, fault.as_ref().map(|f| format!("{f:?}")).unwrap_or_default());
        perform(fault, |twist| {
            let (answer, outcome) = act(twist);
            self.journal.outcome(n, &outcome);
            answer
        })
        .await
    }

    /// Notes a call in the journal.
    pub fn note(&self, arrived: &Arrived<'_>, fault: String) -> u64 {
        self.journal.add(Entry {
            n: 0,
            at: offset_text(self.now()),
            side: arrived.side,
            call: arrived.calls.first().copied().unwrap_or_default().to_owned(),
            wire: arrived.wire.clone(),
            keys: arrived.keys.iter().filter(|k| !k.is_empty()).map(|k| (*k).to_owned()).collect(),
            fault,
            habit: arrived.habit.clone(),
            outcome: String::new(),
            fields: arrived.fields.clone(),
        })
    }
}
