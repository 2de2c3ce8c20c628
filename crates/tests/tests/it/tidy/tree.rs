//! The repository's own files, as the other tidy tests read them.

use std::path::{Path, PathBuf};

/// Folders that hold nothing written by hand.
const NOT_OURS: [&str; 4] = ["target", "node_modules", ".git", ".run"];

/// The repository's top folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the repository is where it was built")
}

/// A text file and what is in it.
pub struct Text {
    /// Path from the repository's top, with `/`.
    pub path: String,
    /// Everything in it.
    pub text: String,
}

impl Text {
    /// The lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

/// All text files below `folder` (from the repository's top) whose name ends in one of `endings`, sorted.
pub fn texts(folder: &str, endings: &[&str]) -> Vec<Text> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(&path)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let path = path
                    .strip_prefix(&root)
                    .expect("it was found below the top")
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push(Text { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Fails with all of `problems`, each on its own line, after `rule`.
pub fn none(problems: &[String], rule: &str) {
    assert!(problems.is_empty(), "{rule}\n  {}", problems.join("\n  "));
}
