//! What others would use, installed by the benches themselves: pinned, from their own registries, and outside of the
//! product (sources in `benches/peers`, everything installed and built in `target/bench`). A peer that cannot be
//! installed fails the run: a figure without it would be no comparison.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::say::step;
use crate::shell;

/// Where peers are built, and where benches keep their data.
pub fn folder() -> PathBuf {
    shell::target().join("bench")
}

/// The sources of a peer.
fn sources(name: &str) -> PathBuf {
    shell::root().join("benches/peers").join(name)
}

/// A copy of a peer's sources in which its registry's client may install.
fn copied(name: &str) -> Result<PathBuf> {
    let to = folder().join("peers").join(name);
    std::fs::create_dir_all(&to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in std::fs::read_dir(sources(name))? {
        let path = entry?.path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().context("a file has a name")?))?;
        }
    }
    Ok(to)
}

/// Installs a Node peer by its lock file; returns its folder. What was installed by the same lock file and for the same Node
/// stays: a native module is compiled for a minute.
pub fn node(name: &str) -> Result<PathBuf> {
    let folder = copied(name)?;
    let lock = std::fs::read_to_string(folder.join("package-lock.json"))?;
    let wanted = format!("{}{lock}", shell::read(Command::new("node").arg("--version"))?);
    let mark = folder.join("node_modules/installed-by");
    if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(folder);
    }
    step(&format!("installing {name} by its lock file"));
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder);
    shell::read(&mut npm)?;
    std::fs::write(&mark, wanted)?;
    Ok(folder)
}

/// Installs a Python peer by its pinned requirements; returns its folder and its Python.
pub fn python(name: &str) -> Result<(PathBuf, PathBuf)> {
    step(&format!("installing {name} by its pinned requirements"));
    let folder = copied(name)?;
    let venv = folder.join("venv");
    if !venv.join("bin/python").is_file() {
        shell::read(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    shell::read(pip.arg(folder.join("requirements.txt")))?;
    Ok((folder, venv.join("bin/python")))
}

/// Builds a Rust peer by its lock file; returns its program.
pub fn rust(name: &str, program: &str) -> Result<PathBuf> {
    step(&format!("building {name} by its lock file"));
    let to = folder().join("rust");
    let mut build = shell::cargo();
    build.args(["build", "--quiet", "--locked", "--release", "--manifest-path"]);
    build.arg(sources(name).join("Cargo.toml")).arg("--target-dir").arg(&to);
    shell::run(&mut build)?;
    Ok(to.join("release").join(program))
}

/// What a peer says when it is asked to compare its answers with ours; an error when one differs.
pub fn check(what: &str, command: &mut Command, data: &Path) -> Result<()> {
    let said = shell::read(command.arg("check").arg(data).arg("1000"))
        .with_context(|| format!("{what} does not answer as we do, so nothing may be timed"))?;
    step(&format!("{what}: {}", said.trim()));
    Ok(())
}
