//! Faults on demand: which call goes wrong, how, and how often.

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong. Written as text: see `docs/reference/pretend-city.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Acts, but only after so many milliseconds; the police platform also when the caller has given up by then.
    Late(u64),
    /// The request arrives twice; the caller sees the second answer. A notification is sent twice.
    Twice,
    /// Does not act and never answers.
    Never,
    /// Acts; the answer's bytes are spoilt.
    Garbled,
    /// Acts; the answer ends in the middle.
    Truncated,
    /// Does not act; an HTML page with status 200.
    Html,
    /// Acts; the answer is empty.
    Empty,
    /// Does not act; the platform's own trouble marker (`$E`).
    Dollar,
    /// Acts; the connection breaks before the answer is complete.
    ActedNoReply,
    /// Does not act; status 500.
    Http500,
    /// Acts; values are percent-encoded twice.
    DoubleEncoded,
    /// Acts; the answer carries a DOCTYPE with entities.
    Entities,
    /// Does not act; an orderly refusal with this text.
    Refuse(String),
    /// Acts; the answer comes one byte at a time, with so many milliseconds between.
    Drip(u64),
}

impl Fault {
    /// Reads a fault: a word, or a word, a colon and its value.
    ///
    /// # Errors
    /// When the word is not known or the value is not a number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, value) = text.split_once(':').unwrap_or((text, ""));
        let ms = |default: u64| {
            if value.is_empty() {
                Ok(default)
            } else {
                value.parse().map_err(|_| format!("{text}: not milliseconds"))
            }
        };
        Ok(match word {
            "late" => Self::Late(ms(3_000)?),
            "twice" => Self::Twice,
            "never" => Self::Never,
            "garbled" => Self::Garbled,
            "truncated" => Self::Truncated,
            "html" => Self::Html,
            "empty" => Self::Empty,
            "dollar" => Self::Dollar,
            "acted_no_reply" => Self::ActedNoReply,
            "http500" => Self::Http500,
            "double_encoded" => Self::DoubleEncoded,
            "entities" => Self::Entities,
            "refuse" => Self::Refuse(value.to_owned()),
            "drip" => Self::Drip(ms(1_000)?),
            _ => return Err(format!("unknown fault {text}")),
        })
    }
}

/// What a rule applies to. An absent part matches everything.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// A jkid (`04C03`) or a call's name (`records`, `decide`, `prepay`, `notify`, …).
    pub call: Option<String>,
    /// Plate, identity number, record serial, order number, openid or phone.
    pub key: Option<String>,
}

/// A rule as it is posted to `/control/faults`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// What it applies to.
    #[serde(default, rename = "match")]
    pub on: Match,
    /// The fault.
    pub fault: String,
    /// How many times; without it, until removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Only each so-many-th matching call, the first of them after that many; without it, each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
}

struct Rule {
    on: Match,
    fault: Fault,
    left: Option<u64>,
    every: Option<u64>,
    /// Matching calls so far.
    met: u64,
    text: String,
}

impl Rule {
    /// Whether the rule is used up by this call. A call that it lets pass is looked at by the rules behind it.
    fn hits(&mut self) -> bool {
        self.met += 1;
        if self.every.is_some_and(|every| !self.met.is_multiple_of(every)) {
            return false;
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        true
    }
}

/// All rules in force.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Rule>>);

impl Faults {
    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// When the fault cannot be read, or `every` is 0.
    pub fn add(&self, rule: RuleText) -> Result<(), String> {
        let fault = Fault::parse(&rule.fault)?;
        if rule.every == Some(0) {
            return Err("every 0: each so-many-th call, from 1".to_owned());
        }
        let (left, every) = (rule.times, rule.every);
        self.rules().push(Rule { on: rule.on, fault, left, every, met: 0, text: rule.fault });
        Ok(())
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// The rules with what is left of them.
    pub fn list(&self) -> Vec<RuleText> {
        let as_text =
            |r: &Rule| RuleText { on: r.on.clone(), fault: r.text.clone(), times: r.left, every: r.every };
        self.rules().iter().map(as_text).collect()
    }

    /// The fault for this call, used up by one. The first rule that fits wins.
    pub fn take(&self, calls: &[&str], keys: &[&str]) -> Option<Fault> {
        let mut rules = self.rules();
        let fits =
            |wanted: &Option<String>, have: &[&str]| wanted.as_deref().is_none_or(|w| have.contains(&w));
        let mut fitting = rules
            .iter_mut()
            .filter(|r| r.left != Some(0) && fits(&r.on.call, calls) && fits(&r.on.key, keys));
        // The first that is hit wins; those before it have counted the call and let it pass.
        let rule = loop {
            let rule = fitting.next()?;
            if rule.hits() {
                break rule;
            }
        };
        Some(rule.fault.clone())
    }
}

/// Waits in real time: faults are about real time-outs, not about the demo clock.
#[expect(clippy::disallowed_methods, reason = "a counterpart that is late really is late")]
pub async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_used_up_in_order() {
        let faults = Faults::default();
        let rule = |call: &str, key: Option<&str>, fault: &str, times| RuleText {
            on: Match { call: Some(call.into()), key: key.map(Into::into) },
            fault: fault.into(),
            times,
            every: None,
        };
        faults.add(rule("04C03", Some("鄂A1"), "late:20", Some(1))).unwrap();
        faults.add(rule("records", None, "refuse:查无此数据", None)).unwrap();
        assert!(faults.add(rule("x", None, "explode", None)).is_err());
        assert!(faults.add(rule("x", None, "late:soon", None)).is_err());
        let calls = ["04C03", "records"];
        assert_eq!(faults.take(&calls, &["鄂A1"]), Some(Fault::Late(20)));
        assert_eq!(faults.take(&calls, &["鄂A1"]), Some(Fault::Refuse("查无此数据".into())));
        assert_eq!(faults.take(&["prepay"], &["鄂A1"]), None);
        faults.clear();
        assert_eq!(faults.take(&calls, &[]), None);
    }
    #[test]
    fn one_call_in_so_many_is_hit_and_the_others_go_on_to_the_next_rule() {
        let faults = Faults::default();
        let rule = |every, fault: &str| RuleText {
            on: Match { call: Some("decide".into()), key: None },
            fault: fault.into(),
            times: None,
            every,
        };
        faults.add(rule(Some(3), "http500")).unwrap();
        faults.add(rule(Some(2), "twice")).unwrap();
        assert!(faults.add(rule(Some(0), "twice")).is_err());
        let drawn: Vec<Option<Fault>> = (0..6).map(|_| faults.take(&["decide"], &[])).collect();
        let (bad, twice) = (Some(Fault::Http500), Some(Fault::Twice));
        // The second rule is asked about the 1st, 2nd, 4th and 5th call only.
        assert_eq!(drawn, [None, twice.clone(), bad.clone(), None, twice, bad]);
        assert_eq!(faults.list()[0].every, Some(3));
    }
}
