//! Whether the server is set up so that it keeps what it has acknowledged and sorts as SQLite does.

use super::PgConn;
use crate::StoreError;
use crate::tx::Fault;

const SETTINGS: &str = "select current_setting('server_version_num') as version, \
    current_setting('server_encoding') as encoding, current_setting('fsync') as fsync, \
    current_setting('full_page_writes') as full_page_writes, \
    current_setting('synchronous_commit') as synchronous_commit, \
    cast((select datcollate from pg_database where datname = current_database()) as text) as collation";

#[derive(Debug, Clone)]
struct Settings {
    version: String,
    encoding: String,
    collation: String,
    fsync: String,
    full_page_writes: String,
    synchronous_commit: String,
}

/// What is wrong with the server's settings, in sentences.
pub(crate) fn doctor(conn: &mut PgConn) -> Result<Vec<String>, (StoreError, Fault)> {
    let mut found = None;
    conn.query(SETTINGS, &[], &mut |row| found = Some(row))?;
    let row = found.ok_or_else(|| (StoreError::Missing("the settings".into()), Fault::Spoiled))?;
    let setting = |name: &str| row.get::<String>(name).map_err(|error| (error, Fault::Spoiled));
    Ok(complaints(&Settings {
        version: setting("version")?,
        encoding: setting("encoding")?,
        collation: setting("collation")?,
        fsync: setting("fsync")?,
        full_page_writes: setting("full_page_writes")?,
        synchronous_commit: setting("synchronous_commit")?,
    }))
}

fn complaints(settings: &Settings) -> Vec<String> {
    let Settings { version, encoding, collation, fsync, full_page_writes, synchronous_commit } = settings;
    let mut wrong = Vec::new();
    let mut check = |well: bool, sentence: String| {
        if !well {
            wrong.push(sentence);
        }
    };
    check(
        version.parse::<u32>().is_ok_and(|version| version >= 150_000),
        format!("the server is version {version}; PostgreSQL 15 or newer is needed"),
    );
    check(encoding == "UTF8", format!("the database is encoded in {encoding}; create it with encoding UTF8"));
    check(
        ["C", "POSIX", "C.UTF-8", "C.utf8"].contains(&collation.as_str()),
        format!(
            "the database sorts by {collation}; create it with collation C, so that texts sort as on SQLite"
        ),
    );
    check(fsync == "on", "fsync is off: a crash of the machine loses acknowledged payments".into());
    check(
        full_page_writes == "on",
        "full_page_writes is off: a crash of the machine can damage the database".into(),
    );
    check(
        synchronous_commit != "off",
        "synchronous_commit is off: a crash of the server loses acknowledged payments".into(),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Settings {
        Settings {
            version: "150018".into(),
            encoding: "UTF8".into(),
            collation: "C".into(),
            fsync: "on".into(),
            full_page_writes: "on".into(),
            synchronous_commit: "remote_apply".into(),
        }
    }

    #[test]
    fn a_well_kept_server_gives_no_cause() {
        assert_eq!(complaints(&good()), Vec::<String>::new());
    }

    #[test]
    fn each_bad_setting_is_named() {
        for (bad, word) in [
            (Settings { version: "140009".into(), ..good() }, "version 140009"),
            (Settings { encoding: "LATIN1".into(), ..good() }, "LATIN1"),
            (Settings { collation: "zh_CN.utf8".into(), ..good() }, "zh_CN.utf8"),
            (Settings { fsync: "off".into(), ..good() }, "fsync"),
            (Settings { full_page_writes: "off".into(), ..good() }, "full_page_writes"),
            (Settings { synchronous_commit: "off".into(), ..good() }, "synchronous_commit"),
        ] {
            let wrong = complaints(&bad);
            assert!(wrong.len() == 1 && wrong[0].contains(word), "{word}: {wrong:?}");
        }
    }
}
