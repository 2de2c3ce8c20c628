//! No trap and no reading without a proof, and the generated page of both.

use std::fmt::Write as _;

use super::index::{CaseFile, Index, case_files, readings_of, root, test_exists};

#[test]
fn every_trap_has_a_case_in_every_pack_it_applies_to() {
    let (index, files) = (Index::read(), case_files());
    for number in 1..=18u8 {
        let trap =
            index.trap.get(&number.to_string()).unwrap_or_else(|| panic!("trap {number} is not listed"));
        for pack in &trap.packs {
            let found = files.iter().any(|file| file.pack == *pack && file.case.trap == Some(number));
            assert!(found, "trap {number} has no case in {pack}");
        }
        let (pack, name) = trap.explain.split_once('/').expect("pack/case");
        let shown = files.iter().find(|file| file.pack == pack && file.name == name);
        let shown = shown.unwrap_or_else(|| panic!("{} is no case file", trap.explain));
        assert_eq!(shown.case.trap, Some(number), "{}", trap.explain);
    }
    assert_eq!(index.trap.len(), 18);
}

#[test]
fn every_reading_is_listed_and_proved() {
    let (index, files) = (Index::read(), case_files());
    assert_eq!(index.reading.len(), 45);
    for number in 1..=45 {
        let key = format!("A{number}");
        let reading = index.reading.get(&key).unwrap_or_else(|| panic!("{key} is not listed"));
        let has_case = files.iter().any(|file| file.case.reading.as_deref() == Some(&key));
        assert!(has_case || !reading.tests.is_empty(), "{key} has neither a case nor a test");
    }
}

#[test]
fn every_reading_that_a_pack_uses_is_proved_in_that_pack_or_by_a_named_test() {
    let (index, files) = (Index::read(), case_files());
    for pack in ["wuhan-2016", "wuhan-2019", "national-2022"] {
        let used = readings_of(pack);
        assert!(used.len() > 25, "{pack} names only {used:?}");
        for key in used {
            let here = |file: &&CaseFile| file.pack == pack && file.case.reading.as_deref() == Some(&key);
            let proved = files.iter().any(|file| here(&file)) || !index.reading[&key].tests.is_empty();
            assert!(proved, "{pack} uses {key}, and neither a case of it nor a test proves it");
        }
    }
}

#[test]
fn every_named_test_exists() {
    let index = Index::read();
    let tests = index.reading.values().flat_map(|entry| &entry.tests);
    for test in tests.chain(index.trap.values().flat_map(|entry| &entry.tests)) {
        assert!(test_exists(test), "{test} is named in packs/readings.toml and is nowhere");
    }
}

#[test]
fn a_case_is_named_after_what_it_proves() {
    for file in case_files() {
        let expected = if file.name.starts_with("trap-") {
            format!("trap-{:02}-", file.case.trap.unwrap_or(0))
        } else if file.name.starts_with("reading-") {
            let number =
                file.case.reading.as_deref().and_then(|key| key[1..].parse::<u8>().ok()).unwrap_or(0);
            format!("reading-a{number:02}-")
        } else {
            continue;
        };
        assert!(file.name.starts_with(&expected), "{}/{} should begin with {expected}", file.pack, file.name);
    }
}

fn page() -> String {
    let (index, files) = (Index::read(), case_files());
    let mut page = String::from(include_str!("page_head.md"));
    for number in 1..=18u8 {
        let trap = &index.trap[&number.to_string()];
        let _ = writeln!(page, "\n### Trap {number}: {}\n", trap.point);
        let (pack, name) = trap.explain.split_once('/').expect("pack/case");
        let file = format!("packs/{pack}/cases/{name}.toml");
        let _ = writeln!(page, "```\nclearway rules explain --pack {pack} --facts {file}\n```\n");
        list(&mut page, &files, |file| file.case.trap == Some(number));
        named(&mut page, &trap.tests);
    }
    page.push_str("\n## Readings\n");
    for number in 1..=45 {
        let key = format!("A{number}");
        let reading = &index.reading[&key];
        let _ = writeln!(page, "\n### {key}: {}\n\n{}\n", reading.question, reading.choice);
        list(&mut page, &files, |file| file.case.reading.as_deref() == Some(&key));
        named(&mut page, &reading.tests);
    }
    page
}

/// The cases, each title once with the packs in which it stands.
fn list(page: &mut String, files: &[CaseFile], of: impl Fn(&CaseFile) -> bool) {
    let chosen: Vec<&CaseFile> = files.iter().filter(|file| of(file)).collect();
    let mut names: Vec<&str> = chosen.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let same: Vec<&&CaseFile> = chosen.iter().filter(|file| file.name == name).collect();
        let packs: Vec<String> =
            same.iter().map(|file| format!("[{0}](../../packs/{0}/cases/{name}.toml)", file.pack)).collect();
        let _ = writeln!(page, "- {} ({})", same[0].case.title, packs.join(", "));
    }
}

fn named(page: &mut String, tests: &[String]) {
    for test in tests {
        let _ = writeln!(page, "- test `{test}`");
    }
}

#[test]
fn the_page_of_traps_and_readings_is_the_one_that_the_cases_give() {
    let path = root().join("docs/reference/traps-and-readings.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, page()).expect("the page is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/reference/traps-and-readings.md is out of date: run this test once with BLESS=1"
    );
}
