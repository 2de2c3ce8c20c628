//! A whole pretend world for one journey: counterparts, server and workers in this process, on real sockets.

use std::net::TcpListener as StdListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use clearway::clock::{SystemChance, SystemClock};
use clearway::config::Config;
use clearway::serve::Workers;
use clearway_service::{World, feed, jobs};
use clearway_sims::city::{self, City, Plan};
use clearway_sims::{Options, Running};
use clearway_web::callers::Terms;
use clearway_web::door::{self, Limits};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::contract::engines::Fresh;

/// The instant at which journeys begin: a Sunday morning, the upgrade of the city's programmes in force.
pub const OPENING: &str = "2020-04-05T10:00:00+08:00";

/// Token of the operator `li.officer` in every journey.
pub const OPERATOR_TOKEN: &str = "a-token-of-journeys-that-opens-nothing-else";
/// Its SHA-256, as a configuration holds it.
const OPERATOR_SHA256: &str = "afc1ab619c7394e0d5550bef8095c38c01a442ab37bb7fc2ed4d795d7463867d";

/// Token of the program that reads the figures, and nothing else, in every journey.
pub const WATCHER_TOKEN: &str = "a-token-of-journeys-that-reads-figures";
/// Its SHA-256.
const WATCHER_SHA256: &str = "497030ac2118cd31659f10c24d2d9bd9d5a73ea4a7e8788e1de84104d7fd9610";

/// Which database a journey runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the server named by `CLEARWAY_TEST_PG`.
    Postgres,
}

/// Makes a test per engine of each named journey, which takes an [`Engine`].
macro_rules! on_both_engines {
    ($($journey:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $journey() { super::$journey($crate::journeys::stack::Engine::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $journey() { super::$journey($crate::journeys::stack::Engine::Postgres); })*
        }
    };
}

pub(crate) use on_both_engines;

/// What is usual everywhere but in a few journeys.
struct Door<'a> {
    /// How much callers may ask, and how.
    terms: Terms,
    /// How long things on their connections may take.
    limits: Limits,
    /// Exchanges the database's address for one that leads there.
    through: Box<dyn FnOnce(&str) -> String + 'a>,
}

impl Default for Door<'_> {
    fn default() -> Self {
        Self { terms: Terms::default(), limits: Limits::default(), through: Box::new(str::to_owned) }
    }
}

/// A running world. Dropping it ends everything.
pub struct Stack {
    /// The city as it was drawn.
    pub city: City,
    /// The product's world.
    pub world: Arc<World>,
    /// Address of the server.
    pub url: String,
    sims: Running,
    folder: TempDir,
    /// Last, so that everybody has let go of it.
    fresh: Option<Fresh>,
    workers: Option<Workers>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    serving: Option<thread::JoinHandle<()>>,
}

impl Stack {
    /// A world at the opening.
    pub fn new(engine: Engine) -> Stack {
        Stack::at(engine, OPENING)
    }

    /// A world at another instant.
    pub fn at(engine: Engine, at: &str) -> Stack {
        Stack::on_rail(engine, at, "wechat")
    }

    /// A world whose payments run on another rail.
    pub fn on_rail(engine: Engine, at: &str, rail: &str) -> Stack {
        let city = |at| city::make(Plan { at, seed: 1, drivers: 20, violations: 60 });
        Stack::with_city(engine, at, rail, city, Door::default())
    }

    /// A world behind another door than the usual one.
    pub fn behind(terms: Terms, limits: Limits) -> Stack {
        let city = |at| city::make(Plan { at, seed: 1, drivers: 20, violations: 60 });
        Stack::with_city(Engine::Sqlite, OPENING, "wechat", city, Door { terms, limits, ..Door::default() })
    }

    /// A world with so many people of a launch day beside the personas; their openids begin with `rush-`.
    pub fn of_a_rush(engine: Engine, drivers: usize) -> Stack {
        let city = |at| city::make_rush(Plan { at, seed: 1, drivers, violations: 0 });
        Stack::with_city(engine, OPENING, "wechat", city, Door::default())
    }

    /// The same on PostgreSQL, whose address `through` exchanges for one that leads there.
    pub fn of_a_rush_through(drivers: usize, through: impl FnOnce(&str) -> String) -> Stack {
        let city = |at| city::make_rush(Plan { at, seed: 1, drivers, violations: 0 });
        let door = Door { through: Box::new(through), ..Door::default() };
        Stack::with_city(Engine::Postgres, OPENING, "wechat", city, door)
    }

    fn with_city(
        engine: Engine,
        at: &str,
        rail: &str,
        city: impl Fn(Timestamp) -> City,
        door: Door<'_>,
    ) -> Stack {
        let folder = tempfile::tempdir().expect("a folder");
        let at: Timestamp = at.parse().expect("an instant");
        set_clock(&folder.path().join("clock"), at);
        let city = city(at);
        let listener = StdListener::bind(("127.0.0.1", 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let sims = counterparts(&folder, city.clone(), &url, rail);
        let fresh = match engine {
            Engine::Sqlite => Fresh::file(),
            Engine::Postgres => Fresh::postgres(),
        };
        let config = config(&folder, &(door.through)(&fresh.url), &url);
        let clock = SystemClock::following(Some(folder.path().join("clock")));
        let world = clearway::build_with(&config, Arc::new(clock), Arc::new(SystemChance)).expect("a world");
        world.db.migrate().expect("a schema");
        let text = serde_json::to_string(&city).expect("a feed");
        feed::load(&world, &feed::read(&text).expect("a feed")).expect("a fed read model");
        let world = Arc::new(world);
        let workers = Workers::start(&world, "stack", 4);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let router = clearway_web::router(Arc::clone(&world), door.terms);
        let serving = thread::spawn(move || serve(listener, router, door.limits, stopped));
        Stack {
            city,
            world,
            url,
            sims,
            folder,
            fresh: Some(fresh),
            workers: Some(workers),
            stop: Some(stop),
            serving: Some(serving),
        }
    }

    /// Its folder: configuration, clock, secret, the counterparts' keys.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the clock of everybody.
    pub fn set_clock(&self, at: &str) {
        set_clock(&self.folder.path().join("clock"), at.parse().expect("an instant"));
        // Both sides look again within 200 ms.
        thread::sleep(std::time::Duration::from_millis(450));
    }

    /// Lets seconds pass for everybody.
    pub fn pass(&self, seconds: i64) {
        let then = self.world.now() + SignedDuration::from_secs(seconds);
        self.set_clock(&then.to_string());
    }

    /// A minute passes, and what was looked for in vain is looked for again (`jobs::decide`: once may be an answer that was
    /// cut short). Twice, because nobody knows here whether the first look has been.
    pub fn look_again(&self) {
        for _ in 0..2 {
            self.pass(65);
        }
    }

    /// Address of the counterparts.
    pub fn sims_url(&self) -> String {
        self.sims.url()
    }

    /// Tells the counterparts something under `/control/`.
    pub fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/control/{path}", self.sims_url());
        let answer = client().post(url).body(body.to_string()).send().expect("the counterparts answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_str(&answer.text().expect("a body")).unwrap_or(Value::Null)
    }

    /// Takes something back that was told under `/control/`.
    pub fn control_delete(&self, path: &str) {
        let url = format!("{}/control/{path}", self.sims_url());
        let answer = client().delete(url).send().expect("the counterparts answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// A fault for the next `times` calls.
    pub fn fault(&self, call: &str, fault: &str, times: u32) {
        self.control("faults", &json!({ "match": { "call": call }, "fault": fault, "times": times }));
    }

    /// Changes plain fields of something that the police platform holds; answers with it as it is then.
    pub fn change(&self, what: &str, key: &str, set: &Value) -> Value {
        self.control("state", &json!({ "what": what, "key": key, "set": set }))
    }

    /// Asks the police platform about everything of a person now, and waits for it.
    pub fn refresh(&self, openid: &str) {
        let driver = self.world.driver_of(openid);
        let now = self.world.now().as_millisecond();
        let asked = self
            .world
            .db
            .write(|tx| jobs::refresh::enqueue(tx, &driver, &clearway_service::dossier::Topic::ALL, now));
        asked.expect("asked");
        self.world.bell.ring();
        self.settle();
    }

    /// The calls of one kind in the journal.
    pub fn calls_of(&self, call: &str) -> Vec<Value> {
        self.calls().into_iter().filter(|one| one["call"] == call).collect()
    }

    /// The code in the last message to a phone.
    pub fn code_sent_to(&self, phone: &str) -> String {
        let url = format!("{}/sms/inbox?phone={phone}&format=json", self.sims_url());
        let answer = client().get(url).send().expect("the inbox").text().expect("a body");
        let inbox: Value = serde_json::from_str(&answer).expect("JSON");
        let text = inbox["messages"][0]["text"].as_str().expect("a message").to_owned();
        let code: String = text
            .chars()
            .skip_while(|letter| !letter.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        assert_eq!(code.len(), 6, "{text}");
        code
    }

    /// The journal of all calls that the counterparts took.
    pub fn calls(&self) -> Vec<Value> {
        let answer = client().get(format!("{}/control/calls", self.sims_url())).send().expect("the journal");
        let body: Value = serde_json::from_str(&answer.text().expect("a body")).expect("JSON");
        body.as_array().cloned().or_else(|| body["calls"].as_array().cloned()).unwrap_or_default()
    }

    /// Ends every background job by waiting until none is due.
    pub fn settle(&self) {
        for _ in 0..400 {
            let now = self.world.now().as_millisecond();
            let open: i64 = self
                .world
                .db
                .read(|tx| clearway_store::queue::counts(tx, now))
                .expect("the queue")
                .iter()
                .filter(|count| !["order.ask", "case.expire"].contains(&count.kind.as_str()))
                .map(|count| count.jobs - count.buried)
                .sum();
            if open == 0 {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(25));
        }
        let counts = self.world.db.read(|tx| clearway_store::queue::counts(tx, 0)).expect("the queue");
        panic!("jobs are still open after ten seconds: {counts:?}");
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(workers) = self.workers.take() {
            workers.stop();
        }
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
        self.fresh.take();
    }
}

/// A browser's connection that follows nothing by itself.
#[expect(clippy::disallowed_methods, reason = "a test is a browser")]
pub fn client() -> reqwest::blocking::Client {
    reqwest::blocking::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a browser")
}

#[expect(clippy::disallowed_methods, reason = "the pretend clock is set against the real one")]
fn set_clock(file: &Path, at: Timestamp) {
    let real = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let beside = file.with_extension("next");
    std::fs::write(&beside, format!("{at} {real}\n")).expect("written");
    std::fs::rename(&beside, file).expect("in place");
}

fn counterparts(folder: &TempDir, city: City, product_url: &str, rail: &str) -> Running {
    let mut options = Options::new(city, folder.path().join("counterparts"));
    options.product_url = product_url.to_owned();
    options.rail = rail.to_owned();
    options.clock_file = Some(folder.path().join("clock"));
    std::fs::create_dir_all(&options.out).expect("a folder");
    clearway_sims::start(options).expect("counterparts")
}

fn config(folder: &TempDir, database: &str, url: &str) -> Config {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/site.example.toml");
    let text = std::fs::read_to_string(example).expect("the documented configuration");
    let text: String = text
        .lines()
        .map(|line| match line.split_once(" = ").map(|(key, _)| key) {
            Some("public_url") => format!("public_url = \"{url}\"\n"),
            Some("database") => format!("database = \"{database}\"\n"),
            Some("publish_menu") => "publish_menu = false\n".to_owned(),
            // Many stacks share the cores of a test run: what is done at once elsewhere takes longer here.
            Some("moment_ms") => "moment_ms = 3000\n".to_owned(),
            _ => format!("{line}\n"),
        })
        .collect();
    let operator = |name: &str, hash: &str| {
        format!("\n[[site.operators]]\nname = \"{name}\"\ntoken_sha256 = \"{hash}\"\n")
    };
    let text = text
        + &operator("li.officer", OPERATOR_SHA256)
        + &operator("prometheus", WATCHER_SHA256)
        + "may = [\"metrics\"]\n";
    let path = folder.path().join("site.toml");
    std::fs::write(&path, text).expect("written");
    Config::read(&path).expect("the documented configuration is usable")
}

fn serve(
    listener: StdListener,
    router: axum::Router,
    limits: Limits,
    stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(clearway::serve::REQUESTS_MAX)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async move {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        let told = async move {
            let _ = stopped.await;
        };
        door::serve(listener, router, limits, told).await;
    });
    runtime.shutdown_timeout(std::time::Duration::from_millis(300));
}
