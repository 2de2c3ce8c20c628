//! Every reason has its three texts in both languages, and they use only what the packs show.

use std::collections::BTreeMap;

use crate::offences::OffenceTable;
use crate::refusal::Refusal;
use crate::rules::{Packs, SHIPPED};

const ZH: &str = include_str!("../../../../../locales/zh-CN/reasons.ftl");
const EN: &str = include_str!("../../../../../locales/en/reasons.ftl");

/// Key with attribute, and its text, with the variants of one that chooses by number.
fn messages(file: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let (mut key, mut last) = ("", String::new());
    for line in file.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if line.trim_start().starts_with(['[', '*', '}']) {
            all.get_mut(&last).expect("a variant belongs to a message").push_str(line);
            continue;
        }
        let (name, text) = line.split_once('=').unwrap_or_else(|| panic!("no `=` in `{line}`"));
        let full = match name.trim().strip_prefix('.') {
            Some(attribute) => format!("{key}.{attribute}"),
            None => {
                key = name.trim();
                key.to_owned()
            }
        };
        assert!(!text.trim().is_empty(), "{full} is empty");
        assert!(all.insert(full.clone(), text.trim().to_owned()).is_none(), "{full} stands twice");
        last = full;
    }
    all
}

fn variables(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .split('{')
        .skip(1)
        .map(|part| part.trim_start().trim_start_matches('$'))
        .map(|part| {
            part.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next().unwrap().to_owned()
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_reason_has_a_title_a_fact_and_a_cure_in_both_languages() {
    let (zh, en) = (messages(ZH), messages(EN));
    for refusal in Refusal::ALL {
        for part in ["", ".fact", ".do"] {
            let key = format!("{}{part}", refusal.message_key());
            let (zh, en) = (zh.get(&key), en.get(&key));
            let (Some(zh), Some(en)) = (zh, en) else { panic!("{key} lacks a language") };
            assert_eq!(variables(zh), variables(en), "{key} uses other variables in the two languages");
            assert!(
                !en.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)),
                "{key} is not English"
            );
        }
    }
    assert_eq!(zh.len(), Refusal::ALL.len() * 3, "a text for a reason that does not exist");
    assert_eq!(zh.len(), en.len());
}

#[test]
fn a_text_uses_only_variables_that_every_condition_shows() {
    let zh = messages(ZH);
    let packs = Packs::parse(&SHIPPED, &OffenceTable::builtin()).unwrap();
    for pack in packs.iter() {
        for refusal in pack.refusals() {
            for part in ["", ".fact", ".do"] {
                let key = format!("{}{part}", refusal.message_key());
                for variable in variables(&zh[&key]) {
                    for shown in pack.variables(refusal) {
                        let there = shown.iter().any(|name| **name == *variable);
                        assert!(
                            there,
                            "{} {key} needs ${variable}, but a condition shows only {shown:?}",
                            pack.id()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn every_reason_can_be_given_by_some_shipped_pack() {
    let packs = Packs::parse(&SHIPPED, &OffenceTable::builtin()).unwrap();
    let mut given: Vec<Refusal> = packs.iter().flat_map(|pack| pack.refusals()).collect();
    // The engine itself gives this one.
    given.push(Refusal::SvcCannotDetermine);
    for refusal in Refusal::ALL {
        assert!(given.contains(refusal), "no pack gives {refusal}");
    }
}
