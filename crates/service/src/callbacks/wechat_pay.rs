//! Payment notices: verified over raw bytes, stored, answered, applied once. Accepted at any hour.

use clearway_connect::payments::{NoticeFault, NoticeHeaders};
use clearway_store::{inbox, payment};

use crate::{Error, World, money};

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
    world
        .db
        .write(|tx| inbox::receive(tx, "wechat-pay", &notice.id, raw, &kept, now_ms).map_err(Error::from))?;
    let trade = notice.trade;
    let target = world.db.read(|tx| payment::trade(tx, &trade.out_trade_no).map_err(Error::from))?;
    let Some((driver, order_id)) = target else {
        tracing::error!("a verified payment notice names an order that is not ours");
        return Ok(Answer::Parked("unknown-order"));
    };
    let applied = world.db.write(|tx| {
        money::apply(tx, &driver, &order_id, &trade, now_ms)?;
        inbox::applied(tx, "wechat-pay", &notice.id, now_ms)?;
        Ok::<_, Error>(())
    });
    match applied {
        Ok(()) => {
            world.bell.ring();
            Ok(Answer::Taken)
        }
        Err(Error::Broken(why)) => {
            tracing::error!(why, "a payment notice could not be applied and is kept for a person");
            Ok(Answer::Parked("amount"))
        }
        // Another hand changed the order in the same moment: the rail sends again, or our own question finds it.
        Err(Error::Conflict(_)) => {
            Err(Error::Store(clearway_store::StoreError::Busy("the order is moving".to_owned())))
        }
        Err(other) => Err(other),
    }
}
