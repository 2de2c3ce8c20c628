//! `cargo x power`: the power fails under the store, many times. The proof itself is an example of crates/tests; this builds
//! it and the shim that records the disk, and starts it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::needs::{self, Need};
use crate::say::step;
use crate::shell;

/// Losses of power in the ring; the full run is ten times that.
pub const RING_SEEDS: u32 = 1_000;

/// Runs it: `--seeds N`, `--seed S` (where they start), `--release`.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &["release"], &["seeds", "seed"])?;
    if let Some(word) = args.words().first() {
        bail!("`cargo x power` takes no “{word}”; `cargo x help` lists what it takes");
    }
    let number = |name: &str, usual: u32| -> Result<u32> {
        args.value(name).map_or(Ok(usual), |text| {
            text.parse().with_context(|| format!("--{name} takes a number, “{text}” is none"))
        })
    };
    let profile = if args.has("release") { "release" } else { "debug" };
    let mut proof = ready("run", profile)?;
    proof.args(["--seeds", &number("seeds", 10_000)?.to_string(), "--seed", &number("seed", 1)?.to_string()]);
    shell::run(&mut proof)
}

/// The dose of the ring, with the proofs that the proof would find something.
pub fn ring() -> Result<Command> {
    let mut proof = ready("ring", "debug")?;
    proof.args(["--seeds", &RING_SEEDS.to_string()]);
    Ok(proof)
}

/// Builds everything; the command that starts the proof.
fn ready(word: &str, profile: &str) -> Result<Command> {
    let shim = shim()?;
    step("building the proof of power loss");
    shell::build_example("power", profile)?;
    let mut proof = Command::new(shell::example("power", profile));
    proof.arg(word).arg("--shim").arg(shim).arg("--work").arg(shell::target().join("power"));
    Ok(proof)
}

/// Compiles the shim; where it is.
fn shim() -> Result<PathBuf> {
    needs::ensure(&[Need::Compiler])?;
    let folder = shell::target().join("shim");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let shim = std::path::absolute(folder.join("disk.so"))?;
    let mut compiler = Command::new("cc");
    compiler.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
    compiler.arg(&shim).arg(shell::root().join("crates/tests/shim/disk.c")).arg("-lpthread");
    shell::run(&mut compiler)?;
    Ok(shim)
}
