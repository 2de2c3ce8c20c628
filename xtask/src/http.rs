//! A small HTTP client for the demo's own checks: a cookie jar, forms and JSON, redirects only on demand;
//! an error status is an answer, not an accident.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::http::{Method, Request, Response};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Where a redirect leads, as an absolute address; `None` if it is none.
    pub location: Option<String>,
    /// The body as text.
    pub body: String,
    /// Where it came from.
    pub url: String,
}

impl Answer {
    /// The body as JSON; an error names the address.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| {
            format!("{} answered {} without JSON: {:.200}", self.url, self.status, self.body)
        })
    }
}

/// One visitor: what a browser keeps between two requests.
pub struct Visitor {
    agent: ureq::Agent,
    /// Origin (`http://host:port`) to cookie name to value.
    jar: BTreeMap<String, BTreeMap<String, String>>,
    /// What is asked for: pages or their JSON.
    accept: &'static str,
}

impl Visitor {
    /// A visitor without cookies who asks for `accept`.
    pub fn new(accept: &'static str) -> Visitor {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(10)));
        Visitor { agent: config.build().into(), jar: BTreeMap::new(), accept }
    }

    /// GET.
    pub fn get(&mut self, url: &str) -> Result<Answer> {
        self.send(Method::GET, url, None)
    }

    /// POST of a form.
    pub fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let form = pairs.collect::<Vec<_>>().join("&");
        self.send(Method::POST, url, Some(("application/x-www-form-urlencoded", form)))
    }

    /// POST of JSON.
    pub fn post_json(&mut self, url: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, url, Some(("application/json", body.to_string())))
    }

    /// DELETE.
    pub fn delete(&mut self, url: &str) -> Result<Answer> {
        self.send(Method::DELETE, url, None)
    }

    /// Goes on until an answer is no redirect, at most ten times.
    pub fn follow(&mut self, mut answer: Answer) -> Result<Answer> {
        for _ in 0..10 {
            let Some(next) = answer.location.clone() else { return Ok(answer) };
            answer = self.get(&next)?;
        }
        bail!("{} redirects without end", answer.url)
    }

    /// Puts a cookie into the jar of `url`'s origin, as if it had been set there.
    pub fn keep(&mut self, url: &str, name: &str, value: &str) {
        let jar = self.jar.entry(origin(url).to_owned()).or_default();
        jar.insert(name.to_owned(), value.to_owned());
    }

    /// The `Cookie` header that goes to `url`.
    pub fn cookies(&self, url: &str) -> String {
        let cookies = self.jar.get(origin(url)).into_iter().flatten();
        cookies.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn send(&mut self, method: Method, url: &str, body: Option<(&str, String)>) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(url).header("Accept", self.accept);
        let cookies = self.cookies(url);
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies);
        }
        let response = match body {
            Some((kind, text)) => self.agent.run(request.header("Content-Type", kind).body(text)?),
            None => self.agent.run(request.body(())?),
        };
        let mut response = response.with_context(|| format!("no answer from {url}"))?;
        self.keep_cookies(url, &response);
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location
            .map(|to| if to.starts_with('/') { format!("{}{to}", origin(url)) } else { to.to_owned() });
        let body =
            response.body_mut().read_to_string().with_context(|| format!("half an answer from {url}"))?;
        Ok(Answer { status: response.status().as_u16(), location, body, url: url.to_owned() })
    }

    fn keep_cookies<T>(&mut self, url: &str, response: &Response<T>) {
        let jar = self.jar.entry(origin(url).to_owned()).or_default();
        for line in response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let pair = line.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                if line.to_ascii_lowercase().contains("max-age=0") {
                    jar.remove(name.trim());
                } else {
                    jar.insert(name.trim().to_owned(), value.trim().to_owned());
                }
            }
        }
    }
}

/// `http://host:port` of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |at| &url[..host + at])
}

/// Percent-encoding as forms and queries want it.
pub fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_and_values_encoded() {
        assert_eq!(origin("http://127.0.0.1:8080/a/b"), "http://127.0.0.1:8080");
        assert_eq!(origin("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(encoded("鄂A 1&2"), "%E9%84%82A%201%262");
    }
}
