//! Reads a ledger from its first line and says everything that is wrong with it.

use std::collections::BTreeMap;

use super::{Account, Book, LedgerFault, Transfer, TransferId};
use crate::money::Fen;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// A line that the ledger must never have taken.
    #[error("transfer {0}: {1}")]
    Line(TransferId, LedgerFault),
    /// Debits and credits differ: impossible by construction, so the code is broken.
    #[error("debits are {0}, credits {1}")]
    Unbalanced(Fen, Fen),
    /// An order that is said to be over still holds money or waits for some.
    #[error("order {0} is over and still holds {1} yuan")]
    StillHeld(String, Fen),
}

/// Replays the lines in the order in which they were written.
#[must_use]
pub fn audit<'t>(lines: impl IntoIterator<Item = &'t Transfer>) -> (Book, Vec<Breach>) {
    let mut book = Book::new();
    let mut breaches = Vec::new();
    for line in lines {
        if let Err(fault) = book.append(line) {
            breaches.push(Breach::Line(line.id.clone(), fault));
        }
    }
    let debits =
        Fen::checked_sum(book.accounts().map(|(_, balance)| balance.debits_posted)).unwrap_or(Fen(i64::MAX));
    let credits =
        Fen::checked_sum(book.accounts().map(|(_, balance)| balance.credits_posted)).unwrap_or(Fen(i64::MAX));
    if debits != credits {
        breaches.push(Breach::Unbalanced(debits, credits));
    }
    (book, breaches)
}

/// Stored lines in an order in which a ledger can have taken them. Lines of one instant have no order of their own: each
/// stands where the book can take it first, and what no book takes comes last of its instant, for [`audit`] to name.
#[must_use]
pub fn in_order(mut lines: Vec<Transfer>) -> Vec<Transfer> {
    let mut book = Book::new();
    let mut taken = Vec::with_capacity(lines.len());
    lines.sort_by_key(|line| (line.at, line.ends().is_some()));
    for instant in lines.chunk_by(|one, next| one.at == next.at) {
        let mut waiting: Vec<&Transfer> = instant.iter().collect();
        while let Some(fits) = waiting.iter().position(|line| book.append(line).is_ok()) {
            taken.push(waiting.remove(fits).clone());
        }
        taken.extend(waiting.into_iter().cloned());
    }
    taken
}

/// Like [`audit`], and each order for which `over` says yes must hold nothing: what came in is settled or back.
#[must_use]
pub fn audit_settled<'t>(lines: &'t [Transfer], over: impl Fn(&str) -> bool) -> Vec<Breach> {
    let (_, mut breaches) = audit(lines);
    let mut orders: BTreeMap<&'t str, Vec<&'t Transfer>> = BTreeMap::new();
    for line in lines {
        orders.entry(&line.order).or_default().push(line);
    }
    for (order, lines) in orders.into_iter().filter(|(order, _)| over(order)) {
        // An order by itself has less on the shared accounts than the whole book had, so lines of one instant that the whole
        // book took in either order are put into the one that this order alone can take.
        let lines = in_order(lines.into_iter().cloned().collect());
        let (book, _) = audit(&lines);
        let waiting = book.open_reservations().map(|reservation| reservation.fen).sum::<Fen>();
        let held = book.posted(&Account::Suspense) + book.posted(&Account::Refunds) + waiting;
        if !held.is_zero() {
            breaches.push(Breach::StillHeld(order.to_owned(), held));
        }
    }
    breaches
}
