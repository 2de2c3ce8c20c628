//! Leases of the job queue and sessions, with clocks that disagree.

use clearway_store::queue::{self, NewJob};
use clearway_store::{Db, StoreError, account, session};
use jiff::Timestamp;

use super::{DAYS, TIMES, WALLS, at};
use crate::contract::engines::Fresh;
use crate::matrix::tally::Tally;

/// Milliseconds of a lease, as the workers take it.
const LEASE_MS: i64 = 60_000;

/// Runs them.
pub fn run(tally: &mut Tally) {
    for (engine, fresh) in [("SQLite", Fresh::memory()), ("PostgreSQL", Fresh::postgres())] {
        let db = fresh.ready();
        leases(tally, &db, engine);
        sessions(tally, &db, engine);
    }
}

/// A job is done at least once and finished once: the second of two workers, by whatever its clock shows, may take over what
/// the first holds, but of the two only one can finish it; the other's outcome is kept out with its transaction.
fn leases(tally: &mut Tally, db: &Db, engine: &str) {
    for day in &DAYS[1..6] {
        for wall in WALLS {
            for passed_s in [1_i64, 59, 60, 61] {
                let key = format!("{} {} {passed_s}", day.word, wall.word);
                let begin = at(day.date, TIMES[5].1);
                let due = match wall.shows(begin, passed_s) >= wall_end(begin) {
                    true => "taken over, finished once by the second",
                    false => "left alone, finished once by the first",
                };
                let told = two_workers(db, &key, begin, wall.shows(begin, passed_s));
                let name = format!(
                    "lease on {engine} over {}, {passed_s} s, second worker's clock {}",
                    day.word, wall.word
                );
                tally.case(&["lease of a job", day.word, wall.word], &name, due, told);
            }
        }
    }
}

fn wall_end(begin: Timestamp) -> Timestamp {
    begin + jiff::SignedDuration::from_millis(LEASE_MS)
}

fn two_workers(db: &Db, key: &str, first: Timestamp, second: Timestamp) -> &'static str {
    let (first, second) = (first.as_millisecond(), second.as_millisecond());
    let job = NewJob { driver: "d", kind: "k", key, run_at_ms: 0, payload: "{}" };
    db.write(|tx| queue::enqueue(tx, &job)).expect("stored");
    let claim = |now, who: &'static str| {
        db.write(|tx| queue::claim(tx, now, who, &[queue::Kind::in_line("k", LEASE_MS)], 1))
            .expect("claimed")
            .pop()
    };
    let one = claim(first, "first").expect("due");
    let two = claim(second, "second");
    let finish = |job: &queue::Claimed| db.write(|tx| queue::complete(tx, job));
    let told = match &two {
        None => match (finish(&one), finish(&one)) {
            (Ok(_), Err(StoreError::Conflict(_))) => "left alone, finished once by the first",
            _ => "left alone, not finished once",
        },
        Some(two) => match (finish(&one), finish(two)) {
            (Err(StoreError::Conflict(_)), Ok(_)) => "taken over, finished once by the second",
            _ => "taken over, not finished once",
        },
    };
    let left = db.read(|tx| queue::find(tx, "d", "k", key)).expect("read");
    if left.is_some() { "still there" } else { told }
}

/// A session ends seven days after it began, by the clock of the node that is asked: a second before it lives, at the
/// instant it is over; a clock that is back cannot wake what its owner has ended.
fn sessions(tally: &mut Tally, db: &Db, engine: &str) {
    for day in &DAYS[1..6] {
        for wall in WALLS {
            for (word, passed_s) in [("a second before its end", 7 * 86_400 - 1), ("at its end", 7 * 86_400)]
            {
                let begin = at(day.date, TIMES[5].1);
                let hash = format!("{} {} {word}", day.word, wall.word);
                let shown = wall.shows(begin, passed_s);
                let (from, until) = (begin.as_millisecond(), begin.as_millisecond() + 7 * 86_400_000);
                let now = shown.as_millisecond();
                let live = db.write(|tx| {
                    account::ensure(tx, "d", "openid-d", from)?;
                    session::open(tx, "d", &hash, from, until)?;
                    let before = session::holder(tx, "d", &hash, now)?.is_some();
                    session::end(tx, "d", &hash, now)?;
                    Ok::<_, StoreError>((before, session::holder(tx, "d", &hash, now)?.is_some()))
                });
                let due = format!("{:?}", (!wall.runs || wall.off_s + passed_s < 7 * 86_400, false));
                let told = format!("{:?}", live.expect("stored"));
                let name = format!("session on {engine} begun on {}, {word}, clock {}", day.word, wall.word);
                tally.case(&["session", day.word, wall.word], &name, &due, &told);
            }
        }
    }
}
