//! The one binary: serve, migrate, rules.
