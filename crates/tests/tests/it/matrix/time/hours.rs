//! Hours of service and the periods of the policy packs.

use clearway_domain::offences::OffenceTable;
use clearway_domain::rules::Packs;
use clearway_service::law;
use jiff::SignedDuration;

use super::{DAYS, TIMES, WALLS, at};
use crate::matrix::tally::Tally;

/// Runs them.
pub fn run(tally: &mut Tally) {
    let packs = Packs::shipped(&OffenceTable::builtin());
    open_at(tally, &packs);
    wrong_clocks(tally, &packs);
    in_force(tally, &packs);
}

/// SEED: open from 06:00 to 22:00; reading A34: 22:00:00 is closed.
fn open_at(tally: &mut Tally, packs: &Packs) {
    for day in DAYS {
        for (word, time) in TIMES {
            let now = at(day.date, time);
            let due = match (6..22).contains(&time.hour()) {
                true => "open".to_owned(),
                false if time.hour() < 6 => format!("closed until {} 06:00", day.date),
                false => format!("closed until {} 06:00", super::after(day.date, 1)),
            };
            let pack = packs.in_force(now).expect("a pack for every day since 2016");
            let told = match law::is_open(pack, now) {
                true => "open".to_owned(),
                false => {
                    let opens = clearway_domain::civil(law::opens_next(pack, now));
                    format!("closed until {} {:02}:{:02}", opens.date(), opens.hour(), opens.minute())
                }
            };
            let name = format!("hours (A34) at {word} on {}", day.word);
            tally.case(&["hours of service", day.word, "true"], &name, &due, &told);
        }
    }
}

/// A wrong clock is believed, since there is no other, but it can never shut the service for longer than a night: what it
/// says about now, about the next opening and about that opening itself fits together.
fn wrong_clocks(tally: &mut Tally, packs: &Packs) {
    for day in &DAYS[..3] {
        for (word, time) in TIMES {
            for wall in &WALLS[1..] {
                let now = wall.shows(at(day.date, time), 0);
                let pack = packs.in_force(now).expect("a pack for every day since 2016");
                let wait = law::opens_next(pack, now).duration_since(now);
                let opens = law::opens_next(pack, now);
                let fits = law::is_open(pack, now) == wait.is_zero()
                    && wait <= SignedDuration::from_hours(8)
                    && law::is_open(pack, opens)
                    && (wait.is_zero() || !law::is_open(pack, opens - SignedDuration::from_secs(1)));
                let told = if fits { "shut for a night at most" } else { "shut otherwise" };
                let name = format!("hours (A34) at {word} on {}, clock {}", day.word, wall.word);
                tally.case(
                    &["hours of service", day.word, wall.word],
                    &name,
                    "shut for a night at most",
                    told,
                );
            }
        }
    }
}

/// `domain.md` §1.2: 2016-12-31 to 2019-11-30, 2019-12-01 to 2022-03-31, national from 2022-04-01 (order 163 art. 36); days are
/// China's, so the national pack begins on 31 March 16:00 UTC.
fn in_force(tally: &mut Tally, packs: &Packs) {
    for day in DAYS {
        for (word, time) in [TIMES[0], TIMES[5]] {
            let (year, month) = (day.date.year(), day.date.month());
            let due = match (year, month) {
                (2022.., 4..) => "national-2022",
                (2020.., _) | (2019, 12) => "wuhan-2019",
                _ => "wuhan-2016",
            };
            let told = packs.in_force(at(day.date, time)).map_or("none", |pack| pack.id());
            let name = format!("pack (A18) at {word} on {}", day.word);
            tally.case(&["pack in force", day.word, "true"], &name, due, told);
        }
    }
}
