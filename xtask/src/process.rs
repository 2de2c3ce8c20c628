//! What a running process has cost, as Linux tells it.

/// Milliseconds of one tick in /proc: Linux has had a hundred a second for user space since ever.
const TICK_MS: u64 = 10;
/// Kilobytes of a page.
const PAGE_KB: u64 = 4;

/// CPU time (user and system, ms) and resident memory (kB) of a process; `None` when it has ended.
pub fn cost(pid: u32) -> Option<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(((number(11)? + number(12)?) * TICK_MS, number(21)? * PAGE_KB))
}
