//! What does not fit, by kind; who looks at it, until when, and what is suggested.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::money::Fen;
use crate::world::{civil_date, day_over};

/// A kind of exception (`ux.md` §3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// We hold a payment that the bill does not have.
    OursOnly,
    /// The bill has money that we do not hold, on an order or of a person that we know; the rail did not confirm it.
    RailOnly,
    /// Both have it, with another sum. Also: the rail's two bills differ.
    AmountDiffers,
    /// The bill has the same money twice, or a second payment on an order that is paid.
    Duplicate,
    /// Paid, and the violation is not handled yet.
    PaidNotDecided,
    /// The violation is handled, and there is no money for it.
    DecidedNotPaid,
    /// We say that money went back, or promised it by that day, and the bill does not have it.
    RefundMissing,
    /// Less went back than was asked for.
    RefundPartial,
    /// Money went back at the rail without our asking: the decision stands, its money does not.
    ReturnAfterSettlement,
    /// The bill has money of nobody that we know.
    UnknownPayer,
    /// The bill was not there when it should have been.
    LateFile,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::OursOnly,
        Self::RailOnly,
        Self::AmountDiffers,
        Self::Duplicate,
        Self::PaidNotDecided,
        Self::DecidedNotPaid,
        Self::RefundMissing,
        Self::RefundPartial,
        Self::ReturnAfterSettlement,
        Self::UnknownPayer,
        Self::LateFile,
    ];

    /// Stable word, in the store and in message keys (`exception-<slug>`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::OursOnly => "ours-only",
            Self::RailOnly => "rail-only",
            Self::AmountDiffers => "amount-differs",
            Self::Duplicate => "duplicate",
            Self::PaidNotDecided => "paid-not-decided",
            Self::DecidedNotPaid => "decided-not-paid",
            Self::RefundMissing => "refund-missing",
            Self::RefundPartial => "refund-partial",
            Self::ReturnAfterSettlement => "return-after-settlement",
            Self::UnknownPayer => "unknown-payer",
            Self::LateFile => "late-file",
        }
    }

    /// The kind with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// Who looks at it.
    #[must_use]
    pub const fn owner(self) -> Owner {
        match self {
            Self::PaidNotDecided | Self::DecidedNotPaid => Owner::Cases,
            Self::LateFile => Owner::Operations,
            _ => Owner::Finance,
        }
    }
}

/// Who looks at an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// 财务对账.
    Finance,
    /// 违法处理.
    Cases,
    /// 系统运维.
    Operations,
}

impl Owner {
    /// Stable word, in message keys (`owner-<slug>`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Finance => "finance",
            Self::Cases => "cases",
            Self::Operations => "operations",
        }
    }
}

/// What is suggested. Money moves only when a person has done it, and a second one agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do", content = "fen")]
pub enum Action {
    /// Ask the rail in writing: it must have the money, or say where it is.
    AskRail,
    /// Give this much back by the same way.
    Refund(Fen),
    /// Have the decision written, or give the money back.
    Decide,
    /// Collect the fine anew, or annul the decision.
    CollectOrAnnul,
    /// Fetch the bill again.
    FetchBill,
}

impl Action {
    /// Stable word, in message keys (`action-<slug>`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::AskRail => "ask-rail",
            Self::Refund(_) => "refund",
            Self::Decide => "decide",
            Self::CollectOrAnnul => "collect-or-annul",
            Self::FetchBill => "fetch-bill",
        }
    }

    /// How much money it would move.
    #[must_use]
    pub const fn fen(self) -> Fen {
        match self {
            Self::Refund(fen) => fen,
            _ => Fen::ZERO,
        }
    }
}

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exception {
    /// Its kind.
    pub kind: Kind,
    /// What it is about: a number of an order, a payment, a refund or a case.
    pub subject: String,
    /// Whose money it is, where that is known.
    pub driver: Option<String>,
    /// The order, where there is one.
    pub order_id: Option<String>,
    /// The case, where it is about one.
    pub case_id: Option<String>,
    /// What our books say.
    pub ours: Option<Fen>,
    /// What the bill says.
    pub rails: Option<Fen>,
    /// Line of the bill, from 1.
    pub line: Option<u64>,
}

impl Exception {
    pub(super) fn new(kind: Kind, subject: &str) -> Exception {
        Exception {
            kind,
            subject: subject.to_owned(),
            driver: None,
            order_id: None,
            case_id: None,
            ours: None,
            rails: None,
            line: None,
        }
    }

    /// The bill of a day was not there in time.
    #[must_use]
    pub fn late_file(day: jiff::civil::Date, rail: &str) -> Exception {
        Exception::new(Kind::LateFile, &format!("{day}:{rail}"))
    }

    /// The rail's trade bill and its fund-flow bill of a day say different sums.
    #[must_use]
    pub fn flow_differs(day: jiff::civil::Date, rail: &str, trade: Fen, flow: Fen) -> Exception {
        Exception {
            ours: Some(trade),
            rails: Some(flow),
            ..Exception::new(Kind::AmountDiffers, &format!("flow:{day}:{rail}"))
        }
    }

    /// The same thing found twice is one.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}:{}", self.kind.slug(), self.subject)
    }

    /// How much money is in question.
    #[must_use]
    pub fn fen(&self) -> Fen {
        match (self.ours, self.rails) {
            (Some(ours), Some(rails)) if self.kind != Kind::Duplicate => Fen((ours.0 - rails.0).abs()),
            (_, Some(fen)) | (Some(fen), None) => fen,
            (None, None) => Fen::ZERO,
        }
    }

    /// What is suggested.
    #[must_use]
    pub fn action(&self) -> Action {
        match self.kind {
            Kind::AmountDiffers if self.order_id.is_some() && self.rails > self.ours => {
                Action::Refund(self.fen())
            }
            Kind::OursOnly | Kind::AmountDiffers | Kind::RefundMissing => Action::AskRail,
            Kind::RailOnly | Kind::Duplicate | Kind::RefundPartial | Kind::UnknownPayer => {
                Action::Refund(self.fen())
            }
            Kind::PaidNotDecided => Action::Decide,
            Kind::DecidedNotPaid | Kind::ReturnAfterSettlement => Action::CollectOrAnnul,
            Kind::LateFile => Action::FetchBill,
        }
    }
}

/// Until when somebody must have looked: a missing bill within four hours, everything else by the end of the next working
/// day in China.
#[must_use]
pub fn due(kind: Kind, found: Timestamp, calendar: &Calendar) -> Timestamp {
    if kind == Kind::LateFile {
        return found + SignedDuration::from_hours(4);
    }
    day_over(calendar.working_days_after(civil_date(found), 1))
}
