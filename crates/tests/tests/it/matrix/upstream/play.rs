//! One combination, from the quote to the last word.

use std::sync::Arc;

use clearway_connect::authority::Paid;
use clearway_connect::payments::Payments;
use clearway_domain::case::{CaseState, MoneyWord};
use clearway_service::citizen::confirm::Acts;
use clearway_service::citizen::{order, quote, violations};
use clearway_service::dossier::Progress;
use clearway_service::{World, verify};
use jiff::Timestamp;

use super::platform::Platform;
use super::{Class, Combination, Timing, Trouble};
use crate::matrix::seal::{self, MERCHANT, Mode, Said, Under};
use crate::matrix::stage::{Clients, Stage};
use crate::matrix::tally::Wrong;
use crate::simulation::world::authority::Night;

const ACTS: Acts<'_> = Acts { facts: Some("对"), waiver: Some("不陈述") };
const MORNING: &str = "2020-04-07T10:00:00+08:00";
const EVENING: &str = "2020-04-07T21:40:00+08:00";
const PAYMENT: &str = "4200000001202004070000000001";
/// As often as anybody calls.
const ALWAYS: u32 = u32::MAX;

/// A town, and a violation there that can be paid.
#[derive(Debug, Clone)]
pub struct Town {
    seed: u64,
    violation: String,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Towns whose driver can pay a camera record, or a decision that only waits for its money.
pub fn towns(clients: &Clients, class: Class) -> Vec<Town> {
    let town = |seed: u64| {
        let opener: Arc<dyn Payments> = clients.of(Mode::Certificate, false);
        let stage = Stage::with_tickets(seed, at(MORNING), Night::Open, opener, class == Class::Settle);
        let _ = violations::home(&stage.world, &stage.who);
        stage.run_due();
        let judged = violations::home(&stage.world, &stage.who).ok()?;
        let fits = |id: &String| {
            id.starts_with('d') == (class == Class::Settle)
                && quote::make(&stage.world, &stage.who, std::slice::from_ref(id)).is_ok()
        };
        let violation = judged.lines.iter().map(|line| line.violation.id.clone()).find(fits)?;
        Some(Town { seed, violation })
    };
    (1..300).filter_map(town).take(2).collect()
}

/// How an accepted payment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Decided,
    Refunded,
}

/// How it must end: `None` where the platform itself leaves both open, and either is right as long as it is one of them.
fn due(one: &Combination) -> Option<End> {
    let after_payment = one.timing != Timing::BeforeTheOrder;
    match (one.trouble, one.class) {
        // What was taken back is not decided, and its money does not stay.
        (Trouble::Withdrawn, _) => Some(End::Refunded),
        // Said no to a write: a person looks, and on the day that the driver was told the money goes back.
        (Trouble::Refuses, Class::Settle | Class::Decision) if after_payment => Some(End::Refunded),
        // A record that is not listed, or told as handled by nobody knows whom, may be gone: the money may go back.
        (Trouble::PartialPage | Trouble::Contradictory, Class::Query | Class::Settle) if after_payment => {
            None
        }
        // Nothing is wrong with the record: whatever became of the call, the decision is written, once.
        _ => Some(End::Decided),
    }
}

/// Whether the driver may be offered nothing at all while the trouble lasts.
fn may_be_withheld(one: &Combination) -> bool {
    one.timing == Timing::BeforeTheOrder
        && one.class == Class::Query
        && matches!(one.trouble, Trouble::Withdrawn | Trouble::Contradictory)
}

struct Play<'a> {
    one: &'a Combination,
    town: &'a Town,
    clients: &'a Clients,
    stage: Stage,
    platform: Arc<Platform>,
    world: Arc<World>,
    order_id: String,
    fen: i64,
    wrong: Vec<(Wrong, String)>,
}

/// Runs one combination.
pub fn run(one: &Combination, clients: &Clients, town: &Town) -> (&'static str, Vec<(Wrong, String)>) {
    let begin = at(if one.timing == Timing::Night { EVENING } else { MORNING });
    let opener: Arc<dyn Payments> = clients.of(Mode::Certificate, false);
    let mut stage = Stage::with_tickets(town.seed, begin, Night::Open, opener, one.class == Class::Settle);
    let platform = Platform::new(&stage.sim.authority, &stage.sim.life);
    stage.set_authority(platform.clone());
    let world = Arc::clone(&stage.world);
    let mut play = Play {
        one,
        town,
        clients,
        stage,
        platform,
        world,
        order_id: String::new(),
        fen: 0,
        wrong: Vec::new(),
    };
    let _ = violations::home(&play.world, &play.stage.who);
    play.stage.run_due();
    // Old enough to be asked for again.
    play.stage.pass(660);
    if !play.order() {
        play.platform.end();
        return play.nothing_was_accepted();
    }
    play.pay();
    play.truth("while the trouble lasts");
    play.stage.go_on(if one.timing == Timing::Night { 3_600 } else { 1_200 });
    play.truth("when it has lasted");
    play.platform.end();
    play.stage.go_on(9 * 86_400);
    play.truth("in the end");
    let outcome = play.judge();
    (outcome, play.wrong)
}

impl Play<'_> {
    fn untrue(&mut self, what: String) {
        self.wrong.push((Wrong::Untrue, what));
    }

    /// Quote and order; `false` when none was given.
    fn order(&mut self) -> bool {
        let began = self.stage.now();
        if self.one.timing == Timing::BeforeTheOrder {
            self.platform.begin(self.one.trouble, self.one.class, ALWAYS);
            if self.one.trouble == Trouble::Withdrawn && self.one.class == Class::Query {
                self.withdraw();
            }
        }
        let _ = violations::home(&self.world, &self.stage.who);
        self.stage.run_due();
        self.age_is_told(began);
        let ids = [self.town.violation.clone()];
        let quoted = quote::make(&self.world, &self.stage.who, &ids);
        let opened = quoted.and_then(|quoted| order::open(&self.world, &self.stage.who, &quoted.id, ACTS));
        match opened {
            Ok(orders) => self.order_id = orders.into_iter().next().expect("an order"),
            Err(error) => {
                if !may_be_withheld(self.one) {
                    self.untrue(format!("nothing can be paid: {error}"));
                }
                return false;
            }
        }
        self.stage.run_due();
        order::hand_over(&self.world, &self.stage.who, &self.order_id).expect("handed over");
        if self.one.timing == Timing::BeforeTheOrder {
            // Withdrawn behind our back, after the last look at it.
            if self.one.trouble == Trouble::Withdrawn && self.one.class != Class::Query {
                self.withdraw();
            }
            self.platform.end();
        }
        true
    }

    /// What could not be asked about says so and since when; what was known stays, with its own time.
    fn age_is_told(&mut self, began: Timestamp) {
        let silent = self.one.timing == Timing::BeforeTheOrder
            && self.one.class == Class::Query
            && matches!(
                self.one.trouble,
                Trouble::Down
                    | Trouble::Slow
                    | Trouble::Refuses
                    | Trouble::ChangedSchema
                    | Trouble::ActsThenTimesOut
            );
        // As it stands: looking at the page again would ask again.
        let judged = violations::judged(&self.world, &self.stage.who).expect("judged");
        for (topic, progress) in judged.dossier.standing.topics() {
            let fits = match progress {
                Progress::Failed(at) => silent && at >= began && at <= self.stage.now(),
                Progress::Done(at) => !silent && at >= began && at <= self.stage.now(),
                Progress::Pending(_) | Progress::NotAsked => false,
            };
            if !fits {
                self.untrue(format!(
                    "{topic:?} is told as {progress:?} although the platform was silent: {silent}"
                ));
            }
        }
        if silent {
            let line = judged.lines.iter().find(|line| line.violation.id == self.town.violation);
            if line.is_none_or(|line| line.violation.fetched >= began) {
                self.untrue("what was known is gone, or shown as new".to_owned());
            }
        }
    }

    fn withdraw(&self) {
        let mut files = self.stage.sim.authority.files();
        match self.town.violation.strip_prefix('d') {
            Some(number) => files.annul(number),
            None => files.remove(&self.town.violation),
        };
    }

    /// The money comes, and the trouble with it.
    fn pay(&mut self) {
        if self.one.timing == Timing::Night {
            // Handed over before closing time; paid after it.
            self.stage.sim.life.set_ms(
                at("2020-04-07T22:02:00+08:00")
                    .as_millisecond()
                    .min(self.stage.sim.life.ms() + 899_000 - 1_000),
            );
        }
        let page = order::page(&self.world, &self.stage.who, &self.order_id).expect("a page");
        self.fen = page.order.total_fen;
        self.stage.till.take_money(&page.order.out_trade_no, PAYMENT);
        let calls = if self.one.timing == Timing::DuringTheWrite { 1 } else { ALWAYS };
        if self.one.timing != Timing::BeforeTheOrder {
            self.platform.begin(self.one.trouble, self.one.class, calls);
            if self.one.trouble == Trouble::Withdrawn {
                self.withdraw();
            }
        }
        let now = self.stage.now();
        self.clients.set_now(now);
        let said = Said {
            id: "EV-1".to_owned(),
            merchant: MERCHANT,
            out_trade_no: page.order.out_trade_no,
            transaction: PAYMENT.to_owned(),
            fen: self.fen,
            paid: now,
        };
        let (headers, body) = seal::notice(&said, Mode::Certificate, Under::Present, now, "n");
        let answer = clearway_service::callbacks::wechat_pay::take(&self.world, &headers, &body);
        if !matches!(answer, Ok(clearway_service::callbacks::wechat_pay::Answer::Taken)) {
            self.untrue(format!("the notice was answered {answer:?}"));
        }
        self.stage.run_due();
    }

    /// What the driver reads is so, at this very time.
    fn truth(&mut self, when: &str) {
        let page = order::page(&self.world, &self.stage.who, &self.order_id).expect("a page");
        if page.money != MoneyWord::Charged {
            self.untrue(format!("{when} the driver reads {:?} of money that came", page.money));
        }
        let decided = self.decisions();
        let back = self.returned();
        let state = CaseState::from_slug(&page.legs[0].case.state).expect("a state");
        let so = match state {
            CaseState::Written | CaseState::Decided => decided == 1 && back == 0,
            CaseState::Refunded => back == self.fen && !page.back.is_empty(),
            CaseState::Refunding => {
                page.back.iter().all(|refund| refund.promised_at_ms > self.stage.sim.life.ms())
            }
            CaseState::Manual => page.manual_by.is_some(),
            CaseState::Paid | CaseState::Deciding => back == 0,
            _ => false,
        };
        if !so {
            self.untrue(format!(
                "{when} the case is {state:?}, with {decided} decisions and {back} fen back"
            ));
        }
        let judged = violations::home(&self.world, &self.stage.who).expect("home");
        if judged.lines.iter().any(|line| line.violation.fetched > self.stage.now()) {
            self.untrue(format!("{when} something is shown with a time to come"));
        }
    }

    /// Decisions that stand on the violation and are paid with our money.
    fn decisions(&self) -> usize {
        let files = self.stage.sim.authority.files();
        match self.town.violation.strip_prefix('d') {
            Some(number) => {
                let paid = |kept: &&crate::simulation::world::authority::Kept| {
                    kept.is_effective() && kept.record.paid == Some(Paid::Yes) && kept.transaction == PAYMENT
                };
                files.decisions.get(number).filter(paid).iter().count()
            }
            None => files.decisions_on(&self.town.violation).count(),
        }
    }

    fn returned(&self) -> i64 {
        let orders = self.stage.till.orders();
        orders.values().flat_map(|kept| &kept.refunds).map(|(.., fen)| fen).sum()
    }

    fn nothing_was_accepted(mut self) -> (&'static str, Vec<(Wrong, String)>) {
        self.stage.go_on(86_400);
        if self.stage.sums() != crate::matrix::stage::Sums::default() {
            self.wrong
                .push((Wrong::Fen, format!("nothing was accepted, the ledger says {:?}", self.stage.sums())));
        }
        ("not offered", self.wrong)
    }

    fn judge(&mut self) -> &'static str {
        let (decided, back, fen) = (self.decisions(), self.returned(), self.fen);
        let end = match (decided, back) {
            (1, 0) => Some(End::Decided),
            (0, back) if back == fen => Some(End::Refunded),
            _ => None,
        };
        match (end, decided, back) {
            (None, 0, 0) => self.wrong.push((Wrong::Lost, "neither decided nor back".to_owned())),
            (None, ..) => {
                self.wrong
                    .push((Wrong::Doubled, format!("{decided} decisions and {back} of {fen} fen back")));
            }
            (Some(end), ..) if due(self.one).is_some_and(|due| due != end) => {
                self.untrue(format!("it ends {end:?}, due {:?}", due(self.one)));
            }
            _ => {}
        }
        let kept = if end == Some(End::Decided) { fen } else { 0 };
        let sums = self.stage.sums();
        if (sums.rail, sums.treasury, sums.owed) != (kept, kept, 0) {
            self.wrong.push((Wrong::Fen, format!("the ledger says {sums:?}, due {kept}")));
        }
        let report = verify::whole(&self.world).expect("verified");
        for breach in report.breaches {
            self.untrue(format!("invariant {}: {} ({})", breach.invariant, breach.what, breach.subject));
        }
        match end {
            Some(End::Decided) => "decided",
            Some(End::Refunded) => "refunded",
            None => "wrong",
        }
    }
}
