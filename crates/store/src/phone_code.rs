//! Codes that were sent to a phone: one open code per driver and purpose, a few tries, a short life.

use crate::{StoreError, Tx, vals};

/// Tries that one code bears.
const TRIES_MAX: i64 = 5;
/// Codes that one phone is sent within an hour.
const SENDS_MAX: i64 = 5;
/// An hour, ms.
const HOUR_MS: i64 = 3_600_000;
/// Phones of other people that one driver may have codes sent to, or look for, within a day.
const STRANGERS_MAX: i64 = 10;
/// A day, ms.
const DAY_MS: i64 = 24 * HOUR_MS;
/// Purpose of the row that counts them. It has no code: nothing hashes to an empty text.
const STRANGERS: &str = "strangers";

statements! {
    /// A new code replaces the one before; an hour after the last one the count begins anew.
    PUT = "insert into phone_code (driver, purpose, phone, code_hash, sent_at_ms, expires_at_ms, \
    attempt_count, sent_count) values ($1, $2, $3, $4, $5, $6, 0, 1) on conflict (driver, purpose) do update set \
    phone = excluded.phone, code_hash = excluded.code_hash, expires_at_ms = excluded.expires_at_ms, \
    attempt_count = 0, used_at_ms = null, sent_count = case when phone_code.sent_at_ms + $7 < excluded.sent_at_ms \
    then 1 else phone_code.sent_count + 1 end, sent_at_ms = excluded.sent_at_ms";
    /// One more of the driver's day, which begins with the first.
    COUNT = "insert into phone_code (driver, purpose, phone, code_hash, sent_at_ms, expires_at_ms, \
    attempt_count, sent_count) values ($1, $2, '', '', $3, 0, 0, 1) on conflict (driver, purpose) do update set \
    sent_count = case when phone_code.sent_at_ms + $4 <= excluded.sent_at_ms then 1 else phone_code.sent_count + 1 end, \
    sent_at_ms = case when phone_code.sent_at_ms + $4 <= excluded.sent_at_ms then excluded.sent_at_ms \
    else phone_code.sent_at_ms end returning sent_at_ms, sent_count";
    /// Every look at a code is a try.
    TRY = "update phone_code set attempt_count = attempt_count + 1 where driver = $1 and purpose = $2";
    /// Uses the code up when it is the right one, in time, and not used.
    USE_UP = "update phone_code set used_at_ms = $1 where driver = $2 and purpose = $3 and code_hash = $4 \
    and used_at_ms is null and expires_at_ms > $1 and attempt_count <= $5";
    /// When the last code was sent, and how many in its hour.
    SENT = "select sent_at_ms, sent_count from phone_code where driver = $1 and purpose = $2";
}

/// A code that is about to be sent.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    /// To which phone.
    pub phone: &'a str,
    /// Keyed hash of the code.
    pub code_hash: &'a str,
    /// When, ms.
    pub sent_at_ms: i64,
    /// Until when it may be used, ms.
    pub expires_at_ms: i64,
}

/// Stores a code that is about to be sent.
///
/// # Errors
/// Any [`StoreError`].
pub fn put(tx: &mut Tx, driver: &str, purpose: &str, code: &Code<'_>) -> Result<(), StoreError> {
    tx.execute(
        PUT,
        vals![driver, purpose, code.phone, code.code_hash, code.sent_at_ms, code.expires_at_ms, HOUR_MS],
    )?;
    Ok(())
}

/// Until when no further code may be sent, ms; `None` when one may be.
///
/// # Errors
/// Any [`StoreError`].
pub fn rests_until(tx: &mut Tx, driver: &str, purpose: &str, now_ms: i64) -> Result<Option<i64>, StoreError> {
    let Some(row) = tx.opt(SENT, vals![driver, purpose])? else { return Ok(None) };
    let until = row.get::<i64>("sent_at_ms")? + HOUR_MS;
    Ok((row.get::<i64>("sent_count")? >= SENDS_MAX && until > now_ms).then_some(until))
}

/// Counts a phone that may be somebody else's: over all purposes, so that nobody goes through a city's plates. Until when there are
/// no more of them, ms; `None` when this one is free.
///
/// # Errors
/// Any [`StoreError`].
pub fn count_stranger(tx: &mut Tx, driver: &str, now_ms: i64) -> Result<Option<i64>, StoreError> {
    let row = tx.one(COUNT, vals![driver, STRANGERS, now_ms, DAY_MS])?;
    let until = row.get::<i64>("sent_at_ms")? + DAY_MS;
    Ok((row.get::<i64>("sent_count")? > STRANGERS_MAX).then_some(until))
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
