//! One violation: its facts, its evidence, its options side by side, and what choosing one does to the others.

use clearway_connect::authority::Picture;
use clearway_domain::case::Route;
use clearway_domain::refusal::Question;
use clearway_domain::rules::Verdict;
use clearway_domain::study::estimate_minutes;
use clearway_domain::{Fen, civil_date};

use super::{Who, found, violations};
use crate::assess::{Assessment, Line, allowed_when_open, payable};
use crate::{Error, World, facts, law};

/// One way to handle a violation.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Which way.
    pub route: Route,
    /// Whether it is open, but for the hours.
    pub usable: bool,
    /// Fine with surcharge to be paid on this way.
    pub to_pay: Fen,
    /// Points that the decision gives.
    pub points: Option<i64>,
    /// About how many minutes it takes; computed from the pack, never written.
    pub minutes: u32,
    /// Whether the warning of this points year is gone afterwards.
    pub warning_gone: bool,
    /// Whether the study credit of this points year is gone afterwards.
    pub credit_gone: bool,
    /// Whether choosing it closes another way that is open now: the driver is warned before.
    pub closes: Option<Route>,
    /// Why it is not open.
    pub verdict: Verdict,
}

/// The detail page of a violation.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The assessment that it is part of.
    pub assessment: Assessment,
    /// Index of the line.
    pub index: usize,
    /// The ways, the most favourable first.
    pub choices: Vec<Choice>,
}

impl Detail {
    /// The line.
    #[must_use]
    pub fn line(&self) -> &Line {
        &self.assessment.lines[self.index]
    }
}

/// Minutes of a route under a pack: study and quiz as the pack sets them, reading and paying besides.
#[must_use]
pub fn minutes(pack: &clearway_domain::rules::Pack, route: Route, day: jiff::civil::Date) -> u32 {
    let question = match route {
        Route::First => Question::First,
        Route::Study => Question::Study,
        Route::Pay => return 1,
    };
    law::study_settings(pack, question, day).map_or(1, |settings| estimate_minutes(&settings, route.pays()))
}

/// The detail page.
///
/// # Errors
/// [`Error::NotFound`] for a violation that is not among the driver's.
pub fn detail(world: &World, who: &Who, id: &str) -> Result<Detail, Error> {
    let assessment = violations::judged(world, who)?;
    let index = found(assessment.lines.iter().position(|line| line.violation.id == id), "violation")?;
    let choices = choices(world, &assessment, index)?;
    Ok(Detail { assessment, index, choices })
}

/// The other violation whose free warning is gone once this one is paid and decided: a decision on a violation of the same
/// points year rules the warning out, in whatever order the two happened (reading A2). `None` where nothing is lost.
#[must_use]
pub fn warning_lost<'a>(assessment: &'a Assessment, line: &Line) -> Option<&'a Line> {
    let free = assessment.lines.get(assessment.first.best_line?)?;
    let year = facts::points_year(&assessment.dossier, assessment.at);
    // A day that nobody told may lie in it.
    let counts = year.zip(line.violation.occurred()).is_none_or(|(year, at)| year.contains(civil_date(at)));
    (counts && line.violation.decision.is_none() && free.violation.id != line.violation.id).then_some(free)
}

fn choices(world: &World, assessment: &Assessment, index: usize) -> Result<Vec<Choice>, Error> {
    let pack = world.pack_at(assessment.at)?;
    let day = civil_date(assessment.at);
    let line = &assessment.lines[index];
    let owed = Fen(line.fine.unwrap_or(Fen(0)).0 + line.surcharge.0);
    let open = |route| {
        line.own_case.is_none()
            && line.violation.decision.is_none()
            && !assessment.dossier.is_checking()
            && allowed_when_open(line.handle_on(route))
    };
    let first_open = assessment.first.best_line.is_some();
    let mut choices = Vec::new();
    if line.violation.decision.is_none() && law::study_settings(pack, Question::First, day).is_some() {
        choices.push(Choice {
            route: Route::First,
            usable: open(Route::First) && allowed_when_open(&line.first),
            to_pay: Fen(0),
            points: Some(0),
            minutes: minutes(pack, Route::First, day),
            warning_gone: true,
            credit_gone: false,
            closes: None,
            verdict: line.first.clone(),
        });
    }
    if line.violation.decision.is_none() && law::study_credit(pack, day).is_some() {
        choices.push(Choice {
            route: Route::Study,
            usable: open(Route::Study) && allowed_when_open(&line.study),
            to_pay: owed,
            points: line.points_with_study,
            minutes: minutes(pack, Route::Study, day),
            warning_gone: true,
            credit_gone: true,
            // Having used the study credit blocks the warning, and not the other way round (domain.md §1.2 item 7).
            closes: first_open.then_some(Route::First),
            verdict: line.study.clone(),
        });
    }
    choices.push(Choice {
        route: Route::Pay,
        usable: payable(line),
        to_pay: owed,
        points: line.points,
        minutes: minutes(pack, Route::Pay, day),
        warning_gone: false,
        credit_gone: false,
        closes: (first_open && (allowed_when_open(&line.first) || warning_lost(assessment, line).is_some()))
            .then_some(Route::First),
        verdict: if line.violation.decision.is_some() || allowed_when_open(&line.handle) {
            line.pay.clone()
        } else {
            line.handle.clone()
        },
    });
    Ok(choices)
}

/// The evidence pictures of a violation, fetched from the platform when somebody looks.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's violation, [`Error::Unavailable`] when the platform does not answer.
pub fn pictures(world: &World, who: &Who, id: &str) -> Result<Vec<Picture>, Error> {
    let dossier = crate::dossier::load(world, &who.driver)?;
    let violation = found(dossier.violation(id), "violation")?;
    if violation.record.is_none() {
        return Ok(Vec::new());
    }
    world.authority.pictures(&violation.id).map_err(|fault| Error::Unavailable { who: "authority", fault })
}
