//! Deeds of officers that need a second person. One person can never be both: the table refuses it.

use crate::{Row, StoreError, Tx, vals};

/// A proposed deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Id.
    pub approval_id: String,
    /// Slug of the deed.
    pub deed: String,
    /// Whose case it is about.
    pub driver: String,
    /// The case, or the refund's number.
    pub subject: String,
    /// Why, in the officer's words.
    pub why: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When, ms.
    pub proposed_at_ms: i64,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When, ms.
    pub decided_at_ms: Option<i64>,
    /// `approved` or `rejected`.
    pub verdict: Option<String>,
    /// The second person's words.
    pub comment: Option<String>,
}

statements! {
    PROPOSE = "insert into approval (approval_id, deed, driver, subject, why, proposed_by, proposed_at_ms) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    FIND = "select approval_id, deed, driver, subject, why, proposed_by, proposed_at_ms, decided_by, decided_at_ms, \
        verdict, comment from approval where approval_id = $1";
    OPEN = "select approval_id, deed, driver, subject, why, proposed_by, proposed_at_ms, decided_by, decided_at_ms, \
        verdict, comment from approval where decided_at_ms is null order by proposed_at_ms, approval_id limit $1";
    OPEN_ABOUT = "select approval_id from approval where decided_at_ms is null and deed = $1 and subject = $2 limit 1";
    DECIDE = "update approval set decided_by = $2, decided_at_ms = $3, verdict = $4, comment = $5 \
        where approval_id = $1 and decided_at_ms is null and proposed_by <> $2";
}

/// Stores a proposal.
///
/// # Errors
/// Any [`StoreError`].
pub fn propose(tx: &mut Tx, approval: &Approval) -> Result<(), StoreError> {
    let Approval { approval_id, deed, driver, subject, why, proposed_by, proposed_at_ms, .. } = approval;
    tx.execute(PROPOSE, vals![approval_id, deed, driver, subject, why, proposed_by, *proposed_at_ms])?;
    Ok(())
}

/// One proposal.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, approval_id: &str) -> Result<Option<Approval>, StoreError> {
    tx.opt(FIND, vals![approval_id])?.map(|row| read(&row)).transpose()
}

/// Proposals that wait for their second person, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn open(tx: &mut Tx, count_max: u32) -> Result<Vec<Approval>, StoreError> {
    tx.query(OPEN, vals![count_max])?.iter().map(read).collect()
}

/// Whether such a deed about this is proposed and waits for its second person.
///
/// # Errors
/// Any [`StoreError`].
pub fn is_open(tx: &mut Tx, deed: &str, subject: &str) -> Result<bool, StoreError> {
    Ok(tx.opt(OPEN_ABOUT, vals![deed, subject])?.is_some())
}

/// Decides a proposal; `false` when it is decided already, or the second person is the first.
///
/// # Errors
/// Any [`StoreError`].
pub fn decide(
    tx: &mut Tx,
    approval_id: &str,
    by: &str,
    verdict: &str,
    comment: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(DECIDE, vals![approval_id, by, now_ms, verdict, comment])? == 1)
}

fn read(row: &Row) -> Result<Approval, StoreError> {
    Ok(Approval {
        approval_id: row.get("approval_id")?,
        deed: row.get("deed")?,
        driver: row.get("driver")?,
        subject: row.get("subject")?,
        why: row.get("why")?,
        proposed_by: row.get("proposed_by")?,
        proposed_at_ms: row.get("proposed_at_ms")?,
        decided_by: row.get("decided_by")?,
        decided_at_ms: row.get("decided_at_ms")?,
        verdict: row.get("verdict")?,
        comment: row.get("comment")?,
    })
}
