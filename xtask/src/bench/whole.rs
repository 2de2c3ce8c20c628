//! `cargo x bench all`: every bench in turn, one table of all goals, and the same as a page with what it was measured on.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::goal::{self, Goal};
use super::{BENCHES, Bench, Settings};
use crate::say::step;
use crate::shell;
use crate::stack;

/// Runs all benches; writes the table to `page` as Markdown when one is named. A missed gate is marked; an error only when a
/// run itself failed, after all others have been run.
pub fn run(with: Settings, page: Option<&str>) -> Result<()> {
    let machine = machine()?;
    let mut results: Vec<(&Bench, Result<Vec<Goal>>)> = Vec::new();
    for bench in &BENCHES {
        step(&format!("{} {}: cargo x bench {}", bench.id, bench.title, bench.word));
        let found = (bench.run)(with);
        shell::stop_if_interrupted()?;
        if let Err(error) = &found {
            step(&format!("{} failed: {error:#}", bench.word));
        }
        results.push((bench, found));
        // Written after every bench: an interrupted run leaves what it has found.
        if let Some(page) = page {
            let text = markdown(with, &machine, &results);
            std::fs::write(page, text).with_context(|| format!("cannot write {page}"))?;
        }
    }
    let (mut marked, mut missed) = (0, 0);
    for (bench, found) in &results {
        println!("\n{} {}", bench.id, bench.title);
        match found {
            Ok(goals) => {
                goal::print(goals);
                let (some, failed) = goal::gates(goals);
                marked += some;
                missed += failed;
            }
            Err(error) => println!("FAILED: {error:#}"),
        }
    }
    println!(
        "\n{} of {marked} gates passed, {} missed; {} rounds each.",
        marked - missed,
        missed,
        with.rounds
    );
    let failed: Vec<&str> =
        results.iter().filter(|(_, found)| found.is_err()).map(|(bench, _)| bench.word).collect();
    if !failed.is_empty() {
        bail!("these runs failed: {}", failed.join(", "));
    }
    Ok(())
}

/// The table as a page.
fn markdown(with: Settings, machine: &str, results: &[(&Bench, Result<Vec<Goal>>)]) -> String {
    let mut text = format!(
        "# Speed, measured\n\n`cargo x bench all --rounds {} --violations {}`, {} profile.\n{machine}\n\n\
         Rounds are interleaved; *this* and *that* are medians, the ratio is the median of the rounds' own ratios, and the\n\
         second-worst round has to pass the gate. CPU-µs are user and system time of the serving processes.\n",
        with.rounds, with.violations, with.profile,
    );
    for (bench, found) in results {
        let _ = write!(text, "\n## {}, {}\n\n`cargo x bench {}`\n\n", bench.id, bench.title, bench.word);
        match found {
            Err(error) => {
                let _ = writeln!(text, "**The run failed**: {error:#}");
            }
            Ok(goals) => {
                text.push_str(
                    "| figure (this ÷ that) | this | that | ratio | second-worst | gate | aim | |\n",
                );
                text.push_str("|---|---|---|---|---|---|---|---|\n");
                for goal in goals {
                    let _ = writeln!(text, "| {} |", goal::cells(goal).join(" | "));
                }
            }
        }
    }
    text
}

/// On what, when and of which state of the sources.
fn machine() -> Result<String> {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let said = |program: &str, words: &[&str]| {
        shell::read(Command::new(program).args(words)).map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    let cpu = file("/proc/cpuinfo");
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kib: u64 = file("/proc/meminfo")
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().split(' ').next()?.parse().ok())
        .unwrap_or(0);
    let disk = said("df", &["--output=fstype", "."]);
    let changed = said("git", &["status", "--porcelain"]).is_empty();
    Ok(format!(
        "{} of commit {}{}. {cores} cores ({}), {} GiB, Linux {}, {} on the disk under the stores; {}, Node {}, {}, {}.",
        stack::unix_now()?.strftime("%Y-%m-%d %H:%M UTC"),
        said("git", &["rev-parse", "--short", "HEAD"]),
        if changed { "" } else { " with changes" },
        model.map_or("unknown", |(_, name)| name),
        kib >> 20,
        file("/proc/sys/kernel/osrelease").trim(),
        disk.lines().last().unwrap_or("unknown"),
        said("rustc", &["--version"]),
        said("node", &["--version"]),
        said("python3", &["--version"]),
        said("psql", &["--version"]),
    ))
}
