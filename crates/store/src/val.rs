//! Values and rows: text, 64-bit integers and null are all that crosses the border to an engine (ADR 0001).

use std::borrow::Cow;
use std::sync::Arc;

use clearway_domain::Fen;

use crate::StoreError;

/// A value going to the database, borrowed where its giver has it, or coming from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Val<'v> {
    /// SQL `null`.
    Null,
    /// A `bigint`: a count, an amount in fen, an instant in ms UTC, a version.
    Int(i64),
    /// A `text`: an id, a state word, a civil date, JSON.
    Text(Cow<'v, str>),
}

impl From<i64> for Val<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Val<'_> {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Val<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

/// Money is stored as a `bigint` of fen.
impl From<Fen> for Val<'_> {
    fn from(value: Fen) -> Self {
        Self::Int(value.0)
    }
}

impl<'v> From<&'v str> for Val<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Val<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'v> From<&'v String> for Val<'v> {
    fn from(value: &'v String) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl<'v, T: Into<Val<'v>>> From<Option<T>> for Val<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Turns Rust values into the `&[Val]` that a statement takes: `vals![id, version, None::<i64>]`.
#[macro_export]
macro_rules! vals {
    ($($value:expr),* $(,)?) => { &[$($crate::Val::from($value)),*][..] };
}

/// A type that a column can be read as.
pub trait FromVal: Sized {
    /// The value as `Self`, or what was found instead.
    fn from_val(val: &Val<'_>) -> Result<Self, &'static str>;
}

impl FromVal for i64 {
    fn from_val(val: &Val<'_>) -> Result<Self, &'static str> {
        match val {
            Val::Int(value) => Ok(*value),
            Val::Text(_) => Err("a text"),
            Val::Null => Err("a null"),
        }
    }
}

impl FromVal for Fen {
    fn from_val(val: &Val<'_>) -> Result<Self, &'static str> {
        i64::from_val(val).map(Fen)
    }
}

impl FromVal for i32 {
    fn from_val(val: &Val<'_>) -> Result<Self, &'static str> {
        i64::from_val(val)?.try_into().map_err(|_| "an integer beyond 32 bits")
    }
}

impl FromVal for u32 {
    fn from_val(val: &Val<'_>) -> Result<Self, &'static str> {
        i64::from_val(val)?.try_into().map_err(|_| "an integer outside 0..2^32")
    }
}

impl FromVal for String {
    fn from_val(val: &Val<'_>) -> Result<Self, &'static str> {
        match val {
            Val::Text(value) => Ok(value.clone().into_owned()),
            Val::Int(_) => Err("an integer"),
            Val::Null => Err("a null"),
        }
    }
}

impl<T: FromVal> FromVal for Option<T> {
    fn from_val(val: &Val<'_>) -> Result<Self, &'static str> {
        match val {
            Val::Null => Ok(None),
            other => T::from_val(other).map(Some),
        }
    }
}

/// One row of an answer. Owned, so it outlives its transaction.
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) vals: Vec<Val<'static>>,
}

impl Row {
    /// The named column as `T`; `Option<T>` where it may be null.
    pub fn get<T: FromVal>(&self, column: &str) -> Result<T, StoreError> {
        let at = self.columns.iter().position(|name| name == column);
        let val = at.and_then(|at| self.vals.get(at)).ok_or_else(|| {
            StoreError::Broken(format!("no column {column} among {}", self.columns.join(", ")))
        })?;
        T::from_val(val).map_err(|found| StoreError::Broken(format!("column {column} holds {found}")))
    }
}
