//! What leaves the quiz: the question as shown, the feedback, the outcome, and the refusals.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    bank::{Kind, QuestionId, TopicId, Words},
    law::ArticleRef,
};

/// An option as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionView {
    /// What the page sends back when it is chosen: its place as shown, from 0.
    pub place: u8,
    /// Its text.
    pub text: Words,
}

/// A question as the page shows it. It has no field in which an answer could travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionView {
    /// Place in the paper, from 0.
    pub index: u8,
    /// Questions in the paper.
    pub of: u8,
    /// Name.
    pub id: QuestionId,
    /// Version.
    pub version: u32,
    /// Topic.
    pub topic: TopicId,
    /// Whether one or several options are to be chosen.
    pub kind: Kind,
    /// Stem.
    pub stem: Words,
    /// Options in the order drawn for this paper.
    pub options: Vec<OptionView>,
    /// When the time for it ends, if the pack sets one.
    pub answer_by: Option<Timestamp>,
}

/// What the driver is told after an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Place in the paper, from 0.
    pub index: u8,
    /// Name.
    pub id: QuestionId,
    /// Whether the answer counts as right.
    pub correct: bool,
    /// Whether it came after the time for this question (then it never counts).
    pub late: bool,
    /// Places chosen, as shown.
    pub chosen: Vec<u8>,
    /// Right places, as shown.
    pub right: Vec<u8>,
    /// Texts of the right options, in the order shown.
    pub right_texts: Vec<Words>,
    /// Why.
    pub explanation: Words,
    /// Where it is written.
    pub articles: Vec<ArticleRef>,
    /// How the paper stands after this answer.
    pub outcome: Outcome,
}

/// How a paper stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// Questions are left.
    Open {
        /// The next one, from 0.
        next: u8,
    },
    /// Passed.
    Passed {
        /// Right answers, those kept from earlier papers included.
        right: u8,
    },
    /// Failed; nothing is lost but this try.
    Failed {
        /// Right answers, those kept from earlier papers included.
        right: u8,
        /// Right answers that are missing.
        short: u8,
    },
}

/// Why an answer, a view or a retake is refused. Nothing changes when one of these is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum QuizRefusal {
    /// The paper has ended.
    #[error("the paper has ended")]
    Ended,
    /// This place of the paper holds another question, or there is no such place.
    #[error("question {id} was not asked at place {index}")]
    NotAsked {
        /// Place sent.
        index: u8,
        /// Question sent.
        id: QuestionId,
    },
    /// An earlier place: its answer stands, its feedback can be read again.
    #[error("place {index} is answered already")]
    AlreadyAnswered {
        /// Place sent.
        index: u8,
    },
    /// A later place: questions come one at a time.
    #[error("place {next} comes first")]
    OutOfOrder {
        /// The place that is open.
        next: u8,
    },
    /// The question was never served to this driver.
    #[error("place {index} has not been shown yet")]
    NotShown {
        /// Place sent.
        index: u8,
    },
    /// Nothing chosen, an option that does not exist, the same one twice, or several where one is asked.
    #[error("the choice does not fit the question")]
    BadChoice,
    /// The bank in force no longer holds this version.
    #[error("question {id} version {version} is not in the bank")]
    Withdrawn {
        /// Question.
        id: QuestionId,
        /// Version.
        version: u32,
    },
    /// A retake was asked for while the paper is open or passed.
    #[error("there is nothing to take again")]
    NotFailed,
    /// The bank holds too few questions for this paper.
    #[error("the bank holds {found} of {wanted} questions")]
    TooFewQuestions {
        /// Questions found.
        found: u8,
        /// Questions needed.
        wanted: u8,
    },
}
