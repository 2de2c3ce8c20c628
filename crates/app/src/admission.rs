//! `clearway admission`: the ceiling of calls to the police platform, shown or set while everything runs.

use anyhow::{Context, Result, bail};
use clearway_service::admission::ceiling::{self, Ceiling};
use clearway_service::{Error, World};

use crate::say;

/// What stands behind `--help`.
pub const USAGE: &str = "  clearway admission --config FILE                          show the ceiling
  clearway admission --config FILE --ceiling N --by NAME --reason TEXT
                                                            N calls a second, all nodes; 0 lets nobody through";

/// The words after `clearway admission`, `--config FILE` taken out.
///
/// # Errors
/// A sentence that says what is missing or refused.
pub fn run(world: &World, args: &[String]) -> Result<()> {
    let (mut number, mut by, mut why) = (None, None, None);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--ceiling" => &mut number,
            "--by" => &mut by,
            "--reason" => &mut why,
            other => bail!("`{other}` is no option here\n\n{USAGE}"),
        };
        *place = Some(words.next().with_context(|| format!("{word} needs a value"))?.clone());
    }
    let Some(number) = number else {
        if by.is_some() || why.is_some() {
            bail!("--ceiling is missing\n\n{USAGE}");
        }
        say(&ceiling::read(world)?);
        return Ok(());
    };
    let per_second: u32 = number.parse().with_context(|| format!("--ceiling {number}: a whole number"))?;
    let (by, why) = (by.context("--by is missing")?, why.context("--reason is missing")?);
    let set = ceiling::set(world, per_second, &by, &why).map_err(|error| match error {
        Error::BadInput { field: "ceiling", value, .. } => {
            anyhow::anyhow!("--ceiling {value}: more than the site agreed with the platform")
        }
        Error::BadInput { field: "by", .. } => anyhow::anyhow!("--by: a name of 2 to 40 characters"),
        Error::BadInput { .. } => anyhow::anyhow!("--reason: 4 to 400 characters"),
        other => anyhow::anyhow!("{other}"),
    })?;
    say(&set);
    Ok(())
}

fn say(ceiling: &Ceiling) {
    say!("{} calls a second of {} agreed", ceiling.per_second, ceiling.agreed);
    match &ceiling.set {
        Some((by, why, at)) => {
            let at = clearway_domain::civil(*at).strftime("%Y-%m-%d %H:%M").to_string();
            say!("set by {by} on {at}: {why}");
        }
        None => say!("as the site is configured"),
    }
}
