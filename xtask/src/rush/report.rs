//! The report: Markdown for the repository, and one HTML page that needs nothing but itself.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Ask;
use super::day::Day;
use super::judge::{self, Figure, Mark, quantile};
use super::plot::{Line, over_time, short};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem;color:#1a1a1a}\
    table{border-collapse:collapse;width:100%;font-size:.875rem}td,th{padding:.3rem .5rem;border-bottom:1px solid #ddd;\
    text-align:left;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
    .t{overflow-x:auto}figure{margin:1.5rem 0}figcaption{font-weight:600}svg{width:100%;height:auto;display:block}\
    svg text{font:11px system-ui,sans-serif;fill:#444}.r{text-anchor:end}.m{text-anchor:middle}.g{stroke:#e4e4e4}\
    .e{stroke:#b00020;stroke-dasharray:3 3}.w{fill:#b00020!important}.l{fill:none;stroke-width:1.6}\
    .k{margin:0;font-size:.8125rem}.k i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .6em}\
    .aim{color:#0f6b33}.gate{color:#5a5a00}.missed{color:#b00020;font-weight:700}.unknown{color:#555}";

/// A mark in words.
pub fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Aim => "aim reached",
        Mark::Gate => "gate reached",
        Mark::Missed => "MISSED",
        Mark::Unknown => "not measured",
    }
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Aim => "aim",
        Mark::Gate => "gate",
        Mark::Missed => "missed",
        Mark::Unknown => "unknown",
    }
}

/// A figure's value with its unit.
pub fn value(figure: &Figure) -> String {
    figure.value.map_or_else(
        || "–".to_owned(),
        |value| format!("{} {}", short(value), figure.unit).trim_end().to_owned(),
    )
}

/// Writes `report.md` and `report.html` into the folder.
pub fn write(folder: &Path, ask: &Ask, days: &[(Day, Vec<Figure>)]) -> Result<()> {
    let mut text = format!("# A launch day\n\n{}\n", conditions(ask));
    let mut html = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>A launch day</title><style>{STYLE}</style><h1>A launch day</h1><p>{}</p>",
        conditions(ask)
    );
    for (day, figures) in days {
        let title = format!("The {} day", day.kind.word());
        let _ = write!(text, "\n## {title}\n\n");
        let _ = write!(html, "<h2>{title}</h2>");
        for table in tables(day, figures) {
            table.markdown(&mut text);
            table.html(&mut html);
        }
        html.push_str(&plots(day));
    }
    let put = |name: &str, what: &str| {
        let file = folder.join(name);
        std::fs::write(&file, what).with_context(|| format!("cannot write {}", file.display()))
    };
    put("report.md", &text)?;
    put("report.html", &html)
}

fn conditions(ask: &Ask) -> String {
    let arrive = if ask.within == 0 { "all at once".to_owned() } else { format!("within {} s", ask.within) };
    let pauses = if ask.human { "human pauses" } else { "no pauses" };
    let store = match (ask.postgres, ask.db_away) {
        (false, _) => "SQLite".to_owned(),
        (true, 0) => "PostgreSQL".to_owned(),
        (true, away) => format!("PostgreSQL, which falls once a day and is away for {away} s"),
    };
    format!(
        "{} people, {arrive}, {pauses}, over at most {} sockets; {} server(s) on {store}, {} build; seed {}. On the slow \
         day the police platform takes {} calls a second, fails one in {} (0: none), and is away for {} s. Generator, \
         counterparts and servers share {} cores.",
        ask.drivers,
        ask.sockets,
        ask.nodes,
        ask.profile,
        ask.seed,
        ask.rate,
        ask.fails,
        ask.outage,
        std::thread::available_parallelism().map_or(0, usize::from)
    )
}

/// A table for both forms. Cells hold plain words.
struct Table {
    title: &'static str,
    head: Vec<&'static str>,
    /// Cells, with a class for the row in HTML.
    rows: Vec<(Vec<String>, &'static str)>,
}

impl Table {
    fn markdown(&self, text: &mut String) {
        let _ = write!(
            text,
            "### {}\n\n| {} |\n|{}\n",
            self.title,
            self.head.join(" | "),
            "---|".repeat(self.head.len())
        );
        for (cells, _) in &self.rows {
            let cells: Vec<String> =
                cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
    }

    fn html(&self, html: &mut String) {
        let _ = write!(html, "<h3>{}</h3><div class=\"t\"><table><tr>", self.title);
        for (at, cell) in self.head.iter().enumerate() {
            let _ = write!(html, "<th{}>{}</th>", if at == 0 { "" } else { " class=\"n\"" }, escaped(cell));
        }
        html.push_str("</tr>");
        for (cells, class) in &self.rows {
            let _ = write!(html, "<tr class=\"{class}\">");
            for (at, cell) in cells.iter().enumerate() {
                let digits = at > 0 && cell.starts_with(|c: char| c.is_ascii_digit() || c == '–' || c == '-');
                let _ =
                    write!(html, "<td{}>{}</td>", if digits { " class=\"n\"" } else { "" }, escaped(cell));
            }
            html.push_str("</tr>");
        }
        html.push_str("</table></div>");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn tables(day: &Day, figures: &[Figure]) -> Vec<Table> {
    let verdict = figures.iter().map(|figure| {
        let (gate, aim) = figure.bounds;
        let cells = vec![
            format!("{} {}", figure.goal, figure.name),
            value(figure),
            short(gate),
            short(aim),
            word(figure.mark()).to_owned(),
            figure.remark.clone(),
        ];
        (cells, class(figure.mark()))
    });
    vec![
        Table {
            title: "Verdict",
            head: vec!["figure", "value", "gate", "aim", "", "made of"],
            rows: verdict.collect(),
        },
        people(day),
        steps(day),
        waits(day),
        happened(day),
        wrong(day),
    ]
}

fn people(day: &Day) -> Table {
    let mut rows = Vec::new();
    for line in day.crowd["mix"].as_array().map_or(&[][..], Vec::as_slice) {
        let words = line[0].as_str().unwrap_or_default();
        let seen = &day.crowd["deeds"][words];
        let share = line[1].as_f64().unwrap_or(0.0) / 10.0;
        let each = seen[2].as_f64().zip(seen[0].as_f64()).filter(|(_, came)| *came > 0.0);
        let each = each.map_or_else(|| "–".to_owned(), |(requests, came)| format!("{:.1}", requests / came));
        let cells = vec![words.to_owned(), format!("{share} %"), shown(&seen[0]), shown(&seen[1]), each];
        rows.push((cells, ""));
    }
    Table {
        title: "What people came for",
        head: vec!["deed", "share", "came", "ended as wanted", "requests each"],
        rows,
    }
}

fn shown(value: &Value) -> String {
    if value.is_null() { "0".to_owned() } else { value.to_string() }
}

fn steps(day: &Day) -> Table {
    let ms = |value: &Value| format!("{:.1}", value.as_f64().unwrap_or(0.0) / 1e3);
    let row = |(name, step): (&String, &Value)| {
        let (alone, whole) = (&step["alone"], &step["whole"]);
        let cells = vec![
            name.clone(),
            shown(&alone["n"]),
            ms(&alone["p50"]),
            ms(&alone["p99"]),
            ms(&alone["max"]),
            ms(&whole["p99"]),
            shown(&step["errors"]),
        ];
        (cells, "")
    };
    let rows = day.crowd["steps"].as_object().map_or_else(Vec::new, |steps| steps.iter().map(row).collect());
    let head = vec!["step, ms", "requests", "p50", "p99", "max", "p99 with the wait for a socket", "errors"];
    Table { title: "Latency by step", head, rows }
}

fn waits(day: &Day) -> Table {
    let ((told, near, mut misses), (struck, struck_near, _)) = judge::waits(&day.turns, day.away);
    misses.sort_unstable();
    let mut rows = vec![
        (vec!["told".to_owned(), told.to_string()], ""),
        (vec!["near enough".to_owned(), near.to_string()], ""),
        (vec!["told, and then the platform was away".to_owned(), struck.to_string()], ""),
        (vec!["of these near enough".to_owned(), struck_near.to_string()], ""),
    ];
    for (per_mille, words) in [
        (10, "earliest of a hundred"),
        (100, "p10"),
        (500, "p50"),
        (900, "p90"),
        (990, "latest of a hundred"),
    ] {
        let miss = quantile(&misses, per_mille).map_or("–".to_owned(), |ms| format!("{} s", ms / 1_000));
        rows.push((vec![format!("miss, {words}"), miss], ""));
    }
    Table { title: "Waits against what was told first", head: vec!["", ""], rows }
}

fn happened(day: &Day) -> Table {
    let began = day.crowd["began_ms"].as_i64().unwrap_or(0);
    let row = |(n, (at, words)): (usize, &(i64, String))| {
        (vec![format!("{}. {words}", n + 1), format!("{} s", (at - began) / 1_000)], "")
    };
    let rows = day.events.iter().enumerate().map(row).collect();
    Table { title: "What happened: the numbers in the plots", head: vec!["", "after"], rows }
}

fn wrong(day: &Day) -> Table {
    let mut rows = Vec::new();
    for name in [
        "requests",
        "cut",
        "asked",
        "asked_s",
        "asked_by",
        "closed",
        "places",
        "bands",
        "unfinished",
        "sockets_opened",
    ] {
        rows.push((vec![name.to_owned(), shown(&day.crowd[name])], ""));
    }
    for (kind, list) in day.crowd["examples"].as_object().into_iter().flatten() {
        for words in list.as_array().into_iter().flatten().filter_map(Value::as_str).take(5) {
            rows.push((vec![kind.clone(), words.to_owned()], ""));
        }
    }
    for breach in day.verify["breaches"].as_array().into_iter().flatten().take(10) {
        rows.push((vec!["breach".to_owned(), breach.to_string()], ""));
    }
    rows.push((vec!["police platform".to_owned(), day.limit.to_string()], ""));
    Table { title: "Counted beside", head: vec!["", ""], rows }
}

fn plots(day: &Day) -> String {
    let began = day.crowd["began_ms"].as_i64().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of one day, for a plot")]
    let x = |at_ms: i64| (at_ms - began) as f64 / 1e3;
    // Words would lie over one another: the numbers stand in the table of what happened.
    let numbers: Vec<String> = (1..=day.events.len()).map(|n| n.to_string()).collect();
    let at = day.events.iter().map(|(at, _)| x(*at));
    let marks: Vec<(f64, &str)> = at.zip(numbers.iter().map(String::as_str)).collect();
    let crowd = |name: &str, scale: f64| -> Vec<(f64, f64)> {
        let point = |second: &Value| Some((x(second["at_ms"].as_i64()?), second[name].as_f64()? * scale));
        day.seconds.iter().filter_map(point).collect()
    };
    let server = |name: &str| -> Vec<(f64, f64)> {
        day.looks.iter().filter_map(|look| Some((x(look.at_ms), *look.metrics.get(name)?))).collect()
    };
    #[expect(clippy::cast_precision_loss, reason = "counts of one day, for a plot")]
    let looks = |pick: fn(&super::watch::Look) -> u64| -> Vec<(f64, f64)> {
        day.looks.iter().map(|look| (x(look.at_ms), pick(look) as f64)).collect()
    };
    let line = |name, points| Line { name, points };
    let own = looks(|look| look.own_kb).into_iter().map(|(x, kb)| (x, kb / 1_024.0)).collect();
    let cpu = rates(&looks(|look| look.cpu_ms)).into_iter().map(|(x, ms)| (x, ms / 10.0)).collect();
    [
        over_time(
            "Arrived, admitted, promised, finished",
            "people",
            &marks,
            &[
                line("arrived", crowd("arrived", 1.0)),
                line("admitted", crowd("admitted", 1.0)),
                line("promised", crowd("promised", 1.0)),
                line("finished", crowd("finished", 1.0)),
            ],
        ),
        over_time(
            "Waiting",
            "people",
            &marks,
            &[
                line("places open at the server", server("turns_waiting")),
                line("phones that show a place", crowd("waiting", 1.0)),
            ],
        ),
        over_time("Requests", "a second", &marks, &[line("answered", rates(&crowd("requests", 1.0)))]),
        over_time(
            "Latency from having a socket",
            "ms",
            &marks,
            &[line("p50", crowd("p50_us", 1e-3)), line("p99", crowd("p99_us", 1e-3))],
        ),
        over_time(
            "Calls to the police platform",
            "a second",
            &marks,
            &[line("calls", rates(&looks(|look| look.calls))), line("pace set", server("node_rate"))],
        ),
        over_time("CPU of the servers", "% of a core", &marks, &[line("CPU", cpu)]),
        over_time("Memory of the servers", "MiB", &marks, &[line("own", own)]),
        misses(day),
    ]
    .concat()
}

/// Growth a second between neighbouring points of a counter.
fn rates(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let pairs = points.iter().zip(points.iter().skip(1));
    pairs
        .filter(|((a, _), (b, _))| b > a)
        .map(|((a, from), (b, to))| (*b, ((to - from) / (b - a)).max(0.0)))
        .collect()
}

/// How far off the waits were, in the order in which they were told.
fn misses(day: &Day) -> String {
    let mut told: Vec<_> = day.turns.iter().filter_map(|turn| Some((turn.told?, turn.left_ms?))).collect();
    told.sort_unstable();
    let Some(((first, ..), _)) = told.first().copied() else { return String::new() };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of one day, for a plot")]
    let points = told.iter().map(|((at, low, high), left)| {
        ((at - first) as f64 / 1e3, ((left - at) - (low + high) / 2).abs() as f64 / 1e3)
    });
    over_time(
        "Miss of the wait that was told, by when it was told",
        "s",
        &[],
        &[Line { name: "miss", points: points.collect() }],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_written_in_both_forms() {
        let table =
            Table { title: "T", head: vec!["a", "b"], rows: vec![(vec!["x|y".into(), "1 <".into()], "aim")] };
        let (mut text, mut html) = (String::new(), String::new());
        table.markdown(&mut text);
        table.html(&mut html);
        assert!(text.contains("| x\\|y | 1 < |") && text.contains("|---|---|"));
        assert!(html.contains("<td class=\"n\">1 &lt;</td>"));
    }

    #[test]
    fn a_counter_becomes_a_rate() {
        assert_eq!(rates(&[(0.0, 0.0), (2.0, 10.0), (3.0, 9.0)]), [(2.0, 5.0), (3.0, 0.0)]);
    }
}
