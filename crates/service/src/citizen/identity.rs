//! Becoming a real-name user (V 用户): what is read and why, licence bound, registered phone verified.

use clearway_domain::{IdNumber, PersonName, Phone};
use clearway_store::account::{self, Account};
use clearway_store::{StoreError, licence};
use jiff::{SignedDuration, Timestamp};

use super::Who;
use crate::error::Conflict;
use crate::{Error, World, jobs, registered_phone};

/// Wrong tries before the account waits.
const TRIES_MAX: i64 = 5;
/// How long it waits then.
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(30);

/// What the identity page shows.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Whether the data notice in force was acknowledged.
    pub notice_seen: bool,
    /// Masked identity number, once a licence was claimed.
    pub id_masked: Option<String>,
    /// Last digits of the phone on file, once a code was sent.
    pub phone_tail: Option<String>,
    /// Until when the account waits after too many tries.
    pub locked_until: Option<Timestamp>,
    /// Since when the person is verified.
    pub verified_at: Option<Timestamp>,
}

/// The identity page.
#[must_use]
pub fn view(world: &World, account: &Account) -> Identity {
    let locked = account
        .locked_until_ms
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .filter(|until| *until > world.now());
    Identity {
        notice_seen: account.notice_version.as_deref() == Some(world.site.notice_version.as_str()),
        id_masked: account
            .id_number
            .as_deref()
            .and_then(|text| IdNumber::parse(text).ok())
            .map(|id| id.masked()),
        phone_tail: account
            .phone
            .as_deref()
            .and_then(|text| Phone::parse(text).ok())
            .map(|phone| phone.tail()),
        locked_until: locked,
        verified_at: account.verified_at_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
    }
}

/// Acknowledges the data notice, with the two free consents as the person set them.
///
/// # Errors
/// [`Error::Store`] when it cannot be written.
pub fn acknowledge(world: &World, who: &Who, messages: bool, statistics: bool) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    world.db.write(|tx| {
        account::acknowledge(
            tx,
            &who.driver,
            &world.site.notice_version,
            now,
            messages.then_some(now),
            statistics.then_some(now),
        )
        .map_err(Error::from)
    })
}

/// Claims a licence by identity number and name; the platform is asked, and a code goes to the phone on file.
///
/// # Errors
/// [`Error::BadInput`] for a number that fails its check or a name that differs from the file;
/// [`Error::LockedUntil`] after five tries, or ten phones in a day; [`Error::Unavailable`] when the platform does not answer, in which case no
/// try is counted.
pub fn claim(world: &World, who: &Who, id_number: &str, name: &str) -> Result<Identity, Error> {
    let account = find(world, who)?;
    refuse_while_locked(world, &account)?;
    let id = IdNumber::parse(id_number).map_err(|_| Error::BadInput {
        field: "id_number",
        value: shorten(id_number),
        fix: "bad-id-number",
    })?;
    let name = PersonName::parse(name).map_err(|_| Error::BadInput {
        field: "name",
        value: String::new(),
        fix: "bad-name",
    })?;
    let record =
        world.authority.driver(&id).map_err(|fault| Error::Unavailable { who: "authority", fault })?;
    let on_file = record.as_ref().and_then(|record| record.name.clone());
    let Some(record) = record.filter(|_| on_file.as_ref() == Some(&name)) else {
        count_try(world, who)?;
        return Err(Error::BadInput { field: "name", value: String::new(), fix: "name-not-on-file" });
    };
    let Some(phone) = record.phone.clone() else {
        return Err(Error::BadInput { field: "phone", value: String::new(), fix: "no-phone-on-file" });
    };
    let holder = world.db.read(|tx| licence::holder(tx, id.reveal()).map_err(Error::from))?;
    if holder.is_some_and(|holder| holder != who.driver) {
        return Err(Error::Conflict(Conflict::BoundAlready));
    }
    world.db.write(|tx| {
        registered_phone::count_stranger(world, who, tx)?;
        account::set_person(tx, &who.driver, id.reveal(), name.reveal(), phone.reveal()).map_err(Error::from)
    })?;
    registered_phone::send(world, who, &purpose(world, &id), &phone)?;
    Ok(view(world, &find(world, who)?))
}

/// Finishes verification with the code from the registered phone: the licence is bound, own vehicles with it.
///
/// # Errors
/// [`Error::BadInput`] for a wrong or old code, [`Error::LockedUntil`] after five of them,
/// [`Conflict::BoundAlready`] when another account holds the licence; [`Conflict::CaseMoved`] when the account says to be
/// somebody else by now.
pub fn verify(world: &World, who: &Who, code: &str) -> Result<(), Error> {
    let account = find(world, who)?;
    refuse_while_locked(world, &account)?;
    let now = world.now();
    let id = account
        .id_number
        .as_deref()
        .and_then(|text| IdNumber::parse(text).ok())
        .ok_or(Error::BadInput { field: "id_number", value: String::new(), fix: "claim-first" })?;
    registered_phone::take(world, who, &purpose(world, &id), code)?;
    world.db.write(|tx| {
        // The code speaks for the person that it was sent to. Another claim may have come between, from a second phone.
        if !account::verify(tx, &who.driver, id.reveal(), now.as_millisecond())? {
            return Err(Error::Conflict(Conflict::CaseMoved));
        }
        licence::claim(tx, id.reveal(), &who.driver, now.as_millisecond()).map_err(|error| match error {
            StoreError::Duplicate { .. } => Error::Conflict(Conflict::BoundAlready),
            other => Error::Store(other),
        })?;
        clearway_store::audit::append(
            tx,
            &who.driver,
            now.as_millisecond(),
            "driver",
            "identity.verified",
            "{}",
        )?;
        jobs::enqueue(tx, &who.driver, jobs::own::OWN, jobs::own::OWN, now.as_millisecond())?;
        jobs::refresh::enqueue(tx, &who.driver, &crate::dossier::Topic::ALL, now.as_millisecond())
    })?;
    // Own vehicles come from the platform at once where it answers; the job keeps trying where it does not.
    jobs::wait_for(world, &who.driver, jobs::own::OWN, jobs::own::OWN, 2_000);
    Ok(())
}

/// The code of one identity number never serves another: whoever claims a second one needs its phone.
fn purpose(world: &World, id: &IdNumber) -> String {
    format!("identity:{}", world.keyed("identity", id.reveal()))
}

fn find(world: &World, who: &Who) -> Result<Account, Error> {
    world.db.read(|tx| account::find(tx, &who.driver).map_err(Error::from))?.ok_or(Error::NotSignedIn)
}

pub(crate) fn refuse_while_locked(world: &World, account: &Account) -> Result<(), Error> {
    match account.locked_until_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
        Some(until) if until > world.now() => Err(Error::LockedUntil(until)),
        _ => Ok(()),
    }
}

/// Counts a wrong try; the fifth one locks.
pub(crate) fn count_try(world: &World, who: &Who) -> Result<(), Error> {
    let now = world.now();
    let locked = (now + LOCKED_FOR).as_millisecond();
    let tries =
        world.db.write(|tx| account::count_try(tx, &who.driver, TRIES_MAX, locked).map_err(Error::from))?;
    if tries >= TRIES_MAX {
        return Err(Error::LockedUntil(now + LOCKED_FOR));
    }
    Ok(())
}

fn shorten(text: &str) -> String {
    text.chars().take(2).chain("…".chars()).collect()
}
