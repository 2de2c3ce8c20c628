//! Turns: a driver's place in the order of arrival, counted in buckets of one second.
//!
//! A turn is a view on the driver's open intents (`job` rows of one kind): it is drawn with the first and over with the
//! last, in the same transactions. Nobody has to come back for it.

use clearway_domain::admission::meter::Told;
use clearway_domain::admission::{Bucket, LANES, Place, Room};

use crate::queue::{BEHIND, DOWN, STORE};
use crate::{Row, StoreError, Tx, meta, vals};

/// Name of the fact at which instant the service opens, ms UTC, for the places that were drawn last for an opening.
const OPENING: &str = "turn.opening";
/// Words with which an intent says that it waits for the service to open: it keeps its place.
pub const CLOSED: &str = "closed: ";
/// Failed tries after which an intent no longer keeps a place: it may be itself that is wrong.
const TRIES_MAX: i64 = 40;
/// Draws after which a second that the clock has left behind gives way to the next.
const CROWDED: i64 = 512;
/// Seconds by which a place may be ahead of the clock before the clock that drew it is held for wrong.
const AHEAD_S: i64 = 86_400;
/// Seconds for which a bucket is kept although it is over: clocks of nodes differ.
const KEPT_S: i64 = 180;

statements! {
    NEWEST = "select max(second) as second from turn_bucket where second > $1 and second < $2";
    DRAWN_IN = "select cast(coalesce(sum(drawn), 0) as bigint) as drawn from turn_bucket where second = $1";
    COUNT_IN = "insert into turn_bucket (second, lane, drawn, gone) values ($1, $2, 1, 0) \
        on conflict (second, lane) do update set drawn = turn_bucket.drawn + 1 returning drawn";
    COUNT_OUT = "update turn_bucket set gone = gone + 1 where second = $1 and lane = $2";
    OPEN = "select 1 as open from turn where driver = $1 and left_at_ms is null";
    /// Holds the driver's open turn until the end of the transaction, so that nobody draws or leaves beside it.
    HOLD = "update turn set version = version + 1 where driver = $1 and left_at_ms is null \
        returning second, lane, ordinal, run_at_ms, drawn_at_ms, told_at_ms, told_low_ms, told_high_ms, left_at_ms";
    DRAW = "insert into turn (driver, second, lane, ordinal, run_at_ms, drawn_at_ms, version) \
        values ($1, $2, $3, $4, $5, $6, 1) on conflict (driver) do update set \
            second = excluded.second, lane = excluded.lane, ordinal = excluded.ordinal, \
            run_at_ms = excluded.run_at_ms, drawn_at_ms = excluded.drawn_at_ms, told_at_ms = null, \
            told_low_ms = null, told_high_ms = null, left_at_ms = null, version = turn.version + 1 \
        where turn.left_at_ms is not null";
    /// The plus keeps SQLite from looking for the earliest along `job_turn`: it would read the jobs of all drivers before it.
    OPEN_INTENT = "select min(+run_at_ms) as earliest from job where driver = $1 and kind = $2 and buried_at_ms is null \
        and (last_error is null or last_error like $3 or last_error like $4 \
            or ((last_error like $5 or last_error like $7) and attempts <= $6))";
    LEAVE = "update turn set left_at_ms = $2 where driver = $1 and left_at_ms is null";
    MINE = "select second, lane, ordinal, run_at_ms, drawn_at_ms, told_at_ms, told_low_ms, told_high_ms, left_at_ms \
        from turn where driver = $1";
    TELL = "update turn set told_at_ms = $2, told_low_ms = $3, told_high_ms = $4 \
        where driver = $1 and left_at_ms is null and told_at_ms is null";
    BUCKETS = "select second, lane, drawn, gone from turn_bucket order by second, lane";
    FOLD = "delete from turn_bucket where second > 0 and second < $1 and not exists (select 1 from turn_bucket o \
        where o.second > 0 and o.second < $1 and o.gone < o.drawn) returning drawn";
    BASE = "insert into turn_bucket (second, lane, drawn, gone) values (0, 0, $1, $1) \
        on conflict (second, lane) do update set drawn = turn_bucket.drawn + excluded.drawn, \
        gone = turn_bucket.gone + excluded.gone";
    TALLY = "insert into turn_tally (day, lane, told, within, missed_ms, worst_ms) values ($1, $2, 1, $3, $4, $4) \
        on conflict (day, lane) do update set told = turn_tally.told + 1, within = turn_tally.within + excluded.within, \
        missed_ms = turn_tally.missed_ms + excluded.missed_ms, \
        worst_ms = case when excluded.worst_ms > turn_tally.worst_ms then excluded.worst_ms else turn_tally.worst_ms end";
    TALLIED = "select cast(sum(told) as bigint) as told, cast(sum(within) as bigint) as within, \
        cast(sum(missed_ms) as bigint) as missed_ms, max(worst_ms) as worst_ms from turn_tally where day = $1";
}

/// A driver's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The place.
    pub place: Place,
    /// Order of its intents, ms UTC.
    pub run_at_ms: i64,
    /// When it was drawn, ms UTC by the clock of that moment.
    pub drawn_at_ms: i64,
    /// What was told about the wait.
    pub told: Option<Told>,
    /// When it was over, ms UTC.
    pub left_at_ms: Option<i64>,
}

/// How well the waits of a day were foretold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// People who were told a wait, and whose turn came.
    pub told: i64,
    /// Those of them whose wait was within a fifth or a minute of the middle of what was told.
    pub within: i64,
    /// Mean miss, ms.
    pub mean_ms: i64,
    /// Largest miss, ms.
    pub worst_ms: i64,
}

/// The lane in which a driver counts, 0 to [`LANES`] - 1.
#[must_use]
pub fn lane_of(driver: &str) -> u8 {
    driver.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % LANES
}

/// The driver's open place, or a new one after everybody who is here. However often it is asked for, one driver has one. Work that
/// is carried out from `from_ms` on, because the service is closed, has its place at that opening: before it nobody waits
/// behind it, and whoever comes at the opening does. The answer's `run_at_ms` is the order of the work that asks.
///
/// # Errors
/// Any [`StoreError`].
pub fn draw(tx: &mut Tx, driver: &str, now_ms: i64, from_ms: i64) -> Result<Turn, StoreError> {
    let opening = opening(tx, now_ms, from_ms)?;
    if tx.opt(OPEN, vals![driver])?.is_some()
        && let Some(row) = tx.opt(HOLD, vals![driver])?
    {
        return Ok(shared(read(&row)?, now_ms, from_ms, opening));
    }
    let lane = lane_of(driver);
    let waits = from_ms > now_ms;
    let (now, from) = (now_ms.div_euclid(1_000), from_ms.div_euclid(1_000));
    let second = if waits {
        // All come before that second: it may be crowded itself.
        next_second(tx, from, from - 1, i64::MAX)?
    } else {
        next_second(tx, now, now, opening.map_or(i64::MAX, |opening| opening.div_euclid(1_000)))?
    };
    let drawn: i64 = tx.one(COUNT_IN, vals![second, i64::from(lane)])?.get("drawn")?;
    let ordinal = drawn - 1;
    let begins_ms = second.saturating_mul(1_000);
    let run_at_ms = if !waits && second == now {
        now_ms
    } else {
        // For an opening, or the clock is behind: in the order of drawing, as well as a second can tell.
        begins_ms + (ordinal * i64::from(LANES)).min(999)
    };
    let vals = vals![driver, second, i64::from(lane), ordinal, run_at_ms, now_ms];
    if tx.execute(DRAW, vals)? != 1 {
        // Another request of the same driver was faster: there is a place to be found now.
        tx.ask_rerun();
        return Err(StoreError::Busy("another request draws for this driver".into()));
    }
    let place = Place { second, ordinal: small(ordinal)?, lane };
    Ok(Turn { place, run_at_ms, drawn_at_ms: now_ms, told: None, left_at_ms: None })
}

/// An open turn as the order of one more intent. What waits for the opening is not before it, and what need not wait is not held up
/// by a place that does.
fn shared(turn: Turn, now_ms: i64, from_ms: i64, opening: Option<i64>) -> Turn {
    let run_at_ms = if from_ms > now_ms {
        turn.run_at_ms.max(from_ms)
    } else if opening.is_some_and(|opening| turn.run_at_ms >= opening) {
        now_ms
    } else {
        turn.run_at_ms
    };
    Turn { run_at_ms, ..turn }
}

/// The instant, ms UTC, from which on there may be places for an opening that is still to come. Remembered by whoever draws the first:
/// otherwise places of a clock that is behind could not be told from them.
fn opening(tx: &mut Tx, now_ms: i64, from_ms: i64) -> Result<Option<i64>, StoreError> {
    let known = meta::get(tx, OPENING)?.and_then(|at| at.parse().ok());
    if from_ms > now_ms && known != Some(from_ms) {
        meta::put(tx, OPENING, &from_ms.to_string())?;
        return Ok(Some(from_ms));
    }
    Ok(known.filter(|at| *at > now_ms))
}

/// The second of the next place that belongs to the second `at`: that one, but never before a place that was drawn already for a second
/// between `after` and `until`.
fn next_second(tx: &mut Tx, at: i64, after: i64, until: i64) -> Result<i64, StoreError> {
    let until = at.saturating_add(AHEAD_S).min(until);
    let newest: Option<i64> = tx.one(NEWEST, vals![after, until])?.get("second")?;
    let Some(newest) = newest else { return Ok(at) };
    let drawn: i64 = tx.one(DRAWN_IN, vals![newest])?.get("drawn")?;
    Ok(newest + i64::from(drawn >= CROWDED))
}

/// Takes the driver's open turn in hand before an intent of it ends: what follows in this transaction is alone with it.
/// `None` when no turn is open.
///
/// # Errors
/// Any [`StoreError`].
pub fn hold(tx: &mut Tx, driver: &str) -> Result<Option<Turn>, StoreError> {
    tx.opt(HOLD, vals![driver])?.map(|row| read(&row)).transpose()
}

/// Ends a held turn when no intent of that kind keeps it any more, or only such as wait for the opening; whether it ended. `day` is today's civil day in China.
///
/// # Errors
/// Any [`StoreError`].
pub fn settle(
    tx: &mut Tx,
    driver: &str,
    kind: &str,
    turn: &Turn,
    now_ms: i64,
    day: &str,
) -> Result<bool, StoreError> {
    let [closed, behind, down, store] = [CLOSED, BEHIND, DOWN, STORE].map(|words| format!("{words}%"));
    let open = tx.one(OPEN_INTENT, vals![driver, kind, closed, behind, down, TRIES_MAX, store])?;
    let earliest: Option<i64> = open.get("earliest")?;
    let opening = earliest.filter(|at| *at > now_ms.max(turn.run_at_ms));
    if earliest.is_some() && opening.is_none() {
        return Ok(false);
    }
    tx.execute_one("the turn", LEAVE, vals![driver, now_ms])?;
    let lane = i64::from(turn.place.lane);
    tx.execute_one("the bucket of a turn", COUNT_OUT, vals![turn.place.second, lane])?;
    if let Some(told) = turn.told {
        let (missed, within) = told.missed(now_ms);
        tx.execute(TALLY, vals![day, lane, i64::from(within), missed])?;
    }
    if let Some(at_ms) = opening {
        // What is left waits for the opening, and has its place there as everybody else's.
        draw(tx, driver, now_ms, at_ms)?;
    }
    Ok(true)
}

/// The driver's newest turn, also when it is over.
///
/// # Errors
/// Any [`StoreError`].
pub fn of(tx: &mut Tx, driver: &str) -> Result<Option<Turn>, StoreError> {
    tx.opt(MINE, vals![driver])?.map(|row| read(&row)).transpose()
}

/// Remembers what a driver was told first about the wait; `false` when something was told before, or the turn is over.
///
/// # Errors
/// Any [`StoreError`].
pub fn tell(tx: &mut Tx, driver: &str, told: &Told) -> Result<bool, StoreError> {
    Ok(tx.execute(TELL, vals![driver, told.at_ms, told.low_ms, told.high_ms])? == 1)
}

/// Reads everybody who waits, as numbers, into a room that may have been used before.
///
/// # Errors
/// Any [`StoreError`].
pub fn room(tx: &mut Tx, room: &mut Room) -> Result<(), StoreError> {
    room.refill(|buckets| {
        let mut base = 0;
        tx.each(BUCKETS, vals![], |row| {
            let (second, drawn): (i64, i64) = (row.get("second")?, row.get("drawn")?);
            if second == 0 {
                base += u64::try_from(drawn).unwrap_or(0);
                return Ok(());
            }
            let lane = u8::try_from(row.get::<i64>("lane")?).unwrap_or(u8::MAX);
            buckets.push(Bucket { second, lane, drawn: small(drawn)?, gone: small(row.get("gone")?)? });
            Ok(())
        })?;
        Ok(base)
    })
}

/// Folds seconds that are over into one row. Nobody's number and nobody's place changes by it.
///
/// # Errors
/// Any [`StoreError`].
pub fn fold(tx: &mut Tx, room: &Room, now_ms: i64) -> Result<usize, StoreError> {
    let now = now_ms.div_euclid(1_000).saturating_sub(KEPT_S);
    let rows = tx.query(FOLD, vals![room.oldest().map_or(now, |oldest| oldest.min(now))])?;
    let mut drawn = 0;
    for row in &rows {
        drawn += row.get::<i64>("drawn")?;
    }
    if drawn > 0 {
        tx.execute(BASE, vals![drawn])?;
    }
    Ok(rows.len())
}

/// How well the waits of a civil day were foretold; `None` when nobody was told one.
///
/// # Errors
/// Any [`StoreError`].
pub fn tally(tx: &mut Tx, day: &str) -> Result<Option<Tally>, StoreError> {
    let row = tx.one(TALLIED, vals![day])?;
    let Some(told) = row.get::<Option<i64>>("told")?.filter(|told| *told > 0) else { return Ok(None) };
    let missed: i64 = row.get("missed_ms")?;
    Ok(Some(Tally {
        told,
        within: row.get("within")?,
        mean_ms: missed / told,
        worst_ms: row.get("worst_ms")?,
    }))
}

fn small(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Broken(format!("{number} turns in one second")))
}

fn read(row: &Row) -> Result<Turn, StoreError> {
    let told = match (row.get("told_at_ms")?, row.get("told_low_ms")?, row.get("told_high_ms")?) {
        (Some(at_ms), Some(low_ms), Some(high_ms)) => Some(Told { at_ms, low_ms, high_ms }),
        _ => None,
    };
    let lane: i64 = row.get("lane")?;
    Ok(Turn {
        place: Place {
            second: row.get("second")?,
            ordinal: small(row.get("ordinal")?)?,
            lane: u8::try_from(lane).unwrap_or(u8::MAX),
        },
        run_at_ms: row.get("run_at_ms")?,
        drawn_at_ms: row.get("drawn_at_ms")?,
        told,
        left_at_ms: row.get("left_at_ms")?,
    })
}
