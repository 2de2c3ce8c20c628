//! `clearway serve | migrate | copy | backup | feed | verify | officer | admission | watch | reconcile | rules`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clearway::config::Config;
use clearway::{out, say};
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
    ExitCode::from(ended(&args))
}

/// Runs a command, says on standard error why it failed, and answers with its exit code.
fn ended(args: &[String]) -> u8 {
    run(args).unwrap_or_else(|error| {
        let telling = args.first().map(String::as_str).filter(|command| TELLING.contains(command));
        match telling {
            Some(command) => out::complain(format_args!("clearway {command}: {error:#}")),
            None => out::complain(format_args!("clearway: {error:#}")),
        }
        if telling.is_some() { 2 } else { 1 }
    })
}

/// Commands that find something out, and end with 1 when it is not as it should be: an error of theirs is 2.
const TELLING: [&str; 4] = ["verify", "reconcile", "rules", "copy"];

/// How a command is called; `None` for a word that is none.
fn usage(command: &str) -> Option<String> {
    Some(match command {
        "serve" | "migrate" | "copy" | "backup" | "feed" | "verify" => USAGE.to_owned(),
        "officer" => clearway::officer::USAGE.to_owned(),
        "admission" | "watch" => format!("{}\n{}", clearway::admission::USAGE, clearway::watch::USAGE),
        "reconcile" => clearway::reconcile::USAGE.to_owned(),
        "rules" => clearway::rules::USAGE.to_owned(),
        _ => return None,
    })
}

/// Whoever asks how a command is called is told before anything is read or opened.
fn asks_how(command: &str, words: &[String]) -> bool {
    let bare = match words {
        [] => true,
        [option, _] => option == "--config",
        _ => false,
    };
    (command == "officer" && bare) || words.iter().any(|word| word == "--help" || word == "-h")
}

fn run(args: &[String]) -> Result<u8> {
    let Some((command, words)) = args.split_first() else { bail!("what shall be done?\n\n{USAGE}") };
    if let Some(usage) = usage(command).filter(|_| asks_how(command, words)) {
        say!("{usage}");
        return Ok(0);
    }
    match command.as_str() {
        "serve" => clearway::serve::run(&config(args)?.0).map(|()| 0),
        "migrate" => {
            let (config, _) = config(args)?;
            let db =
                clearway_store::Db::open(&config.server.database).context("the database cannot be opened")?;
            let count = db.migrate().context("the schema cannot be brought up to date")?;
            say!("{count} migrations applied");
            Ok(0)
        }
        "copy" => copy(args),
        "backup" => backup(args),
        "feed" => feed(args),
        "verify" => verify(args),
        "officer" => {
            let (world, words) = world_and_words(args)?;
            clearway::officer::run(&world, &words).map(|()| 0)
        }
        "admission" => {
            let (world, words) = world_and_words(args)?;
            clearway::admission::run(&world, &words).map(|()| 0)
        }
        "watch" => {
            let (world, words) = world_and_words(args)?;
            clearway::watch::run(&world, &words).map(|()| 0)
        }
        "reconcile" => clearway::reconcile::run(words),
        "rules" => Ok(u8::try_from(clearway::rules::run(words)?).unwrap_or(1)),
        "help" | "--help" | "-h" => {
            say!("{USAGE}");
            Ok(0)
        }
        other => bail!("there is no `clearway {other}`\n\n{USAGE}"),
    }
}

fn feed(args: &[String]) -> Result<u8> {
    let (config, rest) = config(args)?;
    let path = rest.first().context("clearway feed needs the feed's file")?;
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let world = clearway::build(&config)?;
    let city = clearway_service::feed::read(&text)?;
    let loaded = clearway_service::feed::load(&world, &city)?;
    say!("{} accounts, {} vehicles, {} records loaded", loaded.accounts, loaded.vehicles, loaded.records);
    Ok(0)
}

fn backup(args: &[String]) -> Result<u8> {
    let (config, rest) = config(args)?;
    let to = rest.first().context("clearway backup needs the name of the new file")?;
    clearway::backup::run(&config, to).map(|()| 0)
}

fn copy(args: &[String]) -> Result<u8> {
    let mut words = args.to_vec();
    let at = words.iter().position(|word| word == "--to").context("--to FILE is missing")?;
    let to = PathBuf::from(words.get(at + 1).context("--to FILE is missing")?);
    words.drain(at..at + 2);
    let to = Config::read(&to)?;
    clearway::copy::run(&config(&words)?.0, &to)?;
    clearway::verify::run(&clearway::open(&to)?, false)
}

fn verify(args: &[String]) -> Result<u8> {
    let json = args.iter().any(|word| word == "--json");
    let plain: Vec<String> = args.iter().filter(|word| *word != "--json").cloned().collect();
    clearway::verify::run(&clearway::open(&config(&plain)?.0)?, json)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn code(words: &str) -> u8 {
        ended(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn whoever_asks_how_is_told_before_anything_is_opened() {
        let commands = "serve migrate copy backup feed verify officer admission watch reconcile rules";
        for command in commands.split(' ') {
            for how in ["--help", "-h", "--config nowhere.toml --help"] {
                assert_eq!(code(&format!("{command} {how}")), 0, "{command} {how}");
            }
        }
        assert_eq!((code("officer"), code("officer --config nowhere.toml")), (0, 0));
        assert_eq!((code("officer list --config nowhere.toml"), code("dance --help"), code("")), (1, 1, 1));
    }

    #[test]
    fn what_could_not_be_found_out_is_no_finding() {
        for words in [
            "verify",
            "verify --config nowhere.toml",
            "verify --json --colour",
            "reconcile --day 2020-04-05",
            "rules explain",
            "rules explain --pack nowhere.toml --facts nowhere.toml",
            "copy --config nowhere.toml --to nowhere.toml",
        ] {
            assert_eq!(code(words), 2, "{words}");
        }
        assert_eq!(code("serve --config nowhere.toml"), 1);
    }
}
