//! What officers do with cases and money. What gives money back or takes a decision away needs a second person; one
//! person in two roles is still one person. The console comes later; the program's own commands serve these deeds.

pub mod annul;
pub mod clear;
pub mod refund;
pub mod retry;
pub mod returned;

use clearway_store::approval::{self, Approval};
use clearway_store::case_file::{self, CaseFile};
use clearway_store::finding::{self, Finding};
use clearway_store::programme::{self, RequestRow};
use clearway_store::{Tx, audit};

use crate::citizen::reasons::STATEMENT;
use crate::{Error, World};

/// A deed that needs a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Give the money of a paid case back.
    Refund,
    /// Annul a decision: points, credit and the right to the warning come back, and so does the money.
    Annul,
    /// Note that the money of a refund went back another way than the rail's.
    Returned,
}

impl Deed {
    /// Stable word.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Annul => "annul",
            Self::Returned => "returned",
        }
    }

    /// The deed of this word.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Refund, Self::Annul, Self::Returned].into_iter().find(|deed| deed.slug() == slug)
    }
}

/// Whether this is a name of an officer, as the audit keeps it: 2 to 40 characters, none of them a control character.
#[must_use]
pub fn is_name(officer: &str) -> bool {
    let name = officer.trim();
    (2..=40).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

pub(crate) fn name(officer: &str) -> Result<&str, Error> {
    if is_name(officer) {
        return Ok(officer.trim());
    }
    Err(Error::BadInput { field: "by", value: officer.chars().take(40).collect(), fix: "officer-name" })
}

pub(crate) fn reason<'w>(field: &'static str, words: &'w str) -> Result<&'w str, Error> {
    let words = words.trim();
    if (4..=400).contains(&words.chars().count()) {
        return Ok(words);
    }
    Err(Error::BadInput { field, value: words.chars().take(40).collect(), fix: "officer-why" })
}

/// A case by its id alone, whoever's it is.
fn case(tx: &mut Tx, case_id: &str) -> Result<CaseFile, Error> {
    let driver = case_file::driver_of(tx, case_id)?.ok_or(Error::NotFound("case"))?;
    case_file::find(tx, &driver, case_id)?.ok_or(Error::NotFound("case"))
}

/// Whose the thing is that a deed is about, and what the proposal calls it.
fn subject(tx: &mut Tx, deed: Deed, about: &str) -> Result<(String, String), Error> {
    if deed == Deed::Returned {
        return returned::attempt(tx, about).map(|refund| (refund.driver, refund.refund_no));
    }
    let case = case(tx, about)?;
    match deed {
        Deed::Refund => refund::may(&case)?,
        Deed::Annul | Deed::Returned => annul::may(&case)?,
    }
    Ok((case.driver, case.case_id))
}

/// Proposes a deed about a case, or (of [`Deed::Returned`]) about a finding. Nothing happens before a second person agrees; the
/// id of the proposal comes back.
///
/// # Errors
/// [`Error::BadInput`] for a name or a reason that is none, and for a finding about something else than a refund;
/// [`Error::NotFound`]; [`crate::error::Conflict::CaseMoved`] when the case or the refund cannot take it as it stands.
pub fn propose(world: &World, deed: Deed, about: &str, by: &str, why: &str) -> Result<String, Error> {
    let (by, why) = (name(by)?, reason("why", why)?);
    let approval_id = world.new_id();
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let (driver, subject) = subject(tx, deed, about)?;
        let proposal = Approval {
            approval_id: approval_id.clone(),
            deed: deed.slug().to_owned(),
            driver,
            subject,
            why: why.to_owned(),
            proposed_by: by.to_owned(),
            proposed_at_ms: now_ms,
            decided_by: None,
            decided_at_ms: None,
            verdict: None,
            comment: None,
        };
        approval::propose(tx, &proposal)?;
        let detail =
            serde_json::json!({ "proposal": approval_id, "deed": deed.slug(), "about": about, "why": why });
        audit::append(tx, &proposal.driver, now_ms, by, "officer.proposed", &detail.to_string())?;
        Ok::<_, Error>(())
    })?;
    Ok(approval_id)
}

/// The second person agrees: the deed is done in the same transaction.
///
/// # Errors
/// [`Error::Refused`] never; [`Error::BadInput`] with `appr-self` when the second person is the first;
/// [`crate::error::Conflict::CaseMoved`] when the case moved since, or the proposal is decided already.
pub fn approve(world: &World, approval_id: &str, by: &str) -> Result<(), Error> {
    decide(world, approval_id, by, "approved", "")
}

/// The second person does not agree.
///
/// # Errors
/// As [`approve`]; [`Error::BadInput`] without a reason.
pub fn reject(world: &World, approval_id: &str, by: &str, why: &str) -> Result<(), Error> {
    decide(world, approval_id, by, "rejected", reason("why", why)?)
}

fn decide(world: &World, approval_id: &str, by: &str, verdict: &str, comment: &str) -> Result<(), Error> {
    let by = name(by)?;
    let now_ms = world.now().as_millisecond();
    let looked = if verdict == "approved" { Some(look(world, approval_id)?) } else { None };
    world.db.write(|tx| {
        let proposal = approval::find(tx, approval_id)?.ok_or(Error::NotFound("proposal"))?;
        if same_person(&proposal.proposed_by, by) {
            return Err(Error::BadInput { field: "by", value: by.to_owned(), fix: "appr-self" });
        }
        if !approval::decide(tx, approval_id, by, verdict, comment, now_ms)? {
            return Err(Error::Conflict(crate::error::Conflict::CaseMoved));
        }
        let detail = serde_json::json!({ "proposal": approval_id, "verdict": verdict, "comment": comment });
        audit::append(tx, &proposal.driver, now_ms, by, "officer.decided", &detail.to_string())?;
        match &looked {
            None => Ok(()),
            Some(Looked::Case(looked)) => {
                let mut case = case(tx, &proposal.subject)?;
                refund::done(tx, &mut case, looked, by, now_ms)
            }
            Some(Looked::Nothing) => {
                let mut case = case(tx, &proposal.subject)?;
                annul::done(tx, &mut case, by, now_ms)
            }
            Some(Looked::Refund(looked)) => returned::done(tx, &proposal, looked, by, now_ms),
        }
    })?;
    world.bell.ring();
    Ok(())
}

/// What a counterpart was asked before a deed, outside of any transaction.
enum Looked {
    /// What the platform shows of a case whose money shall go back.
    Case(refund::Looked),
    /// What the rail says of a refund whose money is said to have gone back already.
    Refund(returned::Looked),
    /// A decision is taken away whatever anybody shows.
    Nothing,
}

fn look(world: &World, approval_id: &str) -> Result<Looked, Error> {
    let proposal = world.db.read(|tx| approval::find(tx, approval_id))?.ok_or(Error::NotFound("proposal"))?;
    match Deed::from_slug(&proposal.deed) {
        Some(Deed::Refund) => refund::look(world, &proposal.subject).map(Looked::Case),
        Some(Deed::Annul) => Ok(Looked::Nothing),
        Some(Deed::Returned) => returned::look(world, &proposal).map(Looked::Refund),
        None => Err(Error::Broken(format!("proposal {approval_id} is of an unknown deed"))),
    }
}

/// Letters of either case and blanks around a name make no second person.
fn same_person(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// A finding that waits for a person, with the driver's own words where there are any. They are for officers alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The finding.
    pub finding: Finding,
    /// What the driver wrote.
    pub statement: Option<RequestRow>,
}

/// What waits for a person: findings and proposals, the most urgent first.
///
/// # Errors
/// [`Error::Store`].
pub fn waiting(world: &World) -> Result<(Vec<Waiting>, Vec<Approval>), Error> {
    const SHOWN_MAX: u32 = 200;
    world.db.read(|tx| {
        let findings = finding::open(tx, SHOWN_MAX)?.into_iter().map(|finding| {
            let of = finding.driver.as_deref().filter(|_| finding.kind == STATEMENT);
            let statement = of.map(|driver| programme::request_of(tx, driver, &finding.subject));
            Ok(Waiting { statement: statement.transpose()?.flatten(), finding })
        });
        Ok((findings.collect::<Result<_, Error>>()?, approval::open(tx, SHOWN_MAX)?))
    })
}
