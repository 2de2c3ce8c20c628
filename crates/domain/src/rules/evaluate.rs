//! From facts to a verdict, and to an explanation that lists everything.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::expr::Operand;
use super::flat::Facts;
use super::judge::{Hearing, Judgement};
use super::pack::{Article, Condition, CureRule, Pack, Words};
use super::params::Params;
use super::value::{Kind, Truth, Val, sum};
use super::verdict::{Confidence, Cure, Finding, Outcome, Reason, Record, Shown, Verdict};
use crate::calendar::Calendar;
use crate::facts::RawFacts;
use crate::refusal::{NextStep, Question, Refusal};

/// One condition with the values of all its facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Id in the pack.
    pub condition: Arc<str>,
    /// The reason it gives.
    pub refusal: Refusal,
    /// How it came out.
    pub outcome: Outcome,
    /// False: it does not apply here, and counts as holding.
    pub applies: bool,
    /// For information only: `refused` means that the note is due.
    pub note: bool,
    /// The condition in plain words.
    pub text: Words,
    /// Every fact it reads; `None`: not known.
    pub facts: Vec<Shown>,
    /// The limit.
    pub threshold: Option<String>,
    /// Article.
    pub article: Article,
    /// How sure the source is.
    pub confidence: Confidence,
    /// Readings of the law it rests on.
    pub readings: Vec<String>,
}

/// A verdict with the trace of every condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The verdict.
    pub verdict: Verdict,
    /// Every condition, in order of precedence.
    pub trace: Vec<Trace>,
}

impl Pack {
    /// Answers a question for one violation.
    pub fn evaluate(
        &self,
        question: Question,
        raw: &RawFacts,
        at: Timestamp,
        calendar: &Calendar,
    ) -> Verdict {
        let mut hearing = self.hear(raw, at, calendar);
        let judgement = hearing.judge(question);
        hearing.verdict(&judgement)
    }

    /// Answers a question for the person alone: conditions that speak of a violation, its vehicle, binding or batch are left
    /// out. National study is such a question; for the others this says whether it is worth looking at single violations.
    pub fn evaluate_person(
        &self,
        question: Question,
        raw: &RawFacts,
        at: Timestamp,
        calendar: &Calendar,
    ) -> Verdict {
        let mut hearing = self.hear(raw, at, calendar);
        let judgement = hearing.judge_person(question);
        hearing.verdict(&judgement)
    }

    /// Answers a question for one violation, with every condition.
    pub fn record(&self, question: Question, raw: &RawFacts, at: Timestamp, calendar: &Calendar) -> Record {
        let mut hearing = self.hear(raw, at, calendar);
        let judgement = hearing.judge(question);
        Record { verdict: hearing.verdict(&judgement), findings: hearing.findings(question) }
    }

    /// The conditions of a question that are asked of a person alone.
    pub fn asked_of_person(&self, question: Question) -> impl Iterator<Item = &Arc<str>> {
        self.asked(question).filter(|(_, one)| !one.about_record).map(|(_, one)| &one.id)
    }

    /// Answers a question and lists every condition with the values of its facts.
    pub fn explain(
        &self,
        question: Question,
        raw: &RawFacts,
        at: Timestamp,
        calendar: &Calendar,
    ) -> Explanation {
        let mut hearing = self.hear(raw, at, calendar);
        let judgement = hearing.judge(question);
        let (facts, era) = (hearing.facts(), hearing.era);
        let mut trace: Vec<Trace> = self
            .asked(question)
            .map(|(number, condition)| {
                let applies = era.when.run(number, facts) != Truth::False;
                let outcome = found(era.program.run(number, facts));
                self.trace(condition, outcome, applies, facts, &era.params)
            })
            .collect();
        trace.sort_by_key(|one| one.refusal);
        Explanation { verdict: hearing.verdict(&judgement), trace }
    }
}

impl Hearing<'_, '_> {
    /// A judgement with everything that is shown of it.
    pub fn verdict(&self, judgement: &Judgement) -> Verdict {
        let params = &self.era.params;
        let mut reasons: Vec<Reason> = Vec::new();
        for (place, condition) in self.blocking(judgement) {
            let refused = judgement.refused.has(place);
            let outcome = if refused { Outcome::Refused } else { Outcome::Unknown };
            add(&mut reasons, reason(condition, outcome, self.facts(), params));
        }
        let mut notes: Vec<Reason> = Vec::new();
        for condition in self.due(judgement) {
            add(&mut notes, reason(condition, Outcome::Allowed, self.facts(), params));
        }
        if judgement.outcome == Outcome::Unknown {
            let cannot = cannot_determine(&reasons);
            reasons.push(cannot);
            reasons.sort_by_key(|reason| reason.refusal);
        }
        Verdict {
            question: judgement.question,
            outcome: judgement.outcome,
            reasons,
            notes,
            pack_id: self.pack.id.clone(),
            pack_hash: self.pack.hash.clone(),
            at: self.at,
        }
    }

    /// Every condition of a question with how it came out, in the order of the pack.
    pub fn findings(&self, question: Question) -> Vec<Finding> {
        let finding = |(number, condition): (usize, &Condition)| Finding {
            condition: condition.id.clone(),
            refusal: condition.refusal,
            outcome: found(self.era.program.run(number, self.facts())),
        };
        self.pack.asked(question).map(finding).collect()
    }
}

fn found(holds: Truth) -> Outcome {
    match holds {
        Truth::True => Outcome::Allowed,
        Truth::False => Outcome::Refused,
        Truth::Unknown => Outcome::Unknown,
    }
}

fn reason(condition: &Condition, outcome: Outcome, facts: &Facts<'_>, params: &Params) -> Reason {
    let turns_on = (outcome == Outcome::Refused).then(|| turning_day(condition, facts)).flatten();
    let step = condition.refusal.next_step();
    let cure = match (outcome, condition.cure) {
        (Outcome::Unknown, _) => Cure::Now(NextStep::Retry),
        (_, CureRule::Now) => Cure::Now(step),
        (_, CureRule::Date) => turns_on.map_or(Cure::Later(step), Cure::Date),
        (_, CureRule::Later) => Cure::Later(step),
        (_, CureRule::Elsewhere) => Cure::Elsewhere(step),
        (_, CureRule::Never) => Cure::Never(step),
    };
    let missing = match outcome {
        Outcome::Unknown => unknown_facts(condition, facts),
        _ => Vec::new(),
    };
    Reason {
        refusal: condition.refusal,
        outcome,
        conditions: vec![condition.id.clone()],
        facts: shown(condition, facts, params),
        missing,
        threshold: threshold(condition, facts, params),
        article: condition.article.clone(),
        confidence: condition.confidence,
        cure,
        turns_on,
    }
}

impl Pack {
    fn trace(
        &self,
        condition: &Condition,
        outcome: Outcome,
        applies: bool,
        facts: &Facts<'_>,
        params: &Params,
    ) -> Trace {
        let values = condition
            .holds
            .facts()
            .into_iter()
            .map(|fact| Shown { name: fact.name().into(), value: facts.get(fact).show(fact.kind()) })
            .collect();
        Trace {
            condition: condition.id.clone(),
            refusal: condition.refusal,
            outcome,
            applies,
            note: condition.refusal.is_note(),
            text: super::pack::filled(&condition.text, params),
            facts: values,
            threshold: threshold(condition, facts, params),
            article: self.article(&condition.article).cloned().expect("the loader has checked every article"),
            confidence: condition.confidence,
            readings: condition.readings.clone(),
        }
    }
}

/// The value of an operand that is shown.
fn value<'v>(operand: &Operand, facts: &Facts<'v>, params: &'v Params) -> Val<'v> {
    match operand {
        Operand::Fact(fact) => facts.get(*fact),
        Operand::Param(param) => params.val(*param),
        Operand::Int(number) => Val::Int(*number),
        Operand::Day(day) => Val::Day(*day),
        Operand::Flag(flag) => Val::Flag(*flag),
        Operand::Plus(parts) => sum(parts.iter().map(|part| value(part, facts, params))),
    }
}

fn show(operand: &Operand, kind: Kind, facts: &Facts<'_>, params: &Params) -> Option<String> {
    match operand {
        Operand::Param(param) => Some(params.show(*param)),
        other => value(other, facts, params).show(kind),
    }
}

fn shown(condition: &Condition, facts: &Facts<'_>, params: &Params) -> Vec<Shown> {
    condition
        .show
        .iter()
        .map(|one| Shown { name: one.name.clone(), value: show(&one.value, one.kind, facts, params) })
        .collect()
}

fn threshold(condition: &Condition, facts: &Facts<'_>, params: &Params) -> Option<String> {
    condition.threshold.as_ref().and_then(|(operand, kind)| show(operand, *kind, facts, params))
}

fn unknown_facts(condition: &Condition, facts: &Facts<'_>) -> Vec<Arc<str>> {
    let unknown = condition.holds.facts().into_iter().filter(|fact| !facts.get(*fact).is_known());
    unknown.map(|fact| fact.name().into()).collect()
}

/// The latest of the days on which the condition turns; none when one of them is not known.
fn turning_day(condition: &Condition, facts: &Facts<'_>) -> Option<Date> {
    let days: Option<Vec<Date>> = condition.turns_on.iter().map(|fact| facts.get(*fact).as_day()).collect();
    days?.into_iter().max()
}

/// Two conditions may give the same reason; the person reads it once, with what each found.
fn add(reasons: &mut Vec<Reason>, reason: Reason) {
    let Some(there) = reasons.iter_mut().find(|there| there.refusal == reason.refusal) else {
        reasons.push(reason);
        return;
    };
    match (there.outcome, reason.outcome) {
        // What is known to fail speaks; what is unknown beside it is only noted as missing.
        (Outcome::Unknown, Outcome::Refused) => {
            let undecided = std::mem::replace(there, reason);
            there.conditions.extend(undecided.conditions);
            there.missing.extend(undecided.missing);
        }
        (Outcome::Refused, Outcome::Unknown) => {
            there.conditions.extend(reason.conditions);
            there.missing.extend(reason.missing);
        }
        _ => {
            there.turns_on = there.turns_on.zip(reason.turns_on).map(|(one, other)| one.max(other));
            there.cure = match (there.cure, reason.cure) {
                (Cure::Date(_), Cure::Date(_)) => there.turns_on.map_or(there.cure, Cure::Date),
                (Cure::Date(_), other) => other,
                (one, _) => one,
            };
            there.conditions.extend(reason.conditions);
            there.missing.extend(reason.missing);
            for fact in reason.facts {
                if !there.facts.iter().any(|known| known.name == fact.name) {
                    there.facts.push(fact);
                }
            }
        }
    }
}

/// The reason that stands for everything undecided.
fn cannot_determine(reasons: &[Reason]) -> Reason {
    let mut missing: Vec<Arc<str>> =
        reasons.iter().flat_map(|reason| reason.missing.iter().cloned()).collect();
    missing.sort();
    missing.dedup();
    Reason {
        refusal: Refusal::SvcCannotDetermine,
        outcome: Outcome::Unknown,
        conditions: reasons.iter().flat_map(|reason| reason.conditions.iter().cloned()).collect(),
        facts: vec![Shown { name: "n".into(), value: Some(missing.len().to_string()) }],
        missing,
        threshold: None,
        article: "A".into(),
        confidence: Confidence::A,
        cure: Cure::Now(NextStep::Retry),
        turns_on: None,
    }
}
