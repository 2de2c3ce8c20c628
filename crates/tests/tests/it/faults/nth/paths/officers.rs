//! What officers do, and what happens when they do nothing.

use clearway_service::Error;
use clearway_service::officer::{self, Deed};
use clearway_store::{approval, finding};

use super::super::town::Town;
use super::money;

/// Paid, and its record costs something else since.
pub fn paid_and_repriced(town: &Town) {
    money::paid(town);
    let mut files = town.sim.authority.files();
    let fine = files.records[&town.noted("violation")].fine.expect("a fine");
    assert!(files.reprice(&town.noted("violation"), fine + clearway_domain::Fen(1_000)));
    town.note("fine", fine.0.to_string());
}

/// A paid case that the platform did not take.
pub fn manual(town: &Town) {
    paid_and_repriced(town);
    town.work();
    a_case(town, MANUAL);
}

/// A paid and decided case.
pub fn decided(town: &Town) {
    money::paid(town);
    town.pass(4);
    a_case(town, DECIDED);
}

/// Remembers the case in a state.
pub fn a_case(town: &Town, sql: &'static str) {
    let id = town.text(sql).expect("a text");
    town.note("case", id.expect("a case in this state"));
}

/// Whether the case is still in the state in which the path began.
fn is_still(town: &Town, sql: &'static str) -> Result<bool, Error> {
    Ok(town.text(sql)?.as_deref() == Some(town.noted("case").as_str()))
}

const MANUAL: &str = "select case_id as v from case_file where state = 'manual'";
/// Finds a decided case.
pub const DECIDED: &str = "select case_id as v from case_file where state = 'decided'";

/// The record is as it was, and the officer says so.
pub fn retry(town: &Town) -> Result<(), Error> {
    let fine: i64 = town.noted("fine").parse().expect("a fine");
    town.sim.authority.files().reprice(&town.noted("violation"), clearway_domain::Fen(fine));
    if is_still(town, MANUAL)? {
        officer::retry::retry(town.world(), &town.noted("case"), "王警官", "罚款金额已更正")?;
    }
    town.work();
    Ok(())
}

/// An officer has looked at a doubted order.
pub fn clear(town: &Town) -> Result<(), Error> {
    let id = town.noted("finding");
    let open = town.world().db.read(|tx| finding::find(tx, &id).map_err(Error::from))?;
    if open.expect("a finding").closed_at_ms.is_some() {
        return Ok(());
    }
    officer::clear::clear(town.world(), &id, "王警官", "对账单里没有这笔钱")
}

/// The proposal that waits, or a new one.
fn proposal(town: &Town, deed: Deed) -> Result<String, Error> {
    let open = town.world().db.read(|tx| approval::open(tx, 10))?;
    match open.first() {
        Some(there) => Ok(there.approval_id.clone()),
        None => officer::propose(town.world(), deed, &town.noted("case"), "王警官", "当事人申请核实无误"),
    }
}

pub fn refund(town: &Town) -> Result<(), Error> {
    if is_still(town, MANUAL)? {
        officer::approve(town.world(), &proposal(town, Deed::Refund)?, "李警官")?;
    }
    town.work();
    Ok(())
}

/// For days the rail refuses a refund, and two findings tell of it.
pub fn refund_in_vain(town: &Town) {
    money::refund_refused(town);
    town.pass(OVERDUE_HOURS);
    let id = town.text("select finding_id as v from finding where kind = 'refund-overdue'").expect("a text");
    town.note("finding", id.expect("it is past its day"));
}

/// Hours after which a refund is past the day that the driver was told.
pub const OVERDUE_HOURS: i64 = 8 * 24;

/// The money went back another way, say two.
pub fn returned(town: &Town) -> Result<(), Error> {
    let open = town.world().db.read(|tx| approval::open(tx, 10))?;
    let id = town.noted("finding");
    let found = town.world().db.read(|tx| finding::find(tx, &id).map_err(Error::from))?;
    if found.expect("a finding").closed_at_ms.is_some() {
        return Ok(());
    }
    let proposal = match open.first() {
        Some(there) => there.approval_id.clone(),
        None => officer::propose(town.world(), Deed::Returned, &id, "王警官", "当事人已在窗口领回")?,
    };
    officer::approve(town.world(), &proposal, "李警官")
}

pub fn annul(town: &Town) -> Result<(), Error> {
    if is_still(town, DECIDED)? {
        officer::approve(town.world(), &proposal(town, Deed::Annul)?, "李警官")?;
    }
    town.work();
    Ok(())
}

pub fn reject(town: &Town) -> Result<(), Error> {
    if town.read("select count(*) as v from approval where decided_at_ms is not null")? == 0 {
        officer::reject(town.world(), &proposal(town, Deed::Annul)?, "李警官", "理由不充分")?;
    }
    Ok(())
}
