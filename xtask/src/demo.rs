//! `cargo x demo`: a pretend city on this machine, in one command.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;

use crate::args::Args;
use crate::check;
use crate::say::{step, wide};
use crate::shell;
use crate::stack::{self, Extra, Plan, Stack};

/// The upgrade of the city's programmes is in force: study gives a credit of four points.
const DEFAULT_AT: &str = "2020-04-05T10:00:00+08:00";

/// Starts the demo and keeps it until Ctrl-C.
pub fn run(rest: &[String]) -> Result<()> {
    let values = ["at", "db", "rail", "port", "sims-port", "dir", "drivers", "violations"];
    let args = Args::parse(rest, &["check", "json", "no-build"], &values)?;
    if let Some(word) = args.words().first() {
        bail!("`cargo x demo` takes no “{word}”; `cargo x help` lists what it takes");
    }
    let plan = plan(&args)?;
    // The counterparts write the rail into their file, and know which there are.
    let sims = args.value("rail").map_or_else(Vec::new, |rail| ["--rail", rail].map(str::to_owned).to_vec());
    if !args.has("no-build") {
        stack::build(plan.profile)?;
    }
    let mut stack = Stack::start_with(&plan, &Extra { sims, ..Extra::default() })?;
    if args.has("check") {
        return check::run(&stack, plan.at.map_or_else(stack::unix_now, Ok)?);
    }
    let city = std::fs::read_to_string(plan.dir.join("city.json")).context("the city was not drawn")?;
    let city: Value = serde_json::from_str(&city).context("city.json is not JSON")?;
    if args.has("json") {
        // For the browser journeys: one line that says where everything is.
        println!("{}", serde_json::json!({ "url": stack.url, "sims": stack.sims_url, "dir": plan.dir }));
    } else {
        announce(&stack, &city)?;
    }
    while !shell::interrupted() {
        stack.check()?;
        shell::pause(200);
    }
    step("stopping");
    Ok(())
}

fn plan(args: &Args) -> Result<Plan> {
    let number = |name: &str, default: u32| -> Result<u32> {
        args.value(name).map_or(Ok(default), |text| {
            text.parse().with_context(|| format!("--{name} takes a number, “{text}” is none"))
        })
    };
    let port = |name: &str, default: u32| -> Result<u16> {
        match u16::try_from(number(name, default)?).with_context(|| format!("--{name} is at most 65535"))? {
            0 => shell::free_port(),
            port => Ok(port),
        }
    };
    let server_port = port("port", 8080)?;
    Ok(Plan {
        dir: args.value("dir").map_or_else(|| PathBuf::from(".run/demo"), PathBuf::from),
        at: instant(args.value("at").unwrap_or(DEFAULT_AT))?,
        db: args.value("db").map(str::to_owned),
        port: server_port,
        sims_port: port("sims-port", if server_port == 8080 { 8081 } else { 0 })?,
        drivers: number("drivers", 2_000)?,
        violations: number("violations", 5_000)?,
        profile: "debug",
    })
}

/// An instant as written on the command line: `now`, or ISO 8601; without an offset it is China's time.
fn instant(text: &str) -> Result<Option<Timestamp>> {
    if text == "now" {
        return Ok(None);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(Some(instant));
    }
    let civil: jiff::civil::DateTime = text
        .parse()
        .with_context(|| format!("--at takes `now` or an instant like {DEFAULT_AT}, not “{text}”"))?;
    let china = jiff::tz::Offset::constant(8).to_time_zone();
    Ok(Some(china.to_timestamp(civil)?))
}

fn announce(stack: &Stack, city: &Value) -> Result<()> {
    println!("\n  Clearway 清途   {}", stack.url);
    println!("  pretend WeChat  {}\n", stack.sims_url);
    let code = fast_qr::QRBuilder::new(stack.url.as_str())
        .build()
        .map_err(|error| anyhow::anyhow!("no QR code for {}: {error}", stack.url))?;
    code.print();
    print_personas(city);
    println!("\n  Ctrl-C stops everything.");
    Ok(())
}

/// The table "sign in as … to see …": every person of the city who stands for a situation, by group.
fn print_personas(city: &Value) {
    let chinese = std::env::var("LANG").is_ok_and(|lang| lang.starts_with("zh"));
    let story = if chinese { "story_zh" } else { "story_en" };
    let accounts = city.get("accounts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text =
        |account: &Value, key: &str| account.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut group = String::new();
    println!("\n  sign in as …, to see …");
    for account in accounts.iter().filter(|account| !text(account, "persona").is_empty()) {
        if text(account, "group") != group {
            group = text(account, "group");
            println!("\n  {group}");
        }
        println!(
            "    {}  {:<22}  {}",
            wide(&text(account, "persona"), 8),
            text(account, "openid"),
            text(account, story)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_an_offset() {
        let noon = instant("2020-04-05T12:00+08:00").unwrap().unwrap();
        assert_eq!(noon.to_string(), "2020-04-05T04:00:00Z");
        assert_eq!(instant("2020-04-05T12:00").unwrap().unwrap(), noon);
        assert_eq!(instant("2020-04-05T04:00Z").unwrap().unwrap(), noon);
        assert!(instant("now").unwrap().is_none());
        assert!(instant("yesterday").is_err());
    }
}
