//! A case that nobody goes on with lets its violation go after a day, and never while money may move.

use clearway_domain::case::Route;
use clearway_service::citizen::{Who, start_case, violations};
use clearway_service::jobs;

use super::stack::{Engine, Stack};

#[test]
fn an_idle_case_is_given_up_after_a_day_and_not_before() {
    let stack = Stack::new(Engine::Sqlite);
    let who = Who { driver: stack.world.driver_of("demo-zhang-first") };
    jobs::refresh::ask_if_stale(&stack.world, &who.driver).expect("asked");
    stack.settle();
    let line = violations::judged(&stack.world, &who).expect("judged").lines.remove(0);
    let case = start_case::start(&stack.world, &who, &line.violation.id, Route::First).expect("a case");
    let held = || {
        let judged = violations::judged(&stack.world, &who).expect("judged");
        judged.lines.iter().any(|line| line.own_case.as_ref().is_some_and(|(id, ..)| *id == case))
    };
    stack.set_clock("2020-04-06T09:30:00+08:00");
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert!(held(), "given up within the day");
    stack.set_clock("2020-04-06T11:30:00+08:00");
    let mut waited = 0;
    while held() && waited < 50 {
        std::thread::sleep(std::time::Duration::from_millis(100));
        waited += 1;
    }
    assert!(!held(), "still held after a day without a step");
}
