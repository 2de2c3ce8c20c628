//! The question bank: topics, study cards and questions, each with its article and the offence codes it teaches.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{check, draw, law::ArticleRef, raw};

/// A text in both languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

id!(
    /// Name of a topic: `parking`, `signal`.
    TopicId
);
id!(
    /// Name of a study card: `parking-1`.
    CardId
);
id!(
    /// Name of a question: `parking-q3`.
    QuestionId
);

/// The days on which a text is true; both ends included, an absent end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validity {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
}

impl Validity {
    /// Whether the text may be shown on this day.
    #[must_use]
    pub fn holds(&self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }
}

/// What a violation is about, and what is studied because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Name.
    pub id: TopicId,
    /// Shown title.
    pub name: Words,
    /// Offence codes whose driver studies this topic first.
    pub codes: Vec<String>,
    /// Whether questions of it may fill up any paper (general knowledge).
    pub general: bool,
    /// Days on which the topic is taught.
    pub validity: Validity,
}

/// One card of study: read in 10 to 15 seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Name.
    pub id: CardId,
    /// Topic.
    pub topic: TopicId,
    /// Title.
    pub title: Words,
    /// Body.
    pub body: Words,
    /// Where it is written.
    pub articles: Vec<ArticleRef>,
    /// Offence codes that it speaks of directly; empty means the whole topic.
    pub codes: Vec<String>,
    /// Days on which it is true.
    pub validity: Validity,
}

/// The kind of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Right or wrong.
    TrueFalse,
    /// One answer of several.
    Single,
    /// Two or more answers of several.
    Multiple,
}

/// A question with its key. It stays on the server; pages get a [`QuestionView`](super::QuestionView).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Name.
    pub id: QuestionId,
    /// Raised by one with every change of wording or key.
    pub version: u32,
    /// Topic.
    pub topic: TopicId,
    /// Kind.
    pub kind: Kind,
    /// Stem.
    pub stem: Words,
    /// Options in the order of the file.
    pub options: Vec<Words>,
    /// Places of the right options in the order of the file, rising.
    pub answer: Vec<u8>,
    /// Why; shown after the answer.
    pub explanation: Words,
    /// Where it is written.
    pub articles: Vec<ArticleRef>,
    /// Offence codes it speaks of directly; empty means the whole topic.
    pub codes: Vec<String>,
    /// Licence classes it is for (first letter or whole class, `A1`, `C`); empty means all.
    pub classes: Vec<String>,
    /// Days on which it is true.
    pub validity: Validity,
}

impl Question {
    /// Whether it may be asked of a holder of this class on this day.
    #[must_use]
    pub fn asked_of(&self, class: Option<&str>, on: Date) -> bool {
        let fits = |class: &str| self.classes.iter().any(|own| class.starts_with(own.as_str()));
        self.validity.holds(on) && (self.classes.is_empty() || class.is_some_and(fits))
    }

    /// Among how many equally likely guesses one is right.
    #[must_use]
    pub fn guesses(&self) -> u32 {
        let options = u32::try_from(self.options.len()).unwrap_or(u32::MAX);
        match self.kind {
            Kind::TrueFalse | Kind::Single => options.max(1),
            Kind::Multiple => (1_u32 << options.min(16)).saturating_sub(options + 1).max(1),
        }
    }
}

/// A bank that has passed every check.
#[derive(Debug, Clone)]
pub struct Bank {
    pub(super) topics: Vec<Topic>,
    pub(super) cards: Vec<Card>,
    pub(super) questions: Vec<Question>,
    pub(super) by_key: BTreeMap<(QuestionId, u32), usize>,
}

/// One file of a bank.
#[derive(Debug, Clone, Copy)]
pub struct BankFile<'a> {
    /// Its name in problems.
    pub name: &'a str,
    /// Its TOML text.
    pub text: &'a str,
}

/// Something wrong in a bank file, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Field, or `toml` when the text itself cannot be read.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}: {}: {}; {}", self.file, self.line, self.field, self.message, self.fix)
    }
}

/// For whom cards or questions are chosen.
#[derive(Debug, Clone, Copy)]
pub struct StudyAsk<'a> {
    /// Offence codes of the violations at hand, with or without a local fifth digit; the first counts most.
    pub codes: &'a [&'a str],
    /// Licence class (`C1`), if known.
    pub class: Option<&'a str>,
    /// China civil day.
    pub on: Date,
}

impl Bank {
    /// Reads a bank of two files.
    ///
    /// # Errors
    /// As [`Bank::parse_files`].
    pub fn parse(
        cards_toml: &str,
        questions_toml: &str,
        known: impl Fn(&str) -> bool,
    ) -> Result<Self, Vec<Problem>> {
        let files = [
            BankFile { name: "cards.toml", text: cards_toml },
            BankFile { name: "questions.toml", text: questions_toml },
        ];
        Self::parse_files(&files, known)
    }

    /// Reads a bank of any number of files; topics, cards and questions may stand in any of them.
    /// `known` says whether an offence code exists.
    ///
    /// # Errors
    /// Every problem found, in order of file and line.
    pub fn parse_files(files: &[BankFile<'_>], known: impl Fn(&str) -> bool) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let found = raw::read(files, &mut problems);
        check::all(&found, &known, &mut problems);
        if !problems.is_empty() {
            problems.sort();
            return Err(problems);
        }
        let questions: Vec<Question> = found.questions.into_iter().map(|placed| placed.value).collect();
        let by_key = questions
            .iter()
            .enumerate()
            .map(|(place, asked)| ((asked.id.clone(), asked.version), place))
            .collect();
        Ok(Self {
            topics: found.topics.into_iter().map(|placed| placed.value).collect(),
            cards: found.cards.into_iter().map(|placed| placed.value).collect(),
            questions,
            by_key,
        })
    }

    /// All topics in the order of the files.
    #[must_use]
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// All cards.
    #[must_use]
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// All questions, with their keys: for the console and the tests, never for a citizen's page.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// A topic by name.
    #[must_use]
    pub fn topic(&self, id: &TopicId) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.id == *id)
    }

    /// A card by name.
    #[must_use]
    pub fn card(&self, id: &CardId) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == *id)
    }

    /// A question in one of its versions.
    #[must_use]
    pub fn question(&self, id: &QuestionId, version: u32) -> Option<&Question> {
        self.by_key.get(&(id.clone(), version)).map(|place| &self.questions[*place])
    }

    /// The topics of an offence code on a day: the exact code first, then its first four digits.
    #[must_use]
    pub fn topics_of_code(&self, code: &str, on: Date) -> Vec<TopicId> {
        let of = |wanted: &str| -> Vec<TopicId> {
            let here =
                |topic: &&Topic| topic.validity.holds(on) && topic.codes.iter().any(|own| own == wanted);
            self.topics.iter().filter(here).map(|topic| topic.id.clone()).collect()
        };
        let exact = of(code);
        match code.get(..4) {
            Some(four) if exact.is_empty() && four != code => of(four),
            _ => exact,
        }
    }

    /// The topics that somebody with these violations studies, in their order, each once.
    #[must_use]
    pub fn topics_of(&self, ask: &StudyAsk<'_>) -> Vec<TopicId> {
        let mut topics = Vec::new();
        for topic in ask.codes.iter().flat_map(|code| self.topics_of_code(code, ask.on)) {
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        topics
    }

    /// The cards to study: of each topic of the violations in turn, those that name the offence code first; then
    /// general ones, until there are `count`. Every topic of the violations gets a card even if that makes more.
    #[must_use]
    pub fn study_cards(&self, ask: &StudyAsk<'_>, count: usize) -> Vec<&Card> {
        draw::cards(self, ask, count)
    }

    /// The cards of these topics on this day: what is read again before a retake.
    #[must_use]
    pub fn cards_of(&self, topics: &[TopicId], on: Date) -> Vec<&Card> {
        self.cards.iter().filter(|card| card.validity.holds(on) && topics.contains(&card.topic)).collect()
    }
}

/// Whether `own`, the codes of a card or question, name this offence code (exactly or by its first four digits).
pub(super) fn names(own: &[String], code: &str) -> bool {
    own.iter().any(|one| one == code || code.get(..4) == Some(one.as_str()))
}
