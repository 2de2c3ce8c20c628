//! A world for one combination: the simulated town and platform, a rail with real seals, and a database of either engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use clearway_connect::payments::{Payments, WeChatPay};
use clearway_domain::{Chance, Clock};
use clearway_service::citizen::Who;
use clearway_service::jobs;
use clearway_service::{World, feed};
use clearway_store::{Db, ledger, queue};
use jiff::Timestamp;

use super::seal::{self, CertificatePage, Mode};
use super::till::Till;
use crate::simulation::world::authority::Night;
use crate::simulation::world::till::Posting;
use crate::simulation::world::town::Draw;
use crate::simulation::world::{Options, SimWorld, beside};

/// The clock of a client that several worlds use one after the other.
#[derive(Default)]
pub struct Shared(AtomicI64);

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).expect("an instant")
    }
}

/// Chance that counts: the clients draw nothing from it that must not be guessed here.
#[derive(Default)]
struct Counting(AtomicU8);

impl Chance for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::SeqCst));
    }
}

/// The real clients, one a mode, and the page with the rail's certificates.
pub struct Clients {
    clock: Arc<Shared>,
    /// The page.
    pub page: CertificatePage,
    clients: [Arc<WeChatPay>; 2],
}

impl Clients {
    /// Clients of both modes.
    pub fn new() -> Clients {
        let (clock, page) = (Arc::new(Shared::default()), CertificatePage::open());
        let clients = [Mode::Certificate, Mode::PublicKey].map(|mode| client(mode, &clock, &page));
        Clients { clock, page, clients }
    }

    /// The client of a mode; a fresh one knows no successor of its certificate yet.
    pub fn of(&self, mode: Mode, fresh: bool) -> Arc<WeChatPay> {
        match fresh {
            true => client(mode, &self.clock, &self.page),
            false => Arc::clone(&self.clients[usize::from(mode == Mode::PublicKey)]),
        }
    }

    /// Tells clients and page what o'clock it is.
    pub fn set_now(&self, at: Timestamp) {
        self.clock.0.store(at.as_millisecond(), Ordering::SeqCst);
        self.page.set_now(at);
    }
}

fn client(mode: Mode, clock: &Arc<Shared>, page: &CertificatePage) -> Arc<WeChatPay> {
    let chance = Arc::new(Counting::default());
    let clock: Arc<dyn Clock> = clock.clone();
    Arc::new(WeChatPay::new(seal::config(mode, &page.base), clock, chance).expect("a client"))
}

/// A world.
pub struct Stage {
    /// The town, its platform, its clock.
    pub sim: SimWorld,
    /// The rail.
    pub till: Arc<Till>,
    /// The product.
    pub world: Arc<World>,
    /// The one driver.
    pub who: Who,
}

/// Sums of the ledger, fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// On the rail.
    pub rail: i64,
    /// With the treasury.
    pub treasury: i64,
    /// Without a purpose, or owed back.
    pub owed: i64,
}

impl Stage {
    /// A town of one driver at an instant; in memory, or in a database that is empty but for its schema.
    pub fn new(seed: u64, at: Timestamp, night: Night, opener: Arc<dyn Payments>, db: Option<&Db>) -> Stage {
        Stage::made(seed, at, night, opener, (db, false))
    }

    /// A town whose driver may have a decision that only waits for its money.
    pub fn with_tickets(
        seed: u64,
        at: Timestamp,
        night: Night,
        opener: Arc<dyn Payments>,
        tickets: bool,
    ) -> Stage {
        Stage::made(seed, at, night, opener, (None, tickets))
    }

    fn made(
        seed: u64,
        at: Timestamp,
        night: Night,
        opener: Arc<dyn Payments>,
        (db, tickets): (Option<&Db>, bool),
    ) -> Stage {
        let draw = Draw { drivers: 1, records_max: 4, shared_car: false, tickets };
        let options = Options { at, draw, night, posting: Posting::Never, ..Options::of_seed(seed) };
        let sim = SimWorld::with(options);
        let till = Till::new(&sim.life, opener);
        let theirs = sim.world();
        let world = World {
            clock: sim.life.clone(),
            chance: sim.life.clone(),
            authority: sim.authority.clone(),
            payments: till.clone(),
            ..beside(&theirs, db.unwrap_or(&theirs.db).clone())
        };
        if db.is_some() {
            let text = serde_json::to_string(&sim.town).expect("a feed");
            feed::load(&world, &feed::read(&text).expect("a feed")).expect("a fed read model");
        }
        let who = sim.who(0);
        Stage { sim, till, world: Arc::new(world), who }
    }

    /// Puts another platform before the product. Nobody else may hold the world yet.
    pub fn set_authority(&mut self, authority: Arc<dyn clearway_connect::authority::Authority>) {
        Arc::get_mut(&mut self.world).expect("nobody else holds it").authority = authority;
    }

    /// What o'clock it is.
    pub fn now(&self) -> Timestamp {
        self.sim.life.at()
    }

    /// Lets seconds pass.
    pub fn pass(&self, seconds: i64) {
        self.sim.advance(seconds * 1000);
    }

    /// Runs what is due.
    pub fn run_due(&self) {
        for _ in 0..200 {
            if !jobs::run_one(&self.world, "matrix").expect("the queue works") {
                return;
            }
        }
        panic!("jobs do not come to an end at {}", self.now());
    }

    /// Goes from job to job until `until_s` seconds from now have passed.
    pub fn go_on(&self, until_s: i64) {
        let end = self.sim.life.ms() + until_s * 1000;
        loop {
            self.run_due();
            let now = self.sim.life.ms();
            let next = self
                .world
                .db
                .read(|tx| queue::counts(tx, now))
                .expect("the queue")
                .into_iter()
                .filter(|count| count.kind != jobs::expire::EXPIRE)
                .filter_map(|count| count.next_due_ms)
                .min();
            match next {
                Some(next) if next < end => self.sim.life.set_ms(next.max(now + 1)),
                _ => break,
            }
        }
        self.sim.life.set_ms(end);
    }

    /// Lets hours pass, the workers looking once an hour: what is asked again every minute is asked once an hour.
    pub fn go_on_by_hours(&self, hours: i64) {
        for _ in 0..hours {
            self.pass(3_600);
            self.run_due();
        }
    }

    /// The sums of the ledger.
    pub fn sums(&self) -> Sums {
        let balance = self.world.db.read(ledger::trial_balance).expect("the ledger");
        let mut sums = Sums::default();
        for (account, debits, credits) in balance {
            match account.as_str() {
                rail if rail.starts_with("rail:") => sums.rail += debits - credits,
                payee if payee.starts_with("treasury:") => sums.treasury += credits - debits,
                _ => sums.owed += credits - debits,
            }
        }
        sums
    }
}
