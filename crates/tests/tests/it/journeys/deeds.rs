//! What a driver does in several steps: studies, answers, quotes, pays.

use clearway_domain::study::bank::Words;
use serde_json::{Value, json};

use super::driver::{Answer, Driver, FORM, encoded, number, text};

/// Both confirmations, as the boxes on the page send them.
pub fn both_acts() -> Value {
    json!({ "facts": true, "waiver": true })
}

impl Driver<'_> {
    /// Opens a case on a route.
    pub fn start(&self, violation: &str, programme: &str) -> String {
        let next = self.post("/cases", &json!({ "violation": violation, "programme": programme })).next();
        let id = next.strip_prefix("/cases/").and_then(|rest| rest.split('/').next());
        id.expect("a case").to_owned()
    }

    /// Studies as long as the pack asks, without script; the first question is open then.
    pub fn study(&self, case: &str) {
        let page = self.open(&format!("/cases/{case}/study"));
        let left = number(&page, "/need_s") - number(&page, "/done_s");
        self.stack.pass(left + 1);
        let next = self.post(&format!("/cases/{case}/study"), &json!({ "sitting": page["sitting"] })).next();
        assert_eq!(next, format!("/cases/{case}/quiz"));
    }

    /// Places of the right answers of a question on the page, or of wrong ones.
    pub fn choose(&self, question: &Value, rightly: bool) -> Vec<i64> {
        let bank = &self.stack.world.bank;
        let id = text(question, "/id");
        let known = bank.questions().iter().find(|known| known.id.0 == id).expect("a question of the bank");
        let right: Vec<&Words> =
            known.answer.iter().map(|place| &known.options[usize::from(*place)]).collect();
        let answers = question["answers"].as_array().expect("answers");
        let is_right = |answer: &&Value| right.iter().any(|words| answer["text"] == words.zh);
        let place = |answer: &Value| number(answer, "/place");
        if rightly {
            let places: Vec<i64> = answers.iter().filter(is_right).map(place).collect();
            assert_eq!(places.len(), right.len(), "{question}");
            places
        } else {
            vec![place(answers.iter().find(|answer| !is_right(answer)).expect("a wrong answer"))]
        }
    }

    /// Answers the open question; a program gets the feedback at once.
    pub fn answer(&self, case: &str, question: &Value, rightly: bool) -> Answer {
        let chosen = self.choose(question, rightly);
        let body = json!({ "question": question["id"], "index": question["index"], "chosen": chosen });
        self.post(&format!("/cases/{case}/quiz"), &body)
    }

    /// Answers every question of the paper.
    pub fn quiz(&self, case: &str, rightly: bool) {
        loop {
            let page = self.open(&format!("/cases/{case}/quiz"));
            if page["question"].is_null() {
                return;
            }
            let feedback = self.answer(case, &page["question"], rightly).json();
            assert_eq!(feedback["feedback"]["right"], rightly, "{feedback}");
        }
    }

    /// A case on a route with study, up to the passed quiz.
    pub fn learn(&self, violation: &str, programme: &str) -> String {
        let case = self.start(violation, programme);
        self.study(&case);
        self.quiz(&case, true);
        case
    }

    /// A quote of some violations.
    pub fn quote(&self, violations: &[&str]) -> Value {
        self.go("/quotes", &json!({ "violation": violations }))
    }

    /// Accepts a quote with its total and both acts.
    pub fn accept(&self, quote: &Value) -> Answer {
        let ask =
            json!({ "quote": quote["id"], "total_fen": quote["total_fen"], "facts": true, "waiver": true });
        self.post("/orders", &ask)
    }

    /// Accepts a quote and opens the first order.
    pub fn order(&self, quote: &Value) -> Value {
        self.follow(self.accept(quote))
    }

    /// Is handed the payment sheet; the order as it is then.
    pub fn hand_over(&self, order: &Value) -> Value {
        self.post(&format!("/orders/{}/pay", text(order, "/id")), &json!({})).json()
    }

    /// Opens the payment sheet, and presses a button of the pretend cashier.
    pub fn cashier(&self, order: &Value, button: &str) {
        self.press(&self.hand_over(order), button);
    }

    /// Presses a button of the pretend cashier, for an order that was handed over.
    pub fn press(&self, handed: &Value, button: &str) {
        let (address, query) =
            text(handed, "/cashier").split_once('?').expect("the cashier names the payment");
        let value = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
        };
        let fields = [("prepay_id", value("prepay_id")), ("return", value("return")), ("action", button)];
        let answer = self
            .client()
            .post(address)
            .header("content-type", FORM)
            .body(encoded(&fields))
            .send()
            .expect("the cashier answers");
        assert!(answer.status().as_u16() < 400, "the cashier answered {}", answer.status());
    }

    /// Pays an order at the cashier, comes back and waits until everything is handled.
    pub fn pay(&self, order: &Value) -> Value {
        self.cashier(order, "pay");
        let path = format!("/orders/{}", text(order, "/id"));
        self.get(&format!("{path}/returned")).json();
        self.until(&path, "/word", &json!("done"))
    }
}
