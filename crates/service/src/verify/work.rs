//! 7 and 9: intents, their outcomes, and what is late.

use clearway_domain::case::{CaseState, OrderState, RefundState};
use clearway_store::queue;
use clearway_store::{Tx, finding, inbox};

use super::{File, Report};
use crate::{Error, World, jobs};

/// Milliseconds after its last change within which an order must have an end: 24 hours of questions, and one for the rail.
const ORDER_MS: i64 = 25 * 3_600_000;
/// Milliseconds in which a decision, a refund or a parked notice is over or somebody was told: longest are holidays.
const LONG_MS: i64 = 12 * 86_400_000;
/// Milliseconds in which a notice that was stored has its effect, or somebody was told.
const NOTICE_MS: i64 = 3_600_000;

/// The sentences about work of one driver.
pub(super) fn check(world: &World, tx: &mut Tx, file: &File, report: &mut Report) -> Result<(), Error> {
    let driver = file.driver.as_str();
    let now_ms = world.now().as_millisecond();
    let stored = queue::of_driver(tx, driver)?;
    let has = |kind: &str, key: &str| stored.iter().any(|job| job.kind == kind && job.key == key);
    for (order, _) in &file.orders {
        let Some(state) = OrderState::from_slug(&order.state) else { continue };
        report.count(9);
        if state.is_open() && !has(jobs::pay::ASK, &order.order_id) {
            report.breach(9, driver, &order.order_id, "an open order that nobody asks the rail about");
        }
        if state == OrderState::Created
            && order.prepay_id.is_none()
            && !has(jobs::pay::PREPAY, &order.order_id)
        {
            report.breach(9, driver, &order.order_id, "an order that nobody places");
        }
        report.count(7);
        if state.is_open() && now_ms - order.expires_at_ms > ORDER_MS {
            late(tx, report, driver, &order.order_id, "an order without an end")?;
        }
    }
    for case in &file.cases {
        let (wanted, what) = match CaseState::from_slug(&case.state) {
            Some(CaseState::Deciding) => (jobs::decide::DECIDE, "a decision that nobody writes"),
            Some(CaseState::Written) => (jobs::decide::CHECK_DIGIT, "a check digit that nobody reads back"),
            Some(CaseState::Manual) => (jobs::manual::MANUAL, "a paid case that nobody gives back in time"),
            _ => continue,
        };
        report.count(9);
        if !has(wanted, &case.case_id) {
            report.breach(9, driver, &case.case_id, what);
        }
        report.count(7);
        if now_ms - case.changed_at_ms > LONG_MS {
            late(tx, report, driver, &case.case_id, "a case that was promised an answer")?;
        }
    }
    for refund in &file.refunds {
        let over = RefundState::from_slug(&refund.state).is_some_and(RefundState::is_over);
        report.count(9);
        if !over && !has(jobs::back::REFUND, &refund.refund_no) {
            report.breach(9, driver, &refund.refund_no, "a refund that nobody asks for");
        }
        report.count(7);
        if !over && now_ms > refund.promised_at_ms {
            late(tx, report, driver, &refund.refund_no, "a refund past the day that the driver was told")?;
        }
    }
    Ok(())
}

/// Late, but known to somebody: listed. Late and nobody was told: a breach.
fn late(tx: &mut Tx, report: &mut Report, driver: &str, subject: &str, what: &str) -> Result<(), Error> {
    if finding::of_driver(tx, driver)?.is_empty() {
        report.breach(7, driver, subject, format!("{what}, and nobody was told"));
    } else {
        report.late.push(format!("{what}: {subject}"));
    }
    Ok(())
}

/// The sentences about work over all drivers.
pub(super) fn whole(world: &World, tx: &mut Tx, report: &mut Report) -> Result<(), Error> {
    const NAMED_MAX: u32 = 100;
    let now_ms = world.now().as_millisecond();
    for job in queue::buried(tx, NAMED_MAX)? {
        report.count(7);
        if finding::find(tx, &jobs::buried_id(&job.kind, &job.key))?.is_none() {
            report.breach(
                7,
                &job.driver,
                &job.key,
                format!("{} was given up, and nobody was told", job.kind),
            );
        } else {
            report.late.push(format!("{} was given up: {}", job.kind, job.key));
        }
    }
    for notice in inbox::waiting(tx, now_ms - NOTICE_MS, NAMED_MAX)? {
        report.count(9);
        let told = finding::about(tx, &notice.dedupe_key)?;
        if told {
            report.late.push(format!("a notice waits for a person: {}", notice.dedupe_key));
        } else {
            report.breach(9, "", &notice.dedupe_key, "a notice had no effect, and nobody was told");
        }
    }
    Ok(())
}
