//! `clearway verify`: twelve sentences that must be true of a database at any moment, checked against what is there.
//!
//! Each driver is read within one transaction, so the service may run meanwhile; memory holds one driver at a time. A
//! sentence that is not true names its offender. What is merely late, and somebody was told of it, is listed apart.

mod cases;
mod money;
mod programmes;
mod work;

use std::collections::BTreeMap;

use clearway_store::case_file::{self, CaseFile, Step};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::refund::{self, RefundRow};
use clearway_store::{Tx, account, audit, ledger};

use crate::{Error, World};

/// The twelve, in words.
pub const INVARIANTS: [&str; 12] = [
    "money in = settled + refunded + held, per order, to the fen",
    "a violation has at most one effective settlement and one effective decision",
    "study credits stay within their caps",
    "no more first-violation warnings in a points year than the pack allows",
    "every decision has its verdict, its facts and its audit link; every audit chain is whole",
    "states changed along legal edges only",
    "whoever was told \"accepted\" gets an answer in time, or somebody was told",
    "what was shown is what was applied: acts before money, sums alike everywhere",
    "every effect on the outside has its intent or its outcome",
    "nobody's object hangs on another person's",
    "the ledger read from its first line gives the same sums",
    "instants are in order, and civil days decide which pack applied",
];

/// A sentence that is not true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Its number, from 1.
    pub invariant: usize,
    /// Keyed hash of the driver, where it is about one.
    pub driver: Option<String>,
    /// The order, case, violation, refund or job.
    pub subject: String,
    /// What was found, and what was expected.
    pub what: String,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many things each sentence was held against.
    pub checked: [u64; 12],
    /// What is not true.
    pub breaches: Vec<Breach>,
    /// What is late and known to be.
    pub late: Vec<String>,
    /// Account → posted debits and credits, fen.
    pub balances: Vec<(String, i64, i64)>,
    /// Drivers read.
    pub drivers: u64,
}

impl Report {
    fn count(&mut self, invariant: usize) {
        self.checked[invariant - 1] += 1;
    }

    fn breach(&mut self, invariant: usize, driver: &str, subject: &str, what: impl Into<String>) {
        self.breaches.push(Breach {
            invariant,
            driver: (!driver.is_empty()).then(|| driver.to_owned()),
            subject: subject.to_owned(),
            what: what.into(),
        });
    }
}

/// Everything of one driver that the sentences speak of.
struct File {
    driver: String,
    cases: Vec<CaseFile>,
    steps: BTreeMap<String, Vec<Step>>,
    orders: Vec<(OrderRow, Vec<LegRow>)>,
    refunds: Vec<RefundRow>,
    lines: Vec<ledger::Transfer>,
    deeds: Vec<audit::Entry>,
}

impl File {
    fn load(tx: &mut Tx, driver: &str) -> Result<Self, Error> {
        let cases = case_file::of_driver(tx, driver)?;
        let mut steps = BTreeMap::new();
        for case in &cases {
            steps.insert(case.case_id.clone(), case_file::steps(tx, driver, &case.case_id)?);
        }
        let mut orders = Vec::new();
        for order in payment::of_driver(tx, driver)? {
            let legs = payment::legs(tx, driver, &order.order_id)?;
            orders.push((order, legs));
        }
        let mut deeds = Vec::new();
        while let Some(page) = Some(audit::after(tx, driver, i64::try_from(deeds.len()).unwrap_or(0), 500)?)
            .filter(|page| !page.is_empty())
        {
            deeds.extend(page);
        }
        Ok(Self {
            driver: driver.to_owned(),
            cases,
            steps,
            orders,
            refunds: refund::of_driver(tx, driver)?,
            lines: ledger::of_driver(tx, driver)?,
            deeds,
        })
    }

    fn case(&self, case_id: &str) -> Option<&CaseFile> {
        self.cases.iter().find(|case| case.case_id == case_id)
    }
}

/// Holds all sentences that are about one driver against that driver's data.
///
/// # Errors
/// [`Error::Store`] when it cannot be read.
pub fn driver(world: &World, tx: &mut Tx, driver: &str, report: &mut Report) -> Result<(), Error> {
    let file = File::load(tx, driver)?;
    report.drivers += 1;
    money::check(&file, report);
    cases::check(world, tx, &file, report)?;
    programmes::check(world, tx, &file, report)?;
    work::check(world, tx, &file, report)
}

/// Drivers read in one go.
const PAGE: i64 = 200;

/// Holds all sentences against the whole database.
///
/// # Errors
/// [`Error::Store`] when it cannot be read.
pub fn whole(world: &World) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut after = String::new();
    loop {
        let page = world.db.read(|tx| account::drivers(tx, &after, PAGE).map_err(Error::from))?;
        let Some(last) = page.last() else { break };
        last.clone_into(&mut after);
        for name in &page {
            // A transaction may run twice on some engines: what it found is kept only once.
            let found = world.db.read(|tx| {
                let mut found = report.clone();
                driver(world, tx, name, &mut found)?;
                Ok::<_, Error>(found)
            })?;
            report = found;
        }
    }
    world.db.read(|tx| {
        let mut found = report.clone();
        over_all(world, tx, &mut found)?;
        Ok::<_, Error>(found)
    })
}

/// Holds the sentences that are about all drivers together.
///
/// # Errors
/// [`Error::Store`] when it cannot be read.
pub fn over_all(world: &World, tx: &mut Tx, report: &mut Report) -> Result<(), Error> {
    money::whole(tx, report)?;
    work::whole(world, tx, report)
}
