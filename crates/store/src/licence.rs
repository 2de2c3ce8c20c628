//! The directory of licences: one licence, one account.

use crate::{StoreError, Tx};

statements! {
    /// Who holds a licence.
    HOLDER = "select driver from licence_claim where licence = $1";
    /// Claims a licence; claiming one's own again is harmless.
    CLAIM = "insert into licence_claim (licence, driver, claimed_at_ms) values ($1, $2, $3) \
    on conflict (licence) do nothing";
}

/// The driver whose account holds the licence.
///
/// # Errors
/// Any [`StoreError`].
pub fn holder(tx: &mut Tx, licence: &str) -> Result<Option<String>, StoreError> {
    tx.opt(HOLDER, &[licence.into()])?.map(|row| row.get("driver")).transpose()
}

/// Claims a licence for a driver.
///
/// # Errors
/// [`StoreError::Duplicate`] when another account holds it.
pub fn claim(tx: &mut Tx, licence: &str, driver: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(CLAIM, &[licence.into(), driver.into(), now_ms.into()])?;
    match holder(tx, licence)? {
        Some(holder) if holder == driver => Ok(()),
        _ => Err(StoreError::Duplicate("licence_claim".to_owned())),
    }
}
