//! When something runs out, new money is refused first, then new deeds, reading last; and it comes back by itself.

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use clearway_service::admission::{self, Deed, IN_FLIGHT_MAX};
use clearway_store::{Db, Limits, meta};
use serde_json::json;

use super::super::deeds::both_acts;
use super::super::driver::{Answer, Driver};
use super::super::stack::{Engine, Stack};
use super::Hall;
use crate::contract::engines::Fresh;

fn load(stack: &Stack, per_mille: usize) {
    stack.world.admission.in_flight.store(IN_FLIGHT_MAX * per_mille / 1_000, Ordering::SeqCst);
}

fn busy(answer: &Answer, slug: &str) {
    let problem = answer.problem(503, slug);
    assert!(problem["again_at"].is_string(), "{problem}");
}

#[test]
fn a_full_house_refuses_new_money_first_then_deeds_and_reading_last() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let ask = json!({ "violation": ["4201000000000177"] });

    load(&stack, 500);
    let refused = ruan.post("/quotes", &ask);
    busy(&refused, "busy-money");
    assert_eq!(refused.problem(503, "busy-money")["money"], "not_charged");
    assert_eq!(ruan.get("/violations").status, 200);
    let raw = ruan.client().post(ruan.url("/quotes")).header("accept", "text/html").body("");
    let raw = raw.header("content-type", "application/x-www-form-urlencoded").send().expect("an answer");
    let again: u32 = raw.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((5..10).contains(&again), "{again}");
    let words = raw.text().expect("a page");
    assert!(words.contains("这一步没有扣款") && words.contains("已经付了的照常办理"), "{words}");
    // A deed without money goes through.
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();

    load(&stack, 750);
    busy(&zhang.post("/settings", &json!({ "messages": true })), "busy");
    assert_eq!(zhang.get("/violations").status, 200);
    // The rail's notices are money that has moved: they are let in as long as anything is.
    let notice = zhang.raw("/callbacks/wechat-pay", "application/json", b"{}".to_vec());
    assert_ne!(notice.status, 503, "{}", notice.body);

    load(&stack, 1_000);
    busy(&zhang.get("/violations"), "busy-read");
    load(&stack, 0);
    // Nobody did anything: everything is as before, and what was accepted is done.
    assert_eq!(ruan.post("/quotes", &ask).status, 303);
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert_eq!(stack.world.admission.in_flight.load(Ordering::SeqCst), 0, "whoever came in went out");
}

#[test]
fn a_full_queue_before_the_writer_refuses_money_first_and_drops_nothing_it_took() {
    let limits = Limits { writers_waiting: 8, ..Limits::default() };
    let db = Db::open_with("sqlite::memory:", &limits).expect("a database");
    db.migrate().expect("a schema");
    let hall = Hall::on(db);
    let admits = || {
        let pressure = admission::pressure(&hall.world, Duration::ZERO);
        [Deed::Money, Deed::Act, Deed::Read].map(|deed| pressure.admits(deed))
    };
    assert_eq!(admits(), [true, true, true]);
    let (go, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    std::thread::scope(|scope| {
        let db = &hall.world.db;
        let write = |n: usize| move || db.write(|tx| meta::put(tx, &format!("intent-{n}"), "taken"));
        let hold = || {
            db.write(|tx| {
                let _ = gate.lock().map(|gate| gate.recv_timeout(Duration::from_secs(20)));
                meta::put(tx, "intent-0", "taken")
            })
        };
        let mut taken = vec![scope.spawn(hold)];
        let wait_for = |count: usize| {
            while db.stats().waiting < count {
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        wait_for(1);
        taken.extend((1..4).map(|n| scope.spawn(write(n))));
        wait_for(4);
        assert_eq!(admits(), [false, true, true]);
        taken.extend((4..6).map(|n| scope.spawn(write(n))));
        wait_for(6);
        assert_eq!(admits(), [false, false, true]);
        taken.extend((6..8).map(|n| scope.spawn(write(n))));
        wait_for(8);
        assert_eq!(admits(), [false, false, false]);
        assert!(db.write(|tx| meta::put(tx, "intent-9", "refused")).is_err(), "told, and not kept waiting");
        go.send(()).expect("the writer waits");
        for write in taken {
            write.join().expect("no panic").expect("what was taken is kept");
        }
    });
    assert_eq!(admits(), [true, true, true], "by itself");
    let kept = (0..8).filter(|n| {
        let found = hall.world.db.read(|tx| meta::get(tx, &format!("intent-{n}")));
        found.expect("read").as_deref() == Some("taken")
    });
    assert_eq!(kept.count(), 8);
    assert_eq!(hall.world.db.read(|tx| meta::get(tx, "intent-9")).expect("read"), None);
}

#[test]
fn a_full_disk_takes_no_new_money_until_a_write_has_gone_well_and_loses_nothing_it_took() {
    let fresh = Fresh::file();
    let hall = Hall::on(fresh.ready());
    let admits = || {
        let pressure = admission::pressure(&hall.world, Duration::ZERO);
        [Deed::Money, Deed::Act, Deed::Read].map(|deed| pressure.admits(deed))
    };
    // As many pages as there are, and a few: what a full disk answers, the engine answers then.
    let room = |pages: &'static str| {
        let set = hall.world.db.write(|tx| tx.query(pages, &[]).map(|_| ()));
        set.expect("a limit");
    };
    room("pragma max_page_count = 1");
    let mut taken = Vec::new();
    let refused = (0..10_000).find_map(|n| {
        let (driver, now) = (format!("driver-{n}"), hall.now_ms());
        let stored = hall.world.db.write(|tx| admission::turn::intend(tx, &driver, "case", now, now));
        match stored {
            Ok(()) => {
                taken.push(driver);
                None
            }
            Err(error) => Some(error),
        }
    });
    let refused = refused.expect("the disk is full at some point");
    assert!(refused.is_passing(), "{refused}");
    assert_eq!(admits(), [false, true, true]);
    assert!((30..60).contains(&admission::pressure(&hall.world, Duration::ZERO).again_s(9)));
    // Looking goes on, and everybody who was taken in is there.
    assert_eq!(hall.seen().room.waiting(), taken.len() as u64);
    // Room again: the next write, such as a heartbeat, finds out, and nobody does anything.
    room("pragma max_page_count = 1000000");
    assert_eq!(admits(), [true, true, true]);
    assert_eq!(hall.serve(20_000).len(), taken.len());
}
