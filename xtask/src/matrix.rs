//! `cargo x matrix`: the three matrices with their counted tables.

use anyhow::{Result, bail};

use crate::args::Args;
use crate::pg::{Postgres, Purpose};
use crate::say::{now, step};
use crate::shell;

/// The matrices, in the order in which they run.
const MATRICES: [&str; 3] = ["payment", "upstream", "time"];

/// Runs the matrices named in `rest`, all of them if none is named, and prints what each counted.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &[], &[])?;
    if let Some(unknown) = args.words().iter().find(|name| !MATRICES.contains(&name.as_str())) {
        bail!("there is no matrix “{unknown}”; the matrices are {}", MATRICES.join(" "));
    }
    let cluster = Postgres::start(Purpose::Tests)?;
    for name in MATRICES {
        if !args.words().is_empty() && !args.words().iter().any(|word| word == name) {
            continue;
        }
        step(&format!("matrix {name}"));
        let filter = format!("matrix::{name}::");
        let mut test = shell::cargo();
        test.env("CLEARWAY_TEST_PG", cluster.url());
        test.args(["test", "--quiet", "-p", "clearway-tests", "--test", "it", &filter, "--", "--nocapture"]);
        let begun = now();
        shell::run(&mut test)?;
        println!("{name}: {} s", begun.elapsed().as_secs());
    }
    Ok(())
}
