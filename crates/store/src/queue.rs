//! Work to be done later, stored in the transaction that wants it (design.md rule 2).
//!
//! A job is known by its driver, its kind and a key of its own; asking twice for the same job makes one. A worker
//! claims a job for the length of a lease and then finishes it in the transaction that stores its outcome. Work is done
//! **at least** once: whoever does it must be able to do it twice.

mod count;

use sha2::{Digest, Sha256};

pub(crate) use count::STATEMENTS as COUNT_STATEMENTS;
pub use count::{Count, counts, open_of};

use crate::{Row, StoreError, Tx, vals};

statements! {
    ENQUEUE = "insert into job (driver, kind, job_key, payload, round, run_at_ms, due_ms, attempts) \
        values ($1, $2, $3, $4, 1, $5, $6, 0) \
        on conflict (driver, kind, job_key) do update set \
            round = job.round + 1, payload = excluded.payload, \
            run_at_ms = case when job.worker is null and job.buried_at_ms is null \
                and job.run_at_ms < excluded.run_at_ms then job.run_at_ms else excluded.run_at_ms end, \
            due_ms = case when job.worker is not null then job.due_ms \
                when job.buried_at_ms is null and job.due_ms < excluded.due_ms then job.due_ms \
                else excluded.due_ms end, \
            attempts = case when job.buried_at_ms is null then job.attempts else 0 end, \
            buried_at_ms = null \
        returning round";
    /// Claims due jobs of one kind. The condition stands twice on purpose: under PostgreSQL two claimers may pick the same
    /// row in the inner select, and only the outer condition, evaluated again on the row as the winner left it, stops the
    /// second (models.md §4.3: without it 853 of 2,000 jobs were claimed twice). The plus keeps SQLite from collecting all
    /// that is due and sorting it: it walks along `job_turn` and stops at the first that it may have.
    CLAIM = "update job set worker = $1, due_ms = $2, attempts = attempts + 1 \
        where (driver, kind, job_key) in (select driver, kind, job_key from job \
            where kind = $3 and +due_ms <= $4 and buried_at_ms is null order by run_at_ms, driver, job_key limit $5) \
        and due_ms <= $4 and buried_at_ms is null \
        returning driver, kind, job_key, payload, round, run_at_ms, attempts";
    /// The same where nobody stands in a line, along `job_due`: what was tried and waits for its time is not walked past.
    CLAIM_DUE = "update job set worker = $1, due_ms = $2, attempts = attempts + 1 \
        where (driver, kind, job_key) in (select driver, kind, job_key from job \
            where kind = $3 and due_ms <= $4 and buried_at_ms is null order by due_ms limit $5) \
        and due_ms <= $4 and buried_at_ms is null \
        returning driver, kind, job_key, payload, round, run_at_ms, attempts";
    EXTEND = "update job set due_ms = $6 \
        where driver = $1 and kind = $2 and job_key = $3 and worker = $4 and attempts = $5";
    FINISH = "delete from job where driver = $1 and kind = $2 and job_key = $3 \
        and worker = $4 and attempts = $5 and round = $6";
    FREE = "update job set worker = null, attempts = 0, last_error = null, due_ms = run_at_ms \
        where driver = $1 and kind = $2 and job_key = $3 and worker = $4 and attempts = $5";
    RETRY = "update job set worker = null, last_error = $7, \
            due_ms = case when round <> $8 and run_at_ms < $6 then run_at_ms else $6 end \
        where driver = $1 and kind = $2 and job_key = $3 and worker = $4 and attempts = $5";
    BURY = "update job set worker = null, buried_at_ms = $6, last_error = $7 \
        where driver = $1 and kind = $2 and job_key = $3 and worker = $4 and attempts = $5 and round = $8";
    CANCEL = "delete from job where driver = $1 and kind = $2 and job_key = $3 and worker is null";
    FIND = "select driver, kind, job_key, payload, round, run_at_ms, due_ms, attempts, worker, last_error, \
        buried_at_ms from job where driver = $1 and kind = $2 and job_key = $3";
    OF_DRIVER = "select driver, kind, job_key, payload, round, run_at_ms, due_ms, attempts, worker, \
        last_error, buried_at_ms from job where driver = $1 order by kind, job_key";
    OF_KIND = "select driver, kind, job_key, payload, round, run_at_ms, due_ms, attempts, worker, \
        last_error, buried_at_ms from job where driver = $1 and kind = $2 order by job_key";
    BURIED = "select driver, kind, job_key, payload, round, run_at_ms, due_ms, attempts, worker, last_error, \
        buried_at_ms from job where buried_at_ms is not null order by buried_at_ms, driver, kind, job_key limit $1";
    OLDER_DOWN = "select due_ms from job where kind = $1 and buried_at_ms is null \
        and run_at_ms <= $2 and (run_at_ms < $2 or driver < $3) and last_error like $4 and attempts <= $5 \
        and last_error not like $6 order by run_at_ms limit 1";
    OLDER_ASLEEP = "select 1 as there from job where kind = $1 and buried_at_ms is null and worker is null \
        and run_at_ms <= $2 and (run_at_ms < $2 or driver < $3) and last_error like $4 and due_ms > $5 limit 1";
    OLDER_DUE = "select 1 as there from job where kind = $1 and buried_at_ms is null and worker is null \
        and run_at_ms <= $2 and (run_at_ms < $2 or driver < $3) and due_ms <= $4 limit 1";
    RESTORE = "update job set due_ms = $5, last_error = $4, attempts = case when last_error like $3 then 0 else attempts end \
        where kind = $1 and (last_error like $2 or last_error like $3) and worker is null and buried_at_ms is null";
    LET_GO = "update job set worker = null, due_ms = $3 \
        where substr(worker, 1, cast($2 as integer)) = $1 and buried_at_ms is null";
    LAY_DOWN = "update job set worker = null, due_ms = $2 where worker = $1 and buried_at_ms is null";
    WAKE = "update job set due_ms = $3 where kind = $1 and last_error like $2 \
        and worker is null and buried_at_ms is null and due_ms > $3";
    PUT_BACK = "update job set worker = null, attempts = attempts - 1, last_error = $7, \
            due_ms = case when round <> $8 and run_at_ms < $6 then run_at_ms else $6 end \
        where driver = $1 and kind = $2 and job_key = $3 and worker = $4 and attempts = $5";
    DUE_OF = "select 1 as due from job where kind = $1 and buried_at_ms is null and due_ms <= $2 limit 1";
}

/// Work that somebody wants done.
#[derive(Debug, Clone, Copy)]
pub struct NewJob<'a> {
    /// Whose data it touches; a name such as `city` for work of the whole city.
    pub driver: &'a str,
    /// Which body does it.
    pub kind: &'a str,
    /// What makes two requests the same work, within driver and kind.
    pub key: &'a str,
    /// Not before, ms UTC.
    pub run_at_ms: i64,
    /// What the body needs to know, as JSON. Ids, not personal data.
    pub payload: &'a str,
}

/// How work of a kind is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind<'a> {
    /// Which body does it.
    pub name: &'a str,
    /// Milliseconds for which a claimed job is its worker's. Unfinished after that, it can be claimed by another.
    pub lease_ms: i64,
    /// Which of those that are due goes first.
    pub order: Order,
}

/// Which of the due jobs of a kind goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The one that was wanted first, however often it was tried since: people stand in a line.
    Wanted,
    /// The one that is due longest: nobody stands there.
    Due,
}

impl<'a> Kind<'a> {
    /// A kind for which people stand in a line.
    #[must_use]
    pub const fn in_line(name: &'a str, lease_ms: i64) -> Self {
        Self { name, lease_ms, order: Order::Wanted }
    }
}

/// A job that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Whose data it touches.
    pub driver: String,
    /// Which body does it.
    pub kind: String,
    /// What makes two requests the same work.
    pub key: String,
    /// What the body needs to know, as JSON.
    pub payload: String,
    /// When it was wanted, ms UTC.
    pub run_at_ms: i64,
    /// This is the how-manieth attempt, from 1.
    pub attempts: i64,
    /// Who holds it.
    pub worker: String,
    round: i64,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose data it touches.
    pub driver: String,
    /// Which body does it.
    pub kind: String,
    /// What makes two requests the same work.
    pub key: String,
    /// What the body needs to know, as JSON.
    pub payload: String,
    /// How often it was asked for since it was last finished.
    pub round: i64,
    /// When it is wanted, ms UTC.
    pub run_at_ms: i64,
    /// When it may next be claimed, ms UTC.
    pub due_ms: i64,
    /// Claims so far.
    pub attempts: i64,
    /// Who holds it, or held it when the lease ran out.
    pub worker: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Since when it waits for a person, ms UTC.
    pub buried_at_ms: Option<i64>,
}

/// What became of a request for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job.
    New,
    /// The same work was open already: it now has this payload and will run (again) after this request.
    Merged,
}

/// What became of a job that its worker has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It is gone.
    Gone,
    /// It was asked for again while it ran, so it will run again.
    Again,
}

/// Stores work in the transaction that wants it. The same work asked for again while it is open stays one job: with the
/// newer payload, at the earlier of both times and of both places, revived if it was buried, and run once more, at the
/// place of the newer request, if it is running just now.
///
/// # Errors
/// Any [`StoreError`].
pub fn enqueue(tx: &mut Tx, job: &NewJob<'_>) -> Result<Enqueued, StoreError> {
    enqueue_due(tx, job, job.run_at_ms)
}

/// The same for work whose place in the order is another than the instant from which it may be done, ms UTC.
///
/// # Errors
/// Any [`StoreError`].
pub fn enqueue_due(tx: &mut Tx, job: &NewJob<'_>, due_ms: i64) -> Result<Enqueued, StoreError> {
    let row = tx.one(ENQUEUE, vals![job.driver, job.kind, job.key, job.payload, job.run_at_ms, due_ms])?;
    Ok(if row.get::<i64>("round")? == 1 { Enqueued::New } else { Enqueued::Merged })
}

/// Claims up to `count_max` due jobs of the given kinds, in the order of the kinds given.
///
/// On PostgreSQL an empty answer may also mean that others were faster: ask again at the next turn.
///
/// # Errors
/// Any [`StoreError`].
pub fn claim(
    tx: &mut Tx,
    now_ms: i64,
    worker: &str,
    kinds: &[Kind<'_>],
    count_max: u32,
) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = Vec::new();
    for Kind { name, lease_ms, order } in kinds {
        if *lease_ms <= 0 {
            return Err(StoreError::Broken("a lease must have a length".into()));
        }
        let until_ms = now_ms.saturating_add(*lease_ms);
        let room = i64::from(count_max) - i64::try_from(claimed.len()).unwrap_or(i64::MAX);
        if room <= 0 {
            break;
        }
        // Where nothing is due a claim would walk past everything that waits for its time, on the one writer there is.
        if tx.opt(DUE_OF, vals![*name, now_ms])?.is_none() {
            continue;
        }
        let sql = match order {
            Order::Wanted => CLAIM,
            Order::Due => CLAIM_DUE,
        };
        for row in tx.query(sql, vals![worker, until_ms, *name, now_ms, room])? {
            claimed.push(held(&row, worker)?);
        }
    }
    Ok(claimed)
}

/// What a worker is called: the process that it belongs to, and its number there.
#[must_use]
pub fn worker_name(instance: &str, number: usize) -> String {
    format!("{instance}/{number}")
}

/// Work that a process held when it ended is due again at once; how many jobs. Only for a process that is over: whoever still
/// did one of them would do it beside the next who claims it.
///
/// # Errors
/// Any [`StoreError`].
pub fn let_go(tx: &mut Tx, instance: &str, now_ms: i64) -> Result<u64, StoreError> {
    let workers = format!("{instance}/");
    let length = i64::try_from(workers.chars().count()).unwrap_or(i64::MAX);
    tx.execute(LET_GO, vals![&workers, length, now_ms])
}

/// What is held under the name of one worker is due again at this instant, ms UTC; how many jobs. Only for that worker itself, while it
/// does nothing: a claim whose answer was lost has given it work of which it knows nothing.
///
/// # Errors
/// Any [`StoreError`].
pub fn lay_down(tx: &mut Tx, worker: &str, due_ms: i64) -> Result<u64, StoreError> {
    tx.execute(LAY_DOWN, vals![worker, due_ms])
}

/// Holds on to a job for longer. [`StoreError::Conflict`] when the lease has been lost to another.
///
/// # Errors
/// [`StoreError::Conflict`] and any other.
pub fn extend(tx: &mut Tx, job: &Claimed, until_ms: i64) -> Result<(), StoreError> {
    let vals = vals![&job.driver, &job.kind, &job.key, &job.worker, job.attempts, until_ms];
    tx.execute_one("the lease of a job", EXTEND, vals)
}

/// Ends a job, in the transaction that stores its outcome. [`StoreError::Conflict`] when the lease has been lost to
/// another: then nothing of the outcome is kept either.
///
/// # Errors
/// [`StoreError::Conflict`] and any other.
pub fn complete(tx: &mut Tx, job: &Claimed) -> Result<Finished, StoreError> {
    let token = vals![&job.driver, &job.kind, &job.key, &job.worker, job.attempts, job.round];
    if tx.execute(FINISH, token)? == 1 {
        return Ok(Finished::Gone);
    }
    tx.execute_one("the lease of a job", FREE, &token[..5])?;
    Ok(Finished::Again)
}

/// Gives a job back, to be tried again at `at_ms` (see [`backoff_ms`]), with the reason in words without personal data.
/// When it was asked for again meanwhile it does not wait longer than that request said.
///
/// # Errors
/// [`StoreError::Conflict`] when the lease has been lost, and any other.
pub fn retry(tx: &mut Tx, job: &Claimed, at_ms: i64, error: &str) -> Result<(), StoreError> {
    let vals = vals![&job.driver, &job.kind, &job.key, &job.worker, job.attempts, at_ms, error, job.round];
    tx.execute_one("the lease of a job", RETRY, vals)
}

/// Gives a job back that was not tried at all, because it is not its turn: as [`retry`], but no try is counted.
///
/// # Errors
/// [`StoreError::Conflict`] when the lease has been lost, and any other.
pub fn put_back(tx: &mut Tx, job: &Claimed, at_ms: i64, why: &str) -> Result<(), StoreError> {
    let vals = vals![&job.driver, &job.kind, &job.key, &job.worker, job.attempts, at_ms, why, job.round];
    tx.execute_one("the lease of a job", PUT_BACK, vals)
}

/// Sets a hopeless job aside for a person to look at; asking for the same work again revives it, also when that was done
/// while it ran.
///
/// # Errors
/// [`StoreError::Conflict`] when the lease has been lost, and any other.
pub fn bury(tx: &mut Tx, job: &Claimed, now_ms: i64, error: &str) -> Result<(), StoreError> {
    let vals = vals![&job.driver, &job.kind, &job.key, &job.worker, job.attempts, now_ms, error, job.round];
    if tx.execute(BURY, vals)? == 1 {
        return Ok(());
    }
    tx.execute_one("the lease of a job", FREE, &vals[..5])
}

/// Takes back work that nobody has begun; `false` when it is running or was never there.
///
/// # Errors
/// Any [`StoreError`].
pub fn cancel(tx: &mut Tx, driver: &str, kind: &str, key: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(CANCEL, vals![driver, kind, key])? == 1)
}

/// How one job stands; `None` once it is done.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, driver: &str, kind: &str, key: &str) -> Result<Option<Job>, StoreError> {
    tx.opt(FIND, vals![driver, kind, key])?.map(|row| read(&row)).transpose()
}

/// All open jobs of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_driver(tx: &mut Tx, driver: &str) -> Result<Vec<Job>, StoreError> {
    tx.query(OF_DRIVER, vals![driver])?.iter().map(read).collect()
}

/// The open jobs of one kind of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_kind(tx: &mut Tx, driver: &str, kind: &str) -> Result<Vec<Job>, StoreError> {
    tx.query(OF_KIND, vals![driver, kind])?.iter().map(read).collect()
}

/// Words with which a job says that it waits behind an older one, or that the counterpart itself failed it.
pub const BEHIND: &str = "behind: ";
/// See [`BEHIND`].
pub const DOWN: &str = "down: ";
/// Words with which a job says that its own call had no answer in time, while others had theirs: it begins with [`DOWN`], and holds
/// nobody up.
pub const SILENT: &str = "down: no answer: ";
/// Words with which a job says that nothing is wrong with it: our own store failed it, or another hand was faster.
pub const STORE: &str = "store: ";

/// What an older job of the same kind waits for, so that a younger one would overtake it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Older {
    /// The counterpart failed it: it is the one that asks whether the counterpart answers again, not before this instant, ms UTC.
    Down(i64),
    /// It sleeps behind another one that may long be over.
    Asleep,
}

/// Whether an older job of the same kind would be overtaken by this one. One that failed more than `tries_max` times, or that alone
/// had no answer, holds nobody up any more: it may be itself that is wrong. Nor does one that is due: whoever claims takes the oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn older_held(
    tx: &mut Tx,
    job: &Claimed,
    tries_max: i64,
    now_ms: i64,
) -> Result<Option<Older>, StoreError> {
    let (behind, down) = (format!("{BEHIND}%"), format!("{DOWN}%"));
    let silent = format!("{SILENT}%");
    let values = vals![&job.kind, job.run_at_ms, &job.driver, down, tries_max, silent];
    if let Some(row) = tx.opt(OLDER_DOWN, values)? {
        return Ok(Some(Older::Down(row.get("due_ms")?)));
    }
    let asleep = tx.opt(OLDER_ASLEEP, vals![&job.kind, job.run_at_ms, &job.driver, behind, now_ms])?;
    Ok(asleep.map(|_| Older::Asleep))
}

/// Everything of a kind that sleeps behind another one is due now, the oldest first. How many were woken.
///
/// # Errors
/// Any [`StoreError`].
pub fn wake_behind(tx: &mut Tx, kind: &str, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(WAKE, vals![kind, format!("{BEHIND}%"), now_ms])
}

/// The counterpart answers again: what it failed is due now as well. How many were woken.
///
/// # Errors
/// Any [`StoreError`].
pub fn wake(tx: &mut Tx, kind: &str, now_ms: i64) -> Result<u64, StoreError> {
    Ok(wake_behind(tx, kind, now_ms)? + tx.execute(WAKE, vals![kind, format!("{DOWN}%"), now_ms])?)
}

/// The counterpart is back after it was down as a whole: what it failed, and what sleeps behind that, is due now, in the order in
/// which it was wanted, and none of the failures is held against it. How many.
///
/// # Errors
/// Any [`StoreError`].
pub fn restore(tx: &mut Tx, kind: &str, now_ms: i64) -> Result<u64, StoreError> {
    let (behind, down) = (format!("{BEHIND}%"), format!("{DOWN}%"));
    let why = format!("{BEHIND}the counterpart is back");
    tx.execute(RESTORE, vals![kind, behind, down, why, now_ms])
}

/// Whether an older job of the same kind could be claimed now: it would be overtaken by this one, which was claimed before it
/// was due.
///
/// # Errors
/// Any [`StoreError`].
pub fn older_due(tx: &mut Tx, job: &Claimed, now_ms: i64) -> Result<bool, StoreError> {
    Ok(tx.opt(OLDER_DUE, vals![&job.kind, job.run_at_ms, &job.driver, now_ms])?.is_some())
}

/// Which of these kinds is the first of which a job could be claimed now: a look that costs an idle worker no write.
///
/// # Errors
/// Any [`StoreError`].
pub fn first_due(tx: &mut Tx, kinds: &[&str], now_ms: i64) -> Result<Option<usize>, StoreError> {
    for (at, kind) in kinds.iter().enumerate() {
        if tx.opt(DUE_OF, vals![*kind, now_ms])?.is_some() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Jobs that wait for a person, longest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn buried(tx: &mut Tx, count_max: u32) -> Result<Vec<Job>, StoreError> {
    tx.query(BURIED, vals![count_max])?.iter().map(read).collect()
}

/// How long to wait after a failed attempt: doubling from `first_ms` up to `most_ms`, and up to a quarter more, drawn
/// from the job itself so that jobs that failed together do not come back together.
pub fn backoff_ms(job: &Claimed, first_ms: i64, most_ms: i64) -> i64 {
    let doublings = u32::try_from(job.attempts.clamp(1, 40) - 1).unwrap_or(0);
    let wait_ms = first_ms.max(1).saturating_mul(1_i64 << doublings).clamp(1, most_ms.max(1));
    let digest = Sha256::digest(format!("{}|{}|{}|{}", job.driver, job.kind, job.key, job.attempts));
    wait_ms.saturating_add(i64::from(digest[0]) * (wait_ms / 4) / 256)
}

fn held(row: &Row, worker: &str) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        driver: row.get("driver")?,
        kind: row.get("kind")?,
        key: row.get("job_key")?,
        payload: row.get("payload")?,
        run_at_ms: row.get("run_at_ms")?,
        attempts: row.get("attempts")?,
        worker: worker.to_owned(),
        round: row.get("round")?,
    })
}

fn read(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        driver: row.get("driver")?,
        kind: row.get("kind")?,
        key: row.get("job_key")?,
        payload: row.get("payload")?,
        round: row.get("round")?,
        run_at_ms: row.get("run_at_ms")?,
        due_ms: row.get("due_ms")?,
        attempts: row.get("attempts")?,
        worker: row.get("worker")?,
        last_error: row.get("last_error")?,
        buried_at_ms: row.get("buried_at_ms")?,
    })
}
