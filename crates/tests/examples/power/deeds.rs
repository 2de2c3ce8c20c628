//! What the writers do: the lives of many orders, each a row of transactions. From a seed, so that whoever checks a
//! database afterwards knows what every transaction had to write, to the last letter.

use clearway_domain::Fen;
use clearway_domain::ledger::{Leg, Order, Transfer};
use clearway_service::money::books::row;
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::queue::{self, NewJob};
use clearway_store::{StoreError, Tx, audit, ledger};
use jiff::Timestamp;

use crate::rng::Rng;

/// 2020-04-05 10:00 in China, ms.
const NOW_MS: i64 = 1_586_052_000_000;
/// The rail of all orders.
const RAIL: &str = "wechat";
/// The payee of all orders.
const PAYEE: &str = "420100";

/// How an order ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Paid and decided.
    Settled,
    /// Closed, no money moved.
    Closed,
    /// Paid, and all of it back.
    Refunded,
}

/// The life of one order.
#[derive(Debug, Clone)]
pub struct Story {
    /// Its number, from 0.
    pub number: usize,
    /// Whose it is.
    pub driver: String,
    /// Its id.
    pub order_id: String,
    legs: Vec<LegRow>,
    ending: Ending,
    /// Filling of each step's audit entry: small mostly, sometimes of many pages.
    pads: Vec<String>,
}

/// Everything that one recording does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// All orders.
    pub stories: Vec<Story>,
    /// Writers at the same time.
    pub threads: usize,
    /// Pages in the log at which the writer makes a checkpoint itself.
    pub log_pages: usize,
    /// What a flush takes, microseconds.
    pub sync_us: usize,
    /// After how many rounds of steps the database is closed and opened again; 0 is never.
    pub reopens: usize,
    /// Whether the database is closed at the end, or the program just ends.
    pub closes: bool,
    /// Of sixteen steps, so many come after one that was refused.
    pub refusals: usize,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 1);
        let big = rng.chance(1, 4);
        let orders = if big { rng.between(150, 300) } else { rng.between(40, 120) };
        let drivers = rng.between(3, orders / 2);
        let longest = [200, 2_000, 20_000][rng.below(3)];
        let stories = (0..orders).map(|number| Story::draw(&mut rng, number, drivers, longest)).collect();
        Self {
            stories,
            threads: [1, 4, 12, 24][rng.below(4)],
            log_pages: if big { 16_000 } else { [5, 30, 150, 16_000][rng.below(4)] },
            sync_us: [0, 200, 1_000][rng.below(3)],
            reopens: [0, 0, 1, 2][rng.below(4)],
            closes: rng.chance(1, 2),
            refusals: rng.below(4),
        }
    }

    /// A short plan of one writer, for runs in which every single call fails once.
    pub fn short(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 1);
        let endings = [Ending::Settled, Ending::Closed, Ending::Refunded];
        let one = |(number, ending)| Story { ending, ..Story::draw(&mut rng, number, 2, 3_000) };
        let stories = endings.into_iter().enumerate().map(one).collect();
        Self { stories, threads: 1, log_pages: 40, sync_us: 0, reopens: 0, closes: true, refusals: 1 }
    }

    /// All drivers.
    pub fn drivers(&self) -> Vec<String> {
        let mut drivers: Vec<String> = self.stories.iter().map(|story| story.driver.clone()).collect();
        drivers.sort();
        drivers.dedup();
        drivers
    }
}

/// A job as the writers know it: kind and payload; its key is the order's id.
pub type Job = (&'static str, String);

/// What one step writes.
struct Deed {
    state: &'static str,
    lines: Vec<Transfer>,
    entry: (&'static str, String),
    begins: Vec<Job>,
    ends: Vec<&'static str>,
}

/// What must stand in the database after some steps of a story.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// State of the order.
    pub state: String,
    /// Its ledger lines.
    pub lines: Vec<ledger::Transfer>,
    /// Its audit entries: deed and detail.
    pub entries: Vec<(String, String)>,
    /// Its open jobs.
    pub jobs: Vec<Job>,
}

impl Story {
    fn draw(rng: &mut Rng, number: usize, drivers: usize, longest: usize) -> Self {
        let order_id = format!("order-{number:04}");
        let legs = (0..rng.between(1, 6))
            .map(|leg| LegRow {
                case_id: format!("case-{number:04}-{leg}"),
                fine_fen: 5_000 * i64::try_from(rng.between(1, 40)).unwrap_or(1),
                surcharge_fen: 150 * i64::try_from(rng.below(3)).unwrap_or(0),
                out_trade_no: None,
            })
            .collect();
        let ending = [Ending::Settled, Ending::Closed, Ending::Refunded][rng.below(3)];
        let pads = (0..4)
            .map(|_| {
                let most = if rng.chance(1, 5) { longest } else { 120 };
                let length = rng.between(0, most);
                rng.text(length)
            })
            .collect();
        Self { number, driver: format!("driver-{:03}", rng.below(drivers)), order_id, legs, ending, pads }
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        match self.ending {
            Ending::Settled => 3,
            Ending::Closed => 2,
            Ending::Refunded => 4,
        }
    }

    /// The legs.
    pub fn legs(&self) -> &[LegRow] {
        &self.legs
    }

    /// The sum, fen.
    pub fn total_fen(&self) -> i64 {
        self.legs.iter().map(LegRow::total_fen).sum()
    }

    fn at(&self, step: usize) -> Timestamp {
        let ms = NOW_MS + i64::try_from(self.number * 10 + step).unwrap_or(0);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn per_leg(&self, line: impl Fn(&Order<'_>, &Leg) -> Vec<Transfer>) -> Vec<Transfer> {
        let order = Order { id: &self.order_id, rail: RAIL };
        let leg = |row: &LegRow| Leg {
            case: row.case_id.clone(),
            payee: PAYEE.to_owned(),
            fine: Fen(row.fine_fen),
            surcharge: Fen(row.surcharge_fen),
        };
        self.legs.iter().flat_map(|row| line(&order, &leg(row))).collect()
    }

    fn deed(&self, step: usize) -> Deed {
        let at = self.at(step);
        let (state, name, lines): (_, _, Vec<Transfer>) = match (step, self.ending) {
            (0, _) => ("submitted", "order.opened", self.per_leg(|order, leg| order.reserved(leg, at))),
            (1, Ending::Closed) => {
                ("closed", "order.closed", self.per_leg(|order, leg| order.closed(leg, at)))
            }
            (1, _) => ("paid", "money.arrived", self.per_leg(|order, leg| order.arrived(leg, at))),
            (2, Ending::Refunded) => {
                let lines = self.per_leg(|order, leg| {
                    let asked = order.refund_asked(&leg.case, 1, leg.total(), at);
                    order.give_back(leg, at).into_iter().chain([asked]).collect()
                });
                ("refunding", "refund.asked", lines)
            }
            (2, _) => ("done", "order.done", Vec::new()),
            _ => {
                let done =
                    |order: &Order<'_>, leg: &Leg| vec![order.refund_done(&leg.case, 1, leg.total(), at)];
                ("refunded", "refund.done", self.per_leg(done))
            }
        };
        let detail =
            format!("{{\"order\":\"{}\",\"step\":{step},\"pad\":\"{}\"}}", self.order_id, self.pads[step]);
        let (begins, ends) = match (step, self.ending) {
            (0, _) => (vec![("place", format!("{{\"fen\":{}}}", self.total_fen()))], vec![]),
            (1, Ending::Closed) => (vec![], vec!["place"]),
            (1, _) => (vec![("decide", self.pads[2].clone())], vec!["place"]),
            (2, Ending::Refunded) => (vec![("refund", "{}".to_owned())], vec!["decide"]),
            (2, _) => (vec![], vec!["decide"]),
            _ => (vec![], vec!["refund"]),
        };
        Deed { state, lines, entry: (name, detail), begins, ends }
    }

    /// Does a step, as one transaction.
    ///
    /// # Errors
    /// Any [`StoreError`]; nothing is kept then.
    pub fn perform(&self, tx: &mut Tx, step: usize) -> Result<(), StoreError> {
        let deed = self.deed(step);
        let at_ms = self.at(step).as_millisecond();
        if step == 0 {
            payment::open(tx, &self.row(deed.state), &self.legs)?;
        } else {
            let found = payment::find(tx, &self.driver, &self.order_id)?;
            let mut order = found.ok_or_else(|| StoreError::Missing(self.order_id.clone()))?;
            deed.state.clone_into(&mut order.state);
            order.changed_at_ms = at_ms;
            payment::save(tx, &mut order)?;
        }
        for line in &deed.lines {
            ledger::append(tx, &row(&self.driver, line))?;
        }
        let (name, detail) = &deed.entry;
        audit::append(tx, &self.driver, at_ms, "system", name, detail)?;
        for kind in deed.ends {
            queue::cancel(tx, &self.driver, kind, &self.order_id)?;
        }
        for (kind, payload) in &deed.begins {
            let job = NewJob { driver: &self.driver, kind, key: &self.order_id, run_at_ms: at_ms, payload };
            queue::enqueue(tx, &job)?;
        }
        Ok(())
    }

    /// Does a step, and then takes it back: of this nothing may ever be found.
    ///
    /// # Errors
    /// Always.
    pub fn perform_and_refuse(&self, tx: &mut Tx, step: usize) -> Result<(), StoreError> {
        self.perform(tx, step)?;
        audit::append(tx, &self.driver, NOW_MS, "system", "refused", "{}")?;
        Err(StoreError::Missing("refused on purpose".into()))
    }

    /// What must stand after the first `steps` steps; for 0 nothing at all.
    pub fn standing(&self, steps: usize) -> Standing {
        let mut standing = Standing::default();
        for step in 0..steps {
            let deed = self.deed(step);
            deed.state.clone_into(&mut standing.state);
            standing.lines.extend(deed.lines.iter().map(|line| row(&self.driver, line)));
            standing.entries.push((deed.entry.0.to_owned(), deed.entry.1));
            standing.jobs.retain(|(kind, _)| !deed.ends.contains(kind));
            standing.jobs.extend(deed.begins);
        }
        standing
    }

    /// Whether `steps` steps are all of it.
    pub fn over(&self, steps: usize) -> bool {
        steps == self.steps()
    }

    fn row(&self, state: &str) -> OrderRow {
        let at_ms = self.at(0).as_millisecond();
        OrderRow {
            driver: self.driver.clone(),
            order_id: self.order_id.clone(),
            quote_id: format!("{}-quote", self.order_id),
            payee: PAYEE.to_owned(),
            out_trade_no: format!("{}-trade", self.order_id),
            total_fen: self.total_fen(),
            state: state.to_owned(),
            version: 1,
            prepay_id: None,
            sent_to_pay_at_ms: None,
            created_at_ms: at_ms,
            expires_at_ms: at_ms + 900_000,
            paid_at_ms: None,
            transaction_id: None,
            changed_at_ms: at_ms,
            rail: RAIL.to_owned(),
        }
    }
}
