//! The programmes: begin, study, quiz, confirm, give up.

use clearway_domain::case::Route;
use clearway_domain::study::QuestionView;
use clearway_service::citizen::quiz::{self, QuizPage};
use clearway_service::citizen::start_case::{self, Place};
use clearway_service::citizen::{confirm, quote, study, violations};
use clearway_service::{Error, World};

use super::super::town::Town;
use super::{ACTS, money};
use crate::simulation::world::network::Weather;

/// Looks until everything is checked, and finds a person with a violation for the route.
fn allowed(town: &Town, route: Route) {
    for who in town.people() {
        violations::home(town.world(), &who).expect("a list");
        town.work();
        let judged = violations::judged(town.world(), &who).expect("a list");
        let fits = judged.lines.iter().find(|line| match route {
            Route::First => line.first.is_allowed() && line.handle.is_allowed(),
            _ => line.study.is_allowed() && line.handle.is_allowed() && line.pay.is_allowed(),
        });
        if let Some(line) = fits {
            town.note("violation", line.violation.id.clone());
            town.note("who", who.driver);
            town.note("route", route.slug());
            return;
        }
    }
    panic!("nobody in this town can use {route:?}");
}

pub fn first_allowed(town: &Town) {
    allowed(town, Route::First);
}

fn route(town: &Town) -> Route {
    if town.noted("route") == "first" { Route::First } else { Route::Study }
}

/// Begins, or goes on where it was begun.
pub fn begin(town: &Town) -> Result<(), Error> {
    let case = start_case::start(town.world(), &town.who(), &town.noted("violation"), route(town))?;
    town.note("case", case);
    Ok(())
}

pub fn begun(town: &Town) {
    first_allowed(town);
    begin(town).expect("begun");
}

fn place(town: &Town) -> Result<Place, Error> {
    start_case::place(town.world(), &town.who(), &town.noted("case")).map(|(_, place)| place)
}

pub fn study(town: &Town) -> Result<(), Error> {
    let (who, case) = (town.who(), town.noted("case"));
    while place(town)? == Place::Study {
        let page = study::page(town.world(), &who, &case)?;
        town.sim.advance(i64::from(page.clock.required_s()) * 1_000 + 500);
        study::go_on(town.world(), &who, &case, page.sitting)?;
    }
    Ok(())
}

pub fn ready_for_quiz(town: &Town) {
    begun(town);
    study(town).expect("studied");
}

pub fn begin_quiz(town: &Town) -> Result<(), Error> {
    answer_while(town, |_| false)
}

/// All questions but the last two are answered.
pub fn studied(town: &Town) {
    ready_for_quiz(town);
    answer_while(town, |left| left > 2).expect("answered");
}

fn answer_while(town: &Town, goes_on: impl Fn(u8) -> bool) -> Result<(), Error> {
    let (who, case) = (town.who(), town.noted("case"));
    while place(town)? == Place::Quiz {
        match quiz::page(town.world(), &who, &case)? {
            QuizPage::Rules { .. } => quiz::begin(town.world(), &who, &case)?,
            QuizPage::Question { question, .. } => {
                if !goes_on(question.of - question.index) {
                    break;
                }
                let chosen = right(town.world(), &question);
                town.sim.advance(3_000);
                quiz::answer(town.world(), &who, &case, question.index, &question.id.0, &chosen)?;
            }
            QuizPage::Passed { .. } => break,
        }
    }
    Ok(())
}

/// The places of the right options as shown.
fn right(world: &World, shown: &QuestionView) -> Vec<u8> {
    let question = world.bank.question(&shown.id, shown.version).expect("it was drawn from the bank");
    let is_right = |text: &_| question.answer.iter().any(|at| question.options[usize::from(*at)] == *text);
    shown.options.iter().filter(|option| is_right(&option.text)).map(|option| option.place).collect()
}

pub fn quiz(town: &Town) -> Result<(), Error> {
    answer_while(town, |_| true)
}

fn learned(town: &Town, route: Route) {
    allowed(town, route);
    begin(town).expect("begun");
    study(town).expect("studied");
    quiz(town).expect("passed");
}

pub fn passed(town: &Town) {
    learned(town, Route::First);
    assert_eq!(place(town).expect("a case"), Place::Confirm);
}

pub fn confirm(town: &Town) -> Result<(), Error> {
    if place(town)? == Place::Confirm {
        confirm::confirm(town.world(), &town.who(), &town.noted("case"), ACTS)?;
    }
    town.work();
    Ok(())
}

pub fn abandon(town: &Town) -> Result<(), Error> {
    if place(town)? == Place::Result {
        return Ok(());
    }
    start_case::abandon(town.world(), &town.who(), &town.noted("case"))
}

pub fn study_passed(town: &Town) {
    learned(town, Route::Study);
    assert_eq!(place(town).expect("a case"), Place::Quote);
}

/// The fine of a case whose quiz was passed is quoted, ordered and paid.
pub fn pay_for_study(town: &Town) -> Result<(), Error> {
    if place(town)? == Place::Quote {
        let quoted = quote::of_case(town.world(), &town.who(), &town.noted("case"))?;
        town.note("quote", quoted.id);
    }
    money::pay(town)
}

/// The platform is away when the driver confirms, and is back a little later.
pub fn outlasted(town: &Town) -> Result<(), Error> {
    town.sim.network.set_weather(Weather { police_down: true, ..Weather::default() });
    let confirmed = confirm(town);
    town.sim.network.set_weather(Weather::default());
    confirmed?;
    for _ in 0..4 {
        town.sim.life.pass(10_000);
        town.work();
    }
    Ok(())
}

/// Confirmed, and for five days the platform is down.
pub fn confirmed_in_vain(town: &Town) {
    passed(town);
    confirm::confirm(town.world(), &town.who(), &town.noted("case"), ACTS).expect("confirmed");
    town.note("end", (town.sim.life.ms() + 5 * 86_400_000).to_string());
}

/// The last day is over before the platform answers again.
pub fn not_in_time(town: &Town) -> Result<(), Error> {
    let end: i64 = town.noted("end").parse().expect("ms");
    town.sim.life.set_ms(town.sim.life.ms().max(end));
    town.sim.network.set_weather(Weather { police_down: true, ..Weather::default() });
    town.work();
    town.sim.network.set_weather(Weather::default());
    Ok(())
}
