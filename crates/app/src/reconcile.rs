//! `clearway reconcile`: compares a day with the rail's bill, signs it, opens it again.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clearway_service::World;
use clearway_service::reconcile::{self, Report, Source};
use clearway_web::officer::reconcile::{DayView, ExceptionView, day_view, exception_view, yuan};
use clearway_web::text::Lang;
use jiff::civil::Date;

use crate::config::Config;
use crate::say;

/// How it is called.
pub const USAGE: &str = "clearway reconcile --config FILE --day YYYY-MM-DD [--file BILL.csv[.gz]] [--json] [--lang zh-CN|en]
  clearway reconcile --config FILE --day YYYY-MM-DD --sign NAME --why TEXT
  clearway reconcile --config FILE --day YYYY-MM-DD --reopen NAME --why TEXT

  ends with 0 when the day is balanced or signed, 1 when something does not fit, 2 when nothing could be compared";

/// What is asked for.
#[derive(Debug, Default)]
struct Ask {
    config: Option<PathBuf>,
    day: Option<Date>,
    file: Option<PathBuf>,
    sign: Option<String>,
    reopen: Option<String>,
    why: Option<String>,
    json: bool,
    lang: Option<Lang>,
}

fn read(args: &[String]) -> Result<Ask> {
    let mut ask = Ask::default();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().with_context(|| format!("{word} needs a value\n\n{USAGE}"));
        match word.as_str() {
            "--json" => ask.json = true,
            "--config" => ask.config = Some(value()?.into()),
            "--file" => ask.file = Some(value()?.into()),
            "--sign" => ask.sign = Some(value()?),
            "--reopen" => ask.reopen = Some(value()?),
            "--why" => ask.why = Some(value()?),
            "--day" => {
                let text = value()?;
                ask.day =
                    Some(text.parse().with_context(|| format!("`{text}` is no day such as 2020-04-05"))?);
            }
            "--lang" => {
                let text = value()?;
                ask.lang =
                    Some(Lang::from_tag(&text).with_context(|| format!("`{text}` is no language here"))?);
            }
            other => bail!("`{other}` is no option here\n\n{USAGE}"),
        }
    }
    let deeds = [ask.sign.is_some(), ask.reopen.is_some(), ask.file.is_some()];
    if deeds.into_iter().filter(|asked| *asked).count() > 1 {
        bail!("--sign, --reopen and --file are three deeds: one at a time\n\n{USAGE}");
    }
    Ok(ask)
}

/// Runs it; 0 when the day is closed, 1 when something does not fit.
///
/// # Errors
/// When nothing could be compared: a wrong word, a file that is refused (with line, column and value), a database that
/// cannot be used.
pub fn run(args: &[String]) -> Result<u8> {
    let ask = read(args)?;
    let config = ask.config.as_deref().with_context(|| format!("--config FILE is missing\n\n{USAGE}"))?;
    answer(&crate::open(&Config::read(config)?)?, &ask)
}

/// The same in a world that is there already; `--config` is not needed then.
///
/// # Errors
/// As [`run`].
pub fn run_in(world: &World, args: &[String]) -> Result<u8> {
    answer(world, &read(args)?)
}

fn answer(world: &World, ask: &Ask) -> Result<u8> {
    let day = ask.day.with_context(|| format!("--day YYYY-MM-DD is missing\n\n{USAGE}"))?;
    let report = done(world, ask, day)?;
    let lang = ask.lang.unwrap_or(Lang::En);
    let view = day_view(&report, lang, world.now());
    let exceptions: Vec<ExceptionView> =
        report.exceptions.iter().map(|shown| exception_view(shown, lang)).collect();
    if ask.json {
        say!("{}", serde_json::json!({ "day": view, "exceptions": exceptions }));
    } else {
        print(&view, &exceptions);
    }
    Ok(u8::from(!report.state.is_closed()))
}

fn done(world: &World, ask: &Ask, day: Date) -> Result<Report> {
    let why = || ask.why.as_deref().with_context(|| format!("--why TEXT is missing\n\n{USAGE}"));
    let done = match (&ask.sign, &ask.reopen, &ask.file) {
        (Some(by), ..) => reconcile::sign(world, day, by, why()?),
        (_, Some(by), _) => reconcile::reopen(world, day, by, why()?),
        (_, _, Some(path)) => {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            reconcile::run(world, day, Source::Hand(bytes))
        }
        _ => reconcile::run(world, day, Source::Rail),
    };
    done.with_context(|| format!("{day} could not be compared"))
}

fn print(day: &DayView, exceptions: &[ExceptionView]) {
    say!("{}", day.words);
    if let Some(why) = &day.missing {
        say!("  the bill is missing: {why}");
    }
    say!("  {:<24} {:>8} {:>16} {:>8} {:>16}", "", "paid", "yuan", "back", "yuan");
    let count = |count: Option<i64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    for side in &day.sides {
        say!(
            "  {:<24} {:>8} {:>16} {:>8} {:>16}",
            side.words,
            count(side.paid_count),
            yuan(side.paid_fen),
            count(side.back_count),
            yuan(side.back_fen)
        );
    }
    say!("  {} lines fit to the fen", day.matched);
    for one in exceptions {
        let open = if one.closed_at.is_none() { "open" } else { "closed" };
        say!("\n{open:<7}{} [{}] {}", one.cause, one.kind, one.subject);
        if let Some(line) = one.line {
            say!("       line {line} of the bill");
        }
        let sum = |fen: Option<i64>| fen.map_or_else(|| "-".to_owned(), yuan);
        say!(
            "       in question {} yuan (ours {}, bill {})",
            yuan(one.fen),
            sum(one.ours_fen),
            sum(one.rails_fen)
        );
        say!("       the driver reads: {}", one.citizen.words.join(" · "));
        say!("       suggested: {}", one.suggested.words);
        let due = clearway_domain::civil(one.due_at).strftime("%Y-%m-%d %H:%M");
        say!("       {} until {due}", one.owner_words);
        if let (Some(by), Some(why)) = (&one.closed_by, &one.closing) {
            say!("       closed by {by}: {why}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn one_deed_at_a_time_and_no_unknown_words() {
        let ask = read(&words("--config c --day 2020-04-05 --sign Li --why checked --json")).expect("right");
        assert_eq!((ask.sign.as_deref(), ask.why.as_deref(), ask.json), (Some("Li"), Some("checked"), true));
        assert_eq!(ask.day, Some(jiff::civil::date(2020, 4, 5)));
        for wrong in
            ["--day", "--day 5.4.2020", "--days 2020-04-05", "--sign Li --reopen Li", "--lang fr", "bill.csv"]
        {
            assert!(read(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
