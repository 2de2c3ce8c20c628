//! Small facts about this installation, by name.

use crate::{StoreError, Tx, vals};

statements! {
    GET = "select value from meta where name = $1";
    PUT = "insert into meta (name, value) values ($1, $2) \
        on conflict (name) do update set value = excluded.value";
}

/// The fact of that name.
///
/// # Errors
/// Any [`StoreError`].
pub fn get(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    tx.opt(GET, vals![name])?.map(|row| row.get("value")).transpose()
}

/// Sets the fact of that name, also over an earlier one.
///
/// # Errors
/// Any [`StoreError`].
pub fn put(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(PUT, vals![name, value]).map(|_| ())
}
