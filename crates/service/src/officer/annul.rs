//! A decision is taken away: points, credit and the right to the warning come back, and what was paid goes back.

use clearway_domain::case::{CaseEvent, Why};
use clearway_store::case_file::CaseFile;
use clearway_store::{Tx, finding, programme};

use crate::dossier::{Topic, state_of};
use crate::error::Conflict;
use crate::{Error, jobs, money};

/// Whether there is a decision to annul.
pub(super) fn may(case: &CaseFile) -> Result<(), Error> {
    state_of(case)?.after(CaseEvent::Annul).map(|_| ()).map_err(|_| Error::Conflict(Conflict::CaseMoved))
}

/// The deed. The use of a programme is not deleted: it is marked, and no rule counts it any more.
pub(super) fn done(tx: &mut Tx, case: &mut CaseFile, by: &str, now_ms: i64) -> Result<(), Error> {
    money::advance(tx, case, CaseEvent::Annul, by, "{}", now_ms)?;
    programme::annul(tx, &case.driver, &case.case_id, now_ms)?;
    let asked = finding::id(crate::citizen::reconsider::RECONSIDER, &case.case_id);
    finding::close(tx, &asked, by, "annulled", now_ms)?;
    if case.order_id.is_some() {
        money::back::leg(tx, case, Why::Annulled, by, now_ms)?;
    }
    // Points and the record's own mark are the platform's: they are read again at once.
    jobs::refresh::enqueue(tx, &case.driver, &Topic::ALL, now_ms)
}
