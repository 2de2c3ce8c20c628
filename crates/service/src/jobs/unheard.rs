//! A worker whose word to the queue was not answered: the database went away in the middle of it, and nobody can say whether it
//! was taken. Such a worker may hold a job of which it knows nothing, and would leave it lying until the lease runs out, while
//! others overtake it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clearway_store::StoreError;
use clearway_store::queue::{self, Claimed};

use super::{Done, Ended, NotEnded, finish};
use crate::{Error, World};

/// Workers of this process that had no answer, and have not looked since what they hold.
#[derive(Debug, Default)]
pub(crate) struct Unheard(Mutex<BTreeSet<String>>);

impl Unheard {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, worker: &str) {
        self.lock().insert(worker.to_owned());
    }
}

/// Lets a worker look for work, after it has let go of what it held when it was last not answered. Only the worker itself may
/// do that: it alone knows that it is in the middle of nothing.
pub(super) fn hear(
    world: &World,
    worker: &str,
    look: impl FnOnce() -> Result<bool, Error>,
) -> Result<bool, Error> {
    let unheard = &world.admission.unheard;
    if unheard.lock().contains(worker) {
        let now_ms = world.now().as_millisecond();
        let freed = world.db.write(|tx| queue::lay_down(tx, worker, now_ms).map_err(Error::from))?;
        unheard.lock().remove(worker);
        if freed > 0 {
            tracing::warn!(jobs = freed, "work is taken up that was begun when the database did not answer");
        }
        // Colleagues who sleep need not find out by themselves that the database is back.
        world.bell.ring();
    }
    match look() {
        Err(error) => {
            unheard.note(worker);
            // The connection is gone, the database perhaps not: that is seen at once.
            if matches!(error, Error::Store(StoreError::InDoubt(_))) { Ok(true) } else { Err(error) }
        }
        looked => looked,
    }
}

/// Milliseconds after which a job is tried again in the middle of which its worker panicked.
const APART_MS: i64 = 60_000;

/// A worker panicked in the middle of a job: the job waits a while and is tried again, whoever does it, and the worker goes on.
///
/// # Errors
/// [`Error::Store`]: then the job is free when its lease runs out.
pub fn came_apart(world: &World, worker: &str) -> Result<(), Error> {
    let due_ms = world.now().as_millisecond().saturating_add(APART_MS);
    world.db.write(|tx| queue::lay_down(tx, worker, due_ms).map(drop).map_err(Error::from))
}

/// Ends a job whose end may be stored already: then it is no longer this worker's, and nothing is stored twice, unless it was wanted
/// again meanwhile and claimed again in the same breath: outcomes can be stored twice, as whatever is done at least once. The job that was
/// claimed in the same breath is unknown, so no other is claimed before it was let go.
pub(super) fn finish_again(world: &World, job: &Claimed, done: &mut Done) -> Result<Ended, NotEnded> {
    world.admission.unheard.note(&job.worker);
    match finish(world, job, done, &[]) {
        // What it wanted to store is there already, or cannot be stored: the end of the job says which.
        Err(NotEnded::Outcome(error)) => finish(world, job, &mut super::again(error), &[]),
        ended => ended,
    }
}
