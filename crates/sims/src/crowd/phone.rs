//! A phone: its cookies, one request at a time, and the manners of a browser: a server that asks to come again is obeyed.

use std::rc::Rc;

use hyper::Method;
use hyper::header::{HeaderMap, LOCATION, RETRY_AFTER, SET_COOKIE};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::Crowd;
use super::pages::Problem;
use super::pool::{Ask, Gone, Reply};

/// Redirects that are followed in a row.
const HOPS: usize = 8;

/// Why a visit was interrupted.
#[derive(Debug)]
pub enum Trouble {
    /// The connection was refused or broke: the visit is taken up again.
    Cut,
    /// The server made an error, which is counted.
    Fault,
    /// The server does not know the session any more.
    Out,
    /// Closed until then, as far as it says.
    Closed(Option<Timestamp>),
    /// An answer that this driver did not expect.
    Odd(String),
    /// The day is over for the crowd.
    Over,
}

/// A page at which one has arrived.
pub struct Landed {
    /// Its path and query.
    pub path: String,
    /// The answer.
    pub reply: Reply,
}

impl Landed {
    /// The page.
    ///
    /// # Errors
    /// [`Trouble::Odd`] for an error status, [`Trouble::Fault`] for a page that cannot be read.
    pub fn page<T: DeserializeOwned>(&self, crowd: &Crowd) -> Result<T, Trouble> {
        if self.reply.status != 200 {
            return Err(refused(&self.reply, &self.path));
        }
        read(crowd, step_of(&Method::GET, &self.path), &self.reply)
    }
}

/// What is read of an answer; one that is broken is an error of the server.
pub fn read<T: DeserializeOwned>(crowd: &Crowd, step: &'static str, reply: &Reply) -> Result<T, Trouble> {
    serde_json::from_slice(&reply.body).map_err(|error| {
        let start = String::from_utf8_lossy(&reply.body[..reply.body.len().min(120)]).into_owned();
        crowd.tally.borrow_mut().error(step, &format!("{} cannot be read: {error}: {start}", reply.status));
        Trouble::Fault
    })
}

/// What an answer below 500 that is no page says.
pub fn refused(reply: &Reply, path: &str) -> Trouble {
    if reply.status == 401 {
        return Trouble::Out;
    }
    let problem: Problem = serde_json::from_slice(&reply.body).unwrap_or_default();
    if problem.kind.rsplit('/').next() == Some("closed") {
        return Trouble::Closed(problem.again_at);
    }
    let body = String::from_utf8_lossy(&reply.body);
    Trouble::Odd(format!("{path}: {} {}", reply.status, body.chars().take(160).collect::<String>()))
}

/// Gateways of the city's carriers: everybody comes through one of so few addresses.
const GATEWAYS: usize = 24;
/// Status of an answer to somebody who asks too much, or whose gateway does.
const TOO_MANY: u16 = 429;

/// One phone.
pub struct Phone {
    crowd: Rc<Crowd>,
    jar: Vec<(String, String)>,
    cookies: String,
    /// Address of the carrier's gateway behind which it is, with thousands of others.
    network: String,
    /// Which server it talks to.
    node: usize,
    /// Seconds that the server has asked it to wait before anything else, so far.
    pub asked_s: u64,
    /// Requests of it that the server answered.
    pub answered: u64,
}

impl Phone {
    /// The phone of this number, without cookies.
    pub fn new(crowd: Rc<Crowd>, number: usize) -> Self {
        let network = format!("100.64.0.{}", number % GATEWAYS + 1);
        let node = number % crowd.servers.len();
        Self { crowd, jar: Vec::new(), cookies: String::new(), network, node, asked_s: 0, answered: 0 }
    }

    /// GET, and wherever that leads among the server's own pages.
    pub async fn get(&mut self, path: &str) -> Result<Landed, Trouble> {
        let reply = self.ask(Method::GET, path, None).await?;
        self.follow(path, reply).await
    }

    /// POST of JSON; a redirect is not followed.
    pub async fn post(&mut self, path: &str, body: String) -> Result<Reply, Trouble> {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// POST of JSON, and wherever that leads.
    pub async fn send(&mut self, path: &str, body: String) -> Result<Landed, Trouble> {
        let reply = self.post(path, body).await?;
        self.follow(path, reply).await
    }

    async fn follow(&mut self, path: &str, mut reply: Reply) -> Result<Landed, Trouble> {
        let mut path = path.to_owned();
        for _ in 0..HOPS {
            let Some(to) = location(&reply.headers) else { return Ok(Landed { path, reply }) };
            let Some(own) = self.crowd.own_path(to) else { return Ok(Landed { path: to.to_owned(), reply }) };
            path = own.to_owned();
            if path.starts_with("/sign-in") {
                return Err(Trouble::Out);
            }
            reply = self.ask(Method::GET, &path, None).await?;
        }
        Err(Trouble::Odd(format!("{path}: redirects without end")))
    }

    /// Signs in, by way of the messenger's authorisation page. The page that follows is not opened.
    pub async fn sign_in(&mut self, openid: &str) -> Result<(), Trouble> {
        let crowd = Rc::clone(&self.crowd);
        (self.jar, self.cookies) = (Vec::new(), String::new());
        let begun = self.ask(Method::GET, "/wechat/enter", None).await?;
        let authorize = location(&begun.headers).unwrap_or_default();
        // What stands behind # never reaches a server.
        let asked = authorize.split('#').next().unwrap_or_default();
        let Some(path) = asked.strip_prefix(crowd.sims_url.as_str()) else {
            return Err(refused(&begun, "/wechat/enter"));
        };
        let path = format!("{path}&persona={openid}");
        let ask = Ask { method: Method::GET, path: &path, network: "", cookies: "", body: None, json: false };
        let picked = crowd.sims.ask(ask).await.map_err(|_| Trouble::Cut)?;
        let back = location(&picked.headers).and_then(|to| crowd.own_path(to)).unwrap_or_default();
        if back.is_empty() {
            return Err(Trouble::Odd("the authorisation page leads nowhere".to_owned()));
        }
        let back = back.to_owned();
        let done = self.ask(Method::GET, &back, None).await?;
        if location(&done.headers).is_none_or(|to| to.contains("/sign-in")) {
            return Err(refused(&done, "/wechat/return"));
        }
        Ok(())
    }

    /// One request, again whenever the server asks to come again.
    async fn ask(&mut self, method: Method, path: &str, body: Option<String>) -> Result<Reply, Trouble> {
        let crowd = Rc::clone(&self.crowd);
        let step = step_of(&method, path);
        loop {
            let ask = Ask {
                method: method.clone(),
                path,
                network: &self.network,
                cookies: &self.cookies,
                body: body.clone().map(|body| ("application/json", body)),
                json: true,
            };
            let reply = match crowd.servers[self.node].ask(ask).await {
                Ok(reply) => reply,
                Err(Gone::Cut) => {
                    crowd.tally.borrow_mut().cut_off(self.node);
                    // People are sent to a server that answers, where there is another.
                    self.node = (self.node + 1) % crowd.servers.len();
                    return Err(Trouble::Cut);
                }
                Err(Gone::Silent) => {
                    crowd.tally.borrow_mut().error(step, "no whole answer within a minute");
                    return Err(Trouble::Fault);
                }
            };
            crowd.tally.borrow_mut().answered(step, reply.queued_us, reply.took_us);
            self.answered += 1;
            self.keep(&reply.headers);
            if reply.status < 500 && reply.status != TOO_MANY {
                return Ok(reply);
            }
            let again = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            let Some(again_s) = again.filter(|_| matches!(reply.status, 503 | TOO_MANY)) else {
                let words = String::from_utf8_lossy(&reply.body).into_owned();
                crowd.tally.borrow_mut().error(step, &format!("{} {words}", reply.status));
                return Err(Trouble::Fault);
            };
            let problem: Problem = serde_json::from_slice(&reply.body).unwrap_or_default();
            let slug = problem.kind.rsplit(['/', '#', ':']).next().unwrap_or_default();
            crowd.tally.borrow_mut().asked_to_wait(slug, again_s);
            self.asked_s += again_s;
            crowd.rest(again_s * 1_000).await?;
        }
    }

    fn keep(&mut self, headers: &HeaderMap) {
        let mut changed = false;
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let Some((name, value)) = line.split(';').next().unwrap_or_default().split_once('=') else {
                continue;
            };
            self.jar.retain(|(known, _)| known != name);
            if !line.to_ascii_lowercase().contains("max-age=0") {
                self.jar.push((name.to_owned(), value.to_owned()));
            }
            changed = true;
        }
        if changed {
            let pairs: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            self.cookies = pairs.join("; ");
        }
    }
}

/// Where a redirect leads.
pub fn location(headers: &HeaderMap) -> Option<&str> {
    headers.get(LOCATION).and_then(|value| value.to_str().ok())
}

/// The name under which a request is counted: method and address template.
pub fn step_of(method: &Method, path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let posts = *method == Method::POST;
    match (posts, parts.as_slice()) {
        (false, ["wechat", "enter"]) => "GET /wechat/enter",
        (false, ["wechat", "return"]) => "GET /wechat/return",
        (false, ["welcome"]) => "GET /welcome",
        (true, ["welcome"]) => "POST /welcome",
        (false, ["violations"]) => "GET /violations",
        (false, ["violations", "checks"]) => "GET /violations/checks",
        (false, ["programmes", _, "reasons"]) => "GET /programmes/{programme}/reasons",
        (true, ["quotes"]) => "POST /quotes",
        (false, ["quotes", _]) => "GET /quotes/{id}",
        (true, ["orders"]) => "POST /orders",
        (false, ["orders", _]) => "GET /orders/{id}",
        (true, ["orders", _, "pay"]) => "POST /orders/{id}/pay",
        (false, ["orders", _, "returned"]) => "GET /orders/{id}/returned",
        (false, ["orders", _, "state"]) => "GET /orders/{id}/state",
        (true, ["cases"]) => "POST /cases",
        (false, ["cases", _]) => "GET /cases/{id}",
        (false, ["cases", _, "study"]) => "GET /cases/{id}/study",
        (true, ["cases", _, "study"]) => "POST /cases/{id}/study",
        (true, ["cases", _, "study", "beat"]) => "POST /cases/{id}/study/beat",
        (false, ["cases", _, "quiz"]) => "GET /cases/{id}/quiz",
        (true, ["cases", _, "quiz"]) => "POST /cases/{id}/quiz",
        (true, ["cases", _, "quiz", "begin"]) => "POST /cases/{id}/quiz/begin",
        (false, ["cases", _, "confirm"]) => "GET /cases/{id}/confirm",
        (true, ["cases", _, "confirm"]) => "POST /cases/{id}/confirm",
        (false, ["turn"]) => "GET /turn",
        (false, ["turn", "number"]) => "GET /turn/number",
        (true, _) => "POST (other)",
        _ => "GET (other)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_their_template() {
        assert_eq!(step_of(&Method::GET, "/orders/ab/state?ask=true"), "GET /orders/{id}/state");
        assert_eq!(step_of(&Method::POST, "/cases/ab/study/beat"), "POST /cases/{id}/study/beat");
        assert_eq!(step_of(&Method::GET, "/cases/ab/quiz?answered=1"), "GET /cases/{id}/quiz");
        assert_eq!(step_of(&Method::POST, "/elsewhere"), "POST (other)");
    }
}
