//! A line of strangers before the police platform: `queueup URL COUNT SECONDS FROM` draws a turn for each of COUNT drivers, as a paid order
//! does, spread over SECONDS from an instant. What is behind their turns is nobody's: for a store that is thrown away afterwards, and beside a
//! server that lets nobody through.

use anyhow::{Result, bail, ensure};
use clearway_service::admission::turn;
use clearway_store::{Db, StoreError};
use jiff::Timestamp;

/// Turns drawn in one transaction.
const AT_ONCE: i64 = 200;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, count, seconds, from] = words.as_slice() else { bail!("queueup URL COUNT SECONDS FROM") };
    let (count, seconds): (i64, i64) = (count.parse()?, seconds.parse()?);
    ensure!(count > 0 && seconds > 0, "people and seconds, at least one each");
    let from_ms = from.parse::<Timestamp>()?.as_millisecond();
    let db = Db::open(url)?;
    for start in (0..count).step_by(usize::try_from(AT_ONCE)?) {
        db.write(|tx| {
            (start..count.min(start + AT_ONCE)).try_for_each(|number| {
                let at_ms = from_ms + number * seconds * 1_000 / count;
                turn::intend(tx, &format!("stranger-{number}"), "nobodys-case", at_ms, at_ms)
            })?;
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}
