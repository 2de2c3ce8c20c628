//! One whole pretend world in one folder: clock, city, counterparts, server. The demo, the browser
//! journeys and the figures all start it through here, so there is one way to start it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use crate::http;
use crate::say::{now, step};
use crate::shell::{self, Background};

/// What to start, and where.
pub struct Plan {
    /// The folder that holds everything of this run; emptied first.
    pub dir: PathBuf,
    /// Where the demo clock starts; `None` is the real time.
    pub at: Option<Timestamp>,
    /// `postgres://…`; `None` is SQLite in `dir`.
    pub db: Option<String>,
    /// Port of the server.
    pub port: u16,
    /// Port of the pretend counterparts.
    pub sims_port: u16,
    /// Size of the city, in drivers and violations; the named situations come on top.
    pub drivers: u32,
    /// See `drivers`.
    pub violations: u32,
    /// `debug` or `release`.
    pub profile: &'static str,
}

/// What a world may have that the usual one has not.
#[derive(Default)]
pub struct Extra {
    /// The command that draws the city, with its options; absent: `city`, with seed 1.
    pub city: Option<Vec<String>>,
    /// More options of the counterparts.
    pub sims: Vec<String>,
    /// More lines at the end of the server's configuration.
    pub config: String,
}

/// A running world; dropping it stops its programs.
pub struct Stack {
    server: Option<Background>,
    sims: Background,
    dir: PathBuf,
    programs: PathBuf,
    /// Address of the server, without a slash at the end.
    pub url: String,
    /// Address of the pretend counterparts.
    pub sims_url: String,
    /// Nobody else empties the folder while this runs.
    _lock: File,
}

/// Builds the two programs.
pub fn build(profile: &str) -> Result<()> {
    step("building the server and the pretend counterparts");
    let mut build = shell::cargo();
    build.args(["build", "-p", "clearway", "-p", "clearway-sims"]);
    if profile == "release" {
        build.arg("--release");
    }
    shell::run(&mut build)
}

impl Stack {
    /// Starts everything and returns once both programs answer.
    pub fn start(plan: &Plan) -> Result<Stack> {
        Stack::start_with(plan, &Extra::default())
    }

    /// The same, with something more.
    pub fn start_with(plan: &Plan, extra: &Extra) -> Result<Stack> {
        Stack::start_whole(plan, extra, None)
    }

    /// The same on a store that outlives this world: `secret` (hex) is the key that its sessions and driver ids were made with.
    pub fn start_keyed(plan: &Plan, secret: &str) -> Result<Stack> {
        Stack::start_whole(plan, &Extra::default(), Some(secret))
    }

    fn start_whole(plan: &Plan, extra: &Extra, secret: Option<&str>) -> Result<Stack> {
        for port in [plan.port, plan.sims_port] {
            if std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
                bail!("port {port} is in use; choose others with --port and --sims-port (0: any)");
            }
        }
        let dir = std::path::absolute(&plan.dir)?;
        let lock = occupied(&dir)?;
        let clock = dir.join("clock");
        let at = plan.at.unwrap_or(unix_now()?);
        set_clock(&clock, at)?;
        let programs = shell::target().join(plan.profile);
        let program = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.env("CLEARWAY_CLOCK_FILE", &clock);
            command
        };
        let city = dir.join("city.json");
        step("drawing the city");
        let mut draw = program("clearway-sims");
        let usual = || ["city", "--seed", "1"].map(str::to_owned).to_vec();
        draw.args(extra.city.clone().unwrap_or_else(usual)).args(["--at", &at.to_string()]);
        draw.args(["--drivers", &plan.drivers.to_string(), "--violations", &plan.violations.to_string()]);
        shell::read(draw.arg("--out").arg(&city))?;

        step("starting the pretend counterparts");
        let keys = dir.join("counterparts");
        let url = format!("http://127.0.0.1:{}", plan.port);
        let sims_url = format!("http://127.0.0.1:{}", plan.sims_port);
        let mut serve = program("clearway-sims");
        serve.args([
            "serve",
            "--port",
            &plan.sims_port.to_string(),
            "--public-url",
            &sims_url,
            "--product-url",
            &url,
        ]);
        serve.arg("--city").arg(&city).arg("--out").arg(&keys).args(&extra.sims);
        let mut sims = Background::start("clearway-sims", &mut serve, &dir.join("sims.log"))?;
        wait_until_healthy(&mut sims, &sims_url, &dir.join("sims.log"))?;

        let config = dir.join("site.toml");
        let db = plan.db.clone().unwrap_or_else(|| format!("sqlite:{}", dir.join("clearway.db").display()));
        let values = [
            ("listen", &*format!("127.0.0.1:{}", plan.port)),
            ("public_url", &url),
            ("database", &db),
            ("counterparts", &keys.to_string_lossy()),
        ];
        write_config(&config, &values, &extra.config)?;
        if let Some(secret) = secret {
            std::fs::write(dir.join("secret.hex"), secret)?;
        }
        step("laying out the database and reading the police feed");
        shell::read(program("clearway").arg("migrate").arg("--config").arg(&config))?;
        shell::read(program("clearway").arg("feed").arg("--config").arg(&config).arg(&city))?;

        step("starting the server");
        let mut stack = Stack { server: None, sims, dir, programs, url, sims_url, _lock: lock };
        stack.start_server()?;
        Ok(stack)
    }

    /// Starts the server on the database that is there; returns once it answers.
    pub fn start_server(&mut self) -> Result<()> {
        let log = self.dir.join("server.log");
        let mut serve = self.program("clearway");
        serve.arg("serve").arg("--config").arg(self.config());
        let mut server = Background::start("clearway", &mut serve, &log)?;
        wait_until_healthy(&mut server, &self.url, &log)?;
        self.server = Some(server);
        Ok(())
    }

    /// Starts another server on the same database, at `port` and under the name `node`; returns once it answers.
    pub fn start_node(&self, node: &str, port: u16) -> Result<Background> {
        let (config, log) =
            (self.dir.join(format!("site-{node}.toml")), self.dir.join(format!("server-{node}.log")));
        let text = std::fs::read_to_string(self.config())?;
        let text = with_value(&text, "listen", &format!("127.0.0.1:{port}"))?;
        std::fs::write(&config, text.replacen("[server]", &format!("[server]\nnode = \"{node}\""), 1))?;
        let mut serve = self.program("clearway");
        let mut server =
            Background::start("clearway", serve.arg("serve").arg("--config").arg(&config), &log)?;
        wait_until_healthy(&mut server, &format!("http://127.0.0.1:{port}"), &log)?;
        Ok(server)
    }

    /// Kills the server with SIGKILL, in the middle of whatever it is doing; what it had said until then.
    pub fn kill_server(&mut self) -> Result<String> {
        let log = self.dir.join("server.log");
        if let Some(mut server) = self.server.take() {
            server.check(&log)?;
            server.kill()?;
        }
        Ok(std::fs::read_to_string(&log).unwrap_or_default())
    }

    /// A program of this world, on its clock.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.env("CLEARWAY_CLOCK_FILE", self.dir.join("clock"));
        command
    }

    /// The server's configuration.
    pub fn config(&self) -> PathBuf {
        self.dir.join("site.toml")
    }

    /// An error if one of the programs has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        if let Some(server) = &mut self.server {
            server.check(&self.dir.join("server.log"))?;
        }
        self.sims.check(&self.dir.join("sims.log"))
    }

    /// The folder of this run.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Process id of the pretend counterparts.
    pub fn sims_id(&self) -> u32 {
        self.sims.id()
    }

    /// Process id of the server.
    pub fn server_id(&self) -> u32 {
        self.server.as_ref().map_or(0, Background::id)
    }
}

/// Sets the demo clock: simulated time runs on from `at`, from now on.
pub fn set_clock(file: &Path, at: Timestamp) -> Result<()> {
    let real = unix_now()?.as_millisecond();
    // Written beside and renamed, so that a reader never sees half a line.
    let beside = file.with_extension("next");
    std::fs::write(&beside, format!("{at} {real}\n"))
        .with_context(|| format!("cannot write {}", beside.display()))?;
    std::fs::rename(&beside, file).with_context(|| format!("cannot write {}", file.display()))
}

/// The real time.
#[expect(clippy::disallowed_methods, reason = "the demo clock is anchored to the real one here")]
pub fn unix_now() -> Result<Timestamp> {
    let since =
        SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is before 1970")?;
    Ok(Timestamp::from_millisecond(i64::try_from(since.as_millis())?)?)
}

/// Empties the folder of an earlier run and holds it for as long as what comes back lives. Two runs in one folder would each take the
/// other's store, clock and configuration for its own.
fn occupied(dir: &Path) -> Result<File> {
    let beside = lock_of(dir);
    if let Some(parent) = beside.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    let lock = File::create(&beside).with_context(|| format!("cannot make {}", beside.display()))?;
    if lock.try_lock().is_err() {
        bail!("another run uses {}; wait for it, or stop it first", dir.display());
    }
    empty(dir)?;
    Ok(lock)
}

/// Beside the folder, which is emptied.
fn lock_of(dir: &Path) -> PathBuf {
    dir.with_added_extension("lock")
}

fn empty(dir: &Path) -> Result<()> {
    if dir.exists() {
        let ours = dir.join("clock").exists() || std::fs::read_dir(dir)?.next().is_none();
        if !ours {
            bail!(
                "{} is not an earlier run of the demo; it is left alone, choose another --dir",
                dir.display()
            );
        }
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))
}

fn wait_until_healthy(program: &mut Background, url: &str, log: &Path) -> Result<()> {
    let deadline = now() + Duration::from_secs(60);
    while now() < deadline {
        shell::stop_if_interrupted()?;
        program.check(log)?;
        if http::Visitor::new("text/plain")
            .get(&format!("{url}/healthz"))
            .is_ok_and(|answer| answer.status == 200)
        {
            return Ok(());
        }
        shell::pause(1);
    }
    bail!("{url} did not answer within a minute; see {}", log.display())
}

/// The site's configuration: the documented example, with the values of this run.
fn write_config(file: &Path, values: &[(&str, &str)], more: &str) -> Result<()> {
    let example = shell::root().join("crates/app/site.example.toml");
    let mut text =
        std::fs::read_to_string(&example).with_context(|| format!("cannot read {}", example.display()))?;
    for (key, value) in values {
        text = with_value(&text, key, value)?;
    }
    text.push_str(more);
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Replaces the value of the one line `key = …`.
fn with_value(text: &str, key: &str, value: &str) -> Result<String> {
    let mut found = 0;
    let lines = text.lines().map(|line| {
        let name = line.split_once('=').map(|(name, _)| name.trim());
        if name == Some(key) {
            found += 1;
            format!("{key} = {value:?}\n")
        } else {
            format!("{line}\n")
        }
    });
    let text = lines.collect();
    if found != 1 {
        bail!("site.example.toml has {found} lines `{key} = …`, one is needed");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_line_of_the_configuration_is_replaced() {
        let text = with_value("a = 1\n# b = 0\nb = 2 # why\n", "b", "three").unwrap();
        assert_eq!(text, "a = 1\n# b = 0\nb = \"three\"\n");
        assert!(with_value("a = 1\n", "b", "x").is_err());
        assert!(with_value("a = 1\na = 2\n", "a", "x").is_err());
    }

    #[test]
    fn a_folder_that_another_run_uses_is_left_alone() {
        let dir = shell::target().join(format!("xtask-test-lock-{}", std::process::id()));
        let first = occupied(&dir).unwrap();
        std::fs::write(dir.join("clock"), "theirs").unwrap();
        let refused = occupied(&dir).unwrap_err().to_string();
        assert!(refused.contains("another run uses"), "{refused}");
        assert_eq!(std::fs::read_to_string(dir.join("clock")).unwrap(), "theirs");
        drop(first);
        occupied(&dir).unwrap();
        assert!(!dir.join("clock").exists(), "an earlier run makes room");
        std::fs::remove_dir_all(&dir).unwrap();
        std::fs::remove_file(lock_of(&dir)).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_ours_is_left_alone() {
        let dir = shell::target().join(format!("xtask-test-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("precious"), "x").unwrap();
        assert!(empty(&dir).is_err());
        std::fs::write(dir.join("clock"), "x").unwrap();
        empty(&dir).unwrap();
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
