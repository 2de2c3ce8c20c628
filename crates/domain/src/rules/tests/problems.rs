//! A bad pack is refused with file, line and fix; every problem of the file at once.

use crate::offences::OffenceTable;
use crate::rules::{Pack, PackFile, PackProblem, Packs, SHIPPED};

fn problems(text: &str) -> Vec<PackProblem> {
    Pack::parse("bad.toml", text, &OffenceTable::builtin()).expect_err("this pack must be refused")
}

/// Changes the first occurrence in the 2019 pack and expects one problem on that very line.
fn one_problem(from: &str, to: &str, message: &str, fix: &str) {
    let good = SHIPPED[1].text;
    let at = good.find(from).unwrap_or_else(|| panic!("`{from}` is not in the pack"));
    let line = good[..at].matches('\n').count() + 1;
    let found = problems(&good.replacen(from, to, 1));
    let hit = found.iter().find(|one| one.message.contains(message));
    let hit = hit.unwrap_or_else(|| panic!("no problem says `{message}`: {found:#?}"));
    assert_eq!(hit.file, "bad.toml");
    assert_eq!(hit.line, line, "wrong line for: {hit}");
    assert!(hit.fix.contains(fix), "the fix `{}` does not say `{fix}`", hit.fix);
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    one_problem(
        "\"violation.fine\", \"$limits.fine\"] }",
        "\"violation.fien\", \"$limits.fine\"] }",
        "unknown fact `violation.fien`",
        "violation.fine",
    );
    one_problem(
        "\"$limits.fine\"] }",
        "\"$limits.fin\"] }",
        "unknown parameter `$limits.fin`",
        "limits.fine",
    );
    one_problem("\"service.opens\" =", "\"service.open\" =", "unknown parameter", "service.opens");
    one_problem("refusal = \"V_TWELVE\"", "refusal = \"V_TWELF\"", "not a reason code", "V_TWELVE");
    one_problem(
        "article = \"PAYERR\"\nconfidence = \"S\"\ncure = \"later\"",
        "article = \"PAYER\"\nconfidence = \"S\"\ncure = \"later\"",
        "unknown article `PAYER`",
        "PAYERR",
    );
    one_problem("from = 2019-12-01", "form = 2019-12-01", "unknown key", "from");
    one_problem("require = \"service.open\"", "requires = \"service.open\"", "unknown key", "require");
}

#[test]
fn wrong_types_are_refused() {
    one_problem(
        "{ lt = [\"violation.points\", 12] }",
        "{ lt = [\"violation.points\", \"violation.fine\"] }",
        "puts points beside fen",
        "like with like",
    );
    one_problem(
        "{ lt = [\"violation.points\", 12] }",
        "{ lt = [\"violation.handled\", true] }",
        "needs amounts or dates",
        "eq or ne",
    );
    one_problem(
        "{ lt = [\"violation.points\", 12] }",
        "{ plus = [\"violation.points\", 12] }",
        "not an operator of a condition",
        "compare the sum",
    );
    one_problem(
        "{ lt = [\"violation.points\", 12] }",
        "\"violation.points\"",
        "must be true or false",
        "compare it",
    );
    one_problem(
        "{ lt = [\"violation.points\", 12] }",
        "{ matches = [\"violation.points\", 12] }",
        "`matches` is not an operator",
        "all, any, not",
    );
    one_problem(
        "{ lt = [\"violation.points\", 12] }",
        "{ lt = [\"violation.points\", 12.5] }",
        "a fraction",
        "name a fact",
    );
    one_problem(
        "{ lt = [\"violation.points\", 12] }",
        "{ lt = [\"violation.points\"] }",
        "a list of 2 parts",
        "[…, …]",
    );
}

#[test]
fn wrong_values_are_refused() {
    one_problem(
        "{ in = [\"violation.code\", \"$lists.window_only\"] }",
        "{ in = [\"violation.code\", \"$limits.fine\"] }",
        "not a list of codes",
        "lists.window_only",
    );
    one_problem(
        "\"limits.fine\" = { value = 200_00",
        "\"limits.fine\" = { value = \"200\"",
        "a text, not fen",
        "write fen",
    );
    one_problem(
        "\"limits.fine\" = { value = 200_00",
        "\"limits.fine\" = { value = -1",
        "out of range",
        "0 to",
    );
    one_problem(
        "\"service.opens\" = { value = \"06:00\"",
        "\"service.opens\" = { value = \"6\"",
        "no time of day",
        "06:00",
    );
    one_problem(
        "turns_on = \"year.next\"",
        "turns_on = \"driver.points\"",
        "not a fact that is a date",
        "name such a fact",
    );
    one_problem(
        "\"states.vehicle_known\" = { value = \"A",
        "\"states.vehicle_known\" = { value = \"a",
        "capital letters",
        "BDE",
    );
    one_problem(
        "\"first.enabled\" = { value = true",
        "\"first.enabled\" = { value = 1",
        "not true or false",
        "true or false",
    );
}

#[test]
fn what_the_law_of_the_packs_forbids_is_refused() {
    one_problem("for = [\"pay\"]", "for = [\"handle\"]", "does not block `handle`", "packs/reasons.csv");
    one_problem(
        "confidence = \"S\"\ncure",
        "confidence = \"X\"\ncure",
        "`X` is no mark",
        "S (read in a source)",
    );
    one_problem("cure = \"elsewhere\"", "cure = \"maybe\"", "no cure", "now, date, later");
    one_problem("until = 2022-03-31", "until = \"2022-03-31\"", "not a date", "without quotes");
    one_problem("\"1126\"]", "\"1127\"]", "`1127` is not in the table", "take it out");
    one_problem(
        "text = { zh = \"单起罚款不超过 {limits.fine} 元\"",
        "text = { zh = \"单起罚款不超过 {limit} 元\"",
        "unknown parameter `{limit}`",
        "name a parameter",
    );
    one_problem("reading = \"A34\"", "reading = \"A99\"", "`A99` is no reading", "A1 to A45");
}

#[test]
fn a_missing_parameter_and_a_broken_promise_are_named() {
    let good = SHIPPED[1].text;
    let line = "\"limits.total_points\" = { value = 11, article = \"WH2014\", confidence = \"S\", reading = \"A29\" }\n";
    assert!(good.contains(line), "the pack has changed; change the test");
    let found = problems(&good.replace(line, ""));
    assert!(
        found.iter().any(|one| one.field == "param.limits.total_points" && one.message == "is missing"),
        "{found:#?}"
    );

    let hasty = good.replace("\"study.advertised\" = { value = 120", "\"study.advertised\" = { value = 119");
    let found = problems(&hasty);
    // 30 s of study, 3 questions of 14 s, 35 s around them and 13 s to pay.
    assert!(found.iter().any(|one| one.message.contains("at least 120")), "{found:#?}");
}

#[test]
fn every_problem_is_reported_and_not_only_the_first() {
    let bad = SHIPPED[1]
        .text
        .replace("refusal = \"V_TWELVE\"", "refusal = \"V_TWELF\"")
        .replace("\"violation.handled\" }", "\"violation.handeld\" }")
        .replace("\"limits.fine\" = { value = 200_00", "\"limits.fine\" = { value = true");
    let found = problems(&bad);
    assert!(found.len() >= 3, "{found:#?}");
    assert!(found.is_sorted_by_key(|one| one.line), "not in the order of the file");
}

#[test]
fn a_syntax_error_has_its_line() {
    let found = problems("id = \"x\"\ntitle = { zh = \"x\"\nfrom = 2019-12-01\n");
    assert!((2..=3).contains(&found[0].line), "{found:#?}");
    assert!(problems("").len() >= 5, "an empty file lacks everything");
}

#[test]
fn a_condition_nested_without_end_is_refused_and_does_not_overflow() {
    let deep = format!("{}\"violation.handled\"{}", "{ not = ".repeat(40), " }".repeat(40));
    let bad = SHIPPED[1].text.replacen("require = \"service.open\"", &format!("require = {deep}"), 1);
    assert!(problems(&bad).iter().any(|one| one.message.contains("too deeply")));
}

#[test]
fn two_packs_for_one_day_are_refused() {
    let late = SHIPPED[0].text.replace("until = 2019-11-30", "until = 2019-12-01");
    let files = [PackFile { name: "a", text: &late }, PackFile { name: "b", text: SHIPPED[1].text }];
    let found = Packs::parse(&files, &OffenceTable::builtin()).expect_err("they overlap");
    assert!(found[0].message.contains("same days"), "{found:#?}");
    let twice = [SHIPPED[1], SHIPPED[1]];
    assert!(Packs::parse(&twice, &OffenceTable::builtin()).is_err());
}

#[test]
fn a_dated_parameter_changes_on_its_day_only() {
    let text = SHIPPED[1].text.replace(
        "\"limits.fine\" = { value = 200_00",
        "\"limits.fine\" = { dated = [{ from = 2019-12-01, value = 200_00 }, { from = 2021-07-15, value = 500_00 }]",
    );
    let pack = Pack::parse("dated.toml", &text, &OffenceTable::builtin()).expect("a good pack");
    let fine = |day: &str| pack.max_fine(day.parse().unwrap()).0;
    assert_eq!((fine("2021-07-14"), fine("2021-07-15")), (20_000, 50_000));
    let late = text.replace("from = 2019-12-01, value = 200_00", "from = 2020-12-01, value = 200_00");
    assert!(problems(&late).iter().any(|one| one.message.contains("first day of the pack")));
}
