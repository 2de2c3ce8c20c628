//! Holds an image of the disk against what the clients were told.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use clearway_domain::ledger as book;
use clearway_store::{Db, StoreError, audit, ledger, payment, queue};

use crate::deeds::{Plan, Standing, Story};
use crate::record;
use crate::rng::Hash;

/// What was found in one image.
#[derive(Debug, Default)]
pub struct Found {
    /// Acknowledged steps that were looked for.
    pub acks: u64,
    /// Acknowledged and not there, or not there whole.
    pub lost: Vec<String>,
    /// There twice.
    pub doubled: Vec<String>,
    /// Whatever else is not as it must be.
    pub breaks: Vec<String>,
    /// Hash over all that was there.
    pub hash: Hash,
}

impl Found {
    /// Whether nothing is wrong.
    pub fn well(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.breaks.is_empty()
    }

    /// The first thing that is wrong.
    pub fn first(&self) -> Option<&str> {
        [&self.lost, &self.doubled, &self.breaks].into_iter().flatten().next().map(String::as_str)
    }
}

/// Story number to acknowledged steps.
pub fn acks(text: &str) -> BTreeMap<usize, usize> {
    let mut acks = BTreeMap::new();
    for line in text.lines() {
        let Some((number, step)) = line.split_once(' ') else { continue };
        if let (Ok(number), Ok(step)) = (number.parse::<usize>(), step.parse::<usize>()) {
            let steps = acks.entry(number).or_insert(0);
            *steps = (*steps).max(step + 1);
        }
    }
    acks
}

/// Everything in the database that belongs to one driver.
struct Rows {
    lines: Vec<ledger::Transfer>,
    entries: Vec<audit::Entry>,
    jobs: Vec<queue::Job>,
    orders: Vec<(payment::OrderRow, Vec<payment::LegRow>)>,
    chain: Result<i64, audit::Break>,
}

/// Opens the database in `folder` with the real store, looks at everything, and writes one more entry.
///
/// # Errors
/// Only when the check itself cannot be done. A database that cannot be opened or read is a finding.
pub fn image(folder: &Path, plan: &Plan, acks: &BTreeMap<usize, usize>) -> Result<Found> {
    let mut found = Found { acks: acks.values().map(|steps| *steps as u64).sum(), ..Found::default() };
    let db = match record::open(folder, plan) {
        Ok(db) => db,
        Err(error) => {
            lose_all(acks, &format!("the database cannot be opened: {error}"), &mut found);
            return Ok(found);
        }
    };
    if let Err(error) = look(&db, plan, acks, &mut found) {
        lose_all(acks, &format!("the database cannot be read: {error}"), &mut found);
    }
    let after = db.write(|tx| audit::append(tx, "after", 0, "system", "after", "{}").map(|_| ()));
    if let Err(error) = after {
        found.breaks.push(format!("nothing can be written afterwards: {error}"));
    }
    intact(folder, &mut found)?;
    Ok(found)
}

fn lose_all(acks: &BTreeMap<usize, usize>, why: &str, found: &mut Found) {
    found.breaks.push(why.to_owned());
    found.lost.extend(acks.iter().map(|(number, steps)| format!("{steps} steps of story {number}: {why}")));
}

/// SQLite's own look at every page.
fn intact(folder: &Path, found: &mut Found) -> Result<()> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let conn = rusqlite::Connection::open_with_flags(folder.join(record::NAME), flags)?;
    let word: Result<String, _> = conn.query_row("pragma integrity_check", [], |row| row.get(0));
    match word {
        Ok(word) if word == "ok" => {}
        Ok(word) => found.breaks.push(format!("integrity check: {word}")),
        Err(error) => found.breaks.push(format!("integrity check: {error}")),
    }
    Ok(())
}

fn look(db: &Db, plan: &Plan, acks: &BTreeMap<usize, usize>, found: &mut Found) -> Result<()> {
    let drivers = plan.drivers();
    let mut strays = 0;
    let rows = db.read(|tx| {
        strays = ledger::strays(tx, 10)?.len();
        let mut all = Vec::new();
        for driver in &drivers {
            let mut orders = Vec::new();
            for order in payment::of_driver(tx, driver)? {
                let legs = payment::legs(tx, driver, &order.order_id)?;
                orders.push((order, legs));
            }
            let rows = Rows {
                lines: ledger::of_driver(tx, driver)?,
                entries: audit::after(tx, driver, 0, 1_000_000)?,
                jobs: queue::of_driver(tx, driver)?,
                orders,
                chain: audit::verify(tx, driver)?,
            };
            all.push((driver.clone(), rows));
        }
        Ok::<_, StoreError>(all)
    });
    if strays > 0 {
        found.breaks.push(format!("{strays} ledger lines end a reservation that is not there"));
    }
    for (driver, rows) in rows.context("not readable")? {
        let stories: Vec<&Story> = plan.stories.iter().filter(|story| story.driver == driver).collect();
        one_driver(&driver, &rows, &stories, acks, found);
    }
    Ok(())
}

fn one_driver(
    driver: &str,
    rows: &Rows,
    stories: &[&Story],
    acks: &BTreeMap<usize, usize>,
    found: &mut Found,
) {
    if let Err(broken) = &rows.chain {
        found.breaks.push(format!("audit chain of {driver}: entry {}: {}", broken.seq, broken.why));
    }
    let mut over = Vec::new();
    let mut expected = (0, 0, 0, 0);
    for story in stories {
        let acked = acks.get(&story.number).copied().unwrap_or(0);
        let order = rows.orders.iter().find(|(order, _)| order.order_id == story.order_id);
        let steps = order.map_or(0, |(order, _)| usize::try_from(order.version).unwrap_or(usize::MAX));
        found.hash.number(story.number as u64);
        found.hash.number(steps as u64);
        if steps < acked {
            found.lost.push(format!("story {}: {acked} steps acknowledged, {steps} there", story.number));
        }
        if steps > (acked + 1).min(story.steps()) {
            found.breaks.push(format!("story {}: {steps} steps there, {acked} acknowledged", story.number));
            continue;
        }
        if story.over(steps) {
            over.push(story.order_id.as_str());
        }
        let standing = story.standing(steps);
        expected.0 += standing.lines.len();
        expected.1 += standing.entries.len();
        expected.2 += standing.jobs.len();
        expected.3 += usize::from(steps > 0);
        compare(story, steps.min(acked), order, &standing, rows, found);
    }
    let there = (rows.lines.len(), rows.entries.len(), rows.jobs.len(), rows.orders.len());
    if there != expected {
        let what = format!("(lines, entries, jobs, orders) of {driver} are {there:?}, expected {expected:?}");
        found.breaks.push(what);
    }
    money(driver, rows, &over, found);
}

/// One story's rows against what its steps wrote.
fn compare(
    story: &Story,
    acked: usize,
    order: Option<&(payment::OrderRow, Vec<payment::LegRow>)>,
    standing: &Standing,
    rows: &Rows,
    found: &mut Found,
) {
    let mut missing = Vec::new();
    if let Some((order, legs)) = order {
        if order.state != standing.state || order.total_fen != story.total_fen() {
            found.breaks.push(format!("story {}: the order says {}", story.number, order.state));
        }
        if legs != story.legs() {
            missing.push("legs".to_owned());
        }
    }
    for line in &standing.lines {
        if !rows.lines.contains(line) {
            missing.push(line.transfer_id.clone());
        }
    }
    for (deed, detail) in &standing.entries {
        let times =
            rows.entries.iter().filter(|entry| entry.deed == *deed && entry.detail == *detail).count();
        match times {
            0 => missing.push(format!("entry {deed}")),
            1 => {}
            _ => found.doubled.push(format!("story {}: {deed} is there {times} times", story.number)),
        }
    }
    for (kind, payload) in &standing.jobs {
        match rows.jobs.iter().find(|job| job.key == story.order_id && job.kind == *kind) {
            Some(job) if job.round > 1 => {
                found
                    .doubled
                    .push(format!("story {}: job {kind} was asked for {} times", story.number, job.round));
            }
            Some(job) if job.payload == *payload => {}
            _ => missing.push(format!("job {kind}")),
        }
    }
    if !missing.is_empty() {
        let what = format!("story {}: {} not there whole", story.number, missing.join(", "));
        if acked > 0 { found.lost.push(what) } else { found.breaks.push(what) }
    }
}

/// The domain's own audit of the lines.
fn money(driver: &str, rows: &Rows, over: &[&str], found: &mut Found) {
    let mut lines = Vec::new();
    for row in &rows.lines {
        found.hash.take(row.transfer_id.as_bytes());
        match clearway_service::money::books::line(row) {
            Some(line) => lines.push(line),
            None => found.breaks.push(format!("{driver}: line {} cannot be read", row.transfer_id)),
        }
    }
    // Lines of one transaction bear one instant: what is put on an account comes before what is taken from it.
    let later = |line: &book::Transfer| (line.at, line.ends().is_some(), line.stage == book::Stage::Pending);
    lines.sort_by_key(later);
    for breach in book::audit_settled(&lines, |order| over.contains(&order)) {
        found.breaks.push(format!("{driver}: {breach}"));
    }
}
