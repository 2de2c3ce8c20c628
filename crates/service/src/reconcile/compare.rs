//! The two walks of a comparison: over the lines of the bill, and over our own day. Both go in pages.

use std::collections::HashSet;

use clearway_connect::payments::{BillFile, FileFault};
use clearway_domain::reconcile::{Bill, BillRow, Known, Matcher};
use clearway_store::reconcile::{self as store, LineRow, Page};
use jiff::civil::Date;

use super::ours::{self, Loaded};
use super::{ask, within_ms};
use crate::{Error, World};

/// Lines or orders that are looked up together.
const PAGE: usize = 200;
const PAGE_MAX: i64 = 200;

/// Why the walk over a file ends early. It was read to its end before, so only ours are to be expected.
enum Stop {
    File(FileFault),
    Ours(Error),
}

impl From<FileFault> for Stop {
    fn from(fault: FileFault) -> Stop {
        Stop::File(fault)
    }
}

/// Takes every line of a bill that was found whole.
pub(super) fn lines(
    world: &World,
    day: Date,
    rail: &'static str,
    file: Option<&BillFile>,
) -> Result<Matcher, Error> {
    let mut matcher = Matcher::of(day);
    let named = day.to_string();
    world.db.write(|tx| store::forget_lines(tx, rail, &named))?;
    let Some(file) = file else { return Ok(matcher) };
    let mut bill = Bill::of(day);
    let mut rows = Vec::with_capacity(PAGE);
    let walked: Result<String, Stop> = file.lines(|line| {
        rows.extend(bill.line(line).map_err(FileFault::from)?);
        if rows.len() >= PAGE {
            page(world, (&named, rail), &mut matcher, &rows).map_err(Stop::Ours)?;
            rows.clear();
        }
        Ok(())
    });
    match walked {
        Ok(_) => page(world, (&named, rail), &mut matcher, &rows)?,
        Err(Stop::Ours(error)) => return Err(error),
        Err(Stop::File(fault)) => {
            return Err(Error::Broken(format!("a bill changed while it was read: {fault}")));
        }
    }
    Ok(matcher)
}

fn page(
    world: &World,
    (day, rail): (&str, &str),
    matcher: &mut Matcher,
    rows: &[BillRow],
) -> Result<(), Error> {
    let known = world.db.read(|tx| {
        rows.iter().map(|row| ours::of_line(tx, world, (day, rail), row)).collect::<Result<Vec<_>, Error>>()
    })?;
    for (row, (mut known, mut elsewhere)) in rows.iter().zip(known) {
        if let Known::Order(order) = &known
            && ask::needed(row, order)
        {
            ask::rail(world, row, order)?;
            (known, elsewhere) = world.db.read(|tx| ours::of_line(tx, world, (day, rail), row))?;
        }
        matcher.row(row, &known, elsewhere);
    }
    world.db.write(|tx| {
        for row in rows {
            let line = LineRow {
                line_key: row.key(),
                day: day.to_owned(),
                out_trade_no: row.number.clone(),
                fen: row.fen().0,
                moved: row.moved(),
            };
            store::put_line(tx, rail, &line)?;
        }
        Ok::<_, Error>(())
    })
}

/// Takes everything of ours of that day: orders that were paid, refunds, decisions.
pub(super) fn ours(world: &World, day: Date, rail: &str, matcher: &mut Matcher) -> Result<(), Error> {
    let (named, within) = (day.to_string(), within_ms(day));
    let mut seen: HashSet<(String, String)> = HashSet::new();
    for paid in [true, false] {
        pages(
            world,
            |tx, after| match paid {
                true => store::paid_on(tx, rail, within, after, PAGE_MAX),
                false => store::back_on(tx, rail, within, after, PAGE_MAX),
            },
            |driver, order_id| {
                let found = world.db.read(|tx| {
                    let Some(found) = Loaded::find(tx, rail, driver, order_id)? else { return Ok(None) };
                    let cases = if paid { found.cases(tx)? } else { Vec::new() };
                    Ok::<_, Error>(Some((found, cases)))
                })?;
                let Some((found, cases)) = found else { return Ok(()) };
                if seen.insert((driver.to_owned(), order_id.to_owned())) {
                    matcher.order(
                        &found.ours(None)?,
                        |payment| found.billed_payment(payment, &named),
                        |refund| found.billed_refund(refund, &named),
                    );
                }
                cases.iter().for_each(|case| matcher.case(case));
                Ok(())
            },
        )?;
    }
    pages(
        world,
        |tx, after| store::decided_on(tx, within, after, PAGE_MAX),
        |driver, case_id| {
            if let Some(case) = world.db.read(|tx| ours::decided(tx, rail, driver, case_id))? {
                matcher.case(&case);
            }
            Ok(())
        },
    )
}

/// Walks over a day's own side page by page.
fn pages(
    world: &World,
    mut next: impl FnMut(&mut clearway_store::Tx, (&str, &str)) -> Result<Page, clearway_store::StoreError>,
    mut take: impl FnMut(&str, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut after = (String::new(), String::new());
    loop {
        let page = world.db.read(|tx| next(tx, (&after.0, &after.1)))?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(last);
        for (driver, id) in &page {
            take(driver, id)?;
        }
    }
}
