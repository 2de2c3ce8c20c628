//! The daily comparison with the bill of the rail: days, what each found, and the lines that bills have shown.

use crate::{Row, StoreError, Tx, vals};

/// A day on a rail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayRow {
    /// Civil day in China, `2020-04-05`.
    pub day: String,
    /// The rail.
    pub rail: String,
    /// State of `domain::reconcile::Day`.
    pub state: String,
    /// SHA-1 of the bill that was compared.
    pub bill_sha1: Option<String>,
    /// When the bill was there first, ms.
    pub arrived_at_ms: Option<i64>,
    /// Why it was not there when it was asked for last.
    pub missing_why: Option<String>,
    /// Since when it is known to be late, ms.
    pub late_at_ms: Option<i64>,
    /// Payments on the bill: how many, fen.
    pub bill_paid: (i64, i64),
    /// Refunds on the bill: how many, fen.
    pub bill_back: (i64, i64),
    /// Payments in our books: how many, fen.
    pub ours_paid: (i64, i64),
    /// Refunds in our books: how many, fen.
    pub ours_back: (i64, i64),
    /// Payments in the fund-flow bill, fen.
    pub flow_paid_fen: Option<i64>,
    /// Refunds in the fund-flow bill, fen.
    pub flow_back_fen: Option<i64>,
    /// Lines that fit.
    pub matched_count: i64,
    /// When it was compared last, ms.
    pub ran_at_ms: i64,
    /// Who signed it.
    pub signed_by: Option<String>,
    /// Why.
    pub signed_why: Option<String>,
    /// When it was closed, ms.
    pub closed_at_ms: Option<i64>,
    /// Raised by every write; 0 before the first.
    pub version: i64,
}

/// One exception of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionRow {
    /// The finding.
    pub finding_id: String,
    /// Slug of its kind.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Whose money it is.
    pub driver: Option<String>,
    /// The order.
    pub order_id: Option<String>,
    /// The case.
    pub case_id: Option<String>,
    /// What our books say, fen.
    pub ours_fen: Option<i64>,
    /// What the bill says, fen.
    pub rails_fen: Option<i64>,
    /// Line of the bill.
    pub bill_line: Option<i64>,
}

/// Money that a bill has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    /// `pay:TRANSACTION` or `back:REFUND NUMBER`.
    pub line_key: String,
    /// Civil day of the bill.
    pub day: String,
    /// Our number on it.
    pub out_trade_no: String,
    /// The sum, fen.
    pub fen: i64,
    /// Whether money moved.
    pub moved: bool,
}

statements! {
    INSERT_DAY = "insert into reconciliation (day, rail, state, bill_sha1, arrived_at_ms, missing_why, late_at_ms, \
        bill_paid_count, bill_paid_fen, bill_back_count, bill_back_fen, ours_paid_count, ours_paid_fen, ours_back_count, \
        ours_back_fen, flow_paid_fen, flow_back_fen, matched_count, ran_at_ms, signed_by, signed_why, closed_at_ms, version) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 1)";
    UPDATE_DAY = "update reconciliation set state = $3, bill_sha1 = $4, arrived_at_ms = $5, missing_why = $6, \
        late_at_ms = $7, bill_paid_count = $8, bill_paid_fen = $9, bill_back_count = $10, bill_back_fen = $11, \
        ours_paid_count = $12, ours_paid_fen = $13, ours_back_count = $14, ours_back_fen = $15, flow_paid_fen = $16, \
        flow_back_fen = $17, matched_count = $18, ran_at_ms = $19, signed_by = $20, signed_why = $21, closed_at_ms = $22, \
        version = version + 1 where day = $1 and rail = $2 and version = $23";
    DAY = "select day, rail, state, bill_sha1, arrived_at_ms, missing_why, late_at_ms, bill_paid_count, bill_paid_fen, \
        bill_back_count, bill_back_fen, ours_paid_count, ours_paid_fen, ours_back_count, ours_back_fen, flow_paid_fen, \
        flow_back_fen, matched_count, ran_at_ms, signed_by, signed_why, closed_at_ms, version \
        from reconciliation where day = $1 and rail = $2";
    LAST_DAY = "select max(day) as day from reconciliation where rail = $1";
    EXCEPTIONS = "select finding_id, kind, subject, driver, order_id, case_id, ours_fen, rails_fen, bill_line \
        from reconciliation_exception where day = $1 and rail = $2 order by finding_id";
    PUT_EXCEPTION = "insert into reconciliation_exception (day, rail, finding_id, kind, subject, driver, order_id, case_id, \
        ours_fen, rails_fen, bill_line) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        on conflict (day, rail, finding_id) do update set ours_fen = excluded.ours_fen, rails_fen = excluded.rails_fen, \
        bill_line = excluded.bill_line, order_id = excluded.order_id, driver = excluded.driver";
    PUT_LINE = "insert into bill_line (line_key, rail, day, out_trade_no, fen, moved) values ($1, $2, $3, $4, $5, $6) \
        on conflict (line_key, rail) do update set day = excluded.day, fen = excluded.fen, moved = excluded.moved \
        where bill_line.moved = 0";
    FORGET_LINES = "delete from bill_line where day = $1 and rail = $2";
    LINE = "select line_key, day, out_trade_no, fen, moved from bill_line where line_key = $1 and rail = $2";
    LINES_OF_ORDER = "select line_key, day, out_trade_no, fen, moved from bill_line \
        where out_trade_no = $1 and rail = $2 order by line_key";
    PAID_ON = "select driver, order_id from pay_order where paid_at_ms >= $1 and paid_at_ms < $2 \
        and coalesce(rail, 'wechat') = $3 and (driver > $4 or (driver = $4 and order_id > $5)) \
        order by driver, order_id limit $6";
    BACK_ON = "select r.driver, r.order_id from refund r join pay_order o on o.driver = r.driver and o.order_id = r.order_id \
        where ((r.done_at_ms >= $1 and r.done_at_ms < $2) or (r.promised_at_ms >= $1 and r.promised_at_ms < $2) \
            or (r.created_at_ms >= $1 and r.created_at_ms < $2)) \
        and coalesce(o.rail, 'wechat') = $3 and (r.driver > $4 or (r.driver = $4 and r.order_id > $5)) \
        group by r.driver, r.order_id order by r.driver, r.order_id limit $6";
    DECIDED_ON = "select driver, case_id from case_file where decided_at_ms >= $1 and decided_at_ms < $2 \
        and (driver > $3 or (driver = $3 and case_id > $4)) order by driver, case_id limit $5";
}

fn read_day(row: &Row) -> Result<DayRow, StoreError> {
    let pair = |count: &str, fen: &str| Ok::<_, StoreError>((row.get(count)?, row.get(fen)?));
    Ok(DayRow {
        day: row.get("day")?,
        rail: row.get("rail")?,
        state: row.get("state")?,
        bill_sha1: row.get("bill_sha1")?,
        arrived_at_ms: row.get("arrived_at_ms")?,
        missing_why: row.get("missing_why")?,
        late_at_ms: row.get("late_at_ms")?,
        bill_paid: pair("bill_paid_count", "bill_paid_fen")?,
        bill_back: pair("bill_back_count", "bill_back_fen")?,
        ours_paid: pair("ours_paid_count", "ours_paid_fen")?,
        ours_back: pair("ours_back_count", "ours_back_fen")?,
        flow_paid_fen: row.get("flow_paid_fen")?,
        flow_back_fen: row.get("flow_back_fen")?,
        matched_count: row.get("matched_count")?,
        ran_at_ms: row.get("ran_at_ms")?,
        signed_by: row.get("signed_by")?,
        signed_why: row.get("signed_why")?,
        closed_at_ms: row.get("closed_at_ms")?,
        version: row.get("version")?,
    })
}

/// A day.
///
/// # Errors
/// Any [`StoreError`].
pub fn day(tx: &mut Tx, day: &str, rail: &str) -> Result<Option<DayRow>, StoreError> {
    tx.opt(DAY, vals![day, rail])?.map(|row| read_day(&row)).transpose()
}

/// The last day that was ever compared on a rail.
///
/// # Errors
/// Any [`StoreError`].
pub fn last_day(tx: &mut Tx, rail: &str) -> Result<Option<String>, StoreError> {
    tx.one(LAST_DAY, vals![rail])?.get("day")
}

/// Stores a day, new or changed, and raises its version.
///
/// # Errors
/// [`StoreError::Conflict`] or [`StoreError::Duplicate`] when somebody else changed or made it since it was read.
pub fn save_day(tx: &mut Tx, day: &mut DayRow) -> Result<(), StoreError> {
    let mut vals = vals![
        &day.day,
        &day.rail,
        &day.state,
        day.bill_sha1.clone(),
        day.arrived_at_ms,
        day.missing_why.clone(),
        day.late_at_ms,
        day.bill_paid.0,
        day.bill_paid.1,
        day.bill_back.0,
        day.bill_back.1,
        day.ours_paid.0,
        day.ours_paid.1,
        day.ours_back.0,
        day.ours_back.1,
        day.flow_paid_fen,
        day.flow_back_fen,
        day.matched_count,
        day.ran_at_ms,
        day.signed_by.clone(),
        day.signed_why.clone(),
        day.closed_at_ms
    ]
    .to_vec();
    if day.version == 0 {
        tx.execute(INSERT_DAY, &vals)?;
    } else {
        vals.push(day.version.into());
        tx.execute_one("reconciliation", UPDATE_DAY, &vals)?;
    }
    day.version += 1;
    Ok(())
}

/// What a day found, as it was found last.
///
/// # Errors
/// Any [`StoreError`].
pub fn exceptions(tx: &mut Tx, day: &str, rail: &str) -> Result<Vec<ExceptionRow>, StoreError> {
    let rows = tx.query(EXCEPTIONS, vals![day, rail])?;
    rows.iter()
        .map(|row| {
            Ok(ExceptionRow {
                finding_id: row.get("finding_id")?,
                kind: row.get("kind")?,
                subject: row.get("subject")?,
                driver: row.get("driver")?,
                order_id: row.get("order_id")?,
                case_id: row.get("case_id")?,
                ours_fen: row.get("ours_fen")?,
                rails_fen: row.get("rails_fen")?,
                bill_line: row.get("bill_line")?,
            })
        })
        .collect()
}

/// Notes an exception of a day; the same one again only brings it up to date.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_exception(tx: &mut Tx, day: &str, rail: &str, row: &ExceptionRow) -> Result<(), StoreError> {
    tx.execute(
        PUT_EXCEPTION,
        vals![
            day,
            rail,
            &row.finding_id,
            &row.kind,
            &row.subject,
            row.driver.clone(),
            row.order_id.clone(),
            row.case_id.clone(),
            row.ours_fen,
            row.rails_fen,
            row.bill_line
        ],
    )?;
    Ok(())
}

fn read_line(row: &Row) -> Result<LineRow, StoreError> {
    Ok(LineRow {
        line_key: row.get("line_key")?,
        day: row.get("day")?,
        out_trade_no: row.get("out_trade_no")?,
        fen: row.get("fen")?,
        moved: row.get::<i64>("moved")? == 1,
    })
}

/// Notes that a bill has shown money; what has moved already stays with the bill that showed it first.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_line(tx: &mut Tx, rail: &str, line: &LineRow) -> Result<(), StoreError> {
    let moved = i64::from(line.moved);
    tx.execute(PUT_LINE, vals![&line.line_key, rail, &line.day, &line.out_trade_no, line.fen, moved])?;
    Ok(())
}

/// Forgets what the bill of a day has shown, because it is read anew.
///
/// # Errors
/// Any [`StoreError`].
pub fn forget_lines(tx: &mut Tx, rail: &str, day: &str) -> Result<(), StoreError> {
    tx.execute(FORGET_LINES, vals![day, rail])?;
    Ok(())
}

/// The bill that has shown some money.
///
/// # Errors
/// Any [`StoreError`].
pub fn line(tx: &mut Tx, rail: &str, line_key: &str) -> Result<Option<LineRow>, StoreError> {
    tx.opt(LINE, vals![line_key, rail])?.map(|row| read_line(&row)).transpose()
}

/// Everything that bills have shown under one of our numbers.
///
/// # Errors
/// Any [`StoreError`].
pub fn lines_of(tx: &mut Tx, rail: &str, out_trade_no: &str) -> Result<Vec<LineRow>, StoreError> {
    tx.query(LINES_OF_ORDER, vals![out_trade_no, rail])?.iter().map(read_line).collect()
}

/// A page of a day's own side: driver and id, after the last of the page before.
pub type Page = Vec<(String, String)>;

fn page(rows: &[Row], id: &str) -> Result<Page, StoreError> {
    rows.iter().map(|row| Ok((row.get("driver")?, row.get(id)?))).collect()
}

/// Orders on which money arrived within some ms.
///
/// # Errors
/// Any [`StoreError`].
pub fn paid_on(
    tx: &mut Tx,
    rail: &str,
    within_ms: (i64, i64),
    after: (&str, &str),
    count_max: i64,
) -> Result<Page, StoreError> {
    page(&tx.query(PAID_ON, vals![within_ms.0, within_ms.1, rail, after.0, after.1, count_max])?, "order_id")
}

/// Orders with a refund that was wanted, done or promised within some ms.
///
/// # Errors
/// Any [`StoreError`].
pub fn back_on(
    tx: &mut Tx,
    rail: &str,
    within_ms: (i64, i64),
    after: (&str, &str),
    count_max: i64,
) -> Result<Page, StoreError> {
    page(&tx.query(BACK_ON, vals![within_ms.0, within_ms.1, rail, after.0, after.1, count_max])?, "order_id")
}

/// Cases that were decided within some ms, on whatever rail.
///
/// # Errors
/// Any [`StoreError`].
pub fn decided_on(
    tx: &mut Tx,
    within_ms: (i64, i64),
    after: (&str, &str),
    count_max: i64,
) -> Result<Page, StoreError> {
    page(&tx.query(DECIDED_ON, vals![within_ms.0, within_ms.1, after.0, after.1, count_max])?, "case_id")
}
