//! The deeds of a payment, each as the transfers it writes. Ids are made from the deed: doing it twice writes it once.

use jiff::Timestamp;

use super::{Account, Stage, Transfer, TransferId};
use crate::money::Fen;

/// What one case costs within an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The case that the money is for.
    pub case: String,
    /// Code of the treasury's payee.
    pub payee: String,
    /// The fine.
    pub fine: Fen,
    /// The additional fine for late payment.
    pub surcharge: Fen,
}

impl Leg {
    /// Fine and surcharge together.
    #[must_use]
    pub fn total(&self) -> Fen {
        self.fine + self.surcharge
    }

    /// Its parts that are not nothing: the word, the account of the treasury, the amount. Never mixed.
    fn parts(&self) -> impl Iterator<Item = (&'static str, Account, Fen)> {
        let fine = ("fine", Account::Fine(self.payee.clone()), self.fine);
        let surcharge = ("surcharge", Account::Surcharge(self.payee.clone()), self.surcharge);
        [fine, surcharge].into_iter().filter(|(_, _, fen)| !fen.is_zero())
    }
}

/// An order, and the rail through which it is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order<'o> {
    /// Its number.
    pub id: &'o str,
    /// The payment provider, `wechat`.
    pub rail: &'o str,
}

impl Order<'_> {
    /// It was made: the money of the leg is expected.
    #[must_use]
    pub fn reserved(&self, leg: &Leg, at: Timestamp) -> Vec<Transfer> {
        self.leg_lines(leg, "", |_| Stage::Pending, at)
    }

    /// The rail says that the money arrived.
    #[must_use]
    pub fn arrived(&self, leg: &Leg, at: Timestamp) -> Vec<Transfer> {
        self.leg_lines(leg, ":post", |of| Stage::Posted { of: Some(of) }, at)
    }

    /// It was closed at the rail; no money moved.
    #[must_use]
    pub fn closed(&self, leg: &Leg, at: Timestamp) -> Vec<Transfer> {
        self.leg_lines(leg, ":void", |of| Stage::Voided { of }, at)
    }

    /// Money arrived on it after it was closed, or a second time; `transaction` is the rail's own number of it.
    #[must_use]
    pub fn arrived_late(&self, transaction: &str, fen: Fen, at: Timestamp) -> Transfer {
        let accounts = (self.rail(), Account::Suspense);
        self.line(&format!("late:{transaction}"), accounts, fen, Stage::Posted { of: None }, at)
    }

    /// Late money is owed back to the payer.
    #[must_use]
    pub fn give_back_late(&self, transaction: &str, fen: Fen, at: Timestamp) -> Transfer {
        let accounts = (Account::Suspense, Account::Refunds);
        self.line(&format!("late:{transaction}:back"), accounts, fen, Stage::Posted { of: None }, at)
    }

    /// A paid leg cannot be decided: its money is owed back to the payer.
    #[must_use]
    pub fn give_back(&self, leg: &Leg, at: Timestamp) -> Vec<Transfer> {
        let back = |(word, account, fen)| {
            let deed = format!("{}:{word}:back", leg.case);
            self.line(&deed, (account, Account::Refunds), fen, Stage::Posted { of: None }, at)
        };
        leg.parts().map(back).collect()
    }

    /// The rail was asked to refund; `what` is a case or the number of late money, `attempt` counts from 1 and rises only
    /// after a failure.
    #[must_use]
    pub fn refund_asked(&self, what: &str, attempt: u16, fen: Fen, at: Timestamp) -> Transfer {
        self.line(
            &format!("refund:{what}:{attempt}"),
            (Account::Refunds, self.rail()),
            fen,
            Stage::Pending,
            at,
        )
    }

    /// The rail says that the refund reached the payer.
    #[must_use]
    pub fn refund_done(&self, what: &str, attempt: u16, fen: Fen, at: Timestamp) -> Transfer {
        let deed = format!("refund:{what}:{attempt}");
        let stage = Stage::Posted { of: Some(self.id(&deed)) };
        self.line(&format!("{deed}:post"), (Account::Refunds, self.rail()), fen, stage, at)
    }

    /// The rail says that the refund failed; the money is still owed.
    #[must_use]
    pub fn refund_failed(&self, what: &str, attempt: u16, fen: Fen, at: Timestamp) -> Transfer {
        let deed = format!("refund:{what}:{attempt}");
        let stage = Stage::Voided { of: self.id(&deed) };
        self.line(&format!("{deed}:void"), (Account::Refunds, self.rail()), fen, stage, at)
    }

    fn leg_lines(
        &self,
        leg: &Leg,
        ending: &str,
        stage: impl Fn(TransferId) -> Stage,
        at: Timestamp,
    ) -> Vec<Transfer> {
        let line = |(word, account, fen)| {
            let reservation = format!("{}:{word}", leg.case);
            let stage = stage(self.id(&reservation));
            self.line(&format!("{reservation}{ending}"), (self.rail(), account), fen, stage, at)
        };
        leg.parts().map(line).collect()
    }

    fn line(
        &self,
        deed: &str,
        accounts: (Account, Account),
        fen: Fen,
        stage: Stage,
        at: Timestamp,
    ) -> Transfer {
        let (debit, credit) = accounts;
        Transfer { id: self.id(deed), order: self.id.to_owned(), debit, credit, fen, stage, at }
    }

    fn id(&self, deed: &str) -> TransferId {
        TransferId(format!("{}:{deed}", self.id))
    }

    fn rail(&self) -> Account {
        Account::Rail(self.rail.to_owned())
    }
}
