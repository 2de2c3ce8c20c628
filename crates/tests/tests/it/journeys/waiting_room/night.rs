//! The places of the night: at the opening, in the order of the night, before the morning.

use clearway_domain::admission::Wait;
use jiff::Timestamp;

use super::{Hall, crowd};
use crate::contract::engines::{Fresh, on_durable_engines};

on_durable_engines![
    the_night_goes_in_its_order_before_the_morning,
    what_is_left_for_the_opening_has_its_place_there,
];

/// When the service opens after the day of [`Hall`].
const OPENS: &str = "2020-04-05T22:00:00Z";

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("an instant").as_millisecond()
}

fn the_night_goes_in_its_order_before_the_morning(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    let opens = at(OPENS);
    hall.pass(at("2020-04-05T22:05:00+08:00") - hall.now_ms());
    let night: Vec<String> = crowd(1_200);
    for driver in &night {
        hall.come_for(driver, "case", opens);
        hall.pass(20);
    }
    // One confirmed before ten and is still waiting, one pays now: nobody of the night is before them.
    let payer = hall.come("payer");
    assert_eq!(payer.place.second, hall.now_ms() / 1_000);
    assert_eq!((hall.ahead("payer"), hall.seen().waiting()), (0, 1));
    assert_eq!(hall.page("payer").place.map(|place| place.wait), Some(Wait::Turn));
    assert!(hall.page(&night[0]).place.is_some_and(|place| place.opens.is_some() && !place.settled));
    assert_eq!(hall.serve(10), ["payer"], "nothing of the night is due");

    hall.pass(opens + 200 - hall.now_ms());
    let morning = hall.come("morning");
    let last = hall.turn(&night[1_199]).expect("a turn");
    assert!(last.place.second > opens / 1_000, "a crowded second gives way to the next");
    assert!(morning.run_at_ms > last.run_at_ms, "{morning:?} {last:?}");
    hall.pass(30_000);
    let finals: Vec<u64> =
        night.iter().map(|driver| hall.page(driver).place.expect("a place").number).collect();
    let served = hall.serve(2_000);
    assert_eq!((served.len(), served.last().map(String::as_str)), (1_201, Some("morning")));
    // As well as a second can tell: nobody goes before somebody whose second is over.
    let seconds: Vec<i64> =
        served.iter().map(|driver| hall.turn(driver).expect("a turn").place.second).collect();
    assert!(seconds.is_sorted());
    assert!(finals[0] < finals[1_199]);
}

/// Somebody waited in the evening already, and confirms another one after ten.
fn what_is_left_for_the_opening_has_its_place_there(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    let opens = at(OPENS);
    hall.pass(at("2020-04-05T21:59:00+08:00") - hall.now_ms());
    let first = hall.come_with("both", "evening");
    hall.pass(120_000);
    assert_eq!(hall.come_for("both", "night", opens).place, first.place, "one driver has one place");
    hall.come("payer");
    assert_eq!(hall.ahead("payer"), 1);
    assert_eq!(hall.serve(1), ["both"]);
    let left = hall.turn("both").expect("a turn");
    assert_eq!(
        (left.place.second, left.left_at_ms),
        (opens / 1_000, None),
        "the other one waits for the opening"
    );
    assert_eq!(hall.ahead("payer"), 0);
    // And the other way round: a place at the opening holds nothing up that need not wait for it.
    hall.pass(1_000);
    hall.come_with("both", "late");
    assert_eq!(hall.serve(10), ["payer", "both"]);
    assert_eq!(hall.turn("both").expect("a turn").left_at_ms, None);
    hall.pass(opens - hall.now_ms());
    assert_eq!(hall.serve(10), ["both"]);
    assert_eq!((hall.seen().room.waiting(), hall.seen().room.drawn()), (0, 3));
}
