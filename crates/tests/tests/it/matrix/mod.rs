//! Ring: matrix. What can come together is generated from its axes, run, counted and printed: payment, upstream
//! and time. The same order of combinations gives the same result hash.

mod payment;
mod rail;
mod seal;
mod stage;
mod tally;
mod till;
mod time;
mod upstream;
