//! The configuration: one file a city, one struct a topic, unknown keys refused.

mod check;
pub(crate) mod misread;
pub(crate) mod secret;

use std::fs;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clearway_service::Site;
use clearway_web::callers::Terms;
use ipnet::IpNet;
use serde::Deserialize;

use self::misread::Values;

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
fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpAddr>().ok().map(IpNet::from).or_else(|| text.parse().ok())
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
    /// A sentence that names the file, the line and what is wrong; for values that make no sense one for each of them.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut config: Self = misread::read(path, &text, Values::Plain)?;
        let problems = check::problems(&config);
        if !problems.is_empty() {
            let lines = problems.iter().map(|problem| format!("{}: {problem}", path.display()));
            bail!("{}", lines.collect::<Vec<_>>().join("\n"));
        }
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        config.server.counterparts = folder.join(&config.server.counterparts);
        config.server.secret_file = folder.join(&config.server.secret_file);
        if let Some(file) = file_of(&config.server.database).filter(|file| !file.starts_with('/')) {
            config.server.database = format!("sqlite:{}", folder.join(file).display());
        }
        Ok(config)
    }

    /// How much one caller may ask, and how.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let usual = Terms::default();
        let told = self.server.proxies.as_ref();
        Terms {
            per_account: self.server.per_account.unwrap_or(usual.per_account),
            per_address: self.server.per_address.unwrap_or(usual.per_address),
            proxies: told
                .map_or(usual.proxies, |told| told.iter().filter_map(|text| network(text)).collect()),
            body_within: usual.body_within,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_or_a_network_and_nothing_else() {
        assert_eq!(network("10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(network("fd00::/8").unwrap().to_string(), "fd00::/8");
        assert_eq!(network("proxy.example"), None);
    }
}
