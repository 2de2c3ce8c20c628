//! Counting: which values of which axis were run, what came of every combination, and what must never come of one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a combination may do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Something that was accepted is nowhere: money, an intent, a right.
    Lost,
    /// Something was done twice.
    Doubled,
    /// An amount differs from what is due, to the fen.
    Fen,
    /// What is judged or shown is not what is true at that time.
    Untrue,
}

/// A matrix while it runs.
pub struct Tally {
    name: &'static str,
    /// Axes in their order, with the values in the order in which they came and how often.
    axes: Vec<(&'static str, Vec<(String, u64)>)>,
    outcomes: BTreeMap<String, u64>,
    names: BTreeMap<String, u64>,
    hash: u64,
    count: u64,
    wrong: Vec<(Wrong, String)>,
    listed: Vec<String>,
}

impl Tally {
    /// Nothing has run yet.
    pub fn new(name: &'static str, axes: &[&'static str]) -> Tally {
        Tally {
            name,
            axes: axes.iter().map(|axis| (*axis, Vec::new())).collect(),
            outcomes: BTreeMap::new(),
            names: BTreeMap::new(),
            hash: 0xcbf2_9ce4_8422_2325,
            count: 0,
            wrong: Vec::new(),
            listed: Vec::new(),
        }
    }

    /// One combination has run: its value on every axis, a word for what came of it, and what was wrong with that.
    pub fn note(&mut self, values: &[&str], outcome: &str, wrong: Vec<(Wrong, String)>) {
        self.record(values, values.join(" · "), outcome, wrong);
    }

    /// A case with a name of its own: what is due, by the law, and what we say.
    pub fn case(&mut self, values: &[&str], name: &str, due: &str, told: &str) {
        let (verdict, wrong) = match due == told {
            true => ("ok", Vec::new()),
            false => ("WRONG", vec![(Wrong::Untrue, format!("due {due}, told {told}"))]),
        };
        self.listed.push(format!("{verdict} {name}: {told}"));
        self.record(values, name.to_owned(), told, wrong);
    }

    fn record(&mut self, values: &[&str], name: String, outcome: &str, wrong: Vec<(Wrong, String)>) {
        assert_eq!(values.len(), self.axes.len(), "{}: a combination has a value on every axis", self.name);
        for ((_, counts), value) in self.axes.iter_mut().zip(values) {
            match counts.iter_mut().find(|(known, _)| known == value) {
                Some((_, count)) => *count += 1,
                None => counts.push(((*value).to_owned(), 1)),
            }
        }
        for byte in name.bytes().chain([0]).chain(outcome.bytes()).chain([1]) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.wrong.extend(wrong.into_iter().map(|(what, why)| (what, format!("{name}: {why}"))));
        *self.outcomes.entry(outcome.to_owned()).or_insert(0) += 1;
        *self.names.entry(name).or_insert(0) += 1;
        self.count += 1;
    }

    /// Takes the counts and findings of another part of the same matrix, which ran after this one or beside it.
    pub fn add(&mut self, other: Tally) {
        for (axis, counts) in other.axes {
            let Some((_, ours)) = self.axes.iter_mut().find(|(known, _)| *known == axis) else { continue };
            for (value, count) in counts {
                match ours.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, ours)) => *ours += count,
                    None => ours.push((value, count)),
                }
            }
        }
        other.outcomes.into_iter().for_each(|(word, n)| *self.outcomes.entry(word).or_insert(0) += n);
        other.names.into_iter().for_each(|(name, n)| *self.names.entry(name).or_insert(0) += n);
        self.hash = self.hash.wrapping_mul(0x0000_0100_0000_01b3) ^ other.hash;
        self.count += other.count;
        self.wrong.extend(other.wrong);
        self.listed.extend(other.listed);
    }

    fn of(&self, what: Wrong) -> usize {
        self.wrong.iter().filter(|(wrong, _)| *wrong == what).count()
    }

    /// The counted table, with the closing line.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for line in &self.listed {
            let _ = writeln!(text, "  {line}");
        }
        let _ = writeln!(text, "matrix {}", self.name);
        for (axis, counts) in &self.axes {
            let _ = writeln!(text, "  {axis}");
            for (value, count) in counts {
                let _ = writeln!(text, "    {count:>6}  {value}");
            }
        }
        if self.listed.is_empty() {
            let _ = writeln!(text, "  what came of it");
            for (outcome, count) in &self.outcomes {
                let _ = writeln!(text, "    {count:>6}  {outcome}");
            }
        }
        let _ = writeln!(text, "  result hash {:016x}, {} untrue", self.hash, self.of(Wrong::Untrue));
        let _ = writeln!(
            text,
            "{}: {} combinations, {} lost, {} doubled, {} wrong fen",
            self.name,
            self.count,
            self.of(Wrong::Lost),
            self.of(Wrong::Doubled),
            self.of(Wrong::Fen)
        );
        text
    }

    /// Prints the table and panics unless at least so many combinations ran, each once, and none went wrong.
    pub fn close(&self, at_least: u64) {
        print!("{}", self.table());
        assert!(self.count >= at_least, "{}: only {} combinations", self.name, self.count);
        let twice: Vec<&String> = self.names.iter().filter(|(_, n)| **n > 1).map(|(name, _)| name).collect();
        assert!(twice.is_empty(), "{}: run more than once: {twice:?}", self.name);
        let shown: Vec<String> =
            self.wrong.iter().take(40).map(|(what, why)| format!("{what:?}: {why}")).collect();
        assert!(self.wrong.is_empty(), "{} wrong, among them\n{}", self.wrong.len(), shown.join("\n"));
    }
}
