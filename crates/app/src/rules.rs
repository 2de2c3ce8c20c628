//! `clearway rules check` and `clearway rules explain`: packs are read and checked, and a verdict is shown with its trace.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clearway_domain::facts::{facts_from_json, facts_from_toml};
use clearway_domain::offences::OffenceTable;
use clearway_domain::rules::cases;
use clearway_domain::rules::{
    Cure, Explanation, Outcome, Pack, PackFile, PackProblem, Packs, Reason, SHIPPED, Trace,
};
use clearway_domain::{Calendar, Question, RawFacts};
use jiff::Timestamp;
use serde::Serialize;

/// How it is called.
pub const USAGE: &str = "clearway rules check   [--packs DIR] [--json]
clearway rules explain --pack ID --facts FILE [--question handle|pay|first|study] [--person]
                       [--at INSTANT] [--packs DIR] [--json]

check    reads every pack, reports every problem with file, line and fix, and runs the case files.
explain  answers the four questions (or one) for a facts file (TOML or JSON; docs/reference/facts.md).
         A case file is accepted as well. --pack also takes the path of a pack file.
         --at is an instant as 2020-04-05T10:00+08:00; without it the case's own moment or the present one.
--packs  a folder with <id>/pack.toml in place of the packs that ship with the program.
Exit: 0 done, 1 problems found or cases that differ, 2 wrong use.";

/// Runs `clearway rules …` and gives the exit code. `args` begin after the word `rules`.
///
/// # Errors
/// A file that cannot be read, or facts that are not in the format.
pub fn run(args: &[String]) -> Result<i32> {
    let (text, code) = match Options::parse(args) {
        Ok(Options { verb: Verb::Check, packs, json, .. }) => check(packs.as_deref(), json)?,
        Ok(options) => explain(&options)?,
        Err(message) => (format!("{message}\n\n{USAGE}\n"), 2),
    };
    crate::out::text(text);
    Ok(code)
}

#[derive(Debug, PartialEq, Eq)]
enum Verb {
    Check,
    Explain,
}

#[derive(Debug)]
struct Options {
    verb: Verb,
    pack: Option<String>,
    facts: Option<PathBuf>,
    at: Option<Timestamp>,
    question: Option<Question>,
    person: bool,
    packs: Option<PathBuf>,
    json: bool,
}

impl Options {
    fn parse(args: &[String]) -> Result<Options, String> {
        let verb = match args.first().map(String::as_str) {
            Some("check") => Verb::Check,
            Some("explain") => Verb::Explain,
            Some(other) => return Err(format!("unknown command `rules {other}`")),
            None => return Err("which one?".to_owned()),
        };
        let mut options = Options {
            verb,
            pack: None,
            facts: None,
            at: None,
            question: None,
            person: false,
            packs: None,
            json: false,
        };
        let mut rest = args[1..].iter();
        while let Some(flag) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--json" => options.json = true,
                "--person" => options.person = true,
                "--packs" => options.packs = Some(value()?.into()),
                "--pack" => options.pack = Some(value()?.clone()),
                "--facts" => options.facts = Some(value()?.into()),
                "--question" => options.question = Some(value()?.parse()?),
                "--at" => {
                    let text = value()?;
                    let at = text
                        .parse()
                        .map_err(|e| format!("--at {text}: {e}; write it as 2020-04-05T10:00+08:00"))?;
                    options.at = Some(at);
                }
                other => return Err(format!("unknown option {other}")),
            }
        }
        if options.verb == Verb::Explain && (options.pack.is_none() || options.facts.is_none()) {
            return Err("explain needs --pack and --facts".to_owned());
        }
        Ok(options)
    }
}

/// The texts of all packs of a folder, oldest name first, or those that ship with the program.
fn pack_texts(folder: Option<&Path>) -> Result<Vec<(String, String)>> {
    let Some(folder) = folder else {
        return Ok(SHIPPED.iter().map(|file| (file.name.to_owned(), file.text.to_owned())).collect());
    };
    let mut texts = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?
    {
        let path = entry?.path().join("pack.toml");
        if path.is_file() {
            texts.push((path.display().to_string(), read(&path)?));
        }
    }
    if texts.is_empty() {
        bail!("{} holds no <id>/pack.toml", folder.display());
    }
    texts.sort();
    Ok(texts)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn parse_all(texts: &[(String, String)]) -> Result<Packs, Vec<PackProblem>> {
    let files: Vec<PackFile<'_>> = texts.iter().map(|(name, text)| PackFile { name, text }).collect();
    Packs::parse(&files, &OffenceTable::builtin())
}

#[derive(Serialize)]
struct CheckReport {
    packs: Vec<PackLine>,
    problems: Vec<ProblemLine>,
    cases: usize,
    differing_cases: Vec<String>,
}

#[derive(Serialize)]
struct PackLine {
    id: String,
    from: String,
    until: Option<String>,
    conditions: usize,
    hash: String,
}

#[derive(Serialize)]
struct ProblemLine {
    file: String,
    line: usize,
    field: String,
    message: String,
    fix: String,
}

fn check(folder: Option<&Path>, json: bool) -> Result<(String, i32)> {
    let texts = pack_texts(folder)?;
    let mut report =
        CheckReport { packs: Vec::new(), problems: Vec::new(), cases: 0, differing_cases: Vec::new() };
    match parse_all(&texts) {
        Ok(packs) => {
            for pack in packs.iter() {
                report.packs.push(PackLine {
                    id: pack.id().to_string(),
                    from: pack.from().to_string(),
                    until: pack.until().map(|day| day.to_string()),
                    conditions: pack.condition_count(),
                    hash: pack.hash().to_string(),
                });
            }
            run_cases(folder.unwrap_or(Path::new("packs")), &packs, &mut report)?;
        }
        Err(problems) => report.problems.extend(problems.into_iter().map(|one| ProblemLine {
            file: one.file,
            line: one.line,
            field: one.field,
            message: one.message,
            fix: one.fix,
        })),
    }
    let code = i32::from(!report.problems.is_empty() || !report.differing_cases.is_empty());
    let text = if json { serde_json::to_string_pretty(&report)? + "\n" } else { check_text(&report) };
    Ok((text, code))
}

/// Runs the case files that lie beside the packs; the program alone, without its sources, has none.
fn run_cases(folder: &Path, packs: &Packs, report: &mut CheckReport) -> Result<()> {
    for pack in packs.iter() {
        let Ok(entries) = std::fs::read_dir(folder.join(&**pack.id()).join("cases")) else { continue };
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            report.cases += 1;
            if let Err(difference) = cases::run(pack, &read(&path)?) {
                report.differing_cases.push(format!("{}: {difference}", path.display()));
            }
        }
    }
    Ok(())
}

fn check_text(report: &CheckReport) -> String {
    let mut text = String::new();
    for problem in &report.problems {
        let _ = writeln!(text, "{}:{}: {}: {}", problem.file, problem.line, problem.field, problem.message);
        let _ = writeln!(text, "    fix: {}", problem.fix);
    }
    for pack in &report.packs {
        let until = pack.until.as_deref().unwrap_or("today and on");
        let _ = writeln!(
            text,
            "{:<16} {} to {until}: {} conditions, sha256 {}",
            pack.id,
            pack.from,
            pack.conditions,
            &pack.hash[..16]
        );
    }
    for case in &report.differing_cases {
        let _ = writeln!(text, "case differs: {case}");
    }
    let bad = report.problems.len();
    let _ = match (bad, report.differing_cases.len()) {
        (0, 0) => writeln!(text, "No problems. {} case files answered as written.", report.cases),
        (0, differing) => writeln!(text, "{differing} of {} case files differ.", report.cases),
        (bad, _) => writeln!(text, "{bad} problems. Nothing of these packs may go into force."),
    };
    text
}

#[derive(Serialize)]
struct ExplainReport {
    pack: String,
    pack_hash: String,
    at: String,
    in_force: bool,
    answers: Vec<Explanation>,
}

fn explain(options: &Options) -> Result<(String, i32)> {
    let pack = pick_pack(options)?;
    let path = options.facts.as_deref().context("explain needs --facts")?;
    let (facts, own_moment) = read_facts(path, &pack)?;
    let at = options.at.or(own_moment).unwrap_or_else(present);
    let calendar = Calendar::builtin();
    let asked: Vec<Question> = options.question.map_or(Question::ALL.to_vec(), |question| vec![question]);
    let answers = asked
        .into_iter()
        .map(|question| {
            let mut answer = pack.explain(question, &facts, at, &calendar);
            if options.person {
                answer.verdict = pack.evaluate_person(question, &facts, at, &calendar);
                let asked: Vec<_> = pack.asked_of_person(question).collect();
                answer.trace.retain(|one| asked.contains(&&one.condition));
            }
            answer
        })
        .collect();
    let report = ExplainReport {
        pack: pack.id().to_string(),
        pack_hash: pack.hash().to_string(),
        at: at.to_string(),
        in_force: pack.covers(clearway_domain::world::civil_date(at)),
        answers,
    };
    let text = if options.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        explain_text(&report, &pack)
    };
    Ok((text, 0))
}

fn pick_pack(options: &Options) -> Result<Pack> {
    let wanted = options.pack.as_deref().context("explain needs --pack")?;
    let as_file = Path::new(wanted);
    if as_file.extension().is_some_and(|extension| extension == "toml") {
        return Pack::parse(wanted, &read(as_file)?, &OffenceTable::builtin())
            .map_err(|problems| refused(&problems));
    }
    let packs = parse_all(&pack_texts(options.packs.as_deref())?).map_err(|problems| refused(&problems))?;
    let known: Vec<String> = packs.iter().map(|pack| pack.id().to_string()).collect();
    packs.by_id(wanted).cloned().ok_or_else(|| anyhow!("no pack `{wanted}`; there are {}", known.join(", ")))
}

fn refused(problems: &[PackProblem]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow!("the pack is refused\n{}", lines.join("\n"))
}

/// A facts file in TOML or JSON; a case file brings its own moment and base.
fn read_facts(path: &Path, pack: &Pack) -> Result<(RawFacts, Option<Timestamp>)> {
    let text = read(path)?;
    let place = || path.display().to_string();
    if path.extension().is_some_and(|extension| extension == "json") {
        return Ok((facts_from_json(&text).with_context(place)?, None));
    }
    let is_case = text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("expect"));
    if !is_case {
        return Ok((facts_from_toml(&text).with_context(place)?, None));
    }
    let case = cases::parse(&text).map_err(|message| anyhow!("{}: {message}", path.display()))?;
    let facts = cases::facts(&case, pack.id()).map_err(|message| anyhow!("{}: {message}", path.display()))?;
    let at = cases::moment(&case).map_err(|message| anyhow!("{}: {message}", path.display()))?;
    Ok((facts, Some(at)))
}

#[expect(clippy::disallowed_methods, reason = "a command without --at asks about the present moment")]
fn present() -> Timestamp {
    Timestamp::now()
}

fn explain_text(report: &ExplainReport, pack: &Pack) -> String {
    let mut text = String::new();
    let moment = report.at.parse::<Timestamp>().map(clearway_domain::world::civil);
    let moment =
        moment.map_or(report.at.clone(), |civil| format!("{} {} (China)", civil.date(), civil.time()));
    let _ = writeln!(text, "{} · {}", pack.title().zh, pack.title().en);
    let _ = writeln!(text, "pack {}, sha256 {}, asked for {moment}", report.pack, &report.pack_hash[..16]);
    if !report.in_force {
        let _ = writeln!(text, "Note: this pack is not in force at that moment.");
    }
    for answer in &report.answers {
        let verdict = &answer.verdict;
        let _ = writeln!(text, "\n== {}: {} ==", verdict.question.word(), outcome_word(verdict.outcome));
        for reason in &verdict.reasons {
            reason_text(&mut text, reason, pack);
        }
        for note in &verdict.notes {
            let _ = writeln!(text, "  note {}  {}", note.refusal, note.refusal.meaning().trim());
        }
        let _ = writeln!(text, "  every condition:");
        for one in &answer.trace {
            trace_text(&mut text, one);
        }
    }
    text
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed 可以",
        Outcome::Refused => "refused 不可以",
        Outcome::Unknown => "cannot be determined 无法判断",
    }
}

fn reason_text(text: &mut String, reason: &Reason, pack: &Pack) {
    let sign = if reason.outcome == Outcome::Refused { "✗" } else { "?" };
    let _ = writeln!(text, "  {sign} {}  {}", reason.refusal, reason.refusal.meaning().trim());
    let found: Vec<String> = reason
        .facts
        .iter()
        .map(|fact| format!("{} = {}", fact.name, fact.value.as_deref().unwrap_or("not known")))
        .collect();
    if !found.is_empty() {
        let _ = writeln!(text, "      found: {}", found.join(", "));
    }
    if !reason.missing.is_empty() {
        let _ = writeln!(text, "      missing: {}", reason.missing.join(", "));
    }
    let article =
        pack.article(&reason.article).map_or(reason.article.to_string(), |article| article.name.zh.clone());
    let _ = writeln!(text, "      rule: {article} [{} {}]", reason.article, reason.confidence.letter());
    let _ = writeln!(text, "      cure: {}", cure_word(reason.cure));
    if let Some(day) = reason.turns_on {
        let _ = writeln!(text, "      turns on: {day}");
    }
}

fn cure_word(cure: Cure) -> String {
    let step = |step| {
        serde_json::to_value(step).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    };
    match cure {
        Cure::Now(by) => format!("now ({})", step(by)),
        Cure::Date(day) => format!("by itself on {day}"),
        Cure::Later(by) => format!("by itself, day not known ({})", step(by)),
        Cure::Elsewhere(by) => format!("elsewhere ({})", step(by)),
        Cure::Never(by) => format!("never for this violation ({})", step(by)),
    }
}

fn trace_text(text: &mut String, one: &Trace) {
    let sign = match (one.note, one.outcome) {
        _ if !one.applies => "-",
        (false, Outcome::Allowed) => "✓",
        (false, Outcome::Refused) => "✗",
        (false, Outcome::Unknown) => "?",
        (true, Outcome::Refused) => "i",
        (true, _) => "·",
    };
    let facts: Vec<String> = one
        .facts
        .iter()
        .map(|fact| format!("{}={}", fact.name, fact.value.as_deref().unwrap_or("?")))
        .collect();
    let readings =
        if one.readings.is_empty() { String::new() } else { format!(" {}", one.readings.join(" ")) };
    let _ = writeln!(
        text,
        "    {sign} {:<28} {}  [{} {}{readings}]  {}",
        one.condition,
        one.text.zh,
        one.article.key,
        one.confidence.letter(),
        facts.join(" ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[&str]) -> Result<Options, String> {
        Options::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn the_shipped_packs_are_good() {
        let (text, code) = check(None, false).unwrap();
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("wuhan-2019") && text.contains("No problems"), "{text}");
    }

    #[test]
    fn a_bad_pack_is_refused_with_file_line_and_fix() {
        let folder = std::env::temp_dir().join(format!("clearway-bad-pack-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("bad")).unwrap();
        let bad = SHIPPED[1].text.replace("refusal = \"V_TWELVE\"", "refusal = \"V_TWELF\"");
        std::fs::write(folder.join("bad/pack.toml"), bad).unwrap();
        let (text, code) = check(Some(&folder), false).unwrap();
        let (json, _) = check(Some(&folder), true).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(code, 1);
        assert!(text.contains("pack.toml:") && text.contains("did you mean `V_TWELVE`?"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(json["problems"][0]["line"].as_u64().unwrap() > 100);
    }

    #[test]
    fn every_case_file_can_be_explained_and_says_what_it_expects() {
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
        let case = packs.join("wuhan-2019/cases/reading-a02-decided-and-open-records.toml");
        let mut asked =
            options(&["explain", "--pack", "wuhan-2019", "--facts", case.to_str().unwrap()]).unwrap();
        let (text, code) = explain(&asked).unwrap();
        assert_eq!(code, 0);
        assert!(text.contains("F_HAS_RECORD") && text.contains("turns on: 2020-06-15"), "{text}");
        assert!(!text.contains("A12345"), "a plate is never printed");
        asked.json = true;
        let json: serde_json::Value = serde_json::from_str(&explain(&asked).unwrap().0).unwrap();
        assert_eq!(json["answers"].as_array().unwrap().len(), 4);
        let first = &json["answers"][2]["verdict"];
        assert_eq!((&first["question"], &first["outcome"]), (&"first".into(), &"refused".into()));
    }

    #[test]
    fn wrong_use_is_told() {
        assert!(options(&[]).is_err());
        assert!(options(&["explain", "--pack", "x"]).is_err());
        assert!(
            options(&["explain", "--pack", "x", "--facts", "y", "--at", "yesterday"])
                .unwrap_err()
                .contains("--at")
        );
        assert!(options(&["check", "--loud"]).unwrap_err().contains("--loud"));
        assert_eq!(run(&["fly".to_owned()]).unwrap(), 2);
    }
}
