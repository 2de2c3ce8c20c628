//! Attempts to give money back, each with its own number at the rail.

use crate::{Row, StoreError, Tx, vals};

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRow {
    /// Partition key.
    pub driver: String,
    /// Our number at the rail: idempotent there.
    pub refund_no: String,
    /// The order whose money it is.
    pub order_id: String,
    /// What for: `case:ID`, or `late:TRANSACTION` for money that arrived late or twice.
    pub what: String,
    /// The case, for a leg.
    pub case_id: Option<String>,
    /// The rail's number of the payment that is refunded.
    pub transaction_id: Option<String>,
    /// The sum of that payment, fen.
    pub paid_fen: i64,
    /// What goes back, fen.
    pub fen: i64,
    /// From 1; rises only after the rail ended the attempt before.
    pub attempt: i64,
    /// State of `domain::refund`.
    pub state: String,
    /// Slug of why.
    pub reason: String,
    /// The day that the driver was told, as an instant, ms.
    pub promised_at_ms: i64,
    /// The rail's number of the refund.
    pub refund_id: Option<String>,
    /// When it was wanted, ms.
    pub created_at_ms: i64,
    /// When it changed last, ms.
    pub changed_at_ms: i64,
    /// When the rail said that the money is back, ms.
    pub done_at_ms: Option<i64>,
    /// Raised by every write.
    pub version: i64,
}

statements! {
    INSERT = "insert into refund (driver, refund_no, order_id, what, case_id, transaction_id, paid_fen, fen, attempt, \
    state, reason, promised_at_ms, created_at_ms, changed_at_ms, version) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, 1)";
    FIND = "select driver, refund_no, order_id, what, case_id, transaction_id, paid_fen, fen, attempt, state, reason, \
    promised_at_ms, refund_id, created_at_ms, changed_at_ms, done_at_ms, version from refund \
    where driver = $1 and refund_no = $2";
    OF_ORDER = "select driver, refund_no, order_id, what, case_id, transaction_id, paid_fen, fen, attempt, state, \
    reason, promised_at_ms, refund_id, created_at_ms, changed_at_ms, done_at_ms, version from refund \
    where driver = $1 and order_id = $2 order by created_at_ms, refund_no";
    OF_DRIVER = "select driver, refund_no, order_id, what, case_id, transaction_id, paid_fen, fen, attempt, state, \
    reason, promised_at_ms, refund_id, created_at_ms, changed_at_ms, done_at_ms, version from refund \
    where driver = $1 order by created_at_ms, refund_no";
    UPDATE = "update refund set state = $1, refund_id = $2, changed_at_ms = $3, done_at_ms = $4, \
    version = version + 1 where driver = $5 and refund_no = $6 and version = $7";
}

fn read(row: &Row) -> Result<RefundRow, StoreError> {
    Ok(RefundRow {
        driver: row.get("driver")?,
        refund_no: row.get("refund_no")?,
        order_id: row.get("order_id")?,
        what: row.get("what")?,
        case_id: row.get("case_id")?,
        transaction_id: row.get("transaction_id")?,
        paid_fen: row.get("paid_fen")?,
        fen: row.get("fen")?,
        attempt: row.get("attempt")?,
        state: row.get("state")?,
        reason: row.get("reason")?,
        promised_at_ms: row.get("promised_at_ms")?,
        refund_id: row.get("refund_id")?,
        created_at_ms: row.get("created_at_ms")?,
        changed_at_ms: row.get("changed_at_ms")?,
        done_at_ms: row.get("done_at_ms")?,
        version: row.get("version")?,
    })
}

/// Stores a new attempt.
///
/// # Errors
/// [`StoreError::Duplicate`] when an attempt for the same thing is under way or done.
pub fn insert(tx: &mut Tx, refund: &RefundRow) -> Result<(), StoreError> {
    tx.execute(
        INSERT,
        vals![
            &refund.driver,
            &refund.refund_no,
            &refund.order_id,
            &refund.what,
            refund.case_id.clone(),
            refund.transaction_id.clone(),
            refund.paid_fen,
            refund.fen,
            refund.attempt,
            &refund.state,
            &refund.reason,
            refund.promised_at_ms,
            refund.created_at_ms
        ],
    )?;
    Ok(())
}

/// One attempt.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, driver: &str, refund_no: &str) -> Result<Option<RefundRow>, StoreError> {
    tx.opt(FIND, vals![driver, refund_no])?.map(|row| read(&row)).transpose()
}

/// All attempts on an order, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_order(tx: &mut Tx, driver: &str, order_id: &str) -> Result<Vec<RefundRow>, StoreError> {
    tx.query(OF_ORDER, vals![driver, order_id])?.iter().map(read).collect()
}

/// All attempts on a driver's orders, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_driver(tx: &mut Tx, driver: &str) -> Result<Vec<RefundRow>, StoreError> {
    tx.query(OF_DRIVER, vals![driver])?.iter().map(read).collect()
}

/// Stores a changed attempt and raises its version.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else changed it since it was read.
pub fn save(tx: &mut Tx, refund: &mut RefundRow) -> Result<(), StoreError> {
    tx.execute_one(
        "refund",
        UPDATE,
        vals![
            &refund.state,
            refund.refund_id.clone(),
            refund.changed_at_ms,
            refund.done_at_ms,
            &refund.driver,
            &refund.refund_no,
            refund.version
        ],
    )?;
    refund.version += 1;
    Ok(())
}
