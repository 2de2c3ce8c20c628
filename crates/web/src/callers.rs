//! Who asks, and how much one caller may ask: whoever is signed in by their account, everybody else by the network address.
//! What is above that is refused before anything is done for it, so that nobody else waits behind it. A city's people share
//! few addresses of their carriers, so an address may ask for very much, and whoever is signed in is not counted there.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Method};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use crate::guard::{self, SESSION};
use crate::{assets, callbacks, officer};

/// Where proxies write down for whom they ask, the nearest one last.
const FORWARDED: &str = "x-forwarded-for";
/// Seconds' worth that may be asked for at once: a page brings its parts along, a gateway its whole city at opening time.
const BURST_S: u32 = 10;
/// A sign-in that returns has WeChat called and is written down: as much as so many other requests.
const SIGN_IN_WEIGHT: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
const WEIGHT: NonZeroU32 = NonZeroU32::MIN;
/// After so many requests whoever has all their burst again is forgotten.
const SWEEP_EVERY: u32 = 4_096;

/// How much one caller may ask, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Requests a second of one account.
    pub per_account: NonZeroU32,
    /// Requests a second without a sign-in from one network address; of IPv6 from one network of 64 bits.
    pub per_address: NonZeroU32,
    /// Longest time for the body of a request, from its head on.
    pub body_within: Duration,
    /// The operator's own proxies: they say for whom they ask, and what they ask for themselves is not counted.
    pub proxies: Vec<IpNet>,
}

impl Default for Terms {
    fn default() -> Self {
        let number = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let this_machine = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
        Self {
            per_account: number(20),
            per_address: number(2_000),
            // 16 KiB on the slowest phone.
            body_within: Duration::from_secs(20),
            proxies: this_machine.map(IpNet::from).to_vec(),
        }
    }
}

/// The address at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Whom a request counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// Whoever is signed in there.
    Account(u128),
    /// Everybody at this network address.
    Address(u128),
    /// The operator.
    House,
}

/// Above what one caller may ask; the seconds after which there is room again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMuch {
    /// Of one account.
    Account(u32),
    /// Of one network address.
    Address(u32),
}

/// Reads the account out of a session cookie that we have sealed: without the store, so that a made-up one costs nothing.
pub type Sealed = Box<dyn Fn(&str) -> Option<u128> + Send + Sync>;

/// All callers of this process.
pub struct Callers {
    accounts: DefaultKeyedRateLimiter<u128>,
    addresses: DefaultKeyedRateLimiter<u128>,
    /// Counterparts and officers, by address: nobody's flood takes their part.
    services: DefaultKeyedRateLimiter<u128>,
    clock: DefaultClock,
    proxies: Vec<IpNet>,
    sealed: Sealed,
    asked: AtomicU32,
    /// Whether the log has said that an address forwards requests and is not one of the operator's proxies.
    warned_of_stranger: AtomicBool,
    /// Whether the log has said that a proxy does not tell for whom it asks.
    warned_of_silence: AtomicBool,
}

impl Callers {
    /// Nobody has asked yet.
    #[must_use]
    pub fn new(terms: Terms, sealed: Sealed) -> Callers {
        let limiter = |per_second: NonZeroU32| {
            let burst = per_second.saturating_mul(NonZeroU32::new(BURST_S).unwrap_or(NonZeroU32::MIN));
            RateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst))
        };
        Callers {
            accounts: limiter(terms.per_account),
            addresses: limiter(terms.per_address),
            services: limiter(terms.per_address),
            clock: DefaultClock::default(),
            proxies: terms.proxies,
            sealed,
            asked: AtomicU32::new(0),
            warned_of_stranger: AtomicBool::new(false),
            warned_of_silence: AtomicBool::new(false),
        }
    }

    /// Counts a request for its caller. Files that ship with the program and the question whether it is well are not counted:
    /// refusing them costs as much as answering.
    ///
    /// # Errors
    /// When it is more than one caller may ask.
    pub fn count(&self, request: &Request) -> Result<(), TooMuch> {
        let path = request.uri().path();
        let looks = matches!(*request.method(), Method::GET | Method::HEAD);
        if looks && (path == "/healthz" || assets::is_file(path)) {
            return Ok(());
        }
        let weight = if path == "/wechat/return" { SIGN_IN_WEIGHT } else { WEIGHT };
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        let (limiter, key, too_much): (_, _, fn(u32) -> TooMuch) = match self.caller(peer, request.headers())
        {
            Caller::Account(key) => (&self.accounts, key, TooMuch::Account),
            Caller::Address(key)
                if path.starts_with(callbacks::PREFIX) || path.starts_with(officer::PREFIX) =>
            {
                (&self.services, key, TooMuch::Address)
            }
            Caller::Address(key) => (&self.addresses, key, TooMuch::Address),
            Caller::House => return Ok(()),
        };
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.forget();
        }
        match limiter.check_key_n(&key, weight) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                let seconds = until.wait_time_from(self.clock.now()).as_secs().saturating_add(1);
                Err(too_much(u32::try_from(seconds).unwrap_or(u32::MAX)))
            }
            // Heavier than the whole burst: only where an address may ask for less than one sign-in.
            Err(_) => Err(too_much(BURST_S)),
        }
    }

    /// Forgets whoever has all their burst again: they are as if they had never asked.
    fn forget(&self) {
        for limiter in [&self.accounts, &self.addresses, &self.services] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn caller(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Caller {
        if let Some(account) = guard::cookie(headers, SESSION).and_then(|cookie| (self.sealed)(cookie)) {
            return Caller::Account(account);
        }
        let Some(peer) = peer.map(|address| address.to_canonical()) else { return Caller::House };
        if !self.is_proxy(peer) {
            if headers.contains_key(FORWARDED) && !self.warned_of_stranger.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    %peer,
                    "requests are forwarded from an address that is not in server.proxies: everybody behind it counts as one caller"
                );
            }
            return Caller::Address(network(peer));
        }
        match self.forwarded_for(headers) {
            None => {
                if !asked_by_name_of_this_machine(headers)
                    && !self.warned_of_silence.swap(true, Ordering::Relaxed)
                {
                    tracing::warn!(
                        %peer,
                        "a proxy does not say in X-Forwarded-For for whom it asks: nobody behind it counts by address"
                    );
                }
                Caller::House
            }
            // What cannot be read is still somebody: all of them together.
            Some(told) => Caller::Address(network(told.unwrap_or(peer))),
        }
    }

    /// For whom the operator's proxies ask: the last entry that is not one of theirs, or else the first. Entries before it are
    /// the caller's own words, and nobody believes them. `None` when nothing is said; `Some(None)` when it cannot be read.
    fn forwarded_for(&self, headers: &HeaderMap) -> Option<Option<IpAddr>> {
        let lines: Vec<&str> =
            headers.get_all(FORWARDED).iter().map(|line| line.to_str().unwrap_or("?")).collect();
        let mut first = None;
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            match address(entry.trim()) {
                Some(told) if self.is_proxy(told) => first = Some(Some(told)),
                told => return Some(told),
            }
        }
        first
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|net| net.contains(&address))
    }
}

/// Whether somebody on this machine asks, such as a check of its health, and no proxy for somebody else.
fn asked_by_name_of_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "" | "localhost" | "127.0.0.1" | "[::1]")
}

/// An address as proxies write it: with a port sometimes, IPv6 in brackets then.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
    let bare =
        bare.or_else(|| entry.split_once(':').filter(|(_, port)| !port.contains(':')).map(|(host, _)| host));
    bare.unwrap_or(entry).parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// What one customer of a carrier has: an IPv4 address, or an IPv6 network of 64 bits.
fn network(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
        IpAddr::V6(six) => six.to_bits() & !u128::from(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::request::Builder;

    use super::*;

    const BURST: usize = 20;

    /// Two a second each, so that a burst is twenty; 10.0.0.0/8 is the operator's.
    fn callers() -> Callers {
        let two = NonZeroU32::new(2).unwrap();
        let terms = Terms {
            per_account: two,
            per_address: two,
            proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..Terms::default()
        };
        let sealed = |cookie: &str| cookie.strip_prefix("sealed-").and_then(|number| number.parse().ok());
        Callers::new(terms, Box::new(sealed))
    }

    fn from(peer: &str, request: Builder) -> Request {
        request.extension(Peer(peer.parse().unwrap())).body(Body::empty()).unwrap()
    }

    fn plain(peer: &str) -> Request {
        from(peer, Request::get("/violations"))
    }

    fn forwarded(peer: &str, entries: &str) -> Request {
        from(peer, Request::get("/").header(FORWARDED, entries))
    }

    fn session(peer: &str, cookie: &str) -> Request {
        from(peer, Request::get("/violations").header("cookie", format!("{SESSION}={cookie}")))
    }

    /// How many of `count` such requests are let through.
    fn through(callers: &Callers, count: usize, request: &Request) -> usize {
        (0..count).filter(|_| callers.count(request).is_ok()).count()
    }

    #[test]
    fn an_address_that_asks_too_much_is_refused_and_another_is_not() {
        let callers = callers();
        let passed = through(&callers, 1_000, &plain("203.0.113.7"));
        assert!((BURST..BURST + 5).contains(&passed), "{passed}");
        let refused = callers.count(&plain("203.0.113.7")).unwrap_err();
        assert_eq!(refused, TooMuch::Address(1), "half a second until there is room");
        assert_eq!(through(&callers, BURST, &plain("203.0.113.8")), BURST);
    }

    #[test]
    fn whoever_is_signed_in_counts_by_account_wherever_they_are_and_not_for_their_gateway() {
        let callers = callers();
        through(&callers, 1_000, &plain("203.0.113.7"));
        assert_eq!(
            through(&callers, BURST, &session("203.0.113.7", "sealed-1")),
            BURST,
            "the gateway is not theirs"
        );
        assert_eq!(
            callers.count(&session("198.51.100.1", "sealed-1")),
            Err(TooMuch::Account(1)),
            "nor another way in"
        );
        assert_eq!(through(&callers, BURST, &session("203.0.113.7", "sealed-2")), BURST);
    }

    #[test]
    fn a_made_up_session_counts_for_the_address_however_often_it_changes() {
        let callers = callers();
        let passed = (0..1_000)
            .filter(|n| callers.count(&session("203.0.113.7", &format!("made-up-{n}"))).is_ok())
            .count();
        assert!((BURST..BURST + 5).contains(&passed), "{passed}");
    }

    #[test]
    fn only_our_own_proxies_are_believed_and_only_their_last_word() {
        let callers = callers();
        let of = |request: &Request| {
            callers.caller(request.extensions().get::<Peer>().map(|peer| peer.0), request.headers())
        };
        let at = |text: &str| Caller::Address(network(text.parse().unwrap()));
        assert_eq!(
            of(&forwarded("203.0.113.7", "198.51.100.1")),
            at("203.0.113.7"),
            "anybody can write that"
        );
        assert_eq!(of(&forwarded("10.1.2.3", "198.51.100.1")), at("198.51.100.1"));
        assert_eq!(
            of(&forwarded("10.1.2.3", "1.1.1.1, 198.51.100.1")),
            at("198.51.100.1"),
            "the rest is hearsay"
        );
        assert_eq!(
            of(&forwarded("10.1.2.3", "198.51.100.1, 10.9.9.9")),
            at("198.51.100.1"),
            "two proxies in a row"
        );
        assert_eq!(of(&forwarded("10.1.2.3", "198.51.100.1:4711")), at("198.51.100.1"));
        assert_eq!(of(&forwarded("10.1.2.3", "unknown")), at("10.1.2.3"), "somebody all the same");
        assert_eq!(of(&plain("10.1.2.3")), Caller::House, "the operator's own look");
        assert_eq!(
            of(&forwarded("10.1.2.3", "10.8.8.8, 10.9.9.9")),
            at("10.8.8.8"),
            "somebody inside the same network"
        );
        assert_eq!(of(&plain("::ffff:10.1.2.3")), Caller::House, "the same address, written longer");
        let two_lines = from(
            "10.1.2.3",
            Request::get("/").header(FORWARDED, "1.1.1.1").header(FORWARDED, "198.51.100.1"),
        );
        assert_eq!(of(&two_lines), at("198.51.100.1"));
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let at = |text: &str| network(text.parse().unwrap());
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(address("[2001:db8::1]:443"), "2001:db8::1".parse().ok());
        assert_eq!(address("2001:db8::1"), "2001:db8::1".parse().ok());
        assert_eq!(address("::ffff:203.0.113.7"), "203.0.113.7".parse().ok());
        assert_eq!(address(""), None);
    }

    #[test]
    fn a_returning_sign_in_weighs_ten_and_a_file_nothing() {
        let callers = callers();
        let sign_in = from("203.0.113.7", Request::get("/wechat/return?code=a&state=b"));
        assert_eq!(through(&callers, 100, &sign_in), BURST / 10);
        let (name, _) = assets::all().next().expect("a file");
        let path = format!("/assets/{name}");
        assert_eq!(through(&callers, 1_000, &from("203.0.113.7", Request::get(&path))), 1_000);
        assert_eq!(through(&callers, 1_000, &from("203.0.113.7", Request::get("/healthz"))), 1_000);
        // Only what ships with the program, and only to be looked at.
        assert!(through(&callers, 100, &from("203.0.113.8", Request::post(&path))) < 30);
        assert!(through(&callers, 100, &from("203.0.113.9", Request::get("/assets/none.css"))) < 30);
    }

    #[test]
    fn nobodys_flood_takes_the_part_of_counterparts_and_officers() {
        let callers = callers();
        through(&callers, 1_000, &plain("203.0.113.7"));
        let notice = from("203.0.113.7", Request::post("/callbacks/wechat-pay"));
        assert_eq!(through(&callers, BURST, &notice), BURST);
        assert!(through(&callers, 100, &notice) < 10, "they are counted too");
    }

    #[test]
    fn whoever_has_not_asked_for_a_while_is_forgotten() {
        let callers = Callers::new(
            Terms { per_address: NonZeroU32::new(1_000_000).unwrap(), ..Terms::default() },
            Box::new(|_| None),
        );
        for n in 0..3 * SWEEP_EVERY {
            let address = std::net::Ipv4Addr::from_bits(0x0b00_0000 + n).to_string();
            assert_eq!(callers.count(&plain(&address)), Ok(()));
        }
        assert!(callers.addresses.len() <= SWEEP_EVERY as usize + 1, "{}", callers.addresses.len());
    }
}
