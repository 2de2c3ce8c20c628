//! Load on a schedule (`crates/tests/examples/openloop`), and whether its generator can be believed: one that was late, or whose
//! flood did not come at its rate, has measured itself.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::look;
use crate::say::step;
use crate::shell;

/// A generator that is this late (p99, µs) measures itself; so often it may try again.
const LATE: f64 = 1_000.0;
const TRIES: u32 = 5;
/// The part of its rate that a flood has to reach.
const REACHED: f64 = 0.95;

/// 我的违法 on a schedule, from the second core.
#[derive(Clone, Copy)]
pub struct Scheduled<'s> {
    /// The generator.
    pub program: &'s Path,
    /// Address of the server.
    pub url: &'s str,
    /// Drivers in the store.
    pub drivers: u32,
    /// Requests a second.
    pub rate: u32,
    /// For how long.
    pub seconds: u32,
    /// Drivers with addresses of their own, over connections for so many requests each.
    pub visits: Option<u32>,
    /// A try of the bench itself: the figure counts for nothing, so it is taken as it comes.
    pub trial: bool,
}

/// A flood beside it, by the same generator.
pub struct Flood<'f> {
    /// Requests a second.
    pub rate: u32,
    /// The address that it comes from.
    pub from: &'f str,
    /// What it asks for.
    pub path: &'f str,
    /// The `Cookie` header; every `%` becomes other digits each time.
    pub cookie: Option<&'f str>,
}

/// What the generator saw.
#[derive(Debug, PartialEq)]
pub struct Seen {
    /// µs.
    pub p50: f64,
    /// µs.
    pub p99: f64,
    /// µs.
    pub p999: f64,
    /// µs.
    pub longest: f64,
    /// p99 of the generator's own lateness, µs.
    late: f64,
    /// Connections that the server had closed.
    reopened: f64,
    /// What became of the flood.
    pub flood: Option<Flooded>,
}

/// What became of a flood.
#[derive(Debug, PartialEq)]
pub struct Flooded {
    /// Requests a second.
    rate: f64,
    /// Answers of 2xx and 3xx, of 429, others; requests that were cut off, and those without an answer at the end.
    answers: [f64; 5],
}

impl Flooded {
    /// In words.
    pub fn told(&self) -> String {
        let [good, limited, other, cut, open] = self.answers;
        let rate = self.rate;
        format!(
            "{rate} requests/s of the flood: {good} answered, {limited} times 429, {other} others, {cut} cut off, \
             {open} open at the end"
        )
    }
}

/// Why there is no figure.
pub enum Failed {
    /// A request was not answered as it should have been: the server's doing.
    Unanswered(anyhow::Error),
    /// The generator cannot be believed.
    Invalid(anyhow::Error),
}

impl From<Failed> for anyhow::Error {
    fn from(failed: Failed) -> anyhow::Error {
        let (Failed::Unanswered(error) | Failed::Invalid(error)) = failed;
        error
    }
}

impl Scheduled<'_> {
    /// One measurement. What the generator itself spoiled is measured again.
    pub fn measure(&self, seed: usize, flood: Option<&Flood>) -> Result<Seen, Failed> {
        let Scheduled { drivers, rate, .. } = self;
        for _ in 0..TRIES {
            let said = shell::read(&mut self.command(seed, flood))
                .map_err(|error| Failed::Unanswered(reason(&error)))?;
            let seen = read(&said)
                .with_context(|| format!("the generator said:\n{said}"))
                .map_err(Failed::Invalid)?;
            step(&format!(
                "{drivers} drivers at {rate}/s: p50 {} µs, p99 {}, p99.9 {}, longest {}; the generator was late by {} (p99), \
                 {} connections opened again",
                seen.p50, seen.p99, seen.p999, seen.longest, seen.late, seen.reopened
            ));
            if self.trial || (seen.late <= LATE && reached(&seen, flood)) {
                return Ok(seen);
            }
            if let Some(flood) = &seen.flood {
                step(&flood.told());
            }
        }
        Err(Failed::Invalid(anyhow::anyhow!(
            "{TRIES} times the generator was late by more than {LATE} µs (p99), or its flood below its rate: something else is \
             running here"
        )))
    }

    fn command(&self, seed: usize, flood: Option<&Flood>) -> Command {
        let mut load = Command::new("taskset");
        load.args(["-c", "1"]).arg(self.program).arg(self.url.trim_start_matches("http://"));
        load.args([self.drivers, look::STEP, self.rate, self.seconds].map(|number| number.to_string()));
        load.arg(seed.to_string());
        if let Some(visits) = self.visits {
            load.args(["visitors", &visits.to_string()]);
        }
        if let Some(flood) = flood {
            load.args(["flood", &flood.rate.to_string(), flood.from, flood.path]).args(flood.cookie);
        }
        load
    }
}

fn reached(seen: &Seen, flood: Option<&Flood>) -> bool {
    match (flood, &seen.flood) {
        (None, _) => true,
        (Some(wanted), Some(came)) => came.rate >= f64::from(wanted.rate) * REACHED,
        (Some(_), None) => false,
    }
}

/// Why the generator gave up, in its own words and without where in its code.
fn reason(error: &anyhow::Error) -> anyhow::Error {
    let text = format!("{error:#}");
    let told = text.lines().find_map(|line| line.strip_prefix("Error: "));
    anyhow::anyhow!("{}", told.unwrap_or(&text))
}

/// Reads what the generator printed: a line of its own, and one of its flood.
fn read(said: &str) -> Result<Seen> {
    let mut lines = said.lines();
    let numbers = |line: Option<&str>| -> Vec<f64> {
        line.unwrap_or_default().split_whitespace().filter_map(|word| word.parse().ok()).collect()
    };
    let [p50, p99, p999, longest, late, reopened] = numbers(lines.next())[..] else {
        bail!("six numbers were expected");
    };
    let flood = match numbers(lines.next())[..] {
        [] => None,
        [rate, good, limited, other, cut, open] => {
            Some(Flooded { rate, answers: [good, limited, other, cut, open] })
        }
        _ => bail!("six numbers of the flood were expected"),
    };
    Ok(Seen { p50, p99, p999, longest, late, reopened, flood })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flood(rate: u32) -> Flood<'static> {
        Flood { rate, from: "127.0.0.2", path: "/", cookie: None }
    }

    #[test]
    fn what_the_generator_prints_is_read() {
        let plain = read("200 400 800 1200 30 0\n").unwrap();
        assert_eq!((plain.p99, plain.late, &plain.flood), (400.0, 30.0, &None));
        let flooded = read("200 400 800 1200 30 2\nflood 9990 100 59000 3 0 9\n").unwrap();
        assert_eq!(flooded.flood, Some(Flooded { rate: 9_990.0, answers: [100.0, 59_000.0, 3.0, 0.0, 9.0] }));
        assert!(read("200 400\n").is_err());
        assert!(read("1 2 3 4 5 6\nflood 7\n").is_err());
    }

    #[test]
    fn the_generator_gives_its_reason() {
        let said = anyhow::anyhow!(
            "taskset -c 1 openloop failed\nError: the server answered 503\n\nStack backtrace:\n 0: main"
        );
        assert_eq!(reason(&said).to_string(), "the server answered 503");
        assert_eq!(reason(&anyhow::anyhow!("no taskset")).to_string(), "no taskset");
    }

    #[test]
    fn a_flood_below_its_rate_does_not_count() {
        let seen = read("1 2 3 4 5 6\nflood 9600 1 1 1 1 1\n").unwrap();
        assert!(reached(&seen, None));
        assert!(reached(&seen, Some(&flood(10_000))));
        assert!(!reached(&seen, Some(&flood(11_000))));
        assert!(!reached(&read("1 2 3 4 5 6\n").unwrap(), Some(&flood(1))));
    }
}
