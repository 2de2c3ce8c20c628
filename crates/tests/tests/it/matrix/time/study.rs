//! The study clock, and the tries of a day.

use clearway_domain::study::{Beat, Credit, Sitting, StudyClock, StudySettings, Tries};
use jiff::{SignedDuration, Timestamp};

use super::{DAYS, TIMES, WALLS, Wall, after, at};
use crate::matrix::tally::Tally;

/// Runs them.
pub fn run(tally: &mut Tally) {
    beats(tally);
    two_nodes(tally);
    lapses(tally);
    tries(tally);
}

/// Study of two minutes that stays usable for a day, as the city's programmes have it.
fn settings() -> StudySettings {
    let text = "study_s = 120\nquestions = 3\npass = 3\ntries_per_day = 3\ncooldown_s = 0";
    toml::from_str(text).expect("settings")
}

fn said(credit: Credit, ms: u64) -> String {
    format!("{credit:?}, {ms} ms")
}

/// SEED, `ux.md` §2.7: the server's seconds count, each once, none that nobody spent. A page that was open for ten true
/// seconds around a midnight, on a clock that is set wrong between two beats.
fn beats(tally: &mut Tally) {
    for day in DAYS {
        for wall in WALLS {
            let begin = at(day.date, TIMES[5].1);
            let mut clock = StudyClock::start(&settings(), begin);
            let sitting = clock.open_page(begin);
            let first = clock
                .heartbeat(Beat { sitting, seq: 1, visible: true }, begin + SignedDuration::from_secs(5));
            assert_eq!(first.credited_ms, 5_000, "five seconds on the true clock");
            let told = clock.heartbeat(Beat { sitting, seq: 2, visible: true }, wall.shows(begin, 10));
            // Standing still: the second beat comes before the first. Behind: before it. Ahead by more than the longest
            // silence that is credited: nobody was seen there. Over a day ahead: what was not earned by then has lapsed.
            let due = match wall {
                Wall { word: "true", .. } => said(Credit::Counted, 5_000),
                Wall { word: "+2 h" | "node +90 s", .. } => said(Credit::TooLong, 0),
                Wall { word: "+400 days", .. } => said(Credit::Lapsed, 0),
                _ => said(Credit::ClockBack, 0),
            };
            let name = format!("study over midnight after {}, clock then {}", day.word, wall.word);
            let told = said(told.credit, told.credited_ms);
            tally.case(&["study clock", day.word, wall.word], &name, &due, &told);
        }
    }
}

/// Two nodes answer in turn, their clocks apart: never more is credited than the time that truly passed.
fn two_nodes(tally: &mut Tally) {
    for day in DAYS {
        for apart_s in [90_i64, -90, 180] {
            let begin = at(day.date, TIMES[5].1);
            let mut clock = StudyClock::start(&settings(), begin);
            let sitting = clock.open_page(begin);
            let mut credited = 0;
            for beat in 1..=20_u32 {
                let passed = i64::from(beat) * 5;
                let off = if beat % 2 == 0 { apart_s } else { 0 };
                let now = begin + SignedDuration::from_secs(passed + off);
                credited += clock.heartbeat(Beat { sitting, seq: beat, visible: true }, now).credited_ms;
            }
            let told =
                if credited <= 100_000 { "at most the time spent" } else { "more than the time spent" };
            let name = format!("study on two nodes {apart_s} s apart over midnight after {}", day.word);
            tally.case(&["study clock", day.word, "two nodes"], &name, "at most the time spent", told);
        }
    }
}

/// Study once begun is usable for 24 hours (settings of the city's programmes): to the second, over every turn of the
/// calendar. A leap day or a new year does not lengthen the day.
fn lapses(tally: &mut Tally) {
    for day in DAYS {
        for (word, late_s, due) in [("24 h", 0, "Counted"), ("24 h and 1 s", 1, "Lapsed")] {
            let begin = at(day.date, TIMES[4].1);
            let mut clock = StudyClock::start(&settings(), begin);
            let end = begin + SignedDuration::from_hours(24) + SignedDuration::from_secs(late_s);
            let sitting: Sitting = clock.open_page(end - SignedDuration::from_secs(10));
            let told = clock.heartbeat(Beat { sitting, seq: 1, visible: true }, end).credit;
            let name = format!("study begun at 22:00 on {}, {word} later", day.word);
            tally.case(&["study clock", day.word, "true"], &name, due, &format!("{told:?}"));
        }
    }
}

/// Three papers a civil day in China: the fourth opens at midnight, not 24 hours later and not at a midnight of UTC.
fn tries(tally: &mut Tally) {
    for day in DAYS {
        let mut tries = Tries::default();
        for minute in 0..3 {
            tries.failed(at(day.date, TIMES[3].1) + SignedDuration::from_mins(minute));
        }
        let midnight: Timestamp = at(after(day.date, 1), TIMES[0].1);
        for (word, now, due) in [
            ("23:59:59", at(day.date, TIMES[5].1), format!("opens at {midnight}")),
            ("00:00:00 of the next day", midnight, "3 left".to_owned()),
        ] {
            let told = match tries.may_begin(&settings(), now) {
                Ok(left) => format!("{left} left"),
                Err(why) => format!("opens at {}", why.until()),
            };
            let name = format!("fourth paper after three on {}, at {word}", day.word);
            tally.case(&["tries of a day", day.word, "true"], &name, &due, &told);
        }
    }
}
