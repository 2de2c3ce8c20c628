//! What the tests need besides Rust, and how to get it. On a Debian-like machine where we are root it is
//! installed; elsewhere one sentence says what is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::say::step;
use crate::shell;

/// One thing that may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// `initdb`, `pg_ctl`, `postgres`.
    Postgres,
    /// A Chromium that playwright-core can drive.
    Chromium,
    /// A font with Chinese glyphs, else screenshots and text widths are wrong.
    ChineseFont,
    /// Node.js 20 with npm, for the independent clients and the browser journeys.
    Node,
    /// The HTTP load generator of the benches.
    Wrk,
    /// Python 3 with venv, for the peers of the benches.
    Python,
    /// A C compiler, for the shim that records the disk. Rust needs one as well.
    Compiler,
}

impl Need {
    fn present(self) -> bool {
        match self {
            Need::Postgres => postgres_bin().is_some(),
            Need::Chromium => chromium().is_some(),
            Need::ChineseFont => chinese_font(),
            Need::Node => shell::in_path("node") && shell::in_path("npm"),
            Need::Wrk => shell::in_path("wrk"),
            Need::Python => python_with_venv(),
            Need::Compiler => shell::in_path("cc"),
        }
    }

    fn packages(self) -> &'static [&'static str] {
        match self {
            Need::Postgres => &["postgresql"],
            Need::Chromium => &["chromium"],
            Need::ChineseFont => &["fonts-noto-cjk"],
            Need::Node => &["nodejs", "npm"],
            Need::Wrk => &["wrk"],
            Need::Python => &["python3", "python3-venv"],
            Need::Compiler => &["gcc", "libc6-dev"],
        }
    }

    fn named(self) -> &'static str {
        match self {
            Need::Postgres => "PostgreSQL (initdb and postgres; the tests start their own)",
            Need::Chromium => "Chromium",
            Need::ChineseFont => "a Chinese font",
            Need::Node => "Node.js 20 with npm",
            Need::Wrk => "wrk",
            Need::Python => "Python 3 with venv",
            Need::Compiler => "a C compiler (cc)",
        }
    }
}

/// Sees to it that everything in `needs` is there: installs it when we are root and apt exists, else says
/// in one sentence what is missing and how to get it.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !need.present()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages()).copied().collect();
    if shell::in_path("apt-get") && shell::is_root() {
        step(&format!("installing {}", packages.join(" ")));
        shell::read(apt().args(["update", "--quiet"]))?;
        shell::read(apt().args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(&packages))?;
    }
    let still: Vec<&str> = missing.iter().filter(|need| !need.present()).map(|need| need.named()).collect();
    if !still.is_empty() {
        bail!(
            "{} is missing: install it, e.g. `sudo apt-get install {}`",
            still.join(" and "),
            packages.join(" ")
        );
    }
    Ok(())
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The folder that holds PostgreSQL's programs: PATH, else the newest under Debian's folder.
pub fn postgres_bin() -> Option<PathBuf> {
    let from_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .find(|folder| ["initdb", "pg_ctl", "createdb"].iter().all(|name| folder.join(name).is_file()));
    from_path.or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        versions
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.join("bin/initdb").is_file())
            .max_by_key(|path| number(path))
            .map(|path| path.join("bin"))
    })
}

/// The browser: `CLEARWAY_CHROMIUM`, else the usual names.
pub fn chromium() -> Option<PathBuf> {
    let asked = std::env::var_os("CLEARWAY_CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    asked.into_iter().chain(usual.map(PathBuf::from)).find(|path| path.is_file())
}

fn python_with_venv() -> bool {
    shell::read(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_ok()
}

fn chinese_font() -> bool {
    match shell::read(Command::new("fc-list").args([":lang=zh", "family"])) {
        Ok(list) => !list.trim().is_empty(),
        Err(_) => Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").is_file(),
    }
}
