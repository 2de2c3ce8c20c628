//! 5, 6, 10 and 12: cases, their steps, and whose they are.

use clearway_domain::case::{CaseEvent, CaseState, Route};
use clearway_domain::facts::RawFacts;
use clearway_store::case_file::{self, CaseFile, Step};
use clearway_store::{Tx, audit, payment};

use super::{File, Report};
use crate::dossier::{instant, route_of};
use crate::{Error, World, money};

/// The sentences about cases of one driver.
pub(super) fn check(world: &World, tx: &mut Tx, file: &File, report: &mut Report) -> Result<(), Error> {
    if let Err(broken) = audit::verify(tx, &file.driver)? {
        let what = format!("the audit chain breaks at entry {}: {}", broken.seq, broken.why);
        report.breach(5, &file.driver, "audit", what);
    }
    for case in &file.cases {
        let steps = file.steps.get(&case.case_id).map_or(&[][..], Vec::as_slice);
        edges(file, case, steps, report);
        times(world, file, case, steps, report);
        if CaseState::from_slug(&case.state).is_some_and(CaseState::has_decision) {
            decision(world, tx, file, case, report)?;
        }
    }
    belongs(tx, file, report)
}

/// 6: the steps, replayed along the table, lead to the state that is stored.
fn edges(file: &File, case: &CaseFile, steps: &[Step], report: &mut Report) {
    report.count(6);
    let Some(stored) = CaseState::from_slug(&case.state) else {
        report.breach(6, &file.driver, &case.case_id, format!("{} is no state", case.state));
        return;
    };
    let mut state = if route_of(case).studies() { CaseState::Learning } else { CaseState::Ready };
    for event in steps.iter().filter_map(|step| money::event_of(&step.step)) {
        match state.after(event) {
            Ok(to) => state = to,
            Err(illegal) => {
                report.breach(6, &file.driver, &case.case_id, illegal.to_string());
                return;
            }
        }
    }
    if state != stored {
        let what = format!("its steps lead to {}, it says {}", state.slug(), case.state);
        report.breach(6, &file.driver, &case.case_id, what);
    }
}

/// 5 and the first half of 8: verdict, facts, audit link and both acts stand behind a decision.
fn decision(
    world: &World,
    tx: &mut Tx,
    file: &File,
    case: &CaseFile,
    report: &mut Report,
) -> Result<(), Error> {
    let (driver, id) = (file.driver.as_str(), case.case_id.as_str());
    report.count(5);
    if !world.packs.iter().any(|pack| **pack.hash() == *case.pack_hash) {
        report.breach(5, driver, id, format!("decided under a pack of unknown hash {}", case.pack_hash));
    }
    let basis = case_file::basis(tx, driver, id)?;
    let verdict: Option<serde_json::Value> =
        basis.as_ref().and_then(|basis| serde_json::from_str(&basis.verdict).ok());
    if verdict.is_none_or(|verdict| verdict.as_object().is_none_or(serde_json::Map::is_empty)) {
        report.breach(5, driver, id, "decided without a verdict");
    }
    if basis.is_none_or(|basis| serde_json::from_str::<RawFacts>(&basis.facts).is_err()) {
        report.breach(5, driver, id, "decided without facts that can be read");
    }
    let link = format!("{{\"case\":\"{id}\"}}");
    let word = money::step_of(CaseEvent::WriteAccepted);
    if !file.deeds.iter().any(|deed| deed.deed == word && deed.detail == link) {
        report.breach(5, driver, id, "decided without an audit entry");
    }
    if case.decision_number.is_none() || case.decided_at_ms.is_none() {
        report.breach(5, driver, id, "decided without the platform's number and time");
    }
    // A ticket's decision was made by an officer on the street: here it is only paid.
    if !case.violation.starts_with('d') {
        report.count(8);
        let acts = case_file::confirmed(tx, driver, id)?;
        for act in ["facts", "waiver"] {
            let at = acts.iter().find(|(name, ..)| name == act).map(|(_, _, at)| *at);
            let before = case.decided_at_ms.unwrap_or(i64::MAX);
            if at.is_none_or(|at| at > before) {
                report.breach(8, driver, id, format!("decided without the act \"{act}\" before it"));
            }
        }
    }
    if route_of(case) != Route::First && case.order_id.is_none() {
        report.breach(8, driver, id, "a fine was decided without its order");
    }
    Ok(())
}

/// 12: instants in order, and the pack of the civil day on which the case was opened.
fn times(world: &World, file: &File, case: &CaseFile, steps: &[Step], report: &mut Report) {
    report.count(12);
    let ordered = steps.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms);
    let first = steps.first().map_or(case.opened_at_ms, |step| step.at_ms);
    if !ordered || first < case.opened_at_ms || case.changed_at_ms < case.opened_at_ms {
        report.breach(12, &file.driver, &case.case_id, "its steps are not in the order of time");
    }
    let then = world.packs.in_force(instant(case.opened_at_ms));
    if then.is_none_or(|pack| **pack.id() != *case.pack_id) {
        let what = format!("opened under {}, which was not in force on that day in China", case.pack_id);
        report.breach(12, &file.driver, &case.case_id, what);
    }
}

/// 10: legs are of the driver's own cases, the rail's numbers lead back here, refunds are of the driver's own orders.
fn belongs(tx: &mut Tx, file: &File, report: &mut Report) -> Result<(), Error> {
    let driver = file.driver.as_str();
    for (order, legs) in &file.orders {
        report.count(10);
        for leg in legs.iter().filter(|leg| file.case(&leg.case_id).is_none()) {
            report.breach(
                10,
                driver,
                &order.order_id,
                format!("its leg {} is nobody's or another's", leg.case_id),
            );
        }
        let numbers = legs.iter().filter_map(|leg| leg.out_trade_no.as_deref());
        for number in numbers.chain([order.out_trade_no.as_str()]) {
            let there = payment::trade(tx, number)?;
            if there.as_ref().map(|(who, id)| (who.as_str(), id.as_str()))
                != Some((driver, order.order_id.as_str()))
            {
                report.breach(
                    10,
                    driver,
                    &order.order_id,
                    format!("number {number} does not lead back to it"),
                );
            }
        }
    }
    for refund in &file.refunds {
        report.count(10);
        let own = file.orders.iter().any(|(order, _)| order.order_id == refund.order_id);
        let of_case = refund.case_id.as_deref().is_none_or(|id| file.case(id).is_some());
        if !own || !of_case {
            report.breach(
                10,
                driver,
                &refund.refund_no,
                "a refund of an order or case that is not the driver's",
            );
        }
    }
    for case in &file.cases {
        let state = CaseState::from_slug(&case.state);
        // An annulled decision let its violation go at once; its money follows.
        let annulled = file
            .steps
            .get(&case.case_id)
            .is_some_and(|steps| steps.iter().any(|step| step.step == money::step_of(CaseEvent::Annul)));
        if !annulled
            && state.is_some_and(CaseState::holds_violation)
            && !case_file::claimed(tx, &case.plate, &case.violation, driver, &case.case_id)?
        {
            report.breach(10, driver, &case.case_id, "it holds its violation without a claim");
        }
    }
    Ok(())
}
