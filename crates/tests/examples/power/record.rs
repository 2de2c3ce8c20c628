//! The workload: many writers on the real store, and a note of every answer that they got.
//!
//! This runs with the shim loaded. A note is one `write` to a file in the watched folder, so it stands in the trace behind
//! everything that the answer rested on; the writer's own memory of it is what a client elsewhere would remember.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result};
use clearway_store::{Db, Limits, StoreError};

use crate::deeds::{Plan, Story};
use crate::rng::Rng;
use crate::trace::ACKS;

/// How often a step is tried that the store could not do.
const TRIES: usize = 2;

/// Name of the database within the folder.
pub const NAME: &str = "clearway.db";

/// Opens the database of a folder as the plan wants it.
pub fn open(folder: &Path, plan: &Plan) -> Result<Db, StoreError> {
    let limits = Limits { connections: 4, writers_waiting: 4_096, log_pages: plan.log_pages };
    let db = Db::open_with(&format!("sqlite:{}", folder.join(NAME).display()), &limits)?;
    db.migrate()?;
    Ok(db)
}

/// Lives all stories of a plan in `folder`. A step that the store cannot do is tried again and then given up with its
/// story; whoever started this knows whether that may happen.
pub fn run(folder: &Path, plan: &Plan, seed: u64) -> Result<()> {
    let acks = OpenOptions::new().create(true).append(true).open(folder.join(ACKS));
    let acks = Mutex::new(acks.context("the clients' file cannot be made")?);
    let given_up: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let rounds = plan.stories.iter().map(Story::steps).max().unwrap_or(0);
    let mut db = None;
    for round in 0..rounds {
        if plan.reopens > 0 && round % plan.reopens == 0 {
            db = None;
        }
        let open = match db.take() {
            Some(db) => db,
            None => match (0..TRIES).find_map(|_| open(folder, plan).ok()) {
                Some(db) => db,
                None => return Ok(()),
            },
        };
        thread::scope(|scope| {
            for worker in 0..plan.threads {
                let (open, acks, given_up) = (&open, &acks, &given_up);
                scope.spawn(move || {
                    let mut rng = Rng::new(seed, 100 + (round * 1_000 + worker) as u64);
                    for story in plan.stories.iter().skip(worker).step_by(plan.threads) {
                        step(open, plan, story, round, acks, given_up, &mut rng);
                    }
                });
            }
        });
        db = Some(open);
    }
    if !plan.closes {
        // The program ends in the middle of its life; nobody closes anything.
        std::process::exit(0);
    }
    Ok(())
}

fn step(
    db: &Db,
    plan: &Plan,
    story: &Story,
    step: usize,
    acks: &Mutex<File>,
    given_up: &Mutex<Vec<usize>>,
    rng: &mut Rng,
) {
    let lost = |list: &Mutex<Vec<usize>>| list.lock().is_ok_and(|list| list.contains(&story.number));
    if step >= story.steps() || lost(given_up) {
        return;
    }
    if rng.chance(plan.refusals, 16) {
        // Its answer is an error whatever happens; that nothing of it stays is found out afterwards.
        drop(db.write(|tx| story.perform_and_refuse(tx, step)));
    }
    let done = (0..TRIES).any(|_| db.write(|tx| story.perform(tx, step)).is_ok());
    if !done {
        if let Ok(mut list) = given_up.lock() {
            list.push(story.number);
        }
        return;
    }
    if let Ok(mut file) = acks.lock() {
        // One call for one line. If even this fails, nobody was told of anything.
        let _ = file.write_all(format!("{} {step}\n", story.number).as_bytes());
    }
}
