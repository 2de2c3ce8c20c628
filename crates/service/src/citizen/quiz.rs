//! The quiz: one question at a time; the answer key never leaves the server.

use clearway_domain::case::{CaseEvent, CaseState};
use clearway_domain::study::bank::QuestionId;
use clearway_domain::study::{
    Feedback, Outcome, QuestionView, Quiz, QuizRefusal, StudyAsk, StudySettings, Tries, TryRefusal,
};
use clearway_store::case_file::{self, CaseFile};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::study::{clock_of, codes_of, settings_of};
use super::{Who, found, moved};
use crate::dossier::state_of;
use crate::error::Conflict;
use crate::jobs::refresh::json;
use crate::{Error, World, money};

/// Quiz and tries of a case, stored as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Paper {
    /// Failed papers of this case.
    pub tries: Tries,
    /// The paper, once begun.
    pub quiz: Option<Quiz>,
    /// When it was passed.
    pub passed_at: Option<Timestamp>,
}

/// What the quiz page shows.
#[derive(Debug, Clone)]
pub enum QuizPage {
    /// Before the first question: the rules.
    Rules {
        /// The case.
        case: CaseFile,
        /// Settings.
        settings: StudySettings,
        /// Papers left today, this one included; or when the next one opens.
        may_begin: Result<u8, TryRefusal>,
        /// Right answers of the last paper and how many were missing, after a failed one.
        failed: Option<(u8, u8)>,
    },
    /// An open question.
    Question {
        /// The case.
        case: CaseFile,
        /// The question, without its key.
        question: Box<QuestionView>,
    },
    /// Passed: on to confirmation.
    Passed {
        /// The case.
        case: CaseFile,
        /// Right answers.
        right: u8,
        /// Questions.
        of: u8,
    },
}

fn paper_of(case: &CaseFile) -> Result<Paper, Error> {
    case.quiz
        .as_deref()
        .map(|text| {
            serde_json::from_str(text).map_err(|error| Error::Broken(format!("a stored quiz: {error}")))
        })
        .unwrap_or_else(|| Ok(Paper::default()))
}

fn put(tx: &mut clearway_store::Tx, case: &mut CaseFile, paper: &Paper, now_ms: i64) -> Result<(), Error> {
    case.quiz = Some(json(paper)?);
    case.changed_at_ms = now_ms;
    case_file::save(tx, case, true).map_err(moved)
}

/// The failed papers of the driver in the programme of a case: they count for the driver, so those of every other case count too, and
/// starting anew gives no new tries.
fn all_tries(tx: &mut clearway_store::Tx, case: &CaseFile, paper: &Paper) -> Result<Tries, Error> {
    let mut tries = paper.tries.clone();
    let others = case_file::of_driver(tx, &case.driver)?;
    for other in others.iter().filter(|other| other.route == case.route && other.case_id != case.case_id) {
        tries.add(&paper_of(other)?.tries);
    }
    Ok(tries)
}

/// A case is given up: a paper of which a question was answered is a failed one. Otherwise whoever gives up before the last question
/// would try without end.
pub(super) fn give_up(case: &mut CaseFile, now: Timestamp) -> Result<(), Error> {
    let mut paper = paper_of(case)?;
    let begun = paper.quiz.as_ref().is_some_and(|quiz| match quiz.outcome() {
        Outcome::Open { next } => next > 0,
        Outcome::Passed { .. } | Outcome::Failed { .. } => false,
    });
    if begun {
        paper.tries.failed(now);
        case.quiz = Some(json(&paper)?);
    }
    Ok(())
}

/// The quiz page as the case stands.
///
/// # Errors
/// [`Conflict::StudyNotDone`] while study time is missing, [`Conflict::CaseMoved`] when the case is past the quiz.
pub fn page(world: &World, who: &Who, case_id: &str) -> Result<QuizPage, Error> {
    let now = world.now();
    world.db.write(|tx| {
        let mut case = load(tx, who, case_id)?;
        let settings = settings_of(world, &case)?;
        let mut paper = paper_of(&case)?;
        if state_of(&case)? == CaseState::Ready {
            let (right, of) =
                paper.quiz.as_ref().map_or((0, 0), |quiz| (right_of(quiz), quiz.len() + quiz.carried()));
            return Ok(QuizPage::Passed { case, right, of });
        }
        if !clock_of(&case)?.is_earned() {
            return Err(Error::Conflict(Conflict::StudyNotDone));
        }
        let Some(quiz) = paper.quiz.as_mut() else {
            let may_begin = all_tries(tx, &case, &paper)?.may_begin(&settings, now);
            return Ok(QuizPage::Rules { case, settings, may_begin, failed: None });
        };
        if quiz.tick(now) {
            let ended = quiz.outcome();
            close_paper(tx, &mut case, &mut paper, ended, now)?;
            put(tx, &mut case, &paper, now.as_millisecond())?;
        }
        let Some(quiz) = paper.quiz.as_mut() else {
            return Err(Error::Conflict(Conflict::CaseMoved));
        };
        match quiz.outcome() {
            Outcome::Open { .. } => {
                let (question, first) = quiz.serve(&world.bank, now).map_err(|refusal| refused(&refusal))?;
                if first {
                    put(tx, &mut case, &paper, now.as_millisecond())?;
                }
                Ok(QuizPage::Question { case, question: Box::new(question) })
            }
            Outcome::Failed { right, short } => {
                let may_begin = all_tries(tx, &case, &paper)?.may_begin(&settings, now);
                Ok(QuizPage::Rules { case, settings, may_begin, failed: Some((right, short)) })
            }
            Outcome::Passed { right } => {
                let of = quiz.len() + quiz.carried();
                Ok(QuizPage::Passed { case, right, of })
            }
        }
    })
}

fn right_of(quiz: &Quiz) -> u8 {
    match quiz.outcome() {
        Outcome::Passed { right } | Outcome::Failed { right, .. } => right,
        Outcome::Open { .. } => 0,
    }
}

fn load(tx: &mut clearway_store::Tx, who: &Who, case_id: &str) -> Result<CaseFile, Error> {
    let case = found(case_file::find(tx, &who.driver, case_id)?, "case")?;
    match state_of(&case)? {
        CaseState::Learning | CaseState::Ready => Ok(case),
        _ => Err(Error::Conflict(Conflict::CaseMoved)),
    }
}

/// Begins a paper, or the one after a failed one. Beginning while one is open changes nothing.
///
/// # Errors
/// [`Conflict::StudyNotDone`], [`Conflict::NoTriesLeft`], [`Conflict::CaseMoved`].
pub fn begin(world: &World, who: &Who, case_id: &str) -> Result<(), Error> {
    let now = world.now();
    let dossier = crate::dossier::load(world, &who.driver)?;
    let mut seed = [0_u8; 32];
    world.chance.fill(&mut seed);
    let today = world.today();
    world.db.write(|tx| {
        let mut case = load(tx, who, case_id)?;
        if state_of(&case)? != CaseState::Learning {
            return Err(Error::Conflict(Conflict::CaseMoved));
        }
        if !clock_of(&case)?.is_earned() {
            return Err(Error::Conflict(Conflict::StudyNotDone));
        }
        let settings = settings_of(world, &case)?;
        let mut paper = paper_of(&case)?;
        if paper.quiz.as_ref().is_some_and(|quiz| matches!(quiz.outcome(), Outcome::Open { .. })) {
            return Ok(());
        }
        let tries = all_tries(tx, &case, &paper)?;
        tries.may_begin(&settings, now).map_err(|_| Error::Conflict(Conflict::NoTriesLeft))?;
        let (codes, class) = codes_of(&dossier, &case);
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let ask = StudyAsk { codes: &codes, class: class.as_deref(), on: today };
        let drawn = match &paper.quiz {
            Some(failed) => failed.retake(&world.bank, &ask, &settings, &seed, now),
            None => Quiz::draw(&world.bank, &ask, &settings, &seed, now),
        };
        paper.quiz = Some(drawn.map_err(|refusal| refused(&refusal))?);
        put(tx, &mut case, &paper, now.as_millisecond())
    })
}

/// What became of an answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Whether it was right, and why.
    pub feedback: Feedback,
    /// The question after it, where it may be shown at once.
    pub next: Option<Box<QuestionView>>,
}

/// Takes the answer to the open question. A second answer to the same question gets the same feedback and changes nothing.
///
/// # Errors
/// [`Conflict::NotThisQuestion`] for a question that is not the open one; [`Error::BadInput`] for a choice that does not
/// fit.
pub fn answer(
    world: &World,
    who: &Who,
    case_id: &str,
    index: u8,
    question: &str,
    chosen: &[u8],
) -> Result<Answered, Error> {
    let now = world.now();
    let id = QuestionId(question.to_owned());
    world.db.write(|tx| {
        let mut case = load(tx, who, case_id)?;
        let mut paper = paper_of(&case)?;
        let quiz = paper.quiz.as_mut().ok_or(Error::Conflict(Conflict::NotThisQuestion))?;
        let feedback = match quiz.answer(&world.bank, index, &id, chosen, now) {
            Ok(feedback) => feedback,
            Err(QuizRefusal::AlreadyAnswered { index }) => {
                let feedback = quiz.feedback(&world.bank, index).map_err(|refusal| refused(&refusal))?;
                return Ok(Answered { feedback, next: None });
            }
            Err(refusal) => return Err(refused(&refusal)),
        };
        let next = quiz.serve_ahead(&world.bank, now).map(Box::new);
        close_paper(tx, &mut case, &mut paper, feedback.outcome, now)?;
        put(tx, &mut case, &paper, now.as_millisecond())?;
        if matches!(feedback.outcome, Outcome::Passed { .. }) {
            money::advance(tx, &mut case, CaseEvent::QuizPassed, "driver", "{}", now.as_millisecond())?;
        }
        Ok(Answered { feedback, next })
    })
}

/// The feedback of an answered question again.
///
/// # Errors
/// [`Conflict::NotThisQuestion`] when it was not answered.
pub fn feedback(world: &World, who: &Who, case_id: &str, index: u8) -> Result<Feedback, Error> {
    let case = world.db.read(|tx| load(tx, who, case_id))?;
    let paper = paper_of(&case)?;
    let quiz = paper.quiz.as_ref().ok_or(Error::Conflict(Conflict::NotThisQuestion))?;
    quiz.feedback(&world.bank, index).map_err(|refusal| refused(&refusal))
}

fn close_paper(
    tx: &mut clearway_store::Tx,
    case: &mut CaseFile,
    paper: &mut Paper,
    outcome: Outcome,
    now: Timestamp,
) -> Result<(), Error> {
    match outcome {
        Outcome::Open { .. } => {}
        Outcome::Passed { .. } => paper.passed_at = Some(now),
        Outcome::Failed { right, short } => {
            paper.tries.failed(now);
            let detail = format!("{{\"right\":{right},\"short\":{short}}}");
            case_file::step(tx, case, "driver", "quiz-failed", &detail, now.as_millisecond())?;
        }
    }
    Ok(())
}

fn refused(refusal: &QuizRefusal) -> Error {
    match refusal {
        QuizRefusal::BadChoice => {
            Error::BadInput { field: "chosen", value: String::new(), fix: "choose-an-option" }
        }
        QuizRefusal::Ended
        | QuizRefusal::NotAsked { .. }
        | QuizRefusal::AlreadyAnswered { .. }
        | QuizRefusal::OutOfOrder { .. }
        | QuizRefusal::NotShown { .. }
        | QuizRefusal::NotFailed => Error::Conflict(Conflict::NotThisQuestion),
        QuizRefusal::Withdrawn { .. } | QuizRefusal::TooFewQuestions { .. } => {
            Error::Broken(refusal.to_string())
        }
    }
}
