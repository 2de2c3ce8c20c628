//! How a try ends: with the decision, with the money on its way back, or with a person.

use clearway_connect::authority::{Decided, Paid};
use clearway_domain::case::{CaseEvent, CaseState, Route, Stopped, Why};
use clearway_store::Tx;
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};
use clearway_store::programme::{self, UseRow};
use clearway_store::readmodel;

use super::{CHECK_DIGIT, DIGIT_MS, Done, Matter, NOT_DECIDED, NOT_IN_TIME};
use crate::dossier::{Topic, route_of, state_of};
use crate::money::Move;
use crate::{Error, World, jobs, money};

/// The decision is there: it is stored with the end of the job.
pub(super) fn accept(world: &World, matter: &Matter, decided: &Decided) -> Result<Done, Error> {
    let now_ms = world.now().as_millisecond();
    let (driver, case_id) = (matter.case.driver.clone(), matter.case.case_id.clone());
    let (record, decided, paid) = (closed_record(matter, decided)?, decided.clone(), matter.paid.is_some());
    Ok(Done::Store(Box::new(move |tx| {
        let mut case = case_file::find(tx, &driver, &case_id)?.ok_or(Error::NotFound("case"))?;
        if state_of(&case)? != CaseState::Deciding {
            return Ok(());
        }
        case.decision_number = Some(decided.number.clone());
        case.decided_at_ms = Some(now_ms);
        let detail = format!("{{\"number\":\"{}\"}}", decided.number);
        let mut moves = vec![Move { event: CaseEvent::WriteAccepted, actor: "platform", detail: &detail }];
        if let Some(digit) = &decided.check_digit {
            case.check_digit = Some(digit.clone());
            moves.push(Move { event: CaseEvent::CheckDigitRead, actor: "platform", detail: "{}" });
        } else {
            jobs::enqueue(tx, &driver, CHECK_DIGIT, &case.case_id, now_ms.saturating_add(DIGIT_MS))?;
        }
        money::advance_along(tx, &mut case, &moves, now_ms)?;
        note_use(tx, &case, now_ms)?;
        in_time_after_all(tx, &case_id, paid, "decided", now_ms)?;
        if let Some(order_id) = case.order_id.clone() {
            money::settle(tx, &driver, &order_id, now_ms)?;
        }
        if let Some((occurred_ms, body)) = &record {
            readmodel::put_violation(tx, &case.plate, &case.violation, *occurred_ms, false, body, now_ms)?;
        }
        // The next judgement must see the new decision and the new total; the check digit is told with the decision.
        jobs::refresh::enqueue_after(tx, &driver, now_ms)
    })))
}

/// The intent is over, and so is the finding that it was late. Only one without money can have such a finding.
fn in_time_after_all(tx: &mut Tx, case_id: &str, paid: bool, why: &str, now_ms: i64) -> Result<(), Error> {
    if !paid {
        finding::close(tx, &finding::id(NOT_IN_TIME, case_id), "platform", why, now_ms)?;
    }
    Ok(())
}

/// The read model's own record, marked as handled at once: the driver must not see it as open for another second.
fn closed_record(matter: &Matter, decided: &Decided) -> Result<Option<(i64, String)>, Error> {
    let Some(mut record) = matter.record().cloned() else { return Ok(None) };
    record.handled = Some(true);
    record.paid = Some(if route_of(&matter.case) == Route::First { Paid::NothingDue } else { Paid::Yes });
    record.decision_number = Some(decided.number.clone());
    let occurred = record.occurred.map_or(0, jiff::Timestamp::as_millisecond);
    Ok(Some((occurred, jobs::refresh::json(&record)?)))
}

fn note_use(tx: &mut Tx, case: &CaseFile, now_ms: i64) -> Result<(), Error> {
    let route = route_of(case);
    if route.studies() {
        programme::insert(
            tx,
            &case.driver,
            &UseRow {
                programme: route.slug().to_owned(),
                case_id: case.case_id.clone(),
                used_at_ms: now_ms,
                points_granted: case.points_full - case.points_given,
                annulled_at_ms: None,
            },
        )?;
    }
    Ok(())
}

/// The record was read again and there is nothing left to decide: what was paid goes back by itself, at once.
pub(super) fn nothing_to_decide(world: &World, matter: &Matter, why: Why) -> Result<Done, Error> {
    if matter.paid.is_none() {
        return refuse(world, matter, why.slug(), why.slug());
    }
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut case =
            case_file::find(tx, &matter.case.driver, &matter.case.case_id)?.ok_or(Error::NotFound("case"))?;
        if state_of(&case)? != CaseState::Deciding {
            return Ok(());
        }
        money::back::leg(tx, &mut case, why, "platform", now_ms)?;
        jobs::refresh::enqueue(tx, &matter.case.driver, &[Topic::Vehicles], now_ms)
    })?;
    world.bell.ring();
    Ok(Done::Yes)
}

/// Something of ours stopped the case.
pub(super) fn stop(world: &World, matter: &Matter, stopped: Stopped, why: &str) -> Result<Done, Error> {
    refuse(world, matter, stopped.slug(), why)
}

/// The platform refused in its own words.
pub(super) fn refused_by_platform(
    world: &World,
    matter: &Matter,
    code: &str,
    message: &str,
) -> Result<Done, Error> {
    let words = format!("{code}: {message}");
    refuse(world, matter, &words, &words)
}

/// The platform will not take the decision. Without money the violation is free again; with money a person looks, and on
/// the day that the driver is told the money goes back by itself. `told` is what the driver reads: a slug, or the platform's own
/// words; `why` is for whoever looks.
fn refuse(world: &World, matter: &Matter, told: &str, why: &str) -> Result<Done, Error> {
    let now_ms = world.now().as_millisecond();
    let due_ms = jobs::manual::due_ms(world, now_ms);
    tracing::warn!(case = matter.case.case_id, why, "the platform did not take a decision");
    world.db.write(|tx| {
        let mut case =
            case_file::find(tx, &matter.case.driver, &matter.case.case_id)?.ok_or(Error::NotFound("case"))?;
        if state_of(&case)? != CaseState::Deciding {
            return Ok(());
        }
        case.refusal = Some(told.to_owned());
        in_time_after_all(tx, &case.case_id, matter.paid.is_some(), why, now_ms)?;
        let event =
            if matter.paid.is_some() { CaseEvent::WriteRefusedAfterPayment } else { CaseEvent::WriteRefused };
        money::advance(tx, &mut case, event, "platform", "{}", now_ms)?;
        if let Some((order, leg)) = &matter.paid {
            jobs::enqueue(tx, &case.driver, jobs::manual::MANUAL, &case.case_id, due_ms)?;
            let detail = serde_json::json!({ "order": order.order_id, "why": why }).to_string();
            let mut finding =
                Finding::new(NOT_DECIDED, &case.case_id, Some(&case.driver), leg.total_fen(), now_ms)
                    .with_detail(detail);
            finding.due_at_ms = due_ms;
            finding::put(tx, &finding)?;
        }
        jobs::refresh::enqueue(tx, &matter.case.driver, &[Topic::Vehicles], now_ms)
    })?;
    world.bell.ring();
    Ok(Done::Yes)
}
