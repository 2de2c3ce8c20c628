//! A driver in the queue, over HTTP: the place, the one number for everybody, and everything else that stays open.

use std::thread;
use std::time::Duration;

use clearway_service::admission::{self, Wait, ceiling};
use clearway_service::citizen::{Who, turn};
use serde_json::{Value, json};

use super::super::books;
use super::super::deeds::both_acts;
use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

/// Zhang's only violation.
const SERIAL: &str = "4201000000000001";

on_both_engines!(a_driver_waits_behind_fifty_and_is_served_without_the_phone);

/// Until a worker that found work and room has claimed it, or found that a colleague was faster.
const CLAIMED: Duration = Duration::from_millis(300);

/// So many strangers come before; nothing goes out until [`go_on`].
pub fn queue_up(stack: &Stack, count: usize) {
    stack.settle();
    stack.world.authority.pace().expect("a pace").set(0);
    // Whoever found room before that may still claim something: not one of these.
    thread::sleep(CLAIMED);
    let now = stack.world.now().as_millisecond() - 5_000;
    for driver in super::crowd(count) {
        let came = stack.world.db.write(|tx| admission::turn::intend(tx, &driver, "nobodys-case", now, now));
        came.expect("stored");
    }
    stack.world.admission.lobby.forget();
}

/// The platform may be asked again.
pub fn go_on(stack: &Stack) {
    stack.world.authority.pace().expect("a pace").set(u32::MAX);
    stack.world.bell.ring();
}

/// The place as the page of the queue tells it.
pub fn place(driver: &Driver<'_>) -> Value {
    driver.stack.world.admission.lobby.forget();
    driver.open("/turn")["place"].clone()
}

fn a_driver_waits_behind_fifty_and_is_served_without_the_phone(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    assert!(place(&zhang).is_null(), "nothing waits");
    assert!(zhang.open("/turn")["result"].is_null(), "and nothing has been");
    let case = zhang.learn(SERIAL, "first");
    queue_up(&stack, 50);
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();

    let first = place(&zhang);
    assert_eq!((number(&first, "/ahead"), text(&first, "/wait")), (50, "unknown"), "{first}");
    let done = zhang.open(&format!("/cases/{case}"));
    assert_eq!((&done["word"], number(&done, "/queue/ahead")), (&json!("handling"), 50), "{done}");
    let page = zhang.page("/turn");
    assert!(page.body.contains("前面约 50 人") && page.body.contains("说不准"), "{}", page.body);
    assert!(!zhang.page(&format!("/cases/{case}")).body.contains("data-again"), "nobody reloads in a queue");

    // A reload, another phone, half an hour away: the same ticket, and nobody is overtaken.
    let phone = Driver::enter(&stack, "demo-zhang-first");
    stack.pass(1_800);
    for driver in [&zhang, &phone] {
        let now = place(driver);
        assert_eq!(
            (&now["ticket"], &now["ahead"], &now["number"]),
            (&first["ticket"], &json!(50), &first["number"])
        );
    }

    // Reading, reasons and studying are not in the queue.
    let other = Driver::enter(&stack, "demo-pay-one");
    for path in ["/violations", "/programmes", "/programmes/first/reasons", "/help"] {
        assert_eq!(other.get(path).status, 200, "{path}");
    }

    go_on(&stack);
    let done = zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert!(done["queue"].is_null(), "{done}");
    assert!(place(&zhang).is_null(), "the turn is over");
    assert_eq!(stack.calls_of("decide").len(), 1);
    assert_eq!(books::standing(&stack).counts["uses"], 1);
}

#[test]
fn one_small_number_serves_everybody_who_waits() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn(SERIAL, "first");
    queue_up(&stack, 30);
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    let mine = place(&zhang);

    let raw = zhang.client().get(zhang.url("/turn/number")).send().expect("an answer");
    let header =
        |name: &str| raw.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    assert_eq!(header("cache-control").as_deref(), Some("public, max-age=1"));
    assert_eq!(header("set-cookie"), None, "the same for everybody");
    let body = raw.text().expect("a body");
    assert!(body.len() < 100, "{} bytes: {body}", body.len());
    let called: Value = serde_json::from_str(&body).expect("JSON");
    // What a phone computes from it is what the server says.
    assert_eq!(
        number(&mine, "/number") - number(&called, "/called"),
        number(&mine, "/ahead"),
        "{called} {mine}"
    );
    // A stranger without a cookie gets the same bytes within the second.
    let stranger = Driver::visitor(&stack);
    assert_eq!(stranger.get("/turn/number").body.len(), body.len());
}

#[test]
fn a_pause_is_told_to_everybody_and_not_only_to_the_first() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn(SERIAL, "first");
    queue_up(&stack, 30);
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    assert_eq!(place(&zhang)["halted"], false);
    assert!(!zhang.get("/turn/number").body.contains("halted"));

    ceiling::set(&stack.world, 0, "王警官", "平台维护").expect("set");
    let behind = place(&zhang);
    assert_eq!((&behind["halted"], number(&behind, "/ahead")), (&json!(true), 30), "{behind}");
    let body = zhang.get("/turn/number").body;
    assert!(body.len() < 100 && body.ends_with(",\"halted\":1}"), "{body}");
    for path in ["/turn".to_owned(), format!("/cases/{case}")] {
        let page = zhang.page(&path).body;
        assert!(page.contains("公安平台暂停办理，前面约 30 人"), "{path}: {page}");
    }
    ceiling::set(&stack.world, 50, "王警官", "平台恢复").expect("set");
    assert_eq!(place(&zhang)["halted"], false);
}

#[test]
fn without_a_load_nobody_sees_a_queue() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn(SERIAL, "first");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    let done = zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert!(done["queue"].is_null(), "{done}");
    let turn = zhang.open("/turn");
    assert!(turn["place"].is_null() && turn["yesterday"].is_null(), "{turn}");
    assert_eq!(turn["result"], format!("/cases/{case}"), "the turn has been: its result is a tap away");
    assert!(zhang.page("/turn").body.contains("看结果"));
    // Five before somebody are done within seconds: that is no queue.
    queue_up(&stack, 5);
    let home = zhang.page("/violations");
    assert!(home.status == 200 && !home.body.contains("排队"), "{}", home.body);
}

#[test]
fn a_wait_that_was_told_is_held_against_what_came_and_published_the_next_day() {
    let hall = super::Hall::new();
    let all = super::crowd(360);
    all.iter().for_each(|driver| {
        hall.come(driver);
    });
    hall.serve_for(75, 2);
    // Two a second, and two hundred wait; all of them look once, then go away.
    all[151..].iter().for_each(|driver| {
        hall.page(driver);
    });
    let ahead = hall.page("driver-00359").place.expect("a place").ahead;
    let told = hall.turn("driver-00359").expect("a turn").told.expect("told");
    let truth_ms = i64::try_from(ahead).expect("few") * 500;
    assert!(ahead > 180 && told.low_ms <= truth_ms && told.high_ms >= truth_ms, "{told:?} for {truth_ms} ms");
    // Then it becomes slower than was said: it is corrected in words, and the place stays.
    hall.serve_for(60, 1);
    hall.pass(120_000);
    let late = hall.page("driver-00359").place.expect("a place");
    assert!(late.late && late.ahead == ahead - 60, "{late:?}");
    hall.serve(300);
    hall.pass(24 * 3_600_000);
    let tally = hall.page("driver-00359").yesterday.expect("published");
    assert!(tally.told > 150 && tally.within <= tally.told, "{tally:?}");
    assert!(tally.worst_ms > 60_000 && tally.mean_ms > 0, "the misses are in it: {tally:?}");
}

/// Hardly anybody opens the page of the queue: most read their wait on the page of the case or of the order.
#[test]
fn what_another_page_tells_is_remembered_too() {
    let hall = super::Hall::new();
    super::crowd(360).iter().for_each(|driver| {
        hall.come(driver);
    });
    hall.serve_for(75, 2);
    let whose = "driver-00359";
    let look = || {
        let who = Who { driver: whose.to_owned() };
        hall.world.admission.lobby.forget();
        turn::in_queue(&hall.world, &who).expect("read").expect("a queue")
    };
    let first = look();
    let told = hall.turn(whose).expect("a turn").told.expect("told");
    assert_eq!(first.wait, Wait::Between { low_ms: told.low_ms, high_ms: Some(told.high_ms) });
    assert_eq!((first.late, first.late_in_ms), (false, Some(told.high_ms)), "{first:?}");
    hall.serve_for(60, 1);
    assert_eq!(look().late_in_ms, Some(told.high_ms - 60_000));
    assert_eq!(hall.turn(whose).expect("a turn").told, Some(told), "the first one counts");
    hall.pass(told.high_ms);
    assert!(look().late && hall.page(whose).place.is_some_and(|place| place.late));
}

/// A look that another one has overtaken is no clock that steps back: on a rehearsed day it made every page say *unknown* again and again.
#[test]
fn however_many_look_at_once_what_was_measured_stays() {
    let hall = super::Hall::new();
    super::crowd(360).iter().for_each(|driver| {
        hall.come(driver);
    });
    hall.serve_for(75, 2);
    assert!(hall.seen().rates.is_some(), "measured");
    // Half a minute in which eight look all the time.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..4_000 {
                    hall.pass(1);
                    hall.world.admission.lobby.look(&hall.world).expect("a look");
                }
            });
        }
    });
    assert!(hall.seen().rates.is_some(), "and not forgotten");
}

/// A small launch day in a still world: 2,400 people within a minute, twenty turns a second, one try in twenty in vain.
#[test]
fn waits_that_were_told_come_true_and_nobody_is_overtaken_by_more_than_a_second() {
    let hall = super::Hall::new();
    let all = super::crowd(2_400);
    let begin_ms = hall.now_ms();
    let (mut failed, mut served, mut looked, mut tries) = (Vec::new(), Vec::new(), 0, 0);
    for second in 0..150 {
        for driver in all.iter().skip(second * 40).take(40) {
            hall.come(driver);
        }
        for _ in 0..20 {
            let Some(job) = hall.claim(1).pop() else { break };
            tries += 1;
            if tries % 20 == 0 {
                let now = hall.now_ms();
                let back = hall.world.db.write(|tx| {
                    let turn = admission::turn::hold(tx, &job)?;
                    clearway_store::queue::retry(tx, &job, now + 2_000, "down: no whole answer came back")?;
                    admission::turn::settle(tx, &job, turn, now)
                });
                back.expect("back");
                failed.push(job.driver);
                continue;
            }
            hall.finish(&job).expect("finished");
            served.push(job.driver);
        }
        hall.pass(1_000);
        hall.seen();
        // From the second minute on some of those who still wait look, once.
        if second > 60 {
            for driver in all.iter().skip(served.len() + 40 + looked % 7).step_by(61).take(12) {
                hall.page(driver);
            }
            looked += 1;
        }
    }
    assert_eq!(served.len() + hall.seen().room.waiting() as usize, 2_400);
    let came = |driver: &String| all.iter().position(|known| known == driver).expect("known") / 40;
    let in_order: Vec<usize> = served.iter().filter(|driver| !failed.contains(driver)).map(came).collect();
    assert!(in_order.is_sorted(), "seconds of arrival, in the order of their turns");
    // The drain is as quick as the platform lets it be: one turn for each try that was answered.
    assert!(served.len() * 100 >= tries * 95 && tries >= 126 * 20, "{} of {tries}", served.len());
    assert_eq!(
        hall.seen().room.waiting(),
        0,
        "done {} s after the first came",
        (hall.now_ms() - begin_ms) / 1_000
    );
    hall.pass(24 * 3_600_000);
    let tally = hall.page("nobody").yesterday.expect("published");
    assert!(tally.told >= 200, "{tally:?}");
    assert!(tally.within * 100 >= tally.told * 97, "within a fifth or a minute: {tally:?}");
    println!("{} were told a wait: {tally:?}", tally.told);
}
