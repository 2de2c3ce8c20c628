//! One PostgreSQL connection with its prepared statements.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use postgres::{Client, Statement};

use crate::tx::Fault;
use crate::{Row, StoreError, Val, dialect, pairs};

type Answer<T> = Result<T, (StoreError, Fault)>;

/// A connection and the texts it has prepared.
pub(crate) struct PgConn {
    raw: Client,
    known: HashMap<&'static str, Known>,
}

#[derive(Clone)]
struct Known {
    stmt: Statement,
    columns: Arc<[String]>,
}

impl PgConn {
    pub(crate) fn new(raw: Client) -> Self {
        Self { raw, known: HashMap::new() }
    }

    pub(crate) fn query(
        &mut self,
        sql: &'static str,
        vals: &[Val<'_>],
        take: &mut dyn FnMut(Row),
    ) -> Answer<()> {
        let known = self.known(sql, vals.len())?;
        let shown = match self.raw.query_raw(&known.stmt, params(vals)) {
            Ok(found) => each(found, &known.columns, take),
            Err(error) => Err(Stopped::Engine(error)),
        };
        shown.map_err(|stopped| match stopped {
            Stopped::Engine(error) => self.fail(&error),
            Stopped::Value(fault) => fault,
        })
    }

    pub(crate) fn execute(&mut self, sql: &'static str, vals: &[Val<'_>]) -> Answer<u64> {
        let known = self.known(sql, vals.len())?;
        if !known.columns.is_empty() {
            return Err(spoiled(format!("executed a statement that answers with rows, query it: {sql}")));
        }
        self.raw.execute(&known.stmt, &params(vals)).map_err(|error| self.fail(&error))
    }

    /// Many statements without values. An index on a large table takes its time, so the usual limit is lifted.
    pub(crate) fn batch(&mut self, sql: &str) -> Answer<()> {
        self.say("set local statement_timeout = 0")?;
        self.say(sql)
    }

    pub(crate) fn check(&mut self, sql: &'static str) -> Answer<usize> {
        let numbered = dialect::number(sql).map_err(|error| (error, Fault::Spoiled))?;
        // Both texts of a pair must stand, also the one that this engine passes over.
        for text in [sql, pairs::for_postgres(sql)] {
            let stmt = self.raw.prepare(text).map_err(|error| self.fail(&error))?;
            if stmt.params().len() != numbered.count {
                return Err(spoiled(format!("{} parameters counted: {text}", stmt.params().len())));
            }
        }
        Ok(numbered.count)
    }

    /// A word to the engine itself: begin, commit, rollback.
    pub(super) fn say(&mut self, word: &str) -> Answer<()> {
        self.raw.batch_execute(word).map_err(|error| self.fail(&error))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.raw.is_closed()
    }

    fn known(&mut self, sql: &'static str, given: usize) -> Answer<Known> {
        let known = match self.known.get(sql) {
            Some(known) => known.clone(),
            None => {
                dialect::number(sql).map_err(|error| (error, Fault::Spoiled))?;
                let stmt = self.raw.prepare(pairs::for_postgres(sql)).map_err(|error| self.fail(&error))?;
                let columns = stmt.columns().iter().map(|column| column.name().to_owned()).collect();
                let known = Known { stmt, columns };
                self.known.insert(sql, known.clone());
                known
            }
        };
        match known.stmt.params().len() {
            count if count == given => Ok(known),
            count => Err(spoiled(format!("takes {count} values, {given} were given: {sql}"))),
        }
    }

    /// What a PostgreSQL error means to a caller. Never the detail of the message: it quotes the row.
    fn fail(&mut self, error: &postgres::Error) -> (StoreError, Fault) {
        let Some(report) = error.as_db_error() else {
            return match self.raw.is_closed() || error.is_closed() || is_io(error) {
                true => (StoreError::Unavailable(error.to_string()), Fault::Lost),
                false => (StoreError::Broken(chain(error)), Fault::Spoiled),
            };
        };
        let code = report.code();
        let text = format!("{} ({})", report.message(), code.code());
        match code {
            &SqlState::UNIQUE_VIOLATION => {
                let index = report.constraint().unwrap_or("a unique index");
                (StoreError::Duplicate(index.to_owned()), Fault::Spoiled)
            }
            // Two sessions in `create table if not exists` at once.
            &SqlState::DUPLICATE_TABLE | &SqlState::DUPLICATE_OBJECT => {
                (StoreError::Duplicate(text), Fault::Spoiled)
            }
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
                (StoreError::Busy(text), Fault::Rerun)
            }
            // A migration elsewhere has changed a table under a prepared statement: prepare anew and run again.
            &SqlState::FEATURE_NOT_SUPPORTED if report.message().contains("cached plan") => {
                self.known.clear();
                (StoreError::Busy(text), Fault::Rerun)
            }
            &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => {
                (StoreError::Busy(text), Fault::Spoiled)
            }
            code if is_gone(code) => (StoreError::Unavailable(text), Fault::Lost),
            code if is_full(code) => (StoreError::Unavailable(text), Fault::Spoiled),
            _ => (StoreError::Broken(text), Fault::Spoiled),
        }
    }
}

/// Class 08, a shutdown or crash of the server, and a server that has just become a standby (25006).
fn is_gone(code: &SqlState) -> bool {
    code.code().starts_with("08")
        || matches!(code.code(), "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006")
}

/// Out of disk, memory or connections; an input/output error of the server.
fn is_full(code: &SqlState) -> bool {
    code.code().starts_with("53") || code.code().starts_with("58")
}

fn is_io(error: &postgres::Error) -> bool {
    error.source().is_some_and(|source| source.downcast_ref::<std::io::Error>().is_some())
}

fn chain(error: &postgres::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Why not every row of an answer was shown.
enum Stopped {
    Engine(postgres::Error),
    Value((StoreError, Fault)),
}

/// Shows each row as it arrives: an answer of a hundred thousand rows is never held as a whole.
fn each(
    mut found: postgres::RowIter<'_>,
    columns: &Arc<[String]>,
    take: &mut dyn FnMut(Row),
) -> Result<(), Stopped> {
    while let Some(row) = found.next().map_err(Stopped::Engine)? {
        let mut vals = Vec::with_capacity(columns.len());
        for at in 0..columns.len() {
            vals.push(read(&row, at).map_err(Stopped::Value)?);
        }
        take(Row::new(Arc::clone(columns), vals));
    }
    Ok(())
}

fn spoiled(story: String) -> (StoreError, Fault) {
    (StoreError::Broken(story), Fault::Spoiled)
}

fn params<'v>(vals: &'v [Val<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    vals.iter().map(|val| val as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Val<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(value), &Type::INT8) => value.to_sql(ty, out),
            (Self::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(ty, out),
            (Self::Int(value), &Type::INT2) => i16::try_from(*value)?.to_sql(ty, out),
            (Self::Text(value), ty) if <&str as ToSql>::accepts(ty) => (&**value).to_sql(ty, out),
            (Self::Int(_), _) => Err(format!("an integer was given where {ty} is wanted").into()),
            (Self::Text(_), _) => Err(format!("a text was given where {ty} is wanted").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Decided value by value above: a null fits everywhere.
        true
    }

    to_sql_checked!();
}

fn read(row: &postgres::Row, at: usize) -> Answer<Val<'static>> {
    let ty = row.columns()[at].type_();
    let wrong = |error: postgres::Error| spoiled(error.to_string());
    match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(at).map(Val::from).map_err(wrong),
        Type::INT4 => row.try_get::<_, Option<i32>>(at).map(Val::from).map_err(wrong),
        Type::INT2 => row.try_get::<_, Option<i16>>(at).map(|val| val.map(i32::from).into()).map_err(wrong),
        // SQLite answers a comparison with 0 or 1.
        Type::BOOL => row.try_get::<_, Option<bool>>(at).map(|val| val.map(i32::from).into()).map_err(wrong),
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR => {
            row.try_get::<_, Option<String>>(at).map(Val::from).map_err(wrong)
        }
        _ => {
            Err(spoiled(format!("column {} is a {ty}: cast it to bigint or text", row.columns()[at].name())))
        }
    }
}
