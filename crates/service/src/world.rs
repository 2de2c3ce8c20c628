//! Everything a use case may touch: the store, the counterparts, the law, time and chance.

use std::sync::Arc;

use base64::Engine as _;
use clearway_connect::authority::Authority;
use clearway_connect::face::FaceCheck;
use clearway_connect::notify::Notifier;
use clearway_connect::payments::Payments;
use clearway_connect::wechat::WeChat;
use clearway_domain::calendar::Calendar;
use clearway_domain::offences::OffenceTable;
use clearway_domain::rules::{Pack, Packs};
use clearway_domain::study::Bank;
use clearway_domain::{Chance, Clock, civil_date};
use clearway_store::Db;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::Sha256;

use crate::error::Error;
use crate::site::Site;

/// The world a use case lives in. Built once by the application; tests build their own.
pub struct World {
    /// The store.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// The police platform.
    pub authority: Arc<dyn Authority>,
    /// The payment rail.
    pub payments: Arc<dyn Payments>,
    /// WeChat sign-in, menu, cards and messages from followers.
    pub wechat: Arc<dyn WeChat>,
    /// Codes and messages to drivers.
    pub notifier: Arc<dyn Notifier>,
    /// The face check, used only where a pack asks for it.
    pub face: Arc<dyn FaceCheck>,
    /// All packs.
    pub packs: Packs,
    /// The offence table.
    pub offences: OffenceTable,
    /// Holidays and working weekends.
    pub calendar: Calendar,
    /// Study cards and questions.
    pub bank: Bank,
    /// The city's settings.
    pub site: Site,
    /// Key of session tokens, driver ids and form tokens; at least 32 bytes.
    pub secret: Vec<u8>,
    /// Wakes the workers when a job was stored.
    pub bell: crate::jobs::Bell,
    /// Who waits, and how busy this process is.
    pub admission: crate::admission::Admission,
}

impl World {
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Today's date in China.
    #[must_use]
    pub fn today(&self) -> Date {
        civil_date(self.now())
    }

    /// The pack in force at this instant.
    ///
    /// # Errors
    /// [`Error::Broken`] when no pack covers the instant: the service then refuses to judge anything.
    pub fn pack_at(&self, at: Timestamp) -> Result<&Pack, Error> {
        self.packs.in_force(at).ok_or_else(|| Error::Broken(format!("no policy pack is in force at {at}")))
    }

    /// A new id: sortable by time, 32 hex digits.
    #[must_use]
    pub fn new_id(&self) -> String {
        let mut random = [0_u8; 10];
        self.chance.fill(&mut random);
        let ms = u64::try_from(self.now().as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid().simple().to_string()
    }

    /// A secret that cannot be guessed: 32 random bytes in URL-safe base64.
    #[must_use]
    pub fn new_token(&self) -> String {
        let mut random = [0_u8; 32];
        self.chance.fill(&mut random);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random)
    }

    /// A six-digit code for a text message.
    #[must_use]
    pub fn new_code(&self) -> String {
        let mut random = [0_u8; 4];
        self.chance.fill(&mut random);
        format!("{:06}", u32::from_le_bytes(random) % 1_000_000)
    }

    /// Keyed hash of a text under a purpose, hex. Used for driver ids, stored tokens and form tokens.
    #[must_use]
    pub fn keyed(&self, purpose: &str, text: &str) -> String {
        hex(&self.mac(purpose, text).finalize().into_bytes())
    }

    /// Whether that is how the keyed hash begins, in hex, `digits` of them; takes the same time whatever differs.
    #[must_use]
    pub fn is_keyed(&self, purpose: &str, text: &str, told: &str, digits: usize) -> bool {
        let byte = |at: usize| told.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = (0..digits).step_by(2).map(byte).collect();
        told.len() == digits
            && bytes.is_some_and(|bytes| self.mac(purpose, text).verify_truncated_left(&bytes).is_ok())
    }

    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac
    }

    /// The driver id of an openid: the same person gets the same partition on every node.
    #[must_use]
    pub fn driver_of(&self, openid: &str) -> String {
        self.keyed("driver", openid)[..32].to_owned()
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn every_byte_is_two_small_digits() {
        for byte in 0..=u8::MAX {
            assert_eq!(hex(&[byte, 0]), format!("{byte:02x}00"));
        }
    }
}
