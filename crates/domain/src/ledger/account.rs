//! The accounts. Their text form is what the store keeps.

use std::fmt;
use std::str::FromStr;

/// An account of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Money that came through a payment provider, by its name (`wechat`). It grows by debits.
    Rail(String),
    /// Arrived without an open purpose: late, or twice.
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
#[error("no account: rail:NAME, suspense, refunds, treasury:PAYEE:fine or treasury:PAYEE:surcharge")]
pub struct AccountFault;

impl Account {
    /// Whether it grows by debits (what came in) and not by credits (what was settled, or is owed).
    #[must_use]
    pub fn grows_by_debits(&self) -> bool {
        matches!(self, Account::Rail(_))
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Rail(name) => write!(f, "rail:{name}"),
            Account::Suspense => f.write_str("suspense"),
            Account::Refunds => f.write_str("refunds"),
            Account::Fine(payee) => write!(f, "treasury:{payee}:fine"),
            Account::Surcharge(payee) => write!(f, "treasury:{payee}:surcharge"),
        }
    }
}

impl FromStr for Account {
    type Err = AccountFault;

    fn from_str(text: &str) -> Result<Account, AccountFault> {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned()).ok_or(AccountFault);
        match text.split_once(':') {
            None if text == "suspense" => Ok(Account::Suspense),
            None if text == "refunds" => Ok(Account::Refunds),
            Some(("rail", name)) => named(name).map(Account::Rail),
            Some(("treasury", rest)) => match rest.rsplit_once(':') {
                Some((payee, "fine")) => named(payee).map(Account::Fine),
                Some((payee, "surcharge")) => named(payee).map(Account::Surcharge),
                _ => Err(AccountFault),
            },
            _ => Err(AccountFault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_come_back_from_their_text() {
        for text in
            ["rail:wechat", "suspense", "refunds", "treasury:420100:fine", "treasury:420100:surcharge"]
        {
            assert_eq!(text.parse::<Account>().expect(text).to_string(), text);
        }
        for text in [
            "",
            "rail",
            "rail:",
            "treasury:420100",
            "treasury::fine",
            "treasury:1:tax",
            "Suspense",
            "refunds:1",
        ] {
            assert_eq!(text.parse::<Account>(), Err(AccountFault), "{text}");
        }
    }
}
