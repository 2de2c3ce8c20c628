//! The crowd of a launch day: people as small tasks over few sockets, seeded, with everything they see counted.

mod bank;
mod deeds;
mod driver;
mod hist;
pub mod mix;
mod pages;
mod phone;
mod pool;
mod tally;

use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use hyper::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::Instant;

use self::bank::Key;
use self::driver::Driver;
use self::hist::Hist;
use self::mix::Deed;
use self::phone::Trouble;
use self::pool::{Ask, Pool};
use self::tally::{Life, Tally};
use crate::clock::{DemoClock, real_ms};
use crate::faults::pause;

/// Longest sleep before a sleeper looks whether the day is over, ms.
const NAP_MS: u64 = 10_000;

/// How the crowd comes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Addresses of the servers, `http://ADDRESS:PORT`; people are spread over them.
    pub servers: Vec<String>,
    /// The address under which the servers speak of themselves.
    pub public_url: String,
    /// Address of the pretend counterparts.
    pub sims: String,
    /// How many people.
    pub drivers: usize,
    /// The seed: the same as the city's.
    pub seed: u64,
    /// Sockets to the servers, all together.
    pub sockets: usize,
    /// Everybody arrives within so many seconds; 0: at once.
    pub within_s: u64,
    /// People pause to read and to think.
    pub human: bool,
    /// The day ends after so many seconds, whoever is still there.
    pub deadline_s: u64,
    /// Folder of the question banks.
    pub bank: PathBuf,
    /// Where the totals go; the seconds go beside them, with the ending `jsonl`.
    pub out: PathBuf,
}

/// What everybody of the crowd shares.
pub struct Crowd {
    options: Options,
    servers: Vec<Pool>,
    sims: Pool,
    sims_url: String,
    clock: DemoClock,
    key: Key,
    tally: RefCell<Tally>,
    over: Cell<bool>,
    /// People who are there and have not gone away.
    present: watch::Sender<usize>,
    people: RefCell<Vec<Life>>,
}

impl Crowd {
    fn new(options: Options) -> anyhow::Result<Self> {
        let each = options.sockets / options.servers.len().max(1);
        let servers = options.servers.iter().map(|url| Pool::new(url, each)).collect::<Result<_, _>>()?;
        let leaving =
            |n: &usize| matches!(mix::deed(options.seed, *n), Deed::LeavesPaid | Deed::LeavesConfirmed);
        let present = options.drivers - (0..options.drivers).filter(leaving).count();
        Ok(Self {
            servers,
            sims: Pool::new(&options.sims, (options.sockets / 8).max(16))?,
            sims_url: options.sims.trim_end_matches('/').to_owned(),
            clock: DemoClock::from_env(),
            key: Key::read(&options.bank)?,
            tally: RefCell::default(),
            over: Cell::default(),
            present: watch::channel(present).0,
            people: RefCell::default(),
            options,
        })
    }

    /// The path of an address of the servers; `None` for anybody else's.
    fn own_path<'a>(&self, address: &'a str) -> Option<&'a str> {
        if address.starts_with('/') && !address.starts_with("//") {
            return Some(address);
        }
        let own = self.options.servers.iter().chain([&self.options.public_url]);
        let found = own.map(|url| url.trim_end_matches('/')).find_map(|url| address.strip_prefix(url));
        found.filter(|path| path.starts_with('/'))
    }

    /// Whether the day is over.
    fn over(&self) -> bool {
        self.over.get()
    }

    /// Lets so many milliseconds pass.
    async fn rest(&self, ms: u64) -> Result<(), Trouble> {
        let mut left = ms;
        while left > 0 && !self.over() {
            let nap = left.min(NAP_MS);
            pause(nap).await;
            left -= nap;
        }
        if self.over() { Err(Trouble::Over) } else { Ok(()) }
    }

    /// Waits until everybody who has not gone away has an end.
    async fn last_ones(&self) -> Result<(), Trouble> {
        let mut present = self.present.subscribe();
        drop(present.wait_for(|left| *left == 0).await);
        if self.over() { Err(Trouble::Over) } else { Ok(()) }
    }
}

/// Runs the crowd to its end and writes what it saw.
///
/// # Errors
/// When an address, the banks or the files cannot be used.
pub fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, day(options))
}

async fn day(options: Options) -> anyhow::Result<()> {
    let (begun, begun_ms) = (Instant::now(), real_ms());
    let crowd = Rc::new(Crowd::new(options)?);
    let options = &crowd.options;
    let lines = options.out.with_extension("jsonl");
    let file = std::fs::File::create(&lines).with_context(|| lines.display().to_string())?;
    let sampler = tokio::task::spawn_local(sample(Rc::clone(&crowd), file));
    let gate = tokio::task::spawn_local(ring(Rc::clone(&crowd)));
    let mut tasks = Vec::with_capacity(options.drivers);
    for n in 0..options.drivers {
        arrive(&crowd, begun, n).await;
        tasks.push(tokio::task::spawn_local(one(Rc::clone(&crowd), n)));
    }
    for task in tasks {
        task.await.context("a driver of the crowd fell over")?;
    }
    sampler.abort();
    gate.abort();
    let people = crowd.people.borrow();
    let mut total = crowd.tally.borrow().total(&people);
    total["began_ms"] = json!(begun_ms);
    total["ended_ms"] = json!(real_ms());
    total["sockets"] = json!(options.sockets);
    total["sockets_opened"] = json!(crowd.servers.iter().map(Pool::opened).sum::<u64>());
    total["mix"] = mix::MIX.iter().map(|(_, share, words)| json!([words, share])).collect::<Vec<_>>().into();
    std::fs::write(&options.out, total.to_string()).with_context(|| options.out.display().to_string())
}

/// Waits until it is time for driver `n` to arrive.
async fn arrive(crowd: &Crowd, begun: Instant, n: usize) {
    let within_ms = crowd.options.within_s * 1_000;
    if within_ms == 0 {
        return;
    }
    let share = u64::try_from(n).unwrap_or(0) * within_ms / u64::try_from(crowd.options.drivers).unwrap_or(1);
    let due = Duration::from_millis(share);
    let early = due.saturating_sub(begun.elapsed());
    if early > Duration::from_millis(5) {
        pause(u64::try_from(early.as_millis()).unwrap_or(0)).await;
    }
}

async fn one(crowd: Rc<Crowd>, n: usize) {
    let ended = Box::pin(Driver::new(Rc::clone(&crowd), n).live()).await;
    let away = matches!(ended.deed, Deed::LeavesPaid | Deed::LeavesConfirmed);
    crowd.people.borrow_mut().push(ended);
    if !away {
        crowd.present.send_modify(|left| *left = left.saturating_sub(1));
    }
}

/// The bell at the end of the day: first those who went away look what became of it, then everybody goes home.
async fn ring(crowd: Rc<Crowd>) {
    pause(crowd.options.deadline_s * 1_000).await;
    crowd.present.send_modify(|left| *left = 0);
    pause(NAP_MS).await;
    crowd.over.set(true);
}

async fn sample(crowd: Rc<Crowd>, mut file: std::fs::File) {
    loop {
        pause(1_000).await;
        let line = crowd.tally.borrow_mut().sample(real_ms(), crowd.clock.now().as_millisecond());
        if writeln!(file, "{line}").is_err() {
            return;
        }
    }
}

/// So many GET requests of one path over so many sockets, one after the other on each; the figures as JSON.
///
/// # Errors
/// When the address cannot be used, or an answer is not 200.
pub fn flood(server: &str, path: &str, requests: u64, sockets: usize) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let pool = Rc::new(Pool::new(server, sockets)?);
        let left = Rc::new(Cell::new(requests));
        let hist = Rc::new(RefCell::new(Hist::default()));
        let begun = Instant::now();
        let lanes: Vec<_> = (0..sockets)
            .map(|_| {
                tokio::task::spawn_local(lane(
                    Rc::clone(&pool),
                    path.to_owned(),
                    Rc::clone(&left),
                    Rc::clone(&hist),
                ))
            })
            .collect();
        for lane in lanes {
            lane.await??;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let hist = hist.borrow();
        Ok(json!({ "path": path, "requests": hist.count(), "seconds": seconds, "us": hist.figures() }))
    })
}

async fn lane(
    pool: Rc<Pool>,
    path: String,
    left: Rc<Cell<u64>>,
    hist: Rc<RefCell<Hist>>,
) -> anyhow::Result<()> {
    while left.get() > 0 {
        left.set(left.get() - 1);
        let ask = Ask { method: Method::GET, path: &path, network: "", cookies: "", body: None, json: false };
        let reply = pool.ask(ask).await.map_err(|gone| anyhow::anyhow!("{path}: {gone:?}"))?;
        anyhow::ensure!(reply.status == 200, "{path} answered {}", reply.status);
        hist.borrow_mut().note(reply.took_us);
    }
    Ok(())
}
