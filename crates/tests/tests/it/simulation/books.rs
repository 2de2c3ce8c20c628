//! What stands in the database at one instant, read as an auditor would: straight from the tables.

use std::collections::BTreeMap;

use clearway_domain::case::{CaseState, OrderState};
use clearway_store::{Db, Row, StoreError, Tx};

const CASES: &str = "select c.driver as driver, c.case_id as case_id, plate, violation, route, state, version, pack_hash, \
    fine_fen, points_full, points_given, length(verdict) as verdict_length, order_id, decision_number, check_digit, \
    refusal from case_file c join case_basis b on b.driver = c.driver and b.case_id = c.case_id \
    order by c.driver, c.case_id";
const ORDERS: &str = "select driver, order_id, quote_id, payee, out_trade_no, total_fen, state, prepay_id, \
    sent_to_pay_at_ms, created_at_ms, expires_at_ms, transaction_id from pay_order order by driver, order_id";
const LEGS: &str = "select driver, order_id, case_id, fine_fen, surcharge_fen, out_trade_no from order_leg \
    order by driver, order_id, case_id";
const LINES: &str = "select driver, transfer_id, order_id, debit_account, credit_account, fen, state, pending_id, at_ms \
    from ledger_transfer order by driver, at_ms, case when state = 'pending' then 0 else 1 end, transfer_id";
const CLAIMS: &str =
    "select plate, violation, driver, case_id from violation_claim where released_at_ms is null";
const USES: &str = "select driver, programme, case_id, used_at_ms from programme_use where annulled_at_ms is null \
    order by driver, used_at_ms";
const JOBS: &str =
    "select driver, kind, job_key, due_ms, buried_at_ms, last_error from job order by driver, kind, job_key";
const REFUNDS: &str =
    "select driver, refund_no, order_id, what, case_id, fen, state from refund order by driver, refund_no";

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub driver: String,
    pub id: String,
    pub plate: String,
    pub violation: String,
    pub route: String,
    pub state: CaseState,
    pub version: i64,
    pub pack_hash: String,
    pub fine_fen: i64,
    pub points_full: i64,
    pub points_given: i64,
    pub verdict_length: i64,
    pub order: Option<String>,
    pub decision: Option<String>,
    pub check_digit: Option<String>,
    pub refusal: Option<String>,
}

impl Case {
    /// Whether a decision stands behind it.
    pub fn is_decided(&self) -> bool {
        self.state.has_decision()
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub driver: String,
    pub id: String,
    pub quote: String,
    pub payee: String,
    pub out_trade_no: String,
    pub total_fen: i64,
    pub state: OrderState,
    pub prepay: Option<String>,
    pub sent: bool,
    pub created_ms: i64,
    pub expires_ms: i64,
    pub transaction: Option<String>,
}

/// A leg of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    pub order: String,
    pub case: String,
    pub fine_fen: i64,
    pub surcharge_fen: i64,
    pub out_trade_no: Option<String>,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub order: String,
    pub debit: String,
    pub credit: String,
    pub fen: i64,
    pub state: String,
    pub ends: Option<String>,
    pub at_ms: i64,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub driver: String,
    pub kind: String,
    pub key: String,
    pub due_ms: i64,
    pub buried: bool,
    pub last_error: Option<String>,
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub no: String,
    pub order: String,
    pub what: String,
    pub case: Option<String>,
    pub fen: i64,
    pub state: String,
}

/// A use of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub driver: String,
    pub programme: String,
    pub case: String,
    pub used_ms: i64,
}

/// Everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    pub cases: BTreeMap<String, Case>,
    pub orders: BTreeMap<String, Order>,
    pub legs: Vec<Leg>,
    pub lines: Vec<Line>,
    /// Plate, violation, driver, case.
    pub claims: Vec<[String; 4]>,
    pub uses: Vec<Use>,
    pub jobs: Vec<Job>,
    pub refunds: Vec<Refund>,
}

fn case(row: &Row) -> Result<Case, StoreError> {
    let state: String = row.get("state")?;
    Ok(Case {
        driver: row.get("driver")?,
        id: row.get("case_id")?,
        plate: row.get("plate")?,
        violation: row.get("violation")?,
        route: row.get("route")?,
        state: CaseState::from_slug(&state)
            .ok_or_else(|| StoreError::Broken(format!("case state {state}")))?,
        version: row.get("version")?,
        pack_hash: row.get("pack_hash")?,
        fine_fen: row.get("fine_fen")?,
        points_full: row.get("points_full")?,
        points_given: row.get("points_given")?,
        verdict_length: row.get("verdict_length")?,
        order: row.get("order_id")?,
        decision: row.get("decision_number")?,
        check_digit: row.get("check_digit")?,
        refusal: row.get("refusal")?,
    })
}

fn order(row: &Row) -> Result<Order, StoreError> {
    let state: String = row.get("state")?;
    Ok(Order {
        driver: row.get("driver")?,
        id: row.get("order_id")?,
        quote: row.get("quote_id")?,
        payee: row.get("payee")?,
        out_trade_no: row.get("out_trade_no")?,
        total_fen: row.get("total_fen")?,
        state: OrderState::from_slug(&state)
            .ok_or_else(|| StoreError::Broken(format!("order state {state}")))?,
        prepay: row.get("prepay_id")?,
        sent: row.get::<Option<i64>>("sent_to_pay_at_ms")?.is_some(),
        created_ms: row.get("created_at_ms")?,
        expires_ms: row.get("expires_at_ms")?,
        transaction: row.get("transaction_id")?,
    })
}

fn line(row: &Row) -> Result<Line, StoreError> {
    Ok(Line {
        id: row.get("transfer_id")?,
        order: row.get("order_id")?,
        debit: row.get("debit_account")?,
        credit: row.get("credit_account")?,
        fen: row.get("fen")?,
        state: row.get("state")?,
        ends: row.get("pending_id")?,
        at_ms: row.get("at_ms")?,
    })
}

fn job(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        driver: row.get("driver")?,
        kind: row.get("kind")?,
        key: row.get("job_key")?,
        due_ms: row.get("due_ms")?,
        buried: row.get::<Option<i64>>("buried_at_ms")?.is_some(),
        last_error: row.get("last_error")?,
    })
}

fn all<T>(
    tx: &mut Tx,
    sql: &'static str,
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    tx.query(sql, &[])?.iter().map(read).collect()
}

impl Books {
    /// Reads everything in one snapshot.
    pub fn read(db: &Db) -> Result<Books, StoreError> {
        db.read(|tx| {
            Ok(Books {
                cases: all(tx, CASES, case)?.into_iter().map(|case| (case.id.clone(), case)).collect(),
                orders: all(tx, ORDERS, order)?.into_iter().map(|order| (order.id.clone(), order)).collect(),
                legs: all(tx, LEGS, |row| {
                    Ok(Leg {
                        order: row.get("order_id")?,
                        case: row.get("case_id")?,
                        fine_fen: row.get("fine_fen")?,
                        surcharge_fen: row.get("surcharge_fen")?,
                        out_trade_no: row.get("out_trade_no")?,
                    })
                })?,
                lines: all(tx, LINES, line)?,
                claims: all(tx, CLAIMS, |row| {
                    Ok([row.get("plate")?, row.get("violation")?, row.get("driver")?, row.get("case_id")?])
                })?,
                uses: all(tx, USES, |row| {
                    Ok(Use {
                        driver: row.get("driver")?,
                        programme: row.get("programme")?,
                        case: row.get("case_id")?,
                        used_ms: row.get("used_at_ms")?,
                    })
                })?,
                jobs: all(tx, JOBS, job)?,
                refunds: all(tx, REFUNDS, |row| {
                    Ok(Refund {
                        no: row.get("refund_no")?,
                        order: row.get("order_id")?,
                        what: row.get("what")?,
                        case: row.get("case_id")?,
                        fen: row.get("fen")?,
                        state: row.get("state")?,
                    })
                })?,
            })
        })
    }

    /// Legs of an order.
    pub fn legs_of(&self, order: &str) -> impl Iterator<Item = &Leg> {
        self.legs.iter().filter(move |leg| leg.order == order)
    }

    /// Lines of an order.
    pub fn lines_of(&self, order: &str) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.order == order)
    }

    /// Whether a job of this kind and key is open and not set aside.
    pub fn works_on(&self, kind: &str, key: &str) -> bool {
        self.jobs.iter().any(|job| job.kind == kind && job.key == key && !job.buried)
    }
}
