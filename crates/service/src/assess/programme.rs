//! The two programmes as a driver sees them: usable on which violation, or why not.

use clearway_domain::case::Route;
use clearway_domain::facts::Upstream;
use clearway_domain::refusal::{Layer, Question, Refusal};
use clearway_domain::rules::{Pack, Verdict};
use clearway_domain::{Fen, civil_date};

use super::{Line, Programme, ProgrammeState, allowed_when_open, setting};
use crate::dossier::Dossier;
use crate::{World, facts, law};

fn verdict_of(line: &Line, question: Question) -> &Verdict {
    match question {
        Question::First => &line.first,
        Question::Study => &line.study,
        Question::Handle => &line.handle,
        Question::Pay => &line.pay,
    }
}

fn savings(line: &Line, question: Question) -> (Fen, i64) {
    let points = line.points.unwrap_or(0);
    match question {
        Question::First => (line.fine.unwrap_or(Fen(0)), points),
        Question::Study => (Fen(0), points - line.points_with_study.unwrap_or(points)),
        Question::Handle | Question::Pay => (Fen(0), 0),
    }
}

pub(super) fn programme(
    world: &World,
    pack: &Pack,
    dossier: &Dossier,
    lines: &[Line],
    question: Question,
) -> Programme {
    // Nationally study takes points off the licence, whatever violation they came from: the person alone is judged.
    let of_person = question == Question::Study && law::study_credit(pack, civil_date(world.now())).is_none();
    let free = |line: &Line| !of_person && line.own_case.is_none() && line.violation.decision.is_none();
    let route = if question == Question::First { Route::First } else { Route::Study };
    let usable = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| {
            free(line)
                && allowed_when_open(line.handle_on(route))
                && allowed_when_open(verdict_of(line, question))
        })
        .max_by_key(|(index, line)| (savings(line, question), std::cmp::Reverse(*index)));
    // A programme in use on an open case is still the driver's to finish.
    let begun =
        lines.iter().position(|line| line.own_case.as_ref().is_some_and(|(_, _, used)| *used == route));
    let best_line = usable.map(|(index, _)| index).or(begun);
    // The violation that comes closest tells the driver what is really in the way; without any, the person alone does.
    let closest = lines
        .iter()
        .filter(|line| free(line))
        .map(|line| verdict_of(line, question))
        .min_by_key(|verdict| verdict.reasons.len());
    let nothing_to_judge = closest.is_none();
    let closest = closest.cloned().unwrap_or_else(|| person_verdict(world, pack, dossier, question));
    let at_hand = best_line.is_some() || (nothing_to_judge && allowed_when_open(&closest));
    Programme {
        question,
        state: programme_state(dossier, &closest, at_hand),
        best_line,
        saves: best_line.map_or((Fen(0), 0), |index| savings(&lines[index], question)),
        reasons: closest.reasons,
        failed: dossier.failed_topics().collect(),
    }
}

fn programme_state(dossier: &Dossier, closest: &Verdict, usable: bool) -> ProgrammeState {
    let used = closest
        .refused()
        .any(|refusal| matches!(refusal, Refusal::FUsed | Refusal::SCreditUsed | Refusal::SCap));
    if dossier.is_checking() {
        ProgrammeState::Checking
    } else if usable {
        ProgrammeState::Usable
    } else if used {
        ProgrammeState::Used
    } else if could_not_check(closest) {
        ProgrammeState::CouldNotCheck
    } else {
        ProgrammeState::NotUsable
    }
}

fn person_verdict(world: &World, pack: &Pack, dossier: &Dossier, question: Question) -> Verdict {
    let mut person = facts::of_person(dossier, setting(world, pack, world.now()));
    if dossier.failed_topics().next().is_some() {
        person.service.upstream = Some(Upstream::Down);
    }
    pack.evaluate_person(question, &person, world.now(), &world.calendar)
}

/// Whether nothing about the driver or the violation stands in the way, but something could not be verified. A silent
/// source is never shown as "not eligible".
fn could_not_check(verdict: &Verdict) -> bool {
    let known_refusal = verdict.refused().any(|refusal| refusal.layer() != Layer::Service);
    !known_refusal && !allowed_when_open(verdict)
}

/// Both programmes can be used in one points year when the warning comes first, and never on the same violation: then
/// the sum of both is the most that can be saved.
pub(super) fn total_savings(first: &Programme, study: &Programme) -> (Fen, i64) {
    if first.best_line.is_some() && first.best_line == study.best_line {
        return first.saves.max(study.saves);
    }
    (Fen(first.saves.0.0 + study.saves.0.0), first.saves.1 + study.saves.1)
}
