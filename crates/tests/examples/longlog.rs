//! What a killed writer leaves behind: `longlog PATH MIB` writes rows of a SQLite store, a millisecond later and back again,
//! until its log has so many MiB, and ends without closing it. Prints the size of the log in bytes.

use anyhow::{Result, bail, ensure};
use rusqlite::Connection;

/// Vehicles whose rows are written anew in one transaction.
const AT_ONCE: i64 = 200;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, mib] = words.as_slice() else { bail!("longlog PATH MIB") };
    let least: u64 = mib.parse::<u64>()? << 20;
    let raw = Connection::open(path)?;
    raw.execute_batch("pragma synchronous = normal; pragma wal_autocheckpoint = 0")?;
    let mut after = String::new();
    let log = loop {
        let last: Option<String> = raw.query_row(
            "select max(plate) from (select distinct plate from violation where plate > ?1 order by plate limit ?2)",
            (&after, AT_ONCE),
            |row| row.get(0),
        )?;
        let Some(last) = last else {
            // A small store is gone through more than once.
            ensure!(!after.is_empty(), "a store without violations");
            after.clear();
            continue;
        };
        // A row that stays as it is would not be written at all; and the store is the same afterwards.
        for change in ["+ 1", "- 1"] {
            raw.execute(
                &format!(
                    "update violation set fetched_at_ms = fetched_at_ms {change} where plate > ?1 and plate <= ?2"
                ),
                (&after, &last),
            )?;
        }
        after = last;
        let log = std::fs::metadata(format!("{path}-wal"))?.len();
        if log >= least {
            break log;
        }
    };
    println!("{log}");
    // A process that is killed closes nothing: the log stays as it is.
    std::mem::forget(raw);
    Ok(())
}
