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
use clearway_store::{Db, StoreError, Tx, readmodel};

use crate::Error;
use crate::dossier::Dossier;
use crate::error::Conflict;

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

/// How often a deed is judged again because something of the driver's moved meanwhile.
const JUDGED_MAX: usize = 3;

/// Does a deed that is judged first and stored then, and judges again where something moved in between.
pub(crate) fn judged_anew<T>(mut deed: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 1..JUDGED_MAX {
        match deed() {
            Err(Error::Conflict(Conflict::CaseMoved)) => {}
            done => return done,
        }
    }
    deed()
}

/// Whether the driver's cases and orders are still those that were judged: two deeds that are judged side by side could both be
/// allowed where only one is. Asked in the transaction that stores the deed.
///
/// # Errors
/// [`Conflict::CaseMoved`] when they are not; [`Error::Store`].
pub(crate) fn unmoved(tx: &mut Tx, judged: &Dossier) -> Result<(), Error> {
    let now = readmodel::moves(tx, &judged.account.driver)?;
    let then = judged.standing.moves;
    match (now.cases, now.orders) == (then.cases, then.orders) {
        true => Ok(()),
        false => Err(Error::Conflict(Conflict::CaseMoved)),
    }
}

/// Turns a missing row into the answer that never tells "not yours" from "not there".
pub(crate) fn found<T>(row: Option<T>, what: &'static str) -> Result<T, Error> {
    row.ok_or(Error::NotFound(what))
}

/// A version that another hand has raised meanwhile reads as a conflict on the case.
pub(crate) fn moved(error: StoreError) -> Error {
    match error {
        StoreError::Conflict { .. } => Error::Conflict(Conflict::CaseMoved),
        other => Error::Store(other),
    }
}
