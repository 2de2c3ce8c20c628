//! What binds a database to the installation that began it.

use clearway_store::{Db, account, meta};

use crate::{Error, World};

/// Name of the fact, and what its keyed hash is made of.
const SECRET: &str = "secret";
const PURPOSE: &str = "installation";

/// Holds the secret of this process against the one with which the database was begun, and remembers it where that is not known yet. Ids
/// of drivers are keyed with it: under another secret every driver would be a stranger to their own cases, and what is stored then
/// would belong to nobody. What is remembered is a keyed hash, which tells nothing of it.
///
/// # Errors
/// [`Error::Broken`] when it is another one; [`Error::Store`].
pub fn begin(world: &World) -> Result<(), Error> {
    if check(world)? {
        return Ok(());
    }
    let ours = world.keyed(PURPOSE, SECRET);
    let first = world.db.write(|tx| meta::put_first(tx, SECRET, &ours).map_err(Error::from))?;
    if first == ours { Ok(()) } else { Err(another()) }
}

/// The same for whoever only comes to a database that is there: nothing is remembered. Whether it was known which secret it is.
///
/// # Errors
/// As [`begin`].
pub fn check(world: &World) -> Result<bool, Error> {
    let (known, somebody) = world.db.read(|tx| {
        let known = meta::get(tx, SECRET)?;
        let first = if known.is_none() { account::drivers(tx, "", 1)?.pop() } else { None };
        let somebody = first.map(|driver| account::find(tx, &driver)).transpose()?.flatten();
        Ok::<_, Error>((known, somebody))
    })?;
    let ours = match (&known, somebody) {
        (Some(first), _) => *first == world.keyed(PURPOSE, SECRET),
        // A database of an earlier build says it by the people in it.
        (None, Some(account)) => account.driver == world.driver_of(&account.openid),
        (None, None) => true,
    };
    if ours { Ok(known.is_some()) } else { Err(another()) }
}

/// Whether a database was begun with a secret, which must be there then. Nothing is laid out for the question.
///
/// # Errors
/// [`Error::Store`].
pub fn is_begun(db: &Db) -> Result<bool, Error> {
    if !db.is_laid_out()? {
        return Ok(false);
    }
    db.read(|tx| Ok(meta::get(tx, SECRET)?.is_some() || !account::drivers(tx, "", 1)?.is_empty()))
}

/// The first part of [`begin`], for a database whose schema may be of an earlier build: what is written down is held against the
/// secret of this process, before that schema is touched.
///
/// # Errors
/// As [`begin`].
pub fn recognise(world: &World) -> Result<(), Error> {
    if !world.db.is_laid_out()? {
        return Ok(());
    }
    let known = world.db.read(|tx| meta::get(tx, SECRET))?;
    if known.is_none_or(|known| known == world.keyed(PURPOSE, SECRET)) { Ok(()) } else { Err(another()) }
}

fn another() -> Error {
    Error::Broken(
        "it is not the secret with which this database was begun, and would separate every driver from their cases; \
        put that one back, or copy it from a node that has it"
            .to_owned(),
    )
}
