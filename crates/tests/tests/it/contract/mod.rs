//! Ring: contract. The store keeps the same promises on SQLite and on PostgreSQL.
//!
//! Every promise is a function of a [`engines::Fresh`] database; `on_every_engine!` makes a test of it per engine.

pub mod broken_wire;
pub mod engines;

mod audit;
mod backup;
mod copy;
mod garage;
mod group_commit;
mod handle;
mod inbox;
mod ledger;
mod queue;
mod schema;
mod statements;
mod two_processes;
mod writers;
