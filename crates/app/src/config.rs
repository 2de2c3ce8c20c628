//! The configuration: one file a city, one struct a topic, unknown keys refused.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clearway_domain::Chance as _;
use clearway_service::Site;
use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The program.
    pub server: Server,
    /// The city.
    pub site: Site,
}

/// The program's own settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: String,
    /// Address of the database.
    pub database: String,
    /// Folder with `counterparts.toml`.
    pub counterparts: PathBuf,
    /// File with the key of sessions and driver ids, hex.
    #[serde(default = "secret_file")]
    pub secret_file: PathBuf,
    /// Threads that call the outside.
    #[serde(default = "workers")]
    pub workers: usize,
    /// Name of this process among those that share the database, the same after a restart; absent: the address that it
    /// listens on, which is right for a single one.
    #[serde(default)]
    pub node: Option<String>,
    /// Whether the WeChat menu is published at start.
    #[serde(default)]
    pub publish_menu: bool,
}

fn secret_file() -> PathBuf {
    PathBuf::from("secret.hex")
}

fn workers() -> usize {
    28
}

impl Config {
    /// Reads a configuration; paths in it are relative to its folder.
    ///
    /// # Errors
    /// A sentence that names the file, the line and what is wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut config: Self = toml::from_str(&text)
            .with_context(|| format!("{} is not a usable configuration", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        config.server.counterparts = folder.join(&config.server.counterparts);
        config.server.secret_file = folder.join(&config.server.secret_file);
        if let Some(file) = config.server.database.strip_prefix("sqlite:")
            && file != ":memory:"
            && !file.starts_with('/')
        {
            config.server.database = format!("sqlite:{}", folder.join(file).display());
        }
        if config.site.payees.is_empty() {
            bail!("{}: [[site.payees]] is missing: nobody could receive a fine", path.display());
        }
        Ok(config)
    }

    /// The key of sessions and driver ids; made once and kept when it is missing.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds less than 32 bytes.
    pub fn secret(&self) -> Result<Vec<u8>> {
        let path = &self.server.secret_file;
        if !path.exists() {
            let mut bytes = [0_u8; 32];
            crate::clock::SystemChance.fill(&mut bytes);
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            fs::write(path, hex).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = text.trim();
        let bytes: Option<Vec<u8>> = (0..text.len() / 2)
            .map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok())
            .collect();
        match bytes {
            Some(bytes) if bytes.len() >= 32 && text.len() % 2 == 0 => Ok(bytes),
            _ => bail!("{} must hold at least 64 hex digits", path.display()),
        }
    }
}
