//! Drivers who use the programmes: start a case, study, sit the quiz, confirm.

use clearway_domain::case::Route;
use clearway_domain::study::QuestionView;
use clearway_service::World;
use clearway_service::citizen::quiz::{self, QuizPage};
use clearway_service::citizen::{confirm, start_case, study, violations};

use super::super::stage::Stage;
use super::driver::{self, ACTS};

/// Starts a case on a route with study, mostly where it is allowed.
pub fn start(stage: &Stage, n: usize) -> String {
    let who = stage.who(n);
    let (judged, said) = stage.deed("judge", |world| violations::judged(world, &who));
    let Some(judged) = judged else { return said };
    let route = if stage.chance(65) { Route::First } else { Route::Study };
    let allowed: Vec<String> = judged
        .lines
        .iter()
        .filter(|line| match route {
            Route::First => line.first.is_allowed(),
            _ => line.study.is_allowed(),
        })
        .map(|line| line.violation.id.clone())
        .collect();
    let any: Vec<String> = judged.lines.iter().map(|line| line.violation.id.clone()).collect();
    if allowed.is_empty() && stage.chance(90) {
        return driver::quote_some(stage, n);
    }
    let Some(violation) = stage.one_of(if allowed.is_empty() || stage.chance(10) { &any } else { &allowed })
    else {
        return said;
    };
    let (case, said) = stage.deed("start", |world| start_case::start(world, &who, &violation, route));
    if let Some(case) = case {
        let mut scene = stage.scene();
        if !scene.minds[n].cases.contains(&case) {
            scene.minds[n].cases.push(case);
        }
        scene.minds[n].next = Some(study);
    }
    format!("{said} ({route:?})")
}

fn a_case(stage: &Stage, n: usize) -> Option<String> {
    let cases = stage.scene().minds[n].cases.clone();
    if stage.chance(80) { cases.last().cloned() } else { stage.one_of(&cases) }
}

/// Studies page after page until the time is earned or patience ends. Takes minutes.
pub fn study(stage: &Stage, n: usize) -> String {
    let (who, Some(case)) = (stage.who(n), a_case(stage, n)) else { return start(stage, n) };
    let mut told = String::new();
    for _ in 0..4 {
        let (page, said) = stage.deed("study", |world| study::page(world, &who, &case));
        told = said;
        let Some(page) = page else { break };
        if page.clock.is_earned() {
            stage.then(n, quiz);
            break;
        }
        let away = if stage.chance(10) { 7_200_000 } else { i64::from(page.clock.required_s()) * 1000 + 500 };
        stage.sim.advance(away);
        stage.deed("study on", |world| study::go_on(world, &who, &case, page.sitting));
    }
    told
}

/// Sits the quiz; most answers are right.
pub fn quiz(stage: &Stage, n: usize) -> String {
    let (who, Some(case)) = (stage.who(n), a_case(stage, n)) else { return start(stage, n) };
    let knows = if stage.chance(75) { 100 } else { 60 };
    let mut told = String::new();
    for _ in 0..45 {
        let (page, said) = stage.deed("quiz", |world| quiz::page(world, &who, &case));
        told = said;
        match page {
            Some(QuizPage::Rules { .. }) => {
                if stage.deed("quiz begins", |world| quiz::begin(world, &who, &case)).0.is_none() {
                    break;
                }
            }
            Some(QuizPage::Question { question, .. }) => {
                let right = stage.chance(knows);
                let chosen = choose(&stage.sim.world(), &question, right);
                stage.sim.advance(3_000);
                let (index, id) = (question.index, question.id.0.clone());
                stage.deed("answer", |world| quiz::answer(world, &who, &case, index, &id, &chosen));
            }
            Some(QuizPage::Passed { case, .. }) => {
                stage.then(n, if case.route == "first" { confirm } else { driver::quote_case });
                break;
            }
            None => break,
        }
    }
    told
}

/// The places of the right options as shown, or of a wrong one.
fn choose(world: &World, shown: &QuestionView, right: bool) -> Vec<u8> {
    let Some(question) = world.bank.question(&shown.id, shown.version) else { return vec![0] };
    let is_right = |text: &_| question.answer.iter().any(|at| question.options[usize::from(*at)] == *text);
    let places: Vec<u8> = shown
        .options
        .iter()
        .filter(|option| is_right(&option.text) == right)
        .map(|option| option.place)
        .collect();
    if right { places } else { places.into_iter().take(1).collect() }
}

/// Confirms a warning.
pub fn confirm(stage: &Stage, n: usize) -> String {
    let (who, Some(case)) = (stage.who(n), a_case(stage, n)) else { return start(stage, n) };
    let (done, said) = stage.deed("confirm", |world| confirm::confirm(world, &who, &case, ACTS));
    if done.is_some() {
        stage.scene().promised.insert(case.clone());
    }
    said
}

/// Gives a case up.
pub fn abandon(stage: &Stage, n: usize) -> String {
    let (who, Some(case)) = (stage.who(n), a_case(stage, n)) else { return driver::look(stage, n) };
    stage.deed("abandon", |world| start_case::abandon(world, &who, &case)).1
}
