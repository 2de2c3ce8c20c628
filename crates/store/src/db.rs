//! The one small handle over both engines.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::postgres_engine::PostgresEngine;
use crate::sqlite_engine::SqliteEngine;
use crate::stats::{Counters, Stats};
use crate::{StoreError, Tx};

/// A closure of a write as the engines see it: `true` = keep what was done.
pub(crate) type RunDyn<'a> = dyn FnMut(&mut Tx) -> bool + Send + 'a;

/// How much the store takes on at once.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections held at most: readers on SQLite, all of them on PostgreSQL.
    pub connections: usize,
    /// Callers that may wait for SQLite's writer; the next one is told [`StoreError::Full`].
    pub writers_waiting: usize,
    /// Pages (of 4 kB) in SQLite's write-ahead log at which the writer itself makes a checkpoint between two groups,
    /// because the thread for it cannot keep up. It bounds the log.
    pub log_pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 8, writers_waiting: 4_096, log_pages: 16_000 }
    }
}

/// A database. Cheap to clone; all clones are the same database.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    counters: Arc<Counters>,
}

enum Engine {
    Sqlite(SqliteEngine),
    Postgres(PostgresEngine),
}

/// Which engine a database runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// Embedded, one file or in memory.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Db {
    /// Opens `sqlite:PATH`, `sqlite::memory:` (a fresh one each time) or `postgres://…`, with the usual limits.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, &Limits::default())
    }

    /// Opens a database with limits of the caller's choosing.
    pub fn open_with(url: &str, limits: &Limits) -> Result<Self, StoreError> {
        let counters = Arc::new(Counters::default());
        counters.waiting_max.store(limits.writers_waiting, Ordering::Relaxed);
        let engine = if let Some(path) = url.strip_prefix("sqlite:") {
            Engine::Sqlite(SqliteEngine::open(path, limits, &counters)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(PostgresEngine::open(url, limits, &counters)?)
        } else {
            let want = "sqlite:PATH, sqlite::memory: or postgres://user@host/database";
            return Err(StoreError::Broken(format!("the database address must be {want}")));
        };
        Ok(Self { inner: Arc::new(Inner { engine, counters }) })
    }

    /// Runs `f` against one snapshot of committed data. Nothing can be written in it.
    ///
    /// May run `f` again from the start when the connection breaks: touch nothing but `tx`, call nobody.
    pub fn read<T, E: From<StoreError>>(&self, mut f: impl FnMut(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        if INSIDE.get() {
            return Err(E::from(nested()));
        }
        let mut answer = None;
        let mut run = |tx: &mut Tx| {
            let result = f(tx);
            let well = result.is_ok();
            answer = Some(result);
            well
        };
        let ended = match &self.inner.engine {
            Engine::Sqlite(engine) => engine.read(&mut run),
            Engine::Postgres(engine) => engine.read(&mut run),
        };
        hand_over(ended, answer)
    }

    /// Runs `f` as one transaction: all of it is on disk when `Ok` comes back, nothing of it is kept on `Err` (but see
    /// [`StoreError::InDoubt`]).
    ///
    /// `f` may run again from the start: touch nothing but `tx`, call nobody. It may borrow, and on SQLite it runs on
    /// the writer thread together with others, so it must be quick and must not wait for anything. A panic in it
    /// comes back as [`StoreError::Broken`].
    #[track_caller]
    pub fn write<T, E>(&self, mut f: impl FnMut(&mut Tx) -> Result<T, E> + Send) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + Send,
    {
        // Who writes, for whoever listens: the fault loops know by it which places they have been to.
        let from = std::panic::Location::caller();
        tracing::trace!(target: "clearway_store::write", file = from.file(), line = from.line(), "a write begins");
        if INSIDE.get() {
            return Err(E::from(nested()));
        }
        let mut answer = None;
        let mut run = |tx: &mut Tx| {
            let result = f(tx);
            let well = result.is_ok();
            answer = Some(result);
            well
        };
        let ended = match &self.inner.engine {
            Engine::Sqlite(engine) => engine.write(&mut run),
            Engine::Postgres(engine) => {
                let ended = engine.write(&mut run);
                match &ended {
                    Ok(()) => self.inner.counters.wrote(true),
                    Err(StoreError::Unavailable(_) | StoreError::InDoubt(_)) => {
                        self.inner.counters.wrote(false);
                    }
                    Err(_) => {}
                }
                ended
            }
        };
        hand_over(ended, answer)
    }

    /// Brings the schema up to this build's (see [`crate::migrate`]); how many migrations were applied.
    pub fn migrate(&self) -> Result<usize, StoreError> {
        crate::migrate::run(self, crate::migrate::MIGRATIONS)
    }

    /// Whether anything was ever laid out here: a database that was only opened is as empty as a new one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn is_laid_out(&self) -> Result<bool, StoreError> {
        crate::migrate::is_laid_out(self)
    }

    /// Prepares a text without running it; how many values it takes. For the test that prepares all of them.
    pub fn check(&self, sql: &'static str) -> Result<usize, StoreError> {
        self.read(|tx| tx.check(sql))
    }

    /// What is not as it should be with the engine's settings, in sentences; empty when all is well.
    pub fn doctor(&self) -> Result<Vec<String>, StoreError> {
        self.read(Tx::doctor)
    }

    /// Writes an embedded database, as it stands at one instant, into a new file, while everybody goes on. The file is whole and on disk
    /// when `Ok` comes back, and nothing is left of it otherwise.
    ///
    /// # Errors
    /// [`StoreError::Broken`] in a sentence where there is a file already, and on PostgreSQL, which has its own means;
    /// [`StoreError::Unavailable`] when the disk fails or is full.
    pub fn backup(&self, path: &Path) -> Result<(), StoreError> {
        match &self.inner.engine {
            Engine::Sqlite(engine) => engine.backup(path),
            Engine::Postgres(_) => {
                Err(StoreError::Broken("only the embedded database is a file; PostgreSQL has pg_dump".into()))
            }
        }
    }

    /// Which engine this is.
    pub fn engine(&self) -> EngineKind {
        match &self.inner.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// What the store has done so far.
    pub fn stats(&self) -> Stats {
        self.inner.counters.read()
    }
}

fn hand_over<T, E: From<StoreError>>(
    ended: Result<(), StoreError>,
    answer: Option<Result<T, E>>,
) -> Result<T, E> {
    ended?;
    answer.unwrap_or_else(|| Err(StoreError::Broken("the closure was never run".into()).into()))
}

thread_local! {
    /// Whether this thread is running a closure of a transaction at this moment.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a closure; a panic in it becomes an error, a transaction within a transaction too.
pub(crate) fn run_closure(
    tx: &mut Tx,
    run: &mut (impl FnMut(&mut Tx) -> bool + ?Sized),
) -> Result<bool, StoreError> {
    if INSIDE.replace(true) {
        return Err(nested());
    }
    // The transaction is rolled back after a panic, so nobody sees what the closure left half done in it.
    let ended = catch_unwind(AssertUnwindSafe(|| run(tx)));
    INSIDE.set(false);
    ended.map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        StoreError::Broken(format!("a transaction's closure panicked: {text}"))
    })
}

fn nested() -> StoreError {
    StoreError::Broken("a transaction within a transaction: pass the `tx` on instead".into())
}

pub(crate) fn went_on_after_failure() -> StoreError {
    StoreError::Broken("a closure answered Ok after one of its statements had failed".into())
}
