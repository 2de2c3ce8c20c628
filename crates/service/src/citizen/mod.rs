//! What a driver does. One deed, one file; the same names stand in `web/citizen` and in the journeys.

pub mod confirm;
pub mod decision;
pub mod identity;
pub mod order;
pub mod programmes;
pub mod quiz;
pub mod quote;
pub mod reasons;
pub mod receipt;
pub mod reconsider;
pub mod settings;
pub mod share;
pub mod sign_in;
pub mod start_case;
pub mod study;
pub mod timeline;
pub mod turn;
pub mod vehicle;
pub mod vehicles;
pub mod violation;
pub mod violations;

use clearway_store::account::Account;
use clearway_store::{Db, StoreError};

use crate::Error;

/// The signed-in person behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Partition key of the driver: keyed hash of the openid.
    pub driver: String,
}

/// The account of a person who is signed in and verified.
///
/// # Errors
/// [`Error::NotSignedIn`] when the account is gone, [`Error::NotVerified`] before real-name verification.
pub(crate) fn verified(db: &Db, who: &Who) -> Result<Account, Error> {
    let account = db
        .read(|tx| clearway_store::account::find(tx, &who.driver).map_err(Error::from))?
        .ok_or(Error::NotSignedIn)?;
    if account.verified_at_ms.is_none() {
        return Err(Error::NotVerified);
    }
    Ok(account)
}

/// Turns a missing row into the answer that never tells "not yours" from "not there".
pub(crate) fn found<T>(row: Option<T>, what: &'static str) -> Result<T, Error> {
    row.ok_or(Error::NotFound(what))
}

/// A version that another hand has raised meanwhile reads as a conflict on the case.
pub(crate) fn moved(error: StoreError) -> Error {
    match error {
        StoreError::Conflict { .. } => Error::Conflict(crate::error::Conflict::CaseMoved),
        other => Error::Store(other),
    }
}
