//! Writing decisions to the police platform: the record is read again first, a write that may have happened is looked
//! for and never sent twice, and the check digit is read back. No paid case is tried for ever: on its last day a person
//! looks, with a date of its own on which the money goes back.

mod end;
mod look;
mod place;
mod term;

use std::sync::Arc;

use clearway_connect::Fault;
use clearway_connect::authority::{
    CameraRecord, DUPLICATE, Decided, DecisionRecord, DecisionWrite, Paid, PaidMark, Penalty, Whose,
};
use clearway_domain::case::{CaseEvent, CaseState, Route, Stopped, Why};
use clearway_domain::facts::RawFacts;
use clearway_domain::{Fen, IdNumber, PersonName, Phone};
use clearway_store::Tx;
use clearway_store::case_file::{self, CaseFile, Step};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::queue::{self, Claimed, DOWN, SILENT};
use clearway_store::turn::CLOSED;

use self::look::Found;
use super::Done;
use crate::dossier::{Dossier, Violation, instant, opened_on, route_of, state_of};
use crate::{Error, World, law, money};

pub use self::look::SENT;
pub(crate) use self::look::{Stands, stands};
pub use self::term::{NOT_IN_TIME, promised};

/// Writes the decision of a case; its key is the case.
pub const DECIDE: &str = "case.decide";
/// Reads the check digit of a decision back; its key is the case.
pub const CHECK_DIGIT: &str = "case.check-digit";
/// Milliseconds after a decision from which its check digit is asked for by itself. Until then it comes with the driver's decisions,
/// which are asked for at once: one call for both.
const DIGIT_MS: i64 = 60_000;

/// Kind of the finding of a paid case that the platform would not take.
pub const NOT_DECIDED: &str = "paid-not-decided";

/// Failed tries after which an intent holds no younger one up any more: it may be itself that is wrong.
const TRIES_HELD: i64 = 3;
/// Milliseconds after which an intent that failed by itself, twice in one try, is tried again: less than a second for all the
/// tries in which it holds others up, so that neither is it overtaken nor does it stall anybody. One that had no answer holds
/// nobody up, because each of its tries may take as long as a call.
const AGAIN_MS: i64 = 250;

/// Everything that a decision is written from.
struct Matter {
    dossier: Dossier,
    case: CaseFile,
    /// `None` while the read model does not hold it.
    violation: Option<Arc<Violation>>,
    paid: Option<(OrderRow, LegRow)>,
    /// The timeline when this try began.
    steps: Vec<Step>,
}

impl Matter {
    /// Since when a step stands on the timeline, ms: the first of its name.
    fn since(&self, step: &str) -> Option<i64> {
        self.steps.iter().find(|there| there.step == step).map(|there| there.at_ms)
    }

    /// When the intent was stored first, ms: later tries speak of the same decision.
    fn intended_ms(&self) -> i64 {
        self.since(money::step_of(CaseEvent::IntentStored)).unwrap_or(self.case.changed_at_ms)
    }

    /// The record as the platform told it last.
    fn record(&self) -> Option<&CameraRecord> {
        self.violation.as_ref()?.record.as_ref()
    }
}

/// The body of [`DECIDE`].
pub(super) fn decide(world: &World, job: &Claimed) -> Result<Done, Error> {
    let matter = match load(world, &job.driver, &job.key, CaseState::Deciding)? {
        Ok(matter) => matter,
        Err(done) => return Ok(done),
    };
    // What was placed within the hours finishes after them; what was placed outside runs at opening, in order.
    let runs = runs(world, &matter)?;
    if world.now() < runs {
        // Due at the opening itself: whoever comes a moment later is behind everybody of the night.
        return Ok(Done::At(runs.as_millisecond(), format!("{CLOSED}it opens later")));
    }
    let done = place::in_turn(world, job, &matter)?;
    match done {
        Done::Later(..) if term::is_over(world, &matter, runs) => term::over(world, &matter, done),
        done => Ok(done),
    }
}

/// One try. A call that fails by itself is made again at once, within the pace as any other, so that nobody loses a place by
/// it: the whole try, because it looks before it writes. After a second failure it is again soon; when the platform as a whole
/// fails, or this intent failed too often, with growing waits.
fn tried(world: &World, job: &Claimed, matter: &Matter) -> Result<Done, Error> {
    let mut done = write(world, job, matter)?;
    if matches!(&done, Done::Later(Some(AT_ONCE), _)) && !world.authority.is_down() {
        // What this very try has stored (`look::sending`) must be seen by its second half.
        let fresh = match load(world, &job.driver, &job.key, CaseState::Deciding)? {
            Ok(fresh) => fresh,
            Err(done) => return Ok(done),
        };
        done = write(world, job, &fresh)?;
    }
    Ok(match done {
        Done::Later(_, why) if why.starts_with(DOWN) => {
            let away = world.authority.is_down();
            if away {
                world.admission.turns.away();
            }
            let soon = job.attempts <= TRIES_HELD && !away;
            Done::Later(soon.then_some(AGAIN_MS), why)
        }
        done => done,
    })
}

/// The wait of a try that may be made again in the same breath, ms.
const AT_ONCE: i64 = 0;

/// The platform itself failed a try: it is tried again, and nobody younger goes first meanwhile. At once only where the call
/// is over: one that was not answered in time may still be on its way there, and one too many is no reason for another. And one
/// that alone has no answer, while others have theirs, has nobody wait for it: it may be its record at which the platform hangs.
fn down(world: &World, fault: &Fault) -> Done {
    let over = matches!(fault, Fault::Unreachable | Fault::Garbled(_));
    let alone = *fault == Fault::TimedOut && !world.authority.is_down();
    let word = if alone { SILENT } else { DOWN };
    Done::Later(over.then_some(AT_ONCE), format!("{word}{fault}"))
}

/// Reads the state of the record again, and writes the decision, marks it as paid, or finds that there is nothing to write.
fn write(world: &World, job: &Claimed, matter: &Matter) -> Result<Done, Error> {
    let Some(violation) = &matter.violation else {
        return Ok(Done::Later(None, "the violation left the read model".to_owned()));
    };
    // A warning has no money to be noted: what its record says by now is read below.
    if let Some(decision) = violation.decision.as_ref().filter(|_| matter.paid.is_some()) {
        return mark_paid(world, job, matter, decision);
    }
    let write = match decision_write(world, matter) {
        Ok(write) => write,
        Err(missing) => {
            return end::stop(world, matter, Stopped::Missing, &format!("missing: {missing}"));
        }
    };
    // The state is read again before every write: another channel may have handled the record meanwhile.
    let records = match world.authority.records(&violation.plate) {
        Ok(records) => records,
        Err(fault) => return Ok(down(world, &fault)),
    };
    let record = records.iter().find(|record| record.xh == violation.id);
    let record = match record {
        Some(record) if record.removed != Some(true) && record.handled != Some(true) => record,
        // There is nothing left to decide, unless it was our own write, whose answer was lost, that left it so.
        gone => {
            let number = gone.and_then(|record| record.decision_number.as_deref());
            return match (look::find_ours(world, &write, number, look::was_sent(matter)), gone) {
                (Ok(Found::Ours(found)), _) => end::accept(world, matter, &found),
                (Ok(_), None) => look::missing(world, matter, Why::RecordGone),
                (Ok(_), Some(record)) if record.removed == Some(true) => {
                    end::nothing_to_decide(world, matter, Why::RecordRemoved)
                }
                (Ok(Found::Unclear), Some(_)) => look::unclear(world, matter),
                (Ok(Found::Anothers), Some(_)) => {
                    end::nothing_to_decide(world, matter, Why::HandledElsewhere)
                }
                (Ok(Found::Nowhere), Some(_)) => look::missing(world, matter, Why::HandledElsewhere),
                (Err(fault), _) => Ok(down(world, &fault)),
            };
        }
    };
    // The record is open, and a write that nobody answered may still be on its way to it: nothing is concluded meanwhile.
    if let Some(waits) = look::on_its_way(world, matter) {
        return Ok(waits);
    }
    let confirmed = world.db.read(|tx| opened_on(tx, &matter.case))?;
    if let Some(other) = differs(&matter.case, confirmed, record) {
        return end::stop(world, matter, Stopped::Differs, other);
    }
    if record.dispute_pending == Some(true) {
        return look::objection(world, matter);
    }
    if let Some(waits) = place::gives_way(world, job)? {
        return Ok(waits);
    }
    send(world, job, matter, &write)
}

/// Writes the decision. Only a write that nobody answered may still be carried out over there: until it no longer can be, the
/// next tries look and do not write.
fn send(world: &World, job: &Claimed, matter: &Matter, write: &DecisionWrite) -> Result<Done, Error> {
    look::sending(world, job, matter)?;
    let fault = match world.authority.decide(write) {
        Ok(decided) => return end::accept(world, matter, &decided),
        Err(Fault::TimedOut) => return Ok(down(world, &Fault::TimedOut)),
        Err(fault) => fault,
    };
    // A duplicate may be one of this very write, which has arrived twice.
    let duplicate = matches!(&fault, Fault::Refused { code, .. } if code == DUPLICATE);
    look::answered(world, matter, duplicate || fault.may_have_acted())?;
    let Fault::Refused { code, message } = fault else { return Ok(down(world, &fault)) };
    match look::find_ours(world, write, None, true) {
        // Refused as a duplicate of our own write: success, because it carries our mark, or every field compares.
        Ok(Found::Ours(found)) => end::accept(world, matter, &found),
        // A duplicate of a write before this one, which the list does not show yet: nobody has refused it.
        Ok(Found::Nowhere) if code == DUPLICATE && look::was_sent(matter) => {
            look::missing(world, matter, Why::HandledElsewhere)
        }
        Ok(Found::Unclear) => look::unclear(world, matter),
        Ok(_) => end::refused_by_platform(world, matter, &code, &message),
        Err(fault) => Ok(down(world, &fault)),
    }
}

/// When the driver placed the intent: with the order where there is one, with the confirmation otherwise.
fn placed(matter: &Matter) -> jiff::Timestamp {
    instant(matter.paid.as_ref().map_or(matter.case.changed_at_ms, |(order, _)| order.created_at_ms))
}

/// From when the intent is carried out: from the start, or from the opening that it waits for.
fn runs(world: &World, matter: &Matter) -> Result<jiff::Timestamp, Error> {
    let placed = placed(matter);
    Ok(law::opens_next(world.pack_at(placed)?, placed))
}

/// What the record says otherwise than the driver confirmed and paid: that must not be decided silently.
fn differs(case: &CaseFile, confirmed: Option<RawFacts>, record: &CameraRecord) -> Option<&'static str> {
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
            Ok(Done::Store(Box::new(move |tx| {
                let case =
                    case_file::find(tx, &case.driver, &case.case_id)?.ok_or(Error::NotFound("case"))?;
                if state_of(&case)? == CaseState::Written {
                    has_digit(tx, case, &digit, now_ms)
                } else {
                    Ok(())
                }
            })))
        }
        Ok(_) => Ok(Done::Later(None, "the check digit is not there yet".to_owned())),
        Err(fault) => Ok(Done::Later(None, fault.to_string())),
    }
}

/// Check digits that came with a driver's decisions, by the decision's number: whoever waits for one has it, and it is not asked
/// for again.
///
/// # Errors
/// [`Error::Store`].
pub(super) fn read_back(
    tx: &mut Tx,
    driver: &str,
    digits: &[(String, String)],
    now_ms: i64,
) -> Result<(), Error> {
    for case in case_file::of_driver(tx, driver)? {
        let digit = digits.iter().find(|(number, _)| case.decision_number.as_ref() == Some(number));
        if let Some((_, digit)) = digit
            && state_of(&case)? == CaseState::Written
        {
            queue::cancel(tx, driver, CHECK_DIGIT, &case.case_id)?;
            has_digit(tx, case, digit, now_ms)?;
        }
    }
    Ok(())
}

fn has_digit(tx: &mut Tx, mut case: CaseFile, digit: &str, now_ms: i64) -> Result<(), Error> {
    case.check_digit = Some(digit.to_owned());
    money::advance(tx, &mut case, CaseEvent::CheckDigitRead, "platform", "{}", now_ms).map(drop)
}

/// A case in a state, with what a write of it is made from; otherwise there is nothing to do.
fn load(world: &World, driver: &str, key: &str, state: CaseState) -> Result<Result<Matter, Done>, Error> {
    world.db.read(|tx| {
        let Some(case) = case_file::find(tx, driver, key)? else {
            return Ok(Err(Done::Never("the case is gone".to_owned())));
        };
        if state_of(&case)? != state {
            return Ok(Err(Done::Yes));
        }
        let dossier = Dossier::load(tx, driver)?;
        let violation = dossier.matter(tx, &case)?;
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
        let steps = case_file::steps(tx, driver, key)?;
        Ok(Ok(Matter { dossier, case, violation, paid, steps }))
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
    let violation = matter.violation.as_ref().ok_or("record")?;
    let record = matter.record().ok_or("record")?;
    let warning = route_of(&matter.case) == Route::First;
    // The instant of the first intent, or of the opening it waited for, not of the try: a repeated write must equal the
    // first one in every field.
    let decided = instant(matter.intended_ms()).max(runs(world, matter).map_err(|_| "pack")?);
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
        plate: violation.plate.clone(),
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

/// A decision that existed before: only its payment is noted on the platform. What another channel paid meanwhile is
/// never paid a second time.
fn mark_paid(
    world: &World,
    job: &Claimed,
    matter: &Matter,
    decision: &DecisionRecord,
) -> Result<Done, Error> {
    let Some(mark) = paid_mark(matter, world.now()) else {
        return Ok(Done::Never("a decision to be marked as paid without money".to_owned()));
    };
    let told = match world.authority.decision(&decision.number) {
        Ok(Some(told)) => told,
        Ok(None) => return look::missing(world, matter, Why::RecordGone),
        Err(fault) => return Ok(down(world, &fault)),
    };
    if told.is_annulled() {
        return end::nothing_to_decide(world, matter, Why::RecordRemoved);
    }
    let decided = Decided { number: told.number.clone(), check_digit: told.check_digit.clone() };
    // Our own decision, whose answer was lost and which a refresh has shown to the read model meanwhile, is none from before.
    let sent = look::was_sent(matter);
    let whose = match decision_write(world, matter) {
        Ok(write) => told.whose(&write, sent),
        Err(_) if sent => Whose::Unclear,
        Err(_) => Whose::Anothers,
    };
    // A case that was opened on an open record was paid to have it decided: whoever did that meanwhile was not paid with it.
    let was_open = world.db.read(|tx| opened_on(tx, &matter.case))?.and_then(|facts| facts.violation.handled);
    match whose {
        Whose::Ours => return end::accept(world, matter, &decided),
        Whose::Anothers if was_open == Some(false) => {
            return end::nothing_to_decide(world, matter, Why::HandledElsewhere);
        }
        Whose::Unclear if was_open == Some(false) => return look::unclear(world, matter),
        Whose::Anothers | Whose::Unclear => {}
    }
    if told.paid == Some(Paid::Yes) {
        // Our own mark carries the second in which our money arrived; anybody else's does not.
        return match told.paid_at.map(jiff::Timestamp::as_second) {
            Some(second) if second == mark.paid.as_second() => end::accept(world, matter, &decided),
            None if look::was_sent(matter) => Ok(Done::Later(None, "whose payment it is is not told".into())),
            _ => end::nothing_to_decide(world, matter, Why::HandledElsewhere),
        };
    }
    if told.fine.is_some_and(|fine| fine != mark.fine) {
        return end::stop(world, matter, Stopped::Differs, "the decision names another fine than was paid");
    }
    if let Some(waits) = place::gives_way(world, job)? {
        return Ok(waits);
    }
    look::sending(world, job, matter)?;
    match world.authority.mark_paid(&decision.number, &mark) {
        Ok(()) => end::accept(world, matter, &decided),
        Err(Fault::Refused { code, message }) => {
            look::answered(world, matter, false)?;
            end::refused_by_platform(world, matter, &code, &message)
        }
        // Marking twice with the same transaction is harmless.
        Err(fault) => Ok(down(world, &fault)),
    }
}
