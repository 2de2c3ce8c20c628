//! P-3, settlement: settlements per second on SQLite, and on PostgreSQL beside it, against pgbench's TPC-B on a cluster of the
//! same machine: prepared statements, and in every round the best of 8, 32 and 64 clients, so that we never win by the
//! peer's bad setting. Every commit of every side is flushed to disk. How long a commit takes stands beside how long a
//! flush takes that a probe makes on the same disk in the same seconds.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::goal::Goal;
use super::round::{Better, Figure};
use crate::needs::{self, Need};
use crate::pg::{Postgres, Purpose};
use crate::say::step;
use crate::shell;

/// Clients of pgbench: each setting is measured in every round.
const CLIENTS: [&str; 3] = ["8", "32", "64"];
/// Branches of TPC-B: as many as the most clients, so that they do not wait for one another's rows.
const SCALE: &str = "64";
/// Seconds of one measurement of pgbench.
const SECONDS: &str = "4";

/// What one run of settlements found.
pub(super) struct Settled {
    /// Settlements a second.
    pub rate: f64,
    /// 99th percentile of a commit, µs.
    pub commit_p99: f64,
    /// 99th percentile of a flush of the probe, µs.
    pub flush_p99: f64,
}

/// The figures of P-3.
pub fn measure(rounds: usize, profile: &str) -> Result<Vec<Goal>> {
    needs::ensure(&[Need::Postgres])?;
    let cluster = Postgres::start(Purpose::Figures)?;
    let program = super::example("clearway-tests", "settlements", profile)?;
    step("laying out the tables of pgbench");
    shell::read(pgbench(&cluster).args(["--initialize", "--quiet", "--scale", SCALE]))?;
    let file = shell::root().join(".run/bench-settle.db");
    std::fs::create_dir_all(shell::root().join(".run"))?;
    let (mut on_postgres, mut on_sqlite, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        step(&format!("settlements against pgbench, round {round} of {rounds}"));
        for ending in ["", "-wal", "-shm"] {
            // Absent in the first round.
            drop(std::fs::remove_file(format!("{}{ending}", file.display())));
        }
        let sqlite = settle(&program, &format!("sqlite:{}", file.display()), None)?;
        let mut best: f64 = 0.0;
        for clients in CLIENTS {
            best = best.max(tpcb(&cluster, clients)?);
        }
        let postgres = settle(&program, cluster.url(), None)?;
        on_sqlite.push((sqlite.rate, best));
        on_postgres.push((postgres.rate, best));
        waits.push((sqlite.commit_p99, sqlite.flush_p99));
    }
    let goal = |name: &str, better, rounds, marks: Option<(f64, f64)>| Goal {
        figure: Figure { name: name.to_owned(), better, rounds },
        gate: marks.map(|(gate, _)| gate),
        aim: marks.map(|(_, aim)| aim),
    };
    Ok(vec![
        goal("settlements/s, SQLite ÷ best TPC-B of pgbench", Better::Higher, on_sqlite, Some((3.0, 5.0))),
        goal("p99 of a commit ÷ p99 of a flush beside it, µs", Better::Lower, waits, Some((3.0, 2.0))),
        goal("settlements/s, PostgreSQL ÷ best TPC-B of pgbench", Better::Higher, on_postgres, None),
    ])
}

/// Settlements on a database; `count` orders, or as many as the program takes by itself.
pub(super) fn settle(program: &Path, url: &str, count: Option<u32>) -> Result<Settled> {
    let mut command = Command::new(program);
    command.arg(url).args(count.map(|count| count.to_string()));
    let said = shell::read(&mut command)?;
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [rate, commit_p99, flush_p99, _] = numbers[..] else {
        anyhow::bail!("four numbers were expected, it said:\n{said}");
    };
    Ok(Settled { rate, commit_p99, flush_p99 })
}

fn tpcb(cluster: &Postgres, clients: &str) -> Result<f64> {
    let mut run = pgbench(cluster);
    run.args(["--protocol", "prepared", "--client", clients, "--jobs", "2", "--time", SECONDS]);
    let said = shell::read(run.arg("--no-vacuum"))?;
    let rate =
        said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
    rate.and_then(|rate| rate.parse().ok()).with_context(|| format!("pgbench said:\n{said}"))
}

fn pgbench(cluster: &Postgres) -> Command {
    let mut command = Command::new(cluster.bin().join("pgbench"));
    let port = cluster.url().rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap_or_default();
    command.args(["--host", "127.0.0.1", "--port", port, "--username", "clearway"]);
    command.env("PGDATABASE", "clearway");
    command
}
