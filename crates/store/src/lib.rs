//! One SQL text on SQLite and PostgreSQL: migrations, ledger, queue and audit tables.
//!
//! The seam is the engine: there is no store trait, and the fake is SQLite in memory ([`Db::open`] with
//! `sqlite::memory:`). Read `docs/adr/0001-one-sql-text.md` for the dialect, `docs/adr/0002-synchronous-closures.md`
//! for [`Db::write`], `docs/guide/change-the-schema.md` before touching `migrations/`.
//!
//! | File | What is in it |
//! |---|---|
//! | `db`, `tx`, `val`, `error` | the handle: [`Db`], [`Tx`], [`Row`], [`Val`], [`StoreError`] |
//! | `sqlite_engine/`, `postgres_engine/`, `pool`, `dialect`, `pairs` | the two engines behind it |
//! | `migrate`, `statements` | the schema; the list of all SQL texts |
//! | `copy` | a whole database into another one |
//! | one file per noun | the texts of that noun and the functions that run them |

#[macro_use]
mod statements;

pub mod account;
pub mod approval;
pub mod audit;
pub mod binding;
pub mod case_file;
pub mod copy;
mod db;
mod dialect;
mod error;
pub mod finding;
pub mod inbox;
pub mod ledger;
pub mod licence;
pub mod meta;
pub mod migrate;
pub mod node;
pub mod pairs;
pub mod payment;
pub mod phone_code;
mod pool;
mod postgres_engine;
pub mod programme;
pub mod queue;
pub mod readmodel;
pub mod reconcile;
pub mod refund;
pub mod session;
mod sqlite_engine;
mod stats;
pub mod turn;
mod tx;
mod val;

pub use db::{Db, EngineKind, Limits};
pub use error::StoreError;
pub use statements::{Statement, all as all_statements};
pub use stats::Stats;
pub use tx::Tx;
pub use val::{FromVal, Row, Val};

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}
