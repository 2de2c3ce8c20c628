//! The pretend city as data: repeatable, consistent, complete.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeSet, HashSet};

use clearway_sims::city::{self, City, Plan};

fn city_at(at: &str) -> City {
    city::make(Plan::at(at.parse().unwrap()))
}

const LEGACY: &str = "2020-04-05T10:00:00+08:00";
const NATIONAL: &str = "2026-11-23T10:00:00+08:00";

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let text = |city: &City| serde_json::to_string(city).unwrap();
    let one = city_at(LEGACY);
    assert_eq!(text(&one), text(&city_at(LEGACY)));
    let other = city::make(Plan { seed: 2, ..Plan::at(LEGACY.parse().unwrap()) });
    assert_ne!(text(&one), text(&other));
    let read: City = serde_json::from_str(&text(&one)).unwrap();
    assert_eq!(text(&read), text(&one));
}

#[test]
fn the_city_has_the_promised_size() {
    for at in [LEGACY, NATIONAL] {
        let city = city_at(at);
        assert!(city.drivers.len() >= 2000, "{}", city.drivers.len());
        assert!(city.records.len() >= 5000, "{}", city.records.len());
        let personas = city.accounts.iter().filter(|a| !a.persona.is_empty()).count();
        assert!(personas >= 60, "{personas}");
    }
}

#[test]
fn everything_points_at_something() {
    for at in [LEGACY, NATIONAL] {
        let city = city_at(at);
        let drivers: HashSet<&str> = city.drivers.iter().map(|d| d.id_number.as_str()).collect();
        let plates: HashSet<(&str, &str)> =
            city.vehicles.iter().map(|v| (v.plate_kind.as_str(), v.plate.as_str())).collect();
        let records: HashSet<&str> = city.records.iter().map(|r| r.serial.as_str()).collect();
        let decisions: HashSet<&str> = city.decisions.iter().map(|d| d.number.as_str()).collect();
        assert_eq!(drivers.len(), city.drivers.len(), "identity numbers are unique");
        assert_eq!(plates.len(), city.vehicles.len(), "plates are unique");
        assert_eq!(records.len(), city.records.len(), "serials are unique");
        assert_eq!(decisions.len(), city.decisions.len(), "decision numbers are unique");
        let openids: HashSet<&str> = city.accounts.iter().map(|a| a.openid.as_str()).collect();
        assert_eq!(openids.len(), city.accounts.len(), "openids are unique");
        for account in &city.accounts {
            assert!(account.id_number.as_deref().is_none_or(|id| drivers.contains(id)), "{}", account.openid);
            assert!(
                account.bound.iter().all(|b| plates.contains(&(b.plate_kind.as_str(), b.plate.as_str())))
            );
        }
        for record in &city.records {
            assert!(plates.contains(&(record.plate_kind.as_str(), record.plate.as_str())));
            assert!(record.at <= city.at && record.entered_at <= city.at, "{record:?}");
            assert_eq!(record.handled == "1", decisions.contains(record.decision.as_str()), "{record:?}");
        }
        for decision in &city.decisions {
            assert!(drivers.contains(decision.id_number.as_str()));
            assert!(decision.record.is_empty() || records.contains(decision.record.as_str()));
            assert!(decision.at <= decision.decided_at && decision.decided_at <= city.at, "{decision:?}");
            assert_eq!((decision.number.len(), decision.check_digit.len()), (15, 1));
        }
        assert_eq!(city.driver_files.len(), city.drivers.len());
        assert!(city.driver_files.iter().all(|f| drivers.contains(f.id_number.as_str())));
    }
}

#[test]
fn every_number_has_its_shape() {
    let city = city_at(LEGACY);
    for driver in &city.drivers {
        let id = &driver.id_number;
        assert_eq!(id.len(), 18, "{id}");
        assert_eq!(city::numbers::id_check(&id[..17]), id.chars().last().unwrap(), "{id}");
        assert_eq!(driver.file_number.len(), 12);
        assert_eq!(driver.phone.len(), 11);
    }
    for vehicle in &city.vehicles {
        let length = if vehicle.plate_kind == "52" { 8 } else { 7 };
        assert_eq!(vehicle.plate.chars().count(), length, "{}", vehicle.plate);
        assert!(!vehicle.plate.contains(['I', 'O']), "{}", vehicle.plate);
        assert_eq!(vehicle.vin.len(), 17);
        assert!(!vehicle.vin.contains(['I', 'O', 'Q']), "{}", vehicle.vin);
    }
    assert!(city.records.iter().all(|r| r.serial.len() == 16));
}

#[test]
fn codes_belong_to_their_time() {
    let table = city::Offences::load();
    let change = "2022-04-01T00:00:00+08:00".parse::<jiff::Timestamp>().unwrap();
    for at in [LEGACY, NATIONAL] {
        for record in city_at(at).records {
            let row = table.get(&record.code).unwrap();
            let day = clearway_sims::clock::day_of(record.at);
            assert!(row.in_use(day), "{} on {day}", record.code);
            assert_eq!(record.points, Some(row.points(day)), "{}", record.code);
            assert!(record.at < change || row.status == "active", "{}", record.code);
        }
    }
}

/// The reasons of the catalogue that depend on a flow and not on a person, or belong to another city's pack or to the
/// information that every driver sees; they are shown in passing and need no persona.
const IN_PASSING: &[&str] = &[
    "SVC_CLOSED",
    "SVC_QUOTA",
    "F_NOT_ENABLED",
    "F_QUIZ",
    "F_REVIEW",
    "S_LEGACY_PAY_FIRST",
    "R_OBJECT",
    "R_STATEMENT",
    "R_RECONSIDER",
    "R_EXTENSION",
];

#[test]
fn every_reason_has_somebody() {
    let catalogue = include_str!("../data/reasons.csv");
    let wanted: BTreeSet<&str> = catalogue
        .lines()
        .skip(1)
        .filter_map(|l| l.split(',').next())
        .filter(|c| !IN_PASSING.contains(c))
        .collect();
    let mut shown = BTreeSet::new();
    let (legacy, national) = (city_at(LEGACY), city_at(NATIONAL));
    for account in legacy.accounts.iter().chain(&national.accounts) {
        shown.extend(account.shows.iter().chain(&account.on_the_way).map(String::as_str));
    }
    let missing: Vec<_> = wanted.difference(&shown).collect();
    assert!(missing.is_empty(), "nobody shows {missing:?}");
    let states: BTreeSet<&str> = shown.iter().filter(|s| s.contains(':')).copied().collect();
    for state in ["checking", "usable", "not_usable", "used", "could_not_check"] {
        assert!(states.contains(format!("first:{state}").as_str()), "first:{state}");
    }
    let unknown: Vec<_> =
        shown.iter().filter(|s| !s.contains(':') && !catalogue.contains(&format!("\n{s},"))).collect();
    assert!(unknown.is_empty(), "not in the catalogue: {unknown:?}");
}
