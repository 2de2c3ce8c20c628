//! Documents that are made from the code: `cargo x gen` writes them (BLESS=1), these tests compare them.

use std::fmt::{Debug, Write as _};

use clearway_domain::case::machine::MOVES;
use clearway_domain::case::order::ORDER_MOVES;
use clearway_domain::case::refund::REFUND_MOVES;

use super::tree;

/// Compares a document with what the code says now; with BLESS=1 writes it instead.
fn is_current(name: &str, text: &str) {
    let path = tree::root().join("docs/reference").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "docs/reference/{name} is not what the code says; run `cargo x gen` and commit it"
    );
}

/// A table of moves as a state diagram that code hosts draw.
fn diagram<S: Copy, E: Debug>(
    title: &str,
    intro: &str,
    moves: &[(S, E, S)],
    slug: impl Fn(S) -> &'static str,
) -> String {
    let mut text = format!(
        "# {title}\n\n{intro}\nMade by `cargo x gen` from the table in the code; do not edit.\n\n```mermaid\nstateDiagram-v2\n"
    );
    for (from, event, to) in moves {
        writeln!(text, "    {} --> {}: {event:?}", slug(*from), slug(*to)).expect("writing to a String");
    }
    text.push_str("```\n\n| From | Event | To |\n|---|---|---|\n");
    for (from, event, to) in moves {
        writeln!(text, "| {} | {event:?} | {} |", slug(*from), slug(*to)).expect("writing to a String");
    }
    text
}

#[test]
fn reference_of_the_life_of_a_case() {
    let intro =
        "Every legal move of a case. What is not here is refused, and a test tries every such move.\n";
    is_current("case-machine.md", &diagram("The life of a case", intro, MOVES, |state| state.slug()));
}

#[test]
fn reference_of_the_life_of_an_order() {
    let intro = "Every legal move of an order (one payment to one payee).\n";
    is_current(
        "order-machine.md",
        &diagram("The life of an order", intro, ORDER_MOVES, |state| state.slug()),
    );
}

#[test]
fn reference_of_the_life_of_a_refund() {
    let intro = "Every legal move of one attempt to give money back. After *failed* another attempt follows under another number.\n";
    is_current(
        "refund-machine.md",
        &diagram("The life of a refund", intro, REFUND_MOVES, |state| state.slug()),
    );
}

#[test]
fn reference_of_the_api() {
    let document = serde_json::to_value(clearway_web::router::openapi()).expect("a document");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "OpenAPI 3.1");
    let mut text = serde_json::to_string_pretty(&document).expect("JSON");
    text.push('\n');
    is_current("openapi.json", &text);
}
