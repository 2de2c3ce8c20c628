//! Opening a payment notice, check by check. The order matters: nothing inside is believed before the signature over
//! the raw bytes is, and nothing is decrypted for a stranger.

use super::client::{SignatureFault, WeChatPay};
use super::wire::{self, NoticeBody, TradeFault};
use super::{Notice, NoticeFault, NoticeHeaders, NoticeMatter, Trade};

/// Longest notice that is looked at, in bytes.
const BYTES_MAX: usize = 64 * 1024;

/// Longest number of a notice, in bytes; WeChat's have 36.
const ID_MAX: usize = 64;

/// Opens a notice; `read` reads the order inside, in the shape of the rail.
pub(crate) fn open(
    pay: &WeChatPay,
    headers: &NoticeHeaders,
    raw_body: &[u8],
    read: impl Fn(&[u8]) -> Result<Trade, TradeFault>,
) -> Result<Notice, NoticeFault> {
    if raw_body.len() > BYTES_MAX {
        return Err(NoticeFault::Shape("longer than any notice"));
    }
    pay.verify(headers, raw_body).map_err(signature_fault)?;
    let body: NoticeBody = serde_json::from_slice(raw_body).map_err(|_| NoticeFault::Shape("JSON"))?;
    if body.resource_type != "encrypt-resource" {
        return Err(NoticeFault::Shape("resource_type"));
    }
    let of_refund = body.event_type.starts_with("REFUND.");
    if !of_refund && !body.event_type.starts_with("TRANSACTION.") {
        return Err(NoticeFault::OtherEvent(body.event_type.chars().take(40).collect()));
    }
    if body.resource.algorithm != "AEAD_AES_256_GCM" {
        return Err(NoticeFault::Shape("algorithm"));
    }
    let sealed = &body.resource;
    let opened = pay
        .api_key
        .open(&sealed.nonce, &sealed.associated_data, &sealed.ciphertext)
        .ok_or(NoticeFault::Decrypt)?;
    let matter = if of_refund {
        let (out_trade_no, refund) = wire::refund(&opened, Some(&pay.config.mchid))
            .map_err(|fault| contents_fault(fault, "refund"))?;
        // A state that contradicts its event is believed by nobody: the refund is asked about.
        if body.event_type != format!("REFUND.{}", refund.state.word()) {
            return Err(NoticeFault::Shape("refund"));
        }
        NoticeMatter::Refund { out_trade_no, refund }
    } else {
        let trade = read(&opened).map_err(|fault| contents_fault(fault, "transaction"))?;
        NoticeMatter::Trade(Box::new(trade))
    };
    Ok(Notice { id: body.id, event: body.event_type, matter })
}

/// The number of a notice whose signature fits: [`super::Payments::signed_notice`].
pub(crate) fn signed(pay: &WeChatPay, headers: &NoticeHeaders, raw_body: &[u8]) -> Option<String> {
    if raw_body.len() > BYTES_MAX {
        return None;
    }
    pay.verify(headers, raw_body).ok()?;
    let body: serde_json::Value = serde_json::from_slice(raw_body).ok()?;
    let id = body.get("id")?.as_str()?;
    (!id.is_empty() && id.len() <= ID_MAX).then(|| id.to_owned())
}

fn contents_fault(fault: TradeFault, what: &'static str) -> NoticeFault {
    match fault {
        TradeFault::Shape => NoticeFault::Shape(what),
        TradeFault::NotOurs => NoticeFault::NotOurs,
        TradeFault::Amount => NoticeFault::Amount,
        TradeFault::Parts(why) => NoticeFault::Parts(why),
    }
}

fn signature_fault(fault: SignatureFault) -> NoticeFault {
    match fault {
        SignatureFault::Header(name) => NoticeFault::Header(name),
        SignatureFault::Type => NoticeFault::SignatureType,
        SignatureFault::UnknownSerial => NoticeFault::UnknownSerial,
        SignatureFault::Probe => NoticeFault::Probe,
        SignatureFault::Mismatch => NoticeFault::Signature,
        SignatureFault::Stale => NoticeFault::Stale,
    }
}
