//! The demo clock, and China's civil time.
//!
//! The file named by `CLEARWAY_CLOCK_FILE` holds one line, `<instant> <unix-ms of the real clock when written>`;
//! simulated now = instant + (real now − written). Without a file the real clock is used.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::civil::{Date, DateTime};
use jiff::tz::{self, Offset};
use jiff::{SignedDuration, Timestamp};

/// China: fixed +08:00.
const CHINA: Offset = tz::offset(8);

/// The civil day of an instant in China.
#[must_use]
pub fn day_of(at: Timestamp) -> Date {
    CHINA.to_datetime(at).date()
}

/// The instant of midnight at the start of a day in China.
#[must_use]
pub fn midnight(day: Date) -> Timestamp {
    instant(day.to_datetime(jiff::civil::Time::midnight()))
}

/// The instant of a civil time in China.
#[must_use]
pub fn instant(civil: DateTime) -> Timestamp {
    CHINA.to_timestamp(civil).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `YYYY-MM-DD HH:MM:SS` in China.
#[must_use]
pub fn civil_text(at: Timestamp) -> String {
    CHINA.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// RFC 3339 with +08:00, as WeChat Pay writes it.
#[must_use]
pub fn offset_text(at: Timestamp) -> String {
    CHINA.to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// The real instant, milliseconds since 1970: what is counted per second at the wire is counted in real seconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "limits and figures of this crate are about real time")]
pub fn real_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The clock of this process.
#[derive(Debug, Default)]
pub struct DemoClock {
    file: Option<PathBuf>,
    shift: Mutex<Option<(Version, SignedDuration)>>,
}

impl DemoClock {
    /// A clock that follows this file; `None` = the real clock.
    #[must_use]
    pub fn following(file: Option<PathBuf>) -> Self {
        Self { file, shift: Mutex::new(None) }
    }

    /// The clock that the environment asks for.
    #[must_use]
    pub fn from_env() -> Self {
        Self::following(std::env::var_os("CLEARWAY_CLOCK_FILE").map(PathBuf::from))
    }

    /// The simulated instant. A file that was written anew counts at once: whoever is called never lives earlier than the
    /// caller, or the time in a signature would look as if it came from the future.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place of this crate that reads the real clock")]
    pub fn now(&self) -> Timestamp {
        let real = Timestamp::now();
        let Some(file) = &self.file else { return real };
        let mut shift = self.shift.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let version = version(file);
        if let Some((known, by)) = *shift
            && known == version
        {
            return real + by;
        }
        let by = std::fs::read_to_string(file).ok().and_then(|line| shift_of(&line)).unwrap_or_default();
        *shift = Some((version, by));
        real + by
    }
}

/// What tells one writing of a file from another: its number in the file system, and when it was written, ns.
type Version = Option<(u64, i64, i64)>;

fn version(file: &Path) -> Version {
    let about = std::fs::metadata(file).ok()?;
    Some((about.ino(), about.mtime(), about.mtime_nsec()))
}

/// How far the simulated clock is ahead of the real one.
fn shift_of(line: &str) -> Option<SignedDuration> {
    let mut words = line.split_whitespace();
    let instant: Timestamp = words.next()?.parse().ok()?;
    let written = Timestamp::from_millisecond(words.next()?.parse().ok()?).ok()?;
    Some(instant.duration_since(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_moves_the_clock() {
        let shift = shift_of("2020-04-05T10:00:00+08:00 1760000000000\n").unwrap();
        let written = Timestamp::from_millisecond(1_760_000_000_000).unwrap();
        assert_eq!(civil_text(written + shift), "2020-04-05 10:00:00");
        assert!(shift_of("yesterday 12").is_none());
    }

    #[test]
    fn a_file_written_anew_counts_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        let clock = DemoClock::following(Some(file.clone()));
        for day in ["2020-04-05", "2020-04-16", "2020-04-10"] {
            let next = folder.path().join("next");
            std::fs::write(&next, format!("{day}T10:00:00+08:00 {}\n", real_ms())).unwrap();
            std::fs::rename(&next, &file).unwrap();
            assert!(civil_text(clock.now()).starts_with(day));
        }
    }
}
