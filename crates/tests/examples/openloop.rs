//! Load on a schedule: `openloop ADDRESS DRIVERS STEP RATE SECONDS SEED` asks for 我的违法 RATE times a second, each time for
//! another driver, and prints p50, p99, p99.9 and the longest latency, µs, and the p99 of its own lateness.
//!
//! A latency counts from the moment at which a request was due, whether or not a connection was free then: a server that
//! stands still delays everything that was due meanwhile, and all of it is counted. Every single latency is kept, so the
//! percentiles are exact. One thread looks at all sockets in turn and never sleeps: no timer adds to what it measures.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// Connections; a request waits for a free one, and that counts.
const CONNECTIONS: usize = 64;
/// What is due in the first second warms up and is not counted.
const WARM: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, drivers, step, rate, seconds, seed] = words.as_slice() else {
        bail!("openloop ADDRESS DRIVERS STEP RATE SECONDS SEED");
    };
    let mut dice = Dice { state: seed.parse()?, drivers: drivers.parse()?, step: step.parse()? };
    let (rate, seconds): (u32, u32) = (rate.parse()?, seconds.parse()?);
    let mut sockets = Vec::new();
    for _ in 0..CONNECTIONS {
        sockets.push(Socket::open(address)?);
    }
    let total = rate * seconds;
    let every = Duration::from_secs(1) / rate;
    let begun = now();
    let (mut next, mut done) = (0, 0);
    let mut waiting: VecDeque<Instant> = VecDeque::new();
    let (mut latencies, mut lateness) = (Vec::new(), Vec::new());
    while done < total {
        while next < total && now() >= begun + every * next {
            waiting.push_back(begun + every * next);
            next += 1;
        }
        for socket in &mut sockets {
            if let Some(due) = socket.answered()? {
                done += 1;
                if due >= begun + WARM {
                    latencies.push(due.elapsed().as_micros());
                }
            }
            if socket.due.is_none()
                && let Some(due) = waiting.pop_front()
            {
                lateness.push(due.elapsed().as_micros());
                socket.ask(due, &dice.request(address))?;
            }
        }
        ensure!(begun.elapsed() < Duration::from_secs(60) + every * total, "the server does not keep up");
    }
    latencies.sort_unstable();
    lateness.sort_unstable();
    let of = |all: &[u128], thousandth: usize| all[(all.len() - 1) * thousandth / 1_000];
    let figures = [500, 990, 999, 1_000].map(|thousandth| of(&latencies, thousandth));
    println!("{} {} {} {} {}", figures[0], figures[1], figures[2], figures[3], of(&lateness, 990));
    Ok(())
}

/// One connection with at most one request on its way.
struct Socket {
    stream: TcpStream,
    /// When the request that is on its way was due.
    due: Option<Instant>,
    read: Vec<u8>,
}

impl Socket {
    fn open(address: &str) -> Result<Socket> {
        let stream = TcpStream::connect(address).with_context(|| format!("no server at {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Socket { stream, due: None, read: Vec::new() })
    }

    fn ask(&mut self, due: Instant, request: &str) -> Result<()> {
        // A request is shorter than any socket buffer.
        self.stream.write_all(request.as_bytes())?;
        self.due = Some(due);
        Ok(())
    }

    /// When the answered request was due, once the whole answer is there.
    fn answered(&mut self) -> Result<Option<Instant>> {
        if self.due.is_none() {
            return Ok(None);
        }
        let mut some = [0; 16_384];
        match self.stream.read(&mut some) {
            Ok(0) => bail!("the server closed a connection"),
            Ok(count) => self.read.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let Some(head) = self.read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&self.read[..head])?;
        ensure!(text.starts_with("HTTP/1.1 200"), "the server answered {text}");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("an answer with its length")?.parse()?;
        if self.read.len() < head + 4 + length {
            return Ok(None);
        }
        self.read.clear();
        Ok(self.due.take())
    }
}

/// Drivers at random (splitmix64).
struct Dice {
    state: u64,
    drivers: u64,
    step: u64,
}

impl Dice {
    fn request(&mut self, address: &str) -> String {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let driver = (mixed ^ (mixed >> 31)) % self.drivers * self.step;
        format!(
            "GET /violations HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n\
             Cookie: cw_session={driver:08x}{:024}.bench\r\n\r\n",
            0
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}
