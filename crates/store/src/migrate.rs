//! Numbered migrations, one set for both engines: forward only, each in a transaction, each remembered by checksum.

use sha2::{Digest, Sha256};

use crate::{Db, StoreError, Tx, vals};

/// One migration file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `NNNN_name`, as the file is called.
    pub name: &'static str,
    /// The text of the file.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("../migrations/", $name, ".sql")) }),*]
    };
}

/// Every migration of this build, in order. A new file gets its line here; a contract test looks for forgotten ones.
pub const MIGRATIONS: &[Migration] = migrations![
    "0001_base",
    "0002_service",
    "0003_refunds",
    "0004_reconciliation",
    "0005_admission",
    "0006_sign_in_states",
    "0007_case_basis",
    "0008_fewer_trees",
    "0009_open_about",
];

statements! {
    CREATE = "create table if not exists schema_migration (
        number bigint not null primary key,
        name text not null,
        checksum text not null
    )";
    APPLIED = "select number, name, checksum from schema_migration order by number";
    REMEMBER = "insert into schema_migration (number, name, checksum) values ($1, $2, $3)";
}

/// Applies what is missing; how many were applied. Refuses a database that is newer than this build, and one whose
/// applied migrations are not the ones this build knows.
///
/// Safe to call from several processes at once: the number is claimed before the migration runs, in the same transaction.
pub fn run(db: &Db, migrations: &[Migration]) -> Result<usize, StoreError> {
    db.write(|tx| match tx.execute(CREATE, &[]) {
        // PostgreSQL lets two sessions collide in `create table if not exists`; the second run finds it there.
        Err(StoreError::Duplicate(_)) => {
            tx.ask_rerun();
            Ok(0)
        }
        other => other,
    })?;
    // Most starts find everything applied, and only look.
    let there = db.read(|tx| known(tx, migrations))?;
    let mut applied = 0;
    for (number, migration) in (1..).zip(migrations).filter(|(number, _)| *number > there) {
        applied += usize::from(db.write(|tx| step(tx, migrations, number, migration))?);
    }
    Ok(applied)
}

/// Whether a database has every migration of this build.
///
/// # Errors
/// As [`run`].
pub(crate) fn is_current(db: &Db) -> Result<bool, StoreError> {
    db.read(|tx| known(tx, MIGRATIONS)).map(|there| usize::try_from(there) == Ok(MIGRATIONS.len()))
}

/// Whether a database has any migration at all.
///
/// # Errors
/// Any [`StoreError`] but [`StoreError::Broken`], which is what the engines say of a table that is not there.
pub(crate) fn is_laid_out(db: &Db) -> Result<bool, StoreError> {
    match db.read(|tx| tx.query(APPLIED, &[])) {
        Ok(rows) => Ok(!rows.is_empty()),
        Err(StoreError::Broken(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Compares what the database remembers with what this build knows; how many are applied.
fn known(tx: &mut Tx, migrations: &[Migration]) -> Result<i64, StoreError> {
    let rows = tx.query(APPLIED, &[])?;
    if rows.len() > migrations.len() {
        let (has, know) = (rows.len(), migrations.len());
        let why = format!("the database has {has} migrations, this build knows {know}: run a newer build");
        return Err(StoreError::Broken(why));
    }
    for (row, migration) in rows.iter().zip(migrations) {
        let (name, checksum): (String, String) = (row.get("name")?, row.get("checksum")?);
        if name != migration.name || checksum != checksum_of(migration.sql) {
            let ours = migration.name;
            let why = format!("migration {name} was applied with another text than {ours} has now");
            return Err(StoreError::Broken(format!(
                "{why}: never change an applied migration, add a new one"
            )));
        }
    }
    i64::try_from(rows.len()).map_err(|_| StoreError::Broken("too many migrations".into()))
}

fn step(
    tx: &mut Tx,
    migrations: &[Migration],
    number: i64,
    migration: &Migration,
) -> Result<bool, StoreError> {
    if known(tx, migrations)? >= number {
        return Ok(false);
    }
    let claim = vals![number, migration.name, checksum_of(migration.sql)];
    match tx.execute(REMEMBER, claim) {
        Ok(_) => {}
        // Another process is applying it: look again once it has committed.
        Err(StoreError::Duplicate(_)) => {
            tx.ask_rerun();
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    tx.batch(migration.sql)?;
    Ok(true)
}

/// SHA-256 of the text as hex; line ends of another system do not count.
pub fn checksum_of(sql: &str) -> String {
    crate::hex(&Sha256::digest(sql.replace("\r\n", "\n").as_bytes()))
}
