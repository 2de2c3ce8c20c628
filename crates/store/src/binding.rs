//! Which vehicles a driver bound, and how many others use a vehicle.

use crate::{Row, StoreError, Tx};

/// A vehicle bound by a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Key of the plate ("02:鄂A12345").
    pub plate: String,
    /// Whether it is the driver's own.
    pub own: bool,
    /// When the phone registered for the owner was verified, ms.
    pub owner_phone_at_ms: Option<i64>,
    /// When it was bound, ms.
    pub bound_at_ms: i64,
}

statements! {
    /// The bindings of a driver that stand.
    STANDING = "select plate, own, owner_phone_at_ms, bound_at_ms from binding \
    where driver = $1 and unbound_at_ms is null order by own desc, bound_at_ms, plate";
    /// Other people's vehicles ever bound by a driver.
    EVER_OTHERS = "select count(distinct plate) as n from binding where driver = $1 and own = 0";
    /// A new binding.
    INSERT = "insert into binding (driver, plate, own, owner_phone_at_ms, bound_at_ms) \
    values ($1, $2, $3, $4, $5) on conflict (driver, plate, bound_at_ms) do nothing";
    /// The owner's phone was verified.
    OWNER_PHONE = "update binding set owner_phone_at_ms = $1 where driver = $2 and plate = $3 \
    and unbound_at_ms is null";
    /// Ends a binding.
    UNBIND = "update binding set unbound_at_ms = $1 where driver = $2 and plate = $3 and unbound_at_ms is null";
    /// Notes somebody else's use of a vehicle.
    USER_ADD = "insert into vehicle_user (plate, driver, since_ms) values ($1, $2, $3) \
    on conflict (plate, driver) do nothing";
    /// Ends somebody else's use of a vehicle.
    USER_REMOVE = "delete from vehicle_user where plate = $1 and driver = $2";
    /// The same for every vehicle that a driver has bound.
    USERS_SEEN = "select u.plate as plate, count(*) as n from binding b join vehicle_user u on u.plate = b.plate \
    where b.driver = $1 and b.unbound_at_ms is null group by u.plate";
    /// How many people other than the owner use a vehicle.
    USERS = "select count(*) as n from vehicle_user where plate = $1";
}

pub(crate) fn read(row: &mut Row) -> Result<Binding, StoreError> {
    Ok(Binding {
        plate: row.take("plate")?,
        own: row.take::<i64>("own")? == 1,
        owner_phone_at_ms: row.take("owner_phone_at_ms")?,
        bound_at_ms: row.take("bound_at_ms")?,
    })
}

/// The vehicles a driver has bound now, own ones first.
///
/// # Errors
/// Any [`StoreError`].
pub fn standing(tx: &mut Tx, driver: &str) -> Result<Vec<Binding>, StoreError> {
    tx.read(STANDING, &[driver.into()], read)
}

/// How many other people's vehicles a driver has ever bound.
///
/// # Errors
/// Any [`StoreError`].
pub fn ever_others(tx: &mut Tx, driver: &str) -> Result<i64, StoreError> {
    tx.one(EVER_OTHERS, &[driver.into()])?.get("n")
}

/// How many people other than the owner use a vehicle.
///
/// # Errors
/// Any [`StoreError`].
pub fn users(tx: &mut Tx, plate: &str) -> Result<i64, StoreError> {
    tx.one(USERS, &[plate.into()])?.get("n")
}

/// How many people other than the owner use each vehicle that a driver has bound; a vehicle without any is left out.
///
/// # Errors
/// Any [`StoreError`].
pub fn users_seen(tx: &mut Tx, driver: &str) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query(USERS_SEEN, &[driver.into()])?.iter().map(|row| Ok((row.get("plate")?, row.get("n")?))).collect()
}

/// Binds a vehicle.
///
/// # Errors
/// Any [`StoreError`].
pub fn insert(tx: &mut Tx, driver: &str, binding: &Binding) -> Result<(), StoreError> {
    tx.execute(
        INSERT,
        &[
            driver.into(),
            binding.plate.as_str().into(),
            i64::from(binding.own).into(),
            binding.owner_phone_at_ms.into(),
            binding.bound_at_ms.into(),
        ],
    )?;
    if !binding.own {
        tx.execute(USER_ADD, &[binding.plate.as_str().into(), driver.into(), binding.bound_at_ms.into()])?;
    }
    Ok(())
}

/// Notes that the phone registered for the owner was verified.
///
/// # Errors
/// Any [`StoreError`].
pub fn owner_phone(tx: &mut Tx, driver: &str, plate: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(OWNER_PHONE, &[now_ms.into(), driver.into(), plate.into()])?;
    Ok(())
}

/// Ends a binding; the count of vehicles ever bound stays.
///
/// # Errors
/// Any [`StoreError`].
pub fn unbind(tx: &mut Tx, driver: &str, plate: &str, now_ms: i64) -> Result<bool, StoreError> {
    let ended = tx.execute(UNBIND, &[now_ms.into(), driver.into(), plate.into()])?;
    tx.execute(USER_REMOVE, &[plate.into(), driver.into()])?;
    Ok(ended == 1)
}
