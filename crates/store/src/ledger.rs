//! Money, double entry, append-only: a thin layer over the table. What may be posted when is the domain's to decide.
//!
//! A transfer is an idempotency key: writing the same one again changes nothing, writing another under its id is a
//! [`StoreError::Conflict`]. A reservation is `pending` and ends once, by a row that posts or voids it. Balances are
//! sums; nothing is ever updated or deleted.

use crate::{Row, StoreError, Tx, vals};

statements! {
    APPEND = "insert into ledger_transfer (driver, transfer_id, order_id, debit_account, credit_account, \
        fen, state, pending_id, at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    FIND = "select driver, transfer_id, order_id, debit_account, credit_account, fen, state, pending_id, at_ms \
        from ledger_transfer where driver = $1 and transfer_id = $2";
    OF_ORDER = "select driver, transfer_id, order_id, debit_account, credit_account, fen, state, pending_id, \
        at_ms from ledger_transfer where driver = $1 and order_id = $2 order by at_ms, transfer_id";
    OF_DRIVER = "select driver, transfer_id, order_id, debit_account, credit_account, fen, state, pending_id, \
        at_ms from ledger_transfer where driver = $1 order by at_ms, transfer_id";
    BALANCE = "select \
        cast(coalesce(sum(case when state = 'posted' and debit_account = $2 then fen else 0 end), 0) as bigint) \
            as debits_posted, \
        cast(coalesce(sum(case when state = 'posted' and credit_account = $2 then fen else 0 end), 0) as bigint) \
            as credits_posted, \
        cast(coalesce(sum(case when state = 'pending' and debit_account = $2 then fen else 0 end), 0) as bigint) \
            as debits_pending, \
        cast(coalesce(sum(case when state = 'pending' and credit_account = $2 then fen else 0 end), 0) as bigint) \
            as credits_pending \
        from ledger_transfer t where driver = $1 and (debit_account = $2 or credit_account = $2) \
        and (state = 'posted' or (state = 'pending' and not exists (select 1 from ledger_transfer later \
            where later.driver = t.driver and later.pending_id = t.transfer_id)))";
    TRIAL = "select account, cast(sum(debit) as bigint) as debits_posted, \
        cast(sum(credit) as bigint) as credits_posted from ( \
            select debit_account as account, fen as debit, 0 as credit from ledger_transfer where state = 'posted' \
            union all \
            select credit_account as account, 0 as debit, fen as credit from ledger_transfer where state = 'posted' \
        ) legs group by account order by account";
    STRAYS = "select e.driver, e.transfer_id, e.order_id, e.debit_account, e.credit_account, e.fen, e.state, \
        e.pending_id, e.at_ms from ledger_transfer e left join ledger_transfer p \
            on p.driver = e.driver and p.transfer_id = e.pending_id and p.state = 'pending' \
        where e.pending_id is not null and (p.transfer_id is null or p.debit_account <> e.debit_account \
            or p.credit_account <> e.credit_account or p.order_id <> e.order_id or e.fen > p.fen) \
        order by e.driver, e.transfer_id limit $1";
}

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Reserved; counts as pending until another row ends it.
    Pending,
    /// Moved.
    Posted,
    /// The reservation it names was given up.
    Voided,
}

impl State {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Posted => "posted",
            Self::Voided => "voided",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Pending, Self::Posted, Self::Voided]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| StoreError::Broken(format!("no state of a transfer: {word}")))
    }
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Whose money it is about.
    pub driver: String,
    /// Idempotency key, unique for the driver.
    pub transfer_id: String,
    /// The order that it belongs to.
    pub order_id: String,
    /// Account that gives.
    pub debit_account: String,
    /// Account that receives.
    pub credit_account: String,
    /// Amount in fen, above zero.
    pub fen: i64,
    /// Reserved, moved, or given up.
    pub state: State,
    /// The reservation that this row posts or voids.
    pub pending_id: Option<String>,
    /// When, ms UTC.
    pub at_ms: i64,
}

/// Sums of an account, in fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Given.
    pub debits_posted: i64,
    /// Received.
    pub credits_posted: i64,
    /// Reserved to be given.
    pub debits_pending: i64,
    /// Reserved to be received.
    pub credits_pending: i64,
}

/// What became of an appended transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the ledger now.
    New,
    /// The very same was there already.
    Known,
}

/// Appends a transfer. The same one again is [`Appended::Known`], whatever its instant; another one under the same id, or
/// a second end of the same reservation, is a [`StoreError::Conflict`] and nothing of the transaction is kept.
///
/// # Errors
/// [`StoreError::Conflict`] and any other.
pub fn append(tx: &mut Tx, transfer: &Transfer) -> Result<Appended, StoreError> {
    let Transfer {
        driver,
        transfer_id,
        order_id,
        debit_account,
        credit_account,
        fen,
        state,
        pending_id,
        at_ms,
    } = transfer;
    let vals = vals![
        driver,
        transfer_id,
        order_id,
        debit_account,
        credit_account,
        *fen,
        state.word(),
        pending_id.clone(),
        *at_ms
    ];
    if tx.execute(APPEND, vals)? == 1 {
        return Ok(Appended::New);
    }
    match find(tx, driver, transfer_id)? {
        Some(there) if there == (Transfer { at_ms: there.at_ms, ..transfer.clone() }) => Ok(Appended::Known),
        Some(_) => Err(tx.conflict("a transfer of that id is there with other content")),
        None => Err(tx.conflict("the reservation has ended already")),
    }
}

/// One transfer.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, driver: &str, transfer_id: &str) -> Result<Option<Transfer>, StoreError> {
    tx.opt(FIND, vals![driver, transfer_id])?.map(|row| read(&row)).transpose()
}

/// All transfers of an order, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_order(tx: &mut Tx, driver: &str, order_id: &str) -> Result<Vec<Transfer>, StoreError> {
    tx.query(OF_ORDER, vals![driver, order_id])?.iter().map(read).collect()
}

/// All transfers of a driver, oldest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_driver(tx: &mut Tx, driver: &str) -> Result<Vec<Transfer>, StoreError> {
    tx.query(OF_DRIVER, vals![driver])?.iter().map(read).collect()
}

/// The sums of an account within a driver's part of the ledger. A reservation counts until it ends.
///
/// # Errors
/// Any [`StoreError`].
pub fn balance(tx: &mut Tx, driver: &str, account: &str) -> Result<Balance, StoreError> {
    let row = tx.one(BALANCE, vals![driver, account])?;
    Ok(Balance {
        debits_posted: row.get("debits_posted")?,
        credits_posted: row.get("credits_posted")?,
        debits_pending: row.get("debits_pending")?,
        credits_pending: row.get("credits_pending")?,
    })
}

/// What every account has given and received over all drivers: (account, debits, credits) in fen. For verification;
/// visits every partition.
///
/// # Errors
/// Any [`StoreError`].
pub fn trial_balance(tx: &mut Tx) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let rows = tx.query(TRIAL, &[])?;
    rows.iter()
        .map(|row| Ok((row.get("account")?, row.get("debits_posted")?, row.get("credits_posted")?)))
        .collect()
}

/// Rows that end a reservation which is not there, or is between other accounts, of another order, or smaller. There
/// must never be any; for verification, visits every partition.
///
/// # Errors
/// Any [`StoreError`].
pub fn strays(tx: &mut Tx, count_max: u32) -> Result<Vec<Transfer>, StoreError> {
    tx.query(STRAYS, vals![count_max])?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Transfer, StoreError> {
    let state: String = row.get("state")?;
    Ok(Transfer {
        driver: row.get("driver")?,
        transfer_id: row.get("transfer_id")?,
        order_id: row.get("order_id")?,
        debit_account: row.get("debit_account")?,
        credit_account: row.get("credit_account")?,
        fen: row.get("fen")?,
        state: State::from_word(&state)?,
        pending_id: row.get("pending_id")?,
        at_ms: row.get("at_ms")?,
    })
}
