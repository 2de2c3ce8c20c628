//! Study and quiz: the question bank, the server's study clock, the quiz and the honest estimate of minutes.
//!
//! Everything here is a value: instants come in as arguments, chance comes in as seed bytes, and every state can be
//! stored as JSON. The page never learns an answer before it is given: [`QuestionView`] has no place to put one.

pub mod bank;
mod check;
pub mod clock;
mod draw;
pub mod estimate;
pub mod law;
pub mod quiz;
mod raw;
mod seed;
pub mod settings;
pub mod shipped;
#[cfg(test)]
mod tests;
pub mod tries;
pub mod view;

pub use bank::{
    Bank, BankFile, Card, CardId, Kind, Problem, Question, QuestionId, StudyAsk, Topic, TopicId, Words,
};
pub use clock::{Beat, BeatOutcome, Credit, Sitting, StudyClock};
pub use estimate::{advertised_ok, estimate_minutes, estimate_seconds, guess_pass_ppm};
pub use law::{ArticleRef, Law};
pub use quiz::Quiz;
pub use settings::{Retake, SettingsProblem, StudySettings};
pub use tries::{Tries, TryRefusal};
pub use view::{Feedback, OptionView, Outcome, QuestionView, QuizRefusal};
