//! The flood beside the honest load: so many requests a second from one address, whatever becomes of them.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Result;

use super::ask::{Dice, FloodAsk};
use super::wire::{Seen, Wire};

/// Connections of the flood, used in turn: as long as the server is prompt, each has one request on its way.
const CONNECTIONS: usize = 256;
/// Requests on their way on one connection, one behind the other, before the flood has to wait: it comes at its rate even
/// when the server is slow.
const DEEP: u32 = 64;
/// Sent in one turn at most, so that a flood which fell behind does not hold up the honest load.
const AT_ONCE: u32 = 32;

/// A flood and what became of it.
pub struct Flood<'a> {
    ask: &'a FloodAsk,
    address: SocketAddr,
    begun: Instant,
    last: Instant,
    dice: Dice,
    lanes: Vec<Lane>,
    next: usize,
    sent: u32,
    count: Count,
}

struct Lane {
    wire: Wire,
    /// Requests without an answer yet.
    open: u32,
}

/// Answers by class.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    /// 2xx and 3xx.
    good: u32,
    /// 429.
    limited: u32,
    other: u32,
    /// Requests whose connection was closed before they were answered.
    cut: u32,
}

impl Count {
    fn note(&mut self, status: u16) {
        match status {
            200..=399 => self.good += 1,
            429 => self.limited += 1,
            _ => self.other += 1,
        }
    }
}

impl<'a> Flood<'a> {
    pub fn new(address: SocketAddr, ask: &'a FloodAsk, begun: Instant, seed: u64) -> Flood<'a> {
        let lane = || Lane { wire: Wire::new(address, Some(ask.from)), open: 0 };
        Flood {
            ask,
            address,
            begun,
            last: begun,
            // Other throws than those of the honest load.
            dice: Dice::new(!seed),
            lanes: (0..CONNECTIONS).map(|_| lane()).collect(),
            next: 0,
            sent: 0,
            count: Count::default(),
        }
    }

    /// Takes the answers that are there and sends what is due.
    pub fn turn(&mut self, now: Instant) -> Result<()> {
        self.last = now;
        for lane in self.lanes.iter_mut().filter(|lane| lane.open > 0) {
            lane.take(&mut self.count)?;
        }
        let due = due(self.ask.rate, now.duration_since(self.begun).as_micros());
        for _ in 0..due.saturating_sub(self.sent).min(AT_ONCE) {
            let Some(at) = self.free() else { break };
            let request = self.ask.request(self.address, &mut self.dice);
            let lane = &mut self.lanes[at];
            lane.wire.send(request.as_bytes())?;
            lane.open += 1;
            self.sent += 1;
            self.next = at + 1;
        }
        Ok(())
    }

    /// The next connection that takes a request: one without any, or else the next that has room.
    fn free(&self) -> Option<usize> {
        let turn = || (self.next..self.next + CONNECTIONS).map(|at| at % CONNECTIONS);
        let room = |at: &usize| self.lanes[*at].open < DEEP && !self.lanes[*at].wire.stuck();
        turn().find(|at| self.lanes[*at].open == 0).or_else(|| turn().find(room))
    }

    /// The line that says what became of it.
    pub fn told(&self) -> String {
        let seconds = self.last.duration_since(self.begun).as_secs_f64();
        let Count { good, limited, other, cut } = self.count;
        let open: u32 = self.lanes.iter().map(|lane| lane.open).sum();
        format!("flood {:.0} {good} {limited} {other} {cut} {open}", f64::from(self.sent) / seconds)
    }
}

impl Lane {
    fn take(&mut self, count: &mut Count) -> Result<()> {
        while self.open > 0 {
            match self.wire.look()? {
                Seen::Nothing => break,
                Seen::Answer { status } => {
                    count.note(status);
                    self.open -= 1;
                }
                Seen::Closed { .. } => {
                    count.cut += self.open;
                    self.open = 0;
                }
            }
        }
        Ok(())
    }
}

/// How many requests are due after so many microseconds.
fn due(rate: u32, micros: u128) -> u32 {
    u32::try_from(u128::from(rate) * micros / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_class() {
        let mut count = Count::default();
        [200, 303, 429, 429, 403, 503, 431].into_iter().for_each(|status| count.note(status));
        assert_eq!(count, Count { good: 2, limited: 2, other: 3, cut: 0 });
    }

    #[test]
    fn a_flood_is_due_by_the_clock() {
        assert_eq!(due(10_000, 99), 0);
        assert_eq!(due(10_000, 100), 1);
        assert_eq!(due(10_000, 2_000_000), 20_000);
    }
}
