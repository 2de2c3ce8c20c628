//! The database as it stands at one instant, in a file of its own, while everybody goes on.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::conn::{LiteConn, Place, Purpose, story};
use crate::StoreError;

/// Writes everything that is committed now into a new file. A file of that name is whole and on disk: it grows under another one.
pub(super) fn into(place: &Place, path: &Path) -> Result<(), StoreError> {
    if path.exists() {
        return Err(StoreError::Broken(format!("{} is there already", path.display())));
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    // What an earlier one left that was broken off is worth nothing.
    let _ = fs::remove_file(part);
    let conn = LiteConn::open(place, Purpose::Read)?;
    // The database itself stays read only; it is the new file that is written to.
    conn.raw.pragma_update(None, "query_only", false).map_err(|error| story(&error))?;
    let written = conn.raw.execute("vacuum into ?1", [part.to_string_lossy()]).map_err(|error| story(&error));
    let kept = written.and_then(|_| keep(part, path).map_err(|error| unavailable(path, &error)));
    if kept.is_err() {
        let _ = fs::remove_file(part);
    }
    kept
}

/// Flushes a file, gives it its name and flushes that.
fn keep(part: &Path, path: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn unavailable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}
