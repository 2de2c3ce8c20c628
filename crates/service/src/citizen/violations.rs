//! 我的违法: everything at once from our own data, the programmes being verified meanwhile.

use clearway_store::account::{self, Account};
use clearway_store::{Tx, readmodel};

use super::Who;
use super::sign_in::Asked;
use crate::admission::again_ms;
use crate::assess::{Assessment, assess};
use crate::dossier::{Dossier, Standing};
use crate::{Error, World, jobs};

/// The home page; whatever is no longer fresh is asked again first.
///
/// # Errors
/// [`Error::NotVerified`] before real-name verification; [`Error::Store`].
pub fn home(world: &World, who: &Who) -> Result<Assessment, Error> {
    match look(world, |tx| account::find(tx, &who.driver)?.ok_or(Error::NotSignedIn))? {
        Some(dossier) => assess(world, dossier),
        None => asked_home(world, who),
    }
}

/// The home page of somebody of whom not everything is fresh. It is asked first, so that an old answer is never shown as a new
/// one; asking is a job, and this page does not wait for it.
///
/// # Errors
/// As [`home`].
pub fn asked_home(world: &World, who: &Who) -> Result<Assessment, Error> {
    jobs::refresh::ask_if_stale(world, &who.driver)?;
    judged(world, who)
}

/// The home page of whoever holds a session cookie: one read of the store finds the session and everything else, and nothing
/// is written. `None` when the platform has to be asked again first: see [`asked_home`].
///
/// # Errors
/// [`Error::NotSignedIn`] without a live session, and as [`home`].
pub fn fresh_home_of(world: &World, cookie: &str) -> Result<Option<Assessment>, Error> {
    let asked = Asked::of(world, cookie)?;
    look(world, |tx| asked.account(tx))?.map(|dossier| assess(world, dossier)).transpose()
}

/// How far the verification is of whoever holds a session cookie, and whether something of it is asked behind everybody who
/// waits: then see [`look_on`].
///
/// # Errors
/// [`Error::NotSignedIn`] without a live session; [`Error::Store`].
pub fn standing_of(world: &World, cookie: &str) -> Result<(Standing, bool), Error> {
    let asked = Asked::of(world, cookie)?;
    world.db.read(|tx| {
        let account = asked.account(tx)?;
        let standing = Standing::load(tx, &account.driver)?;
        let behind = standing.asked_since().is_some() && jobs::refresh::is_behind(tx, &account.driver)?;
        Ok((standing, behind))
    })
}

/// Whoever looks on waits: what is asked behind everybody else has its place again.
///
/// # Errors
/// [`Error::Store`].
pub fn look_on(world: &World, who: &Who) -> Result<(), Error> {
    jobs::refresh::ask_if_stale(world, &who.driver)
}

/// Everything about a verified driver in one read, when it is fresh.
fn look(
    world: &World,
    account: impl Fn(&mut Tx) -> Result<Account, Error>,
) -> Result<Option<Dossier>, Error> {
    let now = world.now().as_millisecond();
    world.db.read(|tx| {
        let account = account(tx)?;
        if account.verified_at_ms.is_none() {
            return Err(Error::NotVerified);
        }
        let knowledge = readmodel::knowledge(tx, &account.driver)?;
        if !jobs::refresh::is_fresh(tx, &account.driver, &knowledge, now)? {
            return Ok(None);
        }
        Dossier::load_rest(tx, account, &knowledge).map(Some)
    })
}

/// The judged dossier, without asking anybody again.
///
/// # Errors
/// As [`home`].
pub fn judged(world: &World, who: &Who) -> Result<Assessment, Error> {
    let dossier: Dossier = crate::dossier::load(world, &who.driver)?;
    if dossier.account.verified_at_ms.is_none() {
        return Err(Error::NotVerified);
    }
    assess(world, dossier)
}

/// Time from which a verification takes longer than usual, ms.
const SLOW_MS: i64 = 8_000;
/// Shortest time between two looks at a verification, ms: where events arrive nobody needs to ask at all.
const LOOK_MS: u32 = 2_000;

/// How long a verification takes: for the page that waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Whether it takes longer than usual.
    pub slow: bool,
    /// Milliseconds after which it makes sense to look again.
    pub again_ms: u32,
}

/// How long the verification of a driver takes; `None` when none is running.
#[must_use]
pub fn pending(world: &World, standing: &Standing) -> Option<Pending> {
    let asked_ms = standing.asked_since()?.as_millisecond();
    let now_ms = world.now().as_millisecond();
    let (waited_ms, wait) = (now_ms - asked_ms, world.admission.checks.wait(now_ms, asked_ms));
    Some(Pending {
        slow: waited_ms.saturating_add(wait.least_ms()) >= SLOW_MS,
        again_ms: again_ms(waited_ms, wait).max(LOOK_MS),
    })
}

/// Asks again about what could not be verified, on the driver's wish.
///
/// # Errors
/// [`Error::Store`].
pub fn retry(world: &World, who: &Who) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    let dossier = crate::dossier::load(world, &who.driver)?;
    let failed: Vec<_> = dossier.failed_topics().collect();
    world.db.write(|tx| jobs::refresh::enqueue(tx, &who.driver, &failed, now))?;
    world.bell.ring();
    Ok(())
}
