//! Settlements per second on PostgreSQL against pgbench's TPC-B on the same cluster, and on SQLite beside it.
//! Every commit is flushed to disk, and both sides use as many connections.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::round::{Better, Figure};
use crate::pg::{Postgres, Purpose};
use crate::say::step;
use crate::shell;

/// Connections on PostgreSQL, of both sides.
const AT_ONCE: &str = "8";
/// Seconds of one measurement of pgbench.
const SECONDS: &str = "4";

/// Two figures: PostgreSQL and SQLite, both against pgbench.
pub fn measure(rounds: usize, profile: &str) -> Result<Vec<Figure>> {
    let cluster = Postgres::start(Purpose::Figures)?;
    let example = super::example("clearway-tests", "settlements", profile)?;
    shell::read(pgbench(&cluster).args(["--initialize", "--quiet", "--scale", "10"]))?;
    let file = shell::root().join(".run/bench-settle.db");
    std::fs::create_dir_all(shell::root().join(".run"))?;
    let (mut on_postgres, mut on_sqlite) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        step(&format!("settlements against pgbench, round {round} of {rounds}"));
        let ours = settle(&example, cluster.url())?;
        let tpcb = tpcb(&cluster)?;
        for ending in ["", "-wal", "-shm"] {
            // Absent in the first round.
            drop(std::fs::remove_file(format!("{}{ending}", file.display())));
        }
        let sqlite = settle(&example, &format!("sqlite:{}", file.display()))?;
        on_postgres.push((ours, tpcb));
        on_sqlite.push((sqlite, tpcb));
    }
    let figure = |name: &str, rounds| Figure { name: name.to_owned(), better: Better::Higher, rounds };
    Ok(vec![
        figure("settlements/s, PostgreSQL, against TPC-B", on_postgres),
        figure("settlements/s, SQLite, against TPC-B", on_sqlite),
    ])
}

fn settle(example: &Path, url: &str) -> Result<f64> {
    let said = shell::read(Command::new(example).arg(url))?;
    said.trim().parse().with_context(|| format!("it said:\n{said}"))
}

fn tpcb(cluster: &Postgres) -> Result<f64> {
    let said = shell::read(pgbench(cluster).args([
        "--client",
        AT_ONCE,
        "--jobs",
        "2",
        "--time",
        SECONDS,
        "--no-vacuum",
    ]))?;
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
