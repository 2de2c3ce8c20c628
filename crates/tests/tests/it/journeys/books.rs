//! What must hold after every deed with money, whatever went wrong on the way.

use std::collections::BTreeMap;

use clearway_service::Error;
use clearway_store::{Tx, audit, case_file, ledger, payment, refund};

use super::stack::Stack;

/// Everything that a refused deed must leave as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Accounts with their posted debits and credits, fen.
    pub balance: Vec<(String, i64, i64)>,
    /// Ledger lines in all.
    pub lines: i64,
    /// Cases, orders and confirmations in all.
    pub counts: BTreeMap<&'static str, i64>,
    /// State of every case.
    pub cases: Vec<(String, String)>,
    /// State of every order.
    pub orders: Vec<(String, String)>,
}

const COUNTED: [(&str, &str); 5] = [
    ("cases", "select count(*) as n from case_file"),
    ("orders", "select count(*) as n from pay_order"),
    ("acts", "select count(*) as n from confirmation"),
    ("claims", "select count(*) as n from violation_claim where released_at_ms is null"),
    ("uses", "select count(*) as n from programme_use"),
];

fn pairs(tx: &mut Tx, sql: &'static str) -> Result<Vec<(String, String)>, Error> {
    let rows = tx.query(sql, &[])?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("state")?))).collect()
}

/// Takes stock.
pub fn standing(stack: &Stack) -> Standing {
    let read = stack.world.db.read(|tx| {
        let mut counts = BTreeMap::new();
        for (name, sql) in COUNTED {
            counts.insert(name, tx.one(sql, &[])?.get("n")?);
        }
        Ok::<_, Error>(Standing {
            balance: ledger::trial_balance(tx)?,
            lines: tx.one("select count(*) as n from ledger_transfer", &[])?.get("n")?,
            counts,
            cases: pairs(tx, "select case_id as id, state from case_file order by case_id")?,
            orders: pairs(tx, "select order_id as id, state from pay_order order by order_id")?,
        })
    });
    read.expect("stock is taken")
}

/// Posted on an account, debits less credits, fen.
pub fn posted(stack: &Stack, account: &str) -> i64 {
    let balance = standing(stack).balance;
    balance.iter().find(|(name, ..)| name == account).map_or(0, |(_, debits, credits)| debits - credits)
}

/// Panics unless the books are right: debits and credits alike, no stray end of a reservation, money in the rail's
/// account exactly for what is paid, no violation in two open cases, every audit chain whole.
pub fn right(stack: &Stack) {
    let checked = stack.world.db.read(|tx| {
        let balance = ledger::trial_balance(tx)?;
        let sum: i64 = balance.iter().map(|(_, debits, credits)| debits - credits).sum();
        assert_eq!(sum, 0, "{balance:?}");
        assert_eq!(ledger::strays(tx, 10)?, Vec::new());
        let mut driver = String::new();
        loop {
            let chains = audit::chains(tx, &driver, 100)?;
            let Some(last) = chains.last() else { break };
            last.clone_into(&mut driver);
            for driver in &chains {
                let chain = audit::verify(tx, driver)?;
                assert!(chain.is_ok(), "{chain:?}");
                orders_of(tx, driver)?;
            }
        }
        let twice = tx.query(
            "select violation from violation_claim where released_at_ms is null group by plate, violation \
             having count(*) > 1",
            &[],
        )?;
        assert!(twice.is_empty(), "a violation is held twice");
        Ok::<_, Error>(())
    });
    checked.expect("the books can be read");
    let report = clearway_service::verify::whole(&stack.world).expect("verified");
    assert_eq!(report.breaches, Vec::new());
}

/// What the ledger holds of each order fits its state.
fn orders_of(tx: &mut Tx, driver: &str) -> Result<(), Error> {
    for order in payment::of_driver(tx, driver)? {
        let legs = payment::legs(tx, driver, &order.order_id)?;
        let sum: i64 = legs.iter().map(|leg| leg.fine_fen + leg.surcharge_fen).sum();
        assert_eq!(sum, order.total_fen, "legs of {}", order.order_id);
        let lines = ledger::of_order(tx, driver, &order.order_id)?;
        let into_rail: i64 = lines
            .iter()
            .filter(|line| line.state == ledger::State::Posted && line.debit_account.starts_with("rail:"))
            .map(|line| line.fen)
            .sum();
        let paid =
            matches!(order.state.as_str(), "paid" | "done" | "refunding" | "partly_refunded" | "refunded");
        let late: i64 = refund::of_order(tx, driver, &order.order_id)?
            .iter()
            .filter(|back| back.case_id.is_none() && back.attempt == 1)
            .map(|back| back.fen)
            .sum();
        let was_closed = lines
            .iter()
            .any(|line| line.state == ledger::State::Voided && line.credit_account.starts_with("treasury"));
        let wanted = late + if paid && !was_closed { order.total_fen } else { 0 };
        assert_eq!(
            into_rail, wanted,
            "order {} is {} and the rail holds {into_rail}",
            order.order_id, order.state
        );
        for leg in legs {
            let case = case_file::find(tx, driver, &leg.case_id)?.expect("a leg has its case");
            // A studied case that an earlier order let go is decided with the money of a later one.
            let decided = matches!(case.state.as_str(), "written" | "decided")
                && case.order_id.as_ref() == Some(&order.order_id);
            assert!(!decided || paid, "case {} was decided without its money", case.case_id);
        }
    }
    Ok(())
}
