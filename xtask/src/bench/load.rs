//! Load on one server process, or on several that serve together: what it costs them, and how long an answer takes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::page::cpu_micros;
use crate::shell;
use crate::stack;

/// One kind of load.
#[derive(Clone, Copy)]
pub struct Load<'l> {
    /// What is asked for; further headers may follow, a line each.
    pub accept: &'l str,
    /// Connections at a time.
    pub connections: &'l str,
    /// The generator's script: which driver asks. Absent: the same request again and again.
    pub script: Option<&'l Path>,
    /// How long.
    pub seconds: u32,
}

/// What one measurement found.
#[derive(Clone, Copy)]
pub struct Found {
    /// The servers' CPU-µs (user and system) per answered request.
    pub cpu: f64,
    /// Median latency, µs.
    pub p50: f64,
}

impl Load<'_> {
    /// Puts the load on `url` from the second core; `servers` are the processes that answer.
    pub fn on(&self, url: &str, servers: &[u32]) -> Result<Found> {
        let before = spent(servers)?;
        let mut wrk = Command::new("taskset");
        wrk.args(["-c", "1", "wrk", "--threads", "1", "--latency", "--connections", self.connections]);
        wrk.args(["--duration", &format!("{}s", self.seconds), "--timeout", "10s"]);
        if let Some(script) = self.script {
            wrk.arg("--script").arg(script);
        }
        for header in format!("Accept: {}", self.accept).lines() {
            wrk.args(["--header", header]);
        }
        wrk.arg(url);
        if self.script.is_some() {
            let seed = stack::unix_now()?.as_millisecond() % 1_000_000;
            wrk.arg("--").arg(seed.to_string());
        }
        let said = shell::read(&mut wrk)?;
        let spent = spent(servers)? - before;
        if said.contains("Non-2xx") || said.contains("Socket errors") {
            bail!("{url} under load answered with errors:\n{said}");
        }
        let requests = said.lines().find_map(|line| line.trim().split_once(" requests in "));
        let requests: f64 =
            requests.and_then(|(n, _)| n.parse().ok()).with_context(|| format!("wrk said:\n{said}"))?;
        let p50 = said
            .lines()
            .find_map(|line| line.trim().strip_prefix("50%"))
            .and_then(|text| micros(text.trim()));
        Ok(Found { cpu: spent / requests, p50: p50.with_context(|| format!("wrk said:\n{said}"))? })
    }
}

fn spent(servers: &[u32]) -> Result<f64> {
    servers.iter().map(|server| cpu_micros(*server)).sum()
}

/// A time as wrk writes it, in µs.
fn micros(text: &str) -> Option<f64> {
    for (unit, worth) in [("us", 1.0), ("ms", 1_000.0), ("s", 1_000_000.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return number.parse::<f64>().ok().map(|number| number * worth);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_generator_are_read() {
        assert_eq!(micros("81.00us"), Some(81.0));
        assert_eq!(micros("1.50ms"), Some(1_500.0));
        assert_eq!(micros("2.00s"), Some(2_000_000.0));
        assert_eq!(micros("soon"), None);
    }
}
