//! Applies transfers one after the other and knows every sum. Pure: the store keeps the lines, this judges them.

use std::collections::BTreeMap;

use super::{Account, Stage, Transfer, TransferId};
use crate::money::Fen;

/// Sums of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Moved out by debit.
    pub debits_posted: Fen,
    /// Moved in by credit.
    pub credits_posted: Fen,
    /// Reserved debits.
    pub debits_pending: Fen,
    /// Reserved credits.
    pub credits_pending: Fen,
}

/// What became of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the ledger now.
    New,
    /// The very same was there already; nothing changed.
    Repeated,
}

/// Why a transfer is refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// Nothing or less would move.
    #[error("an amount must be above zero")]
    NotPositive,
    /// Both sides are one account.
    #[error("both accounts are the same")]
    SameAccount,
    /// The id stands for another transfer.
    #[error("the id is taken by a transfer that says something else")]
    IdTaken,
    /// It ends a reservation that is not there.
    #[error("there is no such reservation")]
    NoReservation,
    /// It ends a transfer that is no reservation.
    #[error("what it ends is not a reservation")]
    NotAReservation,
    /// Accounts or order differ from the reservation.
    #[error("the reservation is between other accounts or of another order")]
    OtherReservation,
    /// The reservation was posted or voided before.
    #[error("the reservation has ended already")]
    AlreadyEnded,
    /// More than was reserved.
    #[error("more than was reserved")]
    AboveReservation,
    /// The account does not have so much, reservations taken off.
    #[error("{0} does not have so much")]
    Overdrawn(Account),
    /// The sums no longer fit in 64 bits.
    #[error("the sum is too large")]
    Overflow,
}

/// A ledger in memory.
#[derive(Debug, Clone, Default)]
pub struct Book {
    transfers: BTreeMap<TransferId, Transfer>,
    /// Reservation → the transfer that ended it.
    ended: BTreeMap<TransferId, TransferId>,
    balances: BTreeMap<Account, Balance>,
}

impl Book {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Book {
        Book::default()
    }

    /// The sums of an account.
    #[must_use]
    pub fn balance(&self, account: &Account) -> Balance {
        self.balances.get(account).copied().unwrap_or_default()
    }

    /// What is posted on an account, in the direction in which it grows.
    #[must_use]
    pub fn posted(&self, account: &Account) -> Fen {
        let balance = self.balance(account);
        if account.grows_by_debits() {
            balance.debits_posted - balance.credits_posted
        } else {
            balance.credits_posted - balance.debits_posted
        }
    }

    /// Every account that was ever touched, with its sums.
    pub fn accounts(&self) -> impl Iterator<Item = (&Account, Balance)> {
        self.balances.iter().map(|(account, balance)| (account, *balance))
    }

    /// Reservations that have not ended.
    pub fn open_reservations(&self) -> impl Iterator<Item = &Transfer> {
        let open =
            |transfer: &&Transfer| transfer.stage == Stage::Pending && !self.ended.contains_key(&transfer.id);
        self.transfers.values().filter(open)
    }

    /// Appends a transfer. The same one again, whatever its instant, changes nothing.
    ///
    /// # Errors
    /// The first [`LedgerFault`] that applies; the book is unchanged.
    pub fn append(&mut self, transfer: &Transfer) -> Result<Appended, LedgerFault> {
        if transfer.fen <= Fen::ZERO {
            return Err(LedgerFault::NotPositive);
        }
        if transfer.debit == transfer.credit {
            return Err(LedgerFault::SameAccount);
        }
        if let Some(there) = self.transfers.get(&transfer.id) {
            return if there.same_as(transfer) { Ok(Appended::Repeated) } else { Err(LedgerFault::IdTaken) };
        }
        let reserved = self.reservation(transfer)?;
        let mut debit = self.balance(&transfer.debit);
        let mut credit = self.balance(&transfer.credit);
        debit.debits_pending = debit.debits_pending - reserved;
        credit.credits_pending = credit.credits_pending - reserved;
        self.affordable(transfer, debit, credit)?;
        match transfer.stage {
            Stage::Pending => {
                debit.debits_pending = plus(debit.debits_pending, transfer.fen)?;
                credit.credits_pending = plus(credit.credits_pending, transfer.fen)?;
            }
            Stage::Posted { .. } => {
                debit.debits_posted = plus(debit.debits_posted, transfer.fen)?;
                credit.credits_posted = plus(credit.credits_posted, transfer.fen)?;
            }
            Stage::Voided { .. } => {}
        }
        self.balances.insert(transfer.debit.clone(), debit);
        self.balances.insert(transfer.credit.clone(), credit);
        if let Some(ends) = transfer.ends() {
            self.ended.insert(ends.clone(), transfer.id.clone());
        }
        self.transfers.insert(transfer.id.clone(), transfer.clone());
        Ok(Appended::New)
    }

    /// The amount reserved by what the transfer ends; nothing when it ends nothing.
    fn reservation(&self, transfer: &Transfer) -> Result<Fen, LedgerFault> {
        let Some(ends) = transfer.ends() else { return Ok(Fen::ZERO) };
        let reservation = self.transfers.get(ends).ok_or(LedgerFault::NoReservation)?;
        if reservation.stage != Stage::Pending {
            return Err(LedgerFault::NotAReservation);
        }
        let fits = |t: &Transfer| (t.debit.clone(), t.credit.clone(), t.order.clone());
        if fits(reservation) != fits(transfer) {
            return Err(LedgerFault::OtherReservation);
        }
        if self.ended.contains_key(ends) {
            return Err(LedgerFault::AlreadyEnded);
        }
        if transfer.fen > reservation.fen {
            return Err(LedgerFault::AboveReservation);
        }
        Ok(reservation.fen)
    }

    /// No account may give what it does not have; what others reserved of it is not there either. `debit` and `credit` are
    /// the sums without the reservation that the transfer ends.
    fn affordable(&self, transfer: &Transfer, debit: Balance, credit: Balance) -> Result<(), LedgerFault> {
        if matches!(transfer.stage, Stage::Voided { .. }) {
            return Ok(());
        }
        let has = debit.credits_posted - debit.debits_posted - debit.debits_pending;
        if !transfer.debit.grows_by_debits() && has < transfer.fen {
            return Err(LedgerFault::Overdrawn(transfer.debit.clone()));
        }
        let has = credit.debits_posted - credit.credits_posted - credit.credits_pending;
        if transfer.credit.grows_by_debits() && has < transfer.fen {
            return Err(LedgerFault::Overdrawn(transfer.credit.clone()));
        }
        Ok(())
    }
}

fn plus(sum: Fen, fen: Fen) -> Result<Fen, LedgerFault> {
    sum.checked_add(fen).ok_or(LedgerFault::Overflow)
}
