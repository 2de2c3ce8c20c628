//! 1, 2, 8 and 11: money and the ledger.

use clearway_domain::Fen;
use clearway_domain::case::{OrderState, RefundState};
use clearway_domain::ledger::{self as book, Breach};
use clearway_store::ledger::{State, Transfer};
use clearway_store::payment::{LegRow, OrderRow};
use clearway_store::{Tx, case_file, ledger};

use super::{File, Report};
use crate::Error;
use crate::money::books;

/// The sentences about money of one driver.
pub(super) fn check(file: &File, report: &mut Report) {
    for (order, legs) in &file.orders {
        report.count(1);
        let lines: Vec<&Transfer> =
            file.lines.iter().filter(|line| line.order_id == order.order_id).collect();
        in_and_out(file, order, &lines, report);
        legs_alike(file, order, legs, &lines, report);
    }
    replay(file, report);
}

fn posted(lines: &[&Transfer], side: impl Fn(&Transfer) -> &str, account: impl Fn(&str) -> bool) -> i64 {
    lines.iter().filter(|line| line.state == State::Posted && account(side(line))).map(|line| line.fen).sum()
}

fn net(lines: &[&Transfer], account: impl Fn(&str) -> bool + Copy) -> i64 {
    posted(lines, |line| &line.credit_account, account) - posted(lines, |line| &line.debit_account, account)
}

/// 1: what came in is settled, back, or held; and the rows of orders and refunds say the same.
fn in_and_out(file: &File, order: &OrderRow, lines: &[&Transfer], report: &mut Report) {
    let (driver, id) = (file.driver.as_str(), order.order_id.as_str());
    let rail = |name: &str| name.starts_with("rail:");
    let treasury = |name: &str| name.starts_with("treasury:");
    let came_in = posted(lines, |line| &line.debit_account, rail);
    let back = posted(lines, |line| &line.credit_account, rail);
    let settled = net(lines, treasury);
    let held = net(lines, |name: &str| name == "suspense" || name == "refunds");
    if came_in != settled + back + held {
        let what = format!(
            "in {} yuan, but settled {} + back {} + held {}",
            Fen(came_in),
            Fen(settled),
            Fen(back),
            Fen(held)
        );
        report.breach(1, driver, id, what);
    }
    let refunds = || file.refunds.iter().filter(|refund| refund.order_id == order.order_id);
    let late: i64 =
        refunds().filter(|refund| refund.case_id.is_none() && refund.attempt == 1).map(|r| r.fen).sum();
    let paid = lines
        .iter()
        .any(|line| line.state == State::Posted && line.pending_id.is_some() && rail(&line.debit_account));
    let expected = late + if paid { order.total_fen } else { 0 };
    if came_in != expected {
        let what =
            format!("the rail's account has {} yuan, the order explains {}", Fen(came_in), Fen(expected));
        report.breach(1, driver, id, what);
    }
    let done: i64 =
        refunds().filter(|refund| refund.state == RefundState::Done.slug()).map(|refund| refund.fen).sum();
    if back != done {
        report.breach(1, driver, id, format!("back {} yuan, refunds done {}", Fen(back), Fen(done)));
    }
    let state = OrderState::from_slug(&order.state);
    let holds = match state {
        Some(OrderState::Created | OrderState::Submitted | OrderState::Unknown) => !paid,
        Some(OrderState::Closed) => !paid && came_in == 0,
        Some(OrderState::Paid) => paid,
        Some(OrderState::Done) => paid && settled == order.total_fen,
        Some(OrderState::Refunding) => came_in > 0,
        Some(OrderState::PartlyRefunded) => paid && back > 0 && settled > 0,
        Some(OrderState::Refunded) => came_in > 0 && settled == 0 && held == 0,
        None => false,
    };
    if !holds {
        let what = format!(
            "it is {}, with in {} yuan, settled {}, back {}, held {}",
            order.state,
            Fen(came_in),
            Fen(settled),
            Fen(back),
            Fen(held)
        );
        report.breach(1, driver, id, what);
    }
}

/// 8: the sums of order, legs, cases and ledger are the same, fine and surcharge apart; the acts came before the money.
fn legs_alike(file: &File, order: &OrderRow, legs: &[LegRow], lines: &[&Transfer], report: &mut Report) {
    let (driver, id) = (file.driver.as_str(), order.order_id.as_str());
    report.count(8);
    let sum: i64 = legs.iter().map(LegRow::total_fen).sum();
    if sum != order.total_fen {
        report.breach(
            8,
            driver,
            id,
            format!("legs sum to {}, the order to {}", Fen(sum), Fen(order.total_fen)),
        );
    }
    for leg in legs {
        for (word, fen) in [("fine", leg.fine_fen), ("surcharge", leg.surcharge_fen)] {
            let name = format!("{id}:{}:{word}", leg.case_id);
            let account = format!("treasury:{}:{word}", order.payee);
            let reserved = lines.iter().find(|line| line.transfer_id == name);
            let fits = match reserved {
                Some(line) => line.fen == fen && line.credit_account == account,
                None => fen == 0,
            };
            if !fits {
                let what = format!("leg {}: {word} of {} is not what was reserved", leg.case_id, Fen(fen));
                report.breach(8, driver, id, what);
            }
        }
        let Some(case) = file.case(&leg.case_id) else { continue };
        if case.order_id.as_deref() == Some(id) && case.fine_fen != leg.fine_fen {
            let what =
                format!("case {} says {}, its leg {}", leg.case_id, Fen(case.fine_fen), Fen(leg.fine_fen));
            report.breach(8, driver, id, what);
        }
    }
}

/// 11: read from the first line, the ledger takes every line and gives the sums that SQL gives.
fn replay(file: &File, report: &mut Report) {
    report.count(11);
    let mut lines = Vec::new();
    for line in &file.lines {
        match books::line(line) {
            Some(line) => lines.push(line),
            None => report.breach(
                11,
                &file.driver,
                &line.transfer_id,
                "names an account, an end or an instant that there is none of",
            ),
        }
    }
    let (book, breaches) = book::audit(&book::in_order(lines));
    for breach in &breaches {
        match breach {
            Breach::Line(line, fault) => {
                let what = format!("the ledger does not take this line: {fault}");
                report.breach(11, &file.driver, &line.to_string(), what);
            }
            other => report.breach(11, &file.driver, &file.driver, other.to_string()),
        }
    }
    let all: Vec<&Transfer> = file.lines.iter().collect();
    for (account, balance) in book.accounts() {
        let name = account.to_string();
        let here = net(&all, |other: &str| other == name);
        let there = balance.credits_posted - balance.debits_posted;
        if breaches.is_empty() && Fen(here) != there {
            report.breach(11, &file.driver, &name, format!("sums to {} and replays to {there}", Fen(here)));
        }
    }
}

/// The sentences about money over all drivers.
pub(super) fn whole(tx: &mut Tx, report: &mut Report) -> Result<(), Error> {
    const NAMED_MAX: u32 = 100;
    report.balances = ledger::trial_balance(tx)?;
    report.count(11);
    let sum: i64 = report.balances.iter().map(|(_, debits, credits)| debits - credits).sum();
    if sum != 0 {
        report.breach(11, "", "ledger", format!("debits less credits are {} over all drivers", Fen(sum)));
    }
    for stray in ledger::strays(tx, NAMED_MAX)? {
        report.breach(
            11,
            &stray.driver,
            &stray.transfer_id,
            "ends a reservation that is not there or is another",
        );
    }
    report.checked[1] += case_file::settled_count(tx)?;
    for (plate, violation, cases) in case_file::settled_twice(tx, NAMED_MAX)? {
        report.breach(
            2,
            "",
            &violation,
            format!("{cases} cases settle or decide it (plate key {})", hidden(&plate)),
        );
    }
    Ok(())
}

/// The kind and the last two letters of a plate: enough to find it beside its record, too little to name a vehicle.
fn hidden(plate: &str) -> String {
    let tail: String = plate.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
    format!("…{tail}")
}
