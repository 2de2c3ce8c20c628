//! The money of a paid case goes back because two officers say so.

use clearway_domain::case::{CaseState, Why};
use clearway_store::Tx;
use clearway_store::case_file::CaseFile;

use crate::dossier::state_of;
use crate::error::Conflict;
use crate::{Error, money};

/// Whether the money of a case can be given back as it stands: paid, and no decision of it is written or on its way. A
/// decided one is annulled instead.
pub(super) fn may(case: &CaseFile) -> Result<(), Error> {
    match state_of(case)? {
        CaseState::Paid | CaseState::Manual if case.order_id.is_some() => Ok(()),
        _ => Err(Error::Conflict(Conflict::CaseMoved)),
    }
}

/// The deed.
pub(super) fn done(tx: &mut Tx, case: &mut CaseFile, by: &str, now_ms: i64) -> Result<(), Error> {
    may(case)?;
    money::back::leg(tx, case, Why::Officer, by, now_ms)
}
