//! `cargo x nth`: the n-th fault loops in the whole dose. Every call to the outside and every call to the disk, on every
//! path that writes, fails once in every way.

use anyhow::Result;

use crate::args::Args;
use crate::needs::{self, Need};
use crate::say::{now, step};
use crate::shell;

/// Runs them, and says how long it took.
pub fn run(rest: &[String]) -> Result<()> {
    Args::parse(rest, &[], &[])?;
    needs::ensure(&[Need::Compiler])?;
    step("the n-th fault loops, every n");
    let mut test = shell::cargo();
    test.env("CLEARWAY_NTH", "all");
    test.args([
        "test",
        "--quiet",
        "-p",
        "clearway-tests",
        "--test",
        "it",
        "faults::nth::",
        "--",
        "--nocapture",
    ]);
    let begun = now();
    shell::run(&mut test)?;
    println!("nth: {} s", begun.elapsed().as_secs());
    Ok(())
}
