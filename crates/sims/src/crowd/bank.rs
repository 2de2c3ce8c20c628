//! What those know who have studied: the right answers of the question banks.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::pages::Question;

#[derive(Deserialize)]
struct Bank {
    #[serde(default)]
    question: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    stem: String,
    answer: String,
    options: Option<Vec<String>>,
}

/// The right answers by the question's words.
pub struct Key(HashMap<String, Vec<String>>);

impl Key {
    /// Reads every bank of a folder.
    ///
    /// # Errors
    /// When a file is no bank.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut key = HashMap::new();
        let files = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        for file in files {
            let path = file?.path();
            if path.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            let bank: Bank = toml::from_str(&text).with_context(|| path.display().to_string())?;
            for entry in bank.question {
                key.insert(entry.stem.clone(), entry.right());
            }
        }
        Ok(Self(key))
    }

    /// The places to choose: all that are right, or, to fail on purpose, one that is not.
    pub fn choose(&self, question: &Question, fail: bool) -> Option<Vec<u8>> {
        let right = self.0.get(&question.stem)?;
        let is_right = |text: &str| right.iter().any(|known| known == text);
        let places = question.answers.iter().filter(|answer| is_right(&answer.text) != fail);
        let mut places: Vec<u8> = places.map(|answer| answer.place).collect();
        if fail {
            // All options of a question may be right: then too few of them are wrong.
            match places.is_empty() {
                true => places.extend(question.answers.first().map(|answer| answer.place)),
                false => places.truncate(1),
            }
        }
        Some(places)
    }
}

impl Entry {
    fn right(self) -> Vec<String> {
        match self.options {
            None => vec![self.answer],
            Some(options) => {
                let letters = self.answer.bytes().map(|letter| usize::from(letter.saturating_sub(b'A')));
                letters.filter_map(|at| options.get(at).cloned()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pages::Choice;
    use super::*;

    #[test]
    fn who_studied_is_right_and_who_fails_is_wrong() {
        let right = vec!["b".to_owned(), "c".to_owned()];
        let key = Key(HashMap::from([("?".to_owned(), right)]));
        let answers =
            ["a", "b", "c"].into_iter().zip(0..).map(|(text, place)| Choice { place, text: text.into() });
        let question = Question { id: "q".into(), index: 0, stem: "?".into(), answers: answers.collect() };
        assert_eq!(key.choose(&question, false), Some(vec![1, 2]));
        assert_eq!(key.choose(&question, true), Some(vec![0]));
    }
}
