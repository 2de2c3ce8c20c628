//! The same city as others would keep it, for `cargo x bench peers`: one SQLite file with plain tables and indexes, and
//! the city's rules as JSON. `citystore CONFIG OUT_DB OUT_RULES AT` reads the store that CONFIG names.
//!
//! The peers are spared what costs us most: the facts that the rules ask for are derived here, once, and stand as columns
//! beside the driver and the violation. Only what depends on the moment of the request is left to them.

#[path = "../../../domain/examples/verdicts/policy.rs"]
mod policy;
mod rules;
mod tables;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use clearway::config::Config;
use clearway_domain::{Clock, civil_date};
use clearway_service::World;
use clearway_service::assess::{Assessment, Line, assess};
use clearway_service::dossier::{self, Progress, Topic};
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use serde_json::Value as Json;

use rules::{Level, Rules};
use tables::Table;

/// Drivers in one transaction.
const AT_ONCE: usize = 20_000;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [config, db, out, at] = words.as_slice() else {
        bail!("citystore CONFIG OUT_DB OUT_RULES AT");
    };
    let config = Config::read(Path::new(config))?;
    let at: Timestamp = at.parse()?;
    let world =
        clearway::build_with(&config, Arc::new(Stopped(at)), Arc::new(clearway::clock::SystemChance))?;
    let rules = Rules::of(&world)?;
    let store = config.server.database.strip_prefix("sqlite:").context("the store is a SQLite file")?;
    let drivers = drivers(store)?;
    let city = Connection::open(db)?;
    city.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive",
    )?;
    let mut made: BTreeMap<&'static str, Table> = BTreeMap::new();
    let (mut moment, mut violations) = (None, 0);
    for some in drivers.chunks(AT_ONCE) {
        city.execute_batch("begin")?;
        for (driver, token, expires) in some {
            let assessment = assess(&world, dossier::load(&world, driver)?)?;
            violations += assessment.lines.len();
            for (table, row) in rows(&world, &rules, &assessment, (token, *expires), &mut moment)? {
                Table::add(&mut made, &city, table, row)?;
            }
        }
        city.execute_batch("commit")?;
    }
    tables::finish(&city, &world)?;
    std::fs::write(out, rules.to_json(&world, &moment.context("a store with violations")?)?.to_string())?;
    println!("{violations} violations of {} drivers", drivers.len());
    Ok(())
}

/// A clock that stands at the moment for which the store was made.
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Every driver of the store with the hash of the session's token, and when the session ends.
fn drivers(store: &str) -> Result<Vec<(String, String, i64)>> {
    let raw = Connection::open(store)?;
    let mut all = raw.prepare("select driver, token_hash, expires_at_ms from session order by driver")?;
    let rows = all.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

type Row = Vec<(String, Sql)>;
type Facts = Vec<(String, Json)>;

/// Everything of one driver, table by table.
fn rows(
    world: &World,
    rules: &Rules,
    assessment: &Assessment,
    (token, expires): (&str, i64),
    moment: &mut Option<Facts>,
) -> Result<Vec<(&'static str, Row)>> {
    let dossier = &assessment.dossier;
    ensure!(dossier.cases.is_empty() && dossier.orders.is_empty(), "cases and orders are not exported");
    let driver = text(&dossier.account.driver);
    let column = |name: &str, value: Sql| (own(name), value);
    let mut all = vec![(
        "session",
        vec![
            column("token_hash", text(token)),
            column("driver", driver.clone()),
            column("expires_at_ms", Sql::Integer(expires)),
        ],
    )];
    let mut person = vec![column("driver", driver.clone())];
    for topic in Topic::ALL {
        let Progress::Done(at) = dossier.standing.progress(topic) else {
            bail!("{} was not answered", topic.slug());
        };
        person.push(column(&format!("{}_checked_at", topic.slug()), text(&at.to_string())));
    }
    for binding in &dossier.bindings {
        let plate = clearway_domain::Plate::from_key(&binding.plate)?;
        all.push((
            "vehicle",
            vec![
                column("plate", text(&binding.plate)),
                column("number", text(plate.number())),
                column("kind", text(plate.kind().code())),
            ],
        ));
        all.push((
            "binding",
            vec![
                column("driver", driver.clone()),
                column("plate", text(&binding.plate)),
                column("own", Sql::Integer(i64::from(binding.own))),
            ],
        ));
    }
    for (place, line) in assessment.lines.iter().enumerate() {
        let facts = rules.facts(world, line)?;
        let of = |level: Level| facts.iter().filter(move |(_, found, _)| *found == level);
        let now: Facts =
            of(Level::Moment).map(|(name, _, value)| ((*name).to_owned(), value.clone())).collect();
        ensure!(*moment.get_or_insert_with(|| now.clone()) == now, "a fact of the moment differs");
        let mine = of(Level::Person).map(|(name, _, value)| Ok((own(name), sql(value)?)));
        let mine = mine.collect::<Result<Row>>()?;
        if place == 0 {
            person.extend(mine);
        } else {
            ensure!(person.ends_with(&mine), "a fact of the person differs between two violations");
        }
        let mut row = violation(line, &driver)?;
        for (name, _, value) in of(Level::Violation) {
            row.push((own(name), sql(value)?));
        }
        all.push(("violation", row));
    }
    all.push(("driver", person));
    Ok(all)
}

/// What a list shows of a violation.
fn violation(line: &Line, driver: &Sql) -> Result<Row> {
    let violation = &line.violation;
    ensure!(violation.decision.is_none(), "only records without a decision are exported");
    let occurred = violation.occurred().context("it has a time")?;
    let noticed = violation.record.as_ref().and_then(|record| record.noticed).context("a notice was sent")?;
    let code = violation.code().context("it has a code")?;
    Ok([
        ("id", text(&violation.id)),
        ("driver", driver.clone()),
        ("plate", text(violation.plate_key())),
        ("code", text(code)),
        ("occurred_at", text(&occurred.to_string())),
        ("place", text(violation.place().context("it has a place")?)),
        ("fine_fen", Sql::Integer(line.fine.context("it has a fine")?.0)),
        ("points", Sql::Integer(line.points.context("it has points")?)),
        ("noticed_on", text(&civil_date(noticed).to_string())),
        ("fetched_at", text(&violation.fetched.to_string())),
    ]
    .map(|(name, value)| (own(name), value))
    .to_vec())
}

fn own(name: &str) -> String {
    name.to_owned()
}

fn text(text: &str) -> Sql {
    Sql::Text(text.to_owned())
}

/// A fact as a column: numbers, texts, and 0 or 1.
fn sql(value: &Json) -> Result<Sql> {
    Ok(match value {
        Json::Null => Sql::Null,
        Json::Number(number) => Sql::Integer(number.as_i64().context("a whole number")?),
        Json::String(words) => text(words),
        other => bail!("{other} is no column"),
    })
}
