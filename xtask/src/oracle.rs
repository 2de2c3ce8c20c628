//! `cargo x oracle`: the compiled packs against a naive reader of their texts, in the whole dose.

use anyhow::Result;

use crate::args::Args;
use crate::say::{now, step};
use crate::shell;

/// Fact sets for each pack when nobody says otherwise.
const SETS: &str = "1000000";

/// Runs it optimised, and says how long it took.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &[], &["sets"])?;
    let sets = args.value("sets").unwrap_or(SETS);
    step(&format!("the packs against their own texts, {sets} fact sets each"));
    let mut test = shell::cargo();
    test.env("CLEARWAY_FACT_SETS", sets);
    test.args([
        "test",
        "--quiet",
        "--release",
        "-p",
        "clearway-domain",
        "--test",
        "oracle",
        "--",
        "--nocapture",
    ]);
    let begun = now();
    shell::run(&mut test)?;
    println!("oracle: {} s", begun.elapsed().as_secs());
    Ok(())
}
