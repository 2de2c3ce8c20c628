//! Time and chance of the running program: the machine's, or the demo clock of a file.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clearway_domain::{Chance, Clock};
use jiff::Timestamp;

/// How often the demo clock's file is read again.
const LOOK: Duration = Duration::from_millis(150);

/// The program's clock: real time plus an offset, which is zero without a demo clock.
#[derive(Debug, Default)]
pub struct SystemClock {
    offset_ms: Arc<AtomicI64>,
}

impl SystemClock {
    /// The machine's time, or the demo clock named by `CLEARWAY_CLOCK_FILE`.
    #[must_use]
    pub fn start() -> Self {
        Self::following(std::env::var_os("CLEARWAY_CLOCK_FILE").map(PathBuf::from))
    }

    /// A clock that follows this file; `None` = the machine's time.
    #[must_use]
    pub fn following(file: Option<PathBuf>) -> Self {
        let clock = Self::default();
        if let Some(path) = file {
            let offset = Arc::clone(&clock.offset_ms);
            set(&offset, &path);
            // Ends with the process.
            thread::spawn(move || {
                loop {
                    thread::sleep(LOOK);
                    set(&offset, &path);
                }
            });
        }
        clock
    }
}

/// Reads one line: the simulated instant, and the real milliseconds at which it was true.
fn set(offset_ms: &AtomicI64, path: &PathBuf) {
    let Ok(text) = fs::read_to_string(path) else { return };
    let mut words = text.split_whitespace();
    let simulated = words.next().and_then(|word| word.parse::<Timestamp>().ok());
    let written = words.next().and_then(|word| word.parse::<i64>().ok());
    // A file that is just being written keeps the time as it was.
    if let (Some(simulated), Some(written)) = (simulated, written) {
        offset_ms.store(simulated.as_millisecond() - written, Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
fn real_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let ms = real_ms() + self.offset_ms.load(Ordering::Relaxed);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the operating system's randomness comes in"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("without the operating system's randomness no secret can be made");
    }

    fn fill_open(&self, bytes: &mut [u8]) {
        // A call into the system for each request is more than its reference is worth.
        static DRAWN: Mutex<Drawn> = Mutex::new(Drawn { bytes: [0; DRAWN_AT_ONCE], left: 0 });
        DRAWN.lock().unwrap_or_else(PoisonError::into_inner).take(self, bytes);
    }
}

/// Bytes that are drawn from the system in one call: for 64 references of ten.
const DRAWN_AT_ONCE: usize = 640;

/// Bytes that were drawn beforehand; each is given away once.
struct Drawn {
    bytes: [u8; DRAWN_AT_ONCE],
    left: usize,
}

impl Drawn {
    fn take(&mut self, chance: &SystemChance, wanted: &mut [u8]) {
        if wanted.len() > DRAWN_AT_ONCE {
            return chance.fill(wanted);
        }
        if wanted.len() > self.left {
            chance.fill(&mut self.bytes);
            self.left = DRAWN_AT_ONCE;
        }
        self.left -= wanted.len();
        wanted.copy_from_slice(&self.bytes[self.left..self.left + wanted.len()]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_byte_that_was_drawn_beforehand_is_given_away_twice() {
        let mut drawn = Drawn { bytes: [0; DRAWN_AT_ONCE], left: 0 };
        let mut seen = BTreeSet::new();
        for length in [16, 10, 640, 33, 641, 10].repeat(50) {
            let mut bytes = vec![0; length];
            drawn.take(&SystemChance, &mut bytes);
            seen.extend(bytes.windows(8).map(<[u8]>::to_vec));
        }
        assert_eq!(
            seen.len(),
            50 * [16, 10, 640, 33, 641, 10].map(|length| length - 7).iter().sum::<usize>()
        );
    }
}
