//! Fresh databases for tests, one per test and engine.

use std::sync::atomic::{AtomicU32, Ordering};

use clearway_store::{Db, Limits};

/// The address of a PostgreSQL on which databases may be created.
const PG_VARIABLE: &str = "CLEARWAY_TEST_PG";

/// An empty database of its own, gone when dropped.
pub struct Fresh {
    /// Its address, for opening it once more.
    pub url: String,
    on_drop: OnDrop,
}

enum OnDrop {
    Nothing,
    Folder { _removed_when_dropped: tempfile::TempDir },
    Database { admin_url: String, name: String },
}

impl Fresh {
    /// In memory: what other tests use as the fake.
    pub fn memory() -> Self {
        Self { url: "sqlite::memory:".into(), on_drop: OnDrop::Nothing }
    }

    /// A file, as the embedded mode has it.
    pub fn file() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("clearway.db").display());
        Self { url, on_drop: OnDrop::Folder { _removed_when_dropped: folder } }
    }

    /// A database on the PostgreSQL that the environment names, in C collation.
    pub fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let Ok(admin_url) = std::env::var(PG_VARIABLE) else {
            panic!(
                "set {PG_VARIABLE} to the postgres:// address of a superuser's database, or run `cargo x test`, \
                 which starts a PostgreSQL and sets it"
            );
        };
        let name = format!("contract_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut admin = admin(&admin_url);
        // Left over from a run that was killed and had the same process number.
        admin
            .batch_execute(&format!("drop database if exists {name} with (force)"))
            .expect("drop a leftover");
        let create =
            format!("create database {name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
        admin.batch_execute(&create).expect("create a database of our own");
        // Deadlocks are made on purpose here; the server looks for one only after this time.
        let hurry = format!("alter database {name} set deadlock_timeout = '50ms'");
        admin.batch_execute(&hurry).expect("set the time after which a deadlock is looked for");
        let url = with_database(&admin_url, &name);
        Self { url, on_drop: OnDrop::Database { admin_url, name } }
    }

    /// Opens the database with few connections: many tests share one server.
    pub fn open(&self) -> Db {
        Db::open_with(&self.url, &Limits { connections: 4, ..Limits::default() }).expect("open the database")
    }

    /// Opens and migrates.
    pub fn ready(&self) -> Db {
        let db = self.open();
        db.migrate().expect("migrate");
        db
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let OnDrop::Database { admin_url, name } = &self.on_drop {
            let dropped = admin(admin_url).batch_execute(&format!("drop database {name} with (force)"));
            if let Err(error) = dropped {
                eprintln!("the database {name} stays behind: {error}");
            }
        }
    }
}

fn admin(url: &str) -> postgres::Client {
    match postgres::Client::connect(url, postgres::NoTls) {
        Ok(client) => client,
        Err(error) => panic!("{PG_VARIABLE} names no PostgreSQL that answers: {error}"),
    }
}

/// The same address with another database in it.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').map_or((url, None), |(a, o)| (a, Some(o)));
    let (scheme, rest) = address.split_once("://").expect("an address with ://");
    let host = rest.split('/').next().expect("split always gives one part");
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{scheme}://{host}/{name}{options}")
}

/// Makes a test per engine of each named function, which takes a [`Fresh`].
macro_rules! on_every_engine {
    ($($promise:ident),* $(,)?) => {
        mod sqlite_in_memory {
            $(#[test] fn $promise() { super::$promise($crate::contract::engines::Fresh::memory()); })*
        }
        $crate::contract::engines::on_durable_engines![$($promise),*];
    };
}

/// The same for promises that need a database which outlives its handle.
macro_rules! on_durable_engines {
    ($($promise:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $promise() { super::$promise($crate::contract::engines::Fresh::file()); })*
        }
        mod postgres {
            $(#[test] fn $promise() { super::$promise($crate::contract::engines::Fresh::postgres()); })*
        }
    };
}

pub(crate) use {on_durable_engines, on_every_engine};

#[test]
fn the_database_in_an_address_is_replaced() {
    let url = with_database("postgres://u:p@h:5/old?sslmode=disable", "new");
    assert_eq!(url, "postgres://u:p@h:5/new?sslmode=disable");
    assert_eq!(with_database("postgres://u@h", "new"), "postgres://u@h/new");
}
