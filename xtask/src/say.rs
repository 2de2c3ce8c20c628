//! Progress lines: one per step, with the seconds since the command began.

use std::sync::OnceLock;
use std::time::Instant;

/// The one place where this program reads a clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a command-line tool measures real time; nothing here is simulated"
)]
pub fn now() -> Instant {
    Instant::now()
}

fn started() -> Instant {
    static STARTED: OnceLock<Instant> = OnceLock::new();
    *STARTED.get_or_init(now)
}

/// Prints one progress line, e.g. `[  12 s] starting PostgreSQL`. Goes to stderr, so that stdout stays
/// for results.
pub fn step(text: &str) {
    eprintln!("[{:>4} s] {text}", started().elapsed().as_secs());
}

/// Padded to `columns` of a terminal, where a Chinese character takes two.
pub fn wide(text: &str, columns: usize) -> String {
    let taken: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(columns.saturating_sub(taken)))
}
