//! What a driver does at an order and at a case, until its end.

use hyper::Method;
use serde_json::json;

use super::driver::{Driver, PAY_SHEET_S, PER_QUESTION_S, READ_S, Stage};
use super::mix::Deed;
use super::pages::{Answered, Beat, Case, Order, OrderState};
use super::phone::{Trouble, read, refused};
use super::pool::Ask;
use super::tally::End;

/// Pages of one case after which something is wrong.
const PAGES: u32 = 200;
/// A payment that the rail does not have yet is tried again after so long, ms.
const AGAIN_MS: u64 = 1_000;

impl Driver {
    /// Pays, and waits until it is done. `None` when there is something else to do first.
    pub(super) async fn settle(&mut self, id: &str) -> Result<Option<End>, Trouble> {
        let path = format!("/orders/{id}");
        let mut shown = None;
        loop {
            let order: Order = match shown.take() {
                Some(order) => order,
                None => self.phone.get(&path).await?.page(&self.crowd)?,
            };
            match order.word.as_str() {
                "to_pay" => {
                    if order.opens_at.is_some() {
                        return Err(Trouble::Closed(order.opens_at));
                    }
                    shown = self.pay(&path).await?;
                    if matches!(self.stage, Stage::Away) {
                        return Ok(None);
                    }
                }
                "done" => return Ok(Some(End::Done)),
                "handling" => match order.queue {
                    Some(place) => self.queue(place).await?,
                    None => {
                        self.until_changed(&path, &order).await?;
                    }
                },
                "not_paid" if !self.promise.paid => {
                    // Nobody paid in time: from the beginning.
                    self.stage = Stage::Home;
                    return Ok(None);
                }
                // The sheet was handed out, and the answer with it was lost on the way: whoever knows that nothing was paid gives
                // the order up, as the page offers, and begins again.
                "unknown" if !self.promise.paid => {
                    let given_up = self.phone.post(&format!("{path}/cancel"), "{}".to_owned()).await?;
                    if given_up.status >= 400 {
                        self.look_in(order.again_ms).await?;
                    }
                }
                "preparing" => {
                    let word = self.until_changed(&path, &order).await?;
                    // The page has the button already, and shows it.
                    shown = (word == "to_pay").then_some(Order { word, ..order });
                }
                "waiting" | "unknown" => {
                    self.until_changed(&path, &order).await?;
                }
                "manual" => self.crowd.rest(30_000).await?,
                word => {
                    let legs = order.legs.iter().filter_map(|leg| leg.case_id.as_deref());
                    let words =
                        format!("{path} is {word} ({}), cases {:?}", order.money, legs.collect::<Vec<_>>());
                    self.crowd.tally.borrow_mut().example("ended otherwise", words);
                    return Ok(Some(End::Otherwise));
                }
            }
        }
    }

    /// The page's script: asks what became of it until that changes, as often as the server says; every fourth time the rail
    /// is asked too. The new word.
    async fn until_changed(&mut self, path: &str, order: &Order) -> Result<String, Trouble> {
        let mut again_ms = order.again_ms;
        for look in 1_u32.. {
            self.look_in(again_ms).await?;
            let ask = if look.is_multiple_of(4) { "?ask=true" } else { "" };
            let state: OrderState = self.phone.get(&format!("{path}/state{ask}")).await?.page(&self.crowd)?;
            if state.word != order.word || state.queue {
                return Ok(state.word);
            }
            again_ms = state.again_ms;
        }
        Ok(order.word.clone())
    }

    /// Opens the payment sheet and pays, at the pretend cashier; the page on which one comes back.
    async fn pay(&mut self, path: &str) -> Result<Option<Order>, Trouble> {
        let pay = format!("{path}/pay");
        let handed = self.phone.post(&pay, "{}".to_owned()).await?;
        if handed.status >= 400 {
            return Err(refused(&handed, "/orders/{id}/pay"));
        }
        let sheet: Order = read(&self.crowd, "POST /orders/{id}/pay", &handed)?;
        let Some(cashier) = sheet.cashier.filter(|_| sheet.word == "to_pay" || sheet.word == "waiting")
        else {
            self.crowd.rest(AGAIN_MS).await?;
            return Ok(None);
        };
        self.think(PAY_SHEET_S).await?;
        let prepay = cashier
            .split_once('?')
            .and_then(|(_, query)| query.split('&').find_map(|pair| pair.strip_prefix("prepay_id=")));
        let Some(prepay) = prepay else {
            return Err(Trouble::Odd(format!("the cashier's address names no payment: {cashier}")));
        };
        let declined = self.deed == Deed::Declined && !self.stumbled;
        let action = match self.deed {
            _ if declined => "fail",
            Deed::LeavesPaid => "pay_stay",
            _ => "pay",
        };
        let form = format!("prepay_id={prepay}&action={action}");
        let body = Some(("application/x-www-form-urlencoded", form));
        let ask = Ask { method: Method::POST, path: "/cashier", network: "", cookies: "", body, json: false };
        let paid = self.crowd.sims.ask(ask).await.map_err(|_| Trouble::Cut)?;
        if paid.status >= 400 {
            return Err(Trouble::Odd(format!("the cashier answered {}", paid.status)));
        }
        if declined {
            // The sheet stays open at the bank's no: the same payment again.
            self.stumbled = true;
            return Box::pin(self.pay(path)).await;
        }
        self.promised(path.to_owned(), true);
        if self.deed == Deed::LeavesPaid {
            self.stage = Stage::Away;
            return Ok(None);
        }
        self.phone.get(&format!("{path}/returned")).await?.page(&self.crowd).map(Some)
    }

    /// From wherever a case stands to its end: study, questions, confirmation or payment.
    pub(super) async fn learn(&mut self, id: &str) -> Result<Option<End>, Trouble> {
        let page = self.phone.get(&format!("/cases/{id}")).await?.page(&self.crowd)?;
        self.go_on(id, page).await
    }

    /// The same from the page that is open.
    pub(super) async fn go_on(&mut self, id: &str, mut page: Case) -> Result<Option<End>, Trouble> {
        let path = format!("/cases/{id}");
        for _ in 0..PAGES {
            if let (Some(sitting), Some(need)) = (page.sitting, page.need_s) {
                let left = need - page.done_s.unwrap_or(0);
                page = self.study(&path, sitting, left, page.every_s.unwrap_or(5)).await?;
            } else if let Some(question) = &page.question {
                let fail = self.deed == Deed::FailsOnce && !self.stumbled;
                let Some(chosen) = self.crowd.key.choose(question, fail) else {
                    return Err(Trouble::Odd(format!("no bank has the question {}", question.stem)));
                };
                let answer =
                    json!({ "question": question.id, "index": question.index, "chosen": chosen }).to_string();
                self.think(PER_QUESTION_S).await?;
                // The feedback is shown, then the next one.
                let shown: Answered =
                    self.phone.send(&format!("{path}/quiz"), answer).await?.page(&self.crowd)?;
                page = match shown.question {
                    Some(next) => Case { question: Some(next), ..Case::default() },
                    None => self.phone.get(&shown.feedback.next).await?.page(&self.crowd)?,
                };
            } else if page.rules.is_some() {
                self.stumbled = true;
                page = self
                    .phone
                    .send(&format!("{path}/quiz/begin"), "{}".to_owned())
                    .await?
                    .page(&self.crowd)?;
            } else if let (Some(quote), Some(total_fen)) = (&page.id, page.total_fen) {
                let (quote, closed) = (quote.clone(), page.closed_until);
                self.think(READ_S).await?;
                self.accept(&quote, total_fen, closed).await?;
                return Ok(None);
            } else if let Some(word) = &page.word {
                match word.as_str() {
                    "done" => return Ok(Some(End::Done)),
                    "handling" => self.handled(&page).await?,
                    "manual" => self.crowd.rest(30_000).await?,
                    word => {
                        let words = format!("{path} is {word}");
                        self.crowd.tally.borrow_mut().example("ended otherwise", words);
                        return Ok(Some(End::Otherwise));
                    }
                }
                return Ok(None);
            } else if page.version.is_some() {
                self.think(READ_S).await?;
                let yes = json!({ "facts": true, "waiver": true }).to_string();
                let said = self.phone.post(&format!("{path}/confirm"), yes).await?;
                if said.status != 303 {
                    return Err(refused(&said, "/cases/{id}/confirm"));
                }
                self.promised(path.clone(), false);
                if self.deed == Deed::LeavesConfirmed {
                    self.stage = Stage::Away;
                    return Ok(None);
                }
                page = self.phone.get(&path).await?.page(&self.crowd)?;
            } else {
                return Err(Trouble::Odd(format!("{path} leads to a page that nobody knows")));
            }
        }
        Err(Trouble::Odd(format!("{path} has no end")))
    }

    /// Waits for a decision as its page does.
    async fn handled(&mut self, page: &Case) -> Result<(), Trouble> {
        match (page.queue, page.runs_at) {
            (Some(place), _) => self.queue(place).await,
            // Confirmed outside the hours: people come back when the doors have opened.
            (None, Some(at)) => {
                while self.crowd.clock.now() < at {
                    self.crowd.rest(1_000).await?;
                }
                self.crowd.rest(AGAIN_MS * 5).await
            }
            (None, None) => self.crowd.rest(page.again_ms.unwrap_or(AGAIN_MS)).await,
        }
    }

    /// Reads until the server says that it is enough, with the heartbeats of the page's script.
    async fn study(&mut self, path: &str, sitting: u32, left: i64, every_s: u64) -> Result<Case, Trouble> {
        let mut left = u64::try_from(left).unwrap_or(0);
        for seq in 1_u32.. {
            if left == 0 {
                break;
            }
            // The script beats when its time has come or when it believes that it is enough; a beat that is a moment
            // early earns a moment less, and one more is needed.
            self.crowd.rest(left.min(every_s) * 1_000 + 20).await?;
            let beat = json!({ "sitting": sitting, "seq": seq, "visible": true }).to_string();
            let told = self.phone.post(&format!("{path}/study/beat"), beat).await?;
            if told.status != 200 {
                return Err(refused(&told, "/cases/{id}/study/beat"));
            }
            let beat: Beat = read(&self.crowd, "POST /cases/{id}/study/beat", &told)?;
            left = u64::try_from(beat.left_s).unwrap_or(0);
            if seq > PAGES {
                return Err(Trouble::Odd(format!("{path}: the study clock stands")));
            }
        }
        let go_on = json!({ "sitting": sitting }).to_string();
        self.phone.send(&format!("{path}/study"), go_on).await?.page(&self.crowd)
    }
}
