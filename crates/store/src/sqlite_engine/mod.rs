//! The embedded engine: one writer with group commit, readers beside it on their callers' threads.

mod backup;
mod checkpoint;
mod conn;
mod group;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use conn::LiteConn;
use conn::{Place, Purpose};

use crate::db::{Limits, RunDyn, run_closure};
use crate::pool::Pool;
use crate::stats::Counters;
use crate::tx::Conn;
use crate::{StoreError, Tx};

/// A SQLite database, open.
pub(crate) struct SqliteEngine {
    // Fields are dropped in this order: the writer's end of the channel goes before the checkpointer is waited for.
    writer: Option<group::Writer>,
    readers: Pool<Box<LiteConn>>,
    checkpointer: Option<checkpoint::Checkpointer>,
    place: Place,
}

impl SqliteEngine {
    /// Opens `path`, or for `:memory:` a fresh database in memory shared by all its connections.
    pub(crate) fn open(path: &str, limits: &Limits, counters: &Arc<Counters>) -> Result<Self, StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let place = match path {
            ":memory:" => Place::Memory(format!("clearway-{}", NEXT.fetch_add(1, Ordering::Relaxed))),
            "" => return Err(StoreError::Broken("the database address names no file".into())),
            path => Place::File(path.into()),
        };
        let conn = LiteConn::open(&place, Purpose::Write)?;
        let (checkpointer, nudge) = match &place {
            Place::Memory(_) => (None, None),
            Place::File(_) => {
                let (checkpointer, nudge) = checkpoint::Checkpointer::start(&place, Arc::clone(counters))?;
                (Some(checkpointer), Some(nudge))
            }
        };
        let writer = group::Writer::new(conn, limits, nudge, Arc::clone(counters))?;
        Ok(Self { writer: Some(writer), readers: Pool::new(limits.connections), checkpointer, place })
    }

    pub(crate) fn write(&self, run: &mut RunDyn<'_>) -> Result<(), StoreError> {
        match &self.writer {
            Some(writer) => writer.write(run),
            None => Err(StoreError::Broken("the database is closed".into())),
        }
    }

    /// What is committed now, in a new file.
    pub(crate) fn backup(&self, path: &Path) -> Result<(), StoreError> {
        backup::into(&self.place, path)
    }

    /// Runs `run` on the caller's thread against one snapshot.
    pub(crate) fn read(&self, run: &mut dyn FnMut(&mut Tx) -> bool) -> Result<(), StoreError> {
        let conn = self.readers.take(|| LiteConn::open(&self.place, Purpose::Read).map(Box::new))?;
        if let Err(error) = conn.say("begin") {
            self.readers.discard();
            return Err(error);
        }
        let mut tx = Tx::new(Conn::Sqlite(conn));
        let ended = run_closure(&mut tx, run);
        let Conn::Sqlite(conn) = tx.conn else { unreachable!("a SQLite transaction stays one") };
        match !conn.doubts && (conn.raw.is_autocommit() || conn.say("commit").is_ok()) {
            true => self.readers.put(conn),
            false => self.readers.discard(),
        }
        ended.map(|_| ())
    }
}

impl Drop for SqliteEngine {
    fn drop(&mut self) {
        self.writer = None;
        drop(self.readers.drain());
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.join();
        }
    }
}
