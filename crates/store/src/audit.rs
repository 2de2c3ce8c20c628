//! What was done, by whom: one append-only hash chain per driver.
//!
//! Each entry's hash covers its own fields and the hash before it, so that an entry cannot be altered, left out of the
//! middle or put in later without every following hash changing. Cutting off the end is found only against a head that
//! was published elsewhere: see [`head`].

use sha2::{Digest, Sha256};

use crate::{Row, StoreError, Tx, vals};

/// The hash that the first entry of every chain continues.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Entries read at once when a chain is verified.
const PAGE: i64 = 500;

statements! {
    LAST = "select seq, hash from audit where driver = $1 order by seq desc limit 1";
    APPEND = "insert into audit (driver, seq, at_ms, actor, deed, detail, prev_hash, hash) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    AFTER = "select driver, seq, at_ms, actor, deed, detail, prev_hash, hash from audit \
        where driver = $1 and seq > $2 order by seq limit $3";
    CHAINS = "select driver from audit where seq = 1 and driver > $1 order by driver limit $2";
}

/// One entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose chain.
    pub driver: String,
    /// Place in the chain, from 1.
    pub seq: i64,
    /// When it was done, ms UTC.
    pub at_ms: i64,
    /// Who did it: `driver`, `system`, an officer's id.
    pub actor: String,
    /// What was done, as a stable slug.
    pub deed: String,
    /// With which particulars, as JSON. No personal data: a chain cannot forget.
    pub detail: String,
    /// Hash of the entry before, or [`GENESIS`].
    pub prev_hash: String,
    /// SHA-256 over all of the above, hex.
    pub hash: String,
}

/// The end of a driver's chain as a transaction has written it.
pub(crate) struct Head {
    driver: String,
    seq: i64,
    hash: String,
}

/// What an entry says was done.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'d> {
    /// Who did it: `driver`, `system`, an officer's id.
    pub actor: &'d str,
    /// What was done, as a stable slug.
    pub deed: &'d str,
    /// With which particulars, as JSON. No personal data: a chain cannot forget.
    pub detail: &'d str,
}

/// Adds an entry to the driver's chain; its hash.
///
/// Two transactions may reach for the same number; the one that comes second is run again by [`crate::Db::write`].
///
/// # Errors
/// Any [`StoreError`].
pub fn append(
    tx: &mut Tx,
    driver: &str,
    at_ms: i64,
    actor: &str,
    deed: &str,
    detail: &str,
) -> Result<String, StoreError> {
    append_all(tx, driver, at_ms, &[Deed { actor, deed, detail }])
}

/// Adds entries to the driver's chain, in their order; the hash of the last, or of the chain as it stands when there is none to
/// add.
///
/// # Errors
/// As [`append`].
pub fn append_all(tx: &mut Tx, driver: &str, at_ms: i64, deeds: &[Deed<'_>]) -> Result<String, StoreError> {
    // What this transaction has appended itself nobody else can have continued.
    let (mut seq, mut hash) = match tx.chain.take() {
        Some(Head { driver: whose, seq, hash }) if whose == driver => (seq, hash),
        _ => head(tx, driver)?.unwrap_or((0, GENESIS.to_owned())),
    };
    for Deed { actor, deed, detail } in deeds {
        seq = seq.checked_add(1).ok_or_else(|| StoreError::Broken("an audit chain is full".into()))?;
        let mut entry = Entry {
            driver: driver.to_owned(),
            seq,
            at_ms,
            actor: (*actor).to_owned(),
            deed: (*deed).to_owned(),
            detail: (*detail).to_owned(),
            prev_hash: hash,
            hash: String::new(),
        };
        entry.hash = hash_of(&entry);
        let inserted = tx.execute(
            APPEND,
            vals![driver, seq, at_ms, *actor, *deed, *detail, &entry.prev_hash, &entry.hash],
        );
        if let Err(StoreError::Duplicate(_)) = inserted {
            tx.ask_rerun();
        }
        inserted?;
        hash = entry.hash;
    }
    tx.chain = Some(Head { driver: driver.to_owned(), seq, hash: hash.clone() });
    Ok(hash)
}

/// Number and hash of the driver's last entry. Publish it elsewhere to be able to prove that nothing was cut off.
///
/// # Errors
/// Any [`StoreError`].
pub fn head(tx: &mut Tx, driver: &str) -> Result<Option<(i64, String)>, StoreError> {
    tx.opt(LAST, vals![driver])?.map(|row| Ok((row.get("seq")?, row.get("hash")?))).transpose()
}

/// The driver's entries after number `seq`, in order.
///
/// # Errors
/// Any [`StoreError`].
pub fn after(tx: &mut Tx, driver: &str, seq: i64, count_max: i64) -> Result<Vec<Entry>, StoreError> {
    tx.query(AFTER, vals![driver, seq, count_max])?.iter().map(read).collect()
}

/// Drivers that have a chain, in order, after `driver`: to walk over all chains page by page.
///
/// # Errors
/// Any [`StoreError`].
pub fn chains(tx: &mut Tx, driver: &str, count_max: i64) -> Result<Vec<String>, StoreError> {
    tx.query(CHAINS, vals![driver, count_max])?.iter().map(|row| row.get("driver")).collect()
}

/// What is wrong with a chain, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Number of the first entry that does not fit.
    pub seq: i64,
    /// What does not fit.
    pub why: &'static str,
}

/// Recomputes the driver's whole chain: how many entries it has, or its first break.
///
/// # Errors
/// Any [`StoreError`]; a break is not an error but an answer.
pub fn verify(tx: &mut Tx, driver: &str) -> Result<Result<i64, Break>, StoreError> {
    let mut seq = 0;
    let mut hash = GENESIS.to_owned();
    loop {
        let page = after(tx, driver, seq, PAGE)?;
        for entry in &page {
            if let Some(why) = misfit(entry, seq, &hash) {
                return Ok(Err(Break { seq: entry.seq, why }));
            }
            seq = entry.seq;
            hash.clone_from(&entry.hash);
        }
        if page.is_empty() {
            return Ok(Ok(seq));
        }
    }
}

fn misfit(entry: &Entry, seq_before: i64, hash_before: &str) -> Option<&'static str> {
    if entry.seq != seq_before.saturating_add(1) {
        Some("an entry before it is missing")
    } else if entry.prev_hash != hash_before {
        Some("it does not continue the entry before it")
    } else if entry.hash != hash_of(entry) {
        Some("its fields were altered")
    } else {
        None
    }
}

/// The hash of an entry: SHA-256 over each field with its length before it, so that no two entries read alike.
/// This is an interface: whoever checks a chain with other tools computes the same.
pub fn hash_of(entry: &Entry) -> String {
    use std::fmt::Write as _;
    let (seq, at_ms) = (entry.seq.to_string(), entry.at_ms.to_string());
    let fields = [&entry.driver, &seq, &at_ms, &entry.actor, &entry.deed, &entry.detail, &entry.prev_hash];
    let mut text = String::with_capacity(fields.iter().map(|field| field.len() + 4).sum());
    for field in fields {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}:{field}", field.len());
    }
    crate::hex(&Sha256::digest(text))
}

fn read(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        driver: row.get("driver")?,
        seq: row.get("seq")?,
        at_ms: row.get("at_ms")?,
        actor: row.get("actor")?,
        deed: row.get("deed")?,
        detail: row.get("detail")?,
        prev_hash: row.get("prev_hash")?,
        hash: row.get("hash")?,
    })
}
