//! `cargo x ci`: everything that must hold before a change lands. `cargo x gen`: generated files.

use std::process::Command;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::say::step;
use crate::{shell, suite};

/// Where generated documents go.
const REFERENCE: &str = "docs/reference";

/// Formats, lints, generated files, all tests; stops at the first that does not hold.
pub fn run(rest: &[String]) -> Result<()> {
    Args::parse(rest, &[], &[])?;
    step("formats");
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))?;
    step("lints");
    shell::run(shell::cargo().args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    generate(&["--check".to_owned()])?;
    suite::run(&[])
}

/// Writes docs/reference anew from the code. With `--check`: an error if that changed anything.
pub fn generate(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &["check"], &[])?;
    step("generated files");
    // Tests named reference… compare each generated document with the code; told to bless, they write it.
    let tests = ["test", "--quiet", "-p", "clearway-domain", "-p", "clearway-tests", "reference"];
    shell::read(shell::cargo().env("BLESS", "1").args(tests))?;
    if args.has("check") {
        let changed = shell::read(Command::new("git").args(["status", "--porcelain", "--", REFERENCE]))?;
        if !changed.trim().is_empty() {
            bail!("{REFERENCE} is not what the code says; run `cargo x gen` and commit:\n{changed}");
        }
    }
    Ok(())
}
