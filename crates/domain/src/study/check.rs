//! What a bank must be before anybody studies with it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};

use super::{
    bank::{Kind, Problem, Question, Topic, TopicId, Validity, Words},
    law::ArticleRef,
    raw::{Found, Placed},
};

/// Questions that every topic needs on every day it is taught: a paper of three, and one new one for the retake.
pub(super) const LEAST_QUESTIONS: usize = 4;
/// Chinese characters of a card's body: read in 10 to 15 seconds.
const CARD_LENGTH: std::ops::RangeInclusive<usize> = 40..=150;
/// Chinese characters of a stem.
const STEM_LONGEST: usize = 80;
/// Licence classes and, for groups of them, their letters.
const CLASSES: [&str; 20] = [
    "A", "B", "C", "A1", "A2", "A3", "B1", "B2", "C1", "C2", "C3", "C4", "C5", "C6", "D", "E", "F", "M", "N",
    "P",
];

/// Runs every check.
pub(super) fn all(found: &Found, known: &dyn Fn(&str) -> bool, problems: &mut Vec<Problem>) {
    ids(found, problems);
    let topics: BTreeSet<&TopicId> = found.topics.iter().map(|topic| &topic.value.id).collect();
    for topic in &found.topics {
        both(topic, "name", &topic.value.name, problems);
        codes(topic, &topic.value.codes, known, problems);
    }
    for card in &found.cards {
        topic_known(card, &card.value.topic, &topics, problems);
        both(card, "title", &card.value.title, problems);
        both(card, "body", &card.value.body, problems);
        codes(card, &card.value.codes, known, problems);
        dated(card, &card.value.articles, card.value.validity, problems);
        let length = card.value.body.zh.chars().count();
        if !CARD_LENGTH.contains(&length) {
            let message = format!("{length} characters cannot be read in 10 to 15 seconds");
            problems.push(card.problem("body", message, "write 60 to 140 characters, or make two cards"));
        }
    }
    for question in &found.questions {
        topic_known(question, &question.value.topic, &topics, problems);
        codes(question, &question.value.codes, known, problems);
        dated(question, &question.value.articles, question.value.validity, problems);
        question_itself(question, problems);
    }
    stems(&found.questions, problems);
    for topic in &found.topics {
        enough(topic, found, problems);
    }
}

fn ids(found: &Found, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for topic in &found.topics {
        unique(topic, ("topic", topic.value.id.0.clone(), 0), &mut seen, problems);
    }
    for card in &found.cards {
        unique(card, ("card", card.value.id.0.clone(), 0), &mut seen, problems);
    }
    for question in &found.questions {
        unique(
            question,
            ("question", question.value.id.0.clone(), question.value.version),
            &mut seen,
            problems,
        );
    }
}

fn unique<T>(
    placed: &Placed<T>,
    key: (&'static str, String, u32),
    seen: &mut BTreeSet<(&'static str, String, u32)>,
    problems: &mut Vec<Problem>,
) {
    let plain = key.1.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if key.1.is_empty() || !plain {
        let message = format!("\"{}\" is not a name", key.1);
        problems.push(placed.problem("id", message, "use small letters, digits and hyphens"));
    }
    let message = format!("{} \"{}\" is there twice", key.0, key.1);
    if !seen.insert(key) {
        problems.push(placed.problem(
            "id",
            message,
            "give it another id, or a new version if it replaces the other",
        ));
    }
}

fn topic_known<T>(
    placed: &Placed<T>,
    id: &TopicId,
    topics: &BTreeSet<&TopicId>,
    problems: &mut Vec<Problem>,
) {
    if !topics.contains(id) {
        let message = format!("topic \"{id}\" does not exist");
        problems.push(placed.problem("topic", message, "name a [[topic]] of this bank, or add it"));
    }
}

fn both<T>(placed: &Placed<T>, field: &str, text: &Words, problems: &mut Vec<Problem>) {
    let fix = "write both the Chinese and the English text";
    if text.zh.is_empty() {
        problems.push(placed.problem(field, "the Chinese text is empty".into(), fix));
    }
    if text.en.is_empty() {
        problems.push(placed.problem(&format!("{field}_en"), "the English text is empty".into(), fix));
    }
}

fn codes<T>(placed: &Placed<T>, codes: &[String], known: &dyn Fn(&str) -> bool, problems: &mut Vec<Problem>) {
    for code in codes.iter().filter(|code| !known(code)) {
        let message = format!("offence code \"{code}\" is not in the offence table");
        problems.push(placed.problem(
            "codes",
            message,
            "correct the code, or add it to the offence table first",
        ));
    }
}

/// What cites a law is shown only while that text of the law is in force.
fn dated<T>(placed: &Placed<T>, articles: &[ArticleRef], validity: Validity, problems: &mut Vec<Problem>) {
    for article in articles {
        let (from, until) = article.law.in_force();
        if let Some(from) = from
            && validity.from.is_none_or(|own| own < from)
        {
            let message = format!("{article} is in force only from {from}");
            problems.push(placed.problem(
                "from",
                message,
                &format!("write from = \"{from}\" or a later day"),
            ));
        }
        if let Some(until) = until
            && validity.until.is_none_or(|own| own > until)
        {
            let message = format!("{article} is in force only until {until}");
            problems.push(placed.problem(
                "until",
                message,
                &format!("write until = \"{until}\" or an earlier day"),
            ));
        }
    }
}

fn question_itself(placed: &Placed<Question>, problems: &mut Vec<Problem>) {
    let question = &placed.value;
    both(placed, "stem", &question.stem, problems);
    both(placed, "explanation", &question.explanation, problems);
    for option in &question.options {
        both(placed, "options", option, problems);
    }
    if question.version == 0 {
        problems.push(placed.problem("version", "versions begin with 1".into(), "write 1"));
    }
    let fewest = if question.kind == Kind::Multiple { 3 } else { 2 };
    if !(fewest..=4).contains(&question.options.len()) {
        let message = format!("{} options", question.options.len());
        problems.push(placed.problem(
            "options",
            message,
            "write 2 to 4 options (3 or 4 when several are right)",
        ));
    }
    let texts: BTreeSet<&str> = question.options.iter().map(|option| option.zh.as_str()).collect();
    let english: BTreeSet<&str> = question.options.iter().map(|option| option.en.as_str()).collect();
    if texts.len().min(english.len()) < question.options.len() {
        problems.push(placed.problem(
            "options",
            "two options say the same".into(),
            "write different options",
        ));
    }
    let length = question.stem.zh.chars().count();
    if length > STEM_LONGEST {
        let message = format!("a stem of {length} characters");
        problems.push(placed.problem("stem", message, "shorten it to 80 characters"));
    }
    for class in question.classes.iter().filter(|class| !CLASSES.contains(&class.as_str())) {
        let message = format!("licence class \"{class}\" does not exist");
        problems.push(placed.problem("classes", message, "write a class such as \"C1\", or its letter"));
    }
}

/// No stem twice on the same day: versions of one question follow each other.
fn stems(questions: &[Placed<Question>], problems: &mut Vec<Problem>) {
    let mut by_stem: BTreeMap<String, Vec<&Placed<Question>>> = BTreeMap::new();
    for question in questions {
        let plain: String =
            question.value.stem.zh.chars().filter(|letter| letter.is_alphanumeric()).collect();
        by_stem.entry(plain).or_default().push(question);
    }
    for same in by_stem.values() {
        for (place, later) in same.iter().enumerate() {
            let clash =
                same[..place].iter().find(|earlier| overlap(earlier.value.validity, later.value.validity));
            if let Some(earlier) = clash {
                let message = format!("the same stem as question \"{}\"", earlier.value.id);
                problems.push(later.problem(
                    "stem",
                    message,
                    "ask something else, or end the earlier one with until",
                ));
            }
        }
    }
    let mut by_id: BTreeMap<&str, Vec<&Placed<Question>>> = BTreeMap::new();
    for question in questions {
        by_id.entry(question.value.id.0.as_str()).or_default().push(question);
    }
    for versions in by_id.values() {
        for (place, later) in versions.iter().enumerate() {
            let other = |earlier: &&&Placed<Question>| {
                earlier.value.version != later.value.version
                    && overlap(earlier.value.validity, later.value.validity)
            };
            if versions[..place].iter().any(|earlier| other(&earlier)) {
                let message = "two versions are in force on the same day".to_owned();
                problems.push(later.problem("version", message, "end the earlier version with until"));
            }
        }
    }
}

fn overlap(one: Validity, other: Validity) -> bool {
    let before = |end: Option<Date>, start: Option<Date>| matches!((end, start), (Some(end), Some(start)) if end < start);
    !before(one.until, other.from) && !before(other.until, one.from)
}

/// Every topic has a card and enough questions on every day it is taught: checked on each day on which anything changes.
fn enough(topic: &Placed<Topic>, found: &Found, problems: &mut Vec<Problem>) {
    let id = &topic.value.id;
    let cards = || found.cards.iter().map(|card| &card.value).filter(|card| card.topic == *id);
    let questions = || found.questions.iter().map(|one| &one.value).filter(|one| one.topic == *id);
    let mut days = BTreeSet::from([Date::constant(2000, 1, 1)]);
    let spans = cards().map(|card| card.validity).chain(questions().map(|one| one.validity));
    for span in spans.chain([topic.value.validity]) {
        days.extend(span.from);
        days.extend(span.until.map(|until| until.saturating_add(1.day())));
    }
    for day in days.into_iter().filter(|day| topic.value.validity.holds(*day)) {
        let count = questions().filter(|one| one.classes.is_empty() && one.validity.holds(day)).count();
        if count < LEAST_QUESTIONS {
            let message =
                format!("topic \"{id}\" has {count} questions on {day} that every class may be asked");
            problems.push(topic.problem("question", message, "write at least 4"));
        }
        if !cards().any(|card| card.validity.holds(day)) {
            let message = format!("topic \"{id}\" has no card on {day}");
            problems.push(topic.problem("card", message, "write at least one"));
        }
    }
}
