//! The statements whose words must differ between the engines, all of them (ADR 0001). Keep this list short enough to read.

/// A text as it stands in its noun's file, and what PostgreSQL is given in its place.
pub struct Pair {
    /// The text in the noun's file: what SQLite runs. PostgreSQL must be able to prepare it too.
    pub portable: &'static str,
    /// What PostgreSQL runs, with the same values in the same order.
    pub postgres: &'static str,
}

/// All pairs.
pub const PAIRS: &[Pair] = &[
    // Both are right on both engines; on PostgreSQL the second spares claimers the wait for each other.
    Pair { portable: crate::queue::CLAIM, postgres: crate::queue::CLAIM_POSTGRES },
];

/// The text that PostgreSQL is given for `sql`.
pub(crate) fn for_postgres(sql: &'static str) -> &'static str {
    PAIRS.iter().find(|pair| pair.portable == sql).map_or(sql, |pair| pair.postgres)
}
