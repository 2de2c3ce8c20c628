//! The inbox: whatever a counterpart sends is kept, byte for byte, before it is understood, and answered at once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Row, StoreError, Tx, vals};

statements! {
    RECEIVE = "insert into inbox (dedupe_key, source, raw_base64, headers, received_at_ms) \
        values ($1, $2, $3, $4, $5) on conflict (dedupe_key, source) do nothing";
    RECEIVE_APPLIED = "insert into inbox (dedupe_key, source, raw_base64, headers, received_at_ms, applied_at_ms) \
        values ($1, $2, $3, $4, $5, $5) on conflict (dedupe_key, source) do update \
        set applied_at_ms = coalesce(inbox.applied_at_ms, excluded.applied_at_ms)";
    APPLIED = "update inbox set applied_at_ms = $3 \
        where dedupe_key = $1 and source = $2 and applied_at_ms is null";
    FIND = "select dedupe_key, source, raw_base64, headers, received_at_ms, applied_at_ms \
        from inbox where dedupe_key = $1 and source = $2";
    WAITING = "select dedupe_key, source, raw_base64, headers, received_at_ms, applied_at_ms \
        from inbox where applied_at_ms is null and received_at_ms <= $1 \
        order by received_at_ms, dedupe_key, source limit $2";
}

/// One message as it came in. Its `Debug` shows neither body nor headers.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// What makes two deliveries the same message.
    pub dedupe_key: String,
    /// Who sent it, a name of ours such as `wechat-pay`.
    pub source: String,
    /// The body, byte for byte.
    pub raw: Vec<u8>,
    /// The headers that matter, as JSON.
    pub headers: String,
    /// When it first came in, ms UTC.
    pub received_at_ms: i64,
    /// When it had its effect, ms UTC.
    pub applied_at_ms: Option<i64>,
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback")
            .field("source", &self.source)
            .field("received_at_ms", &self.received_at_ms)
            .field("applied_at_ms", &self.applied_at_ms)
            .finish_non_exhaustive()
    }
}

/// Keeps a message unless it is known already; `true` when it is new. A repeated delivery changes nothing.
///
/// # Errors
/// Any [`StoreError`].
pub fn receive(
    tx: &mut Tx,
    source: &str,
    dedupe_key: &str,
    raw: &[u8],
    headers: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let raw = STANDARD.encode(raw);
    Ok(tx.execute(RECEIVE, vals![dedupe_key, source, raw, headers, now_ms])? == 1)
}

/// Keeps a message that has its effect in this very transaction. One that was kept before is known to have had it from now on.
///
/// # Errors
/// Any [`StoreError`].
pub fn receive_applied(
    tx: &mut Tx,
    source: &str,
    dedupe_key: &str,
    raw: &[u8],
    headers: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let raw = STANDARD.encode(raw);
    tx.execute(RECEIVE_APPLIED, vals![dedupe_key, source, raw, headers, now_ms])?;
    Ok(())
}

/// Notes that a message has had its effect; `true` for the first who says so.
///
/// # Errors
/// Any [`StoreError`].
pub fn applied(tx: &mut Tx, source: &str, dedupe_key: &str, now_ms: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(APPLIED, vals![dedupe_key, source, now_ms])? == 1)
}

/// One message.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, source: &str, dedupe_key: &str) -> Result<Option<Callback>, StoreError> {
    tx.opt(FIND, vals![dedupe_key, source])?.map(|row| read(&row)).transpose()
}

/// Messages received by `until_ms` that have had no effect yet, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn waiting(tx: &mut Tx, until_ms: i64, count_max: u32) -> Result<Vec<Callback>, StoreError> {
    tx.query(WAITING, vals![until_ms, count_max])?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Callback, StoreError> {
    let raw: String = row.get("raw_base64")?;
    let raw = STANDARD.decode(raw).map_err(|_| StoreError::Broken("a callback is not base64".into()))?;
    Ok(Callback {
        dedupe_key: row.get("dedupe_key")?,
        source: row.get("source")?,
        raw,
        headers: row.get("headers")?,
        received_at_ms: row.get("received_at_ms")?,
        applied_at_ms: row.get("applied_at_ms")?,
    })
}
