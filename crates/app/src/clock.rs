//! Time and chance of the running program: the machine's, or the demo clock of a file.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
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
}
