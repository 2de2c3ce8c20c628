//! The daily comparison of our books with the bill of the payment rail, to the fen. Pure: rows come in, typed exceptions
//! come out.
//!
//! * [`Bill`] and [`Flow`] read a bill line by line, in constant memory, strictly: what is not right to the last character
//!   refuses the whole file.
//! * [`Matcher`] takes every line with what we know of it, then everything of ours of that day, and says what does not fit.
//!   One payment never matches two lines.
//! * [`Day`] is the one table of a day's life: open, balanced or signed.
//!
//! A day is a civil day in China.

mod bill;
mod close;
mod columns;
mod exception;
mod flow;
mod matching;
#[cfg(test)]
mod tests;

pub use bill::{BackStatus, Bill, BillRow, BillTotals, Matter};
pub use close::{DAY_MOVES, Day, DayEvent};
pub use columns::BillFault;
pub use exception::{Action, Exception, Kind, Owner, due};
pub use flow::{Flow, FlowTotals};
pub use matching::{Count, Known, Matcher, OurCase, OurOrder, OurPayment, OurRefund, Outcome, Totals};
