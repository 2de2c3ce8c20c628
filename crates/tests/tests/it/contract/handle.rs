//! The handle: values, errors, and what a transaction promises.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use clearway_domain::Fen;
use clearway_store::{Db, Limits, StoreError, Val, meta, vals};

use super::engines::{Fresh, on_durable_engines, on_every_engine};

const PUT: &str = "insert into meta (value, name) values ($2, $1)";
const GET: &str = "select value from meta where name = $1";
const COUNT: &str = "select count(*) as n from meta";

fn count(db: &Db) -> i64 {
    db.read(|tx| tx.one(COUNT, &[])?.get("n")).expect("count")
}

on_every_engine![
    values_come_back_as_they_went,
    numbers_of_placeholders_count_not_their_order,
    wrong_calls_are_told_from_accidents,
    a_second_row_of_the_same_key_is_a_duplicate,
    a_guarded_update_that_hits_nothing_is_a_conflict,
    a_refusal_keeps_nothing,
    after_a_failed_statement_nothing_goes_on,
    reading_cannot_write,
    a_panic_is_told_to_its_caller_alone,
    a_transaction_within_a_transaction_is_refused,
    closures_may_borrow,
    a_new_database_is_in_order,
    works_from_blocking_threads_and_may_be_dropped_in_a_task,
];

fn values_come_back_as_they_went(fresh: Fresh) {
    let db = fresh.open();
    db.write(|tx| tx.execute("create table v (n bigint, t text)", &[])).expect("create");
    let texts = ["", "鄂A·12345", "O'Brien \"x\" $1 ?", "\u{1F6A6}\n\t\\"];
    let ints = [0, -1, i64::MAX, i64::MIN];
    for (int, text) in ints.iter().zip(texts) {
        db.write(|tx| tx.execute("insert into v (n, t) values ($1, $2)", vals![*int, text])).expect("insert");
        let row = db.read(|tx| tx.one("select n, t from v where n = $1", vals![*int])).expect("select");
        assert_eq!(row.get::<i64>("n"), Ok(*int));
        assert_eq!(row.get::<String>("t").as_deref(), Ok(text));
        assert_eq!(row.get::<Option<String>>("t"), Ok(Some(text.to_owned())));
    }
    db.write(|tx| tx.execute("insert into v (n, t) values ($1, $2)", vals![None::<i64>, None::<String>]))
        .expect("insert nulls");
    let row = db.read(|tx| tx.one("select n, t from v where n is null", &[])).expect("select");
    assert_eq!((row.get::<Option<i64>>("n"), row.get::<Option<String>>("t")), (Ok(None), Ok(None)));
    db.write(|tx| tx.execute("insert into v (n, t) values ($1, 'fen')", vals![Fen(20_050)]))
        .expect("insert money");
    let fen = db.read(|tx| tx.one("select n from v where t = 'fen'", &[])?.get::<Fen>("n"));
    assert_eq!(fen, Ok(Fen(20_050)));
    assert!(matches!(row.get::<i64>("n"), Err(StoreError::Broken(why)) if why.contains("null")));
}

fn numbers_of_placeholders_count_not_their_order(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| tx.execute(PUT, vals!["name", "value"])).expect("insert");
    let found: String = db.read(|tx| tx.one(GET, vals!["name"])?.get("value")).expect("select");
    assert_eq!(found, "value");
    let twice = "select name from meta where value = $2 and (name = $1 or name = $1)";
    assert!(db.read(|tx| tx.opt(twice, vals!["name", "value"])).expect("select").is_some());
}

fn wrong_calls_are_told_from_accidents(fresh: Fresh) {
    let db = fresh.ready();
    let broken = |sql: &'static str, vals: &[Val<'_>]| match db.read(|tx| tx.query(sql, vals)) {
        Err(StoreError::Broken(why)) => why,
        other => panic!("{sql}: {other:?}"),
    };
    broken("select no_such_column from meta", &[]);
    broken("select value from no_such_table", &[]);
    broken("selekt", &[]);
    broken("select value from meta where name = ?", vals!["x"]);
    broken("select value from meta where name = $2", vals!["x", "y"]);
    assert!(broken(GET, &[]).contains("takes 1 value"));
    assert!(broken(GET, vals!["a", "b"]).contains("2 were given"));
    let float = db.read(|tx| tx.query("select 1.5 as n", &[]));
    assert!(matches!(float, Err(StoreError::Broken(_))), "money and counts are no floats: {float:?}");
    assert!(matches!(db.read(|tx| tx.one(GET, vals!["nobody"])), Err(StoreError::Missing(_))));
    assert_eq!(db.read(|tx| tx.opt(GET, vals!["nobody"])).map(|row| row.is_none()), Ok(true));
    db.write(|tx| {
        tx.execute(PUT, vals!["a", "1"])?;
        tx.execute(PUT, vals!["b", "2"])
    })
    .expect("two rows");
    let one_of_two = db.read(|tx| tx.opt("select value from meta", &[]));
    assert!(matches!(one_of_two, Err(StoreError::Broken(why)) if why.contains("2 rows")));
    let missing = db.read(|tx| tx.one(GET, vals!["a"])?.get::<String>("walue"));
    assert!(
        matches!(missing, Err(StoreError::Broken(why)) if why.contains("walue") && why.contains("value"))
    );
}

fn a_second_row_of_the_same_key_is_a_duplicate(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| tx.execute(PUT, vals!["plate", "鄂A12345"])).expect("first");
    let second = db.write(|tx| tx.execute(PUT, vals!["plate", "secret value"]));
    let Err(StoreError::Duplicate(what)) = second else { panic!("{second:?}") };
    assert!(what.contains("meta"), "names the index: {what}");
    assert!(!what.contains("plate") && !what.contains("secret"), "names no value: {what}");
    assert_eq!(count(&db), 1);
}

fn a_guarded_update_that_hits_nothing_is_a_conflict(fresh: Fresh) {
    let db = fresh.ready();
    let bump = "update meta set value = $3 where name = $1 and value = $2";
    db.write(|tx| tx.execute(PUT, vals!["case", "1"])).expect("insert");
    db.write(|tx| tx.execute_one("the case", bump, vals!["case", "1", "2"])).expect("the version fits");
    let stale = db.write(|tx| {
        meta::put(tx, "beside", "kept only if the guard holds")?;
        tx.execute_one("the case", bump, vals!["case", "1", "3"])
    });
    assert_eq!(stale, Err(StoreError::Conflict("the case".into())));
    assert_eq!(db.read(|tx| meta::get(tx, "case")), Ok(Some("2".into())));
    assert_eq!(db.read(|tx| meta::get(tx, "beside")), Ok(None));
}

fn a_refusal_keeps_nothing(fresh: Fresh) {
    #[derive(Debug, PartialEq)]
    enum Ours {
        Refused,
        Store(StoreError),
    }
    impl From<StoreError> for Ours {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    let db = fresh.ready();
    let refused = db.write(|tx| {
        meta::put(tx, "a", "1")?;
        Err::<(), Ours>(Ours::Refused)
    });
    assert_eq!(refused, Err(Ours::Refused));
    assert_eq!(count(&db), 0);
    let store = db.write(|tx| tx.execute("selekt", &[]).map_err(Ours::from));
    assert!(matches!(store, Err(Ours::Store(StoreError::Broken(_)))));
}

fn after_a_failed_statement_nothing_goes_on(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| tx.execute(PUT, vals!["a", "1"])).expect("first");
    // What happens inside is looked at outside: a failing assertion in there would be one more error.
    let mut inside = None;
    let swallowed = db.write(|tx| {
        tx.execute(PUT, vals!["b", "1"])?;
        inside = Some((tx.execute(PUT, vals!["a", "2"]), tx.execute(PUT, vals!["c", "1"])));
        Ok::<_, StoreError>(())
    });
    let Some((Err(StoreError::Duplicate(_)), Err(StoreError::Broken(_)))) = inside else {
        panic!("{inside:?}")
    };
    let Err(StoreError::Broken(why)) = swallowed else {
        panic!("Ok after a failure must not commit: {swallowed:?}")
    };
    assert!(why.contains("answered Ok"), "{why}");
    assert_eq!(count(&db), 1);
    // The connection is none the worse for it.
    db.write(|tx| tx.execute(PUT, vals!["d", "1"])).expect("next transaction");
    assert_eq!(count(&db), 2);
}

fn reading_cannot_write(fresh: Fresh) {
    let db = fresh.ready();
    for _ in 0..3 {
        assert!(db.read(|tx| tx.execute(PUT, vals!["a", "1"])).is_err());
        assert_eq!(count(&db), 0);
    }
}

fn a_panic_is_told_to_its_caller_alone(fresh: Fresh) {
    let db = fresh.ready();
    let writer = db.write(|tx| -> Result<(), StoreError> {
        meta::put(tx, "a", "1")?;
        panic!("the closure's own words")
    });
    assert!(matches!(writer, Err(StoreError::Broken(why)) if why.contains("the closure's own words")));
    let reader = db.read(|_| -> Result<(), StoreError> { panic!("reading") });
    assert!(matches!(reader, Err(StoreError::Broken(why)) if why.contains("reading")));
    assert_eq!(count(&db), 0);
    db.write(|tx| meta::put(tx, "b", "1")).expect("the writer lives on");
    assert_eq!(count(&db), 1);
}

fn a_transaction_within_a_transaction_is_refused(fresh: Fresh) {
    let db = fresh.ready();
    let inner_write = db.write(|_| db.write(|tx| meta::put(tx, "a", "1")));
    assert!(matches!(inner_write, Err(StoreError::Broken(why)) if why.contains("within")));
    let inner_read = db.write(|_| db.read(|tx| meta::get(tx, "a")));
    assert!(matches!(inner_read, Err(StoreError::Broken(why)) if why.contains("within")));
    let from_a_read = db.read(|_| db.write(|tx| meta::put(tx, "a", "1")));
    assert!(matches!(from_a_read, Err(StoreError::Broken(why)) if why.contains("within")));
    db.write(|tx| meta::put(tx, "b", "1")).expect("still in order");
    assert_eq!(count(&db), 1);
}

fn closures_may_borrow(fresh: Fresh) {
    let db = fresh.ready();
    let name = String::from("borrowed");
    let mut runs = 0;
    let length = db
        .write(|tx| {
            runs += 1;
            meta::put(tx, &name, "1")?;
            Ok::<_, StoreError>(name.len())
        })
        .expect("write");
    assert_eq!((length, runs), (8, 1));
}

fn a_new_database_is_in_order(fresh: Fresh) {
    let db = fresh.ready();
    let wrong = db.doctor().expect("examine");
    // Tests run on a server that does not flush, for speed; everything else must be well.
    let other: Vec<_> =
        wrong.iter().filter(|why| !why.contains("fsync") && !why.contains("page_writes")).collect();
    assert!(other.is_empty(), "{other:?}");
}

fn a_reader_sees_one_moment(fresh: Fresh) {
    let db = fresh.ready();
    let (wrote, looked) = (AtomicBool::new(false), AtomicBool::new(false));
    let until = |flag: &AtomicBool| {
        while !flag.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            until(&looked);
            db.write(|tx| meta::put(tx, "a", "1")).expect("write beside the reader");
            wrote.store(true, Ordering::SeqCst);
        });
        let seen = db.read(|tx| {
            let before = tx.query(GET, vals!["a"])?.len();
            looked.store(true, Ordering::SeqCst);
            until(&wrote);
            Ok::<_, StoreError>((before, tx.query(GET, vals!["a"])?.len()))
        });
        assert_eq!(seen, Ok((0, 0)));
    });
    assert_eq!(count(&db), 1);
}

fn works_from_blocking_threads_and_may_be_dropped_in_a_task(fresh: Fresh) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    runtime.block_on(async {
        let db = fresh.ready_off_the_runtime().await;
        let tasks: Vec<_> = (0..24)
            .map(|at| {
                let db = db.clone();
                tokio::task::spawn_blocking(move || {
                    let name = format!("task {at}");
                    db.write(|tx| meta::put(tx, &name, "1"))?;
                    db.read(|tx| meta::get(tx, &name))
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.expect("no panic"), Ok(Some("1".into())));
        }
        // The last handle goes inside the task, where blocking is forbidden.
        drop(db);
    });
}

impl Fresh {
    async fn ready_off_the_runtime(&self) -> Db {
        let url = self.url.clone();
        tokio::task::spawn_blocking(move || {
            let db = Db::open_with(&url, &Limits { connections: 4, ..Limits::default() })?;
            db.migrate()?;
            Ok::<_, StoreError>(db)
        })
        .await
        .expect("no panic")
        .expect("open and migrate")
    }
}

mod durable {
    use super::{a_reader_sees_one_moment, on_durable_engines, what_was_answered_is_there_after_reopening};
    // In memory a writer waits for readers, so the snapshot promise is for the engines that serve people.
    on_durable_engines![what_was_answered_is_there_after_reopening, a_reader_sees_one_moment];
}

fn what_was_answered_is_there_after_reopening(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| meta::put(tx, "kept", "yes")).expect("write");
    drop(db);
    assert_eq!(fresh.open().read(|tx| meta::get(tx, "kept")), Ok(Some("yes".into())));
}

#[test]
fn a_broken_connection_is_replaced_on_postgres() {
    let fresh = Fresh::postgres();
    let db = fresh.ready();
    let kill = "select count(pg_terminate_backend(pid)) as n from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid()";
    let other = fresh.open();
    db.write(|tx| meta::put(tx, "a", "1")).expect("write");
    let killed: i64 = other.read(|tx| tx.one(kill, &[])?.get("n")).expect("kill");
    assert!(killed > 0);
    db.write(|tx| meta::put(tx, "a", "2")).expect("an idle connection that died is not the caller's problem");
    // And one that dies in the middle: the closure runs again on a new connection.
    let runs = AtomicUsize::new(0);
    db.write(|tx| {
        meta::put(tx, "a", "3")?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            let _: i64 = std::thread::scope(|scope| {
                let killer = scope.spawn(|| other.read(|tx| tx.one(kill, &[])?.get("n")));
                killer.join().expect("no panic")
            })?;
        }
        meta::put(tx, "b", "3")
    })
    .expect("write");
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(db.read(|tx| meta::get(tx, "b")), Ok(Some("3".into())));
    assert!(db.stats().reruns >= 1);
}

#[test]
fn however_many_idle_connections_a_restart_has_dropped_the_next_call_gets_through() {
    const MANY: usize = 12;
    let fresh = Fresh::postgres();
    let db = Db::open_with(&fresh.url, &Limits { connections: MANY, ..Limits::default() }).expect("open");
    db.migrate().expect("migrate");
    let all_out = std::sync::Barrier::new(MANY);
    let use_all = || {
        std::thread::scope(|scope| {
            for _ in 0..MANY {
                scope.spawn(|| {
                    db.read(|tx| {
                        all_out.wait();
                        meta::get(tx, "a")
                    })
                    .expect("read");
                });
            }
        });
    };
    use_all();
    let kill = "select count(pg_terminate_backend(pid)) as n from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid()";
    let killed: i64 = fresh.open().read(|tx| tx.one(kill, &[])?.get("n")).expect("kill");
    assert!(killed >= 12, "{killed}");
    let mut runs = 0;
    let wrote = db.write(|tx| {
        runs += 1;
        meta::put(tx, "a", "1")
    });
    assert_eq!((wrote, runs), (Ok(()), 1), "nothing was begun on any of them");
    use_all();
}

#[test]
fn addresses_that_name_no_database_are_refused() {
    for bad in ["", "clearway.db", "sqlite:", "mysql://x", "postgres://["] {
        assert!(matches!(Db::open(bad), Err(StoreError::Broken(_))), "{bad:?} was taken");
    }
    let nowhere = Db::open("postgres://clearway:hush@127.0.0.1:1/clearway");
    let Err(StoreError::Unavailable(why)) = nowhere else { panic!("port 1 must not answer") };
    assert!(!why.contains("hush"), "a password is never told: {why}");
    assert!(matches!(Db::open("sqlite:/no/such/folder/x.db"), Err(StoreError::Unavailable(_))));
}

#[test]
fn databases_in_memory_are_each_their_own() {
    let (one, other) = (Fresh::memory().ready(), Fresh::memory().ready());
    one.write(|tx| meta::put(tx, "a", "1")).expect("write");
    assert_eq!((count(&one), count(&other)), (1, 0));
    assert_eq!(count(&one.clone()), 1);
}
