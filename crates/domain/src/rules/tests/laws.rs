//! The law where a case file shows it less well: boundaries swept, switches of a city, and both sides of a reading.

use serde_json::{Value as Json, json};

use crate::Calendar;
use crate::facts::{RawFacts, facts_from_value, merge_json, toml_to_json};
use crate::offences::OffenceTable;
use crate::refusal::{Question, Refusal};
use crate::rules::{Outcome, Pack, SHIPPED, Verdict, cases};

pub(super) fn pack(number: usize) -> Pack {
    Pack::parse(SHIPPED[number].name, SHIPPED[number].text, &OffenceTable::builtin())
        .expect("a shipped pack is good")
}

pub(super) fn clean(pack: &Pack) -> Json {
    toml_to_json(toml::Value::Table(cases::clean(pack.id()).parse().expect("a shipped clean driver is good")))
}

pub(super) fn facts(pack: &Pack, patch: Json) -> RawFacts {
    let mut tree = clean(pack);
    merge_json(&mut tree, patch);
    facts_from_value(tree).expect("the patch is in the format")
}

fn ask(pack: &Pack, question: Question, at: &str, patch: Json) -> Verdict {
    pack.evaluate(question, &facts(pack, patch), at.parse().expect("an instant"), &Calendar::builtin())
}

fn refused(verdict: &Verdict) -> Vec<Refusal> {
    verdict.refused().collect()
}

const IN_2018: &str = "2018-04-05T10:00+08:00";
const IN_2020: &str = "2020-04-05T10:00+08:00";
const IN_2026: &str = "2026-11-23T10:00+08:00";

/// A pack with one value changed, as a city would.
fn switched(number: usize, from: &str, to: &str) -> Pack {
    let text = SHIPPED[number].text;
    assert_eq!(text.matches(from).count(), 1, "`{from}` must stand once");
    Pack::parse("switched.toml", &text.replace(from, to), &OffenceTable::builtin())
        .expect("still a good pack")
}

#[test]
fn trap_01_at_most_200_yuan_but_under_6_points() {
    let pack = pack(1);
    for (fine, points, allowed) in
        [(20_000, 5, true), (20_001, 5, false), (20_000, 6, false), (20_001, 6, false)]
    {
        let patch = json!({"violation": {"code": "1039", "fine_fen": fine, "points_then": points}});
        let verdict = ask(&pack, Question::First, IN_2020, patch);
        assert_eq!(verdict.is_allowed(), allowed, "{fine} fen, {points} points: {:?}", refused(&verdict));
    }
}

#[test]
fn handling_ends_at_200_yuan_and_11_points_and_twelve_gives_both_reasons() {
    let pack = pack(1);
    let with = |fine: i64, points: i64| {
        let patch = json!({"violation": {"code": "1039", "fine_fen": fine, "points_then": points}});
        refused(&ask(&pack, Question::Handle, IN_2020, patch))
    };
    assert_eq!(with(20_000, 11), []);
    assert_eq!(with(20_100, 3), [Refusal::VFineOver200]);
    assert_eq!(with(20_000, 12), [Refusal::VPointsOverLimit, Refusal::VTwelve, Refusal::DPoints12]);
}

#[test]
fn trap_03_two_earlier_years_against_the_last_three_cycles() {
    // A points year begins on 15 June. Wuhan looks at the two earlier years and not at the current one.
    let wuhan = pack(1);
    let red_light = |occurred: &str, decided: &str| {
        let patch = json!({"history": {"decisions": [{"code": "1625", "occurred_at": occurred, "decided": decided,
            "annulled": false, "paid": true, "points": 6, "plate": "02:鄂A12345"}]}});
        refused(&ask(&wuhan, Question::First, IN_2020, patch))
    };
    assert_eq!(red_light("2017-06-14T23:59:59+08:00", "2017-07-01"), [], "one day before the two years");
    assert_eq!(red_light("2017-06-15T00:00:00+08:00", "2017-07-01"), [Refusal::FSerious2y]);
    assert_eq!(red_light("2019-06-14T23:59:59+08:00", "2019-07-01"), [Refusal::FSerious2y]);
    assert_eq!(
        red_light("2019-06-15T00:00:00+08:00", "2019-07-01"),
        [Refusal::FHasRecord],
        "the current year"
    );

    // Order 163 looks at three cycles, the current one included, by the day of the penalty.
    let national = pack(2);
    let drink = |decided: &str| {
        let patch = json!({"history": {"decisions": [{"code": "1712", "occurred_at": "2020-01-01T00:00:00+08:00",
            "decided": decided, "annulled": false, "paid": true, "points": 12}]}});
        refused(&ask(&national, Question::Study, IN_2026, patch))
    };
    assert_eq!(drink("2024-06-14"), [], "three cycles ago");
    assert_eq!(drink("2024-06-15"), [Refusal::SSerious3c]);
    assert_eq!(drink("2026-11-01"), [Refusal::SSerious3c], "the current cycle counts");
}

/// Two of them, in an earlier year and in this one: the day that is promised is one on which none of them counts any more.
#[test]
fn the_day_from_which_nothing_serious_counts_looks_at_this_year_too() {
    let wuhan = pack(1);
    let both = || {
        json!({"history": {"decisions": [
            {"code": "1625", "occurred_at": "2018-01-10T08:30:00+08:00", "decided": "2018-01-20", "annulled": false},
            {"code": "1625", "occurred_at": "2019-09-01T08:30:00+08:00", "decided": "2019-09-10", "annulled": false},
        ]}})
    };
    let first = ask(&wuhan, Question::First, IN_2020, both());
    let serious = |verdict: &Verdict| {
        verdict.reasons.iter().find(|reason| reason.refusal == Refusal::FSerious2y).cloned()
    };
    let turns_on = serious(&first).expect("a red light in an earlier year").turns_on.expect("a day");
    assert_eq!(turns_on.to_string(), "2022-06-15");
    let on = |day: &str| serious(&ask(&wuhan, Question::First, &format!("{day}T10:00+08:00"), both()));
    assert!(
        on("2020-06-15").is_some() && on("2021-06-15").is_some(),
        "the later one counts from the next year on"
    );
}

#[test]
fn trap_04_three_six_three_on_one_vehicle_under_both_settings() {
    let strict = pack(2);
    let literal = switched(
        2,
        "\"limits.one_vehicle_may_pass_total\" = { value = false",
        "\"limits.one_vehicle_may_pass_total\" = { value = true",
    );
    let third = |pack: &Pack, vehicle: &str| {
        let patch = json!({"driver": {"points": 0}, "violation": {"code": "1625", "points_now": 3, "points_then": 3},
            "batch": {"points": 9, "vehicles": [vehicle]}});
        refused(&ask(pack, Question::Handle, IN_2026, patch))
    };
    assert_eq!(third(&strict, "02:鄂A12345"), [Refusal::DPoints12], "the platform stops at 11");
    assert_eq!(third(&literal, "02:鄂A12345"), [], "article 14: one vehicle may pass 12");
    assert_eq!(third(&literal, "02:鄂B88888"), [Refusal::DPoints12], "not with another vehicle in the batch");
    let fourth = json!({"driver": {"points": 0}, "violation": {"code": "1039", "points_now": 0, "points_then": 0},
        "batch": {"points": 12, "vehicles": ["02:鄂B88888"]}});
    let full = refused(&ask(&literal, Question::Handle, IN_2026, fourth));
    assert!(full.contains(&Refusal::DOtherVehicleFull), "another vehicle at 12: {full:?}");
}

#[test]
fn trap_08_a_warning_used_annulled_or_unclear() {
    let pack = pack(1);
    let used = |annulled: Json| {
        let patch = json!({"history": {"programme_uses": [{"programme": "first", "date": "2019-09-01", "annulled": annulled}]}});
        ask(&pack, Question::First, IN_2020, patch)
    };
    assert_eq!(refused(&used(json!(false))), [Refusal::FUsed]);
    assert!(used(json!(true)).is_allowed());
    let unclear = used(json!("unknown"));
    assert_eq!(unclear.outcome, Outcome::Unknown);
    assert_eq!(unclear.undecided().collect::<Vec<_>>(), [Refusal::SvcCannotDetermine, Refusal::FUsed]);
}

#[test]
fn trap_09_the_cap_counts_what_was_granted_in_the_cycle_of_the_decision() {
    let pack = pack(2);
    let granted = |date: &str, at: &str| {
        let uses: Vec<Json> = (0..6)
            .map(|_| json!({"programme": "study", "date": date, "annulled": false, "points": 1}))
            .collect();
        refused(&ask(&pack, Question::Study, at, json!({"history": {"programme_uses": uses}})))
    };
    assert_eq!(granted("2026-06-15", IN_2026), [Refusal::SCap]);
    assert_eq!(granted("2026-06-14", "2026-06-14T10:00+08:00"), [Refusal::SCap]);
    assert_eq!(
        granted("2026-06-14", "2026-06-15T10:00+08:00"),
        [],
        "passed after the roll-over: a new cycle"
    );
}

#[test]
fn trap_10_the_exclusion_works_in_one_direction_only() {
    let study_used = json!({"history": {"programme_uses": [
        {"programme": "study", "date": "2019-08-01", "used": true, "annulled": false, "points": 4}]}});
    let study_earned = json!({"history": {"programme_uses": [
        {"programme": "study", "date": "2019-08-01", "used": false, "annulled": false, "points": 4}]}});
    let first_used = json!({"history": {"programme_uses": [
        {"programme": "first", "date": "2019-08-01", "annulled": false}]}});
    let pack = pack(1);
    assert_eq!(refused(&ask(&pack, Question::First, IN_2020, study_used.clone())), [Refusal::FStudyUsed]);
    assert!(
        ask(&pack, Question::First, IN_2020, study_earned).is_allowed(),
        "earned and unused does not block"
    );
    assert!(ask(&pack, Question::Study, IN_2020, first_used).is_allowed());
    let old = super::laws::pack(0);
    let patch = json!({"history": {"programme_uses": [
        {"programme": "study", "date": "2017-08-01", "used": true, "annulled": false, "points": 3}]}});
    assert!(ask(&old, Question::First, IN_2018, patch).is_allowed(), "the conditions of 2017 do not exclude");
}

#[test]
fn a07_the_corresponding_day_is_inside_and_the_end_is_the_hour() {
    let pack = switched(1, "\"first.clean_months\" = { value = 0", "\"first.clean_months\" = { value = 6");
    let other = |occurred: &str| {
        let patch = json!({
            "violation": {"occurred_at": "2020-06-01T10:00:00+08:00"},
            "driver": {"first_licence": "2010-01-15"},
            "history": {"vehicle_decisions": [{"code": "1039", "occurred_at": occurred, "annulled": false}]}});
        ask(&pack, Question::First, "2020-06-10T10:00+08:00", patch)
    };
    assert!(other("2019-11-30T23:59:59+08:00").is_allowed());
    let inside = other("2019-12-01T00:00:00+08:00");
    assert_eq!(refused(&inside), [Refusal::FNotCleanMonths]);
    assert_eq!(inside.reasons[0].shown("until"), Some("2020-12-02"));
    assert!(
        other("2020-06-01T10:00:00+08:00").is_allowed(),
        "the very moment of the violation is not before it"
    );
}

#[test]
fn a09_older_records_of_driver_and_of_vehicle_count_each() {
    let pack =
        switched(1, "\"first.older_handled\" = { value = false", "\"first.older_handled\" = { value = true");
    let open = |list: &str, occurred: &str| {
        let patch = json!({"history": {list: [{"id": "x", "occurred_at": occurred}]}});
        refused(&ask(&pack, Question::First, IN_2020, patch))
    };
    assert_eq!(open("vehicle_open_records", "2019-01-01T08:00:00+08:00"), [Refusal::FOpenOld]);
    assert_eq!(open("open_records", "2019-01-01T08:00:00+08:00"), [Refusal::FOpenOld]);
    assert_eq!(open("vehicle_open_records", "2020-04-02T08:00:00+08:00"), [], "a younger one does not");
    let jam = switched(1, "\"first.jam_blocks\" = { value = false", "\"first.jam_blocks\" = { value = true");
    let patch = json!({"violation": {"caused_jam": true}});
    assert_eq!(refused(&ask(&jam, Question::First, IN_2020, patch.clone())), [Refusal::FJam]);
    assert!(
        ask(&super::laws::pack(1), Question::First, IN_2020, patch).is_allowed(),
        "Wuhan does not ask for it"
    );
}

#[test]
fn a34_hours_and_what_was_confirmed_in_time() {
    let pack = pack(1);
    let at = |at: &str, confirmed: Json| {
        ask(&pack, Question::Handle, at, json!({"service": {"confirmed_at": confirmed}})).outcome
    };
    let none = || json!("unknown");
    assert_eq!(at("2020-04-05T05:59:59+08:00", none()), Outcome::Refused);
    assert_eq!(at("2020-04-05T06:00:00+08:00", none()), Outcome::Allowed);
    assert_eq!(at("2020-04-05T21:59:59+08:00", none()), Outcome::Allowed);
    assert_eq!(at("2020-04-05T22:00:00+08:00", none()), Outcome::Refused);
    assert_eq!(at("2020-04-05T22:03:00+08:00", json!("2020-04-05T21:59:59+08:00")), Outcome::Allowed);
    assert_eq!(at("2020-04-05T22:03:00+08:00", json!("2020-04-05T22:01:00+08:00")), Outcome::Refused);
}

#[test]
fn a37_a_vehicle_seen_before_goes_on_and_a_fourth_does_not() {
    let pack = pack(1);
    let three: Vec<Json> = ["02:鄂B11111", "02:鄂B22222", "02:鄂B33333"]
        .iter()
        .map(|plate| {
            json!({"code": "1039", "occurred_at": "2019-07-01T08:00:00+08:00", "decided": "2019-08-01",
                "annulled": false, "paid": true, "points": 0, "plate": plate})
        })
        .collect();
    let with = |plate: &str| {
        let patch = json!({"vehicle": {"plate": plate}, "history": {"decisions": three}});
        refused(&ask(&pack, Question::Handle, IN_2020, patch))
    };
    assert_eq!(with("02:鄂A12345"), [Refusal::Veh3PerCycle]);
    assert_eq!(with("02:鄂B22222"), []);
    assert_eq!(with("01:鄂B22222").len(), 1, "the same number of another kind is another vehicle");
}

#[test]
fn trap_18_a_listed_speeding_without_its_measurement_cannot_be_decided() {
    let pack = pack(1);
    let speed = |measured: Json, limit: Json| {
        ask(
            &pack,
            Question::First,
            IN_2020,
            json!({"violation": {"speed_measured": measured, "speed_limit": limit}}),
        )
    };
    assert!(speed(json!(71), json!(60)).is_allowed(), "18 percent");
    assert_eq!(refused(&speed(json!(72), json!(60))), [Refusal::FCode], "20 percent is not under 20");
    for (measured, limit) in
        [(json!("unknown"), json!(60)), (json!(69), json!("unknown")), (json!(60), json!(60))]
    {
        assert_eq!(speed(measured, limit).outcome, Outcome::Unknown);
    }
}

#[test]
fn pay_first_is_a_step_and_not_a_condition_to_begin() {
    let pack = pack(1);
    assert!(ask(&pack, Question::Study, IN_2020, json!({})).is_allowed());
    let done = json!({"step": {"asking": "decide", "study_seconds": 30, "quiz": "passed"}});
    assert_eq!(refused(&ask(&pack, Question::Study, IN_2020, done.clone())), [Refusal::SLegacyPayFirst]);
    let mut paid = done;
    merge_json(&mut paid, json!({"violation": {"paid": true}}));
    assert!(ask(&pack, Question::Study, IN_2020, paid).is_allowed());
    let hasty = json!({"step": {"asking": "decide", "study_seconds": 29, "quiz": "failed"}, "violation": {"paid": true}});
    assert_eq!(refused(&ask(&pack, Question::Study, IN_2020, hasty)), [Refusal::STime, Refusal::SExamFail]);
}

#[test]
fn the_reminder_comes_with_handling_and_paying_when_a_warning_is_possible() {
    let pack = pack(1);
    let has = |verdict: &Verdict| verdict.notes.iter().any(|note| note.refusal == Refusal::FUnusedReminder);
    assert!(has(&ask(&pack, Question::Handle, IN_2020, json!({}))));
    assert!(has(&ask(&pack, Question::Pay, IN_2020, json!({}))));
    let used = json!({"history": {"programme_uses": [{"programme": "first", "date": "2019-09-01", "annulled": false}]}});
    assert!(!has(&ask(&pack, Question::Handle, IN_2020, used)));
    let unclear = json!({"history": {"programme_uses": [{"programme": "first", "date": "2019-09-01"}]}});
    assert!(!has(&ask(&pack, Question::Handle, IN_2020, unclear)), "unknown is not possible");
}
