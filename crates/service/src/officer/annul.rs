//! A decision is taken away: points, credit and the right to the warning come back, and what was paid goes back.

use clearway_domain::case::{CaseEvent, CaseState, Why};
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};
use clearway_store::{Tx, programme};

use crate::dossier::{Topic, state_of};
use crate::error::Conflict;
use crate::{Error, jobs, money};

/// Kind of the finding of a decision of ours that the platform shows as annulled, and nobody here has: the money of it is still
/// kept. Of its case.
pub const ELSEWHERE: &str = "annulled-elsewhere";

/// The platform shows these of a driver's decisions as annulled: those of ours are for a person, once. What somebody has looked at stays
/// looked at, although the platform shows it on.
pub(crate) fn seen(tx: &mut Tx, driver: &str, annulled: &[String], now_ms: i64) -> Result<(), Error> {
    for case in case_file::of_driver(tx, driver)? {
        let Some(number) = case.decision_number.as_ref().filter(|number| annulled.contains(number)) else {
            continue;
        };
        if !matches!(state_of(&case)?, CaseState::Written | CaseState::Decided) {
            continue;
        }
        let detail = serde_json::json!({ "case": case.case_id, "decision": number }).to_string();
        let finding =
            Finding::new(ELSEWHERE, &case.case_id, Some(driver), case.fine_fen, now_ms).with_detail(detail);
        if finding::find(tx, &finding.finding_id)?.is_none() {
            finding::put(tx, &finding)?;
            tracing::warn!(case = case.case_id, "a decision of ours was annulled at the platform");
        }
    }
    Ok(())
}

/// Whether there is a decision to annul.
pub(super) fn may(case: &CaseFile) -> Result<(), Error> {
    state_of(case)?.after(CaseEvent::Annul).map(|_| ()).map_err(|_| Error::Conflict(Conflict::CaseMoved))
}

/// The deed. The use of a programme is not deleted: it is marked, and no rule counts it any more.
pub(super) fn done(tx: &mut Tx, case: &mut CaseFile, by: &str, now_ms: i64) -> Result<(), Error> {
    money::advance(tx, case, CaseEvent::Annul, by, "{}", now_ms)?;
    programme::annul(tx, &case.driver, &case.case_id, now_ms)?;
    for kind in [crate::citizen::reconsider::RECONSIDER, ELSEWHERE] {
        finding::close(tx, &finding::id(kind, &case.case_id), by, "annulled", now_ms)?;
    }
    if case.order_id.is_some() {
        money::back::leg(tx, case, Why::Annulled, by, now_ms)?;
    }
    // Points and the record's own mark are the platform's: they are read again at once.
    jobs::refresh::enqueue(tx, &case.driver, &Topic::ALL, now_ms)
}
