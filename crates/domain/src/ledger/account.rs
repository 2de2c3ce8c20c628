//! The accounts. Their text form is what the store keeps.

use std::fmt;
use std::str::FromStr;

/// An account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Money at the payment provider, on its way to the treasury. What is there is its debits less its credits.
    Rail,
    /// Arrived and not yet anyone's: the decision is still to be written.
    Suspense,
    /// Owed back to payers.
    Refunds,
    /// Fines of one payee of the treasury.
    Fine(String),
    /// Additional fines for late payment, of one payee of the treasury: their own line (domain.md §6).
    Surcharge(String),
}

/// A text that is no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no account: rail, suspense, refunds, fine/PAYEE or surcharge/PAYEE")]
pub struct AccountFault;

impl Account {
    /// Whether it grows by debits (what we have) and not by credits (what we owe or have settled).
    #[must_use]
    pub fn grows_by_debits(&self) -> bool {
        matches!(self, Account::Rail)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Rail => f.write_str("rail"),
            Account::Suspense => f.write_str("suspense"),
            Account::Refunds => f.write_str("refunds"),
            Account::Fine(payee) => write!(f, "fine/{payee}"),
            Account::Surcharge(payee) => write!(f, "surcharge/{payee}"),
        }
    }
}

impl FromStr for Account {
    type Err = AccountFault;

    fn from_str(text: &str) -> Result<Account, AccountFault> {
        match text.split_once('/') {
            None => match text {
                "rail" => Ok(Account::Rail),
                "suspense" => Ok(Account::Suspense),
                "refunds" => Ok(Account::Refunds),
                _ => Err(AccountFault),
            },
            Some(("fine", payee)) if !payee.is_empty() => Ok(Account::Fine(payee.to_owned())),
            Some(("surcharge", payee)) if !payee.is_empty() => Ok(Account::Surcharge(payee.to_owned())),
            Some(_) => Err(AccountFault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_come_back_from_their_text() {
        for text in ["rail", "suspense", "refunds", "fine/420100", "surcharge/420100"] {
            assert_eq!(text.parse::<Account>().expect(text).to_string(), text);
        }
        for text in ["", "fine", "fine/", "Rail", "treasury/1", "rail/1"] {
            assert_eq!(text.parse::<Account>(), Err(AccountFault), "{text}");
        }
    }
}
