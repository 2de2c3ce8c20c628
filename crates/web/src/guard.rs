//! Who may post: forms carry a token, every unsafe request comes from our own pages, cookies are read and written here.

use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::body::{BodyKind, TOKEN_FIELD};

/// Cookie of a signed-in session.
pub const SESSION: &str = "cw_session";
/// Cookie of a browser that nobody signed in with yet: binds form tokens and sign-in states to it.
pub const VISITOR: &str = "cw_visitor";

/// A cookie of the request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    cookies(headers, [name])[0]
}

/// Several cookies of the request, found in one walk; of two with the same name the first counts.
pub fn cookies<'a, const N: usize>(headers: &'a HeaderMap, names: [&str; N]) -> [Option<&'a str>; N] {
    let mut found = [None; N];
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    for (known, value) in pairs.filter(|(_, value)| !value.is_empty()) {
        if let Some(at) = names.iter().position(|name| *name == known) {
            found[at].get_or_insert(value);
        }
    }
    found
}

/// A cookie to be set. Scripts never see it, other sites' posts never carry it.
pub fn set_cookie(name: &str, value: &str, seconds: i64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).ok()
}

/// The form token of a browser: a keyed hash of its session or visitor cookie, so that nothing has to be stored.
pub fn form_token(key: &[u8], holder: &str) -> String {
    URL_SAFE_NO_PAD.encode(&mac(key, holder).finalize().into_bytes()[..18])
}

fn mac(key: &[u8], holder: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"form token\0");
    mac.update(holder.as_bytes());
    mac
}

/// Whether a token belongs to the holder; takes the same time whatever differs.
pub fn token_is_right(key: &[u8], holder: &str, token: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(token)
        .is_ok_and(|bytes| bytes.len() == 18 && mac(key, holder).verify_truncated_left(&bytes).is_ok())
}

/// The token inside a form's body.
pub fn token_of(body: &[u8]) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    pairs.into_iter().find_map(|(name, value)| (name == TOKEN_FIELD).then_some(value))
}

/// Whether an unsafe request may come from one of our own pages or from a program.
///
/// A browser says where a request comes from; what comes from another site is refused. A program says nothing, and a
/// browser that says nothing still cannot send JSON across sites without being asked first, which we never allow.
pub fn origin_is_ours(headers: &HeaderMap, ours: &str) -> bool {
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match headers.get(ORIGIN).map(|value| value.to_str().unwrap_or_default()) {
        None => true,
        Some(origin) => origin == ours || origin_matches_host(origin, headers),
    }
}

/// Behind a tunnel or on another port the origin is the host that was asked.
fn origin_matches_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !host.is_empty() && origin.split_once("://").is_some_and(|(_, rest)| rest == host)
}

/// Whether the body is one that a plain form of any site could send; such a body needs the token.
pub fn needs_token(headers: &HeaderMap) -> bool {
    match BodyKind::of(headers) {
        Some(BodyKind::Json) => false,
        Some(BodyKind::Form) => true,
        None => headers.contains_key(CONTENT_TYPE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_token_belongs_to_one_holder_under_one_key() {
        let token = form_token(b"key", "alice");
        assert!(token_is_right(b"key", "alice", &token));
        assert!(!token_is_right(b"key", "bob", &token));
        assert!(!token_is_right(b"other", "alice", &token));
        assert!(!token_is_right(b"key", "alice", ""));
        assert!(!token_is_right(b"key", "alice", &token[..8]));
    }

    #[test]
    fn another_site_is_refused() {
        let ours = "https://clear.example";
        for (asked, right) in [
            (headers(&[]), true),
            (headers(&[("origin", "https://clear.example")]), true),
            (headers(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]), true),
            (headers(&[("origin", "https://evil.example"), ("host", "clear.example")]), false),
            (headers(&[("origin", "null"), ("host", "clear.example")]), false),
            (headers(&[("sec-fetch-site", "cross-site")]), false),
            (headers(&[("sec-fetch-site", "same-origin")]), true),
        ] {
            assert_eq!(origin_is_ours(&asked, ours), right, "{asked:?}");
        }
    }

    #[test]
    fn cookies_are_found_among_others() {
        let asked = headers(&[("cookie", "a=1; cw_session=tok; size=large")]);
        assert_eq!(
            (cookie(&asked, SESSION), cookie(&asked, "size"), cookie(&asked, "b")),
            (Some("tok"), Some("large"), None)
        );
        let asked = headers(&[("cookie", "size=; cw_session=tok;a=b=c; a=2; cw_session=other")]);
        assert_eq!(
            cookies(&asked, ["size", "a", SESSION, "none"]),
            [None, Some("b=c"), Some("tok"), None],
            "an empty one is none, and the first counts"
        );
        let set = set_cookie(SESSION, "tok", 60, true).unwrap();
        assert_eq!(set, "cw_session=tok; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
    }
}
