//! What an evaluation answers.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::refusal::{NextStep, Question, Refusal};

/// The answer to a question, or of one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every condition that blocks this question holds.
    Allowed,
    /// At least one condition is known to fail.
    Refused,
    /// No condition is known to fail, but at least one cannot be decided. Never treated as allowed, never shown as refused.
    Unknown,
}

/// How sure the source of a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Confidence {
    /// Read in a named source.
    S,
    /// General knowledge, not checked against the text.
    K,
    /// Our own assumption.
    A,
}

impl Confidence {
    /// The letter used in packs and wherever the figure is shown.
    pub const fn letter(self) -> &'static str {
        match self {
            Confidence::S => "S",
            Confidence::K => "K",
            Confidence::A => "A",
        }
    }
}

/// How a refusal can be cured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "by")]
pub enum Cure {
    /// The person can do something now.
    Now(NextStep),
    /// It ends by itself on this day.
    Date(Date),
    /// It ends by itself, on a day that cannot be known.
    Later(NextStep),
    /// It can be done elsewhere.
    Elsewhere(NextStep),
    /// Nothing changes it for this violation; the ordinary way stays open.
    Never(NextStep),
}

/// A fact or threshold as shown to a person: the variable of the message and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Name of the variable in `reasons.ftl`.
    pub name: Arc<str>,
    /// Value in words of no language: a number, an ISO date, a sum in yuan, a code. `None`: not known.
    pub value: Option<String>,
}

/// One condition and how it came out. Every condition of the question is listed, not only those that fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the condition in its pack.
    pub condition: Arc<str>,
    /// The reason it gives when it fails.
    pub refusal: Refusal,
    /// Allowed: it holds, or does not apply. For a note: Refused means that the note is due.
    pub outcome: Outcome,
}

/// Why a question is refused or cannot be answered, or what the person should know besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The stable code.
    pub refusal: Refusal,
    /// Refused, Unknown, or Allowed for a note that blocks nothing.
    pub outcome: Outcome,
    /// Ids of the conditions that gave it.
    pub conditions: Vec<Arc<str>>,
    /// What was found, by the variables of the message.
    pub facts: Vec<Shown>,
    /// The names of facts that are missing, when the outcome is Unknown.
    pub missing: Vec<Arc<str>>,
    /// The limit it was measured against.
    pub threshold: Option<String>,
    /// Article or source of the rule.
    pub article: Arc<str>,
    /// How sure that source is.
    pub confidence: Confidence,
    /// What can be done.
    pub cure: Cure,
    /// First day on which this reason would no longer stand, all else being equal, where that can be known.
    pub turns_on: Option<Date>,
}

impl Reason {
    /// The value of a shown variable.
    pub fn shown(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|fact| &*fact.name == name).and_then(|fact| fact.value.as_deref())
    }
}

/// The answer to one question with everything that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was asked.
    pub question: Question,
    /// The answer.
    pub outcome: Outcome,
    /// Why not, in order of precedence: refused ones and undecided ones.
    pub reasons: Vec<Reason>,
    /// What the person should know besides; blocks nothing.
    pub notes: Vec<Reason>,
    /// Pack that was in force.
    pub pack_id: Arc<str>,
    /// SHA-256 of the pack's text, in hex.
    pub pack_hash: Arc<str>,
    /// The moment for which it was asked.
    pub at: Timestamp,
}

/// A verdict as it is kept for good: with every condition, not only those that fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Every condition of the question, in the order of the pack.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Allowed, and nothing else: unknown is never allowed.
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// The codes of the reasons that are known to refuse, in order of precedence.
    pub fn refused(&self) -> impl Iterator<Item = Refusal> {
        self.reasons.iter().filter(|reason| reason.outcome == Outcome::Refused).map(|reason| reason.refusal)
    }

    /// The codes of the reasons that cannot be decided, in order of precedence.
    pub fn undecided(&self) -> impl Iterator<Item = Refusal> {
        self.reasons.iter().filter(|reason| reason.outcome == Outcome::Unknown).map(|reason| reason.refusal)
    }
}
