//! HTTP/1.1 over a bounded number of sockets that are kept alive: many people, few sockets.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// For whom a proxy asks.
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
/// After so long without a whole answer a request counts as an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// A socket that was idle for so long is not used again: proxies give up theirs before a server does, so that none is closed under a
/// request.
const IDLE: Duration = Duration::from_secs(60);

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// From asking for a socket until there was one, µs.
    pub queued_us: u64,
    /// From having a socket until the answer was whole, µs.
    pub took_us: u64,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// No connection, or it broke: what happens while a server is killed and started.
    Cut,
    /// Nothing came in time.
    Silent,
}

/// One thing to ask.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: &'a str,
    /// The network address for which a proxy would ask; may be empty.
    pub network: &'a str,
    /// Cookies, as the header wants them; may be empty.
    pub cookies: &'a str,
    /// Content type and body.
    pub body: Option<(&'static str, String)>,
    /// `application/json` is asked for.
    pub json: bool,
}

/// Sockets to one address.
pub struct Pool {
    address: SocketAddr,
    host: HeaderValue,
    idle: RefCell<Vec<(Instant, SendRequest<Full<Bytes>>)>>,
    room: Semaphore,
    opened: Cell<u64>,
}

impl Pool {
    /// At most `sockets` to `http://HOST:PORT`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(url: &str, sockets: usize) -> anyhow::Result<Self> {
        let host = url.strip_prefix("http://").context("only http:// here")?.trim_end_matches('/');
        Ok(Self {
            address: host.parse().with_context(|| format!("{url} is not http://ADDRESS:PORT"))?,
            host: HeaderValue::from_str(host)?,
            idle: RefCell::default(),
            room: Semaphore::new(sockets.max(1)),
            opened: Cell::default(),
        })
    }

    /// Sockets that were opened in all.
    pub fn opened(&self) -> u64 {
        self.opened.get()
    }

    /// Asks once.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn ask(&self, ask: Ask<'_>) -> Result<Reply, Gone> {
        let asked = Instant::now();
        let Ok(_room) = self.room.acquire().await else { return Err(Gone::Cut) };
        let had = Instant::now();
        let answer = timeout(PATIENCE, self.exchange(ask)).await.map_err(|_| Gone::Silent)?;
        let (status, headers, body) = answer?;
        let us = |from: Instant, to: Instant| u64::try_from((to - from).as_micros()).unwrap_or(u64::MAX);
        Ok(Reply { status, headers, body, queued_us: us(asked, had), took_us: us(had, Instant::now()) })
    }

    async fn exchange(&self, ask: Ask<'_>) -> Result<(u16, HeaderMap, Bytes), Gone> {
        let request = self.request(ask)?;
        let mut sender = match self.idle_one() {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let answer = match sender.try_send_request(request).await {
            Ok(answer) => answer,
            // A kept socket that the server had closed meanwhile: the request was never sent.
            Err(mut error) => {
                let unsent = error.take_message().ok_or(Gone::Cut)?;
                sender = self.connect().await?;
                sender.send_request(unsent).await.map_err(|_| Gone::Cut)?
            }
        };
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|_| Gone::Cut)?.to_bytes();
        if !sender.is_closed() {
            self.idle.borrow_mut().push((Instant::now(), sender));
        }
        Ok((parts.status.as_u16(), parts.headers, body))
    }

    fn idle_one(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle.borrow_mut();
        while let Some((since, sender)) = idle.pop() {
            if sender.is_ready() && since.elapsed() < IDLE {
                return Some(sender);
            }
        }
        None
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Gone> {
        let stream = TcpStream::connect(self.address).await.map_err(|_| Gone::Cut)?;
        // Small requests are not held back to be sent with more.
        drop(stream.set_nodelay(true));
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Gone::Cut)?;
        self.opened.set(self.opened.get() + 1);
        // A connection that breaks is told to whoever waits for its answer.
        tokio::task::spawn_local(async move { drop(connection.await) });
        Ok(sender)
    }

    fn request(&self, ask: Ask<'_>) -> Result<Request<Full<Bytes>>, Gone> {
        let uri: Uri = ask.path.parse().map_err(|_| Gone::Cut)?;
        let mut request = Request::new(Full::default());
        *request.method_mut() = ask.method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        if ask.json {
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        for (name, text) in [(COOKIE, ask.cookies), (FORWARDED, ask.network)] {
            if let Ok(value) = HeaderValue::from_str(text)
                && !text.is_empty()
            {
                headers.insert(name, value);
            }
        }
        if let Some((kind, body)) = ask.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            *request.body_mut() = Full::new(Bytes::from(body));
        }
        Ok(request)
    }
}
