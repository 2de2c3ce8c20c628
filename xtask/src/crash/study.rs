//! Drivers who study: a case on one of the programmes, its clock, its questions, its confirmation.

use anyhow::Result;
use serde_json::{Value, json};

use super::load::{Load, Phone, cards, order_of, violation_of};
use crate::shell;

/// Pages of one sitting, at most; the next visit goes on where this one stopped.
const PAGES: i64 = 80;
/// Pause between two heartbeats, ms. The clock of the world jumps at every kill, and so does what is credited.
const BEAT_MS: u64 = 60;

impl Load<'_> {
    /// A case is begun on the first violation that a programme is open for; sometimes it is given up again.
    pub(super) fn start_a_programme(&self, phone: &mut Phone, openid: &str, home: &Value) -> Result<bool> {
        for card in cards(home) {
            let programme = card["route"].as_str().filter(|route| ["first", "study"].contains(route));
            let (Some(name), Some(violation)) = (programme, violation_of(card)) else { continue };
            let started =
                self.send(phone, "/cases", &json!({ "violation": violation, "programme": name }))?;
            let Some(case) = started.location.as_deref().and_then(case_of) else { continue };
            self.acks.note("case", &case);
            if self.rng.below(4) == 0 {
                self.send(phone, &format!("/cases/{case}/abandon"), &json!({}))?;
                return Ok(true);
            }
            return self.learn(phone, openid, &case);
        }
        Ok(true)
    }

    /// From wherever the case stands to its end: heartbeats, questions, confirmation or payment. `true` when it is over.
    pub(super) fn learn(&self, phone: &mut Phone, openid: &str, case: &str) -> Result<bool> {
        let path = format!("/cases/{case}");
        for seq in 1..=PAGES {
            if self.over() {
                return Ok(true);
            }
            let page = self.open(phone, openid, &path)?;
            if page.pointer("/question/id").is_some() {
                let chosen = self.key.answer(&page)?;
                let question = &page["question"];
                let answer =
                    json!({ "question": question["id"], "index": question["index"], "chosen": chosen });
                self.send(phone, &format!("{path}/quiz"), &answer)?;
            } else if let Some(need) = page["need_s"].as_i64() {
                let beat = json!({ "sitting": page["sitting"], "seq": seq, "visible": true });
                let left = self.send(phone, &format!("{path}/study/beat"), &beat)?.json()?["left_s"].as_i64();
                if left.unwrap_or(need) <= 0 {
                    self.send(phone, &format!("{path}/study"), &json!({ "sitting": page["sitting"] }))?;
                }
                shell::pause(BEAT_MS);
            } else if let Some(quote) = page["id"].as_str().filter(|_| page["total_fen"].is_i64()) {
                let yes =
                    json!({ "quote": quote, "total_fen": page["total_fen"], "facts": true, "waiver": true });
                let opened = self.send(phone, "/orders", &yes)?;
                let Some(order) = opened.location.as_deref().and_then(order_of) else { return Ok(true) };
                self.acks.note("order", &order);
                return self.settle(phone, openid, &order);
            } else {
                let confirmed = json!({ "facts": true, "waiver": true });
                let answer = self.send(phone, &format!("{path}/confirm"), &confirmed)?;
                if answer.status == 303 {
                    self.acks.note("confirmed", case);
                }
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn case_of(location: &str) -> Option<String> {
    let id = location.split("/cases/").nth(1)?.split(['/', '?']).next()?;
    Some(id.to_owned())
}
