//! Many writers at once: the promises that one writer after another would keep by accident.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use clearway_store::queue::{self, NewJob};
use clearway_store::{Db, StoreError, audit, inbox, ledger, meta, pairs, vals};

use super::engines::{Fresh, on_every_engine};

const WRITERS: i64 = 16;
const JOBS: i64 = 2_000;

on_every_engine![
    sixteen_claimers_claim_two_thousand_jobs_once_each,
    the_portable_claim_alone_is_right_too,
    one_of_many_opens_the_order,
    a_version_is_passed_once,
    an_audit_chain_has_no_gap_and_no_fork,
    a_callback_delivered_to_many_is_new_once,
    a_transfer_written_by_many_is_one_transfer,
    a_reservation_ends_once,
    writers_that_block_each_other_both_get_through,
];

/// Runs `body` on sixteen threads at once.
fn all_at_once(body: impl Fn(i64) + Sync) {
    let start = std::sync::Barrier::new(WRITERS.try_into().expect("a small number"));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (body, start) = (&body, &start);
            scope.spawn(move || {
                start.wait();
                body(writer);
            });
        }
    });
}

fn fill(db: &Db) {
    for page in 0..20 {
        db.write(|tx| {
            for at in 0..JOBS / 20 {
                let key = format!("{page}-{at}");
                let driver = format!("driver-{}", at % 7);
                let job = NewJob { driver: &driver, kind: "check", key: &key, run_at_ms: at, payload: "{}" };
                queue::enqueue(tx, &job)?;
            }
            Ok::<_, StoreError>(())
        })
        .expect("enqueue");
    }
}

fn sixteen_claimers_claim_two_thousand_jobs_once_each(fresh: Fresh) {
    let db = fresh.ready();
    fill(&db);
    let claimed = Mutex::new(Vec::new());
    all_at_once(|writer| {
        let worker = format!("worker-{writer}");
        while still_due(&db) > 0 {
            let jobs = db
                .write(|tx| {
                    queue::claim(
                        tx,
                        10_000,
                        &worker,
                        &[queue::Kind::in_line("check", 60_000)],
                        1 + u32::try_from(writer % 3).expect("it fits"),
                    )
                })
                .expect("claim");
            claimed
                .lock()
                .expect("no thread panicked")
                .extend(jobs.into_iter().map(|job| (job.driver, job.key, job.attempts)));
        }
    });
    let claimed = claimed.into_inner().expect("no thread panicked");
    let distinct: HashSet<_> = claimed.iter().map(|(driver, key, _)| (driver, key)).collect();
    assert_eq!(
        claimed.len(),
        usize::try_from(JOBS).expect("it fits"),
        "every job is claimed as often as there are jobs"
    );
    assert_eq!(distinct.len(), claimed.len(), "no job is claimed twice");
    assert!(claimed.iter().all(|(_, _, attempts)| *attempts == 1));
}

fn still_due(db: &Db) -> i64 {
    match db.read(|tx| queue::counts(tx, 10_000)) {
        Ok(counts) => counts.iter().map(|count| count.due).sum(),
        // Nobody could look, so there may be work: the caller goes round once more.
        Err(StoreError::Busy(_)) => 1,
        Err(error) => panic!("counts: {error}"),
    }
}

/// PostgreSQL is given `for update skip locked`; the text that both engines share must be right without it.
fn the_portable_claim_alone_is_right_too(fresh: Fresh) {
    let db = fresh.ready();
    fill(&db);
    let portable = pairs::PAIRS.iter().map(|pair| pair.portable).find(|sql| sql.starts_with("update job"));
    // A text that is not in the list of pairs is run as it stands.
    let portable: &'static str = format!("{} ", portable.expect("the claim is a pair")).leak();
    let claims = AtomicI64::new(0);
    let seen = Mutex::new(HashSet::new());
    all_at_once(|writer| {
        while still_due(&db) > 0 {
            let worker = format!("worker-{writer}");
            let asked =
                db.write(|tx| tx.query(portable, vals![&worker, 70_000_i64, "check", 10_000_i64, 3_i64]));
            // Without `skip locked` claimers wait for each other and are taken out of deadlocks, a second each, on four
            // connections: being told to ask again later is part of the promise, being told anything else is not.
            let rows = match asked {
                Err(StoreError::Busy(_)) => continue,
                asked => asked.expect("claim"),
            };
            for row in rows {
                claims.fetch_add(1, Ordering::Relaxed);
                let id = (
                    row.get::<String>("driver").expect("a column"),
                    row.get::<String>("job_key").expect("a column"),
                );
                assert!(seen.lock().expect("no thread panicked").insert(id), "claimed twice");
            }
        }
    });
    assert_eq!(claims.into_inner(), JOBS);
}

/// One open order per violation: a partial unique index decides, not a look beforehand.
fn one_of_many_opens_the_order(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| {
        tx.execute(
            "create table claim_test (driver text not null, violation text not null, order_id text not null, \
             closed_at_ms bigint, primary key (driver, violation, order_id))",
            &[],
        )?;
        tx.execute(
            "create unique index claim_test_open on claim_test (driver, violation) where closed_at_ms is null",
            &[],
        )
    })
    .expect("create");
    for round in 0..25 {
        let violation = format!("violation-{round}");
        let (won, lost) = (AtomicU64::new(0), AtomicU64::new(0));
        all_at_once(|writer| {
            let order = format!("order-{writer}");
            let opened = db.write(|tx| {
                tx.execute(
                    "insert into claim_test (driver, violation, order_id) values ($1, $2, $3)",
                    vals!["driver", &violation, &order],
                )
            });
            match opened {
                Ok(1) => won.fetch_add(1, Ordering::Relaxed),
                Err(StoreError::Duplicate(_)) => lost.fetch_add(1, Ordering::Relaxed),
                other => panic!("{other:?}"),
            };
        });
        assert_eq!((won.into_inner(), lost.into_inner()), (1, 15));
    }
}

fn a_version_is_passed_once(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| {
        tx.execute(
            "create table case_test (driver text not null primary key, version bigint not null, sum bigint not null)",
            &[],
        )
    })
    .expect("create");
    db.write(|tx| tx.execute("insert into case_test (driver, version, sum) values ($1, 0, 0)", vals!["d"]))
        .expect("insert");
    let (passed, conflicts) = (AtomicI64::new(0), AtomicI64::new(0));
    all_at_once(|_| {
        for _ in 0..40 {
            let select = "select version, sum from case_test where driver = $1";
            let row = db.read(|tx| tx.one(select, vals!["d"])).expect("read");
            let (version, sum): (i64, i64) =
                (row.get("version").expect("a column"), row.get("sum").expect("a column"));
            let update =
                "update case_test set version = version + 1, sum = $3 where driver = $1 and version = $2";
            match db.write(|tx| tx.execute_one("the case", update, vals!["d", version, sum + 1])) {
                Ok(()) => passed.fetch_add(1, Ordering::Relaxed),
                Err(StoreError::Conflict(_)) => conflicts.fetch_add(1, Ordering::Relaxed),
                Err(other) => panic!("{other}"),
            };
        }
    });
    let row = db.read(|tx| tx.one("select version, sum from case_test", &[])).expect("read");
    let passed = passed.into_inner();
    assert_eq!(row.get("version"), Ok(passed));
    assert_eq!(row.get("sum"), Ok(passed), "no update was lost");
    assert_eq!(passed + conflicts.into_inner(), WRITERS * 40);
}

fn an_audit_chain_has_no_gap_and_no_fork(fresh: Fresh) {
    let db = fresh.ready();
    all_at_once(|writer| {
        for at in 0..20 {
            let actor = format!("writer-{writer}");
            db.write(|tx| {
                audit::append(tx, "one driver", at, &actor, "paid", "{}")?;
                meta::put(tx, &format!("{writer}-{at}"), "beside")
            })
            .expect("append");
        }
    });
    assert_eq!(db.read(|tx| audit::verify(tx, "one driver")), Ok(Ok(WRITERS * 20)));
    let beside: i64 = db.read(|tx| tx.one("select count(*) as n from meta", &[])?.get("n")).expect("count");
    assert_eq!(beside, WRITERS * 20);
}

fn a_callback_delivered_to_many_is_new_once(fresh: Fresh) {
    let db = fresh.ready();
    for round in 0..25 {
        let key = format!("notice-{round}");
        let news = AtomicU64::new(0);
        all_at_once(|_| {
            let new =
                db.write(|tx| inbox::receive(tx, "wechat-pay", &key, b"body", "{}", 1)).expect("receive");
            news.fetch_add(u64::from(new), Ordering::Relaxed);
        });
        assert_eq!(news.into_inner(), 1);
    }
}

fn transfer(id: &str, state: ledger::State, pending_id: Option<&str>) -> ledger::Transfer {
    ledger::Transfer {
        driver: "d".into(),
        transfer_id: id.into(),
        order_id: "o".into(),
        debit_account: "driver".into(),
        credit_account: "treasury".into(),
        fen: 20_000,
        state,
        pending_id: pending_id.map(str::to_owned),
        at_ms: 1,
    }
}

fn a_transfer_written_by_many_is_one_transfer(fresh: Fresh) {
    let db = fresh.ready();
    for round in 0..25 {
        let transfer = transfer(&format!("t{round}"), ledger::State::Posted, None);
        let news = AtomicU64::new(0);
        all_at_once(|_| {
            let appended = db.write(|tx| ledger::append(tx, &transfer)).expect("append");
            news.fetch_add(u64::from(appended == ledger::Appended::New), Ordering::Relaxed);
        });
        assert_eq!(news.into_inner(), 1);
    }
    let balance = db.read(|tx| ledger::balance(tx, "d", "treasury")).expect("balance");
    assert_eq!(balance.credits_posted, 25 * 20_000);
}

fn a_reservation_ends_once(fresh: Fresh) {
    let db = fresh.ready();
    for round in 0..25 {
        let pending = format!("p{round}");
        db.write(|tx| ledger::append(tx, &transfer(&pending, ledger::State::Pending, None)))
            .expect("reserve");
        let (won, lost) = (AtomicU64::new(0), AtomicU64::new(0));
        all_at_once(|writer| {
            let state = if writer % 2 == 0 { ledger::State::Posted } else { ledger::State::Voided };
            let end = transfer(&format!("{pending}-end-{writer}"), state, Some(&pending));
            match db.write(|tx| ledger::append(tx, &end)) {
                Ok(ledger::Appended::New) => won.fetch_add(1, Ordering::Relaxed),
                Err(StoreError::Conflict(_)) => lost.fetch_add(1, Ordering::Relaxed),
                other => panic!("{other:?}"),
            };
        });
        assert_eq!((won.into_inner(), lost.into_inner()), (1, 15));
    }
}

/// Rows taken in opposite orders deadlock on PostgreSQL; the loser is run again and nobody hears of it.
fn writers_that_block_each_other_both_get_through(fresh: Fresh) {
    let db = fresh.ready();
    let add = "update meta set value = value || $2 where name = $1";
    db.write(|tx| {
        meta::put(tx, "left", "")?;
        meta::put(tx, "right", "")
    })
    .expect("insert");
    std::thread::scope(|scope| {
        for order in [["left", "right"], ["right", "left"]] {
            let db = &db;
            scope.spawn(move || {
                for _ in 0..15 {
                    db.write(|tx| {
                        tx.execute_one("the first row", add, vals![order[0], "x"])?;
                        std::thread::yield_now();
                        tx.execute_one("the second row", add, vals![order[1], "x"])
                    })
                    .expect("a deadlock is not the caller's problem");
                }
            });
        }
    });
    for name in ["left", "right"] {
        assert_eq!(db.read(|tx| meta::get(tx, name)), Ok(Some("x".repeat(30))));
    }
}

/// The two ways in which PostgreSQL asks for a re-run, each brought about for certain.
#[test]
fn a_deadlock_and_a_serialisation_failure_are_run_again_on_postgres() {
    let fresh = Fresh::postgres();
    let db = fresh.ready();
    let add = "update meta set value = value || $2 where name = $1";
    let fail = "create function fail() returns bigint language plpgsql as \
        'begin raise exception ''try again'' using errcode = ''40001''; end'";
    db.write(|tx| {
        tx.execute(fail, &[])?;
        meta::put(tx, "left", "")?;
        meta::put(tx, "right", "")
    })
    .expect("prepare");
    let both_hold_one = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        for order in [["left", "right"], ["right", "left"]] {
            let (db, both_hold_one) = (&db, &both_hold_one);
            scope.spawn(move || {
                let mut first_run = true;
                db.write(|tx| {
                    tx.execute_one("the first row", add, vals![order[0], "x"])?;
                    if std::mem::take(&mut first_run) {
                        both_hold_one.wait();
                    }
                    tx.execute_one("the second row", add, vals![order[1], "x"])
                })
                .expect("the loser of the deadlock is run again");
            });
        }
    });
    assert_eq!(db.read(|tx| meta::get(tx, "left")), Ok(Some("xx".into())));
    assert_eq!(db.read(|tx| meta::get(tx, "right")), Ok(Some("xx".into())));
    let after_deadlock = db.stats().reruns;
    assert!(after_deadlock >= 1);

    let mut runs = 0;
    db.write(|tx| {
        runs += 1;
        meta::put(tx, "run", &runs.to_string())?;
        if runs < 3 { tx.query("select fail() as n", &[]).map(|_| ()) } else { Ok(()) }
    })
    .expect("a serialisation failure is run again");
    assert_eq!(db.read(|tx| meta::get(tx, "run")), Ok(Some("3".into())));
    assert_eq!(db.stats().reruns, after_deadlock + 2);

    let hopeless = db.write(|tx| tx.query("select fail() as n", &[]));
    assert!(matches!(hopeless, Err(StoreError::Busy(_))), "not for ever: {hopeless:?}");
}
