//! Just enough of a command line: `--name value`, `--flag`, and plain words.

use anyhow::{Result, bail};

/// What was written after `cargo x <command>`.
#[derive(Debug, Default)]
pub struct Args {
    words: Vec<String>,
    flags: Vec<String>,
    values: Vec<(String, String)>,
}

impl Args {
    /// Splits `rest`; every `--name` must be one of `flags` (stands alone) or `values` (takes the next word).
    pub fn parse(rest: &[String], flags: &[&str], values: &[&str]) -> Result<Args> {
        let mut args = Args::default();
        let mut words = rest.iter();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else {
                args.words.push(word.clone());
                continue;
            };
            let (name, joined) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (option, None),
            };
            if flags.contains(&name) && joined.is_none() {
                args.flags.push(name.to_owned());
            } else if values.contains(&name) {
                let Some(value) = joined.or_else(|| words.next().cloned()) else {
                    bail!("--{name} needs a value");
                };
                args.values.push((name.to_owned(), value));
            } else {
                bail!("--{name} is not known here; `cargo x help` lists what is");
            }
        }
        Ok(args)
    }

    /// True if `--name` was given.
    pub fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    /// The value of `--name`, the last one if it was given twice.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The words that are not options.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_are_split_from_words() {
        let args =
            Args::parse(&rest("tidy --check --port 9000 --at=now"), &["check"], &["port", "at"]).unwrap();
        assert_eq!(args.words(), ["tidy"]);
        assert!(args.has("check"));
        assert_eq!(args.value("port"), Some("9000"));
        assert_eq!(args.value("at"), Some("now"));
    }

    #[test]
    fn an_unknown_option_is_refused_and_so_is_a_missing_value() {
        assert!(Args::parse(&rest("--sped"), &["check"], &["port"]).is_err());
        assert!(Args::parse(&rest("--port"), &["check"], &["port"]).is_err());
        assert!(Args::parse(&rest("--check=yes"), &["check"], &["port"]).is_err());
    }
}
