//! Payment notices: verified over raw bytes, stored, answered, applied once. Accepted at any hour.

use clearway_connect::payments::{Notice, NoticeFault, NoticeHeaders, NoticeMatter};
use clearway_store::finding::{self, Finding};
use clearway_store::{inbox, payment};

use crate::{Error, World, money};

/// The name of these notices in the inbox.
const SOURCE: &str = "wechat-pay";

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

/// Takes a payment notice.
///
/// # Errors
/// [`Error::Store`] when it cannot be stored: answered 5xx, the rail sends it again.
pub fn take(world: &World, headers: &NoticeHeaders, raw: &[u8]) -> Result<Answer, Error> {
    let notice = match world.payments.open_notice(headers, raw) {
        Ok(notice) => notice,
        Err(fault) => {
            tracing::warn!(%fault, "a payment notice was refused");
            return Ok(Answer::Refused(fault));
        }
    };
    let now_ms = world.now().as_millisecond();
    let kept = serde_json::json!({
        "timestamp": headers.timestamp, "nonce": headers.nonce, "serial": headers.serial,
        "signature": headers.signature,
    })
    .to_string();
    // Stored before it is applied: whatever happens then, the raw notice is there.
    world.db.write(|tx| inbox::receive(tx, SOURCE, &notice.id, raw, &kept, now_ms).map_err(Error::from))?;
    let number = match &notice.matter {
        NoticeMatter::Trade(trade) => &trade.out_trade_no,
        NoticeMatter::Refund { out_trade_no, .. } => out_trade_no,
    };
    let target = world.db.read(|tx| payment::trade(tx, number).map_err(Error::from))?;
    let Some((driver, order_id)) = target else {
        return park(world, &notice, "unknown-order");
    };
    let applied = world.db.write(|tx| {
        let parked = match &notice.matter {
            NoticeMatter::Trade(trade) => {
                let applied = money::apply(tx, &driver, &order_id, trade, now_ms)?;
                (applied == money::Applied::WrongSum).then_some("amount")
            }
            NoticeMatter::Refund { refund, .. } => {
                money::back::apply(tx, &driver, refund, now_ms)?;
                None
            }
        };
        // What names another sum had its effect too: a person is told, and nobody is told to pay again.
        inbox::applied(tx, SOURCE, &notice.id, now_ms)?;
        Ok::<_, Error>(parked)
    });
    match applied {
        Ok(None) => {
            world.bell.ring();
            Ok(Answer::Taken)
        }
        Ok(Some(why)) => {
            tracing::error!(why, "a payment notice could not be applied and is kept for a person");
            Ok(Answer::Parked(why))
        }
        // A refund that is not ours, or of another sum: nothing of ours moves with it.
        Err(Error::NotFound(_)) => park(world, &notice, "unknown-refund"),
        Err(Error::Broken(why)) => {
            tracing::error!(why, "a refund notice could not be applied and is kept for a person");
            park(world, &notice, "refund-amount")
        }
        // Another hand changed the order in the same moment: the rail sends again, or our own question finds it.
        Err(Error::Conflict(_)) => {
            Err(Error::Store(clearway_store::StoreError::Busy("the order is moving".to_owned())))
        }
        Err(other) => Err(other),
    }
}

/// Keeps a verified notice that names nothing of ours for a person: money may be involved.
fn park(world: &World, notice: &Notice, why: &'static str) -> Result<Answer, Error> {
    tracing::error!(why, "a verified payment notice is kept for a person");
    let now_ms = world.now().as_millisecond();
    let fen = match &notice.matter {
        NoticeMatter::Trade(trade) => trade.total.map_or(0, |total| total.0),
        NoticeMatter::Refund { refund, .. } => refund.refund.0,
    };
    let finding = Finding::new(why, &notice.id, None, fen, now_ms);
    world.db.write(|tx| finding::put(tx, &finding).map_err(Error::from))?;
    Ok(Answer::Parked(why))
}
