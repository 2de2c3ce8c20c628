//! What a person can set: the free consents. Language, size and look live in the browser.

use clearway_store::account;

use super::Who;
use crate::{Error, World};

/// Gives or withdraws the free consents: messages, and counting which pages are hard to use. Withdrawing has to be convenient
/// (个人信息保护法 第十五条), so it is a tick on the same page; a consent that stands keeps the instant from which it stands.
///
/// # Errors
/// [`Error::Store`].
pub fn consents(world: &World, who: &Who, messages: bool, statistics: bool) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    let since = |wanted: bool| wanted.then_some(now_ms);
    world.db.write(|tx| {
        account::set_consents(tx, &who.driver, since(messages), since(statistics)).map_err(Error::from)
    })
}
