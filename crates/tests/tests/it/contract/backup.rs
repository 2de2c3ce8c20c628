//! A file of its own with everything that was committed at one instant, taken while others write.

use std::sync::atomic::{AtomicBool, Ordering};

use clearway_store::{Db, StoreError, meta};

use super::engines::Fresh;

fn value(db: &Db, name: &str) -> i64 {
    let text = db.read(|tx| meta::get(tx, name)).expect("read");
    text.map_or(0, |text| text.parse().expect("a number"))
}

#[test]
fn a_backup_is_one_instant_of_a_database_that_goes_on() {
    let (fresh, folder) = (Fresh::file(), tempfile::tempdir().expect("a folder"));
    let db = fresh.ready();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut at = 0;
            while !over.load(Ordering::Relaxed) {
                at += 1;
                db.write(|tx| {
                    meta::put(tx, "left", &at.to_string())?;
                    meta::put(tx, &format!("row {at}"), &"x".repeat(2_000))?;
                    meta::put(tx, "right", &at.to_string())
                })
                .expect("a write beside it");
            }
        });
        let mut seen = 0;
        for number in 0..5 {
            while value(&db, "left") < seen + 20 {
                std::thread::yield_now();
            }
            let before = value(&db, "left");
            let path = folder.path().join(format!("{number}.db"));
            db.backup(&path).expect("a backup");
            let copy = Db::open(&format!("sqlite:{}", path.display())).expect("a database");
            seen = value(&copy, "left");
            assert!(seen >= before, "what was there when it began is in it");
            assert_eq!(value(&copy, "right"), seen, "a transaction is in it whole or not at all");
            assert_eq!(copy.migrate().expect("of this build's schema"), 0);
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_file_that_is_there_stays_as_it_is_and_nothing_half_done_is_left() {
    let (fresh, folder) = (Fresh::file(), tempfile::tempdir().expect("a folder"));
    let db = fresh.ready();
    let path = folder.path().join("kept.db");
    std::fs::write(&path, "yesterday's").expect("written");
    let refused = db.backup(&path);
    assert!(
        matches!(&refused, Err(StoreError::Broken(why)) if why.contains("is there already")),
        "{refused:?}"
    );
    assert_eq!(std::fs::read_to_string(&path).expect("read"), "yesterday's");

    let nowhere = folder.path().join("no such folder/new.db");
    assert!(matches!(db.backup(&nowhere), Err(StoreError::Unavailable(_))));
    std::fs::write(folder.path().join("new.db.part"), "broken off").expect("written");
    db.backup(&folder.path().join("new.db")).expect("a backup");
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["kept.db", "new.db"]);
}

/// People's data are in them.
#[cfg(unix)]
#[test]
fn a_database_and_its_backup_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let db = Db::open(&format!("sqlite:{}", at("clearway.db").display())).expect("a new database");
    db.migrate().expect("migrate");
    db.backup(&at("backup.db")).expect("a backup");
    for name in ["clearway.db", "clearway.db-wal", "clearway.db-shm", "backup.db"] {
        let mode = std::fs::metadata(at(name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is {mode:o}");
    }
}

#[test]
fn postgres_has_its_own_means() {
    let refused = Fresh::postgres().ready().backup(std::path::Path::new("nowhere.db"));
    assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("pg_dump")), "{refused:?}");
}
