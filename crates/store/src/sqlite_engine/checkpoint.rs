//! Checkpoints away from the writer: moving pages from the write-ahead log into the database file is the latency tail
//! of group commit when the writer has to do it (tech.md §1).

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::conn::{LiteConn, Place, Purpose};
use crate::StoreError;
use crate::stats::Counters;

/// The checkpointing thread. Ends when every [`SyncSender`] it listens to is gone.
pub(crate) struct Checkpointer {
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own.
    pub(crate) fn start(
        place: &Place,
        counters: Arc<Counters>,
    ) -> Result<(Self, SyncSender<()>), StoreError> {
        let conn = LiteConn::open(place, Purpose::Write)?;
        let (nudge, nudged) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || listen(&conn.raw, &nudged, &counters))
            .map_err(|error| StoreError::Unavailable(format!("no checkpoint thread: {error}")))?;
        Ok((Self { thread: Some(thread) }, nudge))
    }

    /// Waits for the thread to end, so that its connection is closed before the database is said to be.
    pub(crate) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // It has no way to panic that would matter to whoever closes the database.
            let _ = thread.join();
        }
    }
}

fn listen(conn: &Connection, nudged: &Receiver<()>, counters: &Counters) {
    while nudged.recv().is_ok() {
        passive(conn, counters);
    }
}

/// A checkpoint that waits for nobody: what readers still need stays in the log for the next one.
pub(super) fn passive(conn: &Connection, counters: &Counters) {
    let done = conn.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()));
    match done {
        Ok(()) => counters.checkpoint(),
        Err(error) => tracing::warn!(%error, "a checkpoint failed; the write-ahead log keeps growing"),
    }
}
