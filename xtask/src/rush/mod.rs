//! `cargo x rush`: the launch day, played by up to 150,000 people against the real server on the real wire. What was
//! promised is counted, what it cost is measured, and every figure is held against its gate and its aim.

mod day;
mod figures;
mod judge;
mod line;
mod plot;
mod report;
mod turns;
mod watch;
mod wrong;

use std::path::Path;

use anyhow::{Context, Result, bail};

use self::judge::{Figure, Mark};
use crate::args::Args;
use crate::say::{step, wide};

/// Which day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A platform that takes whatever comes (P-4).
    Quick,
    /// A slow platform with errors and an outage, closing time, and a crash (P-5).
    Slow,
}

impl Kind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Quick => "quick",
            Kind::Slow => "slow",
        }
    }
}

/// What was asked for.
pub struct Ask {
    /// People.
    pub drivers: u64,
    /// Seconds within which they arrive.
    pub within: u64,
    /// Sockets to the servers, at most.
    pub sockets: u64,
    /// People pause to read and think.
    pub human: bool,
    /// PostgreSQL instead of SQLite.
    pub postgres: bool,
    /// Seconds for which PostgreSQL is away once a day; 0: never.
    pub db_away: u64,
    /// Servers.
    pub nodes: u64,
    /// Seed of city and crowd.
    pub seed: u64,
    /// Calls a second that the slow platform takes.
    pub rate: u64,
    /// One of so many of its calls fails; 0: none.
    pub fails: u64,
    /// Seconds of its outage.
    pub outage: u64,
    /// Seconds after which the doors close on the slow day; absent: in the middle of it.
    pub closes_in: Option<u64>,
    /// Requests with which a floor is measured.
    pub floor: u64,
    /// Seconds after which the day is over, whoever is still there.
    pub deadline: u64,
    /// `debug` or `release`.
    pub profile: &'static str,
}

const VALUES: [&str; 15] = [
    "drivers",
    "day",
    "within",
    "sockets",
    "pauses",
    "db",
    "db-away",
    "nodes",
    "seed",
    "rate",
    "fails",
    "outage",
    "closes-in",
    "floor",
    "deadline",
];

/// Runs it.
pub fn run(rest: &[String]) -> Result<()> {
    let args = Args::parse(rest, &["no-build", "debug"], &VALUES)?;
    if let Some(word) = args.words().first() {
        bail!("`cargo x rush` takes no “{word}”; `cargo x help` lists what it takes");
    }
    let ask = read(&args)?;
    let kinds: &[Kind] = match args.value("day").unwrap_or("both") {
        "quick" => &[Kind::Quick],
        "slow" => &[Kind::Slow],
        "both" => &[Kind::Quick, Kind::Slow],
        other => bail!("--day takes quick, slow or both, “{other}” is none"),
    };
    if !args.has("no-build") {
        crate::stack::build(ask.profile)?;
        crate::shell::build_example(line::QUEUEUP, ask.profile)?;
    }
    let folder = Path::new(".run/rush");
    std::fs::create_dir_all(folder)?;
    let mut days = Vec::new();
    for kind in kinds {
        step(&format!("the {} day, {} people", kind.word(), ask.drivers));
        let day = day::play(&ask, *kind).with_context(|| format!("the {} day", kind.word()))?;
        let figures = figures::of(&ask, &day);
        print(*kind, &figures);
        days.push((day, figures));
        // Also what was found before a later day falls over.
        report::write(folder, &ask, &days)?;
    }
    println!("\n.run/rush/report.md and .run/rush/report.html");
    let missed =
        days.iter().flat_map(|(_, figures)| figures).filter(|figure| figure.mark() == Mark::Missed).count();
    if missed > 0 {
        bail!("{missed} figures are not where they must be");
    }
    Ok(())
}

fn read(args: &Args) -> Result<Ask> {
    let number = |name: &str, usual: u64| -> Result<u64> {
        args.value(name).map_or(Ok(usual), |text| {
            text.parse().with_context(|| format!("--{name} takes a number, “{text}” is none"))
        })
    };
    let one_of = |name: &str, first: &str, other: &str| -> Result<bool> {
        match args.value(name) {
            None => Ok(false),
            Some(word) if word == first => Ok(false),
            Some(word) if word == other => Ok(true),
            Some(word) => bail!("--{name} takes {first} or {other}, “{word}” is none"),
        }
    };
    let drivers = number("drivers", 150_000)?.max(1);
    let ask = Ask {
        drivers,
        within: number("within", 0)?,
        sockets: number("sockets", 2_000)?.min(8_000),
        human: one_of("pauses", "none", "human")?,
        postgres: one_of("db", "sqlite", "postgres")?,
        db_away: number("db-away", 5)?,
        nodes: number("nodes", 1)?,
        seed: number("seed", 1)?,
        rate: number("rate", 200)?.max(1),
        fails: number("fails", 20)?,
        outage: number("outage", 600)?,
        closes_in: args.value("closes-in").map(|_| number("closes-in", 0)).transpose()?,
        floor: number("floor", if drivers < 5_000 { 20_000 } else { 200_000 })?.max(100),
        deadline: number("deadline", 6 * 3_600)?,
        profile: if args.has("debug") { "debug" } else { "release" },
    };
    if ask.nodes > 2 || (ask.nodes == 2 && !ask.postgres) {
        bail!("--nodes takes 1 or 2, and two need --db postgres: they share one database");
    }
    Ok(ask)
}

fn print(kind: Kind, figures: &[Figure]) {
    println!(
        "\nthe {} day\n{} {:>12} {:>10} {:>10}",
        kind.word(),
        wide("figure", 58),
        "value",
        "gate",
        "aim"
    );
    for figure in figures {
        let name = format!("{} {}", figure.goal, figure.name);
        let (gate, aim) = figure.bounds;
        println!(
            "{} {:>12} {:>10} {:>10}  {}  {}",
            wide(&name, 58),
            report::value(figure),
            plot::short(gate),
            plot::short(aim),
            report::word(figure.mark()),
            figure.remark
        );
    }
}

/// The dose that is small enough for a test ring.
#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Result<Ask> {
        let rest: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        read(&Args::parse(&rest, &["no-build", "debug"], &VALUES)?)
    }

    #[test]
    fn two_nodes_need_a_shared_database() {
        assert!(asked("--nodes 2").is_err());
        assert!(asked("--nodes 2 --db postgres").is_ok());
        assert_eq!(asked("--sockets 20000").unwrap().sockets, 8_000);
        assert!(asked("--pauses some").is_err());
    }
}
