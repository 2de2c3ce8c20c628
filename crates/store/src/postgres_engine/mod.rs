//! The grown engine: each logical transaction is one of PostgreSQL's own, re-run when the server asks for it.

mod conn;
mod doctor;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) use conn::PgConn;
pub(crate) use doctor::doctor;
use postgres::{Config, NoTls};

use crate::db::{Limits, RunDyn, run_closure, went_on_after_failure};
use crate::pool::Pool;
use crate::stats::Counters;
use crate::tx::{Conn, Fault};
use crate::{StoreError, Tx};

/// How often one closure is run at most. Generous: under a stampede on one row each loser waits for one winner.
const RUNS_MAX: usize = 64;
/// How often a broken connection is replaced within one call.
const RECONNECTS_MAX: usize = 3;
/// Sent to the server at connect unless the address brings options of its own: no statement may hold locks for long.
const OPTIONS: &str =
    "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s";

const BEGIN_WRITE: &str = "begin isolation level read committed read write";
/// One snapshot for the whole closure, as SQLite's readers have it.
const BEGIN_READ: &str = "begin isolation level repeatable read read only";

/// A PostgreSQL database, with a bounded pool of connections.
pub(crate) struct PostgresEngine {
    pool: Pool<Box<PgConn>>,
    config: Config,
    counters: Arc<Counters>,
}

/// A machine that loses its power says no more, and a connection that waits for its answer would wait for two hours: after about half a
/// minute of silence it is over. Where the address names times of its own, those stand.
fn vanishing(config: &mut Config) {
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(Duration::from_secs(10));
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(Duration::from_secs(5));
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(3);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(30));
    }
}

/// How one run of a closure ended.
enum Ended {
    /// Committed, or refused by the closure itself and rolled back.
    Done,
    Failed(StoreError),
    Again(StoreError),
    Lost(StoreError),
}

impl PostgresEngine {
    pub(crate) fn open(url: &str, limits: &Limits, counters: &Arc<Counters>) -> Result<Self, StoreError> {
        // The parser's own words would quote the address, and with it a password.
        let parsed = Config::from_str(url);
        let mut config = parsed.map_err(|_| {
            StoreError::Broken("the database address is not a valid postgres:// address".into())
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_options().is_none() {
            config.options(OPTIONS);
        }
        if config.get_application_name().is_none() {
            config.application_name("clearway");
        }
        vanishing(&mut config);
        let engine = Self { pool: Pool::new(limits.connections), config, counters: Arc::clone(counters) };
        let first = engine.pool.take(|| engine.connect())?;
        engine.pool.put(first);
        Ok(engine)
    }

    pub(crate) fn write(&self, run: &mut RunDyn<'_>) -> Result<(), StoreError> {
        self.repeat(|engine| engine.run_once(BEGIN_WRITE, "commit", run))
    }

    pub(crate) fn read(&self, run: &mut dyn FnMut(&mut Tx) -> bool) -> Result<(), StoreError> {
        self.repeat(|engine| engine.run_once(BEGIN_READ, "rollback", run))
    }

    fn repeat(&self, mut run_once: impl FnMut(&Self) -> Ended) -> Result<(), StoreError> {
        let mut last = StoreError::Busy("never run".into());
        let mut lost = 0;
        for _ in 0..RUNS_MAX {
            match run_once(self) {
                Ended::Done => return Ok(()),
                Ended::Failed(error) => return Err(error),
                Ended::Again(error) => last = error,
                Ended::Lost(error) if lost == RECONNECTS_MAX => return Err(error),
                Ended::Lost(error) => {
                    lost += 1;
                    last = error;
                }
            }
            self.counters.rerun();
        }
        Err(StoreError::Busy(format!("gave up after {RUNS_MAX} runs: {last}")))
    }

    fn run_once(&self, begin: &str, end: &str, run: &mut (impl FnMut(&mut Tx) -> bool + ?Sized)) -> Ended {
        let conn = match self.begun(begin) {
            Ok(conn) => conn,
            Err(ended) => return ended,
        };
        let mut tx = Tx::new(Conn::Postgres(conn));
        let kept = run_closure(&mut tx, run);
        let fault = tx.fault;
        let Conn::Postgres(conn) = tx.conn else { unreachable!("a PostgreSQL transaction stays one") };
        match (kept, fault) {
            (Ok(true), None) => self.finish(conn, end),
            (_, Some(Fault::Lost)) => {
                self.pool.discard();
                Ended::Lost(StoreError::Unavailable("the connection broke; nothing was committed".into()))
            }
            (Err(panicked), _) => self.undo(conn, Ended::Failed(panicked)),
            (_, Some(Fault::Rerun)) => {
                self.undo(conn, Ended::Again(StoreError::Busy("others keep coming first".into())))
            }
            (Ok(true), Some(Fault::Spoiled)) => self.undo(conn, Ended::Failed(went_on_after_failure())),
            (Ok(false), _) => self.undo(conn, Ended::Done),
        }
    }

    fn finish(&self, mut conn: Box<PgConn>, end: &str) -> Ended {
        let ended = conn.say(end);
        if end == "commit" {
            self.counters.flushed(1, ended.is_ok());
        }
        match ended {
            Ok(()) => {
                self.pool.put(conn);
                Ended::Done
            }
            Err((error, Fault::Rerun)) => self.undo(conn, Ended::Again(error)),
            Err((error, Fault::Lost)) => {
                self.pool.discard();
                if end == "commit" {
                    Ended::Failed(StoreError::InDoubt(error.to_string()))
                } else {
                    Ended::Done
                }
            }
            Err((error, Fault::Spoiled)) => self.undo(conn, Ended::Failed(error)),
        }
    }

    fn undo(&self, mut conn: Box<PgConn>, ended: Ended) -> Ended {
        match conn.say("rollback") {
            Ok(()) => self.pool.put(conn),
            // The server rolls back what a vanished client has left open.
            Err(_) => self.pool.discard(),
        }
        ended
    }

    /// A connection with a transaction begun on it. A server that was restarted has dropped every idle one, however many
    /// those are: each is passed over, and none of them counts as a try.
    fn begun(&self, begin: &str) -> Result<Box<PgConn>, Ended> {
        loop {
            let mut fresh = false;
            self.counters.waiting.fetch_add(1, Ordering::Relaxed);
            let made = self.pool.take(|| {
                fresh = true;
                self.connect()
            });
            self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
            let mut conn = made.map_err(Ended::Failed)?;
            let said = if conn.is_closed() { Err(None) } else { conn.say(begin).map_err(Some) };
            let Err(why) = said else { return Ok(conn) };
            self.pool.discard();
            match why {
                None | Some((_, Fault::Lost)) if !fresh => {}
                None => return Err(Ended::Lost(StoreError::Unavailable("the connection broke".into()))),
                Some((error, Fault::Lost)) => return Err(Ended::Lost(error)),
                Some((error, _)) => return Err(Ended::Failed(error)),
            }
        }
    }

    fn connect(&self) -> Result<Box<PgConn>, StoreError> {
        self.counters.connect();
        let client = self.config.connect(NoTls).map_err(|error| {
            let text =
                error.as_db_error().map_or_else(|| error.to_string(), |report| report.message().to_owned());
            StoreError::Unavailable(text)
        })?;
        Ok(Box::new(PgConn::new(client)))
    }
}

impl Drop for PostgresEngine {
    fn drop(&mut self) {
        // Closing a client blocks on its own runtime, which must not happen on a thread of somebody else's: the last
        // handle may well be dropped inside an async task.
        let idle = self.pool.drain();
        if idle.is_empty() {
            return;
        }
        if let Ok(thread) = std::thread::Builder::new().spawn(move || drop(idle)) {
            // Only so that the connections are gone when the handle is.
            let _ = thread.join();
        }
    }
}
