//! Explicit confirmation of facts and rights for a warning. The waiver of statement is an act of its own: without it
//! there is no decision (Administrative Penalty Law art. 62).

use clearway_domain::case::{CaseEvent, CaseState, Route};
use clearway_domain::facts::{QuizOutcome, ReviewOutcome, Step};
use clearway_domain::refusal::Question;
use clearway_domain::rules::Verdict;
use clearway_store::case_file::{self, CaseFile};

use super::{Who, found, judged_anew, turn, unmoved, violations};
use crate::assess::{Assessment, Line, allowed_when_open};
use crate::dossier::{route_of, state_of};
use crate::error::Conflict;
use crate::money::Move;
use crate::{Error, World, jobs, law, money};

/// What a person confirms, each with the words that stood beside the box.
#[derive(Debug, Clone, Copy)]
pub struct Acts<'a> {
    /// The facts are right, and I was the driver.
    pub facts: Option<&'a str>,
    /// I was told my rights and make no statement.
    pub waiver: Option<&'a str>,
}

impl Acts<'_> {
    /// Both acts, or the name of the missing one.
    pub(super) fn both(&self) -> Result<[(&'static str, &str); 2], Error> {
        let missing = |field| Error::BadInput { field, value: String::new(), fix: "confirm-this" };
        Ok([
            ("facts", self.facts.ok_or_else(|| missing("facts"))?),
            ("waiver", self.waiver.ok_or_else(|| missing("waiver"))?),
        ])
    }
}

/// The confirmation page of a warning.
#[derive(Debug, Clone)]
pub struct ConfirmPage {
    /// The assessment that the line is part of.
    pub assessment: Assessment,
    /// Index of the line.
    pub index: usize,
    /// The case.
    pub case: CaseFile,
    /// The verdict at this moment, all steps done.
    pub verdict: Verdict,
}

impl ConfirmPage {
    /// The line.
    #[must_use]
    pub fn line(&self) -> &Line {
        &self.assessment.lines[self.index]
    }
}

/// The page.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the case is not ready to be confirmed.
pub fn page(world: &World, who: &Who, case_id: &str) -> Result<ConfirmPage, Error> {
    let case =
        found(world.db.read(|tx| case_file::find(tx, &who.driver, case_id).map_err(Error::from))?, "case")?;
    if state_of(&case)? != CaseState::Ready || route_of(&case) != Route::First {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    let assessment = violations::judged(world, who)?;
    let index =
        found(assessment.lines.iter().position(|line| line.violation.id == case.violation), "violation")?;
    let verdict = now_decide(world, &assessment.lines[index], Question::First)?;
    Ok(ConfirmPage { assessment, index, case, verdict })
}

/// The programme's verdict with all steps done: may it be decided at this moment?
pub(super) fn now_decide(world: &World, line: &Line, question: Question) -> Result<Verdict, Error> {
    let now = world.now();
    let mut facts = line.facts.clone();
    facts.step.asking = Some(Step::Decide);
    facts.step.quiz = Some(QuizOutcome::Passed);
    facts.step.study_finished = Some(world.today());
    facts.step.study_seconds = law::study_settings(world.pack_at(now)?, question, world.today())
        .map(|settings| i64::from(settings.study_s));
    facts.step.study_face_failed = Some(false);
    if law::programme(world.pack_at(now)?, question, world.today())
        .is_some_and(|settings| settings.face_check)
    {
        facts.identity.face = None;
    }
    // Where the pack wants an officer's review, it is still to come: the verdict says so instead of guessing.
    facts.step.review = Some(ReviewOutcome::Pending);
    if question == Question::Study {
        // Pay first, then handle (`readings.md` A16): the money moves in this very step, before anything is decided.
        facts.violation.paid = Some(true);
    }
    Ok(world.pack_at(now)?.evaluate(question, &facts, now, &world.calendar))
}

/// Confirms the facts and waives the statement: the intent to write the warning is stored at once.
///
/// # Errors
/// [`Error::BadInput`] naming the act that is missing; [`Error::Refused`] with every reason but the hours;
/// [`Conflict::CaseMoved`] after a double tap that found the case moved on.
pub fn confirm(world: &World, who: &Who, case_id: &str, acts: Acts<'_>) -> Result<(), Error> {
    let acts = acts.both()?;
    judged_anew(|| confirm_judged(world, who, case_id, &acts))
}

fn confirm_judged(
    world: &World,
    who: &Who,
    case_id: &str,
    acts: &[(&'static str, &str); 2],
) -> Result<(), Error> {
    let page = page(world, who, case_id)?;
    let handle = page.line().handle_on(Route::First);
    // An intent may be placed at any hour; outside the service's it runs when the service opens (`jobs::decide`).
    let reasons: Vec<_> = [handle, &page.verdict]
        .into_iter()
        .filter(|verdict| !allowed_when_open(verdict))
        .flat_map(|verdict| verdict.reasons.iter().cloned())
        .collect();
    if !reasons.is_empty() {
        return Err(Error::Refused(reasons));
    }
    world.db.write(|tx| {
        // A place is drawn here: the instant is that of the writer's turn, not of the wish that stood before it.
        let now = world.now();
        let now_ms = now.as_millisecond();
        let from_ms = law::opens_next(world.pack_at(now)?, now).as_millisecond();
        let mut case = found(case_file::find(tx, &who.driver, case_id)?, "case")?;
        unmoved(tx, &page.assessment.dossier)?;
        for (act, words) in acts {
            case_file::confirm(tx, &case, act, words, now_ms)?;
        }
        let confirm = Move { event: CaseEvent::Confirm, actor: "driver", detail: "{}" };
        money::intend(tx, &mut case, confirm, now_ms, from_ms)
    })?;
    if page.assessment.open_now && !turn::is_crowded(world) {
        jobs::wait_for(world, &who.driver, jobs::decide::DECIDE, case_id, world.site.moment_ms);
    }
    Ok(())
}
