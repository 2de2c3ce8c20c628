//! Web sign-in with WeChat: code → openid, state checked, snapshot accounts refused (`protocols.md` §1.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clearway_store::Tx;
use clearway_store::account::{self, Account};
use clearway_store::session::{self, SignInState};
use jiff::SignedDuration;

use super::Who;
use crate::error::Conflict;
use crate::{Error, World, jobs};

/// Seconds for which a sign-in state may be used; the code itself lives five minutes.
const STATE_VALID: SignedDuration = SignedDuration::from_mins(10);
/// Days for which a session lasts without a new sign-in.
const SESSION_VALID: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Where the browser has to go, and the secret that binds the answer to this browser.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Address of the authorisation page.
    pub location: String,
    /// To be kept in a cookie of this browser until it returns.
    pub browser_secret: String,
}

/// A session that was just opened.
#[derive(Debug, Clone)]
pub struct Session {
    /// Value of the session cookie.
    pub cookie: String,
    /// Local path to go on with.
    pub return_to: String,
    /// Seconds for which the cookie lasts.
    pub max_age_s: i64,
}

/// Longest local path that a sign-in returns to, bytes: it travels in a cookie.
const RETURN_MAX: usize = 1_024;

/// A sign-in under way, as it travels in the browser's cookie: nothing is stored for whoever only begins.
struct UnderWay {
    return_to: String,
    expires_at_ms: i64,
}

impl UnderWay {
    /// Reads a cookie; whether it is ours, its state tells.
    fn read(cookie: &str) -> Option<UnderWay> {
        let mut parts = cookie.split('.');
        let (Some(_), Some(expires), Some(path), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let return_to = String::from_utf8(URL_SAFE_NO_PAD.decode(path).ok()?).ok()?;
        Some(UnderWay { return_to, expires_at_ms: expires.parse().ok()? })
    }
}

/// The state that travels by way of the authorisation page, up to 128 letters and digits, as WeChat takes it: the keyed hash
/// of the cookie, so that only this browser can show both.
fn state_of(world: &World, cookie: &str) -> String {
    world.keyed("state", cookie)[..48].to_owned()
}

/// Whether an address is a path of ours and nothing else: an open redirect would lend our name to anybody.
#[must_use]
pub fn is_local(address: &str) -> bool {
    // Browsers drop tabs and line breaks wherever they stand, and read `\` as `/`; a path of ours has no need of any of them.
    address.starts_with('/')
        && !address.starts_with("//")
        && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// Starts a sign-in. Nothing is written: whoever begins and never returns costs nothing.
#[must_use]
pub fn begin(world: &World, return_to: &str) -> Begin {
    let expires_at_ms = (world.now() + STATE_VALID).as_millisecond();
    let return_to =
        if is_local(return_to) && return_to.len() <= RETURN_MAX { return_to } else { "/violations" };
    let cookie = format!("{}.{expires_at_ms}.{}", world.new_token(), URL_SAFE_NO_PAD.encode(return_to));
    let redirect = format!("{}/wechat/return", world.site.public_url);
    let location = world.wechat.authorize_url(&redirect, &state_of(world, &cookie));
    Begin { location, browser_secret: cookie }
}

/// Finishes a sign-in: the state is used up first, then the code is exchanged, then the session is opened.
///
/// # Errors
/// [`Conflict::SignInState`] for a forged, foreign, old or reused state; [`Conflict::SnapshotUser`] for the snapshot
/// account; [`Error::Unavailable`] when WeChat does not answer.
pub fn complete(world: &World, code: &str, state: &str, browser_secret: &str) -> Result<Session, Error> {
    let now = world.now();
    let refused = || Error::Conflict(Conflict::SignInState);
    let under_way = UnderWay::read(browser_secret).ok_or_else(refused)?;
    // Compared by their hashes: how long it takes tells nobody how much of a guess was right.
    let used = world.keyed("used-state", state);
    if used != world.keyed("used-state", &state_of(world, browser_secret))
        || under_way.expires_at_ms <= now.as_millisecond()
    {
        return Err(refused());
    }
    let browser_hash = world.keyed("browser", browser_secret);
    let seen = SignInState {
        state_hash: &used,
        browser_hash: &browser_hash,
        return_to: &under_way.return_to,
        expires_at_ms: under_way.expires_at_ms,
    };
    let first = world.db.write(|tx| {
        session::sweep_states(tx, now.as_millisecond())?;
        session::use_state(tx, &seen, now.as_millisecond()).map_err(Error::from)
    })?;
    if !first {
        return Err(refused());
    }
    let signed = world.wechat.sign_in(code).map_err(|fault| Error::Unavailable { who: "wechat", fault })?;
    if signed.snapshot {
        return Err(Error::Conflict(Conflict::SnapshotUser));
    }
    let driver = world.driver_of(signed.openid.as_str());
    let token = world.new_token();
    let token = format!("{token}.{}", seal(world, &driver, &token));
    let expires = (now + SESSION_VALID).as_millisecond();
    let asked = world.db.write(|tx| {
        let known = account::ensure(tx, &driver, signed.openid.as_str(), now.as_millisecond())?;
        session::open(tx, &driver, &world.keyed("session", &token), now.as_millisecond(), expires)?;
        // Whoever signs in wants to see their list: what is not fresh is asked about already.
        if known.verified_at_ms.is_some() {
            jobs::refresh::enqueue_stale(world, tx, &driver)
        } else {
            Ok(false)
        }
    })?;
    if asked {
        world.bell.ring();
    }
    Ok(Session {
        cookie: format!("{driver}.{token}"),
        return_to: under_way.return_to,
        max_age_s: SESSION_VALID.as_secs(),
    })
}

/// The person behind a session cookie, with the account.
///
/// # Errors
/// [`Error::NotSignedIn`] for anything but a live session.
pub fn who(world: &World, cookie: &str) -> Result<(Who, Account), Error> {
    let asked = Asked::of(world, cookie)?;
    let account = world.db.read(|tx| asked.account(tx))?;
    Ok((Who { driver: account.driver.clone() }, account))
}

/// Hex digits of a seal.
const SEAL: usize = 24;

/// Says that a token was made here for a driver. Whether its session still lives, only the store knows.
fn seal(world: &World, driver: &str, token: &str) -> String {
    world.keyed("seal", &format!("{driver}.{token}"))[..SEAL].to_owned()
}

/// The account of a session cookie that we have sealed, as a number, without a look into the store: for whoever counts requests
/// before anything is done for them. A session of an earlier build has no seal.
#[must_use]
pub fn sealed(world: &World, cookie: &str) -> Option<u128> {
    let (sealed, seal) = cookie.rsplit_once('.')?;
    let (driver, _) = sealed.split_once('.')?;
    let account = u128::from_str_radix(driver, 16).ok()?;
    world.is_keyed("seal", sealed, seal, SEAL).then_some(account)
}

/// A session cookie as the store knows it; for whoever reads more in the same transaction.
pub(super) struct Asked<'c> {
    driver: &'c str,
    hash: String,
    now_ms: i64,
}

impl<'c> Asked<'c> {
    /// Reads a cookie.
    pub fn of(world: &World, cookie: &'c str) -> Result<Asked<'c>, Error> {
        let (driver, token) = cookie.split_once('.').ok_or(Error::NotSignedIn)?;
        Ok(Asked { driver, hash: world.keyed("session", token), now_ms: world.now().as_millisecond() })
    }

    /// The account, when the session lives.
    pub fn account(&self, tx: &mut Tx) -> Result<Account, Error> {
        session::holder(tx, self.driver, &self.hash, self.now_ms)?.ok_or(Error::NotSignedIn)
    }
}

/// Ends a session; ending one that is not there is no error.
///
/// # Errors
/// [`Error::Store`] when it cannot be written.
pub fn end(world: &World, cookie: &str) -> Result<(), Error> {
    let Some((driver, token)) = cookie.split_once('.') else {
        return Ok(());
    };
    let hash = world.keyed("session", token);
    let now = world.now().as_millisecond();
    world.db.write(|tx| session::end(tx, driver, &hash, now).map_err(Error::from))
}

/// The token that a form of this session must carry.
#[must_use]
pub fn form_token(world: &World, cookie: &str) -> String {
    world.keyed("form", cookie)[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_ours_leads_nowhere_else_in_any_browser() {
        for ours in ["/", "/violations?view=all&size=large", "/help?about=%E9%84%82A", "/a//b", "/@x:1/~"] {
            assert!(is_local(ours), "{ours:?}");
        }
        for theirs in [
            "",
            "violations",
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "/a\\b",
            "\\/evil.example",
            "/\t/evil.example/pay",
            "/\n/evil.example/",
            "/\r/evil.example/",
            "/\0/evil.example/",
            "/ /evil.example/",
            "/\u{7f}/evil.example/",
            "/\u{a0}/evil.example/",
            "/鄂A",
            " /violations",
            "\t//evil.example/",
        ] {
            assert!(!is_local(theirs), "{theirs:?}");
        }
    }
}
