//! What is out of order and waits for a person: the queue of exceptions. Finding the same thing twice is one finding.

use crate::{Row, StoreError, Tx, vals};

/// One thing that is out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `kind:subject`.
    pub finding_id: String,
    /// Slug of its kind.
    pub kind: String,
    /// What it is about: an order number, a refund number, a job.
    pub subject: String,
    /// Whose it is, where that is known.
    pub driver: Option<String>,
    /// The sum it is about, fen; 0 where no money is involved.
    pub fen: i64,
    /// JSON for whoever looks; no personal data.
    pub detail: String,
    /// When it was found first, ms.
    pub found_at_ms: i64,
    /// When somebody must have looked, ms.
    pub due_at_ms: i64,
    /// When it was closed, ms.
    pub closed_at_ms: Option<i64>,
    /// Who closed it; `system` when it was no longer so.
    pub closed_by: Option<String>,
    /// Why.
    pub closing: Option<String>,
}

/// The id of a finding: the same thing found twice has the same.
#[must_use]
pub fn id(kind: &str, subject: &str) -> String {
    format!("{kind}:{subject}")
}

impl Finding {
    /// An open finding.
    #[must_use]
    pub fn new(kind: &str, subject: &str, driver: Option<&str>, fen: i64, found_at_ms: i64) -> Self {
        const DAY_MS: i64 = 86_400_000;
        Self {
            finding_id: id(kind, subject),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            driver: driver.map(str::to_owned),
            fen,
            detail: "{}".to_owned(),
            found_at_ms,
            due_at_ms: found_at_ms + DAY_MS,
            closed_at_ms: None,
            closed_by: None,
            closing: None,
        }
    }

    /// The same with JSON for whoever looks.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> Self {
        self.detail = detail;
        self
    }
}

statements! {
    PUT = "insert into finding (finding_id, kind, subject, driver, fen, detail, found_at_ms, due_at_ms) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (finding_id) do nothing";
    REOPEN = "update finding set closed_at_ms = null, closed_by = null, closing = null, detail = $2, due_at_ms = $3 \
        where finding_id = $1 and closed_at_ms is not null";
    FIND = "select finding_id, kind, subject, driver, fen, detail, found_at_ms, due_at_ms, closed_at_ms, closed_by, \
        closing from finding where finding_id = $1";
    OPEN = "select finding_id, kind, subject, driver, fen, detail, found_at_ms, due_at_ms, closed_at_ms, closed_by, \
        closing from finding where closed_at_ms is null order by due_at_ms, finding_id limit $1";
    OF_DRIVER = "select finding_id, kind, subject, driver, fen, detail, found_at_ms, due_at_ms, closed_at_ms, closed_by, \
        closing from finding where driver = $1 and closed_at_ms is null order by due_at_ms, finding_id";
    ABOUT = "select finding_id from finding where subject = $1 limit 1";
    CLOSE = "update finding set closed_at_ms = $2, closed_by = $3, closing = $4 \
        where finding_id = $1 and closed_at_ms is null";
}

/// Notes a finding; `true` when it is new. One that was closed and is found again is open again.
///
/// # Errors
/// Any [`StoreError`].
pub fn put(tx: &mut Tx, finding: &Finding) -> Result<bool, StoreError> {
    let new = tx.execute(
        PUT,
        vals![
            &finding.finding_id,
            &finding.kind,
            &finding.subject,
            finding.driver.clone(),
            finding.fen,
            &finding.detail,
            finding.found_at_ms,
            finding.due_at_ms
        ],
    )? == 1;
    Ok(new || tx.execute(REOPEN, vals![&finding.finding_id, &finding.detail, finding.due_at_ms])? == 1)
}

/// One finding.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, finding_id: &str) -> Result<Option<Finding>, StoreError> {
    tx.opt(FIND, vals![finding_id])?.map(|row| read(&row)).transpose()
}

/// Open findings, the most urgent first.
///
/// # Errors
/// Any [`StoreError`].
pub fn open(tx: &mut Tx, count_max: u32) -> Result<Vec<Finding>, StoreError> {
    tx.query(OPEN, vals![count_max])?.iter().map(read).collect()
}

/// Open findings about a driver's things, the most urgent first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_driver(tx: &mut Tx, driver: &str) -> Result<Vec<Finding>, StoreError> {
    tx.query(OF_DRIVER, vals![driver])?.iter().map(read).collect()
}

/// Whether there is, or was, a finding about something.
///
/// # Errors
/// Any [`StoreError`].
pub fn about(tx: &mut Tx, subject: &str) -> Result<bool, StoreError> {
    Ok(tx.opt(ABOUT, vals![subject])?.is_some())
}

/// Closes a finding; `false` when it is not open.
///
/// # Errors
/// Any [`StoreError`].
pub fn close(tx: &mut Tx, finding_id: &str, by: &str, why: &str, now_ms: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(CLOSE, vals![finding_id, now_ms, by, why])? == 1)
}

fn read(row: &Row) -> Result<Finding, StoreError> {
    Ok(Finding {
        finding_id: row.get("finding_id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        driver: row.get("driver")?,
        fen: row.get("fen")?,
        detail: row.get("detail")?,
        found_at_ms: row.get("found_at_ms")?,
        due_at_ms: row.get("due_at_ms")?,
        closed_at_ms: row.get("closed_at_ms")?,
        closed_by: row.get("closed_by")?,
        closing: row.get("closing")?,
    })
}
