//! The ledger, as tables a bookkeeper can read, and random days against a naive sum.

mod days;
mod tables;
