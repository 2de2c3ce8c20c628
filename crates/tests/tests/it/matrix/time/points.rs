//! Points years, the end of one, and what is counted within it.

use clearway_domain::calendar::Calendar;
use clearway_domain::facts::{Programme, RawFacts};
use clearway_domain::offences::OffenceTable;
use clearway_domain::points::{CarryOver, CycleEnd, Entry, cycle_of, end_of_cycle};
use clearway_domain::refusal::{Question, Refusal};
use clearway_domain::rules::{Packs, cases};
use jiff::civil::{Date, date};
use serde_json::json;

use super::{TIMES, after, at, law};
use crate::matrix::tally::Tally;

/// Days of a first licence.
const FIRSTS: [(&str, Date); 6] = [
    ("licence of 15 June", date(2015, 6, 15)),
    ("licence of 29 February", date(2016, 2, 29)),
    ("licence of 28 February", date(2015, 2, 28)),
    ("licence of 1 March", date(2015, 3, 1)),
    ("licence of 31 December", date(2014, 12, 31)),
    ("licence of 1 January", date(2015, 1, 1)),
];

/// Runs them.
pub fn run(tally: &mut Tally) {
    starts(tally);
    ends(tally);
    uses(tally);
}

/// Order 163 art. 3, reading A1: which points year a second of a day lies in, at every day on which one of these licences,
/// a calendar year or a February turns.
fn starts(tally: &mut Tally) {
    let days = [
        date(2019, 12, 31),
        date(2020, 1, 1),
        date(2020, 2, 27),
        date(2020, 2, 28),
        date(2020, 2, 29),
        date(2020, 3, 1),
        date(2020, 6, 14),
        date(2020, 6, 15),
        date(2020, 12, 30),
        date(2020, 12, 31),
        date(2021, 1, 1),
        date(2021, 2, 27),
        date(2021, 2, 28),
        date(2021, 3, 1),
    ];
    for (word, first) in FIRSTS {
        for day in days {
            let due = law::points_year(first, day);
            let cycle = cycle_of(first, day);
            let name = format!("points year (记分管理办法 3; A1) of a {word} on {day}");
            let (due, told) = (due.to_string(), cycle.start.to_string());
            tally.case(&["points year", word, "true"], &name, &due, &told);
        }
    }
}

/// Order 163 art. 15, readings A25 to A28: what moves when a year ends, by the last day to pay of its unpaid fine.
fn ends(tally: &mut Tally) {
    for (word, first) in FIRSTS {
        let next = law::points_year(first, date(2021, 3, 2));
        let last_day = after(next, -1);
        let cycle = cycle_of(first, last_day);
        let fines = [
            ("due two days before the end", after(last_day, -2), "moved 3"),
            ("due the day before the last", after(last_day, -1), "moved 3"),
            // Both terms end together (A25).
            ("due on the last day", last_day, "cleared"),
            ("due on the first day of the next year", next, "cleared"),
        ];
        for (when, due, unpaid) in fines {
            for (paid, points) in [(false, 3), (true, 3), (false, 12)] {
                let entries = [
                    Entry { points, paid, due: Some(due) },
                    Entry { points: 6, paid: true, due: Some(after(last_day, -200)) },
                ];
                let right = match (paid, points) {
                    (_, 12) => "stays 18",
                    (true, _) => "cleared",
                    (false, _) => unpaid,
                };
                let told = match end_of_cycle(&cycle, &entries, 0, CarryOver::AllUnpaid) {
                    CycleEnd::Cleared => "cleared".to_owned(),
                    CycleEnd::Moved(points) => format!("moved {points}"),
                    CycleEnd::Stays(points) => format!("stays {points}"),
                };
                let paid = if paid { "paid" } else { "unpaid" };
                let name =
                    format!("roll-over (记分管理办法 15) of a {word}: {points} points, {paid}, {when}");
                tally.case(&["end of a points year", word, "true"], &name, right, &told);
            }
        }
    }
}

/// Both programmes: once a points year (WH2016, WH2020 (9)). A use on the last day of a year does not count from the first
/// second of the next; a credit that was earned and not used is gone with its year (trap 10) and blocks nothing.
fn uses(tally: &mut Tally) {
    let packs = Packs::shipped(&OffenceTable::builtin());
    let calendar = Calendar::builtin();
    for (word, first) in FIRSTS {
        let begins = law::points_year(first, date(2021, 4, 5));
        let moments = [
            ("the last second of a year", at(after(begins, -1), TIMES[5].1)),
            ("the first second of the next", at(begins, TIMES[0].1)),
        ];
        for (question, programme, refusal) in [
            (Question::First, Programme::First, Refusal::FUsed),
            (Question::Study, Programme::Study, Refusal::SCreditUsed),
        ] {
            for (age, used_on) in [
                ("its last day", after(begins, -1)),
                ("the year before it", law::points_year(first, after(begins, -1))),
            ] {
                for (n, (moment, now)) in moments.iter().enumerate() {
                    let facts = facts(first, programme, used_on);
                    let pack = packs.in_force(*now).expect("a pack");
                    let verdict = pack.evaluate(question, &facts, *now, &calendar);
                    let blocked = verdict.refused().any(|one| one == refusal);
                    let told = if blocked { "used up" } else { "free" };
                    let due = if n == 0 { "used up" } else { "free" };
                    let name = format!(
                        "{} (WH2020 9) used on {age} by a {word}, asked in {moment}",
                        question.word()
                    );
                    tally.case(&["use of a programme", word, "true"], &name, due, told);
                }
            }
        }
    }
}

fn facts(first: Date, programme: Programme, used_on: Date) -> RawFacts {
    let programme = if programme == Programme::First { "first" } else { "study" };
    let case = cases::parse(
        "title = \"a\"\nwhy = \"a\"\narticle = \"WH2020\"\nat = \"2021-04-05T10:00+08:00\"\n[[expect]]\nquestion = \"first\"\noutcome = \"allowed\"\n",
    );
    let mut case = case.expect("a case");
    case.facts = json!({
        "driver": { "first_licence": first.to_string() },
        "history": { "programme_uses": [{
            "programme": programme, "date": used_on.to_string(), "used": true, "used_on": used_on.to_string(),
            "annulled": false, "points": 3,
        }] },
    });
    cases::facts(&case, "wuhan-2019").expect("facts")
}
