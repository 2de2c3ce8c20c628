//! Notices of the pretend rail: sealed by a keyed hash over the raw bytes, opened as the real ones are.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearway_connect::payments::{
    Notice, NoticeFault, NoticeHeaders, NoticeMatter, Refund, RefundState, Trade,
};
use clearway_domain::Fen;
use serde::{Deserialize, Serialize};

/// The serial of the key in use, of the one that comes after it, and of one that is over.
pub const SERIALS: [&str; 3] = ["SIM-KEY-1", "SIM-KEY-2", "SIM-KEY-OLD"];
const MERCHANT: &str = "1900000001";

/// What is wrong with a notice, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seal {
    /// Nothing: the rail's own, under the key in use.
    Genuine,
    /// The rail's own, under the rotated key.
    Rotated,
    /// Sealed by somebody who does not have the key.
    Forged,
    /// A byte of it was changed on the way.
    Tampered,
    /// Sealed more than five minutes ago.
    Stale,
    /// Under a key that is over.
    Expired,
    /// Under a serial that nobody knows.
    Unknown,
    /// Without its signature.
    Bare,
    /// Genuine, but of another merchant.
    OtherMerchant,
    /// Genuine, but of another sum: so many fen more.
    Amount(i64),
}

/// What a notice tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Matter {
    /// An order was paid.
    Trade(Box<Trade>),
    /// Money went back, or did not.
    Refund {
        /// Number of the order or of the leg's own order.
        out_trade_no: String,
        /// The merchant's number of the refund.
        no: String,
        /// State.
        state: RefundState,
        /// How much, fen.
        fen: i64,
    },
}

impl Matter {
    /// The merchant's number of the order that it is about.
    pub fn number(&self) -> &str {
        match self {
            Matter::Trade(trade) => &trade.out_trade_no,
            Matter::Refund { out_trade_no, .. } => out_trade_no,
        }
    }
}

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The rail's number of the notice; repetitions bear the same.
    pub id: String,
    /// What it tells.
    pub matter: Matter,
    /// When it arrives, ms since 1970.
    pub at_ms: i64,
    /// What is wrong with it.
    pub seal: Seal,
}

/// The envelope.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    merchant: String,
    matter: Matter,
}

impl Post {
    /// A genuine notice.
    pub fn new(id: &str, matter: Matter, at_ms: i64) -> Post {
        Post { id: id.to_owned(), matter, at_ms, seal: Seal::Genuine }
    }

    /// The genuine notice of a payment.
    pub fn of_trade(id: &str, trade: Trade, at_ms: i64) -> Post {
        Post::new(id, Matter::Trade(Box::new(trade)), at_ms)
    }

    /// The same with something wrong.
    #[must_use]
    pub fn sealed(mut self, seal: Seal) -> Post {
        self.seal = seal;
        self
    }

    /// Headers and raw body as they arrive at an instant.
    pub fn on_the_wire(&self, now_ms: i64) -> (NoticeHeaders, Vec<u8>) {
        let mut matter = self.matter.clone();
        if let (Seal::Amount(more), Matter::Trade(trade)) = (self.seal, &mut matter) {
            trade.total = trade.total.map(|total| total + Fen(more));
        }
        let merchant = if self.seal == Seal::OtherMerchant { "1900000999" } else { MERCHANT };
        let envelope = Envelope {
            id: self.id.clone(),
            event_type: match matter {
                Matter::Trade(_) => "TRANSACTION.SUCCESS".to_owned(),
                Matter::Refund { .. } => "REFUND.SUCCESS".to_owned(),
            },
            merchant: merchant.to_owned(),
            matter,
        };
        let mut body = serde_json::to_vec(&envelope).expect("an envelope is JSON");
        let age_s = if self.seal == Seal::Stale { 301 } else { 0 };
        let stamp = (now_ms / 1000 - age_s).to_string();
        let nonce = format!("n{now_ms}");
        let serial = match self.seal {
            Seal::Rotated => SERIALS[1],
            Seal::Expired => SERIALS[2],
            Seal::Unknown => "SIM-KEY-NOBODYS",
            _ => SERIALS[0],
        };
        let key = if self.seal == Seal::Forged { "a guess" } else { serial };
        let signature = sign(key, &stamp, &nonce, &body);
        if self.seal == Seal::Tampered {
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        let headers = NoticeHeaders {
            timestamp: Some(stamp),
            nonce: Some(nonce),
            signature: Some(signature).filter(|_| self.seal != Seal::Bare),
            serial: Some(serial.to_owned()),
            signature_type: None,
        };
        (headers, body)
    }
}

fn sign(key: &str, stamp: &str, nonce: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in [stamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body] {
        context.update(part);
    }
    STANDARD.encode(context.sign())
}

/// Opens a notice: signature over the raw bytes first, then everything else, as the real client does.
///
/// # Errors
/// The first check that fails.
pub fn open(headers: &NoticeHeaders, raw: &[u8], now_ms: i64) -> Result<Notice, NoticeFault> {
    let stamp = headers.timestamp.as_deref().ok_or(NoticeFault::Header("timestamp"))?;
    let nonce = headers.nonce.as_deref().ok_or(NoticeFault::Header("nonce"))?;
    let signature = headers.signature.as_deref().ok_or(NoticeFault::Header("signature"))?;
    let serial = headers.serial.as_deref().ok_or(NoticeFault::Header("serial"))?;
    let at_s: i64 = stamp.parse().map_err(|_| NoticeFault::Header("timestamp"))?;
    if (now_ms / 1000 - at_s).abs() > 300 {
        return Err(NoticeFault::Stale);
    }
    if !SERIALS[..2].contains(&serial) {
        return Err(NoticeFault::UnknownSerial);
    }
    if sign(serial, stamp, nonce, raw) != signature {
        return Err(NoticeFault::Signature);
    }
    read(raw)
}

/// Reads a notice without a look at its seal, as nobody should.
///
/// # Errors
/// When it is not one.
pub fn read(raw: &[u8]) -> Result<Notice, NoticeFault> {
    let envelope: Envelope = serde_json::from_slice(raw).map_err(|_| NoticeFault::Shape("envelope"))?;
    if envelope.merchant != MERCHANT {
        return Err(NoticeFault::NotOurs);
    }
    let matter = match envelope.matter {
        Matter::Trade(trade) => NoticeMatter::Trade(trade),
        Matter::Refund { out_trade_no, no, state, fen } => NoticeMatter::Refund {
            out_trade_no,
            refund: Refund { refund_id: None, out_refund_no: no, state, refund: Fen(fen), done: None },
        },
    };
    Ok(Notice { id: envelope.id, event: envelope.event_type, matter })
}
