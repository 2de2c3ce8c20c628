//! The waiting room: twelve things that users of other waiting rooms report, each by its name; tickets that are worth
//! nothing; several nodes; what is refused first.

mod checks;
mod full_house;
mod manners;
mod night;
mod nodes;
mod opening;
mod operator;
mod places;
mod queue;
mod shares;
mod tickets;
mod twelve;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use clearway_domain::Clock;
use clearway_service::World;
use clearway_service::admission::{self, Seen};
use clearway_service::citizen::Who;
use clearway_service::citizen::turn::{self as page, TurnPage};
use clearway_service::jobs::decide::DECIDE;
use clearway_store::queue::{self as jobs, Claimed};
use clearway_store::turn::{self, Turn};
use clearway_store::{Db, StoreError};
use jiff::Timestamp;

use crate::simulation::world::{OPENING, SimWorld, beside};

/// A clock with a dial.
pub struct Dial(AtomicI64);

impl Clock for Dial {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).expect("an instant")
    }
}

/// A room with people who have confirmed something. Their intents are real; what is behind them is not looked at.
pub struct Hall {
    /// The product.
    pub world: Arc<World>,
    /// Its clock.
    pub dial: Arc<Dial>,
}

impl Hall {
    /// A room in memory, at ten in the morning.
    pub fn new() -> Hall {
        let db = Db::open("sqlite::memory:").expect("a database");
        db.migrate().expect("a schema");
        Hall::on(db)
    }

    /// A room in a database with its schema.
    pub fn on(db: Db) -> Hall {
        let at: Timestamp = OPENING.parse().expect("an instant");
        Hall::with_clock(db, Arc::new(Dial(AtomicI64::new(at.as_millisecond()))))
    }

    /// Another node's room: the same database over another handle, the same clock.
    pub fn beside(&self, db: Db) -> Hall {
        Hall::with_clock(db, Arc::clone(&self.dial))
    }

    fn with_clock(db: Db, dial: Arc<Dial>) -> Hall {
        let theirs = SimWorld::new(1).world();
        let world = World { clock: dial.clone(), ..beside(&theirs, db) };
        Hall { world: Arc::new(world), dial }
    }

    /// Time passes, or is set back.
    pub fn pass(&self, ms: i64) {
        self.dial.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Now, ms UTC.
    pub fn now_ms(&self) -> i64 {
        self.world.now().as_millisecond()
    }

    /// Somebody confirms a case.
    pub fn come(&self, driver: &str) -> Turn {
        self.come_with(driver, "case")
    }

    /// Somebody confirms that case.
    pub fn come_with(&self, driver: &str, case: &str) -> Turn {
        self.come_for(driver, case, self.now_ms())
    }

    /// Somebody confirms that case, which is carried out from an instant on.
    pub fn come_for(&self, driver: &str, case: &str, from_ms: i64) -> Turn {
        let now = self.now_ms();
        let stored = self.world.db.write(|tx| admission::turn::intend(tx, driver, case, now, from_ms));
        stored.expect("stored");
        self.turn(driver).expect("a place")
    }

    /// A crowd comes, one a second: within a second nobody is told apart.
    pub fn arrive(&self, drivers: &[String]) {
        for driver in drivers {
            self.come(driver);
            self.pass(1_000);
        }
    }

    /// The newest place of somebody.
    pub fn turn(&self, driver: &str) -> Option<Turn> {
        self.world.db.read(|tx| turn::of(tx, driver)).expect("read")
    }

    /// Claims so many intents, in their order.
    pub fn claim(&self, count: u32) -> Vec<Claimed> {
        let now = self.now_ms();
        self.world
            .db
            .write(|tx| jobs::claim(tx, now, "w", &[jobs::Kind::in_line(DECIDE, 60_000)], count))
            .expect("claimed")
    }

    /// Ends a claimed intent.
    pub fn finish(&self, job: &Claimed) -> Result<(), StoreError> {
        let now = self.now_ms();
        self.world.db.write(|tx| {
            let turn = admission::turn::hold(tx, job)?;
            jobs::complete(tx, job)?;
            admission::turn::settle(tx, job, turn, now).map(drop)
        })
    }

    /// Gives a claimed intent back with a reason.
    pub fn give_back(&self, job: &Claimed, why: &str) {
        let now = self.now_ms();
        let given = self.world.db.write(|tx| {
            let turn = admission::turn::hold(tx, job)?;
            jobs::retry(tx, job, now + 3_600_000, why)?;
            admission::turn::settle(tx, job, turn, now)
        });
        given.expect("given back");
    }

    /// The server carries out so many intents; whose they were, in order.
    pub fn serve(&self, count: u32) -> Vec<String> {
        // A claim of many tells no order: one by one.
        (0..count)
            .filter_map(|_| {
                let job = self.claim(1).pop()?;
                self.finish(&job).expect("finished");
                Some(job.driver)
            })
            .collect()
    }

    /// What is known now.
    pub fn seen(&self) -> Seen {
        self.world.admission.lobby.forget();
        self.world.admission.lobby.look(&self.world).expect("a look")
    }

    /// The page of the queue.
    pub fn page(&self, driver: &str) -> TurnPage {
        self.world.admission.lobby.forget();
        page::page(&self.world, &Who { driver: driver.to_owned() }).expect("a page")
    }

    /// People ahead of somebody whose place is open.
    pub fn ahead(&self, driver: &str) -> u64 {
        self.page(driver).place.expect("a place").ahead
    }

    /// So many seconds in which so many are served each, looked at every second.
    pub fn serve_for(&self, seconds: u32, each: u32) {
        for _ in 0..seconds {
            self.serve(each);
            self.pass(1_000);
            self.seen();
        }
    }
}

/// A crowd by name.
pub fn crowd(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("driver-{n:05}")).collect()
}
