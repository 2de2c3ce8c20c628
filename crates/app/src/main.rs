//! `clearway serve | migrate | copy | backup | feed | verify | officer | admission | watch | reconcile | rules`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clearway::config::Config;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "clearway: traffic violations, handled by the driver

  clearway serve   --config FILE            serve the pages and do the work behind them
  clearway migrate --config FILE            bring the database's schema up to date
  clearway copy    --config FILE --to FILE  the whole database into the empty one that the other configuration names
  clearway backup  --config FILE TO.db      the embedded database as it stands, in a file of its own; the service goes on
  clearway feed    --config FILE FEED.json  load a police feed into the read model
  clearway verify  --config FILE [--json]   hold what must always be true against the database
  clearway officer …  --config FILE         what waits for a person; refunds and annulments (see clearway officer)
  clearway admission --config FILE [--ceiling N --by NAME --reason TEXT]
                                            calls a second to the police platform: shown, or set live
  clearway watch   --config FILE            who waits, how fast it goes (see clearway watch --help)
  clearway reconcile --config FILE --day D  compare a day with the rail's bill (see clearway reconcile --help)
  clearway rules   check | explain …        check packs; explain a verdict (see clearway rules)";

/// Logs on standard error what `CLEARWAY_LOG` asks for: a level, or levels by part (`info,clearway_store=debug`).
fn log() {
    let wanted = std::env::var("CLEARWAY_LOG").ok();
    let read: Option<Result<Targets, _>> = wanted.as_deref().map(str::parse);
    let usual = Targets::new().with_default(LevelFilter::INFO);
    let (targets, wrong) = match read {
        Some(Ok(targets)) => (targets, None),
        Some(Err(error)) => (usual, Some(error)),
        None => (usual, None),
    };
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(targets)
        .init();
    if let Some(error) = wrong {
        let given = wanted.unwrap_or_default();
        tracing::warn!(%error, given, "CLEARWAY_LOG is not understood; write a level such as debug");
    }
}

fn main() -> ExitCode {
    log();
    // Every thread's heap would begin with pages of two megabytes that have to be zeroed. A kernel without them says no.
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay as the kernel has them");
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("clearway: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<ExitCode> {
    match args.first().map(String::as_str) {
        Some("serve") => clearway::serve::run(&config(args)?.0).map(|()| ExitCode::SUCCESS),
        Some("migrate") => {
            let (config, _) = config(args)?;
            let db =
                clearway_store::Db::open(&config.server.database).context("the database cannot be opened")?;
            let count = db.migrate().context("the schema cannot be brought up to date")?;
            println!("{count} migrations applied");
            Ok(ExitCode::SUCCESS)
        }
        Some("copy") => copy(args),
        Some("backup") => backup(args),
        Some("feed") => {
            let (config, rest) = config(args)?;
            let path = rest.first().context("clearway feed needs the feed's file")?;
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            let world = clearway::build(&config)?;
            let city = clearway_service::feed::read(&text)?;
            let loaded = clearway_service::feed::load(&world, &city)?;
            println!(
                "{} accounts, {} vehicles, {} records loaded",
                loaded.accounts, loaded.vehicles, loaded.records
            );
            Ok(ExitCode::SUCCESS)
        }
        Some("verify") => verify(args),
        Some("officer") => {
            let (world, words) = world_and_words(args)?;
            clearway::officer::run(&world, &words).map(|()| ExitCode::SUCCESS)
        }
        Some("admission" | "watch") if args.iter().any(|word| word == "--help") => {
            println!("{}\n{}", clearway::admission::USAGE, clearway::watch::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        Some("admission") => {
            let (world, words) = world_and_words(args)?;
            clearway::admission::run(&world, &words).map(|()| ExitCode::SUCCESS)
        }
        Some("watch") => {
            let (world, words) = world_and_words(args)?;
            clearway::watch::run(&world, &words).map(|()| ExitCode::SUCCESS)
        }
        Some("reconcile") => {
            let words = args.get(1..).unwrap_or_default();
            if words.iter().any(|word| word == "--help") {
                println!("{}", clearway::reconcile::USAGE);
                return Ok(ExitCode::SUCCESS);
            }
            match clearway::reconcile::run(words) {
                Ok(code) => Ok(ExitCode::from(code)),
                Err(error) => {
                    eprintln!("clearway reconcile: {error:#}");
                    Ok(ExitCode::from(2))
                }
            }
        }
        Some("rules") => {
            let code = clearway::rules::run(args.get(1..).unwrap_or_default())?;
            Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
        }
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => bail!("there is no `clearway {other}`\n\n{USAGE}"),
        None => bail!("what shall be done?\n\n{USAGE}"),
    }
}

fn backup(args: &[String]) -> Result<ExitCode> {
    let (config, rest) = config(args)?;
    let to = rest.first().context("clearway backup needs the name of the new file")?;
    clearway::backup::run(&config, to).map(|()| ExitCode::SUCCESS)
}

fn copy(args: &[String]) -> Result<ExitCode> {
    let mut words = args.to_vec();
    let at = words.iter().position(|word| word == "--to").context("--to FILE is missing")?;
    let to = PathBuf::from(words.get(at + 1).context("--to FILE is missing")?);
    words.drain(at..at + 2);
    let to = Config::read(&to)?;
    clearway::copy::run(&config(&words)?.0, &to)?;
    clearway::verify::run(&clearway::open(&to)?, false).map(ExitCode::from)
}

fn verify(args: &[String]) -> Result<ExitCode> {
    let json = args.iter().any(|word| word == "--json");
    let plain: Vec<String> = args.iter().filter(|word| *word != "--json").cloned().collect();
    let world = clearway::open(&config(&plain)?.0)?;
    match clearway::verify::run(&world, json) {
        Ok(code) => Ok(ExitCode::from(code)),
        Err(error) => {
            eprintln!("clearway verify: {error:#}");
            Ok(ExitCode::from(2))
        }
    }
}

/// The world of the configuration named by `--config`, and the words after the command without it.
fn world_and_words(args: &[String]) -> Result<(clearway_service::World, Vec<String>)> {
    let at = args.iter().position(|word| word == "--config").context("--config FILE is missing")?;
    let path = args.get(at + 1).context("--config FILE is missing")?;
    let world = clearway::open(&Config::read(PathBuf::from(path).as_path())?)?;
    let mut words = args.to_vec();
    words.drain(at..at + 2);
    words.remove(0);
    Ok((world, words))
}

/// The configuration named by `--config`, and the other words.
fn config(args: &[String]) -> Result<(Config, Vec<PathBuf>)> {
    let mut path = None;
    let mut rest = Vec::new();
    let mut words = args.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "--config" {
            path = words.next().map(PathBuf::from);
        } else if word.starts_with("--") {
            bail!("`{word}` is no option here\n\n{USAGE}");
        } else {
            rest.push(PathBuf::from(word));
        }
    }
    let path = path.context("--config FILE is missing")?;
    Ok((Config::read(&path)?, rest))
}
