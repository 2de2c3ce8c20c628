//! One SQL text on SQLite and PostgreSQL: migrations, ledger, queue and audit tables.
