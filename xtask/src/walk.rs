//! A driver's way through the product over HTTP, as the demo's own check walks it: taps are counted, human
//! pauses are taken on the demo clock (so nobody waits for them), machine time is real.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::http::{Answer, Visitor};
use crate::say;
use crate::shell;
use crate::stack;

/// 我的违法.
pub const LIST: &str = "/violations";
/// What a page change takes on the phone and network that the targets assume.
const PAGE_CHANGE: Duration = Duration::from_millis(500);
/// What the first screen takes there.
const FIRST_SCREEN: Duration = Duration::from_secs(3);

/// Signs in as a persona of the pretend city; the answer is the page that it leads to.
pub fn sign_in(visitor: &mut Visitor, url: &str, persona: &str) -> Result<Answer> {
    let start = visitor.get(&format!("{url}/wechat/enter"))?;
    let Some(authorize) = start.location else {
        bail!("{} answered {} and leads nowhere", start.url, start.status);
    };
    // WeChat's address ends in #wechat_redirect, which no server ever sees.
    let authorize = authorize.split('#').next().unwrap_or_default();
    let picked = visitor.get(&format!("{authorize}&persona={persona}"))?;
    visitor.follow(picked)
}

/// The demo clock, moved forward instead of waiting.
pub struct DemoClock {
    file: PathBuf,
    at: Timestamp,
    since: std::time::Instant,
}

impl DemoClock {
    /// Sets the clock file to `at`.
    pub fn set(file: PathBuf, at: Timestamp) -> Result<DemoClock> {
        stack::set_clock(&file, at)?;
        shell::pause(250);
        Ok(DemoClock { file, at, since: say::now() })
    }

    /// Lets `pause` pass.
    pub fn advance(&mut self, pause: Duration) -> Result<()> {
        let real = SignedDuration::try_from(self.since.elapsed())?;
        let at = self.at + real + SignedDuration::try_from(pause)?;
        *self = DemoClock::set(self.file.clone(), at)?;
        Ok(())
    }
}

/// One driver on the way through one journey.
pub struct Walker<'a> {
    visitor: Visitor,
    url: String,
    clock: &'a mut DemoClock,
    /// Taps on our pages so far.
    pub taps: u32,
    /// Seconds so far, as a person with a phone would have needed them.
    pub spent: Duration,
}

impl<'a> Walker<'a> {
    /// A persona who is signed in and taps the menu entry 我的违法.
    pub fn at_home(url: &str, clock: &'a mut DemoClock, persona: &str) -> Result<(Walker<'a>, Value)> {
        let mut visitor = Visitor::new("application/json");
        let landed = sign_in(&mut visitor, url, persona)?;
        let mut walker = Walker { visitor, url: url.to_owned(), clock, taps: 0, spent: FIRST_SCREEN };
        if landed.url.ends_with("/welcome") {
            walker.send("/welcome", &json!({}))?;
            walker.taps = 0;
        }
        walker.taps += 1;
        let home = walker.until(LIST, "/checks/finished", &Value::Bool(true))?;
        walker.spent = FIRST_SCREEN;
        Ok((walker, home))
    }

    /// A pause of the person: reading, thinking. Passes on the demo clock.
    pub fn think(&mut self, seconds: u64) -> Result<()> {
        self.spent += Duration::from_secs(seconds);
        self.clock.advance(Duration::from_secs(seconds))
    }

    /// A tap that leads to another page.
    pub fn tap_to(&mut self, path: &str) -> Result<Value> {
        self.taps += 1;
        self.open(path)
    }

    /// A tap that sends a form and lands on the page behind it.
    pub fn tap_send(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.taps += 1;
        self.send(path, body)
    }

    /// A page, without a tap of its own.
    pub fn open(&mut self, path: &str) -> Result<Value> {
        let from = say::now();
        let address = self.address(path);
        let first = self.visitor.get(&address)?;
        let landed = self.visitor.follow(first)?;
        self.spent += PAGE_CHANGE.max(from.elapsed());
        page(&landed)
    }

    /// Sends JSON and follows to the page behind it.
    pub fn send(&mut self, path: &str, body: &Value) -> Result<Value> {
        let from = say::now();
        let answer = self.quietly(path, body)?;
        let landed = self.visitor.follow(answer)?;
        self.spent += PAGE_CHANGE.max(from.elapsed());
        page(&landed)
    }

    /// Sends what a script of the page sends, without the person noticing.
    pub fn quietly(&mut self, path: &str, body: &Value) -> Result<Answer> {
        let address = self.address(path);
        self.visitor.post_json(&address, body)
    }

    /// Sends a form to another party (the pretend cashier).
    pub fn elsewhere(&mut self, address: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        self.visitor.post(address, fields)
    }

    /// Opens `path` again and again until the value at `pointer` is `wanted`; at most half a minute.
    pub fn until(&mut self, path: &str, pointer: &str, wanted: &Value) -> Result<Value> {
        let from = say::now();
        loop {
            let answer = self.visitor.get(&self.address(path))?;
            let seen = page(&self.visitor.follow(answer)?)?;
            if seen.pointer(pointer) == Some(wanted) {
                self.spent += from.elapsed();
                return Ok(seen);
            }
            if from.elapsed() > Duration::from_secs(30) {
                bail!(
                    "{path}: {pointer} did not become {wanted} within half a minute but is {:?}",
                    seen.pointer(pointer)
                );
            }
            shell::pause(200);
        }
    }

    fn address(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) }
    }
}

fn page(landed: &Answer) -> Result<Value> {
    if landed.status != 200 {
        bail!("{} answered {}: {}", landed.url, landed.status, landed.body);
    }
    landed.json()
}

/// A text inside a page.
pub fn text<'v>(page: &'v Value, pointer: &str) -> Result<&'v str> {
    page.pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("the page has no text at {pointer}: {page:.400}"))
}

/// A number inside a page.
pub fn number(page: &Value, pointer: &str) -> Result<i64> {
    page.pointer(pointer)
        .and_then(Value::as_i64)
        .with_context(|| format!("the page has no number at {pointer}: {page:.400}"))
}
