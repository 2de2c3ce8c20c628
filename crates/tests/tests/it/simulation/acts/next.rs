//! Who is next, and what may happen while a call is on its way.

use clearway_domain::civil;

use super::super::stage::{Deed, Stage};
use super::{around, driver, learner, officer};

/// What drivers do, with weights.
const DRIVERS: &[(usize, Deed)] = &[
    (6, driver::look),
    (12, driver::quote_some),
    (14, driver::accept),
    (14, driver::hand_over),
    (14, driver::pay),
    (2, driver::leave),
    (9, driver::come_back),
    (3, driver::ask_again),
    (4, driver::give_up),
    (4, driver::read_page),
    (3, driver::pry),
    (3, driver::quote_case),
    (8, learner::start),
    (8, learner::study),
    (8, learner::quiz),
    (8, learner::confirm),
    (2, learner::abandon),
];

/// What drivers do while something else is on its way: nothing that takes minutes.
const MEANWHILE: &[(usize, Deed)] = &[
    (5, driver::look),
    (8, driver::quote_some),
    (10, driver::accept),
    (12, driver::hand_over),
    (14, driver::pay),
    (8, driver::come_back),
    (4, driver::ask_again),
    (5, driver::give_up),
    (3, driver::read_page),
    (5, learner::confirm),
    (3, learner::abandon),
];

fn draw(stage: &Stage, deeds: &[(usize, Deed)]) -> Deed {
    let total = deeds.iter().map(|(weight, _)| weight).sum();
    let mut left = stage.below(total);
    for (weight, deed) in deeds {
        if left < *weight {
            return *deed;
        }
        left -= weight;
    }
    deeds[0].1
}

fn by_a_driver(stage: &Stage, deeds: &[(usize, Deed)]) -> String {
    let drivers = stage.scene().minds.len();
    let n = stage.below(drivers);
    // Mostly people go on with what they have begun.
    let meant = stage.take_next(n);
    let said = meant.unwrap_or_else(|| draw(stage, deeds))(stage, n);
    format!("d{n} {said}")
}

/// The next step of the run.
pub fn step(stage: &Stage) -> String {
    if !(6..22).contains(&civil(stage.sim.life.at()).hour()) && stage.chance(20) {
        return around::morning(stage);
    }
    match stage.below(100) {
        0..=47 => by_a_driver(stage, DRIVERS),
        48..=69 => around::work(stage),
        70..=78 => around::post(stage),
        79..=88 => around::wait(stage),
        89..=91 => around::jump(stage),
        92..=94 => around::elsewhere(stage),
        95..=96 => around::forge(stage),
        97 => officer::act(stage),
        _ => around::weather(stage),
    }
}

/// What happens elsewhere while a call is on its way; mostly nothing.
pub fn meanwhile(stage: &Stage) -> Option<String> {
    match stage.below(100) {
        0..=2 => Some(by_a_driver(stage, MEANWHILE)),
        3 => Some(around::work(stage)),
        4 => Some(around::post(stage)),
        5 if stage.chance(30) => Some(around::elsewhere(stage)),
        _ => None,
    }
}
