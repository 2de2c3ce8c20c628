//! The words of the pages, in both languages.
//!
//! The Fluent files of `locales/` are read and compiled once, at the first use; a request only looks a message up.
//! Most messages are a plain text or a text with holes, and those are kept as such; the few that choose by number go
//! through the Fluent bundle.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast;
use serde::{Deserialize, Serialize};
use unic_langid::{LanguageIdentifier, langid};
use utoipa::ToSchema;

/// The message files, `zh-CN/*.ftl` and `en/*.ftl`, by name, with their texts.
static FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/locales.in"));

/// A language of the pages. Chinese is what is meant when nothing was chosen; it is never guessed from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
pub enum Lang {
    /// Simplified Chinese, the language of the law and of the documents.
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// Both languages.
    pub const ALL: [Lang; 2] = [Lang::Zh, Lang::En];

    /// The BCP 47 tag, which is also the folder's name.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Reads a tag as a browser or a cookie would write it; anything unknown is `None`.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    const fn identifier(self) -> LanguageIdentifier {
        match self {
            Lang::Zh => langid!("zh-CN"),
            Lang::En => langid!("en"),
        }
    }
}

/// A part of a compiled message.
#[derive(Debug)]
enum Piece {
    Text(String),
    Hole(String),
}

/// A compiled message.
#[derive(Debug)]
enum Message {
    /// No holes at all.
    Plain(String),
    /// Text and holes.
    Pieces(Vec<Piece>),
    /// Chooses by number or refers to others: the bundle renders it. Message key and attribute.
    Rich(String, Option<String>),
}

struct Catalog {
    messages: HashMap<String, Message>,
    variables: BTreeMap<String, BTreeSet<String>>,
    bundle: FluentBundle<FluentResource>,
}

static CATALOGS: LazyLock<[Catalog; 2]> = LazyLock::new(|| Lang::ALL.map(Catalog::load));

impl Catalog {
    fn load(lang: Lang) -> Catalog {
        let mut catalog = Catalog {
            messages: HashMap::new(),
            variables: BTreeMap::new(),
            bundle: FluentBundle::new_concurrent(vec![lang.identifier()]),
        };
        catalog.bundle.set_use_isolating(false);
        for (name, text) in FILES.iter().filter(|(name, _)| name.split('/').next() == Some(lang.tag())) {
            catalog.add(name, (*text).to_owned());
        }
        catalog
    }

    fn add(&mut self, name: &str, text: String) {
        // A bad entry costs that entry, not the service; the test below refuses it before it can be shipped.
        let resource = match FluentResource::try_new(text) {
            Ok(resource) => resource,
            Err((resource, errors)) => {
                tracing::error!(file = name, ?errors, "message file has entries that cannot be read");
                resource
            }
        };
        for entry in resource.entries() {
            let ast::Entry::Message(message) = entry else { continue };
            let key = message.id.name;
            if let Some(pattern) = &message.value {
                self.compile(key.to_owned(), pattern, key, None);
            }
            for attribute in &message.attributes {
                let name = attribute.id.name;
                self.compile(format!("{key}.{name}"), &attribute.value, key, Some(name));
            }
        }
        if let Err(errors) = self.bundle.add_resource(resource) {
            tracing::error!(file = name, ?errors, "message file repeats a key");
        }
    }

    fn compile(&mut self, full: String, pattern: &ast::Pattern<&str>, key: &str, attribute: Option<&str>) {
        let mut pieces = Vec::new();
        let mut rich = false;
        let mut variables = BTreeSet::new();
        for element in &pattern.elements {
            match element {
                ast::PatternElement::TextElement { value } => pieces.push(Piece::Text((*value).to_owned())),
                ast::PatternElement::Placeable { expression } => {
                    collect_variables(expression, &mut variables);
                    match expression {
                        ast::Expression::Inline(ast::InlineExpression::VariableReference { id }) => {
                            pieces.push(Piece::Hole(id.name.to_owned()));
                        }
                        ast::Expression::Inline(ast::InlineExpression::StringLiteral { value }) => {
                            pieces.push(Piece::Text((*value).to_owned()));
                        }
                        _ => rich = true,
                    }
                }
            }
        }
        let message = if rich {
            Message::Rich(key.to_owned(), attribute.map(str::to_owned))
        } else if variables.is_empty() {
            Message::Plain(pieces.iter().map(Piece::literal).collect())
        } else {
            Message::Pieces(pieces)
        };
        self.variables.insert(full.clone(), variables);
        self.messages.insert(full, message);
    }

    fn rich(&self, key: &str, attribute: Option<&str>, args: &[(&str, &dyn Display)]) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let mut given = FluentArgs::new();
        for (name, value) in args {
            let text = value.to_string();
            let value = text.parse::<i64>().map_or_else(|_| FluentValue::from(text), FluentValue::from);
            given.set(*name, value);
        }
        let mut errors = Vec::new();
        let out = self.bundle.format_pattern(pattern, Some(&given), &mut errors);
        Some(out.into_owned())
    }
}

impl Piece {
    fn literal(&self) -> &str {
        match self {
            Piece::Text(text) => text,
            Piece::Hole(_) => "",
        }
    }
}

fn collect_variables(expression: &ast::Expression<&str>, into: &mut BTreeSet<String>) {
    fn inline(expression: &ast::InlineExpression<&str>, into: &mut BTreeSet<String>) {
        match expression {
            ast::InlineExpression::VariableReference { id } => {
                into.insert(id.name.to_owned());
            }
            ast::InlineExpression::FunctionReference { arguments, .. } => {
                arguments.positional.iter().for_each(|argument| inline(argument, into));
            }
            ast::InlineExpression::Placeable { expression } => collect_variables(expression, into),
            _ => {}
        }
    }
    match expression {
        ast::Expression::Inline(expression) => inline(expression, into),
        ast::Expression::Select { selector, variants } => {
            inline(selector, into);
            for element in variants.iter().flat_map(|variant| &variant.value.elements) {
                if let ast::PatternElement::Placeable { expression } = element {
                    collect_variables(expression, into);
                }
            }
        }
    }
}

/// Reads the words of both languages now, so that the first request does not wait for it.
pub fn prepare() {
    LazyLock::force(&CATALOGS);
}

fn catalog(lang: Lang) -> &'static Catalog {
    match lang {
        Lang::Zh => &CATALOGS[0],
        Lang::En => &CATALOGS[1],
    }
}

/// Whether a message exists in a language. Used for texts that others own, such as those of the reasons.
pub fn has(lang: Lang, key: &str) -> bool {
    catalog(lang).messages.contains_key(key)
}

/// A message without holes. A key that does not exist comes back in brackets, which a test looks for.
pub fn t(lang: Lang, key: &str) -> Cow<'static, str> {
    match catalog(lang).messages.get(key) {
        Some(Message::Plain(text)) => Cow::Borrowed(text.as_str()),
        _ => Cow::Owned(ta(lang, key, &[])),
    }
}

/// A message with its holes filled. A hole that got no value keeps its name in brackets.
pub fn ta(lang: Lang, key: &str, args: &[(&str, &dyn Display)]) -> String {
    let catalog = catalog(lang);
    match catalog.messages.get(key) {
        Some(Message::Plain(text)) => text.clone(),
        Some(Message::Pieces(pieces)) => fill(pieces, args),
        Some(Message::Rich(key, attribute)) => {
            catalog.rich(key, attribute.as_deref(), args).unwrap_or_else(|| missing(key))
        }
        None => missing(key),
    }
}

fn missing(key: &str) -> String {
    tracing::warn!(key, "a message is missing");
    format!("⟦{key}⟧")
}

fn fill(pieces: &[Piece], args: &[(&str, &dyn Display)]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Hole(name) => match args.iter().find(|(given, _)| given == name) {
                // Writing to a String cannot fail.
                Some((_, value)) => {
                    let _ = write!(out, "{value}");
                }
                None => out.push_str(&missing(name)),
            },
        }
    }
    out
}

/// Every key of a language with the variables it uses, for checks.
pub fn keys(lang: Lang) -> &'static BTreeMap<String, BTreeSet<String>> {
    &catalog(lang).variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_reads_without_an_error() {
        let mut read = 0;
        for (name, text) in FILES {
            if let Err((_, errors)) = FluentResource::try_new((*text).to_owned()) {
                panic!("{name}: {errors:?}");
            }
            read += 1;
        }
        assert!(read >= 2, "both languages have files");
    }

    #[test]
    fn both_languages_have_the_same_keys_and_variables() {
        let (zh, en) = (keys(Lang::Zh), keys(Lang::En));
        let mut wrong = Vec::new();
        for (key, variables) in zh {
            match en.get(key) {
                None => wrong.push(format!("{key}: not in English")),
                Some(other) if other != variables => {
                    wrong.push(format!("{key}: {variables:?} and {other:?}"))
                }
                Some(_) => {}
            }
        }
        wrong.extend(
            en.keys().filter(|key| !zh.contains_key(*key)).map(|key| format!("{key}: not in Chinese")),
        );
        assert!(zh.len() > 100 && wrong.is_empty(), "{} keys; {}", zh.len(), wrong.join("\n"));
    }

    #[test]
    fn a_missing_key_and_a_missing_value_show_themselves() {
        assert_eq!(t(Lang::Zh, "no-such-key"), "⟦no-such-key⟧");
        assert_eq!(ta(Lang::Zh, "bar-go", &[]), "去缴款 ⟦yuan⟧ 元");
        assert_eq!(ta(Lang::Zh, "bar-go", &[("yuan", &"250")]), "去缴款 250 元");
    }

    /// Keys that templates and sources write out, found in their texts.
    fn written_keys(folder: &std::path::Path, into: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                written_keys(&path, into);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for start in ["c.t(\"", "c.ta(\"", "zh.t(\""] {
                let keys = text.split(start).skip(1).filter_map(|rest| rest.split('"').next());
                into.extend(keys.filter(|key| !key.contains('{')).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_key_that_is_written_anywhere_exists() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut written = BTreeSet::new();
        written_keys(&root.join("templates"), &mut written);
        written_keys(&root.join("src"), &mut written);
        let missing: Vec<&String> = written.iter().filter(|key| !keys(Lang::Zh).contains_key(*key)).collect();
        assert!(written.len() > 200 && missing.is_empty(), "{} keys; {missing:?}", written.len());
    }

    #[test]
    fn every_reason_of_the_rules_has_its_three_texts() {
        for refusal in clearway_domain::refusal::Refusal::ALL {
            let key = format!("reason-{}", refusal.code().to_ascii_lowercase().replace('_', "-"));
            for lang in Lang::ALL {
                for part in ["", ".fact", ".do"] {
                    assert!(has(lang, &format!("{key}{part}")), "{} {key}{part}", lang.tag());
                }
            }
        }
    }

    #[test]
    fn everything_that_stops_a_case_has_its_words() {
        for stopped in clearway_domain::case::Stopped::ALL {
            for lang in Lang::ALL {
                assert!(has(lang, &format!("stopped-{}", stopped.slug())), "{} {stopped:?}", lang.tag());
            }
        }
    }

    #[test]
    fn every_fix_that_the_service_names_has_its_words() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../service/src");
        let mut files = vec![root];
        let mut fixes = BTreeSet::new();
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let named = text.split("fix: \"").skip(1).filter_map(|rest| rest.split('"').next());
                fixes.extend(named.map(|fix| format!("fix-{fix}")));
            }
        }
        let missing: Vec<&String> = fixes.iter().filter(|key| !has(Lang::Zh, key)).collect();
        assert!(fixes.len() > 5 && missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn english_chooses_by_number() {
        assert_eq!(ta(Lang::En, "count-violations", &[("n", &1)]), "1 violation");
        assert_eq!(ta(Lang::En, "count-violations", &[("n", &3)]), "3 violations");
    }
}
