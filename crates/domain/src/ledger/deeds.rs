//! The deeds of a payment, each as the transfers it writes. Ids are made from the deed: doing it twice writes it once.

use jiff::Timestamp;

use super::{Account, Stage, Transfer, TransferId};
use crate::money::Fen;

/// What one case costs within an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The case that the money is for.
    pub case: String,
    /// Code of the treasury's payee.
    pub payee: String,
    /// The fine.
    pub fine: Fen,
    /// The additional fine for late payment.
    pub surcharge: Fen,
}

impl Leg {
    /// Fine and surcharge together.
    #[must_use]
    pub fn total(&self) -> Fen {
        self.fine + self.surcharge
    }
}

fn id(order: &str, deed: &str) -> TransferId {
    TransferId(format!("{order}:{deed}"))
}

fn line(
    order: &str,
    deed: &str,
    accounts: (Account, Account),
    fen: Fen,
    stage: Stage,
    at: Timestamp,
) -> Transfer {
    let (debit, credit) = accounts;
    Transfer { id: id(order, deed), order: order.to_owned(), debit, credit, fen, stage, at }
}

/// An order was made: this much is expected.
#[must_use]
pub fn expected(order: &str, total: Fen, at: Timestamp) -> Transfer {
    line(order, "expect", (Account::Rail, Account::Suspense), total, Stage::Pending, at)
}

/// The rail says that the money of the order arrived.
#[must_use]
pub fn arrived(order: &str, total: Fen, at: Timestamp) -> Transfer {
    let of = Some(id(order, "expect"));
    line(order, "arrive", (Account::Rail, Account::Suspense), total, Stage::Posted { of }, at)
}

/// The order was closed at the rail; no money moved.
#[must_use]
pub fn closed(order: &str, total: Fen, at: Timestamp) -> Transfer {
    let of = id(order, "expect");
    line(order, "close", (Account::Rail, Account::Suspense), total, Stage::Voided { of }, at)
}

/// Money arrived on an order that was closed, or twice; `rail_transaction` is the rail's own number of it.
#[must_use]
pub fn arrived_late(order: &str, rail_transaction: &str, total: Fen, at: Timestamp) -> Transfer {
    let deed = format!("late:{rail_transaction}");
    line(order, &deed, (Account::Rail, Account::Suspense), total, Stage::Posted { of: None }, at)
}

/// The decision of a leg was written: its money is the treasury's, fine and surcharge each in its own line.
#[must_use]
pub fn settled(order: &str, leg: &Leg, at: Timestamp) -> Vec<Transfer> {
    let lines = [
        ("fine", Account::Fine(leg.payee.clone()), leg.fine),
        ("surcharge", Account::Surcharge(leg.payee.clone()), leg.surcharge),
    ];
    lines
        .into_iter()
        .filter(|(_, _, fen)| !fen.is_zero())
        .map(|(word, account, fen)| {
            let deed = format!("{word}:{}", leg.case);
            line(order, &deed, (Account::Suspense, account), fen, Stage::Posted { of: None }, at)
        })
        .collect()
}

/// Held money is owed back to the payer: a leg that cannot be decided, or late money (`what` names it).
#[must_use]
pub fn give_back(order: &str, what: &str, fen: Fen, at: Timestamp) -> Transfer {
    let deed = format!("owe:{what}");
    line(order, &deed, (Account::Suspense, Account::Refunds), fen, Stage::Posted { of: None }, at)
}

/// The rail was asked to refund; `attempt` counts from 1 and rises only after a failure.
#[must_use]
pub fn refund_asked(order: &str, what: &str, attempt: u16, fen: Fen, at: Timestamp) -> Transfer {
    let deed = format!("refund:{what}:{attempt}");
    line(order, &deed, (Account::Refunds, Account::Rail), fen, Stage::Pending, at)
}

/// The rail says that the refund reached the payer.
#[must_use]
pub fn refund_done(order: &str, what: &str, attempt: u16, fen: Fen, at: Timestamp) -> Transfer {
    let deed = format!("refund:{what}:{attempt}");
    let stage = Stage::Posted { of: Some(id(order, &deed)) };
    line(order, &format!("{deed}:done"), (Account::Refunds, Account::Rail), fen, stage, at)
}

/// The rail says that the refund failed; the money is still owed.
#[must_use]
pub fn refund_failed(order: &str, what: &str, attempt: u16, fen: Fen, at: Timestamp) -> Transfer {
    let deed = format!("refund:{what}:{attempt}");
    let stage = Stage::Voided { of: id(order, &deed) };
    line(order, &format!("{deed}:failed"), (Account::Refunds, Account::Rail), fen, stage, at)
}
