//! `clearway officer …`: what waits for a person, and the deeds of officers. What gives money back or takes a decision away
//! needs a second person.

use anyhow::{Context, Result, bail};
use clearway_domain::Fen;
use clearway_service::officer::{self, Deed, Waiting};
use clearway_service::{Error, World};

use crate::say;

/// What stands behind `--help`.
pub const USAGE: &str = "  clearway officer list                                    what waits for a person
  clearway officer retry   --case ID --by NAME --why TEXT  try the decision of a paid case again
  clearway officer clear   FINDING --by NAME --why TEXT    looked at: what it told of is settled
  clearway officer propose refund|annul --case ID --by NAME --why TEXT
  clearway officer propose returned --finding FINDING --by NAME --why TEXT   the money went back another way
  clearway officer approve PROPOSAL --by NAME              the second person agrees: the deed is done
  clearway officer reject  PROPOSAL --by NAME --why TEXT";

/// The words after `clearway officer`, `--config FILE` taken out.
struct Words {
    plain: Vec<String>,
    case: Option<String>,
    finding: Option<String>,
    by: Option<String>,
    why: Option<String>,
}

impl Words {
    fn read(args: &[String]) -> Result<Self> {
        let mut words = Self { plain: Vec::new(), case: None, finding: None, by: None, why: None };
        let mut args = args.iter();
        while let Some(word) = args.next() {
            let place = match word.as_str() {
                "--case" => &mut words.case,
                "--finding" => &mut words.finding,
                "--by" => &mut words.by,
                "--why" => &mut words.why,
                other if other.starts_with("--") => bail!("`{other}` is no option here\n\n{USAGE}"),
                _ => {
                    words.plain.push(word.clone());
                    continue;
                }
            };
            *place = Some(args.next().with_context(|| format!("{word} needs a value"))?.clone());
        }
        Ok(words)
    }

    fn need<'w>(value: &'w Option<String>, name: &str) -> Result<&'w str> {
        value.as_deref().with_context(|| format!("{name} is missing\n\n{USAGE}"))
    }
}

/// Runs one deed.
///
/// # Errors
/// A sentence that says what is missing, or why it cannot be done.
pub fn run(world: &World, args: &[String]) -> Result<()> {
    let words = Words::read(args)?;
    let plain: Vec<&str> = words.plain.iter().map(String::as_str).collect();
    match plain.as_slice() {
        ["list"] => list(world),
        ["retry"] => {
            let case = Words::need(&words.case, "--case")?;
            told(officer::retry::retry(
                world,
                case,
                Words::need(&words.by, "--by")?,
                Words::need(&words.why, "--why")?,
            ))?;
            say!("case {case}: the decision is tried again");
            Ok(())
        }
        ["clear", finding] => {
            let (by, why) = (Words::need(&words.by, "--by")?, Words::need(&words.why, "--why")?);
            told(officer::clear::clear(world, finding, by, why))?;
            say!("finding {finding}: closed");
            Ok(())
        }
        ["propose", deed] => {
            let deed = Deed::from_slug(deed).with_context(|| format!("{deed} is no deed\n\n{USAGE}"))?;
            let about = match deed {
                Deed::Returned => Words::need(&words.finding, "--finding")?,
                Deed::Refund | Deed::Annul => Words::need(&words.case, "--case")?,
            };
            let (by, why) = (Words::need(&words.by, "--by")?, Words::need(&words.why, "--why")?);
            let proposal = told(officer::propose(world, deed, about, by, why))?;
            say!("proposal {proposal}: waits for a second person");
            Ok(())
        }
        ["approve", proposal] => {
            told(officer::approve(world, proposal, Words::need(&words.by, "--by")?))?;
            say!("proposal {proposal}: done");
            Ok(())
        }
        ["reject", proposal] => {
            let (by, why) = (Words::need(&words.by, "--by")?, Words::need(&words.why, "--why")?);
            told(officer::reject(world, proposal, by, why))?;
            say!("proposal {proposal}: rejected");
            Ok(())
        }
        _ => bail!("what shall be done?\n\n{USAGE}"),
    }
}

/// Says in a sentence what a refusal means at a command line.
fn told<T>(done: Result<T, Error>) -> Result<T> {
    done.map_err(|error| match error {
        Error::BadInput { field, value, fix } => {
            let fix = match fix {
                "appr-self" => "another person must decide: nobody approves an own proposal",
                "officer-name" => "a name of 2 to 40 characters",
                "finding-by-itself" => "it ends by itself with what it is about",
                "finding-no-refund" => {
                    "it is not about a refund: look for one of a kind that begins with refund-"
                }
                "refund-under-way" => {
                    "the rail is carrying it out: wait for the day that the driver was told"
                }
                "officer-why" => "a reason of 4 to 400 characters",
                other => other,
            };
            anyhow::anyhow!("--{field} {value:?}: {fix}")
        }
        Error::Conflict(_) => anyhow::anyhow!("it has moved on, or is decided already: look at it again"),
        other => anyhow::anyhow!("{other}"),
    })
}

fn list(world: &World) -> Result<()> {
    let (findings, proposals) = officer::waiting(world)?;
    for Waiting { finding, statement } in &findings {
        let due = clearway_domain::civil(jiff::Timestamp::from_millisecond(finding.due_at_ms)?);
        say!(
            "{}  {} yuan, due {}  {}",
            finding.finding_id,
            Fen(finding.fen),
            due.strftime("%Y-%m-%d %H:%M"),
            finding.detail
        );
        if let Some(statement) = statement {
            let about = if statement.subject.is_empty() { "-" } else { &statement.subject };
            say!("    about {}: {}", one_line(about), one_line(&statement.body));
        }
    }
    for proposal in &proposals {
        say!(
            "proposal           {}  {} of {} by {}: {}",
            proposal.approval_id,
            proposal.deed,
            proposal.subject,
            proposal.proposed_by,
            proposal.why
        );
    }
    say!("{} findings, {} proposals", findings.len(), proposals.len());
    Ok(())
}

/// A driver's words in one line. What a terminal would take for a command to itself is a blank.
fn one_line(words: &str) -> String {
    words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_cannot_speak_to_the_terminal_of_whoever_reads_it() {
        assert_eq!(one_line("我不同意\n\u{1b}[2J第二行\u{9b}31m"), "我不同意  [2J第二行 31m");
    }
}
