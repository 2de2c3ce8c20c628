//! Load on a schedule: `openloop ADDRESS DRIVERS STEP RATE SECONDS SEED [visitors N] [flood RATE FROM PATH [COOKIE]]` asks for
//! 我的违法 RATE times a second, each time for another driver, and prints p50, p99, p99.9 and the longest latency, µs, the p99 of
//! its own lateness, and how many connections it had to open again because the server had closed them.
//!
//! With `visitors` the drivers come as through the operator's proxy, each with an address of their own, and a connection is
//! opened anew after N requests: who comes for the first time is measured as well. With `flood` the same thread sends RATE other
//! requests a second from the address FROM, and a second line says `flood`, the rate reached, and how many answers were good,
//! `429 Too Many Requests` and others, and how many requests were cut off without one or had none yet at the end. Every `%` of
//! COOKIE becomes sixteen hex digits, others in every request.
//!
//! A latency counts from the moment at which a request was due, whether or not a connection was free then: a server that
//! stands still delays everything that was due meanwhile, and all of it is counted. Every single latency is kept, so the
//! percentiles are exact. One thread looks at all sockets in turn and never sleeps: no timer adds to what it measures, and a
//! flood takes no core away from it.

mod ask;
mod flood;
mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use self::ask::{Ask, Dice};
use self::flood::Flood;
use self::wire::{Seen, Wire};

/// Connections; a request waits for a free one, and that counts.
const CONNECTIONS: usize = 64;
/// What is due in the first second warms up and is not counted.
const WARM: Duration = Duration::from_secs(1);
/// So often a request is sent again, on a new connection, when the server closes one without a byte of an answer.
const AGAIN: u32 = 3;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let ask = Ask::parse(&words)?;
    let mut dice = Dice::new(ask.seed);
    let mut sockets: Vec<Socket> = (0..CONNECTIONS).map(|_| Socket::new(ask.address)).collect();
    let total = ask.rate * ask.seconds;
    let every = Duration::from_secs(1) / ask.rate;
    let begun = now();
    let mut flood = ask.flood.as_ref().map(|flood| Flood::new(ask.address, flood, begun, ask.seed));
    let (mut next, mut done) = (0, 0);
    let mut waiting: VecDeque<Instant> = VecDeque::new();
    let (mut latencies, mut lateness) = (Vec::new(), Vec::new());
    while done < total {
        while next < total && now() >= begun + every * next {
            let due = begun + every * next;
            // The generator's own: how long a request then waits for a free connection is the server's.
            lateness.push(due.elapsed().as_micros());
            waiting.push_back(due);
            next += 1;
        }
        for socket in &mut sockets {
            if let Some(due) = socket.answered(ask.visits)? {
                done += 1;
                if due >= begun + WARM {
                    latencies.push(due.elapsed().as_micros());
                }
            }
            if socket.due.is_none()
                && let Some(due) = waiting.pop_front()
            {
                socket.ask(due, ask.request(&mut dice))?;
            }
        }
        if let Some(flood) = &mut flood
            && next < total
        {
            flood.turn(now())?;
        }
        ensure!(begun.elapsed() < Duration::from_secs(60) + every * total, "the server does not keep up");
    }
    latencies.sort_unstable();
    lateness.sort_unstable();
    let of = |all: &[u128], thousandth: usize| all[(all.len() - 1) * thousandth / 1_000];
    let [p50, p99, p999, longest] = [500, 990, 999, 1_000].map(|thousandth| of(&latencies, thousandth));
    let reopened: u32 = sockets.iter().map(|socket| socket.reopened).sum();
    println!("{p50} {p99} {p999} {longest} {} {reopened}", of(&lateness, 990));
    if let Some(flood) = flood {
        println!("{}", flood.told());
    }
    Ok(())
}

/// One connection with at most one request on its way.
struct Socket {
    wire: Wire,
    /// When the request that is on its way was due.
    due: Option<Instant>,
    /// That request, to be sent again when the server closes the connection instead of answering.
    request: String,
    again: u32,
    /// Answers on this connection so far.
    visits: u32,
    reopened: u32,
}

impl Socket {
    fn new(address: SocketAddr) -> Socket {
        let wire = Wire::new(address, None);
        Socket { wire, due: None, request: String::new(), again: 0, visits: 0, reopened: 0 }
    }

    fn ask(&mut self, due: Instant, request: String) -> Result<()> {
        // A server may close what is silent: seen before anything is sent, this costs a connection and no more.
        if self.wire.gone() {
            self.reopened += 1;
            self.visits = 0;
        }
        self.due = Some(due);
        self.request = request;
        self.again = 0;
        self.wire.send(self.request.as_bytes())
    }

    /// When the answered request was due, once the whole answer is there.
    fn answered(&mut self, visits: Option<u32>) -> Result<Option<Instant>> {
        if self.due.is_none() {
            return Ok(None);
        }
        match self.wire.look()? {
            Seen::Nothing => return Ok(None),
            Seen::Closed { begun } => {
                ensure!(!begun && self.again < AGAIN, "the server closed a connection instead of answering");
                self.again += 1;
                self.reopened += 1;
                self.visits = 0;
                self.wire.send(self.request.as_bytes())?;
                return Ok(None);
            }
            Seen::Answer { status } => ensure!(status == 200, "the server answered {status}"),
        }
        self.visits += 1;
        if visits.is_some_and(|most| self.visits >= most) {
            self.wire.close();
            self.visits = 0;
        }
        Ok(self.due.take())
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}
