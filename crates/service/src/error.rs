//! What a use case answers when it does not answer with a view.

use clearway_connect::Fault;
use clearway_domain::rules::Reason;
use clearway_store::StoreError;
use jiff::Timestamp;

/// A refusal or an accident. Refusals carry what the person can do; accidents carry what the operator needs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules refuse this act; every reason is here, in order of precedence.
    #[error("refused: {}", .0.iter().map(|r| r.refusal.code()).collect::<Vec<_>>().join(", "))]
    Refused(Vec<Reason>),
    /// A field of the request is not usable.
    #[error("bad input in {field}: {value:?}: {fix}")]
    BadInput {
        /// Name of the field as it was sent.
        field: &'static str,
        /// What was sent, shortened; never a secret.
        value: String,
        /// Which word of the catalogue tells what to send instead.
        fix: &'static str,
    },
    /// There is no such thing, or it belongs to somebody else: the two are never told apart.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Something changed meanwhile: read again, then decide again.
    #[error("conflict: {0}")]
    Conflict(Conflict),
    /// Nobody is signed in.
    #[error("not signed in")]
    NotSignedIn,
    /// Signed in, but not yet a real-name user.
    #[error("not verified")]
    NotVerified,
    /// Too many wrong tries.
    #[error("locked until {0}")]
    LockedUntil(Timestamp),
    /// A counterpart does not answer. Nothing was done.
    #[error("{who} unavailable: {fault}")]
    Unavailable {
        /// Which counterpart.
        who: &'static str,
        /// What it did.
        fault: Fault,
    },
    /// Something that should not happen.
    #[error("broken: {0}")]
    Broken(String),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which thing changed under the driver's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The case has moved on: another phone, another tap, or a job.
    CaseMoved,
    /// The violation is already in a case.
    ViolationHeld,
    /// The quote is over its time.
    QuoteExpired,
    /// The sum is another one now.
    AmountChanged,
    /// A payment of this violation is being confirmed.
    PaymentOpen,
    /// The question was answered already, or was never asked.
    NotThisQuestion,
    /// The study time is not over.
    StudyNotDone,
    /// Tries are used up for now.
    NoTriesLeft,
    /// The licence is bound to another account already.
    BoundAlready,
    /// The vehicle is bound to this very account already.
    BoundHere,
    /// A sign-in state was forged, is too old, or was used before.
    SignInState,
    /// The account behind the sign-in is a snapshot, not a person.
    SnapshotUser,
    /// As many statements of the driver as may wait are waiting already.
    StatementsOpen,
    /// The day of a reconciliation is closed: it must be opened again first.
    DayClosed,
    /// The day of a reconciliation is open: there is nothing to open again.
    DayOpen,
}

impl Conflict {
    /// Stable slug, used as the last part of a problem's type.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::CaseMoved => "case-moved",
            Self::ViolationHeld => "violation-held",
            Self::QuoteExpired => "quote-expired",
            Self::AmountChanged => "amount-changed",
            Self::PaymentOpen => "payment-open",
            Self::NotThisQuestion => "not-this-question",
            Self::StudyNotDone => "study-not-done",
            Self::NoTriesLeft => "no-tries-left",
            Self::BoundAlready => "bound-already",
            Self::BoundHere => "bound-here",
            Self::SignInState => "sign-in-state",
            Self::SnapshotUser => "snapshot-user",
            Self::StatementsOpen => "statements-open",
            Self::DayClosed => "day-closed",
            Self::DayOpen => "day-open",
        }
    }
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.slug())
    }
}
