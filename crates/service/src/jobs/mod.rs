//! Work that calls the outside: its intent is stored in the business transaction first, its body runs afterwards, as
//! often as it takes. A body tells whether to come back later or to give up.

pub mod back;
pub mod bell;
pub mod decide;
pub mod expire;
pub mod manual;
pub mod own;
pub mod pay;
pub mod rails;
pub mod reconcile;
pub mod refresh;
mod unheard;

pub(crate) use unheard::Unheard;
pub use unheard::came_apart;

pub use bell::{Bell, Lane};

use clearway_connect::calls_made;
use clearway_domain::admission::Side;
use clearway_store::finding::{self, Finding};
use clearway_store::queue::{self, Claimed, NewJob, Order};
use clearway_store::{StoreError, Tx};

use crate::{Error, World, admission};

/// Milliseconds for which a claimed decision is its worker's. Others may wait behind it, so it is short; whoever writes to the
/// platform holds on to it for longer first (`decide::look::sending`).
const LEASE_MS: i64 = 60_000;
/// The same of work that asks the platform several times, each time as long as it may take: a second worker at it would only make a
/// slow platform slower. What a process held that has ended is let go as soon as that is known, and not with the lease.
const LONG_LEASE_MS: i64 = 300_000;
/// The same of a day's comparison with the rail's bill, which may be of a hundred thousand lines.
const DAY_LEASE_MS: i64 = 3_600_000;
/// First and longest wait between two tries, ms.
const BACKOFF_MS: (i64, i64) = (2_000, 300_000);

/// Kind of the finding of work that was given up.
pub const BURIED: &str = "job-given-up";

fn subject(kind: &str, key: &str) -> String {
    format!("{kind}/{key}")
}

/// Id of the finding of a job that was given up.
#[must_use]
pub fn buried_id(kind: &str, key: &str) -> String {
    finding::id(BURIED, &subject(kind, key))
}

/// What is stored in the transaction that ends a job. It may run again from the start: it touches nothing but the `Tx`.
pub type Outcome = dyn FnMut(&mut Tx) -> Result<(), Error> + Send;

/// What a body answers.
pub enum Done {
    /// Over; whatever had to be stored is stored.
    Yes,
    /// Over as soon as this is stored: both or neither, with one flush.
    Store(Box<Outcome>),
    /// To be tried again: after this many ms, or with growing waits when `None`.
    Later(Option<i64>, String),
    /// To be tried at this instant, ms UTC, and not before; nothing has failed.
    At(i64, String),
    /// Hopeless without a person.
    Never(String),
}

impl Done {
    /// The same with something more to be stored at its end; nothing where it is not over.
    fn and(self, mut more: impl FnMut(&mut Tx) -> Result<(), Error> + Send + 'static) -> Self {
        match self {
            Self::Yes => Self::Store(Box::new(more)),
            Self::Store(mut outcome) => Self::Store(Box::new(move |tx| {
                outcome(tx)?;
                more(tx)
            })),
            later => later,
        }
    }
}

/// Every kind of job, what is nearest to its end first: decisions, then money, then knowledge. Where more come than can be served,
/// knowledge has three quarters of the platform, because whoever looks stands there and waits, and decisions have the rest, so that
/// whoever has begun comes to an end (`clearway_domain::admission::Balance`). What a decision has changed and its check digit are read after that: the decision stands without
/// them, and nobody waits.
pub const KINDS: &[&str] = &[
    decide::DECIDE,
    pay::PREPAY,
    pay::ASK,
    back::REFUND,
    manual::MANUAL,
    own::OWN,
    refresh::REFRESH,
    refresh::AFTER,
    decide::CHECK_DIGIT,
    expire::EXPIRE,
    reconcile::DAY,
];

/// What whoever looks waits for. First of all kinds while it has had less than its part of the platform.
pub(crate) const KNOWLEDGE: [&str; 2] = [own::OWN, refresh::REFRESH];

/// The kinds that need nothing of the platform.
const AWAY: &[&str] = &[pay::PREPAY, pay::ASK, back::REFUND, manual::MANUAL, expire::EXPIRE, reconcile::DAY];

/// How these kinds are claimed.
fn claims<'k>(kinds: &[&'k str]) -> Vec<queue::Kind<'k>> {
    let claim = |name: &&'k str| match *name {
        decide::DECIDE => queue::Kind::in_line(name, LEASE_MS),
        own::OWN | refresh::REFRESH => queue::Kind::in_line(name, LONG_LEASE_MS),
        refresh::AFTER | decide::CHECK_DIGIT | manual::MANUAL => {
            queue::Kind { name, lease_ms: LONG_LEASE_MS, order: Order::Due }
        }
        reconcile::DAY => queue::Kind { name, lease_ms: DAY_LEASE_MS, order: Order::Due },
        // A rail answers within seconds, and a payer stands there.
        _ => queue::Kind { name, lease_ms: LEASE_MS, order: Order::Due },
    };
    kinds.iter().map(claim).collect()
}

/// Stores a job; the same job asked for twice stays one.
///
/// # Errors
/// Any [`StoreError`].
pub fn enqueue(tx: &mut Tx, driver: &str, kind: &str, key: &str, run_at_ms: i64) -> Result<(), StoreError> {
    queue::enqueue(tx, &NewJob { driver, kind, key, run_at_ms, payload: "{}" })?;
    Ok(())
}

/// Claims and runs one due job. `false` when none was due.
///
/// # Errors
/// [`Error::Store`] when the queue itself cannot be used; a failing body is no error here.
pub fn run_one(world: &World, worker: &str) -> Result<bool, Error> {
    unheard::hear(world, worker, || {
        let Some(job) = first(world, worker, Lane::Any)? else { return Ok(false) };
        run(world, &job, || Ok(Vec::new()))?;
        Ok(true)
    })
}

/// Claims and runs due jobs of a lane, one after the other, until there is none or `go_on` says no: the end of one and the
/// claim of the next are one write. `false` when none was due. A process keeps a few workers away from the platform's
/// work, so that money is never behind a platform that is slow to answer.
///
/// # Errors
/// As [`run_one`].
pub fn run_due(world: &World, worker: &str, lane: Lane, go_on: impl Fn() -> bool) -> Result<bool, Error> {
    unheard::hear(world, worker, || {
        let Some(mut job) = first(world, worker, lane)? else { return Ok(false) };
        // Nothing is waited for between the end of a job and its storing: a platform without room is for the next look around.
        let kinds = || if go_on() { due(world, lane, 0) } else { Ok(Vec::new()) };
        while let Some(next) = run(world, &job, kinds)? {
            job = next;
        }
        Ok(true)
    })
}

fn first(world: &World, worker: &str, lane: Lane) -> Result<Option<Claimed>, Error> {
    let kinds = due(world, lane, ROOM_MS)?;
    if kinds.is_empty() {
        return Ok(None);
    }
    let now = world.now().as_millisecond();
    let claimed =
        world.db.write(|tx| queue::claim(tx, now, worker, &claims(&kinds), 1).map_err(Error::from))?;
    Ok(claimed.into_iter().next())
}

/// Runs a job and claims another one of the kinds that `next` names.
fn run(
    world: &World,
    job: &Claimed,
    next: impl Fn() -> Result<Vec<&'static str>, Error>,
) -> Result<Option<Claimed>, Error> {
    // Where one was due there may be another, and a colleague who sleeps.
    world.bell.ring();
    let made = calls_made();
    let mut done = body(world, job).unwrap_or_else(again);
    let calls = calls_made() - made;
    // What was done is stored also when nobody can say what comes next.
    let kinds = next().unwrap_or_else(|error| {
        tracing::warn!(%error, "the queue cannot be looked at");
        Vec::new()
    });
    let stores = matches!(done, Done::Store(_));
    let ended = match finish(world, job, &mut done, &kinds) {
        // Nothing of the outcome was kept: the job is tried again.
        Err(NotEnded::Outcome(error)) => finish(world, job, &mut again(error), &kinds),
        Err(NotEnded::Queue(StoreError::InDoubt(_))) => unheard::finish_again(world, job, &mut done),
        ended => ended,
    };
    if let Some(side) = side(&job.kind) {
        let over = ended.as_ref().is_ok_and(|ended| match side {
            Side::Decisions => ended.turn,
            Side::Knowledge => ended.job,
        });
        world.admission.shares.spend(side, calls, u64::from(over));
    }
    let ended = ended.map_err(|why| match why {
        NotEnded::Queue(error) => error.into(),
        NotEnded::Outcome(error) => error,
    })?;
    if stores {
        world.bell.ring();
    }
    world.bell.finished(&address(&job.driver, &job.kind, &job.key));
    Ok(ended.next)
}

/// Whose part of the platform a kind of job belongs to; none where nobody waits for it.
fn side(kind: &str) -> Option<Side> {
    match kind {
        decide::DECIDE => Some(Side::Decisions),
        kind if KNOWLEDGE.contains(&kind) => Some(Side::Knowledge),
        _ => None,
    }
}

/// What becomes of a job whose body failed.
fn again(error: Error) -> Done {
    // The store failed, not the work, which keeps its place among the others.
    let stored = |wait_ms, why: &str| Done::Later(wait_ms, format!("{}{why}", queue::STORE));
    match error {
        // They all come again as soon as this can be stored.
        Error::Store(error @ (StoreError::Unavailable(_) | StoreError::InDoubt(_))) => {
            stored(Some(200), &error.to_string())
        }
        Error::Store(error) if error.is_passing() => stored(None, &error.to_string()),
        // Another hand was faster: look again soon with fresh eyes.
        Error::Conflict(conflict) => stored(Some(200), &conflict.to_string()),
        Error::Store(StoreError::Conflict(what)) => stored(Some(200), &what),
        other => Done::Later(None, other.to_string()),
    }
}

/// Milliseconds for which a worker waits for room at the platform before it looks around again.
const ROOM_MS: u64 = 100;

/// The kinds of which one may be claimed now, beginning with one that is due; none when nothing is. Work for the platform
/// is begun only when a call could go out at once: what waits, waits in its place, and nothing is claimed to be put back.
/// Room is waited for at most `wait_ms`.
fn due(world: &World, lane: Lane, wait_ms: u64) -> Result<Vec<&'static str>, Error> {
    let now_ms = world.now().as_millisecond();
    // An idle worker only looks: claiming is a write, and a write is a flush.
    let from = |kinds: &[&'static str]| {
        let first = world.db.read(|tx| queue::first_due(tx, kinds, now_ms).map_err(Error::from))?;
        Ok::<_, Error>(first.map(|at| kinds.iter().skip(at).copied().collect()).unwrap_or_default())
    };
    if lane == Lane::Away {
        return from(AWAY);
    }
    // While an older decision holds the others up none is begun.
    let held = world.admission.turns.held(now_ms);
    let turn = world.admission.shares.next();
    let first: &[&str] = if turn == Side::Knowledge { &KNOWLEDGE } else { &[] };
    let rest = KINDS.iter().filter(|kind| !first.contains(kind) && (!held || **kind != decide::DECIDE));
    let kinds: Vec<&str> = first.iter().chain(rest).copied().collect();
    if let Some(pace) = world.authority.pace().filter(|pace| !pace.has_room()) {
        let away = from(AWAY)?;
        if !away.is_empty() || from(&kinds)?.is_empty() || !pace.wait_room(wait_ms) {
            return Ok(away);
        }
    }
    let kinds = from(&kinds)?;
    // Its side has nothing to do, or may not: the other need not give back what it takes meanwhile.
    if kinds.first().and_then(|first| side(first)) != Some(turn) {
        world.admission.shares.alone();
    }
    Ok(kinds)
}

fn body(world: &World, job: &Claimed) -> Result<Done, Error> {
    match job.kind.as_str() {
        pay::PREPAY => pay::prepay(world, job),
        pay::ASK => pay::ask(world, &job.driver, &job.key),
        decide::DECIDE => decide::decide(world, job),
        decide::CHECK_DIGIT => decide::check_digit(world, &job.driver, &job.key),
        manual::MANUAL => manual::manual(world, &job.driver, &job.key),
        back::REFUND => back::refund(world, &job.driver, &job.key),
        own::OWN => own::own(world, &job.driver),
        refresh::REFRESH | refresh::AFTER => refresh::refresh(world, job),
        expire::EXPIRE => expire::expire(world, &job.driver, &job.key),
        reconcile::DAY => reconcile::day(world, &job.key),
        other => Ok(Done::Never(format!("no body for a job of kind {other}"))),
    }
}

/// Why a job could not be ended.
enum NotEnded {
    /// What it had to store was refused.
    Outcome(Error),
    /// The queue cannot be used.
    Queue(StoreError),
}

impl From<StoreError> for NotEnded {
    fn from(error: StoreError) -> Self {
        Self::Queue(error)
    }
}

/// What the end of a job brought.
#[derive(Default)]
struct Ended {
    /// The job is over, and not only tried.
    job: bool,
    /// The driver's turn was over with it.
    turn: bool,
    /// What its worker does next.
    next: Option<Claimed>,
}

/// Ends a job with what it has to store, and claims the next one of `kinds`: one transaction.
fn finish(world: &World, job: &Claimed, done: &mut Done, kinds: &[&str]) -> Result<Ended, NotEnded> {
    let now = world.now().as_millisecond();
    let job_over = matches!(done, Done::Yes | Done::Store(_));
    let ended = world.db.write(|tx| {
        let turn = admission::turn::hold(tx, job)?;
        end(tx, job, done, now)?;
        let turn = admission::turn::settle(tx, job, turn, now)?;
        let next = queue::claim(tx, now, &job.worker, &claims(kinds), 1)?.into_iter().next();
        Ok(Ended { job: job_over, turn, next })
    });
    match ended {
        // The lease ran out and somebody else has it: theirs to finish.
        Err(NotEnded::Queue(StoreError::Conflict(_))) => Ok(Ended::default()),
        ended => ended,
    }
}

fn end(tx: &mut Tx, job: &Claimed, done: &mut Done, now: i64) -> Result<(), NotEnded> {
    match done {
        Done::Yes => queue::complete(tx, job).map(|_| ())?,
        Done::Store(outcome) => {
            outcome(tx).map_err(NotEnded::Outcome)?;
            queue::complete(tx, job).map(|_| ())?;
        }
        Done::Later(wait, why) => {
            let wait = wait.unwrap_or_else(|| queue::backoff_ms(job, BACKOFF_MS.0, BACKOFF_MS.1));
            tracing::info!(kind = job.kind, attempts = job.attempts, wait_ms = wait, why, "job again later");
            let at = now.saturating_add(wait);
            // Whoever was not let to try has not failed: the next failure is not waited for any longer because of it.
            let tried = !why.starts_with(queue::BEHIND);
            if tried { queue::retry(tx, job, at, why) } else { queue::put_back(tx, job, at, why) }?;
        }
        Done::At(at, why) => queue::put_back(tx, job, *at, why)?,
        Done::Never(why) => {
            tracing::error!(kind = job.kind, why, "job set aside for a person");
            let detail = serde_json::json!({ "kind": job.kind, "why": why }).to_string();
            finding::put(
                tx,
                &Finding::new(BURIED, &subject(&job.kind, &job.key), Some(&job.driver), 0, now)
                    .with_detail(detail),
            )?;
            queue::bury(tx, job, now, why)?;
        }
    }
    Ok(())
}

/// What a job is called on the bell.
fn address(driver: &str, kind: &str, key: &str) -> String {
    format!("{driver}/{kind}/{key}")
}

/// Waits until a job that was just stored is done, at most `wait_ms`, so that a page can show the outcome at once.
/// Correctness never hangs on it: the page after it reads whatever state there is.
pub fn wait_for(world: &World, driver: &str, kind: &str, key: &str, wait_ms: u64) {
    world.bell.ring();
    world.bell.wait_finished(&address(driver, kind, key), wait_ms, || {
        world
            .db
            .read(|tx| queue::find(tx, driver, kind, key))
            .map_or(true, |job| job.is_none_or(|job| job.last_error.is_some() || job.buried_at_ms.is_some()))
    });
}

/// Waits for the rail's notice of an order that may have been paid this moment, at most `wait_ms`.
pub fn wait_for_notice(world: &World, driver: &str, order_id: &str, wait_ms: u64) {
    world.bell.wait_finished(&address(driver, pay::ASK, order_id), wait_ms, || {
        // Whoever has the money asks no more.
        world.db.read(|tx| queue::find(tx, driver, pay::ASK, order_id)).map_or(true, |job| job.is_none())
    });
}

/// Tells whoever waits for it that a notice of an order was applied.
pub fn noticed(world: &World, driver: &str, order_id: &str) {
    world.bell.ring();
    world.bell.finished(&address(driver, pay::ASK, order_id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Conflict;

    /// By these words `store::turn` knows that nobody's turn is over.
    #[test]
    fn a_fault_of_our_own_store_says_so_and_another_one_does_not() {
        let words = |error: Error| match again(error) {
            Done::Later(_, why) => why,
            _ => panic!("it is not tried again"),
        };
        let why = || "why".to_owned();
        let ours = [
            Error::Store(StoreError::Busy(why())),
            Error::Store(StoreError::Full(7)),
            Error::Store(StoreError::Unavailable(why())),
            Error::Store(StoreError::InDoubt(why())),
            Error::Store(StoreError::Conflict(why())),
            Error::Conflict(Conflict::CaseMoved),
        ];
        for error in ours {
            let why = words(error);
            assert!(why.starts_with(queue::STORE), "{why}");
        }
        for error in [Error::Store(StoreError::Missing(why())), Error::Broken(why())] {
            let why = words(error);
            assert!(!why.starts_with(queue::STORE), "{why}");
        }
    }
}
