//! The bank as it stands in the files: every key named, unknown keys refused, places kept for the problem list.

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::bank::{
    BankFile, Card, CardId, Kind, Problem, Question, QuestionId, Topic, TopicId, Validity, Words,
};
use super::law::ArticleRef;

/// A value and the place it was read from.
pub(super) struct Placed<T> {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) value: T,
}

impl<T> Placed<T> {
    /// A problem at this place.
    pub(super) fn problem(&self, field: &str, message: String, fix: &str) -> Problem {
        Problem { file: self.file.clone(), line: self.line, field: field.into(), message, fix: fix.into() }
    }
}

/// Everything read from all files.
#[derive(Default)]
pub(super) struct Found {
    pub(super) topics: Vec<Placed<Topic>>,
    pub(super) cards: Vec<Placed<Card>>,
    pub(super) questions: Vec<Placed<Question>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    topic: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    card: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    question: Vec<Spanned<toml::Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopic {
    id: String,
    name: String,
    name_en: String,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    general: bool,
    from: Option<String>,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCard {
    id: String,
    topic: String,
    title: String,
    title_en: String,
    body: String,
    body_en: String,
    articles: Vec<String>,
    #[serde(default)]
    codes: Vec<String>,
    from: Option<String>,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuestion {
    id: String,
    #[serde(default = "first_version")]
    version: u32,
    topic: String,
    kind: Kind,
    stem: String,
    stem_en: String,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    options_en: Vec<String>,
    answer: String,
    explanation: String,
    explanation_en: String,
    articles: Vec<String>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    classes: Vec<String>,
    from: Option<String>,
    until: Option<String>,
}

const GUIDE: &str = "compare with docs/guide/add-a-question.md";

fn first_version() -> u32 {
    1
}

/// Where problems of one entry go.
struct Place<'a> {
    file: &'a str,
    line: usize,
    problems: &'a mut Vec<Problem>,
}

impl Place<'_> {
    fn say(&mut self, field: &str, message: String, fix: &str) {
        self.problems.push(Problem {
            file: self.file.into(),
            line: self.line,
            field: field.into(),
            message,
            fix: fix.into(),
        });
    }

    fn articles(&mut self, texts: &[String]) -> Vec<ArticleRef> {
        if texts.is_empty() {
            self.say(
                "articles",
                "no article is named".into(),
                "name the article, for instance [\"RTSL-90\"]",
            );
        }
        let mut articles = Vec::new();
        for text in texts {
            match ArticleRef::parse(text) {
                Ok(article) => articles.push(article),
                Err(why) => {
                    self.say("articles", why, "write law-article.paragraph(item), for instance RTSL-91.1(2)")
                }
            }
        }
        articles
    }

    fn date(&mut self, field: &str, text: Option<&String>) -> Option<Date> {
        let text = text?;
        let date = text.parse().ok();
        if date.is_none() {
            self.say(field, format!("\"{text}\" is not a date"), "write a date such as \"2022-04-01\"");
        }
        date
    }

    fn validity(&mut self, from: Option<&String>, until: Option<&String>) -> Validity {
        let validity = Validity { from: self.date("from", from), until: self.date("until", until) };
        if let (Some(from), Some(until)) = (validity.from, validity.until)
            && until < from
        {
            self.say("until", format!("{until} is before {from}"), "write the later date in until");
        }
        validity
    }

    fn options(&mut self, raw: &RawQuestion) -> Vec<Words> {
        if raw.kind == Kind::TrueFalse {
            if !raw.options.is_empty() || !raw.options_en.is_empty() {
                self.say(
                    "options",
                    "right and wrong are the options".into(),
                    "leave options and options_en out",
                );
            }
            return vec![words("对", "Right"), words("错", "Wrong")];
        }
        if raw.options.len() != raw.options_en.len() {
            let message =
                format!("{} options in Chinese, {} in English", raw.options.len(), raw.options_en.len());
            self.say(
                "options_en",
                message,
                "write one English option for each Chinese one, in the same order",
            );
        }
        raw.options.iter().zip(&raw.options_en).map(|(zh, en)| words(zh, en)).collect()
    }

    fn answer(&mut self, raw: &RawQuestion) -> Vec<u8> {
        if raw.kind == Kind::TrueFalse {
            return match raw.answer.as_str() {
                "对" => vec![0],
                "错" => vec![1],
                _ => {
                    self.say(
                        "answer",
                        format!("\"{}\" is neither 对 nor 错", raw.answer),
                        "write \"对\" or \"错\"",
                    );
                    Vec::new()
                }
            };
        }
        let letters = raw.answer.as_bytes();
        let places: Vec<u8> = letters.iter().map(|letter| letter.wrapping_sub(b'A')).collect();
        let sorted = places.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = places.iter().all(|place| usize::from(*place) < raw.options.len());
        let enough = if raw.kind == Kind::Single { places.len() == 1 } else { places.len() >= 2 };
        if !(sorted && inside && enough) {
            let message = format!("\"{}\" does not choose among {} options", raw.answer, raw.options.len());
            let fix = if raw.kind == Kind::Single {
                "write one letter, A for the first option"
            } else {
                "write two or more letters in order, for instance \"AC\""
            };
            self.say("answer", message, fix);
        }
        places
    }
}

fn words(zh: &str, en: &str) -> Words {
    Words { zh: zh.trim().into(), en: en.trim().into() }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// Reads all files; a file that is not TOML of this shape gives one problem and nothing else.
pub(super) fn read(files: &[BankFile<'_>], problems: &mut Vec<Problem>) -> Found {
    let mut found = Found::default();
    for file in files {
        match toml::from_str::<RawFile>(file.text) {
            Ok(raw) => take(file, raw, &mut found, problems),
            Err(error) => problems.push(Problem {
                file: file.name.into(),
                line: error.span().map_or(1, |span| line_of(file.text, span.start)),
                field: "toml".into(),
                message: error.message().to_owned(),
                fix: GUIDE.into(),
            }),
        }
    }
    found
}

/// The lines at which entries are read; an entry of the wrong shape is a problem and is left out.
fn entries<T: serde::de::DeserializeOwned>(
    file: &BankFile<'_>,
    tables: Vec<Spanned<toml::Table>>,
    problems: &mut Vec<Problem>,
) -> Vec<(usize, T)> {
    let mut entries = Vec::new();
    for table in tables {
        let line = line_of(file.text, table.span().start);
        match table.into_inner().try_into::<T>() {
            Ok(entry) => entries.push((line, entry)),
            Err(error) => problems.push(Problem {
                file: file.name.into(),
                line: line_of_key(file.text, line, error.message()),
                field: "toml".into(),
                message: error.message().to_owned(),
                fix: GUIDE.into(),
            }),
        }
    }
    entries
}

/// The line of the key that the message names in backquotes, if the entry holds it; else the entry's own line.
fn line_of_key(text: &str, entry: usize, message: &str) -> usize {
    let Some(key) = message.split('`').nth(1) else { return entry };
    let lines = text.lines().enumerate().skip(entry - 1);
    let mut own = lines.take_while(|(place, line)| *place < entry || !line.starts_with("[["));
    let holds = |line: &str| line.split('=').any(|part| part.trim().trim_matches('"') == key);
    own.find(|(_, line)| holds(line)).map_or(entry, |(place, _)| place + 1)
}

fn take(file: &BankFile<'_>, raw: RawFile, found: &mut Found, problems: &mut Vec<Problem>) {
    for (line, topic) in entries::<RawTopic>(file, raw.topic, problems) {
        let mut place = Place { file: file.name, line, problems };
        let value = Topic {
            validity: place.validity(topic.from.as_ref(), topic.until.as_ref()),
            id: TopicId(topic.id),
            name: words(&topic.name, &topic.name_en),
            codes: topic.codes,
            general: topic.general,
        };
        found.topics.push(Placed { file: file.name.into(), line, value });
    }
    for (line, card) in entries::<RawCard>(file, raw.card, problems) {
        let mut place = Place { file: file.name, line, problems };
        let value = Card {
            validity: place.validity(card.from.as_ref(), card.until.as_ref()),
            articles: place.articles(&card.articles),
            id: CardId(card.id),
            topic: TopicId(card.topic),
            title: words(&card.title, &card.title_en),
            body: words(&card.body, &card.body_en),
            codes: card.codes,
        };
        found.cards.push(Placed { file: file.name.into(), line, value });
    }
    for (line, question) in entries::<RawQuestion>(file, raw.question, problems) {
        let mut place = Place { file: file.name, line, problems };
        let value = Question {
            validity: place.validity(question.from.as_ref(), question.until.as_ref()),
            articles: place.articles(&question.articles),
            options: place.options(&question),
            answer: place.answer(&question),
            id: QuestionId(question.id),
            version: question.version,
            topic: TopicId(question.topic),
            kind: question.kind,
            stem: words(&question.stem, &question.stem_en),
            explanation: words(&question.explanation, &question.explanation_en),
            codes: question.codes,
            classes: question.classes,
        };
        found.questions.push(Placed { file: file.name.into(), line, value });
    }
}
