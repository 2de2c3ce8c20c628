//! `cargo x …`: the project's own commands. One word each, no script beside them.
//!
//! This crate knows none of the product's crates. It starts programs and reads what they print, so it
//! still works when the product does not compile.

mod args;
mod bench;
mod check;
mod ci;
mod crash;
mod demo;
mod faults;
mod http;
mod matrix;
mod needs;
mod nth;
mod oracle;
mod pg;
mod power;
mod process;
mod rush;
mod say;
mod shell;
mod sim;
mod stack;
mod suite;
mod walk;

use std::process::ExitCode;

const HELP: &str = "\
cargo x demo  [--at INSTANT|now] [--check] [--db postgres://…] [--port N]
              [--rail wechat|wechat-combined|wechat-nontax]
                                starts a pretend city, its counterparts and the server
cargo x faults [NAME …]        makes the counterparts of a running demo misbehave; alone it lists the ways
cargo x test  [ring …]          all tests, or some rings: unit contract journeys faults matrix simulation tidy
                                scripts judges promise power crash browser
cargo x ci                      formats, lints, generated files, all tests: what the gate runs
cargo x gen   [--check]         writes docs/reference anew (--check: only says whether it is current)
cargo x matrix [payment|upstream|time]
                                every combination of the three matrices, counted and printed
cargo x sim   [--seeds N] [--from S] | --seed S | --plants
                                the service in a simulated world: N seeds, one seed with its steps, the planted bugs
cargo x bench baseline | verdicts | page | peers | settle | hostile | flat | start | all
              [--rounds N] [--violations N] [--page FILE]
                                the floors and our costs beside them; both programmes judged, beside rules engines; 我的违法
                                beside plaintext and beside three servers that a city would write; settlements beside pgbench;
                                honest drivers under floods and held sockets, beside calm seconds; ten thousand violations
                                beside ten million; the start of the server; all in one table
cargo x crash [--kills N] [--db sqlite|postgres|both] [--worlds W] [--seed S] [--release]
                                kills the server under load with SIGKILL, again and again; 10,000 times if not told
cargo x power [--seeds N] [--seed S] [--release]
                                loses the power under the store, with what was not flushed torn and shuffled; 10,000
                                times if not told
cargo x nth                     every path that writes, with every single call to the disk and to the outside failing once
cargo x oracle [--sets N]       the compiled packs against a naive reader of their texts; a million fact sets a pack if not told
cargo x rush  [--drivers N] [--day quick|slow|both] [--within S] [--pauses none|human] [--db sqlite|postgres]
              [--db-away S] [--nodes 1|2] [--rate R] [--fails N] [--outage S] [--closes-in S] [--sockets N] [--seed S]
              [--floor N] [--deadline S] [--debug] [--no-build]
                                the launch day: 150,000 people if not told, a report with a verdict at the end
cargo x pg                      a throwaway PostgreSQL for `cargo test`; prints its address, stops on Ctrl-C
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let done =
        shell::enter_root().and_then(|()| shell::catch_interrupts()).and_then(|()| match command.as_str() {
            "demo" => demo::run(&rest),
            "faults" => faults::run(&rest),
            "test" => suite::run(&rest),
            "ci" => ci::run(&rest),
            "gen" => ci::generate(&rest),
            "bench" => bench::run(&rest),
            "matrix" => matrix::run(&rest),
            "nth" => nth::run(&rest),
            "oracle" => oracle::run(&rest),
            "sim" => sim::run(&rest),
            "crash" => crash::run(&rest),
            "power" => power::run(&rest),
            "rush" => rush::run(&rest),
            "pg" => pg::hold(&rest),
            "" | "help" | "--help" | "-h" => {
                print!("{HELP}");
                Ok(())
            }
            other => Err(anyhow::anyhow!("cargo x has no command “{other}”\n\n{HELP}")),
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
