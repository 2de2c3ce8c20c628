//! The daily comparison with the rail's bill: fetched, checked whole, matched to the fen, closed by balance or by name.
//!
//! A run on the same day finds the same: its findings are named by what they are about. What the bill shows and we do not
//! know is first asked about at the rail and applied like any other word of it, so that it goes on, or back, by itself;
//! only what remains is an exception.

mod ask;
mod compare;
mod ours;
mod report;

use clearway_connect::Fault;
use clearway_connect::payments::{BillFile, BillKind, FileFault};
use clearway_domain::civil_date;
use clearway_domain::reconcile::{
    Bill, BillTotals, Day, DayEvent, Exception, Flow, FlowTotals, Outcome, due,
};
use clearway_store::finding::{self, Finding};
use clearway_store::reconcile::{self as store, DayRow, ExceptionRow};
use clearway_store::{Tx, audit};
use jiff::Timestamp;
use jiff::civil::{Date, time};

use crate::error::Conflict;
use crate::officer;
use crate::{Error, World};

pub use report::{Report, Shown, Words, report};

/// Whose audit chain holds what is done with a day: it is nobody's in particular.
pub const CHAIN: &str = "city";

/// Where the bill comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The rail is asked for it.
    Rail,
    /// A person hands it in, packed or not.
    Hand(Vec<u8>),
}

/// A bill, or why there is none.
enum Found {
    File(BillFile, String),
    /// The rail says that nothing moved on that day.
    Nothing,
    Missing(String),
}

/// From when on the rail hands out the bill of a day.
#[must_use]
pub fn ready_at(day: Date) -> Timestamp {
    at_next_day(day, 10)
}

/// When a bill that is still not there is late.
#[must_use]
pub fn late_at(day: Date) -> Timestamp {
    at_next_day(day, 12)
}

fn at_next_day(day: Date, hour: i8) -> Timestamp {
    clearway_domain::instant(day.tomorrow().unwrap_or(day).to_datetime(time(hour, 0, 0, 0)))
}

/// Compares a day. A closed day is left as it is: somebody must open it first.
///
/// # Errors
/// [`Error::BadInput`] for a day that is not over, and for a file that is refused, with line, column and value. What the
/// rail hands out and cannot be used counts as missing: it is fetched again.
pub fn run(world: &World, day: Date, source: Source) -> Result<Report, Error> {
    if day >= world.today() {
        return Err(Error::BadInput { field: "day", value: day.to_string(), fix: "day-over" });
    }
    let rail = world.payments.rail().slug;
    let before = world.db.read(|tx| store::day(tx, &day.to_string(), rail))?;
    if let Some(row) = &before
        && state_of(row)?.is_closed()
    {
        return report(world, day);
    }
    let by_rail = matches!(source, Source::Rail);
    let found = match source {
        Source::Rail => fetched(world, day),
        Source::Hand(bytes) => by_hand(bytes, day)?,
    };
    let sha1 = match &found {
        Found::File(_, sha1) => Some(sha1.clone()),
        Found::Nothing => None,
        Found::Missing(why) => {
            missing(world, day, rail, why)?;
            return report(world, day);
        }
    };
    let file = if let Found::File(file, _) = &found { Some(file) } else { None };
    let mut matcher = compare::lines(world, day, rail, file)?;
    compare::ours(world, day, rail, &mut matcher)?;
    if before.as_ref().is_some_and(|row| row.late_at_ms.is_some()) {
        matcher.note(Exception::late_file(day, rail));
    }
    let flow = if by_rail { flow(world, day) } else { None };
    let mut out = matcher.finish();
    if let Some(flow) = flow {
        let totals = &out.totals;
        let differing = [(totals.bill_paid.fen, flow.paid), (totals.bill_back.fen, flow.back)];
        if let Some((trade, flow)) = differing.into_iter().find(|(trade, flow)| trade != flow) {
            out.exceptions.push(Exception::flow_differs(day, rail, trade, flow));
        }
    }
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| keep(tx, world, (day, rail), sha1.as_deref(), flow, &out, now_ms))?;
    report(world, day)
}

fn state_of(row: &DayRow) -> Result<Day, Error> {
    Day::from_slug(&row.state)
        .ok_or_else(|| Error::Broken(format!("day {} is in an unknown state {}", row.day, row.state)))
}

/// Reads a file to its end and does nothing with it.
fn check(file: &BillFile, day: Date) -> Result<(BillTotals, String), FileFault> {
    let mut bill = Bill::of(day);
    let sha1 = file.lines(|line| bill.line(line).map(|_| ()).map_err(FileFault::from))?;
    Ok((bill.finish()?, sha1))
}

fn by_hand(bytes: Vec<u8>, day: Date) -> Result<Found, Error> {
    let file = BillFile::new(bytes, None);
    match check(&file, day) {
        Ok((_, sha1)) => Ok(Found::File(file, sha1)),
        Err(fault) => Err(Error::BadInput { field: "bill", value: fault.to_string(), fix: "bill-file" }),
    }
}

fn fetched(world: &World, day: Date) -> Found {
    match world.payments.bill(day, BillKind::Trade) {
        Ok(None) => Found::Nothing,
        Ok(Some(file)) => match check(&file, day) {
            Ok((_, sha1)) => Found::File(file, sha1),
            Err(fault) => {
                tracing::error!(%day, %fault, "a bill of the rail was refused whole");
                Found::Missing(fault.to_string())
            }
        },
        Err(Fault::Refused { code, .. }) if code == "STATEMENT_CREATING" => {
            Found::Missing("the rail is still making the bill".to_owned())
        }
        Err(fault) => Found::Missing(fault.to_string()),
    }
}

/// The third total. It is compared where it can be had; a day does not wait for it.
fn flow(world: &World, day: Date) -> Option<FlowTotals> {
    let file = match world.payments.bill(day, BillKind::FundFlow) {
        Ok(Some(file)) => file,
        Ok(None) => return Some(FlowTotals::default()),
        Err(fault) => {
            tracing::warn!(%day, %fault, "the fund-flow bill could not be fetched");
            return None;
        }
    };
    let mut flow = Flow::of(day);
    let read = file.lines(|line| flow.line(line).map_err(FileFault::from));
    read.and_then(|_| flow.finish().map_err(FileFault::from))
        .inspect_err(|fault| tracing::error!(%day, %fault, "a fund-flow bill was refused whole"))
        .ok()
}

/// A day, as it is or as it begins.
fn begun(tx: &mut Tx, day: Date, rail: &str) -> Result<DayRow, Error> {
    let day = day.to_string();
    Ok(store::day(tx, &day, rail)?.unwrap_or_else(|| DayRow {
        day,
        rail: rail.to_owned(),
        state: Day::Open.slug().to_owned(),
        ..DayRow::default()
    }))
}

/// The bill is not there: noted with its reason, and from noon on an exception of its own.
fn missing(world: &World, day: Date, rail: &str, why: &str) -> Result<(), Error> {
    let now = world.now();
    world.db.write(|tx| {
        let mut row = begun(tx, day, rail)?;
        row.missing_why = Some(why.to_owned());
        row.ran_at_ms = now.as_millisecond();
        if row.arrived_at_ms.is_none() && now >= late_at(day) {
            row.late_at_ms = row.late_at_ms.or(Some(now.as_millisecond()));
            note(tx, world, (day, rail), &Exception::late_file(day, rail), now)?;
        }
        save(tx, &mut row)
    })
}

fn save(tx: &mut Tx, row: &mut DayRow) -> Result<(), Error> {
    store::save_day(tx, row).map_err(crate::citizen::moved)
}

/// Puts an exception into the queue and into the list of its day.
fn note(
    tx: &mut Tx,
    world: &World,
    (day, rail): (Date, &str),
    exception: &Exception,
    now: Timestamp,
) -> Result<(), Error> {
    let kind = exception.kind;
    let fen = |fen: Option<clearway_domain::Fen>| fen.map(|fen| fen.0);
    let detail = serde_json::json!({
        "day": day.to_string(), "rail": rail, "order": exception.order_id, "case": exception.case_id,
        "ours_fen": fen(exception.ours), "rails_fen": fen(exception.rails), "line": exception.line,
        "action": exception.action(), "owner": kind.owner(),
    });
    let driver = exception.driver.as_deref();
    let mut found =
        Finding::new(kind.slug(), &exception.subject, driver, exception.fen().0, now.as_millisecond());
    found.due_at_ms = due(kind, now, &world.calendar).as_millisecond();
    finding::put(tx, &found.with_detail(detail.to_string()))?;
    let row = ExceptionRow {
        finding_id: exception.id(),
        kind: kind.slug().to_owned(),
        subject: exception.subject.clone(),
        driver: exception.driver.clone(),
        order_id: exception.order_id.clone(),
        case_id: exception.case_id.clone(),
        ours_fen: fen(exception.ours),
        rails_fen: fen(exception.rails),
        bill_line: exception.line.and_then(|line| i64::try_from(line).ok()),
    };
    store::put_exception(tx, &day.to_string(), rail, &row)?;
    Ok(())
}

/// Keeps what a comparison found, in one transaction: findings that are no longer true are closed, new ones are opened, and
/// the day is balanced when there is none.
fn keep(
    tx: &mut Tx,
    world: &World,
    (day, rail): (Date, &'static str),
    sha1: Option<&str>,
    flow: Option<FlowTotals>,
    out: &Outcome,
    now_ms: i64,
) -> Result<(), Error> {
    let now = crate::dossier::instant(now_ms);
    let mut row = begun(tx, day, rail)?;
    let event = if out.exceptions.is_empty() { DayEvent::Fits } else { DayEvent::Differs };
    // Somebody closed it while it was compared: what they did stands.
    let to = state_of(&row)?.after(event).ok_or(Error::Conflict(Conflict::DayClosed))?;
    for known in store::exceptions(tx, &row.day, rail)? {
        if !out.exceptions.iter().any(|exception| exception.id() == known.finding_id) {
            finding::close(tx, &known.finding_id, "system", "compared again: it fits now", now_ms)?;
        }
    }
    for exception in &out.exceptions {
        note(tx, world, (day, rail), exception, now)?;
    }
    let pair = |count: clearway_domain::reconcile::Count| {
        (i64::try_from(count.count).unwrap_or(i64::MAX), count.fen.0)
    };
    let totals = &out.totals;
    to.slug().clone_into(&mut row.state);
    row.bill_sha1 = sha1.map(str::to_owned);
    row.arrived_at_ms = row.arrived_at_ms.or(Some(now_ms));
    row.missing_why = None;
    row.bill_paid = pair(totals.bill_paid);
    row.bill_back = pair(totals.bill_back);
    row.ours_paid = pair(totals.ours_paid);
    row.ours_back = pair(totals.ours_back);
    row.flow_paid_fen = flow.map(|flow| flow.paid.0);
    row.flow_back_fen = flow.map(|flow| flow.back.0);
    row.matched_count = pair(totals.matched).0;
    row.ran_at_ms = now_ms;
    row.closed_at_ms = to.is_closed().then_some(now_ms);
    save(tx, &mut row)?;
    let detail = serde_json::json!({
        "day": row.day, "rail": rail, "sha1": row.bill_sha1, "exceptions": out.exceptions.len(),
    });
    let deed = if to.is_closed() { "day.balanced" } else { "day.compared" };
    audit::append(tx, CHAIN, now_ms, "system", deed, &detail.to_string())?;
    Ok(())
}

/// Closes a day that does not balance, by name and with a reason. Its exceptions stay in the queue; that the bill was late
/// is settled with it.
///
/// # Errors
/// [`Error::BadInput`] for a name or a reason that is none, [`Error::NotFound`] for a day that was never compared,
/// [`Conflict::DayClosed`].
pub fn sign(world: &World, day: Date, by: &str, why: &str) -> Result<Report, Error> {
    moved(world, day, DayEvent::Sign, by, why)
}

/// Opens a closed day again, by name and with a reason, so that it can be compared anew.
///
/// # Errors
/// As [`sign`], and [`Conflict::DayOpen`].
pub fn reopen(world: &World, day: Date, by: &str, why: &str) -> Result<Report, Error> {
    moved(world, day, DayEvent::Reopen, by, why)
}

fn moved(world: &World, day: Date, event: DayEvent, by: &str, why: &str) -> Result<Report, Error> {
    let (by, why) = (officer::name(by)?, officer::reason("why", why)?);
    let rail = world.payments.rail().slug;
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut row = store::day(tx, &day.to_string(), rail)?.ok_or(Error::NotFound("day"))?;
        let refused = if event == DayEvent::Sign { Conflict::DayClosed } else { Conflict::DayOpen };
        let to = state_of(&row)?.after(event).ok_or(Error::Conflict(refused))?;
        to.slug().clone_into(&mut row.state);
        let signed = to == Day::Signed;
        row.signed_by = signed.then(|| by.to_owned());
        row.signed_why = signed.then(|| why.to_owned());
        row.closed_at_ms = signed.then_some(now_ms);
        if signed {
            finding::close(tx, &Exception::late_file(day, rail).id(), by, why, now_ms)?;
        } else {
            row.late_at_ms = None;
        }
        save(tx, &mut row)?;
        let deed = if signed { "day.signed" } else { "day.reopened" };
        let detail = serde_json::json!({ "day": row.day, "rail": rail, "why": why });
        audit::append(tx, CHAIN, now_ms, by, deed, &detail.to_string())?;
        Ok::<_, Error>(())
    })?;
    report(world, day)
}

/// Ms of a civil day in China: from, and before.
fn within_ms(day: Date) -> (i64, i64) {
    (clearway_domain::midnight(day).as_millisecond(), clearway_domain::day_over(day).as_millisecond())
}

fn day_of(ms: i64) -> Date {
    civil_date(crate::dossier::instant(ms))
}
