//! Choosing a route for a violation: opens the case, or goes on with the one that is open.

use clearway_domain::case::{CaseEvent, CaseState, Route};
use clearway_domain::refusal::Question;
use clearway_domain::rules::{Pack, Verdict};
use clearway_domain::study::StudyClock;
use clearway_store::StoreError;
use clearway_store::case_file::{self, Basis, CaseFile};

use super::quiz::{self, Paper};
use super::{Who, found, violations};
use crate::assess::{Line, allowed_when_open, record};
use crate::dossier::{Dossier, route_of, state_of};
use crate::error::Conflict;
use crate::jobs::refresh::json;
use crate::{Error, World, jobs, law, money};

/// Opens a case on a route with study, or answers with the open one. Looking and studying are possible at any hour.
///
/// # Errors
/// [`Error::Refused`] with every reason; [`Conflict::ViolationHeld`] when the violation is in another case that cannot
/// be given up; [`Error::NotFound`] for a violation that is not among the driver's.
pub fn start(world: &World, who: &Who, violation_id: &str, route: Route) -> Result<String, Error> {
    if !route.studies() {
        return Err(Error::BadInput {
            field: "route",
            value: route.slug().to_owned(),
            fix: "route-first-or-study",
        });
    }
    let assessment = violations::judged(world, who)?;
    let line = found(assessment.lines.iter().find(|line| line.violation.id == violation_id), "violation")?;
    let mut given_up = None;
    if let Some((case_id, state, open_route)) = &line.own_case {
        if *open_route == route && !state.is_final() {
            return Ok(case_id.clone());
        }
        if !state.can_abandon() {
            return Err(Error::Conflict(Conflict::ViolationHeld));
        }
        given_up = Some(case_id.clone());
    }
    may_start(line, route, assessment.dossier.is_checking())?;
    let pack = world.pack_at(assessment.at)?;
    let (case, basis) = draft(world, pack, &assessment.dossier, line, route)?;
    world.db.write(|tx| {
        if let Some(old) = &given_up {
            let mut old = found(case_file::find(tx, &who.driver, old)?, "case")?;
            quiz::give_up(&mut old, assessment.at)?;
            money::advance(tx, &mut old, CaseEvent::Abandon, "driver", "{}", case.opened_at_ms)?;
        }
        open(tx, &case, &basis, "started")
    })?;
    Ok(case.case_id)
}

/// Stores a new case with its first step.
pub(super) fn open(
    tx: &mut clearway_store::Tx,
    case: &CaseFile,
    basis: &Basis,
    step: &str,
) -> Result<(), Error> {
    case_file::open(tx, case, basis).map_err(|error| match error {
        StoreError::Duplicate(_) => Error::Conflict(Conflict::ViolationHeld),
        other => Error::Store(other),
    })?;
    case_file::step(
        tx,
        case,
        "driver",
        step,
        &format!("{{\"route\":\"{}\"}}", case.route),
        case.opened_at_ms,
    )?;
    jobs::enqueue(
        tx,
        &case.driver,
        jobs::expire::EXPIRE,
        &case.case_id,
        case.opened_at_ms + jobs::expire::IDLE_MS,
    )?;
    clearway_store::audit::append(
        tx,
        &case.driver,
        case.opened_at_ms,
        "driver",
        "case.opened",
        &format!(
            "{{\"case\":\"{}\",\"route\":\"{}\",\"pack\":\"{}\"}}",
            case.case_id, case.route, case.pack_hash
        ),
    )?;
    Ok(())
}

fn may_start(line: &Line, route: Route, checking: bool) -> Result<(), Error> {
    let programme = if route == Route::First { &line.first } else { &line.study };
    let verdicts: [&Verdict; 2] = [line.handle_on(route), programme];
    let reasons: Vec<_> = verdicts
        .into_iter()
        .filter(|verdict| !allowed_when_open(verdict))
        .flat_map(|verdict| verdict.reasons.iter().cloned())
        .collect();
    if !reasons.is_empty() {
        return Err(Error::Refused(reasons));
    }
    if checking {
        // Not known yet is not allowed.
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    Ok(())
}

/// A new case of a line on a route and what it is opened on, not yet stored.
pub(super) fn draft(
    world: &World,
    pack: &Pack,
    dossier: &Dossier,
    line: &Line,
    route: Route,
) -> Result<(CaseFile, Basis), Error> {
    let now = world.now();
    let question = match route {
        Route::First => Question::First,
        Route::Study => Question::Study,
        Route::Pay => Question::Pay,
    };
    let record = record(world, dossier, line, question)?;
    let points = line.points.unwrap_or(0);
    let given = match route {
        Route::First => 0,
        Route::Study => line.points_with_study.unwrap_or(points),
        Route::Pay => points,
    };
    let study = law::study_settings(pack, question, world.today())
        .filter(|_| route.studies())
        .map(|settings| json(&StudyClock::start(&settings, now)))
        .transpose()?;
    let basis = Basis { verdict: json(&record)?, facts: json(&line.facts)? };
    let case = CaseFile {
        driver: dossier.account.driver.clone(),
        case_id: world.new_id(),
        plate: line.violation.plate.key(),
        violation: line.violation.id.clone(),
        route: route.slug().to_owned(),
        state: if route.studies() { CaseState::Learning } else { CaseState::Ready }.slug().to_owned(),
        version: 1,
        pack_id: pack.id().to_string(),
        pack_hash: record.verdict.pack_hash.to_string(),
        fine_fen: if route == Route::First { 0 } else { line.fine.map_or(0, |fine| fine.0) },
        points_full: points,
        points_given: given,
        study,
        quiz: None,
        order_id: None,
        decision_number: None,
        check_digit: None,
        decided_at_ms: None,
        refusal: None,
        opened_at_ms: now.as_millisecond(),
        changed_at_ms: now.as_millisecond(),
    };
    Ok((case, basis))
}

/// Gives a case up while nothing irrevocable has happened.
///
/// # Errors
/// [`Conflict::CaseMoved`] when money may have moved or the case is over.
pub fn abandon(world: &World, who: &Who, case_id: &str) -> Result<(), Error> {
    let now = world.now();
    world.db.write(|tx| {
        let mut case = found(case_file::find(tx, &who.driver, case_id)?, "case")?;
        if !state_of(&case)?.can_abandon() {
            return Err(Error::Conflict(Conflict::CaseMoved));
        }
        quiz::give_up(&mut case, now)?;
        money::advance(tx, &mut case, CaseEvent::Abandon, "driver", "{}", now.as_millisecond())?;
        Ok(())
    })
}

/// The page on which a case goes on: where it stopped, never back into an answered question or a paid order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Study cards.
    Study,
    /// Quiz.
    Quiz,
    /// Confirmation of facts and rights.
    Confirm,
    /// Quote of the fine.
    Quote,
    /// An order: waiting, or its result.
    Order(String),
    /// The decision is being written, or the case is over.
    Result,
}

/// Where a case goes on.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's case.
pub fn place(world: &World, who: &Who, case_id: &str) -> Result<(CaseFile, Place), Error> {
    let case =
        found(world.db.read(|tx| case_file::find(tx, &who.driver, case_id).map_err(Error::from))?, "case")?;
    let place = place_of(&case)?;
    Ok((case, place))
}

/// Where a loaded case goes on.
///
/// # Errors
/// [`Error::Broken`] for a state that this build does not know.
pub fn place_of(case: &CaseFile) -> Result<Place, Error> {
    Ok(match state_of(case)? {
        CaseState::Learning => {
            let clock: Option<StudyClock> =
                case.study.as_deref().and_then(|text| serde_json::from_str(text).ok());
            let started = case
                .quiz
                .as_deref()
                .and_then(|text| serde_json::from_str::<Paper>(text).ok())
                .is_some_and(|paper| paper.quiz.is_some());
            if started || clock.is_some_and(|clock| clock.is_earned()) { Place::Quiz } else { Place::Study }
        }
        CaseState::Ready if route_of(case) == Route::First => Place::Confirm,
        CaseState::Ready | CaseState::Confirmed => Place::Quote,
        CaseState::Paying => case.order_id.clone().map_or(Place::Quote, Place::Order),
        CaseState::Paid
        | CaseState::Deciding
        | CaseState::Written
        | CaseState::Decided
        | CaseState::Refused
        | CaseState::Manual
        | CaseState::Refunding
        | CaseState::Refunded
        | CaseState::Abandoned
        | CaseState::Annulled => Place::Result,
    })
}
