//! Bugs planted on purpose: each does what a careless product would do, through a seam that is there anyway. The
//! simulation must find every one of them.

mod authority;
mod payments;
mod store;

use std::sync::Arc;

use clearway_connect::authority::Authority;
use clearway_connect::payments::Payments;
use clearway_domain::Clock;
use jiff::{SignedDuration, Timestamp};

use super::stage::Stage;
use super::world::Seams;
use super::world::authority::SimAuthority;
use super::world::chance::Life;
use super::world::rail::SimRail;

/// A planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plant {
    /// A decision is written again after a lost reply, without looking.
    WritesAgain,
    /// A lost reply is taken for success.
    TakesSilenceForSuccess,
    /// A decision gives more points than were shown.
    MorePoints,
    /// A decision names another fine than was paid.
    OtherFine,
    /// An objection is not looked at.
    IgnoresObjections,
    /// An order is closed here and not at the rail.
    ClosesOnlyHere,
    /// The browser says that it was paid, and is believed.
    TrustsTheBrowser,
    /// A refund is noted and never asked for.
    DropsRefunds,
    /// A refund is asked for under two numbers.
    RefundsTwice,
    /// A notice of any sum is taken for the order's.
    TakesAnySum,
    /// Nobody looks at the seal of a notice.
    TakesAnySeal,
    /// After a lost reply an order is placed under a second number.
    PlacesTwice,
    /// The rail's word that an order is paid is read as unpaid.
    ReadsPaidAsUnpaid,
    /// The rail's word about an order is read as "unknown".
    ReadsAllAsUnknown,
    /// The clock is read in the wrong zone.
    WrongZone,
    /// Money that arrived is entered twice, under another transfer.
    EntersTwice,
    /// Money that arrived is not entered.
    LosesALine,
    /// Fine and surcharge are mixed.
    MixesAccounts,
    /// The use of a programme is not counted.
    ForgetsUses,
    /// A programme is used once more than it was granted.
    UsesTwice,
    /// A violation is not let go.
    KeepsClaims,
    /// A violation is let go although it is in a case.
    LosesClaims,
    /// The intent to decide is lost.
    LosesDecisions,
    /// Nobody asks about an order.
    LosesQuestions,
    /// A refund is forgotten on its way.
    LosesRefunds,
    /// Work is put off for ever.
    PutsOffForEver,
    /// Work is set aside and nobody is told.
    SetsAside,
    /// A deed leaves no entry in the audit.
    SkipsTheAudit,
    /// An entry of the audit is changed afterwards.
    EditsTheAudit,
    /// A case jumps over the table of moves.
    CaseJumps,
    /// An order jumps over the table of moves.
    OrderJumps,
    /// An order is done although only some of its legs are.
    SettlesOneLeg,
    /// Somebody sees somebody else's order.
    ShowsOthersOrders,
    /// A case has no verdict.
    LosesVerdicts,
    /// It is forgotten that the payer has the sheet.
    ForgetsTheSheet,
}

impl Plant {
    /// Every planted bug.
    pub const ALL: [Plant; 35] = [
        Plant::WritesAgain,
        Plant::TakesSilenceForSuccess,
        Plant::MorePoints,
        Plant::OtherFine,
        Plant::IgnoresObjections,
        Plant::ClosesOnlyHere,
        Plant::TrustsTheBrowser,
        Plant::DropsRefunds,
        Plant::RefundsTwice,
        Plant::TakesAnySum,
        Plant::TakesAnySeal,
        Plant::PlacesTwice,
        Plant::ReadsPaidAsUnpaid,
        Plant::ReadsAllAsUnknown,
        Plant::WrongZone,
        Plant::EntersTwice,
        Plant::LosesALine,
        Plant::MixesAccounts,
        Plant::ForgetsUses,
        Plant::UsesTwice,
        Plant::KeepsClaims,
        Plant::LosesClaims,
        Plant::LosesDecisions,
        Plant::LosesQuestions,
        Plant::LosesRefunds,
        Plant::PutsOffForEver,
        Plant::SetsAside,
        Plant::SkipsTheAudit,
        Plant::EditsTheAudit,
        Plant::CaseJumps,
        Plant::OrderJumps,
        Plant::SettlesOneLeg,
        Plant::ShowsOthersOrders,
        Plant::LosesVerdicts,
        Plant::ForgetsTheSheet,
    ];

    /// Does its harm in the database, where it is one that does.
    pub fn poke(self, stage: &Stage) {
        store::poke(self, stage);
    }
}

impl Seams for Plant {
    fn authority(&self, real: Arc<SimAuthority>) -> Arc<dyn Authority> {
        Arc::new(authority::Careless { plant: *self, real })
    }

    fn payments(&self, real: Arc<SimRail>) -> Arc<dyn Payments> {
        Arc::new(payments::Careless { plant: *self, real })
    }

    fn clock(&self, real: Arc<Life>) -> Arc<dyn Clock> {
        match self {
            Plant::WrongZone => Arc::new(WrongZone(real)),
            _ => real,
        }
    }
}

/// A clock that takes China's time for universal time.
struct WrongZone(Arc<Life>);

impl Clock for WrongZone {
    fn now(&self) -> Timestamp {
        self.0.now() + SignedDuration::from_hours(8)
    }
}
