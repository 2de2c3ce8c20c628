//! Starting other programs, and making sure that none of them outlives us.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The repository's top folder; all paths of this program are written from there.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Makes the repository's top folder the working directory.
pub fn enter_root() -> Result<()> {
    std::env::set_current_dir(root()).context("the repository's folder has moved since `cargo x` was built")
}

/// After this, Ctrl-C and SIGTERM only raise a flag, so that everything started is stopped in order.
pub fn catch_interrupts() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)).context("cannot watch for Ctrl-C")
}

/// True once Ctrl-C or SIGTERM has come.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Where `cargo build` puts its programs.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Where an example of crates/tests is once it is built.
pub fn example(name: &str, profile: &str) -> PathBuf {
    target().join(profile).join("examples").join(name)
}

/// Builds an example of crates/tests.
pub fn build_example(name: &str, profile: &str) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--quiet", "-p", "clearway-tests", "--example", name]);
    if profile == "release" {
        build.arg("--release");
    }
    run(&mut build)
}

/// The cargo that runs us.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A command in a folder of the repository.
pub fn program(name: impl AsRef<OsStr>, folder: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root().join(folder));
    command
}

/// Runs a command with its output shown; an error names what was run.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    stop_if_interrupted()?;
    if !status.success() {
        bail!("{shown} failed ({status})");
    }
    Ok(())
}

/// Runs a command in silence and returns what it printed; an error carries its stderr.
pub fn read(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {shown}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let also = String::from_utf8_lossy(&output.stdout);
        bail!("{shown} failed ({})\n{}{}", output.status, said.trim_end(), also.trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command with its stdout shown line by line and also given to `each`; returns whether it succeeded.
pub fn follow(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    let shown = show(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {shown}"))?;
    let lines = child.stdout.take().context("stdout was piped")?;
    let mut out = std::io::stdout().lock();
    for line in BufReader::new(lines).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        writeln!(out, "{line}")?;
        each(&line);
    }
    drop(out);
    let status = child.wait()?;
    stop_if_interrupted()?;
    Ok(status.success())
}

/// An error once Ctrl-C has come: the stack unwinds and everything started is stopped on the way.
pub fn stop_if_interrupted() -> Result<()> {
    if interrupted() {
        bail!("stopped");
    }
    Ok(())
}

/// True if `name` can be started from PATH.
pub fn in_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// True if we are the superuser (PostgreSQL refuses to run as one; apt needs one).
pub fn is_root() -> bool {
    read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A program in the background. Dropping it stops it: first politely, after five seconds for good.
pub struct Background {
    name: String,
    child: Child,
}

impl Background {
    /// Starts `command` with its output in `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Background> {
        let file = std::fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("cannot start {}", show(command)))?;
        Ok(Background { name: name.to_owned(), child })
    }

    /// An error if the program has ended by itself.
    pub fn check(&mut self, log: &Path) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = said.lines().collect();
            let tail = lines[lines.len().saturating_sub(20)..].join("\n");
            bail!("{} ended ({status}); its last words, from {}:\n{tail}", self.name, log.display());
        }
        Ok(())
    }

    /// Whether the program has ended by itself, and whether it ended well.
    pub fn ended(&mut self) -> Result<Option<bool>> {
        Ok(self.child.try_wait()?.map(|status| status.success()))
    }

    /// Ends the program with SIGKILL: it gets no chance to do anything.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().with_context(|| format!("cannot kill {}", self.name))?;
        self.child.wait()?;
        Ok(())
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // One that has ended has no process id any more: somebody else may have it.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let asked =
            Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        if asked.is_ok() {
            for _ in 0..50 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                pause(100);
            }
        }
        // It may have ended meanwhile; there is nothing to do about an error here.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits `millis` milliseconds.
pub fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// A TCP port on 127.0.0.1 that is free. It lies below the ports that systems hand out to outgoing connections, so that a
/// server which is stopped and started again finds it free again.
pub fn free_port() -> Result<u16> {
    const FROM: u16 = 20_000;
    const PORTS: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs beside one another begin at different places.
    let begin = u16::try_from(std::process::id() % u32::from(PORTS))?;
    for _ in 0..PORTS {
        let port = FROM + (begin + NEXT.fetch_add(1, Ordering::Relaxed) % PORTS) % PORTS;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1 between {FROM} and {}", FROM + PORTS)
}
