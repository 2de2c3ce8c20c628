//! A place, sealed for its holder: it can be kept by a phone, shown by anybody, and made by nobody else.
//!
//! A ticket is 31 bytes in hex: format 1, key id, second (4), lane, ordinal (4), holder (8), seal (12). The holder is
//! a keyed hash of driver and civil day, so that a thousand tabs of one person hold one ticket and the ticket tells
//! nothing about the person. The key changes every civil day; its id is the day's number.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::Sha256;

use super::{LANES, Place};
use crate::civil_date;

/// Bytes of a ticket.
const BYTES: usize = 31;
/// Bytes of it that are sealed.
const SEALED: usize = 19;
const FORMAT: u8 = 1;
/// Days after its own for which a ticket can be shown: intents of the night, and of a long outage.
const DAYS_VALID: i64 = 2;
/// Seconds that two nodes' clocks may differ.
const SKEW_S: i64 = 120;

/// Who holds a ticket: keyed hash of driver and civil day.
pub type Holder = [u8; 8];

/// A ticket whose seal is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The place.
    pub place: Place,
    /// Whose it is.
    pub holder: Holder,
}

/// Why a ticket is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketFault {
    /// Not one that we sealed.
    #[error("forged")]
    Forged,
    /// Of a day that is long over.
    #[error("expired")]
    Expired,
    /// Of a second that has not come.
    #[error("future")]
    Future,
    /// Somebody else's.
    #[error("foreign")]
    Foreign,
    /// Its turn is over.
    #[error("spent")]
    Spent,
}

impl TicketFault {
    /// Stable word.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::Future => "future",
            Self::Foreign => "foreign",
            Self::Spent => "spent",
        }
    }
}

/// The civil day in China on which a second lies: the day of a ticket.
#[must_use]
pub fn day_of(second: i64) -> Date {
    civil_date(Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Id of the key of a day, 0 to 255.
fn key_id(day: Date) -> u8 {
    let number = day.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    u8::try_from(number.rem_euclid(256)).unwrap_or_default()
}

impl Ticket {
    /// The ticket as text, sealed with the key of its day. `None` for a second that no ticket can hold (before 1970
    /// or after 2106).
    #[must_use]
    pub fn seal(&self, key: &[u8]) -> Option<String> {
        let bytes = self.bytes()?;
        let mut text = String::with_capacity(BYTES * 2);
        for byte in bytes.iter().chain(mac(key, &bytes).finalize().into_bytes()[..BYTES - SEALED].iter()) {
            use std::fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Some(text)
    }

    /// Reads a ticket. `latest` is the latest instant at which there may be a place: now, or the opening that is waited for at night.
    /// `key_of` is the key of a civil day.
    ///
    /// # Errors
    /// [`TicketFault::Forged`], [`TicketFault::Future`], [`TicketFault::Expired`]; whose it is and whether its turn is
    /// over is for the caller to compare.
    pub fn open(
        text: &str,
        now: Timestamp,
        latest: Timestamp,
        key_of: impl FnOnce(Date) -> Vec<u8>,
    ) -> Result<Self, TicketFault> {
        let bytes = unhex(text).ok_or(TicketFault::Forged)?;
        let four = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let second = i64::from(four(2));
        let (lane, ordinal) = (bytes[6], four(7));
        let mut holder = Holder::default();
        holder.copy_from_slice(&bytes[11..SEALED]);
        let day = day_of(second);
        if bytes[0] != FORMAT || bytes[1] != key_id(day) || lane >= LANES {
            return Err(TicketFault::Forged);
        }
        // The seal is looked at before anything is believed, in a time that does not depend on it.
        mac(&key_of(day), &bytes[..SEALED])
            .verify_truncated_left(&bytes[SEALED..])
            .map_err(|_| TicketFault::Forged)?;
        if second > latest.max(now).as_second() + SKEW_S {
            return Err(TicketFault::Future);
        }
        let days = civil_date(now).duration_since(day).as_hours() / 24;
        if days > DAYS_VALID {
            return Err(TicketFault::Expired);
        }
        Ok(Self { place: Place { second, ordinal, lane }, holder })
    }

    fn bytes(&self) -> Option<[u8; SEALED]> {
        let mut bytes = [0; SEALED];
        bytes[0] = FORMAT;
        bytes[1] = key_id(day_of(self.place.second));
        bytes[2..6].copy_from_slice(&u32::try_from(self.place.second).ok()?.to_be_bytes());
        bytes[6] = self.place.lane;
        bytes[7..11].copy_from_slice(&self.place.ordinal.to_be_bytes());
        bytes[11..].copy_from_slice(&self.holder);
        Some(bytes)
    }
}

fn mac(key: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"turn");
    mac.update(bytes);
    mac
}

fn unhex(text: &str) -> Option<[u8; BYTES]> {
    let text = text.as_bytes();
    // One way of writing it, so that a ticket has one text.
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != BYTES * 2 {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2020-04-05T10:00:00+08:00".parse().expect("an instant")
    }

    fn key(day: Date) -> Vec<u8> {
        format!("secret of {day}").into_bytes()
    }

    fn sealed(second: i64, ordinal: u32) -> String {
        let ticket = Ticket { place: Place { second, ordinal, lane: 3 }, holder: *b"somebody" };
        ticket.seal(&key(day_of(second))).expect("a ticket")
    }

    proptest! {
        #[test]
        fn a_ticket_comes_back_as_it_was(back in 0_i64..80_000, ordinal: u32, lane in 0..LANES, holder: [u8; 8]) {
            let second = now().as_second() - back;
            let ticket = Ticket { place: Place { second, ordinal, lane }, holder };
            let text = ticket.seal(&key(day_of(second))).expect("a ticket");
            prop_assert_eq!(text.len(), 62);
            prop_assert_eq!(Ticket::open(&text, now(), now(), key), Ok(ticket));
        }

        #[test]
        fn one_changed_character_is_a_forgery(at in 0_usize..62, digit in 0_u8..16) {
            let text = sealed(now().as_second(), 7);
            let mut letters: Vec<char> = text.chars().collect();
            letters[at] = char::from_digit(u32::from(digit), 16).expect("a digit");
            let other: String = letters.into_iter().collect();
            prop_assume!(other != text);
            prop_assert_eq!(Ticket::open(&other, now(), now(), key), Err(TicketFault::Forged));
        }

        #[test]
        fn no_text_makes_it_fall_over(text in ".{0,80}") {
            prop_assert_eq!(Ticket::open(&text, now(), now(), key), Err(TicketFault::Forged));
        }
    }

    #[test]
    fn a_ticket_of_the_future_and_one_of_last_week_are_told_apart() {
        let at = now().as_second();
        let in_an_hour = now() + jiff::SignedDuration::from_hours(1);
        assert_eq!(Ticket::open(&sealed(at + 3_600, 0), now(), now(), key), Err(TicketFault::Future));
        assert!(Ticket::open(&sealed(at + 3_600, 0), now(), in_an_hour, key).is_ok(), "it opens then");
        assert!(Ticket::open(&sealed(at + 90, 0), now(), now(), key).is_ok(), "the clock of another node");
        assert!(Ticket::open(&sealed(at - 2 * 86_400, 0), now(), now(), key).is_ok(), "a long outage");
        assert_eq!(Ticket::open(&sealed(at - 3 * 86_400, 0), now(), now(), key), Err(TicketFault::Expired));
    }

    #[test]
    fn the_key_of_another_city_opens_nothing() {
        let text = sealed(now().as_second(), 0);
        assert_eq!(Ticket::open(&text, now(), now(), |_| b"another".to_vec()), Err(TicketFault::Forged));
    }
}
