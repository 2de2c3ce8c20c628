//! What can go wrong between a use case and its database, told apart by what the caller may do about it.

/// An accident in the store. A refusal of the law is never one of these.
///
/// No variant carries a value of a row, so none can carry personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A unique index already holds such a row: somebody was first. Names the index or its columns, never the values.
    #[error("already there: {0}")]
    Duplicate(String),
    /// The row has moved on: a guarded update did not touch exactly one row, or an id is known with other content.
    #[error("changed meanwhile: {0}")]
    Conflict(String),
    /// The row that was asked for is not there.
    #[error("not there: {0}")]
    Missing(String),
    /// Too many writers are waiting already. Nothing was done; ask again later.
    #[error("{0} writers are waiting already")]
    Full(usize),
    /// The engine stayed locked, or kept on asking for a re-run, or no connection came free. Nothing was done; ask again later.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached or cannot write. Nothing was done.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection broke between asking for the commit and hearing of it: **it may have happened**.
    /// Read before writing again, or write again with the same ids.
    #[error("the outcome of the commit is unknown: {0}")]
    InDoubt(String),
    /// A fault of ours: wrong SQL, an unexpected type, a closure that panicked or misused its transaction. Nothing was done.
    #[error("the store was misused: {0}")]
    Broken(String),
}

impl StoreError {
    /// Whether the same call may simply be made again later, with the same ids.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Busy(_) | Self::Unavailable(_) | Self::InDoubt(_))
    }
}
