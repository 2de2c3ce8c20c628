//! The figures of a day, from what was seen.

use serde_json::Value;

use super::day::{Day, Down, Floor};
use super::judge::{Figure, overtaken, waits};
use super::line::Line;
use super::watch::Look;
use super::{Ask, Kind};

/// Fewer people than this say nothing about a ratio of a whole day: half a minute of study is most of it.
const CROWD: u64 = 20_000;
/// A shorter ideal drain than this, s, is mostly study and start.
const DRAIN_S: f64 = 300.0;
/// Fewer foretold waits than this are no share.
const TOLD: usize = 100;
/// After a server is up again, connections that broke before are still being noticed, ms.
const GRACE_MS: i64 = 3_000;

/// All figures of a day.
pub fn of(ask: &Ask, day: &Day) -> Vec<Figure> {
    let mut all = zeros(day);
    all.extend(match day.kind {
        Kind::Quick => quick(ask, day),
        Kind::Slow => slow(ask, day),
    });
    all.extend(costs(ask, day));
    all
}

fn count(day: &Day, name: &str) -> u64 {
    day.crowd[name].as_u64().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds of one day, for ratios")]
fn float(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of one day, for ratios")]
fn signed(ms: i64) -> f64 {
    ms as f64
}

/// What must be zero on every day.
fn zeros(day: &Day) -> Vec<Figure> {
    let goal = if day.kind == Kind::Quick { "P-4" } else { "P-5" };
    let stray = stray_cuts(&day.seconds, &day.down);
    let errors = count(day, "errors");
    let lost = count(day, "lost") + count(day, "sessions_lost");
    let breaches = day.verify["breaches"].as_array().map_or(&[][..], Vec::as_slice);
    let of = |invariant: u64| breaches.iter().filter(|breach| breach["invariant"] == invariant).count();
    let twice = of(2) + day.decided_twice;
    let in_fen = day.takings["fen"].as_i64().unwrap_or(-1);
    let books = rail_debits(&day.verify);
    let (late, most_ms) = overtaken(&day.turns);
    let unseen = day.turns.iter().filter(|turn| turn.called_ms.is_none()).count();
    let n = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    vec![
        Figure::zero(goal, "turned away", count(day, "turned_away"), "never got through"),
        Figure::zero(
            goal,
            "errors",
            errors + stray,
            format!("{errors} answers, {stray} connections that broke with the server up"),
        ),
        Figure::zero(goal, "lost", lost, format!("{} promises in all", count(day, "promised"))),
        Figure::zero(goal, "ended otherwise", count(day, "otherwise"), "promised, and neither done nor lost"),
        Figure::zero(goal, "doubled", n(twice), "decisions or settlements for one violation"),
        Figure::zero(
            "P-5",
            "overtaken by more than a second",
            n(late),
            format!(
                "by {:.1} s at most; {} turns, {unseen} never called",
                signed(most_ms) / 1e3,
                day.turns.len()
            ),
        ),
        Figure::zero(
            "P-5",
            "places that changed",
            count(day, "moved"),
            format!(
                "{} compared on a second phone; {} numbers rose before they were told to be final",
                count(day, "compared"),
                count(day, "risen")
            ),
        ),
        command(goal, day),
        Figure::zero(goal, "breaches of the twelve sentences", n(breaches.len()), "clearway verify"),
        Figure::zero(
            goal,
            "fen between rail and ledger",
            in_fen.abs_diff(books),
            format!("{in_fen} fen at the rail, {books} in the ledger"),
        ),
    ]
}

/// An operator's command in the middle of it.
fn command(goal: &'static str, day: &Day) -> Figure {
    let name = "operator's commands that failed";
    match &day.command {
        Some(Ok(ms)) => Figure::zero(goal, name, 0, format!("the ceiling was set within {ms} ms")),
        Some(Err(said)) => Figure::zero(goal, name, 1, said.as_str()),
        None => {
            Figure::less(goal, name, None, "", (0.0, 0.0)).because("the crowd went home before one was given")
        }
    }
}

/// What the rail owes us by the ledger, fen.
fn rail_debits(verify: &Value) -> i64 {
    let balances = verify["balances"].as_array().map_or(&[][..], Vec::as_slice);
    let rail =
        balances.iter().filter(|line| line["account"].as_str().is_some_and(|name| name.starts_with("rail:")));
    rail.filter_map(|line| line["debits_fen"].as_i64()).sum()
}

/// Connections that broke in a second in which their server was up.
fn stray_cuts(seconds: &[Value], down: &[Down]) -> u64 {
    let mut before: Vec<u64> = Vec::new();
    let mut stray = 0;
    for second in seconds {
        let at = second["at_ms"].as_i64().unwrap_or(0);
        let cuts = second["cuts"].as_array().map_or(&[][..], Vec::as_slice);
        let now: Vec<u64> = cuts.iter().map(|cut| cut.as_u64().unwrap_or(0)).collect();
        for (server, cut) in now.iter().enumerate() {
            let grown = cut.saturating_sub(before.get(server).copied().unwrap_or(0));
            stray += if is_down(down, server, at) { 0 } else { grown };
        }
        before = now;
    }
    stray
}

/// Whether a server was down then, or had just come back.
fn is_down(down: &[Down], server: usize, at_ms: i64) -> bool {
    down.iter()
        .any(|(which, from, to)| *which == server && at_ms >= *from && at_ms <= to.saturating_add(GRACE_MS))
}

/// The cheapest page that was measured, before or after: the hardest to be held against.
pub fn floor(day: &Day) -> Floor {
    let cheapest = |pick: fn(&Floor) -> f64| {
        day.floors.iter().map(|(_, floor)| pick(floor)).filter(|us| *us > 0.0).fold(f64::INFINITY, f64::min)
    };
    Floor { wall_us: cheapest(|floor| floor.wall_us), cpu_us: cheapest(|floor| floor.cpu_us) }
}

/// The step with the longest p99 from having a socket, and that in ms.
fn slowest(day: &Day) -> Option<(String, f64)> {
    let steps = day.crowd["steps"].as_object()?;
    let of = |(name, step): (&String, &Value)| Some((name.clone(), step["alone"]["p99"].as_f64()? / 1e3));
    steps.iter().filter_map(of).max_by(|a, b| a.1.total_cmp(&b.1))
}

fn whole_s(day: &Day) -> f64 {
    let at = |name: &str| day.crowd[name].as_i64().unwrap_or(0);
    signed(at("ended_ms") - at("began_ms")) / 1e3
}

fn quick(ask: &Ask, day: &Day) -> Vec<Figure> {
    let (requests, seconds) = (count(day, "requests"), whole_s(day));
    let ratio = seconds / (float(requests) * floor(day).wall_us / 1e6);
    let made_of = format!("{ratio:.1} = {seconds:.0} s ÷ ({requests} × {:.1} µs)", floor(day).wall_us);
    let (told, remark) = if ask.drivers >= CROWD {
        (Some(ratio), made_of)
    } else {
        (None, format!("{made_of}: too few people to be judged"))
    };
    let mut figures =
        vec![Figure::less("P-4", "time ÷ (requests × plaintext)", told, "×", (6.0, 4.0)).because(remark)];
    let (step, p99) = slowest(day).unzip();
    figures.push(
        Figure::less("P-4", "p99 of the slowest step", p99, "ms", (500.0, 200.0))
            .because(step.unwrap_or_default()),
    );
    figures
}

fn slow(ask: &Ask, day: &Day) -> Vec<Figure> {
    let calls = day.limit["calls"].as_u64().unwrap_or(0);
    let ideal = float(calls) / float(ask.rate) + float(ask.outage);
    let began = day.crowd["began_ms"].as_i64().unwrap_or(0);
    let drain = signed(day.last_call_ms - began - day.night_ms) / 1e3;
    let made_of = format!(
        "{:.2} = {drain:.0} s ÷ ({calls} calls ÷ {} + {} s); the night of {:.0} s is not counted",
        drain / ideal,
        ask.rate,
        ask.outage,
        signed(day.night_ms) / 1e3
    );
    let (ratio, remark) = if ideal >= DRAIN_S {
        (Some(drain / ideal), made_of)
    } else {
        (None, format!("{made_of}: too short to be judged"))
    };
    let ((told, near, _), (struck, struck_near, _)) = waits(&day.turns, day.away);
    let share = |part: usize| {
        100.0 * float(u64::try_from(part).unwrap_or(0)) / float(u64::try_from(told.max(1)).unwrap_or(1))
    };
    let mut eta_words = format!("{near} of {told} who were told");
    if struck > 0 {
        eta_words.push_str(&format!("; of {struck} more the outage fell into the wait: {struck_near}"));
    }
    let eta = (told >= TOLD).then(|| share(near));
    if eta.is_none() {
        eta_words.push_str(": too few to be judged");
    }
    let burst = day.limit["burst"].as_u64().unwrap_or(0);
    let most = day.limit["most"].as_u64().unwrap_or(0);
    // While the database is away people are asked to come again, and by every server.
    let shut: Vec<Down> =
        day.down.iter().copied().chain(day.db_away.map(|(from, to)| (0, from, to))).collect();
    let open = intake(&day.seconds, &shut);
    vec![
        Figure::more("P-5", "intake open in service hours", Some(open), "%", (100.0, 100.0))
            .because("seconds in which nobody was asked to come again"),
        Figure::less("P-5", "drain ÷ ideal", ratio, "×", (1.3, 1.1)).because(remark),
        Figure::more("P-5", "waits foretold within a fifth or a minute", eta, "%", (90.0, 97.0))
            .because(eta_words),
        Figure::zero(
            "P-5",
            "calls above what was agreed",
            day.limit["refused"].as_u64().unwrap_or(0),
            format!("at most {most} in any second; agreed {} and bursts of {burst}", ask.rate),
        ),
    ]
}

/// Share of seconds with the server and its database up in which nobody was asked to come again, per cent.
fn intake(seconds: &[Value], down: &[Down]) -> f64 {
    let (mut all, mut open, mut before) = (0_u64, 0_u64, 0);
    for second in seconds {
        let (at, asked) = (second["at_ms"].as_i64().unwrap_or(0), second["asked"].as_u64().unwrap_or(0));
        if !is_down(down, 0, at) {
            all += 1;
            open += u64::from(asked == before);
        }
        before = asked;
    }
    if all == 0 { 100.0 } else { 100.0 * float(open) / float(all) }
}

fn costs(ask: &Ask, day: &Day) -> Vec<Figure> {
    let done = count(day, "done");
    let per_case = |sum: f64| (done > 0).then(|| sum / float(done));
    let requests = count(day, "requests");
    let cpu_ms = match (day.looks.first(), day.looks.last()) {
        (Some(first), Some(last)) => float(last.cpu_ms - first.cpu_ms),
        _ => 0.0,
    };
    let mut remark = format!("{:.1} s of CPU for {done} cases, of our servers", cpu_ms / 1e3);
    if ask.postgres {
        remark.push_str("; the database's own is not measured");
    }
    let (memory, why) = memory(day.line, &day.looks);
    vec![
        Figure::less("P-6", "requests a completed case", per_case(float(requests)), "", (20.0, 16.0))
            .because(format!("{requests} requests, those of people who only look included")),
        Figure::less(
            "P-6",
            "CPU of a look at the number ÷ plaintext",
            Some(day.poll.cpu_us / floor(day).cpu_us),
            "×",
            (1.3, 1.15),
        )
        .because(format!("{:.1} µs ÷ {:.1} µs", day.poll.cpu_us, floor(day).cpu_us)),
        Figure::less("P-6", "memory a waiting person", memory, "B", (64.0, 8.0)).because(why),
        Figure::less("P-12", "CPU a completed case", per_case(cpu_ms), "ms", (2.0, 0.6)).because(remark),
    ]
}

/// What a waiting person costs a warm server, bytes; and beside it how its memory grew while people came to wait, the threads' own
/// included.
fn memory(line: Line, looks: &[Look]) -> (Option<f64>, String) {
    let bytes = |kb: u64| float(kb) * 1_024.0;
    let each = (bytes(line.after_kb) - bytes(line.before_kb)).max(0.0) / float(line.people.max(1));
    let made_of = format!("{} kB and then {} with {} in line", line.before_kb, line.after_kb, line.people);
    let waiting = |look: &Look| look.metrics.get("turns_waiting").copied().unwrap_or(0.0);
    let Some(most) = looks.iter().max_by(|a, b| waiting(a).total_cmp(&waiting(b))) else {
        return (Some(each), made_of);
    };
    // From half the queue to the whole: by then most of what a server takes for its requests has been taken.
    let half = looks.iter().find(|look| waiting(look) >= waiting(most) / 2.0).unwrap_or(most);
    let people = waiting(most) - waiting(half);
    let grown = most.own_kb.saturating_sub(half.own_kb);
    (Some(each), format!("{made_of}; in the day itself {grown} kB more while {people:.0} came to wait"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn connections_that_break_with_the_server_are_excused() {
        let at = |at_ms: i64, cuts: &[u64]| json!({ "at_ms": at_ms, "cuts": cuts });
        let seconds = [at(1_000, &[]), at(2_000, &[9]), at(5_000, &[12, 4]), at(9_000, &[13, 5])];
        assert_eq!(stray_cuts(&seconds, &[(0, 1_500, 2_500), (1, 4_000, i64::MAX)]), 1);
        assert_eq!(stray_cuts(&seconds, &[(0, 1_500, 2_500)]), 6, "the other server was up");
        assert_eq!(stray_cuts(&seconds, &[]), 18);
    }

    #[test]
    fn intake_is_a_share_of_seconds() {
        let at = |at_ms: i64, asked: u64| json!({ "at_ms": at_ms, "asked": asked });
        let seconds = [at(0, 0), at(1_000, 2), at(2_000, 2), at(60_000, 9)];
        assert!((intake(&seconds, &[(0, 59_000, 61_000)]) - 66.66).abs() < 0.1);
        assert!((intake(&[], &[]) - 100.0).abs() < f64::EPSILON);
    }

    #[test]
    fn memory_is_that_of_the_line() {
        let line = |after_kb| Line { people: 1_024, before_kb: 100, after_kb };
        let look = |waiting: f64, own_kb| Look {
            own_kb,
            metrics: [("turns_waiting".to_owned(), waiting)].into(),
            ..Look::default()
        };
        let (each, why) = memory(line(132), &[look(0.0, 1), look(50.0, 1_000), look(100.0, 2_000)]);
        assert_eq!(each, Some(32.0));
        assert!(why.ends_with("1000 kB more while 50 came to wait"), "{why}");
        assert_eq!(memory(line(90), &[]).0, Some(0.0), "what was given back is no cost");
    }
}
