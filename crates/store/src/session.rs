//! Sessions, and sign-in states that were used. Only keyed hashes of secrets are stored.

use crate::account::{self, Account};
use crate::{StoreError, Tx};

statements! {
    /// Uses a sign-in state up, once. It is proved by itself; only that it was used has to be remembered, as long as it lives.
    USE_STATE = "insert into sign_in_state (state_hash, browser_hash, return_to, expires_at_ms, used_at_ms) \
    values ($1, $2, $3, $4, $5) on conflict (state_hash) do nothing";
    /// Old states go, a few at a time.
    SWEEP_STATES = "delete from sign_in_state where state_hash in \
    (select state_hash from sign_in_state where expires_at_ms < $1 order by expires_at_ms limit 16)";
    /// A new session.
    OPEN = "insert into session (driver, token_hash, created_at_ms, expires_at_ms) \
    values ($1, $2, $3, $4)";
    /// The account of a session that lives.
    HOLDER = "select a.driver as driver, a.openid as openid, a.id_number as id_number, a.name as name, \
    a.phone as phone, a.verified_at_ms as verified_at_ms, a.notice_version as notice_version, \
    a.messages_at_ms as messages_at_ms, a.statistics_at_ms as statistics_at_ms, \
    a.followed_at_ms as followed_at_ms, a.under_review_at_ms as under_review_at_ms, \
    a.locked_until_ms as locked_until_ms from session s join account a on a.driver = s.driver \
    where s.driver = $1 and s.token_hash = $2 and s.ended_at_ms is null and s.expires_at_ms > $3";
    /// Ends a session.
    END = "update session set ended_at_ms = $1 where driver = $2 and token_hash = $3";
}

/// A sign-in that comes back from the authorisation page.
#[derive(Debug, Clone, Copy)]
pub struct SignInState<'s> {
    /// Keyed hash of the state.
    pub state_hash: &'s str,
    /// Keyed hash of the secret of the browser that began.
    pub browser_hash: &'s str,
    /// Local path to go on with.
    pub return_to: &'s str,
    /// Until when the state could be used, ms.
    pub expires_at_ms: i64,
}

/// Uses a state up; `false` when it was used before.
///
/// # Errors
/// Any [`StoreError`].
pub fn use_state(tx: &mut Tx, state: &SignInState<'_>, now_ms: i64) -> Result<bool, StoreError> {
    let SignInState { state_hash, browser_hash, return_to, expires_at_ms } = *state;
    let vals =
        [state_hash.into(), browser_hash.into(), return_to.into(), expires_at_ms.into(), now_ms.into()];
    Ok(tx.execute(USE_STATE, &vals)? == 1)
}

/// Forgets a few of the used states that are over their time; how many. Called with every new one it takes away more than come in,
/// and nobody who signs in after a crowd pays for all of it at once.
///
/// # Errors
/// Any [`StoreError`].
pub fn sweep_states(tx: &mut Tx, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(SWEEP_STATES, &[now_ms.into()])
}

/// Opens a session.
///
/// # Errors
/// Any [`StoreError`].
pub fn open(
    tx: &mut Tx,
    driver: &str,
    token_hash: &str,
    now_ms: i64,
    expires_at_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(OPEN, &[driver.into(), token_hash.into(), now_ms.into(), expires_at_ms.into()])?;
    Ok(())
}

/// The account of the person behind a session that lives.
///
/// # Errors
/// Any [`StoreError`].
pub fn holder(
    tx: &mut Tx,
    driver: &str,
    token_hash: &str,
    now_ms: i64,
) -> Result<Option<Account>, StoreError> {
    let row = tx.opt(HOLDER, &[driver.into(), token_hash.into(), now_ms.into()])?;
    row.map(|mut row| account::read(&mut row)).transpose()
}

/// Ends a session.
///
/// # Errors
/// Any [`StoreError`].
pub fn end(tx: &mut Tx, driver: &str, token_hash: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(END, &[now_ms.into(), driver.into(), token_hash.into()])?;
    Ok(())
}
