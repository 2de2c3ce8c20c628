//! What a running process has cost, as Linux tells it.

/// Milliseconds of one tick in /proc: Linux has had a hundred a second for user space since ever.
const TICK_MS: u64 = 10;
/// Kilobytes of a page.
const PAGE_KB: u64 = 4;

/// CPU time (user and system, ms) and own memory (kB) of a process; `None` when it has ended. Own is what is resident and no
/// copy of a file: neither the program nor what is mapped of the store.
pub fn cost(pid: u32) -> Option<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let pages = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: Vec<u64> = pages.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let own = pages.get(1)?.saturating_sub(*pages.get(2)?);
    Some(((number(11)? + number(12)?) * TICK_MS, own * PAGE_KB))
}
