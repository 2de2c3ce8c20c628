//! A pack: immutable, hashed, in force from one day to another.

use std::sync::Arc;

use jiff::civil::{Date, Time};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::expr::{Expr, Operand};
use super::flat::Program;
use super::judge::Places;
use super::params::{Param, Params};
use super::value::Kind;
use super::verdict::Confidence;
use crate::money::Fen;
use crate::refusal::{Question, Refusal};

/// A text in the two languages of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How a condition says that its refusal is cured; the step itself comes from the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CureRule {
    Now,
    Date,
    Later,
    Elsewhere,
    Never,
}

/// A value that is shown under the name of a variable of the message.
#[derive(Debug, Clone)]
pub(super) struct Show {
    pub name: Arc<str>,
    pub value: Operand,
    pub kind: Kind,
}

/// One condition of a pack.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub id: Arc<str>,
    pub refusal: Refusal,
    pub questions: Vec<Question>,
    /// Holds when the condition is met or does not apply; for a note, when the note is not due.
    pub holds: Expr,
    /// Where it applies; `None`: everywhere.
    pub when: Option<Expr>,
    /// Speaks of one violation, its vehicle, binding or batch.
    pub about_record: bool,
    pub show: Vec<Show>,
    pub threshold: Option<(Operand, Kind)>,
    pub article: Arc<str>,
    pub confidence: Confidence,
    pub readings: Vec<String>,
    pub cure: CureRule,
    pub turns_on: Vec<super::catalogue::Fact>,
    pub text: Words,
}

/// A parameter with its source.
#[derive(Debug, Clone)]
pub(super) struct ParamSource {
    pub param: Param,
    pub article: Arc<str>,
    pub confidence: Confidence,
    pub readings: Vec<String>,
    pub note: Option<String>,
}

/// A stretch of time in which no parameter changes, with everything compiled for it.
#[derive(Debug, Clone)]
pub(super) struct Era {
    pub from: Date,
    pub params: Params,
    pub program: Program,
    /// Where each condition applies, by its number.
    pub when: Program,
    /// Conditions that a parameter switches off, by their number.
    pub off: Vec<bool>,
    /// The conditions of each question, by [`Question::ALL`].
    pub asked: [Asked; Question::ALL.len()],
}

/// The conditions of one question in order of precedence; without those that the parameters alone fulfil.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Those that block.
    pub blocks: Run,
    /// Those that only inform.
    pub notes: Run,
}

/// Conditions that are evaluated one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    /// Their numbers in the pack.
    pub numbers: Vec<usize>,
    /// Compiled, in the same order.
    pub program: Program,
    /// Those that speak of the person alone, by their place in this run.
    pub of_person: Places,
}

impl Era {
    /// The conditions of a question.
    pub fn asked(&self, question: Question) -> &Asked {
        &self.asked[question as usize]
    }
}

/// An article or other source that conditions and parameters name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Article {
    /// Key, as `ORD163-26`.
    pub key: Arc<str>,
    /// Its name for people.
    pub name: Words,
}

/// A rule set in force over a stretch of time.
#[derive(Debug, Clone)]
pub struct Pack {
    pub(super) id: Arc<str>,
    pub(super) hash: Arc<str>,
    pub(super) title: Words,
    pub(super) from: Date,
    pub(super) until: Option<Date>,
    pub(super) period: Confidence,
    pub(super) articles: Vec<Article>,
    pub(super) sources: Vec<ParamSource>,
    pub(super) conditions: Vec<Condition>,
    pub(super) eras: Vec<Era>,
}

/// What a programme asks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProgrammeSettings {
    /// The city offers it.
    pub enabled: bool,
    /// Least seconds of study.
    pub study_seconds: i64,
    /// Days within which they count; 0: no term.
    pub study_days: i64,
    /// Working days for the examination; 0: no term.
    pub exam_working_days: i64,
    /// Questions of the quiz.
    pub questions: i64,
    /// Right answers needed.
    pub pass_mark: i64,
    /// Tries until the cooldown.
    pub tries: i64,
    /// Seconds until the tries are there again.
    pub cooldown_seconds: i64,
    /// A face check belongs to the study.
    pub face_check: bool,
    /// An officer reviews.
    pub review: bool,
    /// The fine is paid before the record is handled.
    pub pay_first: bool,
    /// Study gives a credit on one record instead of taking points off the licence.
    pub credit: bool,
    /// Points taken off or credited at a time.
    pub points: i64,
    /// Points that can be taken off in a cycle.
    pub cap: i64,
    /// Seconds that may be promised to the public.
    pub advertised_seconds: i64,
}

/// One condition as the public page and the officers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionText {
    /// Id in the pack.
    pub id: Arc<str>,
    /// The reason it gives when it fails.
    pub refusal: Refusal,
    /// The condition in plain words, with the figures of the day.
    pub text: Words,
    /// Article.
    pub article: Article,
    /// How sure the source is.
    pub confidence: Confidence,
    /// Readings of the law it rests on.
    pub readings: Vec<String>,
    /// For information only.
    pub note: bool,
}

/// One parameter as it stands on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParamText {
    /// Name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Value as shown.
    pub value: String,
    /// Article key.
    pub article: Arc<str>,
    /// How sure the source is.
    pub confidence: Confidence,
    /// Readings.
    pub readings: Vec<String>,
    /// A remark of the author.
    pub note: Option<String>,
}

impl Pack {
    /// Id, as `wuhan-2019`.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// SHA-256 of the text, in hex.
    pub fn hash(&self) -> &Arc<str> {
        &self.hash
    }

    /// Title.
    pub fn title(&self) -> &Words {
        &self.title
    }

    /// First day in force.
    pub fn from(&self) -> Date {
        self.from
    }

    /// Last day in force; `None`: still in force.
    pub fn until(&self) -> Option<Date> {
        self.until
    }

    /// How sure the period is (reading A18).
    pub fn period_confidence(&self) -> Confidence {
        self.period
    }

    /// Whether it is in force on a day.
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The articles and sources it names.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// The article of that key.
    pub fn article(&self, key: &str) -> Option<&Article> {
        self.articles.iter().find(|article| &*article.key == key)
    }

    /// How many conditions it has.
    pub fn condition_count(&self) -> usize {
        self.conditions.len()
    }

    /// The parameters as they stand on a day.
    pub fn params(&self, day: Date) -> &Params {
        &self.era(day).params
    }

    /// All parameters as they stand on a day, with their sources.
    pub fn param_texts(&self, day: Date) -> Vec<ParamText> {
        let params = self.params(day);
        self.sources
            .iter()
            .map(|source| ParamText {
                name: source.param.name(),
                meaning: source.param.doc().trim(),
                value: params.show(source.param),
                article: source.article.clone(),
                confidence: source.confidence,
                readings: source.readings.clone(),
                note: source.note.clone(),
            })
            .collect()
    }

    /// Opening and closing hour of the service on a day.
    pub fn hours(&self, day: Date) -> (Time, Time) {
        let params = self.params(day);
        (params.clock(Param::ServiceOpens), params.clock(Param::ServiceCloses))
    }

    /// Highest fine that may be handled online.
    pub fn max_fine(&self, day: Date) -> Fen {
        Fen(self.params(day).int(Param::MaxFine))
    }

    /// The settings of the warning (`First`) or of study (any other question) on a day.
    pub fn programme(&self, question: Question, day: Date) -> ProgrammeSettings {
        let params = self.params(day);
        if question == Question::First {
            return ProgrammeSettings {
                enabled: params.flag(Param::FirstEnabled),
                study_seconds: params.int(Param::FirstStudySeconds),
                study_days: 0,
                exam_working_days: 0,
                questions: params.int(Param::FirstQuestions),
                pass_mark: params.int(Param::FirstPass),
                tries: params.int(Param::FirstTries),
                cooldown_seconds: params.int(Param::FirstCooldown),
                face_check: params.flag(Param::FirstFace),
                review: params.flag(Param::FirstReview),
                pay_first: false,
                credit: false,
                points: 0,
                cap: 0,
                advertised_seconds: params.int(Param::FirstAdvertised),
            };
        }
        ProgrammeSettings {
            enabled: true,
            study_seconds: params.int(Param::StudySeconds),
            study_days: params.int(Param::StudyDays),
            exam_working_days: params.int(Param::StudyExamDays),
            questions: params.int(Param::StudyQuestions),
            pass_mark: params.int(Param::StudyPass),
            tries: params.int(Param::StudyTries),
            cooldown_seconds: params.int(Param::StudyCooldown),
            face_check: params.flag(Param::StudyFace),
            review: false,
            pay_first: params.flag(Param::StudyPayFirst),
            credit: params.flag(Param::StudyCredit),
            points: params.int(Param::StudyPoints),
            cap: params.int(Param::StudyCap),
            advertised_seconds: params.int(Param::StudyAdvertised),
        }
    }

    /// The conditions of a question in plain words, with the figures of the day, in order of precedence; without those that
    /// a parameter switches off.
    pub fn conditions(&self, question: Question, day: Date) -> Vec<ConditionText> {
        let era = self.era(day);
        let params = &era.params;
        let mut texts: Vec<ConditionText> = self
            .asked(question)
            .filter(|(number, _)| !era.off[*number])
            .map(|(_, condition)| ConditionText {
                id: condition.id.clone(),
                refusal: condition.refusal,
                text: filled(&condition.text, params),
                article: self
                    .article(&condition.article)
                    .cloned()
                    .expect("the loader has checked every article"),
                confidence: condition.confidence,
                readings: condition.readings.clone(),
                note: condition.refusal.is_note(),
            })
            .collect();
        texts.sort_by_key(|text| text.refusal);
        texts
    }

    /// The variables that the message of a reason may use: every condition that gives it shows all of them.
    pub fn variables(&self, refusal: Refusal) -> Vec<Vec<Arc<str>>> {
        self.conditions
            .iter()
            .filter(|condition| condition.refusal == refusal)
            .map(|condition| condition.show.iter().map(|show| show.name.clone()).collect())
            .collect()
    }

    /// The reasons that some condition of this pack can give.
    pub fn refusals(&self) -> Vec<Refusal> {
        let mut refusals: Vec<Refusal> = self.conditions.iter().map(|condition| condition.refusal).collect();
        refusals.sort();
        refusals.dedup();
        refusals
    }

    /// Readings of `docs` that a condition or parameter names.
    pub fn readings(&self) -> Vec<&str> {
        let of_conditions = self.conditions.iter().flat_map(|condition| &condition.readings);
        let of_params = self.sources.iter().flat_map(|source| &source.readings);
        let mut all: Vec<&str> = of_conditions.chain(of_params).map(String::as_str).collect();
        all.sort_unstable_by_key(|reading| {
            reading.trim_start_matches('A').parse::<u32>().unwrap_or(u32::MAX)
        });
        all.dedup();
        all
    }

    /// The conditions of a question with their numbers; also those that a parameter switches off, which then hold.
    pub(super) fn asked(&self, question: Question) -> impl Iterator<Item = (usize, &Condition)> {
        self.conditions.iter().enumerate().filter(move |(_, one)| one.questions.contains(&question))
    }

    pub(super) fn era(&self, day: Date) -> &Era {
        let after = self.eras.partition_point(|era| era.from <= day);
        &self.eras[after.saturating_sub(1)]
    }
}

/// SHA-256 in hex.
pub(super) fn hash_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The `{parameter}` places of a text, in order; `Err` for a brace without its partner.
pub(super) fn places(text: &str) -> Result<Vec<&str>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let inner = rest[open..].strip_prefix('{').ok_or_else(|| "`}` without `{`".to_owned())?;
        let close = inner.find('}').ok_or_else(|| "`{` without `}`".to_owned())?;
        found.push(&inner[..close]);
        rest = &inner[close + 1..];
    }
    Ok(found)
}

/// Both languages with the figures filled in.
pub(super) fn filled(text: &Words, params: &Params) -> Words {
    Words { zh: fill(&text.zh, params), en: fill(&text.en, params) }
}

fn fill(text: &str, params: &Params) -> String {
    let mut filled = text.to_owned();
    for name in places(text).unwrap_or_default() {
        if let Some(param) = Param::by_name(name) {
            filled = filled.replace(&format!("{{{name}}}"), &params.show(param));
        }
    }
    filled
}
