//! Payment notices: verified over raw bytes, stored with what they do, applied once, answered. Accepted at any hour.

use clearway_connect::payments::{Notice, NoticeFault, NoticeHeaders, NoticeMatter};
use clearway_store::finding::{self, Finding};
use clearway_store::{Tx, inbox, payment};

use crate::{Error, World, jobs, money};

/// The name of these notices in the inbox.
const SOURCE: &str = "wechat-pay";

/// Kind of the finding of what the rail genuinely says and nobody here can read: of the notice's number, or of the order's where
/// the rail was asked.
pub const UNREADABLE: &str = "notice-unreadable";

/// How a notice is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Taken (or taken before): 200.
    Taken,
    /// Not accepted: 4xx, nothing changed.
    Refused(NoticeFault),
    /// Verified, but it names an order or a sum that is not ours: kept for a person, answered 200 so that the rail
    /// stops, because sending it again would not change what it says.
    Parked(&'static str),
}

/// A verified notice as it came.
pub struct Came<'n> {
    /// What it says.
    pub notice: &'n Notice,
    /// Its body, byte for byte.
    pub raw: &'n [u8],
    /// The headers that prove it, as JSON.
    pub headers: &'n str,
    /// When it came, ms.
    pub now_ms: i64,
}

/// What a notice that was stored has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// What it says is done, now or before.
    Applied {
        /// Whose order it is about.
        driver: String,
        /// The order.
        order_id: String,
    },
    /// It names a sum that is not ours: a person has been told. The name of the finding.
    Told(&'static str),
    /// It names an order that is not ours; it is kept, and nothing else.
    OfNobody,
}

impl Came<'_> {
    /// Keeps it, raw.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn keep(&self, tx: &mut Tx) -> Result<(), Error> {
        inbox::receive(tx, SOURCE, &self.notice.id, self.raw, self.headers, self.now_ms)?;
        Ok(())
    }

    /// Keeps it and does what it says, both with one flush.
    ///
    /// # Errors
    /// As [`money::apply`] and [`money::back::apply`]; then nothing of it is stored.
    pub fn apply(&self, tx: &mut Tx) -> Result<Effect, Error> {
        let Came { notice, now_ms, .. } = *self;
        let number = match &notice.matter {
            NoticeMatter::Trade(trade) => &trade.out_trade_no,
            NoticeMatter::Refund { out_trade_no, .. } => out_trade_no,
        };
        let Some((driver, order_id)) = payment::trade(tx, number)? else {
            self.keep(tx)?;
            return Ok(Effect::OfNobody);
        };
        // First of all, so that the same notice on another connection waits here and then finds everything done. What names
        // another sum has its effect too: a person is told, and nobody is told to pay again.
        inbox::receive_applied(tx, SOURCE, &notice.id, self.raw, self.headers, now_ms)?;
        let is_ours = match &notice.matter {
            NoticeMatter::Trade(trade) => {
                money::apply(tx, &driver, &order_id, trade, now_ms)? != money::Applied::WrongSum
            }
            NoticeMatter::Refund { refund, .. } => {
                money::back::apply(tx, &driver, refund, now_ms)?;
                true
            }
        };
        Ok(if is_ours { Effect::Applied { driver, order_id } } else { Effect::Told("amount") })
    }
}

/// Takes a payment notice.
///
/// # Errors
/// [`Error::Store`] when it cannot be stored: answered 5xx, the rail sends it again.
pub fn take(world: &World, headers: &NoticeHeaders, raw: &[u8]) -> Result<Answer, Error> {
    let notice = match world.payments.open_notice(headers, raw) {
        Ok(notice) => notice,
        Err(fault) => {
            tracing::warn!(%fault, "a payment notice was refused");
            if fault.is_of_contents() {
                unreadable(world, headers, raw, &fault)?;
            }
            return Ok(Answer::Refused(fault));
        }
    };
    let headers = proof(headers);
    // Whoever has paid draws a place: the instant is that of the writer's turn, not of the notice that stood before it.
    let came = || Came { notice: &notice, raw, headers: &headers, now_ms: world.now().as_millisecond() };
    let applied = world.db.write(|tx| came().apply(tx));
    if applied.is_err() {
        // What it would have done is undone, and the notice with it: that is kept whatever becomes of the rest.
        world.db.write(|tx| came().keep(tx))?;
    }
    match applied {
        Ok(Effect::Applied { driver, order_id }) => {
            jobs::noticed(world, &driver, &order_id);
            Ok(Answer::Taken)
        }
        Ok(Effect::OfNobody) => park(world, &notice, "unknown-order", None),
        Ok(Effect::Told(why)) => {
            tracing::error!(why, "a payment notice could not be applied and is kept for a person");
            Ok(Answer::Parked(why))
        }
        // A refund that is not ours, or of another sum: nothing of ours moves with it.
        Err(Error::NotFound(_)) => park(world, &notice, "unknown-refund", None),
        Err(Error::Broken(why)) => {
            tracing::error!(why, "a refund notice could not be applied and is kept for a person");
            park(world, &notice, money::back::AMOUNT, Some(&why))
        }
        // Another hand changed the order in the same moment: the rail sends again, or our own question finds it.
        Err(Error::Conflict(_)) => {
            Err(Error::Store(clearway_store::StoreError::Busy("the order is moving".to_owned())))
        }
        Err(other) => Err(other),
    }
}

/// The headers that prove a notice, as JSON.
fn proof(headers: &NoticeHeaders) -> String {
    let NoticeHeaders { timestamp, nonce, signature, serial, .. } = headers;
    serde_json::json!({ "timestamp": timestamp, "nonce": nonce, "serial": serial, "signature": signature })
        .to_string()
}

/// A notice that the rail has genuinely signed and that cannot be used: refused, so that it comes again, but kept, because money
/// may be behind it and the rail gives up after a day.
fn unreadable(world: &World, headers: &NoticeHeaders, raw: &[u8], fault: &NoticeFault) -> Result<(), Error> {
    let Some(id) = world.payments.signed_notice(headers, raw) else { return Ok(()) };
    tracing::error!(notice = id, %fault, "a signed payment notice cannot be used and is kept for a person");
    let now_ms = world.now().as_millisecond();
    let detail = serde_json::json!({ "said": fault.to_string() }).to_string();
    let finding = Finding::new(UNREADABLE, &id, None, 0, now_ms).with_detail(detail);
    world.db.write(|tx| {
        inbox::receive(tx, SOURCE, &id, raw, &proof(headers), now_ms)?;
        finding::put(tx, &finding).map(drop).map_err(Error::from)
    })
}

/// Keeps a verified notice that names nothing of ours for a person, with every number by which it can be found at the rail: money
/// may be involved.
fn park(world: &World, notice: &Notice, why: &'static str, said: Option<&str>) -> Result<Answer, Error> {
    tracing::error!(why, "a verified payment notice is kept for a person");
    let now_ms = world.now().as_millisecond();
    let (fen, detail) = match &notice.matter {
        NoticeMatter::Trade(trade) => (
            trade.total.map_or(0, |total| total.0),
            serde_json::json!({ "order": trade.out_trade_no, "transaction": trade.transaction_id, "said": said }),
        ),
        NoticeMatter::Refund { refund, out_trade_no } => (
            refund.refund.0,
            serde_json::json!({
                "order": out_trade_no, "refund": refund.out_refund_no, "refund_id": refund.refund_id, "said": said,
            }),
        ),
    };
    let finding = Finding::new(why, &notice.id, None, fen, now_ms).with_detail(detail.to_string());
    world.db.write(|tx| finding::put(tx, &finding).map_err(Error::from))?;
    Ok(Answer::Parked(why))
}
