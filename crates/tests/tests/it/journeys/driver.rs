//! A driver with a phone: cookies by hand, pages as JSON, forms as the pages send them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::stack::{Stack, client};

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Where it was asked.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// Where to go on, for a redirect.
    pub location: Option<String>,
    /// Seconds after which to come again, where that was said.
    pub retry_after: Option<String>,
    /// Content type.
    pub kind: String,
    /// Body.
    pub body: String,
}

impl Answer {
    /// The view model. Panics when it is none.
    pub fn json(&self) -> Value {
        assert!(self.status == 200, "{} answered {}: {}", self.path, self.status, self.body);
        assert!(self.kind.starts_with("application/json"), "{} answered {}", self.path, self.kind);
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Where a deed leads to. Panics when it was refused.
    pub fn next(&self) -> String {
        assert!(self.status == 303, "{} answered {}: {}", self.path, self.status, self.body);
        self.location.clone().expect("a redirect leads somewhere")
    }

    /// The problem behind a refusal: its type, status and instance are what they must be, and it says what to do.
    pub fn problem(&self, status: u16, slug: &str) -> Value {
        let (path, body) = (&self.path, &self.body);
        assert_eq!((self.status, self.kind.as_str()), (status, "application/problem+json"), "{path}: {body}");
        let problem: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{path}: {body}");
        assert_eq!(problem["status"], status, "{body}");
        if path.is_ascii() {
            assert_eq!(problem["instance"], path.split('?').next().unwrap_or_default(), "{body}");
        }
        for said in ["title", "detail", "fix", "request_id", "next"] {
            let text = problem[said].as_str().unwrap_or_default();
            assert!(!text.is_empty() && !text.contains('⟦'), "{said} of {body}");
        }
        problem
    }

    /// Codes of a refusal, in their order.
    pub fn refusal(&self) -> Vec<String> {
        codes(&self.problem(409, "refused")["reasons"])
    }
}

/// The codes of a list of reasons.
pub fn codes(reasons: &Value) -> Vec<String> {
    let reasons = reasons.as_array().expect("reasons");
    reasons.iter().map(|reason| text(reason, "/code").to_owned()).collect()
}

/// A text inside a view model.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
}

/// A number inside a view model.
pub fn number(value: &Value, pointer: &str) -> i64 {
    value
        .pointer(pointer)
        .and_then(Value::as_i64)
        .unwrap_or_else(|| panic!("no number at {pointer}: {value}"))
}

/// Content type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Fields as a form sends them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| {
        text.bytes().fold(String::new(), |mut escaped, byte| {
            if byte.is_ascii_alphanumeric() {
                escaped.push(char::from(byte));
            } else {
                let _ = write!(escaped, "%{byte:02X}");
            }
            escaped
        })
    };
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    pairs.join("&")
}

/// One browser of one person.
pub struct Driver<'a> {
    /// The world around.
    pub stack: &'a Stack,
    /// Openid.
    pub openid: String,
    client: Client,
    jar: RefCell<BTreeMap<String, String>>,
}

impl<'a> Driver<'a> {
    /// A fresh browser.
    pub fn visitor(stack: &'a Stack) -> Driver<'a> {
        Driver { stack, openid: String::new(), client: client(), jar: RefCell::default() }
    }

    /// A person who has signed in; the background verification may still run.
    pub fn enter(stack: &'a Stack, openid: &str) -> Driver<'a> {
        let mut driver = Driver::visitor(stack);
        openid.clone_into(&mut driver.openid);
        let landed = driver.sign_in(openid, "/violations");
        assert_eq!(landed.next(), "/violations");
        driver
    }

    /// A person who has signed in, with the verification over.
    pub fn at_home(stack: &'a Stack, openid: &str) -> Driver<'a> {
        let driver = Driver::enter(stack, openid);
        driver.home();
        driver
    }

    /// Goes through the sign-in as a persona; answers with what our return address said.
    pub fn sign_in(&self, persona: &str, next: &str) -> Answer {
        let code_and_state = self.authorize(persona, next);
        self.get(&code_and_state)
    }

    /// Goes as far as the authorisation page's answer: the local address with code and state that it sends back to.
    pub fn authorize(&self, persona: &str, next: &str) -> String {
        let begun = self.get(&format!("/wechat/enter?next={next}"));
        let page = begun.next();
        let page = page.split('#').next().unwrap_or_default();
        let answer = self.client.get(format!("{page}&persona={persona}")).send().expect("the pretend page");
        let back = answer.headers().get("location").expect("it sends back").to_str().expect("text");
        back.strip_prefix(&self.stack.url).expect("to our host").to_owned()
    }

    /// Forgets a cookie, or sets one.
    pub fn cookie(&self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.jar.borrow_mut().insert(name.to_owned(), value.to_owned()),
            None => self.jar.borrow_mut().remove(name),
        };
    }

    /// A cookie of this browser.
    pub fn cookie_value(&self, name: &str) -> Option<String> {
        self.jar.borrow().get(name).cloned()
    }

    /// A page's view model; also problems come as JSON.
    pub fn get(&self, path: &str) -> Answer {
        let request = self.client.get(self.url(path)).header("accept", "application/json");
        self.send(path, request)
    }

    /// A page as people see it.
    pub fn page(&self, path: &str) -> Answer {
        self.send(path, self.client.get(self.url(path)).header("accept", "text/html"))
    }

    /// The view model of a page that must be there, or of the one that it leads to.
    pub fn open(&self, path: &str) -> Value {
        self.follow(self.get(path))
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.raw(path, "application/json", body.to_string().into_bytes())
    }

    /// Sends JSON and opens what lies behind it, as far as it leads.
    pub fn go(&self, path: &str, body: &Value) -> Value {
        self.follow(self.post(path, body))
    }

    /// Follows redirects of ours to the view model behind them.
    pub fn follow(&self, mut answer: Answer) -> Value {
        for _ in 0..5 {
            if answer.status != 303 {
                break;
            }
            answer = self.get(&answer.next());
        }
        answer.json()
    }

    /// Sends a body of any kind.
    pub fn raw(&self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = self.client.post(self.url(path)).header("accept", "application/json");
        self.send(path, request.header("content-type", kind).body(body))
    }

    /// Sends a form as the page at `from` would: with the token that stands in it.
    pub fn form(&self, from: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(from);
        let mut fields = fields.to_vec();
        fields.push(("csrf", &token));
        let request = self.client.post(self.url(path)).header("accept", "text/html");
        self.send(path, request.header("content-type", FORM).body(encoded(&fields)))
    }

    /// The token that stands in the form of a page.
    pub fn token(&self, from: &str) -> String {
        let page = self.page(from);
        assert_eq!(page.status, 200, "{from}: {}", page.body);
        let token = page.body.split("name=\"csrf\" value=\"").nth(1).expect("a form with a token");
        token.split('"').next().unwrap_or_default().to_owned()
    }

    /// Any other request of this browser.
    pub fn send(&self, path: &str, request: RequestBuilder) -> Answer {
        let cookies: Vec<String> =
            self.jar.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().expect("the server answers");
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().expect("text");
            let (name, rest) = set.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookie(name, (!value.is_empty()).then_some(value));
        }
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let kind =
            header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
        Answer {
            path: path.to_owned(),
            status: answer.status().as_u16(),
            location: header("location").map(str::to_owned),
            retry_after: header("retry-after").map(str::to_owned),
            kind,
            body: answer.text().expect("a body"),
        }
    }

    /// The client itself, for requests made to order.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// An address of ours.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stack.url)
    }

    /// 我的违法 with all vehicles, once the background verification is over.
    pub fn home(&self) -> Value {
        self.until("/violations?view=all", "/checks/finished", &json!(true))
    }

    /// Opens a page until a value of it is what is waited for.
    pub fn until(&self, path: &str, pointer: &str, wanted: &Value) -> Value {
        let mut seen = Value::Null;
        for _ in 0..750 {
            seen = self.follow(self.get(path));
            if seen.pointer(pointer) == Some(wanted) {
                return seen;
            }
            thread::sleep(Duration::from_millis(40));
        }
        panic!("{path}: {pointer} did not become {wanted}: {seen}");
    }

    /// The card of a violation on 我的违法, if it is listed.
    pub fn card(&self, violation: &str) -> Option<Value> {
        let home = self.home();
        let groups = home["groups"].as_array().expect("groups");
        let mut cards = groups.iter().flat_map(|group| group["cards"].as_array().expect("cards"));
        cards.find(|card| card["id"] == violation).cloned()
    }
}
