//! J9, J10: every reason that the platform can know is reachable by somebody of the pretend city, and every state of
//! both programmes: in the city's regime and in the national one.

use std::collections::BTreeSet;

use clearway_domain::rules::Verdict;
use clearway_service::assess::{self, Assessment, ProgrammeState};
use clearway_service::citizen::{Who, violations};
use clearway_service::dossier::Topic;
use clearway_service::{Error, jobs};
use clearway_store::readmodel;

use super::stack::{Engine, OPENING, Stack};

/// Whose file takes eight seconds to come.
const SLOW: &str = "demo-slow";

/// Codes that no page of one person at one moment can show, and where they are shown instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("ID_FACE_FAIL", "no shipped pack asks for a face check"),
    ("VEH_NOT_BOUND", "records of a vehicle that nobody bound are not shown at all"),
];

fn word(state: ProgrammeState) -> &'static str {
    match state {
        ProgrammeState::Checking => "checking",
        ProgrammeState::Usable => "usable",
        ProgrammeState::NotUsable => "not_usable",
        ProgrammeState::Used => "used",
        ProgrammeState::CouldNotCheck => "could_not_check",
    }
}

fn codes_of(stack: &Stack, assessment: &Assessment) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut take = |verdict: &Verdict| {
        let reasons = verdict.reasons.iter().chain(&verdict.notes);
        codes.extend(reasons.map(|reason| reason.refusal.code().to_owned()));
    };
    for violation in &assessment.dossier.violations {
        let line =
            assess::line_of(&stack.world, assessment, &violation.id).expect("a violation of the dossier");
        [&line.handle, &line.pay, &line.first, &line.study].into_iter().for_each(&mut take);
    }
    for programme in [&assessment.first, &assessment.study] {
        codes.extend(programme.reasons.iter().map(|reason| reason.refusal.code().to_owned()));
        codes.insert(format!("{}:{}", programme.question.word(), word(programme.state)));
    }
    codes
}

fn everybody_meets_what_they_stand_for(at: &str) -> BTreeSet<String> {
    let stack = Stack::at(Engine::Sqlite, at);
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    let mut people: Vec<_> = stack
        .city
        .accounts
        .iter()
        .filter(|account| !account.persona.is_empty() && account.verified)
        .collect();
    // Whoever has slow sources comes last, so that nobody waits for them.
    people.sort_by_key(|account| account.openid == SLOW);
    for account in people {
        let who = Who { driver: stack.world.driver_of(&account.openid) };
        jobs::refresh::ask_if_stale(&stack.world, &who.driver).expect("asked");
        // Somebody whose sources are slow is looked at while they are still being asked.
        if account.openid != SLOW {
            stack.settle();
        }
        let codes = match violations::judged(&stack.world, &who) {
            Ok(assessment) => codes_of(&stack, &assessment),
            Err(Error::NotVerified) => BTreeSet::from(["ID_NOT_VERIFIED".to_owned()]),
            Err(error) => panic!("{}: {error}", account.openid),
        };
        let elsewhere = |show: &str| ELSEWHERE.iter().any(|(code, _)| *code == show);
        for show in account.shows.iter().filter(|show| !elsewhere(show) && !codes.contains(*show)) {
            missing.push(format!("{} should meet {show}, meets {codes:?}", account.openid));
        }
        seen.extend(codes);
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    seen
}

#[test]
fn everybody_meets_what_they_stand_for_in_the_citys_regime() {
    let seen = everybody_meets_what_they_stand_for(OPENING);
    for state in ["checking", "usable", "not_usable", "used", "could_not_check"] {
        assert!(seen.contains(&format!("first:{state}")), "nobody's warning is {state}");
    }
    assert!(seen.len() >= 60, "{} codes seen: {seen:?}", seen.len());
}

#[test]
fn everybody_meets_what_they_stand_for_in_the_national_regime() {
    let seen = everybody_meets_what_they_stand_for("2023-06-15T10:00:00+08:00");
    assert!(seen.contains("S_CHEATED") && seen.contains("S_FULLMARK_TWICE"), "{seen:?}");
}

/// 04C06: the feed knows whose licences were used on a vehicle; a platform that does not tell takes nothing away, is no
/// refusal and no "unknown" of handling, and holds up the programmes; a platform that tells is believed.
#[test]
fn licences_on_a_vehicle_are_known_from_the_feed_and_from_the_platform() {
    let stack = Stack::new(Engine::Sqlite);
    let who = Who { driver: stack.world.driver_of("demo-three-licences") };
    let topic = Topic::Vehicles.slug();
    let judged = || violations::judged(&stack.world, &who).expect("judged");
    let refused = |assessment: &Assessment| codes_of(&stack, assessment).contains("VEH_3_LICENCES");
    let failed =
        |assessment: &Assessment| assessment.dossier.failed_topics().any(|failed| failed == Topic::Vehicles);
    let ask = || stack.refresh("demo-three-licences");

    stack.fault("decisions_of_vehicle", "empty", 1_000);
    assert!(refused(&judged()), "the feed told it");
    ask();
    let kept = judged();
    assert!(refused(&kept) && failed(&kept), "what the feed told stays while the platform is silent");

    let now = stack.world.now().as_millisecond();
    let forget = stack.world.db.write(|tx| readmodel::learn(tx, &who.driver, topic, "[]", now));
    forget.expect("forgotten, in the shape of an earlier build");
    ask();
    let silent = judged();
    assert!(!refused(&silent) && failed(&silent));
    assert!(silent.lines.iter().all(|line| line.handle.is_allowed()), "{:?}", silent.lines[0].handle);
    assert_eq!(silent.first.state, ProgrammeState::CouldNotCheck);

    stack.control_delete("faults");
    ask();
    let told = judged();
    assert!(refused(&told) && !failed(&told), "the platform told it");
    assert_eq!(told.lines[0].facts.vehicle.licences_this_cycle, Some(3));
    let known = stack.world.db.read(|tx| readmodel::knowledge(tx, &who.driver)).expect("read");
    let body = known.iter().find(|row| row.topic == topic).and_then(|row| row.body.clone()).expect("a body");
    let numbers = stack.city.decisions.iter().map(|decision| decision.id_number.as_str());
    assert!(numbers.filter(|number| body.contains(number)).count() == 0, "nobody's number is kept: {body}");
}
