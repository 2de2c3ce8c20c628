//! Judging: one violation (or one person) before the law. The facts are derived once for all questions, and an answer
//! is a few words of memory: which conditions fail, which cannot be decided, which notes are due.

use std::sync::Arc;

use jiff::Timestamp;

use super::catalogue::Fact;
use super::derive::derive;
use super::flat::Facts;
use super::pack::{Condition, Era, Pack, Run};
use super::value::{Truth, Val};
use super::verdict::{Confidence, Outcome};
use crate::calendar::Calendar;
use crate::facts::RawFacts;
use crate::refusal::{Question, Refusal};
use crate::world::civil_date;

/// A set of places in a run of conditions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Places([u64; 2]);

impl Places {
    /// How many conditions a run may have; the loader refuses a longer one.
    pub const MOST: usize = 128;

    /// Adds a place; one beyond the last is left out.
    pub fn add(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    /// Whether a place is in it.
    pub fn has(self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    /// The places that are in both.
    fn and(self, other: Places) -> Places {
        Places([self.0[0] & other.0[0], self.0[1] & other.0[1]])
    }

    /// The places that are in one of them.
    fn or(self, other: Places) -> Places {
        Places([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    fn is_empty(self) -> bool {
        self.0 == [0; 2]
    }

    /// The places, ascending.
    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let place = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(at * 64 + place)
            })
        })
    }
}

/// The answer to one question, without texts: which conditions of the pack fail and which cannot be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// What was asked.
    pub question: Question,
    /// The answer.
    pub outcome: Outcome,
    pub(super) refused: Places,
    pub(super) unknown: Places,
    pub(super) due: Places,
}

/// One reason of a judgement, as far as it can be told without the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why<'p> {
    /// The condition's id in the pack.
    pub condition: &'p Arc<str>,
    /// The stable code.
    pub refusal: Refusal,
    /// Refused, Unknown, or Allowed for a note that blocks nothing.
    pub outcome: Outcome,
    /// Article or source of the rule.
    pub article: &'p Arc<str>,
    /// How sure that source is.
    pub confidence: Confidence,
}

/// One violation before the law of one moment: its derived facts, ready for every question.
#[derive(Debug, Clone)]
pub struct Hearing<'p, 'a> {
    pub(super) pack: &'p Pack,
    pub(super) era: &'p Era,
    pub(super) at: Timestamp,
    facts: Facts<'a>,
    /// What a warning comes to, as long as no fact has changed: asked for by itself and by whoever points it out.
    first: Option<(Places, Places)>,
}

impl Pack {
    /// Derives the facts of a violation for all questions.
    pub fn hear<'a>(&self, raw: &'a RawFacts, at: Timestamp, calendar: &Calendar) -> Hearing<'_, 'a> {
        let era = self.era(civil_date(at));
        self.hear_derived(derive(raw, &era.params, at, calendar), at)
    }

    /// The same for facts that were derived elsewhere.
    pub fn hear_derived<'a>(&self, facts: Facts<'a>, at: Timestamp) -> Hearing<'_, 'a> {
        Hearing { pack: self, era: self.era(civil_date(at)), at, facts, first: None }
    }
}

impl<'p, 'a> Hearing<'p, 'a> {
    /// Replaces a derived fact, for what depends on the question and not on the violation.
    pub fn set(&mut self, fact: Fact, value: Val<'a>) {
        if self.facts.get(fact) != value {
            self.facts.set(fact, value);
            self.first = None;
        }
    }

    /// The derived facts.
    pub fn facts(&self) -> &Facts<'a> {
        &self.facts
    }

    /// Answers a question.
    pub fn judge(&mut self, question: Question) -> Judgement {
        self.tell_first(question);
        let asked = self.era.asked(question);
        let (refused, unknown) = match question {
            Question::First => self.first_marks(),
            _ => marks(&asked.blocks, &self.facts),
        };
        let (due, _) = marks(&asked.notes, &self.facts);
        Judgement { question, outcome: outcome(refused, unknown), refused, unknown, due }
    }

    /// Answers a question for the person alone: conditions that speak of a violation, its vehicle, binding or batch are
    /// left out.
    pub fn judge_person(&mut self, question: Question) -> Judgement {
        let whole = self.judge(question);
        let asked = self.era.asked(question);
        let refused = whole.refused.and(asked.blocks.of_person);
        let unknown = whole.unknown.and(asked.blocks.of_person);
        let due = whole.due.and(asked.notes.of_person);
        Judgement { question, outcome: outcome(refused, unknown), refused, unknown, due }
    }

    /// Handling and paying point out that a warning would be free: whether it would is a fact to them.
    fn tell_first(&mut self, question: Question) {
        if !matches!(question, Question::Handle | Question::Pay) {
            return;
        }
        let (refused, unknown) = self.first_marks();
        let available = match outcome(refused, unknown) {
            Outcome::Allowed => Truth::True,
            Outcome::Refused => Truth::False,
            Outcome::Unknown => Truth::Unknown,
        };
        self.facts.set(Fact::FirstAvailable, Val::truth(available));
    }

    /// The marks of the question of a warning. No condition of it may ask whether it is available (the loader sees to that), so
    /// telling that does not change them.
    fn first_marks(&mut self) -> (Places, Places) {
        *self.first.get_or_insert_with(|| marks(&self.era.asked(Question::First).blocks, &self.facts))
    }

    /// The reasons of a judgement in order of precedence, one for each condition.
    pub fn reasons(&self, judgement: &Judgement) -> impl Iterator<Item = Why<'p>> {
        let refused = judgement.refused;
        self.blocking(judgement).map(move |(place, condition)| {
            let outcome = if refused.has(place) { Outcome::Refused } else { Outcome::Unknown };
            why(condition, outcome)
        })
    }

    /// The notes of a judgement that are due, in order of precedence.
    pub fn notes(&self, judgement: &Judgement) -> impl Iterator<Item = Why<'p>> {
        self.due(judgement).map(|condition| why(condition, Outcome::Allowed))
    }

    /// The conditions that do not hold, each with its place in the run.
    pub(super) fn blocking(
        &self,
        judgement: &Judgement,
    ) -> impl Iterator<Item = (usize, &'p Condition)> + use<'p> {
        let (pack, run) = (self.pack, &self.era.asked(judgement.question).blocks);
        let places = judgement.refused.or(judgement.unknown);
        places.iter().map(move |place| (place, &pack.conditions[run.numbers[place]]))
    }

    /// The notes that are due.
    pub(super) fn due(&self, judgement: &Judgement) -> impl Iterator<Item = &'p Condition> + use<'p> {
        let (pack, run) = (self.pack, &self.era.asked(judgement.question).notes);
        judgement.due.iter().map(move |place| &pack.conditions[run.numbers[place]])
    }
}

fn why(condition: &Condition, outcome: Outcome) -> Why<'_> {
    Why {
        condition: &condition.id,
        refusal: condition.refusal,
        outcome,
        article: &condition.article,
        confidence: condition.confidence,
    }
}

fn outcome(refused: Places, unknown: Places) -> Outcome {
    if !refused.is_empty() {
        Outcome::Refused
    } else if !unknown.is_empty() {
        Outcome::Unknown
    } else {
        Outcome::Allowed
    }
}

/// The places of a run that do not hold, and those that cannot be decided.
fn marks(run: &Run, facts: &Facts<'_>) -> (Places, Places) {
    let (mut refused, mut unknown) = (Places::default(), Places::default());
    for (place, holds) in run.program.run_all(facts).enumerate() {
        match holds {
            Truth::True => {}
            Truth::False => refused.add(place),
            Truth::Unknown => unknown.add(place),
        }
    }
    (refused, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_and_come_back_in_order() {
        let mut places = Places::default();
        assert!(places.is_empty());
        for place in [0, 63, 64, 127, 5, 128] {
            places.add(place);
        }
        assert_eq!(places.iter().collect::<Vec<_>>(), [0, 5, 63, 64, 127]);
        assert!(places.has(64) && !places.has(65) && !places.has(128));
    }
}
