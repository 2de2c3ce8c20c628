//! The read model: vehicles, camera records and what is known of a driver, as the platform told them, with the
//! instant of the telling. Bodies are JSON written and read by the service.

use std::collections::BTreeSet;

use crate::binding::{self, Binding};
use crate::{Row, StoreError, Tx};

statements! {
    /// A vehicle.
    PUT_VEHICLE = "insert into vehicle (plate, record, fetched_at_ms) values ($1, $2, $3) \
    on conflict (plate) do update set record = excluded.record, fetched_at_ms = excluded.fetched_at_ms \
    where vehicle.fetched_at_ms <= excluded.fetched_at_ms";
    /// Every binding of a driver, ended ones too; those that stand with what is known of the vehicle, open claims on it and other
    /// people who use it. One walk over the bindings, in no order: they are few, and whoever reads them sorts them.
    GARAGE = "select b.plate as plate, b.own as own, b.owner_phone_at_ms as owner_phone_at_ms, \
    b.bound_at_ms as bound_at_ms, b.unbound_at_ms as unbound_at_ms, v.record as record, \
    v.fetched_at_ms as fetched_at_ms, case when b.unbound_at_ms is null then (select count(*) from violation_claim c \
    where c.plate = b.plate and c.released_at_ms is null) else 0 end as claims, \
    case when b.unbound_at_ms is null then (select count(*) from vehicle_user u where u.plate = b.plate) \
    else 0 end as users from binding b \
    left join vehicle v on v.plate = b.plate and b.unbound_at_ms is null where b.driver = $1";
    /// How many rows there are of what most drivers have none of.
    MARKS = "select (select count(*) from case_file where driver = $1) as cases, \
    (select count(*) from pay_order where driver = $1) as orders, \
    (select count(*) from programme_use where driver = $1) as uses";
    /// A camera record.
    PUT_VIOLATION = "insert into violation (plate, violation, occurred_at_ms, open_since_ms, record, \
    fetched_at_ms) values ($1, $2, $3, $4, $5, $6) on conflict (plate, violation) do update set \
    occurred_at_ms = excluded.occurred_at_ms, open_since_ms = excluded.open_since_ms, record = excluded.record, \
    fetched_at_ms = excluded.fetched_at_ms where violation.fetched_at_ms <= excluded.fetched_at_ms";
    /// Camera records of the vehicles bound by a driver.
    VIOLATIONS = "select v.violation as violation, v.record as record, \
    v.fetched_at_ms as fetched_at_ms from binding b join violation v on v.plate = b.plate \
    where b.driver = $1 and b.unbound_at_ms is null";
    /// One camera record.
    VIOLATION = "select violation, record, fetched_at_ms from violation where plate = $1 and violation = $2";
    /// What is known about a topic.
    KNOWLEDGE = "select topic, body, fetched_at_ms, asked_at_ms, failed_at_ms from knowledge \
    where driver = $1";
    /// The same without what was told.
    KNOWN = "select topic, fetched_at_ms, asked_at_ms, failed_at_ms from knowledge where driver = $1";
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
}

/// Stores a vehicle; an older telling never replaces a newer one.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_vehicle(tx: &mut Tx, plate: &str, record: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(PUT_VEHICLE, &[plate.into(), record.into(), now_ms.into()])?;
    Ok(())
}

/// The vehicles of a driver.
#[derive(Debug, Clone, Default)]
pub struct Garage {
    /// Those bound now, own ones first, each with what is known of it.
    pub bound: Vec<(Binding, Option<VehicleRow>)>,
    /// Other people's vehicles that the driver has ever bound.
    pub others: i64,
    /// Open claims on the vehicles bound now, whoever laid them.
    pub claims: i64,
    /// Other people who use the vehicles bound now.
    pub users: i64,
}

/// The vehicles of a driver, and what hangs on them.
///
/// # Errors
/// Any [`StoreError`].
pub fn garage(tx: &mut Tx, driver: &str) -> Result<Garage, StoreError> {
    let mut garage = Garage::default();
    let mut others = BTreeSet::new();
    let rows = tx.read(GARAGE, &[driver.into()], read_garage)?;
    for row in rows {
        if !row.binding.own {
            others.insert(row.binding.plate.clone());
        }
        garage.claims += row.claims;
        garage.users += row.users;
        if row.stands {
            garage.bound.push((row.binding, row.told));
        }
    }
    garage.others = i64::try_from(others.len()).unwrap_or(i64::MAX);
    garage.bound.sort_by(|(one, _), (other, _)| {
        let own_first = other.own.cmp(&one.own);
        own_first.then(one.bound_at_ms.cmp(&other.bound_at_ms)).then_with(|| one.plate.cmp(&other.plate))
    });
    Ok(garage)
}

struct GarageRow {
    binding: Binding,
    stands: bool,
    told: Option<VehicleRow>,
    claims: i64,
    users: i64,
}

fn read_garage(row: &mut Row) -> Result<GarageRow, StoreError> {
    let binding = binding::read(row)?;
    let stands = row.take::<Option<i64>>("unbound_at_ms")?.is_none();
    let (record, fetched_at_ms): (Option<String>, Option<i64>) =
        (row.take("record")?, row.take("fetched_at_ms")?);
    let told = record.zip(fetched_at_ms).map(|(record, fetched_at_ms)| VehicleRow {
        plate: binding.plate.clone(),
        record,
        fetched_at_ms,
    });
    Ok(GarageRow { binding, stands, told, claims: row.take("claims")?, users: row.take("users")? })
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
}

/// Counts what there is of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn marks(tx: &mut Tx, driver: &str) -> Result<Marks, StoreError> {
    let row = tx.one(MARKS, &[driver.into()])?;
    Ok(Marks { cases: row.get("cases")?, orders: row.get("orders")?, uses: row.get("uses")? })
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

/// The camera records of the vehicles a driver has bound, in no order.
///
/// # Errors
/// Any [`StoreError`].
pub fn violations(tx: &mut Tx, driver: &str) -> Result<Vec<ViolationRow>, StoreError> {
    tx.read(VIOLATIONS, &[driver.into()], read_violation)
}

/// One camera record, whoever has bound its vehicle.
///
/// # Errors
/// Any [`StoreError`].
pub fn violation(tx: &mut Tx, plate: &str, violation: &str) -> Result<Option<ViolationRow>, StoreError> {
    tx.opt(VIOLATION, &[plate.into(), violation.into()])?.map(|mut row| read_violation(&mut row)).transpose()
}

fn read_violation(row: &mut Row) -> Result<ViolationRow, StoreError> {
    Ok(ViolationRow {
        violation: row.take("violation")?,
        record: row.take("record")?,
        fetched_at_ms: row.take("fetched_at_ms")?,
    })
}

/// Everything known about a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn knowledge(tx: &mut Tx, driver: &str) -> Result<Vec<KnowledgeRow>, StoreError> {
    tx.read(KNOWLEDGE, &[driver.into()], |row| {
        let (topic, body) = (row.take("topic")?, row.take("body")?);
        read_known(row, topic, body)
    })
}

/// How far asking has come for a driver: [`knowledge`] without its bodies.
///
/// # Errors
/// Any [`StoreError`].
pub fn known(tx: &mut Tx, driver: &str) -> Result<Vec<KnowledgeRow>, StoreError> {
    tx.read(KNOWN, &[driver.into()], |row| {
        let topic = row.take("topic")?;
        read_known(row, topic, None)
    })
}

fn read_known(row: &mut Row, topic: String, body: Option<String>) -> Result<KnowledgeRow, StoreError> {
    Ok(KnowledgeRow {
        topic,
        body,
        fetched_at_ms: row.take("fetched_at_ms")?,
        asked_at_ms: row.take("asked_at_ms")?,
        failed_at_ms: row.take("failed_at_ms")?,
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
