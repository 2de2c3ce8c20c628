//! Visitors who hold the server's sockets instead of asking for anything: silent ones, slow ones, endless ones. Each attack
//! costs its maker little, which is what makes it one.

mod wire;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;
use tokio::time::{Instant, timeout};

use crate::faults::pause;

/// Connections that are being opened at the same time: a listener's queue is not what is attacked here.
const OPENING: usize = 64;
/// After so long without a connection the attempt is given up and made again.
const PATIENCE: Duration = Duration::from_secs(5);
/// After so long it begins with what could be opened.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
/// Between two connections that are opened anew, all together, ms.
const APART_MS: u64 = 5;
/// After a connection that could not be opened, ms.
const AFTER_FAILURE_MS: u64 = 500;
/// Source addresses: 127.0.0.2 and those behind it.
const ADDRESSES: usize = 8;

/// What the connections do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Connects and says nothing.
    Idle,
    /// A head, one byte every few seconds.
    HalfOpen,
    /// A whole head that announces a body, and then one byte of it a second.
    SlowBody,
    /// Asks again and again and never reads.
    SlowReader,
    /// Header lines without end; opens again as soon as the server has enough.
    BigHead,
}

/// The attacks by their words.
const WORDS: [(&str, How); 5] = [
    ("idle", How::Idle),
    ("half-open", How::HalfOpen),
    ("slow-body", How::SlowBody),
    ("slow-reader", How::SlowReader),
    ("big-head", How::BigHead),
];

impl How {
    /// The attack of that word.
    pub fn named(word: &str) -> Option<Self> {
        WORDS.iter().find(|(name, _)| *name == word).map(|(_, how)| *how)
    }

    fn word(self) -> &'static str {
        WORDS.iter().find(|(_, how)| *how == self).map_or("", |(name, _)| name)
    }

    /// Whether it waits before it opens a connection anew.
    fn modest(self) -> bool {
        self != Self::BigHead
    }
}

/// One attack.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server.
    pub server: SocketAddr,
    /// What the connections do.
    pub how: How,
    /// How many.
    pub connections: usize,
    /// It ends after so many seconds, or with SIGTERM.
    pub seconds: u64,
}

/// What became of the connections.
#[derive(Debug, Default)]
struct Tally {
    /// Opened, first and again.
    opened: u64,
    /// Closed by the server.
    closed: u64,
    /// Opened again after the server had closed them.
    reopened: u64,
    /// Attempts that led to no connection.
    failed: u64,
    /// Answers by status.
    answers: BTreeMap<u16, u64>,
}

impl Tally {
    fn told(&self, options: &Options) -> Value {
        let answers: BTreeMap<String, u64> =
            self.answers.iter().map(|(status, count)| (status.to_string(), *count)).collect();
        json!({
            "how": options.how.word(),
            "connections": options.connections,
            "open": self.opened - self.closed,
            "opened": self.opened,
            "closed": self.closed,
            "reopened": self.reopened,
            "failed": self.failed,
            "answers": answers,
        })
    }
}

/// What the connections of an attack share.
struct Attack {
    options: Options,
    /// Paths that a slow reader asks for, in turn.
    paths: Vec<String>,
    room: Semaphore,
    /// When the next connection may be opened anew.
    next: Cell<Instant>,
    /// Connections that were opened at least once.
    there: Cell<usize>,
    tally: RefCell<Tally>,
}

impl Attack {
    /// Waits for the turn to open a connection anew.
    async fn wait(&self) {
        let now = Instant::now();
        let due = self.next.get().max(now);
        self.next.set(due + Duration::from_millis(APART_MS));
        pause(u64::try_from((due - now).as_millis()).unwrap_or(0)).await;
    }

    fn failed(&self) {
        self.tally.borrow_mut().failed += 1;
    }

    /// Notes the status of an answer, where these bytes begin one.
    fn note(&self, bytes: &[u8]) {
        if let Some(status) = wire::status(bytes) {
            *self.tally.borrow_mut().answers.entry(status).or_default() += 1;
        }
    }
}

/// Runs an attack to its end; what became of its connections as JSON. Prints a line `READY N of M` once they are open.
///
/// # Errors
/// When the server cannot be reached before the attack begins, or its page names no asset.
pub fn run(options: Options) -> anyhow::Result<Value> {
    raise_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, attack(options))
}

async fn attack(options: Options) -> anyhow::Result<Value> {
    let paths = match options.how {
        How::SlowReader => wire::largest(options.server).await?,
        _ => Vec::new(),
    };
    let begun = Instant::now();
    let attack = Rc::new(Attack {
        paths,
        room: Semaphore::new(OPENING),
        next: Cell::new(begun),
        there: Cell::default(),
        tally: RefCell::default(),
        options,
    });
    let mut asked = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    for number in 0..attack.options.connections {
        tokio::task::spawn_local(hold(Rc::clone(&attack), number));
    }
    let held = async {
        while attack.there.get() < attack.options.connections && begun.elapsed() < OPEN_WITHIN {
            pause(20).await;
        }
        println!("READY {} of {}", attack.there.get(), attack.options.connections);
        pause(attack.options.seconds * 1_000).await;
    };
    tokio::select! {
        () = held => {}
        _ = asked.recv() => {}
    }
    let told = attack.tally.borrow().told(&attack.options);
    Ok(told)
}

/// One of the connections, opened again whenever the server closes it.
async fn hold(attack: Rc<Attack>, number: usize) {
    let mut first = true;
    loop {
        if !first && attack.options.how.modest() {
            attack.wait().await;
        }
        let opened = {
            let Ok(_room) = attack.room.acquire().await else { return };
            timeout(PATIENCE, wire::open(&attack.options, source(number))).await
        };
        let Ok(Ok(stream)) = opened else {
            attack.failed();
            pause(AFTER_FAILURE_MS).await;
            continue;
        };
        attack.tally.borrow_mut().opened += 1;
        if first {
            attack.there.set(attack.there.get() + 1);
        } else {
            attack.tally.borrow_mut().reopened += 1;
        }
        first = false;
        wire::misuse(&attack, &stream, number).await;
        attack.tally.borrow_mut().closed += 1;
    }
}

/// Where connection `number` comes from.
fn source(number: usize) -> [u8; 4] {
    [127, 0, 0, 2 + u8::try_from(number % ADDRESSES).unwrap_or(0)]
}

/// Lets this process have as many sockets as it may have at all.
fn raise_files() -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("the limit of open files stays")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attack_has_a_word_of_its_own() {
        for (word, how) in WORDS {
            assert_eq!((How::named(word), how.word()), (Some(how), word));
        }
        assert_eq!(How::named("polite"), None);
    }

    #[test]
    fn connections_come_from_addresses_that_are_nobodys_proxy() {
        assert_eq!(source(0), [127, 0, 0, 2]);
        assert_eq!(source(15), [127, 0, 0, 9]);
    }

    #[test]
    fn a_server_that_closes_is_seen_and_met_again() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                use std::io::Write as _;
                let mut stream = stream;
                drop(stream.write_all(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"));
            }
        });
        let told = run(Options { server, how: How::Idle, connections: 3, seconds: 1 }).expect("an attack");
        let count = |name: &str| told[name].as_u64().unwrap_or(0);
        assert!(count("reopened") > 3 && count("closed") >= count("reopened"), "{told}");
        assert!(told["answers"]["408"].as_u64() >= Some(3), "{told}");
        assert_eq!(told["failed"], 0);
    }
}
