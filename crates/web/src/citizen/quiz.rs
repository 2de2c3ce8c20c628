//! The quiz: one question at a time; the answer key never leaves the server.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{Programme, Steps};
use crate::page::view;

/// An answer that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answer {
    /// What is sent back.
    pub key: String,
    /// Its text.
    pub text: String,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Question {
    /// Its id and version.
    pub id: String,
    /// Which one of the quiz, from 1.
    pub number: u32,
    /// Its text.
    pub stem: String,
    /// What can be chosen, in the order of this sitting.
    pub answers: Vec<Answer>,
    /// Seconds for it, when the pack sets a limit.
    pub seconds: Option<u32>,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Feedback {
    /// Which one of the quiz, from 1.
    pub number: u32,
    /// The question's text.
    pub stem: String,
    /// What was chosen.
    pub chosen: String,
    /// Whether it was right.
    pub right: bool,
    /// The right answer's text.
    pub answer: String,
    /// Why.
    pub why: String,
    /// The article.
    pub article: String,
    /// The question's id, for reporting it.
    pub id: String,
}

/// How a sitting ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ended {
    /// Whether it was passed.
    pub passed: bool,
    /// Right answers.
    pub right: u32,
    /// When the next sitting may begin, if tries are used up for now.
    pub again_at: Option<Timestamp>,
    /// Cards to read again.
    pub missed: Vec<String>,
    /// Day until which the fine is due, so that nobody fears for it.
    pub due: Option<Date>,
}

/// The quiz page. Exactly one of `question`, `feedback` and `ended` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quiz {
    /// The case.
    pub case_id: String,
    /// Version of the case that an answer has to name.
    pub version: i64,
    /// The programme.
    pub programme: Programme,
    /// The steps.
    pub steps: Steps,
    /// Questions in a sitting.
    pub questions: u32,
    /// Right answers needed.
    pub pass: u32,
    /// Sittings left today, this one included.
    pub tries_left: u32,
    /// The question that waits.
    pub question: Option<Question>,
    /// What became of the answer just given.
    pub feedback: Option<Feedback>,
    /// How the sitting ended.
    pub ended: Option<Ended>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct AnswerAsk {
    /// The question that it answers.
    #[garde(length(min = 1, max = 64))]
    pub question: String,
    /// What was chosen.
    #[garde(length(min = 1, max = 16))]
    pub answer: String,
}

view!(Quiz, "citizen/quiz.html");
