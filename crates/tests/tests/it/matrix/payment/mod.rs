//! how often, in which order, how late and how honest the rail's notices come, while the database is up or failing
//! over, in both modes of signing, for one violation and for several in one payment.

mod oracle;
mod play;

use clearway_store::Db;

use self::play::Town;

use super::seal::Mode;
use super::stage::Clients;
use super::tally::Tally;
use crate::contract::engines::Fresh;

/// The axes of the payment matrix.
const AXES: [&str; 8] =
    ["deliveries", "order", "lateness", "notice", "database", "mode", "what is paid", "engine"];

/// In which order deliveries come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequence {
    /// As they were sent.
    InOrder,
    /// The last one sent comes first.
    Reversed,
    /// Money moves, and what is on time comes, while our own create call is still out.
    BeforeCreateReturns,
}

/// When deliveries come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// Within seconds.
    OnTime,
    /// A day after the payment, the rail answering no question until then.
    DayLate,
    /// An hour and a half after closing time, for a payment that began before it.
    Night,
    /// A month after the order was closed at the rail: the rail took the money of a closed order.
    ArchivedClosed,
    /// A month after the order was done: what was told then is told again.
    ArchivedDone,
    /// A month after the order was done: the rail took its money a second time.
    ArchivedAgain,
}

impl Lateness {
    /// Whether the order was over long before.
    pub fn is_archived(self) -> bool {
        matches!(self, Lateness::ArchivedClosed | Lateness::ArchivedDone | Lateness::ArchivedAgain)
    }
}

/// What is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The rail's own notice.
    Genuine,
    /// Signed by somebody who does not have the rail's key; no money moved.
    Forged,
    /// Genuine, but one fen more than was paid.
    WrongAmount,
    /// Genuine, but of another merchant; no money moved.
    WrongMerchant,
    /// The bytes of a genuine notice of the first payment, sent again with the same nonce.
    ReplayedNonce,
    /// Signed under a certificate whose life is over.
    ExpiredCertificate,
    /// Signed under the key that comes next.
    RotatedKey,
}

/// What the database does at the first delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// Takes every write.
    Up,
    /// Takes no write at first, then dies between inbox and effect; the rail sends again each time.
    FailingOver,
}

/// One combination.
#[derive(Debug, Clone, Copy)]
pub struct Combination {
    /// How often the notice is delivered.
    pub deliveries: u32,
    /// In which order.
    pub sequence: Sequence,
    /// When.
    pub lateness: Lateness,
    /// What.
    pub kind: Kind,
    /// Into which database.
    pub database: Database,
    /// How it is signed.
    pub mode: Mode,
    /// Violations in the payment.
    pub legs: usize,
}

/// Every combination that differs from every other: what is never delivered has no kind, and one delivery has no order but
/// before or after our create call.
fn combinations() -> Vec<Combination> {
    use {Database as D, Kind as K, Lateness as L, Sequence as S};
    let mut all = Vec::new();
    for deliveries in [0, 1, 2, 16] {
        for sequence in [S::InOrder, S::Reversed, S::BeforeCreateReturns] {
            if deliveries < 2 && sequence == S::Reversed {
                continue;
            }
            for lateness in
                [L::OnTime, L::DayLate, L::Night, L::ArchivedClosed, L::ArchivedDone, L::ArchivedAgain]
            {
                for kind in [
                    K::Genuine,
                    K::Forged,
                    K::WrongAmount,
                    K::WrongMerchant,
                    K::ReplayedNonce,
                    K::ExpiredCertificate,
                    K::RotatedKey,
                ] {
                    if deliveries == 0 && kind != K::Genuine {
                        continue;
                    }
                    for database in [D::Up, D::FailingOver] {
                        if deliveries == 0 && database == D::FailingOver {
                            continue;
                        }
                        for mode in [Mode::Certificate, Mode::PublicKey] {
                            for legs in [1, 3] {
                                // One violation or several makes no difference to how often a notice comes: with
                                // none and with two deliveries it is several.
                                if legs == 1 && matches!(deliveries, 0 | 2) {
                                    continue;
                                }
                                let one = Combination {
                                    deliveries,
                                    sequence,
                                    lateness,
                                    kind,
                                    database,
                                    mode,
                                    legs,
                                };
                                all.push(one);
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

impl Combination {
    fn words(&self) -> [String; 7] {
        let plain = |word: String| {
            let mut text = String::new();
            for letter in word.chars() {
                if letter.is_ascii_uppercase() && !text.is_empty() {
                    text.push(' ');
                }
                text.push(letter.to_ascii_lowercase());
            }
            text
        };
        [
            self.deliveries.to_string(),
            plain(format!("{:?}", self.sequence)),
            plain(format!("{:?}", self.lateness)),
            plain(format!("{:?}", self.kind)),
            plain(format!("{:?}", self.database)),
            plain(format!("{:?}", self.mode)),
            if self.legs == 1 { "one violation" } else { "several violations" }.to_owned(),
        ]
    }
}

/// Runs a part of the combinations on SQLite in memory, and every twentieth on PostgreSQL besides.
fn part(of: &[(usize, Combination)], towns: &[Town]) -> Tally {
    let mut tally = Tally::new("payment", &AXES);
    let clients = Clients::new();
    let server = Fresh::postgres();
    let postgres = server.ready();
    for (number, one) in of {
        let town = &towns[number % towns.len()];
        note(&mut tally, one, "SQLite", &clients, town, None);
        if number % 20 == 0 {
            play::empty(&postgres);
            note(&mut tally, one, "PostgreSQL", &clients, town, Some(&postgres));
        }
    }
    tally
}

fn note(tally: &mut Tally, one: &Combination, engine: &str, clients: &Clients, town: &Town, db: Option<&Db>) {
    let (outcome, wrong) = play::run(one, clients, town, db);
    let words = one.words();
    let mut values: Vec<&str> = words.iter().map(String::as_str).collect();
    values.push(engine);
    tally.note(&values, outcome, wrong);
}

#[test]
fn every_combination_ends_with_every_fen_where_it_belongs() {
    let all: Vec<(usize, Combination)> = combinations().into_iter().enumerate().collect();
    let towns = play::towns();
    let (left, right) = all.split_at(all.len() / 2);
    let tally = std::thread::scope(|scope| {
        let second = scope.spawn(|| part(right, &towns));
        let mut first = part(left, &towns);
        first.add(second.join().expect("the second half runs"));
        first
    });
    tally.close(2_000);
}
