//! Facts of the driver, of the steps done so far, and of payment.

use super::record::no_letter_of;
use super::{Known, amount, months_after, sane};
use crate::deadlines::Law;
use crate::facts::{QuizOutcome, ReviewOutcome, Step};
use crate::rules::catalogue::Fact;
use crate::rules::flat::Facts;
use crate::rules::params::Param;
use crate::rules::value::{Truth, Val};

/// Months of probation after a licence is first issued (order 162, article 76).
const PROBATION_MONTHS: i64 = 12;

/// Age from which the penalty law treats a person as grown up (article 30).
const OF_AGE_MONTHS: i64 = 18 * 12;

impl<'a> Known<'a, '_> {
    pub(super) fn driver(&self, facts: &mut Facts<'a>) {
        let driver = &self.raw.driver;
        facts.set(Fact::HasLicence, Val::flag(driver.has_licence));
        let states = driver.states.as_deref();
        let known = self.params.text(Param::LicenceLetters);
        let free_of = |param| no_letter_of(states, self.params.text(param), known);
        facts.set(Fact::LicenceStates, Val::text(states.filter(|letters| !letters.is_empty())));
        facts.set(Fact::LicenceClear, Val::truth(free_of(Param::LicenceBlock)));
        facts.set(Fact::LicenceClearStudy, Val::truth(free_of(Param::LicenceBlockStudy)));
        facts.set(Fact::LicenceHeld, Val::truth(has_letter_of(states, self.params.text(Param::LicenceHeld))));
        let overdue = has_letter_of(states, self.params.text(Param::LicenceReview));
        facts.set(Fact::ReviewOverdue, Val::truth(overdue.or(Truth::of(driver.review_overdue))));
        facts.set(Fact::IssueCity, Val::text(driver.issue_city.as_deref()));
        facts.set(Fact::IssueProvince, Val::text(driver.issue_province.as_deref()));
        let first = driver.first_licence.and_then(sane);
        facts.set(Fact::FirstLicence, Val::day(first));
        let end = driver.probation_end.and_then(sane);
        facts.set(Fact::ProbationEnd, Val::day(end));
        let on_probation = match (end, first.and_then(|first| months_after(first, PROBATION_MONTHS))) {
            (Some(end), _) => (self.today < end).into(),
            // A class added later begins a probation of its own, so later is unknown (reading A23).
            (None, Some(first_end)) if self.today < first_end => Truth::True,
            _ => Truth::Unknown,
        };
        facts.set(Fact::OnProbation, Val::truth(on_probation));
        facts.set(Fact::DriverPoints, amount(driver.points));
        let of_age = driver.born.and_then(sane).and_then(|born| months_after(born, OF_AGE_MONTHS));
        facts.set(Fact::UnderAge, Val::flag(of_age.map(|of_age| self.today < of_age)));
        facts.set(Fact::Hardship, Val::flag(driver.hardship));
        facts.set(Fact::YearStart, Val::day(self.cycle.map(|cycle| cycle.start)));
        facts.set(Fact::YearNext, Val::day(self.cycle.map(|cycle| cycle.end_exclusive)));
    }

    pub(super) fn steps(&self, facts: &mut Facts<'a>) {
        let step = &self.raw.step;
        // Not a fact of the world but part of the question: absent means "may one begin?".
        facts.set(Fact::Deciding, Val::Flag(step.asking.unwrap_or_default() == Step::Decide));
        facts.set(Fact::StudySeconds, amount(step.study_seconds));
        let days = u16::try_from(self.params.int(Param::StudyExamDays)).unwrap_or(0);
        let last = step
            .study_finished
            .and_then(sane)
            .filter(|_| days > 0)
            .map(|finished| Law::Procedure157.end(finished, days, self.calendar));
        facts.set(Fact::ExamLastDay, Val::day(last));
        facts.set(Fact::ExamInTime, Val::Flag(last.is_none_or(|last| self.today <= last)));
        facts.set(Fact::QuizPassed, Val::flag(step.quiz.map(|quiz| quiz == QuizOutcome::Passed)));
        facts.set(Fact::StudyFaceFailed, Val::flag(step.study_face_failed));
        let approved = step.review.map(|review| review == ReviewOutcome::Approved);
        facts.set(Fact::ReviewApproved, Val::flag(approved));
    }

    pub(super) fn payment(&self, facts: &mut Facts<'a>) {
        let payment = &self.raw.payment;
        facts.set(Fact::PaymentPending, Val::flag(payment.pending));
        facts.set(Fact::PaymentFailed, Val::flag(payment.last_failed));
        facts.set(Fact::AmountChanged, Val::flag(payment.amount_changed));
        facts.set(Fact::BatchBlocked, Val::flag(payment.batch_blocked));
    }
}

/// One of the letters is there. An empty text is unknown; an unknown letter is simply not one of them.
fn has_letter_of(states: Option<&str>, letters: &str) -> Truth {
    match states {
        Some(states) if !states.trim().is_empty() => {
            states.chars().any(|letter| letters.contains(letter)).into()
        }
        _ => Truth::Unknown,
    }
}
