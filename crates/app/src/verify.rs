//! `clearway verify`: holds the twelve sentences against a live database and names every offender.

use anyhow::{Context, Result};
use clearway_domain::Fen;
use clearway_service::World;
use clearway_service::verify::{self, INVARIANTS, Report};

use crate::say;

/// Runs it; 0 when every sentence is true, 1 when one is not.
///
/// # Errors
/// When the database cannot be read: then nothing was found out.
pub fn run(world: &World, json: bool) -> Result<u8> {
    let report = verify::whole(world).context("could not check")?;
    if json {
        say!("{}", as_json(&report));
    } else {
        print(&report);
    }
    Ok(u8::from(!report.breaches.is_empty()))
}

fn print(report: &Report) {
    for (at, words) in INVARIANTS.iter().enumerate() {
        let breaks = report.breaches.iter().filter(|breach| breach.invariant == at + 1).count();
        let verdict = if breaks == 0 { "ok " } else { "NOT" };
        say!("{verdict} {:>2}  {words}  ({} checked, {breaks} breaks)", at + 1, report.checked[at]);
    }
    say!("\nposted, in yuan (debits, credits):");
    for (account, debits, credits) in &report.balances {
        say!("  {account:<32} {:>14} {:>14}", Fen(*debits).to_string(), Fen(*credits).to_string());
    }
    for late in &report.late {
        say!("late, and somebody was told: {late}");
    }
    for breach in &report.breaches {
        let who = breach.driver.as_deref().unwrap_or("-");
        say!("breach of {}: {} (driver {who}): {}", breach.invariant, breach.subject, breach.what);
    }
    say!("\n{} drivers read, {} breaches", report.drivers, report.breaches.len());
}

fn as_json(report: &Report) -> serde_json::Value {
    serde_json::json!({
        "drivers": report.drivers,
        "checked": report.checked,
        "late": report.late,
        "balances": report.balances.iter().map(|(account, debits, credits)| serde_json::json!({
            "account": account, "debits_fen": debits, "credits_fen": credits,
        })).collect::<Vec<_>>(),
        "breaches": report.breaches.iter().map(|breach| serde_json::json!({
            "invariant": breach.invariant, "driver": breach.driver, "subject": breach.subject, "what": breach.what,
        })).collect::<Vec<_>>(),
    })
}
