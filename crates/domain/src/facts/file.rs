//! Reading a facts file: TOML or JSON, unknown keys refused.

use serde_json::Value as Json;

use super::RawFacts;

/// Why a facts file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsFault {
    /// Not TOML or JSON at all.
    #[error("the facts cannot be read: {0}")]
    Syntax(String),
    /// A key or a value that the format does not have.
    #[error("the facts are not in the format of docs/reference/facts.md: {0}")]
    Shape(String),
}

/// Reads facts written as TOML. Dates and instants may be TOML's own or quoted.
pub fn facts_from_toml(text: &str) -> Result<RawFacts, FactsFault> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| FactsFault::Syntax(e.to_string()))?;
    facts_from_value(toml_to_json(toml::Value::Table(table)))
}

/// Reads facts written as JSON.
pub fn facts_from_json(text: &str) -> Result<RawFacts, FactsFault> {
    facts_from_value(serde_json::from_str(text).map_err(|e| FactsFault::Syntax(e.to_string()))?)
}

/// Reads facts from a parsed tree. A leaf written as the text `"unknown"` is taken out, so that it is unknown.
pub fn facts_from_value(mut value: Json) -> Result<RawFacts, FactsFault> {
    drop_unknown(&mut value);
    serde_json::from_value(value).map_err(|e| FactsFault::Shape(e.to_string()))
}

/// TOML as JSON; TOML's own dates become text.
pub fn toml_to_json(value: toml::Value) -> Json {
    match value {
        toml::Value::String(text) => Json::String(text),
        toml::Value::Integer(number) => Json::from(number),
        toml::Value::Float(number) => Json::from(number),
        toml::Value::Boolean(flag) => Json::Bool(flag),
        toml::Value::Datetime(moment) => Json::String(moment.to_string()),
        toml::Value::Array(items) => items.into_iter().map(toml_to_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, item)| (key, toml_to_json(item))).collect(),
    }
}

/// Lays `patch` over `base`: tables are merged, everything else is replaced.
pub fn merge_json(base: &mut Json, patch: Json) {
    match (base, patch) {
        (Json::Object(base), Json::Object(patch)) => {
            for (key, item) in patch {
                merge_json(base.entry(key).or_insert(Json::Null), item);
            }
        }
        (slot, item) => *slot = item,
    }
}

fn drop_unknown(value: &mut Json) {
    match value {
        Json::Object(map) => {
            map.retain(|_, item| item.as_str() != Some("unknown"));
            map.values_mut().for_each(drop_unknown);
        }
        Json::Array(items) => items.iter_mut().for_each(drop_unknown),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = "[violation]\noccurred_at = 2020-04-05T10:00:00+08:00\nnotice_date = 2020-04-06\nfine_fen = 10000\n";
        let json = r#"{"violation":{"occurred_at":"2020-04-05T02:00:00Z","notice_date":"2020-04-06","fine_fen":10000}}"#;
        assert_eq!(facts_from_toml(toml).unwrap(), facts_from_json(json).unwrap());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let fault = facts_from_toml("[driver]\npiont = 3\n").unwrap_err();
        assert!(fault.to_string().contains("piont"), "{fault}");
    }

    #[test]
    fn a_wrong_type_is_refused() {
        assert!(matches!(facts_from_toml("[driver]\npoints = \"three\"\n"), Err(FactsFault::Shape(_))));
    }

    #[test]
    fn the_word_unknown_takes_a_leaf_out() {
        let facts = facts_from_toml("[driver]\npoints = \"unknown\"\nhas_licence = true\n").unwrap();
        assert_eq!(facts.driver.points, None);
        assert_eq!(facts.driver.has_licence, Some(true));
    }

    #[test]
    fn debug_shows_no_plate() {
        let facts = facts_from_toml("[vehicle]\nplate = \"02:鄂A12345\"\n").unwrap();
        assert!(!format!("{facts:?}").contains("12345"));
    }

    #[test]
    fn every_leaf_of_the_reference_is_a_field() {
        for leaf in RawFacts::leaves() {
            assert!(!leaf.doc.trim().is_empty() && !leaf.shape.is_empty(), "{} is not described", leaf.path);
        }
        assert!(RawFacts::leaves().count() > 100);
    }
}
