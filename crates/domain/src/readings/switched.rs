//! Readings behind parameters that the shipped packs leave off: the same pack with the parameter switched on.

use crate::calendar::Calendar;
use crate::facts::{RawFacts, facts_from_value, merge_json, toml_to_json};
use crate::offences::OffenceTable;
use crate::refusal::{Question, Refusal};
use crate::rules::{Outcome, Pack, SHIPPED, Verdict, cases};

/// A shipped pack with one parameter changed.
fn pack_with(id: &str, parameter: &str, from: &str, to: &str) -> Pack {
    let file = SHIPPED.iter().find(|file| file.name.contains(id)).expect("a shipped pack");
    let (old, new) =
        (format!("\"{parameter}\" = {{ value = {from},"), format!("\"{parameter}\" = {{ value = {to},"));
    assert_eq!(file.text.matches(&old).count(), 1, "{old}");
    Pack::parse(file.name, &file.text.replace(&old, &new), &OffenceTable::builtin()).expect("a good pack")
}

fn facts(id: &str, changes: &str) -> RawFacts {
    let tree = |text: &str| toml_to_json(toml::Value::Table(text.parse().expect("facts")));
    let mut base = tree(cases::clean(id));
    merge_json(&mut base, tree(changes));
    facts_from_value(base).expect("facts")
}

fn ask(pack: &Pack, question: Question, facts: &RawFacts) -> Verdict {
    let at = if &**pack.id() == "wuhan-2019" { "2020-04-05T10:00+08:00" } else { "2026-11-23T10:00+08:00" };
    pack.evaluate(question, facts, at.parse().expect("an instant"), &Calendar::builtin())
}

fn refused(verdict: &Verdict) -> Vec<Refusal> {
    assert_ne!(verdict.outcome, Outcome::Unknown, "{:?}", verdict.reasons);
    verdict.refused().collect()
}

/// A decided violation of the vehicle, driven by someone else, so that only the clean months see it.
fn vehicle_decision(occurred: &str, number: &str) -> String {
    format!(
        "[history]\nvehicle_decisions = [{{ number = \"{number}\", code = \"1039\", occurred_at = {occurred}, \
         decided = 2020-03-20, annulled = false }}]\n"
    )
}

/// The violation is of 2020-04-01 09:30: six months before is 2019-10-01, the whole day inside.
#[test]
fn reading_a07_the_corresponding_day_is_inside_and_the_end_is_the_time_itself() {
    let pack = pack_with("wuhan-2019", "first.clean_months", "0", "6");
    for (occurred, clean) in [
        ("2019-09-30T23:59:59+08:00", true),
        ("2019-10-01T00:00:00+08:00", false),
        ("2019-10-01T12:00:00+08:00", false),
        ("2020-04-01T09:29:59+08:00", false),
        ("2020-04-01T09:30:00+08:00", true),
    ] {
        let verdict =
            ask(&pack, Question::First, &facts("wuhan-2019", &vehicle_decision(occurred, "420100-1")));
        let want = if clean { vec![] } else { vec![Refusal::FNotCleanMonths] };
        assert_eq!(refused(&verdict), want, "a violation of {occurred}");
    }
    let annulled = vehicle_decision("2020-01-01T12:00:00+08:00", "420100-1")
        .replace("annulled = false", "annulled = true");
    assert_eq!(refused(&ask(&pack, Question::First, &facts("wuhan-2019", &annulled))), []);
}

/// Yuyao writes no place beside its six months: a violation decided in another province counts as well.
#[test]
fn reading_a08_the_clean_months_count_violations_everywhere() {
    let pack = pack_with("wuhan-2019", "first.clean_months", "0", "6");
    for number in ["420100-1", "330281-1", "110105-1"] {
        let changes = vehicle_decision("2020-01-01T12:00:00+08:00", number);
        let verdict = ask(&pack, Question::First, &facts("wuhan-2019", &changes));
        assert_eq!(refused(&verdict), [Refusal::FNotCleanMonths], "decided by {number}");
    }
}

#[test]
fn reading_a09_only_older_records_must_be_handled_of_driver_and_vehicle() {
    let pack = pack_with("wuhan-2019", "first.older_handled", "false", "true");
    let open = |list: &str, occurred: &str| {
        format!(
            "[history]\n{list} = [{{ id = \"4201000000000009\", code = \"1039\", occurred_at = {occurred}, \
             plate = \"02:鄂A12345\" }}]\n"
        )
    };
    for (list, occurred, want) in [
        // Of an earlier points year, so that it is not the first of this one's business.
        ("open_records", "2019-06-01T08:00:00+08:00", vec![Refusal::FOpenOld]),
        ("vehicle_open_records", "2019-06-01T08:00:00+08:00", vec![Refusal::FOpenOld]),
        ("vehicle_open_records", "2020-04-01T09:29:59+08:00", vec![Refusal::FOpenOld]),
        ("open_records", "2020-04-03T08:00:00+08:00", vec![]),
        ("vehicle_open_records", "2020-04-03T08:00:00+08:00", vec![]),
    ] {
        let verdict = ask(&pack, Question::First, &facts("wuhan-2019", &open(list, occurred)));
        assert_eq!(refused(&verdict), want, "{list} of {occurred}");
    }
    let shipped = pack_with("wuhan-2019", "first.older_handled", "false", "false");
    let older = facts("wuhan-2019", &open("vehicle_open_records", "2019-06-01T08:00:00+08:00"));
    assert_eq!(refused(&ask(&shipped, Question::First, &older)), [], "Wuhan does not ask for it");
}

#[test]
fn reading_a35_a_city_may_ask_it_of_own_vehicles_too() {
    let pack = pack_with("national-2022", "limits.before_binding_others_only", "true", "false");
    let bound = |at: &str| facts("national-2022", &format!("[relation]\nbound_at = {at}\n"));
    assert_eq!(refused(&ask(&pack, Question::Handle, &bound("2026-11-02T09:30:00+08:00"))), []);
    let late = ask(&pack, Question::Handle, &bound("2026-11-02T09:30:01+08:00"));
    assert_eq!(refused(&late), [Refusal::VehBoundAfter]);
}

fn batch(on_licence: i32, in_batch: i32, vehicle: &str) -> RawFacts {
    facts(
        "national-2022",
        &format!(
            "[violation]\ncode = \"1313\"\npoints_now = 3\npoints_then = 3\n[driver]\npoints = {on_licence}\n\
             [batch]\npoints = {in_batch}\nvehicles = [\"{vehicle}\"]\n"
        ),
    )
}

/// 3 + 6 + 3 on one vehicle from 0, with the other setting.
#[test]
fn trap_04_one_vehicle_may_pass_eleven_where_the_city_follows_art_14() {
    let pack = pack_with("national-2022", "limits.one_vehicle_may_pass_total", "false", "true");
    assert_eq!(refused(&ask(&pack, Question::Handle, &batch(0, 9, "02:鄂A12345"))), [], "12 by one vehicle");
    assert_eq!(refused(&ask(&pack, Question::Handle, &batch(0, 9, "02:鄂A99999"))), [Refusal::DPoints12]);
}

#[test]
fn reading_a41_art_14_to_the_letter_for_the_vehicle_of_the_running_batch() {
    let pack = pack_with("national-2022", "limits.one_vehicle_may_pass_total", "false", "true");
    assert_eq!(
        refused(&ask(&pack, Question::Handle, &batch(0, 12, "02:鄂A12345"))),
        [],
        "the running vehicle goes on"
    );
    let other = ask(&pack, Question::Handle, &batch(0, 12, "02:鄂A99999"));
    assert_eq!(refused(&other), [Refusal::DPoints12, Refusal::DOtherVehicleFull]);
}
