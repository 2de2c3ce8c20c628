//! Codes to registered phones: sent within limits, taken once, five wrong ones lock.

use clearway_domain::Phone;
use clearway_store::{Tx, phone_code};
use jiff::SignedDuration;

use crate::citizen::{Who, identity};
use crate::dossier::instant;
use crate::{Error, World};

/// How long a code may be used.
const VALID: SignedDuration = SignedDuration::from_mins(5);

/// Counts a phone on file that may be somebody else's, before anybody is asked for it: ten a day for one driver, over all purposes.
///
/// # Errors
/// [`Error::LockedUntil`] when the day's are used up.
pub fn count_stranger(world: &World, who: &Who, tx: &mut Tx) -> Result<(), Error> {
    match phone_code::count_stranger(tx, &who.driver, world.now().as_millisecond())? {
        Some(until) => Err(Error::LockedUntil(instant(until))),
        None => Ok(()),
    }
}

/// Sends a code. Purposes are separate: the code of one never serves another.
///
/// # Errors
/// [`Error::LockedUntil`] when the phone was sent its share for this hour; [`Error::Unavailable`] when the message cannot
/// be sent.
pub fn send(world: &World, who: &Who, purpose: &str, phone: &Phone) -> Result<(), Error> {
    let now = world.now();
    let code = world.new_code();
    let until = world.db.write(|tx| {
        let until = phone_code::rests_until(tx, &who.driver, purpose, now.as_millisecond())?;
        if until.is_none() {
            let code = phone_code::Code {
                phone: phone.reveal(),
                code_hash: &world.keyed("code", &code),
                sent_at_ms: now.as_millisecond(),
                expires_at_ms: (now + VALID).as_millisecond(),
            };
            phone_code::put(tx, &who.driver, purpose, &code)?;
        }
        Ok::<_, Error>(until)
    })?;
    if let Some(until) = until {
        return Err(Error::LockedUntil(instant(until)));
    }
    world.notifier.send_code(phone, &code).map_err(|fault| Error::Unavailable { who: "sms", fault })?;
    Ok(())
}

/// Takes a code.
///
/// # Errors
/// [`Error::BadInput`] for a wrong, old or used code, [`Error::LockedUntil`] after five of them.
pub fn take(world: &World, who: &Who, purpose: &str, code: &str) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    let good = world.db.write(|tx| {
        phone_code::use_up(tx, &who.driver, purpose, &world.keyed("code", code.trim()), now)
            .map_err(Error::from)
    })?;
    if good {
        return Ok(());
    }
    identity::count_try(world, who)?;
    Err(Error::BadInput { field: "code", value: String::new(), fix: "wrong-code" })
}
