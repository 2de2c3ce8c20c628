//! `cargo x sim`: the service in a simulated world, from seeds.

use std::process::Command;

use anyhow::Result;

use crate::args::Args;
use crate::shell;

/// Builds the simulation with optimisation and runs it.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &["plants", "debug"], &["seeds", "from", "seed", "threads"])?;
    let profile = if args.has("debug") { "debug" } else { "release" };
    let mut build = shell::cargo();
    build.args(["build", "--quiet", "-p", "clearway-tests", "--example", "simulate"]);
    if profile == "release" {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    let mut simulate = Command::new(shell::target().join(profile).join("examples/simulate"));
    for name in ["seeds", "from", "seed", "threads"] {
        if let Some(value) = args.value(name) {
            simulate.arg(format!("--{name}")).arg(value);
        }
    }
    if args.has("plants") {
        simulate.arg("--plants");
    }
    shell::run(&mut simulate)
}
