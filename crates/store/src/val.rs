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

    /// The same of a value that nobody else wants: a text is moved and not copied.
    fn from_own(val: Val<'static>) -> Result<Self, &'static str> {
        Self::from_val(&val)
    }
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

    fn from_own(val: Val<'static>) -> Result<Self, &'static str> {
        match val {
            Val::Text(value) => Ok(value.into_owned()),
            other => Self::from_val(&other),
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

    fn from_own(val: Val<'static>) -> Result<Self, &'static str> {
        match val {
            Val::Null => Ok(None),
            other => T::from_own(other).map(Some),
        }
    }
}

/// One row of an answer. Owned, so it outlives its transaction.
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) vals: Vec<Val<'static>>,
    /// The column behind the one that was taken last.
    next: usize,
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, vals: Vec<Val<'static>>) -> Self {
        Self { columns, vals, next: 0 }
    }

    /// The named column as `T`; `Option<T>` where it may be null.
    pub fn get<T: FromVal>(&self, column: &str) -> Result<T, StoreError> {
        let at = self.columns.iter().position(|name| name == column);
        let val = at.and_then(|at| self.vals.get(at)).ok_or_else(|| self.missing(column))?;
        T::from_val(val).map_err(|found| holds(column, found))
    }

    /// As [`Row::get`], but the value is moved out and leaves a null behind: for whoever reads each column once. Quick when the
    /// columns are taken in the order in which the statement names them.
    pub(crate) fn take<T: FromVal>(&mut self, column: &str) -> Result<T, StoreError> {
        let at = match self.columns.get(self.next) {
            Some(name) if name == column => Some(self.next),
            _ => self.columns.iter().position(|name| name == column),
        };
        let Some((at, val)) = at.and_then(|at| Some((at, self.vals.get_mut(at)?))) else {
            return Err(self.missing(column));
        };
        self.next = at + 1;
        T::from_own(std::mem::replace(val, Val::Null)).map_err(|found| holds(column, found))
    }

    fn missing(&self, column: &str) -> StoreError {
        StoreError::Broken(format!("no column {column} among {}", self.columns.join(", ")))
    }
}

fn holds(column: &str, found: &str) -> StoreError {
    StoreError::Broken(format!("column {column} holds {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let columns = ["a", "b", "c"].map(str::to_owned);
        Row::new(Arc::new(columns), vec![Val::from("text"), Val::Int(7), Val::Null])
    }

    #[test]
    fn a_value_is_taken_in_any_order_and_is_the_one_that_would_be_read() {
        for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
            let mut taken = row();
            for column in order {
                match column {
                    "a" => assert_eq!(taken.take::<String>("a"), row().get("a")),
                    "b" => assert_eq!(taken.take::<Option<i64>>("b"), row().get("b")),
                    _ => assert_eq!(taken.take::<Option<String>>("c"), Ok(None)),
                }
            }
            assert!(taken.take::<String>("a").is_err(), "it has been taken");
        }
    }

    #[test]
    fn what_cannot_be_taken_is_told_in_the_words_of_reading() {
        assert_eq!(row().take::<String>("b"), row().get("b"));
        assert_eq!(row().take::<i64>("c"), row().get("c"));
        assert_eq!(row().take::<i64>("d"), row().get("d"));
        assert!(row().take::<i64>("d").is_err());
    }
}
