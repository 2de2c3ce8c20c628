//! Where a file of the configuration cannot be read, and why: never what stands there, for it may be a password or a key.

use std::path::Path;

use anyhow::{Result, anyhow};
use serde::de::DeserializeOwned;

/// Whether the values of a file may be said back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// They may, but for the address of the database.
    Plain,
    /// None of them.
    Secret,
}

/// Reads a TOML file's text.
///
/// # Errors
/// `FILE:LINE:COLUMN: what is wrong`.
pub fn read<T: DeserializeOwned>(path: &Path, text: &str, values: Values) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let before = text.get(..at).unwrap_or_default();
        let (line, last) = (before.matches('\n').count(), before.rsplit('\n').next().unwrap_or_default());
        let holds_address = text.lines().nth(line).is_some_and(|line| line.contains("database"));
        let why = if values == Values::Secret || holds_address {
            without_values(error.message())
        } else {
            error.message().to_owned()
        };
        anyhow!("{}:{}:{}: {}", path.display(), line + 1, last.chars().count() + 1, why.replace('\n', ", "))
    })
}

/// A message without what was found: what was expected stays, and so do the names of keys.
fn without_values(message: &str) -> String {
    for found in ["invalid type", "invalid value", "invalid length", "unknown variant"] {
        if message.starts_with(found) {
            let expected = message.rfind(", expected").map_or("", |at| &message[at..]);
            return format!("{found}{expected}");
        }
    }
    // Words of ours about a value may say it in quotes.
    message.split('"').step_by(2).collect::<Vec<_>>().join("…")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct File {
        database: Option<String>,
        workers: Option<u16>,
        rail: Option<Rail>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Rail {
        Wechat,
    }

    fn said(text: &str, values: Values) -> String {
        format!("{:#}", read::<File>(Path::new("site.toml"), text, values).unwrap_err())
    }

    #[test]
    fn a_mistake_is_named_by_its_place_and_never_by_the_line() {
        let plain = said("# 配置\nworkers = \"many\"\n", Values::Plain);
        assert!(plain.starts_with("site.toml:2:11: ") && plain.contains("many"), "{plain}");
        for (text, place) in [
            ("workers = \"hunter2\"", "1:11"),
            ("workers = 70123456", "1:11"),
            ("rail = \"hunter2\"", "1:8"),
            ("database = \"hunter2", "1:"),
            ("database = hunter2", "1:"),
            ("\ndatabase = \"postgres://u:hunter2@h/x\" workers = 1", "2:"),
            ("database = { password = \"hunter2\" }", "1:"),
        ] {
            let said = said(text, Values::Secret);
            assert!(said.starts_with(&format!("site.toml:{place}")), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("70123456"), "{text}: {said}");
        }
        let address = said("database = 70123456", Values::Plain);
        assert!(!address.contains("70123456") && address.contains("expected"), "{address}");
        let unknown = said("databse = \"hunter2\"", Values::Secret);
        assert!(unknown.contains("databse") && !unknown.contains("hunter2"), "a key is named: {unknown}");
    }
}
