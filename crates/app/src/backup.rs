//! `clearway backup`: the embedded database as it stands at one instant, in a file of its own, while the service goes on.

use std::path::Path;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::say;

/// Writes the file, and says what belongs to it.
///
/// # Errors
/// A sentence that says what stands in the way; then nothing is left of the file.
pub fn run(config: &Config, to: &Path) -> Result<()> {
    let world = crate::open(config)?;
    world.db.backup(to).map_err(crate::sentence)?;
    let bytes = std::fs::metadata(to).with_context(|| format!("cannot look at {}", to.display()))?.len();
    let secret = &config.server.secret_file;
    say!(
        "{}: {} MB, whole; keep {} apart from it, it is worth nothing without",
        to.display(),
        bytes / 1_000_000,
        secret.display()
    );
    Ok(())
}
