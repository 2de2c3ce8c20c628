//! A throwaway PostgreSQL: its own data folder, a free port on 127.0.0.1, C collation, gone afterwards.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::args::Args;
use crate::needs::{self, Need};
use crate::say::step;
use crate::shell;

/// What the cluster is for: tests may lose everything, figures must be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// No flush to disk: the data folder is thrown away after the run anyway.
    Tests,
    /// Every commit flushed, as in production.
    Figures,
}

/// A running cluster; dropping it stops it and removes its folder.
pub struct Postgres {
    bin: PathBuf,
    data: PathBuf,
    url: String,
    port: u16,
    purpose: Purpose,
}

impl Postgres {
    /// Creates and starts a cluster with an empty database `clearway`.
    pub fn start(purpose: Purpose) -> Result<Postgres> {
        needs::ensure(&[Need::Postgres])?;
        let bin = needs::postgres_bin().context("PostgreSQL was there a moment ago")?;
        let data = data_folder()?;
        step("starting a throwaway PostgreSQL");
        let mut initdb = as_owner(&bin.join("initdb"));
        initdb.arg("--pgdata").arg(&data).args(["--username", "clearway", "--auth", "trust"]);
        initdb.args(["--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        shell::read(&mut initdb)?;
        let port = shell::free_port()?;
        let url = format!("postgres://clearway@127.0.0.1:{port}/clearway");
        let cluster = Postgres { bin, data, url, port, purpose };
        cluster.boot()?;
        let mut createdb = Command::new(cluster.bin.join("createdb"));
        createdb.args([
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--username",
            "clearway",
            "clearway",
        ]);
        shell::read(&mut createdb)?;
        Ok(cluster)
    }

    /// `postgres://clearway@127.0.0.1:PORT/clearway`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes another, empty database; its address.
    pub fn fresh(&self, name: &str) -> Result<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        shell::read(psql.arg(&self.url).args(["-q", "-c", &format!("create database {name}")]))?;
        Ok(self.named(name))
    }

    /// The address of a database of this cluster.
    pub fn named(&self, name: &str) -> String {
        let base = self.url.rsplit_once('/').map_or(self.url.as_str(), |(base, _)| base);
        format!("{base}/{name}")
    }

    /// The folder with `psql`, `pgbench` and the rest.
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// Stops it as a crash would: every connection breaks, nothing is written out, and the next start has to recover.
    pub fn fall(&self) -> Result<()> {
        shell::read(self.stop().arg("--wait")).map(drop)
    }

    /// Starts it again after [`Postgres::fall`]; returns once it has recovered.
    pub fn rise(&self) -> Result<()> {
        self.boot()
    }

    fn stop(&self) -> Command {
        let mut stop = as_owner(&self.bin.join("pg_ctl"));
        stop.arg("--pgdata").arg(&self.data).args(["--mode", "immediate", "--silent", "stop"]);
        stop
    }

    fn boot(&self) -> Result<()> {
        let mut options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200",
            self.port
        );
        if self.purpose == Purpose::Tests {
            options.push_str(" -c fsync=off -c full_page_writes=off");
        }
        let mut start = as_owner(&self.bin.join("pg_ctl"));
        start.arg("--pgdata").arg(&self.data).arg("--log").arg(self.data.join("server.log"));
        start.args(["--wait", "--options", &options, "start"]);
        start.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        if !start.status().context("cannot start pg_ctl")?.success() {
            let log = std::fs::read_to_string(self.data.join("server.log")).unwrap_or_default();
            anyhow::bail!("PostgreSQL did not start:\n{log}");
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Best effort on the way out: a cluster that has already ended is no error.
        drop(self.stop().status());
        drop(std::fs::remove_dir_all(&self.data));
    }
}

/// `cargo x pg`: keeps a cluster until Ctrl-C, and prints its address.
pub fn hold(rest: &[String]) -> Result<()> {
    Args::parse(rest, &[], &[])?;
    let cluster = Postgres::start(Purpose::Tests)?;
    println!("CLEARWAY_TEST_PG={}", cluster.url());
    step("Ctrl-C stops it and removes its data");
    while !shell::interrupted() {
        shell::pause(200);
    }
    Ok(())
}

/// PostgreSQL refuses to run as root; its package comes with a user of that name.
fn as_owner(program: &Path) -> Command {
    if shell::is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
        command
    } else {
        Command::new(program)
    }
}

/// A fresh folder that the owner can write: under target/, or in the temporary folder where the owner
/// cannot reach target/ (a checkout under a private home).
fn data_folder() -> Result<PathBuf> {
    let name = format!("pg/{}", std::process::id());
    for base in [shell::target(), std::env::temp_dir().join("clearway")] {
        let data = base.join(&name);
        std::fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
        if !shell::is_root() {
            return Ok(data);
        }
        shell::read(Command::new("chown").args(["postgres:postgres"]).arg(&data))?;
        if shell::read(as_owner(Path::new("test")).arg("-w").arg(&data)).is_ok() {
            return Ok(data);
        }
        std::fs::remove_dir_all(&data)?;
    }
    anyhow::bail!("the user postgres can write neither under target/ nor in the temporary folder")
}
