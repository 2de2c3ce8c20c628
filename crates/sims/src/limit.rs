//! What the police platform takes in a second, and a count of what really came: so that it can be proved that nobody
//! called it more often than agreed, and in which order.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

/// What is asked at the control page.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Calls in any second; absent: no limit.
    pub per_second: Option<usize>,
    /// Calls above it that pass in one second; absent: a tenth of it.
    #[serde(default)]
    pub burst: Option<usize>,
}

#[derive(Default)]
struct Counted {
    per_second: Option<usize>,
    burst: usize,
    /// Arrivals of the last second, real ms.
    last: VecDeque<i64>,
    calls: u64,
    refused: u64,
    most: usize,
    by_name: BTreeMap<String, u64>,
    turns: HashMap<String, Turn>,
}

/// How it went with one record.
#[derive(Default)]
struct Turn {
    /// When its decision came first: real and simulated ms.
    first: (i64, i64),
    tries: u32,
    accepted: u32,
}

/// Shared by all calls of the platform.
#[derive(Default)]
pub struct Limit(Mutex<Counted>);

impl Limit {
    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the limit from here on; the counts begin anew.
    pub fn set(&self, ask: Ask) {
        let mut counted = self.lock();
        let burst = ask.burst.unwrap_or_else(|| ask.per_second.unwrap_or(0).div_ceil(10));
        let turns = std::mem::take(&mut counted.turns);
        *counted = Counted { per_second: ask.per_second, burst, turns, ..Counted::default() };
    }

    /// A call comes at this real instant; whether it is taken.
    pub fn enter(&self, name: &str, now_ms: i64) -> bool {
        let mut counted = self.lock();
        while counted.last.front().is_some_and(|at| *at <= now_ms - 1_000) {
            counted.last.pop_front();
        }
        counted.last.push_back(now_ms);
        counted.most = counted.most.max(counted.last.len());
        counted.calls += 1;
        match counted.by_name.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(counted.by_name.insert(name.to_owned(), 1)),
        }
        let full = counted.per_second.is_some_and(|most| counted.last.len() > most + counted.burst);
        counted.refused += u64::from(full);
        !full
    }

    /// The decision on a record comes, at this real and simulated instant.
    pub fn turn(&self, serial: &str, at: (i64, i64)) {
        let mut counted = self.lock();
        let turn = counted.turns.entry(serial.to_owned()).or_insert(Turn { first: at, ..Turn::default() });
        turn.tries += 1;
    }

    /// The decision on a record was taken.
    pub fn accepted(&self, serial: &str) {
        if let Some(turn) = self.lock().turns.get_mut(serial) {
            turn.accepted += 1;
        }
    }

    /// The limit and the counts, as JSON.
    #[must_use]
    pub fn told(&self) -> Value {
        let counted = self.lock();
        json!({
            "per_second": counted.per_second, "burst": counted.burst, "calls": counted.calls,
            "refused": counted.refused, "most": counted.most, "by_name": counted.by_name,
        })
    }

    /// Every record that was to be decided, as rows of serial, first real ms, first simulated ms, tries, accepted.
    #[must_use]
    pub fn turns(&self) -> Value {
        let counted = self.lock();
        let row = |(serial, turn): (&String, &Turn)| {
            json!([serial, turn.first.0, turn.first.1, turn.tries, turn.accepted])
        };
        json!({ "turns": counted.turns.iter().map(row).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_the_limit_is_refused_and_counted() {
        let limit = Limit::default();
        assert!((0..50).all(|_| limit.enter("decide", 0)), "without a limit everything passes");
        limit.set(Ask { per_second: Some(10), burst: Some(2) });
        let taken = (0..20).filter(|n| limit.enter("decide", 1_000 + n)).count();
        assert_eq!(taken, 12);
        assert!(limit.enter("records", 2_020), "a second later there is room again");
        let told = limit.told();
        assert_eq!((told["calls"].as_u64(), told["refused"].as_u64()), (Some(21), Some(8)));
        assert_eq!((told["most"].as_u64(), told["by_name"]["decide"].as_u64()), (Some(20), Some(20)));
    }

    #[test]
    fn the_first_try_is_the_turn() {
        let limit = Limit::default();
        limit.turn("a", (5, 50));
        limit.turn("a", (9, 90));
        limit.accepted("a");
        assert_eq!(limit.turns(), json!({ "turns": [["a", 5, 50, 2, 1]] }));
    }
}
