//! Facts that exclude from study (order 163, article 26).

use super::history::stands;
use super::{Known, Tally, sane, tally_list};
use crate::facts::DriverVehicleFact;
use crate::rules::catalogue::Fact;
use crate::rules::flat::Facts;
use crate::rules::params::Param;
use crate::rules::value::{Truth, Val};

impl<'a> Known<'a, '_> {
    pub(super) fn study(&self, facts: &mut Facts<'a>) {
        let history = &self.raw.history;
        let cycles = self.params.int(Param::StudyCyclesBack);
        // The current cycle is one of them (reading A20), by the day of the penalty (A4).
        let serious = Tally::list(history.decisions.as_deref(), |decision| {
            let listed = self.is_of(decision, Param::StudySerious, Param::StudySeriousBehaviours);
            let in_cycles = self.in_years(decision.decided, cycles - 1, true);
            (stands(decision).and(listed).and(in_cycles), decision.decided.and_then(sane))
        });
        let free = |tally: &Tally| Val::day(tally.latest.and_then(|day| self.year_after(day, cycles)));
        facts.set(Fact::StudySerious, serious.count());
        facts.set(Fact::StudySeriousUntil, free(&serious));
        let cheated = Tally::list(history.study_cheating.as_deref(), |day| {
            (self.in_years(Some(*day), cycles - 1, true), sane(*day))
        });
        facts.set(Fact::StudyCheated, cheated.count());
        facts.set(Fact::StudyCheatedUntil, free(&cheated));
        self.full_mark(facts);
        let overdue = tally_list(history.own_vehicles.as_deref(), |vehicle| self.is_overdue(vehicle));
        facts.set(Fact::OverdueVehicles, overdue);
    }

    /// Two full-mark studies count when both lie in one of the two cycles (reading A19).
    fn full_mark(&self, facts: &mut Facts<'a>) {
        let (Some(days), Some(cycle)) = (self.raw.history.full_mark_studies.as_deref(), self.cycle) else {
            let none = matches!(self.raw.history.full_mark_studies.as_deref(), Some([]));
            facts.set(Fact::FullMarkMost, if none { Val::Int(0) } else { Val::AtLeast(0) });
            return;
        };
        let last_cycle = cycle.nth_previous(1);
        let this = days.iter().filter(|day| cycle.contains(**day)).count();
        let before = days.iter().filter(|day| last_cycle.contains(**day)).count();
        let most = i64::try_from(this.max(before)).unwrap_or(i64::MAX);
        facts.set(Fact::FullMarkMost, Val::Int(most));
        let limit = usize::try_from(self.params.int(Param::StudyFullMark)).unwrap_or(usize::MAX);
        let free = if this >= limit {
            Some(cycle.next().end_exclusive)
        } else if before >= limit {
            Some(cycle.end_exclusive)
        } else {
            None
        };
        facts.set(Fact::FullMarkUntil, Val::day(free));
    }

    /// Overdue for inspection from the day after the last valid one (reading A22), or due for deregistration.
    fn is_overdue(&self, vehicle: &DriverVehicleFact) -> Truth {
        let inspection = vehicle.inspection_valid_until.and_then(sane).map(|last| last < self.today);
        Truth::of(inspection).or(Truth::of(vehicle.deregistration_due))
    }
}
