//! The journal: every call that arrived or left, so that a test can see what was really written.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::Value;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Running number from 1.
    pub n: u64,
    /// Simulated instant, RFC 3339.
    pub at: String,
    /// Counterpart: `authority`, `wechat`, `pay`, `message`, `face`.
    pub side: &'static str,
    /// Name of the call, for example `decide`.
    pub call: String,
    /// Number of the interface (jkid) or the HTTP method and path.
    pub wire: String,
    /// Plate, identity number, order number and so on.
    pub keys: Vec<String>,
    /// The fault that was drawn, or empty.
    pub fault: String,
    /// How the request was made: encoding habit, argument variant, key mode.
    pub habit: String,
    /// What came of it: `ok`, `refused: …`, HTTP status.
    pub outcome: String,
    /// The fields that were asked or written.
    pub fields: Value,
}

/// All calls since the start or the last clearing.
#[derive(Debug, Default)]
pub struct Journal(Mutex<(u64, Vec<Entry>)>);

impl Journal {
    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, Vec<Entry>)> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Adds an entry and gives it its number. Only the latest 20,000 are kept.
    pub fn add(&self, mut entry: Entry) -> u64 {
        let mut guard = self.lock();
        guard.0 += 1;
        entry.n = guard.0;
        guard.1.push(entry);
        if guard.1.len() > 20_000 {
            guard.1.drain(..5_000);
        }
        guard.0
    }

    /// Notes what came of a call.
    pub fn outcome(&self, n: u64, outcome: &str) {
        let mut guard = self.lock();
        if let Some(entry) = guard.1.iter_mut().rfind(|e| e.n == n) {
            if !entry.outcome.is_empty() {
                entry.outcome.push_str("; ");
            }
            entry.outcome.push_str(outcome);
        }
    }

    /// Entries, optionally of one call and one key, after a number.
    pub fn list(&self, call: Option<&str>, key: Option<&str>, after: u64) -> Vec<Entry> {
        let fits = |e: &&Entry| {
            e.n > after
                && call.is_none_or(|c| e.call == c || e.wire == c)
                && key.is_none_or(|k| e.keys.iter().any(|have| have == k))
        };
        self.lock().1.iter().filter(fits).cloned().collect()
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.lock().1.clear();
    }
}
