//! 我的违法 read and judged in process: `pageread CONFIG DRIVERS STEP COUNT SEED AT` prints the median and the 99th percentile
//! of one read, ns. A read is what the page does before it is written out: session, dossier, all verdicts.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use clearway::config::Config;
use clearway_domain::Clock;
use clearway_service::World;
use clearway_service::citizen::violations::fresh_home_of;
use jiff::Timestamp;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [config, drivers, step, count, seed, at] = words.as_slice() else {
        bail!("pageread CONFIG DRIVERS STEP COUNT SEED AT");
    };
    let clock = Arc::new(Stopped(at.parse()?));
    let world = clearway::build_with(
        &Config::read(Path::new(config))?,
        clock,
        Arc::new(clearway::clock::SystemChance),
    )?;
    let (drivers, step, count): (u64, u64, usize) = (drivers.parse()?, step.parse()?, count.parse()?);
    let mut dice = Dice(seed.parse()?);
    let mut cookie = || format!("{:08x}{:024}.bench", dice.below(drivers) * step, 0);
    // Statements are prepared and pages brought in first.
    for _ in 0..count / 4 {
        read(&world, &cookie())?;
    }
    let mut spent = Vec::with_capacity(count);
    for _ in 0..count {
        let cookie = cookie();
        let begun = now();
        read(&world, &cookie)?;
        spent.push(begun.elapsed().as_nanos());
    }
    spent.sort_unstable();
    println!("{} {}", spent[count / 2], spent[count * 99 / 100]);
    Ok(())
}

fn read(world: &World, cookie: &str) -> Result<()> {
    let assessment = fresh_home_of(world, cookie)?.context("everything is fresh")?;
    ensure!(assessment.lines.len() == 4, "{} violations instead of four", assessment.lines.len());
    std::hint::black_box(&assessment);
    Ok(())
}

/// A clock that stands at the moment for which the store was made.
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A small generator (splitmix64): a seed draws the same drivers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}
