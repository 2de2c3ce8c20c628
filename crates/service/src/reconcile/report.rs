//! What officers read of a day: totals, and each exception with the words that the driver sees now.

use clearway_domain::Fen;
use clearway_domain::case::{MoneyWord, Outward, outward};
use clearway_domain::reconcile::{Day, Exception, Kind};
use clearway_store::finding;
use clearway_store::reconcile::{self as store, DayRow, ExceptionRow};
use clearway_store::{Tx, case_file, payment};
use jiff::Timestamp;
use jiff::civil::Date;

use super::state_of;
use crate::dossier::instant;
use crate::{Error, World, money};

/// What the driver reads at this moment, from the same source as the driver's own pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Words {
    /// First line of the order's page; absent where there is no order.
    pub money: Option<MoneyWord>,
    /// Word of the case; absent where it is about no single case.
    pub case: Option<Outward>,
}

/// One exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Id in the queue.
    pub id: String,
    /// What it is.
    pub exception: Exception,
    /// What the driver reads now.
    pub words: Words,
    /// When it was found first.
    pub found: Timestamp,
    /// Until when somebody must have looked.
    pub due: Timestamp,
    /// When it was closed, by whom and why.
    pub closed: Option<(Timestamp, String, String)>,
}

/// A day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The totals and times.
    pub day: DayRow,
    /// Where it stands.
    pub state: Day,
    /// Everything that it found, the oldest first.
    pub exceptions: Vec<Shown>,
}

impl Report {
    /// Exceptions that nobody has closed.
    pub fn open(&self) -> impl Iterator<Item = &Shown> {
        self.exceptions.iter().filter(|shown| shown.closed.is_none())
    }
}

/// A day as it stands; nothing is asked of the rail here.
///
/// # Errors
/// [`Error::NotFound`] for a day that was never compared.
pub fn report(world: &World, day: Date) -> Result<Report, Error> {
    let rail = world.payments.rail().slug;
    world.db.read(|tx| {
        let row = store::day(tx, &day.to_string(), rail)?.ok_or(Error::NotFound("day"))?;
        let mut exceptions = Vec::new();
        for found in store::exceptions(tx, &row.day, rail)? {
            exceptions.extend(shown(tx, found)?);
        }
        exceptions.sort_by(|a, b| (a.found, &a.id).cmp(&(b.found, &b.id)));
        Ok(Report { state: state_of(&row)?, day: row, exceptions })
    })
}

fn shown(tx: &mut Tx, row: ExceptionRow) -> Result<Option<Shown>, Error> {
    let Some(found) = finding::find(tx, &row.finding_id)? else { return Ok(None) };
    let kind = Kind::from_slug(&row.kind)
        .ok_or_else(|| Error::Broken(format!("an exception of an unknown kind {}", row.kind)))?;
    let words = words(tx, &row)?;
    let closed = found.closed_at_ms.map(|at_ms| {
        (instant(at_ms), found.closed_by.unwrap_or_default(), found.closing.unwrap_or_default())
    });
    Ok(Some(Shown {
        id: row.finding_id,
        exception: Exception {
            kind,
            subject: row.subject,
            driver: row.driver,
            order_id: row.order_id,
            case_id: row.case_id,
            ours: row.ours_fen.map(Fen),
            rails: row.rails_fen.map(Fen),
            line: row.bill_line.and_then(|line| u64::try_from(line).ok()),
        },
        words,
        found: instant(found.found_at_ms),
        due: instant(found.due_at_ms),
        closed,
    }))
}

fn words(tx: &mut Tx, row: &ExceptionRow) -> Result<Words, Error> {
    let Some(driver) = row.driver.as_deref() else { return Ok(Words::default()) };
    let mut words = Words::default();
    let mut case_id = row.case_id.clone();
    if let Some(order_id) = row.order_id.as_deref()
        && let Some(order) = payment::find(tx, driver, order_id)?
    {
        let doubted = money::is_doubted(tx, &order)?;
        words.money = Some(money::word(&order, doubted)?);
        let legs = payment::legs(tx, driver, order_id)?;
        if let ([leg], None) = (legs.as_slice(), &case_id) {
            case_id = Some(leg.case_id.clone());
        }
    }
    if let Some(case_id) = case_id
        && let Some(case) = case_file::find(tx, driver, &case_id)?
    {
        words.case = Some(outward(crate::dossier::state_of(&case)?));
    }
    Ok(words)
}
