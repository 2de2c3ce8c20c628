//! Bodies: a form and a JSON object are read alike, and what cannot be used is named with field, value and fix.

use std::cell::RefCell;
use std::fmt::Display;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use garde::Validate;
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use crate::problem::{BadField, BadWhy, Kind, Problem};

/// Largest body of a form or of its JSON, bytes. The longest one is a statement of 2,000 characters.
pub const LARGEST: usize = 16 * 1024;
/// Deepest nesting of a JSON body. Ours are flat: an object with lists.
const DEEPEST: usize = 4;
/// The form field that carries the token; JSON needs none (see [`crate::guard`]).
pub const TOKEN_FIELD: &str = "csrf";

/// The kinds of body that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

impl BodyKind {
    /// Reads the content type.
    pub fn of(headers: &HeaderMap) -> Option<BodyKind> {
        let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        match text.split(';').next()?.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Some(BodyKind::Form),
            "application/json" => Some(BodyKind::Json),
            _ => None,
        }
    }
}

/// The body of a request, read from a form or from JSON and checked.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, LARGEST).await.map_err(|_| Problem::from(Kind::TooLarge))?;
        let fields = match BodyKind::of(&parts.headers) {
            Some(BodyKind::Form) => form_fields(&bytes)?,
            Some(BodyKind::Json) => json_fields(&bytes)?,
            None if bytes.is_empty() => Vec::new(),
            None => return Err(Kind::UnsupportedType.into()),
        };
        read(fields).map(Body)
    }
}

/// What was given for a field.
#[derive(Debug, Clone, PartialEq)]
enum Given {
    Json(Value),
    Form(Vec<String>),
}

impl Given {
    fn shown(&self) -> String {
        match self {
            Given::Json(Value::String(text)) => text.clone(),
            Given::Json(value) => value.to_string(),
            Given::Form(values) => values.join(", "),
        }
    }
}

fn form_fields(bytes: &[u8]) -> Result<Vec<(String, Given)>, Problem> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(bytes).map_err(|_| Problem::from(Kind::Unreadable))?;
    let mut fields: Vec<(String, Given)> = Vec::new();
    for (name, value) in pairs.into_iter().filter(|(name, _)| name != TOKEN_FIELD) {
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, Given::Form(values))) => values.push(value),
            _ => fields.push((name, Given::Form(vec![value]))),
        }
    }
    Ok(fields)
}

fn json_fields(bytes: &[u8]) -> Result<Vec<(String, Given)>, Problem> {
    if nesting(bytes) > DEEPEST {
        return Err(Kind::Unreadable.into());
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Problem::from(Kind::Unreadable))?;
    match value {
        Value::Object(map) => Ok(map.into_iter().map(|(name, value)| (name, Given::Json(value))).collect()),
        _ => Err(Kind::Unreadable.into()),
    }
}

/// The deepest nesting of a JSON text, without building it.
fn nesting(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn read<T: DeserializeOwned + Validate<Context = ()>>(fields: Vec<(String, Given)>) -> Result<T, Problem> {
    let shown: Vec<(String, String)> =
        fields.iter().map(|(name, given)| (name.clone(), given.shown())).collect();
    let at = RefCell::new(None);
    let value = T::deserialize(Fields { fields, at: &at }).map_err(|error| {
        let bad = at.take().unwrap_or_else(|| missing(&error));
        Problem::from(Kind::BadField(bad))
    })?;
    match value.validate() {
        Ok(()) => Ok(value),
        Err(report) => {
            let (path, error) = report
                .iter()
                .next()
                .map(|(path, error)| (path.to_string(), error.to_string()))
                .unwrap_or_default();
            let value = shown.iter().find(|(name, _)| *name == path).map(|(_, value)| value.as_str());
            Err(Problem::field(&path, value.unwrap_or_default(), BadWhy::Value, error))
        }
    }
}

/// The problem behind a serde error that no field caused: a field that is not there.
fn missing(error: &Failure) -> BadField {
    let name = error.0.split('`').nth(1).unwrap_or("body").to_owned();
    BadField { field: name, value: String::new(), why: BadWhy::Missing, fix: error.0.clone() }
}

/// A serde error as text.
#[derive(Debug)]
struct Failure(String);

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: Display>(message: T) -> Self {
        Failure(message.to_string())
    }
}

/// The whole body as a struct's fields.
struct Fields<'a> {
    fields: Vec<(String, Given)>,
    at: &'a RefCell<Option<BadField>>,
}

impl<'de> serde::Deserializer<'de> for Fields<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(Walk { fields: self.fields.into_iter(), next: None, at: self.at })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if let Some((name, given)) = self.fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            let value = given.shown().chars().take(40).collect();
            let fix = known.join(", ");
            *self.at.borrow_mut() = Some(BadField { field: name.clone(), value, why: BadWhy::Unknown, fix });
            return Err(Failure::custom("unknown field"));
        }
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Walk<'a> {
    fields: std::vec::IntoIter<(String, Given)>,
    next: Option<(String, Given)>,
    at: &'a RefCell<Option<BadField>>,
}

impl<'de> MapAccess<'de> for Walk<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        self.next = self.fields.next();
        match &self.next {
            Some((name, _)) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let (field, given) = self.next.take().ok_or_else(|| Failure::custom("no field"))?;
        let value: String = given.shown().chars().take(40).collect();
        let repeated = matches!(&given, Given::Form(values) if values.len() > 1);
        let result = match given {
            Given::Json(json) => seed.deserialize(json).map_err(|error| Failure(error.to_string())),
            Given::Form(values) => seed.deserialize(Entry(values)),
        };
        result.inspect_err(|error| {
            let why = if repeated { BadWhy::Repeated } else { BadWhy::Type };
            *self.at.borrow_mut() = Some(BadField { field, value, why, fix: error.0.clone() });
        })
    }
}

/// The values of one form field.
struct Entry(Vec<String>);

impl Entry {
    fn one(mut self) -> Result<String, Failure> {
        match self.0.len() {
            1 => Ok(self.0.remove(0)),
            _ => Err(Failure::custom("one value, not several")),
        }
    }
}

impl<'de> IntoDeserializer<'de, Failure> for Entry {
    type Deserializer = Entry;

    fn into_deserializer(self) -> Entry {
        self
    }
}

/// Reads a number from a form's text.
macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            match self.one()?.trim().parse::<$kind>() {
                Ok(number) => visitor.visit_i64(i64::from(number)),
                Err(_) => Err(Failure::custom("a whole number")),
            }
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Entry {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_string(self.one()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.one()?.as_str() {
            "on" | "true" | "1" | "yes" => visitor.visit_bool(true),
            "" | "off" | "false" | "0" | "no" => visitor.visit_bool(false),
            _ => Err(Failure::custom("true or false")),
        }
    }

    numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32
    );

    /// An empty entry of an optional field is an absent one.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.0.iter().all(String::is_empty) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter().map(|value| Entry(vec![value]))))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_enum(IntoDeserializer::<Failure>::into_deserializer(self.one()?))
    }

    forward_to_deserialize_any! {
        i128 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body as Bytes;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, Validate)]
    struct Ask {
        #[garde(length(min = 1, max = 3))]
        violation: Vec<String>,
        #[garde(range(max = 99))]
        version: Option<u32>,
        #[serde(default)]
        #[garde(skip)]
        waive: bool,
        #[serde(default)]
        #[garde(skip)]
        route: Route,
    }

    #[derive(Debug, PartialEq, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Route {
        #[default]
        Pay,
        First,
    }

    async fn send(kind: &str, body: &str) -> Result<Ask, Problem> {
        let request =
            Request::builder().header("content-type", kind).body(Bytes::from(body.to_owned())).unwrap();
        Body::<Ask>::from_request(request, &()).await.map(|body| body.0)
    }

    fn bad(result: Result<Ask, Problem>) -> (String, String, BadWhy) {
        match result.unwrap_err().kind {
            Kind::BadField(bad) => (bad.field, bad.value, bad.why),
            other => panic!("{other:?}"),
        }
    }

    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json; charset=utf-8";

    #[tokio::test]
    async fn a_form_and_json_are_read_alike() {
        let form = send(FORM, "csrf=x&violation=a&violation=b&version=7&waive=on&route=first").await.unwrap();
        let json =
            send(JSON, r#"{"violation":["a","b"],"version":7,"waive":true,"route":"first"}"#).await.unwrap();
        assert_eq!(form, json);
        let short = send(FORM, "violation=a&version=").await.unwrap();
        assert_eq!(
            short,
            Ask { violation: vec!["a".into()], version: None, waive: false, route: Route::Pay }
        );
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_named() {
        let named = |field: &str, value: &str, why| (field.to_owned(), value.to_owned(), why);
        assert_eq!(
            bad(send(JSON, r#"{"violation":["a"],"version":"x"}"#).await),
            named("version", "x", BadWhy::Type)
        );
        assert_eq!(bad(send(FORM, "violation=a&version=x").await), named("version", "x", BadWhy::Type));
        assert_eq!(
            bad(send(FORM, "violation=a&version=1&version=2").await),
            named("version", "1, 2", BadWhy::Repeated)
        );
        assert_eq!(bad(send(FORM, "violation=a&colour=red").await), named("colour", "red", BadWhy::Unknown));
        assert_eq!(
            bad(send(JSON, r#"{"violation":["a"],"colour":1}"#).await),
            named("colour", "1", BadWhy::Unknown)
        );
        assert_eq!(bad(send(JSON, "{}").await), named("violation", "", BadWhy::Missing));
        assert_eq!(bad(send(FORM, "violation=a&version=100").await), named("version", "100", BadWhy::Value));
        assert_eq!(bad(send(FORM, "violation=a&route=fly").await), named("route", "fly", BadWhy::Type));
    }

    #[tokio::test]
    async fn malformed_oversized_and_deep_bodies_are_refused() {
        let kind = |result: Result<Ask, Problem>| result.unwrap_err().kind;
        assert_eq!(kind(send(JSON, r#"{"violation":["a""#).await), Kind::Unreadable);
        assert_eq!(kind(send(JSON, "[1]").await), Kind::Unreadable);
        assert_eq!(
            kind(send(JSON, &format!("{}1{}", "[".repeat(5000), "]".repeat(5000))).await),
            Kind::Unreadable
        );
        assert_eq!(kind(send(JSON, &"x".repeat(LARGEST + 1)).await), Kind::TooLarge);
        assert_eq!(kind(send("text/plain", "violation=a").await), Kind::UnsupportedType);
    }
}
