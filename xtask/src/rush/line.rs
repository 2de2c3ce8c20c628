//! What a waiting person costs a server that is warm: after the day nobody is let through, strangers come to wait, and its memory is
//! looked at before and after. During the day the threads' own memory grows at the same time, and nothing tells the two apart.

use anyhow::{Result, bail, ensure};

use super::day::Run;
use super::watch;
use crate::shell;

/// The program that draws their turns.
pub const QUEUEUP: &str = "queueup";
/// How many come, and the seconds over which their places are spread.
const STRANGERS: u64 = 150_000;
const SECONDS: u64 = 900;
/// Requests before each look at the memory: the same work, so that only the line is different.
const REQUESTS: u64 = 20_000;
/// Looks at the memory until it is at rest, at most, and how near two of them must be to one another, kB: a seventh of the gate.
const LOOKS_MAX: usize = 20;
const NEAR_KB: u64 = 1_024;
/// Milliseconds until every server has heard of the ceiling and looked at the line.
const HEARD_MS: u64 = 5_000;

/// A line of strangers, and the servers' private memory before it and with it.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// People who wait.
    pub people: u64,
    /// kB without them.
    pub before_kb: u64,
    /// kB with them.
    pub after_kb: u64,
}

impl Run<'_> {
    /// Lets nobody through, and has strangers wait. What is in the store afterwards is nobody's: the last thing of a day.
    pub(super) fn line(&mut self, url: &str) -> Result<Line> {
        let mut hold = self.stack.program("clearway");
        hold.args([
            "admission",
            "--ceiling",
            "0",
            "--by",
            "rehearsal",
            "--reason",
            "nobody is let through: memory",
        ]);
        shell::read(hold.arg("--config").arg(self.stack.config()))?;
        let before_kb = self.settled_kb()?;
        let from = self.demo(watch::real_ms()?);
        let mut queueup = std::process::Command::new(shell::example(QUEUEUP, self.ask.profile));
        queueup.args([url, &STRANGERS.to_string(), &SECONDS.to_string(), &from.to_string()]);
        shell::read(&mut queueup)?;
        let after_kb = self.settled_kb()?;
        let waiting = watch::metrics(&self.stack.url).get("turns_waiting").copied().unwrap_or(0.0);
        ensure!(waiting >= 149_000.0, "the server sees {waiting} people wait of {STRANGERS}");
        Ok(Line { people: STRANGERS, before_kb, after_kb })
    }

    /// The private memory, kB, once two looks in a row find nearly the same: a server gives back by and by what it does not need
    /// any more, and the day is only just over.
    fn settled_kb(&mut self) -> Result<u64> {
        let mut last_kb = u64::MAX;
        for _ in 0..LOOKS_MAX {
            shell::pause(HEARD_MS);
            for path in ["/turn/number", "/robots.txt"] {
                self.flood(path, REQUESTS)?;
            }
            let kb = self.meter.read(&self.pids()).1;
            if kb.abs_diff(last_kb) <= NEAR_KB {
                return Ok(kb);
            }
            last_kb = kb;
        }
        bail!("the memory does not come to rest: {last_kb} kB after {LOOKS_MAX} looks")
    }
}
