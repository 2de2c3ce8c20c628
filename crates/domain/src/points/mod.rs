//! Points on a licence: the cycle, its end, the order of a batch, and what study takes off (order 163).

mod batch;
mod cycle;
mod rollover;
mod study;

pub use batch::{Admission, Ceiling, admit_batch};
pub use cycle::{Cycle, cycle_of};
pub use rollover::{CarryOver, CycleEnd, Entry, end_of_cycle};
pub use study::{CreditUse, granted, use_credit};

/// Points on a licence or of a violation.
pub type Points = i32;

/// A licence with this many points is full (order 163 art. 3).
pub const FULL: Points = 12;
