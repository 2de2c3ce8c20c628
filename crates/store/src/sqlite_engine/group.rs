//! The writer thread of the embedded mode: many logical transactions per flush (design.md rule 4).
//!
//! How a group comes about. A caller hands its closure to the one thread of a pool and blocks. The thread opens the
//! group (`begin immediate`) if none is open, runs the closure, and then, before answering, looks
//! whether another caller is waiting; if so it runs that one too, nested on its own stack. The innermost finds the
//! queue empty (or the group full), commits once, and every frame answers its caller on the way out. So a reply is
//! never given before its commit, a group is exactly what piled up during the last flush, and closures may borrow
//! from their callers' stacks, because a caller cannot move on before its frame has returned.
//!
//! A savepoint costs a copy of every page that its member touches, for the sake of the few members that have written
//! before they are refused. So nobody has one at first. Where one would have been needed the group is torn: it is
//! rolled back, and all its members come again, each in a savepoint now; so do the members of the next few groups.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon_core::{ThreadPool, ThreadPoolBuilder, Yield};

use super::conn::LiteConn;
use crate::db::{Limits, RunDyn, run_closure};
use crate::stats::Counters;
use crate::tx::{Conn, Fault};
use crate::{StoreError, Tx};

/// Logical transactions per flush, at most. Also the depth of the stack of frames.
const MEMBERS_MAX: usize = 256;
/// Room for [`MEMBERS_MAX`] nested frames in an unoptimised build, many times over. Only what is touched is paid for.
const STACK_BYTES: usize = 64 << 20;
/// Groups after a torn one that are guarded: who is refused once may be refused again.
const WARY: u32 = 32;
/// How often one closure may be asked to run again.
const RUNS_MAX: usize = 32;
/// Pages in the write-ahead log at which the checkpointer is woken (4 MB).
const NUDGE_PAGES: usize = 1_000;
/// The one writer of a SQLite database.
pub(crate) struct Writer {
    thread: ThreadPool,
    group: Mutex<Group>,
    limits: Limits,
    wal_pages: Arc<AtomicUsize>,
    nudge: Option<SyncSender<()>>,
    counters: Arc<Counters>,
}

struct Group {
    /// Absent only while a closure has it.
    conn: Option<Box<LiteConn>>,
    /// Number of the group that is open or will be opened next.
    number: u64,
    /// Members so far; 0 = not open.
    members: usize,
    /// Whether whoever joins now has a savepoint: somebody here has come again, or a group was torn lately.
    guarded: bool,
    /// So many more groups are guarded from the start.
    wary: u32,
    /// Set when the open group cannot be kept.
    lost: Option<Lost>,
    /// The last group that ended, and how.
    settled: Option<(u64, Result<(), Lost>)>,
}

/// Why nothing of a group was kept.
#[derive(Debug, Clone)]
enum Lost {
    /// A member that had written was refused, and only with the whole group could it be undone: all come again.
    Torn,
    /// The engine threw it away, or could not commit it.
    Failed(StoreError),
}

impl Writer {
    pub(crate) fn new(
        mut conn: LiteConn,
        limits: &Limits,
        nudge: Option<SyncSender<()>>,
        counters: Arc<Counters>,
    ) -> Result<Self, StoreError> {
        let thread = ThreadPoolBuilder::new()
            .num_threads(1)
            .stack_size(STACK_BYTES)
            .thread_name(|_| "store-writer".into())
            .build()
            .map_err(|error| StoreError::Unavailable(format!("no writer thread: {error}")))?;
        let wal_pages = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&wal_pages);
        let hook = move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            seen.store(usize::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        conn.raw.wal_hook(Some(hook)).map_err(|error| super::conn::story(&error))?;
        let group = Group {
            conn: Some(Box::new(conn)),
            number: 1,
            members: 0,
            guarded: false,
            wary: 0,
            lost: None,
            settled: None,
        };
        let group = Mutex::new(group);
        Ok(Self { thread, group, limits: limits.clone(), wal_pages, nudge, counters })
    }

    /// Runs `run` as one logical transaction; returns after its group is on disk.
    pub(crate) fn write(&self, run: &mut RunDyn<'_>) -> Result<(), StoreError> {
        let _seat = Seat::take(self)?;
        // Who comes again does so once: in a group with somebody in a savepoint nobody who joins can tear it.
        let ended = match self.thread.install(|| self.member(run, false)) {
            Err(Lost::Torn) => self.thread.install(|| self.member(run, true)),
            ended => ended,
        };
        ended.map_err(|lost| match lost {
            Lost::Torn => StoreError::Broken("a group was torn by a member in a savepoint".into()),
            Lost::Failed(error) => error,
        })
    }

    fn member(&self, run: &mut RunDyn<'_>, again: bool) -> Result<(), Lost> {
        let (number, ran) = self.run_inside(run, again).map_err(Lost::Failed)?;
        match (ran, self.settle(number)) {
            // Whatever it answered, it answered beside writes that are gone.
            (_, Err(Lost::Torn)) => Err(Lost::Torn),
            (Ran::Over(Ok(true)) | Ran::Spoilt, settled) => settled,
            (Ran::Over(Ok(false)), _) => Ok(()),
            (Ran::Over(Err(error)), _) => Err(Lost::Failed(error)),
        }
    }

    /// Runs the closure, opening a group if there is none: the group's number, and how it ran.
    fn run_inside(&self, run: &mut RunDyn<'_>, again: bool) -> Result<(u64, Ran), StoreError> {
        let mut group = self.lock();
        let mut conn =
            group.conn.take().ok_or_else(|| StoreError::Broken("a write within a write".into()))?;
        if group.members == 0
            && let Err(error) = conn.say("begin immediate")
        {
            self.counters.wrote(false);
            conn.forget_pages();
            group.conn = Some(conn);
            return Err(error);
        }
        if group.members == 0 {
            group.guarded = group.wary > 0;
            group.wary = group.wary.saturating_sub(1);
        }
        group.guarded |= again;
        group.members += 1;
        let (number, guarded) = (group.number, group.guarded);
        drop(group);

        let (conn, ran) = run_member(conn, run, guarded, &self.counters);

        let mut group = self.lock();
        if conn.raw.is_autocommit() {
            let why = "the engine rolled the whole group back (disk full or a failing disk)";
            group.lost = Some(Lost::Failed(StoreError::Unavailable(why.into())));
        } else if matches!(ran, Ran::Spoilt) {
            group.lost = Some(Lost::Torn);
        }
        group.conn = Some(conn);
        Ok((number, ran))
    }

    /// Lets whoever is waiting join group `number`, then ends it, once.
    fn settle(&self, number: u64) -> Result<(), Lost> {
        loop {
            let mut group = self.lock();
            if let Some((ended, outcome)) = &group.settled
                && *ended >= number
            {
                return outcome.clone();
            }
            if group.members >= MEMBERS_MAX || group.lost.is_some() {
                return self.flush(&mut group);
            }
            drop(group);
            if rayon_core::yield_now() != Some(Yield::Executed) {
                let mut group = self.lock();
                // Nobody else runs on this thread, and nobody waits: the group is as large as it gets.
                return self.flush(&mut group);
            }
        }
    }

    fn flush(&self, group: &mut Group) -> Result<(), Lost> {
        let outcome = match (group.lost.take(), &group.conn) {
            (Some(lost), _) => Err(lost),
            (None, None) => Err(Lost::Failed(StoreError::Broken("a commit within a write".into()))),
            (None, Some(conn)) => conn.say("commit").map_err(Lost::Failed),
        };
        if let (Err(_), Some(conn)) = (&outcome, &group.conn)
            && !conn.raw.is_autocommit()
        {
            // If even this fails the next `begin` fails too, and every caller is told.
            let _ = conn.say("rollback");
        }
        let torn = matches!(outcome, Err(Lost::Torn));
        let doubts = group.conn.as_ref().is_some_and(|conn| conn.doubts) || (outcome.is_err() && !torn);
        // A torn group never came to the disk: it says nothing about it, unless that is why it was torn.
        if !torn || doubts {
            self.counters.wrote(!doubts);
        }
        if let Some(conn) = group.conn.as_mut().filter(|_| doubts) {
            conn.forget_pages();
        }
        if torn {
            group.wary = WARY;
            self.counters.rerun();
        } else {
            self.counters.flushed(group.members, outcome.is_ok());
        }
        group.settled = Some((group.number, outcome.clone()));
        group.number += 1;
        group.members = 0;
        self.mind_the_log(group);
        outcome
    }

    fn mind_the_log(&self, group: &Group) {
        let pages = self.wal_pages.load(Ordering::Relaxed);
        if pages >= self.limits.log_pages
            && let Some(conn) = &group.conn
        {
            super::checkpoint::passive(&conn.raw, &self.counters);
        } else if pages >= NUDGE_PAGES
            && let Some(nudge) = &self.nudge
        {
            // A full channel means that the checkpointer is awake already.
            let _ = nudge.try_send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Group> {
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a member ran.
enum Ran {
    /// It is over: whether what it did stands, or why it does not. Nothing of it is left where it does not.
    Over(Result<bool, StoreError>),
    /// It has written, must not, and has no savepoint to go back to.
    Spoilt,
}

/// Runs the closure, `guarded` between `savepoint` and `release`: then a refusal, a failed statement or a panic goes back to the
/// savepoint and leaves the rest of the group untouched. Otherwise it does so only where nothing was written.
fn run_member(
    mut conn: Box<LiteConn>,
    run: &mut RunDyn<'_>,
    guarded: bool,
    counters: &Counters,
) -> (Box<LiteConn>, Ran) {
    for _ in 0..RUNS_MAX {
        if guarded && let Err(error) = conn.say("savepoint member") {
            return (conn, Ran::Over(Err(error)));
        }
        conn.wrote = false;
        let mut tx = Tx::new(Conn::Sqlite(conn));
        let ended = run_closure(&mut tx, run);
        let fault = tx.fault;
        let Conn::Sqlite(back) = tx.conn else { unreachable!("a SQLite transaction stays one") };
        conn = back;
        let kept = matches!(ended, Ok(true)) && fault.is_none();
        if guarded && !conn.raw.is_autocommit() {
            let undone = if kept { Ok(()) } else { conn.say("rollback to member") };
            if let Err(error) = undone.and_then(|()| conn.say("release member")) {
                return (conn, Ran::Over(Err(error)));
            }
        }
        if !guarded && !kept && conn.wrote && !conn.raw.is_autocommit() {
            return (conn, Ran::Spoilt);
        }
        if fault == Some(Fault::Rerun) && !conn.raw.is_autocommit() {
            counters.rerun();
            continue;
        }
        let ended = match (ended, fault) {
            (Ok(true), Some(_)) => Err(crate::db::went_on_after_failure()),
            (ended, _) => ended,
        };
        return (conn, Ran::Over(ended));
    }
    (conn, Ran::Over(Err(StoreError::Busy(format!("gave up after {RUNS_MAX} runs")))))
}

/// A place among those who wait for the writer.
struct Seat<'a>(&'a Writer);

impl<'a> Seat<'a> {
    fn take(writer: &'a Writer) -> Result<Self, StoreError> {
        let before = writer.counters.waiting.fetch_add(1, Ordering::Relaxed);
        let seat = Self(writer);
        if before >= writer.limits.writers_waiting {
            return Err(StoreError::Full(before));
        }
        Ok(seat)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.counters.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
