//! `cargo x test`: every runner in turn, one sum at the end.

use std::process::Command;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::needs::{self, Need};
use crate::pg::{Postgres, Purpose};
use crate::say::step;
use crate::{crash, power, shell};

/// The rings inside the one test binary of `crates/tests`.
const IT_RINGS: [&str; 6] = ["contract", "journeys", "faults", "matrix", "simulation", "tidy"];
/// All rings, in the order in which they run.
const RINGS: [&str; 13] = [
    "unit",
    "contract",
    "journeys",
    "faults",
    "matrix",
    "simulation",
    "tidy",
    "scripts",
    "judges",
    "promise",
    "power",
    "crash",
    "browser",
];

/// How many tests passed and failed, over all runners.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Adds the counts of a closing line: `test result: …` of cargo, `# pass N` or `ℹ pass N` of node.
    fn note(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            let counts = counts.split_once(". ").map_or(counts, |(_, rest)| rest);
            for part in counts.split("; ") {
                match part.split_once(' ') {
                    Some((n, "passed")) => self.passed += n.parse().unwrap_or(0),
                    Some((n, "failed")) => self.failed += n.parse().unwrap_or(0),
                    _ => {}
                }
            }
            return;
        }
        let plain = line.trim_start_matches(['#', 'ℹ']).trim();
        if plain.len() == line.len() {
            return;
        }
        match plain.split_once(' ') {
            Some(("pass", n)) => self.passed += n.parse().unwrap_or(0),
            // A test that node gave up on (a time limit, a lost process) has failed as well.
            Some(("fail" | "cancelled", n)) => self.failed += n.parse().unwrap_or(0),
            _ => {}
        }
    }

    /// Counts a whole runner that says no numbers as one test; a runner that failed without naming a
    /// failed test (it did not even compile) counts as one failure.
    fn close(&mut self, ok: bool, before: (u64, u64)) {
        if !ok && self.failed == before.1 {
            self.failed += 1;
        } else if ok && (self.passed, self.failed) == before {
            self.passed += 1;
        }
    }
}

/// Runs the rings named in `rest`, all of them if none is named; an error if anything failed.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &[], &[])?;
    if let Some(unknown) = args.words().iter().find(|ring| !RINGS.contains(&ring.as_str())) {
        bail!("there is no ring “{unknown}”; the rings are {}", RINGS.join(" "));
    }
    let all = args.words().is_empty();
    let wants = |ring: &str| all || args.words().iter().any(|word| word == ring);
    let mut needed = vec![];
    if ["scripts", "judges", "browser"].into_iter().any(wants) {
        needed.push(Need::Node);
    }
    if wants("browser") {
        needed.extend([Need::Chromium, Need::ChineseFont]);
    }
    needs::ensure(&needed)?;

    let mut tally = Tally::default();
    rust_rings(&mut tally, all, &wants)?;
    if wants("scripts") {
        node_packages("e2e")?;
        step("checking the scripts' types");
        follow(
            &mut tally,
            shell::program(shell::root().join("e2e/node_modules/.bin/tsc"), "e2e")
                .args(["--project", "tsconfig.json"]),
        )?;
    }
    if ["judges", "promise", "crash", "browser"].into_iter().any(wants) {
        step("building the server and the pretend counterparts");
        shell::run(shell::cargo().args(["build", "--quiet", "-p", "clearway", "-p", "clearway-sims"]))?;
    }
    if wants("judges") && shell::root().join("e2e/judges/package.json").is_file() {
        node_packages("e2e/judges")?;
        step("independent clients against the pretend counterparts");
        let mut judges = node_test("e2e/judges", 2);
        judges.env("CLEARWAY_SIMS_BIN", shell::target().join("debug/clearway-sims"));
        follow(&mut tally, judges.env("CLEARWAY_XTASK", std::env::current_exe()?))?;
    }
    world_rings(&mut tally, &wants)?;
    if wants("browser") {
        node_packages("e2e")?;
        step("journeys in Chromium");
        follow(&mut tally, node_test("e2e", 1).env("CLEARWAY_XTASK", std::env::current_exe()?))?;
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 {
        bail!("not everything passed");
    }
    Ok(())
}

/// Rings that start whole worlds through this very program.
fn world_rings(tally: &mut Tally, wants: &dyn Fn(&str) -> bool) -> Result<()> {
    if wants("promise") {
        step("the promised taps and seconds, on SQLite and on PostgreSQL");
        let cluster = Postgres::start(Purpose::Tests)?;
        for db in [&[][..], &["--db", cluster.url()][..]] {
            let mut demo = Command::new(std::env::current_exe()?);
            demo.args([
                "demo",
                "--check",
                "--no-build",
                "--port",
                "0",
                "--sims-port",
                "0",
                "--dir",
                ".run/promise",
            ]);
            follow(tally, demo.args(db))?;
        }
    }
    if wants("power") {
        step("the power fails under the store");
        follow(tally, &mut power::ring()?)?;
    }
    if wants("crash") {
        step("the server is killed under load, on SQLite and on PostgreSQL");
        follow(tally, &mut crash::ring()?)?;
    }
    Ok(())
}

fn rust_rings(tally: &mut Tally, all: bool, wants: &dyn Fn(&str) -> bool) -> Result<()> {
    let both_engines =
        ["contract", "journeys", "faults", "matrix", "simulation", "unit"].into_iter().any(wants);
    let cluster = if both_engines { Some(Postgres::start(Purpose::Tests)?) } else { None };
    let with_engines = |mut command: Command| {
        if let Some(cluster) = &cluster {
            command.env("CLEARWAY_TEST_PG", cluster.url());
        }
        command
    };
    if all {
        step("cargo test, all crates, on SQLite and PostgreSQL");
        return follow(tally, with_engines(shell::cargo()).args(["test", "--workspace", "--no-fail-fast"]));
    }
    if wants("unit") {
        step("cargo test of each crate by itself");
        let args = ["test", "--workspace", "--no-fail-fast", "--exclude", "clearway-tests"];
        follow(tally, with_engines(shell::cargo()).args(args))?;
    }
    for ring in IT_RINGS.into_iter().filter(|ring| wants(ring)) {
        step(&format!("ring {ring}"));
        let filter = format!("{ring}::");
        follow(
            tally,
            with_engines(shell::cargo()).args(["test", "-p", "clearway-tests", "--test", "it", &filter]),
        )?;
    }
    Ok(())
}

fn follow(tally: &mut Tally, command: &mut Command) -> Result<()> {
    let before = (tally.passed, tally.failed);
    let ok = shell::follow(command, |line| tally.note(line))?;
    tally.close(ok, before);
    Ok(())
}

/// `npm ci`, skipped while the lock file is the one that was installed last.
fn node_packages(folder: &str) -> Result<()> {
    let here = shell::root().join(folder);
    let lock = std::fs::read(here.join("package-lock.json")).unwrap_or_default();
    let mark = here.join("node_modules/.installed-lock");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    step(&format!("npm ci in {folder}"));
    shell::read(shell::program("npm", folder).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))?;
    std::fs::write(mark, lock)?;
    Ok(())
}

fn node_test(folder: &str, at_once: u32) -> Command {
    let mut command = shell::program("node", folder);
    command.args(["--test", "--test-reporter=spec", &format!("--test-concurrency={at_once}")]);
    command.args(test_files(&shell::root().join(folder)));
    command
}

/// Node 20 takes file names, not patterns: every `*.test.mjs` of the folder itself and of `journeys/`.
fn test_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = [folder.to_path_buf(), folder.join("journeys"), folder.join("test")]
        .iter()
        .filter_map(|place| std::fs::read_dir(place).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_all_runners_are_summed() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "ℹ pass 7",
            "ℹ fail 1",
            "ℹ cancelled 1",
            "ℹ skipped 0",
            "# pass 2",
            "# fail 0",
            "pass 99 is no closing line",
            "fail 99",
        ] {
            tally.note(line);
        }
        assert_eq!(tally, Tally { passed: 24, failed: 4 });
    }

    #[test]
    fn a_runner_that_dies_without_a_word_is_a_failure() {
        let mut tally = Tally { passed: 5, failed: 0 };
        tally.close(false, (5, 0));
        assert_eq!(tally, Tally { passed: 5, failed: 1 });
        tally.close(true, (5, 1));
        assert_eq!(tally, Tally { passed: 6, failed: 1 });
    }
}
