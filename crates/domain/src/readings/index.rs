//! `packs/readings.toml`, the case files and the packs, as the coverage tests see them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::rules::cases::{self, Case};

/// The root of the repository.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    pub reading: BTreeMap<String, ReadingEntry>,
    pub trap: BTreeMap<String, TrapEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingEntry {
    pub question: String,
    pub choice: String,
    #[serde(default)]
    pub tests: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrapEntry {
    pub point: String,
    pub packs: Vec<String>,
    /// `<pack>/<case>`, the case that the page shows first.
    pub explain: String,
    #[serde(default)]
    pub tests: Vec<String>,
}

impl Index {
    pub fn read() -> Index {
        toml::from_str(include_str!("../../../../packs/readings.toml")).expect("packs/readings.toml")
    }
}

/// One case file.
pub(super) struct CaseFile {
    pub pack: String,
    pub name: String,
    pub case: Case,
}

/// Every case file, by pack and name.
pub(super) fn case_files() -> Vec<CaseFile> {
    let mut files = Vec::new();
    for pack in crate::rules::SHIPPED
        .iter()
        .map(|file| file.name.split('/').rev().nth(1).expect("packs/<id>/pack.toml"))
    {
        let folder = root().join("packs").join(pack).join("cases");
        for entry in std::fs::read_dir(&folder).expect("a folder of cases") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a case file");
            let case = cases::parse(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            files.push(CaseFile { pack: pack.to_owned(), name, case });
        }
    }
    files.sort_by(|a, b| (&a.pack, &a.name).cmp(&(&b.pack, &b.name)));
    files
}

/// The readings that a pack names in its conditions and parameters.
pub(super) fn readings_of(pack: &str) -> Vec<String> {
    let path = root().join("packs").join(pack).join("pack.toml");
    let text = std::fs::read_to_string(path).expect("a pack");
    let mut readings: Vec<String> = text
        .split("reading = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .flat_map(|words| words.split_whitespace().map(str::to_owned))
        .collect();
    readings.sort();
    readings.dedup();
    readings
}

/// Whether a test of that path stands in the sources of this crate.
pub(super) fn test_exists(path: &str) -> bool {
    let Some((module, name)) = path.rsplit_once("::") else { return false };
    let module = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    [source.join(format!("{module}.rs")), source.join(format!("{module}/mod.rs"))].iter().any(|file| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.contains(&format!("#[test]\n    fn {name}(")) || text.contains(&format!("#[test]\nfn {name}("))
    })
}
