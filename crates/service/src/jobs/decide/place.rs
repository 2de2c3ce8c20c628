//! Nobody overtakes an older intent: neither while the platform is away, nor in the moment in which it is back.

use clearway_store::queue::{self, BEHIND, Claimed, DOWN, Older, SILENT};

use super::{DECIDE, Done, Matter, TRIES_HELD, tried};
use crate::{Error, World};

/// Milliseconds after which an intent that waits behind an older one looks again; it is woken as soon as one gets through.
const HELD_MS: i64 = 15_000;
/// Milliseconds after which an intent looks again that has just woken an older one which slept for nothing.
const WOKEN_MS: i64 = 100;

fn behind(wait_ms: i64) -> Done {
    Done::Later(Some(wait_ms), format!("{BEHIND}an older intent waits for the platform"))
}

/// Tries, unless an older intent waits for the platform.
pub(super) fn in_turn(world: &World, job: &Claimed, matter: &Matter) -> Result<Done, Error> {
    // While the platform is down nobody overtakes an older intent; the oldest asks whether it answers again.
    let now_ms = world.now().as_millisecond();
    match world.db.read(|tx| queue::older_held(tx, job, TRIES_HELD, now_ms).map_err(Error::from))? {
        Some(Older::Down(due_ms)) => {
            world.admission.turns.hold(now_ms, due_ms);
            return Ok(behind(HELD_MS));
        }
        // It was put back just when everybody was woken: it goes first, and nobody sleeps behind it.
        Some(Older::Asleep) => {
            wake_sleepers(world, now_ms)?;
            return Ok(behind(WOKEN_MS));
        }
        None => {}
    }
    if job.attempts == TRIES_HELD + 1 {
        // From this try on it holds nobody up: whoever sleeps behind it need not learn that by sleeping.
        wake_sleepers(world, now_ms)?;
    }
    let done = tried(world, job, matter)?;
    match &done {
        Done::Yes | Done::Store(_) if world.admission.turns.calm_again() => {
            // With the end of this one and not before: until then they would find it down, and sleep again.
            return Ok(done.and(move |tx| Ok(queue::wake(tx, DECIDE, now_ms).map(drop)?)));
        }
        // One that holds nobody up is waited for by nobody.
        Done::Later(wait, why) if holds(why) && job.attempts <= TRIES_HELD => {
            world.admission.turns.trouble(now_ms.saturating_add(wait.unwrap_or(HELD_MS)));
        }
        _ => {}
    }
    Ok(done)
}

/// Whether others wait for an intent that failed with these words ([`queue::older_held`]).
fn holds(why: &str) -> bool {
    why.starts_with(DOWN) && !why.starts_with(SILENT)
}

/// Whoever sleeps behind another intent looks again now.
fn wake_sleepers(world: &World, now_ms: i64) -> Result<(), Error> {
    world.db.write(|tx| queue::wake_behind(tx, DECIDE, now_ms).map_err(Error::from))?;
    world.bell.ring();
    Ok(())
}

/// Asked by an intent whose record the platform has just told, before it writes. After an outage that answer is the first sign
/// that the platform is back, and it came to whoever happened to ask: those who were failed before, some of them so often that
/// they hold nobody up any more, go first, and it was not they who were wrong.
pub(super) fn gives_way(world: &World, job: &Claimed) -> Result<Option<Done>, Error> {
    let now_ms = world.now().as_millisecond();
    let turns = &world.admission.turns;
    if turns.is_away() {
        world.db.write(|tx| queue::restore(tx, DECIDE, now_ms).map_err(Error::from))?;
        turns.back(now_ms);
        world.bell.ring();
    }
    if !turns.is_just_back(now_ms) {
        return Ok(None);
    }
    let older = world.db.read(|tx| queue::older_due(tx, job, now_ms).map_err(Error::from))?;
    Ok(older.then(|| behind(WOKEN_MS)))
}
