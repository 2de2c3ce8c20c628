//! Reading the parameters of a pack.

use jiff::civil::{Date, Time};

use super::codes::CodeList;
use super::load::{Names, read_confidence, read_readings};
use super::pack::ParamSource;
use super::params::{PVal, Param, Params};
use super::toml_tree::{Entry, Keys, Node, Problems, Tree, nearest};
use super::value::Kind;
use crate::facts::Behaviour;
use crate::offences::OffenceTable;

/// A parameter with its values by date, oldest first.
pub(super) struct Dated {
    pub values: Vec<(Date, PVal)>,
}

impl Dated {
    /// The value on a day; the loader has checked that the oldest is old enough.
    pub fn on(&self, day: Date) -> &PVal {
        let after = self.values.partition_point(|(from, _)| *from <= day);
        &self.values[after.saturating_sub(1)].1
    }
}

/// All parameters in the order of [`Param::ALL`], or `None` with the problems noted; and where each comes from.
pub(super) fn read_params(
    node: Node,
    from: Option<Date>,
    names: &Names<'_>,
    offences: &OffenceTable,
    problems: &mut Problems<'_>,
) -> (Option<Vec<Dated>>, Vec<ParamSource>) {
    let line = node.line;
    let Tree::Table(entries) = node.value else {
        problems.add(line, "param", "must be a table", "write `[param]`");
        return (None, Vec::new());
    };
    let mut found: Vec<Option<Dated>> = Param::ALL.iter().map(|_| None).collect();
    let mut seen = [false; Param::COUNT];
    let mut sources = Vec::new();
    for entry in entries {
        let Some(param) = Param::by_name(&entry.key) else {
            let near = nearest(&entry.key, Param::ALL.iter().map(|param| param.name()));
            let fix = near.map_or("take it out".to_owned(), |near| format!("did you mean `{near}`?"));
            problems.add(entry.line, format!("param.{}", entry.key), "unknown parameter", fix);
            continue;
        };
        seen[param as usize] = true;
        if let Some((dated, source)) = read_param(param, entry, from, names, offences, problems) {
            found[param as usize] = Some(dated);
            sources.push(source);
        }
    }
    for param in Param::ALL.iter().filter(|param| !seen[**param as usize]) {
        let fix = format!(
            "add `\"{}\" = {{ value = …, article = …, confidence = … }}` ({})",
            param.name(),
            param.doc().trim()
        );
        problems.add(line, format!("param.{}", param.name()), "is missing", fix);
    }
    sources.sort_by_key(|source| source.param);
    (found.into_iter().collect(), sources)
}

fn read_param(
    param: Param,
    entry: Entry,
    from: Option<Date>,
    names: &Names<'_>,
    offences: &OffenceTable,
    problems: &mut Problems<'_>,
) -> Option<(Dated, ParamSource)> {
    let place = format!("param.{}", param.name());
    let line = entry.line;
    let mut keys = Keys::of(entry.node, place.clone(), problems)?;
    keys.line = line;
    let article = names.article(&mut keys, problems);
    let confidence = read_confidence(&mut keys, problems);
    let readings = read_readings(&mut keys, problems);
    let note = keys.text_if_any("note", problems).map(|(note, _)| note);
    let (value, dated) = (keys.take("value"), keys.take("dated"));
    keys.close(problems);
    let mut reader = Values { param, place: &place, offences, problems };
    let values = match (value, dated) {
        (Some(node), None) => vec![(from.unwrap_or(Date::MIN), reader.value(node)?)],
        (None, Some(node)) => reader.dated(node, from)?,
        _ => {
            problems.add(line, place, "needs `value` or `dated`, and not both", "write `value = …`");
            return None;
        }
    };
    let source = ParamSource { param, article: article?, confidence: confidence?, readings, note };
    Some((Dated { values }, source))
}

struct Values<'v, 'p, 'f> {
    param: Param,
    place: &'v str,
    offences: &'v OffenceTable,
    problems: &'p mut Problems<'f>,
}

impl Values<'_, '_, '_> {
    fn dated(&mut self, node: Node, from: Option<Date>) -> Option<Vec<(Date, PVal)>> {
        let line = node.line;
        let Tree::List(items) = node.value else {
            self.wrong(line, "`dated` must be a list", "write `dated = [{ from = …, value = … }]`");
            return None;
        };
        let mut values: Vec<(Date, PVal)> = Vec::new();
        for item in items {
            let line = item.line;
            let mut keys = Keys::of(item, self.place.to_owned(), self.problems)?;
            let start = keys.day("from", self.problems);
            let value = keys.need("value", self.problems);
            keys.close(self.problems);
            let (start, value) = (start?, self.value(value?)?);
            if values.last().is_some_and(|(last, _)| *last >= start) {
                self.wrong(line, "the dates must rise", "put the oldest first");
            }
            values.push((start, value));
        }
        match (values.first(), from) {
            (Some((first, _)), Some(from)) if *first > from => {
                self.wrong(
                    line,
                    "no value for the first day of the pack",
                    format!("begin with `from = {from}`"),
                );
            }
            (None, _) => self.wrong(line, "`dated` is empty", "give at least one value"),
            _ => return Some(values),
        }
        None
    }

    fn value(&mut self, node: Node) -> Option<PVal> {
        let line = node.line;
        match (self.param.kind(), node.value) {
            (Kind::Flag, Tree::Flag(flag)) => Some(PVal::Flag(flag)),
            (Kind::Fen | Kind::Points | Kind::Count | Kind::Percent | Kind::Seconds, Tree::Int(number)) => {
                if (0..=100_000_000).contains(&number) {
                    return Some(PVal::Int(number));
                }
                self.wrong(line, format!("{number} is out of range"), "write 0 to 100000000");
                None
            }
            (Kind::Day, Tree::Day(day)) => Some(PVal::Day(day)),
            (Kind::Text, Tree::Text(text)) if !text.is_empty() => Some(PVal::Text(text)),
            (Kind::Letters, Tree::Text(text)) => self.letters(line, text),
            (Kind::Clock, Tree::Text(text)) => self.clock(line, &text),
            (Kind::Codes, Tree::List(items)) => self.codes(items),
            (Kind::Words, Tree::List(items)) => self.behaviours(items),
            (kind, other) => {
                self.wrong(
                    line,
                    format!("this is {}, not {}", other.word(), kind.word()),
                    format!("write {}", kind.word()),
                );
                None
            }
        }
    }

    fn letters(&mut self, line: usize, text: String) -> Option<PVal> {
        let fine = text.chars().all(|letter| letter.is_ascii_uppercase());
        if !fine {
            self.wrong(line, "state letters are capital letters without spaces", "write them like \"BDE\"");
            return None;
        }
        Some(PVal::Text(text))
    }

    fn clock(&mut self, line: usize, text: &str) -> Option<PVal> {
        match text.parse::<Time>() {
            Ok(time) if text.len() == 5 => Some(PVal::Clock(time)),
            _ => {
                self.wrong(line, format!("`{text}` is no time of day"), "write it like \"06:00\"");
                None
            }
        }
    }

    fn codes(&mut self, items: Vec<Node>) -> Option<PVal> {
        let mut codes = Vec::new();
        for item in items {
            match item.value {
                Tree::Text(code) if matches!(code.len(), 4 | 5) && self.offences.lookup(&code).is_some() => {
                    codes.push(code)
                }
                Tree::Text(code) => {
                    let fix = "take it out, or add it to packs/offences.csv first";
                    self.wrong(item.line, format!("offence code `{code}` is not in the table"), fix);
                }
                other => {
                    self.wrong(item.line, format!("{} is no offence code", other.word()), "put it in quotes")
                }
            }
        }
        Some(PVal::Codes(CodeList::new(codes)))
    }

    fn behaviours(&mut self, items: Vec<Node>) -> Option<PVal> {
        let mut list = Vec::new();
        for item in items {
            let Tree::Text(word) = item.value else {
                self.wrong(item.line, "a behaviour is a word", "put it in quotes");
                continue;
            };
            match serde_json::from_value::<Behaviour>(serde_json::Value::String(word.clone())) {
                Ok(behaviour) => list.push(behaviour),
                Err(_) => self.wrong(
                    item.line,
                    format!("unknown behaviour `{word}`"),
                    "see docs/reference/facts.md",
                ),
            }
        }
        Some(PVal::Behaviours(list))
    }

    fn wrong(&mut self, line: usize, message: impl Into<String>, fix: impl Into<String>) {
        self.problems.add(line, self.place.to_owned(), message, fix);
    }
}

/// What the page of a question takes at least, besides the questions themselves: choosing, reading, confirming.
const AROUND_SECONDS: i64 = 35;

/// What one question takes.
const QUESTION_SECONDS: i64 = 14;

/// What paying takes.
const PAYING_SECONDS: i64 = 13;

/// Checks that concern several parameters at once.
pub(super) fn check_together(params: &Params, problems: &mut Problems<'_>) {
    if params.clock(Param::ServiceOpens) >= params.clock(Param::ServiceCloses) {
        problems.add(1, "param.service.opens", "opens at or after closing", "put the hours right");
    }
    let programmes = [
        (Param::FirstQuestions, Param::FirstPass, Param::FirstStudySeconds, Param::FirstAdvertised, false),
        (
            Param::StudyQuestions,
            Param::StudyPass,
            Param::StudySeconds,
            Param::StudyAdvertised,
            params.flag(Param::StudyPayFirst),
        ),
    ];
    for (questions, pass, seconds, advertised, paying) in programmes {
        if params.int(pass) > params.int(questions) || params.int(questions) == 0 {
            problems.add(
                1,
                format!("param.{}", pass.name()),
                "cannot be reached",
                "ask at least as many questions",
            );
        }
        let least = params.int(seconds)
            + params.int(questions) * QUESTION_SECONDS
            + AROUND_SECONDS
            + if paying { PAYING_SECONDS } else { 0 };
        if params.int(advertised) < least {
            let message =
                format!("promises {} seconds, but it takes at least {least}", params.int(advertised));
            let fix = format!("promise {least} seconds or more, or ask for less");
            problems.add(1, format!("param.{}", advertised.name()), message, fix);
        }
    }
    for (param, least) in [(Param::StudyCyclesBack, 1), (Param::FirstUses, 1), (Param::StudyUses, 1)] {
        if params.int(param) < least {
            problems.add(1, format!("param.{}", param.name()), "must be at least 1", "write 1 or more");
        }
    }
    for param in [Param::StudyCyclesBack, Param::FirstYearsBack] {
        if params.int(param) > 20 {
            problems.add(1, format!("param.{}", param.name()), "looks back too far", "write 20 or less");
        }
    }
}
