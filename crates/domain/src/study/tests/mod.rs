//! Tests of study and quiz.

mod bank;
mod clock;
mod estimate;
mod quiz;
mod shipped;

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Bank, StudyAsk, StudySettings};

/// 2020-04-05 10:00 in China, plus so many milliseconds.
fn at(ms: i64) -> Timestamp {
    let morning: Timestamp = "2020-04-05T10:00:00+08:00".parse().unwrap();
    morning + SignedDuration::from_millis(ms)
}

fn today() -> Date {
    Date::constant(2020, 4, 5)
}

fn ask<'a>(codes: &'a [&'a str]) -> StudyAsk<'a> {
    StudyAsk { codes, class: Some("C1"), on: today() }
}

/// Thirty seconds of study, three questions, all right, three tries a day, a minute between them.
fn legacy() -> StudySettings {
    toml::from_str("study_s = 30\nquestions = 3\npass = 3\ntries_per_day = 3\ncooldown_s = 60").unwrap()
}

/// Half an hour, twenty questions, eighteen right, a minute each, the third wrong one ends it.
fn national() -> StudySettings {
    let text = "study_s = 1800\nquestions = 20\npass = 18\ntries_per_day = 3\ncooldown_s = 0\nper_question_s = 60\n\
                wrong_limit = 3\nretake = \"whole\"\nstudy_valid_s = 259200";
    toml::from_str(text).unwrap()
}

const BODY: &str = "这是一张只在测试里用的学习卡片,它的长度够得上十秒钟的阅读时间,内容说的是停车要停在规定的地点,不要占人行道。";

/// A bank of three topics with ten questions each: `parking` (1039), `signal` (1625), `points` (general).
fn small() -> Bank {
    Bank::parse(&cards_toml(), &questions_toml(), |code| ["1039", "1625"].contains(&code)).unwrap()
}

fn cards_toml() -> String {
    let mut text = String::new();
    for (topic, extra) in
        [("parking", "codes = [\"1039\"]"), ("signal", "codes = [\"1625\"]"), ("points", "general = true")]
    {
        writeln!(text, "[[topic]]\nid = \"{topic}\"\nname = \"名\"\nname_en = \"Name\"\n{extra}").unwrap();
        writeln!(
            text,
            "[[card]]\nid = \"{topic}-1\"\ntopic = \"{topic}\"\ntitle = \"题\"\ntitle_en = \"Title\""
        )
        .unwrap();
        writeln!(text, "body = \"{BODY}\"\nbody_en = \"Body\"\narticles = [\"RTSL-56\"]").unwrap();
    }
    text
}

fn questions_toml() -> String {
    let mut text = String::new();
    for topic in ["parking", "signal", "points"] {
        for number in 0..10 {
            let (kind, rest) = match number % 3 {
                0 => ("true_false", "answer = \"对\""),
                1 => (
                    "single",
                    "options = [\"甲\", \"乙\", \"丙\", \"丁\"]\noptions_en = [\"a\", \"b\", \"c\", \"d\"]\nanswer = \"B\"",
                ),
                _ => (
                    "multiple",
                    "options = [\"甲\", \"乙\", \"丙\", \"丁\"]\noptions_en = [\"a\", \"b\", \"c\", \"d\"]\nanswer = \"ACD\"",
                ),
            };
            writeln!(
                text,
                "[[question]]\nid = \"{topic}-q{number}\"\ntopic = \"{topic}\"\nkind = \"{kind}\""
            )
            .unwrap();
            writeln!(text, "stem = \"{topic}第{number}问\"\nstem_en = \"Question\"\n{rest}").unwrap();
            writeln!(text, "explanation = \"因为\"\nexplanation_en = \"Because\"\narticles = [\"RTSL-90\"]")
                .unwrap();
        }
    }
    text
}
