//! What the shipped packs say about themselves.

use jiff::civil::date;

use crate::offences::OffenceTable;
use crate::refusal::Question;
use crate::rules::{Packs, Param, SHIPPED};

fn shipped() -> Packs {
    Packs::parse(&SHIPPED, &OffenceTable::builtin()).unwrap()
}

#[test]
fn the_programmes_of_the_three_packs() {
    let packs = shipped();
    let study = |id: &str, day| packs.by_id(id).unwrap().programme(Question::Study, day);
    let (old, new, national) = (
        study("wuhan-2016", date(2018, 4, 5)),
        study("wuhan-2019", date(2020, 4, 5)),
        study("national-2022", date(2026, 11, 23)),
    );
    assert_eq!((old.credit, old.points, old.pay_first), (true, 3, false));
    assert_eq!((new.credit, new.points, new.pay_first), (true, 4, true));
    assert_eq!((new.study_seconds, new.questions, new.pass_mark, new.advertised_seconds), (30, 3, 3, 120));
    assert_eq!((national.credit, national.points, national.cap), (false, 1, 6));
    assert_eq!((national.study_seconds, national.study_days), (30 * 60, 3));
    assert_eq!((national.questions, national.pass_mark, national.exam_working_days), (20, 18, 7));
    let first = |id: &str, day| packs.by_id(id).unwrap().programme(Question::First, day);
    assert!(first("wuhan-2016", date(2018, 4, 5)).review, "2017: an officer reviews");
    assert!(!first("wuhan-2019", date(2020, 4, 5)).review);
    assert!(first("national-2022", date(2026, 11, 23)).enabled);
}

#[test]
fn the_public_page_has_figures_and_no_braces() {
    for pack in shipped().iter() {
        for question in Question::ALL {
            let texts = pack.conditions(question, pack.from());
            assert!(texts.len() >= 10, "{} {question:?} has {}", pack.id(), texts.len());
            assert!(texts.is_sorted_by_key(|text| text.refusal));
            for text in &texts {
                assert!(!text.text.zh.contains(['{', '}']) && !text.text.en.contains(['{', '}']), "{text:?}");
            }
        }
        let first = pack.conditions(Question::First, pack.from());
        assert!(first.iter().any(|text| text.text.zh == "罚款不超过 200 元，记分少于 6 分"));
        let off = ["first-no-jam", "first-older-handled", "first-clean-months"];
        assert!(
            !first.iter().any(|text| off.contains(&&*text.id)),
            "what a parameter switches off is no condition"
        );
    }
}

/// The list of codes for the window is the one of the offence table, and stays so.
#[test]
fn the_window_list_and_the_offence_table_agree() {
    let table = OffenceTable::builtin();
    for pack in shipped().iter() {
        let list = pack.params(pack.from()).codes(Param::WindowOnly).unwrap();
        let mut listed: Vec<&str> = list.iter().collect();
        let mut expected: Vec<&str> = table
            .iter()
            .filter(|offence| !offence.online_default)
            .map(|offence| offence.code.as_str())
            .collect();
        expected.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, expected, "{}", pack.id());
    }
}

#[test]
fn every_code_of_a_warning_is_a_minor_one() {
    let table = OffenceTable::builtin();
    for pack in shipped().iter() {
        let params = pack.params(pack.from());
        let first = params.codes(Param::FirstCodes).unwrap();
        for code in first.iter() {
            let offence = table.lookup(code).unwrap();
            assert!(offence.online_default, "{code} is for the window only");
            let most = offence.points_before.max(offence.points_since).unwrap_or(0);
            assert!(most < 6, "{code} carries {most} points");
        }
        for also in [Param::FirstSpeed, Param::FirstLoad] {
            for code in params.codes(also).unwrap().iter() {
                assert!(first.iter().any(|listed| listed == code), "{code} has a limit but is not listed");
            }
        }
    }
}

#[test]
fn the_hash_is_of_the_text() {
    let packs = shipped();
    let pack = packs.by_id("wuhan-2019").unwrap();
    assert_eq!(pack.hash().len(), 64);
    let other = SHIPPED[1].text.replacen("200_00", "201_00", 1);
    let changed = crate::rules::Pack::parse("x", &other, &OffenceTable::builtin()).unwrap();
    assert_ne!(pack.hash(), changed.hash());
}
