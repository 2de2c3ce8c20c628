//! Money's memory: double entry in fen, append-only (design.md §3 rule 10; models.md §5 habit 8).
//!
//! A transfer moves an amount from one account to another and is never changed. Its id is its idempotency key. A reservation
//! is *pending* and ends once, by a transfer that posts or voids it. A balance is a sum and is stored nowhere.
//!
//! The life of a payment ([`Order`] writes these lines):
//!
//! ```text
//! order made        rail → treasury    pending    fine and surcharge of each leg, each to its own account
//! money arrived     rail → treasury    posted
//! order closed      rail → treasury    voided     no money moved
//! late money        rail → suspense    posted     it came after the order was closed, or twice
//! leg undecidable   treasury → refunds posted     owed to the payer; late money: suspense → refunds
//! refund asked      refunds → rail     pending
//! refund done       refunds → rail     posted     or voided, and asked again
//! ```
//!
//! So at every moment, for every order: money in = settled + refunded + held (speed-and-trust.md §7.1, invariant 1), where
//! held is what stands on `suspense` and `refunds`.

mod account;
mod audit;
mod book;
mod deeds;
#[cfg(test)]
mod tests;
mod transfer;

pub use account::{Account, AccountFault};
pub use audit::{Breach, audit, audit_settled, in_order};
pub use book::{Appended, Balance, Book, LedgerFault};
pub use deeds::{Leg, Order};
pub use transfer::{Stage, Transfer, TransferId};
