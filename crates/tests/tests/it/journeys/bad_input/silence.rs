//! A counterpart that does not answer, asked by requests that wait for it: they take their own places and nobody else's.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, client};

/// What one request of somebody's was answered: status, when to come again, and how long it took.
struct Told {
    status: u16,
    retry_after: Option<String>,
    took: Duration,
}

/// Sends a request on a thread of its own; `None` as a body is a look.
#[expect(clippy::disallowed_methods, reason = "a person waits real seconds")]
fn send(url: String, session: String, body: Option<Value>) -> thread::JoinHandle<Told> {
    thread::spawn(move || {
        let began = Instant::now();
        let request = match &body {
            Some(body) => {
                client().post(url).header("content-type", "application/json").body(body.to_string())
            }
            None => client().get(url),
        };
        let request =
            request.header("accept", "application/json").header("cookie", format!("cw_session={session}"));
        let answer = request.send().expect("answered");
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        Told {
            status: answer.status().as_u16(),
            retry_after: retry_after.map(str::to_owned),
            took: began.elapsed(),
        }
    })
}

fn session(driver: &Driver<'_>) -> String {
    driver.cookie_value("cw_session").expect("signed in")
}

#[test]
fn a_silent_platform_holds_up_nobody_but_those_who_asked_it() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    let handed = ruan.hand_over(&order);
    let known = stack.city.accounts.iter().filter(|one| one.verified && one.openid != "demo-pay-one");
    let people: Vec<String> = known.take(9).map(|one| session(&Driver::enter(&stack, &one.openid))).collect();
    let ninth = people.last().expect("nine people").clone();
    stack.settle();
    stack.control("faults", &json!({ "match": { "call": "vehicles_of" }, "fault": "late:9000" }));
    let own = |who: &String| send(stack.url.clone() + "/vehicles/own", who.clone(), Some(json!({})));
    // Two each of eight people, and every place is taken.
    let waiting: Vec<_> = people[..8].iter().flat_map(|who| [own(who), own(who)]).collect();
    thread::sleep(Duration::from_millis(700));
    let third = own(&people[0]).join().expect("told");
    assert!(third.status == 503 && third.took < Duration::from_millis(1_500), "{:?}", third.took);
    let next = own(&ninth).join().expect("told");
    assert!(next.status == 503 && next.took < Duration::from_secs(4), "{:?}", next.took);
    for told in [&third, &next] {
        let seconds: u32 = told.retry_after.as_deref().unwrap_or_default().parse().expect("seconds");
        assert!((5..=10).contains(&seconds), "{seconds}");
    }
    // Whoever pays, and whoever only looks, does not notice.
    ruan.press(&handed, "pay");
    let path = format!("/orders/{}", text(&order, "/id"));
    ruan.until(&path, "/money", &json!("charged"));
    let look = send(stack.url.clone() + "/violations", ninth, None).join().expect("told");
    assert!(look.status == 200 && look.took < Duration::from_secs(2), "{}: {:?}", look.status, look.took);
    assert!(waiting.iter().all(|one| !one.is_finished()), "they held their places all the time");
    for one in waiting {
        assert_eq!(one.join().expect("told").status, 303);
    }
}

#[test]
fn who_comes_back_to_a_silent_rail_sees_what_is_known_and_not_the_silence() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    ruan.hand_over(&order);
    stack.control("faults", &json!({ "match": { "call": "query" }, "fault": "late:6000" }));
    let path = format!("/orders/{}", text(&order, "/id"));
    let back = || send(stack.url.clone() + &path + "/returned", session(&ruan), None);
    let waiting = [back(), back()];
    thread::sleep(Duration::from_millis(700));
    let third = back().join().expect("told");
    assert!(third.status == 200 && third.took < Duration::from_secs(2), "{}: {:?}", third.status, third.took);
    assert_eq!(ruan.open(&path)["money"], "confirming");
    // Giving it up needs the rail's word: whoever has asked twice already is asked to come again.
    let give_up = ruan.post(&format!("{path}/cancel"), &json!({}));
    give_up.problem(503, "busy");
    assert!(give_up.retry_after.is_some());
    for one in waiting {
        assert_eq!(one.join().expect("told").status, 200);
    }
}
