//! Drivers who handle their violations while the server dies under them, and remember what they were promised.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::rng::Rng;
use crate::check::AnswerKey;
use crate::http::{Answer, Visitor};
use crate::shell;
use crate::walk::{self, LIST, text};

/// Pause of a driver whom the server did not answer, ms.
const PAUSE_MS: u64 = 40;
/// Looks at a payment before a driver goes away and comes back later.
const LOOKS: usize = 25;

/// What clients were told: kind and id of the thing.
#[derive(Debug, Default)]
pub struct Acks {
    /// All of them, in the order in which they were heard.
    heard: Mutex<Vec<(&'static str, String)>>,
    /// What clients found to be otherwise than they had been told.
    wrong: Mutex<Vec<String>>,
}

impl Acks {
    pub(super) fn note(&self, kind: &'static str, id: &str) {
        let mut heard = self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        heard.push((kind, id.to_owned()));
    }

    fn blame(&self, what: String) {
        self.wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(what);
    }

    /// What was heard from place `from` on.
    pub fn since(&self, from: usize) -> Vec<(&'static str, String)> {
        let heard = self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        heard.get(from..).unwrap_or_default().to_vec()
    }

    /// How many of each kind.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for (kind, _) in self.since(0) {
            *counts.entry(kind).or_insert(0) += 1;
        }
        counts
    }

    /// What clients found wrong.
    pub fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// Everything that the drivers of one session share.
pub struct Load<'a> {
    /// Address of the server.
    pub url: &'a str,
    /// Who there is: openids.
    pub drivers: &'a [String],
    /// Taken from the front.
    pub next: &'a AtomicUsize,
    /// Raised when it is over.
    pub stop: &'a AtomicBool,
    /// What they were told.
    pub acks: &'a Acks,
    /// What they decide.
    pub rng: &'a Rng,
    /// What they know who have studied.
    pub key: &'a AnswerKey,
}

/// A driver's phone: the session, and whether it was promised.
pub(super) struct Phone {
    pub(super) visitor: Visitor,
    signed_in: bool,
}

impl Load<'_> {
    /// One thread: visits one driver after the other until told to stop.
    pub fn run(&self) {
        while !self.over() {
            let Some(openid) =
                self.drivers.get(self.next.fetch_add(1, Ordering::Relaxed) % self.drivers.len())
            else {
                return;
            };
            let mut phone = Phone { visitor: Visitor::new("application/json"), signed_in: false };
            // A visit that the dying server cut off is taken up again: that is what people do.
            for _ in 0..20 {
                if self.over() || self.visit(&mut phone, openid).unwrap_or(false) {
                    break;
                }
                shell::pause(PAUSE_MS);
            }
        }
    }

    pub(super) fn over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || shell::interrupted()
    }

    /// `true` when there is nothing left to do for this driver.
    fn visit(&self, phone: &mut Phone, openid: &str) -> Result<bool> {
        if !phone.signed_in {
            let landed = walk::sign_in(&mut phone.visitor, self.url, openid)?;
            if landed.url.contains("/sign-in") || landed.status != 200 {
                bail!("not signed in yet");
            }
            phone.signed_in = true;
            self.acks.note("session", openid);
            if landed.url.ends_with("/welcome") {
                self.send(phone, "/welcome", &json!({}))?;
            }
        }
        let home = self.open(phone, openid, LIST)?;
        if let Some(order) = home["open_order"].as_str() {
            let id = order.rsplit('/').next().unwrap_or(order).to_owned();
            return self.settle(phone, openid, &id);
        }
        if let Some(case) = home.pointer("/resume/0/case_id").and_then(Value::as_str) {
            return self.learn(phone, openid, case);
        }
        if self.rng.below(2) == 0 {
            // Which programmes are open is known once the checks have been made.
            for _ in 0..LOOKS {
                let home = self.open(phone, openid, LIST)?;
                if home.pointer("/checks/finished") == Some(&Value::Bool(true)) {
                    self.start_a_programme(phone, openid, &home)?;
                    break;
                }
                shell::pause(PAUSE_MS);
            }
        }
        let ask = if self.rng.below(2) == 0 { json!({ "all": true }) } else { one_of(&home, self.rng) };
        let quote = self.send(phone, "/quotes", &ask)?;
        if quote.status >= 400 {
            return self.start_a_programme(phone, openid, &home);
        }
        let quote = phone.visitor.follow(quote)?.json()?;
        let yes =
            json!({ "quote": quote["id"], "total_fen": quote["total_fen"], "facts": true, "waiver": true });
        let opened = self.send(phone, "/orders", &yes)?;
        let Some(id) = opened.location.as_deref().and_then(order_of) else {
            // Refused: by the hours, by another phone, by the quote's age.
            return Ok(opened.status < 500);
        };
        self.acks.note("order", &id);
        self.settle(phone, openid, &id)
    }

    /// A payment: made, given up, or left alone.
    pub(super) fn settle(&self, phone: &mut Phone, openid: &str, id: &str) -> Result<bool> {
        let path = format!("/orders/{id}");
        match self.rng.below(10) {
            0 => {
                if self.send(phone, &format!("{path}/cancel"), &json!({}))?.status < 400
                    && self.open(phone, openid, &path)?["word"] == "not_paid"
                {
                    self.acks.note("closed", id);
                }
                return Ok(true);
            }
            1 => return Ok(true),
            _ => {}
        }
        let page = self.open(phone, openid, &path)?;
        if page["money"] == "not_charged" && page["word"] == "to_pay" {
            let handed = self.send(phone, &format!("{path}/pay"), &json!({}))?;
            if handed.status >= 400 {
                bail!("the rail has not accepted it yet");
            }
            self.pay(phone, text(&handed.json()?, "/cashier")?)?;
        }
        drop(self.send_get(phone, &format!("{path}/returned")));
        let mut charged = false;
        for _ in 0..LOOKS {
            if self.over() {
                break;
            }
            let state = self.open(phone, openid, &format!("{path}/state"))?;
            match (state["money"].as_str(), state["word"].as_str()) {
                (_, Some("done")) => {
                    self.acks.note("decided", id);
                    return Ok(true);
                }
                (Some("charged"), _) if !charged => {
                    self.acks.note("charged", id);
                    charged = true;
                }
                (Some(word), _) if charged && word != "charged" => {
                    self.acks.blame(format!("order {id} was charged, and is {word} now"));
                }
                (_, Some("not_paid")) => {
                    self.acks.note("closed", id);
                    return Ok(true);
                }
                _ => {}
            }
            shell::pause(PAUSE_MS);
        }
        Ok(false)
    }

    /// The pretend cashier, which does not die.
    fn pay(&self, phone: &mut Phone, cashier: &str) -> Result<()> {
        let (address, query) = cashier.split_once('?').context("the cashier's address names the payment")?;
        let prepay = query.split('&').find_map(|pair| pair.strip_prefix("prepay_id=")).unwrap_or_default();
        let action = if self.rng.below(4) == 0 { "pay_stay" } else { "pay" };
        phone.visitor.post(address, &[("prepay_id", prepay), ("action", action)])?;
        Ok(())
    }

    pub(super) fn send(&self, phone: &mut Phone, path: &str, body: &Value) -> Result<Answer> {
        phone.visitor.post_json(&format!("{}{path}", self.url), body)
    }

    fn send_get(&self, phone: &mut Phone, path: &str) -> Result<Answer> {
        phone.visitor.get(&format!("{}{path}", self.url))
    }

    /// A page, as JSON. A driver who was signed in and is not any more has lost something that was promised.
    pub(super) fn open(&self, phone: &mut Phone, openid: &str, path: &str) -> Result<Value> {
        let first = self.send_get(phone, path)?;
        let landed = phone.visitor.follow(first)?;
        if landed.status == 401 || landed.url.contains("/sign-in") {
            self.acks
                .blame(format!("session of {openid} is gone: {} answered {}", landed.url, landed.status));
            phone.signed_in = false;
        }
        if landed.status != 200 {
            bail!("{} answered {}", landed.url, landed.status);
        }
        landed.json()
    }
}

pub(super) fn cards(home: &Value) -> impl Iterator<Item = &Value> {
    let groups = home["groups"].as_array().map_or(&[][..], Vec::as_slice);
    groups.iter().filter_map(|group| group["cards"].as_array()).flatten()
}

pub(super) fn violation_of(card: &Value) -> Option<&str> {
    card["id"].as_str()
}

/// Some of the violations of the page.
fn one_of(home: &Value, rng: &Rng) -> Value {
    let all: Vec<&str> = cards(home).filter_map(violation_of).collect();
    let some: Vec<&str> = all.iter().copied().filter(|_| rng.below(2) == 0).collect();
    json!({ "violation": if some.is_empty() { all } else { some } })
}

pub(super) fn order_of(location: &str) -> Option<String> {
    let id = location.split("/orders/").nth(1)?.split(['/', '?']).next()?;
    Some(id.to_owned())
}
