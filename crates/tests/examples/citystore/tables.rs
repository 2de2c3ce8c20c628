//! Tables as they are filled: the first row of each makes it.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use clearway_service::World;
use clearway_web::text::{self, Lang};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};

/// A table of the city's.
pub struct Table {
    insert: String,
    columns: Vec<String>,
}

impl Table {
    /// Adds a row to a table, which its first row makes.
    pub fn add(
        made: &mut BTreeMap<&'static str, Table>,
        city: &Connection,
        name: &'static str,
        row: Vec<(String, Sql)>,
    ) -> Result<()> {
        let (columns, values): (Vec<String>, Vec<Sql>) = row.into_iter().unzip();
        if !made.contains_key(name) {
            made.insert(name, Table::make(city, name, &columns)?);
        }
        let table = &made[name];
        ensure!(table.columns == columns, "a row of {name} has other columns than the first");
        city.prepare_cached(&table.insert)?.execute(params_from_iter(values))?;
        Ok(())
    }

    fn make(city: &Connection, name: &str, columns: &[String]) -> Result<Table> {
        let key = if name == "binding" { None } else { Some(&columns[0]) };
        let typed = columns.iter().map(|column| {
            let kind = if Some(column) == key { " text primary key" } else { "" };
            format!("{column}{kind}")
        });
        // Session tokens are found by their hash together with the driver, as the cookie names both.
        let body = typed.collect::<Vec<_>>().join(", ");
        let body = if name == "session" { body.replace(" text primary key", "") } else { body };
        city.execute_batch(&format!("create table {name} ({body})"))?;
        let holes = vec!["?"; columns.len()].join(", ");
        let insert = format!("insert into {name} ({}) values ({holes})", columns.join(", "));
        Ok(Table { insert, columns: columns.to_vec() })
    }
}

/// The indexes, and the tables of words.
pub fn finish(city: &Connection, world: &World) -> Result<()> {
    city.execute_batch(
        "create unique index session_of on session (driver, token_hash);
         create index binding_of on binding (driver);
         create index violation_of on violation (driver, occurred_at);
         create table offence (code text primary key, act text not null);
         create table plate_kind (code text primary key, name text not null);",
    )?;
    let codes = |sql: &str| -> Result<Vec<String>> {
        let mut all = city.prepare(sql)?;
        Ok(all.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    for code in codes("select distinct code from violation")? {
        let act = world.offences.lookup(&code).map(|offence| offence.zh.clone());
        city.execute("insert into offence values (?1, ?2)", params![code, act])?;
    }
    for code in codes("select distinct kind from vehicle")? {
        let name = text::t(Lang::Zh, &format!("plate-kind-{code}"));
        city.execute("insert into plate_kind values (?1, ?2)", params![code, name])?;
    }
    city.execute_batch("pragma locking_mode = normal; pragma journal_mode = wal; analyze")?;
    Ok(())
}
