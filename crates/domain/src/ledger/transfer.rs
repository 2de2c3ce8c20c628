//! One line of the ledger.

use std::fmt;

use jiff::Timestamp;

use super::Account;
use crate::money::Fen;

/// The name of a transfer: made from the deed, never by chance, so that doing the deed twice writes it once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub String);

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a transfer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// A reservation: it counts as pending until another transfer ends it.
    Pending,
    /// Moved; `of` names the reservation that it ends.
    Posted {
        /// The reservation, if there was one.
        of: Option<TransferId>,
    },
    /// Nothing moved: the reservation is given up.
    Voided {
        /// The reservation.
        of: TransferId,
    },
}

/// An amount that moves from one account to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its idempotency key.
    pub id: TransferId,
    /// The order that it belongs to.
    pub order: String,
    /// The account that is debited.
    pub debit: Account,
    /// The account that is credited.
    pub credit: Account,
    /// How much; above zero.
    pub fen: Fen,
    /// Reserved, moved, or given up.
    pub stage: Stage,
    /// When. Not part of its identity: a repeated deed is later.
    pub at: Timestamp,
}

impl Transfer {
    /// The reservation that it ends.
    #[must_use]
    pub fn ends(&self) -> Option<&TransferId> {
        match &self.stage {
            Stage::Pending => None,
            Stage::Posted { of } => of.as_ref(),
            Stage::Voided { of } => Some(of),
        }
    }

    /// Whether it says the same as another, the instant apart.
    #[must_use]
    pub fn same_as(&self, other: &Transfer) -> bool {
        Transfer { at: other.at, ..self.clone() } == *other
    }
}
