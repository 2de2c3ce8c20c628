//! Chinese and English say the same things: equal files, keys, attributes and variables.
//! Chinese sentences have Chinese punctuation.

use std::collections::{BTreeMap, BTreeSet};

use super::tree;

/// Message or attribute (`key` or `key.attribute`) to the variables that it uses.
type Messages = BTreeMap<String, BTreeSet<String>>;

/// Reads the part of Fluent's grammar that matters here: names, attributes, `$variables`.
fn messages(text: &str, path: &str, problems: &mut Vec<String>) -> Messages {
    let mut found = Messages::new();
    let mut message = String::new();
    let mut current = String::new();
    for (at, line) in text.lines().enumerate() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let inner = line.trim_start();
        let name = inner.split_once('=').map(|(name, _)| name.trim());
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        match name {
            Some(name) if !line.starts_with([' ', '}']) && is_name(name) && !name.is_empty() => {
                message = name.to_owned();
                current.clone_from(&message);
                if found.insert(current.clone(), BTreeSet::new()).is_some() {
                    problems.push(format!("{path}:{}: {name} is there twice", at + 1));
                }
            }
            Some(name) if inner.starts_with('.') && is_name(&name[1..]) => {
                current = format!("{message}{name}");
                found.insert(current.clone(), BTreeSet::new());
            }
            _ => {}
        }
        for part in line.split('$').skip(1) {
            let variable: String =
                part.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
            found.entry(current.clone()).or_default().insert(variable);
        }
    }
    found
}

fn language(tag: &str, problems: &mut Vec<String>) -> BTreeMap<String, Messages> {
    let folder = format!("locales/{tag}");
    let files = tree::texts(&folder, &[".ftl"]);
    assert!(!files.is_empty(), "no texts in {folder}");
    let short = |path: &str| path[folder.len() + 1..].to_owned();
    files.iter().map(|file| (short(&file.path), messages(&file.text, &file.path, problems))).collect()
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_variables() {
    let mut problems = Vec::new();
    let chinese = language("zh-CN", &mut problems);
    let english = language("en", &mut problems);
    let none = Messages::new();
    for file in chinese.keys().chain(english.keys()).collect::<BTreeSet<_>>() {
        let (ours, theirs) = (chinese.get(file).unwrap_or(&none), english.get(file).unwrap_or(&none));
        for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
            match (ours.get(key), theirs.get(key)) {
                (Some(_), None) => problems.push(format!("{file}: {key} is missing in English")),
                (None, Some(_)) => problems.push(format!("{file}: {key} is missing in Chinese")),
                (Some(a), Some(b)) if a != b => {
                    problems.push(format!("{file}: {key} uses {a:?} in Chinese, {b:?} in English"))
                }
                _ => {}
            }
        }
    }
    tree::none(&problems, "the two languages differ");
}

#[test]
fn a_missing_key_and_a_missing_variable_would_be_seen() {
    let mut problems = Vec::new();
    let text = "a = 您好 { $name }\n    .hint = 第 { $n } 题\nb =\n    { $n ->\n        [one] one\n       *[other] more\n    }\n";
    let read = messages(text, "test", &mut problems);
    assert_eq!(read.keys().map(String::as_str).collect::<Vec<_>>(), ["a", "a.hint", "b"]);
    assert!(read["a"].contains("name") && read["a.hint"].contains("n") && read["b"].contains("n"));
    messages("a = 1\na = 2\n", "test", &mut problems);
    assert_eq!(problems.len(), 1);
}

/// Whether a character is written in the square of a Chinese one, marks of such texts included.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

/// Western punctuation in a Chinese sentence, each with what stands around it.
fn western_marks(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let beside = |at: usize| {
        let (before, mark, after) = (at.checked_sub(1).map(|at| chars[at]), chars[at], chars.get(at + 1));
        (",;:?!()".contains(mark) && before.is_some_and(is_wide))
            || (",;?!(".contains(mark) && after.is_some_and(|c| is_wide(*c)))
    };
    let around = |at: usize| chars[at.saturating_sub(6)..chars.len().min(at + 7)].iter().collect();
    (0..chars.len()).filter(|at| beside(*at)).map(around).collect()
}

/// GB/T 15834-2011, 4 and 5: the marks of Chinese sentences are Chinese ones, each in a square of its own.
#[test]
fn chinese_sentences_have_chinese_punctuation() {
    let mut problems = Vec::new();
    let bank = tree::texts("packs/bank", &[".toml"]);
    let words = tree::texts("locales/zh-CN", &[".ftl"]);
    assert!(!bank.is_empty() && !words.is_empty(), "no texts");
    for file in bank.iter().chain(&words) {
        for (at, line) in file.text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let found = western_marks(line);
            problems.extend(found.iter().map(|around| format!("{}:{}: “{around}”", file.path, at + 1)));
        }
    }
    tree::none(&problems, "western punctuation in Chinese sentences");
}

#[test]
fn a_western_comma_in_a_chinese_sentence_would_be_seen() {
    for wrong in ["排着,轮到", "3 题,对", "缴款(3 条)", "第 3 题 (共", "为什么?", "{ $n },可以", "核对:4 项"]
    {
        assert!(!western_marks(wrong).is_empty(), "{wrong}");
    }
    for right in
        ["排着，轮到", "10:30 可以", "12,408 人", "缴款（3 条）", "a = 您好", "codes = [\"好\", \"不\"]"]
    {
        assert_eq!(western_marks(right), Vec::<String>::new(), "{right}");
    }
}
