//! What commands say on standard output, to a person or into a pipe. Whoever reads may leave (`… | head -1`): then nothing more is
//! said, and the work goes on to its end and to its own exit code.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether nobody reads any more.
static UNHEARD: AtomicBool = AtomicBool::new(false);

/// Says a line, written as by `format!`.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => { $crate::out::line(format_args!($($words)*)) };
}

/// Says a line.
pub fn line(words: impl Display) {
    text(format_args!("{words}\n"));
}

/// Says a text as it is; `false` when nobody reads any more.
pub fn text(words: impl Display) -> bool {
    write(&mut stdout().lock(), words, &UNHEARD)
}

/// Says on standard error why a command failed; that nobody hears it changes nothing.
pub fn complain(words: impl Display) {
    let _ = writeln!(stderr(), "{words}");
}

fn write(to: &mut impl Write, words: impl Display, unheard: &AtomicBool) -> bool {
    if unheard.load(Ordering::Relaxed) {
        return false;
    }
    let Err(error) = write!(to, "{words}").and_then(|()| to.flush()) else { return true };
    unheard.store(true, Ordering::Relaxed);
    if error.kind() != ErrorKind::BrokenPipe {
        tracing::warn!(%error, "nothing more can be said on standard output; the work goes on");
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose reader leaves after so many writes.
    struct Pipe(usize);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_leaves_ends_the_talk_and_not_the_work() {
        let (mut pipe, unheard) = (Pipe(1), AtomicBool::new(false));
        assert!(write(&mut pipe, "first", &unheard));
        assert!(!write(&mut pipe, "second", &unheard));
        pipe.0 = 9;
        assert!(!write(&mut pipe, "third", &unheard), "once gone is gone");
        assert_eq!(pipe.0, 9, "and nothing is tried any more");
    }
}
