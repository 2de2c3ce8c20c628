//! Connections: taken in, given so much time for each thing, and let go. Whoever says nothing, sends a byte now and then or
//! never reads holds no place that somebody else needs: when all are taken the most silent one makes room.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

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

/// Largest head of a request, bytes: ours have two short cookies, the messenger's own headers come on top.
const LARGEST_HEAD: usize = 32 * 1024;
/// Header lines of one request.
const HEADERS_MAX: usize = 64;
/// Bytes of answers on their way on one connection, and as much again of the system's own: several pages, and enough for a phone
/// half a second away to be sent a quarter of a megabyte a second.
const SEND_BUFFER: usize = 128 * 1024;
/// When every place is taken one of so many is freed: looking for the most silent ones costs a look at all.
const FREED_OF: usize = 64;
/// Pause when the system has no more descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop`; what is under way then is finished.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Places::new(limits.connections));
    let ending = GracefulShutdown::new();
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
                    tokio::spawn(hold(stream, peer, router.clone(), limits, place, ending.watcher()));
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
    drop(listener);
    if timeout(limits.ending, ending.shutdown()).await.is_err() {
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
    place: Arc<Place>,
    ending: Watcher,
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
    let answered = Arc::clone(&place);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        let (router, place) = (router.clone(), Arc::clone(&answered));
        async move {
            let busy = Busy::new(&place);
            let answer: Result<Response<Body>, Infallible> = router.oneshot(request.map(Body::new)).await;
            drop(busy);
            answer.map(|mut answer| {
                if place.is_leaving.load(Ordering::Relaxed) {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                answer
            })
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_headers(HEADERS_MAX);
    http.max_buf_size(LARGEST_HEAD);
    let mut connection = pin!(ending.watch(http.serve_connection(TokioIo::new(stream), answer)));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        // Whoever has asked something meanwhile is answered first.
        () = place.asked_to_leave.notified() => if place.is_busy() { connection.await } else { Ok(()) },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    place.leave();
}

/// All connections that are there.
struct Places {
    most: usize,
    since: Instant,
    taken: Mutex<(u64, HashMap<u64, Arc<Place>>)>,
}

/// A connection's place.
struct Place {
    places: Arc<Places>,
    number: u64,
    /// When it came, or was last answered, ms since the first, the latter with [`ANSWERED`] on top; [`BUSY`] while it is being
    /// answered.
    heard_ms: AtomicU64,
    is_leaving: AtomicBool,
    asked_to_leave: Notify,
}

const BUSY: u64 = u64::MAX;
/// Whoever has asked something before is somebody, and goes after those who never said anything.
const ANSWERED: u64 = 1 << 62;

impl Places {
    fn new(most: usize) -> Places {
        Places { most, since: Instant::now(), taken: Mutex::default() }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(ANSWERED - 1)
    }

    /// A place; `None` when all are busy.
    fn take(self: &Arc<Self>) -> Option<Arc<Place>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.1.len() >= self.most {
            free(&mut taken.1);
            if taken.1.len() >= self.most {
                return None;
            }
        }
        let number = taken.0;
        taken.0 += 1;
        let place = Arc::new(Place {
            places: Arc::clone(self),
            number,
            heard_ms: AtomicU64::new(self.now_ms()),
            is_leaving: AtomicBool::new(false),
            asked_to_leave: Notify::new(),
        });
        taken.1.insert(number, Arc::clone(&place));
        Some(place)
    }

    /// Frees some places: the system has no room for as many connections as this process would take.
    fn make_room(&self) {
        free(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner).1);
    }
}

/// Asks the most silent ones to leave: who never asked anything first, then who asked longest ago.
fn free(taken: &mut HashMap<u64, Arc<Place>>) {
    let mut silent: Vec<(u64, u64)> = taken
        .iter()
        .map(|(number, place)| (place.heard_ms.load(Ordering::Relaxed), *number))
        .filter(|(heard_ms, _)| *heard_ms != BUSY)
        .collect();
    if silent.is_empty() {
        return;
    }
    let count = (silent.len() / FREED_OF).max(1);
    silent.select_nth_unstable(count - 1);
    for (_, number) in silent.iter().take(count) {
        if let Some(place) = taken.remove(number) {
            place.is_leaving.store(true, Ordering::Relaxed);
            place.asked_to_leave.notify_one();
        }
    }
}

impl Place {
    fn is_busy(&self) -> bool {
        self.heard_ms.load(Ordering::Relaxed) == BUSY
    }

    fn leave(&self) {
        self.places.taken.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&self.number);
    }
}

/// A request that is being answered: nobody is asked to leave in the middle of it.
struct Busy<'p>(&'p Place);

impl<'p> Busy<'p> {
    fn new(place: &'p Place) -> Busy<'p> {
        place.heard_ms.store(BUSY, Ordering::Relaxed);
        Busy(place)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.heard_ms.store(ANSWERED | self.0.places.now_ms(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(places: &Places) -> Vec<u64> {
        let mut numbers: Vec<u64> = places.taken.lock().unwrap().1.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_places_are_taken_the_most_silent_one_leaves_and_nobody_who_is_being_answered() {
        let places = Arc::new(Places::new(3));
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(places.take().expect("a place"));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let first = Arc::clone(&all[0]);
        let busy = Busy::new(&first);
        let fourth = places.take().expect("somebody else's");
        assert_eq!(numbers(&places), [0, 2, 3], "the second was silent for longest");
        assert!(all[1].is_leaving.load(Ordering::Relaxed));
        drop(busy);
        tokio::time::advance(Duration::from_secs(9)).await;
        // The first was heard last, longer ago than the others came: it is somebody all the same.
        let fifth = places.take().expect("a place");
        assert_eq!(numbers(&places), [0, 3, 4]);
        let busy = [&first, &fourth, &fifth].map(|place| Busy::new(place));
        assert!(places.take().is_none(), "everybody is being answered");
        drop(busy);
        first.leave();
        assert_eq!(numbers(&places), [3, 4]);
    }
}
