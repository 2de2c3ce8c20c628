//! Writing decisions to the police platform: the record is read again first, a write that may have happened is looked
//! for and never sent twice, and the check digit is read back.

use clearway_connect::Fault;
use clearway_connect::authority::{
    CameraRecord, Decided, DecisionRecord, DecisionWrite, Paid, PaidMark, Penalty,
};
use clearway_domain::case::{CaseEvent, CaseState, Route, Why};
use clearway_domain::facts::RawFacts;
use clearway_domain::{Fen, IdNumber, PersonName, Phone, civil_date};
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::programme::{self, UseRow};
use clearway_store::queue::{self, BEHIND, Claimed, DOWN};
use clearway_store::readmodel;
use clearway_store::turn::CLOSED;

use super::Done;
use crate::dossier::{Dossier, Topic, Violation, instant, route_of, state_of};
use crate::{Error, World, jobs, law, money};

/// Writes the decision of a case; its key is the case.
pub const DECIDE: &str = "case.decide";
/// Reads the check digit of a decision back; its key is the case.
pub const CHECK_DIGIT: &str = "case.check-digit";

/// Kind of the finding of a paid case that the platform would not take.
pub const NOT_DECIDED: &str = "paid-not-decided";

/// Milliseconds after which an intent that waits behind an older one looks again; it is woken as soon as one gets through.
const HELD_MS: i64 = 15_000;
/// Failed tries after which an intent holds no younger one up any more: it may be itself that is wrong.
const TRIES_HELD: i64 = 3;

/// Everything that a decision is written from.
struct Matter {
    dossier: Dossier,
    case: CaseFile,
    violation: Violation,
    paid: Option<(OrderRow, LegRow)>,
    /// When the intent was stored first, ms: later tries speak of the same decision.
    intended_ms: i64,
}

/// The body of [`DECIDE`].
pub(super) fn decide(world: &World, job: &Claimed) -> Result<Done, Error> {
    let matter = match load(world, &job.driver, &job.key)? {
        Ok(matter) => matter,
        Err(done) => return Ok(done),
    };
    // What was placed within the hours finishes after them; what was placed outside runs at opening, in order.
    let (placed, now) = (placed(&matter), world.now());
    let runs = law::runs_at(world.pack_at(placed)?, placed);
    if now < runs {
        return Ok(Done::Later(
            Some(runs.as_millisecond() - now.as_millisecond()),
            format!("{CLOSED}it opens later"),
        ));
    }
    // While the platform is down nobody overtakes an older intent; the oldest asks whether it answers again.
    if world.db.read(|tx| queue::older_held(tx, job, TRIES_HELD).map_err(Error::from))? {
        return Ok(Done::Later(Some(HELD_MS), format!("{BEHIND}an older intent waits for the platform")));
    }
    let done = write(world, &matter)?;
    if matches!(done, Done::Yes) && job.attempts > 1 {
        let now_ms = now.as_millisecond();
        world.db.write(|tx| queue::wake(tx, DECIDE, now_ms).map_err(Error::from))?;
        world.bell.ring();
    }
    Ok(done)
}

/// The platform itself failed a try: it is tried again, and nobody younger goes first meanwhile.
fn down(fault: &Fault) -> Done {
    Done::Later(None, format!("{DOWN}{fault}"))
}

/// Reads the state of the record again, and writes the decision, marks it as paid, or finds that there is nothing to write.
fn write(world: &World, matter: &Matter) -> Result<Done, Error> {
    // A warning has no money to be noted: what its record says by now is read below.
    if let Some(decision) = matter.violation.decision.clone().filter(|_| matter.paid.is_some()) {
        return mark_paid(world, matter, &decision);
    }
    let write = match decision_write(world, matter) {
        Ok(write) => write,
        Err(missing) => return refuse(world, matter, &format!("missing: {missing}")),
    };
    // The state is read again before every write: another channel may have handled the record meanwhile.
    let records = match world.authority.records(&matter.violation.plate) {
        Ok(records) => records,
        Err(fault) => return Ok(down(&fault)),
    };
    let record = records.iter().find(|record| record.xh == matter.violation.id);
    let record = match record {
        Some(record) if record.removed != Some(true) && record.handled != Some(true) => record,
        // There is nothing left to decide, unless it was our own write, whose answer was lost, that left it so.
        gone => {
            let number = gone.and_then(|record| record.decision_number.as_deref());
            return match (find_ours(world, &write, number), gone) {
                (Ok(Found::Ours(found)), _) => accept(world, matter, &found),
                (Ok(_), None) => missing(world, matter, Why::RecordGone),
                (Ok(_), Some(record)) if record.removed == Some(true) => {
                    nothing_to_decide(world, matter, Why::RecordRemoved)
                }
                (Ok(Found::Anothers), Some(_)) => nothing_to_decide(world, matter, Why::HandledElsewhere),
                (Ok(Found::Nowhere), Some(_)) => missing(world, matter, Why::HandledElsewhere),
                (Err(fault), _) => Ok(down(&fault)),
            };
        }
    };
    if let Some(other) = differs(&matter.case, record) {
        return refuse(world, matter, other);
    }
    if record.dispute_pending == Some(true) {
        return objection(world, matter);
    }
    match world.authority.decide(&write) {
        Ok(decided) => accept(world, matter, &decided),
        // It may have been written: looked for at once, whoever else waits.
        Err(fault) if fault.may_have_acted() => Ok(Done::Later(Some(500), format!("{DOWN}{fault}"))),
        Err(Fault::Refused { code, message }) => match find_ours(world, &write, None) {
            // Refused as a duplicate of our own write: success, because every field compares.
            Ok(Found::Ours(found)) => accept(world, matter, &found),
            Ok(_) => refuse(world, matter, &format!("{code}: {message}")),
            Err(fault) => Ok(down(&fault)),
        },
        Err(fault) => Ok(down(&fault)),
    }
}

/// Milliseconds after which a record that the platform did not list is looked for again.
const MISSING_MS: i64 = 60_000;

/// The platform does not list the record, or not the decision by which it is handled: once may be a page that was cut
/// short, and the decision may be ours, so it is looked for again before any money goes back.
fn missing(world: &World, matter: &Matter, why: Why) -> Result<Done, Error> {
    match note_once(world, matter, "record-missing", "{}")? {
        Some(since) if world.now().as_millisecond() - since >= MISSING_MS => {
            nothing_to_decide(world, matter, why)
        }
        _ => Ok(Done::Later(Some(MISSING_MS), "the platform does not list the record".to_owned())),
    }
}

/// Notes a step on the timeline unless it stands there; since when it does, ms, or `None` when it is new.
fn note_once(world: &World, matter: &Matter, step: &str, detail: &str) -> Result<Option<i64>, Error> {
    let (driver, case_id) = (matter.case.driver.as_str(), matter.case.case_id.as_str());
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let steps = case_file::steps(tx, driver, case_id)?;
        if let Some(there) = steps.iter().find(|there| there.step == step) {
            return Ok(Some(there.at_ms));
        }
        case_file::step(tx, &matter.case, "platform", step, detail, now_ms)?;
        Ok(None)
    })
}

/// Working days within which an objection is reviewed (order 157, art. 5), and one for the answer to reach us.
const OBJECTION_DAYS: u16 = 6;

/// An objection is being reviewed: nothing is decided meanwhile, and the driver is told so once, with the date. If it is
/// upheld the record is removed and the money goes back; if nobody answers in time a person looks.
fn objection(world: &World, matter: &Matter) -> Result<Done, Error> {
    let now = world.now();
    let last = |since| world.calendar.working_days_after(civil_date(since), OBJECTION_DAYS);
    let detail = format!("{{\"by\":\"{}\"}}", last(now));
    let since = note_once(world, matter, "objection", &detail)?.map_or(now, instant);
    if civil_date(now) > last(since) {
        return refuse(world, matter, "an objection was not answered in time");
    }
    Ok(Done::Later(Some(3_600_000), "an objection is pending".to_owned()))
}

/// When the driver placed the intent: with the order where there is one, with the confirmation otherwise.
fn placed(matter: &Matter) -> jiff::Timestamp {
    instant(matter.paid.as_ref().map_or(matter.case.changed_at_ms, |(order, _)| order.created_at_ms))
}

/// What the record says otherwise than the driver confirmed and paid: that must not be decided silently.
fn differs(case: &CaseFile, record: &CameraRecord) -> Option<&'static str> {
    let confirmed: Option<RawFacts> = serde_json::from_str(&case.facts).ok();
    let code = confirmed.and_then(|facts| facts.violation.code);
    if code.is_some() && record.code.is_some() && code != record.code {
        return Some("the offence code is another one now");
    }
    let fined = route_of(case) != Route::First;
    let fine = record.fine.filter(|fine| fined && fine.0 != case.fine_fen);
    fine.map(|_| "the fine is another one now")
}

/// The body of [`CHECK_DIGIT`].
pub(super) fn check_digit(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let case = world.db.read(|tx| case_file::find(tx, driver, key).map_err(Error::from))?;
    let Some(case) = case else { return Ok(Done::Never("the case is gone".to_owned())) };
    if state_of(&case)? != CaseState::Written {
        return Ok(Done::Yes);
    }
    let Some(number) = case.decision_number.clone() else {
        return Ok(Done::Never("a written decision without its number".to_owned()));
    };
    match world.authority.decision(&number) {
        Ok(Some(DecisionRecord { check_digit: Some(digit), .. })) => {
            let now_ms = world.now().as_millisecond();
            world.db.write(|tx| {
                let mut case = case_file::find(tx, driver, key)?.ok_or(Error::NotFound("case"))?;
                if state_of(&case)? == CaseState::Written {
                    case.check_digit = Some(digit.clone());
                    money::advance(tx, &mut case, CaseEvent::CheckDigitRead, "platform", "{}", now_ms)?;
                }
                Ok::<_, Error>(())
            })?;
            Ok(Done::Yes)
        }
        Ok(_) => Ok(Done::Later(None, "the check digit is not there yet".to_owned())),
        Err(fault) => Ok(Done::Later(None, fault.to_string())),
    }
}

fn load(world: &World, driver: &str, key: &str) -> Result<Result<Matter, Done>, Error> {
    world.db.read(|tx| {
        let Some(case) = case_file::find(tx, driver, key)? else {
            return Ok(Err(Done::Never("the case is gone".to_owned())));
        };
        if state_of(&case)? != CaseState::Deciding {
            return Ok(Err(Done::Yes));
        }
        let dossier = Dossier::load(tx, driver)?;
        let Some(violation) = dossier.matter(tx, &case)? else {
            return Ok(Err(Done::Later(Some(600_000), "the violation left the read model".to_owned())));
        };
        let paid = match &case.order_id {
            Some(order_id) => {
                let order = payment::find(tx, driver, order_id)?.ok_or(Error::NotFound("order"))?;
                let leg = payment::legs(tx, driver, order_id)?
                    .into_iter()
                    .find(|leg| leg.case_id == case.case_id)
                    .ok_or(Error::NotFound("leg"))?;
                Some((order, leg))
            }
            None => None,
        };
        let deciding = money::step_of(CaseEvent::IntentStored);
        let intended_ms = case_file::steps(tx, driver, key)?
            .into_iter()
            .find(|step| step.step == deciding)
            .map_or(case.changed_at_ms, |step| step.at_ms);
        Ok(Ok(Matter { dossier, case, violation, paid, intended_ms }))
    })
}

fn paid_mark(matter: &Matter, now: jiff::Timestamp) -> Option<PaidMark> {
    matter.paid.as_ref().map(|(order, leg)| PaidMark {
        transaction: order.transaction_id.clone().unwrap_or_default(),
        fine: Fen(leg.fine_fen),
        surcharge: Fen(leg.surcharge_fen),
        paid: order.paid_at_ms.map_or(now, instant),
    })
}

/// The write of a case, or the name of what the platform wants and nobody told.
fn decision_write(world: &World, matter: &Matter) -> Result<DecisionWrite, &'static str> {
    let account = &matter.dossier.account;
    let licence = matter.dossier.licence.as_ref().ok_or("licence")?;
    let record: &CameraRecord = matter.violation.record.as_ref().ok_or("record")?;
    let warning = route_of(&matter.case) == Route::First;
    // The instant of the first intent, or of the opening it waited for, not of the try: a repeated write must equal the
    // first one in every field.
    let placed = placed(matter);
    let runs = world.pack_at(placed).map_or(placed, |pack| law::runs_at(pack, placed));
    let decided = instant(matter.intended_ms).max(runs);
    Ok(DecisionWrite {
        number: None,
        record: record.xh.clone(),
        party: account.name.as_deref().and_then(|name| PersonName::parse(name).ok()).ok_or("party")?,
        licence: account
            .id_number
            .as_deref()
            .and_then(|id| IdNumber::parse(id).ok())
            .ok_or("licence number")?,
        file_number: licence.file_number.clone().ok_or("file number")?,
        issuing_office: licence.issuing_office.clone().ok_or("issuing office")?,
        classes: licence.classes.clone().ok_or("classes")?,
        phone: account.phone.as_deref().and_then(|phone| Phone::parse(phone).ok()),
        plate: matter.violation.plate.clone(),
        occurred: record.occurred.ok_or("time")?,
        place: record.place.clone().ok_or("place")?,
        place_code: record.place_code.clone(),
        road_section: record.road_section.clone(),
        metres: record.metres.clone(),
        code: record.code.clone().ok_or("offence code")?,
        measured: record.measured,
        limit: record.limit,
        penalty: if warning { Penalty::Warning } else { Penalty::Fine },
        fine: Fen(if warning { 0 } else { matter.case.fine_fen }),
        points: i32::try_from(matter.case.points_given).map_err(|_| "points")?,
        paid: if warning { None } else { paid_mark(matter, world.now()) },
        decided,
        officer: None,
        case: matter.case.case_id.clone(),
    })
}

/// What stands on a record that is handled.
enum Found {
    /// Our own write.
    Ours(Decided),
    /// The decision that the record names is there, and is none of ours.
    Anothers,
    /// The record names none, or one that the platform does not show.
    Nowhere,
}

/// Looks for our own write: by its number where one is known, otherwise among the driver's decisions.
fn find_ours(world: &World, write: &DecisionWrite, number: Option<&str>) -> Result<Found, Fault> {
    // An annulled decision decides nothing.
    let ours = |decision: &DecisionRecord| decision.annulled != Some(true) && decision.is_result_of(write);
    let shown = number.map(|number| world.authority.decision(number)).transpose()?.flatten();
    let anothers = shown.as_ref().is_some_and(|decision| !ours(decision));
    let found = match shown.filter(ours) {
        Some(found) => Some(found),
        None => world.authority.decisions(&write.licence)?.into_iter().find(ours),
    };
    Ok(match found {
        Some(decision) => Found::Ours(Decided { number: decision.number, check_digit: decision.check_digit }),
        None if anothers => Found::Anothers,
        None => Found::Nowhere,
    })
}

fn accept(world: &World, matter: &Matter, decided: &Decided) -> Result<Done, Error> {
    let now_ms = world.now().as_millisecond();
    let driver = matter.case.driver.as_str();
    let record = closed_record(matter, decided)?;
    world.db.write(|tx| {
        let mut case = case_file::find(tx, driver, &matter.case.case_id)?.ok_or(Error::NotFound("case"))?;
        if state_of(&case)? != CaseState::Deciding {
            return Ok(());
        }
        case.decision_number = Some(decided.number.clone());
        case.decided_at_ms = Some(now_ms);
        let detail = format!("{{\"number\":\"{}\"}}", decided.number);
        money::advance(tx, &mut case, CaseEvent::WriteAccepted, "platform", &detail, now_ms)?;
        if let Some(digit) = &decided.check_digit {
            case.check_digit = Some(digit.clone());
            money::advance(tx, &mut case, CaseEvent::CheckDigitRead, "platform", "{}", now_ms)?;
        } else {
            jobs::enqueue(tx, driver, CHECK_DIGIT, &case.case_id, now_ms)?;
        }
        note_use(tx, &case, now_ms)?;
        if let Some(order_id) = case.order_id.clone() {
            money::settle(tx, driver, &order_id, now_ms)?;
        }
        if let Some((occurred_ms, body)) = &record {
            readmodel::put_violation(tx, &case.plate, &case.violation, *occurred_ms, false, body, now_ms)?;
        }
        // The next judgement must see the new decision and the new total.
        jobs::refresh::enqueue(tx, driver, Topic::Licence, now_ms)?;
        jobs::refresh::enqueue(tx, driver, Topic::History, now_ms)
    })?;
    world.bell.ring();
    Ok(Done::Yes)
}

/// The read model's own record, marked as handled at once: the driver must not see it as open for another second.
fn closed_record(matter: &Matter, decided: &Decided) -> Result<Option<(i64, String)>, Error> {
    let Some(mut record) = matter.violation.record.clone() else { return Ok(None) };
    record.handled = Some(true);
    record.paid = Some(if route_of(&matter.case) == Route::First { Paid::NothingDue } else { Paid::Yes });
    record.decision_number = Some(decided.number.clone());
    let occurred = record.occurred.map_or(0, jiff::Timestamp::as_millisecond);
    Ok(Some((occurred, jobs::refresh::json(&record)?)))
}

fn note_use(tx: &mut clearway_store::Tx, case: &CaseFile, now_ms: i64) -> Result<(), Error> {
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
fn nothing_to_decide(world: &World, matter: &Matter, why: Why) -> Result<Done, Error> {
    if matter.paid.is_none() {
        return refuse(world, matter, why.slug());
    }
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut case =
            case_file::find(tx, &matter.case.driver, &matter.case.case_id)?.ok_or(Error::NotFound("case"))?;
        if state_of(&case)? != CaseState::Deciding {
            return Ok(());
        }
        money::back::leg(tx, &mut case, why, "platform", now_ms)?;
        jobs::refresh::enqueue(tx, &matter.case.driver, Topic::Vehicles, now_ms)
    })?;
    world.bell.ring();
    Ok(Done::Yes)
}

/// The platform will not take the decision. Without money the violation is free again; with money a person looks, and on
/// the day that the driver is told the money goes back by itself.
fn refuse(world: &World, matter: &Matter, why: &str) -> Result<Done, Error> {
    let now_ms = world.now().as_millisecond();
    let due_ms = jobs::manual::due_ms(world, now_ms);
    tracing::warn!(case = matter.case.case_id, why, "the platform did not take a decision");
    world.db.write(|tx| {
        let mut case =
            case_file::find(tx, &matter.case.driver, &matter.case.case_id)?.ok_or(Error::NotFound("case"))?;
        if state_of(&case)? != CaseState::Deciding {
            return Ok(());
        }
        case.refusal = Some(why.to_owned());
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
        jobs::refresh::enqueue(tx, &matter.case.driver, Topic::Vehicles, now_ms)
    })?;
    world.bell.ring();
    Ok(Done::Yes)
}

/// A decision that existed before: only its payment is noted on the platform. What another channel paid meanwhile is
/// never paid a second time.
fn mark_paid(world: &World, matter: &Matter, decision: &DecisionRecord) -> Result<Done, Error> {
    let Some(mark) = paid_mark(matter, world.now()) else {
        return Ok(Done::Never("a decision to be marked as paid without money".to_owned()));
    };
    let told = match world.authority.decision(&decision.number) {
        Ok(Some(told)) => told,
        Ok(None) => return missing(world, matter, Why::RecordGone),
        Err(fault) => return Ok(down(&fault)),
    };
    if told.annulled == Some(true) {
        return nothing_to_decide(world, matter, Why::RecordRemoved);
    }
    let decided = Decided { number: told.number.clone(), check_digit: told.check_digit.clone() };
    if told.paid == Some(Paid::Yes) {
        // Our own mark carries the second in which our money arrived; anybody else's does not.
        return if told.paid_at.map(jiff::Timestamp::as_second) == Some(mark.paid.as_second()) {
            accept(world, matter, &decided)
        } else {
            nothing_to_decide(world, matter, Why::HandledElsewhere)
        };
    }
    match world.authority.mark_paid(&decision.number, &mark) {
        Ok(()) => accept(world, matter, &decided),
        Err(Fault::Refused { code, message }) => refuse(world, matter, &format!("{code}: {message}")),
        // Marking twice with the same transaction is harmless.
        Err(fault) => Ok(down(&fault)),
    }
}
