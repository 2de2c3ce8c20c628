//! Money's memory: double entry in fen, append-only (design.md §3 rule 10; models.md §5 habit 8).
//!
//! A transfer moves an amount from one account to another and is never changed. Its id is its idempotency key. A reservation
//! is *pending* and ends once, by a transfer that posts or voids it. A balance is a sum and is stored nowhere.
//!
//! The life of a payment:
//!
//! ```text
//! order made        rail → suspense    pending          what we expect
//! money arrived     rail → suspense    posted           held: not yet anyone's
//! leg decided       suspense → fine/PAYEE, surcharge/PAYEE
//! leg refused       suspense → refunds                  owed to the payer
//! refund asked      refunds → rail     pending
//! refund done       refunds → rail     posted           (or voided, and asked again)
//! order closed      rail → suspense    voided           no money moved; late money is posted anew, then owed back
//! ```
//!
//! So at every moment, for every order: money in = settled + refunded + held (speed-and-trust.md §7.1, invariant 1).

mod account;
mod audit;
mod book;
mod deeds;
#[cfg(test)]
mod tests;
mod transfer;

pub use account::{Account, AccountFault};
pub use audit::{Breach, audit, audit_settled};
pub use book::{Appended, Balance, Book, LedgerFault};
pub use deeds::{
    Leg, arrived, arrived_late, closed, expected, give_back, refund_asked, refund_done, refund_failed,
    settled,
};
pub use transfer::{Stage, Transfer, TransferId};
