//! The embedded writer: many logical transactions per flush, each of them alone with its fate.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use clearway_store::{Db, Limits, StoreError, meta, vals};

use super::engines::Fresh;

const COUNT: &str = "select count(*) as n from meta";

fn count(db: &Db) -> i64 {
    db.read(|tx| tx.one(COUNT, &[])?.get("n")).expect("count")
}

/// Holds the writer inside a transaction of its own until told to go on, so that whoever comes next joins its group.
struct Gate {
    inside: Receiver<()>,
    go_on: SyncSender<()>,
}

fn hold_the_writer<'scope>(scope: &'scope std::thread::Scope<'scope, '_>, db: &'scope Db) -> Gate {
    let (entered, inside) = sync_channel(1);
    let (go_on, told) = sync_channel(1);
    let told = Mutex::new(Some(told));
    scope.spawn(move || {
        db.write(|tx| {
            meta::put(tx, "gate", "0")?;
            // Where it comes again because its group was torn it holds nobody up.
            if let Some(told) = told.lock().expect("no thread panicked").take() {
                entered.send(()).expect("the test listens");
                told.recv().expect("the test goes on");
            }
            Ok::<_, StoreError>(())
        })
    });
    inside.recv().expect("the gate's own transaction begins");
    Gate { inside, go_on }
}

impl Gate {
    /// Waits until `waiting` callers stand behind the gate, then lets them all join one group.
    fn open_after(self, db: &Db, waiting: usize) {
        while db.stats().waiting < waiting + 1 {
            std::thread::yield_now();
        }
        // A caller is counted a moment before it stands in the writer's line, and nobody sees that moment from outside.
        std::thread::sleep(std::time::Duration::from_millis(100));
        self.go_on.send(()).expect("the gate waits");
        drop(self.inside);
    }
}

fn on_both_kinds(promise: impl Fn(Fresh)) {
    promise(Fresh::file());
    promise(Fresh::memory());
}

#[test]
fn those_who_wait_share_one_flush() {
    on_both_kinds(|fresh| {
        let db = fresh.ready();
        let before = db.stats();
        std::thread::scope(|scope| {
            let gate = hold_the_writer(scope, &db);
            for at in 0..50 {
                let db = &db;
                scope.spawn(move || db.write(|tx| meta::put(tx, &format!("{at}"), "1")).expect("write"));
            }
            gate.open_after(&db, 50);
        });
        let after = db.stats();
        assert_eq!(count(&db), 51);
        assert_eq!(after.members - before.members, 51);
        assert!(after.members_max >= 51, "{after:?}");
        assert_eq!(after.flushes - before.flushes, 1, "{after:?}");
    });
}

#[test]
fn a_group_holds_two_hundred_and_fifty_six_at_most() {
    let fresh = Fresh::file();
    let db = fresh.ready();
    std::thread::scope(|scope| {
        let gate = hold_the_writer(scope, &db);
        for at in 0..400 {
            let db = &db;
            let write = move || db.write(|tx| meta::put(tx, &format!("{at}"), "1")).expect("write");
            std::thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, write).expect("a thread");
        }
        gate.open_after(&db, 400);
    });
    assert_eq!(count(&db), 401);
    assert_eq!(db.stats().members_max, 256);
}

#[test]
fn panics_refusals_and_failed_statements_leave_the_others_alone() {
    on_both_kinds(|fresh| {
        let db = fresh.ready();
        let before = db.stats();
        let runs = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let gate = hold_the_writer(scope, &db);
            for at in 0..40 {
                let (db, runs) = (&db, &runs);
                scope.spawn(move || {
                    let ended = db.write(|tx| {
                        runs.fetch_add(1, Ordering::Relaxed);
                        meta::put(tx, &format!("{at}"), "1")?;
                        match at % 4 {
                            0 => panic!("in the middle"),
                            1 => Err(StoreError::Conflict("a refusal".into())),
                            2 => tx.execute("insert into meta (name) values ($1)", vals!["value is missing"]),
                            _ => Ok(0),
                        }
                    });
                    match at % 4 {
                        0 => assert!(
                            matches!(ended, Err(StoreError::Broken(why)) if why.contains("in the middle"))
                        ),
                        1 => assert_eq!(ended, Err(StoreError::Conflict("a refusal".into()))),
                        2 => assert!(matches!(ended, Err(StoreError::Broken(_)))),
                        _ => assert_eq!(ended, Ok(0)),
                    }
                });
            }
            gate.open_after(&db, 40);
        });
        let after = db.stats();
        assert_eq!(count(&db), 11, "the gate's own row and those of the ten that went well");
        assert_eq!(
            after.reruns - before.reruns,
            1,
            "the first refusal tears the group, and none after it any"
        );
        let runs = runs.into_inner();
        assert!(runs <= 2 * 40, "nobody runs more than twice: {runs}");
    });
}

/// What a torn group had done is not there while its members come again, and an answer that was given beside it is given anew.
#[test]
fn an_answer_beside_writes_that_are_gone_is_given_again() {
    on_both_kinds(|fresh| {
        let db = fresh.ready();
        let seen = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let gate = hold_the_writer(scope, &db);
            let (db, seen) = (&db, &seen);
            let refused = scope.spawn(move || {
                db.write(|tx| {
                    meta::put(tx, "a", "1")?;
                    Err::<(), _>(StoreError::Conflict("a refusal".into()))
                })
            });
            let reader = scope.spawn(move || {
                db.write(|tx| {
                    let there = meta::get(tx, "gate")?.is_some();
                    seen.lock().expect("no thread panicked").push(there);
                    // Refused without having written.
                    if there { Ok(()) } else { Err(StoreError::Conflict("too early".into())) }
                })
            });
            gate.open_after(db, 2);
            assert!(refused.join().expect("no panic").is_err());
            let answer = reader.join().expect("no panic");
            let last = seen.lock().expect("no thread panicked").last().copied();
            assert_eq!(answer.is_ok(), last == Some(true), "what it was told is what it saw last");
        });
        assert_eq!(count(&db), 1, "the gate's own row");
    });
}

/// A constraint that is checked only at commit is the portable way to make a commit fail.
#[test]
fn a_failed_commit_fails_every_member() {
    on_both_kinds(|fresh| {
        let db = fresh.ready();
        db.write(|tx| {
            tx.execute("create table parent (id bigint primary key)", &[])?;
            let child =
                "create table child (parent bigint references parent (id) deferrable initially deferred)";
            tx.execute(child, &[])
        })
        .expect("create");
        let answers = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let gate = hold_the_writer(scope, &db);
            for at in 0..10_i64 {
                let (db, answers) = (&db, &answers);
                scope.spawn(move || {
                    let ended = db.write(|tx| {
                        // Before it writes: nothing has to be undone for it.
                        if at == 8 {
                            return Err(StoreError::Conflict("a refusal".into()));
                        }
                        meta::put(tx, &format!("{at}"), "1")?;
                        match at {
                            7 => tx.execute("insert into child (parent) values ($1)", vals![404_i64]),
                            _ => Ok(0),
                        }
                    });
                    answers.lock().expect("no thread panicked").push((at, ended));
                });
            }
            gate.open_after(&db, 10);
        });
        for (at, ended) in answers.into_inner().expect("no thread panicked") {
            match at {
                8 => assert_eq!(ended, Err(StoreError::Conflict("a refusal".into())), "a refusal stays one"),
                _ => assert!(matches!(&ended, Err(StoreError::Broken(_))), "member {at} was told {ended:?}"),
            }
        }
        assert_eq!(count(&db), 0, "not even the gate's own row");
        assert_eq!(db.stats().flushes_failed, 1);
        db.write(|tx| meta::put(tx, "next", "1")).expect("the next group is in order");
        assert_eq!(count(&db), 1);
    });
}

/// A failing disk makes SQLite throw away the whole transaction, not only the statement; a conflict clause that we never
/// use does the same on demand.
#[test]
fn a_group_that_the_engine_throws_away_fails_every_member() {
    on_both_kinds(|fresh| {
        let db = fresh.ready();
        db.write(|tx| meta::put(tx, "there", "1")).expect("write");
        let answers = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let gate = hold_the_writer(scope, &db);
            for at in 0..10_i64 {
                let (db, answers) = (&db, &answers);
                scope.spawn(move || {
                    let ended = db.write(|tx| match at {
                        5 => tx
                            .execute("insert or rollback into meta (name, value) values ('there', '2')", &[]),
                        _ => meta::put(tx, &format!("{at}"), "1").map(|()| 0),
                    });
                    answers.lock().expect("no thread panicked").push((at, ended));
                });
            }
            gate.open_after(&db, 10);
        });
        let kept = count(&db) - 1;
        let mut well = 0;
        for (at, ended) in answers.into_inner().expect("no thread panicked") {
            match ended {
                Ok(_) => well += 1,
                Err(StoreError::Duplicate(_)) => assert_eq!(at, 5),
                Err(StoreError::Unavailable(why)) => assert!(why.contains("whole group"), "{why}"),
                Err(other) => panic!("member {at}: {other}"),
            }
        }
        // Whoever came after the accident stood in a group of its own, and the gate before it was lost too.
        assert_eq!(well, kept, "who was told Ok is there, and nobody else");
        assert_eq!(db.read(|tx| meta::get(tx, "gate")), Ok(None));
    });
}

#[test]
fn a_full_disk_fails_the_group_and_is_survived() {
    let fresh = Fresh::file();
    let db = fresh.ready();
    // SQLite's own limit on pages stands in for the disk; it rolls the statement back, and we the group's member.
    let limit = db.write(|tx| tx.query("pragma max_page_count = 40", &[])).expect("limit");
    assert_eq!(limit.len(), 1);
    let big = "x".repeat(20_000);
    let mut told = None;
    for at in 0..20 {
        if let Err(error) = db.write(|tx| meta::put(tx, &format!("{at}"), &big)) {
            told = Some((at, error));
            break;
        }
    }
    let (kept, error) = told.expect("the limit is met");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert_eq!(count(&db), kept);
    db.write(|tx| tx.query("pragma max_page_count = 4000", &[])).expect("lift the limit");
    db.write(|tx| meta::put(tx, "after", &big)).expect("there is room again");
    assert_eq!(count(&db), kept + 1);
}

#[test]
fn writers_are_served_in_the_order_they_came() {
    let fresh = Fresh::file();
    let db = fresh.ready();
    let order = Arc::new(Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let gate = hold_the_writer(scope, &db);
        for at in 0..20 {
            let (db, order) = (&db, Arc::clone(&order));
            scope.spawn(move || {
                db.write(|tx| {
                    order.lock().expect("no thread panicked").push(at);
                    meta::put(tx, &format!("{at}"), "1")
                })
            });
            while db.stats().waiting < at + 2 {
                std::thread::yield_now();
            }
            // The seat is taken a moment before the place in the queue.
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        gate.open_after(&db, 20);
    });
    assert_eq!(*order.lock().expect("no thread panicked"), (0..20).collect::<Vec<_>>());
}

#[test]
fn one_caller_too_many_is_told_at_once() {
    let fresh = Fresh::file();
    let limits = Limits { writers_waiting: 3, ..Limits::default() };
    let db = Db::open_with(&fresh.url, &limits).expect("open");
    db.migrate().expect("migrate");
    std::thread::scope(|scope| {
        let gate = hold_the_writer(scope, &db);
        for at in 0..2 {
            let db = &db;
            scope.spawn(move || db.write(|tx| meta::put(tx, &format!("{at}"), "1")).expect("a seat"));
        }
        while db.stats().waiting < 3 {
            std::thread::yield_now();
        }
        let refused = db.write(|tx| meta::put(tx, "one too many", "1"));
        assert_eq!(refused, Err(StoreError::Full(3)));
        assert!(refused.unwrap_err().is_passing());
        gate.open_after(&db, 2);
    });
    assert_eq!(count(&db), 3);
    db.write(|tx| meta::put(tx, "later", "1")).expect("seats are free again");
}

/// What a crash leaves is what the files hold at that moment: they are copied while writers are at work.
#[test]
fn what_was_answered_is_in_the_files_already() {
    let fresh = Fresh::file();
    let db = fresh.ready();
    let answered = Mutex::new(Vec::new());
    let crash = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (db, answered) = (&db, &answered);
            scope.spawn(move || {
                for at in 0..50 {
                    let name = format!("{writer}-{at}");
                    write_both(db, &name);
                    answered.lock().expect("no thread panicked").push(name);
                }
            });
        }
        while answered.lock().expect("no thread panicked").len() < 60 {
            std::thread::yield_now();
        }
        let before = answered.lock().expect("no thread panicked").clone();
        copy(&fresh, crash.path());
        let after_crash = open_copy(crash.path());
        for name in before {
            assert!(halves(&after_crash, &name) == 2, "{name} was answered and is gone");
        }
    });
}

/// The last thing a dying machine does is to write half a page: no logical transaction is ever seen by halves.
#[test]
fn a_torn_log_never_shows_half_a_transaction() {
    let fresh = Fresh::file();
    let db = fresh.ready();
    for at in 0..12 {
        write_both(&db, &format!("{at}"));
    }
    let whole = tempfile::tempdir().expect("a folder");
    copy(&fresh, whole.path());
    let length = std::fs::metadata(wal(whole.path())).expect("a log").len();
    let mut kept_before = 0;
    for step in 0..=40 {
        let torn = tempfile::tempdir().expect("a folder");
        std::fs::copy(whole.path().join("clearway.db"), torn.path().join("clearway.db")).expect("copy");
        let mut log = std::fs::read(wal(whole.path())).expect("read");
        log.truncate(usize::try_from(length * step / 40).expect("it fits"));
        std::fs::write(wal(torn.path()), log).expect("write");
        let db = Db::open(&format!("sqlite:{}", torn.path().join("clearway.db").display())).expect("open");
        // A log cut off near its beginning has lost the tables too.
        if db.check(COUNT).is_err() {
            continue;
        }
        let kept = (0..12).take_while(|at| halves(&db, &format!("{at}")) == 2).count();
        for at in kept..12 {
            assert_eq!(halves(&db, &format!("{at}")), 0, "step {step}: transaction {at} is there by halves");
        }
        assert!(kept >= kept_before, "a longer log keeps no less");
        kept_before = kept;
        db.write(|tx| meta::put(tx, "after", "the crash")).expect("it can be written again");
    }
    assert_eq!(kept_before, 12, "the whole log keeps everything");
}

fn write_both(db: &Db, name: &str) {
    db.write(|tx| {
        meta::put(tx, &format!("left {name}"), &"x".repeat(3_000))?;
        meta::put(tx, &format!("right {name}"), &"x".repeat(3_000))
    })
    .expect("write");
}

fn halves(db: &Db, name: &str) -> usize {
    ["left", "right"]
        .iter()
        .filter(|half| db.read(|tx| meta::get(tx, &format!("{half} {name}"))).expect("read").is_some())
        .count()
}

fn wal(folder: &Path) -> PathBuf {
    folder.join("clearway.db-wal")
}

fn copy(fresh: &Fresh, to: &Path) {
    let from = fresh.url.strip_prefix("sqlite:").expect("a file");
    std::fs::copy(from, to.join("clearway.db")).expect("copy the database");
    std::fs::copy(format!("{from}-wal"), wal(to)).expect("copy the log");
}

fn open_copy(folder: &Path) -> Db {
    Db::open(&format!("sqlite:{}", folder.join("clearway.db").display())).expect("open the copy")
}

#[test]
fn checkpoints_happen_beside_the_writer() {
    let fresh = Fresh::file();
    let db = fresh.ready();
    write_pages(&db, 1_500);
    let mut tries = 0;
    while db.stats().checkpoints == 0 {
        tries += 1;
        assert!(tries < 3_000, "no checkpoint came: {:?}", db.stats());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn the_log_is_begun_anew_when_it_is_long() {
    let fresh = Fresh::file();
    // Below the length at which the other thread is woken, so that it is the writer who does it.
    let limits = Limits { log_pages: 200, ..Limits::default() };
    let db = Db::open_with(&fresh.url, &limits).expect("open");
    db.migrate().expect("migrate");
    write_pages(&db, 5_000);
    let log = format!("{}-wal", fresh.url.strip_prefix("sqlite:").expect("a file"));
    let pages = std::fs::metadata(log).expect("a log").len() / 4_096;
    assert!(pages < 400, "the log holds {pages} pages");
    assert_eq!(count(&db), 10);
}

/// Writes that many pages of 4 kB in small transactions.
fn write_pages(db: &Db, pages: usize) {
    for at in 0..pages / 25 {
        // Each time another text: SQLite does not write what has not changed.
        let big = format!("{at:08}").repeat(12_500);
        db.write(|tx| meta::put(tx, &format!("{}", at % 10), &big)).expect("write");
    }
}

#[test]
fn a_file_is_on_disk_at_every_commit_and_not_only_at_checkpoints() {
    let fresh = Fresh::file();
    let db = fresh.ready();
    let one = |sql: &'static str| db.write(|tx| tx.one(sql, &[])).expect("ask");
    assert_eq!(one("pragma synchronous").get::<i64>("synchronous"), Ok(2), "2 is FULL");
    assert_eq!(one("pragma journal_mode").get::<String>("journal_mode").as_deref(), Ok("wal"));
    assert_eq!(one("pragma wal_autocheckpoint").get::<i64>("wal_autocheckpoint"), Ok(0));
}
