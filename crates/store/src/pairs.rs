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
    // The portable text is right on PostgreSQL too; this one spares claimers the wait for each other. The rows are picked
    // once, in a materialised part: a locking subquery in the condition is run again for every row where the planner
    // chooses a nested loop, finds the rows that this very claim has taken gone, and takes more than it was asked for.
    Pair {
        portable: crate::queue::CLAIM,
        postgres: "with picked as materialized (select driver, kind, job_key from job \
                where kind = $3 and +due_ms <= $4 and buried_at_ms is null order by run_at_ms, driver, job_key limit $5 \
                for update skip locked) \
            update job set worker = $1, due_ms = $2, attempts = attempts + 1 \
            where (driver, kind, job_key) in (select driver, kind, job_key from picked) \
            and due_ms <= $4 and buried_at_ms is null \
            returning driver, kind, job_key, payload, round, run_at_ms, attempts",
    },
    Pair {
        portable: crate::queue::CLAIM_DUE,
        postgres: "with picked as materialized (select driver, kind, job_key from job \
                where kind = $3 and due_ms <= $4 and buried_at_ms is null order by due_ms limit $5 \
                for update skip locked) \
            update job set worker = $1, due_ms = $2, attempts = attempts + 1 \
            where (driver, kind, job_key) in (select driver, kind, job_key from picked) \
            and due_ms <= $4 and buried_at_ms is null \
            returning driver, kind, job_key, payload, round, run_at_ms, attempts",
    },
];

/// The text that PostgreSQL is given for `sql`.
pub(crate) fn for_postgres(sql: &'static str) -> &'static str {
    PAIRS.iter().find(|pair| pair.portable == sql).map_or(sql, |pair| pair.postgres)
}
