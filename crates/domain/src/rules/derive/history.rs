//! Facts of the driver's history: the points year, the look-back, what is open, what the cycle has used.

use jiff::civil::Date;

use super::{Known, Tally, amount, day_of, months_after, sane, tally_list};
use crate::facts::{DecisionFact, OpenRecordFact, Programme, ProgrammeUseFact};
use crate::rules::catalogue::Fact;
use crate::rules::flat::Facts;
use crate::rules::params::Param;
use crate::rules::value::{Truth, Val, sum};

impl<'a> Known<'a, '_> {
    pub(super) fn history(&self, facts: &mut Facts<'a>) {
        let history = &self.raw.history;
        let decisions = history.decisions.as_deref();
        let years = self.params.int(Param::FirstYearsBack);
        let (mut this_year, mut serious) = (Tally::default(), Tally::default());
        // Those of this year count against nothing yet, but from the next year on they do.
        let mut with_this_year = Tally::default();
        (this_year.open, serious.open) = (decisions.is_none(), decisions.is_none());
        for decision in decisions.unwrap_or_default() {
            let (stands, day) = (stands(decision), day_of(decision.occurred_at));
            this_year.add(stands.and(self.in_year(day)), day);
            let listed = self.is_of(decision, Param::FirstSerious, Param::FirstSeriousBehaviours);
            serious.add(stands.and(listed).and(self.in_years(day, years, false)), day);
            with_this_year.add(stands.and(listed).and(self.in_years(day, years, true)), day);
        }
        facts.set(Fact::DecidedThisYear, this_year.count());
        facts.set(Fact::SeriousEarlier, serious.count());
        facts.set(Fact::SeriousLast, Val::day(serious.latest));
        let free = with_this_year.latest.and_then(|day| self.year_after(day, years + 1));
        facts.set(Fact::SeriousUntil, Val::day(free));
        let crashes = history.crashes.as_deref();
        facts.set(Fact::CrashesThisYear, tally_list(crashes, |crash| self.in_year(crash.date)));
        let overdue = |decision: &DecisionFact| {
            let due = decision.served.and_then(sane).map(|served| self.calendar.payment_due(served));
            let late = Truth::of(due.map(|due| due < self.today));
            stands(decision).and(!Truth::of(decision.paid)).and(late)
        };
        facts.set(Fact::OverdueUnpaid, tally_list(decisions, overdue));
        self.programme_uses(facts);
    }

    fn programme_uses(&self, facts: &mut Facts<'a>) {
        let uses = self.raw.history.programme_uses.as_deref();
        let warned = Tally::list(uses, |one| {
            let first = Truth::of(one.programme.map(|programme| programme == Programme::First));
            let truth = first.and(!Truth::of(one.annulled)).and(self.in_year(one.date));
            (truth, one.date.and_then(sane))
        });
        facts.set(Fact::FirstUses, warned.count());
        facts.set(Fact::FirstUsedOn, Val::day(warned.latest));
        facts.set(Fact::StudyUses, tally_list(uses, |one| self.studied_this_year(one)));
        let granted = uses.map_or(Val::AtLeast(0), |uses| {
            sum(uses.iter().map(|one| match self.studied_this_year(one) {
                Truth::True => amount(one.points),
                Truth::False => Val::Int(0),
                Truth::Unknown => Val::AtLeast(0),
            }))
        });
        facts.set(Fact::StudyGranted, granted);
    }

    /// Study used in the present points year. A credit counts when it is used on a record, not when it is earned (A11).
    fn studied_this_year(&self, one: &ProgrammeUseFact) -> Truth {
        let study = Truth::of(one.programme.map(|programme| programme == Programme::Study));
        let used = if self.params.flag(Param::StudyCredit) { Truth::of(one.used) } else { Truth::True };
        study.and(used).and(!Truth::of(one.annulled)).and(self.in_year(one.used_on.or(one.date)))
    }

    pub(super) fn open_records(&self, facts: &mut Facts<'a>) {
        let history = &self.raw.history;
        let open = history.open_records.as_deref();
        facts.set(
            Fact::OpenRecords,
            open.map_or(Val::Unknown, |open| Val::int(i64::try_from(open.len()).ok())),
        );
        facts.set(Fact::OpenOlder, tally_list(open, |record| self.is_older(record)));
        let older_in_year = |record: &OpenRecordFact| match self.is_older(record) {
            Truth::False => Truth::False,
            older => older.and(self.in_year(day_of(record.occurred_at))),
        };
        facts.set(Fact::OpenOlderThisYear, tally_list(open, older_in_year));
        let of_vehicle = history.vehicle_open_records.as_deref();
        facts.set(Fact::VehicleOpenOlder, tally_list(of_vehicle, |record| self.is_older(record)));
        let months = self.params.int(Param::FirstCleanMonths);
        if months == 0 {
            facts.set(Fact::InCleanMonths, Val::Int(0));
            return;
        }
        let lists = [
            tally_list(history.decisions.as_deref(), |one| {
                stands(one).and(self.within_months(one.occurred_at, months))
            }),
            tally_list(history.vehicle_decisions.as_deref(), |one| {
                stands(one).and(self.within_months(one.occurred_at, months))
            }),
            tally_list(open, |one| self.within_months(one.occurred_at, months).and(self.is_older(one))),
            tally_list(of_vehicle, |one| self.within_months(one.occurred_at, months).and(self.is_older(one))),
        ];
        facts.set(Fact::InCleanMonths, sum(lists));
        facts.set(Fact::CleanFrom, Val::day(self.clean_from(months)));
    }

    /// In the months before the violation: the corresponding day is inside, the end is the time itself (reading A7).
    fn within_months(&self, occurred: Option<jiff::Timestamp>, months: i64) -> Truth {
        let (Some(this), Some(other)) = (self.raw.violation.occurred_at, occurred) else {
            return Truth::Unknown;
        };
        let (Some(this_day), Some(other_day)) = (self.day, day_of(Some(other))) else {
            return Truth::Unknown;
        };
        match months_after(this_day, -months) {
            Some(start) => (other_day >= start && other < this).into(),
            None => Truth::Unknown,
        }
    }

    /// First day on which a new violation would have clean months behind it, this one included.
    fn clean_from(&self, months: i64) -> Option<Date> {
        let last = self.day?;
        let mut day = months_after(last, months)?.tomorrow().ok()?;
        while months_after(day, -months)? <= last {
            day = day.tomorrow().ok()?;
        }
        Some(day)
    }

    fn is_older(&self, record: &OpenRecordFact) -> Truth {
        let this = &self.raw.violation;
        if record.id.is_some() && record.id == this.id {
            return Truth::False;
        }
        match (record.occurred_at, this.occurred_at) {
            (Some(other), Some(own)) => (other < own).into(),
            _ => Truth::Unknown,
        }
    }

    pub(super) fn cycle(&self, facts: &mut Facts<'a>) {
        let decisions = self.raw.history.decisions.as_deref();
        let in_cycle = |decision: &DecisionFact| stands(decision).and(self.in_year(decision.decided));
        let points = decisions.map_or(Val::AtLeast(0), |decisions| {
            sum(decisions.iter().map(|decision| match in_cycle(decision) {
                Truth::True => amount(decision.points),
                Truth::False => Val::Int(0),
                Truth::Unknown => Val::AtLeast(0),
            }))
        });
        facts.set(Fact::CycleDecidedPoints, points);
        let mut sure = self.raw.batch.vehicles.clone().unwrap_or_default();
        let mut maybe = Vec::new();
        for decision in decisions.unwrap_or_default() {
            let Some(plate) = &decision.plate else { continue };
            match in_cycle(decision) {
                Truth::True => sure.push(plate.clone()),
                Truth::Unknown => maybe.push(plate.clone()),
                Truth::False => {}
            }
        }
        sure.sort();
        sure.dedup();
        let all_known = decisions.is_some() && self.raw.batch.vehicles.is_some();
        let open = !all_known || maybe.iter().any(|plate| !sure.contains(plate));
        let counted = Tally { sure: i64::try_from(sure.len()).unwrap_or(i64::MAX), open, latest: None };
        facts.set(Fact::CycleVehicles, counted.count());
        let seen = match self.raw.vehicle.plate.as_ref() {
            Some(plate) if sure.contains(plate) => Truth::True,
            Some(plate) if all_known && !maybe.contains(plate) => Truth::False,
            _ => Truth::Unknown,
        };
        facts.set(Fact::CycleVehicleSeen, Val::truth(seen));
    }

    /// Whether a decision is of a listed kind: by its behaviour when that is listed, otherwise by its code.
    pub(super) fn is_of(&self, decision: &DecisionFact, codes: Param, behaviours: Param) -> Truth {
        if let Some(behaviour) = decision.behaviour
            && self.params.behaviours(behaviours).contains(&behaviour)
        {
            return Truth::True;
        }
        match (decision.code.as_deref(), self.params.codes(codes)) {
            (Some(code), Some(list)) => list.lists(code),
            (None, _) if decision.behaviour.is_some() => Truth::False,
            _ => Truth::Unknown,
        }
    }
}

/// The decision has not been annulled.
pub(super) fn stands(decision: &DecisionFact) -> Truth {
    !Truth::of(decision.annulled)
}
