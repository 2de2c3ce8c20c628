//! `clearway watch`: launch day in a terminal. Every figure comes from the database, so it may run anywhere, and every
//! figure says how old it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clearway_domain::admission::Wait;
use clearway_service::World;
use clearway_service::admission::figures::{self, Figures, Node, OfNode};
use clearway_service::jobs::refresh::{AFTER, REFRESH};
use jiff::Timestamp;

use crate::out;

/// What stands behind `--help`.
pub const USAGE: &str =
    "  clearway watch --config FILE [--every SECONDS] [--once]   who waits, how fast it goes, where it hurts";

/// Seconds after which a figure is too old to be believed.
const STALE_S: i64 = 10;
/// Steps that are shown: the slowest.
const STEPS_SHOWN: usize = 8;

/// The words after `clearway watch`, `--config FILE` taken out.
///
/// # Errors
/// When an option is wrong or the database cannot be read.
pub fn run(world: &World, args: &[String]) -> Result<()> {
    let (mut every, mut once) = (2, false);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--once" => once = true,
            "--every" => {
                let value = words.next().context("--every needs a number of seconds")?;
                every = value.parse().with_context(|| format!("--every {value}: whole seconds"))?;
            }
            other => bail!("`{other}` is no option here\n\n{USAGE}"),
        }
    }
    let mut before = None;
    loop {
        let seen = figures::all(world)?;
        let text = page(&seen, before.as_ref(), world.now());
        if once {
            out::text(text);
            return Ok(());
        }
        // Home and clear: one page that stands still.
        if !out::text(format_args!("\x1b[H\x1b[2J{text}")) {
            return Ok(());
        }
        before = Some(seen);
        thread::sleep(Duration::from_secs(every.max(1)));
    }
}

/// Everything on one page. `before` is the look before this one: two looks make a pace.
#[must_use]
pub fn page(seen: &Figures, before: Option<&Figures>, now: Timestamp) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "Clearway  {}", clearway_domain::civil(now).strftime("%Y-%m-%d %H:%M:%S"));
    queue(&mut text, seen, before, now);
    for node in &seen.nodes {
        told(&mut text, node, now);
    }
    if seen.nodes.is_empty() {
        let _ = writeln!(text, "no node serves");
    }
    slowest(&mut text, &seen.nodes, now);
    for count in seen.jobs.iter().filter(|count| count.buried > 0) {
        let _ = writeln!(text, "{} jobs of {} wait for a person", count.buried, count.kind);
    }
    text
}

fn queue(text: &mut String, seen: &Figures, before: Option<&Figures>, now: Timestamp) {
    let longest = seen.oldest.map_or(0, |at| age_s(now, at));
    let _ = writeln!(
        text,
        "\nwaiting {:>8}   longest {:>6} s   newest number {}   called {}   {}",
        seen.waiting,
        longest,
        seen.drawn,
        seen.gone,
        aged(age_s(now, seen.at))
    );
    let looks = before.map(|before| (before, seen.at.as_millisecond() - before.at.as_millisecond()));
    let admitted = looks.filter(|(_, ms)| *ms > 0).map(|(before, ms)| {
        let gone = i64::try_from(seen.gone.saturating_sub(before.gone)).unwrap_or(i64::MAX);
        tenths(gone.saturating_mul(10_000) / ms)
    });
    let rate: i64 = fresh(&seen.nodes, now).map(|told| i64::from(told.rate)).sum();
    let _ = writeln!(
        text,
        "admitted {:>7}/s   set rate {:>6} calls/s of {} (agreed {})",
        admitted.unwrap_or_else(|| "-".to_owned()),
        tenths(rate / 100),
        seen.ceiling.per_second,
        seen.ceiling.agreed
    );
    match seen.rates {
        Some(rates) => {
            let drain = match rates.wait(seen.waiting) {
                Wait::Between { low_ms, .. } => (low_ms / 60_000 + 1).to_string(),
                Wait::Turn => "0".to_owned(),
                Wait::Unknown => "-".to_owned(),
            };
            let (slow, fast) = rates.per_minute();
            let _ = writeln!(text, "finished {slow:>4}–{fast}/min   drained in about {drain} min");
        }
        None => {
            let _ = writeln!(text, "finished       -/min   not measured long enough");
        }
    }
    let counted = format!("(counted {} s ago)", age_s(now, seen.jobs_at));
    let _ = writeln!(text, "unknown payments {}   {counted}", seen.unknown_payments);
    let due = |kind| seen.jobs.iter().find(|count| count.kind == kind).map_or(0, |count| count.due);
    let _ = writeln!(text, "checks due {}, and {} behind everybody   {counted}", due(REFRESH), due(AFTER));
    if let Some(day) = seen.yesterday {
        let _ = writeln!(
            text,
            "yesterday {} were told a wait, {} within a minute or a fifth, mean miss {} s, worst {} s",
            day.told,
            day.within,
            day.mean_ms / 1_000,
            day.worst_ms / 1_000
        );
    }
    if let Some((by, why, _)) = &seen.ceiling.set {
        let _ = writeln!(text, "ceiling set by {by}: {why}");
    }
}

fn told(text: &mut String, node: &Node, now: Timestamp) {
    let age = age_s(now, node.heard);
    let share = tenths(node.share / 100);
    match &node.figures {
        Some(told) if age <= STALE_S => {
            let _ = writeln!(
                text,
                "\nnode {}   {}\n  share {share}/s   rate {}/s   calls {}/s, {} failed, {} too many   latency {} ms\n  \
                 {} requests in flight   {} refused of callers who ask too much   {} writers wait{}",
                node.name,
                aged(age),
                tenths(i64::from(told.rate) / 100),
                told.calls,
                told.failed,
                told.throttled,
                told.latency_ms,
                told.in_flight,
                told.refused,
                told.writers,
                if told.failing { "   THE LAST WRITE FAILED" } else { "" }
            );
        }
        // An old number is not shown as a new one.
        _ => {
            let _ = writeln!(text, "\nnode {}   no data for {age} s", node.name);
        }
    }
}

/// The figures of the nodes that were heard of: what a dead one said last is no pace and no delay of now.
fn fresh(nodes: &[Node], now: Timestamp) -> impl Iterator<Item = &OfNode> {
    nodes
        .iter()
        .filter(move |node| age_s(now, node.heard) <= STALE_S)
        .filter_map(|node| node.figures.as_ref())
}

/// The slowest steps over all nodes.
fn slowest(text: &mut String, nodes: &[Node], now: Timestamp) {
    let mut steps: BTreeMap<&str, u64> = BTreeMap::new();
    for (step, ms) in fresh(nodes, now).flat_map(|told| &told.p95_ms) {
        let worst = steps.entry(step).or_default();
        *worst = (*worst).max(*ms);
    }
    let mut steps: Vec<(&str, u64)> = steps.into_iter().collect();
    steps.sort_by_key(|(_, ms)| std::cmp::Reverse(*ms));
    if !steps.is_empty() {
        let _ = writeln!(text, "\np95 of recent requests, ms");
    }
    for (step, ms) in steps.into_iter().take(STEPS_SHOWN) {
        let shown = if ms == u64::MAX { "more".to_owned() } else { format!("≤ {ms}") };
        let _ = writeln!(text, "  {shown:>8}  {step}");
    }
}

fn age_s(now: Timestamp, then: Timestamp) -> i64 {
    now.duration_since(then).as_secs().max(0)
}

fn aged(age_s: i64) -> String {
    if age_s > STALE_S { format!("(no data for {age_s} s)") } else { format!("({age_s} s old)") }
}

/// Tenths as a decimal.
fn tenths(value: i64) -> String {
    format!("{}.{}", value / 10, value % 10)
}
