//! The shipped packs and their case files.

use std::path::Path;

use jiff::civil::date;

use crate::offences::OffenceTable;
use crate::refusal::Question;
use crate::rules::{Outcome, Packs, cases};
use crate::world::midnight;

fn shipped() -> Packs {
    match Packs::parse(&crate::rules::SHIPPED, &OffenceTable::builtin()) {
        Ok(packs) => packs,
        Err(problems) => {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    }
}

#[test]
fn every_day_since_the_end_of_2016_has_exactly_one_pack() {
    let packs = shipped();
    let ids = |day| packs.in_force(midnight(day)).map(|pack| pack.id().to_string());
    assert_eq!(ids(date(2016, 12, 30)), None);
    assert_eq!(ids(date(2016, 12, 31)).as_deref(), Some("wuhan-2016"));
    assert_eq!(ids(date(2019, 11, 30)).as_deref(), Some("wuhan-2016"));
    assert_eq!(ids(date(2019, 12, 1)).as_deref(), Some("wuhan-2019"));
    assert_eq!(ids(date(2022, 3, 31)).as_deref(), Some("wuhan-2019"));
    assert_eq!(ids(date(2022, 4, 1)).as_deref(), Some("national-2022"));
    assert_eq!(ids(date(2026, 11, 23)).as_deref(), Some("national-2022"));
}

#[test]
fn nothing_stands_in_the_way_of_the_clean_driver() {
    let packs = shipped();
    for (id, at) in [
        ("wuhan-2016", "2018-04-05T10:00+08:00"),
        ("wuhan-2019", "2020-04-05T10:00+08:00"),
        ("national-2022", "2026-11-23T10:00+08:00"),
    ] {
        let pack = packs.by_id(id).unwrap();
        let facts = crate::facts::facts_from_toml(cases::clean(id)).unwrap();
        for question in Question::ALL {
            let verdict = pack.evaluate(question, &facts, at.parse().unwrap(), &crate::Calendar::builtin());
            assert_eq!(verdict.outcome, Outcome::Allowed, "{id} {question:?}: {:?}", verdict.reasons);
        }
    }
}

/// Every case file of every shipped pack; a folder without cases fails.
#[test]
fn every_case_file_is_answered_as_the_law_says() {
    let packs = shipped();
    let mut wrong = Vec::new();
    for pack in packs.iter() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(&**pack.id()).join("cases");
        let mut count = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            count += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            if let Err(difference) = cases::run(pack, &text) {
                wrong.push(format!("{}: {difference}", path.display()));
            }
        }
        assert!(count >= 3, "{} has only {count} case files", pack.id());
    }
    assert!(wrong.is_empty(), "{} case files differ\n{}", wrong.len(), wrong.join("\n"));
}
