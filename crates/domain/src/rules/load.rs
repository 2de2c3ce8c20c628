//! Reading a pack: every key, name and type is checked, and every problem is reported with its line.

use std::sync::Arc;

use jiff::civil::Date;

use super::catalogue::Fact;
use super::expr::{Expr, Operand, Reader};
use super::flat::{Facts, Program};
use super::judge::Places;
use super::load_params::{Dated, read_params};
use super::pack::{Article, Asked, Condition, CureRule, Era, Pack, Run, Show, Words, hash_of, places};
use super::params::{Param, Params};
use super::toml_tree::{Keys, Node, PackProblem, Problems, Tree, nearest, read};
use super::value::{Kind, Truth};
use super::verdict::Confidence;
use crate::offences::OffenceTable;
use crate::refusal::{Question, Refusal};

impl Pack {
    /// Reads a pack. `label` names the file in problems. All problems are returned, in the order of the file.
    pub fn parse(label: &str, text: &str, offences: &OffenceTable) -> Result<Pack, Vec<PackProblem>> {
        let mut problems = Problems::new(label);
        let pack = read(text, &mut problems).and_then(|node| read_pack(node, text, offences, &mut problems));
        problems.list.sort_by_key(|problem| problem.line);
        match pack {
            Some(pack) if problems.list.is_empty() => Ok(pack),
            _ => Err(problems.list),
        }
    }
}

fn read_pack(node: Node, text: &str, offences: &OffenceTable, problems: &mut Problems<'_>) -> Option<Pack> {
    let mut keys = Keys::of(node, "pack", problems)?;
    let id = keys.text("id", problems);
    let title = keys.need("title", problems).and_then(|node| read_words(node, "pack.title", problems));
    let from = keys.day("from", problems);
    let until = keys.day_if_any("until", problems);
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        problems.add(keys.line, "pack.until", "lies before `from`", "put the dates right");
    }
    let period = read_confidence(&mut keys, problems);
    let articles =
        keys.need("articles", problems).map(|node| read_articles(node, problems)).unwrap_or_default();
    let names = Names { articles: &articles };
    let params = keys.need("param", problems).map(|node| read_params(node, from, &names, offences, problems));
    let conditions: Vec<Condition> = keys
        .list("condition", problems)
        .into_iter()
        .filter_map(|node| read_condition(node, &names, problems))
        .collect();
    check_ids(&conditions, problems);
    keys.close(problems);
    let (dated, sources) = params?;
    let from = from?;
    let eras = eras(from, &dated?, &conditions, problems);
    Some(Pack {
        id: id?.0.into(),
        hash: hash_of(text).into(),
        title: title?,
        from,
        until,
        period: period?,
        articles,
        sources,
        conditions,
        eras,
    })
}

/// Compiles the conditions for every stretch of time in which no parameter changes.
fn eras(from: Date, dated: &[Dated], conditions: &[Condition], problems: &mut Problems<'_>) -> Vec<Era> {
    let mut starts: Vec<Date> =
        dated.iter().flat_map(|param| param.values.iter().map(|(day, _)| *day)).collect();
    starts.push(from);
    starts.retain(|day| *day >= from);
    starts.sort();
    starts.dedup();
    starts
        .into_iter()
        .map(|start| {
            let params = Params::new(dated.iter().map(|param| param.on(start).clone()).collect());
            super::load_params::check_together(&params, problems);
            let mut program = Program::default();
            let mut when = Program::default();
            for condition in conditions {
                program.push(&condition.holds, &params);
                when.push(condition.when.as_ref().unwrap_or(&Expr::All(Vec::new())), &params);
            }
            // With every fact unknown, only the parameters can say that a condition does not apply.
            let nothing = Facts::unknown();
            let off =
                (0..conditions.len()).map(|number| when.run(number, &nothing) == Truth::False).collect();
            let asked = Question::ALL.map(|question| Asked {
                blocks: in_turn(question, conditions, &program, false),
                notes: in_turn(question, conditions, &program, true),
            });
            Era { from: start, params, program, when, off, asked }
        })
        .collect()
}

/// The conditions of a question that block, or those that inform, in order of precedence.
fn in_turn(question: Question, conditions: &[Condition], all: &Program, notes: bool) -> Run {
    let mut numbers: Vec<usize> = (0..conditions.len())
        .filter(|number| conditions[*number].questions.contains(&question))
        .filter(|number| conditions[*number].refusal.is_note() == notes)
        .filter(|number| all.fixed(*number) != Some(Truth::True))
        .collect();
    numbers.sort_by_key(|number| conditions[*number].refusal);
    let mut run = Run::default();
    for (place, number) in numbers.iter().enumerate() {
        run.program.push_from(all, *number);
        if !conditions[*number].about_record {
            run.of_person.add(place);
        }
    }
    run.numbers = numbers;
    run
}

/// The names that a pack declares for itself.
pub(super) struct Names<'n> {
    articles: &'n [Article],
}

impl Names<'_> {
    pub(super) fn article(&self, keys: &mut Keys, problems: &mut Problems<'_>) -> Option<Arc<str>> {
        let (key, line) = keys.text("article", problems)?;
        if let Some(article) = self.articles.iter().find(|article| *article.key == *key) {
            return Some(article.key.clone());
        }
        let near = nearest(&key, self.articles.iter().map(|article| &*article.key));
        let fix = match near {
            Some(near) => format!("did you mean `{near}`? Otherwise add it under [articles]"),
            None => "add it under [articles]".to_owned(),
        };
        problems.add(line, keys.field("article"), format!("unknown article `{key}`"), fix);
        None
    }
}

fn read_articles(node: Node, problems: &mut Problems<'_>) -> Vec<Article> {
    let Tree::Table(entries) = node.value else {
        problems.add(node.line, "articles", "must be a table", "write `[articles]`");
        return Vec::new();
    };
    entries
        .into_iter()
        .filter_map(|entry| {
            let name = read_words(entry.node, &format!("articles.{}", entry.key), problems)?;
            Some(Article { key: entry.key.into(), name })
        })
        .collect()
}

fn read_words(node: Node, place: &str, problems: &mut Problems<'_>) -> Option<Words> {
    let mut keys = Keys::of(node, place, problems)?;
    let zh = keys.text("zh", problems);
    let en = keys.text("en", problems);
    for (text, line) in [&zh, &en].into_iter().flatten() {
        check_places(text, *line, place, problems);
    }
    keys.close(problems);
    Some(Words { zh: zh?.0, en: en?.0 })
}

fn check_places(text: &str, line: usize, place: &str, problems: &mut Problems<'_>) {
    match places(text) {
        Err(message) => problems.add(line, place, message, "write parameters as {limits.fine}"),
        Ok(names) => {
            for name in names.into_iter().filter(|name| Param::by_name(name).is_none()) {
                let near = nearest(name, Param::ALL.iter().map(|param| param.name()));
                let fix = near.map_or("name a parameter of this pack".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                problems.add(line, place, format!("unknown parameter `{{{name}}}` in a text"), fix);
            }
        }
    }
}

pub(super) fn read_confidence(keys: &mut Keys, problems: &mut Problems<'_>) -> Option<Confidence> {
    let (letter, line) = keys.text("confidence", problems)?;
    match letter.as_str() {
        "S" => Some(Confidence::S),
        "K" => Some(Confidence::K),
        "A" => Some(Confidence::A),
        _ => {
            let fix = "write S (read in a source), K (general knowledge) or A (our assumption)";
            problems.add(line, keys.field("confidence"), format!("`{letter}` is no mark"), fix);
            None
        }
    }
}

pub(super) fn read_readings(keys: &mut Keys, problems: &mut Problems<'_>) -> Vec<String> {
    let Some((text, line)) = keys.text_if_any("reading", problems) else { return Vec::new() };
    let names: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    for name in &names {
        let number = name.strip_prefix('A').and_then(|digits| digits.parse::<u8>().ok());
        if !number.is_some_and(|number| (1..=45).contains(&number)) {
            problems.add(
                line,
                keys.field("reading"),
                format!("`{name}` is no reading"),
                "write A1 to A45, with spaces",
            );
        }
    }
    names
}

fn check_ids(conditions: &[Condition], problems: &mut Problems<'_>) {
    for (at, condition) in conditions.iter().enumerate() {
        if conditions[..at].iter().any(|other| other.id == condition.id) {
            problems.add(
                1,
                format!("condition {}", condition.id),
                "the id stands twice",
                "give each condition its own id",
            );
        }
    }
    for question in Question::ALL {
        let of_it = conditions.iter().filter(|one| one.questions.contains(&question));
        let (notes, blocks): (Vec<_>, Vec<_>) = of_it.partition(|one| one.refusal.is_note());
        if blocks.is_empty() {
            let message = format!("no condition for the question `{}`", question.word());
            problems.add(1, "condition", message, "a question without conditions would always be allowed");
        }
        if blocks.len().max(notes.len()) > Places::MOST {
            let message = format!("too many conditions for the question `{}`", question.word());
            problems.add(1, "condition", message, format!("at most {} are possible", Places::MOST));
        }
    }
}

fn read_condition(node: Node, names: &Names<'_>, problems: &mut Problems<'_>) -> Option<Condition> {
    let mut keys = Keys::of(node, "condition", problems)?;
    let id = keys.text("id", problems);
    if let Some((id, _)) = &id {
        keys.place = format!("condition {id}");
    }
    let refusal = read_refusal(&mut keys, problems);
    let questions = read_questions(&mut keys, refusal, problems);
    let when = keys.take("when").map(|node| reader(&keys, problems).expr(&node, 0));
    let holds = read_holds(&mut keys, refusal, problems);
    let show = read_show(&mut keys, problems);
    let threshold = keys.take("threshold").and_then(|node| {
        let (value, kind) = reader(&keys, problems).operand(&node)?;
        Some((value, kind.unwrap_or(Kind::Count)))
    });
    let article = names.article(&mut keys, problems);
    let confidence = read_confidence(&mut keys, problems);
    let readings = read_readings(&mut keys, problems);
    let turns_on = read_turns(&mut keys, problems);
    let cure = read_cure(&mut keys, !turns_on.is_empty(), problems);
    let place = keys.field("text");
    let text = keys.need("text", problems).and_then(|node| read_words(node, &place, problems));
    let line = keys.line;
    keys.close(problems);
    let (id, body, questions) = (id?.0, holds?, questions?);
    let (when, holds) = match when {
        None => (None, body),
        Some(when) => {
            let when = when?;
            (Some(when.clone()), Expr::Any(vec![Expr::Not(Box::new(when)), body]))
        }
    };
    let facts = holds.facts();
    if questions.contains(&Question::First) && facts.contains(&Fact::FirstAvailable) {
        problems.add(
            line,
            place,
            "the question `first` cannot rest on its own answer",
            "take `first` out of `for`",
        );
    }
    Some(Condition {
        id: id.into(),
        refusal: refusal?,
        questions,
        about_record: facts.iter().any(|fact| fact.is_about_record()),
        holds,
        when,
        show,
        threshold,
        article: article?,
        confidence: confidence?,
        readings,
        cure: cure?,
        turns_on,
        text: text?,
    })
}

fn reader<'p, 'f>(keys: &Keys, problems: &'p mut Problems<'f>) -> Reader<'p, 'f> {
    Reader { place: keys.place.clone(), problems }
}

fn read_refusal(keys: &mut Keys, problems: &mut Problems<'_>) -> Option<Refusal> {
    let (code, line) = keys.text("refusal", problems)?;
    match code.parse() {
        Ok(refusal) => Some(refusal),
        Err(message) => {
            let near = nearest(&code, Refusal::ALL.iter().map(|refusal| refusal.code()));
            let fix =
                near.map_or("see packs/reasons.csv".to_owned(), |near| format!("did you mean `{near}`?"));
            problems.add(line, keys.field("refusal"), message, fix);
            None
        }
    }
}

/// A reason may block only what the table of reasons says; what blocks handling also blocks the programmes by which a
/// record is handled.
fn read_questions(
    keys: &mut Keys,
    refusal: Option<Refusal>,
    problems: &mut Problems<'_>,
) -> Option<Vec<Question>> {
    let mut questions = Vec::new();
    for item in keys.list("for", problems) {
        let Tree::Text(word) = &item.value else {
            problems.add(
                item.line,
                keys.field("for"),
                "is not a question",
                "write handle, pay, first or study",
            );
            continue;
        };
        match word.parse::<Question>() {
            Ok(question) if refusal.is_some_and(|refusal| !may_ask(refusal, question)) => {
                let message = format!("this reason does not block `{word}`");
                problems.add(
                    item.line,
                    keys.field("for"),
                    message,
                    "see the column `blocks` of packs/reasons.csv",
                );
            }
            Ok(question) => questions.push(question),
            Err(message) => problems.add(item.line, keys.field("for"), message, "put the word right"),
        }
    }
    (!questions.is_empty()).then_some(questions)
}

fn may_ask(refusal: Refusal, question: Question) -> bool {
    let blocks = refusal.blocks();
    let by_handling =
        blocks.contains(&Question::Handle) && matches!(question, Question::First | Question::Study);
    refusal.is_note() || blocks.contains(&question) || by_handling
}

/// `require` for a reason that blocks, `note_when` for one that informs.
fn read_holds(keys: &mut Keys, refusal: Option<Refusal>, problems: &mut Problems<'_>) -> Option<Expr> {
    let (require, note) = (keys.take("require"), keys.take("note_when"));
    match (require, note, refusal.map(Refusal::is_note)) {
        (Some(node), None, Some(false) | None) => reader(keys, problems).expr(&node, 0),
        (None, Some(node), Some(true) | None) => {
            reader(keys, problems).expr(&node, 0).map(|expr| Expr::Not(Box::new(expr)))
        }
        _ => {
            let (message, fix) = match refusal.map(Refusal::is_note) {
                Some(true) => ("a reason for information needs `note_when` alone", "write `note_when = …`"),
                _ => ("a reason that blocks needs `require` alone", "write `require = …`"),
            };
            problems.add(keys.line, keys.place.clone(), message, fix);
            None
        }
    }
}

fn read_show(keys: &mut Keys, problems: &mut Problems<'_>) -> Vec<Show> {
    let Some(node) = keys.take("show") else { return Vec::new() };
    let Tree::Table(entries) = node.value else {
        problems.add(
            node.line,
            keys.field("show"),
            "must be a table",
            "write `show = { yuan = \"violation.fine\" }`",
        );
        return Vec::new();
    };
    entries
        .into_iter()
        .filter_map(|entry| {
            if !entry.key.chars().all(|letter| letter.is_ascii_lowercase()) {
                problems.add(
                    entry.line,
                    keys.field("show"),
                    "a variable has small letters only",
                    "rename it",
                );
            }
            let (value, kind) = reader(keys, problems).operand(&entry.node)?;
            Some(Show { name: entry.key.into(), value, kind: kind.unwrap_or(Kind::Count) })
        })
        .collect()
}

fn read_turns(keys: &mut Keys, problems: &mut Problems<'_>) -> Vec<Fact> {
    let Some(node) = keys.take("turns_on") else { return Vec::new() };
    let nodes = match node.value {
        Tree::List(items) => items,
        _ => vec![node],
    };
    let mut facts = Vec::new();
    for node in nodes {
        match reader(keys, problems).operand(&node) {
            Some((Operand::Fact(fact), Some(Kind::Day))) => facts.push(fact),
            Some(_) => problems.add(
                node.line,
                keys.field("turns_on"),
                "is not a fact that is a date",
                "name such a fact",
            ),
            None => {}
        }
    }
    facts
}

fn read_cure(keys: &mut Keys, turns: bool, problems: &mut Problems<'_>) -> Option<CureRule> {
    let (word, line) = keys.text("cure", problems)?;
    let cure = match word.as_str() {
        "now" => CureRule::Now,
        "date" => CureRule::Date,
        "later" => CureRule::Later,
        "elsewhere" => CureRule::Elsewhere,
        "never" => CureRule::Never,
        _ => {
            let fix = "write now, date, later, elsewhere or never";
            problems.add(line, keys.field("cure"), format!("`{word}` is no cure"), fix);
            return None;
        }
    };
    if cure == CureRule::Date && !turns {
        let fix = "add `turns_on = \"…\"` with a fact that is a date";
        problems.add(line, keys.field("cure"), "a date needs a fact that gives it", fix);
    }
    Some(cure)
}
