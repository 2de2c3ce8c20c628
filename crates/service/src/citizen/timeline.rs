//! The steps of a case, done and still to come.

use clearway_domain::case::{CaseState, Outward, Route, outward};
use clearway_store::case_file::{self, CaseFile, Step};
use clearway_store::{Tx, payment};

use super::{Who, found};
use crate::dossier::{Dossier, Violation, instant, route_of, state_of};
use crate::{Error, World, jobs, law};

/// A case with its steps.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The case.
    pub case: CaseFile,
    /// Its state.
    pub state: CaseState,
    /// The word the driver reads.
    pub outward: Outward,
    /// The violation.
    pub violation: Option<Violation>,
    /// What its payment takes for it, surcharge and all, fen; the fine alone where it is in no payment.
    pub to_pay_fen: i64,
    /// Steps done, oldest first.
    pub done: Vec<Step>,
    /// Slugs of the steps that are still to come.
    pub ahead: Vec<&'static str>,
    /// The last day on which the driver hears of it, where it is paid and waits for a person.
    pub manual_by: Option<jiff::civil::Date>,
    /// When the intent runs, where it was placed outside the hours and the service is not open yet.
    pub runs: Option<jiff::Timestamp>,
}

/// The timeline of a case.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's case.
pub fn page(world: &World, who: &Who, case_id: &str) -> Result<Timeline, Error> {
    let (case, done, violation, to_pay_fen) = world.db.read(|tx| {
        let case = found(case_file::find(tx, &who.driver, case_id)?, "case")?;
        let done = case_file::steps(tx, &who.driver, case_id)?;
        // Also what is paid by now, or on a vehicle that is bound no more.
        let violation = Dossier::load(tx, &who.driver)?.matter(tx, &case)?;
        let to_pay_fen = to_pay_fen(tx, &case)?;
        Ok::<_, Error>((case, done, violation, to_pay_fen))
    })?;
    let state = state_of(&case)?;
    let placed = instant(case.changed_at_ms);
    let waits = state == CaseState::Deciding && case.order_id.is_none();
    let runs = if waits { Some(law::opens_next(world.pack_at(placed)?, placed)) } else { None };
    let manual = state == CaseState::Manual && case.order_id.is_some();
    Ok(Timeline {
        manual_by: manual.then(|| jobs::manual::day(world, &case)),
        runs: runs.filter(|runs| *runs > world.now()),
        outward: outward(state),
        ahead: ahead(state, route_of(&case)),
        violation: violation.map(|violation| (*violation).clone()),
        to_pay_fen,
        state,
        case,
        done,
    })
}

/// What the payment of a case takes for it, fen.
fn to_pay_fen(tx: &mut Tx, case: &CaseFile) -> Result<i64, Error> {
    let Some(order) = &case.order_id else { return Ok(case.fine_fen) };
    let legs = payment::legs(tx, &case.driver, order)?;
    Ok(legs.iter().find(|leg| leg.case_id == case.case_id).map_or(case.fine_fen, payment::LegRow::total_fen))
}

/// What still has to happen, in order.
fn ahead(state: CaseState, route: Route) -> Vec<&'static str> {
    let all: &[(&'static str, CaseState)] = &[
        ("quiz-passed", CaseState::Learning),
        ("confirmed", CaseState::Ready),
        ("paid", CaseState::Paying),
        ("decided", CaseState::Deciding),
        ("document-ready", CaseState::Written),
    ];
    if state.is_final() || matches!(state, CaseState::Manual | CaseState::Refunding) {
        return Vec::new();
    }
    all.iter()
        .filter(|(_, during)| {
            *during >= state || (state == CaseState::Confirmed && *during == CaseState::Paying)
        })
        .filter(|(step, _)| route.studies() || *step != "quiz-passed")
        .filter(|(step, _)| route.pays() || *step != "paid")
        .map(|(step, _)| *step)
        .collect()
}
