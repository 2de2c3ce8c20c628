//! The simple signature of the short-message and face-check counterparts: `X-Timestamp` (Unix seconds) and
//! `X-Signature`, the hex HMAC-SHA256 of timestamp, line feed and raw body.

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use jiff::Timestamp;

use crate::keys::hex;

/// The signature of a body.
#[must_use]
pub fn sign(key: &str, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let message = [timestamp.as_bytes(), b"\n", body].concat();
    hex(hmac::sign(&key, &message).as_ref())
}

/// Checks the headers of a request.
///
/// # Errors
/// What is missing or wrong.
pub fn check(key: &str, now: Timestamp, headers: &HeaderMap, body: &[u8]) -> Result<(), &'static str> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let timestamp = header("x-timestamp").ok_or("X-Timestamp is missing")?;
    let signature = header("x-signature").ok_or("X-Signature is missing")?;
    let seconds: i64 = timestamp.parse().map_err(|_| "X-Timestamp is not a number")?;
    if (now.as_second() - seconds).abs() > 300 {
        return Err("X-Timestamp is more than 300 seconds away");
    }
    if sign(key, timestamp, body) == signature.to_ascii_lowercase() {
        Ok(())
    } else {
        Err("the signature does not fit")
    }
}
