//! Twelve things that users of other waiting rooms report (peers.md "Queue and load", speed-and-trust.md §3.1).

use std::collections::BTreeSet;

use clearway_service::admission::Wait;
use clearway_service::citizen::turn::Place;

use super::{Hall, crowd};
use crate::contract::engines::{Fresh, on_every_engine};

on_every_engine![
    f01_people_who_went_away_stall_nobody,
    f02_whoever_is_done_or_out_is_not_counted_any_more,
    f03_one_account_that_asks_a_hundred_thousand_times_has_one_place,
    f09_who_came_a_second_earlier_is_served_earlier,
];

/// virtual-waiting-room-on-aws#154: abandoned positions block the inlet.
fn f01_people_who_went_away_stall_nobody(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    let all = crowd(40);
    all.iter().for_each(|driver| {
        hall.come(driver);
    });
    // Nobody ever looks at a page again; the last one is served all the same, after those before.
    assert_eq!(hall.seen().room.waiting(), 40);
    assert_eq!(hall.serve(100), all);
    let seen = hall.seen();
    assert_eq!((seen.room.waiting(), seen.room.gone()), (0, 40));
}

/// virtual-waiting-room-on-aws#208: whoever expired stays in the count.
fn f02_whoever_is_done_or_out_is_not_counted_any_more(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    crowd(5).iter().for_each(|driver| {
        hall.come(driver);
    });
    let [done, objected, down, closed, ours] = <[_; 5]>::try_from(hall.claim(5)).expect("five");
    hall.finish(&done).expect("finished");
    // It waits for a reviewer and not for the platform: it has had its turn.
    hall.give_back(&objected, "an objection is pending");
    // These wait for the platform and for the opening: they keep their place.
    hall.give_back(&down, "down: no whole answer came back in time");
    hall.give_back(&closed, "closed: it opens later");
    // Our own store failed this one, or another hand was faster: that is nothing of theirs.
    let ticket = hall.page(&ours.driver).place.expect("a place").ticket;
    hall.give_back(&ours, "store: the database is busy: locked");
    assert_eq!(hall.page(&ours.driver).place.expect("a place").ticket, ticket);
    assert_eq!(hall.seen().room.waiting(), 3);
    assert!(hall.turn(&objected.driver).is_some_and(|turn| turn.left_at_ms.is_some()));
    assert!(hall.turn(&down.driver).is_some_and(|turn| turn.left_at_ms.is_none()));
    // When the objected one ends much later, nobody is taken off the count a second time.
    hall.pass(3_600_001);
    assert_eq!(hall.serve(10).len(), 4);
    let seen = hall.seen();
    assert_eq!((seen.room.waiting(), seen.room.drawn(), seen.room.gone()), (0, 5, 5));
}

/// virtual-waiting-room-on-aws#209: a robot draws unlimited numbers.
fn f03_one_account_that_asks_a_hundred_thousand_times_has_one_place(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    hall.come("before");
    hall.pass(1_000);
    let first = hall.come("greedy");
    hall.pass(1_000);
    hall.come("after");
    for round in 0..100 {
        let now = hall.now_ms();
        let asked = hall.world.db.write(|tx| {
            (0..1_000).try_for_each(|n| {
                clearway_service::admission::turn::intend(tx, "greedy", &format!("case-{}", n % 7), now, now)
            })
        });
        asked.expect("asked");
        hall.pass(if round % 10 == 0 { 1_000 } else { 0 });
    }
    assert_eq!(hall.turn("greedy").expect("a place").place, first.place);
    let seen = hall.seen();
    assert_eq!((seen.room.drawn(), seen.room.waiting()), (3, 3));
    assert_eq!((hall.ahead("greedy"), hall.ahead("after")), (1, 2));
}

/// virtual-waiting-room-on-aws#206: people ask for an estimate and there is none; and one that is not known is no number.
#[test]
fn f04_an_estimate_is_there_once_it_was_measured_and_unknown_is_said_before() {
    let hall = Hall::new();
    let all = crowd(400);
    all.iter().for_each(|driver| {
        hall.come(driver);
    });
    let last = all.last().expect("somebody");
    let place = |hall: &Hall| -> Place { hall.page(last).place.expect("a place") };
    assert_eq!((place(&hall).wait, place(&hall).queue), (Wait::Unknown, true));
    hall.serve_for(75, 2);
    let Wait::Between { low_ms, high_ms: Some(high_ms) } = place(&hall).wait else { panic!("measured") };
    let truth_ms = i64::try_from(place(&hall).ahead).expect("few") * 500;
    assert!(low_ms <= truth_ms && truth_ms <= high_ms, "{low_ms}..{high_ms} around {truth_ms}");
    assert!(high_ms * 10 <= low_ms * 14, "a range that helps: {low_ms}..{high_ms}");
    // The platform stops answering: what is not known is not invented.
    for _ in 0..200 {
        hall.pass(1_000);
        hall.seen();
    }
    assert_eq!(place(&hall).wait, Wait::Unknown);
}

/// NexaSphere#3449: position 0 still shows one minute.
#[test]
fn f05_position_zero_is_your_turn_and_no_minute() {
    let hall = Hall::new();
    hall.come("only");
    let place = hall.page("only").place.expect("a place");
    assert_eq!((place.ahead, place.wait, place.queue, place.late), (0, Wait::Turn, false, false));
    crowd(90).iter().for_each(|driver| {
        hall.come(driver);
    });
    hall.serve(1);
    hall.serve_for(75, 1);
    let next = hall.seen();
    // One person ahead at one a second is a second, not a minute.
    assert!(
        matches!(next.wait(1), Wait::Between { low_ms: 0..=1_000, high_ms: Some(900..=2_000) }),
        "{:?}",
        next.wait(1)
    );
    assert_eq!(next.wait(0), Wait::Turn);
}

/// cloudflare-docs#13976: "do I lose my place?"
#[test]
fn f06_looking_again_keeps_the_place() {
    let hall = Hall::new();
    hall.arrive(&crowd(30));
    let first = hall.page("driver-00020").place.expect("a place");
    for _ in 0..500 {
        let again = hall.page("driver-00020").place.expect("a place");
        assert_eq!((&again.ticket, again.ahead, again.number), (&first.ticket, 20, first.number));
    }
    assert_eq!(hall.seen().room.drawn(), 30, "looking draws nothing");
}

/// A number that a screen has called final never changes, whoever comes within its second and whatever the look at the room was.
#[test]
fn a_number_is_final_once_its_second_is_over_and_not_before() {
    let hall = Hall::new();
    hall.come("before");
    hall.pass(1_000 - hall.now_ms().rem_euclid(1_000));
    // One after the other within a second, into whichever lanes; each looks at once and again and again.
    let people = crowd(40);
    let mut first = Vec::new();
    for driver in &people {
        hall.come(driver);
        let place = hall.page(driver).place.expect("a place");
        assert!(!place.settled, "people of this second may still come to stand before {driver}");
        first.push(place.number);
        hall.pass(20);
    }
    let rose = people
        .iter()
        .zip(&first)
        .filter(|(driver, first)| hall.page(driver).place.expect("a place").number != **first);
    assert!(rose.count() > 0, "within a second some numbers rise: that is why they are not final");
    let mut last = vec![None; people.len()];
    for _ in 0..60 {
        for (driver, last) in people.iter().zip(&mut last) {
            let place = hall.page(driver).place.expect("a place");
            if let Some(number) = *last {
                assert!(place.settled);
                assert_eq!(place.number, number, "{driver}");
            }
            *last = place.settled.then_some(place.number);
        }
        hall.come(&format!("late-{}", hall.now_ms()));
        hall.pass(50);
    }
    assert!(last.iter().all(Option::is_some), "two seconds later everybody's is");
}

/// Queue-it and others: a ticket belongs to a browser.
#[test]
fn f07_another_phone_and_another_node_show_the_same_place() {
    let fresh = Fresh::file();
    let hall = Hall::on(fresh.ready());
    hall.arrive(&crowd(25));
    let there = hall.beside(fresh.open());
    let (one, other) = (hall.page("driver-00024").place, there.page("driver-00024").place);
    let (one, other) = (one.expect("a place"), other.expect("a place"));
    assert_eq!((&one.ticket, one.ahead, one.number), (&other.ticket, other.ahead, other.number));
    assert_eq!(one.ahead, 24);
}

/// Cloudflare: re-entry only within a session's time.
#[test]
fn f08_whoever_leaves_for_hours_has_moved_up_and_not_back() {
    let hall = Hall::new();
    hall.arrive(&crowd(50));
    let before = hall.page("driver-00049").place.expect("a place");
    for hour in 0..5 {
        hall.pass(3_600_000);
        hall.serve(5);
        hall.come(&format!("late-{hour}"));
    }
    let after = hall.page("driver-00049").place.expect("a place");
    assert_eq!((before.ahead, after.ahead), (49, 24));
    assert_eq!((before.number, &before.ticket), (after.number, &after.ticket));
}

/// Cloudflare: first in, first out only by minute buckets. SQS: order within a burst is approximate.
fn f09_who_came_a_second_earlier_is_served_earlier(fresh: Fresh) {
    let hall = Hall::on(fresh.ready());
    let mut came = Vec::new();
    for second in 0..20 {
        // Within a second in any order of names.
        for n in [3, 1, 2] {
            let driver = format!("{}-{n}-{second}", (second * 7) % 10);
            hall.come(&driver);
            came.push((second, driver));
        }
        hall.pass(1_000);
    }
    let served = hall.serve(100);
    assert_eq!(served.len(), came.len());
    let second_of = |driver: &String| came.iter().find(|(_, name)| name == driver).expect("came").0;
    let seconds: Vec<i64> = served.iter().map(second_of).collect();
    assert!(seconds.is_sorted(), "{seconds:?}");
}

/// Cloudflare: counters per data centre that agree only later admit too many. (Shares of the ceiling: `nodes`.)
#[test]
fn f10_two_nodes_count_every_turn_once_at_once() {
    let fresh = Fresh::postgres();
    let hall = Hall::on(fresh.ready());
    let there = hall.beside(fresh.open());
    std::thread::scope(|scope| {
        for (node, hall) in [("a", &hall), ("b", &there)] {
            scope.spawn(move || {
                for n in 0..60 {
                    hall.come(&format!("{node}-{n}"));
                    // The same person on two phones at two nodes at once.
                    hall.come(&format!("both-{}", n / 2));
                }
            });
        }
    });
    let (one, other) = (hall.seen(), there.seen());
    assert_eq!((one.room.drawn(), other.room.drawn()), (150, 150), "both know at once, and nobody twice");
    let served: Vec<String> = std::thread::scope(|scope| {
        let serving = [&hall, &there].map(|hall| scope.spawn(move || hall.serve(200)));
        serving.into_iter().flat_map(|node| node.join().expect("no panic")).collect()
    });
    let different: BTreeSet<&String> = served.iter().collect();
    assert_eq!((served.len(), different.len()), (150, 150));
    assert_eq!((hall.seen().room.waiting(), there.seen().room.gone()), (0, 150));
}

/// Numbers that are stale after a reset: nothing is reset here, not at midnight and not when seconds are folded away.
#[test]
fn f11_midnight_and_folding_change_nobodys_place() {
    let hall = Hall::new();
    hall.pass(13 * 3_600_000 + 50 * 60_000);
    for driver in crowd(60) {
        hall.come(&driver);
        hall.pass(15_000);
    }
    assert_eq!(hall.world.today().to_string(), "2020-04-06");
    hall.serve(20);
    let before: Vec<Place> =
        crowd(60)[20..].iter().map(|driver| hall.page(driver).place.expect("a place")).collect();
    hall.pass(600_000);
    let (seen, now) = (hall.seen(), hall.now_ms());
    let folded = hall.world.db.write(|tx| clearway_store::turn::fold(tx, &seen.room, now)).expect("folded");
    assert_eq!(folded, 20, "seconds that are over");
    let after: Vec<Place> =
        crowd(60)[20..].iter().map(|driver| hall.page(driver).place.expect("a place")).collect();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.ahead, before.number, &before.ticket), (after.ahead, after.number, &after.ticket));
    }
    let seen = hall.seen();
    assert_eq!((seen.room.drawn(), seen.room.gone(), seen.room.waiting()), (60, 20, 40));
}

/// Waiting rooms in front of the door know active users, and not what is behind: here an outage takes nobody's place, and
/// after it the order is the same.
#[test]
fn f12_the_room_follows_the_work_behind_it_and_not_the_people_before_it() {
    let hall = Hall::new();
    let all = crowd(30);
    hall.arrive(&all);
    hall.serve(10);
    // The platform is away for an hour: the oldest are tried and come back, everybody stays.
    for _ in 0..5 {
        for job in hall.claim(2) {
            let now = hall.now_ms();
            let back = hall.world.db.write(|tx| {
                let turn = clearway_service::admission::turn::hold(tx, &job)?;
                clearway_store::queue::retry(tx, &job, now + 700_000, "down: could not be reached")?;
                clearway_service::admission::turn::settle(tx, &job, turn, now)
            });
            back.expect("back");
        }
        hall.pass(720_000);
    }
    assert_eq!(hall.seen().room.waiting(), 20);
    assert_eq!(hall.ahead("driver-00029"), 19);
    assert_eq!(hall.serve(100), all[10..], "in the order of coming");
}
