//! Who may depend on whom. A crate exists only because its manifest forbids something: here is what.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::tree;

/// Each crate of ours and the crates of ours that it may use. Less is fine, more is not.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("clearway-domain", &[]),
    ("clearway-store", &["clearway-domain"]),
    ("clearway-connect", &["clearway-domain"]),
    ("clearway-service", &["clearway-domain", "clearway-store", "clearway-connect"]),
    ("clearway-web", &["clearway-domain", "clearway-service"]),
    (
        "clearway",
        &["clearway-domain", "clearway-store", "clearway-connect", "clearway-service", "clearway-web"],
    ),
    ("clearway-sims", &[]),
    ("xtask", &[]),
    (
        "clearway-tests",
        &[
            "clearway-domain",
            "clearway-store",
            "clearway-connect",
            "clearway-service",
            "clearway-web",
            "clearway",
            "clearway-sims",
        ],
    ),
];

/// What a crate may not use from outside either, because of what it promises.
const NEVER: [(&str, &[&str]); 5] = [
    // Pure: no IO, no clock, no chance, nothing asynchronous.
    (
        "clearway-domain",
        &[
            "tokio",
            "axum",
            "reqwest",
            "rusqlite",
            "postgres",
            "getrandom",
            "rand",
            "uuid",
            "tracing",
            "futures-util",
        ],
    ),
    ("clearway-store", &["tokio", "axum", "reqwest", "getrandom", "rand", "uuid"]),
    ("clearway-connect", &["axum", "rusqlite", "postgres", "getrandom", "rand", "uuid"]),
    // Use cases: no HTTP, no SQL drivers, no runtime.
    ("clearway-service", &["tokio", "axum", "reqwest", "rusqlite", "postgres", "getrandom", "rand"]),
    ("clearway-web", &["reqwest", "rusqlite", "postgres", "getrandom", "rand"]),
];

/// Package name to the names it depends on, normal and build dependencies only (tests may use more).
fn used() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(tree::root())
        .output()
        .expect("cargo metadata starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().expect("a name").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let tests_only = package["name"] == "clearway-tests";
            let uses = package["dependencies"].as_array().expect("dependencies").iter();
            let uses = uses.filter(|dependency| tests_only || dependency["kind"] != "dev");
            (text(&package["name"]), uses.map(|dependency| text(&dependency["name"])).collect())
        })
        .collect()
}

#[test]
fn the_arrows_between_the_crates_are_those_of_the_map() {
    let used = used();
    let ours: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let there: BTreeSet<&str> = used.keys().map(String::as_str).collect();
    assert_eq!(
        there, ours,
        "a crate came or went: say here and in ARCHITECTURE.md what its manifest forbids"
    );
    let mut problems = Vec::new();
    for (name, may_use) in MAY_USE {
        for other in used[name].iter().filter(|other| ours.contains(other.as_str())) {
            if !may_use.contains(&other.as_str()) {
                problems.push(format!("{name} uses {other}"));
            }
        }
    }
    tree::none(&problems, "these arrows are not on the map");
}

#[test]
fn each_crate_keeps_the_promise_it_exists_for() {
    let used = used();
    let mut problems = Vec::new();
    for (name, never) in NEVER {
        problems.extend(
            never.iter().filter(|other| used[name].contains(**other)).map(|other| format!("{name}: {other}")),
        );
    }
    tree::none(&problems, "these dependencies break what the crate promises");
}

#[test]
fn the_pretend_counterparts_share_no_code_with_the_product() {
    let mut problems = Vec::new();
    for file in
        tree::texts("crates/sims", &[".rs", ".toml"]).iter().chain(&tree::texts("xtask", &[".rs", ".toml"]))
    {
        for (at, line) in file.lines() {
            // Reading the product's files at build time would be sharing too.
            let includes =
                line.contains("include_str!") || line.contains("include_bytes!") || line.contains("#[path");
            if includes
                && ["domain", "store", "connect", "service", "web"]
                    .iter()
                    .any(|of| line.contains(&format!("/{of}/")))
            {
                problems.push(format!("{}:{at}: {}", file.path, line.trim()));
            }
        }
    }
    tree::none(&problems, "a counterpart that copies the product cannot contradict it");
}
