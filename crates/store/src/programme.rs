//! Uses of the two programmes that this service granted, interruptions that were shown, and requests of drivers.

use crate::{Row, StoreError, Tx};

/// One use of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseRow {
    /// `first` or `study`.
    pub programme: String,
    /// Case in which it was used.
    pub case_id: String,
    /// When, ms.
    pub used_at_ms: i64,
    /// Points that it took off.
    pub points_granted: i64,
    /// When the decision was annulled and the right came back, ms.
    pub annulled_at_ms: Option<i64>,
}

statements! {
    /// A new use.
    INSERT = "insert into programme_use (driver, programme, case_id, used_at_ms, points_granted) \
    values ($1, $2, $3, $4, $5) on conflict (driver, programme, case_id) do nothing";
    /// The uses of a driver.
    OF_DRIVER = "select programme, case_id, used_at_ms, points_granted, annulled_at_ms \
    from programme_use where driver = $1 order by used_at_ms";
    /// A use does not count any more.
    ANNUL = "update programme_use set annulled_at_ms = $3 where driver = $1 and case_id = $2 and annulled_at_ms is null";
    /// An interruption was answered.
    NUDGED = "insert into nudge (driver, plate, violation, shown_at_ms, answered) \
    values ($1, $2, $3, $4, $5) on conflict (driver, plate, violation) do update set \
    shown_at_ms = excluded.shown_at_ms, answered = excluded.answered";
    /// The interruptions a driver has answered since an instant.
    NUDGES = "select plate, violation, answered from nudge where driver = $1 and shown_at_ms > $2";
    /// A request: a reminder, a statement, a report of wrong data.
    REQUEST = "insert into request (driver, request_id, kind, subject, body, due_at_ms, created_at_ms) \
    values ($1, $2, $3, $4, $5, $6, $7)";
    /// One request of a driver.
    REQUEST_OF = "select request_id, kind, subject, body, due_at_ms, created_at_ms from request \
    where driver = $1 and request_id = $2";
    /// A request was answered.
    REQUEST_DONE = "update request set done_at_ms = $3 where driver = $1 and request_id = $2 and done_at_ms is null";
    /// The open requests of a driver.
    REQUESTS = "select request_id, kind, subject, body, due_at_ms, created_at_ms from request \
    where driver = $1 and done_at_ms is null order by created_at_ms";
}

/// Records a use; recording it again is harmless.
///
/// # Errors
/// Any [`StoreError`].
pub fn insert(tx: &mut Tx, driver: &str, used: &UseRow) -> Result<(), StoreError> {
    tx.execute(
        INSERT,
        &[
            driver.into(),
            used.programme.as_str().into(),
            used.case_id.as_str().into(),
            used.used_at_ms.into(),
            used.points_granted.into(),
        ],
    )?;
    Ok(())
}

/// Marks the uses of a case as annulled; doing it again is harmless.
///
/// # Errors
/// Any [`StoreError`].
pub fn annul(tx: &mut Tx, driver: &str, case_id: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(ANNUL, &[driver.into(), case_id.into(), now_ms.into()])?;
    Ok(())
}

/// The uses of a driver, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_driver(tx: &mut Tx, driver: &str) -> Result<Vec<UseRow>, StoreError> {
    tx.query(OF_DRIVER, &[driver.into()])?
        .iter()
        .map(|row| {
            Ok(UseRow {
                programme: row.get("programme")?,
                case_id: row.get("case_id")?,
                used_at_ms: row.get("used_at_ms")?,
                points_granted: row.get("points_granted")?,
                annulled_at_ms: row.get("annulled_at_ms")?,
            })
        })
        .collect()
}

/// Records how an interruption was answered.
///
/// # Errors
/// Any [`StoreError`].
pub fn nudged(
    tx: &mut Tx,
    driver: &str,
    plate: &str,
    violation: &str,
    answered: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(NUDGED, &[driver.into(), plate.into(), violation.into(), now_ms.into(), answered.into()])?;
    Ok(())
}

/// Violations (plate, record) on which the driver was stopped since an instant.
///
/// # Errors
/// Any [`StoreError`].
pub fn nudges(tx: &mut Tx, driver: &str, since_ms: i64) -> Result<Vec<(String, String)>, StoreError> {
    tx.query(NUDGES, &[driver.into(), since_ms.into()])?
        .iter()
        .map(|row| Ok((row.get("plate")?, row.get("violation")?)))
        .collect()
}

/// A request of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Id.
    pub request_id: String,
    /// `reminder`, `statement`, `wrong_data`, `question`.
    pub kind: String,
    /// What it is about: a violation, a case, a reason code, a question.
    pub subject: String,
    /// What the driver wrote, or JSON.
    pub body: String,
    /// When it becomes due, ms.
    pub due_at_ms: Option<i64>,
    /// When it was made, ms.
    pub created_at_ms: i64,
}

/// Stores a request.
///
/// # Errors
/// Any [`StoreError`].
pub fn request(tx: &mut Tx, driver: &str, request: &RequestRow) -> Result<(), StoreError> {
    tx.execute(
        REQUEST,
        &[
            driver.into(),
            request.request_id.as_str().into(),
            request.kind.as_str().into(),
            request.subject.as_str().into(),
            request.body.as_str().into(),
            request.due_at_ms.into(),
            request.created_at_ms.into(),
        ],
    )?;
    Ok(())
}

/// The open requests of a driver, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn requests(tx: &mut Tx, driver: &str) -> Result<Vec<RequestRow>, StoreError> {
    tx.query(REQUESTS, &[driver.into()])?.iter().map(read_request).collect()
}

/// One request of a driver, open or not.
///
/// # Errors
/// Any [`StoreError`].
pub fn request_of(tx: &mut Tx, driver: &str, request_id: &str) -> Result<Option<RequestRow>, StoreError> {
    tx.opt(REQUEST_OF, &[driver.into(), request_id.into()])?.map(|row| read_request(&row)).transpose()
}

/// Marks a request as answered; doing it again is harmless.
///
/// # Errors
/// Any [`StoreError`].
pub fn request_done(tx: &mut Tx, driver: &str, request_id: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(REQUEST_DONE, &[driver.into(), request_id.into(), now_ms.into()])?;
    Ok(())
}

fn read_request(row: &Row) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        request_id: row.get("request_id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        body: row.get("body")?,
        due_at_ms: row.get("due_at_ms")?,
        created_at_ms: row.get("created_at_ms")?,
    })
}
