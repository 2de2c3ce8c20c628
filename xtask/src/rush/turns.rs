//! Turns after the day, read from the database beside the server, and held against the police platform's own record.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::judge::Turn;
use crate::shell;

const TURNS: &str = "select driver, drawn_at_ms, told_at_ms, told_low_ms, told_high_ms, left_at_ms from turn";
const CASES: &str = "select driver, violation, case_id, order_id from case_file";

/// Where the turns are.
pub enum Store<'a> {
    /// A SQLite file.
    Sqlite(&'a Path),
    /// The folder with `psql`, and the database's address.
    Postgres(&'a Path, &'a str),
}

type Rows = Vec<Vec<Option<String>>>;

impl Store<'_> {
    fn rows(&self, sql: &str) -> Result<Rows> {
        match self {
            Store::Sqlite(file) => {
                let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                let mut asked = db.prepare(sql)?;
                let columns = asked.column_count();
                let rows = asked.query_map([], |row| {
                    (0..columns)
                        .map(|at| {
                            use rusqlite::types::ValueRef;
                            Ok(match row.get_ref(at)? {
                                ValueRef::Integer(number) => Some(number.to_string()),
                                ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                                _ => None,
                            })
                        })
                        .collect::<rusqlite::Result<Vec<_>>>()
                })?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            }
            Store::Postgres(bin, url) => {
                let mut psql = Command::new(bin.join("psql"));
                let text = shell::read(psql.arg(url).args(["-q", "-A", "-t", "-F", "|", "-c", sql]))?;
                let field = |field: &str| (!field.is_empty()).then(|| field.to_owned());
                Ok(text.lines().map(|line| line.split('|').map(field).collect()).collect())
            }
        }
    }
}

/// A wait that was foretold: simulated ms of the telling, at least and at most so many ms from then.
type Told = (i64, i64, i64);

/// Every turn. `called` is what the platform's control page says: rows of serial, first real ms, first simulated ms, …; `crowd` what
/// people were shown first: rows of the page of their promise, simulated ms, at least and at most.
pub fn read(store: &Store<'_>, called: &Value, crowd: &Value) -> Result<Vec<Turn>> {
    let calls = called["turns"].as_array().context("the platform counts turns")?;
    let first: HashMap<&str, (i64, i64)> = calls
        .iter()
        .filter_map(|row| Some((row[0].as_str()?, (row[1].as_i64()?, row[2].as_i64()?))))
        .collect();
    let mut of_driver: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
    let shown = shown(crowd);
    let mut told_to: HashMap<String, Told> = HashMap::new();
    for row in store.rows(CASES)? {
        let [Some(driver), Some(violation), Some(case), order] = row.as_slice() else { continue };
        if let Some(at) = first.get(violation.as_str()) {
            of_driver.entry(driver.clone()).or_default().push(*at);
        }
        let pages = [Some(format!("/cases/{case}")), order.as_ref().map(|order| format!("/orders/{order}"))];
        for told in pages.iter().flatten().filter_map(|page| shown.get(page.as_str())) {
            told_to.insert(driver.clone(), *told);
        }
    }
    let number = |field: &Option<String>| field.as_deref().and_then(|text| text.parse::<i64>().ok());
    let mut turns = Vec::new();
    for row in store.rows(TURNS)? {
        let [Some(driver), drawn, at, low, high, left] = row.as_slice() else { continue };
        let drawn_ms = number(drawn).context("a turn was drawn")?;
        // The calls of an earlier turn of the same driver do not belong to this one.
        let calls = of_driver.get(driver).map_or(&[][..], Vec::as_slice);
        let called = calls.iter().filter(|(_, demo)| *demo >= drawn_ms - 1_000).map(|(real, _)| *real);
        let kept = match (number(at), number(low), number(high)) {
            (Some(at), Some(low), Some(high)) => Some((at, low, high)),
            _ => None,
        };
        // What was shown for an earlier turn of the same driver does not belong to this one either.
        let told = told_to.get(driver).copied().filter(|(at, ..)| *at >= drawn_ms).or(kept);
        turns.push(Turn { drawn_ms, called_ms: called.min(), told, left_ms: number(left) });
    }
    Ok(turns)
}

fn shown(crowd: &Value) -> HashMap<&str, Told> {
    let rows = crowd["told"].as_array().map_or(&[][..], Vec::as_slice);
    let told = |row: &Value| Some((row[1].as_i64()?, row[2].as_i64()?, row[3].as_i64()?));
    rows.iter().filter_map(|row| Some((row[0].as_str()?, told(row)?))).collect()
}
