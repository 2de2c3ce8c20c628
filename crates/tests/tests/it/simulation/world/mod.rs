//! One simulated world: the real service on a real store, everything around it pretended in this process, all of it
//! from one seed and on one thread.

pub mod authority;
pub mod chance;
mod convert;
pub mod network;
pub mod notices;
pub mod rail;
mod silent;
pub mod till;
pub mod town;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use clearway_connect::authority::Authority;
use clearway_connect::payments::Payments;
use clearway_domain::Clock;
use clearway_domain::calendar::Calendar;
use clearway_domain::offences::OffenceTable;
use clearway_domain::rules::Packs;
use clearway_domain::study::Bank;
use clearway_service::callbacks::wechat_pay::{self, Answer};
use clearway_service::citizen::Who;
use clearway_service::jobs::Bell;
use clearway_service::{Error, Site, World, feed, jobs};
use clearway_sims::city::City;
use clearway_store::Db;
use jiff::Timestamp;

use authority::{Night, SimAuthority};
use chance::{Died, Life};
use network::Network;
use notices::Post;
use rail::SimRail;
use till::Posting;
use town::Draw;

/// The instant at which simulated worlds begin unless told otherwise: a Sunday morning, the upgrade in force.
pub const OPENING: &str = "2020-04-05T10:00:00+08:00";

/// Where something may be put between the product and what it holds for the outside. As it stands: nothing.
pub trait Seams: std::fmt::Debug + Send + Sync {
    /// The police platform as the product sees it.
    fn authority(&self, real: Arc<SimAuthority>) -> Arc<dyn Authority> {
        real
    }

    /// The rail as the product sees it.
    fn payments(&self, real: Arc<SimRail>) -> Arc<dyn Payments> {
        real
    }

    /// The clock as the product sees it.
    fn clock(&self, real: Arc<Life>) -> Arc<dyn Clock> {
        real
    }
}

/// Nothing in between.
#[derive(Debug)]
pub struct Open;

impl Seams for Open {}

/// What a simulated world is made from.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything is drawn from it.
    pub seed: u64,
    /// When it begins.
    pub at: Timestamp,
    /// Its people.
    pub draw: Draw,
    /// What the police platform does with writes at night.
    pub night: Night,
    /// How notices of the rail come.
    pub posting: Posting,
    /// Whether the rail keeps an order of its own for each leg.
    pub per_leg: bool,
    /// A file for the database; none = in memory.
    pub file: Option<PathBuf>,
    /// What stands between the product and the outside.
    pub seams: Arc<dyn Seams>,
}

impl Options {
    /// The usual world of a seed.
    pub fn of_seed(seed: u64) -> Options {
        Options {
            seed,
            at: OPENING.parse().expect("an instant"),
            draw: Draw::default(),
            night: Night::Open,
            posting: Posting::Drawn,
            per_leg: false,
            file: None,
            seams: Arc::new(Open),
        }
    }
}

/// The law and the settings, read once a process.
struct Law {
    packs: Packs,
    offences: OffenceTable,
    calendar: Calendar,
    bank: Bank,
    site: Site,
}

fn law() -> &'static Law {
    static LAW: OnceLock<Law> = OnceLock::new();
    LAW.get_or_init(|| {
        let offences = OffenceTable::builtin();
        let example = include_str!("../../../../../app/site.example.toml");
        let mut settings: toml::Table = toml::from_str(example).expect("the documented configuration");
        let site = settings.remove("site").expect("a site");
        Law {
            packs: Packs::shipped(&offences),
            calendar: Calendar::builtin(),
            bank: Bank::shipped(),
            site: site.try_into().expect("the documented site is usable"),
            offences,
        }
    })
}

/// A simulated world.
pub struct SimWorld {
    /// What it was made from.
    pub options: Options,
    /// Its people, as they were at the beginning.
    pub town: City,
    /// Time, chance and the death of the process.
    pub life: Arc<Life>,
    /// What becomes of calls.
    pub network: Arc<Network>,
    /// The police platform.
    pub authority: Arc<SimAuthority>,
    /// The rail.
    pub rail: Arc<SimRail>,
    world: Mutex<Arc<World>>,
    deaths: Mutex<u64>,
}

impl SimWorld {
    /// The usual world of a seed.
    pub fn new(seed: u64) -> SimWorld {
        SimWorld::with(Options::of_seed(seed))
    }

    /// A world of one's own choosing, its read model fed, nobody having done anything yet.
    pub fn with(options: Options) -> SimWorld {
        let seed = options.seed;
        let life = Life::new(options.at, seed);
        let network = Network::new(&life, seed);
        let town = town::draw(options.at, seed, options.draw);
        let authority = SimAuthority::new(&town, seed, options.night, &life, &network);
        let rail = SimRail::new(seed, options.posting, options.per_leg, &life, &network);
        let db = open(&options);
        db.migrate().expect("a schema");
        let world = build(db, &options, &life, &authority, &rail);
        let text = serde_json::to_string(&town).expect("a feed");
        feed::load(&world, &feed::read(&text).expect("a feed")).expect("a fed read model");
        let world = Mutex::new(Arc::new(world));
        SimWorld { options, town, life, network, authority, rail, world, deaths: Mutex::new(0) }
    }

    /// The product's world, as it lives now.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The `n`-th account's person.
    pub fn who(&self, n: usize) -> Who {
        Who { driver: self.world().driver_of(&self.town.accounts[n].openid) }
    }

    /// Does something in the product's process. `None` when the process died of it; it has started again by then.
    pub fn attempt<T>(&self, deed: impl FnOnce(&World) -> T) -> Option<T> {
        let world = self.world();
        let ended = catch_unwind(AssertUnwindSafe(|| deed(&world)));
        drop(world);
        match ended {
            Ok(answer) if !self.life.take_death() => Some(answer),
            Ok(_) => {
                self.restart();
                None
            }
            Err(payload) if payload.is::<Died>() => {
                self.life.take_death();
                self.restart();
                None
            }
            Err(payload) => resume_unwind(payload),
        }
    }

    /// Moves the clock.
    pub fn advance(&self, ms: i64) {
        self.life.pass(ms);
    }

    /// Runs one due job. `false` when there was none, or the process died of it.
    pub fn run_job(&self) -> bool {
        self.attempt(|world| jobs::run_one(world, "sim").expect("the queue works")).unwrap_or(false)
    }

    /// Runs due jobs until none is due (or far too many were): how many.
    pub fn run_due_jobs(&self) -> usize {
        (0..1_000).take_while(|_| self.run_job()).count()
    }

    /// A notice arrives. `None` when the process died of it.
    pub fn deliver(&self, post: &Post) -> Option<Result<Answer, Error>> {
        let (headers, body) = post.on_the_wire(self.life.ms());
        self.attempt(|world| wechat_pay::take(world, &headers, &body))
    }

    /// Takes the notices that are due by now out of the rail's hands, in the order of their arrival.
    pub fn due_posts(&self) -> Vec<Post> {
        let now = self.life.ms();
        let mut till = self.rail.till();
        till.lapse(now);
        let (mut due, later): (Vec<Post>, Vec<Post>) =
            std::mem::take(&mut till.posts).into_iter().partition(|post| post.at_ms <= now);
        till.posts = later;
        due.sort_by_key(|post| post.at_ms);
        due
    }

    /// Delivers every notice that is due: how many.
    pub fn deliver_due(&self) -> usize {
        let due = self.due_posts();
        for post in &due {
            // Answered 5xx or died: the rail sends it again.
            if !matches!(self.deliver(post), Some(Ok(_))) {
                let again = Post { at_ms: self.life.ms() + 15_000, ..post.clone() };
                self.rail.till().posts.push(again);
            }
        }
        due.len()
    }

    /// The process dies and starts again: what was in memory is gone, leases stand.
    pub fn crash(&self) {
        self.restart();
    }

    /// How often the process has died.
    pub fn deaths(&self) -> u64 {
        *self.deaths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn restart(&self) {
        self.network.reset_depth();
        *self.deaths.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let db = match self.options.file {
            None => world.db.clone(),
            Some(_) => open(&self.options),
        };
        *world = Arc::new(build(db, &self.options, &self.life, &self.authority, &self.rail));
    }
}

fn open(options: &Options) -> Db {
    let url = match &options.file {
        None => "sqlite::memory:".to_owned(),
        Some(path) => format!("sqlite:{}", path.display()),
    };
    Db::open(&url).expect("a database")
}

/// The world of a simulation on another database: what is to be otherwise is said over it.
pub fn beside(theirs: &World, db: Db) -> World {
    World {
        db,
        clock: theirs.clock.clone(),
        chance: theirs.chance.clone(),
        authority: theirs.authority.clone(),
        payments: theirs.payments.clone(),
        wechat: theirs.wechat.clone(),
        notifier: theirs.notifier.clone(),
        face: theirs.face.clone(),
        packs: theirs.packs.clone(),
        offences: theirs.offences.clone(),
        calendar: theirs.calendar.clone(),
        bank: theirs.bank.clone(),
        site: theirs.site.clone(),
        secret: theirs.secret.clone(),
        bell: Bell::that_never_waits(),
        admission: clearway_service::admission::Admission::default(),
    }
}

fn build(
    db: Db,
    options: &Options,
    life: &Arc<Life>,
    authority: &Arc<SimAuthority>,
    rail: &Arc<SimRail>,
) -> World {
    let seams = &options.seams;
    let law = law();
    World {
        db,
        clock: seams.clock(life.clone()),
        chance: life.clone(),
        authority: seams.authority(authority.clone()),
        payments: seams.payments(rail.clone()),
        wechat: Arc::new(silent::Silent),
        notifier: Arc::new(silent::Silent),
        face: Arc::new(silent::Silent),
        packs: law.packs.clone(),
        offences: law.offences.clone(),
        calendar: law.calendar.clone(),
        bank: law.bank.clone(),
        site: law.site.clone(),
        secret: b"the secret of a simulated city, 32".to_vec(),
        bell: Bell::that_never_waits(),
        admission: clearway_service::admission::Admission::default(),
    }
}
