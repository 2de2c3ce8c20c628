//! J9, J10: every reason that the platform can know is reachable by somebody of the pretend city, and every state of
//! both programmes.

use std::collections::BTreeSet;

use clearway_service::assess::ProgrammeState;
use clearway_service::citizen::{Who, violations};
use clearway_service::{Error, jobs};

use super::stack::{Engine, Stack};

fn state(state: ProgrammeState) -> &'static str {
    match state {
        ProgrammeState::Checking => "checking",
        ProgrammeState::Usable => "usable",
        ProgrammeState::NotUsable => "not_usable",
        ProgrammeState::Used => "used",
        ProgrammeState::CouldNotCheck => "could_not_check",
    }
}

#[test]
fn every_persona_meets_what_it_stands_for() {
    let stack = Stack::new(Engine::Sqlite);
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    for account in
        stack.city.accounts.iter().filter(|account| !account.persona.is_empty() && account.verified)
    {
        let who = Who { driver: stack.world.driver_of(&account.openid) };
        jobs::refresh::ask_if_stale(&stack.world, &who.driver).expect("asked");
        // Somebody whose sources are slow is looked at while they are still being asked.
        if !account.shows.iter().any(|show| show == "first:checking") {
            stack.settle();
        }
        let mut codes = BTreeSet::new();
        match violations::judged(&stack.world, &who) {
            Ok(assessment) => {
                for line in &assessment.lines {
                    for verdict in [&line.handle, &line.pay, &line.first, &line.study] {
                        codes.extend(verdict.reasons.iter().map(|reason| reason.refusal.code().to_owned()));
                        codes.extend(verdict.notes.iter().map(|reason| reason.refusal.code().to_owned()));
                    }
                }
                codes.extend(assessment.first.reasons.iter().map(|reason| reason.refusal.code().to_owned()));
                codes.extend(assessment.study.reasons.iter().map(|reason| reason.refusal.code().to_owned()));
                codes.insert(format!("first:{}", state(assessment.first.state)));
                codes.insert(format!("study:{}", state(assessment.study.state)));
            }
            Err(Error::NotVerified) => {
                codes.insert("ID_NOT_VERIFIED".to_owned());
            }
            Err(error) => panic!("{}: {error}", account.openid),
        }
        for show in &account.shows {
            if !codes.contains(show) {
                missing.push(format!("{} should meet {show}, meets {codes:?}", account.openid));
            }
        }
        seen.extend(codes);
    }
    assert!(missing.is_empty(), "{}\n{} codes seen: {seen:?}", missing.join("\n"), seen.len());
}
