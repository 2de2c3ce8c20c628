//! The money of a paid case goes back because two officers say so, unless a last look finds that it is decided after all.

use clearway_domain::case::{CaseState, Why};
use clearway_store::Tx;
use clearway_store::case_file::CaseFile;
use clearway_store::finding::{self, Finding};

use crate::dossier::state_of;
use crate::error::Conflict;
use crate::jobs::decide::{self, Stands};
use crate::jobs::manual;
use crate::{Error, World, money};

/// Whether the money of a case can be given back as it stands: paid, and no decision of it is written or on its way. A
/// decided one is annulled instead.
pub(super) fn may(case: &CaseFile) -> Result<(), Error> {
    match state_of(case)? {
        CaseState::Paid | CaseState::Manual if case.order_id.is_some() => Ok(()),
        _ => Err(Error::Conflict(Conflict::CaseMoved)),
    }
}

/// What the platform shows of a write of ours, and the version of the case for which it was asked.
pub(super) struct Looked {
    version: i64,
    stands: Stands,
}

/// Asks the platform once more before the deed, outside of any transaction.
pub(super) fn look(world: &World, case_id: &str) -> Result<Looked, Error> {
    let case = world.db.read(|tx| super::case(tx, case_id))?;
    let stands = decide::stands(world, &case.driver, &case.case_id)?;
    Ok(Looked { version: case.version, stands })
}

/// The deed: the money goes back. A decision of ours that stands is accepted instead, and where nobody can say whether one does
/// a person is told of it.
pub(super) fn done(
    tx: &mut Tx,
    case: &mut CaseFile,
    looked: &Looked,
    by: &str,
    now_ms: i64,
) -> Result<(), Error> {
    may(case)?;
    // It may have been tried again since the look.
    if looked.version != case.version {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    match looked.stands {
        Stands::NeverSent => {}
        Stands::Yes => return manual::again(tx, case, by, "a decision of ours stands", now_ms),
        Stands::Unknown => {
            let (driver, fen) = (Some(case.driver.as_str()), case.fine_fen);
            finding::put(tx, &Finding::new(manual::MAY_STAND, &case.case_id, driver, fen, now_ms))?;
        }
    }
    money::back::leg(tx, case, Why::Officer, by, now_ms)
}
