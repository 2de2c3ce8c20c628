//! One deed, one name: what a driver does is called the same on the page, in its template, in its use
//! case and in its journey, so that whoever finds one finds all.

use std::collections::BTreeSet;

use super::tree;

/// Names that hold what several deeds share, in whichever folder.
const SHARED: [&str; 3] = ["mod", "parts", "layout"];

/// Pages that only show: nothing is done there that a use case would do.
const ONLY_SHOWN: [&str; 5] = [
    // When the service opens, and what can be done meanwhile.
    "closed",   // How a case ended; made from the case that other deeds moved.
    "done",     // The pictures of a violation.
    "evidence", // Telephone and windows.
    "help",     // The data notice; what is chosen there is kept by `settings`.
    "welcome",
];

/// Names of the files and folders directly in `folder`; `_` starts the name of a shared part.
fn names(folder: &str) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(tree::root().join(folder)) else { return BTreeSet::new() };
    let stems = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let stems = stems.map(|name| name.split('.').next().unwrap_or(&name).to_owned());
    stems.filter(|name| !SHARED.contains(&name.as_str()) && !name.starts_with('_')).collect()
}

/// The deed that a template belongs to: `pay.html`, `pay_wait.html` and `pay/…` belong to `pay`.
fn deed_of<'a>(name: &str, deeds: &'a BTreeSet<String>) -> Option<&'a String> {
    deeds.iter().find(|deed| name == deed.as_str() || name.starts_with(&format!("{deed}_")))
}

#[test]
fn every_citizen_page_has_a_use_case_of_its_name() {
    let pages = names("crates/web/src/citizen");
    let deeds = names("crates/service/src/citizen");
    assert!(!pages.is_empty() && !deeds.is_empty(), "no deeds found: looking in the wrong place");
    let shown = |page: &&String| ONLY_SHOWN.contains(&page.as_str());
    let orphans: Vec<String> =
        pages.iter().filter(|page| !shown(page) && deed_of(page, &deeds).is_none()).cloned().collect();
    tree::none(
        &orphans,
        "crates/web/src/citizen has pages without a use case of that name in crates/service/src/citizen",
    );
}

#[test]
fn every_citizen_template_belongs_to_a_page_of_its_name() {
    let pages = names("crates/web/src/citizen");
    let templates = names("crates/web/templates/citizen");
    assert!(!templates.is_empty(), "no templates found: looking in the wrong place");
    let orphans: Vec<String> =
        templates.iter().filter(|name| deed_of(name, &pages).is_none()).cloned().collect();
    tree::none(&orphans, "crates/web/templates/citizen has templates without a page of that name");
}

#[test]
fn every_citizen_journey_over_http_bears_the_name_of_its_deed() {
    let deeds = names("crates/service/src/citizen");
    let journeys = names("crates/tests/tests/it/journeys/citizen");
    assert!(!journeys.is_empty(), "no journeys found: looking in the wrong place");
    let orphans: Vec<String> =
        journeys.iter().filter(|name| deed_of(name, &deeds).is_none()).cloned().collect();
    tree::none(
        &orphans,
        "crates/tests/tests/it/journeys/citizen has journeys without a use case of that name",
    );
}

#[test]
fn every_browser_journey_is_numbered_and_there_is_one_for_each_of_the_first_twelve() {
    let journeys = names("e2e/journeys");
    let numbers: BTreeSet<&str> = journeys.iter().filter_map(|name| name.split('_').next()).collect();
    let missing: Vec<String> =
        (1..=12).map(|n| format!("j{n:02}")).filter(|n| !numbers.contains(n.as_str())).collect();
    tree::none(&missing, "e2e/journeys has no journey for");
}
