//! What a person can set: messages. Language, size and look live in the browser.

use clearway_store::account;

use super::Who;
use crate::{Error, World};

/// Turns messages on or off.
///
/// # Errors
/// [`Error::Store`].
pub fn messages(world: &World, who: &Who, wanted: bool) -> Result<(), Error> {
    let at = wanted.then(|| world.now().as_millisecond());
    world.db.write(|tx| account::set_messages(tx, &who.driver, at).map_err(Error::from))
}
