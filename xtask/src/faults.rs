//! `cargo x faults …`: makes the counterparts of a running demo misbehave, by name.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::args::Args;
use crate::http::Visitor;

/// A way to misbehave: its name, what a person sees of it, and the fault rules that make it so.
struct Way {
    name: &'static str,
    words: &'static str,
    /// Call and fault, as `docs/reference/pretend-city.md` lists them.
    rules: &'static [(&'static str, &'static str)],
}

const WAYS: &[Way] = &[
    Way {
        name: "rail-silent",
        words: "the rail answers no question and sends no notice: 正在确认，请不要再付",
        rules: &[("query", "http500"), ("notify", "never")],
    },
    Way {
        name: "notices-lost",
        words: "notices never come; asking finds the money",
        rules: &[("notify", "never")],
    },
    Way {
        name: "notices-twice",
        words: "every notice comes twice",
        rules: &[("notify", "twice"), ("refund_notify", "twice")],
    },
    Way {
        name: "rail-slow",
        words: "placing an order takes eight seconds",
        rules: &[("prepay", "late:8000")],
    },
    Way {
        name: "platform-slow",
        words: "the police platform answers a write after half a minute: 已扣款，正在处理违法",
        rules: &[("decide", "late:30000")],
    },
    Way {
        name: "platform-drip",
        words: "its answers come one byte a second",
        rules: &[("decide", "drip:1000"), ("records", "drip:1000")],
    },
    Way {
        name: "platform-down",
        words: "it answers with its own trouble marker, to everything",
        rules: &[("decide", "dollar"), ("records", "dollar"), ("decisions", "dollar"), ("driver", "dollar")],
    },
    Way {
        name: "platform-deaf",
        words: "it writes decisions and loses the answers",
        rules: &[("decide", "acted_no_reply")],
    },
    Way {
        name: "platform-refuses",
        words: "it refuses every decision: 已扣款，处理要人工看一下",
        rules: &[("decide", "refuse:参数不正确")],
    },
    Way {
        name: "refunds-lost",
        words: "refunds are made and the answers lost",
        rules: &[("refund", "acted_no_reply")],
    },
];

fn usage() -> String {
    let mut text = String::from(
        "cargo x faults [--sims http://127.0.0.1:8081] NAME … | CALL=FAULT[*TIMES] … | off | list | withdraw RECORD | elsewhere RECORD\n\n",
    );
    for way in WAYS {
        text.push_str(&format!("  {:<18} {}\n", way.name, way.words));
    }
    text.push_str(
        "  withdraw RECORD    the record is removed after review: what was paid goes back by itself\n  \
         elsewhere RECORD   the record is handled and paid in another channel\n  \
         refunds-abnormal   the payer's account cannot be reached; refunds-normal ends that\n  \
         off                everything behaves again\n",
    );
    text
}

/// Switches faults.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &[], &["sims"])?;
    let sims = args.value("sims").unwrap_or("http://127.0.0.1:8081").trim_end_matches('/').to_owned();
    let mut control = Control { visitor: Visitor::new("application/json"), sims };
    let words: Vec<&str> = args.words().iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => {
            print!("{}", usage());
            return Ok(());
        }
        ["list"] => {}
        ["off"] => {
            control.delete("faults")?;
            control.post("pay", &json!({ "refunds_end": "SUCCESS" }))?;
        }
        ["withdraw", record] => {
            control.post("state", &json!({ "what": "record", "key": record, "set": { "handled": "2" } }))?;
        }
        ["elsewhere", record] => {
            let set = json!({ "handled": "1", "paid": "1", "decision": "420100119999999" });
            control.post("state", &json!({ "what": "record", "key": record, "set": set }))?;
        }
        names => names.iter().try_for_each(|name| control.switch(name))?,
    }
    println!("{}", control.get("faults")?);
    Ok(())
}

struct Control {
    visitor: Visitor,
    sims: String,
}

impl Control {
    fn switch(&mut self, name: &str) -> Result<()> {
        match name {
            "refunds-abnormal" => return self.post("pay", &json!({ "refunds_end": "ABNORMAL" })),
            "refunds-normal" => return self.post("pay", &json!({ "refunds_end": "SUCCESS" })),
            _ => {}
        }
        if let Some(way) = WAYS.iter().find(|way| way.name == name) {
            for (call, fault) in way.rules {
                self.post("faults", &json!({ "match": { "call": call }, "fault": fault }))?;
            }
            println!("{name}: {}", way.words);
            return Ok(());
        }
        let Some((call, fault)) = name.split_once('=') else {
            bail!("“{name}” is no fault\n\n{}", usage());
        };
        let (fault, times) = match fault.rsplit_once('*') {
            Some((fault, times)) => (fault, times.parse::<u64>().ok()),
            None => (fault, None),
        };
        self.post("faults", &json!({ "match": { "call": call }, "fault": fault, "times": times }))
    }

    fn post(&mut self, what: &str, body: &Value) -> Result<()> {
        let answer = self.visitor.post_json(&format!("{}/control/{what}", self.sims), body)?;
        if answer.status != 200 {
            bail!("the counterparts answered {}: {}", answer.status, answer.body);
        }
        Ok(())
    }

    fn get(&mut self, what: &str) -> Result<String> {
        Ok(self.visitor.get(&format!("{}/control/{what}", self.sims))?.body)
    }

    fn delete(&mut self, what: &str) -> Result<()> {
        let answer = self.visitor.delete(&format!("{}/control/{what}", self.sims))?;
        if answer.status != 200 {
            bail!("the counterparts answered {}: {}", answer.status, answer.body);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_name_of_its_own_and_is_in_the_help() {
        let help = usage();
        for (at, way) in WAYS.iter().enumerate() {
            assert!(help.contains(way.name) && !way.rules.is_empty(), "{}", way.name);
            assert!(!WAYS[..at].iter().any(|other| other.name == way.name), "{}", way.name);
        }
    }
}
