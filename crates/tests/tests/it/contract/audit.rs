//! The audit chain: what is altered afterwards is found.

use clearway_store::audit::{self, Break};
use clearway_store::{Db, StoreError, vals};

use super::engines::{Fresh, on_every_engine};

on_every_engine![
    a_chain_grows_and_verifies,
    chains_are_apart,
    an_altered_field_is_found,
    a_rehashed_entry_is_found,
    a_missing_entry_is_found,
    a_long_chain_is_verified_page_by_page,
];

fn chain(db: &Db, driver: &str, length: i64) {
    for at in 0..length {
        db.write(|tx| audit::append(tx, driver, at, "driver", "violation.paid", r#"{"fen":20000}"#))
            .expect("append");
    }
}

fn verify(db: &Db, driver: &str) -> Result<i64, Break> {
    db.read(|tx| audit::verify(tx, driver)).expect("read the chain")
}

fn tamper(db: &Db, sql: &'static str, vals: &[clearway_store::Val<'_>]) {
    assert_eq!(db.write(|tx| tx.execute(sql, vals)), Ok(1));
}

fn a_chain_grows_and_verifies(fresh: Fresh) {
    let db = fresh.ready();
    assert_eq!(verify(&db, "d"), Ok(0));
    chain(&db, "d", 3);
    assert_eq!(verify(&db, "d"), Ok(3));
    let entries = db.read(|tx| audit::after(tx, "d", 0, 10)).expect("entries");
    assert_eq!(entries[0].prev_hash, audit::GENESIS);
    assert_eq!(entries[1].prev_hash, entries[0].hash);
    assert_eq!(db.read(|tx| audit::head(tx, "d")), Ok(Some((3, entries[2].hash.clone()))));
    // The hash is an interface: it must never come to be computed otherwise. Reckoned with coreutils:
    // printf '1:d1:11:06:driver14:violation.paid13:{"fen":20000}64:000…0' | sha256sum
    assert_eq!(entries[0].hash, FIRST_HASH);
}

const FIRST_HASH: &str = "99c5f73ff41de40f0d70aa38130cfdce15e77958270b6da5c5692ab7fc23f630";

fn chains_are_apart(fresh: Fresh) {
    let db = fresh.ready();
    chain(&db, "a", 2);
    chain(&db, "b", 1);
    assert_eq!((verify(&db, "a"), verify(&db, "b")), (Ok(2), Ok(1)));
    assert_eq!(db.read(|tx| audit::chains(tx, "", 10)), Ok(vec!["a".into(), "b".into()]));
    assert_eq!(db.read(|tx| audit::chains(tx, "a", 10)), Ok(vec!["b".into()]));
    tamper(&db, "update audit set actor = $1 where driver = 'a' and seq = 2", vals!["nobody"]);
    assert!(verify(&db, "a").is_err());
    assert_eq!(verify(&db, "b"), Ok(1));
}

fn an_altered_field_is_found(fresh: Fresh) {
    let db = fresh.ready();
    for (at, alter) in [
        "update audit set at_ms = at_ms + 1 where driver = $1 and seq = 2",
        "update audit set actor = 'officer' where driver = $1 and seq = 2",
        "update audit set deed = 'violation.waived' where driver = $1 and seq = 2",
        "update audit set detail = '{\"fen\":2000}' where driver = $1 and seq = 2",
        "update audit set actor = 'driverv', deed = 'iolation.paid' where driver = $1 and seq = 2",
    ]
    .into_iter()
    .enumerate()
    {
        let driver = format!("d{at}");
        chain(&db, &driver, 3);
        tamper(&db, alter, vals![&driver]);
        assert_eq!(verify(&db, &driver), Err(Break { seq: 2, why: "its fields were altered" }), "{alter}");
    }
}

fn a_rehashed_entry_is_found(fresh: Fresh) {
    let db = fresh.ready();
    chain(&db, "d", 3);
    let mut entry = db.read(|tx| audit::after(tx, "d", 1, 1)).expect("entry").remove(0);
    entry.detail = r#"{"fen":2000}"#.into();
    let hash = audit::hash_of(&entry);
    let alter = "update audit set detail = $1, hash = $2 where driver = 'd' and seq = 2";
    tamper(&db, alter, vals![&entry.detail, hash]);
    assert_eq!(verify(&db, "d"), Err(Break { seq: 3, why: "it does not continue the entry before it" }));
}

fn a_missing_entry_is_found(fresh: Fresh) {
    let db = fresh.ready();
    chain(&db, "d", 3);
    tamper(&db, "delete from audit where driver = $1 and seq = 2", vals!["d"]);
    assert_eq!(verify(&db, "d"), Err(Break { seq: 3, why: "an entry before it is missing" }));
}

fn a_long_chain_is_verified_page_by_page(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| {
        for at in 0..1_203 {
            audit::append(tx, "d", at, "system", "checked", "{}")?;
        }
        Ok::<_, StoreError>(())
    })
    .expect("append");
    assert_eq!(verify(&db, "d"), Ok(1_203));
    tamper(&db, "update audit set detail = $1 where driver = 'd' and seq = 1100", vals!["[]"]);
    assert_eq!(verify(&db, "d").map_err(|broken| broken.seq), Err(1_100));
}
