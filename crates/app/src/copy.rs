//! `clearway copy`: a whole database into an empty one, for a city that grows out of the embedded engine.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clearway_store::{Db, copy, node};

use crate::config::{Config, secret};
use crate::say;

/// Longer than two heartbeats of a node that serves, three seconds apart.
const BEAT: Duration = Duration::from_secs(7);

/// Copies, and holds both databases against each other. The old one is only read.
///
/// # Errors
/// A sentence that says what stands in the way, before anything is written, or why the new database is worth nothing.
pub fn run(from: &Config, to: &Config) -> Result<()> {
    let there = &to.server.database;
    if from.server.database == *there {
        bail!("both configurations name the same database");
    }
    let file = &to.server.secret_file;
    if !file.exists() {
        bail!(
            "{} is missing: the database is worth nothing without its secret, copy it first",
            file.display()
        );
    }
    let source = crate::open(from)?;
    if source.secret != secret::read(file)? {
        bail!("{} is not the secret of the database that is copied", file.display());
    }
    if serves(&source.db)? {
        bail!("a node serves on this database: stop it first, or what it does meanwhile would be lost");
    }
    let target = Db::open(there).context("the new database cannot be opened")?;
    target.migrate().context("the new database cannot be laid out")?;
    let told = |table, rows| say!("{table:<24} {rows:>12} rows");
    copy::all(&source.db, &target, told).map_err(crate::sentence)?;
    say!("both databases are the same, row by row\n");
    Ok(())
}

/// Whether a node beats on a database.
fn serves(db: &Db) -> Result<bool> {
    let beats = || {
        db.read(node::all)
            .map(|all| all.into_iter().map(|node| (node.instance, node.beats)).collect::<Vec<_>>())
    };
    let before = beats()?;
    // A database that was left in order has none.
    if before.is_empty() {
        return Ok(false);
    }
    thread::sleep(BEAT);
    Ok(beats()? != before)
}
