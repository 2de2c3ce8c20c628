//! Looks into the database of a server that is killed again and again: `cargo x crash` starts this and asks it.
//!
//! `crash watch --config FILE` reads one question a line, as JSON, and answers with one line:
//!
//! * `{"acks": [["order", "…"], …], "full": false}`: is everything there that clients were told of? With `full` the twelve
//!   sentences of `clearway verify` are held against the whole database as well.
//! * `{"rest": true}`: what is still to be done, and every order as this side knows it.
//!
//! The database is opened for each question and closed after it, beside the running server, so that it is the server
//! that recovers after a kill and not this program.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use clearway::config::Config;
use clearway_service::{World, verify};
use clearway_store::{Db, StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    acks: Vec<(String, String)>,
    #[serde(default)]
    full: bool,
    #[serde(default)]
    rest: bool,
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [word, option, file] = words.as_slice() else { bail!("crash watch --config FILE") };
    if word != "watch" || option != "--config" {
        bail!("crash watch --config FILE");
    }
    let config = Config::read(Path::new(file))?;
    let mut world = clearway::build(&config)?;
    world.db = Db::open("sqlite::memory:")?;
    for line in std::io::stdin().lock().lines() {
        let question: Question = serde_json::from_str(&line?).context("not a question")?;
        world.db = Db::open(&config.server.database)?;
        let answer = answer(&world, &question)?;
        world.db = Db::open("sqlite::memory:")?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(world: &World, question: &Question) -> Result<Value> {
    if question.rest {
        return rest(world);
    }
    let lost = world.db.read(|tx| {
        let mut lost = Vec::new();
        for (kind, id) in &question.acks {
            if let Some(what) = missing(tx, kind, id)? {
                lost.push(format!("{kind} {id}: {what}"));
            }
        }
        Ok::<_, StoreError>(lost)
    })?;
    let (mut breaks, mut checked) = (Vec::new(), 0);
    if question.full {
        let report = verify::whole(world)?;
        checked = report.checked.iter().sum();
        breaks = report.breaches.iter().map(sentence).collect();
        breaks.extend(world.db.doctor()?);
        breaks.extend(twice(world)?);
    }
    Ok(json!({ "lost": lost, "breaks": breaks, "checked": checked }))
}

fn sentence(breach: &verify::Breach) -> String {
    format!("sentence {}: {}: {}", breach.invariant, breach.subject, breach.what)
}

/// What is missing of an acknowledged deed; `None` when it is there.
fn missing(tx: &mut Tx, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
    let state = match kind {
        "order" | "charged" | "decided" | "closed" => {
            tx.opt("select state from pay_order where order_id = $1", &[id.into()])?
        }
        "case" | "confirmed" => tx.opt("select state from case_file where case_id = $1", &[id.into()])?,
        other => return Err(StoreError::Broken(format!("no acknowledgement of kind {other}"))),
    };
    let Some(state) = state else { return Ok(Some("is not there".into())) };
    let state: String = state.get("state")?;
    let good: &[&str] = match kind {
        "charged" => &["paid", "done", "refunding", "partly_refunded", "refunded"],
        "decided" => &["done", "refunding", "partly_refunded", "refunded"],
        // Money that comes on a closed order goes back; closed it stays.
        "closed" => &["closed", "refunding", "refunded"],
        "confirmed" => &["deciding", "written", "decided", "manual", "refused", "annulled"],
        _ => return Ok(None),
    };
    Ok((!good.contains(&state.as_str())).then(|| format!("is {state}")))
}

/// Violations that two hands hold at once, and audit chains are looked at by `verify`; orders of one quote and payee that
/// are there twice are not.
fn twice(world: &World) -> Result<Vec<String>> {
    let rows = world.db.read(|tx| {
        tx.query(
            "select quote_id, payee, count(*) as n from pay_order group by driver, quote_id, payee having count(*) > 1",
            &[],
        )
    })?;
    rows.iter()
        .map(|row| {
            let (quote, n): (String, i64) = (row.get("quote_id")?, row.get("n")?);
            Ok(format!("doubled: quote {quote} became {n} orders of one payee"))
        })
        .collect()
}

/// Work that is left, and the orders.
fn rest(world: &World) -> Result<Value> {
    let answer = world.db.read(|tx| {
        let work =
            tx.one("select count(*) as n from job where buried_at_ms is null and kind <> 'refresh'", &[])?;
        let soon = tx.opt(
            "select min(due_ms) as at from job where buried_at_ms is null and kind <> 'refresh' \
             having min(due_ms) is not null",
            &[],
        )?;
        let orders = tx.query("select order_id, out_trade_no, state, total_fen from pay_order", &[])?;
        let orders: Vec<Value> = orders
            .iter()
            .map(|row| {
                Ok(json!({
                    "id": row.get::<String>("order_id")?,
                    "number": row.get::<String>("out_trade_no")?,
                    "state": row.get::<String>("state")?,
                    "fen": row.get::<i64>("total_fen")?,
                }))
            })
            .collect::<Result<_, StoreError>>()?;
        let arrived = tx.one(
            "select cast(coalesce(sum(fen), 0) as bigint) as fen from ledger_transfer \
             where state = 'posted' and debit_account like 'rail:%'",
            &[],
        )?;
        Ok::<_, StoreError>(json!({
            "left": work.get::<i64>("n")?,
            "soon_ms": soon.map(|row| row.get::<i64>("at")).transpose()?,
            "arrived_fen": arrived.get::<i64>("fen")?,
            "orders": orders,
        }))
    })?;
    Ok(answer)
}
