//! Why not, and what then: every reason of a violation or of a programme, in order of precedence.

use clearway_domain::day_over;
use clearway_domain::refusal::Question;
use clearway_domain::rules::{Record, Verdict};
use clearway_store::audit;
use clearway_store::finding::{self, Finding};
use clearway_store::programme::{self, RequestRow};

use super::{Who, violations};
use crate::assess::{Assessment, Line, Programme, line_of, payable, record};
use crate::error::Conflict;
use crate::{Error, World};

/// Reasons about one violation.
#[derive(Debug, Clone)]
pub struct ViolationReasons {
    /// The assessment that they come from.
    pub assessment: Assessment,
    /// The violation; one that is over has its reasons too.
    pub line: Line,
    /// What stands in the way of handling it at all.
    pub handle: Verdict,
    /// Every condition of handling it, or of paying what is decided already.
    pub asked: Record,
    /// What stands in the way of each programme.
    pub first: Verdict,
    /// See `first`.
    pub study: Verdict,
    /// Whether it can be paid in spite of all that.
    pub payable: bool,
}

/// All reasons of a violation.
///
/// # Errors
/// [`Error::NotFound`] for a violation that is not among the driver's.
pub fn of_violation(world: &World, who: &Who, id: &str) -> Result<ViolationReasons, Error> {
    let assessment = violations::judged(world, who)?;
    let line = line_of(world, &assessment, id)?;
    let handle =
        if line.violation.decision.is_some() { line.pay.clone() } else { with_pay(&line.handle, &line.pay) };
    let question = if line.violation.decision.is_some() { Question::Pay } else { Question::Handle };
    Ok(ViolationReasons {
        handle,
        asked: record(world, &assessment.dossier, &line, question)?,
        first: line.first.clone(),
        study: line.study.clone(),
        payable: payable(&line),
        line,
        assessment,
    })
}

/// Handling and paying go together for an open record: the reasons of both, each once, in order of precedence.
fn with_pay(handle: &Verdict, pay: &Verdict) -> Verdict {
    let mut both = handle.clone();
    for reason in &pay.reasons {
        if !both.reasons.iter().any(|known| known.refusal == reason.refusal) {
            both.reasons.push(reason.clone());
        }
    }
    both.reasons.sort_by_key(|reason| reason.refusal);
    both
}

/// Reasons about a programme: those of the violation that comes closest.
///
/// # Errors
/// [`Error::NotFound`] for a word that is no programme.
pub fn of_programme(world: &World, who: &Who, programme: &str) -> Result<(Assessment, Programme), Error> {
    let assessment = violations::judged(world, who)?;
    let programme = match programme.parse::<Question>() {
        Ok(Question::First) => assessment.first.clone(),
        Ok(Question::Study) => assessment.study.clone(),
        _ => return Err(Error::NotFound("programme")),
    };
    Ok((assessment, programme))
}

/// Kind of a driver's statement: of the request, and of the finding under which an officer reads it.
pub const STATEMENT: &str = "statement";

/// Working days in which a person has read a statement, as for an objection (order 157, art. 5).
const DAYS: u16 = 5;
/// Statements of one driver that may wait at a time: whoever reads them must get to everybody's.
const OPEN_MAX: usize = 5;

/// Takes a statement, or a report of something that is wrong: it waits for an officer, who answers by clearing the finding.
///
/// # Errors
/// [`Error::BadInput`] for an empty or endless text; [`Conflict::StatementsOpen`] when five are waiting already.
pub fn tell(world: &World, who: &Who, subject: &str, words: &str) -> Result<(), Error> {
    // A form sends a line break as two characters; the page counts one, and so did whoever wrote.
    let words = words.replace("\r\n", "\n");
    let words = words.trim();
    let length = words.chars().count();
    if length == 0 || length > 1000 {
        return Err(Error::BadInput { field: "words", value: format!("{length}"), fix: "words-1-to-1000" });
    }
    let now_ms = world.now().as_millisecond();
    let due_ms = day_over(world.calendar.working_days_after(world.today(), DAYS)).as_millisecond();
    let row = RequestRow {
        request_id: world.new_id(),
        kind: STATEMENT.to_owned(),
        subject: subject.chars().take(80).collect(),
        body: words.to_owned(),
        due_at_ms: Some(due_ms),
        created_at_ms: now_ms,
    };
    world.db.write(|tx| {
        let open = finding::of_driver(tx, &who.driver)?.iter().filter(|one| one.kind == STATEMENT).count();
        if open >= OPEN_MAX {
            return Err(Error::Conflict(Conflict::StatementsOpen));
        }
        programme::request(tx, &who.driver, &row)?;
        // What the driver wrote stays in the request: findings and the audit hold no personal data.
        let mut finding = Finding::new(STATEMENT, &row.request_id, Some(&who.driver), 0, now_ms);
        finding.due_at_ms = due_ms;
        finding::put(tx, &finding)?;
        let detail = serde_json::json!({ "request": row.request_id }).to_string();
        audit::append(tx, &who.driver, now_ms, "driver", STATEMENT, &detail)?;
        Ok(())
    })
}
