//! One driver of the crowd: a small state machine that takes up a visit again wherever it was interrupted.

use std::rc::Rc;

use serde_json::json;

use super::Crowd;
use super::mix::{self, Deed};
use super::pages::{Checks, Home, Place, Quote, Turn};
use super::phone::{Phone, Trouble, location, refused};
use super::tally::{End, Life, Promise};
use crate::city::numbers::Dice;

/// Errors and unexpected answers after which a driver gives up.
const PATIENCE: u32 = 40;
/// Pauses of a person, s: as `cargo x demo --check` takes them.
const SCAN_S: u64 = 14;
pub(super) const PER_QUESTION_S: u64 = 14;
pub(super) const READ_S: u64 = 12;
const READ_QUOTE_S: u64 = 10;
pub(super) const PAY_SHEET_S: u64 = 13;

/// Milliseconds after which a page of the queue changes its words for the first time.
const SAID_MS: u64 = 30_000;
/// How long the page of the queue waits once nobody is ahead, ms (`turn.js`).
const WORK_MS: u64 = 2_000;
/// Pause before another look at a number that was not final, ms.
const SETTLES_MS: u64 = 1_000;
/// First and longest pause between two looks of somebody who does not trust the page, ms: also those people tire.
const REFRESH_MS: (u64, u64) = (2_000, 30_000);

/// Where a driver stands.
pub(super) enum Stage {
    /// Not signed in.
    Enter,
    /// At the list.
    Home,
    /// At an order.
    Order(String),
    /// At a case.
    Case(String),
    /// The phone is gone; at the end somebody looks what became of it.
    Away,
}

/// One driver.
pub struct Driver {
    pub(super) crowd: Rc<Crowd>,
    pub(super) deed: Deed,
    pub(super) phone: Phone,
    pub(super) stage: Stage,
    pub(super) promise: Promise,
    pub(super) dice: Dice,
    /// Whether the first quiz was failed on purpose, or the first payment declined.
    pub(super) stumbled: bool,
    n: usize,
    signed_in: bool,
    in_queue: bool,
    compared: bool,
    /// Requests of other phones that the server answered.
    elsewhere: u64,
    /// Whoever opens the list again and again does so after this pause the next time.
    refresh_ms: u64,
}

impl Driver {
    /// Driver `n` of the crowd.
    pub fn new(crowd: Rc<Crowd>, n: usize) -> Self {
        let phone = Phone::new(Rc::clone(&crowd), n);
        let seed = crowd.options.seed ^ u64::try_from(n).unwrap_or(0).wrapping_mul(0xA5A5_1234_5679);
        Self {
            deed: mix::deed(crowd.options.seed, n),
            phone,
            stage: Stage::Enter,
            promise: Promise::default(),
            dice: Dice::new(seed),
            stumbled: false,
            n,
            signed_in: false,
            in_queue: false,
            compared: false,
            elsewhere: 0,
            refresh_ms: REFRESH_MS.0,
            crowd,
        }
    }

    /// From the arrival to the end.
    pub async fn live(mut self) -> Life {
        self.crowd.tally.borrow_mut().arrived += 1;
        let mut tries = 0;
        let end = loop {
            match self.visit().await {
                Ok(end) => break end,
                Err(Trouble::Cut) => drop(self.pause(200, 600).await),
                Err(Trouble::Over) => break End::Unfinished,
                Err(Trouble::Fault) => {
                    tries += 1;
                    drop(self.pause(1_000, 2_000).await);
                }
                Err(Trouble::Out) => {
                    if self.signed_in {
                        self.crowd.tally.borrow_mut().sessions_lost += 1;
                    }
                    (tries, self.stage) = (tries + 1, Stage::Enter);
                }
                Err(Trouble::Closed(until)) => drop(self.closed(until).await),
                Err(Trouble::Odd(words)) => {
                    tries += 1;
                    self.crowd.tally.borrow_mut().example("unexpected", format!("{:?}: {words}", self.deed));
                    if self.signed_in && self.promise.page.is_none() {
                        self.stage = Stage::Home;
                    }
                    drop(self.pause(1_000, 2_000).await);
                }
            }
            if self.crowd.over() {
                break End::Unfinished;
            }
            if tries > PATIENCE {
                break if self.signed_in { End::Unfinished } else { End::TurnedAway };
            }
        };
        let mut tally = self.crowd.tally.borrow_mut();
        tally.finished += 1;
        tally.waiting -= i64::from(self.in_queue);
        drop(tally);
        let requests = self.phone.answered + self.elsewhere;
        Life { deed: self.deed, end, promise: self.promise, requests }
    }

    async fn visit(&mut self) -> Result<End, Trouble> {
        loop {
            let end = match &self.stage {
                Stage::Enter => self.enter().await?,
                Stage::Home => self.home().await?,
                Stage::Order(id) => {
                    let id = id.clone();
                    self.settle(&id).await?
                }
                Stage::Case(id) => {
                    let id = id.clone();
                    self.learn(&id).await?
                }
                Stage::Away => Some(self.reckoned().await?),
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    async fn enter(&mut self) -> Result<Option<End>, Trouble> {
        self.phone.sign_in(&mix::openid(self.n)).await?;
        if !self.signed_in {
            self.signed_in = true;
            self.crowd.tally.borrow_mut().admitted += 1;
        }
        self.stage = match &self.promise.page {
            Some(page) => stage_of(page),
            None => Stage::Home,
        };
        Ok(None)
    }

    /// The list; the data notice comes before it once.
    pub(super) async fn list(&mut self) -> Result<Home, Trouble> {
        let mut landed = self.phone.get("/violations").await?;
        if landed.path.starts_with("/welcome") {
            landed = self.phone.send("/welcome", "{}".to_owned()).await?;
        }
        landed.page(&self.crowd)
    }

    async fn home(&mut self) -> Result<Option<End>, Trouble> {
        let home = self.list().await?;
        if let Some(order) = &home.open_order {
            self.stage = Stage::Order(last_part(order));
            return Ok(None);
        }
        if let Some(case) = home.resume.first() {
            self.stage = Stage::Case(case.case_id.clone());
            return Ok(None);
        }
        self.think(SCAN_S).await?;
        if self.deed == Deed::Looks {
            let landed = self.phone.get("/programmes/first/reasons").await?;
            landed.page::<serde::de::IgnoredAny>(&self.crowd)?;
            return Ok(Some(End::Looked));
        }
        if self.deed.studies() { self.begin_case(home).await } else { self.order(home).await }
    }

    /// The list once it shows what is looked for, or once all checks have ended: looked at again when the server says so, as the
    /// page's script does.
    async fn until(&mut self, mut home: Home, seen: fn(&Home) -> bool) -> Result<Home, Trouble> {
        let mut again_ms = home.checks.again_ms;
        while !seen(&home) && !home.checks.finished {
            self.look_in(again_ms).await?;
            let checks: Checks = self.phone.get("/violations/checks").await?.page(&self.crowd)?;
            again_ms = checks.again_ms;
            if checks.finished || checks.version != home.checks.version {
                home = self.list().await?;
            }
        }
        Ok(home)
    }

    async fn begin_case(&mut self, home: Home) -> Result<Option<End>, Trouble> {
        let usable = |home: &Home| home.checks.finished;
        let home = self.until(home, usable).await?;
        let programme = if self.deed == Deed::Study { "study" } else { "first" };
        let Some(card) = home.cards().find(|card| card.route == programme) else {
            let routes: Vec<&str> = home.cards().map(|card| card.route.as_str()).collect();
            return Err(Trouble::Odd(format!("no violation offers {programme}: {routes:?}")));
        };
        let ask = json!({ "violation": card.id, "programme": programme }).to_string();
        let begun = self.phone.post("/cases", ask).await?;
        let Some(way) = location(&begun.headers) else { return Err(refused(&begun, "/cases")) };
        let Some(case) = part_after(way, "/cases/") else { return Err(refused(&begun, "/cases")) };
        let first = self.phone.get(way).await?.page(&self.crowd)?;
        self.stage = Stage::Case(case.clone());
        self.go_on(&case, first).await
    }

    async fn order(&mut self, home: Home) -> Result<Option<End>, Trouble> {
        let home = self.until(home, |home| home.cards().any(|card| card.payable)).await?;
        let ticked: Vec<&str> =
            home.cards().filter(|card| card.payable).map(|card| card.id.as_str()).collect();
        if ticked.is_empty() {
            return Err(Trouble::Odd("nothing can be paid".to_owned()));
        }
        let quoted = self.phone.send("/quotes", json!({ "violation": ticked }).to_string()).await?;
        let quote: Quote = quoted.page(&self.crowd)?;
        self.think(READ_QUOTE_S).await?;
        self.accept(&quote.id, quote.total_fen, quote.closed_until).await?;
        Ok(None)
    }

    /// Accepts a quote: from here on there is an order.
    pub(super) async fn accept(
        &mut self,
        quote: &str,
        total_fen: i64,
        closed_until: Option<jiff::Timestamp>,
    ) -> Result<(), Trouble> {
        if closed_until.is_some() {
            return Err(Trouble::Closed(closed_until));
        }
        let yes = json!({ "quote": quote, "total_fen": total_fen, "facts": true, "waiver": true });
        let opened = self.phone.post("/orders", yes.to_string()).await?;
        let Some(order) = location(&opened.headers).and_then(|to| part_after(to, "/orders/")) else {
            return Err(refused(&opened, "/orders"));
        };
        self.stage = Stage::Order(order);
        Ok(())
    }

    /// In the queue: looks at the number that is called until it is this driver's turn.
    pub(super) async fn queue(&mut self, mut place: Place) -> Result<(), Trouble> {
        if !self.in_queue {
            self.in_queue = true;
            self.promise.place = Some(place.number);
            let mut tally = self.crowd.tally.borrow_mut();
            tally.waiting += 1;
            tally.places += 1;
        }
        self.seen(place);
        if let (Some(low_s), Some(high_s)) = (place.low_s, place.high_s) {
            self.told(low_s * 1_000, high_s * 1_000);
        }
        if self.deed == Deed::OtherPhone && !self.compared {
            self.compare().await?;
        }
        if self.deed == Deed::Refreshes {
            self.crowd.rest(self.refresh_ms).await?;
            self.refresh_ms = (self.refresh_ms * 3 / 2).min(REFRESH_MS.1);
            self.list().await?;
            return Ok(());
        }
        let (mut again_ms, mut waited_ms) = (place.again_s * 1_000, 0);
        loop {
            let spread = u64::try_from(self.dice.below(400)).unwrap_or(0) + 800;
            waited_ms += again_ms;
            self.crowd.rest(again_ms * spread / 1_000).await?;
            // As the page's script does it.
            if !place.settled {
                let Turn { place: Some(now) } = self.phone.get("/turn").await?.page(&self.crowd)? else {
                    return self.crowd.rest(WORK_MS).await;
                };
                self.seen(now);
                place = now;
                again_ms = place.again_s * 1_000;
                continue;
            }
            let landed = self.phone.get("/turn/number").await?;
            let now: super::pages::Called = landed.page(&self.crowd)?;
            let ahead = place.number.saturating_sub(now.called);
            if ahead == 0 {
                return self.crowd.rest(WORK_MS).await;
            }
            let foretold = now.wait_ms(ahead, now.fast);
            let low_ms = foretold.unwrap_or((ahead * 100).min(120_000));
            let least_ms = if foretold.is_some() { 60_000 } else { 90_000 };
            if let Some(high_ms) = now.wait_ms(ahead, now.slow)
                && now.fast > 0
                && waited_ms >= SAID_MS
            {
                self.told(low_ms.try_into().unwrap_or(i64::MAX), high_ms.try_into().unwrap_or(i64::MAX));
            }
            again_ms = low_ms.clamp(5_000, waited_ms.max(low_ms / 2).clamp(least_ms, 300_000));
        }
    }

    /// A wait is shown: what is shown first is what people go by.
    fn told(&mut self, low_ms: i64, high_ms: i64) {
        let now_ms = self.crowd.clock.now().as_millisecond();
        self.promise.told.get_or_insert((now_ms, low_ms, high_ms));
    }

    /// A place is shown: a number that was told to be final must not change any more. Before, it may still rise, because people
    /// of one second are not told apart: such a rise is counted by itself.
    fn seen(&mut self, place: Place) {
        if !place.settled {
            return;
        }
        let first = self.promise.number.replace(place.number);
        let mut tally = self.crowd.tally.borrow_mut();
        match first {
            Some(before) if before != place.number => {
                tally.moved += 1;
                tally.example("place", format!("{before} became {}", place.number));
            }
            None if self.promise.place.is_some_and(|shown| shown != place.number) => tally.risen += 1,
            _ => {}
        }
    }

    /// The second phone must find the same place.
    async fn compare(&mut self) -> Result<(), Trouble> {
        let mut other = Phone::new(Rc::clone(&self.crowd), self.n + 1);
        let same = match other.sign_in(&mix::openid(self.n)).await {
            Ok(()) => {
                self.compared = true;
                self.same(&mut other).await
            }
            lost => lost,
        };
        self.elsewhere += other.answered;
        same
    }

    async fn same(&mut self, other: &mut Phone) -> Result<(), Trouble> {
        loop {
            let mine: Turn = self.phone.get("/turn").await?.page(&self.crowd)?;
            let there: Turn = other.get("/turn").await?.page(&self.crowd)?;
            // Meanwhile the turn may have come.
            let (Some(mine), Some(there)) = (mine.place, there.place) else { return Ok(()) };
            if mine.settled && there.settled {
                self.crowd.tally.borrow_mut().compared += 1;
                self.seen(mine);
                self.seen(there);
                return Ok(());
            }
            self.crowd.rest(SETTLES_MS).await?;
        }
    }

    /// What became of a driver who went away: looked at when everybody else has an end.
    async fn reckoned(&mut self) -> Result<End, Trouble> {
        let page = self.promise.page.clone().unwrap_or_default();
        self.crowd.last_ones().await?;
        self.phone.get(&page).await?.reply.status.eq(&200).then_some(()).ok_or(Trouble::Fault)?;
        self.stage = stage_of(&page);
        let end = match &self.stage {
            Stage::Order(id) => {
                let id = id.clone();
                self.settle(&id).await?
            }
            Stage::Case(id) => {
                let id = id.clone();
                self.learn(&id).await?
            }
            _ => None,
        };
        end.ok_or_else(|| Trouble::Odd(format!("{page} has no end")))
    }

    /// Notes what was promised, once.
    pub(super) fn promised(&mut self, page: String, paid: bool) {
        self.promise.paid |= paid;
        if self.promise.page.is_none() {
            self.promise.page = Some(page);
            self.crowd.tally.borrow_mut().promised += 1;
        }
    }

    /// A pause of a page before it looks again: not all phones at once, as in its script.
    pub(super) async fn look_in(&mut self, again_ms: u64) -> Result<(), Trouble> {
        let spread = u64::try_from(self.dice.below(200)).unwrap_or(0) + 1_000;
        self.crowd.rest(again_ms * spread / 1_000).await
    }

    /// A pause of a person, where people pause.
    pub(super) async fn think(&self, seconds: u64) -> Result<(), Trouble> {
        if self.crowd.options.human { self.crowd.rest(seconds * 1_000).await } else { Ok(()) }
    }

    async fn pause(&mut self, least_ms: u64, more_ms: usize) -> Result<(), Trouble> {
        let more = u64::try_from(self.dice.below(more_ms)).unwrap_or(0);
        self.crowd.rest(least_ms + more).await
    }

    /// Waits for the doors to open, on the simulated clock.
    async fn closed(&mut self, until: Option<jiff::Timestamp>) -> Result<(), Trouble> {
        self.crowd.tally.borrow_mut().closed += 1;
        self.pause(500, 1_000).await?;
        while until.is_some_and(|until| self.crowd.clock.now() < until) {
            self.crowd.rest(1_000).await?;
        }
        Ok(())
    }
}

fn stage_of(page: &str) -> Stage {
    match part_after(page, "/orders/") {
        Some(order) => Stage::Order(order),
        None => part_after(page, "/cases/").map_or(Stage::Home, Stage::Case),
    }
}

fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// The id behind a prefix of an address.
pub(super) fn part_after(address: &str, prefix: &str) -> Option<String> {
    let id = address.split(prefix).nth(1)?.split(['/', '?']).next()?;
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_addresses() {
        assert_eq!(part_after("http://h/orders/o1/pay?x", "/orders/").as_deref(), Some("o1"));
        assert_eq!(part_after("/cases/", "/cases/"), None);
        assert!(matches!(stage_of("/cases/c1"), Stage::Case(id) if id == "c1"));
    }
}
