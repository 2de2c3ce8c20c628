//! 我的违法: everything at once from our own data, the programmes being verified meanwhile.

use super::Who;
use crate::assess::{Assessment, assess};
use crate::dossier::Dossier;
use crate::{Error, World, jobs};

/// The home page.
///
/// # Errors
/// [`Error::NotVerified`] before real-name verification; [`Error::Store`].
pub fn home(world: &World, who: &Who) -> Result<Assessment, Error> {
    // Asked first, so that an old answer is never shown as a new one; asking is a job, and this page does not wait for it.
    super::verified(&world.db, who)?;
    jobs::refresh::ask_if_stale(world, &who.driver)?;
    judged(world, who)
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
