//! Connections that want nothing good: silent ones, bytes that drip, heads without end, answers that nobody reads. Each is let
//! go in time, holds no place that somebody else needs, and a driver beside them notices nothing.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use clearway_web::callers::Terms;
use clearway_web::door::Limits;

use super::super::driver::Driver;
use super::super::stack::{Engine, Stack};

/// Time for each thing here, instead of half a minute and more.
const SHORT: Duration = Duration::from_millis(600);
/// Longest time until it must have been noticed.
const SOON: Duration = Duration::from_secs(6);

fn hurried() -> Stack {
    let limits = Limits { head: SHORT, stall: SHORT, ..Limits::default() };
    Stack::behind(Terms { body_within: SHORT, ..Terms::default() }, limits)
}

/// A bare connection to the server.
fn connect(stack: &Stack) -> TcpStream {
    let address: SocketAddr = stack.url.trim_start_matches("http://").parse().expect("an address");
    let stream = TcpStream::connect(address).expect("a server");
    stream.set_read_timeout(Some(SOON)).expect("a socket");
    stream.set_write_timeout(Some(SOON)).expect("a socket");
    stream
}

/// The session of a driver, as a browser sends it.
fn cookie(driver: &Driver<'_>) -> String {
    format!("cw_session={}", driver.cookie_value("cw_session").expect("signed in"))
}

/// Everything that comes until the server closes; panics when it does not close soon.
fn until_closed(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut some = [0; 65_536];
    loop {
        match stream.read(&mut some) {
            Ok(0) => break,
            Ok(count) => all.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the server still holds the connection: {error}"),
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// One whole answer with the status line first.
fn answer(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("sent");
    let mut some = [0; 65_536];
    let count = stream.read(&mut some).expect("an answer");
    String::from_utf8_lossy(&some[..count]).into_owned()
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends a byte now and then until nobody takes it any more; how long that was.
fn drip(stream: &mut TcpStream) -> Duration {
    let begun = now();
    while begun.elapsed() < SOON {
        if stream.write_all(b"x").is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    begun.elapsed()
}

#[test]
fn whoever_says_nothing_or_begins_a_head_and_drips_is_let_go() {
    let stack = hurried();
    let mut silent = connect(&stack);
    let mut kept = connect(&stack);
    assert!(answer(&mut kept, HEALTH).starts_with("HTTP/1.1 200"));
    let mut dripping = connect(&stack);
    dripping.write_all(b"GET /violations HTTP/1.1\r\nX-A: ").expect("sent");
    let lasted = drip(&mut dripping);
    assert!(lasted >= SHORT && lasted < SOON, "{lasted:?}");
    assert_eq!(until_closed(&mut silent), "");
    assert_eq!(until_closed(&mut kept), "", "an idle one that was answered before, too");
    assert!(answer(&mut connect(&stack), HEALTH).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_body_that_drips_is_told_so_and_takes_nobodys_seat() {
    let stack = hurried();
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let mut dripping = connect(&stack);
    let head = format!(
        "POST /quotes HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nContent-Type: application/json\r\nAccept: application/json\r\n\
         Content-Length: 1000\r\n\r\n{{",
        cookie(&ruan)
    );
    dripping.write_all(head.as_bytes()).expect("sent");
    thread::sleep(SHORT / 3);
    assert_eq!(stack.world.admission.in_flight.load(Ordering::SeqCst), 0, "it waits outside");
    drip(&mut dripping);
    let said = until_closed(&mut dripping);
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(said.contains("/problems/too-slow") && said.contains("not_charged"), "{said}");
    assert!(said.to_ascii_lowercase().contains("connection: close"), "{said}");
    assert_eq!(stack.world.admission.in_flight.load(Ordering::SeqCst), 0);
    // The same on a quick line is taken.
    assert_eq!(ruan.post("/quotes", &serde_json::json!({ "violation": ["4201000000000177"] })).status, 303);
}

#[test]
fn a_head_without_end_is_refused_and_its_connection_closed() {
    let stack = Stack::new(Engine::Sqlite);
    for (line, count) in
        [(format!("X-Long: {}\r\n", "x".repeat(8_000)), 20), ("X-Many: 1\r\n".to_owned(), 1_000)]
    {
        let mut flooding = connect(&stack);
        let _ = flooding.write_all(b"GET /violations HTTP/1.1\r\nHost: x\r\n");
        for _ in 0..count {
            // It may be closed while we are still sending: that is what is asked for.
            if flooding.write_all(line.as_bytes()).is_err() {
                break;
            }
        }
        let _ = flooding.write_all(b"\r\n");
        let said = until_closed(&mut flooding);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    }
    // As much as a messenger's browser sends is fine.
    let long = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: a={}\r\n\r\n", "x".repeat(8_000));
    assert!(answer(&mut connect(&stack), &long).starts_with("HTTP/1.1 200"));
}

#[test]
fn whoever_never_reads_their_answers_is_let_go() {
    let stack = hurried();
    let mut deaf = connect(&stack);
    // More than the buffers between us hold.
    let asks = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(400);
    deaf.write_all(asks.as_bytes()).expect("sent");
    thread::sleep(SHORT * 5);
    let taken = until_closed(&mut deaf).matches("HTTP/1.1 200").count();
    assert!((1..400).contains(&taken), "{taken} answers of 400 were on the way when nobody took any more");
    assert!(answer(&mut connect(&stack), HEALTH).starts_with("HTTP/1.1 200"));
}

#[test]
fn when_all_places_are_taken_the_silent_ones_make_room_and_drivers_go_on() {
    const PLACES: usize = 40;
    let limits = Limits { connections: PLACES, ..Limits::default() };
    let stack = Stack::behind(Terms::default(), limits);
    let mut silent: Vec<TcpStream> = (0..5 * PLACES).map(|_| connect(&stack)).collect();
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    for _ in 0..5 {
        assert_eq!(ruan.get("/violations").status, 200);
        silent.extend((0..PLACES).map(|_| connect(&stack)));
    }
    assert!(answer(&mut connect(&stack), HEALTH).starts_with("HTTP/1.1 200"));
    // Whoever was asked to leave does so in a moment, and the last ones may still stand before the door.
    let begun = now();
    let mut open = silent.len();
    while open > PLACES && begun.elapsed() < SOON {
        thread::sleep(Duration::from_millis(20));
        open = silent.iter().filter(|stream| is_open(stream)).count();
    }
    assert!(open <= PLACES, "{open} of {} are held", silent.len());
    assert!(is_open(silent.last().expect("one")), "the newest ones are");
}

fn is_open(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    matches!(stream.read(&mut [0; 1]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn whoever_only_stays_connected_holds_up_no_end() {
    let stack = Stack::new(Engine::Sqlite);
    let mut idle = connect(&stack);
    assert!(answer(&mut idle, HEALTH).starts_with("HTTP/1.1 200"));
    let begun = now();
    drop(stack);
    assert!(begun.elapsed() < SOON, "nobody waits for whoever only stays connected");
    assert_eq!(until_closed(&mut idle), "");
}

#[expect(clippy::disallowed_methods, reason = "how long the server really waits")]
fn now() -> Instant {
    Instant::now()
}
