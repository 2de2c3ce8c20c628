//! Small facts about this installation, by name.

use crate::{StoreError, Tx, vals};

statements! {
    GET = "select value from meta where name = $1";
    PUT = "insert into meta (name, value) values ($1, $2) \
        on conflict (name) do update set value = excluded.value";
    PUT_FIRST = "insert into meta (name, value) values ($1, $2) on conflict (name) do nothing";
}

/// The fact of that name.
///
/// # Errors
/// Any [`StoreError`].
pub fn get(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    tx.opt(GET, vals![name])?.map(|row| row.get("value")).transpose()
}

/// Sets the fact of that name where there is none, and answers with the one that holds: of two who come at once both hear of the first.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_first(tx: &mut Tx, name: &str, value: &str) -> Result<String, StoreError> {
    tx.execute(PUT_FIRST, vals![name, value])?;
    get(tx, name)?.ok_or_else(|| StoreError::Missing(format!("the fact {name}")))
}

/// Sets the fact of that name, also over an earlier one.
///
/// # Errors
/// Any [`StoreError`].
pub fn put(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(PUT, vals![name, value]).map(|_| ())
}
