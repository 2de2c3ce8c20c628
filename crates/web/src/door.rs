//! Connections: taken in, given so much time for each thing, and let go. Whoever says nothing, sends a byte now and then or
//! never reads holds no place that somebody else needs: when all are taken the most silent one makes room.

mod places;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

pub use places::Answering;
use places::{Place, Places, Taken};

use crate::callers::Peer;

/// How many connections there may be, and how much time each thing on them may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// From being idle to a whole head of a request: longer than proxies keep an idle connection, so that none is closed
    /// under a request of theirs.
    pub head: Duration,
    /// Without a byte of an answer being taken.
    pub stall: Duration,
    /// For what is under way when the server is told to end.
    pub ending: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            head: Duration::from_secs(75),
            stall: Duration::from_secs(30),
            ending: Duration::from_secs(10),
        }
    }
}

/// Connections that the system keeps for us until they are taken in. A crowd comes within the same second, and whoever finds no room is
/// not refused but left to knock again after one, three and seven seconds. The system may allow fewer (`net.core.somaxconn`).
const KNOCKING: u32 = 4_096;

/// Listens on an address, `HOST:PORT`.
///
/// # Errors
/// When no address of that name can be listened on.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut refused = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
    for address in lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(KNOCKING)) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Largest head of a request, bytes: ours have two short cookies, the messenger's own headers come on top.
const LARGEST_HEAD: usize = 32 * 1024;
/// Header lines of one request.
const HEADERS_MAX: usize = 64;
/// Bytes of answers on their way on one connection, and as much again of the system's own: several pages, and enough for a phone
/// half a second away to be sent a quarter of a megabyte a second.
const SEND_BUFFER: usize = 128 * 1024;
/// For whoever is asked to leave and has an answer on its way.
const LEAVES_WITHIN: Duration = Duration::from_secs(2);
/// Pause when the system has no more descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop`; what is under way then is finished.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Places::new(limits.connections));
    let (ending, ended) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // No place and nobody silent: as many requests are being answered as this process can answer.
                if let Some(place) = places.take() {
                    tokio::spawn(hold(stream, peer, router.clone(), limits, place, ended.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken in");
                if !is_of_the_caller(&error) {
                    places.make_room();
                    tokio::select! {
                        () = breath() => {}
                        () = &mut stop => break,
                    }
                }
            }
        }
    }
    drop((listener, ended));
    // Nobody listens any more where there is no connection.
    let _ = ending.send(());
    if timeout(limits.ending, ending.closed()).await.is_err() {
        tracing::warn!("some connections were still busy and are cut");
    }
}

/// Lets a moment pass, in which connections end and give their descriptors back.
#[expect(clippy::disallowed_methods, reason = "the edge waits here for the system, not for the world")]
async fn breath() {
    tokio::time::sleep(BREATH).await;
}

/// A caller that was gone before it was taken in.
fn is_of_the_caller(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// One connection from its first byte to its last.
async fn hold(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    place: Taken,
    mut ending: watch::Receiver<()>,
) {
    // Answers are sent in one piece: waiting for more to send only makes them late.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone at once");
        return;
    }
    // Whoever asks again and again and never reads gets no more answers than this.
    if let Err(error) = SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER) {
        tracing::debug!(%error, "the system keeps its own size of what may be on the way");
    }
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(limits.stall));
    let attending = Attending(Arc::clone(&place.0));
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        request.extensions_mut().insert(attending.clone());
        let router = router.clone();
        async move {
            let answer: Result<Response<Body>, Infallible> = router.oneshot(request.map(Body::new)).await;
            answer
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_headers(HEADERS_MAX);
    http.max_buf_size(LARGEST_HEAD);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = ending.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = place.0.asked_to_leave.notified() => {
            connection.as_mut().graceful_shutdown();
            // Whoever has asked something meanwhile is answered; an answer on its way has a moment.
            if place.0.is_busy() { connection.await } else { timeout(LEAVES_WITHIN, connection).await.unwrap_or(Ok(())) }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The connection of a request, for whoever knows when it is there as a whole.
#[derive(Clone)]
pub struct Attending(Arc<Place>);

impl Attending {
    /// The request is being answered: its connection is not asked to leave until this is dropped.
    #[must_use]
    pub fn answering(&self) -> Answering {
        Answering::new(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::{Semaphore, oneshot};

    use super::*;

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /// A server whose only answer waits until `go` has a permit; it has two places.
    async fn server(go: &Arc<Semaphore>) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let go = Arc::clone(go);
        let slow = move |Extension(attending): Extension<Attending>| {
            let go = Arc::clone(&go);
            async move {
                let _answering = attending.answering();
                drop(go.acquire().await);
                "whole"
            }
        };
        let (stop, stopped) = oneshot::channel();
        let limits = Limits { connections: 2, ..Limits::default() };
        let told = async move { drop(stopped.await) };
        let router = Router::new().route("/", get(slow));
        (address, stop, tokio::spawn(serve(listener, router, limits, told)))
    }

    async fn asked(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        // It is being answered.
        breath().await;
        stream
    }

    async fn said(stream: &mut TcpStream) -> String {
        let mut said = String::new();
        timeout(Duration::from_secs(9), stream.read_to_string(&mut said)).await.unwrap().unwrap();
        said
    }

    /// As many as the system keeps, where that is less than we ask for.
    fn kept() -> usize {
        let told = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        told.trim().parse::<usize>().unwrap().min(KNOCKING as usize)
    }

    #[tokio::test]
    async fn a_crowd_that_knocks_in_the_same_moment_is_kept_until_it_is_taken_in() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut crowd = Vec::new();
        // Nobody is taken in meanwhile. Whoever is not kept finds no connection at all, however long it is waited for.
        for number in 0..kept().min(500) {
            let knocked = timeout(Duration::from_secs(9), TcpStream::connect(address)).await;
            crowd.push(knocked.unwrap_or_else(|_| panic!("number {number} stands outside")).unwrap());
        }
    }

    #[tokio::test]
    async fn an_address_in_use_and_a_name_of_nobody_are_told() {
        let taken = listen("127.0.0.1:0").await.unwrap();
        let again = listen(&taken.local_addr().unwrap().to_string()).await;
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert!(listen("127.0.0.1").await.is_err(), "a port belongs to it");
    }

    #[tokio::test]
    async fn what_is_being_answered_is_finished_when_the_server_is_told_to_end() {
        let go = Arc::new(Semaphore::new(0));
        let (address, stop, served) = server(&go).await;
        let mut stream = asked(address).await;
        stop.send(()).unwrap();
        breath().await;
        go.add_permits(1);
        assert!(said(&mut stream).await.ends_with("whole"));
        timeout(Duration::from_secs(9), served).await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err(), "nobody new is taken in");
    }

    #[tokio::test]
    async fn whoever_is_being_answered_keeps_the_place_and_a_newcomer_without_one_is_let_go() {
        let go = Arc::new(Semaphore::new(0));
        let (address, stop, _served) = server(&go).await;
        let (mut one, mut other) = (asked(address).await, asked(address).await);
        assert_eq!(said(&mut TcpStream::connect(address).await.unwrap()).await, "", "both places are busy");
        go.add_permits(2);
        let mut some = [0; 512];
        for stream in [&mut one, &mut other] {
            let count = stream.read(&mut some).await.unwrap();
            assert!(some[..count].ends_with(b"whole"));
        }
        // Both have been answered and are silent now: the one that asked longer ago goes.
        go.add_permits(1);
        let third = asked(address).await;
        assert_eq!(said(&mut one).await, "");
        drop((third, stop));
    }
}
