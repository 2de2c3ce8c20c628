//! The one handle that use cases see inside a transaction, the same on both engines.

use crate::postgres_engine::PgConn;
use crate::sqlite_engine::LiteConn;
use crate::{Row, StoreError, Val, audit};

/// A transaction in progress. Obtained from [`crate::Db::read`] and [`crate::Db::write`]; ends with its closure.
///
/// After the first statement that fails, every further one fails as well and nothing is committed: PostgreSQL can do no
/// other, and SQLite is held to the same so that code cannot come to lean on it. Where a collision is expected, say
/// `on conflict do nothing` and look at the number of rows.
pub struct Tx {
    pub(crate) conn: Conn,
    pub(crate) fault: Option<Fault>,
    /// The audit chain that was continued last in it.
    pub(crate) chain: Option<audit::Head>,
}

/// One connection of either engine.
pub(crate) enum Conn {
    Sqlite(Box<LiteConn>),
    Postgres(Box<PgConn>),
}

/// Why this transaction can no longer be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A statement failed for good.
    Spoiled,
    /// The engine (or the audit chain) asks for the whole closure to be run again.
    Rerun,
    /// The connection is gone; no commit had been asked for.
    Lost,
}

impl Tx {
    pub(crate) fn new(conn: Conn) -> Self {
        Self { conn, fault: None, chain: None }
    }

    /// All rows of the answer.
    pub fn query(&mut self, sql: &'static str, vals: &[Val<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.rows(sql, vals, &mut |row| rows.push(row))?;
        Ok(rows)
    }

    /// Shows each row of the answer, one after the other: for answers of thousands of rows, of which nobody keeps the text. After the
    /// first that `see` refuses none is shown any more.
    pub fn each(
        &mut self,
        sql: &'static str,
        vals: &[Val<'_>],
        mut see: impl FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut seen = Ok(());
        self.rows(sql, vals, &mut |row| {
            if seen.is_ok() {
                seen = see(&row);
            }
        })?;
        seen
    }

    /// The rows of the answer, each read as it arrives, so that its texts are moved and not copied. After the first that `read` refuses
    /// none is read any more.
    pub(crate) fn read<T>(
        &mut self,
        sql: &'static str,
        vals: &[Val<'_>],
        mut read: impl FnMut(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (mut all, mut refused) = (Vec::new(), None);
        self.rows(sql, vals, &mut |mut row| {
            if refused.is_none() {
                match read(&mut row) {
                    Ok(one) => all.push(one),
                    Err(error) => refused = Some(error),
                }
            }
        })?;
        refused.map_or(Ok(all), Err)
    }

    fn rows(
        &mut self,
        sql: &'static str,
        vals: &[Val<'_>],
        take: &mut dyn FnMut(Row),
    ) -> Result<(), StoreError> {
        self.refuse_if_spoiled()?;
        let answer = match &mut self.conn {
            Conn::Sqlite(conn) => conn.query(sql, vals, take),
            Conn::Postgres(conn) => conn.query(sql, vals, take),
        };
        self.note(answer)
    }

    /// The row of the answer, if there is one. More than one is a fault of the statement.
    pub fn opt(&mut self, sql: &'static str, vals: &[Val<'_>]) -> Result<Option<Row>, StoreError> {
        let mut rows = self.query(sql, vals)?;
        if rows.len() > 1 {
            return self.note(Err((
                StoreError::Broken(format!("{} rows where one at most was expected: {sql}", rows.len())),
                Fault::Spoiled,
            )));
        }
        Ok(rows.pop())
    }

    /// The one row of the answer; [`StoreError::Missing`] when there is none.
    pub fn one(&mut self, sql: &'static str, vals: &[Val<'_>]) -> Result<Row, StoreError> {
        self.opt(sql, vals)?.ok_or_else(|| StoreError::Missing(sql.to_owned()))
    }

    /// Runs the statement; how many rows it inserted, updated or deleted.
    pub fn execute(&mut self, sql: &'static str, vals: &[Val<'_>]) -> Result<u64, StoreError> {
        self.refuse_if_spoiled()?;
        let answer = match &mut self.conn {
            Conn::Sqlite(conn) => conn.execute(sql, vals),
            Conn::Postgres(conn) => conn.execute(sql, vals),
        };
        self.note(answer)
    }

    /// Runs a statement guarded by a version: it must touch exactly one row, else [`StoreError::Conflict`] naming `what`,
    /// and nothing of this transaction is kept.
    pub fn execute_one(&mut self, what: &str, sql: &'static str, vals: &[Val<'_>]) -> Result<(), StoreError> {
        match self.execute(sql, vals)? {
            1 => Ok(()),
            _ => Err(self.conflict(what)),
        }
    }

    /// Makes sure that nothing of this transaction is kept, because `what` is not as its writer believed.
    pub fn conflict(&mut self, what: &str) -> StoreError {
        self.fault = self.fault.or(Some(Fault::Spoiled));
        StoreError::Conflict(what.to_owned())
    }

    /// Runs a whole file of statements without values: migrations only.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.refuse_if_spoiled()?;
        let answer = match &mut self.conn {
            Conn::Sqlite(conn) => conn.batch(sql),
            Conn::Postgres(conn) => conn.batch(sql),
        };
        self.note(answer)
    }

    /// Prepares a text without running it; how many values it takes.
    pub(crate) fn check(&mut self, sql: &'static str) -> Result<usize, StoreError> {
        self.refuse_if_spoiled()?;
        let answer = match &mut self.conn {
            Conn::Sqlite(conn) => conn.check(sql),
            Conn::Postgres(conn) => conn.check(sql),
        };
        self.note(answer)
    }

    /// What is wrong with the engine's settings, in sentences.
    pub(crate) fn doctor(&mut self) -> Result<Vec<String>, StoreError> {
        self.refuse_if_spoiled()?;
        let answer = match &mut self.conn {
            Conn::Sqlite(conn) => conn.doctor(),
            Conn::Postgres(conn) => crate::postgres_engine::doctor(conn),
        };
        self.note(answer)
    }

    /// Gives this run of the closure up and has it run again from the start: somebody else was first with a number that
    /// was drawn from what this transaction had read.
    pub(crate) fn ask_rerun(&mut self) {
        if self.fault != Some(Fault::Lost) {
            self.fault = Some(Fault::Rerun);
        }
    }

    fn refuse_if_spoiled(&self) -> Result<(), StoreError> {
        match self.fault {
            None => Ok(()),
            Some(_) => Err(StoreError::Broken(
                "a statement after one that failed; end the transaction instead".into(),
            )),
        }
    }

    fn note<T>(&mut self, answer: Result<T, (StoreError, Fault)>) -> Result<T, StoreError> {
        answer.map_err(|(error, fault)| {
            self.fault = Some(fault);
            if let (StoreError::Unavailable(_), Conn::Sqlite(conn)) = (&error, &mut self.conn) {
                conn.doubts = true;
            }
            error
        })
    }
}
