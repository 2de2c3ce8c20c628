//! The paths: what a driver, an officer, the rail or the clock begins, from the state in which it begins to its end. A
//! path is gone again from its beginning by whoever was told that it failed, so each step looks first where things stand.

pub mod cases;
mod days;
pub mod money;
mod officers;
mod people;
mod queue;
mod rail;

use clearway_service::Error;
use clearway_service::citizen::confirm::Acts;

use super::town::Town;

/// Town in which everything that the paths need can be found.
pub const SEED: u64 = 1;

/// Both acts, in words.
pub const ACTS: Acts<'_> = Acts { facts: Some("违法事实属实"), waiver: Some("放弃陈述申辩") };

/// One path.
pub struct Path {
    /// Its name.
    pub name: &'static str,
    /// Whether it begins before the police feed was loaded.
    pub unfed: bool,
    /// What leads to its beginning. Nothing fails there.
    pub before: fn(&Town),
    /// The path.
    pub run: fn(&Town) -> Result<(), Error>,
    /// Hours within which everything that it leads to is over.
    pub hours: i64,
}

impl Path {
    const fn new(
        name: &'static str,
        hours: i64,
        before: fn(&Town),
        run: fn(&Town) -> Result<(), Error>,
    ) -> Path {
        Path { name, unfed: false, before, run, hours }
    }
}

/// All paths.
pub const PATHS: &[Path] = &[
    Path { name: "feed", unfed: true, before: |_| (), run: Town::feed, hours: 0 },
    Path::new("sign in and out", 1, people::a_known_person, people::sign_in_and_out),
    Path::new("first message", 0, |_| (), people::first_message),
    Path::new("become verified", 1, people::a_stranger, people::become_verified),
    Path::new("wrong identity", 0, people::a_stranger, people::wrong_identity),
    Path::new("bind a vehicle", 1, people::somebody, people::bind_other),
    Path::new("owner's phone", 1, people::with_others_vehicle, people::owner_phone),
    Path::new("unbind", 1, people::with_others_vehicle, people::unbind),
    Path::new("look", 1, people::somebody, people::look),
    Path::new("look while the platform is away", 1, people::somebody, people::look_in_vain),
    Path::new("settings and words", 0, people::somebody, people::settings_and_words),
    Path::new("begin a warning", 1, cases::first_allowed, cases::begin),
    Path::new("study", 1, cases::begun, cases::study),
    Path::new("begin the quiz", 1, cases::ready_for_quiz, cases::begin_quiz),
    Path::new("quiz", 1, cases::studied, cases::quiz),
    Path::new("confirm a warning", 30, cases::passed, cases::confirm),
    Path::new("a warning that is not in time", 30, cases::confirmed_in_vain, cases::not_in_time),
    Path::new("a warning in an outage", 30, cases::passed, cases::outlasted),
    Path::new("give a case up", 1, cases::begun, cases::abandon),
    Path::new("an idle case", 30, cases::begun, money::wait),
    Path::new("a study credit", 30, cases::study_passed, cases::pay_for_study),
    Path::new("quote", 1, money::payer, money::quote),
    Path::new("stopped before paying", 1, money::nudged, money::skip),
    Path::new("order", 1, money::quoted, money::order),
    Path::new("pay", 30, money::quoted, money::pay),
    Path::new("pay, asked about", 30, money::handed_over, money::pay_and_ask),
    Path::new("pay, told by notice", 30, money::handed_over, money::pay_by_notice),
    Path::new("pay a ticket", 30, money::ticket_quoted, money::pay),
    Path::new("give an order up", 1, money::handed_over, money::give_up),
    Path::new("give up what was not placed", 1, money::ordered, money::give_up),
    Path::new("placed, and no answer", 30, money::ordered, money::placed_in_silence),
    Path::new("an order runs out", 30, money::handed_over, money::wait),
    Path::new("money after the end", 120, money::closed, money::late_money),
    Path::new("another sum after the end", 120, money::closed, money::another_sum_late),
    Path::new("officer has looked", 1, money::doubted, officers::clear),
    Path::new("officer has looked at an open order", 1, money::short, money::free_again),
    Path::new("a notice of nobody's order", 1, money::payer, money::strange_notice),
    Path::new("a notice of nobody's refund", 1, money::handed_over, money::strange_refund),
    Path::new("a notice that cannot be used", 1, money::handed_over, rail::unusable_notice),
    Path::new("a rail that cannot be read", 30, money::handed_over, rail::garbled),
    Path::new("another rail for a while", 30, money::handed_over, rail::another),
    Path::new("refund of another sum", 120, money::paid_and_removed, rail::another_sum),
    Path::new("refund that is no repetition", 120, money::paid_and_removed, rail::sent_once),
    Path::new("a decision answered in garbles", 30, money::paid, rail::garbled_decision),
    Path::new("taken back after payment", 120, money::paid_and_removed, money::work),
    Path::new("refund that is refused", 120, money::refund_refused, money::refund_after_all),
    Path::new("refund past its day", 120, money::refund_refused, money::refund_past_its_day),
    Path::new("gone after payment", 120, money::paid_and_gone, money::work),
    Path::new("objection after payment", 30, money::paid_and_objected, money::objection_answered),
    Path::new("refused after payment", 1, officers::paid_and_repriced, money::work),
    Path::new("manual until its day", 240, officers::manual, money::wait_long),
    Path::new("officer tries again", 30, officers::manual, officers::retry),
    Path::new("officers refund", 120, officers::manual, officers::refund),
    Path::new("officers say it went back", 120, officers::refund_in_vain, officers::returned),
    Path::new("officers annul", 120, officers::decided, officers::annul),
    Path::new("an officer does not agree", 1, officers::decided, officers::reject),
    Path::new("another look", 1, days::paid_in_vain, days::ask_for_another_look),
    Path::new("a bill that is not there", 1, days::over, days::bill_missing),
    Path::new("told a wait", 1, queue::in_a_queue, queue::told_a_wait),
    Path::new("an older one sleeps", 1, queue::a_sleeper_before, queue::wake_the_sleeper),
    Path::new("no answer to a worker", 1, queue::held_unknowingly, queue::found_again),
    Path::new("a job that panics", 1, queue::held_unknowingly, queue::came_apart),
    Path::new("a node and the ceiling", 0, queue::in_a_still_queue, queue::a_node),
    Path::new("a bill by hand, signed", 1, days::over, days::by_hand),
];
