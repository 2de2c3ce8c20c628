//! 我的违法: everything at once from our own data, the programmes being verified meanwhile.

use clearway_store::account::{self, Account};
use clearway_store::{Tx, readmodel};

use super::Who;
use super::sign_in::Asked;
use crate::assess::{Assessment, assess};
use crate::dossier::Dossier;
use crate::{Error, World, jobs};

/// The home page.
///
/// # Errors
/// [`Error::NotVerified`] before real-name verification; [`Error::Store`].
pub fn home(world: &World, who: &Who) -> Result<Assessment, Error> {
    home_with(world, |tx| account::find(tx, &who.driver)?.ok_or(Error::NotSignedIn))
}

/// The home page of whoever holds a session cookie: one read of the store finds the session and everything else.
///
/// # Errors
/// [`Error::NotSignedIn`] without a live session, and as [`home`].
pub fn home_of(world: &World, cookie: &str) -> Result<Assessment, Error> {
    let asked = Asked::of(world, cookie)?;
    home_with(world, |tx| asked.account(tx))
}

fn home_with(
    world: &World,
    account: impl Fn(&mut Tx) -> Result<Account, Error>,
) -> Result<Assessment, Error> {
    match look(world, account)? {
        Look::Fresh(dossier) => assess(world, *dossier),
        // Asked first, so that an old answer is never shown as a new one; asking is a job, and this page does not wait for it.
        Look::Stale(who) => {
            jobs::refresh::ask_if_stale(world, &who.driver)?;
            judged(world, &who)
        }
    }
}

/// What one read finds.
enum Look {
    /// Everything, and it is fresh.
    Fresh(Box<Dossier>),
    /// The platform has to be asked again first.
    Stale(Who),
}

fn look(world: &World, account: impl Fn(&mut Tx) -> Result<Account, Error>) -> Result<Look, Error> {
    let now = world.now().as_millisecond();
    world.db.read(|tx| {
        let account = account(tx)?;
        if account.verified_at_ms.is_none() {
            return Err(Error::NotVerified);
        }
        let knowledge = readmodel::knowledge(tx, &account.driver)?;
        if !jobs::refresh::stale(&knowledge, now).is_empty() {
            return Ok(Look::Stale(Who { driver: account.driver }));
        }
        Ok(Look::Fresh(Box::new(Dossier::load_rest(tx, account, &knowledge)?)))
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

/// Asks again about what could not be verified, on the driver's wish.
///
/// # Errors
/// [`Error::Store`].
pub fn retry(world: &World, who: &Who) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    let dossier = crate::dossier::load(world, &who.driver)?;
    world.db.write(|tx| {
        dossier.failed_topics().try_for_each(|topic| jobs::refresh::enqueue(tx, &who.driver, topic, now))
    })?;
    world.bell.ring();
    Ok(())
}
