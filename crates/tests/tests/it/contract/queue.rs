//! The life of a job.

use clearway_store::queue::{self, Claimed, Enqueued, Finished, NewJob, Older, Order};
use clearway_store::{Db, StoreError, meta};

use super::engines::{Fresh, on_every_engine};

on_every_engine![
    a_job_is_claimed_when_due_and_gone_when_done,
    the_same_work_is_one_job,
    whoever_asks_again_keeps_the_place,
    work_asked_for_while_it_runs_runs_again,
    work_asked_for_while_it_fails_does_not_wait,
    a_lease_that_ran_out_is_lost,
    what_an_ended_process_held_is_due_at_once_and_nothing_else,
    what_a_worker_lays_down_is_due_at_once_and_nothing_else,
    a_failed_job_waits_and_keeps_its_reason,
    a_buried_job_waits_for_a_person_and_can_be_revived,
    jobs_go_with_their_transaction,
    kinds_are_claimed_in_the_order_given,
    a_claim_takes_no_more_than_it_was_asked_for,
    what_was_wanted_first_goes_first_only_in_a_line,
    work_that_nobody_has_begun_can_be_taken_back,
    a_younger_one_is_held_up_by_whoever_would_be_overtaken,
    what_an_outage_failed_goes_first_when_it_is_over,
];

fn enqueue(db: &Db, kind: &str, key: &str, run_at_ms: i64, payload: &str) -> Enqueued {
    db.write(|tx| queue::enqueue(tx, &NewJob { driver: "d", kind, key, run_at_ms, payload }))
        .expect("enqueue")
}

fn claim(db: &Db, now_ms: i64, worker: &str) -> Vec<Claimed> {
    db.write(|tx| {
        queue::claim(
            tx,
            now_ms,
            worker,
            &[queue::Kind::in_line("pay", 1_000), queue::Kind::in_line("decide", 1_000)],
            10,
        )
    })
    .expect("claim")
}

fn a_job_is_claimed_when_due_and_gone_when_done(fresh: Fresh) {
    let db = fresh.ready();
    assert_eq!(enqueue(&db, "pay", "o1", 100, r#"{"order":"o1"}"#), Enqueued::New);
    assert_eq!(claim(&db, 99, "w"), vec![]);
    let jobs = claim(&db, 100, "w");
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (jobs[0].key.as_str(), jobs[0].attempts, jobs[0].payload.as_str()),
        ("o1", 1, r#"{"order":"o1"}"#)
    );
    assert_eq!(claim(&db, 1_099, "other"), vec![], "the lease holds");
    assert_eq!(db.write(|tx| queue::complete(tx, &jobs[0])), Ok(Finished::Gone));
    assert_eq!(db.read(|tx| queue::find(tx, "d", "pay", "o1")), Ok(None));
    assert!(matches!(db.write(|tx| queue::complete(tx, &jobs[0])), Err(StoreError::Conflict(_))));
}

fn what_a_worker_lays_down_is_due_at_once_and_nothing_else(fresh: Fresh) {
    let db = fresh.ready();
    for (key, worker) in [("a", "p/1"), ("b", "p/11"), ("c", "p/2")] {
        enqueue(&db, "pay", key, 100, "{}");
        assert_eq!(claim(&db, 100, worker).len(), 1);
    }
    assert_eq!(db.write(|tx| queue::lay_down(tx, "p/1", 150)), Ok(1));
    let again = claim(&db, 150, "p/3");
    assert_eq!(again.iter().map(|job| (job.key.as_str(), job.attempts)).collect::<Vec<_>>(), [("a", 2)]);
    assert_eq!(db.write(|tx| queue::lay_down(tx, "p/1", 151)), Ok(0), "it is another's now");
}

fn a_claim_takes_no_more_than_it_was_asked_for(fresh: Fresh) {
    let db = fresh.ready();
    for key in ["a", "b", "c", "d"] {
        enqueue(&db, "pay", key, 100, "{}");
    }
    // Few rows and no statistics: the planner of PostgreSQL then likes nested loops.
    for left in [3, 2, 1, 0] {
        let jobs = db
            .write(|tx| queue::claim(tx, 100, "w", &[queue::Kind::in_line("pay", 1_000)], 1))
            .expect("claim");
        assert_eq!(jobs.len(), 1, "one was asked for");
        let counts = db.read(|tx| queue::counts(tx, 100)).expect("counts");
        assert_eq!(counts[0].due, left);
    }
    let open = |kind| db.read(|tx| queue::open_of(tx, kind)).expect("a count");
    assert_eq!((open("pay"), open("refresh")), (4, 0), "those that were begun are still open");
}

fn the_same_work_is_one_job(fresh: Fresh) {
    let db = fresh.ready();
    assert_eq!(enqueue(&db, "pay", "o1", 500, "1"), Enqueued::New);
    assert_eq!(enqueue(&db, "pay", "o1", 900, "2"), Enqueued::Merged);
    assert_eq!(enqueue(&db, "decide", "o1", 500, "3"), Enqueued::New, "another kind is other work");
    let job = db.read(|tx| queue::find(tx, "d", "pay", "o1")).expect("find").expect("there");
    assert_eq!((job.payload.as_str(), job.due_ms, job.round), ("2", 500, 2), "newer payload, earlier time");
    assert_eq!(enqueue(&db, "pay", "o1", 200, "4"), Enqueued::Merged);
    assert_eq!(claim(&db, 200, "w").len(), 1);
    assert_eq!(db.read(|tx| queue::of_driver(tx, "d")).expect("list").len(), 2);
}

/// The place is the instant from which a job is wanted: whoever presses a button again keeps it, and so does whoever has
/// failed meanwhile. Only what runs already, or waits for a person, is asked for anew.
fn whoever_asks_again_keeps_the_place(fresh: Fresh) {
    let db = fresh.ready();
    let order = |now_ms| -> Vec<String> {
        let jobs = db
            .write(|tx| queue::claim(tx, now_ms, "w", &[queue::Kind::in_line("pay", 10)], 9))
            .expect("claim");
        let mut placed: Vec<_> = jobs.into_iter().map(|job| (job.run_at_ms, job.key)).collect();
        placed.sort();
        placed.into_iter().map(|(_, key)| key).collect()
    };
    enqueue(&db, "pay", "first", 100, "{}");
    enqueue(&db, "pay", "second", 200, "{}");
    enqueue(&db, "pay", "first", 300, "{}");
    let first = db
        .write(|tx| queue::claim(tx, 400, "w", &[queue::Kind::in_line("pay", 10)], 1))
        .expect("claim")
        .remove(0);
    assert_eq!((first.key.as_str(), first.run_at_ms), ("first", 100), "asking again costs no place");
    db.write(|tx| queue::retry(tx, &first, 900, "timed out")).expect("retry");
    enqueue(&db, "pay", "first", 500, "{}");
    assert_eq!(order(500), ["first", "second"], "nor does it after a failure, and it is due at once");
    // Both are held now: what is asked for meanwhile is another round, with a place of its own.
    enqueue(&db, "pay", "first", 505, "{}");
    assert_eq!(order(600), ["second", "first"]);
}

fn work_asked_for_while_it_runs_runs_again(fresh: Fresh) {
    let db = fresh.ready();
    enqueue(&db, "pay", "o1", 100, "old");
    let first = claim(&db, 100, "w").remove(0);
    assert_eq!(enqueue(&db, "pay", "o1", 150, "new"), Enqueued::Merged);
    assert_eq!(claim(&db, 500, "other"), vec![], "asking again breaks no lease");
    assert_eq!(db.write(|tx| queue::complete(tx, &first)), Ok(Finished::Again));
    let again = claim(&db, 500, "other").remove(0);
    assert_eq!((again.payload.as_str(), again.attempts), ("new", 1));
    assert_eq!(db.write(|tx| queue::complete(tx, &again)), Ok(Finished::Gone));
}

fn work_asked_for_while_it_fails_does_not_wait(fresh: Fresh) {
    let db = fresh.ready();
    enqueue(&db, "pay", "o1", 100, "{}");
    let failing = claim(&db, 100, "w").remove(0);
    enqueue(&db, "pay", "o1", 150, "{}");
    db.write(|tx| queue::retry(tx, &failing, 90_000, "timed out")).expect("retry");
    let hopeless = claim(&db, 150, "w").remove(0);
    enqueue(&db, "pay", "o1", 160, "{}");
    db.write(|tx| queue::bury(tx, &hopeless, 155, "unknown there")).expect("bury");
    let again = claim(&db, 160, "w").remove(0);
    assert_eq!(again.attempts, 1, "a new cause has all its attempts");
    db.write(|tx| queue::retry(tx, &again, 90_000, "timed out")).expect("retry");
    assert_eq!(claim(&db, 89_999, "w"), vec![], "nobody asked meanwhile");
    assert_eq!(claim(&db, 90_000, "w").len(), 1);
}

fn a_lease_that_ran_out_is_lost(fresh: Fresh) {
    let db = fresh.ready();
    enqueue(&db, "pay", "o1", 100, "{}");
    let slow = claim(&db, 100, "slow").remove(0);
    db.write(|tx| queue::extend(tx, &slow, 3_000)).expect("still held");
    assert_eq!(claim(&db, 2_999, "quick"), vec![]);
    let quick = claim(&db, 3_000, "quick").remove(0);
    assert_eq!(quick.attempts, 2);
    let late = db.write(|tx| {
        meta::put(tx, "outcome", "of the slow one")?;
        queue::complete(tx, &slow)
    });
    assert!(matches!(late, Err(StoreError::Conflict(_))));
    assert_eq!(db.read(|tx| meta::get(tx, "outcome")), Ok(None), "the outcome goes with the lease");
    for attempt in [
        db.write(|tx| queue::retry(tx, &slow, 9_000, "late")),
        db.write(|tx| queue::bury(tx, &slow, 9_000, "late")),
        db.write(|tx| queue::extend(tx, &slow, 9_000)),
    ] {
        assert!(matches!(attempt, Err(StoreError::Conflict(_))));
    }
    assert_eq!(db.write(|tx| queue::complete(tx, &quick)), Ok(Finished::Gone));
    // The same worker coming back under its own name holds another lease.
    enqueue(&db, "pay", "o2", 100, "{}");
    let before = claim(&db, 100, "same").remove(0);
    let after = claim(&db, 2_000, "same").remove(0);
    assert!(matches!(db.write(|tx| queue::complete(tx, &before)), Err(StoreError::Conflict(_))));
    assert_eq!(db.write(|tx| queue::complete(tx, &after)), Ok(Finished::Gone));
}

fn what_an_ended_process_held_is_due_at_once_and_nothing_else(fresh: Fresh) {
    let db = fresh.ready();
    for (key, process) in [("o1", "p1"), ("o2", "p11"), ("o3", "p1"), ("o4", "P1")] {
        enqueue(&db, "pay", key, 100, "{}");
        let worker = queue::worker_name(process, 7);
        assert_eq!(claim(&db, 100, &worker).len(), 1);
    }
    assert_eq!(db.write(|tx| queue::let_go(tx, "p1", 150)), Ok(2));
    assert_eq!(claim(&db, 149, "w"), vec![]);
    let jobs = claim(&db, 150, "w");
    let keys: Vec<&str> = jobs.iter().map(|job| job.key.as_str()).collect();
    assert_eq!(keys, ["o1", "o3"]);
    assert!(jobs.iter().all(|job| job.attempts == 2), "it was tried once");
    assert_eq!(db.write(|tx| queue::let_go(tx, "p1", 160)), Ok(0));
}

fn a_failed_job_waits_and_keeps_its_reason(fresh: Fresh) {
    let db = fresh.ready();
    enqueue(&db, "pay", "o1", 0, "{}");
    let mut now_ms = 0;
    let mut waits = Vec::new();
    for attempt in 1..=8 {
        let job = claim(&db, now_ms, "w").remove(0);
        assert_eq!(job.attempts, attempt);
        let wait_ms = queue::backoff_ms(&job, 1_000, 60_000);
        waits.push(wait_ms);
        db.write(|tx| queue::retry(tx, &job, now_ms + wait_ms, "the authority timed out")).expect("retry");
        assert_eq!(claim(&db, now_ms + wait_ms - 1, "w"), vec![]);
        now_ms += wait_ms;
    }
    for (at, wait_ms) in waits.iter().enumerate() {
        let least = (1_000_i64 << at).min(60_000);
        assert!((least..=least + least / 4).contains(wait_ms), "wait {at} is {wait_ms}");
    }
    let job = db.read(|tx| queue::find(tx, "d", "pay", "o1")).expect("find").expect("there");
    assert_eq!((job.last_error.as_deref(), job.worker), (Some("the authority timed out"), None));
}

fn a_buried_job_waits_for_a_person_and_can_be_revived(fresh: Fresh) {
    let db = fresh.ready();
    enqueue(&db, "pay", "o1", 0, "{}");
    let job = claim(&db, 0, "w").remove(0);
    db.write(|tx| queue::bury(tx, &job, 50, "the order is unknown there")).expect("bury");
    assert_eq!(claim(&db, i64::from(u32::MAX), "w"), vec![]);
    let buried = db.read(|tx| queue::buried(tx, 10)).expect("buried");
    assert_eq!(buried.len(), 1);
    assert_eq!((buried[0].buried_at_ms, buried[0].attempts), (Some(50), 1));
    let counts = db.read(|tx| queue::counts(tx, 1_000)).expect("counts");
    assert_eq!((counts[0].jobs, counts[0].due, counts[0].buried, counts[0].next_due_ms), (1, 0, 1, None));
    assert_eq!(db.read(|tx| queue::open_of(tx, "pay")), Ok(0), "nobody's wait hangs on it");
    assert_eq!(enqueue(&db, "pay", "o1", 2_000, "{}"), Enqueued::Merged);
    assert_eq!(claim(&db, 1_999, "w"), vec![]);
    let revived = claim(&db, 2_000, "w").remove(0);
    assert_eq!(revived.attempts, 1, "a new cause has all its attempts");
    assert_eq!(db.write(|tx| queue::complete(tx, &revived)), Ok(Finished::Gone));
}

fn jobs_go_with_their_transaction(fresh: Fresh) {
    let db = fresh.ready();
    let refused = db.write(|tx| {
        queue::enqueue(tx, &NewJob { driver: "d", kind: "pay", key: "o1", run_at_ms: 0, payload: "{}" })?;
        Err::<(), _>(StoreError::Conflict("the case".into()))
    });
    assert!(refused.is_err());
    assert_eq!(claim(&db, 10, "w"), vec![]);
}

fn kinds_are_claimed_in_the_order_given(fresh: Fresh) {
    let db = fresh.ready();
    for (kind, key, at) in [("decide", "a", 1), ("pay", "b", 5), ("pay", "c", 3), ("tell", "d", 1)] {
        enqueue(&db, kind, key, at, "{}");
    }
    let kinds = ["pay", "decide"].map(|kind| queue::Kind::in_line(kind, 1_000));
    let three = || db.write(|tx| queue::claim(tx, 10, "w", &kinds, 3)).expect("claim");
    let jobs = three();
    let mut keys: Vec<&str> = jobs.iter().map(|job| job.key.as_str()).collect();
    keys[..2].sort_unstable();
    assert_eq!(keys, ["b", "c", "a"]);
    assert_eq!(three(), vec![], "another kind is left alone");
    let endless = db.write(|tx| queue::claim(tx, 10, "w", &[queue::Kind::in_line("tell", 0)], 3));
    assert!(matches!(endless, Err(StoreError::Broken(_))), "a lease of no length would be claimed twice");
}

/// One that was tried keeps its place in a line; where nobody stands in one, what is due longest goes first.
fn what_was_wanted_first_goes_first_only_in_a_line(fresh: Fresh) {
    let db = fresh.ready();
    for (key, at) in [("a", 10), ("b", 20), ("c", 30)] {
        enqueue(&db, "ask", key, at, "{}");
    }
    let one = |order, now| {
        let kind = queue::Kind { name: "ask", lease_ms: 60_000, order };
        db.write(|tx| queue::claim(tx, now, "w", &[kind], 1)).expect("claim").pop()
    };
    let tried = one(Order::Due, 100).expect("the first");
    db.write(|tx| queue::retry(tx, &tried, 500, "not yet")).expect("it failed");
    let key = |job: Option<Claimed>| job.map(|job| job.key);
    assert_eq!(key(one(Order::Due, 600)).as_deref(), Some("b"), "due since 20, and not since 500");
    assert_eq!(key(one(Order::Wanted, 600)).as_deref(), Some("a"), "wanted at 10");
    assert_eq!(key(one(Order::Due, 600)).as_deref(), Some("c"));
    assert_eq!(key(one(Order::Due, 600)), None);
}

fn work_that_nobody_has_begun_can_be_taken_back(fresh: Fresh) {
    let db = fresh.ready();
    enqueue(&db, "pay", "o1", 0, "{}");
    assert_eq!(db.write(|tx| queue::cancel(tx, "d", "pay", "o1")), Ok(true));
    assert_eq!(db.write(|tx| queue::cancel(tx, "d", "pay", "o1")), Ok(false));
    enqueue(&db, "pay", "o2", 0, "{}");
    assert_eq!(claim(&db, 0, "w").len(), 1);
    assert_eq!(db.write(|tx| queue::cancel(tx, "d", "pay", "o2")), Ok(false), "it is running");
}

/// Three intents of one kind: whoever is younger waits for an older one that the counterpart failed or that sleeps for nothing,
/// and never for one that is due.
fn a_younger_one_is_held_up_by_whoever_would_be_overtaken(fresh: Fresh) {
    let db = fresh.ready();
    for (key, at) in [("a", 10), ("b", 20), ("c", 30)] {
        enqueue(&db, "decide", key, at, "{}");
    }
    let held = |job: &Claimed, now| db.read(|tx| queue::older_held(tx, job, 3, now)).expect("a look");
    let one = |now| {
        db.write(|tx| queue::claim(tx, now, "w", &[queue::Kind::in_line("decide", 60_000)], 1))
            .expect("claim")
            .remove(0)
    };
    let (a, b, c) = (one(100), one(100), one(100));
    assert_eq!([&a, &b, &c].map(|job| job.key.as_str()), ["a", "b", "c"], "the oldest first");
    assert_eq!(held(&c, 100), None, "older ones that are being tried hold nobody up");

    db.write(|tx| queue::retry(tx, &a, 2_000, &format!("{}no answer", queue::DOWN))).expect("it failed");
    assert_eq!((held(&b, 100), held(&a, 100)), (Some(Older::Down(2_000)), None), "only the younger wait");
    db.write(|tx| queue::put_back(tx, &b, 15_000, &format!("{}a", queue::BEHIND))).expect("put back");
    let again = one(2_000);
    assert_eq!((again.key.as_str(), again.attempts), ("a", 2), "what failed has one try more");
    db.write(|tx| queue::retry(tx, &again, 2_000, &format!("{}10 s", queue::SILENT))).expect("it failed");
    assert_eq!(held(&b, 2_000), None, "what alone has no answer holds nobody up");
    let again = one(2_000);
    db.write(|tx| queue::complete(tx, &again)).expect("over");

    // Nobody woke it, and the counterpart answers again: it would be overtaken.
    assert_eq!(held(&c, 2_000), Some(Older::Asleep));
    assert_eq!(db.write(|tx| queue::wake_behind(tx, "decide", 2_000)), Ok(1));
    assert_eq!(held(&c, 2_000), None, "it is due and will be taken first");
    let woken = one(2_000);
    assert_eq!((woken.key.as_str(), woken.attempts), ("b", 1), "to be put back is no try");

    // One that failed too often may be itself what is wrong.
    let mut at = 2_000;
    let mut tried = woken;
    for _ in 0..3 {
        db.write(|tx| queue::retry(tx, &tried, at + 1, &format!("{}no answer", queue::DOWN)))
            .expect("it failed");
        assert_eq!(held(&c, at), Some(Older::Down(at + 1)));
        at += 1;
        tried = one(at);
    }
    assert_eq!((tried.attempts, held(&c, at)), (4, None));
    db.write(|tx| queue::retry(tx, &tried, at + 9_000, &format!("{}no answer", queue::DOWN)))
        .expect("it failed");
    assert_eq!(db.write(|tx| queue::wake_behind(tx, "decide", at)), Ok(0));
    assert_eq!(
        db.write(|tx| queue::wake(tx, "decide", at)),
        Ok(1),
        "it is woken when the counterpart answers"
    );
}

/// Of three intents the oldest was failed so often that it holds nobody up; the youngest is in the middle of a try.
fn what_an_outage_failed_goes_first_when_it_is_over(fresh: Fresh) {
    let db = fresh.ready();
    for (key, at) in [("a", 10), ("b", 20), ("c", 30)] {
        enqueue(&db, "decide", key, at, "{}");
    }
    enqueue(&db, "pay", "other", 5, "{}");
    let one = |now| {
        db.write(|tx| queue::claim(tx, now, "w", &[queue::Kind::in_line("decide", 60_000)], 1))
            .expect("claim")
            .remove(0)
    };
    let (mut a, b, c) = (one(100), one(100), one(100));
    for at in 100..104 {
        db.write(|tx| queue::retry(tx, &a, at + 1, &format!("{}away", queue::DOWN))).expect("it failed");
        a = one(at + 1);
    }
    assert_eq!((a.key.as_str(), a.attempts), ("a", 5));
    db.write(|tx| queue::retry(tx, &a, 90_000, &format!("{}away", queue::DOWN))).expect("it failed");
    db.write(|tx| queue::put_back(tx, &b, 15_000, &format!("{}a", queue::BEHIND))).expect("put back");
    let older = |now| db.read(|tx| queue::older_due(tx, &c, now)).expect("a look");
    assert!(!older(200), "both sleep: nothing is due");

    assert_eq!(
        db.write(|tx| queue::restore(tx, "decide", 300)),
        Ok(2),
        "what runs, and other work, is left alone"
    );
    assert!(older(300));
    let again = one(300);
    assert_eq!((again.key.as_str(), again.attempts), ("a", 1), "the outage is not held against it");
    assert!(older(300), "and the second is before it too");
    assert_eq!(one(300).key, "b");
    assert!(!older(300), "both are on their way");
}
