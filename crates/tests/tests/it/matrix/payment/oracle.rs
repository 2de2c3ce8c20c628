//! What must come of a combination, from R-5 alone: what the payer paid, who was told, and so where every fen belongs.

use clearway_domain::case::MoneyWord;

use super::{Combination, Kind, Lateness};
use crate::matrix::seal::Mode;

/// How one delivery is answered once the database takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Taken.
    Taken,
    /// Refused: nothing changes.
    Refused,
    /// Kept for a person, who is told.
    Parked,
}

/// Where the money of one payment at the rail ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// There was none.
    Nothing,
    /// With the treasury, every violation decided.
    Settled,
    /// Back with the payer.
    Refunded,
    /// At the rail; a person was told, because what the rail said of it cannot be.
    HeldForAPerson,
    /// At the rail; nobody has told us of it in a way that can be believed, and a closed order is not asked about. The
    /// day's bill finds it.
    LeftToTheBill,
}

/// What must come of a combination.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// Of each delivery.
    pub reply: Reply,
    /// The first payment.
    pub first: End,
    /// The second payment of the same order.
    pub second: End,
    /// What the driver reads when the deliveries are over and the rail still answers no question.
    pub word_then: MoneyWord,
    /// What the driver reads in the end.
    pub word_at_last: MoneyWord,
}

impl Kind {
    /// Whether the notice speaks of money that truly moved.
    pub fn moved(self) -> bool {
        !matches!(self, Kind::Forged | Kind::WrongMerchant)
    }
}

/// The answer to a delivery.
fn reply(one: &Combination) -> Reply {
    match one.kind {
        Kind::Genuine => Reply::Taken,
        Kind::Forged | Kind::WrongMerchant | Kind::ExpiredCertificate => Reply::Refused,
        Kind::WrongAmount => Reply::Parked,
        // `protocols.md` §2.1: what was signed more than five minutes ago is refused, else it is the same notice again.
        Kind::ReplayedNonce if one.lateness == Lateness::OnTime => Reply::Taken,
        Kind::ReplayedNonce => Reply::Refused,
        // A successor of a certificate is fetched; a public key is not, the merchant has to enter it.
        Kind::RotatedKey if one.mode == Mode::Certificate => Reply::Taken,
        Kind::RotatedKey => Reply::Refused,
    }
}

/// What must come of a combination.
pub fn expected(one: &Combination) -> Expected {
    use MoneyWord::{Charged, Confirming, NotCharged};
    let reply = reply(one);
    let told = if one.deliveries == 0 { Reply::Refused } else { reply };
    let (first, second, word_then, word_at_last) = match one.lateness {
        // The order is open: who is not told asks.
        Lateness::OnTime | Lateness::DayLate | Lateness::Night => {
            let word = if told == Reply::Taken { Charged } else { Confirming };
            match one.kind.moved() {
                true => (End::Settled, End::Nothing, word, Charged),
                false => (End::Nothing, End::Nothing, Confirming, NotCharged),
            }
        }
        Lateness::ArchivedClosed => match (one.kind.moved(), told) {
            (false, _) => (End::Nothing, End::Nothing, NotCharged, NotCharged),
            (true, Reply::Taken) => (End::Refunded, End::Nothing, Charged, Charged),
            // The rail itself says that money moved: nobody is told that none did, and the rail is asked. What it has is the
            // order's own sum, so it goes back like any that comes late.
            (true, Reply::Parked) => (End::Refunded, End::Nothing, Confirming, Charged),
            (true, Reply::Refused) => (End::LeftToTheBill, End::Nothing, NotCharged, NotCharged),
        },
        Lateness::ArchivedDone => (End::Settled, End::Nothing, Charged, Charged),
        Lateness::ArchivedAgain => {
            let second = match (one.kind.moved(), told) {
                (false, _) => End::Nothing,
                (true, Reply::Taken) => End::Refunded,
                (true, Reply::Parked) => End::HeldForAPerson,
                (true, Reply::Refused) => End::LeftToTheBill,
            };
            (End::Settled, second, Charged, Charged)
        }
    };
    Expected { reply, first, second, word_then, word_at_last }
}
