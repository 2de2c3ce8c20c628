//! What a driver has set going and nobody has decided yet. A limit that saw decided cases alone could be passed by whoever opens
//! a second payment before the first is decided: in two tabs, at night, or while the platform is down.

use clearway_domain::Plate;
use clearway_domain::case::{CaseState, Route};
use clearway_domain::facts::{BatchFacts, Programme, ProgrammeUseFact};
use clearway_store::case_file::CaseFile;
use jiff::civil::Date;

use crate::dossier::{Dossier, Violation, instant, route_of};

/// Whether money or an intent of a case is on its way to a decision.
fn is_in_flight(case: &CaseFile) -> bool {
    matches!(
        CaseState::from_slug(&case.state),
        Some(CaseState::Paying | CaseState::Paid | CaseState::Deciding | CaseState::Manual)
    )
}

/// Whether a case has a decision of ours that stands.
fn is_decided(case: &CaseFile) -> bool {
    matches!(CaseState::from_slug(&case.state), Some(CaseState::Written | CaseState::Decided))
}

/// Whether a case had a decision of ours that was annulled.
pub(super) fn is_annulled(case: &CaseFile) -> bool {
    case.decision_number.is_some()
        && matches!(
            CaseState::from_slug(&case.state),
            Some(CaseState::Annulled | CaseState::Refunding | CaseState::Refunded)
        )
}

/// Whether a case only pays a decision that existed before it: the points came with that.
fn only_pays(dossier: &Dossier, case: &CaseFile) -> bool {
    case.violation.starts_with('d')
        || dossier.violation(&case.violation).is_some_and(|violation| {
            let decided = violation.decision.as_ref().map(|decision| decision.number.as_str());
            decided.is_some() && decided != case.decision_number.as_deref()
        })
}

/// The cases in flight, that of one violation left out: what is asked about it is asked as if it were not there.
fn cases<'a>(dossier: &'a Dossier, except: Option<&'a Violation>) -> impl Iterator<Item = &'a CaseFile> {
    let own = except.map(|violation| (violation.plate_key(), violation.id.as_str()));
    dossier.cases.iter().filter(move |case| {
        let is_own = own.as_ref().is_some_and(|(plate, id)| case.plate == *plate && case.violation == *id);
        is_in_flight(case) && !is_own
    })
}

/// Points and vehicles of what is in flight, as if it had been asked for in the same batch (the limits of `domain.md` §2.5 count
/// what is handled).
pub(super) fn batch(dossier: &Dossier, except: &Violation) -> BatchFacts {
    let (mut points, mut vehicles) = (0_i64, Vec::<Plate>::new());
    for case in cases(dossier, Some(except)).filter(|case| !only_pays(dossier, case)) {
        points = points.saturating_add(case.points_given);
        if let Ok(plate) = Plate::from_key(&case.plate)
            && !vehicles.contains(&plate)
        {
            vehicles.push(plate);
        }
    }
    BatchFacts { points: Some(points), vehicles: Some(vehicles) }
}

/// Points of our own decisions that the licence, as it was told last, cannot show yet.
pub(super) fn points_since_told(dossier: &Dossier) -> i64 {
    let Some(told) = dossier.licence_told else { return 0 };
    let since = dossier.cases.iter().filter(|case| {
        is_decided(case)
            && !only_pays(dossier, case)
            && case.decided_at_ms.is_some_and(|decided_ms| instant(decided_ms) > told)
    });
    since.fold(0, |points, case| points.saturating_add(case.points_given))
}

/// Uses of the programmes that will be noted once their cases are decided.
pub(super) fn uses(dossier: &Dossier, except: Option<&Violation>, today: Date) -> Vec<ProgrammeUseFact> {
    cases(dossier, except)
        .filter_map(|case| {
            let (programme, points) = match route_of(case) {
                Route::First => (Programme::First, 0),
                Route::Study => (Programme::Study, case.points_full - case.points_given),
                Route::Pay => return None,
            };
            Some(ProgrammeUseFact {
                programme: Some(programme),
                date: Some(today),
                used: Some(true),
                used_on: Some(today),
                annulled: Some(false),
                points: Some(points),
            })
        })
        .collect()
}

/// Whether a violation has a case of its own in flight on a route that uses a programme.
pub(super) fn uses_for(dossier: &Dossier, violation: &Violation) -> bool {
    let own = dossier.open_case(violation);
    own.is_some_and(|case| is_in_flight(case) && route_of(case) != Route::Pay)
}
