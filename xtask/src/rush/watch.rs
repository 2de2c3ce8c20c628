//! One look a second: what the server costs, what it says of itself, what the police platform has counted.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::http::Visitor;
use crate::process::cost;
use crate::stack;

/// Whose bearer token opens `/metrics` in this throwaway world, and how the server's configuration names it.
const TOKEN: &str = "rush-watch";
/// The same as lines of the configuration: the hash is the token's SHA-256.
pub const OPERATOR: &str = "\n[[site.operators]]\nname = \"rush\"\n\
    token_sha256 = \"0e12f0f8b969bfc71f7339ff52d9959295d109d65dbe9ee5100af9c1f9809c29\"\n";

/// One second.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Real instant, ms.
    pub at_ms: i64,
    /// CPU of all servers since their start, ms.
    pub cpu_ms: u64,
    /// Memory that the servers keep for themselves, kB: no copies of files, such as the log of the store.
    pub own_kb: u64,
    /// What `/metrics` said; empty when it did not answer.
    pub metrics: BTreeMap<String, f64>,
    /// Calls that have come to the police platform so far.
    pub calls: u64,
    /// CPU of the counterparts and of the crowd since their start, ms.
    pub others_ms: (u64, u64),
}

impl Look {
    /// As one line of JSON.
    pub fn line(&self) -> String {
        let Look { at_ms, cpu_ms, own_kb, metrics, calls, others_ms } = self;
        serde_json::json!({
            "at_ms": at_ms, "cpu_ms": cpu_ms, "own_kb": own_kb, "calls": calls, "sims_ms": others_ms.0,
            "crowd_ms": others_ms.1, "metrics": metrics,
        })
        .to_string()
    }
}

/// The real instant, ms since 1970.
pub fn real_ms() -> Result<i64> {
    Ok(stack::unix_now()?.as_millisecond())
}

/// CPU of several processes, some of which have ended: what they had cost when they were last seen is kept.
#[derive(Default)]
pub struct Meter(BTreeMap<u32, u64>);

impl Meter {
    /// CPU of all processes ever seen, ms, and the own memory of those that live, kB.
    pub fn read(&mut self, pids: &[u32]) -> (u64, u64) {
        let mut own = 0;
        for pid in pids {
            if let Some((cpu, kb)) = cost(*pid) {
                self.0.insert(*pid, cpu);
                own += kb;
            }
        }
        (self.0.values().sum(), own)
    }
}

/// What a server says of itself; empty when it does not answer within two seconds.
pub fn metrics(url: &str) -> BTreeMap<String, f64> {
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2)));
    let agent: ureq::Agent = config.build().into();
    let asked = agent.get(format!("{url}/metrics")).header("authorization", format!("Bearer {TOKEN}")).call();
    let text = asked.ok().and_then(|mut answer| answer.body_mut().read_to_string().ok());
    text.map(|text| figures(&text)).unwrap_or_default()
}

/// The gauges and counters of a Prometheus text, summed over their labels. Histograms of steps are left out.
fn figures(text: &str) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else { continue };
        let name = name.split('{').next().unwrap_or_default().trim_start_matches("clearway_");
        if let (false, Ok(value)) = (name.starts_with("step_seconds"), value.parse::<f64>()) {
            *all.entry(name.to_owned()).or_insert(0.0) += value;
        }
    }
    all
}

/// What the control page of the counterparts says under a name.
pub fn control(sims: &str, name: &str) -> Result<Value> {
    let text = reach(&format!("{sims}/control/{name}"))?;
    serde_json::from_str(&text).with_context(|| format!("/control/{name} is no JSON"))
}

fn reach(url: &str) -> Result<String> {
    let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(60)));
    let agent: ureq::Agent = config.build().into();
    let mut answer = agent.get(url).call().with_context(|| format!("no answer from {url}"))?;
    // A hundred thousand turns are some megabytes.
    answer.body_mut().with_config().limit(1 << 30).read_to_string().with_context(|| url.to_owned())
}

/// Sends JSON to the control page of the counterparts.
pub fn command(sims: &str, name: &str, body: &Value) -> Result<()> {
    let answer = Visitor::new("application/json").post_json(&format!("{sims}/control/{name}"), body)?;
    anyhow::ensure!(answer.status == 200, "the counterparts do not take {body}: {}", answer.body);
    Ok(())
}

/// Takes all faults away.
pub fn behave(sims: &str) -> Result<()> {
    let answer = Visitor::new("application/json").delete(&format!("{sims}/control/faults"))?;
    anyhow::ensure!(answer.status == 200, "the counterparts keep their faults: {}", answer.body);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_are_summed_over_their_labels() {
        let text = "# HELP clearway_x y\nclearway_x 3\nclearway_node_rate{node=\"a\"} 100.5\n\
                    clearway_node_rate{node=\"b c\"} 99.5\nclearway_step_seconds_count{step=\"GET /\"} 7\n";
        let seen = figures(text);
        assert_eq!((seen["x"], seen["node_rate"], seen.len()), (3.0, 200.0, 2));
    }

    #[test]
    fn this_process_costs_something() {
        let (_, kb) = cost(std::process::id()).unwrap();
        assert!(kb > 100);
        let mut meter = Meter::default();
        let (cpu, _) = meter.read(&[std::process::id()]);
        assert!(meter.read(&[0]).0 >= cpu, "what has ended is not forgotten");
    }
}
