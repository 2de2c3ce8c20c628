//! Codes that were sent to a phone: one open code per driver and purpose, a few tries, a short life.

use crate::{StoreError, Tx};

/// Tries that one code bears.
const TRIES_MAX: i64 = 5;

statements! {
    /// A new code replaces the one before.
    PUT = "insert into phone_code (driver, purpose, phone, code_hash, sent_at_ms, expires_at_ms, \
    attempt_count) values ($1, $2, $3, $4, $5, $6, 0) on conflict (driver, purpose) do update set \
    phone = excluded.phone, code_hash = excluded.code_hash, sent_at_ms = excluded.sent_at_ms, \
    expires_at_ms = excluded.expires_at_ms, attempt_count = 0, used_at_ms = null";
    /// Every look at a code is a try.
    TRY = "update phone_code set attempt_count = attempt_count + 1 where driver = $1 and purpose = $2";
    /// Uses the code up when it is the right one, in time, and not used.
    USE_UP = "update phone_code set used_at_ms = $1 where driver = $2 and purpose = $3 and code_hash = $4 \
    and used_at_ms is null and expires_at_ms > $1 and attempt_count <= $5";
    /// When the last code was sent.
    SENT_AT = "select sent_at_ms from phone_code where driver = $1 and purpose = $2";
}

/// Stores a code that is about to be sent.
///
/// # Errors
/// Any [`StoreError`].
pub fn put(
    tx: &mut Tx,
    driver: &str,
    purpose: &str,
    phone: &str,
    code_hash: &str,
    now_ms: i64,
    expires_at_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        PUT,
        &[driver.into(), purpose.into(), phone.into(), code_hash.into(), now_ms.into(), expires_at_ms.into()],
    )?;
    Ok(())
}

/// Uses a code up. `false` for a wrong, old or used one, and after too many tries.
///
/// # Errors
/// Any [`StoreError`].
pub fn use_up(
    tx: &mut Tx,
    driver: &str,
    purpose: &str,
    code_hash: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    tx.execute(TRY, &[driver.into(), purpose.into()])?;
    let used = tx.execute(
        USE_UP,
        &[now_ms.into(), driver.into(), purpose.into(), code_hash.into(), TRIES_MAX.into()],
    )?;
    Ok(used == 1)
}

/// When the last code was sent, ms.
///
/// # Errors
/// Any [`StoreError`].
pub fn sent_at(tx: &mut Tx, driver: &str, purpose: &str) -> Result<Option<i64>, StoreError> {
    tx.opt(SENT_AT, &[driver.into(), purpose.into()])?.map(|row| row.get("sent_at_ms")).transpose()
}
