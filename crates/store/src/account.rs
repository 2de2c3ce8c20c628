//! Accounts: one per openid, and what the person told us about consent.

use crate::{Row, StoreError, Tx, Val};

/// A person's account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Partition key: keyed hash of the openid.
    pub driver: String,
    /// WeChat openid.
    pub openid: String,
    /// Identity number, once claimed.
    pub id_number: Option<String>,
    /// Name, once claimed.
    pub name: Option<String>,
    /// Registered phone, once claimed.
    pub phone: Option<String>,
    /// When the person was verified, ms.
    pub verified_at_ms: Option<i64>,
    /// Version of the data notice that was acknowledged.
    pub notice_version: Option<String>,
    /// Since when messages are wanted, ms.
    pub messages_at_ms: Option<i64>,
    /// Since when usage may be counted, ms.
    pub statistics_at_ms: Option<i64>,
    /// Since when the account is followed, ms.
    pub followed_at_ms: Option<i64>,
    /// Since when the account is under manual review, ms.
    pub under_review_at_ms: Option<i64>,
    /// Until when identity tries wait, ms.
    pub locked_until_ms: Option<i64>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("driver", &self.driver)
            .field("verified_at_ms", &self.verified_at_ms)
            .finish_non_exhaustive()
    }
}

statements! {
    /// One account by its partition key.
    FIND = "select driver, openid, id_number, name, phone, verified_at_ms, notice_version, \
    messages_at_ms, statistics_at_ms, followed_at_ms, under_review_at_ms, locked_until_ms from account where driver = $1";
    /// Partition keys, a page at a time.
    DRIVERS = "select driver from account where driver > $1 order by driver limit $2";
    /// A new account; an existing one stays as it is.
    INSERT = "insert into account (driver, openid, attempt_count, created_at_ms, version) \
    values ($1, $2, 0, $3, 1) on conflict (driver) do nothing";
    /// The notice was read.
    ACKNOWLEDGE = "update account set notice_version = $1, notice_at_ms = $2, messages_at_ms = $3, \
    statistics_at_ms = $4, version = version + 1 where driver = $5";
    /// Who the person says to be; not yet verified.
    SET_PERSON = "update account set id_number = $1, name = $2, phone = $3, version = version + 1 \
    where driver = $4 and verified_at_ms is null";
    /// The person whose code it was is verified, and nobody else: who the account says to be may have changed since.
    VERIFY = "update account set verified_at_ms = $1, attempt_count = 0, locked_until_ms = null, \
    version = version + 1 where driver = $2 and id_number = $3 and verified_at_ms is null";
    /// Whether it is this person who is verified.
    IS_VERIFIED = "select driver from account where driver = $1 and id_number = $2 and verified_at_ms is not null";
    /// A wrong try; at the limit the account waits and the count starts again.
    COUNT_TRY = "update account set attempt_count = case when attempt_count + 1 >= $1 then 0 \
    else attempt_count + 1 end, locked_until_ms = case when attempt_count + 1 >= $1 then $2 \
    else locked_until_ms end, version = version + 1 where driver = $3 returning attempt_count";
    /// Follows, or does not follow any more.
    SET_FOLLOWED = "update account set followed_at_ms = $1, version = version + 1 where driver = $2";
    /// Under manual review, or not any more.
    SET_UNDER_REVIEW = "update account set under_review_at_ms = $1, version = version + 1 where driver = $2";
    /// What is wanted, and since when: a consent that stands keeps its instant.
    SET_CONSENTS = "update account set \
    messages_at_ms = case when cast($1 as bigint) is null then null else coalesce(messages_at_ms, $1) end, \
    statistics_at_ms = case when cast($2 as bigint) is null then null else coalesce(statistics_at_ms, $2) end, \
    version = version + 1 where driver = $3";
}

/// The account of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, driver: &str) -> Result<Option<Account>, StoreError> {
    tx.opt(FIND, &[Val::from(driver)])?.map(|mut row| read(&mut row)).transpose()
}

pub(crate) fn read(row: &mut Row) -> Result<Account, StoreError> {
    Ok(Account {
        driver: row.take("driver")?,
        openid: row.take("openid")?,
        id_number: row.take("id_number")?,
        name: row.take("name")?,
        phone: row.take("phone")?,
        verified_at_ms: row.take("verified_at_ms")?,
        notice_version: row.take("notice_version")?,
        messages_at_ms: row.take("messages_at_ms")?,
        statistics_at_ms: row.take("statistics_at_ms")?,
        followed_at_ms: row.take("followed_at_ms")?,
        under_review_at_ms: row.take("under_review_at_ms")?,
        locked_until_ms: row.take("locked_until_ms")?,
    })
}

/// The account of an openid, made when it is new.
///
/// # Errors
/// Any [`StoreError`].
pub fn ensure(tx: &mut Tx, driver: &str, openid: &str, now_ms: i64) -> Result<Account, StoreError> {
    tx.execute(INSERT, &[driver.into(), openid.into(), now_ms.into()])?;
    find(tx, driver)?.ok_or_else(|| StoreError::Broken("an account vanished while it was made".to_owned()))
}

/// Records that the notice was read and which free consents were given.
///
/// # Errors
/// Any [`StoreError`].
pub fn acknowledge(
    tx: &mut Tx,
    driver: &str,
    version: &str,
    now_ms: i64,
    messages_at_ms: Option<i64>,
    statistics_at_ms: Option<i64>,
) -> Result<(), StoreError> {
    tx.execute(
        ACKNOWLEDGE,
        &[version.into(), now_ms.into(), messages_at_ms.into(), statistics_at_ms.into(), driver.into()],
    )?;
    Ok(())
}

/// Sets who the person says to be. A verified person is not overwritten.
///
/// # Errors
/// Any [`StoreError`].
pub fn set_person(tx: &mut Tx, driver: &str, id: &str, name: &str, phone: &str) -> Result<(), StoreError> {
    tx.execute(SET_PERSON, &[id.into(), name.into(), phone.into(), driver.into()])?;
    Ok(())
}

/// Marks the person with this identity number as verified; doing it again is harmless. `false` when the account says to be
/// somebody else: nothing was changed then.
///
/// # Errors
/// Any [`StoreError`].
pub fn verify(tx: &mut Tx, driver: &str, id: &str, now_ms: i64) -> Result<bool, StoreError> {
    let verified = tx.execute(VERIFY, &[now_ms.into(), driver.into(), id.into()])? == 1;
    Ok(verified || tx.opt(IS_VERIFIED, &[driver.into(), id.into()])?.is_some())
}

/// Counts a wrong try and answers how many there were; at `tries_max` the account waits until `locked_until_ms`.
///
/// # Errors
/// Any [`StoreError`].
pub fn count_try(tx: &mut Tx, driver: &str, tries_max: i64, locked_until_ms: i64) -> Result<i64, StoreError> {
    let row = tx.opt(COUNT_TRY, &[tries_max.into(), locked_until_ms.into(), driver.into()])?;
    let count: i64 = row.map(|row| row.get("attempt_count")).transpose()?.unwrap_or(0);
    // The statement starts the count again when it locks.
    Ok(if count == 0 { tries_max } else { count })
}

/// Sets since when the account is followed.
///
/// # Errors
/// Any [`StoreError`].
pub fn set_followed(tx: &mut Tx, driver: &str, at_ms: Option<i64>) -> Result<(), StoreError> {
    tx.execute(SET_FOLLOWED, &[at_ms.into(), driver.into()])?;
    Ok(())
}

/// Sets since when the account is under manual review; `None` ends the review.
///
/// # Errors
/// Any [`StoreError`].
pub fn set_under_review(tx: &mut Tx, driver: &str, at_ms: Option<i64>) -> Result<(), StoreError> {
    tx.execute(SET_UNDER_REVIEW, &[at_ms.into(), driver.into()])?;
    Ok(())
}

/// Sets whether messages are wanted and usage may be counted: from this instant, ms, where that was not so before; `None` ends it.
///
/// # Errors
/// Any [`StoreError`].
pub fn set_consents(
    tx: &mut Tx,
    driver: &str,
    messages_at_ms: Option<i64>,
    statistics_at_ms: Option<i64>,
) -> Result<(), StoreError> {
    tx.execute(SET_CONSENTS, &[messages_at_ms.into(), statistics_at_ms.into(), driver.into()])?;
    Ok(())
}

/// Partition keys after one, a page at a time: for verification, which visits every partition.
///
/// # Errors
/// Any [`StoreError`].
pub fn drivers(tx: &mut Tx, after: &str, count_max: i64) -> Result<Vec<String>, StoreError> {
    tx.query(DRIVERS, &[after.into(), count_max.into()])?.iter().map(|row| row.get("driver")).collect()
}
