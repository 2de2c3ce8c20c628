//! Settlements per second: `cargo run --release -p clearway-tests --example settlements -- URL [COUNT]`.
//!
//! One settlement is what a verified payment notice does to the database, by the service's own code and in one transaction: the
//! raw notice is kept, the order is paid, its ledger reservations are posted, the case advances twice with its steps,
//! everything is entered in the audit chain, and the job that writes the decision is stored. Beside it a probe writes 4 KiB into a file of its own and flushes it, every few milliseconds:
//! what the disk costs in the same seconds. Prints settlements a second, the 99th percentile of a commit and of a flush, µs,
//! and the flushes of the probe; before that it checks that every case really got there.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clearway_connect::payments::{Notice, NoticeMatter, Trade, TradeState};
use clearway_domain::Fen;
use clearway_domain::case::{CaseState, OrderState};
use clearway_service::callbacks::wechat_pay::{Came, Effect};
use clearway_service::jobs::decide::DECIDE;
use clearway_service::{Error, money};
use clearway_store::case_file::{self, Basis, CaseFile};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::{Db, EngineKind, Tx, queue, turn};
use sha2::{Digest as _, Sha256};

/// The product's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 2020-04-05 10:00 in China, ms.
const NOW_MS: i64 = 1_586_052_000_000;
/// Orders opened in one transaction while preparing.
const AT_ONCE: usize = 200;
/// Between two flushes of the probe.
const PROBE_EVERY: Duration = Duration::from_millis(5);

fn main() -> Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "sqlite::memory:".to_owned());
    let db = Arc::new(Db::open(&url)?);
    db.migrate()?;
    // A writer waits for its flush: on SQLite many share one, on PostgreSQL each has a connection.
    let (threads, usual) = match db.engine() {
        EngineKind::Sqlite => (16, 40_000),
        EngineKind::Postgres => (8, 8_000),
    };
    let count = std::env::args().nth(2).map_or(Ok(usual), |count| count.parse())?;
    let run = format!("{:x}", std::process::id());
    for start in (0..count).step_by(AT_ONCE) {
        let end = count.min(start + AT_ONCE);
        db.write(|tx| (start..end).try_for_each(|number| prepare(tx, &run, number)))?;
    }
    let probe = Probe::start(&beside(&url))?;
    let next = Arc::new(AtomicUsize::new(0));
    let start = now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (db, next, run) = (Arc::clone(&db), Arc::clone(&next), run.clone());
            thread::spawn(move || -> Result<Vec<u128>, Error> {
                let mut commits = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return Ok(commits);
                    }
                    settle(&db, &run, number, &mut commits)?;
                }
            })
        })
        .collect();
    let mut commits = Vec::new();
    for worker in workers {
        commits.extend(worker.join().map_err(|_| anyhow::anyhow!("a worker panicked"))??);
    }
    let spent = start.elapsed().as_secs_f64();
    let mut flushes = probe.end()?;
    for number in (0..count).step_by(97) {
        let (driver, case, _) = names(&run, number);
        let case = db.read(|tx| case_file::find(tx, &driver, &case).map_err(Error::from))?;
        let state = case.map(|case| case.state);
        ensure!(state.as_deref() == Some(CaseState::Deciding.slug()), "a case did not get there: {state:?}");
    }
    // A server that is begun on this store finds no work here, and nobody in line.
    for start in (0..count).step_by(AT_ONCE) {
        let end = count.min(start + AT_ONCE);
        db.write(|tx| (start..end).try_for_each(|number| take_back(tx, &run, number)))?;
    }
    let rate = f64::from(u32::try_from(count)?) / spent;
    println!("{rate:.1} {} {} {}", p99(&mut commits), p99(&mut flushes), flushes.len());
    Ok(())
}

/// Takes the intent of a settlement back, and with it the turn.
fn take_back(tx: &mut Tx, run: &str, number: usize) -> Result<(), Error> {
    let (driver, case, _) = names(run, number);
    queue::cancel(tx, &driver, DECIDE, &case)?;
    if let Some(turn) = turn::hold(tx, &driver)? {
        turn::settle(tx, &driver, DECIDE, &turn, NOW_MS, "2020-04-05")?;
    }
    Ok(())
}

fn p99(micros: &mut [u128]) -> u128 {
    micros.sort_unstable();
    micros[(micros.len() - 1) * 99 / 100]
}

/// Where the probe writes: on the disk of a SQLite store, else in the present folder.
fn beside(url: &str) -> PathBuf {
    let store = url.strip_prefix("sqlite:").filter(|path| *path != ":memory:").map(Path::new);
    store.and_then(Path::parent).unwrap_or(Path::new(".")).join(format!("probe-{:x}", std::process::id()))
}

/// A thread that flushes a small write again and again.
struct Probe {
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<std::io::Result<Vec<u128>>>,
}

impl Probe {
    fn start(path: &Path) -> Result<Probe> {
        let file = File::create(path)?;
        // The file lives as long as it is open.
        std::fs::remove_file(path)?;
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let mut flushes = Vec::new();
            while !stop.load(Ordering::Relaxed) || flushes.is_empty() {
                file.write_all_at(&[7; 4_096], 4_096 * (flushes.len() as u64 % 1_024))?;
                let begun = now();
                file.sync_data()?;
                flushes.push(begun.elapsed().as_micros());
                thread::sleep(PROBE_EVERY);
            }
            Ok(flushes)
        });
        Ok(Probe { over, thread })
    }

    /// The flushes so far, µs each.
    fn end(self) -> Result<Vec<u128>> {
        self.over.store(true, Ordering::Relaxed);
        Ok(self.thread.join().map_err(|_| anyhow::anyhow!("the probe panicked"))??)
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// Driver, case and order of a number: like the product's, in no order.
fn names(run: &str, number: usize) -> (String, String, String) {
    let id = |what: &str| {
        let hash = Sha256::digest(format!("{run}-{what}-{number}"));
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    (id("driver"), id("case"), id("order"))
}

fn prepare(tx: &mut Tx, run: &str, number: usize) -> Result<(), Error> {
    let (driver, case_id, order_id) = names(run, number);
    let case = CaseFile {
        driver: driver.clone(),
        case_id: case_id.clone(),
        plate: format!("02:{run}{number}"),
        violation: format!("{run}-{number}"),
        route: "pay".to_owned(),
        state: CaseState::Paying.slug().to_owned(),
        version: 1,
        pack_id: "wuhan-2019".to_owned(),
        pack_hash: String::new(),
        fine_fen: 10_000,
        points_full: 3,
        points_given: 3,
        study: None,
        quiz: None,
        order_id: Some(order_id.clone()),
        decision_number: None,
        check_digit: None,
        decided_at_ms: None,
        refusal: None,
        opened_at_ms: NOW_MS,
        changed_at_ms: NOW_MS,
    };
    // As long as those of the pretend city.
    let basis = Basis { verdict: "v".repeat(4_900), facts: "f".repeat(2_200) };
    case_file::open(tx, &case, &basis)?;
    let order = OrderRow {
        driver,
        order_id: order_id.clone(),
        quote_id: format!("{order_id}-quote"),
        payee: "wuhan".to_owned(),
        out_trade_no: format!("{order_id}-trade"),
        total_fen: 10_300,
        state: OrderState::Submitted.slug().to_owned(),
        version: 1,
        prepay_id: None,
        sent_to_pay_at_ms: None,
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + 900_000,
        paid_at_ms: None,
        transaction_id: None,
        rail: "wechat".to_owned(),
        changed_at_ms: NOW_MS,
    };
    let legs = [LegRow { case_id, fine_fen: 10_000, surcharge_fen: 300, out_trade_no: None }];
    payment::open(tx, &order, &legs)?;
    money::books::reserve(tx, &order, &legs)
}

/// One settlement; `commits` takes how long it took until it was durable, µs.
fn settle(db: &Db, run: &str, number: usize, commits: &mut Vec<u128>) -> Result<(), Error> {
    let (_, _, order) = names(run, number);
    let trade = Trade {
        out_trade_no: format!("{order}-trade"),
        state: TradeState::Success,
        transaction_id: Some(format!("42{number:026}")),
        total: Some(Fen(10_300)),
        payer_total: Some(Fen(10_300)),
        paid: None,
        payer: None,
        bank: None,
        attach: None,
        parts: Vec::new(),
    };
    let notice = Notice {
        id: format!("{order}-notice"),
        event: "TRANSACTION.SUCCESS".to_owned(),
        matter: NoticeMatter::Trade(Box::new(trade)),
    };
    // Money arrives in the order of time: what is kept by time grows at its end.
    let now_ms = NOW_MS + i64::try_from(number).unwrap_or(0);
    let came = Came { notice: &notice, raw: &[7; 600], headers: "{}", now_ms };
    let begun = now();
    let effect = db.write(|tx| came.apply(tx))?;
    commits.push(begun.elapsed().as_micros());
    match effect {
        Effect::Applied { .. } => Ok(()),
        other => Err(Error::Broken(format!("a settlement ended in {other:?}"))),
    }
}
