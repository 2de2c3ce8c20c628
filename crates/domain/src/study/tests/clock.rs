use proptest::prelude::*;

use super::{super::*, at, legacy};

fn running() -> (StudyClock, Sitting) {
    let mut clock = StudyClock::start(&legacy(), at(0));
    let sitting = clock.open_page(at(0));
    (clock, sitting)
}

fn beat(sitting: Sitting, seq: u32, visible: bool) -> Beat {
    Beat { sitting, seq, visible }
}

#[test]
fn beats_of_a_visible_page_earn_the_elapsed_time() {
    let (mut clock, sitting) = running();
    for seq in 1..=5 {
        let outcome = clock.heartbeat(beat(sitting, seq, true), at(i64::from(seq) * 5_000));
        assert_eq!((outcome.credit, outcome.credited_ms), (Credit::Counted, 5_000));
    }
    assert!(!clock.is_earned());
    assert_eq!(clock.remaining(at(27_000)).as_millis(), 3_000, "shown as if a beat came now");
    let last = clock.heartbeat(beat(sitting, 6, true), at(30_000));
    assert_eq!((last.done_ms, last.left_ms), (30_000, 0));
    assert!(clock.is_earned());
}

#[test]
fn hidden_time_is_not_credited_and_nothing_is_taken_away() {
    let (mut clock, sitting) = running();
    clock.heartbeat(beat(sitting, 1, true), at(5_000));
    assert_eq!(clock.heartbeat(beat(sitting, 2, false), at(9_000)).credit, Credit::Hidden);
    assert_eq!(clock.heartbeat(beat(sitting, 3, true), at(20_000)).credit, Credit::Hidden, "hidden before");
    assert_eq!(clock.done_ms(), 5_000);
    assert_eq!(clock.heartbeat(beat(sitting, 4, true), at(25_000)).done_ms, 10_000);
}

#[test]
fn a_page_being_hidden_says_so_twice_and_loses_nothing() {
    let (mut clock, sitting) = running();
    clock.heartbeat(beat(sitting, 1, true), at(3_200));
    clock.heartbeat(beat(sitting, 2, false), at(3_200));
    assert_eq!(clock.done_ms(), 3_200);
}

#[test]
fn a_gap_up_to_thirty_seconds_is_credited_once_and_a_longer_one_not() {
    let (mut clock, sitting) = running();
    let gap = beat(sitting, 1, true);
    assert_eq!(clock.heartbeat(gap, at(30_000)).credited_ms, 30_000);
    assert_eq!(clock.heartbeat(gap, at(30_000)).credit, Credit::Replayed);
    let long = clock.heartbeat(beat(sitting, 2, true), at(60_001));
    assert_eq!((long.credit, long.credited_ms, long.done_ms), (Credit::TooLong, 0, 30_000));
    assert_eq!(clock.heartbeat(beat(sitting, 3, true), at(65_000)).credited_ms, 4_999);
}

#[test]
fn beats_from_the_future_old_pages_and_made_up_pages_earn_nothing() {
    let (mut clock, sitting) = running();
    let before = clock.clone();
    assert_eq!(clock.heartbeat(beat(sitting, 1_000, true), at(5_000)).credit, Credit::FromFuture);
    assert_eq!(clock.heartbeat(beat(Sitting(7), 1, true), at(5_000)).credit, Credit::OldPage);
    assert_eq!(clock.heartbeat(beat(Sitting(0), 1, true), at(5_000)).credit, Credit::OldPage);
    assert_eq!(clock, before);
    let newer = clock.open_page(at(6_000));
    assert_eq!(
        clock.heartbeat(beat(sitting, 1, true), at(10_000)).credit,
        Credit::OldPage,
        "another phone took over"
    );
    assert_eq!(clock.heartbeat(beat(newer, 1, true), at(10_000)).credited_ms, 4_000);
}

#[test]
fn many_beats_at_once_earn_what_one_would() {
    let (mut clock, sitting) = running();
    for seq in 1..=8 {
        clock.heartbeat(beat(sitting, seq, true), at(100 * i64::from(seq)));
    }
    assert_eq!(clock.done_ms(), 800);
}

#[test]
fn a_server_clock_that_steps_back_credits_nothing_twice() {
    let (mut clock, sitting) = running();
    clock.heartbeat(beat(sitting, 1, true), at(10_000));
    assert_eq!(clock.heartbeat(beat(sitting, 2, true), at(4_000)).credit, Credit::ClockBack);
    assert_eq!(clock.heartbeat(beat(sitting, 2, true), at(12_000)).done_ms, 12_000);
}

#[test]
fn without_script_each_reading_of_a_card_earns_once_up_to_its_cap() {
    let (mut clock, first) = running();
    let slow = clock.finish_page(first, 20, at(90_000));
    assert_eq!(
        (slow.credit, slow.credited_ms),
        (Credit::Counted, 20_000),
        "ninety seconds on one card, capped"
    );
    assert_eq!(clock.finish_page(first, 20, at(95_000)).credit, Credit::Replayed, "the form sent twice");
    let second = clock.open_page(at(95_000));
    assert_eq!(clock.finish_page(first, 20, at(99_000)).credit, Credit::OldPage);
    let done = clock.finish_page(second, 20, at(105_000));
    assert_eq!(done.done_ms, 30_000);
    assert!(clock.is_earned());
}

#[test]
fn with_script_the_continue_is_one_more_beat_and_never_counts_twice() {
    let (mut clock, sitting) = running();
    clock.heartbeat(beat(sitting, 1, true), at(5_000));
    assert_eq!(clock.finish_page(sitting, 20, at(8_000)).done_ms, 8_000);
    assert_eq!(
        clock.heartbeat(beat(sitting, 2, true), at(10_000)).credit,
        Credit::Replayed,
        "the page is finished"
    );
    let next = clock.open_page(at(10_000));
    clock.heartbeat(beat(next, 1, false), at(11_000));
    assert_eq!(clock.finish_page(next, 20, at(19_000)).credit, Credit::Hidden, "hidden until the end");
    assert_eq!(clock.done_ms(), 8_000);
}

#[test]
fn leaving_for_hours_keeps_what_was_earned_and_a_day_later_study_begins_anew() {
    let (mut clock, sitting) = running();
    clock.heartbeat(beat(sitting, 1, true), at(12_000));
    let hour = 3_600_000;
    let again = clock.open_page(at(10 * hour));
    let back = clock.heartbeat(beat(again, 1, true), at(10 * hour + 5_000));
    assert_eq!(back.done_ms, 17_000);
    assert!(!clock.lapsed(at(24 * hour)) && clock.lapsed(at(24 * hour + 1)));
    let late = clock.open_page(at(25 * hour));
    let refused = clock.heartbeat(beat(late, 1, true), at(25 * hour + 5_000));
    assert_eq!((refused.credit, refused.done_ms), (Credit::Lapsed, 17_000));
}

#[test]
fn the_clock_survives_storage() {
    let (mut clock, sitting) = running();
    clock.heartbeat(beat(sitting, 1, true), at(5_000));
    let stored = serde_json::to_string(&clock).unwrap();
    assert_eq!(serde_json::from_str::<StudyClock>(&stored).unwrap(), clock);
    assert!(serde_json::from_str::<StudyClock>(&stored.replace("credited_ms", "credit")).is_err());
}

#[derive(Debug, Clone)]
enum Event {
    Open,
    Beat { sitting_back: u32, seq: u32, visible: bool },
    Finish,
}

fn events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    let event = prop_oneof![
        1 => Just(Event::Open),
        6 => (0..3_u32, 0..40_u32, any::<bool>())
            .prop_map(|(sitting_back, seq, visible)| Event::Beat { sitting_back, seq, visible }),
        2 => Just(Event::Finish),
    ];
    prop::collection::vec((-5_000..40_000_i64, event), 0..60)
}

proptest! {
    /// Whatever is sent and however the server's own clock jumps: never more than the server's elapsed time, never
    /// less than before, and a repeated message adds nothing.
    #[test]
    fn credit_is_bounded_by_the_servers_own_time(events in events()) {
        let mut clock = StudyClock::start(&legacy(), at(0));
        let (mut now, mut furthest, mut before) = (0, 0, 0);
        for (step, event) in events {
            now += step;
            furthest = furthest.max(now);
            let send = |clock: &mut StudyClock| match &event {
                Event::Open => { clock.open_page(at(now)); }
                Event::Beat { sitting_back, seq, visible } => {
                    let sitting = Sitting(clock.sitting().0.saturating_sub(*sitting_back));
                    clock.heartbeat(Beat { sitting, seq: *seq, visible: *visible }, at(now));
                }
                Event::Finish => { clock.finish_page(clock.sitting(), 20, at(now)); }
            };
            send(&mut clock);
            let done = clock.done_ms();
            prop_assert!(done >= before, "taken away");
            prop_assert!(done <= u64::try_from(furthest).unwrap_or(0), "more than the time that passed");
            send(&mut clock);
            prop_assert_eq!(clock.done_ms(), done, "a repeated message earned");
            before = done;
        }
    }

    /// An honest reader gets exactly the visible seconds, however the beats fall.
    #[test]
    fn an_honest_reader_gets_every_visible_millisecond(steps in prop::collection::vec(200..30_000_i64, 1..30)) {
        let (mut clock, sitting) = running();
        let mut now = 0;
        for (seq, step) in (1..).zip(&steps) {
            now += step;
            clock.heartbeat(beat(sitting, seq, true), at(now));
        }
        prop_assert_eq!(clock.done_ms(), u64::try_from(steps.iter().sum::<i64>()).unwrap());
    }
}
