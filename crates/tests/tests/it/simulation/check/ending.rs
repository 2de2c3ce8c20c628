//! What must hold when the faults are over and time has passed: invariants 7 and 11, and everything to the fen.

use std::collections::BTreeMap;

use clearway_domain::Fen;
use clearway_domain::case::OrderState;
use clearway_domain::ledger::{self, Stage as LineStage, Transfer, TransferId};
use clearway_store::{Db, StoreError, audit};
use jiff::Timestamp;

use super::super::books::{Books, Line};
use super::super::stage::Stage;
use super::Look;

/// Checks a run that is over.
pub fn at_the_end(stage: &Stage) {
    let world = stage.sim.world();
    let books = match Books::read(&world.db) {
        Ok(books) => books,
        Err(error) => return stage.broken(format!("the books cannot be read: {error}")),
    };
    let look = Look { stage, books: &books, now_ms: stage.sim.life.ms() };
    terminal(&look);
    to_the_fen(&look);
    ledger(&look, &world.db);
    chains(&look, &world.db);
    // The product's own auditor must come to the same end.
    match clearway_service::verify::whole(&world) {
        Ok(report) => report.breaches.iter().for_each(|breach| {
            let (number, what) = (breach.invariant, &breach.what);
            stage.broken(format!("clearway verify {number}: {}: {what}", breach.subject));
        }),
        Err(error) => stage.broken(format!("clearway verify: {error}")),
    }
}

/// Invariant 7: everybody who was told “accepted” has an answer, and nothing is left to do.
fn terminal(look: &Look<'_>) {
    for order in look.books.orders.values() {
        let over = matches!(
            order.state,
            OrderState::Closed | OrderState::Done | OrderState::PartlyRefunded | OrderState::Refunded
        );
        if !over {
            look.wrong(7, format!("order {} is still {:?}", order.id, order.state));
        }
    }
    for case in look.books.cases.values().filter(|case| !case.state.is_final()) {
        look.wrong(7, format!("case {} is still {:?} ({:?})", case.id, case.state, case.refusal));
    }
    for job in &look.books.jobs {
        look.wrong(7, format!("a job {} is left: {:?}", job.kind, job.last_error));
    }
    for id in &look.stage.scene().promised {
        if !look.books.orders.contains_key(id) && !look.books.cases.contains_key(id) {
            look.wrong(7, format!("{id} was promised and is gone"));
        }
    }
}

/// What the rail still holds of an order is exactly what its decided legs cost.
fn to_the_fen(look: &Look<'_>) {
    let till = look.stage.sim.rail.till();
    for order in look.books.orders.values() {
        let Some(kept) = till.orders.get(&order.out_trade_no) else { continue };
        let settled: i64 = look
            .books
            .legs_of(&order.id)
            .filter(|leg| {
                look.books
                    .cases
                    .get(&leg.case)
                    .is_some_and(|case| case.is_decided() && case.order.as_ref() == Some(&order.id))
            })
            .map(|leg| leg.fine_fen + leg.surcharge_fen)
            .sum();
        let (taken, returned) = (kept.taken().0, kept.returned().0);
        if taken - returned != settled {
            let (state, payments) = (order.state, &kept.payments);
            let what =
                format!("{state:?}, taken {taken} by {payments:?}, returned {returned}, settled {settled}");
            look.wrong(1, format!("order {}: {what}", order.id));
        }
    }
}

/// Invariant 11: the ledger, replayed from its first line, gives the balances that the database sums up.
fn ledger(look: &Look<'_>, db: &Db) {
    let read: Vec<Transfer> = look.books.lines.iter().filter_map(transfer).collect();
    if read.len() != look.books.lines.len() {
        look.wrong(11, "a line of the ledger cannot be read");
    }
    let lines = ledger::in_order(read);
    let over = |id: &str| look.books.orders.get(id).is_some_and(|order| !order.state.is_open());
    for breach in ledger::audit_settled(&lines, over) {
        look.wrong(11, breach.to_string());
    }
    let (book, _) = ledger::audit(&lines);
    let replayed: BTreeMap<String, (i64, i64)> = book
        .accounts()
        .map(|(account, balance)| (account.to_string(), (balance.debits_posted.0, balance.credits_posted.0)))
        .filter(|(_, sums)| *sums != (0, 0))
        .collect();
    let summed = db.read(clearway_store::ledger::trial_balance);
    let summed: BTreeMap<String, (i64, i64)> = match summed {
        Ok(summed) => {
            summed.into_iter().map(|(account, debits, credits)| (account, (debits, credits))).collect()
        }
        Err(error) => return look.wrong(11, format!("no trial balance: {error}")),
    };
    if replayed != summed {
        look.wrong(11, format!("replayed {replayed:?}, summed {summed:?}"));
    }
}

fn transfer(line: &Line) -> Option<Transfer> {
    let of = line.ends.clone().map(TransferId);
    Some(Transfer {
        id: TransferId(line.id.clone()),
        order: line.order.clone(),
        debit: line.debit.parse().ok()?,
        credit: line.credit.parse().ok()?,
        fen: Fen(line.fen),
        stage: match line.state.as_str() {
            "pending" => LineStage::Pending,
            "posted" => LineStage::Posted { of },
            _ => LineStage::Voided { of: of? },
        },
        at: Timestamp::from_millisecond(line.at_ms).ok()?,
    })
}

/// Every audit chain from end to end.
fn chains(look: &Look<'_>, db: &Db) {
    let broken = db.read(|tx| {
        let mut broken = Vec::new();
        for driver in audit::chains(tx, "", 1_000)? {
            if let Err(found) = audit::verify(tx, &driver)? {
                broken.push(found);
            }
        }
        Ok::<_, StoreError>(broken)
    });
    match broken {
        Ok(broken) => broken.iter().for_each(|found| look.wrong(5, format!("{found:?}"))),
        Err(error) => look.wrong(5, format!("audit chains cannot be read: {error}")),
    }
}
