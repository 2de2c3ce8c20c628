//! The map and the two readmes are true.

use super::tree;

fn read(path: &str) -> String {
    std::fs::read_to_string(tree::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_map_names_every_crate_and_no_other() {
    let map = read("ARCHITECTURE.md");
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(tree::root().join("crates")).expect("crates/").flatten() {
        let name = format!("crates/{}", entry.file_name().to_string_lossy());
        if !map.contains(&format!("`{name}`")) {
            problems.push(format!("ARCHITECTURE.md does not name `{name}`"));
        }
    }
    for named in map.split('`').skip(1).step_by(2).filter(|word| word.starts_with("crates/")) {
        let path = named.split([' ', '*', '{', '<', '…', ':']).next().unwrap_or(named);
        if !tree::root().join(path).exists() {
            problems.push(format!("ARCHITECTURE.md names `{named}`, which is not there"));
        }
    }
    tree::none(&problems, "the map is not the land");
}

#[test]
fn both_readmes_have_the_same_sections_and_pictures() {
    let shape = |path: &str| -> (Vec<usize>, usize, usize) {
        let text = read(path);
        let mut code = false;
        let mut levels = Vec::new();
        for line in text.lines() {
            code ^= line.starts_with("```");
            if !code && line.starts_with('#') {
                levels.push(line.chars().take_while(|c| *c == '#').count());
            }
        }
        (levels, text.matches("](docs/").count(), text.matches("cargo x").count())
    };
    assert_eq!(
        shape("README.md"),
        shape("README.zh-CN.md"),
        "(levels of headings, links into docs/, commands)"
    );
}

#[test]
fn every_kind_of_finding_is_explained_to_whoever_must_act() {
    use clearway_service::citizen::{reasons, reconsider};
    use clearway_service::{callbacks, jobs, money, officer};
    let told = read("docs/operate/findings.md");
    let kinds = [
        jobs::decide::NOT_DECIDED,
        jobs::decide::NOT_IN_TIME,
        jobs::manual::MAY_STAND,
        jobs::BURIED,
        money::WRONG_SUM,
        money::back::ABNORMAL,
        money::back::REFUSED,
        money::back::AMOUNT,
        money::back::OVERDUE,
        officer::annul::ELSEWHERE,
        callbacks::wechat_pay::UNREADABLE,
        jobs::rails::OTHER_RAIL,
        reconsider::RECONSIDER,
        reasons::STATEMENT,
    ];
    // Everything that the sources note, so that a new kind cannot be forgotten here.
    let noted: usize = tree::texts("crates/service/src", &[".rs"])
        .iter()
        .flat_map(|file| file.text.match_indices("Finding::new("))
        .count();
    assert_eq!(
        noted,
        kinds.len() + 6,
        "the exceptions of a day, parked notices and a second use of four kinds besides"
    );
    for kind in kinds.iter().chain(&["unknown-order", "unknown-refund"]) {
        assert!(told.contains(&format!("`{kind}`")), "docs/operate/findings.md does not explain {kind}");
    }
}

#[test]
fn links_inside_the_documents_lead_somewhere() {
    let mut problems = Vec::new();
    let mut files = tree::texts("docs", &[".md"]);
    for name in ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        files.push(tree::Text { path: name.to_owned(), text: read(name) });
    }
    for file in &files {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or(link);
            let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !outside && !tree::root().join(folder).join(target).exists() {
                problems.push(format!("{}: {link}", file.path));
            }
        }
    }
    tree::none(&problems, "dead links");
}
