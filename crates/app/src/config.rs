//! The configuration: one file a city, one struct a topic, unknown keys refused.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clearway_domain::Chance as _;
use clearway_service::Site;
use clearway_web::callers::Terms;
use ipnet::IpNet;
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
    /// Addresses or networks of the operator's own proxies, which say in `X-Forwarded-For` for whom they ask; absent: this machine.
    #[serde(default)]
    pub proxies: Option<Vec<String>>,
    /// Requests a second of one account, ten seconds' worth at once.
    #[serde(default)]
    pub per_account: Option<NonZeroU32>,
    /// The same without a sign-in from one network address.
    #[serde(default)]
    pub per_address: Option<NonZeroU32>,
    /// Connections at a time; fewer where the system allows fewer open files.
    #[serde(default)]
    pub connections: Option<NonZeroU32>,
}

/// A network as people write it: an address alone is itself.
fn network(text: &str) -> Result<IpNet> {
    let alone = text.parse::<IpAddr>().ok().map(IpNet::from);
    alone.or_else(|| text.parse().ok()).with_context(|| {
        format!("server.proxies: {text:?} is no address and no network; write 10.1.2.3 or 10.0.0.0/8")
    })
}

/// The file of an embedded database that is in one.
pub(crate) fn file_of(database: &str) -> Option<&str> {
    database.strip_prefix("sqlite:").filter(|file| *file != ":memory:")
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
        if let Some(file) = file_of(&config.server.database).filter(|file| !file.starts_with('/')) {
            config.server.database = format!("sqlite:{}", folder.join(file).display());
        }
        if config.site.payees.is_empty() {
            bail!("{}: [[site.payees]] is missing: nobody could receive a fine", path.display());
        }
        Ok(config)
    }

    /// How much one caller may ask, and how.
    ///
    /// # Errors
    /// A sentence that names the entry that is no network.
    pub fn terms(&self) -> Result<Terms> {
        let usual = Terms::default();
        let proxies = match &self.server.proxies {
            None => usual.proxies.clone(),
            Some(told) => told.iter().map(|text| network(text)).collect::<Result<_>>()?,
        };
        Ok(Terms {
            per_account: self.server.per_account.unwrap_or(usual.per_account),
            per_address: self.server.per_address.unwrap_or(usual.per_address),
            proxies,
            ..usual
        })
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
            write_secret(path, &hex).with_context(|| format!("cannot write {}", path.display()))?;
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

/// Writes a new file that only its owner may read. One that another process has made in the same moment stays as it is.
fn write_secret(path: &Path, hex: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => file.write_all(hex.as_bytes()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_is_for_its_owner_and_never_written_over() {
        let path = std::env::temp_dir().join(format!("clearway-secret-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        write_secret(&path, "one").unwrap();
        write_secret(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o077,
            0
        );
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network_and_anything_else_is_named() {
        assert_eq!(network("10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(network("fd00::/8").unwrap().to_string(), "fd00::/8");
        let refused = network("proxy.example").unwrap_err().to_string();
        assert!(
            refused.contains("server.proxies")
                && refused.contains("proxy.example")
                && refused.contains("10.0.0.0/8"),
            "{refused}"
        );
    }
}
