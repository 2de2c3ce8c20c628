//! How much work there is: for the operator, and for the wait that is foretold. Counting walks along the jobs, so nobody counts
//! for a request.

use crate::{StoreError, Tx, vals};

statements! {
    OPEN_OF = "select count(*) as open from job where kind = $1 and buried_at_ms is null";
    COUNTS = "select kind, count(*) as jobs, \
        cast(sum(case when buried_at_ms is null and due_ms <= $1 then 1 else 0 end) as bigint) as due, \
        cast(sum(case when buried_at_ms is null then 0 else 1 end) as bigint) as buried, \
        min(case when buried_at_ms is null then due_ms else null end) as next_due_ms \
        from job group by kind order by kind";
}

/// How many jobs of a kind there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Which body does them.
    pub kind: String,
    /// All of them.
    pub jobs: i64,
    /// Those that could be claimed now.
    pub due: i64,
    /// Those that wait for a person.
    pub buried: i64,
    /// When the next one can be claimed, ms UTC.
    pub next_due_ms: Option<i64>,
}

/// How many jobs of each kind there are.
///
/// # Errors
/// Any [`StoreError`].
pub fn counts(tx: &mut Tx, now_ms: i64) -> Result<Vec<Count>, StoreError> {
    let rows = tx.query(COUNTS, vals![now_ms])?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                kind: row.get("kind")?,
                jobs: row.get("jobs")?,
                due: row.get("due")?,
                buried: row.get("buried")?,
                next_due_ms: row.get("next_due_ms")?,
            })
        })
        .collect()
}

/// How many jobs of a kind there are that wait for no person, begun or not. Walks along all of them in the order of the kind.
///
/// # Errors
/// Any [`StoreError`].
pub fn open_of(tx: &mut Tx, kind: &str) -> Result<u64, StoreError> {
    let row = tx.one(OPEN_OF, vals![kind])?;
    Ok(row.get::<i64>("open")?.unsigned_abs())
}
