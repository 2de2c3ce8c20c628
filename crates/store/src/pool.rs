//! A small bounded pool of connections, the same for SQLite's readers and for PostgreSQL.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::StoreError;

/// How long a caller waits for a connection to come free before it is told [`StoreError::Busy`].
const WAIT: Duration = Duration::from_secs(10);

/// At most `max` connections, made when first needed, the most recently used one handed out first.
pub(crate) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
    max: usize,
}

struct State<C> {
    idle: Vec<C>,
    out: usize,
    /// Callers who wait: where there is nobody, nobody is woken.
    waiting: usize,
}

impl<C> Pool<C> {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            state: Mutex::new(State { idle: Vec::new(), out: 0, waiting: 0 }),
            freed: Condvar::new(),
            max: max.max(1),
        }
    }

    /// A connection for the exclusive use of the caller, who must give it back with [`Pool::put`] or [`Pool::discard`].
    pub(crate) fn take(&self, make: impl FnOnce() -> Result<C, StoreError>) -> Result<C, StoreError> {
        let full = |state: &mut State<C>| state.idle.is_empty() && state.out >= self.max;
        let mut state = self.lock();
        if full(&mut state) {
            state.waiting += 1;
            let waited = self.freed.wait_timeout_while(state, WAIT, full);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        if full(&mut state) {
            return Err(StoreError::Busy(format!("none of {} connections came free", self.max)));
        }
        state.out += 1;
        if let Some(conn) = state.idle.pop() {
            return Ok(conn);
        }
        drop(state);
        make().inspect_err(|_| self.discard())
    }

    /// Takes a connection back for the next caller.
    pub(crate) fn put(&self, conn: C) {
        let mut state = self.lock();
        state.out -= 1;
        state.idle.push(conn);
        self.wake(state);
    }

    /// Notes that a connection that was handed out is no more.
    pub(crate) fn discard(&self) {
        let mut state = self.lock();
        state.out -= 1;
        self.wake(state);
    }

    /// Every idle connection, for closing.
    pub(crate) fn drain(&self) -> Vec<C> {
        std::mem::take(&mut self.lock().idle)
    }

    fn wake(&self, state: MutexGuard<'_, State<C>>) {
        let somebody = state.waiting > 0;
        drop(state);
        if somebody {
            self.freed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn everybody_gets_a_connection_in_the_end_and_nobody_is_left_waiting() {
        let (pool, served) = (Pool::new(2), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for turn in 0..8 {
                let (pool, served) = (&pool, &served);
                scope.spawn(move || {
                    for round in 0..200 {
                        let conn = pool.take(|| Ok(round)).expect("one comes free");
                        served.fetch_add(1, Ordering::Relaxed);
                        if (turn + round) % 7 == 0 { pool.discard() } else { pool.put(conn) }
                    }
                });
            }
        });
        let state = pool.lock();
        assert_eq!((served.load(Ordering::Relaxed), state.out, state.waiting), (1_600, 0, 0));
        assert!(state.idle.len() <= 2);
    }
}
