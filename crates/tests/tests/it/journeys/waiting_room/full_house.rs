//! What runs out in the shipped configuration are the threads that answer: where the store stands still new money is refused first, and a
//! crowd that comes at once is not refused at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clearway::serve::REQUESTS_MAX;
use clearway_store::meta;
use serde_json::json;

use super::super::driver::Driver;
use super::super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(
    while_the_store_stands_still_new_money_is_refused_first_and_reading_last,
    a_crowd_that_comes_at_once_is_not_refused,
);

/// Transactions that hold the store up: one is enough for an embedded one, another has as many connections as this.
const HELD: usize = 8;

/// A deed of a driver, of which many can be sent at a time.
struct Deed {
    client: reqwest::blocking::Client,
    url: String,
    cookies: String,
}

impl Deed {
    fn of(driver: &Driver<'_>) -> Deed {
        let cookies: Vec<String> = ["cw_session", "cw_visitor"]
            .iter()
            .filter_map(|name| driver.cookie_value(name).map(|value| format!("{name}={value}")))
            .collect();
        Deed { client: driver.client().clone(), url: driver.url("/settings"), cookies: cookies.join("; ") }
    }

    /// Writes something; the status of the answer.
    fn send(&self) -> u16 {
        let request = self.client.post(&self.url).header("accept", "application/json");
        let request = request.header("content-type", "application/json").header("cookie", &self.cookies);
        request
            .body(r#"{"consents":true,"messages":true}"#)
            .timeout(Duration::from_secs(30))
            .send()
            .expect("an answer")
            .status()
            .as_u16()
    }
}

/// Lets the store go on, also when something was not as it should be.
struct Released<'a>(&'a AtomicBool);

impl Drop for Released<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Waits until the first of those before the threads has stood there for so long.
#[expect(clippy::disallowed_methods, reason = "people wait in real seconds, whatever the pretend clock says")]
fn until(stack: &Stack, stood: Duration) {
    let begun = Instant::now();
    while stack.world.admission.hands.longest(Instant::now()) < stood {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody stands before the threads");
        thread::sleep(Duration::from_millis(20));
    }
}

fn while_the_store_stands_still_new_money_is_refused_first_and_reading_last(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    // Several, so that none of them asks more than one account may.
    let people =
        ["demo-zhang-first", "demo-li-study", "demo-wang-both"].map(|one| Driver::at_home(&stack, one));
    stack.settle();
    let (deeds, go) = (people.each_ref().map(Deed::of), AtomicBool::new(false));
    let ask = json!({ "violation": ["4201000000000177"] });
    thread::scope(|scope| {
        for n in 0..HELD {
            let (db, go) = (&stack.world.db, &go);
            scope.spawn(move || {
                db.write(|tx| {
                    meta::put(tx, &format!("held-{n}"), "still")?;
                    while !go.load(Ordering::SeqCst) {
                        thread::sleep(Duration::from_millis(5));
                    }
                    Ok::<_, clearway_store::StoreError>(())
                })
            });
        }
        thread::sleep(Duration::from_millis(300));
        // As many as there are threads, and some before them.
        let many = deeds.iter().cycle().take(REQUESTS_MAX + 30);
        let stood: Vec<_> = many.map(|deed| scope.spawn(|| deed.send())).collect();
        let released = Released(&go);
        until(&stack, Duration::from_millis(4_100));
        ruan.post("/quotes", &ask).problem(503, "busy-money");
        until(&stack, Duration::from_millis(6_100));
        ruan.post("/settings", &json!({ "consents": true, "messages": true })).problem(503, "busy");
        if engine == Engine::Sqlite {
            // A look goes past the writer.
            assert_eq!(ruan.get("/violations").status, 200);
        }
        drop(released);
        for stood in stood {
            let status = stood.join().expect("no panic");
            assert!(status < 400, "{status}: whoever was taken in is answered");
        }
    });
    // By itself.
    assert_eq!(ruan.post("/quotes", &ask).status, 303);
}

fn a_crowd_that_comes_at_once_is_not_refused(engine: Engine) {
    let stack = Stack::new(engine);
    let people = ["demo-pay-one", "demo-zhang-first"].map(|openid| Driver::at_home(&stack, openid));
    let deeds = people.each_ref().map(Deed::of);
    // Two hundred sockets, and everybody at once.
    thread::scope(|scope| {
        let all: Vec<_> = deeds.iter().cycle().take(200).map(|deed| scope.spawn(|| deed.send())).collect();
        for one in all {
            let status = one.join().expect("no panic");
            assert!(status < 400, "{status}");
        }
    });
}
