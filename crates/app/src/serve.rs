//! Serving: worker threads for the outside, the web for everybody else, and an orderly end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clearway_service::admission::node::Node;
use clearway_service::jobs::Lane;
use clearway_service::{World, callbacks, installation, jobs};
use clearway_store::{EngineKind, queue};
use clearway_web::{door, outward};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::config::Config;
use crate::process;

/// One worker in so many is of [`Lane::Away`]: whoever pays waits at that very moment, and for the rail alone.
const AWAY_EVERY: usize = 2;
/// Longest sleep of an idle worker, ms; the bell wakes it earlier.
const IDLE_MS: u64 = 250;
/// Threads for requests that write or call somebody: the 48 that may wait for a job (`jobs::bell`), 64 for a group of the store's
/// writer, and one for each that may wait for a counterpart, so that those take nobody else's. More would only stand in line there,
/// each with its own memory.
pub const REQUESTS_MAX: usize = 112 + outward::PLACES;

/// Worker threads of one process.
pub struct Workers {
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
    world: Arc<World>,
}

impl Workers {
    /// Starts `count` workers of the process of that name; one in [`AWAY_EVERY`] of them is kept for what needs nothing of the
    /// platform.
    #[must_use]
    pub fn start(world: &Arc<World>, instance: &str, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..count)
            .map(|number| {
                let (world, stop) = (Arc::clone(world), Arc::clone(&stop));
                let name = queue::worker_name(instance, number);
                let lane = if number % AWAY_EVERY == AWAY_EVERY - 1 { Lane::Away } else { Lane::Any };
                thread::spawn(move || work(&world, &name, lane, &stop))
            })
            .collect();
        Self { stop, threads, world: Arc::clone(world) }
    }

    /// Lets every worker finish what it is doing.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.world.bell.ring();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker ended in a panic");
            }
        }
    }
}

/// The heart of a node: how fast this process asks the platform, and its part of the ceiling.
pub struct Heart {
    stop: mpsc::Sender<()>,
    thread: thread::JoinHandle<()>,
}

/// Time between two beats of [`Heart`].
const BEAT: Duration = Duration::from_secs(1);

impl Heart {
    /// Takes this node's part of the ceiling, and up the work that its forerunner held when it was killed; then goes on taking
    /// it. `instance` is the name of this process (see [`process::mine`]).
    ///
    /// # Errors
    /// When the database cannot be used: nothing must be asked of the platform without a part of the ceiling.
    pub fn start(world: &Arc<World>, name: &str, instance: &str) -> Result<Self> {
        let mut node = Node::new(world, name).of_process(instance, process::is_over);
        node.tick(world).context("this node cannot take its part of the ceiling")?;
        let (stop, stopped) = mpsc::channel();
        let world = Arc::clone(world);
        let thread = thread::spawn(move || {
            while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(BEAT) {
                if let Err(error) = node.tick(&world) {
                    tracing::error!(%error, "a heartbeat could not be stored");
                }
            }
            if let Err(error) = node.leave(&world) {
                tracing::warn!(%error, "this node's part of the ceiling is free only when the others miss it");
            }
        });
        Ok(Self { stop, thread })
    }

    /// Gives this node's part back.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the heart of this node ended in a panic");
        }
    }
}

/// How much later than requests the workers that ask the platform get a core when there are not enough: what waits for
/// its turn can wait, and who looks at a page should not. Money has no such handicap.
const NICE: i32 = 5;

fn work(world: &World, name: &str, lane: Lane, stop: &AtomicBool) {
    // Linux keeps this for each thread by itself.
    if lane == Lane::Any
        && let Err(error) = rustix::process::setpriority_process(None, NICE)
    {
        tracing::warn!(%error, "workers and requests share the cores evenly");
    }
    while !stop.load(Ordering::Relaxed) {
        let heard = world.bell.rings();
        let go_on = || !stop.load(Ordering::Relaxed);
        let ran = catch_unwind(AssertUnwindSafe(|| jobs::run_due(world, name, lane, go_on)));
        let ran = ran.unwrap_or_else(|_| {
            tracing::error!(worker = name, "a job ended in a panic, and is tried again");
            jobs::came_apart(world, name).map(|()| true)
        });
        match ran {
            Ok(true) => {}
            Ok(false) => world.bell.wait(lane, heard, IDLE_MS),
            Err(error) => {
                tracing::error!(%error, "the queue cannot be used");
                world.bell.wait(lane, heard, IDLE_MS * 4);
            }
        }
    }
}

/// Serves until the process is told to end.
///
/// # Errors
/// When the address cannot be listened on or the database is behind.
pub fn run(config: &Config) -> Result<()> {
    let (terms, limits) = (config.terms(), limits(config));
    let world = Arc::new(crate::build(config)?);
    world.admission.connections.store(limits.connections, Ordering::Relaxed);
    // Beside what follows, which mostly waits for the disk; whoever asks first waits for it at most.
    thread::spawn(clearway_web::text::prepare);
    // Before anything is written to a database that may be somebody else's.
    installation::recognise(&world).with_context(|| crate::of_secret(config))?;
    world.db.migrate().context("the schema cannot be brought up to date")?;
    installation::begin(&world).with_context(|| crate::of_secret(config))?;
    // A file is set up by this program itself; looking through it would take as long as it is large.
    if world.db.engine() == EngineKind::Postgres {
        for wrong in world.db.doctor().context("the settings of the database cannot be read")? {
            tracing::error!(wrong, "the database is not set up as it should be");
        }
    }
    jobs::reconcile::schedule(&world).context("the daily comparison cannot be scheduled")?;
    let (orders, refunds) =
        jobs::rails::waiting_for_another(&world).context("the open orders cannot be counted")?;
    if orders + refunds > 0 {
        let rail = world.payments.rail().slug;
        tracing::error!(
            orders,
            refunds,
            rail,
            "open orders and refunds belong to another rail than [pay] rail: they stand still until it is named again"
        );
    }
    let name = config.server.node.as_deref().unwrap_or(&config.server.listen);
    let instance = process::mine().unwrap_or_else(|| world.new_id());
    let heart = Heart::start(&world, name, &instance)?;
    let workers = Workers::start(&world, &instance, config.server.workers);
    if config.server.publish_menu {
        publish_menu(&world);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(REQUESTS_MAX)
        .build()?;
    let served = runtime.block_on(async {
        let listener = door::listen(&config.server.listen)
            .await
            .with_context(|| format!("cannot listen on {}", config.server.listen))?;
        tracing::info!(listen = config.server.listen, connections = limits.connections, "serving");
        let router = clearway_web::router(Arc::clone(&world), terms);
        door::serve(listener, router, limits, told_to_end()).await;
        Ok(())
    });
    workers.stop();
    heart.stop();
    served
}

/// Open files that are no connections: the database, the counterparts, what starts and ends.
const OTHER_FILES: u64 = 1_000;

/// As many connections as the configuration wants and the system allows; it allows more to whoever asks.
fn limits(config: &Config) -> door::Limits {
    let usual = door::Limits::default();
    let wanted = config.server.connections.map_or(usual.connections as u64, |wanted| u64::from(wanted.get()));
    let mut files = getrlimit(Resource::Nofile);
    if files.current.is_some_and(|now| now < wanted + OTHER_FILES) {
        files.current =
            files.maximum.map_or(Some(wanted + OTHER_FILES), |most| Some(most.min(wanted + OTHER_FILES)));
        if let Err(error) = setrlimit(Resource::Nofile, files) {
            tracing::warn!(%error, "no more open files than before");
        }
    }
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    // Of few files half are for connections.
    let room = allowed.saturating_sub(OTHER_FILES).max(allowed / 2);
    if room < wanted {
        tracing::warn!(
            wanted,
            room,
            allowed,
            "the system allows fewer open files than server.connections wants"
        );
    }
    door::Limits { connections: usize::try_from(wanted.min(room)).unwrap_or(usual.connections), ..usual }
}

/// Publishes the menu beside everything else: nobody waits for WeChat at a start, least of all after a crash.
fn publish_menu(world: &Arc<World>) {
    let world = Arc::clone(world);
    thread::spawn(move || {
        if let Err(error) = callbacks::wechat::publish_menu(&world) {
            tracing::warn!(%error, "the WeChat menu was not published");
        }
    });
}

async fn told_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}
