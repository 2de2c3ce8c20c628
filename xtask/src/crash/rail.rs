//! The other side of the story: what rail and police platform say, which were never killed.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Sum, visitor};

/// Faults of the counterparts during the load: every notice comes twice, some writes are done without an answer.
pub fn misbehave(sims: &str) -> Result<()> {
    for rule in [
        json!({ "match": { "call": "notify" }, "fault": "twice" }),
        json!({ "match": { "call": "decide" }, "fault": "acted_no_reply", "times": 30 }),
        json!({ "match": { "call": "prepay" }, "fault": "acted_no_reply", "times": 30 }),
    ] {
        let answer = visitor().post_json(&format!("{sims}/control/faults"), &rule)?;
        if answer.status != 200 {
            bail!("the counterparts do not take {rule}: {}", answer.body);
        }
    }
    Ok(())
}

/// Lets the counterparts be as they should.
pub fn behave(sims: &str) -> Result<()> {
    let answer = visitor().delete(&format!("{sims}/control/faults"))?;
    if answer.status != 200 {
        bail!("the counterparts keep their faults: {}", answer.body);
    }
    Ok(())
}

/// Holds every order against the rail, the sum of the money against the ledger, and every decision against the platform.
pub fn compare(sims: &str, rest: &Value, sum: &mut Sum) -> Result<()> {
    let orders = rest["orders"].as_array().context("the orders are listed")?;
    let mut in_fen = 0;
    for order in orders {
        let number = order["number"].as_str().context("an order has a number")?;
        let (state, fen) = (order["state"].as_str().unwrap_or_default(), order["fen"].as_i64().unwrap_or(0));
        let there = visitor().post_json(&format!("{sims}/control/pay"), &json!({ "order": number }))?;
        let there = if there.status == 200 { there.json()? } else { Value::Null };
        let paid_there = matches!(there["state"].as_str(), Some("SUCCESS" | "REFUND"));
        let paid_here = !matches!(state, "closed" | "created" | "submitted" | "unknown");
        if paid_there {
            in_fen += there["total"].as_i64().unwrap_or(0);
        }
        if paid_there != paid_here || (paid_there && there["total"].as_i64() != Some(fen)) {
            let what = format!("order {}: {state} of {fen} fen here, at the rail {there}", order["id"]);
            sum.breaks.push(what);
        }
    }
    if rest["arrived_fen"].as_i64() != Some(in_fen) {
        let what = format!("the rail took {in_fen} fen, the ledger says {}", rest["arrived_fen"]);
        sum.breaks.push(what);
    }
    sum.paid_fen += in_fen;
    decisions(sims, sum)
}

/// No violation has two decisions at the platform.
fn decisions(sims: &str, sum: &mut Sum) -> Result<()> {
    let answer = visitor().get(&format!("{sims}/control/calls?call=decide"))?.json()?;
    let mut accepted: BTreeMap<&str, u32> = BTreeMap::new();
    for call in answer["calls"].as_array().context("the calls are listed")? {
        let outcome = call["outcome"].as_str().unwrap_or_default();
        if outcome.starts_with("ok") {
            *accepted.entry(call["fields"]["xh"].as_str().unwrap_or_default()).or_insert(0) += 1;
        }
    }
    if accepted.is_empty() {
        bail!("no decision was written: nothing was proved");
    }
    for (serial, times) in accepted.into_iter().filter(|(_, times)| *times > 1) {
        sum.doubled.push(format!("violation {serial} was decided {times} times"));
    }
    Ok(())
}
