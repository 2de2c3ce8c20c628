//! One small town, its service on a database file, and everything around it: put back to any moment as often as is wished.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clearway_connect::payments::TradeState;
use clearway_domain::Fen;
use clearway_service::callbacks::wechat_pay;
use clearway_service::citizen::Who;
use clearway_service::{Error, World, feed, jobs};
use clearway_store::{Db, Tx};

use super::wire::{Aim, Mail, Messenger, Wire};
use crate::simulation::world::authority::Files;
use crate::simulation::world::notices::Post;
use crate::simulation::world::till::{Kept, Posting, Till};
use crate::simulation::world::town::Draw;
use crate::simulation::world::{Options, SimWorld, beside};

/// Milliseconds for which a job stays with a worker that was lost, and a little more.
const LEASE_MS: i64 = 61_000;
/// Jobs that are run at one moment, at most: far more than there are.
const JOBS_MAX: usize = 300;

/// The town.
pub struct Town {
    /// Time, the platform, the rail.
    pub sim: SimWorld,
    /// Which call is never answered.
    pub aim: Arc<Aim>,
    /// Sign-in and codes.
    pub messenger: Arc<Messenger>,
    /// What a path remembers of its beginning.
    notes: RefCell<BTreeMap<&'static str, String>>,
    folder: PathBuf,
    world: Option<World>,
}

/// Everything of a moment.
#[derive(Clone)]
pub struct Moment {
    database: Vec<u8>,
    files: Files,
    till: Till,
    mail: Mail,
    notes: BTreeMap<&'static str, String>,
    ms: i64,
}

impl Town {
    /// The town at the opening, its database in a folder of its own. The database is empty.
    pub fn new(seed: u64, folder: &Path) -> Town {
        let draw = Draw { drivers: 5, records_max: 4, shared_car: false, tickets: true };
        let sim = SimWorld::with(Options { draw, posting: Posting::Once, ..Options::of_seed(seed) });
        let aim = Aim::new(&sim.life);
        let mut town = Town {
            sim,
            aim,
            messenger: Arc::default(),
            notes: RefCell::default(),
            folder: folder.to_owned(),
            world: None,
        };
        town.open();
        town.world().db.migrate().expect("a schema");
        town
    }

    fn database(&self) -> PathBuf {
        self.folder.join("clearway.db")
    }

    fn open(&mut self) {
        let url = format!("sqlite:{}", self.database().display());
        let db = Db::open(&url).expect("a database");
        let (model, aim) = (self.sim.world(), &self.aim);
        let messenger = Arc::new(Wire { aim: Arc::clone(aim), to: Arc::clone(&self.messenger) });
        self.world = Some(World {
            clock: self.sim.life.clone(),
            chance: self.sim.life.clone(),
            authority: Arc::new(Wire { aim: Arc::clone(aim), to: Arc::clone(&self.sim.authority) }),
            payments: Arc::new(Wire { aim: Arc::clone(aim), to: Arc::clone(&self.sim.rail) }),
            wechat: messenger.clone(),
            notifier: messenger,
            ..beside(&model, db)
        });
    }

    /// The service.
    pub fn world(&self) -> &World {
        self.world.as_ref().expect("it is open")
    }

    /// The service stops, and the moment is kept.
    pub fn keep(&mut self) -> Moment {
        self.world = None;
        self.fold();
        let moment = Moment {
            database: std::fs::read(self.database()).expect("a database"),
            files: self.sim.authority.files().clone(),
            till: self.sim.rail.till().clone(),
            mail: self.messenger.mail().clone(),
            notes: self.notes.borrow().clone(),
            ms: self.sim.life.ms(),
        };
        self.open();
        moment
    }

    /// Everything that is still in the log goes into the database file.
    fn fold(&self) {
        let raw = rusqlite::Connection::open(self.database()).expect("a database");
        let left = raw.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0));
        assert_eq!(left, Ok(0), "somebody still has the database open");
    }

    /// Everything is as it was at a moment.
    pub fn put_back(&mut self, moment: &Moment) {
        self.world = None;
        for beside in ["clearway.db-wal", "clearway.db-shm"] {
            let _ = std::fs::remove_file(self.folder.join(beside));
        }
        std::fs::write(self.database(), &moment.database).expect("written");
        *self.sim.authority.files() = moment.files.clone();
        *self.sim.rail.till() = moment.till.clone();
        *self.messenger.mail() = moment.mail.clone();
        *self.notes.borrow_mut() = moment.notes.clone();
        self.sim.life.set_ms(moment.ms);
        self.open();
    }

    /// Loads the police feed, without the last account: that person has yet to come.
    pub fn feed(&self) -> Result<(), Error> {
        let mut city = self.sim.town.clone();
        city.accounts.pop();
        let text = serde_json::to_string(&city).expect("a feed");
        feed::load(self.world(), &feed::read(&text)?)?;
        Ok(())
    }

    /// Everybody with an account.
    pub fn people(&self) -> Vec<Who> {
        let known = self.sim.town.accounts.len() - 1;
        let openids = self.sim.town.accounts.iter().take(known).map(|account| &account.openid);
        openids.map(|openid| Who { driver: self.world().driver_of(openid) }).collect()
    }

    /// Remembers something for the path.
    pub fn note(&self, name: &'static str, what: impl Into<String>) {
        self.notes.borrow_mut().insert(name, what.into());
    }

    /// What was remembered.
    pub fn noted(&self, name: &str) -> String {
        self.notes.borrow().get(name).unwrap_or_else(|| panic!("nothing was noted as {name}")).clone()
    }

    /// The driver of the path.
    pub fn who(&self) -> Who {
        Who { driver: self.noted("who") }
    }

    /// Workers run what is due, and the rail's notices arrive. What fails here is tried again later, as in life.
    pub fn work(&self) {
        for _ in 0..JOBS_MAX {
            match jobs::run_one(self.world(), "nth") {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => self.note("last trouble", error.to_string()),
            }
        }
        for post in self.sim.due_posts() {
            if self.deliver(&post).is_err() {
                let again = Post { at_ms: self.sim.life.ms() + 15_000, ..post };
                self.sim.rail.till().posts.push(again);
            }
        }
    }

    /// A notice of the rail arrives.
    pub fn deliver(&self, post: &Post) -> Result<wechat_pay::Answer, Error> {
        let (headers, body) = post.on_the_wire(self.sim.life.ms());
        wechat_pay::take(self.world(), &headers, &body)
    }

    /// Time goes by for so long, and everything that becomes due on the way happens.
    pub fn pass(&self, hours: i64) {
        let end_ms = self.sim.life.ms() + hours * 3_600_000;
        for _ in 0..2_000 {
            self.work();
            let now_ms = self.sim.life.ms();
            // Whoever asks while the disk fails asks again.
            let due = || {
                self.read(
                    "select coalesce(min(due_ms), 9000000000000) as v from job where buried_at_ms is null",
                )
            };
            let jobs = due().or_else(|_| due()).or_else(|_| due()).expect("the queue");
            let next = self.sim.rail.till().next_ms().map_or(jobs, |till| till.min(jobs));
            if next > end_ms {
                self.sim.life.pass(end_ms - now_ms);
                return self.work();
            }
            self.sim.life.pass((next - now_ms).max(200));
        }
        panic!("the world does not come to rest: {:?}", self.notes.borrow());
    }

    /// A lost worker's jobs come back.
    pub fn pass_a_lease(&self) {
        self.sim.life.pass(LEASE_MS);
        self.work();
    }

    /// A number from the database.
    pub fn read(&self, sql: &'static str) -> Result<i64, Error> {
        self.world().db.read(|tx| Ok(tx.one(sql, &[])?.get("v")?))
    }

    /// One text from the database, if there is a row.
    pub fn text(&self, sql: &'static str) -> Result<Option<String>, Error> {
        self.world().db.read(|tx| Ok(tx.opt(sql, &[])?.map(|row| row.get("v")).transpose()?))
    }

    /// Whether the rail has money of an order.
    pub fn is_paid(&self, prepay_id: &str) -> bool {
        let till = self.sim.rail.till();
        till.by_prepay(prepay_id).is_some_and(|kept| kept.state == TradeState::Success)
    }

    /// Where everything stands, each thing a line: what must be the same however often something failed.
    pub fn standing(&self) -> Vec<String> {
        let mut standing = self.world().db.read(stored).expect("the books can be read");
        let files = self.sim.authority.files();
        let ours =
            files.decisions.values().filter(|kept| !kept.case.is_empty() || !kept.transaction.is_empty());
        standing.extend(ours.map(|kept| {
            let record = &kept.record;
            let of = record.record.as_ref().unwrap_or(&record.number);
            format!(
                "platform: decision on {of}: {:?} {:?} {:?} {:?} {:?}",
                record.penalty, record.fine, record.points, record.paid, record.annulled
            )
        }));
        standing.extend(files.wrongs.iter().map(|wrong| format!("platform: wrong: {wrong}")));
        let till = self.sim.rail.till();
        // An order that was closed unpaid is as good as none: whether a given-up one was placed first is chance.
        let unpaid = |kept: &&Kept| kept.state == TradeState::Closed && kept.payments.is_empty();
        standing.extend(till.orders.values().filter(|kept| !unpaid(kept)).map(|kept| {
            let Fen(total) = kept.total;
            let (payments, back) = (kept.payments.len(), kept.returned());
            format!("rail: order of {total}: {:?}, paid {payments} times, back {back}", kept.state)
        }));
        standing.sort();
        standing
    }
}

/// What is compared, each with the word for it.
const STORED: [(&str, &str); 19] = [
    (
        "account",
        "select openid || ' ' || coalesce(id_number, '-') || ' ' || (verified_at_ms is not null) || ' ' || \
        (messages_at_ms is not null) || ' ' || (followed_at_ms is not null) || ' ' || (locked_until_ms is not null) as v \
        from account",
    ),
    (
        "bound",
        "select driver || ' ' || plate || ' ' || own || ' ' || (unbound_at_ms is null) || ' ' || \
        (owner_phone_at_ms is not null) as v from binding",
    ),
    ("licence", "select licence || ' ' || driver as v from licence_claim"),
    ("vehicles", "select cast(count(*) as text) as v from vehicle"),
    ("violation", "select violation || ' ' || (open_since_ms is not null) as v from violation"),
    (
        "known",
        "select driver || ' ' || topic || ' ' || (body is not null) || ' ' || (failed_at_ms is null) as v \
        from knowledge",
    ),
    (
        "case",
        "select violation || ' ' || route || ' ' || state || ' ' || fine_fen || ' ' || points_given || ' ' || \
        (decision_number is not null) || ' ' || (check_digit is not null) || ' ' || coalesce(refusal, '-') as v \
        from case_file",
    ),
    ("claim", "select violation as v from violation_claim where released_at_ms is null"),
    ("act", "select act || ' ' || count(*) as v from confirmation group by act"),
    ("order", "select payee || ' ' || total_fen || ' ' || state as v from pay_order"),
    ("refund", "select reason || ' ' || fen || ' ' || state as v from refund where state <> 'failed'"),
    (
        "use",
        "select programme || ' ' || points_granted || ' ' || (annulled_at_ms is null) as v from programme_use",
    ),
    ("waiting", "select cast(coalesce(sum(drawn - gone), 0) as text) as v from turn_bucket"),
    ("nudge", "select violation || ' ' || coalesce(answered, '-') as v from nudge"),
    ("request", "select kind || ' ' || subject as v from request"),
    ("finding", "select kind || ' ' || coalesce(fen, 0) as v from finding where closed_at_ms is null"),
    ("day", "select day || ' ' || state || ' ' || (signed_by is not null) as v from reconciliation"),
    ("bill line", "select out_trade_no || ' ' || fen as v from bill_line"),
    (
        "job",
        "select kind || ' ' || count(*) || ' ' || (buried_at_ms is not null) as v from job \
        group by kind, buried_at_ms is not null",
    ),
];

fn stored(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let mut standing = Vec::new();
    for (word, sql) in STORED {
        for row in tx.query(sql, &[])? {
            standing.push(format!("{word}: {}", row.get::<String>("v")?));
        }
    }
    for (account, debits, credits) in clearway_store::ledger::trial_balance(tx)? {
        standing.push(format!("balance: {account} {debits} {credits}"));
    }
    Ok(standing)
}
