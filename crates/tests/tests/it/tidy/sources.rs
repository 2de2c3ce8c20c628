//! How a source file may look.

use super::tree::{self, Text};

/// Longest file, in lines: past that it holds two things.
const MOST_LINES: usize = 500;

/// What is never written, and why. Split in two so that this list does not find itself.
const NEVER: [(&str, &str, &str); 9] = [
    ("#[all", "ow(", "say #[expect(…, reason = \"…\")], so that it goes away when it is no longer needed"),
    ("#![all", "ow(", "say #[expect(…, reason = \"…\")] where it is needed"),
    ("#[ign", "ore", "a test that does not run proves nothing"),
    ("tod", "o!(", "unfinished"),
    ("unimpl", "emented!(", "unfinished"),
    ("FIX", "ME", "unfinished"),
    ("@ts-ig", "nore", "switched off"),
    ("@ts-noch", "eck", "switched off"),
    ("eslint-dis", "able", "switched off"),
];

fn sources() -> Vec<Text> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "e2e"] {
        files.extend(tree::texts(folder, &[".rs", ".mjs", ".js", ".ts", ".css", ".html", ".sql"]));
    }
    files
}

#[test]
fn no_source_file_is_longer_than_500_lines() {
    let files = sources();
    assert!(files.len() > 20, "only {} sources found: looking in the wrong place", files.len());
    let long = files
        .iter()
        .map(|file| (file.text.lines().count(), &file.path))
        .filter(|(lines, _)| *lines > MOST_LINES);
    let problems: Vec<String> = long.map(|(lines, path)| format!("{path}: {lines} lines")).collect();
    tree::none(&problems, "split these into modules");
}

#[test]
fn nothing_is_switched_off_or_left_unfinished() {
    let mut problems = Vec::new();
    for file in sources() {
        for (at, line) in file.lines() {
            for (head, tail, why) in NEVER {
                if line.contains(&format!("{head}{tail}")) {
                    problems.push(format!("{}:{at}: {head}{tail}: {why}", file.path));
                }
            }
            let skips = ["test", "it", "describe", "t"].iter().any(|word| {
                ["skip", "only", "todo"].iter().any(|how| line.contains(&format!("{word}.{how}(")))
            });
            if skips && file.path.starts_with("e2e/") {
                problems.push(format!("{}:{at}: a test is skipped, or all the others are", file.path));
            }
        }
    }
    tree::none(&problems, "these are not allowed in");
}

#[test]
fn text_files_have_no_tabs_no_carriage_returns_and_end_in_one_line_end() {
    let endings = [".rs", ".toml", ".mjs", ".css", ".html", ".sql", ".ftl", ".md", ".csv", ".json", ".yml"];
    let mut problems = Vec::new();
    for file in tree::texts("", &endings) {
        if let Some((at, _)) = file.lines().find(|(_, line)| line.contains('\t')) {
            problems.push(format!("{}:{at}: a tab", file.path));
        }
        if file.text.contains('\r') {
            problems.push(format!("{}: a carriage return", file.path));
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            problems.push(format!("{}: ends in no line end, or in several", file.path));
        }
    }
    tree::none(&problems, "plain text, please");
}

#[test]
fn the_law_and_the_money_are_computed_without_floats() {
    let mut problems = Vec::new();
    for file in tree::texts("crates/domain/src", &[".rs"]) {
        for (at, line) in file.lines() {
            let code = line.split("//").next().unwrap_or(line);
            let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            if words.contains(&"f32") || words.contains(&"f64") {
                problems.push(format!("{}:{at}: {}", file.path, line.trim()));
            }
        }
    }
    tree::none(&problems, "fen and points are whole numbers");
}

#[test]
fn only_the_edge_reads_the_environment() {
    let mut problems = Vec::new();
    for crate_name in ["domain", "store", "connect", "service", "web"] {
        for file in tree::texts(&format!("crates/{crate_name}/src"), &[".rs"]) {
            if file.path.contains("/tests/") {
                continue;
            }
            for (at, line) in file.lines() {
                // Tests that write a generated document ask for nothing but leave to do so.
                let blessing = line.contains("\"BLESS\"");
                if !blessing && (line.contains("std::env::") || line.contains("env::var")) {
                    problems.push(format!("{}:{at}: {}", file.path, line.trim()));
                }
            }
        }
    }
    tree::none(&problems, "configuration comes in through crates/app, as typed values");
}
