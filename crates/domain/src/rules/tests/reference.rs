//! `docs/reference/facts.md` is generated: run with `BLESS=1` to write it.

use std::fmt::Write as _;
use std::path::Path;

use crate::facts::RawFacts;
use crate::rules::{Fact, Param};

fn page() -> String {
    let mut page = String::from(include_str!("facts_head.md"));
    let mut section = "";
    for leaf in RawFacts::leaves() {
        let (here, name) = leaf.path.rsplit_once('.').expect("a leaf lies in a section");
        if here != section {
            section = here;
            let _ = write!(page, "\n### `{section}`\n\n| Leaf | Written as | Meaning |\n|---|---|---|\n");
        }
        let shape = leaf.shape.replace('|', "\\|");
        let _ = writeln!(page, "| `{name}` | {shape} | {} |", leaf.doc.trim());
    }
    page.push_str("\n## Derived facts\n\nThe only facts that a condition of a pack may name.\n\n| Fact | Kind | Meaning |\n|---|---|---|\n");
    for fact in Fact::ALL {
        let _ = writeln!(page, "| `{}` | {} | {} |", fact.name(), fact.kind().word(), fact.doc().trim());
    }
    page.push_str("\n## Parameters\n\nEvery pack states all of them; a condition names one as `$name`.\n\n| Parameter | Kind | Meaning |\n|---|---|---|\n");
    for param in Param::ALL {
        let _ = writeln!(page, "| `{}` | {} | {} |", param.name(), param.kind().word(), param.doc().trim());
    }
    page
}

#[test]
fn the_reference_page_is_the_one_that_the_catalogue_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/facts.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/reference/facts.md is out of date: run this test once with BLESS=1");
}

#[test]
fn names_are_unique() {
    let mut facts: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
    facts.sort_unstable();
    facts.dedup();
    assert_eq!(facts.len(), Fact::COUNT);
    let mut params: Vec<&str> = Param::ALL.iter().map(|param| param.name()).collect();
    params.sort_unstable();
    params.dedup();
    assert_eq!(params.len(), Param::COUNT);
}
