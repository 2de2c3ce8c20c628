//! One SQLite connection with its prepared statements.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::dialect::{self, Numbered};
use crate::tx::Fault;
use crate::{Row, StoreError, Val};

/// How often a statement looks again for another process's lock, one millisecond apart: ten seconds. The engine's own waiting looks ten
/// times a second, and beside a process that commits one group after another it finds the lock taken each time.
const FILE_TRIES: i32 = 10_000;
/// How often opening is tried while others hold the file, 10 ms apart.
const OPEN_TRIES: usize = 200;
/// How often a statement on an in-memory database looks again for its lock, 0.1 ms apart.
const MEMORY_TRIES: i32 = 100_000;

type Answer<T> = Result<T, (StoreError, Fault)>;

/// Where a SQLite database is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// A file; its write-ahead log lies beside it.
    File(PathBuf),
    /// A database in memory under a name of its own, gone with its last connection.
    Memory(String),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Write,
    Read,
}

/// A connection and the texts it has seen.
pub(crate) struct LiteConn {
    pub(super) raw: Connection,
    /// It met a failing disk: the pages that it remembers may not be those of the file.
    pub(crate) doubts: bool,
    /// Something other than a question was put to it since this was last cleared.
    pub(super) wrote: bool,
    /// By where the text stands in the program: a text may stand there twice, that costs nothing.
    known: HashMap<(usize, usize), Arc<Known>>,
}

struct Known {
    numbered: Numbered,
    columns: OnceLock<Arc<[String]>>,
}

impl LiteConn {
    /// Opens a connection with durable settings: WAL and `synchronous=FULL`, because it is money.
    pub(crate) fn open(place: &Place, purpose: Purpose) -> Result<Self, StoreError> {
        // Two processes that turn a new file into one with a log at the same moment: SQLite refuses one of them at
        // once, without the usual waiting.
        for _ in 0..OPEN_TRIES {
            match Self::open_once(place, purpose) {
                Err(StoreError::Busy(_)) => std::thread::sleep(Duration::from_millis(10)),
                other => return other,
            }
        }
        Self::open_once(place, purpose)
    }

    fn open_once(place: &Place, purpose: Purpose) -> Result<Self, StoreError> {
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let opened = match place {
            Place::File(path) => {
                flags |= match purpose {
                    Purpose::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
                    Purpose::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
                };
                Connection::open_with_flags(path, flags)
            }
            Place::Memory(name) => {
                flags |= OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
                Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags)
            }
        };
        let mut raw = opened.map_err(|error| story(&error))?;
        set_up(&mut raw, place, purpose).map_err(|error| story(&error))?;
        raw.set_prepared_statement_cache_capacity(512);
        Ok(Self { raw, doubts: false, wrote: false, known: HashMap::new() })
    }

    pub(crate) fn query(
        &mut self,
        sql: &'static str,
        vals: &[Val<'_>],
        take: &mut dyn FnMut(Row),
    ) -> Answer<()> {
        let known = self.known(sql, vals.len())?;
        let mut stmt = self.raw.prepare_cached(&known.numbered.text).map_err(|error| fail(&error))?;
        let columns = known.columns.get_or_init(|| stmt.column_names().map(str::to_owned).collect());
        let columns = Arc::clone(columns);
        self.wrote |= !stmt.readonly();
        bind(&mut stmt, vals)?;
        let mut found = stmt.raw_query();
        while let Some(row) = found.next().map_err(|error| fail(&error))? {
            let mut vals = Vec::with_capacity(columns.len());
            for at in 0..columns.len() {
                vals.push(read(row.get_ref(at).map_err(|error| fail(&error))?)?);
            }
            take(Row::new(Arc::clone(&columns), vals));
        }
        Ok(())
    }

    pub(crate) fn execute(&mut self, sql: &'static str, vals: &[Val<'_>]) -> Answer<u64> {
        let known = self.known(sql, vals.len())?;
        let mut stmt = self.raw.prepare_cached(&known.numbered.text).map_err(|error| fail(&error))?;
        if stmt.column_count() > 0 {
            return Err(spoiled(format!("executed a statement that answers with rows, query it: {sql}")));
        }
        self.wrote |= !stmt.readonly();
        bind(&mut stmt, vals)?;
        let touched = stmt.raw_execute().map_err(|error| fail(&error))?;
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Answer<()> {
        self.wrote = true;
        self.raw.execute_batch(&dialect::placed(sql)).map_err(|error| fail(&error))
    }

    pub(crate) fn check(&mut self, sql: &'static str) -> Answer<usize> {
        let numbered = dialect::number(sql).map_err(|error| (error, Fault::Spoiled))?;
        let stmt = self.raw.prepare(&numbered.text).map_err(|error| fail(&error))?;
        if stmt.parameter_count() != numbered.count {
            return Err(spoiled(format!("{} parameters counted: {sql}", stmt.parameter_count())));
        }
        Ok(numbered.count)
    }

    /// What is wrong with the file, in sentences. Reads all of it.
    pub(crate) fn doctor(&mut self) -> Answer<Vec<String>> {
        let mut wrong = Vec::new();
        let mut rows = Vec::new();
        self.query("pragma quick_check", &[], &mut |row| rows.push(row))?;
        for row in rows {
            match row.get::<String>("quick_check") {
                Ok(word) if word == "ok" => {}
                Ok(fault) => wrong.push(format!("the database file is damaged: {fault}; restore a backup")),
                Err(error) => return Err((error, Fault::Spoiled)),
            }
        }
        Ok(wrong)
    }

    /// A word to the engine itself: begin, savepoint, commit.
    pub(super) fn say(&self, word: &str) -> Result<(), StoreError> {
        let mut stmt = self.raw.prepare_cached(word).map_err(|error| story(&error))?;
        stmt.raw_execute().map(|_| ()).map_err(|error| story(&error))
    }

    /// Forgets every page that it remembers, so that one bad moment of the disk does not last until the next start.
    pub(super) fn forget_pages(&mut self) {
        // If even this fails so does the next transaction, and its caller is told.
        self.doubts = self.say("pragma shrink_memory").is_err();
    }

    fn known(&mut self, sql: &'static str, given: usize) -> Answer<Arc<Known>> {
        let place = (sql.as_ptr().addr(), sql.len());
        let known = match self.known.get(&place) {
            Some(known) => Arc::clone(known),
            None => {
                let numbered = dialect::number(sql).map_err(|error| (error, Fault::Spoiled))?;
                let known = Arc::new(Known { numbered, columns: OnceLock::new() });
                self.known.insert(place, Arc::clone(&known));
                known
            }
        };
        match known.numbered.count == given {
            true => Ok(known),
            false => {
                Err(spoiled(format!("takes {} values, {given} were given: {sql}", known.numbered.count)))
            }
        }
    }
}

fn set_up(raw: &mut Connection, place: &Place, purpose: Purpose) -> rusqlite::Result<()> {
    // First of all: whatever follows may meet a lock (tech.md §1, note a).
    match place {
        Place::File(_) => raw.busy_handler(Some(|tries| {
            std::thread::sleep(Duration::from_millis(1));
            tries < FILE_TRIES
        }))?,
        Place::Memory(_) => raw.busy_handler(Some(|tries| {
            std::thread::sleep(Duration::from_micros(100));
            tries < MEMORY_TRIES
        }))?,
    }
    if let (Place::File(_), Purpose::Write) = (place, purpose) {
        raw.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))?;
        raw.pragma_update_and_check(None, "wal_autocheckpoint", 0, |row| row.get::<_, i64>(0))?;
    }
    raw.pragma_update(None, "synchronous", "FULL")?;
    raw.pragma_update(None, "foreign_keys", true)?;
    raw.pragma_update(None, "temp_store", "MEMORY")?;
    // KiB. A reader forgets its pages whenever somebody commits: on a busy day it never fills more than this between two commits.
    let cache_kib = if purpose == Purpose::Write { 16_000 } else { 4_000 };
    raw.pragma_update(None, "cache_size", -cache_kib)?;
    // A plan is made once for a text. Without this the engine looks at the values and plans anew at every execution: half
    // of what 我的违法 cost.
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    raw.pragma_update(None, "query_only", purpose == Purpose::Read)
}

fn bind(stmt: &mut rusqlite::Statement<'_>, vals: &[Val<'_>]) -> Answer<()> {
    for (at, val) in vals.iter().enumerate() {
        stmt.raw_bind_parameter(at + 1, val).map_err(|error| fail(&error))?;
    }
    Ok(())
}

impl rusqlite::ToSql for Val<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
        }))
    }
}

fn read(found: ValueRef<'_>) -> Answer<Val<'static>> {
    match found {
        ValueRef::Null => Ok(Val::Null),
        ValueRef::Integer(value) => Ok(Val::Int(value)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Val::from(text.to_owned())),
            Err(_) => Err(spoiled("a text in the database is not UTF-8".into())),
        },
        ValueRef::Real(_) => Err(spoiled("a float in the database: money and counts are bigint".into())),
        ValueRef::Blob(_) => Err(spoiled("a blob in the database: bytes are kept as base64 text".into())),
    }
}

fn spoiled(story: String) -> (StoreError, Fault) {
    (StoreError::Broken(story), Fault::Spoiled)
}

fn fail(error: &rusqlite::Error) -> (StoreError, Fault) {
    (story(error), Fault::Spoiled)
}

/// What a SQLite error means to a caller.
pub(super) fn story(error: &rusqlite::Error) -> StoreError {
    let (code, text) = match error {
        rusqlite::Error::SqliteFailure(code, text) => {
            (code, text.clone().unwrap_or_else(|| code.to_string()))
        }
        rusqlite::Error::SqlInputError { error, msg, sql, .. } => (error, format!("{msg}: {sql}")),
        other => return StoreError::Broken(other.to_string()),
    };
    match code.code {
        _ if matches!(
            code.extended_code,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        ) =>
        {
            StoreError::Duplicate(text)
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy(text),
        ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::ReadOnly
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::OutOfMemory => StoreError::Unavailable(text),
        _ => StoreError::Broken(text),
    }
}
