//! Licence classes and what each allows to drive (`packs/licence_classes.csv`; licence rule art. 11).

use serde::Deserialize;

/// One class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceClass {
    /// `C1`, `A2`, `D` …
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Other classes that it covers.
    pub also_covers: Vec<String>,
}

/// All classes.
#[derive(Debug, Clone)]
pub struct ClassTable(Vec<LicenceClass>);

#[derive(Deserialize)]
struct Row {
    code: String,
    name_zh: String,
    name_en: String,
    also_covers: String,
}

impl ClassTable {
    /// The classes shipped with this release.
    ///
    /// # Panics
    /// Never in a released build: a test reads the same file.
    #[must_use]
    pub fn builtin() -> ClassTable {
        ClassTable::parse(include_str!("../../../packs/licence_classes.csv")).expect("read by a test")
    }

    /// Reads a table of the form of `packs/licence_classes.csv`.
    ///
    /// # Errors
    /// The first line that does not fit, in words.
    pub fn parse(text: &str) -> Result<ClassTable, String> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.deserialize::<Row>().map(|row| {
            let row = row.map_err(|fault| fault.to_string())?;
            let also_covers = row.also_covers.split_whitespace().map(str::to_owned).collect();
            Ok(LicenceClass { code: row.code, name_zh: row.name_zh, name_en: row.name_en, also_covers })
        });
        rows.collect::<Result<_, String>>().map(ClassTable)
    }

    /// The class of a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&LicenceClass> {
        self.0.iter().find(|class| class.code == code)
    }

    /// Whether a licence with these classes, as written on it (`C1`, `A1D`, `A1,E`), may drive a vehicle of the needed class.
    /// A part that the table does not know, or an empty text, cannot say no; an unknown needed class cannot say anything.
    #[must_use]
    pub fn covers(&self, held: &str, needed: &str) -> Option<bool> {
        self.get(needed)?;
        let (classes, whole) = self.split(held);
        let fits = |class: &&LicenceClass| {
            class.code == needed || class.also_covers.iter().any(|also| also == needed)
        };
        if classes.iter().any(fits) {
            return Some(true);
        }
        (whole && !classes.is_empty()).then_some(false)
    }

    /// The known classes in the text, longest code first, and whether nothing else was in it.
    fn split(&self, held: &str) -> (Vec<&LicenceClass>, bool) {
        let (mut classes, mut whole) = (Vec::new(), true);
        let mut rest = held;
        while let Some(first) = rest.chars().next() {
            let longest =
                self.0.iter().filter(|class| rest.starts_with(&class.code)).max_by_key(|c| c.code.len());
            let width = match longest {
                Some(class) => {
                    classes.push(class);
                    class.code.len()
                }
                None => {
                    whole &= first.is_whitespace() || matches!(first, ',' | '、' | '/');
                    first.len_utf8()
                }
            };
            rest = &rest[width..];
        }
        (classes, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_covers_what_its_classes_cover() {
        let table = ClassTable::builtin();
        for (held, needed, covers) in [
            ("C1", "C1", Some(true)),
            ("C1", "C2", Some(true)),
            ("C2", "C1", Some(false)),
            ("A1", "C1", Some(true)),
            ("A1D", "F", Some(true)),
            ("C1E", "D", Some(false)),
            ("C1,E", "F", Some(true)),
            ("B2", "A2", Some(false)),
            ("", "C1", None),
            ("X9", "C1", None),
            ("C2X", "C1", None), // what X stands for might cover it
            ("C1X", "C1", Some(true)),
            ("C1", "Z1", None),
            ("c1", "C1", None),
        ] {
            assert_eq!(table.covers(held, needed), covers, "{held:?} for {needed}");
        }
    }

    #[test]
    fn every_covered_class_is_a_class() {
        let table = ClassTable::builtin();
        assert_eq!(table.0.len(), 17);
        for class in &table.0 {
            for also in &class.also_covers {
                assert!(table.get(also).is_some(), "{} covers {also}", class.code);
            }
        }
    }
}
