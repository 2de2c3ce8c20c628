//! Answers, and what a fault does to them on their way out.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream;

use crate::faults::{Fault, pause};

/// A whole answer before it leaves.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub kind: &'static str,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer of a kind.
    #[must_use]
    pub fn new(status: u16, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, kind, headers: Vec::new(), body: body.into() }
    }

    /// JSON.
    #[must_use]
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", value.to_string())
    }

    /// An HTML page.
    #[must_use]
    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "text/html; charset=utf-8", body)
    }

    /// 303 to another page.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        let mut answer = Self::new(303, "text/plain; charset=utf-8", "");
        answer.headers.push(("location", to.to_owned()));
        answer
    }

    /// Sends it as it is.
    #[must_use]
    pub fn send(self) -> Response {
        let body = Body::from(self.body.clone());
        self.send_with(body)
    }

    fn send_with(self, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if self.status != 204 {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// How a protocol must twist its own answer; everything else happens to the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Do as asked and answer well.
    None,
    /// Do as asked; the answer inside the envelope is empty.
    Empty,
    /// Do nothing; the platform's trouble marker.
    Dollar,
    /// Do as asked; values percent-encoded twice.
    DoubleEncoded,
    /// Do as asked; a DOCTYPE with entities.
    Entities,
    /// Do nothing; an orderly refusal.
    Refuse(String),
}

/// Performs a call under the fault that was drawn for it, and sends what is left of the answer.
pub async fn perform(fault: Option<Fault>, mut act: impl FnMut(&Twist) -> Answer) -> Response {
    let Some(fault) = fault else { return act(&Twist::None).send() };
    match fault {
        Fault::Late(ms) => {
            pause(ms).await;
            act(&Twist::None).send()
        }
        Fault::Twice => {
            let _ = act(&Twist::None);
            act(&Twist::None).send()
        }
        Fault::Never => {
            pause(600_000).await;
            Answer::new(504, "text/plain", "").send()
        }
        Fault::Garbled => {
            let mut answer = act(&Twist::None);
            garble(&mut answer.body);
            answer.send()
        }
        Fault::Truncated => {
            let mut answer = act(&Twist::None);
            let half = answer.body.len() / 2;
            answer.body.truncate(half);
            answer.send()
        }
        Fault::Html => Answer::html(
            "<!DOCTYPE html><html><head><title>502</title></head><body><h1>网关错误</h1></body></html>",
        )
        .send(),
        Fault::ActedNoReply => broken(act(&Twist::None)),
        Fault::Http500 => Answer::new(500, "text/plain; charset=utf-8", "internal error").send(),
        Fault::Drip(ms) => drip(act(&Twist::None), ms),
        Fault::Empty => act(&Twist::Empty).send(),
        Fault::Dollar => act(&Twist::Dollar).send(),
        Fault::DoubleEncoded => act(&Twist::DoubleEncoded).send(),
        Fault::Entities => act(&Twist::Entities).send(),
        Fault::Refuse(text) => act(&Twist::Refuse(text)).send(),
    }
}

/// Spoils bytes in the middle so that no check passes and no parser agrees.
pub fn garble(body: &mut [u8]) {
    let middle = body.len() / 2;
    for (i, byte) in body.iter_mut().enumerate() {
        if i >= middle && i % 3 == 0 {
            *byte ^= 0x15;
        }
    }
}

/// The head promises the whole body; the connection breaks after none of it.
fn broken(mut answer: Answer) -> Response {
    answer.headers.push(("content-length", answer.body.len().max(1).to_string()));
    let gone = stream::once(async {
        Err::<Vec<u8>, _>(std::io::Error::other("the connection breaks here, on request"))
    });
    answer.send_with(Body::from_stream(gone))
}

fn drip(mut answer: Answer, ms: u64) -> Response {
    answer.headers.push(("content-length", answer.body.len().to_string()));
    let bytes = answer.body.clone().into_iter();
    let slow = stream::unfold(bytes, move |mut rest| async move {
        let byte = rest.next()?;
        pause(ms).await;
        Some((Ok::<_, std::convert::Infallible>(vec![byte]), rest))
    });
    answer.send_with(Body::from_stream(slow))
}
