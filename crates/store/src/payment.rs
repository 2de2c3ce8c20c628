//! Quotes, orders and their legs, and the way back from the rail's number to an order.

use crate::{Row, StoreError, Tx};

/// A stored quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteRow {
    /// Id.
    pub quote_id: String,
    /// JSON of the lines.
    pub body: String,
    /// Sum, fen.
    pub total_fen: i64,
    /// Until when it holds, ms.
    pub expires_at_ms: i64,
    /// When it became an order, ms.
    pub accepted_at_ms: Option<i64>,
}

/// An order: one payment to one payee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Partition key.
    pub driver: String,
    /// Id.
    pub order_id: String,
    /// Quote that it accepted.
    pub quote_id: String,
    /// Payee.
    pub payee: String,
    /// The rail's key.
    pub out_trade_no: String,
    /// Sum, fen.
    pub total_fen: i64,
    /// State of `domain::case::order`.
    pub state: String,
    /// Raised by every write.
    pub version: i64,
    /// The rail's handle for the payment sheet.
    pub prepay_id: Option<String>,
    /// When the payer was given the payment sheet, ms.
    pub sent_to_pay_at_ms: Option<i64>,
    /// When it was made, ms.
    pub created_at_ms: i64,
    /// When it ends unpaid, ms.
    pub expires_at_ms: i64,
    /// When the money arrived, ms.
    pub paid_at_ms: Option<i64>,
    /// The rail's transaction.
    pub transaction_id: Option<String>,
    /// When it changed last, ms.
    pub changed_at_ms: i64,
    /// Slug of the rail that it was placed on.
    pub rail: String,
}

/// One case within an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegRow {
    /// Case that is paid.
    pub case_id: String,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Surcharge, fen.
    pub surcharge_fen: i64,
    /// The number of its own sub-order, on rails that keep one for each leg.
    pub out_trade_no: Option<String>,
}

impl LegRow {
    /// Fine and surcharge together, fen.
    #[must_use]
    pub fn total_fen(&self) -> i64 {
        self.fine_fen + self.surcharge_fen
    }
}

statements! {
    /// A new quote.
    PUT_QUOTE = "insert into quote (driver, quote_id, body, total_fen, created_at_ms, expires_at_ms) \
    values ($1, $2, $3, $4, $5, $6)";
    /// One quote.
    QUOTE = "select quote_id, body, total_fen, expires_at_ms, accepted_at_ms from quote \
    where driver = $1 and quote_id = $2";
    /// Uses a quote up, once and in time.
    ACCEPT = "update quote set accepted_at_ms = $1 where driver = $2 and quote_id = $3 \
    and accepted_at_ms is null and expires_at_ms > $1";
    /// A new order.
    INSERT = "insert into pay_order (driver, order_id, quote_id, payee, out_trade_no, total_fen, state, \
    version, created_at_ms, expires_at_ms, changed_at_ms, rail) \
    values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $8, $10)";
    /// A leg.
    INSERT_LEG = "insert into order_leg (driver, order_id, case_id, fine_fen, surcharge_fen, out_trade_no) \
    values ($1, $2, $3, $4, $5, $6)";
    /// The way back.
    INSERT_TRADE = "insert into trade (out_trade_no, driver, order_id) values ($1, $2, $3)";
    /// One order.
    FIND = "select driver, order_id, quote_id, payee, out_trade_no, total_fen, state, version, prepay_id, \
    sent_to_pay_at_ms, created_at_ms, expires_at_ms, paid_at_ms, transaction_id, changed_at_ms, rail from pay_order \
    where driver = $1 and order_id = $2";
    /// The orders of a quote.
    OF_QUOTE = "select driver, order_id, quote_id, payee, out_trade_no, total_fen, state, version, \
    prepay_id, sent_to_pay_at_ms, created_at_ms, expires_at_ms, paid_at_ms, transaction_id, changed_at_ms, rail \
    from pay_order where driver = $1 and quote_id = $2 order by payee, order_id";
    /// The orders of a driver.
    OF_DRIVER = "select driver, order_id, quote_id, payee, out_trade_no, total_fen, state, version, \
    prepay_id, sent_to_pay_at_ms, created_at_ms, expires_at_ms, paid_at_ms, transaction_id, changed_at_ms, rail \
    from pay_order where driver = $1 order by created_at_ms desc, order_id desc";
    /// The legs of an order.
    LEGS = "select case_id, fine_fen, surcharge_fen, out_trade_no from order_leg where driver = $1 and order_id = $2 \
    order by case_id";
    /// From the rail's number to the order.
    TRADE = "select driver, order_id from trade where out_trade_no = $1";
    /// Orders of other rails that work waits for.
    ORDERS_ELSEWHERE = "select cast(count(distinct o.order_id) as bigint) as found from job j \
    join pay_order o on o.driver = j.driver and o.order_id = j.job_key \
    where j.kind in ($1, $2) and coalesce(o.rail, 'wechat') <> $3";
    /// Refunds of such orders that work waits for.
    REFUNDS_ELSEWHERE = "select cast(count(*) as bigint) as found from job j \
    join refund r on r.driver = j.driver and r.refund_no = j.job_key \
    join pay_order o on o.driver = r.driver and o.order_id = r.order_id \
    where j.kind = $1 and coalesce(o.rail, 'wechat') <> $2";
    /// A changed order; guarded by its version.
    UPDATE = "update pay_order set state = $1, prepay_id = $2, sent_to_pay_at_ms = $3, paid_at_ms = $4, \
    transaction_id = $5, changed_at_ms = $6, version = version + 1 \
    where driver = $7 and order_id = $8 and version = $9";
}

fn read(row: &Row) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        driver: row.get("driver")?,
        order_id: row.get("order_id")?,
        quote_id: row.get("quote_id")?,
        payee: row.get("payee")?,
        out_trade_no: row.get("out_trade_no")?,
        total_fen: row.get("total_fen")?,
        state: row.get("state")?,
        version: row.get("version")?,
        prepay_id: row.get("prepay_id")?,
        sent_to_pay_at_ms: row.get("sent_to_pay_at_ms")?,
        created_at_ms: row.get("created_at_ms")?,
        expires_at_ms: row.get("expires_at_ms")?,
        paid_at_ms: row.get("paid_at_ms")?,
        transaction_id: row.get("transaction_id")?,
        changed_at_ms: row.get("changed_at_ms")?,
        // Orders of before there were several: on the only rail there was.
        rail: row.get::<Option<String>>("rail")?.unwrap_or_else(|| "wechat".to_owned()),
    })
}

/// How many orders of other rails than `rail` jobs of these kinds wait for, whosever they are.
///
/// # Errors
/// Any [`StoreError`].
pub fn orders_elsewhere(tx: &mut Tx, kinds: [&str; 2], rail: &str) -> Result<u64, StoreError> {
    let found: i64 =
        tx.one(ORDERS_ELSEWHERE, &[kinds[0].into(), kinds[1].into(), rail.into()])?.get("found")?;
    Ok(found.unsigned_abs())
}

/// How many refunds of such orders jobs of this kind wait for.
///
/// # Errors
/// Any [`StoreError`].
pub fn refunds_elsewhere(tx: &mut Tx, kind: &str, rail: &str) -> Result<u64, StoreError> {
    let found: i64 = tx.one(REFUNDS_ELSEWHERE, &[kind.into(), rail.into()])?.get("found")?;
    Ok(found.unsigned_abs())
}

/// Stores a quote.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_quote(tx: &mut Tx, driver: &str, quote: &QuoteRow, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(
        PUT_QUOTE,
        &[
            driver.into(),
            quote.quote_id.as_str().into(),
            quote.body.as_str().into(),
            quote.total_fen.into(),
            now_ms.into(),
            quote.expires_at_ms.into(),
        ],
    )?;
    Ok(())
}

/// One quote of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn quote(tx: &mut Tx, driver: &str, quote_id: &str) -> Result<Option<QuoteRow>, StoreError> {
    tx.opt(QUOTE, &[driver.into(), quote_id.into()])?
        .map(|row| {
            Ok(QuoteRow {
                quote_id: row.get("quote_id")?,
                body: row.get("body")?,
                total_fen: row.get("total_fen")?,
                expires_at_ms: row.get("expires_at_ms")?,
                accepted_at_ms: row.get("accepted_at_ms")?,
            })
        })
        .transpose()
}

/// Uses a quote up. `false` when it is over its time or used already.
///
/// # Errors
/// Any [`StoreError`].
pub fn accept(tx: &mut Tx, driver: &str, quote_id: &str, now_ms: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(ACCEPT, &[now_ms.into(), driver.into(), quote_id.into()])? == 1)
}

/// Stores a new order with its legs and the way back.
///
/// # Errors
/// Any [`StoreError`].
pub fn open(tx: &mut Tx, order: &OrderRow, legs: &[LegRow]) -> Result<(), StoreError> {
    tx.execute(
        INSERT,
        &[
            order.driver.as_str().into(),
            order.order_id.as_str().into(),
            order.quote_id.as_str().into(),
            order.payee.as_str().into(),
            order.out_trade_no.as_str().into(),
            order.total_fen.into(),
            order.state.as_str().into(),
            order.created_at_ms.into(),
            order.expires_at_ms.into(),
            order.rail.as_str().into(),
        ],
    )?;
    for leg in legs {
        tx.execute(
            INSERT_LEG,
            &[
                order.driver.as_str().into(),
                order.order_id.as_str().into(),
                leg.case_id.as_str().into(),
                leg.fine_fen.into(),
                leg.surcharge_fen.into(),
                leg.out_trade_no.clone().into(),
            ],
        )?;
    }
    let numbers = legs.iter().filter_map(|leg| leg.out_trade_no.as_deref());
    for number in numbers.chain([order.out_trade_no.as_str()]) {
        let vals = [number.into(), order.driver.as_str().into(), order.order_id.as_str().into()];
        tx.execute(INSERT_TRADE, &vals)?;
    }
    Ok(())
}

/// One order of a driver.
///
/// # Errors
/// Any [`StoreError`].
pub fn find(tx: &mut Tx, driver: &str, order_id: &str) -> Result<Option<OrderRow>, StoreError> {
    tx.opt(FIND, &[driver.into(), order_id.into()])?.map(|row| read(&row)).transpose()
}

/// The orders that came out of one quote, one a payee.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_quote(tx: &mut Tx, driver: &str, quote_id: &str) -> Result<Vec<OrderRow>, StoreError> {
    tx.query(OF_QUOTE, &[driver.into(), quote_id.into()])?.iter().map(read).collect()
}

/// The orders of a driver, newest first.
///
/// # Errors
/// Any [`StoreError`].
pub fn of_driver(tx: &mut Tx, driver: &str) -> Result<Vec<OrderRow>, StoreError> {
    tx.query(OF_DRIVER, &[driver.into()])?.iter().map(read).collect()
}

/// The legs of an order.
///
/// # Errors
/// Any [`StoreError`].
pub fn legs(tx: &mut Tx, driver: &str, order_id: &str) -> Result<Vec<LegRow>, StoreError> {
    tx.query(LEGS, &[driver.into(), order_id.into()])?
        .iter()
        .map(|row| {
            Ok(LegRow {
                case_id: row.get("case_id")?,
                fine_fen: row.get("fine_fen")?,
                surcharge_fen: row.get("surcharge_fen")?,
                out_trade_no: row.get("out_trade_no")?,
            })
        })
        .collect()
}

/// Driver and order behind the rail's number.
///
/// # Errors
/// Any [`StoreError`].
pub fn trade(tx: &mut Tx, out_trade_no: &str) -> Result<Option<(String, String)>, StoreError> {
    tx.opt(TRADE, &[out_trade_no.into()])?
        .map(|row| Ok((row.get("driver")?, row.get("order_id")?)))
        .transpose()
}

/// Stores a changed order and raises its version.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody else changed it since it was read.
pub fn save(tx: &mut Tx, order: &mut OrderRow) -> Result<(), StoreError> {
    tx.execute_one(
        "pay_order",
        UPDATE,
        &[
            order.state.as_str().into(),
            order.prepay_id.as_deref().into(),
            order.sent_to_pay_at_ms.into(),
            order.paid_at_ms.into(),
            order.transaction_id.as_deref().into(),
            order.changed_at_ms.into(),
            order.driver.as_str().into(),
            order.order_id.as_str().into(),
            order.version.into(),
        ],
    )?;
    order.version += 1;
    Ok(())
}
