//! A quote: what several violations cost together, to whom, until when. Nothing is paid that was not quoted.

use clearway_domain::Plate;
use clearway_domain::case::{CaseState, Route};
use clearway_domain::facts::BatchFacts;
use clearway_domain::refusal::Question;
use clearway_domain::rules::{Reason, Verdict};
use clearway_store::Tx;
use clearway_store::payment::{self, QuoteRow};
use clearway_store::programme;
use serde::{Deserialize, Serialize};

use super::{Who, confirm, found, violations};
use crate::assess::{Assessment, Line, allowed_when_open, payable};
use crate::dossier::{instant, route_of, state_of};
use crate::error::Conflict;
use crate::jobs::refresh::json;
use crate::{Error, World};

/// Hours for which an answered interruption is not shown again.
const NUDGE_REST_MS: i64 = 24 * 3600 * 1000;

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// Violation.
    pub violation: String,
    /// Key of its plate.
    pub plate: String,
    /// Route: study or pay.
    pub route: Route,
    /// The case that is open already, if any.
    pub case_id: Option<String>,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Surcharge, fen.
    pub surcharge_fen: i64,
    /// Points that the decision gives.
    pub points: i64,
}

/// The lines of one payee: one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteGroup {
    /// Payee.
    pub payee: String,
    /// Its name.
    pub payee_name: String,
    /// Lines.
    pub lines: Vec<QuoteLine>,
    /// Sum, fen.
    pub total_fen: i64,
}

/// A violation that was asked for and is not part of the quote, with every reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Violation.
    pub violation: String,
    /// Why; nothing when it is in a case that goes another way.
    pub reasons: Vec<Reason>,
}

/// What a quote holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// One group a payee.
    pub groups: Vec<QuoteGroup>,
    /// What was asked for and cannot be paid now.
    pub left_out: Vec<LeftOut>,
    /// Violations in it that could be free: the driver is stopped once.
    pub could_be_free: Vec<String>,
}

/// A quote that was made.
#[derive(Debug, Clone)]
pub struct Quote {
    /// Id.
    pub id: String,
    /// Lines.
    pub body: Body,
    /// Sum, fen.
    pub total_fen: i64,
    /// Until when it holds.
    pub expires: jiff::Timestamp,
    /// Whether it became an order.
    pub accepted: bool,
    /// Violation on which the driver is stopped before the payment, if any.
    pub nudge: Option<String>,
}

/// Quotes violations for plain payment. One alone whose study is passed is quoted as [`of_case`] does: whoever asks to pay it
/// again after a payment that came to nothing means that payment.
///
/// # Errors
/// [`Error::BadInput`] for an empty or overlong list; [`Error::NotFound`] for a violation that is not the driver's;
/// [`Error::Refused`] when none of them can be paid; [`Conflict::PaymentOpen`] when a payment of one is being confirmed,
/// [`Conflict::ViolationHeld`] when all are in cases that are not paid this way.
pub fn make(world: &World, who: &Who, violations_asked: &[String]) -> Result<Quote, Error> {
    if violations_asked.is_empty() {
        return Err(Error::BadInput { field: "violations", value: String::new(), fix: "choose-a-violation" });
    }
    let mut ids: Vec<&String> = violations_asked.iter().collect();
    ids.sort();
    ids.dedup();
    if ids.len() > world.site.legs_max.min(world.payments.rail().legs_max) {
        return Err(Error::BadInput {
            field: "violations",
            value: ids.len().to_string(),
            fix: "too-many-violations",
        });
    }
    let assessment = violations::judged(world, who)?;
    if let [id] = ids.as_slice()
        && let Some(case_id) = studied(&assessment, id)
    {
        return of_case_in(world, who, &assessment, case_id);
    }
    let mut batch = Batch::default();
    let mut body = Body { groups: Vec::new(), left_out: Vec::new(), could_be_free: Vec::new() };
    // In the order of the list, so that the same choice always gives the same quote.
    for line in &assessment.lines {
        if !ids.iter().any(|id| **id == line.violation.id) {
            continue;
        }
        ids.retain(|id| **id != line.violation.id);
        add(world, &assessment, line, &mut batch, &mut body)?;
    }
    if !ids.is_empty() {
        return Err(Error::NotFound("violation"));
    }
    store(world, who, body)
}

/// The case of a violation whose study is passed and whose fine is to be paid.
fn studied<'a>(assessment: &'a Assessment, violation: &str) -> Option<&'a str> {
    let line = assessment.lines.iter().find(|line| line.violation.id == violation)?;
    match line.own_case.as_ref()? {
        (case_id, CaseState::Ready | CaseState::Confirmed, Route::Study) => Some(case_id),
        _ => None,
    }
}

/// What the lines before have taken already.
#[derive(Default)]
pub(super) struct Batch {
    points: i64,
    vehicles: Vec<Plate>,
}

impl Batch {
    /// Adds it to what is in flight anyway.
    fn join(&self, facts: &mut BatchFacts) {
        facts.points = facts.points.map(|points| points.saturating_add(self.points));
        if let Some(vehicles) = &mut facts.vehicles {
            let new = self.vehicles.iter().filter(|plate| !vehicles.contains(plate));
            let new: Vec<Plate> = new.cloned().collect();
            vehicles.extend(new);
        }
    }

    /// Whether a line may be handled with everything before it in the same payment.
    pub(super) fn handle(
        &self,
        world: &World,
        assessment: &Assessment,
        line: &Line,
    ) -> Result<Verdict, Error> {
        let mut facts = line.facts.clone();
        self.join(&mut facts.batch);
        Ok(world.pack_at(assessment.at)?.evaluate(Question::Handle, &facts, assessment.at, &world.calendar))
    }

    /// Counts a line that is in the payment.
    pub(super) fn take(&mut self, line: &Line, points: i64) {
        self.points += points;
        if !self.vehicles.contains(&line.violation.plate) {
            self.vehicles.push(line.violation.plate.clone());
        }
    }
}

fn add(
    world: &World,
    assessment: &Assessment,
    line: &Line,
    batch: &mut Batch,
    body: &mut Body,
) -> Result<(), Error> {
    if line.own_case.as_ref().is_some_and(|(_, state, _)| *state == CaseState::Paying) {
        return Err(Error::Conflict(Conflict::PaymentOpen));
    }
    if !payable(line) {
        let handle = if line.violation.decision.is_some() { None } else { Some(&line.handle) };
        let mut reasons: Vec<Reason> = Vec::new();
        for reason in handle.into_iter().chain([&line.pay]).flat_map(|verdict| &verdict.reasons) {
            if !reasons.iter().any(|told| told.refusal == reason.refusal) {
                reasons.push(reason.clone());
            }
        }
        body.left_out.push(LeftOut { violation: line.violation.id.clone(), reasons });
        return Ok(());
    }
    let points = if line.violation.decision.is_some() { 0 } else { line.points.unwrap_or(0) };
    if line.violation.decision.is_none() {
        let verdict = batch.handle(world, assessment, line)?;
        if !allowed_when_open(&verdict) {
            body.left_out.push(LeftOut { violation: line.violation.id.clone(), reasons: verdict.reasons });
            return Ok(());
        }
        batch.take(line, points);
    }
    let free = line.violation.decision.is_none()
        && !assessment.dossier.is_checking()
        && allowed_when_open(line.handle_on(Route::First))
        && allowed_when_open(&line.first);
    if free {
        body.could_be_free.push(line.violation.id.clone());
    }
    push(
        body,
        line,
        QuoteLine {
            violation: line.violation.id.clone(),
            plate: line.violation.plate.key(),
            route: Route::Pay,
            case_id: line.own_case.as_ref().map(|(id, ..)| id.clone()),
            fine_fen: line.fine.map_or(0, |fine| fine.0),
            surcharge_fen: line.surcharge.0,
            points,
        },
    )
}

fn push(body: &mut Body, line: &Line, quoted: QuoteLine) -> Result<(), Error> {
    if line.fine.is_none() {
        return Err(Error::Broken("a payable violation without a fine".to_owned()));
    }
    let (payee, payee_name) =
        line.payee.clone().ok_or_else(|| Error::Broken("the site names no payee".to_owned()))?;
    let sum = quoted.fine_fen + quoted.surcharge_fen;
    match body.groups.iter_mut().find(|group| group.payee == payee) {
        Some(group) => {
            group.total_fen += sum;
            group.lines.push(quoted);
        }
        None => body.groups.push(QuoteGroup { payee, payee_name, lines: vec![quoted], total_fen: sum }),
    }
    Ok(())
}

/// Quotes the fine of a case whose quiz was passed (学习减分: pay first, then handled).
///
/// # Errors
/// [`Conflict::CaseMoved`] when the case is not ready to be paid; [`Error::Refused`] with every reason.
pub fn of_case(world: &World, who: &Who, case_id: &str) -> Result<Quote, Error> {
    of_case_in(world, who, &violations::judged(world, who)?, case_id)
}

fn of_case_in(world: &World, who: &Who, assessment: &Assessment, case_id: &str) -> Result<Quote, Error> {
    let case = found(assessment.dossier.cases.iter().find(|case| case.case_id == case_id).cloned(), "case")?;
    if route_of(&case) == Route::First || !matches!(state_of(&case)?, CaseState::Ready | CaseState::Confirmed)
    {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    let line = found(assessment.lines.iter().find(|line| line.violation.id == case.violation), "violation")?;
    let mut verdicts = vec![line.handle_on(route_of(&case)).clone()];
    if route_of(&case) == Route::Study {
        verdicts.push(confirm::now_decide(world, line, Question::Study)?);
    }
    let reasons: Vec<Reason> = verdicts
        .iter()
        .filter(|verdict| !allowed_when_open(verdict))
        .flat_map(|verdict| verdict.reasons.iter().cloned())
        .collect();
    if !reasons.is_empty() {
        return Err(Error::Refused(reasons));
    }
    let mut body = Body { groups: Vec::new(), left_out: Vec::new(), could_be_free: Vec::new() };
    push(
        &mut body,
        line,
        QuoteLine {
            violation: case.violation.clone(),
            plate: case.plate.clone(),
            route: route_of(&case),
            case_id: Some(case.case_id.clone()),
            fine_fen: line.fine.map_or(0, |fine| fine.0),
            surcharge_fen: line.surcharge.0,
            points: case.points_given,
        },
    )?;
    store(world, who, body)
}

fn store(world: &World, who: &Who, body: Body) -> Result<Quote, Error> {
    if body.groups.is_empty() {
        let reasons: Vec<Reason> = body.left_out.into_iter().flat_map(|left| left.reasons).collect();
        // Nothing speaks against them: they are in cases of their own, and a refusal without a reason tells nobody so.
        return Err(if reasons.is_empty() {
            Error::Conflict(Conflict::ViolationHeld)
        } else {
            Error::Refused(reasons)
        });
    }
    let now = world.now();
    let row = QuoteRow {
        quote_id: world.new_id(),
        total_fen: body.groups.iter().map(|group| group.total_fen).sum(),
        body: json(&body)?,
        expires_at_ms: now.as_millisecond() + world.site.quote_valid_s * 1000,
        accepted_at_ms: None,
    };
    world
        .db
        .write(|tx| payment::put_quote(tx, &who.driver, &row, now.as_millisecond()).map_err(Error::from))?;
    load(world, who, &row.quote_id)
}

/// A quote as it was made.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's quote.
pub fn load(world: &World, who: &Who, quote_id: &str) -> Result<Quote, Error> {
    let since = world.now().as_millisecond() - NUDGE_REST_MS;
    let (row, nudged) = world.db.read(|tx| {
        let row = found(payment::quote(tx, &who.driver, quote_id)?, "quote")?;
        Ok::<_, Error>((row, programme::nudges(tx, &who.driver, since)?))
    })?;
    let body = read(&row)?;
    let nudge = body
        .could_be_free
        .iter()
        .find(|violation| !nudged.iter().any(|(_, known)| known == *violation))
        .cloned();
    Ok(Quote {
        id: row.quote_id,
        total_fen: row.total_fen,
        expires: instant(row.expires_at_ms),
        accepted: row.accepted_at_ms.is_some(),
        nudge: nudge.filter(|_| row.accepted_at_ms.is_none()),
        body,
    })
}

/// Name of a payee as it stands in a quote of the driver; its key where the quote does not name it.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's quote.
pub(super) fn payee_name(tx: &mut Tx, who: &Who, quote_id: &str, payee: &str) -> Result<String, Error> {
    let body = read(&found(payment::quote(tx, &who.driver, quote_id)?, "quote")?)?;
    let group = body.groups.into_iter().find(|group| group.payee == payee);
    Ok(group.map_or_else(|| payee.to_owned(), |group| group.payee_name))
}

fn read(row: &QuoteRow) -> Result<Body, Error> {
    serde_json::from_str(&row.body)
        .map_err(|error| Error::Broken(format!("a stored quote cannot be read: {error}")))
}

/// Records that the driver was stopped before paying what could be free, and goes on paying.
///
/// # Errors
/// [`Error::NotFound`] for a violation that is not in the quote.
pub fn skip_nudge(world: &World, who: &Who, quote_id: &str, violation: &str) -> Result<(), Error> {
    let quote = load(world, who, quote_id)?;
    let line = found(
        quote.body.groups.iter().flat_map(|group| &group.lines).find(|line| line.violation == violation),
        "violation",
    )?;
    let now = world.now().as_millisecond();
    world.db.write(|tx| {
        programme::nudged(tx, &who.driver, &line.plate, violation, "pay", now)?;
        clearway_store::audit::append(tx, &who.driver, now, "driver", "warning.not-used", "{}")?;
        Ok(())
    })
}
