//! The read model: vehicles, camera records and what is known of a driver, as the platform told them, with the
//! instant of the telling. Bodies are JSON written and read by the service.

use crate::binding::{self, Binding};
use crate::{Row, StoreError, Tx};

statements! {
    /// A vehicle.
    PUT_VEHICLE = "insert into vehicle (plate, record, fetched_at_ms) values ($1, $2, $3) \
    on conflict (plate) do update set record = excluded.record, fetched_at_ms = excluded.fetched_at_ms \
    where vehicle.fetched_at_ms <= excluded.fetched_at_ms";
    /// Vehicles bound by a driver, own ones first, with what is known of them.
    GARAGE = "select b.plate as plate, b.own as own, b.owner_phone_at_ms as owner_phone_at_ms, \
    b.bound_at_ms as bound_at_ms, v.record as record, v.fetched_at_ms as fetched_at_ms from binding b \
    left join vehicle v on v.plate = b.plate where b.driver = $1 and b.unbound_at_ms is null \
    order by b.own desc, b.bound_at_ms, b.plate";
    /// How many rows there are of what most drivers have none of.
    MARKS = "select (select count(*) from case_file where driver = $1) as cases, \
    (select count(*) from pay_order where driver = $1) as orders, \
    (select count(*) from programme_use where driver = $1) as uses, \
    (select count(distinct plate) from binding where driver = $1 and own = 0) as others, \
    (select count(*) from binding b join violation_claim c on c.plate = b.plate \
    where b.driver = $1 and b.unbound_at_ms is null and c.released_at_ms is null) as claims, \
    (select count(*) from binding b join vehicle_user u on u.plate = b.plate \
    where b.driver = $1 and b.unbound_at_ms is null) as users";
    /// A camera record.
    PUT_VIOLATION = "insert into violation (plate, violation, occurred_at_ms, open_since_ms, record, \
    fetched_at_ms) values ($1, $2, $3, $4, $5, $6) on conflict (plate, violation) do update set \
    occurred_at_ms = excluded.occurred_at_ms, open_since_ms = excluded.open_since_ms, record = excluded.record, \
    fetched_at_ms = excluded.fetched_at_ms where violation.fetched_at_ms <= excluded.fetched_at_ms";
    /// Camera records of the vehicles bound by a driver, oldest first.
    VIOLATIONS = "select v.plate as plate, v.violation as violation, v.record as record, \
    v.fetched_at_ms as fetched_at_ms from binding b join violation v on v.plate = b.plate \
    where b.driver = $1 and b.unbound_at_ms is null order by v.occurred_at_ms, v.violation";
    /// One camera record.
    VIOLATION = "select plate, violation, record, fetched_at_ms from violation where plate = $1 and violation = $2";
    /// What is known about a topic.
    KNOWLEDGE = "select topic, body, fetched_at_ms, asked_at_ms, failed_at_ms, failure from knowledge \
    where driver = $1";
    /// The same without what was told.
    KNOWN = "select topic, fetched_at_ms, asked_at_ms, failed_at_ms, failure from knowledge where driver = $1";
    /// What moves while somebody looks on.
    MOVES = "select (select count(*) from binding b join violation v on v.plate = b.plate \
    where b.driver = $1 and b.unbound_at_ms is null) as records, \
    (select cast(coalesce(sum(version), 0) as bigint) from case_file where driver = $1) as cases, \
    (select cast(coalesce(sum(version), 0) as bigint) from pay_order where driver = $1) as orders";
    /// A topic is being asked about.
    ASK = "insert into knowledge (driver, topic, asked_at_ms) values ($1, $2, $3) \
    on conflict (driver, topic) do update set asked_at_ms = excluded.asked_at_ms";
    /// An answer came.
    LEARN = "insert into knowledge (driver, topic, body, fetched_at_ms, asked_at_ms) \
    values ($1, $2, $3, $4, $4) on conflict (driver, topic) do update set body = excluded.body, \
    fetched_at_ms = excluded.fetched_at_ms, failed_at_ms = null, failure = null";
    /// No answer came.
    FAIL = "insert into knowledge (driver, topic, failed_at_ms, failure, asked_at_ms) \
    values ($1, $2, $3, $4, $3) on conflict (driver, topic) do update set failed_at_ms = excluded.failed_at_ms, \
    failure = excluded.failure";
}

/// A stored vehicle.
#[derive(Debug, Clone)]
pub struct VehicleRow {
    /// Key of the plate.
    pub plate: String,
    /// JSON of the record.
    pub record: String,
    /// When the platform told it, ms.
    pub fetched_at_ms: i64,
}

/// A stored camera record.
#[derive(Debug, Clone)]
pub struct ViolationRow {
    /// Key of the plate.
    pub plate: String,
    /// Record number (`xh`).
    pub violation: String,
    /// JSON of the record.
    pub record: String,
    /// When the platform told it, ms.
    pub fetched_at_ms: i64,
}

/// What is known about one topic.
#[derive(Debug, Clone)]
pub struct KnowledgeRow {
    /// Which topic.
    pub topic: String,
    /// JSON, once an answer came.
    pub body: Option<String>,
    /// When the last answer came, ms.
    pub fetched_at_ms: Option<i64>,
    /// When the last question was put, ms.
    pub asked_at_ms: Option<i64>,
    /// When the last question failed, ms; cleared by an answer.
    pub failed_at_ms: Option<i64>,
    /// Why it failed, without personal data.
    pub failure: Option<String>,
}

/// Stores a vehicle; an older telling never replaces a newer one.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_vehicle(tx: &mut Tx, plate: &str, record: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(PUT_VEHICLE, &[plate.into(), record.into(), now_ms.into()])?;
    Ok(())
}

/// The vehicles a driver has bound, own ones first, each with what is known of it.
///
/// # Errors
/// Any [`StoreError`].
pub fn garage(tx: &mut Tx, driver: &str) -> Result<Vec<(Binding, Option<VehicleRow>)>, StoreError> {
    let rows = tx.query(GARAGE, &[driver.into()])?;
    let read = |row: &Row| {
        let binding = binding::read(row)?;
        let record: Option<String> = row.get("record")?;
        let told = match record {
            Some(record) => Some(VehicleRow {
                plate: binding.plate.clone(),
                record,
                fetched_at_ms: row.get("fetched_at_ms")?,
            }),
            None => None,
        };
        Ok((binding, told))
    };
    rows.iter().map(read).collect()
}

/// How much there is of what most drivers have nothing of, so that nobody looks for it in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Cases.
    pub cases: i64,
    /// Orders.
    pub orders: i64,
    /// Uses of a programme that this service granted.
    pub uses: i64,
    /// Other people's vehicles ever bound.
    pub others: i64,
    /// Open claims on the vehicles bound now, whoever laid them.
    pub claims: i64,
    /// Other people who use the vehicles bound now.
    pub users: i64,
}

/// Counts what there is of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn marks(tx: &mut Tx, driver: &str) -> Result<Marks, StoreError> {
    let row = tx.one(MARKS, &[driver.into()])?;
    Ok(Marks {
        cases: row.get("cases")?,
        orders: row.get("orders")?,
        uses: row.get("uses")?,
        others: row.get("others")?,
        claims: row.get("claims")?,
        users: row.get("users")?,
    })
}

/// Stores a camera record; an older telling never replaces a newer one.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_violation(
    tx: &mut Tx,
    plate: &str,
    violation: &str,
    occurred_at_ms: i64,
    open: bool,
    record: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        PUT_VIOLATION,
        &[
            plate.into(),
            violation.into(),
            occurred_at_ms.into(),
            open.then_some(occurred_at_ms).into(),
            record.into(),
            now_ms.into(),
        ],
    )?;
    Ok(())
}

/// The camera records of the vehicles a driver has bound, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn violations(tx: &mut Tx, driver: &str) -> Result<Vec<ViolationRow>, StoreError> {
    tx.query(VIOLATIONS, &[driver.into()])?.iter().map(read_violation).collect()
}

/// One camera record, whoever has bound its vehicle.
///
/// # Errors
/// Any [`StoreError`].
pub fn violation(tx: &mut Tx, plate: &str, violation: &str) -> Result<Option<ViolationRow>, StoreError> {
    tx.opt(VIOLATION, &[plate.into(), violation.into()])?.map(|row| read_violation(&row)).transpose()
}

fn read_violation(row: &Row) -> Result<ViolationRow, StoreError> {
    Ok(ViolationRow {
        plate: row.get("plate")?,
        violation: row.get("violation")?,
        record: row.get("record")?,
        fetched_at_ms: row.get("fetched_at_ms")?,
    })
}

/// Everything known about a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn knowledge(tx: &mut Tx, driver: &str) -> Result<Vec<KnowledgeRow>, StoreError> {
    let rows = tx.query(KNOWLEDGE, &[driver.into()])?;
    rows.iter().map(|row| Ok(KnowledgeRow { body: row.get("body")?, ..read_known(row)? })).collect()
}

/// How far asking has come for a driver: [`knowledge`] without its bodies.
///
/// # Errors
/// Any [`StoreError`].
pub fn known(tx: &mut Tx, driver: &str) -> Result<Vec<KnowledgeRow>, StoreError> {
    tx.query(KNOWN, &[driver.into()])?.iter().map(read_known).collect()
}

fn read_known(row: &Row) -> Result<KnowledgeRow, StoreError> {
    Ok(KnowledgeRow {
        topic: row.get("topic")?,
        body: None,
        fetched_at_ms: row.get("fetched_at_ms")?,
        asked_at_ms: row.get("asked_at_ms")?,
        failed_at_ms: row.get("failed_at_ms")?,
        failure: row.get("failure")?,
    })
}

/// What changes whenever a driver's page would look different, besides what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    /// Camera records of the vehicles bound now.
    pub records: i64,
    /// Changes of all cases together.
    pub cases: i64,
    /// Changes of all orders together.
    pub orders: i64,
}

/// Counts what has moved for a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn moves(tx: &mut Tx, driver: &str) -> Result<Moves, StoreError> {
    let row = tx.one(MOVES, &[driver.into()])?;
    Ok(Moves { records: row.get("records")?, cases: row.get("cases")?, orders: row.get("orders")? })
}

/// Notes that a topic is being asked about.
///
/// # Errors
/// Any [`StoreError`].
pub fn ask(tx: &mut Tx, driver: &str, topic: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(ASK, &[driver.into(), topic.into(), now_ms.into()])?;
    Ok(())
}

/// Stores an answer.
///
/// # Errors
/// Any [`StoreError`].
pub fn learn(tx: &mut Tx, driver: &str, topic: &str, body: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(LEARN, &[driver.into(), topic.into(), body.into(), now_ms.into()])?;
    Ok(())
}

/// Notes that no answer came; what was known before stays.
///
/// # Errors
/// Any [`StoreError`].
pub fn fail(tx: &mut Tx, driver: &str, topic: &str, failure: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(FAIL, &[driver.into(), topic.into(), now_ms.into(), failure.into()])?;
    Ok(())
}
