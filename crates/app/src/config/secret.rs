//! The key of sessions and driver ids: in a file of its own, made once for a database that knows none.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use clearway_domain::Chance as _;
use clearway_service::installation;
use clearway_store::Db;

use crate::clock::SystemChance;

/// Refuses to go on without the file that belongs to a database.
///
/// # Errors
/// A sentence that names the file.
pub fn must_be_there(path: &Path) -> Result<()> {
    if !path.exists() {
        bail!("{} is missing: it belongs to the database, and is made when that is begun", path.display());
    }
    Ok(())
}

/// The key for a database; made and kept where that has never had one. A lost one is never replaced: under another secret every
/// driver would be a stranger to their own cases.
///
/// # Errors
/// When the file of a database that was begun is missing; as [`read`].
pub fn of_database(path: &Path, db: &Db) -> Result<Vec<u8>> {
    if !path.exists() {
        if installation::is_begun(db).context("the database cannot be read")? {
            must_be_there(path)?;
        }
        let mut bytes = [0_u8; 32];
        SystemChance.fill(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        write(path, &hex).with_context(|| format!("cannot write {}", path.display()))?;
    }
    read(path)
}

/// The key in the file.
///
/// # Errors
/// When it cannot be read, or holds less than 32 bytes.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = text.trim();
    let bytes: Option<Vec<u8>> =
        (0..text.len() / 2).map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect();
    match bytes {
        Some(bytes) if bytes.len() >= 32 && text.len() % 2 == 0 => Ok(bytes),
        _ => bail!("{} must hold at least 64 hex digits", path.display()),
    }
}

/// Writes a new file that only its owner may read, and has it on the disk before anything is keyed with it. One that another process
/// has made in the same moment stays as it is.
fn write(path: &Path, hex: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    };
    file.write_all(hex.as_bytes())?;
    file.sync_all()?;
    // Its name too: a power cut must not leave a database whose secret is gone.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_is_for_its_owner_and_never_written_over() {
        let path = std::env::temp_dir().join(format!("clearway-secret-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o077,
            0
        );
        fs::remove_file(&path).unwrap();
    }
}
