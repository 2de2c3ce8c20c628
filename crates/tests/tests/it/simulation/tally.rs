//! Many runs in one sheet.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::digest;

use super::run::Report;

/// The sums of many runs.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Seeds.
    pub seeds: u64,
    /// Simulated time, ms.
    pub passed_ms: i64,
    /// What was counted, by word, in the order of the sheet.
    pub counts: Vec<(&'static str, u64)>,
    /// Calls by side and fate.
    pub fates: BTreeMap<(&'static str, &'static str), u64>,
    /// Seeds that broke an invariant.
    pub broken: Vec<u64>,
    /// Hash over the hashes of the runs, in the order of the seeds.
    pub hash: String,
}

impl Tally {
    /// Sums up reports by seed.
    pub fn of(reports: &BTreeMap<u64, Report>) -> Tally {
        let sum = |count: fn(&Report) -> u64| reports.values().map(count).sum();
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut tally = Tally { counts: Vec::new(), ..Tally::default() };
        for report in reports.values() {
            tally.seeds += 1;
            tally.passed_ms += report.passed_ms;
            hash.update(report.hash.as_bytes());
            for (fate, count) in &report.fates {
                *tally.fates.entry(*fate).or_insert(0) += count;
            }
            if !report.broken.is_empty() {
                tally.broken.push(report.seed);
            }
        }
        tally.counts = vec![
            ("steps", sum(|report| report.steps)),
            ("orders", sum(|report| report.orders)),
            ("payments", sum(|report| report.payments)),
            ("refunds", sum(|report| report.refunds)),
            ("decisions", sum(|report| report.decisions)),
            ("notices", sum(|report| report.tallied("notice"))),
            ("forged or wrong notices", sum(|report| report.tallied("forged notice"))),
            ("crashes", sum(|report| report.deaths)),
        ];
        tally.hash = hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        tally
    }

    /// The sheet.
    pub fn told(&self) -> String {
        let mut told = format!("{} seeds, {} simulated days\n", self.seeds, self.passed_ms / 86_400_000);
        for (word, count) in &self.counts {
            let _ = writeln!(told, "  {count:>9}  {word}");
        }
        for ((side, fate), count) in &self.fates {
            let _ = writeln!(told, "  {count:>9}  calls to the {side}: {fate}");
        }
        let _ = writeln!(told, "audit hash {}", self.hash);
        told
    }
}
