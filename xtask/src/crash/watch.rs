//! The program that looks into the database: an example of crates/tests, asked line by line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// The running program; dropping it ends it.
pub struct Watch {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Watch {
    /// Starts it for the database of a configuration, on the clock of that world.
    pub fn start(program: &Path, config: &Path, clock: &Path) -> Result<Watch> {
        let mut command = Command::new(program);
        command.arg("watch").arg("--config").arg(config).env("CLEARWAY_CLOCK_FILE", clock);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let questions = child.stdin.take();
        let answers = child.stdout.take().context("stdout was piped")?;
        Ok(Watch { child, questions, answers: BufReader::new(answers) })
    }

    /// Is everything there that was acknowledged? With `full`, does everything else hold too?
    pub fn look(&mut self, acks: &[(&'static str, String)], full: bool) -> Result<Value> {
        let kept: Vec<_> = acks.iter().filter(|(kind, _)| *kind != "session").collect();
        self.ask(&json!({ "acks": kept, "full": full }))
    }

    /// What is left to do, and all orders.
    pub fn rest(&mut self) -> Result<Value> {
        self.ask(&json!({ "rest": true }))
    }

    fn ask(&mut self, question: &Value) -> Result<Value> {
        let questions = self.questions.as_mut().context("the program was asked to end")?;
        writeln!(questions, "{question}")?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("the program that looks into the database has ended; its words are above");
        }
        serde_json::from_str(&line).with_context(|| format!("no answer: {line}"))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It ends when there is nothing more to read.
        drop(self.questions.take());
        drop(self.child.wait());
    }
}
