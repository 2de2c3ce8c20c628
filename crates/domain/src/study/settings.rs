//! What a policy pack decides about study and quiz. The pack embeds this table as it is.

use serde::{Deserialize, Serialize};

/// What a failed driver answers next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retake {
    /// Only the topics that were missed, with new questions; right answers are kept (legacy city programmes).
    #[default]
    MissedTopics,
    /// The whole paper again (the national exam).
    Whole,
}

/// Study and quiz settings of one programme in one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudySettings {
    /// Study that must be earned before the quiz opens, seconds.
    pub study_s: u32,
    /// How many cards the study shows, the violation's own topics first; each of these gets at least one.
    #[serde(default = "three")]
    pub cards: u8,
    /// Credit that one reading of one card can earn when the page runs no script, seconds.
    #[serde(default = "card_cap")]
    pub card_cap_s: u32,
    /// Questions of a paper.
    pub questions: u8,
    /// Right answers that pass.
    pub pass: u8,
    /// Failed papers a day (China civil day) after which the next one opens tomorrow.
    pub tries_per_day: u8,
    /// Pause after a failed paper, seconds.
    pub cooldown_s: u32,
    /// Time for one question, seconds; absent means no limit (national exam: 60).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_question_s: Option<u32>,
    /// The wrong or blank answer that ends the paper at once (national exam: 3); absent means the paper runs to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_limit: Option<u8>,
    /// Only questions with one right option, so that answering is one tap (the promise of `ux.md` §2.15).
    #[serde(default)]
    pub one_tap: bool,
    /// What a retake asks.
    #[serde(default)]
    pub retake: Retake,
    /// How long study once begun stays usable, seconds (24 h in the city programmes, 3 days nationally).
    #[serde(default = "one_day")]
    pub study_valid_s: u32,
    /// How long a passed quiz stays usable for the deed it was taken for, seconds.
    #[serde(default = "one_day")]
    pub pass_valid_s: u32,
}

fn three() -> u8 {
    3
}

fn card_cap() -> u32 {
    20
}

fn one_day() -> u32 {
    86_400
}

/// A setting that cannot be meant, with the way to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsProblem {
    /// Name of the field.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

impl StudySettings {
    /// Everything in these settings that contradicts itself.
    #[must_use]
    pub fn problems(&self) -> Vec<SettingsProblem> {
        let mut found = Vec::new();
        let mut say = |bad: bool, field: &str, message: String, fix: String| {
            if bad {
                found.push(SettingsProblem { field: field.into(), message, fix });
            }
        };
        say(self.questions == 0, "questions", "a quiz needs a question".into(), "write 1 or more".into());
        say(
            self.pass == 0 || self.pass > self.questions,
            "pass",
            format!("{} right answers of {} cannot be the pass mark", self.pass, self.questions),
            format!("write 1 to {}", self.questions.max(1)),
        );
        say(
            self.tries_per_day == 0,
            "tries_per_day",
            "nobody could ever try".into(),
            "write 1 or more".into(),
        );
        say(self.cards == 0, "cards", "study without a card".into(), "write 1 or more".into());
        say(
            self.card_cap_s == 0,
            "card_cap_s",
            "without script no time could be earned".into(),
            "write 10 or more".into(),
        );
        say(
            self.per_question_s.is_some_and(|limit| limit < 20),
            "per_question_s",
            "a question needs at least 20 seconds to be read".into(),
            "write 20 or more, or leave it out".into(),
        );
        let spare = self.questions.saturating_sub(self.pass);
        say(
            self.wrong_limit.is_some_and(|limit| limit == 0 || limit > self.questions),
            "wrong_limit",
            "the ending wrong answer is not among the questions".into(),
            format!("write {} (one more than the {spare} that may be missed)", spare + 1),
        );
        say(
            self.wrong_limit.is_some_and(|limit| limit != 0 && limit <= spare),
            "wrong_limit",
            "the paper would end while it can still be passed".into(),
            format!("write {} or more", spare + 1),
        );
        say(
            self.study_valid_s < self.study_s,
            "study_valid_s",
            "the study would lapse before it can be earned".into(),
            format!("write {} or more", self.study_s),
        );
        say(
            self.pass_valid_s == 0,
            "pass_valid_s",
            "a pass could never be used".into(),
            "write 86400".into(),
        );
        found
    }
}
