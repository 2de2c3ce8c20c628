//! The money of a refund that the rail cannot carry out, or never confirms, went back another way, and two officers say so.
//!
//! From the proposal on the rail is asked about the refund and not for it ([`is_held`]): what somebody says has gone back must
//! not go back a second time while the second person looks.

use clearway_connect::Fault;
use clearway_connect::payments::{Refund, RefundState as AtRail};
use clearway_domain::Fen;
use clearway_store::approval::{self, Approval};
use clearway_store::refund::{self, RefundRow};
use clearway_store::{Tx, finding, queue};

use super::Deed;
use crate::error::Conflict;
use crate::jobs::back::{self as job, REFUND};
use crate::money::back;
use crate::{Error, World};

/// Findings about a refund; each names its number, or what it is for.
const ABOUT: [&str; 4] = [back::REFUSED, back::ABNORMAL, back::AMOUNT, back::OVERDUE];

/// The attempt under way that an open finding is about.
pub(super) fn attempt(tx: &mut Tx, finding_id: &str) -> Result<RefundRow, Error> {
    let found = finding::find(tx, finding_id)?.ok_or(Error::NotFound("finding"))?;
    let (true, Some(driver)) = (ABOUT.contains(&found.kind.as_str()), &found.driver) else {
        return Err(Error::BadInput { field: "finding", value: found.kind, fix: "finding-no-refund" });
    };
    for row in refund::of_driver(tx, driver)? {
        let named = row.what == found.subject || row.refund_no == found.subject;
        if named && !back::state_of(&row)?.is_over() && found.closed_at_ms.is_none() {
            return Ok(row);
        }
    }
    Err(Error::Conflict(Conflict::CaseMoved))
}

/// Whether somebody says that the money of this attempt went back another way, and nobody has agreed or not agreed yet.
pub(crate) fn is_held(tx: &mut Tx, refund_no: &str) -> Result<bool, Error> {
    Ok(approval::is_open(tx, Deed::Returned.slug(), refund_no)?)
}

/// What the rail says of the attempt, and the version for which it was asked.
pub(super) struct Looked {
    version: i64,
    /// Its word that the money went back by the refund itself.
    back: Option<Refund>,
}

/// Asks the rail once more before the deed, outside of any transaction. What it is still carrying out cannot be said to have gone
/// another way before the day that the driver was told.
pub(super) fn look(world: &World, proposal: &Approval) -> Result<Looked, Error> {
    let Some((row, order, ask)) = job::load(world, &proposal.driver, &proposal.subject)? else {
        return Err(Error::NotFound("refund"));
    };
    let nothing = Looked { version: row.version, back: None };
    if order.rail != world.payments.rail().slug {
        return Ok(nothing);
    }
    match world.payments.query_refund(&ask) {
        Ok(Some(told)) if told.refund == Fen(row.fen) && told.state == AtRail::Success => {
            Ok(Looked { back: Some(told), ..nothing })
        }
        Ok(Some(told))
            if told.state == AtRail::Processing && world.now().as_millisecond() <= row.promised_at_ms =>
        {
            Err(Error::BadInput { field: "proposal", value: row.refund_no, fix: "refund-under-way" })
        }
        Ok(_) | Err(Fault::Refused { .. }) => Ok(nothing),
        Err(fault) => Err(Error::Unavailable { who: "payments", fault }),
    }
}

/// The deed: the attempt ends as done. Where the rail says in the last look that it carried it out, that is its own word.
pub(super) fn done(
    tx: &mut Tx,
    proposal: &Approval,
    looked: &Looked,
    by: &str,
    now_ms: i64,
) -> Result<(), Error> {
    let (driver, refund_no) = (proposal.driver.as_str(), proposal.subject.as_str());
    let row = refund::find(tx, driver, refund_no)?.ok_or(Error::NotFound("refund"))?;
    // Whoever is at the rail with it just now may be asking for it.
    let in_hand = queue::find(tx, driver, REFUND, refund_no)?.is_some_and(|work| work.worker.is_some());
    if in_hand || row.version != looked.version || back::state_of(&row)?.is_over() {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    match &looked.back {
        Some(told) => back::apply(tx, driver, told, now_ms).map(drop),
        None => back::another_way(tx, row, by, now_ms),
    }
}
