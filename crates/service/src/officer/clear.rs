//! An officer has looked at a finding, and what it told of is settled elsewhere.

use clearway_store::{Tx, audit, finding, payment, programme};

use crate::citizen::reasons::STATEMENT;
use crate::error::Conflict;
use crate::{Error, World, jobs, money};

/// Findings that end with what they are about, and never because somebody says so.
const BY_ITSELF: [&str; 5] = [
    jobs::decide::NOT_DECIDED,
    jobs::decide::NOT_IN_TIME,
    money::back::ABNORMAL,
    money::back::REFUSED,
    money::back::OVERDUE,
];

/// Closes a finding, with who looked and why; for a driver's statement that is the answer.
///
/// # Errors
/// [`Error::BadInput`] for a name or a reason that is none, and for a finding that ends with what it is about (field
/// `finding`); [`Error::NotFound`]; [`Conflict::CaseMoved`] when it is closed already.
pub fn clear(world: &World, finding_id: &str, by: &str, why: &str) -> Result<(), Error> {
    let (by, why) = (super::name(by)?, super::reason("why", why)?);
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let found = finding::find(tx, finding_id)?.ok_or(Error::NotFound("finding"))?;
        if BY_ITSELF.contains(&found.kind.as_str()) {
            return Err(Error::BadInput { field: "finding", value: found.kind, fix: "finding-by-itself" });
        }
        if !finding::close(tx, finding_id, by, why, now_ms)? {
            return Err(Error::Conflict(Conflict::CaseMoved));
        }
        if let Some(driver) = found.driver.as_deref().filter(|_| found.kind == STATEMENT) {
            programme::request_done(tx, driver, &found.subject, now_ms)?;
        }
        if found.kind == money::WRONG_SUM {
            end_order(tx, &found.subject, now_ms)?;
        }
        let detail = serde_json::json!({ "finding": finding_id, "why": why }).to_string();
        audit::append(tx, found.driver.as_deref().unwrap_or("city"), now_ms, by, "officer.cleared", &detail)?;
        Ok(())
    })?;
    world.bell.ring();
    Ok(())
}

/// The rail's word of another sum could not end an order of that number, and it would hold its violations for ever: whoever has looked
/// has settled its money, and it ends without any. Before it runs out somebody may still pay it as it stands.
fn end_order(tx: &mut Tx, number: &str, now_ms: i64) -> Result<(), Error> {
    let Some((driver, order_id)) = payment::trade(tx, number)? else { return Ok(()) };
    let mut order = payment::find(tx, &driver, &order_id)?.ok_or(Error::NotFound("order"))?;
    let state = money::order_state(&order)?;
    if !state.is_open() || now_ms < order.expires_at_ms {
        return Ok(());
    }
    money::close(tx, &mut order, state, now_ms).map(drop)
}
