//! Nodes that share one database: the ceiling of calls to the platform, and each node's part of it.
//!
//! No clock of one node is compared with another's: a node is dead for those who have seen its beats stand still.

use crate::{Row, StoreError, Tx, vals};

/// The one ceiling there is: calls to the police platform.
const PLATFORM: &str = "platform";

statements! {
    /// Makes the row on which heartbeats and officers wait for each other.
    FOUND = "insert into admission (name, version) values ($1, 1) on conflict (name) do nothing";
    HOLD = "update admission set version = version + 1 where name = $1 returning ceiling, set_by, why, set_at_ms";
    CEILING = "select ceiling, set_by, why, set_at_ms from admission where name = $1";
    SET = "update admission set ceiling = $2, set_by = $3, why = $4, set_at_ms = $5, version = version + 1 where name = $1";
    ALL = "select node, instance, beats, share, at_ms, figures from node order by node";
    BEAT = "insert into node (node, instance, beats, share, at_ms, figures) values ($1, $2, $3, $4, $5, $6) \
        on conflict (node) do update set instance = excluded.instance, beats = excluded.beats, share = excluded.share, \
        at_ms = excluded.at_ms, figures = excluded.figures";
    BURY = "delete from node where node = $1 and instance = $2 and beats = $3";
    LEAVE = "delete from node where node = $1 and instance = $2";
}

/// What officers have set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ceiling {
    /// Thousandths of a call a second; absent = as the site is configured.
    pub ceiling: Option<i64>,
    /// Who set it.
    pub set_by: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// When, ms UTC.
    pub set_at_ms: Option<i64>,
}

/// A node that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name: the same after a restart.
    pub node: String,
    /// The process: another one after a restart.
    pub instance: String,
    /// Grows with each heartbeat.
    pub beats: i64,
    /// Its part of the ceiling, thousandths of a call a second.
    pub share: i64,
    /// When it was heard, ms UTC by its own clock.
    pub at_ms: i64,
    /// What it does, as JSON.
    pub figures: String,
}

/// Begins a heartbeat: until the end of this transaction nobody else changes the ceiling or a share.
///
/// # Errors
/// Any [`StoreError`].
pub fn hold(tx: &mut Tx) -> Result<Ceiling, StoreError> {
    if let Some(row) = tx.opt(HOLD, vals![PLATFORM])? {
        return read_ceiling(&row);
    }
    tx.execute(FOUND, vals![PLATFORM])?;
    read_ceiling(&tx.one(HOLD, vals![PLATFORM])?)
}

/// What officers have set.
///
/// # Errors
/// Any [`StoreError`].
pub fn ceiling(tx: &mut Tx) -> Result<Ceiling, StoreError> {
    tx.opt(CEILING, vals![PLATFORM])?.map_or(Ok(Ceiling::default()), |row| read_ceiling(&row))
}

/// Sets the ceiling, thousandths of a call a second. Call [`hold`] first.
///
/// # Errors
/// Any [`StoreError`].
pub fn set_ceiling(tx: &mut Tx, ceiling: i64, by: &str, why: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute_one("the ceiling", SET, vals![PLATFORM, ceiling, by, why, now_ms])
}

/// All nodes that have been heard and not yet been found dead.
///
/// # Errors
/// Any [`StoreError`].
pub fn all(tx: &mut Tx) -> Result<Vec<Node>, StoreError> {
    tx.query(ALL, vals![])?.iter().map(read).collect()
}

/// Stores a node as it is now. Call [`hold`] first.
///
/// # Errors
/// Any [`StoreError`].
pub fn beat(tx: &mut Tx, node: &Node) -> Result<(), StoreError> {
    let vals = vals![&node.node, &node.instance, node.beats, node.share, node.at_ms, &node.figures];
    tx.execute(BEAT, vals).map(|_| ())
}

/// Forgets a node whose beats stand still; not if it has beaten meanwhile.
///
/// # Errors
/// Any [`StoreError`].
pub fn bury(tx: &mut Tx, dead: &Node) -> Result<bool, StoreError> {
    Ok(tx.execute(BURY, vals![&dead.node, &dead.instance, dead.beats])? == 1)
}

/// A process ends in order and gives its part back at once.
///
/// # Errors
/// Any [`StoreError`].
pub fn leave(tx: &mut Tx, node: &str, instance: &str) -> Result<(), StoreError> {
    tx.execute(LEAVE, vals![node, instance]).map(|_| ())
}

fn read_ceiling(row: &Row) -> Result<Ceiling, StoreError> {
    Ok(Ceiling {
        ceiling: row.get("ceiling")?,
        set_by: row.get("set_by")?,
        why: row.get("why")?,
        set_at_ms: row.get("set_at_ms")?,
    })
}

fn read(row: &Row) -> Result<Node, StoreError> {
    Ok(Node {
        node: row.get("node")?,
        instance: row.get("instance")?,
        beats: row.get("beats")?,
        share: row.get("share")?,
        at_ms: row.get("at_ms")?,
        figures: row.get("figures")?,
    })
}
