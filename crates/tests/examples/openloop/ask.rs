//! What is asked for, as the command line says it.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, Result, bail, ensure};

const USAGE: &str =
    "openloop ADDRESS DRIVERS STEP RATE SECONDS SEED [visitors N] [flood RATE FROM PATH [COOKIE]]";

/// The load.
#[derive(Debug, PartialEq, Eq)]
pub struct Ask {
    pub address: SocketAddr,
    pub drivers: u64,
    /// How far the drivers' ids lie apart.
    pub step: u64,
    /// Requests a second.
    pub rate: u32,
    pub seconds: u32,
    pub seed: u64,
    /// The drivers come as through a proxy, over connections for so many requests each.
    pub visits: Option<u32>,
    pub flood: Option<FloodAsk>,
}

/// The flood beside it.
#[derive(Debug, PartialEq, Eq)]
pub struct FloodAsk {
    /// Requests a second.
    pub rate: u32,
    /// The address that it comes from.
    pub from: IpAddr,
    pub path: String,
    pub cookie: Option<String>,
}

impl Ask {
    pub fn parse(words: &[String]) -> Result<Ask> {
        let Some(([address, drivers, step, rate, seconds, seed], mut rest)) = words.split_first_chunk::<6>()
        else {
            bail!(USAGE);
        };
        let mut ask = Ask {
            address: address.parse().with_context(|| format!("{address} is not ADDRESS:PORT"))?,
            drivers: drivers.parse()?,
            step: step.parse()?,
            rate: rate.parse()?,
            seconds: seconds.parse()?,
            seed: seed.parse()?,
            visits: None,
            flood: None,
        };
        if let [word, visits, more @ ..] = rest
            && word == "visitors"
        {
            ask.visits = Some(visits.parse()?);
            rest = more;
        }
        if let [word, rate, from, path, cookie @ ..] = rest
            && word == "flood"
            && cookie.len() <= 1
        {
            let (path, cookie) = (path.clone(), cookie.first().cloned());
            ask.flood = Some(FloodAsk { rate: rate.parse()?, from: from.parse()?, path, cookie });
            rest = &[];
        }
        ensure!(rest.is_empty(), "unexpected {}\n{USAGE}", rest[0]);
        ensure!(ask.rate > 0 && ask.seconds > 1, "the first second is not counted\n{USAGE}");
        Ok(ask)
    }

    /// 我的违法 of a driver at random.
    pub fn request(&self, dice: &mut Dice) -> String {
        let number = dice.next() % self.drivers;
        let driver = number * self.step;
        let forwarded = self.visits.map(|_| {
            let [.., b, c, d] = number.to_be_bytes();
            format!("X-Forwarded-For: 10.{b}.{c}.{d}\r\n")
        });
        format!(
            "GET /violations HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{}\
             Cookie: cw_session={driver:08x}{:024}.bench\r\n\r\n",
            self.address,
            forwarded.unwrap_or_default(),
            0
        )
    }
}

impl FloodAsk {
    /// The request of the flood; what stands for chance is thrown anew.
    pub fn request(&self, address: SocketAddr, dice: &mut Dice) -> String {
        let mut request = format!("GET {} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\n", self.path);
        if let Some(cookie) = &self.cookie {
            request.push_str("Cookie: ");
            for (at, part) in cookie.split('%').enumerate() {
                if at > 0 {
                    request.push_str(&format!("{:016x}", dice.next()));
                }
                request.push_str(part);
            }
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        request
    }
}

/// Chance that can be repeated (splitmix64).
pub struct Dice {
    state: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Ask> {
        Ask::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_command_line_is_read_with_and_without_a_flood() {
        let plain = parse("127.0.0.1:80 10 1600 1000 6 1").unwrap();
        assert_eq!((plain.visits, &plain.flood), (None, &None));
        assert!(!plain.request(&mut Dice::new(1)).contains("X-Forwarded-For"));
        let whole =
            parse("127.0.0.1:80 10 1600 1000 6 1 visitors 20 flood 10000 127.0.0.2 /sign-in").unwrap();
        assert_eq!(whole.visits, Some(20));
        assert!(whole.request(&mut Dice::new(1)).contains("\r\nX-Forwarded-For: 10.0.0."));
        let flood = whole.flood.unwrap();
        assert_eq!((flood.rate, flood.from.to_string().as_str()), (10_000, "127.0.0.2"));
        for wrong in [
            "1 2 3",
            "127.0.0.1:80 10 1 1 6 1 flood 5",
            "127.0.0.1:80 10 1 1 6 1 x",
            "127.0.0.1:80 1 1 0 6 1",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_made_up_cookie_is_another_one_each_time() {
        let ask = parse("127.0.0.1:80 10 1600 1000 6 1 flood 10 127.0.0.2 / cw_session=%.%").unwrap();
        let (flood, mut dice) = (ask.flood.unwrap(), Dice::new(7));
        let [one, other] = [(); 2].map(|()| flood.request(ask.address, &mut dice));
        let cookie = one.lines().find_map(|line| line.strip_prefix("Cookie: cw_session=")).unwrap();
        assert_eq!((cookie.len(), cookie.find('.')), (33, Some(16)));
        assert_ne!(one, other);
        assert!(one.ends_with("\r\n\r\n"));
    }
}
