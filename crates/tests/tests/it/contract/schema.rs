//! Migrations: one set for both engines, and the rules of the shape that they must keep.

use std::collections::BTreeMap;

use clearway_store::migrate::{self, MIGRATIONS, Migration};
use clearway_store::{Db, EngineKind, StoreError, case_file, meta};

use super::engines::{Fresh, on_durable_engines, on_every_engine};

on_every_engine![
    migrating_twice_changes_nothing,
    a_changed_migration_is_refused,
    a_newer_database_is_refused,
    a_migration_that_fails_leaves_nothing,
    an_older_database_is_brought_up,
    what_a_case_was_opened_on_is_kept_when_it_moves,
];

mod durable {
    use super::{many_may_migrate_at_once, on_durable_engines};
    on_durable_engines![many_may_migrate_at_once];
}

fn migrating_twice_changes_nothing(fresh: Fresh) {
    let db = fresh.open();
    assert_eq!(db.migrate(), Ok(MIGRATIONS.len()));
    let schema = columns(&db);
    db.write(|tx| meta::put(tx, "kept", "yes")).expect("write");
    assert_eq!(db.migrate(), Ok(0));
    assert_eq!(columns(&db), schema);
    assert_eq!(db.read(|tx| meta::get(tx, "kept")), Ok(Some("yes".into())));
}

const ONE: Migration =
    Migration { name: "0001_one", sql: "create table one (id text not null primary key);\n" };
const TWO: Migration =
    Migration { name: "0002_two", sql: "create table two (id text not null primary key);\n" };

fn a_changed_migration_is_refused(fresh: Fresh) {
    let db = fresh.open();
    assert_eq!(migrate::run(&db, &[ONE]), Ok(1));
    let changed = Migration { sql: "create table one (id bigint not null primary key);\n", ..ONE };
    let renamed = Migration { name: "0001_eins", ..ONE };
    for other in [changed, renamed] {
        let refused = migrate::run(&db, &[other, TWO]);
        assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("0001")), "{refused:?}");
    }
    assert!(db.check("select id from two").is_err(), "nothing was applied after it");
    let other_line_ends = Migration { sql: "create table one (id text not null primary key);\r\n", ..ONE };
    assert_eq!(migrate::run(&db, &[other_line_ends, TWO]), Ok(1));
}

fn a_newer_database_is_refused(fresh: Fresh) {
    let db = fresh.open();
    assert_eq!(migrate::run(&db, &[ONE, TWO]), Ok(2));
    for older in [&[ONE][..], &[][..]] {
        let refused = migrate::run(&db, older);
        assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("newer")), "{refused:?}");
    }
}

fn a_migration_that_fails_leaves_nothing(fresh: Fresh) {
    let db = fresh.open();
    let halfway =
        Migration { name: "0002_half", sql: "create table half (id text);\ncreate table one (id text);\n" };
    assert!(migrate::run(&db, &[ONE, halfway]).is_err());
    assert!(db.check("select id from one").is_ok());
    assert!(db.check("select id from half").is_err(), "half a migration stays behind");
    assert_eq!(migrate::run(&db, &[ONE, TWO]), Ok(1), "its number is free again");
}

fn an_older_database_is_brought_up(fresh: Fresh) {
    let db = fresh.open();
    assert_eq!(migrate::run(&db, &[ONE]), Ok(1));
    assert_eq!(migrate::run(&db, &[ONE, TWO]), Ok(1));
    assert!(db.check("select id from two").is_ok());
}

/// 0007 takes two columns of a case into a table of their own: on a city's database with its cases in it.
fn what_a_case_was_opened_on_is_kept_when_it_moves(fresh: Fresh) {
    let db = fresh.open();
    assert_eq!(migrate::run(&db, &MIGRATIONS[..6]), Ok(6));
    db.write(|tx| {
        for case in ["c1", "c2"] {
            let (verdict, facts) = (format!("verdict of {case}"), format!("facts of {case}"));
            tx.execute(
                "insert into case_file (driver, case_id, plate, violation, route, state, version, pack_id, pack_hash, \
                 fine_fen, points_full, points_given, verdict, facts, opened_at_ms, changed_at_ms) \
                 values ('d', $1, '02:A', $1, 'pay', 'decided', 7, 'p', 'h', 10000, 3, 3, $2, $3, 1, 2)",
                &[case.into(), verdict.into(), facts.into()],
            )?;
        }
        Ok::<_, StoreError>(())
    })
    .expect("two cases from before");
    assert_eq!(migrate::run(&db, MIGRATIONS), Ok(MIGRATIONS.len() - 6));
    for case in ["c1", "c2"] {
        let file = db.read(|tx| case_file::find(tx, "d", case)).expect("a read").expect("the case");
        assert_eq!((file.version, file.fine_fen, file.state.as_str()), (7, 10_000, "decided"));
        let basis = db.read(|tx| case_file::basis(tx, "d", case)).expect("a read").expect("its basis");
        assert_eq!((basis.verdict, basis.facts), (format!("verdict of {case}"), format!("facts of {case}")));
    }
}

fn many_may_migrate_at_once(fresh: Fresh) {
    let applied: usize = std::thread::scope(|scope| {
        let migrators: Vec<_> =
            (0..4).map(|_| scope.spawn(|| fresh.open().migrate().expect("migrate"))).collect();
        migrators.into_iter().map(|migrator| migrator.join().expect("no panic")).sum()
    });
    assert_eq!(applied, MIGRATIONS.len(), "each migration is applied by one of them");
}

#[test]
fn both_engines_have_the_same_tables_columns_and_keys() {
    let (file, server) = (Fresh::file(), Fresh::postgres());
    let (sqlite, postgres) = (file.ready(), server.ready());
    let (left, right) = (columns(&sqlite), columns(&postgres));
    assert!(left.len() > 5, "only {} tables", left.len());
    assert_eq!(left, right);
    assert_eq!(indexes(&sqlite), indexes(&postgres));
}

/// Table → its columns as "name type null|not null".
fn columns(db: &Db) -> BTreeMap<String, Vec<String>> {
    let sql = match db.engine() {
        EngineKind::Sqlite => {
            "select m.name as tab, c.name as col, lower(c.type) as typ, case when c.\"notnull\" = 1 then 'not null' else 'null' \
             end as nul from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' order by 1, c.cid"
        }
        EngineKind::Postgres => {
            "select table_name as tab, column_name as col, data_type as typ, case when is_nullable = 'NO' then \
             'not null' else 'null' end as nul from information_schema.columns where table_schema = 'public' \
             order by 1, ordinal_position"
        }
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in db.read(|tx| tx.query(sql, &[])).expect("ask for the columns") {
        let cell = |name: &str| row.get::<String>(name).expect("a cell");
        tables.entry(cell("tab")).or_default().push(format!(
            "{} {} {}",
            cell("col"),
            cell("typ"),
            cell("nul")
        ));
    }
    tables
}

/// Every index and primary key as "table unique|plain (columns)", with "partial" where it is.
fn indexes(db: &Db) -> Vec<String> {
    let sql = match db.engine() {
        EngineKind::Sqlite => {
            "select m.name as tab, i.name as idx, i.\"unique\" as uniq, i.partial as part, x.name as col \
             from sqlite_master m join pragma_index_list(m.name) i join pragma_index_info(i.name) x \
             where m.type = 'table' order by m.name, i.name, x.seqno"
        }
        EngineKind::Postgres => {
            "select t.relname as tab, c.relname as idx, i.indisunique as uniq, i.indpred is not null as part, \
             a.attname as col from pg_index i join pg_class c on c.oid = i.indexrelid \
             join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace \
             join pg_attribute a on a.attrelid = c.oid where n.nspname = 'public' \
             order by t.relname, c.relname, a.attnum"
        }
    };
    let mut found: BTreeMap<(String, String), (bool, bool, Vec<String>)> = BTreeMap::new();
    for row in db.read(|tx| tx.query(sql, &[])).expect("ask for the indexes") {
        let cell = |name: &str| row.get::<String>(name).expect("a cell");
        let flag = |name: &str| row.get::<i64>(name).expect("a flag") == 1;
        let index = found.entry((cell("tab"), cell("idx"))).or_default();
        (index.0, index.1) = (flag("uniq"), flag("part"));
        index.2.push(cell("col"));
    }
    let mut lines: Vec<String> = found
        .into_iter()
        .map(|((table, _), (unique, partial, columns))| {
            let unique = if unique { "unique" } else { "plain" };
            let partial = if partial { " partial" } else { "" };
            format!("{table} {unique} ({}){partial}", columns.join(", "))
        })
        .collect();
    // A bigint key alone is SQLite's own row number there and has no index of its own to list.
    lines.retain(|line| !line.starts_with("schema_migration "));
    lines.sort();
    lines
}

#[test]
fn every_file_of_the_folder_is_a_migration_in_order() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates/").join("store/migrations");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of migrations")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let listed: Vec<String> = MIGRATIONS.iter().map(|migration| format!("{}.sql", migration.name)).collect();
    assert_eq!(files, listed, "list every file in migrate::MIGRATIONS");
    for (at, name) in listed.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", at + 1)), "{name} breaks the numbering");
    }
}

/// A table of the migrations: its name, what the line above says it is partitioned by, and its definition.
struct Table {
    name: String,
    partition: Option<String>,
    columns: Vec<String>,
}

fn tables() -> Vec<Table> {
    let mut tables = Vec::new();
    for migration in MIGRATIONS {
        let mut said = None;
        for line in migration.sql.lines() {
            if let Some((_, partition)) = line.split_once("partitioned by: ")
                && line.trim_start().starts_with("--")
            {
                said = partition.split(|c: char| !c.is_ascii_lowercase()).next().map(str::to_owned);
            } else if let Some(rest) = line.trim().strip_prefix("create table ") {
                let name = rest.split([' ', '(']).next().expect("a name").to_owned();
                tables.push(Table { name, partition: said.take(), columns: Vec::new() });
            } else if let Some(table) = tables.last_mut() {
                table.columns.push(line.trim().to_owned());
            }
        }
    }
    tables
}

#[test]
fn every_table_says_what_it_is_partitioned_by() {
    let tables = tables();
    assert!(tables.len() > 5, "only {} tables", tables.len());
    for table in tables {
        let partition = table.partition.unwrap_or_default();
        assert!(
            ["driver", "plate", "reference"].contains(&partition.as_str()),
            "table {}: write `-- partitioned by: driver` (or plate, or reference) above it",
            table.name
        );
    }
}

/// The column that every key of a partitioned table begins with is the first column of the table.
#[test]
fn every_unique_key_begins_with_the_partition() {
    let db = Fresh::memory().ready();
    let first: BTreeMap<String, String> = columns(&db)
        .into_iter()
        .map(|(table, columns)| (table, columns[0].split(' ').next().expect("a name").to_owned()))
        .collect();
    let indexes = indexes(&db);
    for table in tables().iter().filter(|table| table.partition.as_deref() != Some("reference")) {
        let own = format!("{} unique (", table.name);
        let unique: Vec<&String> = indexes.iter().filter(|line| line.starts_with(&own)).collect();
        assert!(!unique.is_empty(), "table {} has no key", table.name);
        for line in unique {
            let column = line[own.len()..].split([',', ')']).next().expect("a column");
            assert_eq!(column, first[&table.name], "{line}");
        }
    }
}

#[test]
fn the_schema_keeps_to_the_portable_dialect() {
    let banned = [
        ("serial", "ids come from World"),
        ("autoincrement", "ids come from World"),
        ("identity", "ids come from World"),
        ("trigger", "what happens is written in Rust"),
        ("references", "no keys across drivers, and no others either"),
        ("foreign key", "no keys across drivers, and no others either"),
        ("boolean", "store the instant it became true"),
        ("timestamp", "instants are bigint, ms UTC"),
        ("integer", "write bigint"),
        ("jsonb", "JSON is text"),
        ("bytea", "bytes are base64 text"),
        ("blob", "bytes are base64 text"),
        ("default current", "time comes from World"),
        ("without rowid", "SQLite alone knows it"),
        ("deferrable", "a failed commit would fail innocent members of its group"),
    ];
    for migration in MIGRATIONS {
        for (at, line) in migration.sql.lines().enumerate() {
            let code = line.split("--").next().unwrap_or_default().to_ascii_lowercase();
            for (word, why) in banned {
                assert!(!code.contains(word), "{}.sql:{}: {word}: {why}", migration.name, at + 1);
            }
        }
    }
    for (table, columns) in columns(&Fresh::memory().ready()) {
        for column in columns {
            assert!(
                column.contains(" text ") || column.contains(" bigint "),
                "{table}.{column}: text or bigint"
            );
        }
    }
}
