//! `/metrics`: the figures of this process and of the queue, as Prometheus reads them. For operators: with a token.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use clearway_service::admission::figures::{self, Figures};
use clearway_service::admission::steps::{BOUNDS_MS, Step};
use clearway_service::{Error, World};

use crate::ctx::Cx;
use crate::officer::Watcher;
use crate::problem::{Problem, ProblemView};
use crate::web::Web;

/// The figures.
///
/// # Errors
/// Without a token; when the store does not answer.
#[utoipa::path(get, path = "/metrics", tag = "system",
    responses((status = 200, body = String), (status = "default", body = ProblemView)))]
pub async fn show(State(web): State<Web>, cx: Cx, _who: Watcher) -> Result<Response, Problem> {
    let text = web.run(&cx, |world, _| written(world)).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// The text being written.
struct Text(String);

impl Text {
    /// One family: its words, its kind, and its lines as (labels, value).
    fn family(&mut self, name: &str, kind: &str, help: &str, lines: &[(String, String)]) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP clearway_{name} {help}\n# TYPE clearway_{name} {kind}");
        for (labels, value) in lines {
            let _ = writeln!(self.0, "clearway_{name}{labels} {value}");
        }
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl ToString) {
        self.family(name, kind, help, &[(String::new(), value.to_string())]);
    }
}

/// A label with its value, quoted as the format wants it.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

/// Thousandths as a decimal.
fn milli(value: impl Into<i64>) -> String {
    let value = value.into();
    format!("{}.{:03}", value / 1_000, value % 1_000)
}

/// Milliseconds as seconds.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

fn written(world: &World) -> Result<String, Error> {
    let seen = figures::all(world)?;
    let now_ms = world.now().as_millisecond();
    let mut text = Text(String::new());
    queue(&mut text, &seen, now_ms);
    nodes(&mut text, &seen, now_ms);
    store(&mut text, world);
    steps(&mut text, &world.admission.steps.all());
    Ok(text.0)
}

fn queue(text: &mut Text, seen: &Figures, now_ms: i64) {
    let age = (now_ms - seen.at.as_millisecond()).max(0);
    let oldest = seen.oldest.map_or(0, |at| (now_ms - at.as_millisecond()).max(0));
    text.one("turns_waiting", "gauge", "People who wait for the police platform.", seen.waiting);
    text.one("turns_drawn_total", "counter", "Turns drawn.", seen.drawn);
    text.one("turns_over_total", "counter", "Turns that are over.", seen.gone);
    text.one("turns_longest_wait_seconds", "gauge", "Wait of the oldest open turn.", milli(oldest));
    text.one("turns_age_seconds", "gauge", "Age of the figures about turns.", milli(age));
    if let Some(rates) = seen.rates {
        let rate = |word: &str, rate: u64| {
            (format!("{{{}}}", label("moment", word)), milli(i64::try_from(rate).unwrap_or(i64::MAX)))
        };
        let lines = [rate("slow", rates.slow), rate("fast", rates.fast)];
        text.family("turns_over_per_second", "gauge", "Measured pace in a slow and a quick moment.", &lines);
        let help = "Checks that wait beside the turns, as turns that could end instead of them.";
        text.one("turns_beside", "gauge", help, rates.beside);
    }
    if let Some(day) = seen.yesterday {
        text.one("waits_told_yesterday", "gauge", "People who were told a wait yesterday.", day.told);
        text.one("waits_within_yesterday", "gauge", "Those within a minute or a fifth.", day.within);
        text.one("waits_missed_yesterday_seconds", "gauge", "Mean miss yesterday.", milli(day.mean_ms));
    }
    text.one("payments_unknown", "gauge", "Orders whose payment is asked about.", seen.unknown_payments);
    text.one("admission_ceiling", "gauge", "Calls a second at most, all nodes.", seen.ceiling.per_second);
    text.one("admission_agreed", "gauge", "Calls a second agreed with the platform.", seen.ceiling.agreed);
    let of = |pick: fn(&clearway_service::admission::figures::JobCount) -> i64| -> Vec<(String, String)> {
        let line = |count: &clearway_service::admission::figures::JobCount| {
            (format!("{{{}}}", label("kind", &count.kind)), pick(count).to_string())
        };
        seen.jobs.iter().map(line).collect()
    };
    let counted = (now_ms - seen.jobs_at.as_millisecond()).max(0);
    text.one("jobs_age_seconds", "gauge", "Age of the figures about jobs.", milli(counted));
    text.family("jobs", "gauge", "Open jobs by kind.", &of(|count| count.jobs));
    text.family("jobs_due", "gauge", "Jobs that could be claimed.", &of(|count| count.due));
    text.family("jobs_buried", "gauge", "Jobs that wait for a person.", &of(|count| count.buried));
}

fn nodes(text: &mut Text, seen: &Figures, now_ms: i64) {
    let lines = |value: &dyn Fn(&figures::Node) -> Option<String>| -> Vec<(String, String)> {
        let line = |node: &figures::Node| Some((format!("{{{}}}", label("node", &node.name)), value(node)?));
        seen.nodes.iter().filter_map(line).collect()
    };
    let told =
        |pick: fn(&figures::OfNode) -> String| lines(&|node: &figures::Node| node.figures.as_ref().map(pick));
    let share = lines(&|node| Some(milli(node.share)));
    text.family("node_share", "gauge", "Part of the ceiling, calls a second.", &share);
    text.family("node_rate", "gauge", "Pace set now, calls a second.", &told(|node| milli(node.rate)));
    text.family("upstream_calls", "gauge", "Calls in the last second.", &told(|node| node.calls.to_string()));
    let failed = told(|node| node.failed.to_string());
    text.family("upstream_failed", "gauge", "Those without an answer.", &failed);
    let throttled = told(|node| node.throttled.to_string());
    text.family("upstream_throttled", "gauge", "Those that were too many.", &throttled);
    let latency = told(|node| milli(node.latency_ms));
    text.family("upstream_latency_seconds", "gauge", "Mean time of an answer.", &latency);
    let age = lines(&|node| Some(milli((now_ms - node.heard.as_millisecond()).max(0))));
    text.family("node_age_seconds", "gauge", "Age of what a node told.", &age);
}

fn store(text: &mut Text, world: &World) {
    let stats = world.db.stats();
    let in_flight = world.admission.in_flight.load(std::sync::atomic::Ordering::Relaxed);
    text.one("requests_in_flight", "gauge", "Requests being answered.", in_flight);
    let refused = world.admission.refused.load(std::sync::atomic::Ordering::Relaxed);
    text.one("requests_refused_total", "counter", "Requests above what one caller may ask.", refused);
    text.one("store_writers_waiting", "gauge", "Writers that wait.", stats.waiting);
    text.one("store_writers_most", "gauge", "Writers that may wait.", stats.waiting_max);
    text.one("store_failing", "gauge", "1 while the last write failed.", u8::from(stats.failing));
    text.one("store_flushes_total", "counter", "Commits.", stats.flushes);
    text.one("store_flushes_failed_total", "counter", "Commits that failed.", stats.flushes_failed);
    text.one("store_members_total", "counter", "Transactions in those commits.", stats.members);
    text.one("store_reruns_total", "counter", "Transactions run again.", stats.reruns);
}

fn steps(text: &mut Text, all: &[(String, Step)]) {
    let name = "step_seconds";
    let _ =
        writeln!(text.0, "# HELP clearway_{name} Time to answer, by step.\n# TYPE clearway_{name} histogram");
    for (step, counts) in all {
        let step = label("step", step);
        let mut sum = 0;
        for (class, count) in counts.counts.iter().enumerate() {
            sum += count;
            let bound = BOUNDS_MS.get(class).map_or("+Inf".to_owned(), |ms| seconds(*ms));
            let _ = writeln!(text.0, "clearway_{name}_bucket{{{step},{}}} {sum}", label("le", &bound));
        }
        let _ = writeln!(text.0, "clearway_{name}_sum{{{step}}} {}", seconds(counts.sum_ms));
        let _ = writeln!(text.0, "clearway_{name}_count{{{step}}} {sum}");
    }
    let failed: Vec<(String, String)> = all
        .iter()
        .map(|(step, counts)| (format!("{{{}}}", label("step", step)), counts.failed.to_string()))
        .collect();
    text.family("step_failed_total", "counter", "Answers with a fault of ours.", &failed);
}
